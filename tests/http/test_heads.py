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
    """Status and code of what is sent in these parts; the connection has to end."""
    status, error = await told_whole(port, *parts)
    return status, error and error["extensions"]["code"]


async def told_whole(port: int, *parts: bytes) -> tuple[int, Any]:
    """Status and error."""
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
    return int(head.split()[1]) if head else 0, json.loads(body)["errors"][0] if body else None


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


@pytest.mark.parametrize("codings", [b"gzip, chunked", b"chunked, chunked", b"identity, chunked", b"chunked\r\ntransfer-encoding: chunked"])
async def test_a_body_is_chunked_or_plain(port: int, codings: bytes) -> None:
    sent = b"POST /graphql HTTP/1.1\r\nhost: a\r\ntransfer-encoding: %b\r\n\r\n0\r\n\r\n" % codings
    status, error = await told_whole(port, sent)
    assert (status, error["extensions"]["code"]) == (400, "MALFORMED_HTTP")


async def test_the_code_is_the_documented_one(port: int) -> None:
    assert await told(port, b"GET / HTTP/1.1\r\nhost: a\r\na\x01b: c\r\n\r\n") == (400, "MALFORMED_HTTP")


H2C = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"


def asking(more: bytes, body: bytes, length: bool = True) -> bytes:
    framed = b"content-length: %d\r\n" % len(body) if length else b"transfer-encoding: chunked\r\n"
    whole = body if length else b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    return b"POST /graphql HTTP/1.1\r\nhost: a\r\nauthorization: Bearer reader\r\ncontent-type: application/json\r\n" + more + framed + b"\r\n" + whole


async def answers_to(port: int, sent: bytes, count: int, cut: int | None = None) -> list[tuple[bytes, bytes]]:
    """Status lines and bodies of what is answered to bytes that come in two parts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    for part in (sent,) if cut is None else (sent[:cut], sent[cut:]):
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.02)
    for _ in range(count):
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0])
        found.append((head.split(b"\r\n")[0], await asyncio.wait_for(reader.readexactly(length), 5)))
    writer.close()
    return found


@pytest.mark.parametrize("more", [H2C, b"upgrade: tls/1.0\r\nconnection: upgrade\r\n", b"connection: keep-alive\r\nconnection: upgrade\r\nupgrade: h2c, x\r\n"])
@pytest.mark.parametrize("length", [True, False])
async def test_a_request_that_would_like_another_protocol_is_answered_in_this_one(port: int, more: bytes, length: bool) -> None:
    """As Java's HttpClient sends its first request: with a body, which is part of it and no request of its own."""
    body = b'{"query": "{ __typename }"}'
    usual = (await answers_to(port, asking(b"", body), 1))[0]
    assert usual == (b"HTTP/1.1 200 OK", b'{"data":{"__typename":"Query"}}')
    request = asking(more, body, length)
    for cut in (None, 20, request.index(b"{") - 3, request.index(b"{"), len(request) - 4):
        assert await answers_to(port, request + asking(b"", body), 2, cut) == [usual, usual]
    health = b"GET /health HTTP/1.1\r\nhost: a\r\n" + more + b"\r\n"
    assert await answers_to(port, request * 3 + health + request, 5) == [*[usual] * 3, (b"HTTP/1.1 200 OK", b'{"status":"ok"}'), usual]


async def test_a_body_behind_such_a_head_is_no_request(port: int) -> None:
    hidden = b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n"
    for cut in (None, asking(H2C, hidden).index(hidden)):
        ((status, told),) = await answers_to(port, asking(H2C, hidden), 1, cut)
        assert (status, json.loads(told)["errors"][0]["extensions"]["code"]) == (b"HTTP/1.1 400 Bad Request", "MALFORMED_JSON")


async def test_many_of_them_at_once_are_read_in_time(port: int) -> None:
    sent = (b"GET /health HTTP/1.1\r\nhost: a\r\n" + H2C + b"\r\n") * 2000
    started = asyncio.get_running_loop().time()
    assert len(await answers_to(port, sent, 2000)) == 2000
    assert asyncio.get_running_loop().time() - started < 5


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


@pytest.mark.parametrize(
    ("lines", "told_of"),
    [
        ([], "no Host"),
        ([b"host: a", b"host: a"], "more than one Host"),
        ([b"host: a", b"Host: b"], "more than one Host"),
        *(([b"host: " + value], "not a host's name") for value in (b"a b", b"a/b", b"a@b", b"a:b", b"[::1", b"a:80:80", b"\xe4", b"%zz", b"http://a")),
        *(([b"host: " + value], "not a host's name") for value in (b":80", b"[zz]", b"[]", b"[1:2]:80", b"[::1%1]")),
        *(([b"host: " + value], "more than 65535") for value in (b"a:65536", b"[::1]:99999999", b"a:" + b"9" * 6000)),
        *(([b"host:" + value], "is empty") for value in (b"", b" ", b" \t")),
    ],
)
async def test_a_request_names_one_host(port: int, lines: list[bytes], told_of: str) -> None:
    status, error = await told_whole(port, b"\r\n".join([b"GET /health HTTP/1.1", *lines, b"", b""]))
    assert (status, error["extensions"]["code"]) == (400, "MALFORMED_HTTP")
    assert told_of in error["message"]


@pytest.mark.parametrize(
    "host", [b"a", b"a.b:8000", b"127.0.0.1:8000", b"[::1]:8000", b"a_b", b"a:", b"a:00080", b"a\t", b"[v1.a]", b"xn--fiq228c.example", b"%C3%A4"]
)
async def test_hosts_that_can_be_are_taken(port: int, host: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /health HTTP/1.1\r\nhost: %b\r\nconnection: close\r\n\r\n" % host)
    assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_older_requests_need_no_host(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /health HTTP/1.0\r\n\r\n")
    assert b" 200 " in (await asyncio.wait_for(reader.read(), 5))[:20]
    writer.close()


async def test_versions_that_nobody_speaks_in_text_are_refused(port: int) -> None:
    for version in (b"2.0", b"0.9", b"3.0"):
        status, error = await told_whole(port, b"POST /graphql HTTP/%b\r\nhost: a\r\ncontent-length: 0\r\n\r\n" % version)
        assert (status, error["extensions"]["code"]) == (400, "MALFORMED_HTTP")


KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE, VERSION = (b"Connection: Upgrade", b"Upgrade: websocket"), b"Sec-WebSocket-Version: 13"


@pytest.mark.parametrize(
    ("lines", "status", "code", "told_of"),
    [
        ([*UPGRADE, VERSION], 400, "MALFORMED_HANDSHAKE", "one header Sec-WebSocket-Key"),
        ([*UPGRADE, VERSION, KEY, KEY], 400, "MALFORMED_HANDSHAKE", "one header Sec-WebSocket-Key"),
        ([*UPGRADE, VERSION, b"Sec-WebSocket-Key: short"], 400, "MALFORMED_HANDSHAKE", "16 bytes"),
        ([*UPGRADE, VERSION, b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ="], 400, "MALFORMED_HANDSHAKE", "16 bytes"),
        ([*UPGRADE, VERSION, b"Sec-WebSocket-Key: \xe4"], 400, "MALFORMED_HANDSHAKE", "16 bytes"),
        ([*UPGRADE, KEY], 400, "MALFORMED_HANDSHAKE", "Sec-WebSocket-Version"),
        ([*UPGRADE, KEY, VERSION, VERSION], 400, "MALFORMED_HANDSHAKE", "Sec-WebSocket-Version"),
        ([*UPGRADE, KEY, b"Sec-WebSocket-Version: 8"], 426, "WEBSOCKET_VERSION", "13"),
        ([*UPGRADE, UPGRADE[1], KEY, VERSION], 400, "MALFORMED_HANDSHAKE", "Upgrade"),
        ([UPGRADE[1], KEY, VERSION], 400, "MALFORMED_HANDSHAKE", "Connection"),
        ([UPGRADE[0], KEY, VERSION], 400, "MALFORMED_HANDSHAKE", "Upgrade"),
        ([UPGRADE[0], b"Upgrade: h2c", KEY, VERSION], 400, "MALFORMED_HANDSHAKE", "Upgrade"),
        ([*UPGRADE, KEY, VERSION, b"Content-Length: 2"], 400, "MALFORMED_HANDSHAKE", "no body"),
        ([*UPGRADE, KEY, VERSION, b"Origin: http://a", b"Origin: http://a"], 400, "MALFORMED_HANDSHAKE", "Origin"),
        ([b"Connection: Upgrade, a b", UPGRADE[1], KEY, VERSION], 400, "MALFORMED_HANDSHAKE", "Connection"),
        *(
            ([*UPGRADE, KEY, VERSION, b"Sec-WebSocket-%b: %b" % (name, value)], 400, "MALFORMED_HANDSHAKE", f"Sec-WebSocket-{name.decode()} of")
            for name, values in ((b"Protocol", (b"a b", b"", b",,", b"\xff", b"a b" * 1000)), (b"Extensions", (b";;;", b"permessage-deflate; =", b"")))
            for value in values
        ),
        ([*UPGRADE, KEY, VERSION, b"a: " + b"x" * 8192], 431, "HEAD_TOO_LARGE", "line"),
        ([*UPGRADE, KEY, VERSION, *[b"a: b"] * 200], 431, "HEAD_TOO_LARGE", "headers"),
    ],
)
async def test_what_is_no_handshake_is_told_what_it_lacks(port: int, lines: list[bytes], status: int, code: str, told_of: str) -> None:
    sent = b"\r\n".join([b"GET /graphql HTTP/1.1", b"host: a", *lines, b"", b""])
    found, error = await told_whole(port, sent)
    assert (found, error["extensions"]["code"]) == (status, code)
    assert told_of in error["message"]
    assert len(error["message"]) < 300


async def test_a_wrong_version_is_told_the_right_one(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\r\n".join([b"GET /graphql HTTP/1.1", b"host: a", *UPGRADE, KEY, b"Sec-WebSocket-Version: 14", b"", b""]))
    assert b"\r\nsec-websocket-version: 13\r\n" in await asyncio.wait_for(reader.read(), 5)
    writer.close()


async def test_handshakes_are_for_get_and_for_one_address(port: int) -> None:
    rest = [b"host: a", *UPGRADE, KEY, VERSION, b"", b""]
    assert await told(port, b"\r\n".join([b"POST /graphql HTTP/1.1", *rest])) == (405, "METHOD_NOT_ALLOWED")
    assert await told(port, b"\r\n".join([b"GET /gr\xe4phql HTTP/1.1", *rest])) == (400, "MALFORMED_HTTP")
    assert await told(port, b"\r\n".join([b"GET /health HTTP/1.1", *rest])) == (404, "NOT_FOUND")
    assert await told(port, b"\r\n".join([b"GET /graphql HTTP/1.0", *rest])) == (400, "MALFORMED_HANDSHAKE")
