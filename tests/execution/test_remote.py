"""This module is in charge of remote subgraphs: a real server on loopback that answers well, badly, late, or with malice."""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import orjson
import pytest

from gateway.execution.remote import HttpSubgraph
from gateway.execution.remote_answer import expected_of, judge
from gateway.execution.remote_pool import Pool, pool_of
from gateway.execution.subgraph import Redaction, SubgraphRequest, SubgraphResult
from gateway.planning.plan import Fetch
from gateway.settings import Subgraph
from tests.execution.answering import answer
from tests.execution.test_run import SUPERGRAPH, gives
from tests.execution.world import context
from tests.planning.composing import plan_of, supergraph_of

Writer = asyncio.StreamWriter
Behaviour = Callable[[Writer], Awaitable[None]]
SCALARS: Final = supergraph_of(
    all="""
type Query { item: Item items(first: Int): [Item!]! }
type Item @key(fields: "id") { id: ID! int: Int float: Float text: String yes: Boolean any: Any list: [Int] item: Item kind: Kind found: Found }
scalar Any
enum Kind { A B }
union Found = Item | Other
type Other { id: ID! }
"""
)
MAX_BYTES: Final = 100_000


@dataclass(slots=True)
class Received:
    """One request as it came over the wire."""

    head: str
    body: Any


@dataclass(slots=True)
class Misbehaving:
    """A server of bytes: it reads a request, and then does what it was told."""

    behaviour: Behaviour
    requests: list[Received] = field(default_factory=list)
    url: str = ""
    connections: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """One connection."""
        connection = asyncio.current_task()
        assert connection is not None
        self.connections.add(connection)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
                self.requests.append(Received(head, orjson.loads(await reader.readexactly(length))))
                await self.behaviour(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(behaviour: Behaviour) -> AsyncIterator[Misbehaving]:
    there = Misbehaving(behaviour)
    server = await asyncio.start_server(there.serve, "127.0.0.1", 0)
    there.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/graphql"
    try:
        yield there
    finally:
        server.close()
        for connection in there.connections:
            connection.cancel()
        await asyncio.gather(*there.connections, return_exceptions=True)


def response(body: bytes, status: str = "200 OK", content_type: str = "application/json", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def sends(*parts: bytes, close: bool = False) -> Behaviour:
    async def behaviour(writer: Writer) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if close:
            writer.close()

    return behaviour


def answers(body: Any) -> Behaviour:
    return sends(response(orjson.dumps(body)))


async def never(_writer: Writer) -> None:
    await asyncio.Event().wait()


def request_of(text: str = "{ item { id int } }") -> SubgraphRequest:
    return SubgraphRequest(plan_of(SCALARS, text).fetches[0], {})


def entity_request(*ids: str) -> SubgraphRequest:
    fetch = plan_of(SUPERGRAPH, "{ products { stock maker { id } } }").fetches[1]
    return SubgraphRequest(fetch, {}, tuple({"__typename": "Product", "id": each} for each in ids))


def calling(url: str) -> Pool | aiohttp.ClientSession:
    """The connections that the tests' calls go over; `transport` says which."""
    return pool_of(Subgraph(url=url, max_bytes=MAX_BYTES))


@pytest.fixture(autouse=True, params=["wire", "aiohttp"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here holds over connections of ours, for http, and over aiohttp's, for https."""
    if request.param == "aiohttp":
        monkeypatch.setattr(sys.modules[__name__], "calling", lambda _url: aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))


async def ask(url: str, request: SubgraphRequest, *, timeout_s: float = 2.0, token: str | None = "minted") -> SubgraphResult:
    async with calling(url) as client:
        subgraph = HttpSubgraph("all", url, client, lambda _context, _name: token, timeout_s, MAX_BYTES)
        return await subgraph.fetch(request, context(asyncio.get_running_loop().time() + 5))


async def asked(behaviour: Behaviour, request: SubgraphRequest | None = None, **more: Any) -> SubgraphResult:
    async with serving(behaviour) as there:
        return await ask(there.url, request or request_of(), **more)


def codes(result: SubgraphResult) -> list[str]:
    return [error.code for error in result.errors]


async def test_a_fetch_is_one_post_under_the_gateways_own_token() -> None:
    async with serving(answers({"data": {"item": {"id": "1", "int": 3}}})) as there:
        result = await ask(there.url, request_of())
    (received,) = there.requests
    assert received.head.startswith("POST /graphql HTTP/1.1\r\n")
    assert "Authorization: Bearer minted\r\n" in received.head
    assert received.body == {"query": "query{item{id int}}", "variables": {}}
    assert (result.data, result.errors) == ({"item": {"id": "1", "int": 3}}, ())


async def test_without_a_token_there_is_no_header() -> None:
    async with serving(answers({"data": {}})) as there:
        await ask(there.url, request_of(), token=None)
    assert "authorization" not in there.requests[0].head.lower()


async def test_an_entity_fetch_sends_its_representations() -> None:
    async with serving(answers({"data": {"_entities": [{"stock": 1, "maker": None}, None]}})) as there:
        result = await ask(there.url, entity_request("p1", "p2"))
    assert there.requests[0].body["variables"] == {"representations": [{"__typename": "Product", "id": "p1"}, {"__typename": "Product", "id": "p2"}]}
    assert result.entities == ({"stock": 1, "maker": None}, None)


GOOD: Final = orjson.dumps({"data": {"item": {"id": "secret-text", "int": 3}}})
CHUNKED: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
BOMB: Final = gzip.compress(b'{"data": "' + b"0" * 50_000_000 + b'"}')


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (sends(response(GOOD, "500 Internal Server Error")), "SUBGRAPH_STATUS"),
        (sends(response(GOOD, "404 Not Found")), "SUBGRAPH_STATUS"),
        (sends(response(GOOD, "302 Found", "application/json", "Location: http://127.0.0.1:1/elsewhere")), "SUBGRAPH_STATUS"),
        (sends(response(GOOD, "307 Temporary Redirect", "application/json", "Location: /again")), "SUBGRAPH_STATUS"),
        (sends(response(GOOD, content_type="text/html")), "SUBGRAPH_MALFORMED"),
        (sends(response(b"<html>secret-text")), "SUBGRAPH_MALFORMED"),
        (sends(response(b"")), "SUBGRAPH_MALFORMED"),
        (sends(response(b'{"data": {"item": \xff}}')), "SUBGRAPH_MALFORMED"),
        (sends(response(b"[" * 50_000)), "SUBGRAPH_MALFORMED"),
        (answers([]), "SUBGRAPH_MALFORMED"),
        (answers("secret-text"), "SUBGRAPH_MALFORMED"),
        (answers({}), "SUBGRAPH_MALFORMED"),
        (answers({"data": None}), "SUBGRAPH_MALFORMED"),
        (answers({"data": []}), "SUBGRAPH_MALFORMED"),
        (answers({"data": {}, "errors": "secret-text"}), "SUBGRAPH_MALFORMED"),
        (answers({"data": {}, "errors": ["secret-text"]}), "SUBGRAPH_MALFORMED"),
        (sends(response(GOOD)[:-10], close=True), "SUBGRAPH_UNREACHABLE"),
        (sends(CHUNKED + b'5\r\n{"dat\r\n', close=True), "SUBGRAPH_UNREACHABLE"),
        (sends(CHUNKED + b"zz\r\n"), "SUBGRAPH_UNREACHABLE"),
        (sends(b"secret-text\r\n\r\n", close=True), "SUBGRAPH_UNREACHABLE"),
        (sends(close=True), "SUBGRAPH_UNREACHABLE"),
        (sends(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", close=True), "SUBGRAPH_UNREACHABLE"),
        (sends(response(b'{"data": "' + b"0" * MAX_BYTES + b'"}')), "SUBGRAPH_TOO_LARGE"),
        (sends(CHUNKED, *[b"4000\r\n" + b" " * 0x4000 + b"\r\n"] * 10), "SUBGRAPH_TOO_LARGE"),
        (sends(response(BOMB, "200 OK", "application/json", "Content-Encoding: gzip")), "SUBGRAPH_MALFORMED"),
        (sends(response(GOOD, "200 OK", "application/json", "Content-Encoding: br")), "SUBGRAPH_MALFORMED"),
    ],
)
async def test_what_is_no_answer_is_one_error_without_its_text(behaviour: Behaviour, code: str) -> None:
    result = await asked(behaviour)
    assert codes(result) == [code]
    assert (result.data, result.entities, result.errors[0].path) == (None, (), ())
    assert "secret" not in result.errors[0].message


@pytest.mark.parametrize("behaviour", [never, sends(response(GOOD)[:-10]), sends(CHUNKED + b"1\r\n{\r\n")])
async def test_what_comes_too_late_is_a_timeout(behaviour: Behaviour) -> None:
    assert codes(await asked(behaviour, timeout_s=0.1)) == ["SUBGRAPH_TIMEOUT"]


async def test_nobody_listens() -> None:
    async with serving(never) as there:
        url = there.url
    assert codes(await ask(url, request_of())) == ["SUBGRAPH_UNREACHABLE"]
    assert codes(await ask("http://no-such-host.invalid/", request_of())) == ["SUBGRAPH_UNREACHABLE"]


async def test_the_rest_of_a_refused_answer_is_not_the_next_answer() -> None:
    async with serving(sends(response(b" " * (MAX_BYTES + 1) + GOOD))) as there, calling(there.url) as client:
        subgraph = HttpSubgraph("all", there.url, client, lambda _context, _name: None, 2.0, MAX_BYTES)
        for _ in range(2):
            result = await subgraph.fetch(request_of(), context(asyncio.get_running_loop().time() + 5))
            assert codes(result) == ["SUBGRAPH_TOO_LARGE"]


async def test_the_subgraphs_errors_keep_their_place_and_lose_their_text() -> None:
    errors = [
        {"message": "secret-text", "path": ["item", "int"], "extensions": {"code": "SUBGRAPH_TIMEOUT", "stack": "secret-text"}},
        {"message": "secret-text", "path": ["item", "secret-text", 3], "extensions": {"code": "secret-text"}},
        {"message": "secret-text", "path": "item", "extensions": ["x"]},
        {"path": ["item", 0, "int"], "extensions": {"code": "UNAUTHENTICATED"}},
        {},
    ]
    result = await asked(answers({"data": {"item": {"id": "1", "int": None}}, "errors": errors}))
    assert [(error.code, error.path) for error in result.errors] == [
        ("SUBGRAPH_TIMEOUT", ("item", "int")),
        ("SUBGRAPH_ERROR", ("item",)),
        ("SUBGRAPH_ERROR", ()),
        ("SUBGRAPH_ERROR", ("item",)),
        ("SUBGRAPH_ERROR", ()),
    ]
    assert all("secret" not in error.message for error in result.errors)


async def test_errors_of_entities_begin_with_the_index() -> None:
    errors = [{"path": ["_entities", 1, "maker", "id"]}, {"path": ["_entities", -1, "stock"]}, {"path": ["_entities", "stock"]}, {"path": ["stock"]}]
    body = {"data": {"_entities": [None, {"stock": 1, "maker": None}]}, "errors": [{**error, "message": "m"} for error in errors]}
    result = await asked(answers(body), entity_request("p1", "p2"))
    assert [error.path for error in result.errors] == [(1, "maker", "id"), (), (), ()]
    assert result.entities == (None, {"stock": 1, "maker": None})


@pytest.mark.parametrize("entities", [None, {}, "x", [], [{}], [{}, {}, {}]])
async def test_entities_have_to_be_as_many_as_were_asked_about(entities: Any) -> None:
    assert codes(await asked(answers({"data": {"_entities": entities}}), entity_request("p1", "p2"))) == ["SUBGRAPH_MALFORMED"]


@pytest.mark.parametrize("data", [None, {"_entities": None}])
async def test_no_entities_with_an_error_is_an_answer(data: Any) -> None:
    result = await asked(answers({"data": data, "errors": [{"message": "m"}]}), entity_request("p1"))
    assert (codes(result), result.entities) == (["SUBGRAPH_ERROR"], ())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("int", "3"),
        ("int", 3.5),
        ("int", True),
        ("int", [3]),
        ("float", "x"),
        ("text", 3),
        ("text", {"x": 1}),
        ("yes", "true"),
        ("id", True),
        ("id", 1.5),
        ("list", 3),
        ("list", {"0": 1}),
        ("item", [{}]),
        ("item", "x"),
        ("found", 7),
    ],
)
def test_a_value_of_the_wrong_shape_is_null_with_its_place(key: str, value: Any) -> None:
    below = " { id }" if key == "item" else " { __typename }" if key == "found" else ""
    fetch = plan_of(SCALARS, f"{{ item {{ {key}{below} }} }}").fetches[0]
    result = judge({"data": {"item": {key: value}}}, fetch, expected_of(fetch, {}), ())
    assert result.data == {"item": {key: None}}
    assert [(error.code, error.path) for error in result.errors] == [("SUBGRAPH_MALFORMED", ("item", key))]


def test_one_wrong_item_of_a_list_is_one_null() -> None:
    fetch = plan_of(SCALARS, "{ items { list } }").fetches[0]
    result = judge({"data": {"items": [{"list": [1, "x", None]}, 7]}}, fetch, expected_of(fetch, {}), ())
    assert result.data == {"items": [{"list": [1, None, None]}, None]}
    assert [error.path for error in result.errors] == [("items", 0, "list", 1), ("items", 1)]


def test_custom_scalars_and_enums_are_left_to_the_schema() -> None:
    fetch = plan_of(SCALARS, "{ item { any kind } }").fetches[0]
    data = {"item": {"any": {"__proto__": [1]}, "kind": "Z"}}
    result = judge({"data": data}, fetch, expected_of(fetch, {}), ())
    assert (result.data, result.errors) == (data, ())


def test_keys_that_nobody_asked_for_are_dropped() -> None:
    fetch = plan_of(SCALARS, "{ item { id } }").fetches[0]
    hostile = {"id": "1", "int": 5, "__proto__": {"id": "9"}, "__class__": "x", "__typename": "Other", "constructor": {}}
    result = judge({"data": {"item": hostile, "other": 1}, "surprise": 1}, fetch, expected_of(fetch, {}), ())
    assert result.data == {"item": {"id": "1"}}


def redactions(fetch: Fetch, *listed: Any) -> tuple[Redaction, ...]:
    entities = {"_entities": [{}]} if fetch.is_entity else {}
    body = {"data": entities, "extensions": {"redactions": list(listed)}}
    return judge(body, fetch, expected_of(fetch, {}), [{"__typename": "Product", "id": "p1"}]).redactions


def test_redactions_are_taken_in_one_shape_only() -> None:
    fetch = plan_of(SCALARS, "{ item { int item { text } } }").fetches[0]
    good = {"path": ["item", "item", "text"], "reason": "NOT_CUSTODIAN", "policyId": "rows/v1:2"}
    assert redactions(fetch, good) == (Redaction(("item", "item", "text"), "NOT_CUSTODIAN", "rows/v1:2"),)
    for bad in (
        None,
        {},
        {**good, "path": []},
        {**good, "path": "item"},
        {**good, "path": ["item", 0, "text"]},
        {**good, "path": ["item", "secret"]},
        {**good, "reason": "a b"},
        {**good, "reason": "x" * 65},
        {**good, "reason": None},
        {**good, "policyId": "a\nb"},
        {**good, "policyId": 7},
    ):
        assert redactions(fetch, bad) == ()


def test_redactions_of_entities_are_below_the_entity() -> None:
    fetch = entity_request("p1").fetch
    reason = {"reason": "A", "policyId": "p"}
    assert redactions(fetch, {"path": ["_entities", "stock"], **reason}, {"path": ["stock"], **reason}, {"path": ["_entities"], **reason}) == (
        Redaction(("stock",), "A", "p"),
    )


async def test_a_dead_subgraph_leaves_the_rest_of_the_answer() -> None:
    async with serving(sends(close=True)) as there, calling(there.url) as client:
        store = HttpSubgraph("store", there.url, client, lambda _context, _name: None, 2.0, MAX_BYTES)
        parts: dict[str, Any] = {"shop": gives(products=[{"id": "p1", "name": "n"}]), "store": store}
        answered = await answer(SUPERGRAPH, parts, "{ products { name stock } }")
    assert answered.data == {"products": [{"name": "n", "stock": None}]}
    assert [(error.code, error.path) for error in answered.errors] == [("SUBGRAPH_UNREACHABLE", ("products", 0, "stock"))]
