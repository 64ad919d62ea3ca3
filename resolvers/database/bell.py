"""This module is in charge of hearing NOTIFY: a connection of its own that listens on one channel, and a wait that ends when it rings."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import asyncpg

from resolvers.database.pool import Database, Role


class Bell:
    """Rings when somebody notifies the channel. Whoever waits also looks by itself once in a while, for a pooler that passes no
    notifications on, and for what happened while the connection was down."""

    __slots__ = ("_channel", "_connection", "_database", "_role", "_rung")

    def __init__(self, database: Database, role: Role, channel: str) -> None:
        self._database = database
        self._role: Role = role
        self._channel = channel
        self._rung = asyncio.Event()
        self._connection: asyncpg.Connection | None = None

    async def listen(self) -> None:
        """Listen, unless that is so already; raises one of UNREACHABLE (resolvers.database.failures)."""
        if self._connection is None or self._connection.is_closed():
            # Of its own: a pooled connection that listens would be given to somebody else.
            connection = await asyncpg.connect(**self._database.target.login(self._role))
            try:
                await connection.add_listener(self._channel, self._hear)
            except BaseException:
                connection.terminate()
                raise
            self._connection = connection

    def clear(self) -> None:
        """To be called before looking: what rings while one looks makes another round."""
        self._rung.clear()

    def ring(self) -> None:
        """As if somebody had notified the channel."""
        self._rung.set()

    async def wait(self, most: timedelta) -> None:
        """Until it rings, at most so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), most.total_seconds())

    def close(self) -> None:
        """Stop listening."""
        if self._connection is not None:
            self._connection.terminate()

    def _hear(self, *_notification: object) -> None:
        self._rung.set()
