"""This module is in charge of what an answer repeats: each spelling is read once where that changes nothing, and nowhere else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.execution.answer_codec import codec_of
from gateway.execution.context import RequestContext
from gateway.execution.remote_answer import expected_of
from gateway.execution.repeats import Seen, repeats_of
from gateway.execution.run import execute
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from tests.execution.world import context
from tests.planning.composing import plan_of, supergraph_of

REVIEWS: Final = supergraph_of(
    reviews="""
      type Query { reviews: [Review] best: Review }
      type Review @key(fields: "id") { id: ID! author: Author @shareable }
      type Author @key(fields: "id") { id: ID! books: [Book] home: Place }
      type Place { city: String land: Land }
      type Land { name: String }
      type Book { title: String sequel: Book }
    """,
    extra='type Review @key(fields: "id") { id: ID! author: Author @shareable } type Author { nick: String }',
    accounts='type Author @key(fields: "id") { id: ID! email: String address: Address } type Address { city: String }',
)


def repeats(text: str, number: int = 0) -> list[str]:
    plan = plan_of(REVIEWS, text)
    return sorted(".".join(each) for each in repeats_of(plan.fetches[number], plan))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{ reviews { id author { id books { title } } } }", ["reviews.author"]),
        # With nothing below, comparing costs as much as reading.
        ("{ reviews { id author { id } } }", []),
        # Of one that is in no list there is one.
        ("{ best { author { home { land { name } } } } }", []),
        (
            "{ reviews { author { books { title sequel { sequel { title } } } home { city land { name } } } } }",
            ["reviews.author", "reviews.author.books.sequel", "reviews.author.home"],
        ),
        # Another subgraph says what is below by way of the review.
        ("{ reviews { author { nick books { title } } } }", []),
        # What is found for the author itself is the same for all who are him.
        ("{ reviews { author { email books { title } } } }", ["reviews.author"]),
    ],
)
def test_where_what_is_spelled_alike_may_be_one(text: str, found: list[str]) -> None:
    assert repeats(text) == found


AUTHORS: Final = st.none() | st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a1", "a2", "a3"]),
        "books": st.none()
        | st.lists(st.none() | st.fixed_dictionaries({"title": st.sampled_from(["x", "é", None]), "sequel": st.none() | st.just({"title": "y"})}), max_size=2),
    }
)
QUERY: Final = "{ reviews { author { id books { title sequel { title } } } } }"


def results_of(answer: bytes, *, once: bool) -> list[SubgraphResult] | None:
    plan = plan_of(REVIEWS, QUERY)
    fetch = plan.fetches[0]
    request = SubgraphRequest(fetch, {}, repeats=repeats_of(fetch, plan) if once else frozenset())
    assert bool(request.repeats) is once
    codec = codec_of((request,), (expected_of(fetch, {}),))
    assert codec is not None
    return codec(answer, (request,))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(AUTHORS, st.sampled_from([None, orjson.OPT_INDENT_2])), max_size=8), st.sampled_from(["", " ", "x", "{}"]))
def test_read_once_it_says_the_same(authors: list[tuple[Any, int | None]], more: str) -> None:
    texts = [orjson.dumps(each, option=option).decode() for each, option in authors]
    answer = ('{"data": {"reviews": [' + ", ".join('{"author": ' + text + "}" for text in texts) + "]" + more + "}}").encode()
    found, plain = results_of(answer, once=True), results_of(answer, once=False)
    assert found == plain
    if found is not None:
        assert found[0].data is not None
        read = [each["author"] for each in found[0].data["reviews"]]
        for one, other in zip(texts, read):
            assert [id(each) for text, each in zip(texts, read) if text == one] == [id(other)] * texts.count(one)


@pytest.mark.parametrize(
    "author", ['{"id": 1, "books": null}', '{"id": "a"}', '{"id": "a", "books": [}', "[]", '{"id": "a", "books": null, "id": "\xff"}', "nul"]
)
@pytest.mark.parametrize("before", ["", '{"author": {"id": "a1", "books": []}}, '])
def test_what_does_not_fit_is_left_to_the_exact_way(author: str, before: str) -> None:
    answer = ('{"data": {"reviews": [' + before + '{"author": ' + author + "}]}}").encode("latin-1")
    assert results_of(answer, once=True) is None
    assert results_of(b'{"data": {"reviews": [{}]}}', once=True) is None


def test_where_nothing_is_repeated_it_is_left_alone_for_a_while() -> None:
    seen = Seen()
    assert seen.is_worth
    seen.objects, seen.spellings = 300, 290
    # The answer that is at hand is looked at still.
    assert [seen.is_worth for _ in range(202)] == [True, *[False] * 200, True]
    seen.objects, seen.spellings = 300, 100
    assert all(seen.is_worth for _ in range(300))


@dataclass(slots=True)
class Library:
    """All subgraphs; what `extra` says of an author depends on the review. `slow` answers after the others."""

    slow: str
    in_turn = False

    async def fetch(self, request: SubgraphRequest, _context: RequestContext) -> SubgraphResult:
        for _ in range(8 if request.fetch.subgraph == self.slow else 1):
            await asyncio.sleep(0)
        if not request.fetch.is_entity:
            return SubgraphResult({"reviews": [{"id": f"r{number}", "author": {"id": "a1"}} for number in range(3)]})
        return SubgraphResult(entities=tuple(self.entity(request.fetch.subgraph, each["id"]) for each in request.representations))

    def entity(self, subgraph: str, id_: str) -> dict[str, Any]:
        return {"author": {"nick": f"of {id_}"}} if subgraph == "extra" else {"email": f"{id_}@example.org", "address": {"city": "Xi'an"}}


@pytest.mark.parametrize("slow", ["extra", "accounts"])
async def test_what_is_said_by_way_of_what_holds_an_object_is_said_of_that_one_alone(slow: str) -> None:
    plan = plan_of(REVIEWS, "{ reviews { author { nick email address { city } } } }")
    subgraphs = {each.subgraph: Library(slow) for each in plan.fetches}
    for _ in range(4):
        executed = await execute(plan, {}, subgraphs, context(1e12))
        assert not executed.errors
        authors = [each["author"] for each in executed.data["reviews"]]
        assert [each["nick"] for each in authors] == ["of r0", "of r1", "of r2"]
        assert [each["email"] for each in authors] == ["a1@example.org"] * 3


def test_a_field_that_narrows_the_type_above_makes_nothing_alike() -> None:
    pets = supergraph_of(
        home="""
          type Query { pets: [Pet] }
          interface Pet { id: ID! owner: Owner }
          type Cat implements Pet { id: ID! owner: Owner }
          type Dog implements Pet { id: ID! owner: Owner }
          type Owner @key(fields: "id") { id: ID! street: Street }
          type Street { name: String city: City }
          type City { name: String }
        """,
        people='type Owner @key(fields: "id") { id: ID! name(form: String): String }',
    )
    same = plan_of(pets, "{ pets { owner { name street { name city { name } } } } }")
    assert ("pets", "owner") in repeats_of(same.fetches[0], same)
    plan = plan_of(
        pets, '{ pets { ... on Cat { owner { n: name(form: "x") street { city { name } } } } ... on Dog { owner { m: name street { city { name } } } } } }'
    )
    assert len(plan.fetches) > 1
    depends = any(step.type_conditions for each in plan.fetches for step in each.path[:-1])
    assert depends
    assert not any(keys == ("pets", "owner") for keys in repeats_of(plan.fetches[0], plan))
