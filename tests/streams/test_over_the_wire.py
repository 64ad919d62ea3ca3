"""This module is in charge of testing both protocols over real sockets, through the server that is used in production."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
import uvicorn

from gateway.listening import config_of, taken
from gateway.settings import Limits, Settings
from tests.pipeline.gateway_of import TestGateway
from tests.streams.world import Source, gateway_of

COUNTED = "subscription($n: Int) { counted(to: $n) }"


class Server(uvicorn.Server):
    """Leaves signals alone."""

    def install_signal_handlers(self) -> None:
        return


@asynccontextmanager
async def served() -> AsyncIterator[tuple[str, TestGateway, Source]]:
    gateway, source = gateway_of()
    listener = taken("127.0.0.1", 0)
    # Connections inherit it: what the kernel would hold back for a client is megabytes.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    config = config_of(gateway.app, Settings(limits=Limits(body_bytes=10_000)))
    config.loop = "none"
    server = Server(config)
    serving = asyncio.create_task(server._serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql", gateway, source
    finally:
        server.should_exit = server.force_exit = True
        await serving


async def test_a_socket_and_a_stream() -> None:
    async with served() as (url, _, source), aiohttp.ClientSession() as client:
        async with client.ws_connect(url, protocols=("graphql-transport-ws",)) as opened:
            await opened.send_json({"type": "connection_init", "payload": {"authorization": "Bearer reader"}})
            assert await opened.receive_json() == {"type": "connection_ack"}
            await opened.send_json({"type": "subscribe", "id": "a", "payload": {"query": COUNTED, "variables": {"n": 2}}})
            told = [await opened.receive_json() for _ in range(3)]
            assert [each["type"] for each in told] == ["next", "next", "complete"]
            await opened.send_str("x" * 20_000)
            assert (await opened.receive()).data == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        headers = {"Accept": "text/event-stream", "Authorization": "Bearer reader"}
        async with client.post(url, json={"query": COUNTED, "variables": {"n": 2}}, headers=headers) as response:
            assert (await response.text()).count("event: next\n") == 2
        assert source.open == 0


async def test_a_text_that_is_no_utf8_closes_with_a_reason_and_leaves_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for frames in ([(b"\xff\xfe", True)], [(b"\xff\xfe", True)] * 3, [(b'{"a', False), (b"\xe4", False), (b'"}', True)]):
        async with served() as (url, _, _), aiohttp.ClientSession() as client, client.ws_connect(url, protocols=("graphql-transport-ws",)) as opened:
            for number, (data, is_last) in enumerate(frames):
                # The frame as it is on the wire, masked with zeroes: clients' libraries send none of these.
                opcode = 0x00 if number and not frames[number - 1][1] else 0x01
                opened._writer.transport.write(bytes([0x80 * is_last | opcode, 0x80 | len(data), 0, 0, 0, 0]) + data)
            closed = await opened.receive()
            assert (closed.data, closed.extra) == (1007, "A text frame has to be UTF-8")
    assert caplog.records == []


async def test_a_client_that_hangs_up_ends_its_source() -> None:
    async with served() as (url, gateway, source), aiohttp.ClientSession() as client:
        headers = {"Accept": "text/event-stream", "Authorization": "Bearer reader"}
        opened = await client.ws_connect(url, protocols=("graphql-transport-ws",))
        await opened.send_json({"type": "connection_init", "payload": {"authorization": "Bearer reader"}})
        await opened.send_json({"type": "subscribe", "id": "a", "payload": {"query": "subscription { changed(id: 1) { id } }"}})
        response = await client.post(url, json={"query": "subscription { changed(id: 1) { id } }"}, headers=headers)
        async with asyncio.timeout(15):
            while source.open < 2:
                await asyncio.sleep(0.01)
            response.close()
            opened._response.close()  # type: ignore[union-attr]
            while source.open or gateway.served.streams.sockets:
                await asyncio.sleep(0.01)


async def test_a_flood_to_a_client_that_does_not_read_stops_at_the_socket() -> None:
    async with served() as (url, _, source):
        host, port = url.split("/")[2].split(":")
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        small.connect((host, int(port)))
        reader, writer = await asyncio.open_connection(sock=small, limit=1024)
        body = json.dumps({"query": COUNTED, "variables": {"n": 10_000_000}}).encode()
        lines = ["POST /graphql HTTP/1.1", "Host: x", "Authorization: Bearer reader", "Accept: text/event-stream", "Content-Type: application/json"]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}"])
        writer.write(head.encode() + b"\r\n\r\n" + body)
        await reader.readline()
        async with asyncio.timeout(20):
            while not source.open:
                await asyncio.sleep(0.01)
            while source.open:
                await asyncio.sleep(0.05)
        assert 0 < source.made < 10_000_000
        writer.close()
