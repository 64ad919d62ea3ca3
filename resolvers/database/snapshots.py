"""This module is in charge of connections for reading: a small pool whose snapshots are ended by the message that opens the next.

A request's snapshot costs one round trip, not two: its connection goes back as it is, and the next BEGIN is sent with a
ROLLBACK before it. A connection that nobody takes is rolled back soon, so that no snapshot holds back the vacuum.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from resolvers.database.read_connection import ReadConnection
from resolvers.waiting import Waiting

IDLE_S: Final = 0.1
Connect = Callable[[], Awaitable[ReadConnection]]


class Snapshots:
    """At most `most` connections, the warmest first; who finds none waits its turn."""

    __slots__ = ("_connect", "_free", "_made", "_most", "_resting", "_timer", "_waiting")

    def __init__(self, connect: Connect, most: int) -> None:
        self._connect = connect
        self._most = most
        self._made = 0
        self._free: list[ReadConnection] = []
        # None is leave to make a connection.
        self._waiting: Waiting[ReadConnection | None] = Waiting()
        self._timer: asyncio.TimerHandle | None = None
        self._resting: set[asyncio.Task[None]] = set()

    def free(self) -> ReadConnection | None:
        """A free connection, if there is one. It may still be inside the transaction of who had it before: begin with `opening`."""
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
            self._made -= 1
        return None

    async def take(self) -> ReadConnection:
        """The same, or a new one, or the next that is given back."""
        while True:
            if (found := self.free()) is not None:
                return found
            if self._made < self._most:
                return await self._new()
            given = await self._waiting.turn(self._pass_on)
            if given is not None:
                if not given.is_closed():
                    return given
                self._made -= 1

    async def _new(self) -> ReadConnection:
        self._made += 1
        try:
            return await self._connect()
        except BaseException:
            self._made -= 1
            self._waiting.give(None)
            raise

    async def warm(self, least: int) -> None:
        """Have at least so many connections; none is closed again while the pool lives."""
        while self._made < min(least, self._most):
            self.give_back(await self._new())

    def give_back(self, connection: ReadConnection) -> None:
        """Return a connection whose last statement has come to its end; its transaction may be open."""
        if connection.is_closed():
            self._made -= 1
            self._waiting.give(None)
        elif not self._waiting.give(connection):
            self._free.append(connection)
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(IDLE_S, self._rest)

    def recover(self, connection: ReadConnection) -> None:
        """Return a connection whose last statement was cut short or failed: it is rolled back first, or given up."""
        task = asyncio.ensure_future(self._recovered(connection))
        self._resting.add(task)
        task.add_done_callback(self._resting.discard)

    async def _recovered(self, connection: ReadConnection) -> None:
        try:
            if not connection.is_closed():
                # After a cancelled statement this waits until the server has dropped it.
                await connection.execute("ROLLBACK")
        except Exception:
            # Whatever the driver made of it: who gets the connection next must not find it in the middle of something.
            connection.terminate()
        finally:
            self.give_back(connection)

    def _pass_on(self, given: ReadConnection | None) -> None:
        if given is None:
            self._waiting.give(None)
        else:
            self.give_back(given)

    def _rest(self) -> None:
        """End the snapshots that nobody has taken since the last look."""
        self._timer = None
        open_still = [each for each in self._free if not each.is_closed() and each.is_in_transaction()]
        for connection in open_still:
            self._free.remove(connection)
            self.recover(connection)

    async def close(self) -> None:
        """Close the free connections; those in use are closed by whoever gives them back last."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._resting:
            await asyncio.gather(*self._resting, return_exceptions=True)
        while self._free:
            connection: Any = self._free.pop()
            self._made -= 1
            await connection.close()
