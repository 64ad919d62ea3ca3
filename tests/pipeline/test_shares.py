"""This module is in charge of testing the program's own graphs behind the pipeline: what fails, or is closed, takes nothing else with it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from auth.entitlements import PURPOSES, load_matrix, scopes_for
from auth.principal import Principal
from gateway.composition.compose import compose
from gateway.composition.supergraph import SubgraphSource, Supergraph
from gateway.operation.views import Views
from schema.graph import load_graphs
from tests.operation.world import principal
from tests.pipeline.gateway_of import TOKENS, Answering, TestGateway

MATRIX = load_matrix()
ROLES = sorted({each.role for each in MATRIX})
USCC = "91350900587527783P"


@cache
def graph() -> Supergraph:
    made = compose([SubgraphSource(name, "in-process", each.sdl) for name, each in load_graphs().items()])
    assert isinstance(made, Supergraph), made
    return made


def gateway(failing: str) -> TestGateway:
    """Everything answers but one subgraph."""
    made = TestGateway(graph())
    broken = Answering(made.supergraph.schema)
    broken.failure = ConnectionError()
    made.ports.subgraphs[failing] = broken  # type: ignore[index]
    return made


def told(answer: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(each["extensions"]["code"], each["path"]) for each in answer["errors"]]


@pytest.mark.parametrize(
    ("failing", "text"),
    [
        ("vehicle", "vehicles(first: 2) { totalCount }"),
        ("battery", "batteries(first: 2) { totalCount }"),
        ("battery", 'batteriesByCode(codes: ["x"]) { cellCount }'),
    ],
)
async def test_a_subgraph_that_fails_takes_nothing_else_with_it(failing: str, text: str) -> None:
    answer = await gateway(failing).ask(f'{{ it: {text} enterprise(uscc: "{USCC}") {{ name }} }}')
    assert answer["data"] == {"it": None, "enterprise": {"name": "text"}}
    assert [path for _, path in told(answer)] == [["it"]]


async def test_nor_does_the_registry() -> None:
    answer = await gateway("enterprise").ask("{ enterprises { totalCount } vehicles { totalCount } }")
    assert answer["data"] == {"enterprises": None, "vehicles": {"totalCount": 7}}
    assert [path for _, path in told(answer)] == [["enterprises"]]


async def test_a_closed_field_with_an_argument_is_only_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TOKENS, "registry", principal(frozenset({"enterprise:read"})))
    one = TestGateway(graph())
    answer = await one.ask(f'{{ enterprise(uscc: "{USCC}") {{ name }} battery(code: "x") {{ code }} }}', "registry")
    assert answer["data"] == {"enterprise": {"name": "text"}, "battery": None}
    assert told(answer) == [("UNAUTHORIZED_FIELD_OR_TYPE", ["battery"])]
    assert "battery" not in "".join(one.asked)


def party(role: str, purpose: str) -> Principal:
    return replace(principal(scopes_for([role], MATRIX), purpose=purpose), roles=frozenset({role}))


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
@pytest.mark.parametrize("role", ROLES)
async def test_one_operation_can_be_sent_by_everybody(role: str, purpose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look-ups by every kind of code, in literals and in variables: a party gets its share, and is told of the rest."""
    monkeypatch.setitem(TOKENS, "party", party(role, purpose))
    text = """query ($vin: Vin, $province: RegionCode!, $types: [EventType!]) {
      a: vehicle(vin: "x") { modelName } b: vehicle(vin: $vin) { modelName }
      battery(code: "x") { cellCount events(types: $types, first: 1) { totalCount } takeBackOutlets(province: $province) { name } }
      enterprise(uscc: "x") { name outlets(province: $province) { name } }
    }"""
    answer = await TestGateway(graph()).ask(text, "party", {"vin": "x", "province": "350000", "types": ["SOLD"]})
    closed = Views(graph()).of(TOKENS["party"]).closed
    shut = [key for key, name in (("a", "vehicle"), ("b", "vehicle")) if f"Query.{name}" in closed]
    assert {key for key, value in answer["data"].items() if value is None} == set(shut)
    assert told(answer) == [("UNAUTHORIZED_FIELD_OR_TYPE", [key]) for key in shut] if shut else "errors" not in answer


def test_there_are_eleven_parties_and_some_cannot_bind() -> None:
    assert len(ROLES) == 11
    without = [role for role in ROLES if "Query.vehicle" in Views(graph()).of(party(role, "compliance")).closed]
    assert without == ["PB", "SA"]
    # And nobody is left with a field that is open while what it is asked by is not.
    for role in ROLES:
        for purpose in PURPOSES:
            closed = Views(graph()).of(party(role, purpose)).closed
            assert ("Query.vehicle" in closed) == ("Query.vehicle(vin:)" in closed)
