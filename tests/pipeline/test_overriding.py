"""This module is in charge of progressive overrides by request: which subgraph a field is asked of, and that plans of one set of labels are nobody else's."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import Counter
from typing import Any, Final

import pytest

from gateway.execution.context import RequestContext
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from gateway.generation import Generation
from gateway.operation.document import GraphQLRequest
from gateway.overriding import header_of, turn_of
from gateway.pipeline import Call, run
from gateway.planning.graph import PlanningGraph
from gateway.planning.labels import Labels, drawn
from gateway.planning.planner import make_plan
from gateway.sections import Planning
from gateway.settings import Limits
from tests.pipeline.gateway_of import MOMENT, TOKENS, TestGateway, http
from tests.planning.composing import supergraph_of

FIELDS: Final = {"five": "percent(5)", "half": "percent(50)", "named": "moved/here", "never": "percent(0)", "all": "percent(100)"}
SUPERGRAPH: Final = supergraph_of(
    old="type Query { " + " ".join(f"{name}: String" for name in FIELDS) + " }",
    new="type Query { " + " ".join(f'{name}: String @override(from: "old", label: "{label}")' for name, label in FIELDS.items()) + " }",
)
QUERY: Final = "{ " + " ".join(FIELDS) + " }"


class Named:
    """A subgraph that answers every field with its own name."""

    in_turn = False

    async def fetch(self, request: SubgraphRequest, _context: RequestContext) -> SubgraphResult:
        return SubgraphResult(
            data=dict.fromkeys((each.response_key for each in request.fetch.operation.selections if hasattr(each, "name")), request.fetch.subgraph)
        )


class Gateway(TestGateway):
    """A gateway over both, which counts plans."""

    def __init__(self, settings: Planning = Planning()) -> None:
        super().__init__(SUPERGRAPH)
        self._graph = PlanningGraph(SUPERGRAPH, settings.labels)
        self.generation = Generation(SUPERGRAPH, Limits(), lambda operation: make_plan(self._graph, operation))
        self.generation.turn = turn_of(self._graph, settings)
        self.ports = dataclasses.replace(self.ports, subgraphs={"old": Named(), "new": Named()})
        self.served = dataclasses.replace(self.served, generation=lambda: self.generation, ports=self.ports, forwarded=header_of(settings))

    async def moved(self, request_id: str, client: str = "reader", **headers: str) -> set[str]:
        """The fields that the new subgraph answered."""
        now = asyncio.get_running_loop().time()
        call = Call(request_id, MOMENT, now + 10, headers={name.encode(): value for name, value in headers.items()})
        principal = dataclasses.replace(TOKENS["all"], client_id=client)
        answer = await run(GraphQLRequest(QUERY, {}), principal, self.generation, self.ports, call)
        return {name for name, value in json.loads(answer.body)["data"].items() if value == "new"}


async def test_a_percentage_is_drawn_for_each_request_and_the_same_request_draws_the_same() -> None:
    gateway = Gateway()
    asked = {f"request-{number}": await gateway.moved(f"request-{number}") for number in range(400)}
    counts = Counter(name for moved in asked.values() for name in moved)
    assert counts["all"] == 400
    assert counts["never"] == counts["named"] == 0
    assert 5 <= counts["five"] <= 40
    assert 160 <= counts["half"] <= 240
    # What has moved for few has moved where it moved for many.
    assert all("half" in moved for moved in asked.values() if "five" in moved)
    assert {name: moved for name, moved in asked.items() if await gateway.moved(name) != moved} == {}
    assert {name: moved for name, moved in asked.items() if await Gateway().moved(name) != moved} == {}


async def test_a_client_may_always_find_a_field_in_the_same_place() -> None:
    gateway = Gateway(Planning(override_by="client"))
    for client in ("a", "b", "c", "d"):
        assert len({frozenset(await gateway.moved(f"request-{number}", client)) for number in range(20)}) == 1
    assert len({frozenset(await gateway.moved("request-1", f"client-{number}")) for number in range(40)}) > 1


async def test_labels_of_the_settings_hold_for_all_and_those_of_the_header_for_one_request() -> None:
    gateway = Gateway(Planning(override_labels="percent(5)", override_header="X-Labels"))
    always = {"all", "five"}
    assert [moved for number in range(20) if not always <= (moved := await gateway.moved(f"request-{number}"))] == []
    quiet = next(f"request-{number}" for number in range(99) if drawn(f"request-{number}") > 0.5)
    assert await gateway.moved(quiet) == always
    assert await gateway.moved(quiet, **{"x-labels": "moved/here, unheard of"}) == {*always, "named"}
    assert await gateway.moved(quiet, **{"x-labels": "percent(50),percent(0)"}) == {*always, "half", "never"}
    assert await gateway.moved(quiet) == always


async def test_the_header_is_read_where_the_settings_name_it() -> None:
    for settings, expected in ((Planning(override_header="X-Labels"), "new"), (Planning(), "old")):
        gateway = Gateway(settings)
        headers = [("content-type", "application/json"), ("x-labels", "moved/here")]
        answer = await http(gateway.app, "POST", headers=headers, body=json.dumps({"query": "{ named }"}).encode(), token="all")
        assert answer.json == {"data": {"named": expected}}


@pytest.mark.parametrize("label", ["percent(100)", "only/named"])
def test_where_all_requests_are_planned_alike_nobody_has_to_choose(label: str) -> None:
    same = supergraph_of(old="type Query { a: String }", new=f'type Query {{ a: String @override(from: "old", label: "{label}") }}')
    assert turn_of(PlanningGraph(same), Planning()) is None
    assert Labels(same, frozenset()).of("seed") == frozenset({label} if label.startswith("percent") else ())


async def test_sets_of_labels_are_bounded() -> None:
    many = {f"f{number}": f"label-{number}" for number in range(40)}
    wide: Any = supergraph_of(
        old="type Query { " + " ".join(f"{name}: String" for name in many) + " }",
        new="type Query { " + " ".join(f'{name}: String @override(from: "old", label: "{label}")' for name, label in many.items()) + " }",
    )
    graph = PlanningGraph(wide)
    generation = Generation(wide, Limits(), lambda operation: make_plan(graph, operation))
    turn = turn_of(graph, Planning(override_header="l"))
    assert turn is not None
    calls = [Call("r", MOMENT, 1e9, headers={b"l": label}) for label in many.values()]
    made = [turn(generation, "c", call) for call in calls]
    assert len({id(each) for each in made}) == 40
    assert turn(generation, "c", calls[-1]) is made[-1]
    assert turn(generation, "c", calls[0]) is not made[0]
    assert made[0].views is generation.views
