"""This module is in charge of GraphQL over WebSocket: the protocol graphql-transport-ws (enisdenjo/graphql-ws, PROTOCOL.md), message by message.

The token comes in the payload of connection_init (`{"authorization": "Bearer ..."}`), for a browser cannot set headers, or in the header of the
handshake, never in both. It is looked at again for every event; when it is no longer good, operations end with its error and the socket is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from starlette.types import Receive, Scope, Send

from auth.principal import Principal
from gateway.edge.bearer_refusal import BearerRefusal
from gateway.edge.streams import OpenStreams, while_good
from gateway.errors import ClientError, Refused
from gateway.logs import REQUEST_ID
from gateway.operation.document import GraphQLRequest, request_of
from gateway.pipeline import GraphQLResponse
from resolvers.strict_json import BadJson, read_json

PROTOCOL: Final = "graphql-transport-ws"
MAX_ID: Final = 200
_MAX_REASON: Final = 123
_WITH_PAYLOAD: Final = frozenset({"connection_init", "ping", "pong"})
_MESSAGES: Final = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})

Authenticate = Callable[[tuple[bytes, ...]], Principal | BearerRefusal]
"""The values of all Authorization headers to who that is."""
Answer = Callable[[GraphQLRequest, Principal, str], Any]
"""(request, principal, request id) -> the responses to it, an async generator."""


class Closed(Exception):
    """The socket has to be closed with this code (protocol: 4400 and above)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        # A closing frame has room for no more (RFC 6455, section 5.5).
        self.reason = reason.encode()[:_MAX_REASON].decode("utf-8", "ignore")


class _Gone(Exception):
    """The client closed the socket."""


class WebSocketSession:
    """One socket. `authenticate` and `answer` are the gateway behind it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, streams: OpenStreams, authenticate: Authenticate, answer: Answer) -> None:
        self._scope = scope
        self._receive = receive
        self._raw_send = send
        self._streams = streams
        self._limits = streams.limits
        self._authenticate = authenticate
        self._answer = answer
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()
        self._given = tuple(value for name, value in scope["headers"] if name == b"authorization")
        self._name = secrets.token_hex(8)
        self._numbers = itertools.count(1)
        self._closing: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Serve the socket until it is closed, by either side."""
        await self._receive()
        with self._streams.socket() as admitted:
            try:
                spoken = PROTOCOL in self._scope.get("subprotocols", ())
                await self._raw_send({"type": "websocket.accept", "subprotocol": PROTOCOL if spoken else None})
                if not spoken:
                    raise Closed(4406, "Subprotocol not acceptable")
                if not admitted:
                    raise Closed(1013, "Too many sockets; try again later")
                await self._converse(await self._introduced())
            except Closed as closed:
                # The client may be gone, or take nothing any more.
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(self._limits.send_timeout_s):
                        await self._raw_send({"type": "websocket.close", "code": closed.code, "reason": closed.reason})
            except _Gone:
                pass
            finally:
                await self._end()

    async def _end(self) -> None:
        for task in self._operations.values():
            task.cancel()
        await asyncio.gather(*self._operations.values(), return_exceptions=True)
        self._closing.cancel()

    async def _introduced(self) -> Principal:
        """Who the client says it is, by its first message."""
        try:
            async with asyncio.timeout(self._limits.init_timeout_s):
                message = await self._message()
                while message["type"] != "connection_init":
                    await self._before_init(message)
                    message = await self._message()
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None
        payload = message.get("payload") or {}
        given = [payload[name] for name in ("authorization", "Authorization") if payload.get(name) is not None]
        if len(given) > 1:
            raise Closed(4400, "The payload of connection_init has authorization twice, in two spellings")
        if given and not isinstance(given[0], str):
            raise Closed(4400, "authorization in the payload of connection_init has to be a string")
        if given:
            self._is_only_token()
            self._given = (given[0].encode("utf-8", "replace"),)
        principal = self._authenticate(self._given)
        if isinstance(principal, BearerRefusal):
            raise Closed(4403, f"{principal.code}: {principal.message}")
        await self._send({"type": "connection_ack"})
        return principal

    def _is_only_token(self) -> None:
        """Which of two tokens is meant is not guessed; a header of another scheme, of a proxy before us, is no token."""
        found = self._authenticate(self._given) if self._given else None
        if isinstance(found, BearerRefusal):
            if found.code == "UNAUTHENTICATED":
                return
            if found.code == "INVALID_REQUEST":
                raise Closed(4403, f"{found.code}: {found.message}")
        if found is not None:
            raise Closed(4400, "A token came in the handshake's header, and another in the payload of connection_init; send one")

    async def _before_init(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "subscribe":
            raise Closed(4401, "Unauthorized")
        await self._answered_alive(message)

    async def _answered_alive(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "ping":
            payload = message.get("payload")
            await self._send({"type": "pong", "payload": payload} if payload is not None else {"type": "pong"})

    async def _converse(self, principal: Principal) -> None:
        reading = asyncio.create_task(self._read_on(principal))
        either: set[asyncio.Future[Any]] = {reading, self._closing}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._closing.done():
                raise self._closing.result()
            await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read_on(self, principal: Principal) -> None:
        while True:
            message = await self._message()
            match message["type"]:
                case "connection_init":
                    raise Closed(4429, "Too many initialisation requests")
                case "subscribe":
                    await self._subscribe(message, principal)
                case "complete":
                    await self._complete(message)
                case _:
                    await self._answered_alive(message)

    async def _subscribe(self, message: Mapping[str, Any], principal: Principal) -> None:
        name, payload = message.get("id"), message.get("payload")
        if not isinstance(name, str) or not name or not isinstance(payload, dict):
            raise Closed(4400, "subscribe has to have an id, a string that is not empty, and a payload, an object")
        if len(name) > MAX_ID:
            raise Closed(4400, f"The id of subscribe has {len(name)} characters; {MAX_ID} are taken")
        if name in self._operations:
            raise Closed(4409, f"Subscriber for {name[:80]} already exists")
        if len(self._operations) >= self._limits.per_socket:
            told = ClientError("TOO_MANY_REQUESTS", "There are too many operations on this socket; complete one first.")
            await self._send({"type": "error", "id": name, "payload": [told.as_json()]})
            return
        self._operations[name] = asyncio.create_task(self._operate(name, payload, principal))

    async def _complete(self, message: Mapping[str, Any]) -> None:
        name = message.get("id")
        if not isinstance(name, str) or not name:
            raise Closed(4400, "complete has to have an id, a string that is not empty")
        task = self._operations.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _operate(self, name: str, payload: dict[str, Any], principal: Principal) -> None:
        request_id = f"{self._name}{next(self._numbers):08x}"
        REQUEST_ID.set(request_id)
        try:
            with self._streams.admitted(principal.client_id):
                source = self._answer(request_of(payload), principal, request_id)
                async with contextlib.aclosing(while_good(source, self._refusal, self._limits.check_s)) as responses:
                    async for response in responses:
                        if response is not None and not await self._tell(name, response):
                            return
            await self._send({"type": "complete", "id": name})
        except Refused as refusal:
            await self._send({"type": "error", "id": name, "payload": [error.as_json() for error in refusal.errors]})
        except Closed as closed:
            self._close(closed)
        finally:
            self._operations.pop(name, None)

    def _refusal(self) -> BearerRefusal | None:
        found = self._authenticate(self._given)
        return found if isinstance(found, BearerRefusal) else None

    async def _tell(self, name: str, response: GraphQLResponse) -> bool:
        """Send one response; False when the operation ends with it."""
        if response.status < 400:
            await self._send({"type": "next", "id": name, "payload": orjson.Fragment(response.body)})
            return True
        await self._send({"type": "error", "id": name, "payload": orjson.loads(response.body)["errors"]})
        if response.status == 401:
            self._close(Closed(4401, "The access token is no longer good"))
        return False

    def _close(self, closed: Closed) -> None:
        if not self._closing.done():
            self._closing.set_result(closed)

    async def _send(self, message: Mapping[str, Any]) -> None:
        text = orjson.dumps(message).decode()
        try:
            async with asyncio.timeout(self._limits.send_timeout_s), self._sending:
                await self._raw_send({"type": "websocket.send", "text": text})
        except TimeoutError:
            raise Closed(1013, "The client does not keep up") from None

    async def _message(self) -> dict[str, Any]:
        received = await self._receive()
        if received["type"] == "websocket.disconnect":
            raise _Gone
        text = received.get("text")
        if text is None:
            raise Closed(4400, "A message has to be JSON in a text frame")
        try:
            message = read_json(text)
        except BadJson as bad:
            raise Closed(4400, f"A message {bad.rule}" if bad.rule else str(bad).rstrip(".")) from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str) or message["type"] not in _MESSAGES:
            raise Closed(4400, "A message has to be an object with a type of the protocol")
        if message["type"] in _WITH_PAYLOAD and not isinstance(message.get("payload"), dict | None):
            raise Closed(4400, f"The payload of {message['type']} has to be an object, or left out")
        return message
