"""This module is in charge of sweeping: all rules over what was recorded as of a moment, as findings, and these held against what is stored."""

from __future__ import annotations

import csv
import hashlib
import json
import pickle
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

from resolvers.database.pool import Database, ReadSession
from resolvers.database.sweep_write import Written, write
from resolvers.database.sweeping import Query, arrived_by, compiled, decided_at, parameters_on, swept
from resolvers.ledger.deadlines import local_day, working_days
from resolvers.ledger.finding_rows import FindingRow
from resolvers.ledger.findings.finding import CAUSE_BACK, CAUSE_GONE, State
from resolvers.ledger.findings.parameters import MissingParameter
from resolvers.ledger.findings.register import RULES, RuleEntry
from resolvers.ledger.findings.rows import readers_of_row
from resolvers.ledger.findings.sweep.kept_findings import KeptFindings
from resolvers.ledger.findings.sweep.listed import SWEPT
from resolvers.ledger.findings.sweep.rule import SweepRule
from resolvers.ledger.findings.wording import in_english
from resolvers.ledger.rules import FOLDER, load_calendar

# Before it is recorded an event has the moment at which its recording began; what is being recorded is left to the next sweep.
SETTLED: Final = timedelta(minutes=1)
BY_SWEEP: Final = "SWEEP"


async def sweep(database: Database, moment: datetime) -> Written:
    """Find as of the moment, and write what became of it. A second sweep of the same ledger writes nothing.

    However much is found, little of it is held: until all is found it is kept in a file without a name, which ends with this.
    """
    with tempfile.TemporaryFile() as kept:
        async with database.reading(role="system") as session:
            async for some in finding(session, moment):
                pickle.dump(some, kept)
        kept.seek(0)
        return await write(database, _kept(kept), readers_of_row, moment, CAUSE_GONE, CAUSE_BACK)


async def replay(database: Database, moment: datetime, kept: KeptFindings) -> None:
    """Keep the findings of a past moment: what a sweep found then, and what arrival had found by then, with the states of then. Raises MissingParameter."""
    async with database.reading(role="system") as session:
        async for some in finding(session, moment):
            kept.keep(await _stood(session, moment, some))
        async for some in arrived_by(session, moment):
            kept.keep(await _stood(session, moment, [each._replace(state=State.OPEN) for each in some], arrived=True))


async def _stood(session: ReadSession, moment: datetime, findings: Sequence[FindingRow], *, arrived: bool = False) -> list[FindingRow]:
    """With what an authority had decided on them by then. What a sweep closed and opened again is open where its cause is there; of what arrival found, the
    cause is gone where it was noted to be, when another event was corrected."""
    decided = await decided_at(session, moment, [(each.code, each.id) for each in findings], of_all=arrived)
    return [each._replace(state=decided.get((each.code, each.id), each.state)) for each in findings]


async def found(session: ReadSession, moment: datetime) -> tuple[FindingRow, ...]:
    """What the rules find as of the moment, all of it: the same whenever it is asked. Raises MissingParameter."""
    findings = [each async for some in finding(session, moment) for each in some]
    return tuple(sorted(findings, key=lambda row: (row.rule, row.code, row.id)))


async def finding(session: ReadSession, moment: datetime) -> AsyncIterator[list[FindingRow]]:
    """The same, rule by rule and some at a time. Raises MissingParameter."""
    values = values_at(moment)
    held = await parameters_on(session, values["today"])
    for rule in SWEPT:
        if missing := [each for each in rule.parameters if each not in held]:
            raise MissingParameter(f"the rule table has no {' '.join(missing[0]).strip()} for {values['today']}")
        async for rows in swept(session, _query(rule), values):
            yield [_row(rule, each, moment) for each in rows]


def values_at(moment: datetime) -> Mapping[str, Any]:
    """The slots' values: the moment, its day and its month's first day in Shanghai, working days in order, and the circles that hold the provinces."""
    today = local_day(moment)
    return {"moment": moment, "today": today, "month": today.replace(day=1), "calendar": _calendar(), **_circles()}


def identity(rule: str, version: int, code: str, key: str) -> str:
    """A swept finding's id: the same for as long as it is the same finding."""
    return hashlib.sha256(repr((rule, version, code, "swept", key)).encode()).hexdigest()[:32]


def _kept(file: IO[bytes]) -> Iterator[list[FindingRow]]:
    """What was kept in a file of our own, some at a time."""
    while True:
        try:
            yield pickle.load(file)
        except EOFError:
            return


def _row(rule: SweepRule, row: Any, moment: datetime) -> FindingRow:
    entry: RuleEntry = RULES[rule.id]
    figures = json.loads(row["figures"])
    codes, seqs = tuple(row["evidence_codes"] or ()), tuple(row["evidence"] or ())
    attempt = json.loads(told) if (told := row.get("attempt")) is not None else None
    own = all(each == row["code"] for each in codes)
    provinces = tuple(sorted({each for each in row["provinces"] if each is not None}))
    return FindingRow(
        row["code"], identity(rule.id, entry.version, row["code"], row["key"]), rule.id, entry.version, entry.severity, State.OPEN, entry.owners, provinces,
        row["party"], seqs, attempt, in_english(rule.id, figures), figures, row["first_seen"], moment, row["subject"], None if own else codes, BY_SWEEP,
    )  # fmt: skip


@cache
def _query(rule: SweepRule) -> Query:
    return compiled("".join(rule.told))


@cache
def _calendar() -> Sequence[date]:
    return [date.fromordinal(each) for each in working_days(load_calendar()).ordinals]


@cache
def _circles(path: Path = FOLDER / "provinces.csv") -> Mapping[str, Sequence[Any]]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    numbers = {name: [float(row[name]) for row in rows] for name in ("latitude", "longitude", "radius")}
    return {"province": [row["province"] for row in rows], **numbers}
