"""This module is in charge of what reports of several packs hold: a scrapped vehicle, and a day of a swap pool; as inputs.py for those of one pack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from resolvers.ledger.events import EventType
from resolvers.ledger.recording.fields import BadReport, FieldRule, Kind
from resolvers.ledger.recording.forms import COMMON, STATE_OF_CHARGE, STATE_OF_HEALTH
from resolvers.ledger.recording.inputs import READERS, known_only, read_evidence, read_values
from resolvers.ledger.recording.report import Evidence


class Together(StrEnum):
    """A report of several packs; the value is what a line names it by."""

    VEHICLE_SCRAPPING = "VEHICLE_SCRAPPING"
    SWAP_DAY = "SWAP_DAY"


DIRECTIONS: Final = ("INTO_VEHICLE", "INTO_POOL")
MOST_MOVES: Final = 5_000
MOST_PACKS: Final = 64
"""Packs in one vehicle."""
_VIN: Final = FieldRule("vin", Kind.VIN, "The vehicle's identification number.", True)
_REFERENCE: Final = COMMON[2]
SCRAPPING: Final = (
    _VIN, FieldRule("occurredAt", Kind.MOMENT, "When the vehicle was taken in.", True), _REFERENCE,
    FieldRule("certificate", Kind.TEXT, "The number of the vehicle's recovery certificate.", True),
    FieldRule("codesFound", Kind.FOUND, "The codes that were read off the batteries in the vehicle; an empty list where there is none.", True),
)  # fmt: skip
SWAP_DAY: Final = (
    FieldRule("day", Kind.DAY, "The day, in China.", True), _REFERENCE, FieldRule("moves", Kind.MOVES, "The day's moves, at most 5,000.", True),
)  # fmt: skip
MOVE: Final = (
    FieldRule("code", Kind.CODE, "The battery's code.", True), _VIN, FieldRule("station", Kind.TEXT, "The swap station.", True),
    FieldRule("movedAt", Kind.MOMENT, "When it was moved.", True), FieldRule("direction", Kind.DIRECTION, "Into the vehicle, or into the pool.", True),
    FieldRule("position", Kind.NUMBER, "The battery's place in the vehicle, from 1; 1 when left out."),
    STATE_OF_CHARGE, STATE_OF_HEALTH,
)  # fmt: skip


TOGETHER: Final[Mapping[Together, tuple[FieldRule, ...]]] = MappingProxyType({Together.VEHICLE_SCRAPPING: SCRAPPING, Together.SWAP_DAY: SWAP_DAY})
REPORTED_AS: Final[Mapping[Together, EventType]] = MappingProxyType({
    Together.VEHICLE_SCRAPPING: EventType.VEHICLE_SCRAPPED, Together.SWAP_DAY: EventType.SWAP_IN,
})  # fmt: skip
"""The event whose reporters report it."""


def read_plain(rules: Sequence[FieldRule], given: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Evidence, ...]]:
    """The values of these fields, and the documents. Raises BadReport."""
    known = {rule.name for rule in rules} | {"evidence"}
    if unknown := next((name for name in given if name not in known), None):
        raise BadReport(unknown if unknown.isidentifier() else "report", "UNKNOWN_FIELD", "is not a field of this report")
    return read_values(rules, given, "", _READERS), read_evidence(given.get("evidence"))


def _found(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_PACKS:
        raise ValueError(f"has to be a list of at most {MOST_PACKS} codes")
    codes = tuple([READERS[Kind.CODE](each) for each in value])
    if len(set(codes)) != len(codes):
        raise ValueError("names a battery twice")
    return codes


def _moves(value: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_MOVES or not all(isinstance(each, Mapping) for each in value):
        raise ValueError(f"has to be a list of 1 to {MOST_MOVES} moves")
    for number, each in enumerate(value):
        known_only(MOVE, each, f"[{number}].")
    return tuple([read_values(MOVE, each, f"[{number}].", _READERS) for number, each in enumerate(value)])


def _direction(value: Any) -> str:
    if value not in DIRECTIONS:
        raise ValueError("has to be one of " + ", ".join(DIRECTIONS))
    return str(value)


_READERS: Final[Mapping[Kind, Callable[[Any], Any]]] = MappingProxyType({Kind.FOUND: _found, Kind.MOVES: _moves, Kind.DIRECTION: _direction})
