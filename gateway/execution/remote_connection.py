"""This module is in charge of one HTTP/1.1 connection to a subgraph: a request is written, its answer is parsed as it comes, and time is kept.

One request at a time. Whatever is not the whole of one well-formed answer closes the connection: what is left on it must not be taken for the
next answer. There is one timer a connection, not one a request; it looks again when it finds that it is early.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

import httptools

from gateway.execution.remote_body import Unpacker, Unusable

# Of status line and headers together.
MAX_HEAD: Final = 65_536
# A connection that nobody used for so long is closed.
KEPT_S: Final = 30.0


class Disconnected(ConnectionError):
    """The connection could not be made, or ended before anything was answered: another attempt may fare better."""


class BrokenOff(OSError):
    """The answer ended in its middle, or is not HTTP."""


class Late(TimeoutError):
    """The answer, or its next piece, did not come in time."""


# Status and headers (lower case) -> how the body is unpacked, None where it is not packed; raises Unusable for what is not to be read.
Accept = Callable[[int, dict[bytes, bytes]], Unpacker | None]


class Owner(Protocol):
    """Who has the connections."""

    def free(self, connection: Connection) -> None:
        """The connection can take the next request."""
        ...

    def lost(self, connection: Connection) -> None:
        """The connection is gone."""
        ...


class Connection(asyncio.Protocol):
    """`idle_s` is how long the other side may be silent within an answer, `max_bytes` how much of an unpacked one is read."""

    __slots__ = (
        "_accept",
        "_answer",
        "_due",
        "_head_bytes",
        "_headers",
        "_heard",
        "_idle_s",
        "_is_ended",
        "_is_reading",
        "_loop",
        "_max_bytes",
        "_owner",
        "_parser",
        "_parts",
        "_size",
        "_timer",
        "_transport",
        "_unpacker",
        "_until",
    )

    def __init__(self, owner: Owner, accept: Accept, idle_s: float, max_bytes: int) -> None:
        self._owner = owner
        self._accept = accept
        self._idle_s = idle_s
        self._max_bytes = max_bytes
        self._loop = asyncio.get_running_loop()
        self._parser: Any = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = self._heard = self._until = 0.0
        self._answer: asyncio.Future[bytes] | None = None
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self._head_bytes = self._size = 0
        self._unpacker: Unpacker | None = None
        self._is_reading = self._is_ended = False

    def start(self, message: bytes, until: float) -> asyncio.Future[bytes]:
        """Send a request; its answer's body, unpacked, not later than `until` on the loop's clock. Fails with Unusable, Disconnected, BrokenOff or Late."""
        answer = self._answer = self._loop.create_future()
        if self._is_ended or self._transport is None:
            answer.set_exception(Disconnected("closed"))
            return answer
        self._until = until
        self._heard = self._loop.time()
        self._head_bytes = self._size = 0
        self._headers, self._parts = {}, []
        self._unpacker = None
        self._is_reading = False
        due = min(until, self._heard + self._idle_s)
        if self._timer is None or due < self._due:
            self._look_at(due)
        self._transport.write(message)
        return answer

    def abandon(self) -> None:
        """Nobody waits for the answer any more."""
        if not self._is_ended:
            self._answer = None
            self._end()

    def close(self) -> None:
        """End it, whatever is under way."""
        self._fail(Disconnected("closed"))

    @property
    def is_usable(self) -> bool:
        """Whether a request may be sent."""
        return not self._is_ended

    # What the loop says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            # Nobody asked.
            self._end()
            return
        self._heard = self._loop.time()
        if not self._is_reading:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as broken:
            self._fail(BrokenOff(type(broken).__name__))
            return
        if not self._is_reading and self._answer is not None and self._head_bytes > MAX_HEAD:
            self._fail(BrokenOff("the head is too long"))

    def connection_lost(self, _error: Exception | None) -> None:
        if self._answer is not None and self._is_reading and not self._headers.keys() & {b"content-length", b"transfer-encoding"} and _error is None:
            # Without a length the answer is what comes until the end.
            self._is_ended = True
            self._finish()
        elif self._answer is not None:
            self._fail(BrokenOff("closed within the answer") if self._head_bytes else Disconnected("closed"))
        self._end()

    # What the parser says. None of these may raise: it would be the parser's error.

    def on_message_begin(self) -> None:
        if self._answer is None:
            # More than was asked for came with an answer.
            self._end()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.setdefault(name.lower(), value)

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._answer is None or status < 200:
            return
        self._is_reading = True
        try:
            self._unpacker = self._accept(status, self._headers)
        except Unusable as unusable:
            self._fail(unusable)
            return
        length = self._headers.get(b"content-length", b"")
        if self._unpacker is None and length.isdigit() and int(length) > self._max_bytes:
            self._fail(Unusable("SUBGRAPH_TOO_LARGE", "Content-Length"))

    def on_body(self, body: bytes) -> None:
        if self._answer is None:
            return
        try:
            part = body if self._unpacker is None else self._unpacker.take(body, self._max_bytes - self._size + 1)
        except Unusable as unusable:
            self._fail(unusable)
            return
        self._size += len(part)
        if self._size > self._max_bytes:
            self._fail(Unusable("SUBGRAPH_TOO_LARGE", f"more than {self._max_bytes} bytes"))
            return
        self._parts.append(part)

    def on_message_complete(self) -> None:
        if self._answer is None:
            return
        if not self._is_reading:
            # An interim answer (1xx): the one that counts is still to come.
            self._headers = {}
            return
        if not self._parser.should_keep_alive():
            self._is_ended = True
        self._finish()

    def _finish(self) -> None:
        answer, self._answer = self._answer, None
        assert answer is not None
        parts, self._parts = self._parts, []
        try:
            if self._unpacker is not None:
                self._unpacker.end()
        except Unusable as unusable:
            _tell(answer, unusable)
            self._end()
            return
        if not answer.done():
            answer.set_result(parts[0] if len(parts) == 1 else b"".join(parts))
        if self._is_ended:
            self._end()
        else:
            self._owner.free(self)

    def _fail(self, failure: Exception) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            _tell(answer, failure)
        self._end()

    def _end(self) -> None:
        self._is_ended = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
            self._owner.lost(self)

    def _look_at(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        """The time may be over: of the request, of a silence, or of a connection that nobody needs."""
        self._timer = None
        now = self._loop.time()
        due = min(self._until, self._heard + self._idle_s) if self._answer is not None else self._heard + KEPT_S
        # The loop's clock may be a tick behind.
        if now < due - 0.001:
            self._look_at(due)
        elif self._answer is not None:
            self._fail(Late("the time is over" if now >= self._until - 0.001 else "silence"))
        else:
            self._end()


def _tell(answer: asyncio.Future[bytes], failure: Exception) -> None:
    if not answer.done():
        answer.set_exception(failure)
