"""This module is in charge of asking one in-process subgraph: text in, the subgraph's result out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from graphql import parse, validate

from auth.principal import Principal
from gateway.execution.context import RequestContext
from gateway.execution.local import LocalSubgraph
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from gateway.operation.normalise import normalise
from gateway.planning.plan import Fetch, Requires
from resolvers.database.pool import Database
from schema.graph import Graph
from tests.door.principals import MOMENT, principal, reading
from tests.graph import world

MAKER = principal(world.MAKER, "BM")
AUTOMAKER = principal(world.AUTOMAKER, "OEM")
SWAPPER = principal(world.SWAPPER, "SW")
RECYCLER = principal(world.RECYCLER, "CU")
PROVINCE = principal(world.MINISTRY, "PR", jurisdiction=("35",))
MINISTRY = principal(world.MINISTRY, "MI")
MARKET = principal(world.MINISTRY, "SA")
PUBLIC = principal(world.MINISTRY, "PB")
EVERYBODY = (MAKER, AUTOMAKER, SWAPPER, RECYCLER, PROVINCE, MINISTRY, MARKET, PUBLIC)


def root_fetch(graph: Graph, text: str) -> Fetch:
    """A root fetch of a valid operation."""
    document = parse(text)
    assert validate(graph.schema, document) == []
    return Fetch(0, graph.name, (), (), text, normalise(document, graph.schema), (), ())


def entity_text(type_name: str, selection: str, declared: str = "") -> str:
    """An entity query with one type of representation; the selection in braces."""
    return f"query ({declared}$representations: [_Any!]!) {{ _entities(representations: $representations) {{ ... on {type_name} {selection} }} }}"


def entity_fetch(graph: Graph, type_name: str, selection: str, declared: str = "") -> Fetch:
    """The fetch of such a query."""
    text = entity_text(type_name, selection, declared)
    document = parse(text)
    assert validate(graph.schema, document) == []
    whole = normalise(document, graph.schema)
    inner = whole.selections[0].selections
    operation = type(whole)(whole.kind, whole.name, whole.root_type, whole.variables, inner)
    return Fetch(0, graph.name, (), (Requires(type_name, ()),), text, operation, (), ())


async def run(
    database: Database,
    subgraph: LocalSubgraph,
    fetch: Fetch,
    who: Principal,
    variables: Mapping[str, Any] | None = None,
    representations: Sequence[Mapping[str, Any]] = (),
) -> SubgraphResult:
    """The result of one fetch."""
    opened = reading(database, who)
    try:
        context = RequestContext(who, MOMENT, 0.0, "test", opened)
        return await subgraph.fetch(SubgraphRequest(fetch, variables or {}, tuple(representations)), context)
    finally:
        opened.close()


async def ask(database: Database, graph: Graph, text: str, who: Principal, variables: Mapping[str, Any] | None = None) -> SubgraphResult:
    """The result of a query."""
    return await run(database, LocalSubgraph(graph), root_fetch(graph, text), who, variables)


def as_json(value: Any) -> Any:
    """What a client would read: through orjson and back."""
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_UTC_Z))
