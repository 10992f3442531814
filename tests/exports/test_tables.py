"""Answers taken apart into tables lose nothing: whatever an answer was, its rows make it again."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLNonNull, GraphQLScalarType, build_schema, get_named_type, is_abstract_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet, types

from exports.formats import Format, head, lines
from exports.formats import parquet as to_parquet
from exports.tables import HIDDEN, Column, Field, Filler, Kind, Reading, Shape, Table, Unreadable, Writer, read

SCHEMA = build_schema("""
  scalar BigInt scalar Date scalar DateTime
  interface Node { id: ID! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  enum Mood { GOOD BAD }
  type Price { min: Float max: Float tags: [String!] }
  type Day { date: Date! units: BigInt }
  type Option { name: String at: DateTime values: [Price] matrix: [[Int]] }
  type Edge { cursor: String! units: BigInt node: Item }
  type Items { totalCount: BigInt edges: [Edge!]! nodes: [Item!]! pageInfo: PageInfo! }
  type Loose { edges: [Edge] nodes: [Item] pageInfo: PageInfo totalCount: BigInt }
  type Text { text: String! same: Int }
  type Pair { left: Price right: Price! same: Int list: [Text] }
  union Block = Text | Pair
  type Item implements Node {
    id: ID! name: String mood: Mood on: Boolean price: Price sure: Price! trend(from: Date, to: Date, days: Int): [Day!]
    options: [Option]! blocks: [Block] block: Block node: Node items(first: Int, after: String): Items
    loose(first: Int, after: String): Loose
  }
  type Query { items(first: Int, after: String): Items all: [Item] one: Item block: [Block!] }
""")
ITEM = """
  id name mood on price { min max tags } sure { min tags } trend { date units }
  options { name at matrix values { min tags } } blocks { ...B } block { ...B }
  node { ... on Item { name price { max } } }
"""
QUERY = f"""query {{
  items {{ totalCount edges {{ units node {{ ...I items {{ totalCount nodes {{ name ...L }} }} }} }} nodes {{ name }} }}
  all {{ ...I alias: name ...L }}
  one {{ ...I loose {{ edges {{ cursor node {{ id }} }} nodes {{ name }} totalCount }} }}
  block {{ ...B }}
}}
fragment I on Item {{ {ITEM} }}
fragment L on Item {{ loose {{ edges {{ cursor units }} }} }}
fragment B on Block {{
  ... on Text {{ text same }} ... on Pair {{ left {{ min }} right {{ max }} same list {{ text }} }}
}}"""
READING = read(SCHEMA, QUERY, {})
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    [
        "=1+1",
        "+1",
        "-1",
        "@a",
        "'",
        "'=1",
        "''",
        "\t1",
        "\r",
        "\n",
        "a,b",
        'a"b',
        "a\r\nb",
        "",
        " ",
        "null",
        "1",
        "true",
    ]
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "String": TEXTS,
    "ID": TEXTS,
    "Int": st.integers(-(2**31), 2**31 - 1),
    "BigInt": st.integers(-(2**53) + 1, 2**53 - 1),
    "Float": st.floats(allow_nan=False, allow_infinity=False),
    "Boolean": st.booleans(),
    "Date": st.dates(date(1970, 1, 1)).map(str),
    "DateTime": st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(
        lambda moment: moment.replace(tzinfo=UTC).isoformat()
    ),
}


def value(kind: Any, shape: Shape | None) -> st.SearchStrategy[Any]:
    """A value that an answer may have for a field of this type."""
    if isinstance(kind, GraphQLNonNull):
        return present(kind.of_type, shape)
    return st.none() | present(kind, shape)


def present(kind: Any, shape: Shape | None) -> st.SearchStrategy[Any]:
    if hasattr(kind, "of_type"):
        return st.lists(value(kind.of_type, shape), max_size=2)
    if isinstance(kind, GraphQLEnumType):
        return st.sampled_from(sorted(kind.values))
    if isinstance(kind, GraphQLScalarType):
        return VALUES[kind.name]
    assert shape is not None
    if is_abstract_type(kind):
        return st.sampled_from([each.name for each in SCHEMA.get_possible_types(kind)]).flatmap(
            lambda name: answered(shape, name)
        )
    return answered(shape, kind.name)


def answered(shape: Shape, kind: str) -> st.SearchStrategy[dict[str, Any]]:
    fields = {
        key: st.just(kind) if each.name == "__typename" else value(each.type, each.shape)
        for key, each in shape.fields.items()
        if each.only is None or kind in each.only
    }
    return st.fixed_dictionaries(fields)


ANSWERS = st.fixed_dictionaries({key: value(each.type, each.shape) for key, each in READING.fields.items()})


# ── made again ────────────────────────────────────────────────────────────────────────────────────────────────────


class Rebuilt:
    """Makes objects of rows, by the names of their columns alone."""

    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._rows = rows

    def listed(self, table: Table, parent: int | None) -> list[Any]:
        return [
            self.of_row(table, row)
            for row in self._rows.get(table.name, [])
            if table.parent is None or row["parentRow"] == parent
        ]

    def of_row(self, table: Table, row: Mapping[str, Any]) -> Any:
        return self.object(table.shape, row, "", None if table.nullable else True)

    def object(self, shape: Shape, row: Mapping[str, Any], prefix: str, exists: bool | None) -> Any:
        """exists   whether it is there, None where the row has to tell"""
        if exists is None:
            exists = row.get(f"{prefix}exists")
        if exists is None:
            exists = any(
                self.cell(each, row, prefix) is not None for each in shape.fields.values() if each.only is None
            )
        if not exists:
            return None
        kind = row.get(f"{prefix}__typename")
        return {
            key: self.field(each, row, prefix)
            for key, each in shape.fields.items()
            if each.only is None or kind in each.only
        }

    def cell(self, each: Field, row: Mapping[str, Any], prefix: str) -> Any:
        """What tells that a field is not null: its value, or a list's length."""
        if each.shape is None:
            return row[f"{prefix}{each.key}"]
        return row.get(f"{prefix}{each.key}.count", row.get(f"{prefix}count"))

    def field(self, each: Field, row: Mapping[str, Any], prefix: str) -> Any:
        path = f"{prefix}{each.key}"
        if each.shape is None:
            return row[path]
        if each.table is not None and each.is_list:
            count = row[f"{path}.count"] if f"{path}.count" in row else row[f"{prefix}count"]
            found = None if count is None else self.listed(each.table, row["row"])
            assert found is None or len(found) == count
            return found
        return self.object(each.shape, row, f"{path}.", None if each.may_be_null else True)


def apart(answer: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    filler = Filler({})
    for key, each in READING.fields.items():
        filler.root(each, answer[key])
    return filler.rows


def again(rows: Mapping[str, Sequence[Mapping[str, Any]]], answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer, but for the root's own nulls and what a connection of the root has beside its rows."""
    rebuilt = Rebuilt(rows)
    made: dict[str, Any] = {}
    for key, each in READING.fields.items():
        if answer[key] is None:
            made[key] = None
        elif each.is_connection:
            assert each.shape is not None
            own = {k: rebuilt.listed(below.table, None) for k, below in each.shape.fields.items() if below.table}
            made[key] = {k: own.get(k, told) for k, told in answer[key].items()}
        else:
            assert each.table is not None
            found = rebuilt.listed(each.table, None)
            made[key] = found if each.is_list else found[0]
    return made


@QUICK
@given(ANSWERS)
def test_the_rows_of_an_answer_make_it_again(answer: dict[str, Any]):
    rows = apart(answer)

    assert all(
        list(row) == [column.name for column in table.columns] for table in READING for row in rows.get(table.name, [])
    )
    assert again(rows, answer) == answer


@QUICK
@given(ANSWERS)
def test_so_do_their_lines_of_ndjson_and_of_csv(answer: dict[str, Any]):
    rows = apart(answer)
    for format, taken in ((Format.NDJSON, of_ndjson), (Format.CSV, of_csv)):
        written = {
            table.name: taken(
                table.columns, head(table.columns, format) + lines(table.columns, rows.get(table.name, []), format)
            )
            for table in READING
        }
        assert again(written, answer) == answer


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(answer=ANSWERS)
def test_so_does_parquet(answer: dict[str, Any], tmp_path_factory: pytest.TempPathFactory):
    folder, rows = tmp_path_factory.mktemp("made"), apart(answer)
    written = {table.name: through_parquet(folder, table.columns, rows.get(table.name, [])) for table in READING}

    assert again(written, answer) == answer


def of_ndjson(_columns: Sequence[Column], data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.decode().split("\n") if line]


def of_csv(columns: Sequence[Column], data: bytes) -> list[dict[str, Any]]:
    """By the rules of docs/export.md. Python's reader cannot tell null from "", so quotes are looked at first."""
    marked = re.sub(r'(^|,|\r\n)""(?=,|\r\n)', r'\1"\0empty"', data.decode())
    names, *read = csv.reader(io.StringIO(marked, newline=""), strict=True)
    assert names == [column.name for column in columns]
    return [
        {column.name: of_cell(column.kind, cell) for column, cell in zip(columns, row, strict=True)} for row in read
    ]


def of_cell(kind: Kind, cell: str) -> Any:
    if not cell:
        return None
    if kind.lists or kind.name in ("int", "bigint", "float", "bool"):
        return json.loads(cell)
    text = "" if cell == "\0empty" else cell
    return text[1:] if kind.name == "text" and text.startswith("'") else text


def through_parquet(folder: Path, columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    (folder / "part").write_bytes(lines(columns, rows, Format.PARQUET))
    to_parquet(columns, folder / "part", folder / "made")
    kinds = {column.name: column.kind.name for column in columns}
    return [
        {name: of_arrow(kinds[name], each) for name, each in row.items()}
        for row in parquet.read_table(folder / "made").to_pylist()
    ]


def of_arrow(kind: str, told: Any) -> Any:
    return told.isoformat() if kind in ("date", "datetime") and told is not None else told


# ── cells and types ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "told", "cell"),
    [
        ("text", None, ""),
        ("text", "", '""'),
        ("text", "=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("text", "-5", "'-5"),
        ("text", "\tx", "'\tx"),
        ("text", "@me, you", '"\'@me, you"'),
        ("text", "'quoted'", "''quoted'"),
        ("text", "1729600493622215014", "1729600493622215014"),
        ("bigint", -5, "-5"),
        ("float", -0.5, "-0.5"),
        ("bool", True, "true"),
        ("date", "2026-11-21", "2026-11-21"),
    ],
)
def test_a_text_that_a_spreadsheet_might_run_is_kept_text_and_a_number_a_number(kind: str, told: Any, cell: str):
    row = lines([Column("a", Kind(kind))], [{"a": told}], Format.CSV).decode()

    assert row == f"{cell}\r\n"


def test_each_column_of_parquet_has_its_own_type(tmp_path: Path):
    (tmp_path / "part").write_bytes(b"")
    columns = [Column(name, Kind(name)) for name in ("text", "int", "bigint", "float", "bool", "date", "datetime")]
    to_parquet([*columns, Column("tags", Kind("text", 1))], tmp_path / "part", tmp_path / "made")

    schema = parquet.read_schema(tmp_path / "made")
    said = {field.name: str(field.type) for field in schema}
    assert said.pop("tags") in ("list<element: string>", "list<item: string>")
    assert said == {
        "text": "string", "int": "int32", "bigint": "int64", "float": "double", "bool": "bool",
        "date": "date32[day]", "datetime": "timestamp[us, tz=UTC]",
    }  # fmt: skip
    assert types.is_list(schema.field("tags").type)


# ── what is asked ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_skipped_has_no_column_and_what_no_field_needs_is_not_declared():
    text = """query ($no: Boolean!, $n: Int, $after: String) {
      items(first: $n, after: $after) { nodes { id name @include(if: $no) ... @skip(if: $no) { mood } } } }"""
    reading = read(SCHEMA, text, {"no": False, "n": 5})

    assert names(reading) == {"items": ["row", "id", "mood"]}
    asked = Writer(reading).root("items").document
    assert asked.startswith("query ($shopgraph_first: Int, $shopgraph_after: String)") and "$no" not in asked


def names(reading: Reading) -> dict[str, list[str]]:
    return {table.name: [column.name for column in table.columns] for table in reading}


def test_what_is_written_again_asks_the_same():
    """As far as the schema can tell: each document is valid, and has the same tables."""
    for key in READING.fields:
        asked = Writer(READING, all_rows=True, since=True).root(key)
        text = re.sub(rf"{HIDDEN}(id|page|type|total):", r"x_\1:", asked.document)
        again = read(SCHEMA, text, {})
        known = {table.name: len(table.columns) for table in READING.tables[key]}
        assert {table.name for table in again} == known.keys()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{ all { parentId: id items { nodes { parentId: name } } } }", "would be named parentId"),
        ("{ all { shopgraph_x: id } }", "another alias"),
        ("{ all { id ", "Syntax Error"),
        ("query A { all { id } } query B { all { id } }", "A, B"),
        ("fragment F on Item { id }", "never used"),
    ],
)
def test_what_has_no_tables_is_refused(text: str, said: str):
    with pytest.raises(Unreadable, match=said):
        read(SCHEMA, text, {})


def test_fragments_that_multiply_are_refused_soon():
    parts = [f"fragment F{n} on Item {{ a: node {{ ...F{n + 1} }} b: node {{ ...F{n + 1} }} }}" for n in range(30)]
    with pytest.raises(Unreadable):
        read(SCHEMA, "{ all { ...F0 } } fragment F30 on Item { id } " + " ".join(parts), {})


def test_every_table_has_a_column_for_each_value():
    assert {get_named_type(each.type).name for each in READING.fields.values()} == {"Items", "Item", "Block"}
    assert len(list(READING)) > 20
