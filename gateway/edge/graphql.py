"""This module is in charge of GraphQL over HTTP: POST and GET /graphql, answered at once or as a stream of events, and the SDL of the caller's view.

Plain ASGI, for this is the hot path. There are no cookies here: a page of another site cannot make a browser send a
token along, and content types that it may send without asking first are refused nevertheless (GHSA-hff2-gcpx-8f4p).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from msgspec import structs
from starlette.types import Receive, Scope, Send

from auth.principal import Principal
from gateway.alarms import Alarms
from gateway.edge.bearer_refusal import BearerRefusal
from gateway.edge.event_stream import send_events, while_connected
from gateway.edge.middleware import request_id_of
from gateway.edge.negotiation import GRAPHQL_RESPONSE, JSON, is_json, negotiate, wants_events
from gateway.edge.streams import OpenStreams, while_good
from gateway.edge.websocket import WebSocketSession
from gateway.errors import Refused, error_body, refused
from gateway.generation import Generation
from gateway.observability.trace import Trace
from gateway.operation.document import GraphQLRequest, read_body, read_query_string
from gateway.pipeline import Call, GraphQLResponse, Ports, run
from gateway.reports.tables import media_of, written
from gateway.settings import Limits, Streams
from gateway.subscribing import answers

# Most requests are answered before anybody has to look whether the client is still there.
LOOK_AFTER_S: Final = 0.25
# At the deadline execution gives up what is not there yet; this long it has to say so.
GRACE_S: Final = 0.5

_RELEVANT: Final = frozenset({b"accept", b"content-type", b"content-length", b"content-encoding"})
_FIXED: Final = {
    media: (
        (b"content-type", f"{media}; charset=utf-8".encode("ascii")),
        (b"cache-control", b"no-store"),
        (b"vary", b"accept, authorization"),
    )
    for media in (JSON, GRAPHQL_RESPONSE, "application/graphql")
}


class Door(Protocol):
    """Who is let in, and as whom."""

    def authenticate(self, headers: Iterable[tuple[bytes, bytes]], query: bytes, now: datetime, /) -> Principal | BearerRefusal:
        """Who asks, or the refusal to send."""
        ...


@dataclass(frozen=True, slots=True)
class Served:
    """What the endpoints share. `generation` gives the one in force; `now` is the only clock of requests, and `as_of` the moment
    that a request of that time is answered as of; `trace` begins a request's trace from its traceparent header, where traces are kept.
    `forwarded` are the headers of clients, lower case, that some subgraph is passed; `streams` counts what is open."""

    door: Door
    generation: Callable[[], Generation]
    ports: Ports
    limits: Limits
    now: Callable[[], datetime]
    as_of: Callable[[datetime], datetime]
    trace: Callable[[str | None], Trace | None] | None = None
    forwarded: frozenset[bytes] = frozenset()
    streams: OpenStreams = field(default_factory=lambda: OpenStreams(Streams()))


class ClientGone(Exception):
    """The client closed the connection before it was answered; nobody is there to hear more."""


class GraphQLEndpoint:
    """One operation per request: POST with a JSON body, GET for queries."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._alarms = Alarms()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._socket(scope, receive, send)
            return
        moment = self._served.now()
        principal = self._served.door.authenticate(scope["headers"], scope["query_string"], moment)
        if isinstance(principal, BearerRefusal):
            scope["state"]["outcome"] = principal.code
            await _send(send, principal.status, principal.body, principal.headers)
            return
        state = scope["state"]
        state["client_id"] = principal.client_id
        headers = _relevant(scope["headers"], _RELEVANT | self._served.forwarded if self._served.forwarded else _RELEVANT)
        accept = headers.get(b"accept")
        media = negotiate(accept)
        try:
            if accept and wants_events(accept):
                await self._stream(scope, headers, receive, send, principal, moment)
                return
            answer = await self._answer(scope, headers, media, receive, principal, moment)
        except Refused as refusal:
            answer = GraphQLResponse(refusal.status(legacy=media != GRAPHQL_RESPONSE), error_body(refusal.errors), refusal.headers, refusal.errors[0].code)
        except ClientGone:
            state["outcome"] = "cancelled"
            return
        state["outcome"] = answer.outcome
        whole = None if answer.headers else getattr(send, "whole", None)
        if whole is None or not whole(answer.status, _FIXED[media or JSON], answer.body):
            await _send(send, answer.status, answer.body, _response_headers(media or JSON, answer.headers))

    async def _answer(
        self, scope: Scope, headers: dict[bytes, str], media: str | None, receive: Receive, principal: Principal, moment: datetime
    ) -> GraphQLResponse:
        if scope["method"] not in ("GET", "POST"):
            raise refused("METHOD_NOT_ALLOWED", "GraphQL is answered to GET and POST.", headers=(("allow", "GET, POST"),))
        # Rows are for who takes nothing else.
        table = media_of(headers[b"accept"]) if media is None else None
        if media is None and table is None:
            raise refused("NOT_ACCEPTABLE", f"The answer can be {GRAPHQL_RESPONSE} or {JSON}, or the rows of one list.")
        served = self._served
        guard = _Guard(self._alarms, receive, served.limits.timeout_s)
        try:
            request = await _read(scope, headers, receive, served.limits)
            guard.watch()
            call = self._call(scope, headers, moment, guard.deadline, legacy=media == JSON)
            generation = served.generation()
            if table is None:
                return await run(request, principal, generation, served.ports, call)
            answer = await run(request, principal, generation, served.ports, structs.replace(call, read_only=True, as_values=True))
            text = served.ports.documents.resolve(request, principal.client_id).query
            return written(table, text, request.operation_name, answer, generation.supergraph.api_schema)
        except asyncio.CancelledError:
            if guard.gone:
                raise ClientGone from None
            if guard.late:
                raise refused("REQUEST_TIMEOUT", f"The request took longer than limits.timeout_s, which is {served.limits.timeout_s:g}.") from None
            raise
        finally:
            guard.end()

    async def _stream(self, scope: Scope, headers: dict[bytes, str], receive: Receive, send: Send, principal: Principal, moment: datetime) -> None:
        """The answers as server-sent events (graphql-sse, distinct connections mode)."""
        served = self._served
        if scope["method"] not in ("GET", "POST"):
            raise refused("METHOD_NOT_ALLOWED", "GraphQL is answered to GET and POST.", headers=(("allow", "GET, POST"),))
        try:
            async with asyncio.timeout(served.limits.timeout_s):
                request = await _read(scope, headers, receive, served.limits)
        except TimeoutError:
            raise refused("REQUEST_TIMEOUT", f"The request took longer than limits.timeout_s, which is {served.limits.timeout_s:g}.") from None

        def refusal() -> BearerRefusal | None:
            found = served.door.authenticate(scope["headers"], scope["query_string"], served.now())
            return found if isinstance(found, BearerRefusal) else None

        with served.streams.admitted(principal.client_id):
            source = answers(request, principal, served.generation(), served.ports, lambda: self._call_now(scope, headers))
            events = while_good(source, refusal, served.streams.limits.check_s)
            try:
                if not await while_connected(send_events(events, send, served.streams.limits), receive):
                    raise ClientGone
            except TimeoutError:
                raise ClientGone from None
        scope["state"]["outcome"] = "answered"

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket of graphql-transport-ws."""
        served = self._served

        def authenticate(given: tuple[bytes, ...]) -> Principal | BearerRefusal:
            return served.door.authenticate([(b"authorization", each) for each in given], scope["query_string"], served.now())

        def answer(request: GraphQLRequest, principal: Principal, request_id: str) -> AsyncGenerator[GraphQLResponse, None]:
            state = {**scope, "method": "POST", "state": {"request_id": request_id}}
            headers = _relevant(scope["headers"], served.forwarded)
            return answers(request, principal, served.generation(), served.ports, lambda: self._call_now(state, headers))

        await WebSocketSession(scope, receive, send, served.streams, authenticate, answer).run()

    def _call_now(self, scope: Scope, headers: dict[bytes, str]) -> Call:
        deadline = self._alarms.loop().time() + self._served.limits.timeout_s
        return self._call(scope, headers, self._served.now(), deadline, legacy=False)

    def _call(self, scope: Scope, headers: dict[bytes, str], now: datetime, deadline: float, *, legacy: bool) -> Call:
        served, client = self._served, scope.get("client")
        return Call(
            request_id=request_id_of(scope),
            moment=served.as_of(now),
            deadline=deadline,
            read_only=scope["method"] == "GET",
            legacy=legacy,
            address=client[0] if client else "",
            asked_at=now,
            trace=None if served.trace is None else served.trace(_traceparent(scope["headers"])),
            headers=headers,
            alarms=self._alarms,
        )


class SchemaEndpoint:
    """GET /graphql/schema: the SDL of the caller's view."""

    def __init__(self, served: Served) -> None:
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = self._served.door.authenticate(scope["headers"], scope["query_string"], self._served.now())
        if isinstance(principal, BearerRefusal):
            await _send(send, principal.status, principal.body, principal.headers)
        elif scope["method"] != "GET":
            refusal = refused("METHOD_NOT_ALLOWED", "The schema is answered to GET.", headers=(("allow", "GET"),))
            await _send(send, 405, error_body(refusal.errors), _response_headers(JSON, refusal.headers))
        else:
            sdl = self._served.generation().views.of(principal).sdl
            await _send(send, 200, sdl.encode(), _response_headers("application/graphql", ()))


def _relevant(headers: Iterable[tuple[bytes, bytes]], names: frozenset[bytes]) -> dict[bytes, str]:
    """The headers of these names. Lines of one name are joined (RFC 9110, section 5.2), so that a second Content-Type spoils the first."""
    found: dict[bytes, str] = {}
    for name, value in headers:
        if name in names:
            text = value.decode("latin-1")
            found[name] = f"{found[name]},{text}" if name in found else text
    return found


def _traceparent(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The one traceparent header; two are none (W3C Trace Context, section 3.2.1)."""
    given = [value for name, value in headers if name == b"traceparent"]
    return given[0].decode("latin-1") if len(given) == 1 else None


async def _read(scope: Scope, headers: dict[bytes, str], receive: Receive, limits: Limits) -> GraphQLRequest:
    content_type = headers.get(b"content-type")
    if headers.get(b"content-encoding", "identity") != "identity":
        raise refused("UNSUPPORTED_MEDIA_TYPE", "A compressed body is not taken.")
    if scope["method"] == "GET":
        if content_type is not None and not is_json(content_type):
            raise refused("UNSUPPORTED_MEDIA_TYPE", f"A GET has no Content-Type, or {JSON}.")
        if len(scope["query_string"]) > limits.body_bytes:
            raise refused("BODY_TOO_LARGE", f"The query string has more than {limits.body_bytes} bytes (limits.body_bytes).")
        return read_query_string(scope["query_string"])
    if content_type is None or not is_json(content_type):
        raise refused("UNSUPPORTED_MEDIA_TYPE", f"The Content-Type has to be {JSON}, in UTF-8.")
    return read_body(await _body(headers.get(b"content-length"), receive, limits.body_bytes))


async def _body(declared: str | None, receive: Receive, most: int) -> bytes:
    """The body, read no further than the limit, whatever length was declared and however it comes in pieces."""
    if declared is not None and declared.isdecimal() and (len(declared) > 15 or int(declared) > most):
        raise _too_large(most)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise _too_large(most)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunk if len(chunks) == 1 else b"".join(chunks)


def _too_large(most: int) -> Refused:
    # What was not read stands in the way of the next request on this connection.
    return refused("BODY_TOO_LARGE", f"The body has more than {most} bytes (limits.body_bytes).", headers=(("connection", "close"),))


class _Guard:
    """Cancels a request whose client goes away, or whose time is over; at next to no cost where it is answered soon.

    `gone` and `late` say which it was. The connection is listened to only from `watch` on, when the body has been read.
    """

    __slots__ = ("_alarm", "_alarms", "_listening", "_looking", "_read", "_receive", "_worker", "deadline", "gone", "late")

    def __init__(self, alarms: Alarms, receive: Receive, timeout_s: float) -> None:
        loop = alarms.loop()
        now = loop.time()
        self.deadline = now + timeout_s
        self.gone = self.late = False
        self._alarms = alarms
        self._receive = receive
        self._worker = asyncio.current_task(loop)
        self._listening: asyncio.Task[None] | None = None
        self._looking = self._read = False
        self._alarm = alarms.set(now + min(LOOK_AFTER_S, timeout_s + GRACE_S), self._look)

    def watch(self) -> None:
        """The body has been read: what comes now can only be the client's going away."""
        self._read = True
        if self._looking:
            self._listen()

    def end(self) -> None:
        """The request is answered, or given up."""
        self._alarms.drop(self._alarm)
        if self._listening is not None:
            self._listening.cancel()
        if (self.gone or self.late) and self._worker is not None:
            # The cancellation was ours, and has done what it was for.
            self._worker.uncancel()

    def _look(self) -> None:
        self._looking = True
        self._alarm = self._alarms.set(self.deadline + GRACE_S, self._expire)
        if self._read:
            self._listen()

    def _listen(self) -> None:
        self._listening = asyncio.ensure_future(self._until_gone())

    def _expire(self) -> None:
        self.late = True
        self._cancel()

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self._cancel()

    def _cancel(self) -> None:
        if self._worker is not None:
            self._worker.cancel()


def _response_headers(media: str, more: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    if not more:
        return list(_FIXED[media])
    own = [(name.encode("ascii"), value.encode("ascii")) for name, value in more]
    # Rows come with a type of their own.
    return [*(_FIXED[media][1:] if any(name == b"content-type" for name, _ in own) else _FIXED[media]), *own]


async def _send(send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
