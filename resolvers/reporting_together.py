"""This module is in charge of reports of several packs that are one report: the fields of Mutation for a scrapped vehicle and a day of a swap pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resolvers.batching import Batch
from resolvers.database.reading import Reading
from resolvers.ledger.recording.fields import BadReport
from resolvers.ledger.recording.record_together import record_scrapping, record_swap_day
from resolvers.ledger.recording.refusals import NOT_REPORTABLE, VEHICLE_UNKNOWN
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Reporter
from resolvers.ledger.recording.together import read_scrapping, read_swap_day
from resolvers.reporting import row_of


async def report_scrapping(reading: Reading, batch: Batch) -> list[Any]:
    """A vehicle with all of its packs: a row for each, by code, or one for the refusal of all."""
    given, only = batch.arguments["input"], bool(batch.arguments.get("validateOnly"))
    try:
        told = read_scrapping(given)
    except BadReport as wrong:
        return [[row_of(given, _refused(wrong), only)]]
    found = await record_scrapping(reading.database, Reporter.of(reading.principal), told, reading.moment, validate_only=only)
    _written(reading, [outcome for _, outcome in found], only)
    rows = []
    for report, outcome in found:
        row = {**given, "code": report.code} if report is not None else given
        recorded = report is not None and not isinstance(outcome, Refused)
        # What is sent again is of the vehicle as it was then: what was found is told the first time.
        first = recorded and isinstance(outcome, Recorded) and not outcome.replayed
        rows.append({**row_of(row, outcome, only), "match": report.details["match"] if report is not None and first else None})
    return [rows]


async def report_swap_day(reading: Reading, batch: Batch) -> list[Any]:
    """A day of a swap pool: a row for each move, at its place, and after them one for each measurement that was not taken."""
    given, only = batch.arguments["input"], bool(batch.arguments.get("validateOnly"))
    try:
        reports, places = read_swap_day(given)
    except BadReport as wrong:
        return [[row_of(given, _refused(wrong), only)]]
    party, reference = Reporter.of(reading.principal), given["clientReference"]
    outcomes = await record_swap_day(reading.database, party, reports, reference, reading.moment, validate_only=only)
    _written(reading, outcomes, only)
    rows: dict[int, Any] = {}
    for place, report, outcome in zip(places, reports, outcomes, strict=True):
        row = row_of({"clientReference": report.client_reference, "code": report.code}, outcome, only)
        if place >= 0 or isinstance(outcome, Refused):
            rows[place if place >= 0 else len(reports) + len(rows)] = row
    return [[rows[place] for place in sorted(rows)]]


def _refused(wrong: BadReport) -> Refused:
    return Refused(wrong.code, str(wrong).partition(": ")[2], field=wrong.field)


def _written(reading: Reading, outcomes: Sequence[Outcome], only: bool) -> None:
    # What is read from here on has to see what was written.
    reading.close()
    missed = sum(each in (NOT_REPORTABLE, VEHICLE_UNKNOWN) for each in outcomes)
    if missed and reading.misses is not None:
        reading.misses(missed)
    new = not only and any(isinstance(each, Recorded) and not each.replayed for each in outcomes)
    if new and reading.wrote is not None:
        reading.wrote()
