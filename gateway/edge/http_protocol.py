"""This module is in charge of requests before they are any: their heads have a size and a time, and what is no HTTP is told so.

uvicorn takes as much of a head as comes, and waits for it as long as it takes; what it cannot read it answers in a text without a code. Of a request
that asks for another protocol than WebSocket (clients of Java ask for h2c) it loses the body, and reads it as the next request.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.edge.one_write import Gathering
from gateway.edge.request_head import Fault, coding_fault, handshake_fault, head_without_upgrade, host_fault, version_fault
from gateway.edge.whole_answer import WHOLE, write_whole
from gateway.errors import ClientError, error_body

# The address and all headers together, and how long they may take to come.
MOST_HEAD_BYTES: Final = 64 * 1024
HEAD_S: Final = 10.0
# Closed at once, with bytes of the request unread, a connection is reset, and the client loses what it was told.
LINGER_S: Final = 1.0
_REASONS: Final = {400: b"Bad Request", 405: b"Method Not Allowed", 426: b"Upgrade Required", 431: b"Request Header Fields Too Large"}


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol on a transport that gathers. What is no HTTP is told so in the one shape of errors, and heads are bounded."""

    # What has come of a head, but for the piece that came now; how large that is, and how many heads began in it.
    _head_bytes = 0
    _piece = 0
    _begun = 0
    _is_in_head = False
    _is_refused = False
    _fault = Fault(400, "MALFORMED_HTTP", "The request is not HTTP/1.1 as it is written.")
    _due: asyncio.TimerHandle | None = None
    # The head of a request that asks for another protocol, without that.
    _again: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(Gathering(transport, self.loop))  # type: ignore[arg-type]
        self._due = self.loop.call_later(HEAD_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_ended():
            return
        is_between = self.cycle is None or not self.cycle.more_body
        self._piece, self._begun = len(data), 0
        self._feed(data)
        if self._is_ended():
            return
        if not self._is_in_head:
            if self._due is not None:
                self._head_is_here()
        else:
            # Most heads come whole. The parser keeps a line until it ends, so pieces are counted; but not what was of the request before.
            self._head_bytes += self._piece if self._begun == 0 or (self._begun == 1 and is_between) else self._taken()
            if self._head_bytes > MOST_HEAD_BYTES:
                self.send_400_response("")
            elif self._due is None:
                self._due = self.loop.call_later(HEAD_S, self._give_up)

    def _feed(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        left: bytes | memoryview = data
        try:
            while True:
                try:
                    self.parser.feed_data(left)
                    return
                except HttpParserUpgrade as upgrade:
                    if self._again is None:
                        self.handle_websocket_upgrade()
                        return
                    # The parser leaves what follows to the other protocol, which is not spoken: a server may ignore it (RFC 9110, section 7.8).
                    left, head, self._again = memoryview(left)[upgrade.args[0] :], self._again, None
                    self.parser.feed_data(head)
        except HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("")

    def on_message_begin(self) -> None:
        self._is_in_head, self._head_bytes = True, 0
        self._begun += 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        # What came in pieces that are no larger is no larger either: most heads need not be counted.
        if self._head_bytes + self._piece > MOST_HEAD_BYTES:
            self._head_bytes = self._taken()
            if self._head_bytes > MOST_HEAD_BYTES:
                # The parser ends, and says so by `send_400_response`.
                raise ValueError("head too large")
        fault = self._found_fault()
        if fault is not None:
            self._fault = fault
            raise ValueError(fault.code)
        if self.parser.should_upgrade() and not self._should_upgrade() and self.parser.get_method() != b"CONNECT":
            self._again = head_without_upgrade(self.parser.get_method(), self.url, self.parser.get_http_version(), self.headers)
            return
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self._again is None:
            super().on_message_complete()

    def _found_fault(self) -> Fault | None:
        names = [name for name, _ in self.headers]
        version = self.parser.get_http_version()
        fault = host_fault(self.headers) if version == "1.1" else version_fault(version)
        if fault is None and b"transfer-encoding" in names:
            fault = coding_fault(self.headers)
        is_upgrade = self.parser.should_upgrade() and self._should_upgrade()
        if fault is None and (is_upgrade or b"sec-websocket-key" in names):
            fault = handshake_fault(self.parser.get_method(), self.url, self.headers, version=version, is_upgrade=is_upgrade)
        return fault

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        cycle.scope["extensions"] = {WHOLE: {"write": partial(write_whole, cycle)}}
        super()._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        """What was found wrong, or 431 HEAD_TOO_LARGE; the connection ends, as nobody knows where the next request would begin."""
        fault = self._fault
        if self._head_bytes > MOST_HEAD_BYTES:
            fault = Fault(431, "HEAD_TOO_LARGE", f"The address and the headers have more than {MOST_HEAD_BYTES} bytes.")
        body = error_body([ClientError(fault.code, fault.message)])
        head = b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\nconnection: close\r\n\r\n"
        self._is_refused = True
        self._head_is_here()
        self.transport.write(head % (fault.status, _REASONS[fault.status], fault.headers, len(body)) + body)
        self.transport.write_eof()
        self._due = self.loop.call_later(LINGER_S, self._give_up)

    def _taken(self) -> int:
        """The bytes of the head that the parser has given."""
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _is_ended(self) -> bool:
        return self._is_refused

    def _head_is_here(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _give_up(self) -> None:
        self._due = None
        self.transport.close()
