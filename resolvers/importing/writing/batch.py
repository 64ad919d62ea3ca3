"""This module is in charge of the law of a batch: what is new is written, what is stored already is compared, nothing is ever overwritten."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple, Protocol

from resolvers.database.sql import Sql, ident, join, slot, text
from resolvers.importing.records import Fault, Record, Reject, Terms
from resolvers.ledger.deadlines import SHANGHAI
from resolvers.ledger.rows import TABLES

Entry = Mapping[str, Any]
"""A line with everything filled in, by field name; a stored row is brought into the same form to be compared."""


class Connection(Protocol):
    """What is used of a database connection inside the ledger's transaction."""

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        """The rows of one statement."""

    async def fetchmany(self, query: str, args: Iterable[Sequence[Any]]) -> list[Any]:
        """The rows of one statement for each sequence of arguments, sent together."""


class Batch(Protocol):
    """The lines of one kind against the database as one transaction sees it."""

    stored: dict[str, Entry]

    def complete(self, record: Record, terms: Terms) -> Entry | tuple[Fault, ...]:
        """The entry of a new line, or the references it breaks."""

    async def insert(self, connection: Connection, entries: Sequence[Entry], terms: Terms) -> bool:
        """Write new entries with all that belongs to them; False where a key was no longer free."""


class Judged(NamedTuple):
    """What becomes of the lines of a batch."""

    new: tuple[Entry, ...]
    unchanged: int
    rejects: tuple[Reject, ...]


def judge(batch: Batch, records: Iterable[Record], terms: Terms) -> Judged:
    """Sort lines into new, unchanged and rejected; a line counts as stored for those after it, so a file that repeats itself is judged alike.

    New entries come in the order of their keys: two imports at once then wait for each other where they meet, and never lock each other out.
    """
    stored = dict(batch.stored)
    new: dict[str, Entry] = {}
    rejects: list[Reject] = []
    unchanged = 0
    for record in records:
        match _one(batch, stored.get(record.key), record, terms):
            case ():
                unchanged += 1
            case tuple() as faults:
                rejects.append(Reject(record.line, faults))
            case entry:
                stored[record.key] = new[record.key] = entry
    return Judged(tuple(new[key] for key in sorted(new)), unchanged, tuple(rejects))


async def insert_rows(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> bool:
    """Insert rows of one table (types of `resolvers.ledger.rows`); False where the key of one was no longer free."""
    listed = list(rows)
    if not listed:
        return True
    written = await connection.fetchmany(_insert(type(listed[0])).compile().text, [[_sent(value) for value in row] for row in listed])
    return len(written) == len(listed)


def midnight(day: date) -> datetime:
    """The beginning of a day in Shanghai, where the days of files are days."""
    return datetime.combine(day, time(), SHANGHAI)


def _one(batch: Batch, stored: Entry | None, record: Record, terms: Terms) -> Entry | tuple[Fault, ...]:
    if stored is None:
        return batch.complete(record, terms)
    # What a line leaves out contradicts nothing.
    differing = (name for name, value in record.values.items() if name in stored and stored[name] != value)
    return tuple(Fault(name, "CONFLICT", "a record with this key is there already and has another value") for name in differing)


def _insert(row: type[Any]) -> Sql:
    names = row._fields
    return (
        text("insert into ") + ident(*TABLES[row])
        + text(" (") + join(", ", (ident(name) for name in names))
        + text(") values (") + join(", ", (slot(name) for name in names))
        + text(") on conflict do nothing returning 1")
    )  # fmt: skip


def _sent(value: object) -> object:
    return json.dumps(dict(value)) if isinstance(value, Mapping) else value
