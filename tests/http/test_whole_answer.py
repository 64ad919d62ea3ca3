"""An answer that is written at once is the answer that uvicorn writes, and what is out of the ordinary is left to it."""

from __future__ import annotations

import asyncio

import pytest

from gateway.edge import whole_answer
from gateway.edge.whole_answer import lines_of

BODY = b'{"query": "{ __typename }"}'
MORE = {b"date", b"x-request-id", b"connection"}


def request(*more: bytes, body: bytes = BODY, token: bytes = b"reader") -> bytes:
    lines = (b"host: a", b"content-type: application/json", b"authorization: Bearer " + token, b"content-length: %d" % len(body), *more)
    return b"POST /graphql HTTP/1.1\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


async def answers(port: int, sent: bytes, count: int = 1) -> list[tuple[bytes, dict[bytes, bytes], bytes]]:
    """Status line, headers by name, and body of so many answers on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    found = []
    for _ in range(count):
        status, *lines = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).split(b"\r\n")[:-2]
        headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
        assert len({name for name, _ in headers}) == len(headers)
        by_name = dict(headers)
        found.append((status, by_name, await asyncio.wait_for(reader.readexactly(int(by_name[b"content-length"])), 5)))
    writer.close()
    return found


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many headers each answer has that is written at once."""
    counts: list[int] = []

    def noted(headers: whole_answer.Headers) -> bytes:
        counts.append(len(headers))
        return lines_of(headers)

    monkeypatch.setattr("gateway.edge.middleware.kept_lines", noted)
    return counts


@pytest.mark.parametrize(
    "sent", [request(), request(body=b'{"query": "{ nothing }"}'), request(body=b"[]"), request(b"accept: application/graphql-response+json")]
)
async def test_both_ways_say_the_same(port: int, written: list[int], sent: bytes) -> None:
    ((status, headers, body),) = await answers(port, sent)
    assert len(written) == 1
    # A connection that is to end is uvicorn's to end.
    ((as_two, headers_as_two, body_as_two),) = await answers(port, sent.replace(b"host: a\r\n", b"host: a\r\nconnection: close\r\n"))
    assert (status, body) == (as_two, body_as_two)
    assert {name: value for name, value in headers.items() if name not in MORE} == {name: value for name, value in headers_as_two.items() if name not in MORE}
    assert headers.keys() | {b"connection"} == headers_as_two.keys()


async def test_a_connection_goes_on_after_it_pipelined_or_not(port: int, written: list[int]) -> None:
    found = await answers(port, request(b"x-request-id: 11111111") + request(b"x-request-id: 22222222") + request(token=b"nobody") + request(), 4)
    assert [status.split()[1] for status, _, _ in found] == [b"200", b"200", b"401", b"200"]
    assert [headers[b"x-request-id"] for _, headers, _ in found[:2]] == [b"11111111", b"22222222"]
    assert len(written) == 3


async def test_a_client_that_waits_to_send_its_body_is_told_to_go_on(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head, body = request(b"expect: 100-continue").split(b"\r\n\r\n")
    writer.write(head + b"\r\n\r\n")
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(body)
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).startswith(b"HTTP/1.1 200 ")
    writer.close()
