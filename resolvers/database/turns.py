"""This module is in charge of turns: one at a time, in the order of asking, and at no cost where nobody else asks.

An `asyncio.Lock` makes two coroutines to find out that it is free; a request asks five times.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """Whose turn it is. `wait` is awaited only where `take` says no; each of them ends with `pass_on`."""

    __slots__ = ("_taken", "_waiting")

    def __init__(self) -> None:
        self._taken = False
        self._waiting: deque[asyncio.Future[None]] | None = None

    def take(self) -> bool:
        """Take the turn if nobody has it."""
        if self._taken:
            return False
        self._taken = True
        return True

    async def wait(self) -> None:
        """Wait for the turn, and have it; a waiter that is cancelled has none."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # Given to a waiter that was cancelled at the same moment.
                self.pass_on()
            raise

    def pass_on(self) -> None:
        """Give the turn to whoever waits longest, or to nobody."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._taken = False
