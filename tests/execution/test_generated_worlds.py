"""Worlds of every kind of federation, made of SDL alone: served in parts they answer what they answer whole.

CELLGATE_WORLDS=world:seed:first:count asks others, or one again that has failed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import (
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_list_type,
    is_object_type,
    parse,
    validate,
)

from gateway.composition.supergraph import Supergraph
from gateway.composition.supergraph_reader import read_supergraph
from gateway.execution.batching import BatchingSubgraph
from gateway.execution.context import RequestContext
from gateway.execution.project import Projected, compile_projection
from gateway.execution.remote_answer import expected_of, judge
from gateway.execution.remote_together import body_of, parted
from gateway.execution.run import execute
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from gateway.operation.normalise import normalise
from gateway.planning.graph import PlanningGraph
from gateway.planning.labels import Labels
from gateway.planning.planner import make_plan
from tests.execution.generated_world import GeneratedService, GeneratedWorld, every
from tests.execution.operations import CONDITIONS, Style, written
from tests.execution.world import context

WORLDS: Final = [path.name for path in every(Path(__file__).with_name("worlds"))]
IN_CI: Final = 20
LONG: Final = 1500
DEPTH: Final = 5
_LITERALS: Final[Mapping[str, tuple[str, ...]]] = {
    "Int": ("1", "2", "$n"),
    "Boolean": ("true", "$a"),
    "String": ('"s"', "$text", "null"),
    "ID": ('"i"', "$code", "7"),
    "Float": ("1.5", "2"),
}


@dataclass(frozen=True, slots=True)
class Remote:
    """A subgraph that is asked and judged as one behind a URL."""

    service: GeneratedService

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        (result,) = await self.fetch_together((request,), context)
        return result

    async def fetch_together(self, requests: Sequence[SubgraphRequest], _context: RequestContext) -> Sequence[SubgraphResult]:
        body = json.loads(body_of(requests))
        answer = json.loads(json.dumps(self.service.ask(body["query"], body["variables"]).formatted))
        parts = parted(answer, len(requests))
        return [judge(part, each.fetch, expected_of(each.fetch, each.variables), each.representations) for part, each in zip(parts, requests)]


def style_of(schema: GraphQLSchema) -> Style:
    """How operations over a schema are written: values for each argument's name."""
    values: dict[str, tuple[str, ...]] = {}
    for type_ in schema.type_map.values():
        for each in type_.fields.values() if is_object_type(type_) or is_interface_type(type_) else ():
            values |= {name: _literals(argument.type) for name, argument in each.args.items()}
    return Style(4, (*CONDITIONS, *[""] * 10), values)


def _literals(type_: Any) -> tuple[str, ...]:
    if isinstance(type_, GraphQLNonNull):
        return tuple(each for each in _literals(type_.of_type) if each not in ("null", "$n", "$text"))
    if is_list_type(type_):
        return tuple(f"[{each}]" for each in _literals(type_.of_type) if not each.startswith("$"))
    named = get_named_type(type_)
    if is_enum_type(named):
        return tuple(named.values)
    if is_input_object_type(named):
        flat = {name: item for name, item in named.fields.items() if not is_input_object_type(get_named_type(item.type))}
        parts = {name: [each for each in _literals(item.type) if not each.startswith("$")] for name, item in flat.items()}
        return tuple("{" + ", ".join(f"{name}: {listed[index % len(listed)]}" for name, listed in parts.items()) + "}" for index in range(2))
    return _LITERALS[named.name]


def operation_of(world: GeneratedWorld, name: str, seed: int, number: int) -> tuple[str, dict[str, Any]]:
    """The operation of that number: a valid document, and values of its variables."""
    schema = world.supergraph.api_schema
    chance = random.Random(f"{name}:{seed}:{number}")
    kind = "mutation" if schema.mutation_type and number % 4 == 3 else "query"
    style = style_of(schema)
    tries = (written(schema, kind, 1 + number % DEPTH, chance, style) for _ in range(500))
    text = next(text for text in tries if not validate(schema, parse(text)))
    return text, {"a": chance.random() < 0.5, "n": chance.choice([None, 1, 2]), "code": chance.choice(["x", "y"]), "text": "t"}


async def federated(world: GeneratedWorld, supergraph: Supergraph, graph: PlanningGraph, text: str, variables: Mapping[str, Any]) -> Projected:
    """The answer of the parts."""
    operation = normalise(parse(text), supergraph.api_schema)
    plan = make_plan(graph, operation)
    names = {each.name for each in operation.variables}
    coerced = {each.name: each.default for each in operation.variables if each.has_default} | {key: each for key, each in variables.items() if key in names}
    subgraphs = {name: BatchingSubgraph(Remote(each)) for name, each in world.parts.items()}
    executed = await execute(plan, coerced, subgraphs, context(asyncio.get_running_loop().time() + 60))
    return compile_projection(plan, supergraph.api_schema)(executed, coerced, ())


async def hold(name: str, seed: int, numbers: Sequence[int]) -> None:
    """Those operations, asked of the parts and of the whole; every other one by the supergraph as read from its own SDL."""
    world = GeneratedWorld.of(Path(__file__).with_name("worlds") / name)
    supergraphs = [world.supergraph, read_supergraph(world.supergraph.sdl)]
    graphs = [PlanningGraph(each) for each in supergraphs]
    labelled = [graph.with_labels(Labels(graph.supergraph, frozenset()).known) for graph in graphs]
    for number in numbers:
        text, variables = operation_of(world, name, seed, number)
        used = {key: value for key, value in variables.items() if f"${key}:" in text}
        expected = world.whole.ask(text, used)
        # Where labels move fields by and by, every other pair of operations is asked where all of them hold.
        graph = (labelled if number // 2 % 2 else graphs)[number % 2]
        answer = await federated(world, supergraphs[number % 2], graph, text, variables)
        where = f"CELLGATE_WORLDS={name}:{seed}:{number}:1\n{text}\n{used}"
        # Compared as text: the order of fields is part of the answer.
        ours, theirs = (json.dumps(each) for each in (answer.data, expected.data))
        assert ours == theirs, f"{where}\nis  {ours}\nnot {theirs}\n{answer.errors}"
        assert bool(answer.errors) == bool(expected.errors), (answer.errors, expected.errors, where)


@pytest.mark.parametrize("name", WORLDS)
async def test_the_parts_answer_what_the_whole_answers(name: str, pytestconfig: pytest.Config) -> None:
    asked, seed, first, count = os.environ.get("CELLGATE_WORLDS", f":{pytestconfig.getoption('--hypothesis-seed')}:0:{IN_CI}").split(":")
    if asked in ("", name):
        await hold(name, int(seed), range(int(first), int(first) + int(count)))


@pytest.mark.long
@pytest.mark.parametrize("name", WORLDS)
async def test_the_parts_answer_what_the_whole_answers_at_length(name: str, pytestconfig: pytest.Config) -> None:
    await hold(name, int(pytestconfig.getoption("--hypothesis-seed")), range(IN_CI, IN_CI + LONG))
