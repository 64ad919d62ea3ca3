"""This module is in charge of the bound: the rows that came of the events, written again by COPY into tables without indexes, keys or policies."""

from __future__ import annotations

import time
from datetime import datetime
from io import BytesIO
from typing import Final

import asyncpg

from benchmarks.worlds import BenchWorld
from resolvers.database.sql import ident, join, text

# Everything that recording an event may add a row to, and which of its rows came of this run.
RECORDED: Final = text("recorded_at >= $1")
TABLES: Final = {
    ("battery", "event"): RECORDED,
    ("battery", "pack"): RECORDED,
    ("battery", "custody"): RECORDED,
    ("battery", "installation"): RECORDED,
    ("battery", "access"): text("code in (select code from battery.pack where recorded_at >= $1)"),
    ("vehicle", "vehicle"): RECORDED,
    ("vehicle", "access"): text("vin in (select vin from vehicle.vehicle where recorded_at >= $1)"),
    ("platform", "outbox"): text("next_at >= $1"),
    ("enterprise", "client_reference"): RECORDED,
}


async def copied(made: BenchWorld, began: datetime) -> tuple[int, float]:
    """How many rows, and how many seconds their COPY takes."""
    connection = await asyncpg.connect(**made.foundation.database.target.login("admin"))
    try:
        rows, seconds = 0, 0.0
        await connection.execute("create schema if not exists bench")
        for (schema, name), which in TABLES.items():
            columns = join(", ", [ident(row["attname"]) for row in await connection.fetch(COLUMNS, schema, name)])
            chosen = text("select ") + columns + text(" from ") + ident(schema, name)
            content = BytesIO()
            await connection.copy_from_query((chosen + text(" where ") + which).compile().text, began, output=content, format="binary")
            content.seek(0)
            await connection.execute((text("create table bench.bare as ") + chosen + text(" limit 0")).compile().text)
            start = time.monotonic()
            tag = await connection.copy_to_table("bare", schema_name="bench", source=content, format="binary")
            seconds += time.monotonic() - start
            rows += int(tag.split()[1])
            await connection.execute("drop table bench.bare")
        return rows, seconds
    finally:
        await connection.close()


COLUMNS: Final = """
select a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum"""
