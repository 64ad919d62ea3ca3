"""This module is in charge of the battery subgraph's batch resolvers: what a client may ask of packs, models and their facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import structs

from resolvers.batching import BadArgument, Batch, BatchResolver, key_text, made_row
from resolvers.database import door
from resolvers.database.reading import Reading
from resolvers.ledger.acceptance import Reason
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.findings.wording import in_chinese

MOST_CODES: Final = 200
EVERYTHING: Final = -1

pack_of_entity: Final[BatchResolver] = door.pack_by_code
packs: Final[BatchResolver] = door.packs
view_counts: Final[BatchResolver] = door.view_counts
packs_of_maker: Final[BatchResolver] = door.packs_of_maker
models: Final[BatchResolver] = door.models
modules: Final[BatchResolver] = door.modules
composition: Final[BatchResolver] = door.composition
dismantling: Final[BatchResolver] = door.dismantling
health: Final[BatchResolver] = door.health
safety_events: Final[BatchResolver] = door.safety_events
gradings: Final[BatchResolver] = door.gradings
custody: Final[BatchResolver] = door.custody
take_backs: Final[BatchResolver] = door.take_backs
events: Final[BatchResolver] = door.events
lifecycle_events: Final[BatchResolver] = door.lifecycle_events
findings: Final[BatchResolver] = door.findings
findings_of_pack: Final[BatchResolver] = door.findings_of_pack
cases_of_finding: Final[BatchResolver] = door.cases_of_finding
sources: Final[BatchResolver] = door.sources
products: Final[BatchResolver] = door.products
changes: Final[BatchResolver] = door.changes
event_of_change: Final[BatchResolver] = door.event_by_seq
standards: Final[BatchResolver] = door.standards
recovery: Final[BatchResolver] = door.recovery
recovery_steps: Final[BatchResolver] = door.recovery_steps
recovery_assays: Final[BatchResolver] = door.recovery_assays
recovery_materials: Final[BatchResolver] = door.recovery_materials
recovery_elements: Final[BatchResolver] = door.recovery_elements


async def named_packs(reading: Reading, batch: Batch) -> list[Any]:
    """A row or None per code that the caller named. Misses are counted: serial numbers are sequential, and nobody may
    count another maker's output by asking for one after the other. BadArgument TOO_MANY_REQUESTS where the ration is used up, and
    AS_OF_OUT_OF_RANGE for a moment that the ledger cannot tell of."""
    if batch.as_of is not None:
        await door.check_moment(reading, batch.as_of)
    check_ration(reading)
    outcomes = await door.pack_by_code(reading, batch)
    _count(reading, sum(each is None for each in outcomes))
    return outcomes


async def may_accept(reading: Reading, batch: Batch) -> list[Any]:
    """Whether the caller may take the pack that it named; what is unknown to it is a miss, as of any look-up by code. Raises as `named_packs`."""
    check_ration(reading)
    answers = await door.acceptance(reading, batch)
    _count(reading, sum(Reason.BATTERY_UNKNOWN in each["reasons"] for each in answers))
    return answers


def check_ration(reading: Reading) -> None:
    """BadArgument TOO_MANY_REQUESTS where the caller may not name codes now."""
    if reading.put_off is not None and (wait := reading.put_off()):
        raise BadArgument("TOO_MANY_REQUESTS", "code", f"look-ups by code are put off for {wait} seconds")


def _count(reading: Reading, missed: int) -> None:
    if missed and reading.misses is not None and reading.misses(missed):
        raise BadArgument("TOO_MANY_REQUESTS", "code", "more codes that do not exist were named at once than are told of; name fewer")


def named_code(_reading: Reading, arguments: Mapping[str, Any]) -> list[str]:
    """The key of `battery(code:)`."""
    return [arguments["code"]]


def named_codes(_reading: Reading, arguments: Mapping[str, Any]) -> list[str]:
    """The keys of `batteriesByCode(codes:)`; BadArgument TOO_MANY_CODES beyond 200."""
    codes: list[str] = arguments["codes"]
    if len(codes) > MOST_CODES:
        raise BadArgument("TOO_MANY_CODES", "codes", f"codes has {len(codes)} values; {MOST_CODES} are the most")
    return codes


def representation_code(_reading: Reading, representation: Mapping[str, Any]) -> str | None:
    """The key of a Battery among representations; of a malformed moment there is none."""
    try:
        representation_moment(representation)
    except ValueError:
        return None
    return key_text(representation.get("code"))


def representation_moment(representation: Mapping[str, Any]) -> datetime | None:
    """The past moment that a Battery among representations is of, None for the present; ValueError for what is no moment."""
    moment = representation.get("asOf")
    if moment is None or isinstance(moment, datetime):
        return moment
    found = datetime.fromisoformat(moment if isinstance(moment, str) else "")
    if found.tzinfo is None:
        raise ValueError("asOf needs a time zone")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError("asOf lies between the years 0001 and 9999 in UTC, too") from None


def fact_id(reading: Reading, table: str, row: Any) -> str:
    """The id of a fact below a pack, for the party that reads."""
    return reading.opaque.fact_id(reading.principal.party, table, row["key"], row["seq"])


def corrected_event(reading: Reading, row: Any) -> str | None:
    """The id of the event that this one corrects."""
    seq = row["corrects"]
    return None if seq is None else reading.opaque.fact_id(reading.principal.party, "event", row["key"], seq)


async def pack_of_fact(reading: Reading, batch: Batch) -> list[Any]:
    """The pack that a finding or an event is about, or that an item came out of: a join, also below a pack whose code the caller named."""
    return await door.pack_by_code(reading, structs.replace(batch, exact=False))


async def finding_figures(_reading: Reading, batch: Batch) -> list[list[Any]]:
    """The figures of each finding, by name; whatever a rule computed, as text."""
    return [
        [made_row(batch.columns, key, EVERYTHING, {"name": name, "value": _spelled(value)}) for name, value in sorted(json.loads(key).items())]
        for key in batch.keys
    ]


def _spelled(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def take_back_unanswered(reading: Reading, row: Any) -> bool:
    """Whether who is obliged said nothing by the day on which an answer was due, or has not yet."""
    last = row["due_on"]
    return row["answered_at"] is None and last is not None and local_day(reading.moment) > last


def finding_message_zh(_reading: Reading, row: Any) -> str | None:
    """What was found, in Chinese; None where the figures are of no form that has a text."""
    return in_chinese(row["rule"], json.loads(row["figures"]))


def finding_evidence(reading: Reading, row: Any) -> list[str]:
    """The ids of the events that a finding rests on."""
    codes = row["evidence_codes"] or [row["key"]] * len(row["evidence"])
    return [reading.opaque.fact_id(reading.principal.party, "event", code, seq) for code, seq in zip(codes, row["evidence"], strict=True)]
