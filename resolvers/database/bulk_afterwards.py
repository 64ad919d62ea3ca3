"""This module is in charge of what a load takes from its tables and gives back: keys, indexes and references, and of taking back a load that was cut short.

PostgreSQL shows rows that are not committed to one session only, and one session uses one processor for nearly all of this. So rows are kept first, and
what is to be made for them is noted in rule.load_under_way until it is made: no other process comes to work on the database before (`take_back`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from resolvers.database.pool import Database
from resolvers.database.sql import ident, join, text

Table = tuple[str, str]
Work = Callable[[], Awaitable[None]]

# Kept row by row, keys cost a third of the database's time; made afterwards they refuse the same, a world that contradicts itself.
CONSTRAINTS: Final = """
select c.contype = 'f' as refers, n.nspname as schema, t.relname as table, pg_get_indexdef(c.conindid) as indexed,
  format('alter table %I.%I drop constraint %I', n.nspname, t.relname, c.conname) as dropped,
  format('alter table %I.%I add constraint %I ', n.nspname, t.relname, c.conname) || case c.contype when 'f' then pg_get_constraintdef(c.oid)
    else format('%s using index %I', case c.contype when 'p' then 'primary key' else 'unique' end, c.conname) end as made
from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace
where c.contype in ('p', 'u', 'f') and (n.nspname, t.relname) in (select * from unnest($1::text[], $2::text[]))
order by refers desc, t.relname, c.conname"""
# Not those of an expression: its statistics are taken with its table's, which is before indexes are made.
SECONDARY: Final = """
select n.nspname as schema, t.relname as table, i.relname as name, pg_get_indexdef(i.oid) as indexed
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = t.relnamespace
where x.indexprs is null and (n.nspname, t.relname) in (select * from unnest($1::text[], $2::text[]))
order by i.relname"""
FORCED: Final = """
select n.nspname as schema, c.relname as table from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relforcerowsecurity and (n.nspname, c.relname) in (select * from unnest($1::text[], $2::text[]))"""
SIZE: Final = "select pg_relation_size(format('%I.%I', $1::text, $2::text)::regclass)"
NOTE: Final = "insert into rule.load_under_way (schemas, tables, statements) values ($1, $2, $3)"
NOTED: Final = "select schemas, tables, statements from rule.load_under_way"
DONE: Final = "delete from rule.load_under_way"
BECOME_OWNER: Final = "set local role cellgate_owner"
# Held by a load from its first row to its last index.
ALONE: Final = "select pg_advisory_xact_lock(7310853172646176613)"
# More would not help: large indexes are made by several processes each.
LANES: Final = 2


@dataclass(frozen=True, slots=True)
class Dropped:
    """What tables lost, in PostgreSQL's own words for making it again: indexes by table, then keys on them, references, and the lock on their owner.

    References are made before the lock: behind it the owner finds no row that contradicts them.
    """

    tables: tuple[Table, ...]
    indexes: tuple[tuple[Table, str], ...]
    keys: tuple[str, ...]
    references: tuple[str, ...]
    forced: tuple[str, ...]

    @property
    def statements(self) -> list[str]:
        """All of them in an order in which they can be made."""
        return [*(statement for _table, statement in self.indexes), *self.last]

    @property
    def last(self) -> tuple[str, ...]:
        """What is made when all indexes are."""
        return (*self.keys, *self.references, *self.forced)


async def drop(connection: Any, tables: Sequence[Table]) -> Dropped:
    """Lift the lock on the tables' owner, drop references, keys and indexes."""
    forced = [ident(row["schema"], row["table"]) for row in await connection.fetch(FORCED, *_names(tables))]
    for table in forced:
        await connection.execute((text("alter table ") + table + text(" no force row level security")).compile().text)
    constraints = await connection.fetch(CONSTRAINTS, *_names(tables))
    for each in constraints:
        await connection.execute(each["dropped"])
    # What is left belongs to no key.
    indexes = await connection.fetch(SECONDARY, *_names(tables))
    for index in indexes:
        await connection.execute((text("drop index ") + ident(index["schema"], index["name"])).compile().text)
    keys = [each for each in constraints if not each["refers"]]
    made = tuple(((each["schema"], each["table"]), each["indexed"]) for each in (*keys, *indexes))
    references = tuple(each["made"] for each in constraints if each["refers"])
    lock = tuple((text("alter table ") + table + text(" force row level security")).compile().text for table in forced)
    return Dropped(tuple(tables), made, tuple(each["made"] for each in keys), references, lock)


async def empty(connection: Any, tables: Iterable[Table]) -> None:
    """Take all rows out; no other table may refer to them."""
    await connection.execute((text("truncate table ") + join(", ", [ident(*table) for table in tables])).compile().text)


async def note(connection: Any, dropped: Dropped) -> None:
    """Note in the rows' own transaction what has to be made for them."""
    await connection.execute(NOTE, *_names(dropped.tables), dropped.statements)


async def largest_first(connection: Any, dropped: Dropped) -> list[tuple[Table, str]]:
    """The indexes, those of large tables ahead: what comes last is short, so that no session waits for another one for long."""
    sizes: Mapping[Table, int] = {table: await connection.fetchval(SIZE, *table) for table in dropped.tables}
    return sorted(dropped.indexes, key=lambda each: -sizes[each[0]])


async def hold(connection: Any, tables: Iterable[Table]) -> None:
    """Let nobody write to the tables until this transaction ends: they have no keys yet."""
    await connection.execute((text("lock table ") + join(", ", [ident(*table) for table in tables]) + text(" in share mode")).compile().text)


async def finish(connection: Any, dropped: Dropped) -> None:
    """Make keys of the indexes, references and the lock, and forget the note: the load has happened."""
    for statement in dropped.last:
        await connection.execute(statement)
    await connection.execute(DONE)


async def shared(work: Iterable[Work]) -> None:
    """Do the pieces in order, two at a time; when one fails or this is cancelled, none is going on any more."""
    left = deque(work)

    async def lane() -> None:
        while left:
            await left.popleft()()

    lanes = [asyncio.create_task(lane()) for _ in range(LANES)]
    try:
        await asyncio.gather(*lanes)
    finally:
        left.clear()
        for each in lanes:
            each.cancel()
        await asyncio.wait(lanes)


async def undo(connection: Any) -> None:
    """Take back a load whose note is there, in the owner's open transaction: its rows out, keys and indexes as before."""
    noted = await connection.fetchrow(NOTED)
    if noted is None:
        return
    tables = list(zip(noted["schemas"], noted["tables"], strict=True))
    await empty(connection, tables)
    await drop(connection, tables)
    for statement in noted["statements"]:
        await connection.execute(statement)
    await connection.execute(DONE)


async def settled(database: Database) -> bool:
    """`take_back` for a database that is open: whether a load was under way since then; it has ended, or is taken back."""
    async with database.transaction("admin", {"role": "cellgate_owner"}) as connection:
        return await _settled(connection)


async def take_back(admin: asyncpg.Connection) -> bool:
    """Before anything else is done with a database: wait for a load that is under way, and take back one that was cut short. Gives whether there was either."""
    async with admin.transaction():
        await admin.execute(BECOME_OWNER)
        return await _settled(admin)


async def _settled(connection: Any) -> bool:
    if await connection.fetchrow(NOTED) is None:
        return False
    await connection.execute(ALONE)
    await undo(connection)
    return True


def _names(tables: Sequence[Table]) -> tuple[list[str], list[str]]:
    return [schema for schema, _name in tables], [name for _schema, name in tables]
