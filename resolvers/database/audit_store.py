"""This module is in charge of writing the audit: who asked which operation, for what purpose, touching which categories.

Entries are handed over without waiting and written in batches by a role that can insert and nothing else. What cannot be
written stays queued and is tried again; when the queue is full, `has_room` is false and the process is not ready.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator
from functools import lru_cache
from io import BytesIO
from typing import Final

import asyncpg

from auth.audit import AuditEntry
from resolvers.background import in_background
from resolvers.database.failures import UNREACHABLE
from resolvers.database.pool import Database

LOG: Final = logging.getLogger("cellgate.audit")
MOST_QUEUED: Final = 100_000
BATCH: Final = 5_000
EVERY_S: Final = 0.2
_COLUMNS: Final = ("at", "request_id", "party", "client_id", "token_id", "purpose", "operation", "categories", "outcome")
# What has a meaning in COPY's text format (PostgreSQL's documentation of COPY, section "Text Format").
_ESCAPED: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


class AuditStore:
    """The queue and its writer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: deque[AuditEntry] = deque()
        self._failing = False

    def record(self, entry: AuditEntry) -> None:
        """Queue one entry; never blocks, never fails."""
        self._queue.append(entry)

    @property
    def has_room(self) -> bool:
        """False when the writer is so far behind that entries would only pile up."""
        return len(self._queue) < MOST_QUEUED

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write while this is entered, and what is left at the end."""
        try:
            async with in_background("audit writer", self._run):
                yield
        finally:
            await self._drain()
            if self._queue:
                LOG.error("the audit lost %s entries: the database could not be reached before the end", len(self._queue))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await self._drain()

    async def _drain(self) -> None:
        # What is queued meanwhile waits for the next round, or each request would be a transaction of its own.
        for _ in range(0, len(self._queue), BATCH):
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            try:
                await self._write(batch)
            except BaseException as failed:
                self._queue.extendleft(reversed(batch))
                if not isinstance(failed, UNREACHABLE):
                    raise
                # Said once, not every time that it is tried again.
                if not self._failing:
                    LOG.warning("the audit cannot be written: %s; %s entries wait", type(failed).__name__, len(self._queue))
                self._failing = True
                return
            self._failing = False

    async def _write(self, batch: list[AuditEntry]) -> None:
        """All of them; one that the database does not take, or that cannot be written as text, is set aside, so that those behind it are written."""
        try:
            async with self._database.transaction("auditor") as connection:
                # As text: the driver's binary form costs every request six times as much, most of it to find out what an array is.
                lines = BytesIO("".join(map(line, batch)).encode())
                await connection.copy_to_table("access", schema_name="audit", source=lines, columns=_COLUMNS)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError) as refused:
            if len(batch) == 1:
                LOG.error("the audit does not take the entry of request %r: %s", batch[0].request_id, type(refused).__name__)
                return
            middle = len(batch) // 2
            await self._write(batch[:middle])
            await self._write(batch[middle:])


def line(entry: AuditEntry) -> str:
    """The entry in COPY's text format. No text of it is read as anything but itself."""
    texts = [entry.request_id, entry.party, entry.client_id, entry.token_id, entry.purpose, entry.operation]
    outcome = entry.outcome
    plain = "\t".join(texts) + outcome
    if "\\" in plain or "\n" in plain or "\r" in plain or plain.count("\t") != len(texts) - 1:
        texts, outcome = [each.translate(_ESCAPED) for each in texts], outcome.translate(_ESCAPED)
    return "\t".join((entry.moment.isoformat(), *texts, _array(entry.categories), outcome)) + "\n"


@lru_cache(maxsize=1024)
def _array(categories: frozenset[str]) -> str:
    quoted = ('"' + each.replace("\\", r"\\").replace('"', r"\"") + '"' for each in sorted(categories))
    return ("{" + ",".join(quoted) + "}").translate(_ESCAPED)
