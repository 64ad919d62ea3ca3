"""This module is in charge of what all streams to clients have in common: how many there are, and that they end when their token does.

A stream pulls: the next event is made when the last one was sent, so a slow client has one event waiting and not a queue of them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator

from gateway.edge.bearer_refusal import BearerRefusal
from gateway.errors import refused
from gateway.pipeline import GraphQLResponse
from gateway.settings import Streams


class Places:
    """What lasts, counted by client: so many of one, and so many in all, of `what` at a time."""

    def __init__(self, per_client: int, total: int, what: str) -> None:
        self._per_client = per_client
        self._total = total
        self._what = what
        self._by_client: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many there are now."""
        return self._by_client.total()

    @contextlib.contextmanager
    def taken_by(self, client: str) -> Iterator[None]:
        """For as long as one lasts. Refuses (TOO_MANY_REQUESTS) where there are too many."""
        if self._by_client[client] >= self._per_client or self.taken >= self._total:
            raise refused("TOO_MANY_REQUESTS", f"There are too many {self._what}; end one first.", headers=(("retry-after", "10"),))
        self._by_client[client] += 1
        try:
            yield
        finally:
            self._by_client[client] -= 1
            if not self._by_client[client]:
                del self._by_client[client]


class OpenStreams:
    """The streams and sockets of this process, counted."""

    def __init__(self, limits: Streams) -> None:
        self.limits = limits
        self.sockets = 0
        self._places = Places(limits.per_client, limits.total, "subscriptions")

    @property
    def subscriptions(self) -> int:
        """How many operations there are now."""
        return self._places.taken

    def admitted(self, client: str) -> contextlib.AbstractContextManager[None]:
        """For as long as an operation runs. Refuses (TOO_MANY_REQUESTS) where there are too many."""
        return self._places.taken_by(client)

    @contextlib.contextmanager
    def socket(self) -> Iterator[bool]:
        """For as long as a socket is open; False where there are too many."""
        self.sockets += 1
        try:
            yield self.sockets <= self.limits.total
        finally:
            self.sockets -= 1


async def while_good(
    source: AsyncGenerator[GraphQLResponse, None], refusal: Callable[[], BearerRefusal | None], check_s: float
) -> AsyncGenerator[GraphQLResponse | None, None]:
    """The responses, for as long as `refusal` gives none; then its errors, and the end. None each time that nothing happened for `check_s` seconds.

    The source runs in a task of its own, so that waiting for it can be broken off without breaking it.
    """
    waiting: asyncio.Queue[GraphQLResponse | None] = asyncio.Queue(maxsize=1)
    taken = asyncio.Event()
    pump = asyncio.create_task(_pump(source, waiting, taken))
    try:
        while True:
            bad = refusal()
            if bad is not None:
                yield GraphQLResponse(bad.status, bad.body, (), bad.code)
                return
            try:
                async with asyncio.timeout(check_s):
                    response = await waiting.get()
            except TimeoutError:
                yield None
                continue
            if response is None:
                return
            # What came while the token ended is not shown.
            if refusal() is None:
                yield response
            taken.set()
    finally:
        pump.cancel()
        await asyncio.gather(pump, return_exceptions=True)


async def _pump(source: AsyncGenerator[GraphQLResponse, None], waiting: asyncio.Queue[GraphQLResponse | None], taken: asyncio.Event) -> None:
    try:
        async with contextlib.aclosing(source):
            async for response in source:
                taken.clear()
                await waiting.put(response)
                await taken.wait()
    finally:
        # The reader may be gone; then there is room for nothing, and nothing is needed.
        with contextlib.suppress(asyncio.QueueFull):
            waiting.put_nowait(None)
