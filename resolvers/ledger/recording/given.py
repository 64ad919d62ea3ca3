"""This module is in charge of reports as clients give them, by whatever way they come: plain values in, an outcome for each out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

from auth.principal import Principal
from resolvers.database.pool import Database
from resolvers.identifiers import vin_check_digit
from resolvers.ledger.events import AUTHORITIES, EventType
from resolvers.ledger.recording.fields import BadReport
from resolvers.ledger.recording.forms import FIELDS
from resolvers.ledger.recording.inputs import read_report
from resolvers.ledger.recording.inputs_together import Together
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.record_together import record_together
from resolvers.ledger.recording.refusals import NOT_REPORTABLE, VEHICLE_UNKNOWN
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Report, Reporter, Several
from resolvers.ledger.recording.texts import plain_values
from resolvers.ledger.recording.together import Scrapping, SwapDay, read_together

EVENT_TYPES: Final[Mapping[str, EventType | Together]] = {str(each): each for each in (*FIELDS, *Together)}
# Twice the usual ration of misses, as a look-up may name at once.
MOST_FOUND: Final = 60
TOO_MANY_FOUND: Final = Refused(
    "TOO_MANY_REQUESTS", f"Batteries found abandoned and scrapped vehicles are reported {MOST_FOUND} at a time; send the rest by themselves."
)
UNKNOWN_TYPE: Final = Refused("UNKNOWN_EVENT_TYPE", "has to be the type of an event; docs/ingest.md lists them", field="type")

BY_REFERENCE: Final = Refused("INVALID_FIELD", "has to be the clientReference of the report that it corrects", field="corrects")
# What reports were not refused for once: a mass of 0, China as a country abroad, a region that was withdrawn, is none yet or is known to be none, half of an
# identifier by another scheme, the code of a battery that was not found.
_ASKED_SINCE: Final = frozenset({"INVALID_FIELD", "OTHER_SCHEME", "RETIRED", "NOT_YET", "UNKNOWN"})
_MISSED: Final = frozenset({NOT_REPORTABLE.code, VEHICLE_UNKNOWN.code})
_OF_STRANGERS: Final = frozenset({EventType.FOUND_ABANDONED, Together.VEHICLE_SCRAPPING})


class Given(NamedTuple):
    """One report before it is read: its event, or what it is a report of several packs of, and its values by the names of the graph. Reports of one
    `group` are accepted together or not at all."""

    event: EventType | Together
    values: Mapping[str, Any]
    group: int | None = None


class Told(NamedTuple):
    """What became of reports: an outcome for each, in order; how many named a battery that the reporter has nothing to do with; whether any is new."""

    outcomes: Sequence[Outcome | Several]
    misses: int
    anything_new: bool


async def take(
    database: Database, principal: Principal, given: Sequence[Given | Refused], moment: datetime, *, validate_only: bool = False, taken: float | None = None
) -> Told:
    """Read and record what a token's party gives, at most 10,000; what was refused before it could be read stays where it is. `taken` is when the moment was
    taken, by the clock of `time.monotonic`."""
    reporter = Reporter.of(principal)
    if not reporter.roles & AUTHORITIES:
        given = list(_few_found(given))
    return await take_of(database, reporter, given, moment, validate_only=validate_only, taken=taken)


def _few_found(given: Sequence[Given | Refused]) -> Iterator[Given | Refused]:
    """Only these may be reported of what one has nothing to do with, so only these tell which codes and VINs exist: few at a time, and misses are rationed."""
    left = MOST_FOUND
    for each in given:
        if isinstance(each, Given) and each.event in _OF_STRANGERS:
            left -= 1
            yield each if left >= 0 else TOO_MANY_FOUND
        else:
            yield each


async def take_of(
    database: Database, reporter: Reporter, given: Sequence[Given | Refused], moment: datetime, *, validate_only: bool = False, taken: float | None = None
) -> Told:
    """The same of a party that no token stands for: that of a file. Reports that follow each other are one transaction; one of several packs, which has
    to be looked up first, is a transaction of its own, between what comes before and after it."""
    read = [each if isinstance(each, Refused) else read_given(each) for each in given]
    outcomes: list[Outcome | Several] = []
    for together, run in groupby(read, lambda each: isinstance(each, Scrapping | SwapDay)):
        if together:
            whole = [each for each in run if isinstance(each, Scrapping | SwapDay)]
            outcomes += [await record_together(database, reporter, each, moment, validate_only=validate_only, taken=taken) for each in whole]
        else:
            outcomes += await _singly(database, reporter, [each for each in run if isinstance(each, Report | Refused)], moment, validate_only, taken)
    parts = [part for each in outcomes for part in _parts(each)]
    new = not validate_only and any(isinstance(part, Recorded) and not part.replayed for part in parts)
    return Told(outcomes, sum(map(_missed, outcomes)), new)


async def _singly(
    database: Database, reporter: Reporter, read: Sequence[Report | Refused], moment: datetime, validate_only: bool, taken: float | None
) -> list[Outcome]:
    reports = [each for each in read if isinstance(each, Report)]
    recorded = iter(await record(database, reporter, reports, moment, validate_only=validate_only, taken=taken) if reports else [])
    return [next(recorded) if isinstance(each, Report) else each for each in read]


def _parts(outcome: Outcome | Several) -> list[Outcome]:
    return [part.outcome for part in outcome.parts] if isinstance(outcome, Several) else [outcome]


def _missed(outcome: Outcome | Several) -> int:
    """How many codes or VINs were named of which the reporter knows nothing."""
    return sum(isinstance(each, Refused) and each.code in _MISSED for each in _parts(outcome))


def given_of(event: Mapping[str, Any], *, as_text: bool) -> Given | Refused:
    """An event as an object that names its type, as one that can be read; `as_text`: its values are texts, from a table."""
    name = event.get("type")
    kind = EVENT_TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        return UNKNOWN_TYPE
    values = {name: value for name, value in event.items() if name != "type"}
    if not isinstance(values.get("corrects"), str | None):
        # The number of an event would tell how many its battery has to whom may know of that one alone.
        return BY_REFERENCE
    return Given(kind, plain_values(kind, values) if as_text else values)


def read_given(given: Given) -> Report | Scrapping | SwapDay | Refused:
    """The report as it is judged, or why it cannot be read."""
    try:
        if isinstance(given.event, Together):
            return read_together(given.event, given.values)
        return read_report(given.event, given.values, group=given.group)
    except BadReport as bad:
        refused = Refused(bad.code, str(bad).partition(": ")[2], field=bad.field)
        if isinstance(given.event, EventType) and (bad.field, bad.code) == ("vin", "CHECK"):
            return _misread(given.event, given.values, refused) or refused
        return _as_once(given, refused) or refused


def _as_once(given: Given, refused: Refused) -> Report | None:
    """The report as it was read once, for what was recorded then and is sent again; None where it would not have been read either."""
    if not isinstance(given.event, EventType) or refused.code not in _ASKED_SINCE:
        return None
    try:
        return replace(read_report(given.event, given.values, group=given.group, as_once=True), outdated=refused)
    except BadReport:
        return None


def _misread(event: EventType, values: Mapping[str, Any], refused: Refused) -> Report | None:
    """The report with its VIN as it was given, for the rule on vehicles that there cannot be; None where more is wrong with it. It is refused in any case."""
    written = str(values["vin"]).strip().upper()
    try:
        report = read_report(event, {**values, "vin": f"{written[:8]}{vin_check_digit(written)}{written[9:]}"})
    except BadReport:
        return None
    return replace(report, vin=written, misread=refused)
