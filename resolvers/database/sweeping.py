"""This module is in charge of sweeps in the database: rules that go over what was recorded as of a moment, and the findings they give.

A rule is one statement over the facts as they were known at the moment: events recorded by then, corrected ones by what had
corrected them by then. It names what it needs in braces: a slot of SLOTS, or `{events}` and the like of PARTS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from resolvers.database.finding_write import insert_findings
from resolvers.database.pool import Database, ReadSession
from resolvers.ledger.finding_rows import FindingReader, FindingRow

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
    # Events as corrected, as known at the moment. Within a pack they are in order of `occurred_at`, no two at the same time.
    "events": """(select e.* from battery.event e where e.recorded_at <= {moment}
      and not exists (select from superseded s where s.code = e.code and s.seq = e.seq))""",
    # Of these the ones that say where a pack is; the last of them is where it stands, unless it is missing.
    "moves": """(select m.* from {events} m where m.type <> all (array['HEALTH_MEASURED', 'SAFETY_EVENT', 'RECALLED', 'RECALL_REMEDIED', 'MAINTAINED',
      'OWNER_CHANGED', 'REPORTED_MISSING', 'FOUND', 'TAKE_BACK_REQUESTED', 'TAKE_BACK_ACCEPTED',
      'TAKE_BACK_REFUSED']) and (m.type <> 'FOUND_ABANDONED' or m.counterparty is not null))""",
    "batches": "(select b.* from battery.recovery_batch b where b.recorded_at <= {moment})",
}
STATES: Final = """
select distinct on (code, id) code, id, state, actor from battery.finding_state where recorded_at <= $1 order by code, id, number desc"""
STORED: Final = """
select code, id, rule, version, severity, state, owners, provinces, party, evidence, attempt, message, figures, first_seen, recorded_at, subject,
  evidence_codes, found
from battery.finding where recorded_at <= $1 and found = 'ARRIVAL'"""
KNOWN: Final = "select code, id, state from battery.finding where found = 'SWEEP'"
# What a sweep closed, an authority did not.
CHANGED_BY: Final = "select distinct on (code, id) code, id, actor from battery.finding_state order by code, id, number desc"
# What was counted as it stood is counted as it stands: every part of the statement sees the findings as they were before it.
CHANGED: Final = """
with told as (select * from unnest($1::text[], $2::text[]) as t (code, id)),
noted as (insert into battery.finding_state (code, id, number, state, reason, actor, recorded_at)
  select t.code, t.id, coalesce((select max(s.number) from battery.finding_state s where s.code = t.code and s.id = t.id), 0) + 1, $3, $4, $5, $6 from told t),
stood as (select f.rule, f.severity, f.state, f.provinces, f.party, f.first_seen from told t join battery.finding f on f.code = t.code and f.id = t.id
  where f.state <> $3),
counted as (insert into statistics.change (cube, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part)
  select v.cube, date_trunc('month', s.first_seen at time zone 'Asia/Shanghai')::date, v.province, '', s.party, coalesce(m.role, ''), '', '',
    concat_ws(':', s.rule, s.severity, c.state), c.n, 0, 0, 0
  from stood s cross join lateral (values (s.state, -1), ($3, 1)) c (state, n)
  cross join lateral (select 'finding', '' union all select distinct 'finding_province', unnest(s.provinces)) v (cube, province)
  left join lateral (select r.role from enterprise.role r where r.uscc = s.party
    order by array_position(array['BM', 'OEM', 'SW', 'RS', 'SD', 'CU', 'PR', 'MI', 'ME', 'SA'], r.role), r.role limit 1) m on true)
update battery.finding f set state = $3 from told t where f.code = t.code and f.id = t.id"""
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


async def swept(session: ReadSession, query: Query, values: Mapping[str, Any]) -> Sequence[asyncpg.Record]:
    """What one rule finds: subject, code, key, party, provinces, first_seen, figures, evidence_codes, evidence."""
    return await session.fetch(query.text, tuple([values[each] for each in query.slots]))


async def parameters_on(session: ReadSession, day: Any) -> frozenset[tuple[str, str]]:
    """The (name, node type) of every rule row that holds on the day."""
    return frozenset((row["name"], row["node_type"]) for row in await session.fetch(PARAMETERS, (day,)))


async def decided_at(session: ReadSession, moment: datetime) -> Mapping[tuple[str, str], str]:
    """The state of every finding that an authority decided last by then, by (code, id)."""
    return {(row["code"], row["id"]): row["state"] for row in await session.fetch(STATES, (moment,)) if row["actor"] is not None}


async def arrived_by(session: ReadSession, moment: datetime) -> tuple[FindingRow, ...]:
    """What was found on arrival by then; the state is that of now."""
    return tuple([_row(each) for each in await session.fetch(STORED, (moment,))])


def _row(row: asyncpg.Record) -> FindingRow:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    values |= {"figures": json.loads(row["figures"]), "attempt": json.loads(row["attempt"]) if row["attempt"] else None}
    return FindingRow(**values)


@dataclass(frozen=True, slots=True)
class Written:
    """How many findings a sweep added, closed because their cause was gone, and opened again because it was back."""

    new: int
    gone: int
    back: int


async def write(database: Database, findings: Sequence[FindingRow], readers: Sequence[FindingReader], moment: datetime, gone: str, back: str) -> Written:
    """Hold what a sweep found against what is stored, in one transaction: add what is new, close what is gone, open what is back."""
    now = {(each.code, each.id) for each in findings}
    async with database.transaction("ledger") as connection:
        known = {(row["code"], row["id"]): row["state"] for row in await connection.fetch(KNOWN)}
        decided = {(row["code"], row["id"]) for row in await connection.fetch(CHANGED_BY) if row["actor"] is not None}
        new = now - known.keys()
        # What an authority confirmed or closed stays as it decided.
        over = sorted(key for key, state in known.items() if state in ("OPEN", "EXPLAINED") and key not in now)
        again = sorted(key for key in now & known.keys() if known[key] == "CLOSED" and key not in decided)
        await insert_findings(connection, [each for each in findings if (each.code, each.id) in new], [r for r in readers if (r.code, r.id) in new])
        for keys, state, reason in ((over, "CLOSED", gone), (again, "OPEN", back)):
            await change(connection, keys, state, reason, None, moment)
    return Written(len(new), len(over), len(again))


async def change(connection: asyncpg.Connection, keys: Sequence[tuple[str, str]], state: str, reason: str, actor: str | None, moment: datetime) -> None:
    """Note a new state of these findings, each by (code, id)."""
    if keys:
        codes, ids = (list(column) for column in zip(*keys, strict=True))
        await connection.execute(CHANGED, codes, ids, state, reason, actor, moment)
