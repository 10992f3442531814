"""An operation's answer as tables: one for each list of objects, whose rows say which row they belong to.

A `Reading` is an operation, read with its variables: its fields, each list of objects among them as a `Table`. It can
be written again as documents that page a list, and `Filler` takes answers apart into rows. Nothing is lost: a column
`….exists` tells an object that is null from one whose fields are, `….count` a list that is null from an empty one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLSkipDirective,
    GraphQLString,
    InlineFragmentNode,
    NamedTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_directive_values,
    get_named_type,
    get_variable_values,
    is_abstract_type,
    is_composite_type,
    parse,
    print_ast,
    validate,
    visit,
)

HIDDEN = "shopgraph_"
"""What the keys begin with that are asked beside what the document asks."""

FIRST, AFTER, SINCE, ID = (f"{HIDDEN}{name}" for name in ("first", "after", "since", "id"))
PAGING = {"first": FIRST, "after": AFTER}
PAGE, TOTAL = f"{HIDDEN}page", f"{HIDDEN}total"
TYPE = "__typename"
MOST_TOKENS, MOST_FIELDS = 10_000, 5_000
TEXT = GraphQLNonNull(GraphQLString)
ROW, PARENT_ROW, PARENT_ID = "row", "parentRow", "parentId"
SCALARS = {
    "Int": "int",
    "BigInt": "bigint",
    "Float": "float",
    "Boolean": "bool",
    "Date": "date",
    "DateTime": "datetime",
}


class Unreadable(Exception):
    """Why a document cannot be asked, or has no tables; the message is one line."""


class Kind(NamedTuple):
    """The values of a column: text, int, bigint, float, bool, date or datetime, in so many lists."""

    name: str
    lists: int = 0


class Column(NamedTuple):
    """A column of a table. name: the keys that lead to its values, with dots between."""

    name: str
    kind: Kind


@dataclass
class Field:
    """A field of the answer.

    key     its name there
    type    its GraphQL type
    nodes   each time that the document asks for it
    only    the object types that have it, None where every object there has
    series  whether it is one of days, of which those from a day on can be asked
    shape   what is below it, None of a value
    table   where its rows go, None where it is no list of objects
    """

    key: str
    type: Any
    nodes: list[FieldNode]
    only: frozenset[str] | None
    series: bool = False
    shape: Shape | None = None
    table: Table | None = None

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    @property
    def may_be_null(self) -> bool:
        return not isinstance(self.type, GraphQLNonNull)

    @property
    def is_list(self) -> bool:
        """Whether it has rows."""
        return self.shape is not None and _lists(self.type) > 0

    @property
    def is_connection(self) -> bool:
        """Whether it is a list that goes on behind a cursor."""
        fields = getattr(get_named_type(self.type), "fields", {})
        return not self.is_list and {"pageInfo", "edges"} <= fields.keys()


@dataclass
class Shape:
    """What is asked of an object. type: its GraphQL type; is_entity: whether it has a global id."""

    type: Any
    is_entity: bool
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def is_told(self) -> bool:
        """Whether a null in it is always that of the object itself."""
        return any(
            each.only is None and not each.may_be_null and (each.shape is None or each.is_list)
            for each in self.fields.values()
        )

    @property
    def has_lists(self) -> bool:
        return any(each.is_list or (each.shape is not None and each.shape.has_lists) for each in self.fields.values())


@dataclass(eq=False)
class Table:
    """The rows of a list of objects, wherever in the answer it comes.

    name       the keys that lead to the list, with dots between; "nodes" and "edges" of a connection are left out
    shape      what is asked of a row
    nullable   whether a row may be null
    parent     the table whose rows it hangs on, None of the root
    is_list    whether it is of a list; else it has the one row of an object of the root
    is_series  whether its rows are days
    of         the column that parentId repeats, with its table; None where the document does not ask for that id
    """

    name: str
    shape: Shape
    nullable: bool
    parent: Table | None
    columns: list[Column] = field(default_factory=list)
    of: str | None = None
    is_list: bool = True
    is_series: bool = False

    @property
    def exists(self) -> bool:
        """Whether a column says that a row is not null."""
        return self.nullable and not self.shape.is_told


@dataclass(frozen=True)
class Reading:
    """An operation, read with its variables.

    fields      those of its root that have tables, with their tables in the order of the answer
    definitions the variables that it declares
    variables   the values that were given
    """

    fields: Mapping[str, Field]
    tables: Mapping[str, Sequence[Table]]
    definitions: Mapping[str, VariableDefinitionNode]
    variables: Mapping[str, Any]

    def __iter__(self) -> Iterator[Table]:
        return chain.from_iterable(self.tables.values())


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation of a document that is meant; raises Unreadable where that is not clear."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    named = [node for node in operations if name is None or (node.name is not None and node.name.value == name)]
    if not operations:
        raise Unreadable("the document has no operation")
    if not named:
        raise Unreadable(f"the document has no operation {name}")
    if len(named) > 1:
        names = ", ".join(node.name.value for node in named if node.name is not None)
        raise Unreadable(f"the document has several operations; name one of {names}")
    return named[0]


def read(schema: GraphQLSchema, text: str, variables: Mapping[str, Any], name: str | None = None) -> Reading:
    """The tables of a query; raises Unreadable."""
    try:
        document = parse(text, max_tokens=MOST_TOKENS)
    except GraphQLError as error:
        raise Unreadable(_located(error)) from None
    errors = validate(schema, document, max_errors=1)
    if errors:
        raise Unreadable(_located(errors[0]))
    operation = operation_of(document, name)
    if operation.operation is not OperationType.QUERY:
        raise Unreadable("only a query has rows")
    definitions = {each.variable.name.value: each for each in operation.variable_definitions or ()}
    unknown = sorted(variables.keys() - definitions.keys())
    if unknown:
        raise Unreadable(f"the operation has no variable ${unknown[0]}")
    values = get_variable_values(schema, operation.variable_definitions or (), dict(variables))
    if isinstance(values, list):
        raise Unreadable(values[0].message)
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    return Reader(schema, fragments, values).reading(operation, definitions, variables)


def _located(error: GraphQLError) -> str:
    line, column = error.locations[0] if error.locations else (1, 1)
    return f"{line}:{column}: {error.message}"


class Reader:
    """Reads one operation."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], values: Any) -> None:
        self._schema = schema
        self._fragments = fragments
        self._values = values
        self._names: set[str] = set()
        self._fields = 0
        self._tables: list[Table] = []

    def reading(
        self,
        operation: OperationDefinitionNode,
        definitions: Mapping[str, VariableDefinitionNode],
        variables: Mapping[str, Any],
    ) -> Reading:
        assert self._schema.query_type is not None
        root = self._shape(self._schema.query_type, [operation.selection_set])
        fields: dict[str, Field] = {}
        tables: dict[str, Sequence[Table]] = {}
        for key, each in root.fields.items():
            if each.shape is not None:
                self._tables = []
                self._table_of_root(each)
                fields[key], tables[key] = each, self._tables
        if not fields:
            raise Unreadable("the query asks for no object, so there are no rows")
        for table in chain.from_iterable(tables.values()):
            _check(table)
        return Reading(fields, tables, definitions, variables)

    # what is asked

    def _shape(self, kind: Any, selections: Sequence[SelectionSetNode]) -> Shape:
        shape = Shape(kind, self._is_entity(kind))
        possible = self._possible(kind)
        for selected in selections:
            self._collect(shape, kind, possible, selected, possible)
        if is_abstract_type(kind) and TYPE not in shape.fields:
            node = FieldNode(name=_name(TYPE), arguments=(), directives=())
            shape.fields = {TYPE: Field(TYPE, TEXT, [node], None), **shape.fields}
        for each in shape.fields.values():
            below = [node.selection_set for node in each.nodes if node.selection_set]
            if below:
                each.shape = self._shape(get_named_type(each.type), below)
                if _lists(each.type) > 1:
                    raise Unreadable(f"{each.key}: a list of lists of objects has no table")
        return shape

    def _collect(
        self, shape: Shape, kind: Any, narrowed: frozenset[str], selected: SelectionSetNode, possible: frozenset[str]
    ) -> None:
        for node in selected.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                self._add(shape, kind, None if narrowed >= possible else narrowed, node)
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
            condition = getattr(fragment, "type_condition", None)
            inner = kind if condition is None else self._schema.type_map[condition.name.value]
            within = narrowed & self._possible(inner)
            if within:
                self._collect(shape, inner, within, fragment.selection_set, possible)

    def _add(self, shape: Shape, kind: Any, only: frozenset[str] | None, node: FieldNode) -> None:
        key = (node.alias or node.name).value
        if key.startswith(HIDDEN):
            raise Unreadable(f"{key}: names that begin with {HIDDEN} are not free; give it another alias")
        known = shape.fields.get(key)
        if known is not None:
            if all(each is not node for each in known.nodes):
                known.nodes.append(node)
            known.only = None if known.only is None or only is None else known.only | only
            return
        defined = None if node.name.value == TYPE else kind.fields[node.name.value]
        made = Field(key, TEXT if defined is None else defined.type, [node], only)
        self._fields += 1
        if self._fields > MOST_FIELDS:
            raise Unreadable(f"the query asks for more than {MOST_FIELDS} fields")
        made.series = defined is not None and {"from", "to", "days"} <= defined.args.keys()
        shape.fields[key] = made

    def _is_included(self, node: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self._values)
        include = get_directive_values(GraphQLIncludeDirective, node, self._values)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _possible(self, kind: Any) -> frozenset[str]:
        if is_abstract_type(kind):
            return frozenset(each.name for each in self._schema.get_possible_types(kind))
        return frozenset((kind.name,))

    def _is_entity(self, kind: Any) -> bool:
        node = self._schema.type_map.get("Node")
        if node is None or not is_composite_type(kind):
            return False
        return bool(self._possible(kind) & self._possible(node))

    # where it goes

    def _table_of_root(self, each: Field) -> None:
        assert each.shape is not None
        if each.is_list:
            self._table(each, each.key, None, None)
        elif each.is_connection:
            for below in each.shape.fields.values():
                if below.is_list:
                    self._table(below, each.key, None, None)
        else:
            each.table = self._made(each.key, each.shape, None, nullable=False, of=None)
            each.table.is_list = False

    def _table(self, each: Field, name: str, parent: Table | None, of: str | None) -> None:
        assert each.shape is not None
        each.table = self._made(name, each.shape, parent, nullable=_has_nullable_rows(each.type), of=of)
        each.table.is_series = each.series

    def _made(self, name: str, shape: Shape, parent: Table | None, *, nullable: bool, of: str | None) -> Table:
        unique, number = name, 1
        while unique.lower() in self._names:
            number += 1
            unique = f"{name}-{number}"
        self._names.add(unique.lower())
        table = Table(unique, shape, nullable, parent, of=of)
        self._tables.append(table)
        table.columns = [Column(ROW, Kind("bigint"))]
        if parent is not None:
            table.columns += [Column(PARENT_ROW, Kind("bigint")), Column(PARENT_ID, Kind("text"))]
        if table.exists:
            table.columns.append(Column("exists", Kind("bool")))
        self._fill(table, shape, "", unique, of)
        return table

    def _fill(self, table: Table, shape: Shape, prefix: str, name: str, of: str | None) -> None:
        """The columns of an object, and the tables of its lists.

        name   what the tables of its lists begin with
        of     the column that its lists' parentId repeats
        """
        if shape.is_entity:
            of = next((f"{table.name}.{prefix}{key}" for key, each in shape.fields.items() if each.name == "id"), None)
        inside = {"node"} if {"node", "cursor"} <= getattr(shape.type, "fields", {}).keys() else set()
        for key, each in shape.fields.items():
            path = f"{prefix}{key}"
            if each.shape is None:
                table.columns.append(Column(path, _kind(each.type)))
            elif each.is_list:
                table.columns.append(Column(_counted(path, each, shape), Kind("int")))
                own = f"{name}.{key}" if not _is_rows(each, shape) else name
                self._table(each, own, table, of)
            else:
                if _may_be_missing(each):
                    table.columns.append(Column(f"{path}.exists", Kind("bool")))
                below = name if each.name in inside else f"{name}.{key}"
                self._fill(table, each.shape, f"{path}.", below, of)


def _may_be_missing(each: Field) -> bool:
    """Whether a column says that an object is not null."""
    assert each.shape is not None
    return each.may_be_null and not each.shape.is_told


def _is_rows(each: Field, of: Shape) -> bool:
    """Whether it is the list that a connection is there for."""
    return each.name in ("nodes", "edges") and "pageInfo" in getattr(of.type, "fields", {})


def _counted(path: str, each: Field, of: Shape) -> str:
    """The column that tells the length of a list."""
    alone = _is_rows(each, of) and sum(_is_rows(other, of) for other in of.fields.values()) == 1
    return f"{path.removesuffix(each.key) if alone else f'{path}.'}count"


def _check(table: Table) -> None:
    names: set[str] = set()
    for column in table.columns:
        if column.name in names:
            raise Unreadable(f"{table.name}: two columns would be named {column.name}; give the field an alias")
        names.add(column.name)


def _lists(kind: Any) -> int:
    """In how many lists a type is."""
    if isinstance(kind, GraphQLNonNull):
        return _lists(kind.of_type)
    return 1 + _lists(kind.of_type) if isinstance(kind, GraphQLList) else 0


def _has_nullable_rows(kind: Any) -> bool:
    listed = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return not isinstance(listed.of_type, GraphQLNonNull)


def _kind(kind: Any) -> Kind:
    return Kind(SCALARS.get(get_named_type(kind).name, "text"), _lists(kind))


# ── asking ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Question(NamedTuple):
    """A document, its variables, and which of its operations is meant."""

    document: str
    variables: Mapping[str, Any]
    name: str | None = None


class Rest(NamedTuple):
    """A list below an entity that goes on behind the page that came.

    chain    the fields that lead to it from the entity, itself the last
    kind     the entity's type
    id       the entity's global id
    after    where it goes on
    parent   the row that the list hangs on
    prefix   what the names of its columns begin with
    """

    chain: tuple[Field, ...]
    kind: str
    id: str
    after: str
    parent: dict[str, Any]
    prefix: str


@dataclass(frozen=True)
class Writer:
    """Writes what is asked of a reading.

    all_rows  whether lists below the root are to be asked to their ends
    since     whether series are asked from a day on
    """

    reading: Reading
    all_rows: bool = False
    since: bool = False

    def root(self, key: str) -> Question:
        """What asks a field of the root; a page of a connection, whose size and cursor are variables."""
        each = self.reading.fields[key]
        paging = PAGING if each.is_connection else {}
        node = self._node(each, paging, is_root=True)
        return self._question([node], {FIRST: "Int", AFTER: "String"} if paging else {})

    def rest(self, rest: Rest) -> Question:
        """What asks a further page of a list below an entity."""
        *above, last = rest.chain
        node = self._node(last, PAGING, is_root=True)
        for each in reversed(above):
            node = FieldNode(
                alias=_name(each.key), name=each.nodes[0].name, arguments=self._arguments(each, {}), directives=(),
                selection_set=SelectionSetNode(selections=(node,)),
            )  # fmt: skip
        found = _narrowed(rest.kind, [node])
        given = ArgumentNode(name=_name("id"), value=VariableNode(name=_name(ID)))
        root = FieldNode(
            name=_name("node"), arguments=(given,), directives=(), selection_set=SelectionSetNode(selections=(found,))
        )
        asked = self._question([root], {ID: "ID!", FIRST: "Int", AFTER: "String"})
        return Question(asked.document, {**asked.variables, ID: rest.id, AFTER: rest.after})

    def _question(self, nodes: Sequence[Any], beside: Mapping[str, str]) -> Question:
        selected = SelectionSetNode(selections=tuple(nodes))
        used = _variables(selected)
        declared = [print_ast(each) for name, each in self.reading.definitions.items() if name in used]
        declared += [f"${name}: {kind}" for name, kind in {**beside, SINCE: "Date"}.items() if name in used]
        given = {name: value for name, value in self.reading.variables.items() if name in used}
        head = f"query ({', '.join(declared)}) " if declared else ""
        return Question(f"{head}{print_ast(selected)}", given)

    def _node(self, each: Field, paging: Mapping[str, str], *, is_root: bool = False) -> FieldNode:
        selected = None
        if each.shape is not None:
            selections = self._selections(each.shape)
            if is_root and each.is_connection and "totalCount" in each.shape.type.fields:
                selections.append(_parsed(f"{TOTAL}: totalCount"))
            if each.is_connection and (is_root or self.all_rows):
                selections.append(_parsed(f"{PAGE}: pageInfo {{ hasNextPage endCursor }}"))
            selected = SelectionSetNode(selections=tuple(selections))
        if self.since and each.series:
            paging = {"from": SINCE, "days": ""}
        return FieldNode(
            alias=None if each.key == each.name else _name(each.key),
            name=each.nodes[0].name,
            arguments=self._arguments(each, paging),
            directives=(),
            selection_set=selected,
        )

    def _arguments(self, each: Field, instead: Mapping[str, str]) -> tuple[ArgumentNode, ...]:
        """The field's arguments, but some by variables or left out."""
        kept = [given for given in each.nodes[0].arguments or () if given.name.value not in instead]
        made = [
            ArgumentNode(name=_name(name), value=VariableNode(name=_name(variable)))
            for name, variable in instead.items()
            if variable
        ]
        return (*kept, *made)

    def _selections(self, shape: Shape) -> list[Any]:
        selections: list[Any] = []
        own = getattr(shape.type, "fields", {})
        if shape.is_entity and shape.has_lists:
            id = _parsed(f"{ID}: id")
            selections.append(id if "id" in own else _narrowed("Node", [id]))
            if self.all_rows and is_abstract_type(shape.type) is False and TYPE not in shape.fields:
                selections.append(_parsed(f"{HIDDEN}type: {TYPE}"))
        for each in shape.fields.values():
            node = self._node(each, {})
            if each.only is None and (each.name == TYPE or each.name in own):
                selections.append(node)
            else:
                selections += [_narrowed(kind, [node]) for kind in sorted(each.only or ())]
        return selections


def _narrowed(kind: str, nodes: Sequence[Any]) -> InlineFragmentNode:
    selected = SelectionSetNode(selections=tuple(nodes))
    return InlineFragmentNode(type_condition=NamedTypeNode(name=_name(kind)), directives=(), selection_set=selected)


def _parsed(text: str) -> Any:
    (operation,) = parse(f"{{ {text} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation.selection_set.selections[0]


def _name(text: str) -> Any:
    return _parsed(text).name


def _variables(node: Any) -> set[str]:
    used: set[str] = set()

    class Seen(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            used.add(node.name.value)

    visit(node, Seen())
    return used


# ── taking apart ──────────────────────────────────────────────────────────────────────────────────────────────────

Row = dict[str, Any]


class Filler:
    """Takes answers apart into rows. counts: the number of the last row of each table."""

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts
        self.rows: dict[str, list[Row]] = {}
        self.rests: list[Rest] = []

    def root(self, each: Field, value: Any) -> None:
        """The rows of a field of the root, or of a page of it."""
        if value is None:
            return
        if each.table is not None:
            self._rows(each.table, value if each.is_list else [value], None, None)
            return
        assert each.shape is not None
        for below in each.shape.fields.values():
            if below.table is not None:
                self._rows(below.table, value[below.key] or [], None, None)

    def rest(self, rest: Rest, value: Any) -> None:
        """The rows of a further page of a list below an entity."""
        last = rest.chain[-1]
        assert last.shape is not None
        if value is None:
            return
        for below in last.shape.fields.values():
            if below.table is not None:
                rows = value[below.key] or []
                rest.parent[_counted(f"{rest.prefix}{below.key}", below, last.shape)] += len(rows)
                self._rows(below.table, rows, rest.parent[ROW], rest.id)
        self._goes_on(rest.chain, value, rest.kind, rest.id, rest.parent, rest.prefix)

    def _rows(self, table: Table, items: Sequence[Any], parent: int | None, id: str | None) -> None:
        for item in items:
            number = self.counts[table.name] = self.counts.get(table.name, 0) + 1
            row: Row = dict.fromkeys(column.name for column in table.columns)
            row[ROW] = number
            if table.parent is not None:
                row[PARENT_ROW], row[PARENT_ID] = parent, id
            if table.exists:
                row["exists"] = item is not None
            self.rows.setdefault(table.name, []).append(row)
            if item is not None:
                self._fill(row, table.shape, item, "", number, id, "", ())

    def _fill(
        self, row: Row, shape: Shape, item: Mapping[str, Any], prefix: str, number: int, id: str | None, kind: str,
        chain: tuple[Field, ...],
    ) -> None:  # fmt: skip
        """chain   the fields that lead to the item from the entity with `id`, of the type `kind`"""
        if shape.is_entity:
            id = item.get(ID)
            kind, chain = item.get(f"{HIDDEN}type") or item.get(TYPE) or "", ()
        for key, each in shape.fields.items():
            value, path = item.get(key), f"{prefix}{key}"
            if each.shape is None:
                row[path] = value
            elif each.is_list:
                assert each.table is not None
                row[_counted(path, each, shape)] = None if value is None else len(value)
                self._rows(each.table, value or [], number, id)
            else:
                if _may_be_missing(each):
                    row[f"{path}.exists"] = value is not None
                if value is not None:
                    self._fill(row, each.shape, value, f"{path}.", number, id, kind, (*chain, each))
                    if each.is_connection and id is not None:
                        self._goes_on((*chain, each), value, kind, id, row, f"{path}.")

    def _goes_on(
        self, chain: tuple[Field, ...], value: Mapping[str, Any], kind: str, id: str, parent: Row, prefix: str
    ) -> None:
        page = value.get(PAGE)
        if page and page["hasNextPage"] and page["endCursor"]:
            self.rests.append(Rest(chain, kind, id, page["endCursor"], parent, prefix))
