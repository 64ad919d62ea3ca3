"""This module is in charge of the bytes between the gateway and a subgraph: pieces, interim answers, what nobody asked for, and connections that are shared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.execution.remote_body import Unusable
from gateway.execution.remote_connection import MAX_HEAD, BrokenOff, Disconnected, Late
from gateway.execution.remote_wire import Wire
from gateway.settings import Subgraph
from tests.execution.test_remote import Behaviour, Misbehaving, Writer, response, sends, serving

BODY: Final = b'{"data": {"item": null}}'
WHOLE: Final = response(BODY)
UNTIL_CLOSED: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
CHUNKED: Final = UNTIL_CLOSED[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"
HEADERS: Final = {"Accept": "application/json"}
MOST: Final = 10_000


@asynccontextmanager
async def wired(behaviour: Behaviour, **more: object) -> AsyncIterator[tuple[Wire, Misbehaving]]:
    async with serving(behaviour) as there:
        wire = Wire(Subgraph(url=there.url, max_bytes=MOST, **more))  # type: ignore[arg-type]
        yield wire, there
        wire.close()


async def posted(wire: Wire, seconds: float = 2.0, body: bytes = b"{}") -> bytes:
    return await wire.post(HEADERS, body, asyncio.get_running_loop().time() + seconds)


async def test_the_request_is_whole_and_said_once() -> None:
    async with wired(sends(WHOLE)) as (wire, there):
        assert await posted(wire, body=b'{"query": "{a}"}') == BODY
    place = there.url.removeprefix("http://").removesuffix("/graphql")
    head = f"POST /graphql HTTP/1.1\r\nHost: {place}\r\nUser-Agent: cellgate\r\nAccept: application/json\r\nContent-Length: 16\r\n\r\n"
    assert (there.requests[0].head, there.requests[0].body) == (head, {"query": "{a}"})


@pytest.mark.parametrize("header", ["a\r\nX: 1", "a\nX: 1", "a\0"])
async def test_a_header_cannot_begin_another(header: str) -> None:
    async with wired(sends(WHOLE)) as (wire, there):
        with pytest.raises(ValueError, match="line breaks"):
            await wire.post({"X-Tenant": header}, b"{}", asyncio.get_running_loop().time() + 1)
        assert there.requests == []


async def test_one_connection_serves_one_request_after_the_other() -> None:
    async with wired(sends(WHOLE)) as (wire, there):
        assert [await posted(wire) for _ in range(5)] == [BODY] * 5
        assert (len(there.requests), len(there.connections)) == (5, 1)


@pytest.mark.parametrize(
    "last",
    [
        response(BODY, "200 OK", "application/json", "Connection: close"),
        WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0"),
        WHOLE + b"HTTP/1.1 200 OK\r\n",
        WHOLE + WHOLE,
    ],
    ids=["close", "1.0", "half of another", "another"],
)
async def test_what_cannot_be_used_again_is_not(last: bytes) -> None:
    async with wired(sends(last)) as (wire, there):
        assert [await posted(wire) for _ in range(3)] == [BODY] * 3
        assert len(there.connections) == 3


async def test_what_nobody_asked_for_is_no_answer() -> None:
    """Bytes that come while nothing is asked end the connection."""
    writers: list[Writer] = []

    async def behaviour(writer: Writer) -> None:
        writers.append(writer)
        writer.write(WHOLE)

    async with wired(behaviour) as (wire, there):
        await posted(wire)
        writers[0].write(response(b'{"data": {"forged": 1}}'))
        await asyncio.sleep(0.02)
        assert await posted(wire) == BODY
        assert len(there.connections) == 2


async def test_interim_answers_are_passed_over() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nContent-Type: text/html\r\nLink: </x>\r\n\r\n"
    async with wired(sends(b"HTTP/1.1 100 Continue\r\n\r\n" + interim, WHOLE)) as (wire, _):
        assert [await posted(wire), await posted(wire)] == [BODY] * 2


async def test_an_answer_without_length_ends_with_the_connection() -> None:
    async with wired(sends(UNTIL_CLOSED, BODY[:5], BODY[5:], close=True)) as (wire, _):
        assert await posted(wire) == BODY


@pytest.mark.parametrize(
    ("parts", "close", "failure"),
    [
        ((), True, Disconnected),
        ((WHOLE[:-1],), True, BrokenOff),
        ((CHUNKED + b"1\r\n",), True, BrokenOff),
        ((b"HTTP/1.1 200",), True, BrokenOff),
        ((b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",), False, BrokenOff),
        ((UNTIL_CLOSED[:-2] + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",), False, BrokenOff),
        ((UNTIL_CLOSED[:-2] + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",), False, BrokenOff),
        ((b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (MAX_HEAD // 6),), False, BrokenOff),
        ((b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000,) * (MAX_HEAD // 1000 + 1), False, BrokenOff),
        ((UNTIL_CLOSED + b" " * (MOST + 1),), False, Unusable),
        ((WHOLE[:-1],), False, Late),
        ((), False, Late),
    ],
)
async def test_what_is_no_answer(parts: tuple[bytes, ...], close: bool, failure: type[Exception]) -> None:
    async with wired(sends(*parts, close=close)) as (wire, there):
        for _ in range(2):
            with pytest.raises(failure):
                await posted(wire, 0.2)
        assert len(there.connections) == 2


async def test_no_more_connections_than_are_allowed() -> None:
    release = asyncio.Event()

    async def waits(writer: Writer) -> None:
        await release.wait()
        writer.write(WHOLE)

    async with wired(waits, connections=2) as (wire, there):
        calls = [asyncio.create_task(posted(wire)) for _ in range(6)]
        await asyncio.sleep(0.05)
        assert len(there.connections) == 2
        # One that has a connection and one that waits for one go away; the others lose nothing by it.
        calls[0].cancel()
        calls[3].cancel()
        await asyncio.sleep(0.05)
        release.set()
        results = await asyncio.gather(*calls, return_exceptions=True)
    assert [each == BODY for each in results] == [False, True, True, False, True, True]


async def test_who_waits_for_a_connection_waits_no_longer_than_its_time() -> None:
    async def never(_writer: Writer) -> None:
        await asyncio.Event().wait()

    async with wired(never, connections=1) as (wire, _):
        first = asyncio.create_task(posted(wire, 0.5))
        await asyncio.sleep(0.02)
        with pytest.raises(Late, match="no connection"):
            await posted(wire, 0.1)
        with pytest.raises(Late, match="time is over"):
            await first


async def test_closing_ends_what_is_under_way() -> None:
    async def never(_writer: Writer) -> None:
        await asyncio.Event().wait()

    async with wired(never, connections=2) as (wire, there):
        under_way = [asyncio.create_task(posted(wire)) for _ in range(3)]
        while len(there.requests) < 2:
            await asyncio.sleep(0.001)
        wire.close()
        assert [type(each) for each in await asyncio.gather(*under_way, return_exceptions=True)] == [Disconnected] * 3


async def test_closing_ends_what_is_about_to_connect() -> None:
    async with wired(sends(WHOLE)) as (wire, there):
        call = asyncio.create_task(posted(wire))
        await asyncio.sleep(0)
        wire.close()
        with pytest.raises(Disconnected):
            await call
        assert there.requests == []


async def test_a_connection_that_nobody_needs_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.execution.remote_connection.KEPT_S", 0.05)
    async with wired(sends(WHOLE), idle_timeout_s=0.05) as (wire, there):
        await posted(wire)
        await asyncio.sleep(0.2)
        assert all(each.done() for each in there.connections)
        assert await posted(wire) == BODY


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 200), max_size=12), framing=st.sampled_from(["length", "chunks", "close"]))
def test_it_does_not_matter_how_an_answer_is_cut(cuts: list[int], framing: str) -> None:
    chunks = CHUNKED + b"8;x=y\r\n" + BODY[:8] + b"\r\n%x\r\n" % (len(BODY) - 8) + BODY[8:] + b"\r\n0\r\nTrailer: a\r\n\r\n"
    whole = {"length": WHOLE, "chunks": chunks, "close": UNTIL_CLOSED + BODY}[framing]
    places = sorted({min(each, len(whole)) for each in cuts})
    parts = [whole[begin:end] for begin, end in zip([0, *places], [*places, len(whole)], strict=True) if begin < end]

    async def behaviour(writer: Writer) -> None:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0)
        if framing == "close":
            writer.close()

    async def both() -> list[bytes]:
        async with wired(behaviour) as (wire, _):
            return [await posted(wire), await posted(wire)]

    assert uvloop.run(both()) == [BODY, BODY]
    assert asyncio.run(both()) == [BODY, BODY]
