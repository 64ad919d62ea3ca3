"""This module is in charge of rows for whoever asks `/graphql` for them: the answer to an operation that selects one list, in a format of reports.

The operation is answered by the pipeline as any other, and its one page or cube is written by the writers of reports: no more rows than the
graph gives, and the cursor to go on from where it was selected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
)
from msgspec import structs

from gateway.errors import ClientError, Location, Refused, refused
from gateway.pipeline import GraphQLResponse
from gateway.reports import columnar
from gateway.reports.catalogue import Report
from gateway.reports.columns import columns_of
from gateway.reports.columns_compiled import transposed
from gateway.reports.writers import LIMIT, Csv, Cut, Ndjson, Writer

MEDIA: Final = {
    "text/csv": "csv",
    "application/x-ndjson": "ndjson",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.parquet": "parquet",
}
_BINARY: Final = frozenset({"arrow", "parquet"})
_OUTSIDE: Final = "UNAUTHORIZED_FIELD_OR_TYPE"
NAME: Final = "operation"
# A quality of nought (RFC 9110, section 12.4.2).
_REFUSED: Final = re.compile(r";\s*q=0(\.0*)?\s*(;|$)", re.IGNORECASE)


class Table(NamedTuple):
    """Where the rows of an operation's answer are: response keys from the root to the list or page, and from there to a row."""

    path: tuple[str, ...]
    rows: tuple[str, ...]
    report: Report


def media_of(accept: str) -> str | None:
    """The first media type of rows that the header names and does not refuse, None where it names none that can be written."""
    named = (each.partition(";")[0].strip().lower() for each in accept.split(",") if not _REFUSED.search(each))
    return next((each for each in named if each in MEDIA and (columnar.INSTALLED or MEDIA[each] not in _BINARY)), None)


def table_of(text: str, name: str | None, schema: GraphQLSchema) -> Table | None:
    """The table of a query that the pipeline has answered, None where what it selects is no single list."""
    document = parse(text, no_location=True)
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is not None:
        operations = [each for each in operations if each.name is not None and each.name.value == name]
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    assert schema.query_type is not None
    return _descend(operations[0].selection_set, schema.query_type, schema, fragments, ())


def written(media: str, text: str, name: str | None, response: GraphQLResponse, schema: GraphQLSchema) -> GraphQLResponse:
    """The answer's rows in that format; the answer itself where there is none, NOT_ACCEPTABLE where it holds no rows or is not whole."""
    if response.values is None:
        return response
    table = table_of(text, name, schema)
    if table is None:
        raise refused("NOT_ACCEPTABLE", f"{media} is made of an operation that selects one list, a page with nodes or edges or a cube, and nothing beside it.")
    errors = response.values.get("errors", ())
    wrong = [each["extensions"]["code"] for each in errors if each["extensions"]["code"] != _OUTSIDE]
    found: Any = response.values["data"]
    for key in table.path:
        # Not there where a condition left it out.
        found = None if found is None else found.get(key)
    rows = None if found is None else _rows(found, table.rows)
    if wrong or rows is None:
        raise _no_rows(errors)
    writer = _writer(MEDIA[media], table.report)
    cells = transposed(table.report.flatten([each for each in rows if each is not None]), len(table.report.columns))
    body = writer.begin() + writer.rows(cells) + writer.end(_cut(found) if table.rows else None)
    headers = [*response.headers, ("content-type", media + ("; charset=utf-8" if media == "text/csv" else ""))]
    if errors:
        start = (*table.path, *table.rows)
        paths = (tuple(key for key in each.get("path", ()) if isinstance(key, str)) for each in errors)
        headers.append(("x-cellgate-closed", ", ".join(dict.fromkeys(".".join(path[len(start) :]) for path in paths))))
    return structs.replace(response, body=body, values=None, headers=tuple(headers))


def _no_rows(errors: Sequence[Mapping[str, Any]]) -> Refused:
    """The refusal, and behind it why: what the answer says as JSON."""
    told = "what is behind this says why" if errors else "it is null, or a condition left them out"
    return Refused(ClientError("NOT_ACCEPTABLE", f"The answer holds no rows that could be written; {told}."), *map(_as_told, errors))


def _as_told(error: Mapping[str, Any]) -> ClientError:
    more = {name: value for name, value in error["extensions"].items() if name != "code"}
    places = tuple(Location(each["line"], each["column"]) for each in error.get("locations", ()))
    return ClientError(error["extensions"]["code"], error["message"], tuple(error.get("path", ())), places, more)


def _rows(found: Any, keys: tuple[str, ...]) -> Sequence[Any] | None:
    """The rows of a list or page, None where a condition left them out."""
    if not keys:
        there: Sequence[Any] = found
        return there
    listed: Sequence[Any] | None = found.get(keys[0])
    if listed is None or len(keys) == 1:
        return listed
    edges = [each for each in listed if each is not None]
    return None if any(keys[1] not in each for each in edges) else [each[keys[1]] for each in edges]


def _cut(page: Mapping[str, Any]) -> Cut | None:
    info = page.get("pageInfo") or {}
    return Cut(LIMIT, info["endCursor"]) if info.get("hasNextPage") and info.get("endCursor") else None


def _writer(format_: str, report: Report) -> Writer:
    match format_:
        case "csv":
            return Csv(report)
        case "ndjson":
            return Ndjson(report)
        case "arrow":
            return columnar.Arrow(report)
        case _:
            return columnar.Parquet(report)


def _descend(
    selections: SelectionSetNode, type_: GraphQLObjectType, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], path: tuple[str, ...]
) -> Table | None:
    """Down the one field of each object, to the list."""
    fields = [each for each in _fields(selections, fragments) if each.name.value != "__typename"]
    if len(fields) != 1 or fields[0].selection_set is None:
        return None
    (field,) = fields
    if field.name.value not in type_.fields:
        # What the graph tells of itself.
        return None
    assert field.selection_set is not None
    output = type_.fields[field.name.value].type
    named, below = get_named_type(output), (*path, _key(field))
    if not isinstance(named, GraphQLObjectType):
        return None
    if is_list_type(get_nullable_type(output)):
        return _table(below, (), field.selection_set, named, schema, fragments)
    if "pageInfo" not in named.fields:
        return _descend(field.selection_set, named, schema, fragments, below)
    return _page(field.selection_set, named, schema, fragments, below)


def _page(
    selections: SelectionSetNode, type_: GraphQLObjectType, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], path: tuple[str, ...]
) -> Table | None:
    lists = [each for each in _fields(selections, fragments) if each.name.value in ("nodes", "edges")]
    if len(lists) != 1 or lists[0].selection_set is None:
        return None
    node: GraphQLObjectType = get_named_type(type_.fields["nodes"].type)
    if lists[0].name.value == "nodes":
        return _table(path, (_key(lists[0]),), lists[0].selection_set, node, schema, fragments)
    inner = [each for each in _fields(lists[0].selection_set, fragments) if each.name.value == "node"]
    if len(inner) != 1 or inner[0].selection_set is None:
        return None
    return _table(path, (_key(lists[0]), _key(inner[0])), inner[0].selection_set, node, schema, fragments)


def _table(
    path: tuple[str, ...],
    rows: tuple[str, ...],
    selections: SelectionSetNode,
    type_: GraphQLObjectType,
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Table:
    columns = columns_of(selections, type_, schema, fragments)
    return Table(path, rows, Report(NAME, 1, NAME, "", path[-1], rows, columns, {}, frozenset(), frozenset()))


def _key(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value


def _fields(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    for each in selections.selections:
        if isinstance(each, FieldNode):
            yield each
        elif isinstance(each, FragmentSpreadNode):
            yield from _fields(fragments[each.name.value].selection_set, fragments)
        elif isinstance(each, InlineFragmentNode):
            yield from _fields(each.selection_set, fragments)
