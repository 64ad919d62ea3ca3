"""This module is in charge of batching: what is ready together is one call, and each fetch gets the result that it would get alone."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from graphql import parse
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from gateway.execution.batching import BatchingSubgraph, _alike
from gateway.execution.context import RequestContext
from gateway.execution.remote_answer import expected_of, judge
from gateway.execution.remote_together import body_of, parted
from gateway.execution.run import Executed, execute
from gateway.execution.subgraph import Subgraph, SubgraphError, SubgraphRequest, SubgraphResult
from gateway.observability.trace import Trace
from gateway.observability.watching import watched
from gateway.planning.plan import Fetch
from tests.execution.answering import answer
from tests.execution.test_run import Scripted, gives
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


async def test_a_defect_is_one_of_everything_that_was_asked() -> None:
    shop = gives(left={"id": "p1"}, right={"id": "p2"})
    executed = await run_of("{ left { stock } right { stock owner { name } } }", shop, BatchingSubgraph(Broken()))
    assert [(error.code, error.path) for error in executed.errors] == [("INTERNAL", ("left", "stock")), ("INTERNAL", ("right", "stock"))]
    assert executed.data == {"left": {"id": "p1"}, "right": {"id": "p2"}}


async def run_of(text: str, shop: Subgraph, store: Subgraph, within_s: float = 5.0) -> Executed:
    client = context(asyncio.get_running_loop().time() + within_s)
    return await execute(plan_of(SUPERGRAPH, text), {}, {"shop": shop, "store": store}, client, logging.getLogger("cellgate.quiet"))


async def test_requests_of_two_clients_are_never_one_call() -> None:
    store = Store()
    batching, shop = BatchingSubgraph(store), gives(left={"id": "p1"}, right={"id": "p2"})
    both = await asyncio.gather(*(run_of("{ left { stock } right { stock } }", shop, batching) for _ in range(2)))
    assert [each.data["right"]["stock"] for each in both] == [2, 2]
    assert [len(each["variables"]["representations"]) for each in store.bodies] == [2, 2]


@dataclass(slots=True)
class Hanging(Store):
    """A transport that never answers, and says when it is called off."""

    called_off: int = 0

    async def fetch_together(self, _requests: Sequence[SubgraphRequest], _context: RequestContext) -> Sequence[SubgraphResult]:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.called_off += 1
            raise
        raise AssertionError


async def test_a_call_that_nobody_waits_for_is_called_off() -> None:
    hanging = Hanging()
    shop = gives(left={"id": "p1"}, right={"id": "p2"})
    executed = await run_of("{ left { stock } right { stock owner { name } } }", shop, BatchingSubgraph(hanging), within_s=0.05)
    assert hanging.called_off == 1
    assert {error.code for error in executed.errors} == {"SUBGRAPH_TIMEOUT"}
    assert {error.path[0] for error in executed.errors} == {"left", "right"}


async def test_what_becomes_ready_a_little_later_joins_the_call() -> None:
    store, turns = Store(), 2
    later = gives(right={"id": "p2"})

    async def a_little(request: SubgraphRequest) -> SubgraphResult:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await later.answers(request)

    two = supergraph_of(
        shop='type Query { left: Product } type Product @key(fields: "id") { id: ID! }',
        mall='type Query { right: Product } type Product @key(fields: "id") { id: ID! }',
        store='type Product @key(fields: "id") { id: ID! stock(at: String): Int }',
    )
    subgraphs = {"shop": gives(left={"id": "p1"}), "mall": Scripted(a_little), "store": BatchingSubgraph(store)}
    projected = await answer(two, subgraphs, "{ left { stock } right { stock } }")
    assert projected.data == {"left": {"stock": 1}, "right": {"stock": 2}}
    assert len(store.bodies) == 1


RESULTS: Final = st.lists(st.lists(st.sampled_from(["p1", "p2"]), min_size=1, max_size=4, unique=True), min_size=1, max_size=5)


@given(RESULTS, st.data())
async def test_each_gets_what_it_would_get_alone(groups: list[list[str]], data: st.DataObject) -> None:
    fetches = entity_fetches()
    requests = [request_of(data.draw(st.sampled_from(fetches)), *ids) for ids in groups]
    failing = data.draw(st.sampled_from([frozenset(), frozenset({"p1"})]))
    together, alone = BatchingSubgraph(Store(failing=failing)), Store(failing=failing)
    client = context(1e12)
    found = await together.fetch_together(requests, client)
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


async def test_each_fetch_of_one_call_is_watched_as_its_own() -> None:
    seen: list[str] = []
    watching = watched("store", BatchingSubgraph(Store()), lambda name, _seconds, result: seen.append(f"{name} {result is not None}"))
    client = structs.replace(context(1e12), trace=Trace(1, 0))
    await execute(
        plan_of(SUPERGRAPH, "{ left { stock } right { stock owner { name } } }"),
        {},
        {"shop": gives(left={"id": "p1"}, right={"id": "p2"}), "store": watching},
        client,
    )
    assert seen == ["store True"] * 2
    assert client.trace is not None
    assert sorted((each.path, each.entities, each.code) for each in client.trace.fetches) == [("left", 1, ""), ("right", 1, "")]
    assert len({each.span_id for each in client.trace.fetches}) == 2


class Few(BatchingSubgraph):
    """One that has a defect: it answers one of all."""

    async def fetch_together(self, requests: Sequence[SubgraphRequest], context: RequestContext) -> Sequence[SubgraphResult]:
        return (await super().fetch_together(requests, context))[:1]


async def test_a_call_that_answers_too_few_is_an_internal_error_of_each() -> None:
    shop = gives(left={"id": "p1"}, right={"id": "p2"})
    executed = await run_of("{ left { stock } right { stock owner { name } } }", shop, Few(Store()))
    assert [(error.code, error.path) for error in executed.errors] == [("INTERNAL", ("left", "stock")), ("INTERNAL", ("right", "stock"))]
