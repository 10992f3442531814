"""How a provider is asked: a package per provider declares its endpoints; http, envelopes, errors, limits are shared.

Gives records and edge facts of the graph. Knows nothing of queries, batching or paging policy.
"""
