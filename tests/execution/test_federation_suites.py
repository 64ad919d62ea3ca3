"""This module is in charge of the public federation cases: planned and executed against recorded subgraphs, by the supergraph that
comes with each suite and by one composed here, with no more fetches than the better of two reference gateways makes.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from graphql import parse, validate

from gateway.composition.compose import compose
from gateway.composition.supergraph import SubgraphSource, Supergraph
from gateway.composition.supergraph_reader import read_supergraph
from gateway.errors import Refused
from gateway.execution.batching import BatchingSubgraph
from gateway.execution.context import RequestContext
from gateway.execution.project import compile_projection
from gateway.execution.remote_together import body_of, parted
from gateway.execution.run import execute
from gateway.execution.subgraph import SubgraphError, SubgraphRequest, SubgraphResult
from gateway.operation.normalise import normalise
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from tests.execution.world import context

FEDERATION: Final = Path(__file__).parents[3] / "shared" / "federation"
SUITES: Final = sorted(path.parent for path in FEDERATION.glob("suites/*/tests.json"))
# A test that neither reference gateway passes says nothing about fetches.
UNMEASURED: Final = 10
pytestmark = pytest.mark.skipif(not SUITES, reason="the public federation cases are not here")


def replay_server() -> ModuleType:
    """The server of recorded answers that comes with the cases."""
    spec = importlib.util.spec_from_file_location("replay_server", FEDERATION / "replay_server.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True, slots=True)
class Recorded:
    """A subgraph that answers as the recorded one did; `asked` are the documents it was sent."""

    in_turn = False

    replay: Any
    asked: list[str] = field(default_factory=list)

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        (result,) = await self.fetch_together((request,), context)
        return result

    async def fetch_together(self, requests: Sequence[SubgraphRequest], _context: RequestContext) -> Sequence[SubgraphResult]:
        body = json.loads(body_of(requests))
        self.asked.append(body["query"])
        return [self._result(each, part) for each, part in zip(requests, parted(self.replay.ask(body), len(requests)))]

    def _result(self, request: SubgraphRequest, body: Any) -> SubgraphResult:
        fetch = request.fetch
        data, skipped = body.get("data"), 1 if fetch.is_entity else 0
        errors = tuple(SubgraphError("recorded", "SUBGRAPH_ERROR", tuple(each.get("path") or ())[skipped:]) for each in body.get("errors") or ())
        if fetch.is_entity:
            return SubgraphResult(entities=tuple((data or {}).get("_entities", ())), errors=errors)
        return SubgraphResult(data=data, errors=errors)


def supergraph_of(suite: Path) -> Supergraph:
    """The supergraph of a suite."""
    listed = json.loads((suite / "subgraphs.json").read_text())
    composed = compose([SubgraphSource(each["name"], each["url"], each["sdl"]) for each in listed])
    assert isinstance(composed, Supergraph), str(composed)
    return composed


def recorded(suite: Path) -> dict[str, Recorded]:
    """The suite's subgraphs."""
    server = replay_server()
    behaviour = json.loads((suite / "behaviour.json").read_text())
    kind = server.Mutations if suite.name == "mutations" else server.Replay
    return {
        each["name"]: Recorded(kind(f"{suite.name}/{each['name']}", behaviour[each["name"]], each["sdl"]))
        for each in json.loads((suite / "subgraphs.json").read_text())
    }


async def ask(supergraph: Supergraph, subgraphs: Mapping[str, Recorded], test: Mapping[str, Any]) -> tuple[Any, bool]:
    """(data, whether there were errors) for one test."""
    document = parse(test["query"])
    if validate(supergraph.api_schema, document):
        return None, True
    operation = normalise(document, supergraph.api_schema)
    try:
        plan = make_plan(PlanningGraph(supergraph), operation)
    except Refused:
        return None, True
    variables = {each.name: each.default for each in operation.variables if each.has_default} | dict(test.get("variables") or {})
    batching = {name: BatchingSubgraph(each) for name, each in subgraphs.items()}
    executed = await execute(plan, variables, batching, context(asyncio.get_running_loop().time() + 10))
    projected = compile_projection(plan, supergraph.api_schema)(executed, variables, ())
    return projected.data, bool(projected.errors)


async def hold(supergraph: Supergraph, suite: Path) -> int:
    """Every test of the suite; how many fetches they took."""
    subgraphs = recorded(suite)
    for number, test in enumerate(cases_of(suite)):
        data, failed = await ask(supergraph, subgraphs, test)
        expected = test["expected"]
        assert data == expected["data"], f"test {number}"
        assert expected["errors"] is None or failed == bool(expected["errors"]), f"test {number}"
    return sum(len(each.asked) for each in subgraphs.values())


def cases_of(suite: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((suite / "tests.json").read_text())
    return found


def reference(suite: Path) -> int:
    """The fetches of the better of the two reference gateways, test by test, where it passed; the worse is no measure."""
    listed = json.loads((suite / "fetches.json").read_text())
    total = 0
    for number in range(len(cases_of(suite))):
        counts = Counter(each["gateway"] for each in listed if each["test"] == number and each["passed"])
        total += min(counts.values(), default=UNMEASURED)
    return total


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name)
async def test_every_test_of_a_suite_by_its_own_supergraph(suite: Path) -> None:
    fetches = await hold(read_supergraph((suite / "supergraph.graphql").read_text()), suite)
    assert fetches <= reference(suite)


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name)
async def test_every_test_of_a_suite_as_composed_here(suite: Path) -> None:
    fetches = await hold(supergraph_of(suite), suite)
    assert fetches <= reference(suite)
