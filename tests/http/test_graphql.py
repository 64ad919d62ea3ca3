"""This module is in charge of testing GraphQL over HTTP: methods, media types, bodies, tokens, time, and clients that go away."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.edge import graphql
from gateway.settings import Limits
from tests.pipeline.gateway_of import TestGateway, http, post

MODERN = ("accept", "application/graphql-response+json")
AS_JSON = ("content-type", "application/json")
QUERY = {"query": "{battery(code: 1) {id}}"}


@pytest.fixture
def gateway() -> TestGateway:
    return TestGateway()


def get_of(**parameters: Any) -> bytes:
    return urlencode(parameters).encode()


async def test_post_is_answered(gateway: TestGateway) -> None:
    answer = await post(gateway.app, QUERY)
    assert (answer.status, answer.json) == (200, {"data": {"battery": {"id": "1"}}})
    assert answer.headers == {
        "content-type": "application/graphql-response+json; charset=utf-8",
        "content-length": str(len(answer.body)),
        "cache-control": "no-store",
        "vary": "accept, authorization",
        "x-request-id": answer.headers["x-request-id"],
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    }


async def test_get_is_answered_for_queries_alone(gateway: TestGateway) -> None:
    query = get_of(query="query ($c: ID!) {battery(code: $c) {id}}", variables='{"c": "x"}', operationName="", extensions="{}")
    assert (await http(gateway.app, "GET", query_string=query, headers=[MODERN])).json == {"data": {"battery": {"id": "1"}}}
    asked = len(gateway.asked)
    for headers in ([MODERN], []):
        answer = await http(gateway.app, "GET", query_string=get_of(query='mutation {rename(code: 1, name: "x") {id}}'), headers=headers)
        assert (answer.status, answer.headers["allow"], answer.code) == (405, "POST", "METHOD_NOT_ALLOWED")
    assert len(gateway.asked) == asked


async def test_which_operation_runs_decides_whether_get_may_run_it(gateway: TestGateway) -> None:
    text = 'query A {battery(code: 1) {id}} mutation B {rename(code: 1, name: "x") {id}}'
    assert (await http(gateway.app, "GET", query_string=get_of(query=text, operationName="A"))).status == 200
    assert (await http(gateway.app, "GET", query_string=get_of(query=text, operationName="B"))).status == 405
    assert (await http(gateway.app, "GET", query_string=get_of(query=text))).code == "OPERATION_NOT_FOUND"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/graphql", "text/plain;application/json"]
)
async def test_get_with_a_content_type_that_needs_no_leave_is_refused(gateway: TestGateway, content_type: str) -> None:
    """GHSA-hff2-gcpx-8f4p."""
    answer = await http(gateway.app, "GET", query_string=get_of(**QUERY), headers=[("content-type", content_type)])
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert (await http(gateway.app, "GET", query_string=get_of(**QUERY), headers=[AS_JSON])).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "QUERY", "post"])
async def test_other_methods_are_refused_with_those_that_there_are(gateway: TestGateway, method: str) -> None:
    answer = await http(gateway.app, method, body=json.dumps(QUERY).encode(), headers=[AS_JSON])
    assert (answer.status, answer.headers["allow"], answer.code) == (405, "GET, POST", "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("content-type", "text/plain")],
        [("content-type", "application/x-www-form-urlencoded")],
        [("content-type", "multipart/form-data; boundary=x")],
        [AS_JSON, ("content-type", "text/plain")],
        [AS_JSON, AS_JSON],
        [("content-type", "application/json; charset=utf-16")],
        [AS_JSON, ("content-encoding", "gzip")],
    ],
)
async def test_a_body_that_is_not_plain_json_is_refused(gateway: TestGateway, headers: list[tuple[str, str]]) -> None:
    answer = await http(gateway.app, body=json.dumps(QUERY).encode(), headers=headers)
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_an_answer_that_the_client_cannot_take_is_not_made(gateway: TestGateway) -> None:
    answer = await http(gateway.app, body=json.dumps(QUERY).encode(), headers=[AS_JSON, ("accept", "text/html")])
    assert (answer.status, answer.code, answer.headers["content-type"]) == (406, "NOT_ACCEPTABLE", "application/json; charset=utf-8")
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("payload", "modern", "legacy"),
    [
        ({"query": "{"}, 400, 200),
        ({"query": "{nothing}"}, 400, 200),
        ({"query": "query ($v: ID!) {battery(code: $v) {id}}"}, 400, 200),
        ({"query": "{battery(code: 1) {id}}", "operationName": "X"}, 400, 200),
        ({"query": "{battery(code: 1, tuned: 1) {id}}"}, 403, 200),
        ({"query": "{battery(code: 1) {soh}}"}, 200, 200),
        ({"query": 1}, 400, 400),
        ({}, 400, 400),
        ([QUERY, QUERY], 400, 400),
    ],
)
async def test_the_status_follows_the_media_type(gateway: TestGateway, payload: Any, modern: int, legacy: int) -> None:
    for accept, status in (("application/graphql-response+json", modern), ("application/json", legacy), ("*/*", legacy)):
        answer = await post(gateway.app, payload, accept=accept)
        assert answer.status == status
        assert ("data" in answer.json) is (payload == {"query": "{battery(code: 1) {soh}}"})


async def test_arrays_of_operations_are_refused_by_name(gateway: TestGateway) -> None:
    assert (await post(gateway.app, [QUERY] * 500)).code == "BATCHING_NOT_SUPPORTED"


@pytest.mark.parametrize("pieces", [1, 2, 50])
async def test_the_body_is_bounded_however_it_comes(pieces: int) -> None:
    gateway = TestGateway(limits=Limits(body_bytes=1000))
    body = json.dumps({"query": "{battery(code: 1) {id}}" + " " * 960}).encode()

    async def send(content: bytes, *headers: tuple[str, str]) -> Any:
        size = -(-len(content) // pieces)
        return await http(gateway.app, body=[content[i : i + size] for i in range(0, len(content), size)], headers=[AS_JSON, MODERN, *headers])

    assert len(body) <= 1000
    assert (await send(body)).status == 200
    answer = await send(body + b" " * (1001 - len(body)))
    assert (answer.status, answer.code, answer.headers["connection"]) == (413, "BODY_TOO_LARGE", "close")
    # A length that is declared is believed when it is too much, and not believed when it is little.
    assert (await send(body, ("content-length", "5000"))).status == 413
    assert (await send(body, ("content-length", "9" * 5000))).status == 413
    assert (await send(body + b" " * 500, ("content-length", "1"))).status == 413
    assert (await http(gateway.app, "GET", query_string=b"query=" + b"a" * 1000)).status == 413


@pytest.mark.parametrize(
    ("headers", "query", "status", "code"),
    [
        ([], b"", 401, "UNAUTHENTICATED"),
        ([("authorization", "Basic eDp5")], b"", 401, "UNAUTHENTICATED"),
        ([("authorization", "Bearer wrong")], b"", 401, "INVALID_TOKEN"),
        ([("authorization", "Bearer reader"), ("authorization", "Bearer all")], b"", 400, "INVALID_REQUEST"),
        ([("authorization", "Bearer reader")], b"access_token=all", 400, "INVALID_REQUEST"),
        ([("authorization", b"Bearer \xff")], b"", 401, "INVALID_TOKEN"),
    ],
)
async def test_without_one_good_token_nothing_else_is_looked_at(gateway: TestGateway, headers: Any, query: bytes, status: int, code: str) -> None:
    for method, body in (("POST", b"{"), ("GET", b""), ("PUT", b"")):
        answer = await http(gateway.app, method, body=body, headers=headers, query_string=query, token=None)
        assert (answer.status, answer.code) == (status, code)
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert answer.headers["content-length"] == str(len(answer.body))
    assert gateway.recording.entries == []


async def test_a_query_string_that_is_not_ascii_is_no_defect(gateway: TestGateway) -> None:
    assert (await http(gateway.app, "GET", query_string=b"query={a}\xff")).code == "MALFORMED_REQUEST"
    assert (await http(gateway.app, query_string=b"\xff", body=json.dumps(QUERY).encode(), headers=[AS_JSON])).status == 200


async def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphql, "GRACE_S", 0.0)
    gateway = TestGateway(limits=Limits(timeout_s=0.1))

    async def receive() -> Any:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer reader"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers, "client": None, "state": {}}
    await gateway.app(scope, receive, send)
    assert sent[0]["status"] == 504
    assert json.loads(sent[1]["body"])["errors"][0]["extensions"]["code"] == "REQUEST_TIMEOUT"


async def test_what_a_subgraph_does_not_give_in_time_is_null_with_an_error() -> None:
    gateway = TestGateway(limits=Limits(timeout_s=0.1))
    gateway.subgraph.delay_s = 60
    answer = await post(gateway.app, QUERY)
    assert (answer.status, answer.json["data"], answer.code) == (200, {"battery": None}, "SUBGRAPH_TIMEOUT")


@pytest.mark.parametrize("after_s", [0.0, 0.1])
async def test_a_client_that_goes_away_ends_its_request(gateway: TestGateway, after_s: float) -> None:
    gateway.subgraph.delay_s = 60
    messages: list[Any] = [{"type": "http.request", "body": json.dumps(QUERY).encode(), "more_body": False}]

    async def receive() -> Any:
        if messages:
            return messages.pop(0)
        await asyncio.sleep(after_s)
        return {"type": "http.disconnect"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer reader"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers, "client": None, "state": {}}
    async with asyncio.timeout(5):
        await gateway.app(scope, receive, send)
    assert sent == []
    assert gateway.recording.entries[-1].outcome == "cancelled"
    assert (gateway.door.opened, gateway.door.closed) == (1, 1)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_client_that_goes_away_while_it_sends_is_not_answered(gateway: TestGateway) -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer reader"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers, "client": None, "state": {}}
    await gateway.app(scope, receive, send)
    assert sent == []


async def test_being_stopped_is_not_taken_for_a_client_that_went_away(gateway: TestGateway) -> None:
    gateway.subgraph.delay_s = 60
    task = asyncio.ensure_future(post(gateway.app, QUERY))
    while not gateway.asked:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_schema_is_that_of_the_view(gateway: TestGateway) -> None:
    reader = await http(gateway.app, "GET", "/graphql/schema")
    assert (reader.status, reader.headers["content-type"]) == (200, "application/graphql; charset=utf-8")
    assert b"type Battery" in reader.body
    assert b"soc" not in reader.body
    assert b"Health" not in reader.body
    assert b"Health" in (await http(gateway.app, "GET", "/graphql/schema", token="all")).body
    assert (await http(gateway.app, "GET", "/graphql/schema", token=None)).status == 401
    assert (await http(gateway.app, "POST", "/graphql/schema")).headers["allow"] == "GET"
