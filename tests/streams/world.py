"""This module is in charge of a gateway with subscriptions for tests: a source that says what it is told, and clients of both protocols."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from gateway.edge.streams import OpenStreams
from gateway.execution.context import RequestContext
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from gateway.settings import Streams
from tests.operation.world import supergraph
from tests.pipeline.gateway_of import Answering, TestGateway

GRAPH = """
type Query { battery(id: ID!): Battery }
type Mutation { touch(id: ID!): Int }
type Subscription {
  changed(id: ID!): Battery
  counted(to: Int): Int
  secret: Int @category(names: ["F"])
}
type Battery @key(fields: "id") { id: ID! label: String soh: Float @category(names: ["F"]) }
"""
QUICK = Streams(init_timeout_s=10.0, send_timeout_s=0.2, heartbeat_s=0.05, check_s=0.02, per_client=4, per_socket=3, total=6)


class Source(Answering):
    """Answers like the others, and has events: what is put into `events`, or numbers for `counted`."""

    has_events = True

    def __init__(self, schema: Any) -> None:
        super().__init__(schema)
        self.events: asyncio.Queue[SubgraphResult | None] = asyncio.Queue()
        self.subscribed: list[SubgraphRequest] = []
        self.open = 0
        self.made = 0

    async def subscribe(self, request: SubgraphRequest, context: RequestContext) -> AsyncGenerator[SubgraphResult, None]:
        self.subscribed.append(request)
        self.open += 1
        try:
            (key,) = [each.response_key for each in request.fetch.operation.selections]  # type: ignore[union-attr]
            if "counted" in request.fetch.document:
                for number in range(next(iter(request.variables.values()), 3)):
                    self.made += 1
                    yield SubgraphResult(data={key: number})
                return
            while (event := await self.events.get()) is not None:
                yield event
        finally:
            self.open -= 1

    def says(self, key: str, value: Any) -> None:
        self.events.put_nowait(SubgraphResult(data={key: value}))


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to become so; a machine that is busy takes longer."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


def gateway_of(limits: Streams = QUICK) -> tuple[TestGateway, Source]:
    gateway = TestGateway(supergraph(GRAPH))
    source = Source(gateway.supergraph.schema)
    gateway.subgraph = source
    gateway.ports = dataclasses.replace(gateway.ports, subgraphs={"battery": source})
    gateway.served = dataclasses.replace(gateway.served, ports=gateway.ports, streams=OpenStreams(limits))
    return gateway, source


class Client:
    """One ASGI connection, driven by hand."""

    def __init__(self) -> None:
        self.to_app: asyncio.Queue[Any] = asyncio.Queue()
        self.from_app: asyncio.Queue[Any] = asyncio.Queue()
        self.stuck = False

    async def receive(self) -> Any:
        return await self.to_app.get()

    async def send(self, message: Any) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        await self.from_app.put(message)

    async def next(self) -> Any:
        async with asyncio.timeout(10):
            return await self.from_app.get()


class Socket(Client):
    """A client of graphql-transport-ws."""

    def say(self, **message: Any) -> None:
        self.to_app.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    async def heard(self) -> Any:
        """The next message; ("closed", code) when the socket is closed."""
        message = await self.next()
        return ("closed", message["code"]) if message["type"] == "websocket.close" else json.loads(message["text"])

    async def init(self, token: str = "reader") -> None:
        self.say(type="connection_init", payload={"authorization": f"Bearer {token}"})
        assert await self.heard() == {"type": "connection_ack"}

    def subscribe(self, name: str, query: str, **variables: Any) -> None:
        self.say(type="subscribe", id=name, payload={"query": query, "variables": variables})


@asynccontextmanager
async def socket_to(gateway: TestGateway, *, protocols: tuple[str, ...] = ("graphql-transport-ws",), headers: Any = ()) -> AsyncIterator[Socket]:
    client = Socket()
    scope = {
        "type": "websocket",
        "path": "/graphql",
        "query_string": b"",
        "headers": list(headers),
        "subprotocols": list(protocols),
        "client": ("127.0.0.1", 1),
    }
    client.to_app.put_nowait({"type": "websocket.connect"})
    running = asyncio.create_task(gateway.app(scope, client.receive, client.send))
    accepted = await client.next()
    assert accepted["type"] == "websocket.accept"
    try:
        yield client
    finally:
        client.to_app.put_nowait({"type": "websocket.disconnect"})
        async with asyncio.timeout(10):
            await running


class Stream(Client):
    """A client of graphql-sse."""

    head: Mapping[str, str] = {}
    status = 0

    async def event(self) -> tuple[str, Any]:
        """The next (event, data); (":", None) for a sign of life, ("end", None) where the body ends."""
        message = await self.next()
        text = message["body"].decode()
        if text.startswith(":"):
            return ":", None
        if not text:
            return "end", None
        name, data = text.rstrip("\n").split("\n")
        return name.removeprefix("event: "), json.loads(data.removeprefix("data:") or "null")

    async def told(self) -> tuple[str, Any]:
        """The next event that is no sign of life."""
        while (found := await self.event())[0] == ":":
            pass
        return found


@asynccontextmanager
async def stream_of(gateway: TestGateway, query: str, token: str = "reader", accept: str = "text/event-stream", **variables: Any) -> AsyncIterator[Stream]:
    client = Stream()
    body = json.dumps({"query": query, "variables": variables}).encode()
    lines = [(b"authorization", b"Bearer " + token.encode()), (b"accept", accept.encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": lines, "client": ("127.0.0.1", 1), "state": {}}
    client.to_app.put_nowait({"type": "http.request", "body": body, "more_body": False})
    running = asyncio.create_task(gateway.app(scope, client.receive, client.send))
    started = await client.next()
    client.status = started["status"]
    client.head = {name.decode(): value.decode() for name, value in started["headers"]}
    try:
        yield client
    finally:
        client.to_app.put_nowait({"type": "http.disconnect"})
        async with asyncio.timeout(10):
            await running
