"""This module is in charge of filling an empty database at once: rows by COPY, keys and indexes made after them.

COPY into a table with row-level security is refused to a role that the policies hold for, and indexes belong to their
table's owner; so this is done as cellgate_owner, who lifts `force` for itself and puts it back. Nobody sees the tables while rows
come, nor writes to them before they have their keys. A load cut short leaves nothing (bulk_afterwards.py).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any, Final

import asyncpg

from resolvers.database import DatabaseUnusable
from resolvers.database.bulk_afterwards import ALONE, Dropped, Table, Work, drop, empty, finish, hold, largest_first, note, shared, undo
from resolvers.database.failures import LOST
from resolvers.database.pool import Database
from resolvers.database.sql import ident, text

Progress = Callable[[str, int, int], None]

PACKS: Final = "select count(*) from battery.pack where parent is null"
OWNER: Final[Mapping[str, str]] = {"role": "cellgate_owner", "maintenance_work_mem": "512MB", "work_mem": "256MB"}
COUNTING: Final[Mapping[str, str]] = {"work_mem": "256MB"}


@dataclass(frozen=True, slots=True)
class Bulk:
    """An open load."""

    connection: asyncpg.Connection

    async def copy(self, table: Table, columns: Sequence[str], lines: bytes) -> None:
        """Append rows given as lines: values parted by commas, texts in double quotes, quote and backslash escaped by a backslash, `null`."""
        schema, name = table
        await self.connection.copy_to_table(
            name, schema_name=schema, columns=columns, source=BytesIO(lines), format="csv", null="null", quote='"', escape="\\", freeze=True
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """Tables that follow from all the others, and what fills them, in a transaction of the ledger."""

    tables: tuple[Table, ...]
    fill: Callable[[Any], Awaitable[None]]


@contextlib.asynccontextmanager
async def loading(database: Database, tables: Sequence[Table], progress: Progress, counted: Counted | None = None) -> AsyncIterator[Bulk]:
    """Open a load into these tables, which have to be empty; all other tables must not refer to them.

    When the block ends the rows are kept, statistics taken, keys and indexes made and what is `counted` filled, on two connections. Raises
    DatabaseUnusable with DATA_PRESENT, and at the end of the block asyncpg.IntegrityConstraintViolationError for rows that contradict one another;
    whatever is raised, the tables are empty afterwards.
    """
    everything = [*tables, *(counted.tables if counted is not None else ())]
    kept = False
    try:
        async with database.transaction("admin", OWNER) as holding:
            await holding.execute(ALONE)
            async with _rows(database, everything) as (bulk, dropped):
                yield bulk
            kept = True
            await _afterwards(database, holding, dropped, progress, counted)
    except BaseException:
        if kept:
            # Where the database is gone, whoever opens it next does this.
            with contextlib.suppress(*LOST):
                await asyncio.shield(_undone(database))
        raise


@contextlib.asynccontextmanager
async def _rows(database: Database, tables: Sequence[Table]) -> AsyncIterator[tuple[Bulk, Dropped]]:
    async with database.transaction("admin", OWNER) as connection:
        # Before the count: behind the lock the owner finds nothing.
        dropped = await drop(connection, tables)
        if packs := await connection.fetchval(PACKS):
            raise DatabaseUnusable("DATA_PRESENT", "the database has " + str(packs) + " packs already; empty it first")
        # COPY writes frozen rows, without a log where the server allows it, into what this transaction emptied.
        await empty(connection, tables)
        yield Bulk(connection), dropped
        await note(connection, dropped)


async def _afterwards(database: Database, holding: Any, dropped: Dropped, progress: Progress, counted: Counted | None) -> None:
    """What is counted is planned by the statistics, and is written before its own tables have indexes."""
    last = frozenset(counted.tables) if counted is not None else frozenset[Table]()
    indexes = await largest_first(holding, dropped)
    analyzing, indexing = _steps(progress, "statistics", len(dropped.tables)), _steps(progress, "indexes", len(indexes))
    await shared(_each(database, analyzing, [_analyze(table) for table in dropped.tables if table not in last]))
    await hold(holding, [table for table in dropped.tables if table not in last])
    counting: list[Work] = [partial(_count, database, counted)] if counted is not None else []
    await shared([*counting, *_each(database, indexing, [statement for table, statement in indexes if table not in last])])
    await shared(_each(database, analyzing, [_analyze(table) for table in last]))
    await shared(_each(database, indexing, [statement for table, statement in indexes if table in last]))
    await finish(holding, dropped)


def _each(database: Database, step: Callable[[], None], statements: Sequence[str]) -> Iterator[Work]:
    async def made(statement: str) -> None:
        async with database.transaction("admin", OWNER) as connection:
            await connection.execute(statement)
        step()

    return (partial(made, statement) for statement in statements)


async def _count(database: Database, counted: Counted) -> None:
    async with database.transaction("ledger", COUNTING) as connection:
        await counted.fill(connection)


def _steps(progress: Progress, stage: str, total: int) -> Callable[[], None]:
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(stage, done, total)

    return step


async def _undone(database: Database) -> None:
    async with database.transaction("admin", OWNER) as connection:
        await undo(connection)


async def loaded_packs(database: Database) -> int:
    """How many packs the database has; what came out of them is not counted."""
    async with database.reading(role="system") as session:
        rows = await session.fetch(PACKS)
    return int(rows[0][0])


def _analyze(table: Table) -> str:
    return (text("analyze ") + ident(*table)).compile().text
