"""This module is in charge of a remote subgraph's events: a subscription over server-sent events (graphql-sse, distinct connections) or graphql-transport-ws.

Both give the payloads of `next`, as bytes, and end; a stream that breaks off ends with Unusable. The next event is read when the last one has
been dealt with: a slow client slows its source, and nothing piles up here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Final

import aiohttp
import msgspec
import orjson

from gateway.execution.remote_body import Unusable
from gateway.execution.remote_json import shallower

PROTOCOL: Final = "graphql-transport-ws"
_HEARTBEAT_S: Final = 20.0
_CHUNK: Final = 65_536
_OURS: Final = "1"
_HEADERS_OF_POSTS: Final = frozenset({"content-type", "accept", "accept-encoding"})


class _Message(msgspec.Struct):
    """A message of graphql-transport-ws; its payload as it was written, to be judged by others."""

    type: str
    payload: msgspec.Raw = msgspec.Raw(b"null")


_DECODER: Final = msgspec.json.Decoder(_Message)


async def sse_events(
    client: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str], timeout: aiohttp.ClientTimeout, max_bytes: int
) -> AsyncGenerator[bytes, None]:
    """The events of one POST."""
    headers = {**headers, "Accept": "text/event-stream", "Accept-Encoding": "identity"}
    # Nothing may be said for as long as nothing happens.
    waiting = aiohttp.ClientTimeout(total=None, sock_connect=timeout.sock_connect, sock_read=None)
    async with client.post(url, data=body, headers=headers, allow_redirects=False, auto_decompress=False, timeout=waiting) as response:
        try:
            if not 200 <= response.status < 300:
                raise Unusable("SUBGRAPH_STATUS", f"status {response.status}")
            if response.content_type != "text/event-stream":
                raise Unusable("SUBGRAPH_MALFORMED", "no event stream")
            async for name, data in _parsed(response.content, max_bytes):
                if name == "complete":
                    return
                if name == "next":
                    yield data
            raise Unusable("SUBGRAPH_UNREACHABLE", "the stream ended without complete")
        finally:
            response.close()


async def _parsed(content: aiohttp.StreamReader, max_bytes: int) -> AsyncGenerator[tuple[str, bytes], None]:
    """(event, data) of a stream (HTML, section 9.2.6); no line and no event is longer than is read."""
    rest = b""
    name, data = "", bytearray()
    async for chunk in content.iter_chunked(_CHUNK):
        # A line break may be cut in two.
        *lines, rest = (rest + chunk).replace(b"\r\n", b"\n").split(b"\n")
        for line in lines:
            if not line:
                if name:
                    yield name, bytes(data)
                name, data = "", bytearray()
            elif line.startswith(b"event:"):
                name = line[6:].strip().decode("ascii", "replace")
            elif line.startswith(b"data:"):
                data += line[5:].removeprefix(b" ") + b"\n"
        if len(rest) + len(data) > max_bytes:
            raise Unusable("SUBGRAPH_TOO_LARGE", f"an event of more than {max_bytes} bytes")


async def websocket_events(
    client: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str], timeout: aiohttp.ClientTimeout, max_bytes: int
) -> AsyncGenerator[bytes, None]:
    """The events of one subscription on a socket of its own."""
    headers = {name: value for name, value in headers.items() if name.lower() not in _HEADERS_OF_POSTS}
    waiting = aiohttp.ClientWSTimeout(ws_close=1.0)
    url = "ws" + url.removeprefix("http")
    async with client.ws_connect(url, protocols=(PROTOCOL,), headers=headers, heartbeat=_HEARTBEAT_S, max_msg_size=max_bytes, timeout=waiting) as socket:
        if socket.protocol != PROTOCOL:
            raise Unusable("SUBGRAPH_MALFORMED", f"the socket does not speak {PROTOCOL}")
        await socket.send_json({"type": "connection_init", "payload": {"authorization": headers.get("Authorization", "")}})
        while (message := await _message(socket, timeout.sock_read)).type != "connection_ack":
            await _kept_alive(socket, message)
        await socket.send_json({"type": "subscribe", "id": _OURS, "payload": orjson.loads(body)})
        while True:
            message = await _message(socket, None)
            match message.type:
                case "next":
                    yield bytes(message.payload)
                case "error":
                    yield b'{"data":null,"errors":%b}' % bytes(message.payload)
                    return
                case "complete":
                    return
                case _:
                    await _kept_alive(socket, message)


async def _message(socket: aiohttp.ClientWebSocketResponse, within_s: float | None) -> _Message:
    message = await socket.receive(within_s)
    if message.type is not aiohttp.WSMsgType.TEXT:
        code = "SUBGRAPH_TOO_LARGE" if socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG else "SUBGRAPH_UNREACHABLE"
        raise Unusable(code, f"the socket was closed ({socket.close_code})")
    text = message.data.encode()
    try:
        try:
            return _DECODER.decode(text)
        except (msgspec.DecodeError, RecursionError):
            # For the sake of one value of its payload, perhaps.
            return _DECODER.decode(shallower(text))
    except ValueError as wrong:
        raise Unusable("SUBGRAPH_MALFORMED", "no message of the protocol") from wrong


async def _kept_alive(socket: aiohttp.ClientWebSocketResponse, message: _Message) -> None:
    if message.type == "ping":
        await socket.send_json({"type": "pong"})
    elif message.type != "pong":
        raise Unusable("SUBGRAPH_MALFORMED", "no message of the protocol")
