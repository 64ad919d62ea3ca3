"""This module is in charge of batching: what is ready together is one call, and each fetch gets the result that it would get alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.batching import BatchingSubgraph, _alike
from gateway.execution.context import RequestContext
from gateway.execution.remote_answer import expected_of, judge
from gateway.execution.remote_together import body_of, parted
from gateway.execution.subgraph import SubgraphError, SubgraphRequest, SubgraphResult
from gateway.planning.plan import Fetch
from tests.execution.answering import answer
from tests.execution.test_run import gives
from tests.execution.world import context
from tests.planning.composing import plan_of, supergraph_of

SUPERGRAPH: Final = supergraph_of(
    shop='type Query { left: Product right: Product other: Product } type Product @key(fields: "id") { id: ID! }',
    store='type Product @key(fields: "id") { id: ID! stock(at: String): Int owner: Owner } type Owner { name: String }',
)
ENTITIES: Final[Mapping[str, Any]] = {"p1": {"stock": 1, "owner": {"name": "o1"}}, "p2": {"stock": 2, "owner": None}}


def value_of(name: str, representation: Mapping[str, Any]) -> Any:
    return ENTITIES[representation["id"]][name]


@dataclass(slots=True)
class Store:
    """A transport that answers the body it is sent by its text, as a GraphQL service would, and remembers the bodies."""

    bodies: list[dict[str, Any]] = field(default_factory=list)
    failing: frozenset[str] = frozenset()

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        (result,) = await self.fetch_together((request,), context)
        return result

    async def fetch_together(self, requests: Sequence[SubgraphRequest], _context: RequestContext) -> Sequence[SubgraphResult]:
        body = json.loads(body_of(requests))
        self.bodies.append(body)
        parts = parted(self.answered(body), len(requests))
        return [judge(part, each.fetch, expected_of(each.fetch, each.variables), each.representations) for part, each in zip(parts, requests)]

    def answered(self, body: Mapping[str, Any]) -> dict[str, Any]:
        (operation,) = parse(body["query"]).definitions
        data, errors = {}, []
        for node in operation.selection_set.selections:  # type: ignore[attr-defined]
            key = node.alias.value if node.alias else node.name.value
            names = [(f.alias or f.name).value + ":" + f.name.value for part in node.selection_set.selections for f in part.selection_set.selections]
            representations = body["variables"][node.arguments[0].value.name.value]
            data[key] = [{key: value_of(name, each) for key, name in (each_name.split(":") for each_name in names)} for each in representations]
            errors += [{"message": "no", "path": [key, at]} for at, each in enumerate(representations) if each["id"] in self.failing]
        return {"data": data, "errors": errors} if errors else {"data": data}


async def asked(text: str, **given: Any) -> tuple[Any, Store]:
    store = Store(**given)
    left, right = {"id": "p1"}, {"id": "p2"}
    shop = gives(left=left, right=right, other=dict(left))
    projected = await answer(SUPERGRAPH, {"shop": shop, "store": BatchingSubgraph(store)}, text)
    return projected, store


async def test_fetches_that_say_the_same_share_their_entities() -> None:
    projected, store = await asked("{ left { stock } right { stock } other { stock } }")
    assert projected.data == {"left": {"stock": 1}, "right": {"stock": 2}, "other": {"stock": 1}}
    (body,) = store.bodies
    assert body["variables"] == {"representations": [{"__typename": "Product", "id": "p1"}, {"__typename": "Product", "id": "p2"}]}


async def test_fetches_that_say_different_things_stand_beside_each_other() -> None:
    projected, store = await asked('{ left { stock } right { s: stock(at: "x") owner { name } } }')
    assert projected.data == {"left": {"stock": 1}, "right": {"s": 2, "owner": None}}
    (body,) = store.bodies
    assert body["query"] == (
        "query($representations0: [_Any!]!, $representations1: [_Any!]!)"
        "{_e0: _entities(representations: $representations0){... on Product{stock}} "
        '_e1: _entities(representations: $representations1){... on Product{s: stock(at: "x") owner{name}}}}'
    )


async def test_an_error_is_told_where_it_belongs() -> None:
    projected, store = await asked("{ left { stock } right { stock owner { name } } other { stock } }", failing=frozenset({"p2"}))
    assert len(store.bodies) == 1
    assert [error.path for error in projected.errors] == [("right", "owner")]


async def test_the_same_entity_at_two_places_is_two_values() -> None:
    projected, _ = await asked("{ left { owner { name } } other { owner { name } } }")
    assert projected.data == {"left": {"owner": {"name": "o1"}}, "other": {"owner": {"name": "o1"}}}


async def test_a_variable_that_is_named_like_ours_is_none_of_ours() -> None:
    store = Store()
    text = 'query ($representations0: String = "y") { left { stock } right { s: stock(at: $representations0) } }'
    shop = gives(left={"id": "p1"}, right={"id": "p2"})
    projected = await answer(SUPERGRAPH, {"shop": shop, "store": BatchingSubgraph(store)}, text)
    assert projected.data == {"left": {"stock": 1}, "right": {"s": 2}}
    assert set(store.bodies[0]["variables"]) == {"representations0", "_representations0", "_representations1"}


class Broken:
    """A transport that has a defect."""

    async def fetch(self, _request: SubgraphRequest, _context: RequestContext) -> SubgraphResult:
        raise RuntimeError("broken")

    async def fetch_together(self, _requests: Sequence[SubgraphRequest], _context: RequestContext) -> Sequence[SubgraphResult]:
        raise RuntimeError("broken")


def entity_fetches() -> list[Fetch]:
    plan = plan_of(SUPERGRAPH, "{ left { stock } right { stock owner { name } } }")
    return [each for each in plan.fetches if each.is_entity]


def request_of(fetch: Fetch, *ids: str) -> SubgraphRequest:
    return SubgraphRequest(fetch, {}, tuple({"__typename": "Product", "id": each} for each in ids))


async def test_a_defect_reaches_everybody_who_waits() -> None:
    batching, client = BatchingSubgraph(Broken()), context(1e12)
    waiting = [batching.fetch(request_of(each, "p1"), client) for each in entity_fetches()]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in results] == [RuntimeError, RuntimeError]


async def test_requests_of_two_clients_are_never_one_call() -> None:
    store = Store()
    batching = BatchingSubgraph(store)
    fetch = entity_fetches()[0]
    await asyncio.gather(*(batching.fetch(request_of(fetch, "p1"), context(1e12)) for _ in range(2)))
    assert len(store.bodies) == 2


class Hanging(Store):
    """A transport that never answers, and says when it is called off."""

    cancelled = False

    async def fetch_together(self, _requests: Sequence[SubgraphRequest], _context: RequestContext) -> Sequence[SubgraphResult]:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            Hanging.cancelled = True
            raise
        raise AssertionError


async def test_a_call_that_nobody_waits_for_is_called_off() -> None:
    batching, client = BatchingSubgraph(Hanging()), context(1e12)
    waiting = [asyncio.ensure_future(batching.fetch(request_of(each, "p1"), client)) for each in entity_fetches()]
    await asyncio.sleep(0.01)
    waiting[0].cancel()
    await asyncio.sleep(0.01)
    assert not Hanging.cancelled
    waiting[1].cancel()
    await asyncio.sleep(0.01)
    assert Hanging.cancelled


RESULTS: Final = st.lists(st.lists(st.sampled_from(["p1", "p2"]), min_size=1, max_size=4, unique=True), min_size=1, max_size=5)


@given(RESULTS, st.data())
async def test_each_gets_what_it_would_get_alone(groups: list[list[str]], data: st.DataObject) -> None:
    fetches = entity_fetches()
    requests = [request_of(data.draw(st.sampled_from(fetches)), *ids) for ids in groups]
    failing = data.draw(st.sampled_from([frozenset(), frozenset({"p1"})]))
    together, alone = BatchingSubgraph(Store(failing=failing)), Store(failing=failing)
    client = context(1e12)
    found = await asyncio.gather(*(together.fetch(each, client) for each in requests))
    assert list(found) == [await alone.fetch(each, client) for each in requests]


@pytest.mark.parametrize(
    "answer",
    [
        {"data": None, "errors": [{"message": "x"}]},
        {"data": {"_e0": None, "_e1": None}, "errors": [{"message": "x", "path": ["_e0", "nowhere"]}, {"message": "y", "path": [[]]}, {"message": "z"}]},
    ],
)
def test_an_answer_without_entities_is_an_error_of_each(answer: Any) -> None:
    for fetch, part in zip(entity_fetches(), parted(answer, 2)):
        result = judge(part, fetch, expected_of(fetch, {}), ({"__typename": "Product", "id": "p1"},))
        assert result.entities == ()
        assert result.errors
        assert all(isinstance(each, SubgraphError) and each.path == () for each in result.errors)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.sampled_from(({}, {"a": 1}, {"a": True}, {"a": "1"}))), min_size=1, max_size=8))
def test_what_says_the_same_is_found_as_by_a_key_of_everything(said: list[tuple[int, int, dict[str, Any]]]) -> None:
    base = entity_fetches()[0]
    documents = ("one", "two")
    # Equal, and not the same object.
    requires = [lambda: base.requires, lambda: (replace(base.requires[0]),), lambda: (replace(base.requires[0], type="Other"),)]
    requests = [SubgraphRequest(replace(base, document=documents[d], requires=requires[r]()), given) for d, r, given in said]
    by_key: dict[object, list[int]] = {}
    for number, each in enumerate(requests):
        by_key.setdefault((each.fetch.document, json.dumps(each.variables), each.fetch.requires), []).append(number)
    assert _alike(requests) == list(by_key.values())
