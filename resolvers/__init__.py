"""What a field means: which entities, parts, lists and days answer it.

Functions of (entity, arguments, session); they know nothing of GraphQL, and ask loaders, never HTTP.
"""
