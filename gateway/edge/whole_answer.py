"""This module is in charge of answers that are there as a whole: head and body are made and written at once.

uvicorn takes an answer as two messages and looks at every header again, most of which are the same each time; that costs more than most stages of a
request (docs/performance.md). Where it serves, the scope holds how an answer is written at once. What is out of the ordinary goes uvicorn's way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

WHOLE: Final = "cellgate.whole"
"""The extension of the scope (ASGI, section "Extensions") whose "write" is a `Write`."""
Write = Callable[[int, bytes, bytes], bool]
"""Takes the status, the lines of headers but for the length, each with its end, and the body; False where nothing was written."""
Headers = Sequence[tuple[bytes, bytes]]

# What the server adds to each answer is a new list whenever it changes.
_added: tuple[Headers, bytes] = ((), b"")


def write_whole(cycle: RequestResponseCycle, status: int, lines: bytes, body: bytes) -> bool:
    """Write the answer of uvicorn's cycle, and end it as uvicorn does."""
    if (
        cycle.response_started
        or cycle.disconnected
        or not cycle.keep_alive
        or cycle.flow.write_paused
        or cycle.waiting_for_100_continue
        or cycle.access_log
        or cycle.scope["method"] == "HEAD"
    ):
        return False
    cycle.response_started = cycle.response_complete = True
    transport: Any = cycle.transport
    transport.write_whole((STATUS_LINE[status], _added_lines(cycle.default_headers), lines, b"content-length: %d\r\n\r\n" % len(body), body))
    cycle.message_event.set()
    cycle.on_response()
    return True


def lines_of(headers: Headers) -> bytes:
    """The headers as they are written. None of them may come from a client unchecked: a line break would end it."""
    return b"".join([name + b": " + value + b"\r\n" for name, value in headers])


kept_lines = lru_cache(maxsize=64)(lines_of)
"""The same for headers that are the same each time, as tuples."""


def _added_lines(headers: Headers) -> bytes:
    global _added
    if headers is not _added[0]:
        _added = headers, lines_of(headers)
    return _added[1]
