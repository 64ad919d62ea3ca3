"""This module is in charge of an answer's bytes: its head waits for its body, and both are one write.

uvicorn writes them one after the other, and each write to a socket costs more than most stages of a request (docs/performance.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any


class Gathering:
    """A transport that keeps the head of an answer until the next write, or the next turn of the loop, or its close: the earliest of these."""

    __slots__ = ("_due", "_ended", "_head", "_loop", "_transport", "is_closing")

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head: bytes | None = None
        self._due: asyncio.Handle | None = None
        # No more is written: what an answer that was under way has to say then is lost, as on a connection that was lost.
        self._ended = False
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """As a transport's. A body that looks like a head goes out a turn later, and that is all."""
        if self._ended:
            return
        if self._head is not None:
            self._out(data)
        elif data.startswith(b"HTTP/1.1 "):
            self._head = data
            self._due = self._loop.call_soon(self._out)
        else:
            self._transport.write(data)

    def write_whole(self, parts: Sequence[bytes]) -> None:
        """Write what is whole, and waits for nothing."""
        if self._ended:
            return
        self._out()
        self._transport.write(b"".join(parts))

    def close(self) -> None:
        """As a transport's: what was written goes out first."""
        self._out()
        self._transport.close()

    def write_eof(self) -> None:
        """As a transport's: what was written goes out first."""
        self._out()
        self._ended = True
        self._transport.write_eof()

    def _out(self, data: bytes = b"") -> None:
        if self._head is not None and self._due is not None:
            self._due.cancel()
            head, self._head = self._head, None
            self._transport.writelines((head, data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
