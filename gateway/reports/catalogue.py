"""This module is in charge of the saved reports: a folder of operations, and `reports.toml`, which says of each who approved it for whom.

Everything is checked at the start, against the schema in force: a report that cannot be answered, or whose text is not the one
that was approved, stops the gateway instead of failing at a regulator's desk.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_input_object_type,
    parse,
    print_ast,
    validate,
)

from auth.principal import Principal
from gateway.operation.persisted import hash_of
from gateway.reports.columns import Column, Kind, columns_of
from gateway.reports.columns_compiled import Flatten, compile_flatten

MANIFEST: Final = "reports.toml"
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_AS_JSON: Final = {"Int", "Float", "Boolean"}
KNOWN: Final = {"version", "title", "sha256", "clients", "roles"}
# What a report is asked for beside its own variables.
RESERVED: Final = frozenset({"first", "after", "limit", "bom"})


class ReportsRefused(Exception):
    """The folder of reports cannot be used; the message names the report and what is wrong. For the operator."""

    code = "REPORTS_REFUSED"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable of a report: its type as it is written; `json` where a value is JSON in an address, and no text; `many` for a list."""

    type: str
    json: bool
    many: bool


@dataclass(frozen=True, slots=True)
class Report:
    """One saved operation. `root` is the response key of the list that is its rows, `rows` the keys from there to a row's object;
    `variables` are those of its own; `clients` and `roles` say who may read it, either suffices; `flatten`
    makes tuples of its columns."""

    name: str
    version: int
    title: str
    text: str
    root: str
    rows: tuple[str, ...]
    columns: tuple[Column, ...]
    variables: Mapping[str, Parameter]
    clients: frozenset[str]
    roles: frozenset[str]
    flatten: Flatten = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flatten", compile_flatten(self.columns))

    @property
    def has_lists(self) -> bool:
        """Whether there are lists below a row."""
        return any(each.kind is Kind.JSON for each in self.columns)

    def is_for(self, principal: Principal) -> bool:
        """Whether that caller may read it."""
        return principal.client_id in self.clients or not self.roles.isdisjoint(principal.roles)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All reports by name; `basic` are the clients that may prove themselves by HTTP Basic, for reports and nothing else."""

    reports: Mapping[str, Report] = field(default_factory=dict)
    basic: frozenset[str] = frozenset()


def read_reports(folder: Path, schema: GraphQLSchema) -> Catalogue:
    """The folder's reports; raises ReportsRefused."""
    try:
        tree = tomllib.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise ReportsRefused(f"{folder / MANIFEST} cannot be read: {wrong}") from wrong
    entries = tree.pop("reports", {})
    basic = _names(tree.pop("basic", []), "basic")
    if tree or not isinstance(entries, dict):
        raise ReportsRefused(f"{folder / MANIFEST} holds [reports.NAME] tables and basic, and nothing else; found {', '.join(tree) or 'reports'}")
    return Catalogue(MappingProxyType({name: _report(folder, name, entry, schema) for name, entry in entries.items()}), basic)


def _report(folder: Path, name: str, entry: Any, schema: GraphQLSchema) -> Report:
    if not NAME.fullmatch(name):
        raise ReportsRefused(f"report {name[:80]!r}: a name has small letters, digits, - and _, at most 64, and begins with a letter")
    if not isinstance(entry, dict) or not set(entry) <= KNOWN:
        raise ReportsRefused(f"report {name}: a table of {', '.join(sorted(KNOWN))}, and nothing else")
    clients, roles = _names(entry.get("clients", []), f"report {name}: clients"), _names(entry.get("roles", []), f"report {name}: roles")
    version, title = entry.get("version"), entry.get("title", name)
    if type(version) is not int or version < 1 or not isinstance(title, str):
        raise ReportsRefused(f"report {name}: version is a whole number from 1 on, title a text")
    if not clients | roles:
        raise ReportsRefused(f"report {name}: clients or roles have to say who may read it")
    text = _approved(folder / f"{name}.graphql", name, entry.get("sha256"))
    try:
        document = parse(text, no_location=True)
    except GraphQLError as wrong:
        raise ReportsRefused(f"report {name}: {wrong.message}") from wrong
    if errors := validate(schema, document, max_errors=1):
        raise ReportsRefused(f"report {name}: {errors[0].message}")
    shape = _shape(document, name, schema)
    return Report(name, version, title, text, *shape, clients, roles)


def _names(value: Any, place: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ReportsRefused(f"{place} is a list of texts")
    return frozenset(value)


def _approved(path: Path, name: str, approved: Any) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ReportsRefused(f"report {name}: {path} cannot be read: {wrong}") from wrong
    if approved != hash_of(text):
        raise ReportsRefused(f"report {name}: sha256 is not that of {path.name}, which is {hash_of(text)}; whoever approves the text writes it down")
    return text


def _shape(document: DocumentNode, name: str, schema: GraphQLSchema) -> tuple[str, tuple[str, ...], tuple[Column, ...], Mapping[str, Parameter]]:
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        raise ReportsRefused(f"report {name}: one query, and no other operation")
    operation = operations[0]
    roots = operation.selection_set.selections
    if len(roots) != 1 or not isinstance(roots[0], FieldNode) or roots[0].selection_set is None or roots[0].directives:
        raise ReportsRefused(f"report {name}: one list at the root, without conditions, and nothing beside it")
    root = roots[0]
    assert schema.query_type is not None
    assert root.selection_set is not None
    field = schema.query_type.fields.get(root.name.value)
    connection = None if field is None else get_named_type(field.type)
    given = {each.name.value: each.value.name.value for each in root.arguments or () if isinstance(each.value, VariableNode)}
    if not isinstance(connection, GraphQLObjectType) or given.get("first") != "first" or given.get("after") != "after":
        raise ReportsRefused(f"report {name}: {root.name.value} has to be a list that is paged by first: $first, after: $after")
    if not {"hasNextPage", "endCursor"} <= _keys(_below(root.selection_set, "pageInfo")):
        raise ReportsRefused(f"report {name}: select pageInfo {{ hasNextPage endCursor }}, without aliases and conditions")
    rows, selections, type_ = _rows(root.selection_set, connection, name)
    variables = {each.variable.name.value: _parameter(print_ast(each.type), schema) for each in operation.variable_definitions or ()}
    if set(variables) & RESERVED != {"first", "after"}:
        raise ReportsRefused(f"report {name}: the variables are $first, $after and any but {', '.join(sorted(RESERVED))}")
    own = {key: each for key, each in variables.items() if key not in RESERVED}
    return root.alias.value if root.alias else root.name.value, rows, columns_of(selections, type_, schema, fragments), MappingProxyType(own)


def _parameter(written: str, schema: GraphQLSchema) -> Parameter:
    named = written.strip("[]!")
    return Parameter(written, named in _AS_JSON or is_input_object_type(schema.type_map[named]), written.startswith("["))


def _rows(selections: SelectionSetNode, connection: GraphQLObjectType, name: str) -> tuple[tuple[str, ...], SelectionSetNode, Any]:
    """The keys to a row's object: ("edges", "node") or ("nodes",), and what is selected of it."""
    node_type = get_named_type(connection.fields["nodes"].type)
    nodes, edges = _below(selections, "nodes"), _below(selections, "edges")
    if nodes is not None and edges is None:
        return ("nodes",), nodes, node_type
    node = None if edges is None else _below(edges, "node")
    if node is not None and nodes is None:
        return ("edges", "node"), node, node_type
    raise ReportsRefused(f"report {name}: the rows are nodes {{ ... }}, or edges {{ node {{ ... }} }}, without aliases and conditions")


def _fields(selections: SelectionSetNode | None) -> Iterator[FieldNode]:
    # Without a condition: rows, and where they go on, are always there.
    found = (each for each in (selections.selections if selections else ()) if isinstance(each, FieldNode))
    return (each for each in found if each.alias is None and not each.directives)


def _keys(selections: SelectionSetNode | None) -> set[str]:
    return {each.name.value for each in _fields(selections)}


def _below(selections: SelectionSetNode, name: str) -> SelectionSetNode | None:
    return next((each.selection_set for each in _fields(selections) if each.name.value == name), None)
