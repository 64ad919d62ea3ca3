"""Tests of what the comparison of federation gateways is made of: its subgraphs, its requests, and the program written by hand."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from benchmarks.federation import __main__ as federation
from benchmarks.federation import stages as federation_stages
from benchmarks.federation.ceiling_plans import Send, heavy, small
from benchmarks.federation.subgraphs import Subgraphs
from benchmarks.read import stages as read_stages


def _body(response: bytes) -> bytes:
    return response.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("plan", [heavy, small], ids=["heavy", "small"])
async def test_written_by_hand_is_right(plan: Callable[[Send], object]) -> None:
    subgraphs = Subgraphs()

    async def answered(subgraph: str, body: bytes) -> bytes:
        return _body(subgraphs.answer("/" + subgraph, body))

    request = orjson.dumps({"query": (federation.HERE / f"{plan.__name__}.graphql").read_text()})
    assert await plan(lambda subgraph, body: answered(subgraph, body)) == _body(subgraphs.answer("/monolith", request))


@pytest.mark.parametrize("trial", federation.TRIALS, ids=lambda trial: trial.name)
def test_every_request_is_one_the_schema_takes(trial: federation.Trial) -> None:
    body = federation.body_of(trial)
    assert (b"@@" in body) is bool(trial.told_apart_by)
    answer = orjson.loads(_body(Subgraphs().answer("/monolith", body.replace(b"@@", b"7"))))
    assert answer.keys() == {"data"}


def test_shipping_is_computed_from_what_the_gateway_sends() -> None:
    query = "query($r:[_Any!]!){_entities(representations:$r){...on Product{shippingEstimate}}}"
    sent = [{"__typename": "Product", "upc": "1", "price": 899, "weight": 100}, {"__typename": "Product", "upc": "1"}]
    body = orjson.dumps({"query": query, "variables": {"r": sent}})
    found = orjson.loads(_body(Subgraphs().answer("/inventory", body)))
    assert found["data"]["_entities"] == [{"shippingEstimate": 50}, {"shippingEstimate": None}]


@pytest.mark.parametrize("stages", [read_stages.STAGES, federation_stages.STAGES], ids=["read", "federation"])
def test_every_stage_is_somewhere(stages: dict[str, tuple[tuple[object, str], ...]]) -> None:
    assert [(owner, name) for places in stages.values() for owner, name in places if not callable(getattr(owner, name, None))] == []
