"""This module is in charge of reports as clients give them, by whatever way they come: plain values in, an outcome for each out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from auth.principal import Principal
from resolvers.database.pool import Database
from resolvers.ledger.events import EventType
from resolvers.ledger.recording.fields import BadReport
from resolvers.ledger.recording.inputs import read_report
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.refusals import NOT_REPORTABLE
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Report, Reporter
from resolvers.ledger.recording.texts import plain_values

EVENT_TYPES: Final = frozenset(map(str, EventType))
UNKNOWN_TYPE: Final = Refused("UNKNOWN_EVENT_TYPE", "has to be the type of an event; docs/ingest.md lists them", field="type")


class Given(NamedTuple):
    """One report before it is read: its event, and its values by the names of the graph. Reports of one `group` are accepted together or not at all."""

    event: EventType
    values: Mapping[str, Any]
    group: int | None = None


class Told(NamedTuple):
    """What became of reports: an outcome for each, in order; how many named a battery that the reporter has nothing to do with; whether any is new."""

    outcomes: Sequence[Outcome]
    misses: int
    anything_new: bool


async def take(database: Database, principal: Principal, given: Sequence[Given | Refused], moment: datetime, *, validate_only: bool = False) -> Told:
    """Read and record what a token's party gives, at most 10,000; what was refused before it could be read stays where it is."""
    return await take_of(database, Reporter.of(principal), given, moment, validate_only=validate_only)


async def take_of(database: Database, reporter: Reporter, given: Sequence[Given | Refused], moment: datetime, *, validate_only: bool = False) -> Told:
    """The same of a party that no token stands for: that of a file."""
    read = [each if isinstance(each, Refused) else _read(each) for each in given]
    reports = [each for each in read if isinstance(each, Report)]
    recorded = await record(database, reporter, reports, moment, validate_only=validate_only) if reports else []
    told = iter(recorded)
    new = not validate_only and any(isinstance(each, Recorded) and not each.replayed for each in recorded)
    return Told([next(told) if isinstance(each, Report) else each for each in read], sum(each == NOT_REPORTABLE for each in recorded), new)


def given_of(event: Mapping[str, Any], *, as_text: bool) -> Given | Refused:
    """An event as an object that names its type, as one that can be read; `as_text`: its values are texts, from a table."""
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in EVENT_TYPES:
        return UNKNOWN_TYPE
    values = {name: value for name, value in event.items() if name != "type"}
    return Given(EventType(kind), plain_values(EventType(kind), values) if as_text else values)


def _read(given: Given) -> Report | Refused:
    try:
        return read_report(given.event, given.values, group=given.group)
    except BadReport as bad:
        return Refused(bad.code, str(bad).partition(": ")[2], field=bad.field)
