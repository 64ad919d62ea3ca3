"""This module is in charge of what runs beside the serving for as long as the process does: it is started again whenever it ends.

A task foresees what may fail, says so in a line and goes on by itself. What nobody foresaw is written to the log whole, and the task begins
anew after a wait: nothing of a gateway may stop for good while its probes say that it is well.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import Final

LOG: Final = logging.getLogger("cellgate.background")
# Twice as long each time; from the beginning again once a task has run for longer than the longest wait.
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0

Run = Callable[[], Awaitable[None]]


@contextlib.asynccontextmanager
async def in_background(name: str, run: Run) -> AsyncIterator[None]:
    """Have it run until this is left; then it is cancelled and waited for."""
    task = asyncio.create_task(supervised(name, run), name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def supervised(name: str, run: Run) -> None:
    """Run it, and again whenever it ends, until cancelled."""
    wait_s = FIRST_WAIT_S
    while True:
        began = monotonic()
        try:
            await run()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Of something that it waited for, and not of itself.
            ended: BaseException | None = None
        except Exception as failed:
            ended = failed
        else:
            ended = None
        if monotonic() - began > LONGEST_WAIT_S:
            wait_s = FIRST_WAIT_S
        LOG.error("%s ended, which nobody foresaw; it begins again in %g s", name, wait_s, exc_info=ended)
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)
