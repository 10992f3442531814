"""The queries that are counted: those of README, and others that a seed draws from the schema.

A drawn query begins at a list of the root and follows relations that the schema has, so many levels deep. It selects
facts of every type that it meets, of which rows tell some and lookups others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type

from bench._credits_least import Question
from bench._credits_rows import FACTS, LINKS, LISTS, TRENDS

REGIONS = ("GB", "SG", "JP", "MX", "DE", "BR")
FEW, MANY = 3, 25  # rows of a list
MOST_PARENTS = 40  # on which a list hangs
MOST_ROWS = 200  # of one list below all of its parents
GROUPS = {
    "Product": (
        "price { average min max }",
        "performance(window: LAST_30_DAYS) { units gmv averagePrice video { units } }",
        "cover { signedUrl }",
        "categories { id name }",
    ),
    "Seller": ("performance(window: LAST_7_DAYS) { units gmv }", "logo { signedUrl }", "categories { name }"),
    "Influencer": (
        "performance(window: LAST_30_DAYS) { gmv }",
        "audience { followers likes }",
        "avatar { signedUrl }",
    ),
    "Video": ("engagement(window: LAST_7_DAYS) { views likes }", "performance { units gmv }", "cover { signedUrl }"),
    "Live": ("cover { url }",),
}
PARTS = {  # facts that have parts of their own
    "description": "description { __typename }",
    "skus": "skus { skuId }",
    "options": "options { name }",
    "specifications": "specifications { value }",
}
ROOTS = tuple(name for kind, name in LISTS if kind == "Query")

README = """
products(region: US, first: {products}) {{
  nodes {{
    name
    cover {{ url signedUrl }}
    seller {{ id }}
    performance(window: LAST_30_DAYS) {{ units gmv averagePrice }}
    influencers(first: {users}, sort: {{field: UNITS}}) {{ edges {{ units node {{ id name }} }} }}
    trend(days: 7) {{ date units gmv }}
  }}
}}"""
WRITTEN = {
    "README's, 5 products": README.format(products=5, users=5),
    "README's, 10 × 100": README.format(products=10, users=100),
    "ranking of 30, ratings": "productRanking(region: GB, first: 30) { nodes { name price { min } rating } }",
    "sellers of 20": "products(region: GB, first: 20) { nodes { seller { name rating } categories { name } } }",
    "handles of 5 × 10": "products(region: SG, first: 5) { nodes { influencers { nodes { handle } } } }",
    "ranking, 10 × 80": "productRanking(region: SG, first: 10) { nodes { influencers(first: 80) { nodes { name } } } }",
    "pictures of 3 × 2": """
influencers(region: BR, first: 3) { nodes { avatar { signedUrl } topVideo { cover { signedUrl } } } }""",
}
"""README's query, what its table prices, and two others. Lists of 100 or 80 rows end on the way: where, the
parents of the first tell, those of the second do not.
"""


def questions(schema: GraphQLSchema, seed: str, drawn: int, written: int = len(WRITTEN)) -> list[Question]:
    """The written ones, and so many drawn ones."""
    first = [Question(name, f"{{ {text} }}") for name, text in list(WRITTEN.items())[:written]]
    return [*first, *(drawn_question(schema, f"{seed} {number}", number) for number in range(drawn))]


def drawn_question(schema: GraphQLSchema, seed: str, number: int, regions: Sequence[str] = REGIONS) -> Question:
    """The same for a seed on any day. Roots, depths and regions take turns."""
    draw = Random(seed)
    root, depth = ROOTS[number % len(ROOTS)], 2 + number % 3
    first, region = draw.randint(FEW, MANY), regions[(number + number // len(ROOTS)) % len(regions)]
    inner = " ".join(Drawing(schema, draw).selected(LISTS["Query", root].kind, depth - 1, first))
    return Question(
        f"{root} of {first}, {depth} levels",
        f"{{ {root}(region: {region}, first: {first}) {{ nodes {{ {inner} }} }} }}",
    )


class Drawing:
    """Draws what is selected, level by level."""

    def __init__(self, schema: GraphQLSchema, draw: Random) -> None:
        self._schema, self._draw = schema, draw

    def selected(self, kind: str, depth: int, parents: int) -> Iterator[str]:
        """Fields of a type, of which there are so many; below them as many levels as `depth`."""
        facts = [*FACTS[kind], *GROUPS[kind]]
        chosen = self._draw.sample(facts, self._draw.randint(2, 4))
        yield from ("id", *(PARTS.get(fact, fact) for fact in chosen))
        if not depth:
            return
        relations = [name for name in self._relations(kind) if self._fits(kind, name, parents)]
        for name in self._draw.sample(relations, min(len(relations), self._draw.randint(1, 2))):
            yield self._relation(kind, name, depth, parents)

    def _relations(self, kind: str) -> list[str]:
        """What leads from a type to entities or days, in the schema's order."""
        entity = self._schema.type_map[kind]
        assert isinstance(entity, GraphQLObjectType)
        known = {name for owner, name in (*LISTS, *LINKS) if owner == kind}
        return [name for name in entity.fields if name in known or (name == "trend" and kind in TRENDS)]

    def _fits(self, kind: str, name: str, parents: int) -> bool:
        return (kind, name) in LINKS or parents <= MOST_PARENTS

    def _relation(self, kind: str, name: str, depth: int, parents: int) -> str:
        if name == "trend":
            return f"trend(days: {self._draw.randint(5, 30)}) {{ date }}"
        rows = max(FEW, min(MANY, MOST_ROWS // parents))
        first = self._draw.randint(FEW, rows)
        target = LINKS[kind, name][0] if (kind, name) in LINKS else LISTS[kind, name].kind
        if target == "Category":
            return f"{name} {{ id name }}"
        if not target:
            return f"{name}(first: {first}) {{ nodes {{ text }} }}"
        entity = self._schema.type_map[kind]
        assert isinstance(entity, GraphQLObjectType)
        if get_named_type(entity.fields[name].type).name == target:
            return f"{name} {{ {' '.join(self.selected(target, depth - 1, parents))} }}"
        return f"{name}(first: {first}) {{ nodes {{ {' '.join(self.selected(target, depth - 1, parents * first))} }} }}"
