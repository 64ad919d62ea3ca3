"""This module is in charge of testing what is kept of operations: within budgets that are bytes, and no text beyond its operation."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from typing import Any

import pytest

from benchmarks.federation.__main__ import HERE
from benchmarks.federation.novel import TEXT, shape
from gateway.composition.supergraph_reader import read_supergraph
from gateway.generation import Generation, Prepared
from gateway.known import KnownOperations, PreparedKey, weight_of
from gateway.lru import Lru, allow, told
from gateway.operation.document import Documents
from gateway.operation.views import ViewKey
from gateway.planning.graph import PlanningGraph
from gateway.planning.planner import make_plan
from gateway.settings import Caches, Limits
from gateway.timings import Timings

WIDE = read_supergraph((HERE / "supergraph.graphql").read_text().replace("{url}", "http://127.0.0.1:1"))
GRAPH = PlanningGraph(WIDE)
FIELDS = ("id", "name", "username", "birthday")


def generation(caches: Caches = Caches()) -> Generation:
    """The benchmark's graph."""
    return Generation(WIDE, Limits(), lambda operation: make_plan(GRAPH, operation), frozenset(), caches=caches)


def key_of(text: str, generation: Generation) -> PreparedKey:
    return text, None, generation.views.of_key(ViewKey(frozenset(), frozenset())), "redact"


def tiny(number: int) -> str:
    """One of many operations of a field or two."""
    return f'{{ user(id: "{number}") {{ {" ".join(FIELDS[: 1 + number % 4])} }} }}'


async def prepared(generation: Generation, text: str) -> Prepared:
    """The operation of a text, prepared where it is not known."""
    key = key_of(text, generation)
    return generation.known(key) or await generation.prepare(key, Timings())


async def test_no_text_is_kept_of_an_operation_that_has_gone() -> None:
    made = generation(Caches(operations_kib=100))
    for number in range(50):
        await prepared(made, tiny(number))
    known = [text for text, *_ in made.recent(100)]
    # The budget holds ten of them; texts alone have room for all.
    assert 5 <= len(known) <= 15
    assert known[0] == tiny(49)
    assert made.known(key_of(tiny(0), made)) is None


async def test_an_operation_stays_while_one_of_its_texts_is_asked_for() -> None:
    made = generation(Caches(operations_kib=100))
    first = await prepared(made, tiny(0))
    for number in range(1, 50):
        await prepared(made, tiny(number))
        assert (await prepared(made, tiny(0))).plan is first.plan


async def test_texts_that_go_leave_nothing_with_their_operation() -> None:
    known, view = KnownOperations(Caches(texts_kib=10)), object()
    made = generation()
    operation = await prepared(made, tiny(0))
    keys: list[Any] = [(f"{tiny(0)} # {number}", None, view, "redact") for number in range(100)]
    known.put_operation(keys[0], operation)
    for key in keys:
        known.put_text(key, keys[0], operation)
    left = known.recent(1000)
    assert left == keys[: -len(left) - 1 : -1]
    assert len(left) < 15
    (kept,) = [each for each in gc.get_referrers(operation) if type(each).__name__ == "_Operation"]
    assert list(kept.texts) == left[::-1]


async def test_an_operation_heavier_than_the_budget_is_answered_and_not_kept() -> None:
    made = generation(Caches(operations_kib=20, texts_kib=0))
    for _ in range(2):
        assert len((await prepared(made, TEXT)).plan.fetches) > 5
        assert made.recent(10) == []


@pytest.mark.parametrize("kind", [shape, tiny])
async def test_weights_are_about_bytes(kind: Any) -> None:
    made, count = generation(), 40
    for number in range(count, count + 5):
        await prepared(made, kind(number))
    gc.collect()
    tracemalloc.start()
    try:
        plans = [(await prepared(made, kind(number))).plan for number in range(count)]
        # Documents that were parsed are counted by their own budget.
        made._documents = Documents(Limits(), 0)
        gc.collect()
        held = tracemalloc.get_traced_memory()[0] / count
    finally:
        tracemalloc.stop()
    weight = sum(map(weight_of, plans)) / count + 6_000
    # The projection's functions are made at the first answer, and are half of it.
    assert 0.8 < weight / held < 3, (weight, held)


async def test_parsing_leaves_nothing_to_the_collector() -> None:
    documents = Documents(Limits(), 0)
    documents.parse(TEXT)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            documents.parse(TEXT)
        assert gc.collect() < 10
    finally:
        gc.enable()


def test_maps_of_one_name_are_told_of_together() -> None:
    one: Lru[str, int] = Lru(10, "a test's")
    other: Lru[str, int] = Lru(5, "a test's")
    one.put("a", 1, 7)
    one.put("b", 2, 3)
    other.put("c", 3, 5)
    other.put("d", 4, 4)
    assert [one.get("a"), one.get("x"), other.get("d"), one.peek("y")] == [1, None, 4, None]
    (told_,) = [each for each in told() if each.name == "a test's"]
    assert told_ == ("a test's", 3, 14, 15, 2, 1, 1)
    allow({"a test's"}, 3)
    assert [len(one), len(other)] == [0, 0]
    del other
    gc.collect()
    (told_,) = [each for each in told() if each.name == "a test's"]
    # What is gone holds nothing, and was used all the same.
    assert told_ == ("a test's", 0, 0, 3, 2, 1, 4)


async def test_one_operation_prepared_for_many_at_once_is_kept_with_all_texts() -> None:
    made = generation()
    texts = [f"{tiny(3)} # {number}" for number in range(5)]
    assert len({id((each).plan) for each in await asyncio.gather(*(prepared(made, text) for text in texts))}) == 1
    assert all(made.known(key_of(text, made)) is not None for text in texts)
