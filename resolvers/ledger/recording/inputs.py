"""This module is in charge of reading a report of one event: plain values by the names of its form in, a typed report out.

What a form asks for is asked of what comes in; events that were recorded before it asked are read as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from types import MappingProxyType
from typing import Any, Final

from resolvers.identifiers import (
    IdentifierError,
    ProductType,
    RegionRegister,
    canonical_battery_code,
    confirm_region_code,
    load_regions,
    parse_credit_code,
    parse_region_code,
    parse_vin,
)
from resolvers.ledger.chemistries import CHEMISTRY_LETTERS
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import NOTICES, EventType
from resolvers.ledger.recording.countries import COUNTRIES, HOME
from resolvers.ledger.recording.fields import BadReport, FieldRule, Kind, may, must
from resolvers.ledger.recording.forms import (
    ACTIVITIES,
    AMOUNT,
    ASSAY,
    CELL_FORMATS,
    COMMON,
    FIELDS,
    INPUT,
    ITEM,
    MODEL,
    MODULE,
    OWNER_KINDS,
    POWERTRAINS,
    SAFETY_CLASSES,
    SEVERITIES,
    STEP,
    VEHICLE,
)
from resolvers.ledger.recording.report import Evidence, NewModule, NewPack, NewVehicle, ReleasedItem, Report, Sale
from resolvers.ledger.recording.values import (
    MOST_DOCUMENTS,
    between,
    code_of,
    commodity,
    count,
    day,
    filing,
    flag,
    identifier,
    moment,
    one_of,
    part_of_code,
    parts,
    positive,
    quantity,
    slips,
    text,
    whole,
)
from resolvers.ledger.recording.words import BUSINESSES, FIELDS_OF_USE, GRADES, PROCESSES, PURPOSES, ROUTES

MOST_MODULES: Final = 64
MOST_SOURCES: Final = 1000
MOST_CELLS: Final = 5000
Readers = Mapping[Kind, Callable[[Any], Any]]
_NO_MORE: Final[Readers] = MappingProxyType({})
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def read_report(event: EventType, given: Mapping[str, Any], *, group: int | None = None, as_once: bool = False) -> Report:
    """A report from plain values by the graph's names: JSON's, or what the graph has coerced. Raises BadReport.

    Beside the event's fields: code, occurredAt, clientReference, evidence (kind, reference, sha256) and corrects (the clientReference of the
    report whose event this one takes the place of; within the program the seq of an event of the pack). `as_once`: as reports were read before masses and
    rated values had to be above 0, regions in force, countries abroad, identifiers by another scheme whole, and a battery that was not found without a code
    read off it; so read, what was recorded then is known again.
    """
    rules, known, regions = _rules(event)
    if event is EventType.RECYCLED:
        given = _led(given)
    if unknown := next((name for name in given if name not in known), None):
        raise BadReport(unknown[:60], "UNKNOWN_FIELD", f"a report of {event} has no such field")
    values = read_values(rules, given, "", AS_ONCE if as_once else _NO_MORE)
    for name in () if as_once else regions:
        _in_force(name, values)
    if not as_once:
        _whole_identifier(values)
        _not_found(event, values)
    placed: dict[str, dict[str, Any]] = {"pack": {}, "sale": {}, "details": {}}
    own: dict[str, Any] = {}
    for rule in FIELDS[event]:
        if rule.name in values:
            _put(rule, values[rule.name], own, placed)
    if event is EventType.RECYCLED:
        own["sources"] = tuple([each["code"] for each in values["inputs"]])
        if values["code"] not in own["sources"]:
            raise BadReport("code", "INVALID_FIELD", "has to be the code of one of the inputs")
    if event in _TOGETHER:
        _TOGETHER[event](values)
    if placed["sale"]:
        own["province"] = placed["sale"]["region_code"][:2]
    return Report(
        event, values.get("code", ""), values["occurredAt"], values["clientReference"], MappingProxyType(placed["details"]),
        evidence=read_evidence(given.get("evidence")), **_corrects(given.get("corrects")), group=group,
        pack=NewPack(**placed["pack"]) if placed["pack"] else None, sale=Sale(**placed["sale"]) if placed["sale"] else None, **own,
    )  # fmt: skip


@cache
def _rules(event: EventType) -> tuple[tuple[FieldRule, ...], frozenset[str], tuple[str, ...]]:
    """The fields of its reports, all names that may be given, and which of them are region codes."""
    rules = (*common(event), *FIELDS[event])
    return rules, frozenset({"evidence", "corrects", *(rule.name for rule in rules)}), tuple([each.name for each in rules if each.kind is Kind.REGION])


def _in_force(name: str, values: Mapping[str, Any]) -> None:
    """Raises BadReport where the register knows the region code as none of the day of the event: RETIRED, NOT_YET, UNKNOWN."""
    if name not in values:
        return
    try:
        confirm_region_code(values[name], _regions(), local_day(values["occurredAt"]), normalise=False)
    except IdentifierError as wrong:
        raise BadReport(name, wrong.code, str(wrong)) from None


@cache
def _regions() -> RegionRegister:
    return load_regions()


def common(event: EventType) -> tuple[FieldRule, ...]:
    """The fields that every report has; a batch's own code may be left out, and an event of no pack has none."""
    if event in NOTICES:
        return COMMON[1:]
    return tuple(replace(rule, required=False) if rule.name == "code" and event is EventType.RECYCLED else rule for rule in COMMON)


def _one_code(values: Mapping[str, Any]) -> None:
    """A filing is of one code, and a specification is of a model."""
    _one_of_two(values, "specificationCode", "traceabilityCode")
    if "specificationCode" in values and "modelId" not in values:
        raise BadReport("modelId", "REQUIRED", "is required with specificationCode")
    if "traceabilityCode" in values and (wrong := next((name for name in ("modelId", "model") if name in values), None)):
        raise BadReport(wrong, "INVALID_FIELD", "is of a specification, not of a traceability code")


def _one_of_two(values: Mapping[str, Any], first: str, second: str) -> None:
    if (first in values) == (second in values):
        raise BadReport(first, "INVALID_FIELD" if first in values else "REQUIRED", f"this or {second} has to be given, not both")


def _whole_identifier(values: Mapping[str, Any]) -> None:
    """An identifier by another scheme is scheme and value: one without the other names nothing."""
    if ("otherScheme" in values) != ("otherValue" in values):
        raise BadReport("otherScheme", "OTHER_SCHEME", "otherScheme and otherValue are given together or not at all")


def _not_found(event: EventType, values: Mapping[str, Any]) -> None:
    """A battery whose code was read off in the vehicle was found in it."""
    if event is EventType.VEHICLE_SCRAPPED and not values["packFound"] and values.get("codeFound") == values["code"]:
        raise BadReport("codeFound", "INVALID_FIELD", "is the code of this battery, of which packFound says that it was not in the vehicle")


def _replacement(values: Mapping[str, Any]) -> None:
    """Told of the battery that came out it names the one that went in, and who gets the old one; of the other the one that came out."""
    _one_of_two(values, "oldCode", "newCode")
    if "newCode" in values and "receiver" not in values:
        raise BadReport("receiver", "REQUIRED", "is required with newCode")
    if "oldCode" in values and "receiver" in values:
        raise BadReport("receiver", "INVALID_FIELD", "is told of the battery that came out")


def _reinstallation(values: Mapping[str, Any]) -> None:
    _one_of_two(values, "vin", "pool")


_TOGETHER: Final[Mapping[EventType, Callable[[Mapping[str, Any]], None]]] = MappingProxyType({
    EventType.CODE_FILED: _one_code, EventType.REPLACED: _replacement, EventType.REINSTALLED: _reinstallation,
})  # fmt: skip
"""What fields of a report ask of each other."""


def _led(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the code of the first input, where no code is given; what is malformed is found by its own rule."""
    inputs = given.get("inputs")
    first = inputs[0] if isinstance(inputs, list) and inputs else None
    code = first.get("code") if isinstance(first, Mapping) else None
    return {**given, "code": code} if given.get("code") is None and code is not None else given


def _put(rule: FieldRule, value: Any, own: dict[str, Any], placed: dict[str, dict[str, Any]]) -> None:
    if rule.to is None:
        placed["details"][rule.name] = value
    elif rule.to == "province+details":
        own["province"] = value[:2]
        placed["details"][rule.name] = value
    elif "." in rule.to:
        part, _, name = rule.to.partition(".")
        placed[part][name] = value
    else:
        own[rule.to] = value


def read_values(rules: Sequence[FieldRule], given: Mapping[str, Any], where: str, more: Readers = _NO_MORE) -> dict[str, Any]:
    """The values of fields, of whatever they are fields; `more` are readers that go before those of events. Raises BadReport with paths below `where`."""
    values: dict[str, Any] = {}
    for rule in rules:
        value = given.get(rule.name)
        if value is None:
            if rule.required:
                raise BadReport(where + rule.name, "REQUIRED", "is required")
            continue
        try:
            values[rule.name] = (more.get(rule.kind) or READERS[rule.kind])(value)
        except IdentifierError as wrong:
            raise BadReport(where + rule.name, wrong.code, str(wrong)) from None
        except BadReport as wrong:
            raise BadReport(_under(f"{where}{rule.name}", wrong.field), wrong.code, str(wrong).partition(": ")[2]) from None
        except ValueError as wrong:
            raise BadReport(where + rule.name, "INVALID_FIELD", str(wrong)) from None
    return values


def _under(where: str, field: str) -> str:
    """The path of a field below another, or of an entry of a list: `modules[0].code`."""
    return where + field if field.startswith("[") else f"{where}.{field}"


def known_only(rules: Iterable[FieldRule], given: Mapping[str, Any], where: str) -> None:
    """Raises BadReport where an object inside of a report has a field that is none of these: what is not read is not taken in silence."""
    names = {rule.name for rule in rules}
    if unknown := next((name for name in given if name not in names), None):
        raise BadReport(where + unknown[:60], "UNKNOWN_FIELD", "there is no such field here")


def read_evidence(given: Any) -> tuple[Evidence, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > MOST_DOCUMENTS or not all(isinstance(each, Mapping) for each in given):
        raise BadReport("evidence", "INVALID_FIELD", f"has to be a list of at most {MOST_DOCUMENTS} documents")
    documents = []
    for number, each in enumerate(given):
        rules = (must("kind", Kind.TEXT, ""), must("reference", Kind.TEXT, ""), may("sha256", Kind.TEXT, ""))
        known_only(rules, each, f"evidence[{number}].")
        values = read_values(rules, each, f"evidence[{number}].")
        digest = values.get("sha256")
        if digest is not None and not _SHA256.fullmatch(digest):
            raise BadReport(f"evidence[{number}].sha256", "INVALID_FIELD", "has to be 64 hexadecimal digits in lower case")
        documents.append(Evidence(values["kind"], values["reference"], digest))
    return tuple(documents)


def _corrects(given: Any) -> dict[str, Any]:
    if given is None or type(given) is int:
        return {"corrects": given}
    try:
        return {"corrected": text(given)}
    except ValueError as wrong:
        raise BadReport("corrects", "INVALID_FIELD", str(wrong)) from None


def _vehicle(value: Any) -> NewVehicle:
    if not isinstance(value, Mapping):
        raise ValueError("has to be an object")
    known_only(VEHICLE, value, "")
    given = read_values(VEHICLE, value, "")
    return NewVehicle(given["modelName"], given["powertrain"], given["swapModel"], given["producedOn"])


def _model(value: Any, more: Readers = _NO_MORE) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("has to be an object")
    known_only(MODEL, value, "")
    given = read_values(MODEL, value, "", more)
    # As the event keeps it.
    return {**given, "certifiedOn": given["certifiedOn"].isoformat()}


def _country(value: Any) -> str:
    if not isinstance(value, str) or value not in COUNTRIES:
        raise ValueError("has to be a country's two capital letters (ISO 3166-1)")
    return value


def _abroad(value: Any) -> str:
    """What crosses no border is neither exported nor imported; Hong Kong, Macao and Taiwan are customs territories with codes of their own."""
    if _country(value) == HOME:
        raise ValueError(f"has to be another country than {HOME}: what is exported or imported crosses its border")
    return str(value)


def _modules(value: Any, more: Readers = _NO_MORE) -> tuple[NewModule, ...]:
    if not isinstance(value, list) or len(value) > MOST_MODULES or not all(isinstance(each, Mapping) for each in value):
        raise ValueError(f"has to be a list of at most {MOST_MODULES} modules")
    for number, each in enumerate(value):
        known_only(MODULE, each, f"[{number}].")
    found = [read_values(MODULE, each, f"[{number}].", more) for number, each in enumerate(value)]
    if len({each["code"] for each in found}) != len(found):
        raise ValueError("names a module twice")
    return tuple(NewModule(each["code"], each["cellCount"], each["massKg"]) for each in found)


def _codes(value: Any, most: int = MOST_SOURCES, read: Callable[[str], str] = canonical_battery_code) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= most or not all(isinstance(each, str) for each in value):
        raise ValueError(f"has to be a list of 1 to {most:,} battery codes")
    codes = []
    for number, each in enumerate(value):
        try:
            codes.append(read(each))
        except IdentifierError as wrong:
            raise BadReport(f"[{number}]", wrong.code, str(wrong)) from None
        except ValueError as wrong:
            raise BadReport(f"[{number}]", "INVALID_FIELD", str(wrong)) from None
    return tuple(codes)


def _cells(value: Any) -> tuple[str, ...]:
    codes = _codes(value, MOST_CELLS, code_of(ProductType.CELL))
    if len(set(codes)) != len(codes):
        raise ValueError("names a cell twice")
    return codes


def _released(value: Any, more: Readers = _NO_MORE) -> tuple[ReleasedItem, ...]:
    return tuple([ReleasedItem(each["code"], each.get("massKg")) for each in _listed(ITEM, 1, MOST_CELLS, more)(value)])


def _listed(rules: Sequence[FieldRule], least: int, most: int, more: Readers = _NO_MORE) -> Callable[[Any], list[dict[str, Any]]]:
    def read(value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list) or not least <= len(value) <= most or not all(isinstance(each, Mapping) for each in value):
            raise ValueError(f"has to be a list of {least} to {most:,} objects")
        found = []
        for number, each in enumerate(value):
            known_only(rules, each, f"[{number}].")
            # As events keep it: moments as texts, so that the same comes back.
            told = read_values(rules, each, f"[{number}].", more)
            found.append({name: each.isoformat() if isinstance(each, datetime) else each for name, each in told.items()})
        return found

    return read


def _apart(read: Callable[[Any], list[dict[str, Any]]], name: str) -> Callable[[Any], list[dict[str, Any]]]:
    def once(value: Any) -> list[dict[str, Any]]:
        found = read(value)
        if len({each[name] for each in found}) != len(found):
            raise ValueError(f"names {'an' if name[0] in 'aeiou' else 'a'} {name} twice")
        return found

    return once


READERS: Final[Readers] = MappingProxyType({
    Kind.TEXT: text, Kind.QUANTITY: quantity, Kind.POSITIVE: positive, Kind.NUMBER: whole, Kind.FLAG: flag, Kind.DAY: day, Kind.MOMENT: moment,
    Kind.CODE: identifier(canonical_battery_code), Kind.VIN: identifier(lambda value: parse_vin(value).value),
    Kind.PARTY: identifier(lambda value: parse_credit_code(value).value), Kind.REGION: identifier(parse_region_code),
    Kind.OWNER: one_of(*OWNER_KINDS), Kind.POWERTRAIN: one_of(*POWERTRAINS), Kind.MODULES: _modules, Kind.VEHICLE: _vehicle,
    Kind.PERCENT: between(0, 100), Kind.CELSIUS: between(-100, 2000), Kind.SEVERITY: one_of(*SEVERITIES),
    Kind.CODES: _codes, Kind.MODULE_CODE: identifier(code_of(ProductType.MODULE)), Kind.CELL_CODES: _cells, Kind.RELEASED: _released,
    Kind.SLIPS: slips, Kind.INPUTS: _listed(INPUT, 1, MOST_SOURCES), Kind.STEPS: _listed(STEP, 0, 50),
    Kind.ASSAYS: _apart(_listed(ASSAY, 0, 8), "element"), Kind.AMOUNTS: _apart(_listed(AMOUNT, 0, 100), "material"),
    Kind.PROCESS: one_of("MECHANICAL", "CHEMICAL"), Kind.ELEMENT: one_of("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe", "P"),
    Kind.COUNT: count, Kind.MAKER: part_of_code(3), Kind.SPECIFICATION: part_of_code(2), Kind.TRACE: part_of_code(7),
    Kind.CHEMISTRY: one_of(*CHEMISTRY_LETTERS), Kind.CELLS: one_of(*CELL_FORMATS), Kind.MODEL: _model, Kind.ACTIVITY: one_of(*ACTIVITIES),
    Kind.PARTS: parts, Kind.SAFETY: one_of(*SAFETY_CLASSES), Kind.PURPOSE: one_of(*PURPOSES), Kind.FILING: filing,
    Kind.FIELD_OF_USE: one_of(*FIELDS_OF_USE), Kind.BUSINESS: one_of(*BUSINESSES), Kind.GRADE: one_of(*GRADES), Kind.ROUTE: one_of(*ROUTES),
    Kind.TREATMENT: one_of(*PROCESSES), Kind.COUNTRY: _abroad, Kind.COMMODITY: commodity,
})  # fmt: skip
_ZERO: Final[Readers] = MappingProxyType({Kind.POSITIVE: quantity})
AS_ONCE: Final[Readers] = MappingProxyType({
    **_ZERO, Kind.COUNTRY: _country, Kind.MODULES: partial(_modules, more=_ZERO),
    Kind.RELEASED: partial(_released, more=_ZERO), Kind.MODEL: partial(_model, more=_ZERO),
})  # fmt: skip
"""Readers that take 0, and China, where it was taken once."""
