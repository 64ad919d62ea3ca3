"""This module is in charge of resolving objects one by one: graphql-core's resolvers over the same bindings and batch resolvers
as the in-process execution, gathered by aiodataloader.

This is how one subgraph is served alone. `install` gives every field of a graph its resolver; none is written by hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from aiodataloader import DataLoader
from graphql import GraphQLError, GraphQLObjectType, GraphQLResolveInfo, GraphQLUnionType, OperationType

from auth.entitlements import relations_of
from gateway.execution.subgraph import Redaction
from gateway.subgraph_lookahead import Lookahead, Wanted
from resolvers.batching import BadArgument, Batch, BatchResolver, Page, Shut
from resolvers.database.reading import Reading
from resolvers.database.tables import Column
from schema.arguments import Given
from schema.bindings import (
    AS_OF,
    FromAnswer,
    FromColumn,
    FromKey,
    FromMoment,
    Lookup,
    Made,
    Nested,
    Row,
    Rows,
    Shape,
    Stub,
    guard_letter,
    guard_of,
    shut_letter,
    stub_row,
    told_as_of,
)
from schema.graph import Graph, GraphField

Info = GraphQLResolveInfo[Any]
Resolver = Callable[..., Any]

CLOSED: Final = "CATEGORY_CLOSED"
ENTITIES: Final = "_entities"


@dataclass(frozen=True, slots=True)
class Node:
    """A row as an object of the graph: `places` says where its columns are, `exact` that its code was named by the caller, `as_of` the past
    moment that it is told as of."""

    type_name: str
    row: Row
    places: Mapping[str, int]
    exact: bool = False
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class PageNode:
    """A page as a connection."""

    page: Page
    nodes: tuple[Node, ...]


@dataclass(slots=True)
class Asking:
    """What belongs to one request of a subgraph served alone."""

    reading: Reading
    lookahead: Lookahead
    redactions: set[Redaction] = field(default_factory=set)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _running: asyncio.Task[Any] | None = None
    _closed: bool = False
    _loaders: dict[Any, DataLoader[Any, Any]] = field(default_factory=dict)

    async def load(self, resolve: BatchResolver, wanted: Wanted, given: Given, key: Any, *, exact: bool, as_of: datetime | None) -> Any:
        """What the batch resolver gives for the key, asked for together with every other key of the same kind."""
        kind = (resolve, wanted.columns, repr(sorted(given.values.items())), given.page, exact, as_of)
        loader = self._loaders.get(kind)
        if loader is None:

            async def load(keys: list[Any]) -> list[Any]:
                return await self.ask(resolve, Batch(list(keys), wanted.columns, given.values, given.page, exact, as_of))

            loader = self._loaders[kind] = DataLoader(load)
        return await loader.load(key)

    async def ask(self, resolve: BatchResolver, batch: Batch) -> list[Any]:
        """One call; one after the other, for they share a connection."""
        async with self._turn:
            if self._closed:
                raise asyncio.CancelledError
            self._running = asyncio.current_task()
            try:
                return await resolve(self.reading, batch)
            finally:
                self._running = None

    def forget(self) -> None:
        """Something was written: what loaders keep is of before."""
        self._loaders.clear()

    async def close(self) -> None:
        """End the reading. An answer may be ready (or late) while loaders still ask: a null that may not be cuts it short, and
        graphql-core does not know of their tasks. What they ask after this would open a reading that nobody closes."""
        self._closed = True
        running = self._running
        if running is not None and running is not asyncio.current_task():
            running.cancel()
            await asyncio.wait({running})
        self.reading.close()

    def redact(self, info: Info, letter: str, standing: int) -> None:
        """The field being resolved is closed (docs/row-policy.md section 8)."""
        path = tuple(each for each in info.path.as_list() if isinstance(each, str))
        held = "+".join(relations_of(standing)) or "none"
        self.redactions.add(Redaction(path, CLOSED, f"{letter}:{held}"))

    def closed(self, info: Info, guard: Column | None, row: Row) -> bool:
        """Whether the guard of a field is closed on the row; then that is noted."""
        if guard is None or row["standing"] & guard.mask:
            return False
        self.redact(info, guard_letter(guard), row["standing"])
        return True


def install(graph: Graph) -> None:
    """Give every field of the graph's schema its resolver."""
    for type_name, fields in graph.fields.items():
        type_ = graph.schema.type_map[type_name]
        assert isinstance(type_, GraphQLObjectType)
        for name, each in fields.items():
            type_.fields[name].resolve = _resolver(each)
    query = graph.schema.query_type
    assert query is not None
    query.fields["_service"].resolve = lambda *_: graph.sdl
    _service(graph).fields["sdl"].resolve = lambda sdl, _info: sdl
    query.fields[ENTITIES].resolve = _entities(graph)
    union = graph.schema.type_map["_Entity"]
    assert isinstance(union, GraphQLUnionType)
    union.resolve_type = lambda node, *_: node.type_name


def _service(graph: Graph) -> GraphQLObjectType:
    found = graph.schema.type_map["_Service"]
    assert isinstance(found, GraphQLObjectType)
    return found


def _resolver(graph_field: GraphField) -> Resolver:
    binding = graph_field.binding
    match binding:
        case FromColumn() | FromKey() | FromMoment() | FromAnswer() | Made() | Stub() | Nested():
            return _of_row(graph_field, guard_of(binding), _read(graph_field))
        case Rows():
            return _rows(graph_field, binding)
        case Lookup():
            return _lookup(graph_field, binding)
        case None:
            return _PARTS.get(graph_field.name, _unanswered)


def _of_row(_field: GraphField, guard: Column | None, read: Callable[[Node, Asking], Any]) -> Resolver:
    def resolve(node: Node, info: Info) -> Any:
        asking: Asking = info.context
        return None if asking.closed(info, guard, node.row) else read(node, asking)

    return resolve


def _read(graph_field: GraphField) -> Callable[[Node, Asking], Any]:
    type_name = graph_field.type_name
    match graph_field.binding:
        case FromColumn(column):
            return lambda node, _: _value(node, column.name)
        case FromMoment():
            return lambda node, _: node.as_of
        case FromAnswer(name):
            return lambda node, _: node.row[name]
        case Made(make, _):
            return lambda node, asking: make(asking.reading if node.as_of is None else asking.reading.at(node.as_of), node.row)
        case Stub(column, form):
            return lambda node, _: _stub(type_name, _value(node, column.name), form)
        case Nested(present):
            return lambda node, _: None if _value(node, present.name) is None else Node(type_name, node.row, node.places, node.exact, node.as_of)
        case _:
            return lambda node, _: node.row["key"]


def _value(node: Node, name: str) -> Any:
    place = node.places.get(name)
    return node.row[name if place is None else place]


def _stub(type_name: str, value: Any, form: Callable[[Any], Any] | None) -> Node | None:
    return None if value is None else Node(type_name, stub_row(value if form is None else form(value)), {})


def _rows(graph_field: GraphField, binding: Rows) -> Resolver:
    guard = guard_of(binding)

    async def resolve(node: Node, info: Info, **arguments: Any) -> Any:
        asking: Asking = info.context
        if asking.closed(info, guard, node.row):
            return None
        wanted = asking.lookahead.wanted(info, graph_field.type_name, binding.shape)
        given = _given(graph_field, arguments, count=wanted.count)
        as_of = _told_as_of(binding, graph_field.name, node.as_of)
        key = _key(node, binding)
        if key is None:
            return None
        outcome = await _refusing(asking.load(binding.resolve, wanted, given, key, exact=node.exact, as_of=as_of))
        if type(outcome) is Shut:
            asking.redact(info, shut_letter(binding.gate), outcome.standing)
            return None
        return _present(graph_field, binding.shape, outcome, wanted, exact=node.exact and not binding.entity, as_of=None if binding.entity else as_of)

    return resolve


def _lookup(graph_field: GraphField, binding: Lookup) -> Resolver:
    async def resolve(_root: Any, info: Info, **arguments: Any) -> Any:
        asking: Asking = info.context
        wanted = asking.lookahead.wanted(info, graph_field.type_name, binding.shape)
        given = _given(graph_field, arguments, count=wanted.count)
        keys = await _refusing(_named_keys(asking, binding, given))
        asked = [None] if binding.keys is None else [key for key in dict.fromkeys(keys) if key is not None]
        as_of = given.values.get(AS_OF)
        batch = Batch(asked, wanted.columns, given.values, given.page, binding.exact, as_of)
        outcomes = await _refusing(asking.ask(binding.resolve, batch)) if asked else []
        if info.operation.operation is OperationType.MUTATION:
            asking.forget()
        by_key = dict(zip(asked, outcomes, strict=True))
        answers = [by_key.get(key) for key in keys]
        if binding.shape is Shape.EACH:
            return [_present(graph_field, Shape.ONE, each, wanted, exact=binding.exact, as_of=as_of) for each in answers]
        return _present(graph_field, binding.shape, answers[0], wanted, exact=binding.exact, as_of=as_of)

    return resolve


async def _named_keys(asking: Asking, binding: Lookup, given: Given) -> list[Any]:
    return [None] if binding.keys is None else list(binding.keys(asking.reading, given.values))


def _given(graph_field: GraphField, arguments: Mapping[str, Any], *, count: bool) -> Given:
    try:
        return graph_field.arguments.read(arguments, count=count)
    except BadArgument as wrong:
        raise _as_error(wrong) from None


def _told_as_of(binding: Rows, name: str, as_of: datetime | None) -> datetime | None:
    try:
        return told_as_of(binding, name, as_of)
    except BadArgument as wrong:
        raise _as_error(wrong) from None


async def _refusing(work: Any) -> Any:
    try:
        return await work
    except BadArgument as wrong:
        raise _as_error(wrong) from None


def _as_error(wrong: BadArgument) -> GraphQLError:
    return GraphQLError(str(wrong), extensions={"code": wrong.code})


def _key(node: Node, binding: Rows) -> Any:
    needed = {each.name for each in binding.needs}
    values = [_value(node, name) if name in needed else node.row[name] for name in binding.key]
    if None in values:
        return None
    if len(values) > 1:
        return tuple(values)
    return values[0] if binding.form is None else binding.form(values[0])


def _present(graph_field: GraphField, shape: Shape, outcome: Any, wanted: Wanted, *, exact: bool, as_of: datetime | None) -> Any:
    if outcome is None:
        return None
    places = {name: n for n, name in enumerate(wanted.columns)}

    def node(row: Row) -> Node:
        return Node(graph_field.type_name, row, places, exact, as_of)

    if shape is Shape.PAGE:
        return PageNode(outcome, tuple(node(row) for row in outcome.rows))
    return [node(row) for row in outcome] if shape is Shape.MANY else node(outcome)


def _unanswered(*_: Any) -> None:
    return None


_PARTS: Final[Mapping[str, Resolver]] = {
    "nodes": lambda page, _info: page.nodes,
    "edges": lambda page, _info: [(page, n) for n in range(len(page.nodes))],
    "node": lambda edge, _info: edge[0].nodes[edge[1]],
    "cursor": lambda edge, _info: edge[0].page.cursors[edge[1]],
    "pageInfo": lambda page, _info: page.page,
    "totalCount": lambda page, _info: page.page.total,
    "totalCountCapped": lambda page, _info: None if page.page.total is None else page.page.total_capped,
    "hasNextPage": lambda page, _info: page.has_next,
    "hasPreviousPage": lambda page, _info: page.has_previous,
    "startCursor": lambda page, _info: page.cursors[0] if page.rows else None,
    "endCursor": lambda page, _info: page.cursors[len(page.rows) - 1] if page.rows else None,
}
"""The parts of connections, by field name; edges are (connection, place) pairs. An external field is never asked for here."""


def _entities(graph: Graph) -> Resolver:
    async def resolve(_root: Any, info: Info, representations: Sequence[Any]) -> list[Node | None]:
        return await asyncio.gather(*(_entity(graph, info, each) for each in representations))

    return resolve


async def _entity(graph: Graph, info: Info, representation: Any) -> Node | None:
    asking: Asking = info.context
    type_name = representation.get("__typename") if isinstance(representation, Mapping) else None
    entity = graph.entities.get(type_name) if isinstance(type_name, str) else None
    key = entity.key(asking.reading, representation) if entity is not None else None
    if entity is None or key is None or type_name is None:
        return None
    as_of = entity.as_of(representation) if entity.as_of is not None else None
    if entity.resolve is None:
        return Node(type_name, stub_row(key, entity.extra(representation) if entity.extra is not None else None), {}, as_of=as_of)
    wanted = asking.lookahead.wanted(info, type_name, None)
    row = await asking.load(entity.resolve, wanted, Given(), key, exact=False, as_of=as_of)
    return None if row is None else Node(type_name, row, {name: n for n, name in enumerate(wanted.columns)}, as_of=as_of)
