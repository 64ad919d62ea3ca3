"""Two gateways over one ledger: one with the subgraphs in its process, and one that asks servers of them, object by object; both give one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import orjson

from auth.principal import Principal
from gateway.composition.compose import SubgraphSource, compose
from gateway.composition.supergraph import Supergraph
from gateway.execution.context import RequestContext
from gateway.execution.local import LocalSubgraph
from gateway.execution.subgraph import Redaction, SubgraphError, SubgraphRequest, SubgraphResult
from gateway.generation import DATED, Generation
from gateway.operation.document import GraphQLRequest
from gateway.pipeline import Call, Ports, run
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from gateway.rations import MissRation
from gateway.settings import Limits
from gateway.subgraph_server import Ports as ServerPorts
from gateway.subgraph_server import SubgraphServer
from resolvers.database.pool import Database
from schema.graph import Graph, load_graphs
from tests.door.principals import reading
from tests.recording.world import NOW


class _Audit:
    def record(self, _entry: object) -> None:
        """The trail is tested elsewhere."""


class Served:
    """A subgraph that is a server: JSON there and back."""

    in_turn = False

    def __init__(self, graph: Graph, database: Database) -> None:
        async def verify(_token: str, _moment: Any) -> Any:
            raise AssertionError("not asked here")

        self.server = SubgraphServer(graph, ServerPorts(verify, lambda who, moment: reading(database, who, moment), lambda: NOW, lambda moment: moment))

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        variables = {**request.variables, **({"representations": list(request.representations)} if request.fetch.is_entity else {})}
        sent = orjson.loads(orjson.dumps(variables, option=orjson.OPT_UTC_Z))
        answer = await self.server.answer(GraphQLRequest(request.fetch.document, sent, None, None), context.principal, context.moment)
        got = orjson.loads(orjson.dumps(answer, option=orjson.OPT_UTC_Z))
        below = 1 if request.fetch.is_entity else 0
        errors = tuple(SubgraphError(each["message"], each["extensions"]["code"], tuple(each["path"][below:])) for each in got.get("errors", ()))
        told = got.get("extensions", {}).get("redactions", ())
        redactions = tuple(Redaction(tuple(each["path"][below:]), each["reason"], each["policyId"]) for each in told)
        data = got["data"]
        if request.fetch.is_entity:
            return SubgraphResult(None, tuple(data["_entities"]) if data else (), errors, redactions)
        return SubgraphResult(data, (), errors, redactions)


@cache
def supergraph() -> Supergraph:
    composed = compose([SubgraphSource(name, "in-process", graph.sdl) for name, graph in graphs("here").items()])
    assert isinstance(composed, Supergraph), composed
    return composed


@cache
def generation() -> Generation:
    planning = PlanningGraph(supergraph(), dated=DATED)
    limits = Limits(exact_code_misses_per_minute=0)
    return Generation(supergraph(), limits, lambda operation: make_plan(planning, operation))


@cache
def graphs(_which: str) -> Mapping[str, Graph]:
    """Those of one gateway alone: a server puts resolvers into its own."""
    return load_graphs()


async def asked(
    database: Database,
    who: Principal,
    text: str,
    variables: Mapping[str, Any] | None = None,
    moment: datetime = NOW,
    *,
    misses: MissRation | None = None,
    both: bool = True,
) -> dict[str, Any]:
    """The answer of both gateways, which is one; or of the one alone that is all in this process."""
    ration = misses or MissRation(0)
    here = await _one({name: LocalSubgraph(graph) for name, graph in graphs("here").items()}, database, who, text, variables or {}, moment, ration)
    if both:
        there = await _one({name: Served(graph, database) for name, graph in graphs("there").items()}, database, who, text, variables or {}, moment, ration)
        assert there == here
    return here


async def _one(
    subgraphs: Any, database: Database, who: Principal, text: str, variables: Mapping[str, Any], moment: datetime, misses: MissRation
) -> dict[str, Any]:
    ports = Ports(subgraphs, lambda principal, at: reading(database, principal, at), _Audit(), lambda *_: None, misses)
    call = Call("test", moment, asyncio.get_running_loop().time() + 60)
    response = await run(GraphQLRequest(text, dict(variables), None, None), who, generation(), ports, call)
    told: dict[str, Any] = orjson.loads(response.body)
    return told


def codes(answer: Mapping[str, Any]) -> list[tuple[str, tuple[Any, ...]]]:
    """Code and path of each error."""
    return sorted((each["extensions"]["code"], tuple(each.get("path", ()))) for each in answer.get("errors", ()))
