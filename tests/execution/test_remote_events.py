"""This module is in charge of subscriptions to remote subgraphs: both protocols against real servers that behave, break off, or are hostile."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from gateway.execution.remote import HttpSubgraph
from gateway.execution.remote_pool import pool_of
from gateway.execution.subgraph import EventSource, SubgraphRequest, SubgraphResult
from gateway.settings import Subgraph
from tests.execution.test_remote import codes
from tests.execution.world import context
from tests.planning.composing import plan_of, supergraph_of

WORLD = supergraph_of(all="type Query { a: Int } type Subscription { item(id: ID): Item } type Item { id: ID text: String }")
REQUEST = SubgraphRequest(plan_of(WORLD, "subscription($id: ID) { item(id: $id) { id } }").fetches[0], {"id": "7"})
Play = Callable[[web.WebSocketResponse], Awaitable[None]]
MOST = 5_000


class Server:
    """Plays what it is told, at /graphql, by both protocols."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.content_type = "text/event-stream"
        self.hangs = False
        self.play: Play | None = None
        self.protocols: tuple[str, ...] = ("graphql-transport-ws",)
        self.heard: list[Any] = []
        self.heads: list[Any] = []
        self.gone = asyncio.Event()
        self.url = ""
        self.redirect = ""

    async def posted(self, request: web.Request) -> web.StreamResponse:
        self.heads.append(request.headers)
        self.heard.append(await request.json())
        response = web.StreamResponse(headers={"Content-Type": self.content_type})
        await response.prepare(request)
        for chunk in self.chunks:
            await response.write(chunk)
            await asyncio.sleep(0)
        try:
            while self.hangs:
                await response.write(b":\n\n")
                await asyncio.sleep(0.01)
        except ConnectionError:
            pass
        finally:
            self.gone.set()
        return response

    async def opened(self, request: web.Request) -> web.StreamResponse:
        if self.redirect:
            raise web.HTTPFound(self.redirect)
        self.heads.append(request.headers)
        socket = web.WebSocketResponse(protocols=self.protocols)
        await socket.prepare(request)
        if self.play is not None:
            await self.play(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.heard.append(json.loads(message.data))
        self.gone.set()
        return socket


@asynccontextmanager
async def serving(certified: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """The server, over TLS where it has a certificate."""
    server = Server()
    app = web.Application()
    app.router.add_post("/graphql", server.posted)
    app.router.add_get("/graphql", server.opened)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certified).start()
    server.url = f"{'https' if certified else 'http'}://127.0.0.1:{runner.addresses[0][1]}/graphql"
    yield server
    await runner.cleanup()


async def events(server: Server, kind: Any, most: int = 10) -> list[SubgraphResult]:
    rules = Subgraph(url=server.url, events=kind, max_bytes=MOST, idle_timeout_s=10.0 if server.play else 0.3)
    async with pool_of(rules) as client, asyncio.timeout(15):
        source = HttpSubgraph("all", server.url, client, lambda _context, _name: "minted", 1.0, MOST, rules)
        assert isinstance(source, EventSource)
        found = []
        stream = source.subscribe(REQUEST, context(asyncio.get_running_loop().time() + 5))
        async for event in stream:
            found.append(event)
            if len(found) == most:
                break
        await stream.aclose()
    return found


def sse(*payloads: Any, end: bytes = b"event: complete\ndata:\n\n") -> bytes:
    return b"".join(b"event: next\ndata: " + json.dumps(each).encode() + b"\n\n" for each in payloads) + end


def item(id_: str) -> Any:
    return {"data": {"item": {"id": id_, "text": "not asked for"}}}


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_events_of_a_stream_however_they_are_cut(size: int) -> None:
    text = b":\n\n" + sse(item("1"), item("2")).replace(b"\n", b"\r\n")
    async with serving() as server:
        server.chunks = [text[at : at + size] for at in range(0, len(text), size)]
        found = await events(server, "sse")
    assert [each.data for each in found] == [{"item": {"id": "1"}}, {"item": {"id": "2"}}]
    assert server.heard == [{"query": REQUEST.fetch.document, "variables": {"id": "7"}}]
    assert (server.heads[0]["Accept"], server.heads[0]["Authorization"]) == ("text/event-stream", "Bearer minted")


@pytest.mark.parametrize(
    ("chunks", "kind", "found"),
    [
        ([sse(item("1"), end=b"")], "text/event-stream", ["", "SUBGRAPH_UNREACHABLE"]),
        ([], "text/event-stream", ["SUBGRAPH_UNREACHABLE"]),
        ([b"{}"], "application/json", ["SUBGRAPH_MALFORMED"]),
        ([b"event: next\ndata: {\n\n"], "text/event-stream", ["SUBGRAPH_MALFORMED"]),
        ([sse([])], "text/event-stream", ["SUBGRAPH_MALFORMED"]),
        ([sse({"data": {"item": 7}})], "text/event-stream", ["SUBGRAPH_MALFORMED"]),
        ([b"data: " + b"x" * (MOST + 1)], "text/event-stream", ["SUBGRAPH_TOO_LARGE"]),
        ([b"event: next\n" + b"data: x\n" * MOST], "text/event-stream", ["SUBGRAPH_TOO_LARGE"]),
    ],
)
async def test_a_stream_that_is_wrong_ends_with_a_code(chunks: list[bytes], kind: str, found: list[str]) -> None:
    async with serving() as server:
        server.chunks, server.content_type = chunks, kind
        assert [",".join(codes(each)) for each in await events(server, "sse")] == found


@pytest.mark.parametrize("kind", ["sse", "websocket"])
async def test_who_stops_listening_hangs_up(kind: str) -> None:
    async with serving() as server:
        server.chunks, server.hangs, server.play = [sse(item("1"), end=b"")], True, playing(item("1"))
        assert len(await events(server, kind, most=1)) == 1
        async with asyncio.timeout(10):
            await server.gone.wait()


def playing(*payloads: Any, last: dict[str, Any] | None = None) -> Play:
    async def play(socket: web.WebSocketResponse) -> None:
        assert (await socket.receive_json())["type"] == "connection_init"
        await socket.send_json({"type": "ping"})
        assert (await socket.receive_json())["type"] == "pong"
        await socket.send_json({"type": "connection_ack"})
        asked = await socket.receive_json()
        assert (asked["type"], asked["payload"]["variables"]) == ("subscribe", {"id": "7"})
        for payload in payloads:
            await socket.send_json({"type": "next", "id": asked["id"], "payload": payload})
        if last is not None:
            await socket.send_json({"id": asked["id"], **last})

    return play


async def test_events_of_a_socket() -> None:
    async with serving() as server:
        server.play = playing(item("1"), item("2"), last={"type": "complete"})
        found = await events(server, "websocket")
    assert [each.data for each in found] == [{"item": {"id": "1"}}, {"item": {"id": "2"}}]
    assert server.heads[0]["Authorization"] == "Bearer minted"


async def says(socket: web.WebSocketResponse, text: str) -> None:
    await socket.receive()
    await socket.send_str(text)


async def closes(socket: web.WebSocketResponse) -> None:
    await socket.receive()
    await socket.close(code=4403)


@pytest.mark.parametrize(
    ("play", "code"),
    [
        (playing(last={"type": "error", "payload": [{"message": "secret"}]}), "SUBGRAPH_ERROR"),
        (playing(last={"type": "error", "payload": "secret"}), "SUBGRAPH_MALFORMED"),
        (playing(last={"type": "next"}), "SUBGRAPH_MALFORMED"),
        (playing({"data": {"item": {"id": "x" * MOST}}}), "SUBGRAPH_TOO_LARGE"),
        (playing(last={"type": "surprise"}), "SUBGRAPH_MALFORMED"),
        (lambda socket: says(socket, "{"), "SUBGRAPH_MALFORMED"),
        (lambda socket: says(socket, "[]"), "SUBGRAPH_MALFORMED"),
        (closes, "SUBGRAPH_UNREACHABLE"),
        (None, "SUBGRAPH_TIMEOUT"),
    ],
)
async def test_a_socket_that_is_wrong_ends_with_a_code(play: Play | None, code: str) -> None:
    async with serving() as server:
        server.play = play
        found = await events(server, "websocket")
    assert [codes(each) for each in found] == [[code]]
    assert "secret" not in found[0].errors[0].message


async def test_another_protocol_is_refused() -> None:
    async with serving() as server:
        server.protocols = ("graphql-ws",)
        assert [codes(each) for each in await events(server, "websocket")] == [["SUBGRAPH_MALFORMED"]]


async def test_a_redirected_handshake_leads_nowhere() -> None:
    async with serving() as server, serving() as inside:
        server.redirect = inside.url
        assert [codes(each) for each in await events(server, "websocket")] == [["SUBGRAPH_UNREACHABLE"]]
        assert (inside.heads, inside.heard) == ([], [])


async def test_nobody_is_there() -> None:
    async with serving() as server:
        pass
    for kind in ("sse", "websocket"):
        assert [codes(each) for each in await events(server, kind)] == [["SUBGRAPH_UNREACHABLE"]]


def test_without_a_setting_there_are_no_events() -> None:
    rules = Subgraph(url="http://a")
    assert not HttpSubgraph("a", rules.url, None, lambda _context, _name: None, 1.0, 1, rules).has_events  # type: ignore[arg-type]
    assert HttpSubgraph("a", rules.url, None, lambda _c, _n: None, 1.0, 1, replace(rules, events="sse")).has_events  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [b"1e400", b'"\\ud800"', b"[" * 1100 + b"]" * 1100, b"18446744073709551616"])
async def test_a_value_that_cannot_be_written_ends_no_events(value: bytes) -> None:
    bad = b'{"data":{"item":{"id":%b}}}' % value
    lost = [({"item": {"id": None}}, [("SUBGRAPH_MALFORMED", ("item", "id"))]), ({"item": {"id": "2"}}, [])]

    async def play(socket: web.WebSocketResponse) -> None:
        await socket.receive()
        await socket.send_json({"type": "connection_ack"})
        await socket.receive()
        await socket.send_str(f'{{"id":"1","type":"next","payload":{bad.decode()}}}')
        await socket.send_json({"id": "1", "type": "next", "payload": item("2")})
        await socket.send_json({"id": "1", "type": "complete"})

    async with serving() as server:
        server.chunks = [b"event: next\ndata: " + bad + b"\n\n" + sse(item("2"))]
        assert [(each.data, [(error.code, error.path) for error in each.errors]) for each in await events(server, "sse")] == lost
        server.play = play
        found = [(each.data, [(error.code, error.path) for error in each.errors]) for each in await events(server, "websocket")]
        assert found == lost
