"""This program is in charge of the bound: a gateway written by hand for exactly two queries, without parser, planner, validation, limits or authorisation.

What a gateway in Python could reach at most on one core with these libraries (uvicorn, httptools, msgspec), and not a product. Its plans are in
`ceiling_plans.py`. Any other request is answered `{"data":{"__typename":"Query"}}`.

    python -m benchmarks.federation.ceiling SUPERGRAPH PORT
"""

from __future__ import annotations

import asyncio
import gc
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httptools
import msgspec
import uvicorn
from starlette.types import Receive, Scope
from starlette.types import Send as Respond

from benchmarks.federation.ceiling_plans import Send, heavy, small

HERE: Final = Path(__file__).parent
HEADERS: Final = [(b"content-type", b"application/json")]


class Request(msgspec.Struct):
    """What is read of a request."""

    query: str


class Pool:
    """Keep-alive connections to one address, one request at a time on each."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.idle: list[Connection] = []

    def send(self, head: bytes, body: bytes) -> asyncio.Future[bytes]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        message = b"%b%d\r\n\r\n%b" % (head, len(body), body)
        if self.idle:
            self.idle.pop().start(answer, message)
        else:
            opening = loop.create_task(self._open(answer, message))
            answer.add_done_callback(lambda _: opening)
        return answer

    async def _open(self, answer: asyncio.Future[bytes], message: bytes) -> None:
        _, connection = await asyncio.get_running_loop().create_connection(lambda: Connection(self), self.host, self.port)
        connection.start(answer, message)


class Connection(asyncio.Protocol):
    """One of them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def start(self, answer: asyncio.Future[bytes], message: bytes) -> None:
        self._answer, self._parts = answer, list[bytes]()
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(message)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self._pool.idle.append(self)
        self._answer.set_result(b"".join(self._parts))


def client(url: str) -> Send:
    """Sends a body to a subgraph; what it gives can be awaited and is under way."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    pool = Pool(host, port)
    heads: dict[str, bytes] = {}

    def send(subgraph: str, body: bytes) -> asyncio.Future[bytes]:
        head = heads.get(subgraph)
        if head is None:
            told = f"POST /{subgraph} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: "
            head = heads[subgraph] = told.encode()
        return pool.send(head, body)

    return send


def application(send: Send) -> Callable[[Scope, Receive, Respond], Any]:
    """Plain ASGI."""
    plans = {(HERE / f"{plan.__name__}.graphql").read_text(): plan for plan in (heavy, small)}
    read = msgspec.json.Decoder(Request).decode

    async def answer(_scope: Scope, receive: Receive, respond: Respond) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        plan = plans.get(read(body).query)
        out = b'{"data":{"__typename":"Query"}}' if plan is None else await plan(send)
        await respond({"type": "http.response.start", "status": 200, "headers": [*HEADERS, (b"content-length", b"%d" % len(out))]})
        await respond({"type": "http.response.body", "body": out})

    return answer


if __name__ == "__main__":
    found = re.search(r'url: "(http://[^/"]+)', Path(sys.argv[1]).read_text())
    assert found is not None
    served = application(client(found[1]))
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    uvicorn.run(served, host="127.0.0.1", port=int(sys.argv[2]), loop="uvloop", http="httptools", access_log=False, log_level="warning", lifespan="off")
