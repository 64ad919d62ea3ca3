"""This module is in charge of operations that are made to explode: each is planned within the budget of steps and of memory, or refused."""

from __future__ import annotations

import random
import tracemalloc
from typing import Final

import pytest
from graphql import parse

from gateway.errors import Refused
from gateway.operation.normalise import normalise
from gateway.planning.budget import MAX_STEPS
from gateway.planning.graph import PlanningGraph
from gateway.planning.plan import Plan
from gateway.planning.planner import make_plan
from tests.execution.wide_world import wide

SUPERGRAPH: Final = wide()
GRAPH: Final = PlanningGraph(SUPERGRAPH)
MAX_BYTES: Final = 64 << 20
REFUSALS: Final = frozenset({"PLAN_BUDGET_EXCEEDED", "LIMIT_FIELDS", "LIMIT_DEPTH"})
DEEP: Final = (
    'id name tag score label(prefix: "x") note heavy price maker { title debt rank } box { width height lid { weight color } } '
    "offers { story pair { ... on Alpha { note } } }"
)
ROOTS: Final = ("nodes", "best", "alpha", "mixed", "things", "stock", "deals", "rated")


def bounded(text: str, *, steps: int = MAX_STEPS) -> Plan | str:
    """The plan, or the code of the refusal; fails where it took too much memory."""
    tracemalloc.start()
    try:
        plan: Plan | str = make_plan(GRAPH, normalise(parse(text), SUPERGRAPH.api_schema), max_steps=steps)
    except Refused as refused:
        plan = refused.errors[0].code
        assert plan in REFUSALS
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MAX_BYTES
    return plan


def test_ten_thousand_fields() -> None:
    fields = " ".join(f'b{each}: tag(prefix: "{each}")' for each in range(100))
    plan = bounded("{ " + " ".join(f"a{each}: nodes {{ {fields} }}" for each in range(100)) + " }")
    assert isinstance(plan, Plan)
    assert len(plan.fetches) == 101


def test_a_hundred_nested_fragments() -> None:
    chain = " ".join(f"fragment F{each} on Node {{ similar {{ ...F{each + 1} }} score }}" for each in range(95))
    plan = bounded("{ nodes { ...F0 } } fragment F95 on Node { id } " + chain)
    assert isinstance(plan, Plan)
    assert (
        bounded("{ nodes { ...F0 } } fragment F95 on Node { ...F96 } fragment F96 on Node { " + "similar { " * 20 + "id" + " }" * 20 + " } " + chain)
        == "LIMIT_DEPTH"
    )


def test_two_hundred_aliases_of_one_entity_field() -> None:
    plan = bounded("{ alpha { " + " ".join(f'a{each}: label(prefix: "{each}")' for each in range(200)) + " } }")
    assert isinstance(plan, Plan)
    assert len(plan.fetches) <= 3


@pytest.mark.parametrize("body", [DEEP, "note label score"])
def test_two_hundred_aliases_with_chains_below(body: str) -> None:
    plan = bounded("{ " + " ".join(f"a{each}: alpha {{ {body} }}" for each in range(200)) + " }")
    assert plan == "PLAN_BUDGET_EXCEEDED" or isinstance(plan, Plan)


@pytest.mark.parametrize("steps", [10, 1000, 10_000])
def test_the_budget_is_kept_whatever_is_left_to_do(steps: int) -> None:
    assert bounded("{ " + " ".join(f"a{each}: alpha {{ {DEEP} }}" for each in range(200)) + " }", steps=steps) == "PLAN_BUDGET_EXCEEDED"


def bushy(chance: random.Random, depth: int) -> str:
    """Selections of a node on one of its types, each level of several."""
    kinds = [chance.choice(("Alpha", "Beta", "Gamma", "Node")) for _ in range(chance.randint(1, 4))]
    below = bushy(chance, depth - 1) if depth else "id score"
    return " ".join(f"... on {kind} {{ s{index}: similar {{ {below} }} name score maker {{ debt }} }}" for index, kind in enumerate(kinds))


@pytest.mark.parametrize("number", range(12))
def test_bushes(number: int) -> None:
    bounded("{ nodes { " + bushy(random.Random(number), number % 6) + " } }")


def test_planning_does_not_depend_on_what_was_planned_before() -> None:
    text = "{ nodes { " + bushy(random.Random(1), 3) + " } }"
    operation = normalise(parse(text), SUPERGRAPH.api_schema)
    assert make_plan(GRAPH, operation) == make_plan(PlanningGraph(SUPERGRAPH), operation)
