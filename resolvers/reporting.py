"""This module is in charge of what a client may report: the fields of Mutation, from arguments to the ledger and to the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import structs

from resolvers.batching import BadArgument, Batch, BatchResolver
from resolvers.battery import check_ration
from resolvers.database import door
from resolvers.database.reading import Reading
from resolvers.ledger.events import NOTICES, EventType
from resolvers.ledger.notices.notice import entity_of
from resolvers.ledger.recording.given import Given, take
from resolvers.ledger.recording.report import MOST_REPORTS, Outcome, Refused, Several
from resolvers.opaque import NotOurs

EVERYTHING: Final = -1
REPLACEMENT: Final = 1


async def event_reported(reading: Reading, batch: Batch) -> list[Any]:
    """The event of each report. Its reporter named the battery, or was told its code with the outcome: so it is there for it, whatever else it has to do
    with the battery by now."""
    return await door.event_by_seq(reading, structs.replace(batch, exact=True))


battery_reported: Final[BatchResolver] = door.pack_by_code


def reporting(event: EventType) -> BatchResolver:
    """The resolver of the mutation that reports one event."""

    async def report(reading: Reading, batch: Batch) -> list[Any]:
        given = batch.arguments["input"]
        return await _answered(reading, [Given(event, given)], batch)

    return report


async def report_replacement(reading: Reading, batch: Batch) -> list[Any]:
    """One pack out of a vehicle, another into it, both or none: the rows of the old and the new pack as one list."""
    given = dict(batch.arguments["input"])
    old, new, receiver = (given.pop(name) for name in ("oldCode", "newCode", "receiver"))
    reference = given.pop("clientReference")
    pair = [
        Given(EventType.REPLACED, {**given, "code": old, "newCode": new, "receiver": receiver, "clientReference": reference + ":old"}, REPLACEMENT),
        Given(EventType.REPLACED, {**given, "code": new, "oldCode": old, "clientReference": reference + ":new"}, REPLACEMENT),
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
        told.append(Given(BY_FIELD[named[0][0]], named[0][1]))
    return [await _answered(reading, told, batch)]


async def _answered(reading: Reading, given: Sequence[Given], batch: Batch) -> list[Any]:
    """The rows of the answers, aligned with what was given."""
    validate_only = bool(batch.arguments.get("validateOnly"))
    outcomes = await recorded(reading, [_with_correction(reading, each) for each in given], validate_only=validate_only)
    return [row_of(each.values, outcome, validate_only) for each, outcome in zip(given, outcomes, strict=True) if not isinstance(outcome, Several)]


async def recorded(reading: Reading, given: Sequence[Given | Refused], *, validate_only: bool) -> Sequence[Outcome | Several]:
    """What became of reports; what is read from here on is what stands after them."""
    check_ration(reading)
    told = await take(reading.database, reading.principal, given, reading.moment, validate_only=validate_only, taken=reading.taken)
    # What is read from here on has to see what was written.
    reading.close()
    if told.misses and reading.misses is not None:
        reading.misses(told.misses)
    if told.anything_new and reading.wrote is not None:
        reading.wrote()
    return told.outcomes


def _with_correction(reading: Reading, given: Given) -> Given:
    """Clients of the graph name the event that is corrected by its id, the ledger by its place. What is no id of an event of the battery is left as the
    reference of the report that is corrected, as it is in streams."""
    event_id = given.values.get("corrects")
    if event_id is None:
        return given
    if given.event is EventType.RECYCLED:
        return given._replace(values={**given.values, **_of_item(reading, event_id)})
    if isinstance(given.event, EventType) and given.event in NOTICES:
        entity = entity_of(given.event, str(given.values.get("manufacturerCode")).strip().upper(), reading.principal.party)
        seq = seq_of(reading, "notice", entity, event_id)
    else:
        seq = seq_of(reading, "event", str(given.values.get("code")), event_id)
    return given if seq is None else given._replace(values={**given.values, "corrects": seq})


def _of_item(reading: Reading, event_id: str) -> Mapping[str, Any]:
    """A batch is corrected by what was told of any of its items, whichever of them its report names first."""
    try:
        kind, code, seq = reading.opaque.fact_of(reading.principal.party, event_id)
    except NotOurs:
        return {}
    return {"code": code, "corrects": seq} if kind == "event" else {}


def seq_of(reading: Reading, kind: str, code: str, event_id: str) -> int | None:
    """The place of the event that has this id for the caller, whether it may see it or not; None where there is none."""
    try:
        table, named, seq = reading.opaque.fact_of(reading.principal.party, event_id)
    except NotOurs:
        return None
    return seq if (table, named) == (kind, code) else None


def row_of(given: Mapping[str, Any], outcome: Outcome, validate_only: bool) -> Mapping[str, Any]:
    """The answer to one report, as the graph reads it."""
    row = {"standing": EVERYTHING, "clientReference": given.get("clientReference"), "rule": None, "message": None, "field": None, "state": None,
           "allowed": None, "match": None}  # fmt: skip
    if isinstance(outcome, Refused):
        known = outcome.state is not None
        message = outcome.message if outcome.field is None else f"{outcome.field}: {outcome.message}."
        return {
            **row, "key": given.get("code") if known else None, "seq": None, "outcome": "REFUSED", "rule": outcome.code, "message": message,
            "field": outcome.field, "state": outcome.state, "allowed": list(outcome.allowed) if known else None, "late": None, "dueOn": None,
            "recordedAt": None,
        }  # fmt: skip
    written = outcome.replayed or not validate_only
    # What is of no battery leads to none, and is read by `notices`.
    leads = written and outcome.type not in NOTICES
    return {
        **row, "key": outcome.code if leads else None, "seq": outcome.seq if leads else None, "late": outcome.late, "dueOn": outcome.due_on,
        "outcome": "REPLAYED" if outcome.replayed else "VALID" if validate_only else "RECORDED", "recordedAt": outcome.recorded_at if written else None,
    }  # fmt: skip


def field_of(event: EventType) -> str:
    """The event's name in the graph's inputs: "vehicleSold"."""
    first, *others = event.value.lower().split("_")
    return first + "".join(each.capitalize() for each in others)


BY_FIELD: Final[Mapping[str, EventType]] = {field_of(event): event for event in EventType}
