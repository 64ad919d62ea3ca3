"""This module is in charge of recording reports of several packs that are one report: they are looked up, judged and written in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from resolvers.database.pool import Database
from resolvers.database.together_read import has_scrapped, read_bound, read_matches, read_said
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.judging import Docket
from resolvers.ledger.recording.record import Found, record_found
from resolvers.ledger.recording.report import Outcome, Part, Recorded, Report, Reporter, Several
from resolvers.ledger.recording.together import Bound, Scrapping, SwapDay, scrapping_reports


async def record_together(
    database: Database, reporter: Reporter, told: Scrapping | SwapDay, moment: datetime, *, validate_only: bool = False, taken: float | None = None
) -> Several:
    """What became of each pack of the report."""
    if isinstance(told, Scrapping):
        return Several(await _record_scrapping(database, reporter, told, moment, validate_only, taken))
    return Several(await _record_swap_day(database, reporter, told, moment, validate_only, taken))


async def _record_scrapping(
    database: Database, reporter: Reporter, told: Scrapping, moment: datetime, validate_only: bool, taken: float | None
) -> tuple[Part, ...]:
    """All packs of the vehicle together, by code; one refusal without a report where there is no such vehicle, it was scrapped before, or there is another
    report under the reference."""
    refused = refusals.VEHICLE_UNKNOWN
    first: Mapping[str, str | None] = {}

    async def find(connection: Any) -> Found:
        nonlocal refused, first
        said = await read_said(connection, reporter.party, told.client_reference)
        if said:
            # The packs of the first time, wherever they are by now, and what was found of them then.
            first = await read_matches(connection, reporter.party, told.client_reference)
            reports = scrapping_reports(told, [Bound(code, True) for _digest, code in said.values()], swap_model=False)
            refused = refusals.REUSED
            return Found([] if any(said.get(each.client_reference, (b"",))[0] != each.digest() for each in reports) else reports)
        bound, swap_model, scrapped = await read_bound(connection, told.vin)
        if scrapped:
            # Where its packs are by now is their custodians' to know; of whom it is scrapped, only that firm's.
            refused = refusals.SCRAPPED_BEFORE if await has_scrapped(connection, told.vin, reporter.party) else refusals.VEHICLE_UNKNOWN
            return Found([])
        inside = {each.code for each in bound if each.inside}
        return Found(scrapping_reports(told, bound, swap_model=swap_model), lambda docket: is_whole(docket, told.vin) and packs_in(docket, told.vin) == inside)

    reports, outcomes = await record_found(database, reporter, find, moment, validate_only=validate_only, taken=taken)
    if not reports:
        return (Part(None, refused),)
    return tuple([
        Part(
            report,
            outcome,
            match=_match(report, outcome, first),
            is_told=report.code in told.codes_found or (isinstance(outcome, Recorded) and not (validate_only and not outcome.replayed)),
        )
        for report, outcome in zip(reports, outcomes, strict=True)
    ])  # fmt: skip


def _match(report: Report, outcome: Outcome, first: Mapping[str, str | None]) -> str | None:
    """What was found of the pack; of a report that is sent again what was found the first time."""
    if not isinstance(outcome, Recorded):
        return None
    found: str | None = first.get(report.client_reference) if outcome.replayed else report.details["match"]
    return found


async def _record_swap_day(
    database: Database, reporter: Reporter, told: SwapDay, moment: datetime, validate_only: bool, taken: float | None
) -> tuple[Part, ...]:
    """The moves of a day, each judged by itself in order of time, at its place; one refusal without a report where another day was reported under the
    reference."""
    digests = {each.client_reference: each.digest() for each in told.reports}

    async def find(connection: Any) -> Found:
        said = await read_said(connection, reporter.party, told.client_reference)
        return Found([] if any(digests.get(name) != digest for name, (digest, _code) in said.items()) else told.reports)

    found, outcomes = await record_found(database, reporter, find, moment, validate_only=validate_only, taken=taken)
    if not found:
        return (Part(None, refusals.REUSED),)
    parts = [Part(report, outcome, place) for report, outcome, place in zip(told.reports, outcomes, told.places, strict=True)]
    return tuple(sorted(parts, key=lambda part: part.place))


def is_whole(docket: Docket, vin: str) -> bool:
    """Whether the vehicle was not scrapped until now."""
    row = docket.fleet.rows.get(vin)
    return row is None or row.scrapped_on is None


def packs_in(docket: Docket, vin: str) -> set[str]:
    """The packs that are in the vehicle, as the batch sees it under its locks."""
    return docket.inside(vin)
