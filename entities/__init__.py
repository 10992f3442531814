"""The normalized graph: one record type an entity, parts and stamps, merging, the operation's identity map.

Knows neither HTTP nor GraphQL. What a wire row looks like is upstream's, what clients see is schema's.
"""
