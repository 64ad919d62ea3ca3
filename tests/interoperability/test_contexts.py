"""Contexts (`@fromContext`) are planned as Apollo's planner does it for its router; its JavaScript gateway serves no supergraph that has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from tests.execution.generated_world import GeneratedWorld
from tests.interoperability.test_gateways import Programs
from tests.planning.composing import operation_of

WORLDS: Final = Path(__file__).parents[1] / "execution" / "worlds"
QUERIES: Final = {
    "contexts": [
        "{ fleets { first { price } } }",
        "{ fleets { first { price(round: true) taxed town name } packs { id price } } }",
        "{ fleet { part { part { first { price } } } site { hall { spare { price sold } } } } }",
        "{ fleets { best { price } owner { pack { taxed } } } }",
        "{ fleets { rows { twin { next { price sold } } } } }",
    ],
    "contexts_by_type": ["{ yard { lot { label number } } }", "{ yard { guard { lot { number grade } } } }", "{ found { ... on Yard { lot { mark } } } }"],
    "contexts_far": ["{ makers { lines { fee } } }", "{ makers { rule lines { strict speed } } }"],
}


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    running = Programs()
    yield running
    running.close()


@pytest.mark.parametrize("name", QUERIES)
def test_contexts_take_the_fetches_that_apollos_planner_makes(programs: Programs, name: str) -> None:
    """Fetches of one subgraph about the same objects count once: what is filled from several contexts is one call, if not one fetch."""
    supergraph = GeneratedWorld.of(WORLDS / name).supergraph
    graph = PlanningGraph(supergraph)
    theirs = programs.ask(plan=supergraph.sdl, queries=QUERIES[name])["plans"]
    for text, expected in zip(QUERIES[name], theirs):
        plan = make_plan(graph, operation_of(supergraph, text))
        ours = {(fetch.subgraph, ".".join(step.key for step in fetch.path)) for fetch in plan.fetches}
        assert ours == {(subgraph, path) for subgraph, path in expected}, text
