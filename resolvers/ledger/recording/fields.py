"""This module is in charge of what a field of a report is: its name, its kind, its place in the report, and how one that is malformed is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a field's value is."""

    TEXT = "text"
    QUANTITY = "quantity"
    POSITIVE = "quantity above 0"
    NUMBER = "whole number"
    FLAG = "flag"
    DAY = "day"
    MOMENT = "moment"
    CODE = "battery code"
    VIN = "VIN"
    PARTY = "credit code"
    REGION = "region code"
    OWNER = "kind of owner"
    POWERTRAIN = "powertrain"
    MODULES = "modules"
    VEHICLE = "vehicle"
    PERCENT = "percentage"
    CELSIUS = "temperature"
    SEVERITY = "severity"
    CODES = "battery codes"
    MODULE_CODE = "module code"
    CELL_CODES = "cell codes"
    RELEASED = "released items"
    FOUND = "codes found"
    MOVES = "moves"
    DIRECTION = "direction"
    SLIPS = "numbers of documents"
    PARTS = "codes of parts"
    SAFETY = "safety class"
    INPUTS = "inputs"
    STEPS = "process steps"
    ASSAYS = "assays"
    AMOUNTS = "materials"
    PROCESS = "kind of step"
    ELEMENT = "element"
    COUNT = "whole number or 0"
    MAKER = "manufacturer code"
    SPECIFICATION = "specification code"
    TRACE = "traceability code"
    CHEMISTRY = "chemistry"
    CELLS = "shape of cells"
    MODEL = "model"
    ACTIVITY = "activity"
    PURPOSE = "purpose"
    FILING = "number of a filing"
    FIELD_OF_USE = "field of use"
    BUSINESS = "business"
    GRADE = "grade"
    ROUTE = "route"
    TREATMENT = "process"
    COUNTRY = "country code"
    COMMODITY = "HS code"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field: its name in the graph, what it is, what it says, where it goes (None: the details, under its own name)."""

    name: str
    kind: Kind
    told: str
    required: bool = False
    to: str | None = None


class BadReport(ValueError):
    """A report that is malformed. `field` is the path of the field, `code` the rule it breaks; the message quotes no value."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.code = field, code


def must(name: str, kind: Kind, told: str, to: str | None = None) -> FieldRule:
    """A field that is required."""
    return FieldRule(name, kind, told, True, to)


def may(name: str, kind: Kind, told: str, to: str | None = None) -> FieldRule:
    """A field that may be left out."""
    return FieldRule(name, kind, told, False, to)
