"""This module is in charge of the words that files of events use for what the ledger says otherwise: those of the Catena-X models of material
accounting and of the end of life, of older Chinese rules ("cascade"), and of tables with words joined by underscores.

They are taken from files alone, and nothing that is answered has them. A name that is no alias is left as it is, for the ledger to judge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from resolvers.ledger.events import EventType

REPORTER: Final = "reporter"
"""The column that names the party that reports a line, by its credit code, in files of an operator."""
# eol_story 1.0 (Catena-X): the moment of one event each, in GMT without saying so.
END_OF_LIFE: Final[Mapping[str, EventType]] = {
    "dateOfReceptionGMT": EventType.RECEIVED,
    "dateOfDissamblyGMT": EventType.DISMANTLED,
    "dateOfScrappingGMT": EventType.VEHICLE_SCRAPPED,
}
SLIP: Final = "weighingSlip"
SLIP_KIND: Final = "WEIGHING_SLIP"
FIELDS: Final[Mapping[str, str]] = {
    # traction_battery_code 2.0, eol_story, certificate_of_destruction
    "tractionBatteryCode": "code",
    "healthStatus": "condition",
    "certificateOfDestruction": "certificate",
    # material_accounting, RecyclingBatch
    "recyclingBatchId": "batch",
    "endTimestamp": "occurredAt",
    "inputNetMass": "massKg",
    # What goes before the ledger's own names in tables of companies
    "eventType": "type",
    "batteryCode": "code",
    "eventTime": "occurredAt",
    "reference": "clientReference",
    "reportedBy": REPORTER,
}
# "Cascade utilization" is gone from the rules since 2026; files that were written before have it.
TYPES: Final[Mapping[str, str]] = {
    "CASCADE_UTILIZED": EventType.REPROCESSED,
    "CASCADE_UTILIZATION": EventType.REPROCESSED,
    "CASCADE_PRODUCT_SOLD": EventType.PRODUCT_SOLD,
    "CODED": EventType.PRODUCED,
}
VALUES: Final[Mapping[tuple[str, str], str]] = {
    ("purpose", "CASCADE_UTILIZATION"): "UTILIZATION",
    ("purpose", "CASCADE"): "UTILIZATION",
    ("route", "CASCADE_UTILIZATION"): "REPROCESS_INTO_PRODUCT",
    ("route", "CASCADE"): "REPROCESS_INTO_PRODUCT",
}
_JOINED: Final = re.compile(r"_([a-z])")
_NO_ZONE: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?")


def field_name(written: str) -> str:
    """The ledger's name for a field: `occurred_at` and `endTimestamp` are occurredAt."""
    name = _JOINED.sub(lambda found: found[1].upper(), written.strip())
    return FIELDS.get(name, name)


def ledgers_words(given: Mapping[str, Any], *, table: bool = False) -> dict[str, Any]:
    """The event of a line in the ledger's words. `table`: the line is a row, whose cells are named by dots. Two names of one field that contradict each
    other are both left, for the ledger to refuse."""
    event: dict[str, Any] = {}
    for written, value in given.items():
        name = field_name(written)
        if name in END_OF_LIFE:
            _end_of_life(event, name, value)
        elif name == SLIP:
            event |= {"evidence.kind": SLIP_KIND, "evidence.reference": value} if table else {"evidence": [{"kind": SLIP_KIND, "reference": value}]}
        else:
            value = VALUES.get((name, value), value) if isinstance(value, str) else value
            event[name if event.get(name, value) == value else written] = value
    if isinstance(event.get("type"), str):
        kind = event["type"].strip().upper()
        event["type"] = TYPES.get(kind, kind)
    return event


def _end_of_life(event: dict[str, Any], name: str, value: Any) -> None:
    """A file of ends of life has a column for each moment, and in each line one of them."""
    if value in (None, ""):
        return
    event.setdefault("type", END_OF_LIFE[name].value)
    moment = value + "Z" if isinstance(value, str) and _NO_ZONE.fullmatch(value) else value
    event["occurredAt" if "occurredAt" not in event else name] = moment
