"""This module is in charge of cases in the database as the ledger writes them: events by number, and the row that follows from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg

from resolvers.ledger.cases.case import CaseEvent, CaseFile, Opened, fold, reader, readers_of
from resolvers.ledger.recording.report import Evidence

# Findings are locked before it is looked which cases have them: what waited for the lock then sees what it waited for.
LOCK_FINDINGS: Final = "select 1 from battery.finding f where f.id = any($1::text[]) order by f.code, f.id for no key update of f"
LOCK_OF_CASE: Final = """
select 1 from battery.finding f where exists (select from enterprise.case_finding x where x.case_id = $1 and x.code = f.code and x.id = f.id)
order by f.code, f.id for no key update of f"""
FINDINGS: Final = """
select f.code, f.id, f.party, f.provinces, f.owners,
  array(select r.grantee from battery.finding_reader r where r.code = f.code and r.id = f.id) as readers,
  array(select c.reader from enterprise.case_finding x join enterprise.case_file c on c.case_id = x.case_id
    where x.code = f.code and x.id = f.id and c.state <> 'CLOSED') as open_with
from battery.finding f where f.id = any($1::text[]) order by f.code, f.id"""
OF_CASE: Final = """
select f.code, f.id, f.party, f.provinces, f.owners,
  array(select r.grantee from battery.finding_reader r where r.code = f.code and r.id = f.id) as readers,
  array(select c.reader from enterprise.case_finding o join enterprise.case_file c on c.case_id = o.case_id
    where o.code = f.code and o.id = f.id and o.case_id <> $1 and c.state <> 'CLOSED') as open_with
from enterprise.case_finding x join battery.finding f on f.code = x.code and f.id = x.id where x.case_id = $1 order by f.code, f.id"""
LOCK: Final = """
select c.case_id, c.title, c.party, c.provinces, c.owners,
  exists (select from enterprise.case_finding x join battery.finding_reader r on r.code = x.code and r.id = x.id
    where x.case_id = c.case_id and r.grantee = c.party) as seen
from enterprise.case_file c where c.case_id = $1 for update of c"""
EVENTS: Final = """
select case_id, number, kind, recorded_at, author, role, text, state, due_on, authority, province, documents,
  evidence_codes, evidence
from enterprise.case_event
where case_id = $1 order by number"""
PUT: Final = """
insert into enterprise.case_file (case_id, title, party, provinces, owners, state, authority, province, reader, opened_at, changed_at, due_on)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (case_id) do update set state = excluded.state, authority = excluded.authority, province = excluded.province, reader = excluded.reader,
  changed_at = excluded.changed_at, due_on = excluded.due_on"""
PUT_EVENT: Final = """
insert into enterprise.case_event (case_id, number, kind, recorded_at, author, role, text, state, due_on, authority, province, documents, evidence_codes,
  evidence)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"""
PUT_FINDINGS: Final = "insert into enterprise.case_finding (case_id, code, id) select $1, * from unnest($2::text[], $3::text[])"
PUT_READERS: Final = """
insert into enterprise.case_reader (case_id, grantee, changed_at) select $1, g, $3 from unnest($2::text[]) as g
on conflict (case_id, grantee) do update set changed_at = excluded.changed_at"""
NEXT: Final = """
select case_id from (select case_id from enterprise.case_file union select case_id from enterprise.case_event) c where case_id > $1 order by 1 limit $2"""
STORED: Final = """
select title, party, provinces, owners, state, authority, province, reader, opened_at, changed_at, due_on from enterprise.case_file where case_id = $1"""
STORED_READERS: Final = "select grantee, changed_at from enterprise.case_reader where case_id = $1"
MEND: Final = """
update enterprise.case_file set party = $2, provinces = $3, owners = $4, state = $5, authority = $6, province = $7, reader = $8, opened_at = $9,
  changed_at = $10, due_on = $11 where case_id = $1"""
NO_READERS: Final = "delete from enterprise.case_reader where case_id = $1 and not grantee = any($2::text[])"
# The lock is of the reference, which may not be there yet.
REFERENCE_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 41))"
REFERENCE: Final = """
select r.digest, r.case_id, r.number, r.recorded_at from enterprise.case_reference r where r.author = $1 and r.reference = $2"""
KEEP: Final = "insert into enterprise.case_reference (author, reference, digest, case_id, number, recorded_at) values ($1, $2, $3, $4, $5, $6)"


class FindingSeen(NamedTuple):
    """A finding as a case needs it: whose it is to read, and which authorities have it in a case (of a case's findings: in another) that is not closed."""

    code: str
    id: str
    party: str
    provinces: tuple[str, ...]
    owners: tuple[str, ...]
    readers: tuple[str, ...]
    open_with: tuple[str, ...]


class Reference(NamedTuple):
    """What an author has recorded under a name of its own."""

    digest: bytes
    case_id: str
    number: int
    recorded_at: datetime


async def findings(connection: asyncpg.Connection, ids: Sequence[str]) -> tuple[FindingSeen, ...]:
    """The findings of these ids, those that there are; nobody else opens a case on them until the transaction ends."""
    await connection.execute(LOCK_FINDINGS, sorted(set(ids)))
    return tuple([_seen(row) for row in await connection.fetch(FINDINGS, sorted(set(ids)))])


async def findings_of(connection: asyncpg.Connection, case_id: str, *, lock: bool = False) -> tuple[FindingSeen, ...]:
    """The findings of a case; with `lock` nobody else opens a case on them until the transaction ends."""
    if lock:
        await connection.execute(LOCK_OF_CASE, case_id)
    return tuple([_seen(row) for row in await connection.fetch(OF_CASE, case_id)])


async def locked(connection: asyncpg.Connection, case_id: str) -> CaseFile | None:
    """The case as its events say, which nobody else changes until the transaction ends."""
    row = await connection.fetchrow(LOCK, case_id)
    if row is None:
        return None
    opened = Opened(row["case_id"], row["title"], row["party"], tuple(row["provinces"]), tuple(row["owners"]), row["seen"])
    return fold(opened, await events(connection, case_id))


async def events(connection: asyncpg.Connection, case_id: str) -> list[CaseEvent]:
    """The events of a case, in order."""
    return [_event(row) for row in await connection.fetch(EVENTS, case_id)]


async def put(connection: asyncpg.Connection, file: CaseFile, event: CaseEvent, found: Sequence[FindingSeen]) -> None:
    """Add the event, and the findings of a new case; the case's row and readers are what they are after it."""
    opened = file.opened
    await connection.execute(
        PUT, opened.case_id, opened.title, opened.party, list(opened.provinces), list(opened.owners), str(file.state), file.authority, file.province,
        reader(file.authority, file.province), file.opened_at, file.changed_at, file.due_on,
    )  # fmt: skip
    documents = json.dumps([each._asdict() for each in event.documents])
    await connection.execute(PUT_EVENT, *event[:-3], documents, list(event.evidence_codes), list(event.evidence))
    if found:
        await connection.execute(PUT_FINDINGS, opened.case_id, [each.code for each in found], [each.id for each in found])
    await connection.execute(PUT_READERS, opened.case_id, list(readers_of(file)), file.changed_at)


async def next_cases(connection: asyncpg.Connection, last: str, most: int) -> list[str]:
    """The ids of at most so many cases after that one, in order."""
    return [row["case_id"] for row in await connection.fetch(NEXT, last, most)]


async def stored(connection: asyncpg.Connection, case_id: str) -> tuple[Mapping[str, Any] | None, Mapping[str, datetime]]:
    """The row of a case as it stands, None where there is none, and its readers with the moments by which they are sorted."""
    row = await connection.fetchrow(STORED, case_id)
    readers = {each["grantee"]: each["changed_at"] for each in await connection.fetch(STORED_READERS, case_id)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()} if row is not None else None
    return values, readers


async def mend(connection: asyncpg.Connection, case_id: str, made: Mapping[str, Any], readers: Mapping[str, datetime]) -> None:
    """Make the case's row and its readers what they have to be."""
    await connection.execute(MEND, case_id, *(list(value) if isinstance(value, tuple) else value for value in made.values()))
    await connection.execute(NO_READERS, case_id, list(readers))
    await connection.execute(PUT_READERS, case_id, list(readers), made["changed_at"])


async def reference(connection: asyncpg.Connection, author: str, name: str) -> Reference | None:
    """What the author recorded under that name; nobody else of it is at it until the transaction ends."""
    await connection.execute(REFERENCE_LOCK, author, name)
    row = await connection.fetchrow(REFERENCE, author, name)
    return Reference(*row) if row is not None else None


async def keep_reference(connection: asyncpg.Connection, author: str, name: str, digest: bytes, event: CaseEvent) -> None:
    """From now on the name stands for the event."""
    await connection.execute(KEEP, author, name, digest, event.case_id, event.number, event.recorded_at)


def _event(row: asyncpg.Record) -> CaseEvent:
    values: dict[str, Any] = dict(row)
    documents = tuple([Evidence(**each) for each in json.loads(values["documents"])])
    return CaseEvent(**{**values, "documents": documents, "evidence_codes": tuple(values["evidence_codes"]), "evidence": tuple(values["evidence"])})


def _seen(row: asyncpg.Record) -> FindingSeen:
    values: list[Any] = [tuple(value) if isinstance(value, list) else value for value in row]
    return FindingSeen(*values)
