"""This module is in charge of testing the rows of a foreign subgraph on vehicles and enterprises: the relations that open ours open them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from auth.principal import Principal
from gateway.composition.supergraph import SubgraphSource
from gateway.execution.context import RequestContext
from gateway.execution.local import LocalSubgraph
from gateway.execution.remote_rows import GuardedSubgraph
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from gateway.foreign import guarded
from gateway.generation import DATED, Generation
from gateway.operation.document import GraphQLRequest
from gateway.pipeline import Call, Ports, run
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from gateway.rations import MissRation
from gateway.reloading import composed
from gateway.settings import Limits
from resolvers.database.pool import Database
from schema.graph import Graph
from tests.door.principals import MOMENT, principal, reading
from tests.graph import world
from tests.graph.asking import AUTOMAKER, EVERYBODY, MAKER, MINISTRY, PUBLIC
from tests.pipeline.gateway_of import Recording

THEIRS = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@external", "@requires", "@requiresScopes", "@composeDirective"])
  @link(url: "https://cellgate.dev/category/v1.0", import: ["@category"])
  @composeDirective(name: "@category")
directive @category(names: [String!]!) on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
scalar Vin
scalar CreditCode
type Vehicle @key(fields: "id") {
  id: ID!
  vin: Vin @external
  odometer: Int @requires(fields: "vin") @category(names: ["D"]) @requiresScopes(scopes: [["vehicle:binding"]])
  bulletins: [Bulletin] @category(names: ["A"])
}
type Bulletin { title: String @category(names: ["A"])  place: String @category(names: ["D"])  silent: String }
type Enterprise @key(fields: "uscc") { uscc: CreditCode!  rating: Rating @category(names: ["L"]) }
type Rating { grade: String @category(names: ["L"])  by: Enterprise @category(names: ["L"]) }
"""
VEHICLES = "{ vehicles { nodes { id vin scrapped soldOn odometer bulletins { title place silent } } } }"
ENTERPRISES = "{ enterprises { nodes { uscc rating { grade by { uscc name } } } } }"


class Fake:
    """Knows something of everything, and remembers what it was asked about."""

    in_turn = False

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []

    async def fetch(self, request: SubgraphRequest, _context: RequestContext) -> SubgraphResult:
        self.asked += request.representations
        values = {
            "odometer": 7,
            "bulletins": [{"title": "t", "place": "p", "silent": "s"}],
            "rating": {"grade": "AA", "by": {"__typename": "Enterprise", "uscc": world.MAKER}},
        }
        return SubgraphResult(entities=tuple({"__typename": each["__typename"], **values} for each in request.representations))


class Gateway:
    """The three subgraphs in process, and another's."""

    def __init__(self, database: Database, graphs: Mapping[str, Graph], generation: Generation) -> None:
        self.fake = Fake()
        self.generation = generation
        subgraphs = {**{name: LocalSubgraph(graph) for name, graph in graphs.items()}, "theirs": GuardedSubgraph(self.fake, lambda: generation.supergraph)}
        sink = Recording()
        self.ports = Ports(subgraphs, lambda who, _moment: reading(database, who), sink, sink.observe, MissRation(0))

    async def ask(self, text: str, who: Principal) -> Any:
        call = Call("request-1", MOMENT, asyncio.get_running_loop().time() + 5)
        return json.loads((await run(GraphQLRequest(text, {}), who, self.generation, self.ports, call)).body)


@pytest.fixture(scope="module")
def generation(graphs: Mapping[str, Graph]) -> Generation:
    own = [SubgraphSource(name, "in-process", graph.sdl) for name, graph in graphs.items()]
    supergraph = guarded(composed((*own, SubgraphSource("theirs", "http://127.0.0.1:1", THEIRS))), graphs.keys())
    planning = PlanningGraph(supergraph, dated=DATED)
    return Generation(supergraph, Limits(), lambda operation: make_plan(planning, operation))


@pytest.fixture
def gateway(small_world: Database, graphs: Mapping[str, Graph], generation: Generation) -> Gateway:
    return Gateway(small_world, graphs, generation)


def policies(answer: Any, *path: str) -> set[str]:
    return {each["policyId"] for each in answer.get("extensions", {}).get("redactions", ()) if tuple(each["path"]) == path}


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: "".join(who.roles))
async def test_a_vehicles_fields_are_open_where_ours_of_their_category_are(gateway: Gateway, who: Principal) -> None:
    """The oracle is a column of ours: scrapped is of category A, vin of D."""
    answer = await gateway.ask(VEHICLES, who)
    assert not answer.get("errors") or who is PUBLIC or {each["extensions"]["code"] for each in answer["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}
    nodes = (answer["data"]["vehicles"] or {"nodes": []})["nodes"]
    outside = {tuple(each["path"]) for each in answer.get("errors", ())}
    assert (("vehicles", "nodes", "odometer") in outside) == (("vehicles", "nodes", "vin") in outside)
    assert policies(answer, "vehicles", "nodes", "odometer") == policies(answer, "vehicles", "nodes", "vin")
    for node in nodes:
        in_full = node["vin"] in world.VINS
        assert node["odometer"] == (7 if in_full else None)
        assert node["bulletins"] == [{"title": "t", "place": "p" if in_full else None, "silent": None}]
    # What they are told of a vehicle is its number where the caller may read it, and never what no category opens.
    assert {each["vin"] for each in gateway.fake.asked if each.get("vin")} == {node["vin"] for node in nodes if node["odometer"]}
    assert len({each["id"] for each in gateway.fake.asked}) == len(nodes)


async def test_whoever_sees_every_vehicle_sees_theirs(gateway: Gateway) -> None:
    nodes = (await gateway.ask(VEHICLES, MINISTRY))["data"]["vehicles"]["nodes"]
    assert [node["odometer"] for node in nodes] == [7] * len(world.VINS)


async def test_a_maker_is_shown_what_is_of_identity_alone(gateway: Gateway) -> None:
    answer = await gateway.ask("{ vehicles { nodes { odometer bulletins { title place } } } }", MAKER)
    nodes = answer["data"]["vehicles"]["nodes"]
    assert nodes
    assert all(node == {"odometer": None, "bulletins": [{"title": "t", "place": None}]} for node in nodes)
    assert policies(answer, "vehicles", "nodes", "odometer") == {"D:maker"}
    assert policies(answer, "vehicles", "nodes", "bulletins", "place") == {"D:maker"}
    # A number that the caller may not read goes to nobody on his behalf.
    assert gateway.fake.asked
    assert all(each.get("vin") not in world.VINS for each in gateway.fake.asked)


async def test_of_a_vehicle_that_is_anothers_nobody_is_asked(gateway: Gateway) -> None:
    (theirs, *_) = (await gateway.ask("{ vehicles { nodes { id } } }", AUTOMAKER))["data"]["vehicles"]["nodes"]
    rival = principal(world.RIVAL, "OEM")
    assert (await gateway.ask(f'{{ vehicle(id: "{theirs["id"]}") {{ odometer }} }}', rival))["data"] == {"vehicle": None}
    assert (await gateway.ask(f'{{ vehicle(vin: "{world.VINS[0]}") {{ odometer }} }}', rival))["data"] == {"vehicle": None}
    assert gateway.fake.asked == []


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: "".join(who.roles))
async def test_an_enterprises_fields_are_open_where_the_registry_is(gateway: Gateway, who: Principal) -> None:
    answer = await gateway.ask(ENTERPRISES, who)
    nodes = answer["data"]["enterprises"]["nodes"]
    assert len(nodes) == 5
    if who is PUBLIC:
        # The public sees a summary of the registry, and no field of L in full.
        assert {node["rating"] for node in nodes} == {None}
        assert policies(answer, "enterprises", "nodes", "rating") == {"L:all"}
        assert gateway.fake.asked == []
        return
    assert [node["rating"] for node in nodes] == [{"grade": "AA", "by": {"uscc": world.MAKER, "name": "甲电池"}}] * 5
    assert sorted(each["uscc"] for each in gateway.fake.asked) == sorted(node["uscc"] for node in nodes)
    assert "extensions" not in answer
