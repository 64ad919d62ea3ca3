"""This module is in charge of sending a report, part by part: to a client that takes them, for as long as it does.

A part is made when the last one was taken, so a slow client has one part waiting, and one page that was read ahead. When the client goes away, or takes
nothing for too long, all that was at work for it ends with it: the page that is being read is given up, and its connection is free.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway.edge.event_stream import while_connected


class ReportResponse(StreamingResponse):
    """The parts of a report, or to HEAD what stands before them. `place` is left in the end, whatever the end is; `state` is told an outcome
    that is not that of the first page. A client has `send_timeout_s` seconds for each part."""

    def __init__(
        self,
        parts: AsyncGenerator[bytes, None],
        headers: Mapping[str, str],
        media: str,
        place: contextlib.AbstractContextManager[Any],
        send_timeout_s: float,
        state: dict[str, Any],
    ) -> None:
        super().__init__(parts, headers=headers, media_type=media)
        self._parts = parts
        self._place = place
        self._send_timeout_s = send_timeout_s
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. A client that is gone, or that takes nothing, is left: the server then closes the connection in the middle of the body."""
        with self._place:
            try:
                if not await while_connected(self._sent(send, body=scope["method"] != "HEAD"), receive):
                    self._state["outcome"] = "cancelled"
            except TimeoutError:
                self._state["outcome"] = "cancelled"
            finally:
                await self._parts.aclose()

    async def _sent(self, send: Send, *, body: bool) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if body:
            async for part in self._parts:
                async with asyncio.timeout(self._send_timeout_s):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
