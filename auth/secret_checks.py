"""This module is in charge of how many secrets are compared at a time, and how many may wait for that: anybody can make the server compare one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Final

# Each takes 16 MiB and a core for 40 ms: more at a time would only make all of them late.
AT_ONCE: Final = 2
WAITING: Final = 50
"""More wait for about a second; what comes then is put off, whoever sent it: it is not known who did before a secret is compared."""
WAIT_S: Final = 2
"""When who was put off may come again."""


class ChecksFull(Exception):
    """As many secrets wait to be compared as may; come again after WAIT_S seconds."""


class SecretChecks:
    """The places of one server."""

    def __init__(self) -> None:
        self._inside = 0
        self._comparing = asyncio.Semaphore(AT_ONCE)

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """A place from before the client is looked up until its secret was compared. Raises ChecksFull."""
        if self._inside >= AT_ONCE + WAITING:
            raise ChecksFull
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    @contextlib.asynccontextmanager
    async def comparing(self) -> AsyncIterator[None]:
        """One of those that compare."""
        async with self._comparing:
            yield
