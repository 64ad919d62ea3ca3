"""This module is in charge of filling an empty database at once: one transaction, COPY, keys and indexes built after the rows.

COPY into a table with row-level security is refused to a role that the policies hold for, and indexes belong to their
table's owner; so this is done as cellgate_owner, who lifts `force` for itself inside the transaction and puts it back. Nobody
sees the tables in between: the transaction holds them exclusively, and a load cut short leaves nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
# Keys, and what refers to them. Kept row by row they cost a third of the database's time; made afterwards they refuse the same, a world that
# contradicts itself.
CONSTRAINTS: Final = """
select c.contype = 'f' as refers, format('alter table %I.%I drop constraint %I', n.nspname, t.relname, c.conname) as dropped,
  format('alter table %I.%I add constraint %I %s', n.nspname, t.relname, c.conname, pg_get_constraintdef(c.oid)) as made
from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace
where c.contype in ('p', 'u', 'f') and n.nspname = any($1) and t.relname = any($2)
order by refers desc, t.relname, c.conname"""
# Not those of an expression: its statistics are taken with its table's, which may be before the load ends.
SECONDARY: Final = """
select n.nspname as schema, i.relname as name, pg_get_indexdef(i.oid) as definition
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = t.relnamespace
where n.nspname = any($1) and t.relname = any($2) and x.indexprs is null
order by pg_relation_size(x.indrelid) desc, i.relname"""
PACKS: Final = "select count(*) from battery.pack where parent is null"
OWNER: Final[Mapping[str, str]] = {"role": "cellgate_owner", "maintenance_work_mem": "512MB", "work_mem": "256MB"}


@dataclass(frozen=True, slots=True)
class Bulk:
    """An open load."""

    connection: asyncpg.Connection
    analyzed: set[Table] = field(default_factory=set)

    async def copy(self, table: Table, columns: Sequence[str], lines: bytes) -> None:
        """Append rows given as lines: values parted by commas, texts in double quotes, quote and backslash escaped by a backslash, `null`."""
        schema, name = table
        await self.connection.copy_to_table(
            name, schema_name=schema, columns=columns, source=BytesIO(lines), format="csv", null="null", quote='"', escape="\\", freeze=True
        )

    async def analyze(self, tables: Iterable[Table]) -> None:
        """Take the statistics of these tables now, for a statement that is to be planned before the load ends."""
        for table in tables:
            await _ddl(self.connection, text("analyze ") + ident(*table))
            self.analyzed.add(table)


@contextlib.asynccontextmanager
async def loading(database: Database, tables: Sequence[Table], progress: Progress, *, replace: bool = False) -> AsyncIterator[Bulk]:
    """Open a load into these tables, which have to be empty, or are emptied with `replace`; all other tables must not refer to them.

    Keys and indexes are built and statistics taken when the block ends. Raises DatabaseUnusable with DATA_PRESENT, and at the end of the block
    asyncpg.IntegrityConstraintViolationError for rows that contradict one another.
    """
    async with database.transaction("admin", OWNER) as connection:
        forced = await connection.fetch(FORCED, *_names(tables))
        for row in forced:
            await _ddl(connection, text("alter table ") + ident(*row) + text(" no force row level security"))
        if not replace and (packs := await connection.fetchval(PACKS)):
            raise DatabaseUnusable("DATA_PRESENT", "the database has " + str(packs) + " packs already; empty it first, or ask for them to be replaced")
        await _ddl(connection, text("truncate table ") + join(", ", [ident(*table) for table in tables]))
        dropped = await _without_indexes(connection, tables)
        bulk = Bulk(connection)
        yield bulk
        for done, made in enumerate(dropped, start=1):
            await connection.execute(made)
            progress("indexes", done, len(dropped))
        for row in forced:
            await _ddl(connection, text("alter table ") + ident(*row) + text(" force row level security"))
        for done, table in enumerate(tables, start=1):
            if table not in bulk.analyzed:
                await bulk.analyze([table])
            progress("statistics", done, len(tables))


async def _without_indexes(connection: Any, tables: Sequence[Table]) -> list[str]:
    """Drop keys, references and indexes; gives PostgreSQL's own words for each of them, in the order in which they can be made again."""
    constraints = await connection.fetch(CONSTRAINTS, *_names(tables))
    for each in constraints:
        await connection.execute(each["dropped"])
    # What is left belongs to no key.
    indexes = await connection.fetch(SECONDARY, *_names(tables))
    for index in indexes:
        await _ddl(connection, text("drop index ") + ident(index["schema"], index["name"]))
    keys = [each["made"] for each in constraints if not each["refers"]]
    return [*keys, *(index["definition"] for index in indexes), *(each["made"] for each in constraints if each["refers"])]


async def loaded_packs(database: Database) -> int:
    """How many packs the database has; what came out of them is not counted."""
    async with database.reading(role="system") as session:
        rows = await session.fetch(PACKS)
    return int(rows[0][0])


def _names(tables: Sequence[Table]) -> tuple[list[str], list[str]]:
    return [schema for schema, _name in tables], [name for _schema, name in tables]


async def _ddl(connection: Any, statement: Sql) -> None:
    await connection.execute(statement.compile().text)
