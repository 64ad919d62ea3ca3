"""This module is in charge of what a client may report: the fields of Mutation, from arguments to the ledger and to the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from auth.entitlements import REPORTING_ROLES, report_scope
from resolvers.batching import BadArgument, Batch, BatchResolver
from resolvers.database import door
from resolvers.database.reading import Reading
from resolvers.ledger.events import EventType
from resolvers.ledger.recording.inputs import BadReport, read_report
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.refusals import CORRECTION, NOT_REPORTABLE
from resolvers.ledger.recording.report import MOST_REPORTS, Outcome, Refused, Report, Reporter

EVERYTHING: Final = -1
# An event is named by its opaque id, which is found among those of the pack's events: as many are tried.
_MOST_EVENTS: Final = 2000
REPLACEMENT: Final = 1

event_reported: Final[BatchResolver] = door.event_by_seq
battery_reported: Final[BatchResolver] = door.pack_by_code


def reporting(event: EventType) -> BatchResolver:
    """The resolver of the mutation that reports one event."""

    async def report(reading: Reading, batch: Batch) -> list[Any]:
        given = batch.arguments["input"]
        return await _answered(reading, [(event, given, None)], batch)

    return report


async def report_replacement(reading: Reading, batch: Batch) -> list[Any]:
    """One pack out of a vehicle, another into it, both or none: the rows of the old and the new pack as one list."""
    given = dict(batch.arguments["input"])
    old, new = given.pop("oldCode"), given.pop("newCode")
    reference = given.pop("clientReference")
    pair = [
        (EventType.REPLACED, {**given, "code": old, "newCode": new, "clientReference": reference + ":old"}, REPLACEMENT),
        (EventType.REPLACED, {**given, "code": new, "oldCode": old, "clientReference": reference + ":new"}, REPLACEMENT),
    ]
    return [await _answered(reading, pair, batch)]


async def report_many(reading: Reading, batch: Batch) -> list[Any]:
    """A list of reports, each with its own result. Raises BadArgument where the list is empty or too long, or an item is not exactly one event."""
    given: Sequence[Mapping[str, Any]] = batch.arguments["events"]
    if not 0 < len(given) <= MOST_REPORTS:
        raise BadArgument("INVALID_ARGUMENT", "events", f"events has to have 1 to {MOST_REPORTS} items")
    told = []
    for number, each in enumerate(given):
        named = [(name, value) for name, value in each.items() if value is not None]
        if len(named) != 1:
            raise BadArgument("INVALID_ARGUMENT", "events", f"events[{number}] has to hold exactly one event")
        told.append((BY_FIELD[named[0][0]], named[0][1], None))
    return [await _answered(reading, told, batch)]


async def _answered(reading: Reading, given: Sequence[tuple[EventType, Mapping[str, Any], int | None]], batch: Batch) -> list[Any]:
    """The rows of the answers, aligned with what was given."""
    validate_only = bool(batch.arguments.get("validateOnly"))
    read = [_read(reading, *each) for each in given]
    reports = [each for each in read if isinstance(each, Report)]
    outcomes: list[Outcome] = []
    if reports:
        principal = reading.principal
        # A role reports where its scope was granted: a token may be cut down to less than its party is.
        roles = frozenset(role for role in principal.roles & REPORTING_ROLES if report_scope(role) in principal.scopes)
        outcomes = await record(
            reading.database, Reporter(principal.party, roles, principal.jurisdiction), reports, reading.moment, validate_only=validate_only
        )
        # What is read from here on has to see what was written.
        reading.close()
    missed = sum(each == NOT_REPORTABLE for each in outcomes)
    if missed and reading.misses is not None:
        reading.misses(missed)
    told = iter(outcomes)
    return [_row(source, each if isinstance(each, Refused) else next(told), validate_only) for (_, source, _), each in zip(given, read, strict=True)]


def _read(reading: Reading, event: EventType, given: Mapping[str, Any], group: int | None) -> Report | Refused:
    values = dict(given)
    try:
        if values.get("corrects") is not None:
            values["corrects"] = _seq_of(reading, str(values.get("code")), values["corrects"])
            if values["corrects"] is None:
                return CORRECTION
        return read_report(event, values, group=group)
    except BadReport as wrong:
        return Refused(wrong.code, f"{wrong}.")


def _seq_of(reading: Reading, code: str, event_id: str) -> int | None:
    party, opaque = reading.principal.party, reading.opaque
    return next((seq for seq in range(1, _MOST_EVENTS) if opaque.fact_id(party, "event", code, seq) == event_id), None)


def _row(given: Mapping[str, Any], outcome: Outcome, validate_only: bool) -> Mapping[str, Any]:
    row = {"standing": EVERYTHING, "clientReference": given.get("clientReference"), "rule": None, "message": None, "state": None, "allowed": None}
    if isinstance(outcome, Refused):
        known = outcome.state is not None
        return {
            **row, "key": given.get("code") if known else None, "seq": None, "outcome": "REFUSED", "rule": outcome.code, "message": outcome.message,
            "state": outcome.state, "allowed": list(outcome.allowed) if known else None, "late": None, "dueOn": None, "recordedAt": None,
        }  # fmt: skip
    written = outcome.replayed or not validate_only
    return {
        **row, "key": outcome.code if written else None, "seq": outcome.seq if written else None, "late": outcome.late, "dueOn": outcome.due_on,
        "outcome": "REPLAYED" if outcome.replayed else "VALID" if validate_only else "RECORDED", "recordedAt": outcome.recorded_at if written else None,
    }  # fmt: skip


def field_of(event: EventType) -> str:
    """The event's name in the graph's inputs: "vehicleSold"."""
    first, *others = event.value.lower().split("_")
    return first + "".join(each.capitalize() for each in others)


BY_FIELD: Final[Mapping[str, EventType]] = {field_of(event): event for event in EventType}
