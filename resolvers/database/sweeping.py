"""This module is in charge of sweeps in the database: rules that go over what was recorded as of a moment, and the findings they give.

A rule is one statement over the facts as they were known at the moment: events recorded by then, corrected ones by what had
corrected them by then. It names what it needs in braces: a slot of SLOTS, or `{events}` and the like of PARTS.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from resolvers.database.pool import ReadSession, settings_of
from resolvers.ledger.finding_rows import FindingRow

_TOKEN: Final = re.compile(r"\{(\w+)\}")
SLOTS: Final[Mapping[str, str]] = {
    "moment": "timestamptz", "today": "date", "month": "date", "calendar": "date[]", "province": "text[]", "latitude": "float8[]", "longitude": "float8[]",
    "radius": "float8[]",
}  # fmt: skip
# A correction takes the place of what it corrects; of several of one event the last one counts. The smallest number that a chain of corrections
# leads to is that event's.
_SUPERSEDED: Final = """
with recursive chain (code, seq, target) as (
  select code, seq, corrects from battery.event where corrects is not null and recorded_at <= {moment}
  union all
  select c.code, c.seq, e.corrects from chain c join battery.event e on e.code = c.code and e.seq = c.target where e.corrects is not null
), rooted as (select code, seq, min(target) as root from chain group by code, seq),
newest as (select code, root, max(seq) as seq from rooted group by code, root),
superseded as materialized (
  select code, root as seq from newest union all select r.code, r.seq from rooted r join newest n on n.code = r.code and n.root = r.root and r.seq < n.seq
)"""
PARTS: Final[Mapping[str, str]] = {
    "superseded": _SUPERSEDED,
    # Events as corrected, as known at the moment.
    "events": """(select e.* from battery.event e where e.recorded_at <= {moment}
      and not exists (select from superseded s where s.code = e.code and s.seq = e.seq))""",
    # The same with their place in the ledger: within a pack they stand by (occurred_at, place). Of one moment may be many, for many a reporter knows the day
    # alone: these stand as they were told, a correction in the place of what it corrects.
    "placed": """(select p.*, coalesce(n.root, p.seq) as place from {events} p left join newest n on n.code = p.code and n.seq = p.seq)""",
    # Of these the ones that say where a pack is; the last of them is where it stands, unless it is missing.
    "moves": """(select m.* from {placed} m where m.type <> all (array['HEALTH_MEASURED', 'SAFETY_EVENT', 'RECALLED', 'RECALL_REMEDIED', 'MAINTAINED',
      'OWNER_CHANGED', 'REPORTED_MISSING', 'FOUND', 'TAKE_BACK_REQUESTED', 'TAKE_BACK_ACCEPTED',
      'TAKE_BACK_REFUSED']) and (m.type <> 'FOUND_ABANDONED' or m.counterparty is not null))""",
    # Batches as corrected, as known at the moment; an id is that of a version, of which no other stands then.
    "batches": """(select b.* from battery.recovery_batch b
      where b.recorded_at <= {moment} and (b.superseded_at is null or b.superseded_at > {moment}))""",
    # The events of what went into batches, by the batch's name: one that was reported is named by its plant and its number.
    "recycled": "(select e.*, coalesce(e.details ->> 'batchId', e.details ->> 'batch') as batch from {events} e where e.type = 'RECYCLED')",
}
STATES: Final = """
select distinct on (s.code, s.id) s.code, s.id, s.state, s.actor from unnest($2::text[], $3::text[]) as t (code, id)
  join battery.finding_state s on s.code = t.code and s.id = t.id
where s.recorded_at <= $1 order by s.code, s.id, s.number desc"""
STORED: Final = """
select code, id, rule, version, severity, state, owners, provinces, party, evidence, attempt, message, figures, first_seen, recorded_at, subject,
  evidence_codes, found
from battery.finding where recorded_at <= $1 and found = 'ARRIVAL'"""
MOST_ROWS: Final = 500
"""Of a rule's findings so many are held at a time."""
# All rows are wanted, not the first ones soon.
WHOLE: Final = settings_of({"cursor_tuple_fraction": "1"})
PARAMETERS: Final = "select distinct name, node_type from rule.rule where status <> 'DRAFT' and valid_from <= $1 and (valid_to is null or $1 < valid_to)"


@dataclass(frozen=True, slots=True)
class Query:
    """A rule's statement, compiled: PostgreSQL's text, and the slots in the order of its parameters."""

    text: str
    slots: tuple[str, ...]


def compiled(told: str) -> Query:
    """The statement of a rule; KeyError for a token that is neither a slot nor a part is a defect of the rule."""
    slots: list[str] = []

    def put(found: re.Match[str]) -> str:
        name = found[1]
        if name in PARTS:
            return _TOKEN.sub(put, PARTS[name])
        if name not in slots:
            slots.append(name)
        return "$" + str(slots.index(name) + 1) + "::" + SLOTS[name]

    return Query(_TOKEN.sub(put, told), tuple(slots))


async def swept(session: ReadSession, query: Query, values: Mapping[str, Any]) -> AsyncIterator[Sequence[asyncpg.Record]]:
    """What one rule finds, at most MOST_ROWS at a time: subject, code, key, party, provinces, first_seen, figures, evidence_codes, evidence, and attempt."""
    async for rows in _by_cursor(session, query.text, tuple([values[each] for each in query.slots])):
        yield rows


async def _by_cursor(session: ReadSession, text: str, arguments: tuple[Any, ...]) -> AsyncIterator[Sequence[asyncpg.Record]]:
    # A connection keeps what it has prepared, with its columns: each statement has a cursor of its own.
    cursor = "rule_" + hashlib.sha256(text.encode()).hexdigest()[:16]
    await session.fetch(f"declare {cursor} no scroll cursor for {text}", arguments, WHOLE)
    while rows := await session.fetch(f"fetch {MOST_ROWS} from {cursor}"):
        yield rows
    await session.fetch(f"close {cursor}")


async def parameters_on(session: ReadSession, day: Any) -> frozenset[tuple[str, str]]:
    """The (name, node type) of every rule row that holds on the day."""
    return frozenset((row["name"], row["node_type"]) for row in await session.fetch(PARAMETERS, (day,)))


async def decided_at(session: ReadSession, moment: datetime, findings: Sequence[tuple[str, str]], *, of_all: bool) -> Mapping[tuple[str, str], str]:
    """Of these findings, by (code, id), the state of each that an authority decided last by then; or that was noted last, whoever did it."""
    codes, ids = [code for code, _ in findings], [each for _, each in findings]
    return {(row["code"], row["id"]): row["state"] for row in await session.fetch(STATES, (moment, codes, ids)) if of_all or row["actor"] is not None}


async def arrived_by(session: ReadSession, moment: datetime) -> AsyncIterator[list[FindingRow]]:
    """What was found on arrival by then, at most MOST_ROWS at a time; the state is that of now."""
    async for rows in _by_cursor(session, STORED, (moment,)):
        yield [_row(each) for each in rows]


def _row(row: asyncpg.Record) -> FindingRow:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    values |= {"figures": json.loads(row["figures"]), "attempt": json.loads(row["attempt"]) if row["attempt"] else None}
    return FindingRow(**values)
