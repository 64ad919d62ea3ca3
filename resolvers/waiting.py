"""This module is in charge of waiting in order: what is given goes to whoever waits longest, and is never lost on one that left."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Waiting(Generic[T]):
    """Those who wait for a thing that there is not enough of."""

    __slots__ = ("_loop", "_queue")

    def __init__(self) -> None:
        self._queue: deque[asyncio.Future[T]] = deque()
        # Of the first who waits, and so of all; looking for it is a system call in CPython 3.11.
        self._loop: asyncio.AbstractEventLoop | None = None

    async def turn(self, give_on: Callable[[T], object]) -> T:
        """Wait, and have what is given. Who is cancelled in the moment in which it is given calls `give_on` with it."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        turn: asyncio.Future[T] = self._loop.create_future()
        self._queue.append(turn)
        try:
            return await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                give_on(turn.result())
            raise

    def give(self, thing: T) -> bool:
        """Give it to whoever waits longest. False where nobody does."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(thing)
                return True
        return False
