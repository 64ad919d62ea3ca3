"""This module is in charge of reports of several packs that are one report: the fields of Mutation for a scrapped vehicle and a day of a swap pool."""

from __future__ import annotations

from typing import Any

from resolvers.batching import Batch, BatchResolver
from resolvers.database.reading import Reading
from resolvers.ledger.recording.given import Given
from resolvers.ledger.recording.inputs_together import Together
from resolvers.ledger.recording.report import Several
from resolvers.reporting import recorded, row_of


def reporting_together(kind: Together) -> BatchResolver:
    """The resolver of the mutation: a row for each pack or move, or one for the refusal of all."""

    async def report(reading: Reading, batch: Batch) -> list[Any]:
        given, only = batch.arguments["input"], bool(batch.arguments.get("validateOnly"))
        (told,) = await recorded(reading, [Given(kind, given)], validate_only=only)
        if not isinstance(told, Several):
            return [[row_of(given, told, only)]]
        rows = []
        for part in told.parts:
            code = part.report.code if part.report is not None and part.is_told else None
            named = given if part.report is None else {"clientReference": _reference(kind, given, part.report.client_reference), "code": code}
            rows.append({**row_of(named, part.outcome, only), "match": part.match})
        return [rows]

    return report


def _reference(kind: Together, given: Any, of_part: str) -> Any:
    """A vehicle is one report under one name; a move has its day's, and its place there."""
    return given.get("clientReference") if kind is Together.VEHICLE_SCRAPPING else of_part
