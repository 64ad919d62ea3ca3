"""This module is in charge of what a remote answer amounts to: entities that are not what was asked about, the gateway's own words, and its log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pytest

from gateway.errors import CODES
from gateway.execution.remote import HttpSubgraph
from gateway.execution.remote_answer import expected_of, judge
from gateway.execution.remote_pool import Pool, pool_of
from gateway.execution.subgraph import Redaction, Subgraph, SubgraphResult
from gateway.planning.plan import Fetch
from gateway.settings import Subgraph as Rules
from tests.execution.answering import answer
from tests.execution.test_remote import SCALARS, answers, asked, never, response, sends, serving
from tests.execution.test_run import SUPERGRAPH, Scripted, gives, knows, raises
from tests.planning.composing import plan_of, supergraph_of

ARGUMENT_CODES = (
    "AS_OF_OUT_OF_RANGE",
    "AS_OF_TOO_MUCH",
    "AS_OF_UNSETTLED",
    "AS_OF_UNSUPPORTED",
    "LIMIT_PAGE_SIZE",
    "INVALID_ARGUMENT",
    "INVALID_IDENTIFIER",
    "INVALID_PROVINCE",
    "INVALID_PAGE",
    "INVALID_CURSOR",
    "INVALID_FILTER",
    "INVALID_LOOKUP",
    "TOO_MANY_CODES",
    "TOO_MANY_CELLS",
)
P1 = {"__typename": "Product", "id": "p1"}


def judged(fetch: Fetch, body: Any, representations: Sequence[Mapping[str, Any]] = (), **variables: Any) -> SubgraphResult:
    return judge(body, fetch, expected_of(fetch, variables), representations)


def told(result: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(error.code, error.path) for error in result.errors]


def entity(value: Any, text: str = "{ products { stock shelf } }") -> SubgraphResult:
    return judged(plan_of(SUPERGRAPH, text).fetches[1], {"data": {"_entities": [value]}}, (P1,))


def test_a_redaction_may_name_several_relations() -> None:
    fetch = plan_of(SCALARS, "{ item { int } }").fetches[0]
    listed = {"path": ["item", "int"], "reason": "CATEGORY_CLOSED", "policyId": "D:past_custodian+took_part"}
    body = {"data": {"item": None}, "extensions": {"redactions": [listed]}}
    assert judged(fetch, body).redactions == (Redaction(("item", "int"), "CATEGORY_CLOSED", "D:past_custodian+took_part"),)


@pytest.mark.parametrize("given", ["Evil", None, 7, ["Product"]])
def test_an_entity_of_another_type_is_not_what_was_asked_about(given: Any) -> None:
    for value in ({"__typename": given}, {"__typename": given, "stock": 1, "shelf": "x"}):
        result = entity(value)
        assert (result.entities, told(result)) == ((None,), [("SUBGRAPH_MALFORMED", (0,))])


def test_a_field_that_is_left_out_is_no_null() -> None:
    assert told(entity({})) == [("SUBGRAPH_MALFORMED", (0, "stock")), ("SUBGRAPH_MALFORMED", (0, "shelf"))]
    result = entity({"__typename": "Product", "stock": None})
    assert (result.entities, told(result)) == (({"stock": None},), [("SUBGRAPH_MALFORMED", (0, "shelf"))])
    assert told(entity({"stock": 1, "maker": {}}, "{ products { stock maker { id } } }")) == [("SUBGRAPH_MALFORMED", (0, "maker", "id"))]
    assert told(entity(None)) == []
    fetch = plan_of(SCALARS, "{ items { id } item { id } }").fetches[0]
    assert told(judged(fetch, {"data": {"items": [{"id": "1"}, {}]}})) == [("SUBGRAPH_MALFORMED", ("items", 1, "id")), ("SUBGRAPH_MALFORMED", ("item",))]


def test_a_field_that_a_condition_takes_out_may_be_left_out_and_is_not_taken() -> None:
    fetch = plan_of(SCALARS, "query ($yes: Boolean!) { item { id int @include(if: $yes) ... @skip(if: $yes) { text } } }").fetches[0]
    body = {"data": {"item": {"id": "1", "int": 3}}}
    assert judged(fetch, body, yes=True) == SubgraphResult(data=body["data"])
    result = judged(fetch, body, yes=False)
    assert (result.data, told(result)) == ({"item": {"id": "1"}}, [("SUBGRAPH_MALFORMED", ("item", "text"))])


def test_a_field_of_one_type_has_to_be_there_on_that_type() -> None:
    fetch = plan_of(SCALARS, "{ item { found { __typename ... on Item { int } ... on Other { id } } } }").fetches[0]
    for found, missing in (({"__typename": "Item", "int": 1}, []), ({"__typename": "Other", "id": "1"}, []), ({"__typename": "Other"}, ["id"])):
        result = judged(fetch, {"data": {"item": {"found": found}}})
        assert told(result) == [("SUBGRAPH_MALFORMED", ("item", "found", key)) for key in missing]


def test_below_one_key_each_type_has_what_is_selected_on_it() -> None:
    parts = supergraph_of(
        a="type Query { pet: Pet } interface Pet { id: ID! } type Dog implements Pet { id: ID! friend: Pet } type Cat implements Pet { id: ID! friend: Pet }"
    )
    fetch = plan_of(parts, "{ pet { ... on Dog { friend { id } } ... on Cat { friend { __typename } } } }").fetches[0]
    friend = {"__typename": "Dog"}
    assert judged(fetch, {"data": {"pet": {"__typename": "Cat", "friend": friend}}}).errors == ()
    result = judged(fetch, {"data": {"pet": {"__typename": "Dog", "friend": {**friend, "id": "d1", "more": 1}}}})
    assert (result.data, result.errors) == ({"pet": {"__typename": "Dog", "friend": {**friend, "id": "d1"}}}, ())


def test_below_one_key_what_is_selected_on_all_has_to_be_there() -> None:
    parts = supergraph_of(a="type Query { pet: Pet } interface Pet { id: ID! friend: Pet } type Dog implements Pet { id: ID! friend: Pet age: Int }")
    text = "{ pet { friend { id } ... on Dog { friend { ... on Dog { age } } } } }"
    fetch = plan_of(parts, text).fetches[0]
    body = {"data": {"pet": {"__typename": "Dog", "friend": {"__typename": "Dog", "age": 1}}}}
    assert told(judged(fetch, body)) == [("SUBGRAPH_MALFORMED", ("pet", "friend", "id"))]


async def test_what_was_kept_for_a_document_depends_on_its_conditions() -> None:
    text = "query ($yes: Boolean!) { item { id int @include(if: $yes) } }"
    async with serving(answers({"data": {"item": {"id": "1"}}})) as there, pool_of(Rules(url=there.url)) as client:
        all_: dict[str, Subgraph] = {"all": HttpSubgraph("all", there.url, client, lambda _context, _name: None, 2.0, 10_000)}
        for yes, errors in ((False, []), (True, [("SUBGRAPH_MALFORMED", ("item", "int"))]), (False, [])):
            assert told(await answer(SCALARS, all_, text, {"yes": yes})) == errors


@pytest.mark.parametrize("code", ARGUMENT_CODES)
def test_a_wrong_argument_is_told_in_the_gateway_s_own_words(code: str) -> None:
    fetch = plan_of(SCALARS, "{ items(first: 500) { id } }").fetches[0]
    error = {"message": "secret-text", "path": ["items"], "extensions": {"code": code}}
    (found,) = judged(fetch, {"data": None, "errors": [error]}).errors
    named = "first: " if code in ("INVALID_PAGE", "LIMIT_PAGE_SIZE", "INVALID_ARGUMENT") else ""
    assert (found.code, found.path, found.message) == (code, ("items",), named + CODES[code].advice)
    assert 40 < len(found.message) <= 300
    assert "secret" not in found.message


def test_only_wrong_arguments_rations_and_what_is_away_have_advice() -> None:
    assert {code for code, info in CODES.items() if info.advice} == {*ARGUMENT_CODES, "TOO_MANY_REQUESTS", "NOT_READY"}


async def test_the_message_names_the_subgraph() -> None:
    (error,) = (await asked(never, timeout_s=0.05)).errors
    assert error.message == "Subgraph all did not answer in time."
    for behaviour in (sends(close=True), sends(response(b"", "500 No")), answers([]), answers({"data": {"item": 7}}), answers({"errors": [{}]})):
        (error,) = (await asked(behaviour)).errors
        assert error.message.startswith("Subgraph all"), error


@pytest.mark.parametrize(
    ("behaviour", "wanted"),
    [
        (never, "SUBGRAPH_TIMEOUT (Late)"),
        (sends(close=True), "SUBGRAPH_UNREACHABLE (Disconnected)"),
        (sends(response(b"secret-text", "503 secret-text")), "SUBGRAPH_STATUS (status 503)"),
        (sends(response(b"secret-text")), "SUBGRAPH_MALFORMED (JSONDecodeError)"),
        (answers({"data": {"item": "secret-text"}}), "SUBGRAPH_MALFORMED (1 in its answer)"),
        (answers({"data": None, "errors": [{"message": "secret-text"}] * 2}), "SUBGRAPH_ERROR (2 in its answer)"),
    ],
)
async def test_a_failure_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture, behaviour: Any, wanted: str) -> None:
    with caplog.at_level(logging.WARNING, "cellgate.remote"):
        await asked(behaviour, timeout_s=0.2)
    (record,) = [each for each in caplog.records if each.name == "cellgate.remote"]
    assert record.levelno == logging.WARNING
    assert record.getMessage() == f"subgraph all failed: {wanted}, fetch at '', request request-1"


async def test_a_wrong_argument_is_not_the_operator_s_affair(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "cellgate.remote"):
        await asked(answers({"data": {"item": None}, "errors": [{"path": ["item"], "extensions": {"code": "INVALID_CURSOR"}}]}))
    assert [each for each in caplog.records if each.name == "cellgate.remote"] == []


async def test_the_deadline_of_the_request_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    async def late(_request: Any) -> SubgraphResult:
        await asyncio.Event().wait()
        raise AssertionError

    parts: dict[str, Subgraph] = {"shop": gives(products=[{"id": "p1"}]), "store": Scripted(late)}
    with caplog.at_level(logging.WARNING):
        answered = await answer(SUPERGRAPH, parts, "{ products { stock } }", within_s=0.05)
    assert [error.message for error in answered.errors] == ["Subgraph store did not answer in time."]
    assert "subgraph store failed: SUBGRAPH_TIMEOUT (the request's deadline), fetch at 'products[]', request request-1" in caplog.text


async def test_a_defect_is_logged_with_its_fetch(caplog: pytest.LogCaptureFixture) -> None:
    parts: dict[str, Subgraph] = {"shop": gives(products=[{"id": "p1"}]), "store": raises(ValueError("x"))}
    with caplog.at_level(logging.ERROR):
        await answer(SUPERGRAPH, parts, "{ products { stock } }")
    assert "a fetch of subgraph store at 'products[]' failed, request request-1" in caplog.text


async def away(url: str, client: Pool, name: str) -> Subgraph:
    return HttpSubgraph(name, url, client, lambda _context, _name: None, 2.0, 10_000)


async def failing(text: str, failing_part: str, **parts: Subgraph) -> tuple[Any, list[tuple[str, tuple[str | int, ...]]]]:
    """The answer where one subgraph is not there, and what is told."""
    async with serving(sends(close=True)) as there, pool_of(Rules(url=there.url)) as client:
        every: dict[str, Subgraph] = {**parts, failing_part: await away(there.url, client, failing_part)}
        answered = await answer(SUPERGRAPH, every, text)
    return answered.data, told(answered)


async def test_the_path_names_the_fields_that_are_null() -> None:
    shop = gives(products=[{"id": "p1", "name": "n"}, None, {"id": None, "name": "m"}], one={"id": "p2", "name": "o"})
    data, errors = await failing("{ products { name stock on: shelf } one { name } }", "store", shop=shop)
    # The third has no key: nobody was asked about it, so its nulls are not the failure's.
    assert data["products"] == [{"name": "n", "stock": None, "on": None}, None, {"name": "m", "stock": None, "on": None}]
    assert errors == [("SUBGRAPH_UNREACHABLE", ("products", 0, "on")), ("SUBGRAPH_UNREACHABLE", ("products", 0, "stock"))]


async def test_a_field_that_is_lost_with_what_it_needs_is_named_too() -> None:
    data, errors = await failing("{ one { name rebate } }", "store", shop=gives(one={"id": "p2", "name": "o"}), bank=knows())
    assert data == {"one": {"name": "o", "rebate": None}}
    # `stock`, which only the planner asked for, is not told of.
    assert errors == [("SUBGRAPH_UNREACHABLE", ("one", "rebate"))]


async def test_a_field_that_came_all_the_same_is_not_named() -> None:
    data, errors = await failing("{ one { price stock } }", "store", shop=gives(one={"id": "p2"}), bank=knows(p2={"price": 2.5}))
    assert data == {"one": {"price": 2.5, "stock": None}}
    assert errors == [("SUBGRAPH_UNREACHABLE", ("one", "stock"))]


async def test_below_a_lost_field_nothing_more_is_named() -> None:
    data, errors = await failing("{ one { name maker { id title } } }", "store", shop=gives(one={"id": "p2", "name": "o"}), trade=knows())
    assert data == {"one": {"name": "o", "maker": None}}
    assert errors == [("SUBGRAPH_UNREACHABLE", ("one", "maker"))]


async def test_an_evil_entity_is_told_at_the_fields_it_does_not_give() -> None:
    store = answers({"data": {"_entities": [{"__typename": "Evil"}]}})
    async with serving(store) as there, pool_of(Rules(url=there.url)) as client:
        parts = {"shop": gives(products=[{"id": "p1", "name": "n"}]), "store": await away(there.url, client, "store")}
        answered = await answer(SUPERGRAPH, parts, "{ products { name stock } }")
    assert answered.data == {"products": [{"name": "n", "stock": None}]}
    assert told(answered) == [("SUBGRAPH_MALFORMED", ("products", 0, "stock"))]


async def test_a_field_of_another_type_is_not_named() -> None:
    supergraph = supergraph_of(
        shop='type Query { all: [Any!]! } union Any = A | B type A @key(fields: "id") { id: ID! } type B @key(fields: "id") { id: ID! }',
        store='type A @key(fields: "id") { id: ID! one: Int } type B @key(fields: "id") { id: ID! two: Int }',
    )
    shop = gives(all=[{"__typename": "A", "id": "1"}, {"__typename": "B", "id": "2"}])
    async with serving(sends(close=True)) as there, pool_of(Rules(url=there.url)) as client:
        parts = {"shop": shop, "store": await away(there.url, client, "store")}
        answered = await answer(supergraph, parts, "query ($no: Boolean = false) { all { ... on A { one x: one @include(if: $no) } ... on B { two } } }")
    assert told(answered) == [("SUBGRAPH_UNREACHABLE", ("all", 0, "one")), ("SUBGRAPH_UNREACHABLE", ("all", 1, "two"))]


@pytest.mark.parametrize(("depth", "fits"), [(1, True), (99, True), (300, False), (1000, False)])
def test_a_value_that_could_not_be_written_again_is_null_at_its_place(depth: int, fits: bool) -> None:
    """It would have taken the whole answer with it: writers of JSON follow 254 levels."""
    value: Any = {"leaf": 1}
    for step in range(depth - 1):
        value = [value] if step % 2 else {"below": value}
    result = judged(plan_of(SCALARS, "{ item { int any } }").fetches[0], {"data": {"item": {"int": 1, "any": value}}})
    assert result.data == {"item": {"int": 1, "any": value if fits else None}}
    assert told(result) == ([] if fits else [("SUBGRAPH_MALFORMED", ("item", "any"))])
    assert len(orjson.dumps(result.data)) > 10
