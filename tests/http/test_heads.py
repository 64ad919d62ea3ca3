"""What is no HTTP, and a head that is too large or never ends: told in the one shape of errors, and the connection ends."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gateway.edge import http_protocol
from gateway.edge.http_protocol import MOST_HEAD_BYTES

GOOD = b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n"


async def told(port: int, *parts: bytes) -> tuple[int, Any]:
    """Status and error of what is sent in these parts; the connection has to end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)
        answer = await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return 0, None
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, json.loads(body)["errors"][0]["extensions"]["code"] if body else None


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\na\x01b: c\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: many\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}",
        b"POST /graphql HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_is_no_http_has_a_code(port: int, sent: bytes) -> None:
    assert (await told(port, sent))[0] == 400


async def test_the_code_is_the_documented_one(port: int) -> None:
    assert await told(port, b"GET / HTTP/1.1\r\nhost: a\r\na\x01b: c\r\n\r\n") == (400, "MALFORMED_HTTP")


@pytest.mark.parametrize(
    "parts",
    [
        (b"GET /" + b"x" * MOST_HEAD_BYTES + b" HTTP/1.1\r\nhost: a\r\n\r\n",),
        (b"GET / HTTP/1.1\r\nhost: a\r\n" + b"a: b\r\n" * (MOST_HEAD_BYTES // 2) + b"\r\n",),
        (b"GET / HTTP/1.1\r\nhost: a\r\na: ", *[b"y" * (MOST_HEAD_BYTES // 4)] * 6),
    ],
)
async def test_a_head_has_a_size(port: int, parts: tuple[bytes, ...]) -> None:
    assert await told(port, *parts) == (431, "HEAD_TOO_LARGE")


async def test_of_a_head_in_pieces_that_comes_behind_a_body_its_own_bytes_count(port: int) -> None:
    """Most of the first piece is the body before, and of the last one the body behind."""
    body = b'{"query": "{ __typename }"%b}' % (b" " * 2 * MOST_HEAD_BYTES)
    head = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: %d\r\na: %b\r\n\r\n"
    request = head % (len(body), b"x" * (MOST_HEAD_BYTES // 2)) + body
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in (request + request[:100], request[100 : MOST_HEAD_BYTES // 4], request[MOST_HEAD_BYTES // 4 :]):
        writer.write(piece)
        await asyncio.sleep(0.05)
    for _ in range(2):
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert answer.startswith(b"HTTP/1.1 401 ")
        length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r")[0])
        await asyncio.wait_for(reader.readexactly(length), 5)
    writer.close()


async def test_a_head_has_a_time_and_a_connection_that_has_had_one_goes_on(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_S", 0.2)
    for sent in ((), (b"GET /health HT",), (b"GET /health HTTP/1.1\r\n", b"host: a\r\n")):
        assert await told(port, *sent) == (0, None)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for wait_s in (0, 0.4):
        # Between requests it is uvicorn's time that counts.
        await asyncio.sleep(wait_s)
        writer.write(GOOD)
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).startswith(b"HTTP/1.1 ")
        await asyncio.wait_for(reader.read(4096), 5)
    writer.close()
