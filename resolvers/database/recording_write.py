"""This module is in charge of writing rows of the ledger's tables by the set: one statement for all rows of a table, whatever their number.

The statements are made of the row types (resolvers/ledger/rows.py): each column goes as one array, and arrays of arrays, which PostgreSQL
would flatten, as text that is taken apart again.
"""

from __future__ import annotations

import json
import types
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import asyncpg

from resolvers.database.pool import Database
from resolvers.database.sql import Sql, ident, join, text
from resolvers.database.under_way import BEGINS
from resolvers.ledger.rows import TABLES

ATTEMPTS: Final = 8
_KINDS: Final[Mapping[Any, Sql]] = {
    str: text("text"), float: text("float8"), int: text("int4"), bool: text("bool"), date: text("date"), datetime: text("timestamptz"),
    bytes: text("bytea"), Mapping: text("jsonb"), tuple: text("text"),
}  # fmt: skip
_AS_IT_IS: Final = frozenset({str, int, float, bool, type(None), date, datetime, bytes})
_GIVEN: Final = text("""
update battery.""")
_WIDER: Final = text(""" m set readers = (select array_agg(distinct r order by r) from unnest(m.readers || given.readers) r)
from (select t.id, string_to_array(t.readers, ',') as readers from unnest($1::text[], $2::text[]) t (id, readers) order by t.id) given
where m.model_id = given.id and not m.readers @> given.readers""")
_OPEN: Final = tuple([(_GIVEN + ident(table) + _WIDER).compile().text for table in ("model_material", "model_dismantling")])
_REFERENCES: Final = """
insert into enterprise.client_reference (reporter, reference, digest, code, seq, recorded_at)
select $1, t.*, $2 from unnest($3::text[], $4::bytea[], $5::text[], $6::int[]) t (reference, digest, code, seq) on conflict do nothing returning 1"""
_EVIDENCE: Final = """
insert into battery.evidence (code, seq, number, kind, reference, sha256)
select * from unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[])"""
_SCRAPPED: Final = "update vehicle.vehicle set scrapped = true where vin = any($1::text[]) and not scrapped"
Result = TypeVar("Result")


class Raced(Exception):
    """Somebody else wrote a key between its look-up and its insert: everything is judged anew."""


async def in_transaction(database: Database, work: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
    """Do the work in one transaction of the ledger, again from the start where others were faster; the last failure is raised."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with database.transaction("ledger", first=BEGINS) as connection:
                return await work(connection)
        except (Raced, asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the loop returns or raises")


async def insert(connection: asyncpg.Connection, rows: Sequence[Any]) -> None:
    """Add rows of one table, in their order. Raises Raced where the key of one is taken."""
    if rows:
        written = await connection.fetch(_statement(_type_of(rows), (), "insert"), *_columns(rows))
        if len(written) != len(rows):
            raise Raced


async def put(connection: asyncpg.Connection, rows: Sequence[Any], key: tuple[str, ...]) -> None:
    """Add rows of one table, or give those that are there these values."""
    if rows:
        await connection.execute(_statement(_type_of(rows), key, "put"), *_columns(rows))


async def remove(connection: asyncpg.Connection, rows: Sequence[Any], key: tuple[str, ...]) -> None:
    """Delete the rows with the keys of these."""
    if rows:
        await connection.execute(_statement(_type_of(rows), key, "remove"), *_columns([tuple(getattr(row, name) for name in key) for row in rows]))


async def insert_references(connection: asyncpg.Connection, reporter: str, moment: datetime, rows: Sequence[tuple[str, bytes, str, int]]) -> None:
    """Keep (reference, digest, code, seq) of a reporter. Raises Raced where a reference was used meanwhile."""
    if rows:
        written = await connection.fetch(_REFERENCES, reporter, moment, *_columns(rows))
        if len(written) != len(rows):
            raise Raced


async def insert_evidence(connection: asyncpg.Connection, rows: Sequence[tuple[str, int, int, str, str, str | None]]) -> None:
    """Keep (code, seq, number, kind, reference, sha256) of documents."""
    if rows:
        await connection.execute(_EVIDENCE, *_columns(rows))


async def mark_scrapped(connection: asyncpg.Connection, vins: Sequence[str]) -> None:
    """These vehicles were taken in for scrapping: the day is category D, that it happened category A."""
    if vins:
        await connection.execute(_SCRAPPED, vins)


async def open_documents(connection: asyncpg.Connection, opened: Sequence[tuple[str, tuple[str, ...]]]) -> None:
    """The documents of a model are open to whoever may read one of its packs; readers only ever grow."""
    if opened:
        for statement in _OPEN:
            await connection.execute(statement, *_columns(opened))


def _type_of(rows: Sequence[Any]) -> Any:
    return type(rows[0])


def _columns(rows: Sequence[Any]) -> list[list[Any]]:
    return [[_sent(value) for value in column] for column in zip(*rows, strict=True)]


def _sent(value: Any) -> Any:
    # Of what goes as it is most, and first: to ask a value whether it is a mapping takes longer than all else that is done to it.
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, Mapping):
        return json.dumps(dict(value)) if value else "{}"
    return ",".join(value) if isinstance(value, tuple) else value


@cache
def _statement(row: Any, key: tuple[str, ...], kind: Literal["insert", "put", "remove"]) -> str:
    hints = get_type_hints(row)
    names = key if kind == "remove" else row._fields
    arrays = join(", ", (text("$") + _number(n) + text("::") + _kind(hints[name]) + text("[]") for n, name in enumerate(names, 1)))
    given = text(" from unnest(") + arrays + text(") t (") + join(", ", map(ident, names)) + text(")")
    table = ident(*TABLES[row])
    if kind == "remove":
        same = join(" and ", (ident("old", name) + text(" = ") + ident("t", name) for name in key))
        return (text("delete from ") + table + text(" old using (select *") + given + text(") t where ") + same).compile().text
    values = join(", ", (_value(name, hints[name]) for name in names))
    into = text("insert into ") + table + text(" (") + join(", ", map(ident, names)) + text(") select ") + values + given
    if kind == "insert":
        return (into + text(" on conflict do nothing returning 1")).compile().text
    changed = join(", ", (ident(name) + text(" = excluded.") + ident(name) for name in names if name not in key))
    # A row that is its key has nothing to be changed.
    otherwise = text(") do update set ") + changed if len(key) < len(names) else text(") do nothing")
    conflict = text(" on conflict (") + join(", ", map(ident, key)) + otherwise
    return (into + conflict).compile().text


def _number(n: int) -> Sql:
    return Sql((str(n),))


def _value(name: str, hint: Any) -> Sql:
    return text("string_to_array(") + ident("t", name) + text(", ',')") if _plain(hint) is tuple else ident("t", name)


def _kind(hint: Any) -> Sql:
    return _KINDS[_plain(hint)]


def _plain(hint: Any) -> Any:
    """The type without None and without its parameters."""
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (each for each in get_args(hint) if each is not type(None))
    origin = get_origin(hint)
    if origin is None:
        return hint
    return tuple if origin is tuple else Mapping
