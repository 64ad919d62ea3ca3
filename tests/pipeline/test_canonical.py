"""This module is in charge of testing requests that differ in what means nothing: they share a plan, and each is answered under its own names."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from typing import Any

import pytest

from gateway.errors import Refused
from gateway.execution.subgraph import Redaction, SubgraphError
from gateway.generation import key_of
from gateway.operation.document import GraphQLRequest
from gateway.pipeline import Call, run
from gateway.timings import Timings
from tests.execution.operations import VARIABLES, written
from tests.operation.test_canonical import STYLE, renamed
from tests.operation.world import EVERYTHING, principal
from tests.pipeline.gateway_of import MOMENT, TOKENS, TestGateway

TOKENS.setdefault("planner", principal(EVERYTHING | {"gateway:plan"}))


@pytest.fixture
def gateway() -> TestGateway:
    return TestGateway()


async def test_another_comment_or_alias_is_planned_once_and_answered_under_its_own_name(gateway: TestGateway) -> None:
    for number in range(5):
        response = await gateway.response(f'{{ n{number}: battery(code: "x") {{ id l{number}: label }} }} # {number}', "all")
        assert response.body == b'{"data":{"n%d":{"id":"1","l%d":"text"}}}' % (number, number)
    assert gateway.planned == 1
    assert len({entry.operation for entry in gateway.recording.entries}) == 5


async def test_another_name_view_or_mode_is_another_operation(gateway: TestGateway) -> None:
    await gateway.ask("query A { x: thing(id: 1) { id } } query B { x: counted }", "all", operation_name="A")
    answer = await gateway.ask("query A { y: thing(id: 1) { id } } query B { y: counted }", "all", operation_name="B")
    assert answer == {"data": {"y": 7}}
    assert (await gateway.ask("{ one: counted }"))["errors"][0]["path"] == ["one"]
    assert await gateway.ask("{ two: counted }", "all") == {"data": {"two": 7}}
    assert (await gateway.ask("{ three: counted }", "reader-reject"))["errors"][0]["path"] == ["three"]


async def test_refusals_speak_of_the_text_that_was_sent(gateway: TestGateway) -> None:
    for alias in ("one", "another"):
        (error,) = (await gateway.ask(f"{{\n {alias}: nothing }}"))["errors"]
        assert error["locations"] == [{"line": 2, "column": 2}]
        (error,) = (await gateway.ask(f"{{ {alias}: counted {alias}: health {{ score }} }}"))["errors"]
        assert alias in error["message"]
        (error,) = (await gateway.ask(f"{{ {alias}: battery(code: 1, tuned: 2) {{ id }} }}"))["errors"]
        assert (error["path"], error["extensions"]["code"]) == ([alias], "UNAUTHORIZED_INPUT")


async def test_two_who_wait_for_the_same_are_each_refused_for_their_own(gateway: TestGateway) -> None:
    asked = (gateway.ask(f"{{ {alias}: battery(code: 1, tuned: 2) {{ id }} }}") for alias in ("one", "two", "three"))
    assert [answer["errors"][0]["path"] for answer in await asyncio.gather(*asked)] == [["one"], ["two"], ["three"]]


async def test_errors_and_redactions_have_the_clients_names(gateway: TestGateway) -> None:
    gateway.subgraph.override = {"name": None}
    for alias in ("x", "y"):
        answer = await gateway.ask(f"{{ {alias}: batteries {{ {alias}{alias}: id m: maker {{ n{alias}: name }} }} }}")
        assert answer["data"] is None
        assert answer["errors"][0]["path"] == [alias, 0, "m", f"n{alias}"]
    gateway.subgraph.override = {}
    gateway.subgraph.errors = (SubgraphError("failed", "SUBGRAPH_ERROR", ("_0", 0, "_1")),)
    gateway.subgraph.redactions = (Redaction(("_0", "_1"), "row", "policy"),)
    for alias in ("v", "w"):
        answer = await gateway.ask(f"{{ {alias}: batteries {{ b{alias}: label }} }}")
        assert answer["errors"][0]["path"] == [alias, 0, f"b{alias}"]
        assert answer["extensions"]["redactions"] == [{"path": [alias, f"b{alias}"], "reason": "row", "policyId": "policy"}]


async def test_introspection_has_the_clients_names(gateway: TestGateway) -> None:
    for alias in ("a", "b"):
        answer = await gateway.ask(f'{{ t{alias}: __type(name: "Thing") {{ n{alias}: name fields {{ {alias}: name }} }} z{alias}: thing(id: 1) {{ id }} }}')
        assert list(answer["data"]) == [f"t{alias}", f"z{alias}"]
        assert answer["data"][f"t{alias}"] == {f"n{alias}": "Thing", "fields": [{alias: "id"}, {alias: "label"}]}


async def test_a_plan_is_told_as_it_was_written(gateway: TestGateway) -> None:
    text = "{ mine: battery(code: 1) { id } }"
    await gateway.ask("{ yours: battery(code: 1) { id } }", "planner")
    request = GraphQLRequest(text, {}, extensions={"cellgate": {"include": ["plan"]}})
    call = Call("request-1", MOMENT, asyncio.get_running_loop().time() + 10)
    answer = json.loads((await run(request, TOKENS["planner"], gateway.generation, gateway.ports, call)).body)
    assert answer["data"] == {"mine": {"id": "1"}}
    assert "mine: battery" in answer["extensions"]["plan"]
    assert "_0" not in answer["extensions"]["plan"]


async def test_a_text_that_comes_often_gets_a_plan_of_its_own(gateway: TestGateway) -> None:
    text = "{ mine: battery(code: 1) { id } }"
    answers = [await gateway.response(text, "all") for _ in range(100)]
    assert {each.body for each in answers} == {b'{"data":{"mine":{"id":"1"}}}'}
    assert gateway.planned == 2
    assert gateway.subgraph.asked[0].fetch.document == "query{_0: battery(code: 1){id}}"
    assert gateway.subgraph.asked[-1].fetch.document == "query{mine: battery(code: 1){id}}"


async def test_random_operations_are_answered_as_they_would_be_as_written() -> None:
    gateway, plain = TestGateway(), TestGateway()
    variables: dict[str, Any] = {"a": True, "b": False, "n": 2, "code": "b1", "text": "t"}
    for number in range(150):
        chance = random.Random(f"canonical:{number}")
        text = written(gateway.supergraph.api_schema, "query", 4, chance, STYLE)
        given = {name: value for name, value in variables.items() if name in VARIABLES and f"${name}:" in text}
        lost: dict[str, Any] = {chance.choice(("name", "id", "label")): None} if number % 3 == 0 else {}
        gateway.subgraph.override = plain.subgraph.override = lost
        token = chance.choice(("reader", "all", "reader-reject", "all-hide"))
        # What comes first makes the plan; what comes second finds it.
        await gateway.ask(renamed(text, chance), token, given)
        other = renamed(text, chance)
        key = key_of(GraphQLRequest(other, {}), plain.generation.views.of(TOKENS[token]), TOKENS[token].view_mode)
        with contextlib.suppress(Refused):
            await plain.generation.prepare_as_written(key, Timings())
        found, right = await gateway.ask(other, token, given), await plain.ask(other, token, given)
        assert json.dumps(found) == json.dumps(right), other
