"""This module is in charge of filling an empty database at once: one transaction, COPY, indexes built after the rows.

COPY into a table with row-level security is refused to a role that the policies hold for, and indexes belong to their
table's owner; so this is done as cellgate_owner, who lifts `force` for itself inside the transaction and puts it back. Nobody
sees the tables in between: the transaction holds them exclusively, and a load cut short leaves nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import asyncpg

from resolvers.database import DatabaseUnusable
from resolvers.database.pool import Database
from resolvers.database.sql import Sql, ident, join, text

Table = tuple[str, str]
Progress = Callable[[str, int, int], None]

FORCED: Final = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relforcerowsecurity and n.nspname = any($1) and c.relname = any($2)"""
# Keys stay: other tables refer to them, and they refuse a world that contradicts itself.
SECONDARY: Final = """
select n.nspname as schema, i.relname as name, pg_get_indexdef(i.oid) as definition
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = t.relnamespace
where not x.indisprimary and n.nspname = any($1) and t.relname = any($2)
order by pg_relation_size(x.indrelid) desc, i.relname"""
PACKS: Final = "select count(*) from battery.pack where parent is null"
OWNER: Final[Mapping[str, str]] = {"role": "cellgate_owner", "maintenance_work_mem": "512MB"}


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


@contextlib.asynccontextmanager
async def loading(database: Database, tables: Sequence[Table], progress: Progress, *, replace: bool = False) -> AsyncIterator[Bulk]:
    """Open a load into these tables, which have to be empty, or are emptied with `replace`; all other tables must not refer to them.

    Indexes are built and statistics taken when the block ends. Raises DatabaseUnusable with DATA_PRESENT.
    """
    async with database.transaction("admin", OWNER) as connection:
        forced = await connection.fetch(FORCED, *_names(tables))
        for row in forced:
            await _ddl(connection, text("alter table ") + ident(*row) + text(" no force row level security"))
        if not replace and (packs := await connection.fetchval(PACKS)):
            raise DatabaseUnusable("DATA_PRESENT", "the database has " + str(packs) + " packs already; empty it first, or ask for them to be replaced")
        await _ddl(connection, text("truncate table ") + join(", ", [ident(*table) for table in tables]))
        indexes = await connection.fetch(SECONDARY, *_names(tables))
        for index in indexes:
            await _ddl(connection, text("drop index ") + ident(index["schema"], index["name"]))
        yield Bulk(connection)
        for done, index in enumerate(indexes, start=1):
            # PostgreSQL's own words for the index that was dropped.
            await connection.execute(index["definition"])
            progress("indexes", done, len(indexes))
        for row in forced:
            await _ddl(connection, text("alter table ") + ident(*row) + text(" force row level security"))
        for done, table in enumerate(tables, start=1):
            await _ddl(connection, text("analyze ") + ident(*table))
            progress("statistics", done, len(tables))


async def loaded_packs(database: Database) -> int:
    """How many packs the database has; what came out of them is not counted."""
    async with database.reading(role="system") as session:
        rows = await session.fetch(PACKS)
    return int(rows[0][0])


def _names(tables: Sequence[Table]) -> tuple[list[str], list[str]]:
    return [schema for schema, _name in tables], [name for _schema, name in tables]


async def _ddl(connection: Any, statement: Sql) -> None:
    await connection.execute(statement.compile().text)
