"""This module is in charge of testing that new SDL is taken over under load: no request fails, nothing of the old stays, what is wrong changes nothing."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.composition.supergraph import SubgraphSource, Supergraph
from gateway.execution.context import RequestContext
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from gateway.generation import Generation
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from gateway.reloading import CompositionRefused, Reloader, composed, free
from gateway.settings import Limits
from tests.operation.world import HEAD
from tests.pipeline.gateway_of import TestGateway, post

# Small, for it is composed more than a hundred times.
GRAPH: Final = """
type Query { battery(code: ID!): Battery batteries(first: Int): [Battery!]! }
type Battery @key(fields: "id") { id: ID! label: String maker: Enterprise! }
type Enterprise { name: String! }
"""
# Megabytes that a hundred reloads may leave behind.
BOUND_MB: Final = 8.0
QUERY: Final = "{ battery(code: 1) { id label maker { name } } batteries(first: 2) { id } }"
DATA: Final = {"battery": {"id": "1", "label": "text", "maker": {"name": "text"}}, "batteries": [{"id": "1"}, {"id": "1"}]}


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    yield
    gc.unfreeze()


def source(number: int) -> tuple[SubgraphSource, ...]:
    return (SubgraphSource("battery", "in-process", f"{HEAD}{GRAPH}\nextend type Query {{ version{number}: Int }}"),)


def generation_of(supergraph: Supergraph) -> Generation:
    graph = PlanningGraph(supergraph)
    return Generation(supergraph, Limits(), lambda operation: make_plan(graph, operation))


class Changing:
    """Sources that are what the test says."""

    def __init__(self) -> None:
        self.now = source(0)

    async def __call__(self) -> tuple[SubgraphSource, ...]:
        return self.now


def served(reloader: Reloader[Any]) -> TestGateway:
    gateway = TestGateway()
    gateway.served = dataclasses.replace(gateway.served, generation=lambda: reloader.generation)
    return gateway


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


async def test_a_hundred_reloads_under_load_fail_no_request_and_leave_nothing() -> None:
    changing, outcomes = Changing(), list[str]()
    reloader = Reloader(changing.now, changing, composed, generation_of, outcomes.append)
    gateway = served(reloader)
    stop, answered = asyncio.Event(), [0]

    async def ask() -> None:
        while not stop.is_set():
            answer = await post(gateway.app, {"query": QUERY})
            assert (answer.status, answer.json) == (200, {"data": DATA})
            answered[0] += 1
            await asyncio.sleep(0)

    async def reload(times: int, start: int) -> None:
        for number in range(start, start + times):
            changing.now = source(number)
            assert await reloader.reload() == "swapped"
            gateway.subgraph.asked.clear()
            gateway.recording.entries.clear()
            gateway.recording.observed.clear()
            if number % 10 == 0:
                free()

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(ask())
        await reload(20, 1)
        free()
        before = resident_mb()
        await reload(100, 21)
        free()
        grown = resident_mb() - before
        stop.set()
    assert outcomes == ["swapped"] * 120
    assert answered[0] > 120
    assert grown < BOUND_MB, f"{grown:.1f} MB more after 100 reloads"


async def test_a_request_ends_with_the_generation_it_began_with() -> None:
    changing = Changing()
    reloader = Reloader(changing.now, changing, composed, generation_of, lambda _outcome: None)
    gateway = served(reloader)
    old = weakref.ref(reloader.generation)
    entered, go_on = asyncio.Event(), asyncio.Event()
    inner = gateway.subgraph.fetch

    async def slow(request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        entered.set()
        await go_on.wait()
        return await inner(request, context)

    gateway.subgraph.fetch = slow  # type: ignore[method-assign]
    asked = asyncio.create_task(post(gateway.app, {"query": QUERY}))
    await entered.wait()
    changing.now = source(1)
    assert await reloader.reload() == "swapped"
    free()
    assert old() is not None
    go_on.set()
    assert (await asked).json == {"data": DATA}
    assert (await post(gateway.app, {"query": "{ version1 }"})).json == {"data": {"version1": 7}}
    assert (await post(gateway.app, {"query": "{ version0 }"})).code == "GRAPHQL_VALIDATION_FAILED"
    del asked
    free()
    assert old() is None


async def test_sdl_that_does_not_compose_changes_nothing_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    changing, outcomes = Changing(), list[str]()
    reloader = Reloader(changing.now, changing, composed, generation_of, outcomes.append)
    before = reloader.generation
    for broken in ("type Query {", "type Query { a: Nothing }", "type Other { a: Int }"):
        changing.now = (SubgraphSource("battery", "in-process", broken),)
        caplog.clear()
        assert [await reloader.reload() for _ in range(3)] == ["refused", "unchanged", "unchanged"]
        assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert reloader.generation is before
    changing.now = source(0)
    assert await reloader.reload() == "unchanged"
    changing.now = source(1)
    assert await reloader.reload() == "swapped"
    assert outcomes == ["refused"] * 3 + ["swapped"]


def test_a_start_needs_sdl_that_composes() -> None:
    with pytest.raises(CompositionRefused):
        Reloader((SubgraphSource("a", "in-process", "type Query {"),), Changing(), composed, generation_of, lambda _outcome: None)


async def test_what_was_asked_lately_is_prepared_before_the_swap(monkeypatch: pytest.MonkeyPatch) -> None:
    changing = Changing()
    reloader = Reloader(changing.now, changing, composed, generation_of, lambda _outcome: None)
    gateway = served(reloader)
    for token in ("reader", "all-hide"):
        await post(gateway.app, {"query": QUERY}, token=token)
    await post(gateway.app, {"query": "{ version0 }"})
    changing.now = source(1)
    await reloader.reload()
    kept = reloader.generation.recent(10)
    assert len(kept) == 2

    def fails(*_arguments: Any) -> Any:
        raise AssertionError("planned again")

    monkeypatch.setattr(reloader.generation, "prepare", fails)
    for token in ("reader", "all-hide"):
        assert (await post(gateway.app, {"query": QUERY}, token=token)).status == 200


async def test_the_watch_goes_on_after_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    changing = Changing()
    failures = [OSError("once"), RuntimeError("twice")]

    async def read() -> tuple[SubgraphSource, ...]:
        if failures:
            raise failures.pop()
        return await changing()

    reloader = Reloader(changing.now, read, composed, generation_of, lambda _outcome: None)
    before = reloader.generation
    changing.now = source(1)
    async with asyncio.timeout(5), reloader.watching(0.01, 0.01):
        await until(lambda: reloader.generation is not before)
    assert caplog.text.count("looking for new SDL failed") == 2


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.005)
