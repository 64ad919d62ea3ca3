"""This module is in charge of publishing closed months beside the serving: in a process of its own, which the gateway's event loop never waits for.

What may be shown of a table is worked out in Python, for seconds where there is much. One gateway of several has the turn; its process runs at the
lowest priority and ends with the gateway.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Final

from gateway.settings import Settings
from resolvers.background import in_background
from resolvers.database.failures import UNREACHABLE
from resolvers.database.leases import take_turn
from resolvers.database.pool import Database

LOG: Final = logging.getLogger("cellgate.publish")
LEASE: Final = "publish"
COMMAND: Final = (sys.executable, "-P", "-m", "gateway.cli", "ledger", "publish")
# How often it is looked whether a turn is due, at most; and how long a process may take to end when it is asked to.
LOOK_S: Final = 60.0
STOP_S: Final = 3.0
LOWEST: Final = 19


@contextlib.asynccontextmanager
async def publishing(settings: Settings, database: Database, clock: Callable[[], datetime]) -> AsyncIterator[None]:
    """Publish in the background as often as the settings say, never where they say 0."""
    if not settings.publish.every_s:
        yield
        return
    async with in_background("publish", lambda: _run(settings, database, clock)):
        yield


async def _run(settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
    holder, every_s = f"{socket.gethostname()}:{os.getpid()}", settings.publish.every_s
    while True:
        try:
            now = clock()
            if await take_turn(database, LEASE, holder, now, now + timedelta(seconds=every_s)):
                await _published(settings)
        except UNREACHABLE as lost:
            LOG.warning("publishing was put off: %s", type(lost).__name__)
        except OSError as failed:
            LOG.error("publishing was put off, its process cannot be started: %s", failed.strerror)
        await asyncio.sleep(min(every_s, LOOK_S))


async def _published(settings: Settings) -> None:
    """`cellgate ledger publish` over the same data, to its end, or to ours."""
    # Not among the arguments, which everybody on the machine reads: a DSN may hold a password.
    over = {"CELLGATE_DATABASE_DATA": settings.database.data, "CELLGATE_DATABASE_DSN": settings.database.dsn}
    environment = {**os.environ, **{name: value for name, value in over.items() if value}}
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*COMMAND, stdin=nothing, stdout=pipe, stderr=asyncio.subprocess.STDOUT, env=environment)
    try:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, LOWEST)
        said, _ = await process.communicate()
    finally:
        await _ended(process)
    last = said.decode(errors="replace").strip().rpartition("\n")[2]
    LOG.log(logging.ERROR if process.returncode else logging.INFO, "closed months: %s", last)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Whatever it is doing, a transaction that is not committed leaves nothing behind."""
    for stop in (process.terminate, process.kill):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                stop()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_S)
