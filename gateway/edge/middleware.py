"""This module is in charge of what every response has in common: a request id, safe headers, and an answer even to a defect of ours."""

from __future__ import annotations

import itertools
import logging
import re
import secrets
from collections.abc import Iterable
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.edge.whole_answer import WHOLE, Write, kept_lines
from gateway.errors import CODES, ClientError, error_body
from gateway.failing import RETRY_AFTER, failure
from gateway.logs import REQUEST_ID

LOG: Final = logging.getLogger("cellgate.edge")
# What may come back in a header and stand in a log line.
_WELL_FORMED: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
Kept = tuple[tuple[bytes, bytes], ...]
"""Headers that are the same each time."""
_SAFE_NAMES: Final = frozenset(name for name, _ in _SAFE)
_ROUTING: Final = {
    404: ("NOT_FOUND", "There is nothing at this address."),
    405: ("METHOD_NOT_ALLOWED", "This address does not know this method."),
}


def request_id_of(scope: Scope) -> str:
    """The id that `Envelope` gave to the request."""
    found: str = scope["state"]["request_id"]
    return found


class Envelope:
    """Outermost middleware. Takes a well-formed `x-request-id` or makes one; headers that a page sets for itself are left as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Ids have to differ, between processes too; nobody is harmed by guessing one.
        process = secrets.token_hex(8)
        self._made = (f"{process}{number:08x}" for number in itertools.count())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope["headers"]) or next(self._made)
        scope.setdefault("state", {})["request_id"] = request_id
        REQUEST_ID.set(request_id)
        sender = _Sender(send, request_id, scope.get("extensions"))
        try:
            await self._app(scope, receive, sender)
        except Exception as failed:
            told = failure(failed, request_id, LOG, f"request {request_id} failed")
            if sender.started:
                # Half an answer is out; closing the connection is the only way left to say that it is not whole.
                raise
            await _send_failure(sender, told)


class _Sender:
    __slots__ = ("_request_id", "_send", "_write", "started")

    def __init__(self, send: Send, request_id: str, extensions: dict[str, Any] | None) -> None:
        self._send = send
        self._request_id = request_id
        self._write: Write | None = None if not extensions or WHOLE not in extensions else extensions[WHOLE]["write"]
        self.started = False

    def whole(self, status: int, headers: Kept, body: bytes) -> bool:
        """Send a whole answer at once; False where it has to go as two messages."""
        if self._write is None or not self._write(status, kept_lines((*headers, *_SAFE)) + b"x-request-id: %b\r\n" % self._request_id.encode("ascii"), body):
            return False
        self.started = True
        return True

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            own = message.get("headers", ())
            # Pages alone set any of them for themselves.
            set_already = _SAFE_NAMES.intersection([name for name, _ in own])
            safe = [header for header in _SAFE if header[0] not in set_already] if set_already else _SAFE
            message["headers"] = [*own, *safe, (b"x-request-id", self._request_id.encode("ascii"))]
        await self._send(message)


async def tell_routing_error(_request: Request, error: Exception) -> Response:
    """What a router says of an address or method that it does not have, in the one shape of errors; for Starlette's `exception_handlers`."""
    assert isinstance(error, HTTPException)
    code, message = _ROUTING.get(error.status_code, ("MALFORMED_REQUEST", "The request is malformed."))
    headers = {**(error.headers or {}), "cache-control": "no-store"}
    return Response(error_body([ClientError(code, message)]), error.status_code, headers, media_type="application/json")


def without_sockets(app: ASGIApp) -> ASGIApp:
    """The application, which is asked for no WebSocket: there is none at its addresses."""

    async def apart(scope: Scope, receive: Receive, send: Send) -> None:
        await (refuse_socket(send) if scope["type"] == "websocket" else app(scope, receive, send))

    return apart


async def refuse_socket(send: Send) -> None:
    """404 for a WebSocket, in the one shape of errors."""
    body = error_body([ClientError("NOT_FOUND", "There is no WebSocket at this address.")])
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"cache-control", b"no-store")]
    await send({"type": "websocket.http.response.start", "status": 404, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


def _given_id(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    given = [value for name, value in headers if name == b"x-request-id"]
    if len(given) == 1 and _WELL_FORMED.fullmatch(given[0]):
        return given[0].decode("ascii")
    return None


async def _send_failure(send: Send, told: ClientError) -> None:
    body = error_body([told])
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    if told.code == "NOT_READY":
        headers.append((b"retry-after", b"%d" % RETRY_AFTER))
    await send({"type": "http.response.start", "status": CODES[told.code].status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
