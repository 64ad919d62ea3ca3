"""This module is in charge of server-sent events to a client: the protocol graphql-sse in its distinct connections mode (graphql-sse)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, Final

from starlette.types import Receive, Send

from gateway.pipeline import GraphQLResponse
from gateway.settings import Streams

_HEAD: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"vary", b"accept, authorization"),
    # nginx would hold events back until its buffer is full.
    (b"x-accel-buffering", b"no"),
)
_COMPLETE: Final = b"event: complete\ndata:\n\n"
_ALIVE: Final = b":\n\n"


async def send_events(responses: AsyncGenerator[GraphQLResponse | None, None], send: Send, limits: Streams) -> None:
    """Each response as `next`, errors too, then `complete`. A client that does not take an event in time is left: its connection is closed."""
    clock = asyncio.get_running_loop()
    async with contextlib.aclosing(responses):
        await send({"type": "http.response.start", "status": 200, "headers": list(_HEAD)})
        last = clock.time()
        async for response in responses:
            if response is None and clock.time() < last + limits.heartbeat_s:
                continue
            # JSON that orjson wrote has no line breaks.
            body = _ALIVE if response is None else b"event: next\ndata: " + response.body + b"\n\n"
            await _sent(send, body, limits)
            last = clock.time()
    await _sent(send, _COMPLETE, limits, last=True)


async def while_connected(work: Coroutine[Any, Any, None], receive: Receive) -> bool:
    """Do the work while the client is there; False when it went away before the end. What the work raises is raised."""
    working, listening = asyncio.create_task(work), asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({working, listening}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
            return True
        return False
    finally:
        for task in (working, listening):
            task.cancel()
        await asyncio.gather(working, listening, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _sent(send: Send, body: bytes, limits: Streams, *, last: bool = False) -> None:
    async with asyncio.timeout(limits.send_timeout_s):
        await send({"type": "http.response.body", "body": body, "more_body": not last})
