"""This module is in charge of the automaker's subgraph in examples/telemetry: its rows are shown by the same relations that open ours."""

from __future__ import annotations

import asyncio
import json
import runpy
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from auth.principal import Principal
from auth.settings import JWKS_PATH
from gateway.composition.supergraph import SubgraphSource
from gateway.execution.local import LocalSubgraph
from gateway.execution.remote import HttpSubgraph
from gateway.execution.remote_pool import pool_of
from gateway.execution.remote_rows import GuardedSubgraph
from gateway.foreign import guarded
from gateway.generation import DATED, Generation
from gateway.operation.document import GraphQLRequest
from gateway.pipeline import Call, Ports, run
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from gateway.rations import MissRation
from gateway.reloading import composed
from gateway.settings import Limits, Subgraph
from resolvers.database.pool import Database
from schema.graph import Graph
from tests.door.principals import MOMENT, principal, reading
from tests.graph import world
from tests.graph.asking import AUTOMAKER, EVERYBODY, MINISTRY, PUBLIC
from tests.pipeline.gateway_of import Recording

EXAMPLE = Path(__file__).parents[2] / "examples" / "telemetry"
LIST = "{ batteries { nodes { code stateOfHealth telemetry { stateOfCharge temperature measuredAt } } } }"
FIELDS = ("stateOfCharge", "temperature", "measuredAt")


class Example:
    """The example's service, served; it remembers which codes it was asked about."""

    def __init__(self) -> None:
        self.module: dict[str, Any] = runpy.run_path(str(EXAMPLE / "server.py"))
        self.asked: list[str] = []
        self.tokens: list[str] = []
        self.url = ""
        inner = self.module["battery"]

        def battery(code: str) -> Any:
            self.asked.append(code)
            return inner(code)

        self.module["Root"]._entities.__globals__["battery"] = battery

    async def verify(self, token: str) -> bool:
        self.tokens.append(token)
        return token == "minted"

    def telemetry(self, code: str) -> Any:
        return self.module["battery"](code)["telemetry"]


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[Example]:
    made = Example()
    listener = socket.create_server(("127.0.0.1", 0))
    made.url = f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
    server = uvicorn.Server(uvicorn.Config(made.module["application"](made.verify), lifespan="off", log_config=None, loop="none"))
    serving = asyncio.create_task(server._serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield made
    server.should_exit = True
    await serving


@pytest.fixture
def example(served: Example) -> Example:
    """It was asked nothing yet."""
    served.asked.clear()
    served.tokens.clear()
    return served


@pytest.fixture(scope="module")
def generation(graphs: Mapping[str, Graph], served: Example) -> Generation:
    own = [SubgraphSource(name, "in-process", graph.sdl) for name, graph in graphs.items()]
    supergraph = guarded(composed((*own, SubgraphSource("telemetry", served.url, (EXAMPLE / "schema.graphql").read_text()))), graphs.keys())
    planning = PlanningGraph(supergraph, dated=DATED)
    return Generation(supergraph, Limits(), lambda operation: make_plan(planning, operation))


@dataclass(frozen=True, slots=True)
class Behind:
    """What every gateway of these tests stands before."""

    database: Database
    graphs: Mapping[str, Graph]
    example: Example
    generation: Generation


@pytest.fixture
def behind(small_world: Database, graphs: Mapping[str, Graph], example: Example, generation: Generation) -> Behind:
    return Behind(small_world, graphs, example, generation)


class Gateway:
    """The three subgraphs in process, and the automaker's behind its URL."""

    def __init__(self, behind: Behind, client: Any, token: str = "minted") -> None:
        self.generation = behind.generation
        url, supergraph = behind.example.url, behind.generation.supergraph
        theirs = HttpSubgraph("telemetry", url, client, lambda _context, _name: token, 2.0, 1_000_000, Subgraph(url=url))
        subgraphs = {**{name: LocalSubgraph(graph) for name, graph in behind.graphs.items()}, "telemetry": GuardedSubgraph(theirs, lambda: supergraph)}
        sink = Recording()
        self.ports = Ports(subgraphs, lambda who, _moment: reading(behind.database, who), sink, sink.observe, MissRation(0))

    async def ask(self, text: str, who: Principal) -> Any:
        call = Call("request-1", MOMENT, asyncio.get_running_loop().time() + 5)
        return json.loads((await run(GraphQLRequest(text, {}), who, self.generation, self.ports, call)).body)


@pytest.fixture
async def gateway(behind: Behind) -> AsyncIterator[Gateway]:
    async with pool_of(Subgraph(url=behind.example.url)) as client:
        yield Gateway(behind, client)


def policies(answer: Any, *path: str) -> set[str]:
    return {each["policyId"] for each in answer.get("extensions", {}).get("redactions", ()) if each["path"] == ["batteries", "nodes", *path]}


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: "".join(who.roles))
async def test_it_is_open_where_condition_is_open(gateway: Gateway, example: Example, who: Principal) -> None:
    """The oracle is a column of ours of the same category: open and closed on the same rows, for the same reasons."""
    answer = await gateway.ask(LIST, who)
    closed_view = {tuple(each["path"]) for each in answer.get("errors", ())}
    asked = list(example.asked)
    nodes = (answer["data"]["batteries"] or {"nodes": []})["nodes"]
    if closed_view:
        # Without the scope of condition, both are outside the view.
        assert all(node["telemetry"] is None for node in nodes)
        assert asked == []
        return
    assert policies(answer, "telemetry") == policies(answer, "stateOfHealth")
    ours = await gateway.ask("{ batteries { nodes { code stateOfHealth conditionAt } } }", who)
    assert [node["code"] for node in nodes] == [node["code"] for node in ours["data"]["batteries"]["nodes"]]
    shown = [node["code"] for node in nodes if node["code"] in asked]
    for node in nodes:
        expected = example.telemetry(node["code"]) if node["code"] in shown else None
        assert node["telemetry"] == (None if expected is None else {key: expected[key] for key in FIELDS} | {"measuredAt": node["telemetry"]["measuredAt"]})
    # Whoever is shown our column is asked for theirs; where our column has a value, theirs was asked for.
    assert {node["code"] for node in nodes if node["stateOfHealth"] is not None} <= set(shown)
    if not policies(answer, "stateOfHealth"):
        assert shown == [node["code"] for node in nodes]


async def test_the_automakers_packs_are_asked_about_and_no_others(gateway: Gateway, example: Example) -> None:
    theirs = [world.CODES[n] for n in world.VEHICLE_OF]
    codes = json.dumps([*world.CODES, world.UNKNOWN])
    answer = await gateway.ask(f"{{ batteriesByCode(codes: {codes}) {{ code telemetry {{ temperature }} }} }}", AUTOMAKER)
    assert sorted(set(example.asked)) == sorted(theirs)
    others = [each for each in answer["data"]["batteriesByCode"] if each and each["code"] not in theirs]
    assert len(others) == 4
    assert all(each["telemetry"] is None for each in others)


async def test_who_only_knows_a_code_is_told_nothing(gateway: Gateway, example: Example) -> None:
    text = f'{{ battery(code: "{world.CODES[0]}") {{ code telemetry {{ temperature }} }} }}'
    assert (await gateway.ask(text, PUBLIC))["data"] == {"battery": {"code": world.CODES[0], "telemetry": None}}
    rival = principal(world.RIVAL, "OEM")
    assert await gateway.ask(text, rival) == {"data": {"battery": {"code": world.CODES[0], "telemetry": None}}}
    assert example.asked == []


async def test_of_a_past_moment_nobody_else_is_asked(behind: Behind, example: Example) -> None:
    whole = f'{{ battery(code: "{world.CODES[0]}", asOf: "2026-05-14T00:00:00Z") {{ asOf told: telemetry {{ temperature }} }} }}'
    async with pool_of(Subgraph(url=example.url)) as client:
        gateway = Gateway(behind, client)
        answer = await gateway.ask(whole, AUTOMAKER)
        assert answer["data"] == {"battery": {"asOf": "2026-05-14T00:00:00Z", "told": None}}
        ((code, path),) = [(each["extensions"]["code"], each["path"]) for each in answer["errors"]]
        assert (code, path) == ("AS_OF_UNSUPPORTED", ["battery", "told"])
        assert example.asked == []
        # With a moment that is none it is the present, and their part of it is as ever.
        text = f'query ($t: DateTime) {{ battery(code: "{world.CODES[0]}", asOf: $t) {{ asOf telemetry {{ temperature }} }} }}'
        assert await gateway.ask(text, MINISTRY) == await gateway.ask(text.replace(", asOf: $t", "").replace("query ($t: DateTime)", "query"), MINISTRY)
        assert example.asked == [world.CODES[0]] * 2


async def test_a_token_that_is_not_the_gateways_gets_nothing(behind: Behind, example: Example) -> None:
    async with pool_of(Subgraph(url=example.url)) as client:
        answer = await Gateway(behind, client, token="stolen").ask(LIST, AUTOMAKER)
    assert {each["extensions"]["code"] for each in answer["errors"]} == {"SUBGRAPH_STATUS"}
    assert {tuple(each["path"]) for each in answer["errors"]} == {
        ("batteries", "nodes", n, "telemetry") for n in range(len(answer["data"]["batteries"]["nodes"]))
    }
    assert all(each["stateOfHealth"] is None or each["stateOfHealth"] > 0 for each in answer["data"]["batteries"]["nodes"])


async def test_nothing_is_shown_without_the_database(gateway: Gateway, example: Example) -> None:
    """A door that is not there opens nothing."""
    gateway.ports = replace(gateway.ports, open_reading=lambda _who, _moment: None)
    answer = await gateway.ask(LIST, AUTOMAKER)
    assert answer["data"] == {"batteries": None}
    assert example.asked == []


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({}, True),
        ({"aud": "urn:cellgate:subgraph:vehicle"}, False),
        ({"iss": "https://somebody.example"}, False),
        ({"exp": 1}, False),
        ({"exp": None}, False),
    ],
)
async def test_the_example_takes_the_gateways_tokens_alone(example: Example, claims: dict[str, Any], good: bool) -> None:
    key, other = ECKey.generate_key("P-256", {"kid": "one"}), ECKey.generate_key("P-256", {"kid": "one"})
    app = web.Application()
    published = KeySet([key]).as_dict()

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(published)

    app.router.add_get(JWKS_PATH, answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
    told = {"iss": issuer, "aud": "urn:cellgate:subgraph:telemetry", "exp": 4_000_000_000, **claims}
    told = {name: value for name, value in told.items() if value is not None}
    keys = example.module["GatewayKeys"](issuer)
    assert await keys.verify(jwt.encode({"alg": "ES256", "kid": "one"}, told, key)) is good
    assert not await keys.verify(jwt.encode({"alg": "ES256", "kid": "one"}, told, other))
    assert not await keys.verify("x")
    await runner.cleanup()
