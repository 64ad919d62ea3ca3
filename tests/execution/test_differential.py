"""This module is in charge of differential execution: seeded operations over a wide world, federated and whole, must be answered alike.

CELLGATE_DIFFERENTIAL=seed:first:count asks others, or one again that has failed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
from graphql import OverlappingFieldsCanBeMergedRule, parse, validate

from gateway.execution.batching import BatchingSubgraph
from gateway.execution.context import RequestContext
from gateway.execution.project import Projected, compile_projection
from gateway.execution.remote_answer import expected_of, judge
from gateway.execution.remote_together import body_of, parted
from gateway.execution.run import execute
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from gateway.operation.normalise import normalise
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from tests.execution.operations import CONDITIONS, VALUES, Style, written
from tests.execution.wide_world import WideService, wide, wide_monolith, wide_subgraphs
from tests.execution.world import context

SUPERGRAPH: Final = wide()
GRAPH: Final = PlanningGraph(SUPERGRAPH)
ORACLE: Final = wide_monolith()
DEPTH: Final = 7
CODES: Final = {"code": ('"Alpha-1"', '"Beta-2"', '"Gamma-0"', "$code")}
STYLE: Final = Style(4, (*CONDITIONS, *[""] * 10), {**VALUES, **CODES})
CHUNKS: Final = 4
IN_CI: Final = 500
LONG: Final = 5000


@dataclass(frozen=True, slots=True)
class Remote:
    """A subgraph that is asked and judged as one behind a URL."""

    service: WideService

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        (result,) = await self.fetch_together((request,), context)
        return result

    async def fetch_together(self, requests: Sequence[SubgraphRequest], _context: RequestContext) -> Sequence[SubgraphResult]:
        body = json.loads(body_of(requests))
        answer = json.loads(json.dumps(self.service.ask(body["query"], body["variables"]).formatted))
        parts = parted(answer, len(requests))
        return [judge(part, each.fetch, expected_of(each.fetch, each.variables), each.representations) for part, each in zip(parts, requests)]


def operation_of(seed: int, number: int) -> tuple[str, dict[str, Any]]:
    """The operation of that number: a valid document, and values of its variables."""
    chance = random.Random(f"{seed}:{number}")
    kind = "mutation" if number % 10 == 9 else "query"
    tries = (written(ORACLE.schema, kind, DEPTH, chance, STYLE) for _ in range(500))
    text = next(text for text in tries if not validate(ORACLE.schema, parse(text), [OverlappingFieldsCanBeMergedRule]))
    return text, {"a": chance.random() < 0.5, "n": chance.choice([None, 0, 1, 2]), "code": chance.choice(["Alpha-3", "Beta-4"]), "text": "t"}


async def federated(text: str, variables: dict[str, Any]) -> Projected:
    """The answer of the parts."""
    operation = normalise(parse(text), SUPERGRAPH.api_schema)
    plan = make_plan(GRAPH, operation)
    names = {each.name for each in operation.variables}
    coerced = {each.name: each.default for each in operation.variables if each.has_default} | {key: each for key, each in variables.items() if key in names}
    subgraphs = {name: BatchingSubgraph(Remote(each)) for name, each in wide_subgraphs_kept().items()}
    executed = await execute(plan, coerced, subgraphs, context(asyncio.get_running_loop().time() + 60))
    return compile_projection(plan, SUPERGRAPH.api_schema)(executed, coerced, ())


KEPT: Final[dict[str, WideService]] = {}


def wide_subgraphs_kept() -> dict[str, WideService]:
    """The parts; made once."""
    if not KEPT:
        KEPT.update(wide_subgraphs())
    return KEPT


async def hold_both(seed: int, number: int) -> None:
    text, variables = operation_of(seed, number)
    used = {name: value for name, value in variables.items() if f"${name}:" in text}
    expected = ORACLE.ask(text, used, is_valid=True)
    answer = await federated(text, variables)
    where = f"CELLGATE_DIFFERENTIAL={seed}:{number}:1\n{text}\n{used}"
    ours, theirs = (json.dumps(each, sort_keys=True) for each in (answer.data, expected.data))
    assert ours == theirs, f"{where}\nis  {ours}\nnot {theirs}"
    assert bool(answer.errors) == bool(expected.errors), (answer.errors, expected.errors, where)


def seed_of(config: pytest.Config) -> int:
    return int(config.getoption("--hypothesis-seed"))


@pytest.mark.parametrize("chunk", range(CHUNKS))
async def test_the_parts_answer_what_the_whole_answers(chunk: int, pytestconfig: pytest.Config) -> None:
    seed, first, count = (int(each) for each in os.environ.get("CELLGATE_DIFFERENTIAL", f"{seed_of(pytestconfig)}:0:{IN_CI}").split(":"))
    for number in range(first + chunk, first + count, CHUNKS):
        await hold_both(seed, number)


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(CHUNKS))
async def test_the_parts_answer_what_the_whole_answers_at_length(chunk: int, pytestconfig: pytest.Config) -> None:
    for number in range(IN_CI + chunk, IN_CI + LONG, CHUNKS):
        await hold_both(seed_of(pytestconfig), number)


def test_the_two_schemas_have_the_same_fields() -> None:
    for name, type_ in ORACLE.schema.type_map.items():
        if not name.startswith("__"):
            assert set(getattr(type_, "fields", {})) == set(getattr(SUPERGRAPH.api_schema.type_map[name], "fields", {})), name
