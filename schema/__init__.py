"""What clients see: Strawberry types, inputs, enums and scalars; `python -m schema` prints it.

Types are declarations over entities: which fact, link, list or lookup a field is. What they mean stands in resolvers.
"""
