"""How many calls it takes: demand, batching, paging, days, coalescing. The only room that awaits upstream.

Takes entities and arguments, gives entities, edges and values. Knows no GraphQL.
"""
