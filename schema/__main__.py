"""`python -m schema` prints the schema in SDL."""

from schema.build import schema

print(schema.as_str())
