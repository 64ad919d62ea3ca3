"""This module is in charge of values from contexts (`@fromContext`): who is asked with which, in how many calls, and what becomes of what has none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from gateway.execution.batching import BatchingSubgraph
from gateway.execution.context import RequestContext
from gateway.execution.project import Projected
from gateway.execution.remote_together import body_of, parted
from gateway.execution.subgraph import SubgraphError, SubgraphRequest, SubgraphResult
from tests.execution.answering import answer
from tests.planning.composing import supergraph_of

FLEETS: Final = """
type Query { fleets: [Fleet!]! }
type Fleet @key(fields: "id") @context(name: "money") { id: ID! currency: String @external packs: [Pack] }
type Pack @key(fields: "id") { id: ID! inner: Cell price(in: String @fromContext(field: "$money { currency }")): String }
type Cell @key(fields: "id") { id: ID! cost(in: String @fromContext(field: "$money { currency }")): String }
"""
RATES: Final = 'type Fleet @key(fields: "id") { id: ID! currency: String }\ntype Pack @key(fields: "id") { id: ID! hull: Hull }\ntype Hull { cell: Cell }\n' + (
    'type Cell @key(fields: "id") { id: ID! }'
)
SUPERGRAPH: Final = supergraph_of(fleets=FLEETS, rates=RATES)


@dataclass(slots=True)
class Fleets:
    """A server that has these packs in each fleet, and gives prices in the currency it is told. `calls` are the bodies it was sent."""

    packs: Mapping[str, Sequence[str]]
    calls: list[dict[str, Any]] = field(default_factory=list)

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        (result,) = await self.fetch_together((request,), context)
        return result

    async def fetch_together(self, requests: Sequence[SubgraphRequest], _context: RequestContext) -> Sequence[SubgraphResult]:
        body = json.loads(body_of(requests))
        self.calls.append(body)
        if not requests[0].fetch.is_entity:
            return [SubgraphResult(data={"fleets": [{"id": name, "packs": [{"id": pack} for pack in packs]} for name, packs in self.packs.items()]})]
        names = ["_entities"] if len(requests) == 1 else [f"_e{number}" for number in range(len(requests))]
        data = {"data": {name: self._priced(body["variables"], each) for name, each in zip(names, requests)}}
        return [SubgraphResult(entities=tuple(part["data"]["_entities"])) for part in parted(data, len(requests))]

    @staticmethod
    def _priced(variables: Mapping[str, Any], request: SubgraphRequest) -> list[Any]:
        (taken,) = request.fetch.contexts
        wanted = "cost" if "cost" in request.fetch.document else "price"
        return [{wanted: f"{each['id']} in {variables[taken.name]}"} for each in request.representations]


@dataclass(slots=True)
class Rates:
    """A server that knows currencies, and one hull for all packs."""

    in_turn = False

    currencies: Mapping[str, str | None]
    errors: tuple[SubgraphError, ...] = ()

    async def fetch(self, request: SubgraphRequest, _context: RequestContext) -> SubgraphResult:
        if self.errors:
            return SubgraphResult(errors=self.errors)
        entities = (
            {"currency": self.currencies[each["id"]]} if each["__typename"] == "Fleet" else {"hull": {"cell": {"id": "c"}}} for each in request.representations
        )
        return SubgraphResult(entities=tuple(entities))


async def ask(text: str, fleets: Fleets, rates: Rates) -> Projected:
    return await answer(SUPERGRAPH, {"fleets": BatchingSubgraph(fleets), "rates": rates}, text)


async def test_each_entity_is_asked_about_once_with_each_value_all_in_one_call() -> None:
    fleets = Fleets({"f1": ["a", "b", "a"], "f2": ["a"], "f3": ["b"], "f4": ["a"]})
    told = await ask("{ fleets { packs { price } } }", fleets, Rates({"f1": "CNY", "f2": "EUR", "f3": "CNY", "f4": None}))
    prices = [[pack["price"] for pack in fleet["packs"]] for fleet in told.data["fleets"]]
    assert prices == [["a in CNY", "b in CNY", "a in CNY"], ["a in EUR"], ["b in CNY"], ["a in None"]]
    assert told.errors == ()
    assert len(fleets.calls) == 2
    variables = fleets.calls[1]["variables"]
    assert {name: value for name, value in variables.items() if name.startswith("contextual")} == {
        "contextualArgument_2_0": "CNY",
        "contextualArgument_2_0_1": "EUR",
        "contextualArgument_2_0_2": None,
    }
    assert [[each["id"] for each in variables[f"representations{number}"]] for number in range(3)] == [["a", "b"], ["a"], ["a"]]


async def test_what_one_entity_leads_to_differs_by_where_it_is_found() -> None:
    """The one hull of both packs is asked for once, and its cell costs what it costs in each fleet."""
    for _ in range(3):
        told = await ask("{ fleets { packs { hull { cell { cost } } } } }", Fleets({"f1": ["a"], "f2": ["a", "b"]}), Rates({"f1": "CNY", "f2": "EUR"}))
        costs = [[pack["hull"]["cell"]["cost"] for pack in fleet["packs"]] for fleet in told.data["fleets"]]
        assert costs == [["c in CNY"], ["c in EUR", "c in EUR"]]


async def test_where_the_value_could_not_be_fetched_nothing_is_asked() -> None:
    fleets = Fleets({"f1": ["a"]})
    told = await ask("{ fleets { packs { price } } }", fleets, Rates({}, (SubgraphError("lost", "SUBGRAPH_UNAVAILABLE"),)))
    assert told.data == {"fleets": [{"packs": [{"price": None}]}]}
    assert [(error.code, error.path) for error in told.errors] == [("SUBGRAPH_UNAVAILABLE", ("fleets", 0, "packs", 0, "price"))]
    assert len(fleets.calls) == 1


@pytest.mark.parametrize("count", [1, 300])
async def test_many_values_are_many_parts_of_one_call(count: int) -> None:
    fleets = Fleets({f"f{number}": ["a"] for number in range(count)})
    told = await ask("{ fleets { packs { price } } }", fleets, Rates({f"f{number}": f"C{number}" for number in range(count)}))
    assert [fleet["packs"][0]["price"] for fleet in told.data["fleets"]] == [f"a in C{number}" for number in range(count)]
    assert len(fleets.calls) == 2
