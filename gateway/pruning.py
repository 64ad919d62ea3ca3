"""This module is in charge of deleting, beside the serving, what the settings no longer keep: one process at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Final

from gateway.settings import Changes
from resolvers.background import in_background
from resolvers.database.change_retention import prune
from resolvers.database.failures import UNREACHABLE
from resolvers.database.leases import take_turn
from resolvers.database.pool import Database

LOG: Final = logging.getLogger("cellgate.pruning")
LEASE: Final = "pruning"
EVERY: Final = timedelta(hours=1)


@contextlib.asynccontextmanager
async def pruning(settings: Changes, database: Database, clock: Callable[[], datetime], every: timedelta = EVERY) -> AsyncIterator[None]:
    """Prune in the background; never where the settings keep everything."""
    if not settings.keep_days:
        yield
        return
    async with in_background("pruning", lambda: _run(timedelta(days=settings.keep_days), database, clock, every)):
        yield


async def _run(keep: timedelta, database: Database, clock: Callable[[], datetime], every: timedelta) -> None:
    holder = f"{socket.gethostname()}:{os.getpid()}"
    while True:
        try:
            now = clock()
            if await take_turn(database, LEASE, holder, now, now + every) and (gone := await prune(database, now, keep)):
                LOG.info("%s changes are no longer kept", gone)
        except UNREACHABLE as lost:
            LOG.warning("pruning was put off: %s", type(lost).__name__)
        await asyncio.sleep(every.total_seconds())
