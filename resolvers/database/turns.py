"""This module is in charge of turns: one at a time, in the order of asking, and at no cost where nobody else asks.

An `asyncio.Lock` makes two coroutines to find out that it is free; a request asks five times.
"""

from __future__ import annotations

from resolvers.waiting import Waiting


class Turns:
    """Whose turn it is. `wait` is awaited only where `take` says no; each of them ends with `pass_on`."""

    __slots__ = ("_taken", "_waiting")

    def __init__(self) -> None:
        self._taken = False
        self._waiting: Waiting[None] | None = None

    def take(self) -> bool:
        """Take the turn if nobody has it."""
        if self._taken:
            return False
        self._taken = True
        return True

    async def wait(self) -> None:
        """Wait for the turn, and have it; a waiter that is cancelled has none."""
        if self._waiting is None:
            self._waiting = Waiting()
        await self._waiting.turn(lambda _: self.pass_on())

    def pass_on(self) -> None:
        """Give the turn to whoever waits longest, or to nobody."""
        if self._waiting is None or not self._waiting.give(None):
            self._taken = False
