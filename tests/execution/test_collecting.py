"""This module is in charge of collecting entities: the generated function is held against the general one, which says what is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.execution.collecting import Collect, collected, collector_of
from gateway.execution.context import RequestContext
from gateway.execution.representations import Entities, entities_of
from gateway.execution.run import execute
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from gateway.planning.plan import PathStep, RequiredField, Requires
from tests.execution.test_run import SUPERGRAPH
from tests.execution.world import context
from tests.planning.composing import plan_of, supergraph_of

KEYS = ("a", "b")
TYPES = ("X", "Y")
LEAVES = st.one_of(st.none(), st.booleans(), st.sampled_from([0, 1, 1.0, 2**70, "", "1", "x"]), st.just({"z": 1}))
VALUES = st.recursive(
    LEAVES,
    lambda below: st.one_of(
        st.lists(below, max_size=3),
        st.fixed_dictionaries({}, optional={**dict.fromkeys(KEYS, below), "id": LEAVES, "n": LEAVES, "__typename": st.sampled_from([*TYPES, "Z", None, 1])}),
    ),
    max_leaves=25,
)
STEPS = st.builds(PathStep, st.sampled_from(KEYS), st.integers(0, 2), st.sampled_from([frozenset(), frozenset({"X"}), frozenset(TYPES)]))
FIELDS = st.lists(st.builds(RequiredField, st.sampled_from(["id", "n"]), st.sampled_from(["id", "n"]), st.booleans()), min_size=1, max_size=3)
REQUIRES = st.builds(Requires, st.sampled_from(TYPES), FIELDS.map(tuple), st.sampled_from([frozenset(), frozenset(TYPES)]))


def said(entities: Entities) -> tuple[bytes, list[list[int]]]:
    # JSON tells 1 from true; which objects they are is a matter of identity.
    return repr(entities.representations).encode(), [[id(each) for each in objects] for objects in entities.objects]


@settings(max_examples=200, deadline=None)
@given(
    data=st.dictionaries(st.sampled_from(KEYS), VALUES),
    path=st.lists(STEPS, min_size=1, max_size=3).map(tuple),
    requires=st.lists(REQUIRES, min_size=1, max_size=2, unique_by=lambda each: each.type).map(tuple),
)
def test_it_collects_what_the_general_way_collects(data: dict[str, Any], path: tuple[PathStep, ...], requires: tuple[Requires, ...]) -> None:
    try:
        right = said(entities_of(data, path, requires))
    except (TypeError, orjson.JSONEncodeError) as refused:
        right = None, type(refused)
    try:
        found = said(collector_of(path, requires)(data, False))
    except (TypeError, orjson.JSONEncodeError) as refused:
        found = None, type(refused)
    assert found == right


@settings(max_examples=150, deadline=None)
@given(
    data=st.dictionaries(st.sampled_from(KEYS), VALUES),
    path=st.lists(STEPS, min_size=1, max_size=3).map(tuple),
    requires=REQUIRES,
    entered=st.frozensets(st.integers(1, 2)),
)
def test_what_is_the_same_becomes_one(data: dict[str, Any], path: tuple[PathStep, ...], requires: Requires, entered: frozenset[int]) -> None:
    try:
        before = orjson.dumps(data)
    except orjson.JSONEncodeError:
        return
    right = entities_of(data, path, (requires,))
    collect = collector_of(path, (requires,), frozenset(each for each in entered if each < len(path)))
    for _ in range(2):
        found = collect(data, True)
        # Nothing is changed in what the tree says, and every object that is still there belongs to its representation.
        assert orjson.dumps(data) == before
        assert repr(found.representations) == repr(right.representations)
        there = entities_of(data, path, (requires,))
        assert [{id(each) for each in objects} for objects in found.objects] == [{id(each) for each in objects} for objects in there.objects]
        assert all(len({orjson.dumps(each) for each in objects}) == len({id(each) for each in objects}) or len(objects) > 2 for objects in found.objects)


def test_a_fetch_is_compiled_when_it_is_used_again() -> None:
    plan = plan_of(SUPERGRAPH, "{ products { stock } }")
    fetch = plan.fetches[1]
    data = {"products": [{"id": "p1"}, {"id": "p2"}, None, {"id": "p1"}]}
    found = [said(collected(fetch, plan, data, {1})) for _ in range(4)]
    assert found == [said(entities_of(data, fetch.path, fetch.requires))] * 4


def test_nothing_becomes_one_while_a_fetch_there_is_under_way() -> None:
    plan = plan_of(SUPERGRAPH, "{ products { stock } }")
    data = {"products": [{"id": "p1"}, {"id": "p1"}]}
    for _ in range(3):
        collected(plan.fetches[1], plan, data, {1})
    assert data["products"][0] is not data["products"][1]
    # A root fetch was collected for nothing.
    collected(plan.fetches[1], plan, data, {0})
    assert data["products"][0] is data["products"][1]


def test_what_was_collected_is_shared_until_it_is_dropped() -> None:
    plan = plan_of(SUPERGRAPH, "{ products { stock } }")
    data = {"products": [{"id": "p1"}, {"id": "p2"}]}
    for _ in range(2):
        collected(plan.fetches[1], plan, data, {1})
    kept: dict[Collect, Entities] = {}
    first = collected(plan.fetches[1], plan, data, {1}, kept)
    assert collected(plan.fetches[1], plan, data, {1}, kept) is first
    data["products"].append({"id": "p3"})
    kept.clear()
    assert said(collected(plan.fetches[1], plan, data, {1}, kept)) == said(entities_of(data, plan.fetches[1].path, plan.fetches[1].requires))


WAREHOUSE = supergraph_of(
    shop='type Query { products: [Product] } type Product @key(fields: "id") { id: ID! }',
    store='type Product @key(fields: "id") { id: ID! stock: Int }',
    labels='type Product @key(fields: "id") { id: ID! label: String }',
    fees='type Product @key(fields: "id") { id: ID! stock: Int @external fee: Int @requires(fields: "stock") }',
)


class Warehouse:
    """All four subgraphs, answering by what they are asked."""

    in_turn = False

    async def fetch(self, request: SubgraphRequest, _context: RequestContext) -> SubgraphResult:
        if not request.fetch.is_entity:
            return SubgraphResult({"products": [{"id": "p1"}, {"id": "p2"}, {"id": "p1"}]})
        names = [each.name for part in request.fetch.operation.selections for each in getattr(part, "selections", ())]
        return SubgraphResult(entities=tuple({name: self._value(name, each) for name in names} for each in request.representations))

    def _value(self, name: str, asked: Mapping[str, Any]) -> Any:
        return {"stock": int(asked["id"][1:]), "label": asked["id"].upper(), "fee": asked.get("stock", 0) * 10}[name]


async def test_a_run_sees_what_was_merged_between_two_collections() -> None:
    plan = plan_of(WAREHOUSE, "{ products { stock label fee } }")
    subgraphs = {each.subgraph: Warehouse() for each in plan.fetches}
    assert len(plan.fetches) == 4
    for _ in range(4):
        executed = await execute(plan, {}, subgraphs, context(1e12))
        assert not executed.errors
        assert [(each["stock"], each["label"], each["fee"]) for each in executed.data["products"]] == [(1, "P1", 10), (2, "P2", 20), (1, "P1", 10)]
