"""This module is in charge of worlds too large to be told life by life: each pack of a told world is copied, with a new serial number, by SQL.

Tables, indexes, grants and row-level security are the real ones, and so are the proportions. Copied are packs, their grants,
their first five events (or all of them) and their vehicles (whose VINs lose their check digit): what one battery's answer is made of.
"""

from __future__ import annotations

import time
from typing import Any, Final

from benchmarks.worlds import BenchWorld, settled
from resolvers.database.bulk import OWNER
from resolvers.database.bulk_afterwards import FORCED
from resolvers.database.sql import Sql, ident, join, text

TABLES: Final = (("battery", "pack"), ("battery", "access"), ("battery", "event"), ("vehicle", "vehicle"))
FIRST_FIVE: Final = {"event": text(" where t.seq <= 5")}
ALL: Final[dict[str, Sql]] = {}
# Keys stay: tables that are not copied refer to them.
SECONDARY: Final = """
select n.nspname as schema, i.relname as name, pg_get_indexdef(i.oid) as definition
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = t.relnamespace
where n.nspname = any($1) and t.relname = any($2) and not exists (select from pg_constraint c where c.conindid = i.oid)
order by i.relname"""
COLUMNS: Final = """
select attname as name from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attgenerated = '' order by attnum"""
# A told serial number has at most five digits of seven: the copy's number takes the first two. Codes of reused batteries are shorter.
SERIAL: Final = text("overlay(t.code placing lpad(c.n::text, 2, '0') from case length(t.code) when 24 then 18 else 11 end for 2)")
VIN: Final = text("overlay(t.vin placing lpad(c.n::text, 2, '0') from 5 for 2)")
FROM: Final = text(" from generate_series(1, $1::int) as c(n) cross join ")


async def grown(made: BenchWorld, packs: int, only: dict[str, Sql] = FIRST_FIVE) -> None:
    """Bring the world to about so many packs, the nearest multiple of those that were told and at most a hundred times as many; nothing when it has them."""
    have = (await made.rows("select count(*) from battery.pack"))[0][0]
    # A told world has a few packs more than it was asked for.
    copies = round(packs / have) - 1
    if copies < 1:
        return
    if copies > 99:
        raise ValueError("a world grows at most a hundredfold")
    began = time.monotonic()
    schemas, names = [schema for schema, _ in TABLES], [name for _, name in TABLES]
    async with made.foundation.database.transaction("admin", OWNER) as connection:
        forced = await connection.fetch(FORCED, schemas, names)
        await _each(connection, [text("alter table ") + ident(*row) + text(" no force row level security") for row in forced])
        indexes = await connection.fetch(SECONDARY, schemas, names)
        await _each(connection, [text("drop index ") + ident(row["schema"], row["name"]) for row in indexes])
        for schema, name in TABLES:
            columns = [row["name"] for row in await connection.fetch(COLUMNS, schema + "." + name)]
            await connection.execute(copying(schema, name, columns, only).compile().text, copies)
        for row in indexes:
            await connection.execute(row["definition"])
        await _each(connection, [text("alter table ") + ident(*row) + text(" force row level security") for row in forced])
        await _each(connection, [text("analyze ") + ident(*table) for table in TABLES])
    await settled(made.foundation.database)
    print(f"  grown from {have:,} to {have * (copies + 1):,} packs in {time.monotonic() - began:.0f} s", flush=True)


def copying(schema: str, name: str, columns: list[str], only: dict[str, Sql] = FIRST_FIVE) -> Sql:
    """The statement that copies a table so many times; `only` says which of its rows."""
    replaced = {"code": SERIAL, "vin": VIN}
    values = [replaced[each] if each in replaced else ident("t", each) for each in columns]
    return (
        text("insert into ")
        + ident(schema, name)
        + text(" (")
        + join(", ", [ident(each) for each in columns])
        + text(") select ")
        + join(", ", values)
        + FROM
        + ident(schema, name)
        + text(" t")
        + only.get(name, Sql())
    )


async def _each(connection: Any, statements: list[Sql]) -> None:
    for each in statements:
        await connection.execute(each.compile().text)
