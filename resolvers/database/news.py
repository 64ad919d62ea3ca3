"""This module is in charge of news: everybody who waits is told when something may have been recorded, by whichever process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from resolvers.background import in_background
from resolvers.database.bell import Bell
from resolvers.database.failures import UNREACHABLE
from resolvers.database.outbox import CHANNEL
from resolvers.database.pool import Database

# What becomes visible later than it was told of (another transaction was still under way) is found then.
LOOK: Final = timedelta(seconds=2)
# However much is recorded, nobody is told more often.
PAUSE_S: Final = 0.2


class News:
    """One ear for all who wait. It listens while somebody does."""

    def __init__(self, database: Database) -> None:
        self._bell = Bell(database, "ledger", CHANNEL)
        self._wanted = asyncio.Event()
        self._told = asyncio.Event()

    async def wait(self) -> None:
        """Until something may have been recorded; at most a few seconds."""
        self._wanted.set()
        await self._told.wait()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen while this is entered."""
        try:
            async with in_background("news", self._run):
                yield
        finally:
            self._bell.close()

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                with contextlib.suppress(*UNREACHABLE):
                    await self._bell.listen()
                await self._bell.wait(LOOK)
                self._bell.clear()
            finally:
                # Whatever happened, who waits looks for himself.
                told, self._told = self._told, asyncio.Event()
                told.set()
            await asyncio.sleep(PAUSE_S)
