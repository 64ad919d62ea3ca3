"""This module is in charge of what each event's report holds: one list of fields for an event, which the graph's inputs, files and streams share.

Names are those of the graph. A field goes to a place of the report: one of its own (`vin`, `counterparty`), a part (`sale.owner_kind`), or its details.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from resolvers.identifiers import IdentifierError, parse_battery_code, parse_credit_code, parse_region_code, parse_vin
from resolvers.ledger.events import EventType
from resolvers.ledger.recording.report import Evidence, NewModule, NewPack, NewVehicle, Report, Sale
from resolvers.ledger.recording.values import MOST_DOCUMENTS, between, day, flag, identifier, moment, one_of, quantity, slips, text, whole

MOST_MODULES: Final = 64
MOST_SOURCES: Final = 1000
OWNER_KINDS: Final = ("PRIVATE", "COMPANY", "RIDE_HAILING", "LEASING", "PUBLIC_TRANSPORT", "OTHER")
SEVERITIES: Final = ("MINOR", "SERIOUS", "CRITICAL")
POWERTRAINS: Final = ("BEV", "PHEV", "EREV", "HEV", "FCEV")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Kind(StrEnum):
    """What a field's value is."""

    TEXT = "text"
    QUANTITY = "quantity"
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
    FOUND = "codes found"
    MOVES = "moves"
    DIRECTION = "direction"
    SLIPS = "numbers of documents"
    INPUTS = "inputs"
    STEPS = "process steps"
    ASSAYS = "assays"
    AMOUNTS = "materials"
    PROCESS = "kind of step"
    ELEMENT = "element"


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


def _must(name: str, kind: Kind, told: str, to: str | None = None) -> FieldRule:
    return FieldRule(name, kind, told, True, to)


def _may(name: str, kind: Kind, told: str, to: str | None = None) -> FieldRule:
    return FieldRule(name, kind, told, False, to)


_NEW_PACK: Final = (
    _must("modelId", Kind.TEXT, "The id of its model.", "pack.model_id"),
    _may("massKg", Kind.QUANTITY, "Its mass in kg; the model's when left out.", "pack.mass_kg"),
    _may("nominalEnergyKwh", Kind.QUANTITY, "Rated energy in kWh; the model's when left out.", "pack.nominal_energy_kwh"),
    _may("modules", Kind.MODULES, "Its modules, in their order.", "pack.modules"),
    _may("otherScheme", Kind.TEXT, "Another coding scheme by which it has an identifier.", "pack.other_scheme"),
    _may("otherValue", Kind.TEXT, "Its identifier by that scheme.", "pack.other_value"),
)
_WORK_ORDER: Final = _may("workOrder", Kind.TEXT, "The number of the work order.")
_IN_VEHICLE: Final = _must("vin", Kind.VIN, "The vehicle's identification number.", "vin")
_NAMED_VEHICLE: Final = _may("vin", Kind.VIN, "The vehicle that it is in; who names it need not have the battery in custody.", "vin")
_STATION: Final = _may("station", Kind.TEXT, "The swap station.")
_POSITION: Final = _may("position", Kind.NUMBER, "The battery's place in the vehicle, from 1; 1 when left out.")
_MASS: Final = _may("massKg", Kind.QUANTITY, "Its mass in kg.")
_REASON: Final = _must("reason", Kind.TEXT, "Why.")
_CIRCUMSTANCES: Final = (
    _must("circumstances", Kind.TEXT, "What is known of it."), _may("report", Kind.TEXT, "The number of the police's or insurer's report."),
)  # fmt: skip
_CUSTOMS: Final = _must("customsDeclaration", Kind.TEXT, "The number of the customs declaration.")

FIELDS: Final[Mapping[EventType, tuple[FieldRule, ...]]] = MappingProxyType({
    EventType.PRODUCED: (*_NEW_PACK, _may("plantRegion", Kind.REGION, "Where the plant is; your own region when left out.", "province+details")),
    EventType.IMPORTED: (*_NEW_PACK, _CUSTOMS, _must("originCountry", Kind.TEXT, "The country it comes from.")),
    EventType.SOLD: (_must("buyer", Kind.PARTY, "Who bought it.", "counterparty"),),
    EventType.INSTALLED: (
        _IN_VEHICLE, _POSITION, _may("vehicle", Kind.VEHICLE, "What the vehicle is; needed with its first battery.", "vehicle"),
        _may("conformityCertificate", Kind.TEXT, "The number of the vehicle's certificate of conformity."),
    ),
    EventType.VEHICLE_SOLD: (
        _IN_VEHICLE, _must("region", Kind.REGION, "Where the vehicle is registered.", "sale.region_code"),
        _must("ownerKind", Kind.OWNER, "What its owner is; who it is, is not told here.", "sale.owner_kind"),
        _may("buyer", Kind.PARTY, "The operator that holds the battery from now on, of a swap model.", "counterparty"),
    ),
    EventType.POOLED: (_must("pool", Kind.TEXT, "The pool."),),
    EventType.SWAP_IN: (_IN_VEHICLE, _STATION, _POSITION),
    EventType.SWAP_OUT: (_IN_VEHICLE, _STATION),
    EventType.MAINTAINED: (_IN_VEHICLE, _must("work", Kind.TEXT, "What was done."), _WORK_ORDER),
    EventType.REPLACED: (
        _IN_VEHICLE, _POSITION, _WORK_ORDER, _may("reason", Kind.TEXT, "Why."),
        _may("oldCode", Kind.CODE, "The battery that came out, of the one that went in."),
        _may("newCode", Kind.CODE, "The battery that went in, of the one that came out."),
    ),
    EventType.REINSTALLED: (
        _may("vin", Kind.VIN, "The vehicle it went into; a swap pool when left out.", "vin"), _may("pool", Kind.TEXT, "The pool it went into."),
        _POSITION, _REASON, _WORK_ORDER,
    ),
    EventType.OWNER_CHANGED: (
        _may("region", Kind.REGION, "Where it is registered from now on.", "province+details"), _may("ownerKind", Kind.OWNER, "What the new owner is."),
    ),
    EventType.RETIRED: (_REASON, _may("condition", Kind.TEXT, "The condition it is in.")),
    EventType.VEHICLE_SCRAPPED: (
        _IN_VEHICLE, _must("certificate", Kind.TEXT, "The number of the vehicle's recovery certificate."),
        _must("packFound", Kind.FLAG, "Whether the battery is in the vehicle."), _may("codeFound", Kind.CODE, "The code that was read off the battery."),
    ),
    EventType.PACK_DETACHED: (_may("vin", Kind.VIN, "The vehicle it was in.", "vin"), _MASS, _may("condition", Kind.TEXT, "The condition it is in.")),
    EventType.HANDED_OVER: (
        _must("receiver", Kind.PARTY, "Who is to receive it.", "counterparty"),
        _must("purpose", Kind.TEXT, "What for: COLLECTION, UTILIZATION, STORAGE, DISPOSAL."),
        _must("declaredMassKg", Kind.QUANTITY, "Its mass in kg, by your scale."), _may("condition", Kind.TEXT, "The condition it is in."),
        _may("transportDocument", Kind.TEXT, "The number of the transport document."),
        _may("carrier", Kind.TEXT, "Who carries it."), _may("unClass", Kind.TEXT, "Its number as dangerous goods: UN3480, UN3481, UN3556."),
        _may("filingNumber", Kind.TEXT, "The number of the filing, where it crosses a province for utilization."),
        _may("approvalNumber", Kind.TEXT, "The number of the approval, where it crosses a province for storage or disposal."),
    ),
    EventType.RECEIVED: (
        _must("measuredMassKg", Kind.QUANTITY, "Its mass in kg, by your scale."), _may("condition", Kind.TEXT, "The condition it came in."),
        _may("discrepancy", Kind.TEXT, "In what it differs from what was offered."),
    ),
    EventType.REJECTED: (_REASON,),
    EventType.GRADED: (
        _must("method", Kind.TEXT, "How it was tested."), _must("capacityAh", Kind.QUANTITY, "Measured capacity in Ah."),
        _must("resistanceMilliohm", Kind.QUANTITY, "Internal resistance in milliohm.", "details.resistanceMohm"),
        _must("insulationMegaohm", Kind.QUANTITY, "Insulation resistance in megaohm.", "details.insulationMohm"),
        _must("grade", Kind.TEXT, "The grade."), _must("route", Kind.TEXT, "What is to become of it."),
    ),
    EventType.DISMANTLED: (_MASS, _may("modules", Kind.NUMBER, "Modules that were released.")),
    # Of the product: its code is `code`; what it is made of is told with it.
    EventType.REPROCESSED: (
        _must("sourceCodes", Kind.CODES, "The codes of the packs, modules and cells that it was made of; `code` is the product's own, new one.", "sources"),
        *_NEW_PACK, _must("fieldOfUse", Kind.TEXT, "What the product is to be used for."),
        _must("standard", Kind.TEXT, "Number and edition of the standard that the product meets."),
        _must("testReport", Kind.TEXT, "The number of the type test or of the certificate (CCC, CQC)."),
    ),
    EventType.PRODUCT_SOLD: (
        _must("fieldOfUse", Kind.TEXT, "What the product is used for."), _may("buyer", Kind.PARTY, "The buyer, where it is registered.", "counterparty"),
        _may("buyerName", Kind.TEXT, "The buyer, where it is not."), _may("buyerBusiness", Kind.TEXT, "The buyer's registered business."),
        _may("standard", Kind.TEXT, "The number of the standard that the product meets."), _may("region", Kind.REGION, "Where it is used.", "province+details"),
    ),
    # Of the whole batch: `code` is one of its inputs, the first when left out.
    EventType.RECYCLED: (
        _must("batch", Kind.TEXT, "Your number of the batch."), _must("process", Kind.TEXT, "The process, such as HYDROMETALLURGICAL."),
        _must("inputs", Kind.INPUTS, "All that went in, each with its mass."),
        _must("steps", Kind.STEPS, "The process steps, in the order in which they began."),
        _must("outputs", Kind.AMOUNTS, "What came out as product, by material."), _may("residues", Kind.AMOUNTS, "What was left over, by material."),
        _may("energyKwh", Kind.QUANTITY, "Energy used, in kWh."),
    ),
    EventType.DISPOSED: (_must("residueType", Kind.TEXT, "What was disposed of."), _MASS, _must("permit", Kind.TEXT, "The number of the permit.")),
    EventType.EXPORTED: (_must("country", Kind.TEXT, "Where to."), _must("hsCode", Kind.TEXT, "Its code of the Harmonized System."), _CUSTOMS),
    EventType.REPORTED_MISSING: _CIRCUMSTANCES,
    EventType.FOUND: _CIRCUMSTANCES,
    EventType.HEALTH_MEASURED: (
        _NAMED_VEHICLE, _must("stateOfHealth", Kind.PERCENT, "Remaining capacity in percent of the rated one, 0 to 100."),
        _must("method", Kind.TEXT, "How it was measured."), _may("cycleCount", Kind.NUMBER, "Full charge cycles by then."),
        _may("remainingEnergyKwh", Kind.QUANTITY, "Energy that a full pack still holds in kWh."),
        _may("internalResistanceMilliohm", Kind.QUANTITY, "Internal resistance in milliohm."),
        _may("temperatureMaxC", Kind.CELSIUS, "Highest cell temperature in degrees Celsius."),
    ),
    EventType.SAFETY_EVENT: (
        _NAMED_VEHICLE, _must("kind", Kind.TEXT, "What happened: COLLISION, THERMAL_ALARM, INSULATION_FAULT, WATER_INGRESS, LEAKAGE, THERMAL_RUNAWAY, ..."),
        _must("severity", Kind.SEVERITY, "How bad it was."), _must("description", Kind.TEXT, "What is known of it."),
    ),
    EventType.RECALLED: (_must("recall", Kind.TEXT, "The number of the recall."), _must("hazard", Kind.TEXT, "What is wrong with it.")),
    EventType.RECALL_REMEDIED: (
        _NAMED_VEHICLE, _must("recall", Kind.TEXT, "The number of the recall."), _must("remedy", Kind.TEXT, "What was done."), _WORK_ORDER,
    ),
    EventType.FOUND_ABANDONED: (
        _must("region", Kind.REGION, "The division where it lies.", "province+details"), _must("place", Kind.TEXT, "The place, as one would find it."),
        _must("condition", Kind.TEXT, "The condition it is in."),
        _may("taker", Kind.PARTY, "Who takes it into custody; an authority of the place says so.", "counterparty"),
    ),
    EventType.TAKE_BACK_REQUESTED: (
        _may("obliged", Kind.PARTY, "Who is to take it back: who made it, or a vehicle it was in; the last vehicle's maker when left out.", "counterparty"),
        _REASON, _may("region", Kind.REGION, "The division where it is to be fetched.", "province+details"), _may("place", Kind.TEXT, "The place."),
    ),
    EventType.TAKE_BACK_ACCEPTED: (
        _must("collectOn", Kind.DAY, "The day on which it is taken back."), _must("collectAt", Kind.TEXT, "Where it is fetched or handed in."),
    ),
    EventType.TAKE_BACK_REFUSED: (_REASON,),
})  # fmt: skip
COMMON: Final = (
    _must("code", Kind.CODE, "The battery's code."),
    _must("occurredAt", Kind.MOMENT, "When it happened."),
    _must("clientReference", Kind.TEXT, "Your own name for this report, for good: sent again, it is answered as the first time."),
)
INPUT: Final = (_must("code", Kind.CODE, "The code of the pack, module or cell."), _must("massKg", Kind.QUANTITY, "What of it went in, in kg."))
AMOUNT: Final = (_must("material", Kind.TEXT, "The material."), _must("massKg", Kind.QUANTITY, "Its mass in kg."))
ASSAY: Final = (
    _must("element", Kind.ELEMENT, "The element's symbol: Li, Ni, Co, Mn, Cu, Al, Fe, P."),
    _must("inputKg", Kind.QUANTITY, "What of it went in, in kg, by declared composition or assay."),
    _must("recoveredKg", Kind.QUANTITY, "What of it was recovered, in kg."), _may("residueKg", Kind.QUANTITY, "What of it stayed in residues, in kg."),
    _may("lossKg", Kind.QUANTITY, "What of it was lost otherwise, in kg."),
)  # fmt: skip
STEP: Final = (
    _must("name", Kind.TEXT, "What was done: DISCHARGING, SHREDDING, LEACHING and others."),
    _must("kind", Kind.PROCESS, "MECHANICAL (its balance is of total mass) or CHEMICAL (of each element)."),
    _must("startedAt", Kind.MOMENT, "When it began."), _must("finishedAt", Kind.MOMENT, "When it was done."),
    _must("inputKg", Kind.QUANTITY, "Net mass that went in, in kg."), _must("outputKg", Kind.QUANTITY, "Net mass that came out, in kg."),
    _may("residueKg", Kind.QUANTITY, "Residues, in kg."), _may("lossKg", Kind.QUANTITY, "Process loss, in kg."),
    _may("lossKind", Kind.TEXT, "What kind of loss it is: EVAPORATION, DUST and others."),
    _must("weighingSlips", Kind.SLIPS, "The numbers of the weighing slips."), _may("assays", Kind.ASSAYS, "Assays of elements; a chemical step has them."),
)  # fmt: skip
VEHICLE: Final = (
    _must("modelName", Kind.TEXT, "Its trade name."),
    _must("powertrain", Kind.POWERTRAIN, "What drives it."),
    _must("swapModel", Kind.FLAG, "Whether it is declared a battery-swap vehicle."),
    _must("producedOn", Kind.DAY, "The day it was made."),
)
MODULE: Final = (
    _must("code", Kind.TEXT, "The module's code."),
    _must("cellCount", Kind.NUMBER, "Cells in it."),
    _must("massKg", Kind.QUANTITY, "Its mass in kg."),
)


def read_report(event: EventType, given: Mapping[str, Any], *, group: int | None = None) -> Report:
    """A report from plain values by the graph's names: JSON's, or what the graph has coerced. Raises BadReport.

    Beside the event's fields: code, occurredAt, clientReference, evidence (kind, reference, sha256) and corrects (the seq of an event of the pack).
    """
    rules = (*common(event), *FIELDS[event])
    if event is EventType.RECYCLED:
        given = _led(given)
    known = {rule.name for rule in rules} | {"evidence", "corrects"}
    if unknown := next((name for name in given if name not in known), None):
        raise BadReport(unknown[:60], "UNKNOWN_FIELD", f"a report of {event} has no such field")
    values = read_values(rules, given, "")
    parts: dict[str, dict[str, Any]] = {"pack": {}, "sale": {}, "details": {}}
    own: dict[str, Any] = {}
    for rule in FIELDS[event]:
        if rule.name in values:
            _put(rule, values[rule.name], own, parts)
    if event is EventType.RECYCLED:
        own["sources"] = tuple([each["code"] for each in values["inputs"]])
        if values["code"] not in own["sources"]:
            raise BadReport("code", "INVALID_FIELD", "has to be the code of one of the inputs")
    if parts["sale"]:
        own["province"] = parts["sale"]["region_code"][:2]
    return Report(
        event, values["code"], values["occurredAt"], values["clientReference"], MappingProxyType(parts["details"]),
        evidence=read_evidence(given.get("evidence")), corrects=_corrects(given.get("corrects")), group=group,
        pack=NewPack(**parts["pack"]) if parts["pack"] else None, sale=Sale(**parts["sale"]) if parts["sale"] else None, **own,
    )  # fmt: skip


def common(event: EventType) -> tuple[FieldRule, ...]:
    """The fields that every report has; a batch's own code may be left out."""
    return tuple(replace(rule, required=False) if rule.name == "code" and event is EventType.RECYCLED else rule for rule in COMMON)


def _led(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the code of the first input, where no code is given; what is malformed is found by its own rule."""
    inputs = given.get("inputs")
    first = inputs[0] if isinstance(inputs, list) and inputs else None
    code = first.get("code") if isinstance(first, Mapping) else None
    return {**given, "code": code} if given.get("code") is None and code is not None else given


def _put(rule: FieldRule, value: Any, own: dict[str, Any], parts: dict[str, dict[str, Any]]) -> None:
    if rule.to is None:
        parts["details"][rule.name] = value
    elif rule.to == "province+details":
        own["province"] = value[:2]
        parts["details"][rule.name] = value
    elif "." in rule.to:
        part, _, name = rule.to.partition(".")
        parts[part][name] = value
    else:
        own[rule.to] = value


def read_values(
    rules: Sequence[FieldRule], given: Mapping[str, Any], where: str, more: Mapping[Kind, Callable[[Any], Any]] = MappingProxyType({})
) -> dict[str, Any]:
    """The values of fields, of whatever they are fields; `more` are readers of kinds that no event has. Raises BadReport with paths below `where`."""
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
            raise BadReport(f"{where}{rule.name}.{wrong.field}", wrong.code, str(wrong).partition(": ")[2]) from None
        except ValueError as wrong:
            raise BadReport(where + rule.name, "INVALID_FIELD", str(wrong)) from None
    return values


def read_evidence(given: Any) -> tuple[Evidence, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > MOST_DOCUMENTS or not all(isinstance(each, Mapping) for each in given):
        raise BadReport("evidence", "INVALID_FIELD", f"has to be a list of at most {MOST_DOCUMENTS} documents")
    documents = []
    for number, each in enumerate(given):
        rules = (_must("kind", Kind.TEXT, ""), _must("reference", Kind.TEXT, ""), _may("sha256", Kind.TEXT, ""))
        values = read_values(rules, each, f"evidence[{number}].")
        digest = values.get("sha256")
        if digest is not None and not _SHA256.fullmatch(digest):
            raise BadReport(f"evidence[{number}].sha256", "INVALID_FIELD", "has to be 64 hexadecimal digits in lower case")
        documents.append(Evidence(values["kind"], values["reference"], digest))
    return tuple(documents)


def _corrects(given: Any) -> int | None:
    if given is not None and (type(given) is not int or given < 1):
        raise BadReport("corrects", "INVALID_FIELD", "has to be the number of an event")
    return given


def _vehicle(value: Any) -> NewVehicle:
    if not isinstance(value, Mapping):
        raise ValueError("has to be an object")
    given = read_values(VEHICLE, value, "")
    return NewVehicle(given["modelName"], given["powertrain"], given["swapModel"], given["producedOn"])


def _modules(value: Any) -> tuple[NewModule, ...]:
    if not isinstance(value, list) or len(value) > MOST_MODULES or not all(isinstance(each, Mapping) for each in value):
        raise ValueError(f"has to be a list of at most {MOST_MODULES} modules")
    found = [read_values(MODULE, each, f"[{number}].") for number, each in enumerate(value)]
    if len({each["code"] for each in found}) != len(found):
        raise ValueError("names a module twice")
    return tuple(NewModule(each["code"], each["cellCount"], each["massKg"]) for each in found)


def _codes(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_SOURCES or not all(isinstance(each, str) for each in value):
        raise ValueError(f"has to be a list of 1 to {MOST_SOURCES:,} battery codes")
    codes = []
    for number, each in enumerate(value):
        try:
            codes.append(parse_battery_code(each).value)
        except IdentifierError as wrong:
            raise BadReport(f"[{number}]", wrong.code, str(wrong)) from None
    return tuple(codes)


def _listed(rules: Sequence[FieldRule], least: int, most: int) -> Callable[[Any], list[dict[str, Any]]]:
    def read(value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list) or not least <= len(value) <= most or not all(isinstance(each, Mapping) for each in value):
            raise ValueError(f"has to be a list of {least} to {most:,} objects")
        found = []
        for number, each in enumerate(value):
            if unknown := next((name for name in each if name not in {rule.name for rule in rules}), None):
                raise BadReport(f"[{number}].{unknown[:60]}", "UNKNOWN_FIELD", "there is no such field here")
            # As events keep it: moments as texts, so that the same comes back.
            told = read_values(rules, each, f"[{number}].")
            found.append({name: each.isoformat() if isinstance(each, datetime) else each for name, each in told.items()})
        return found

    return read


def _apart(read: Callable[[Any], list[dict[str, Any]]], name: str) -> Callable[[Any], list[dict[str, Any]]]:
    def once(value: Any) -> list[dict[str, Any]]:
        found = read(value)
        if len({each[name] for each in found}) != len(found):
            raise ValueError(f"names a {name} twice")
        return found

    return once


READERS: Final[Mapping[Kind, Callable[[Any], Any]]] = MappingProxyType({
    Kind.TEXT: text, Kind.QUANTITY: quantity, Kind.NUMBER: whole, Kind.FLAG: flag, Kind.DAY: day, Kind.MOMENT: moment,
    Kind.CODE: identifier(lambda value: parse_battery_code(value).value), Kind.VIN: identifier(lambda value: parse_vin(value).value),
    Kind.PARTY: identifier(lambda value: parse_credit_code(value).value), Kind.REGION: identifier(parse_region_code),
    Kind.OWNER: one_of(*OWNER_KINDS), Kind.POWERTRAIN: one_of(*POWERTRAINS), Kind.MODULES: _modules, Kind.VEHICLE: _vehicle,
    Kind.PERCENT: between(0, 100), Kind.CELSIUS: between(-100, 2000), Kind.SEVERITY: one_of(*SEVERITIES),
    Kind.CODES: _codes, Kind.SLIPS: slips, Kind.INPUTS: _listed(INPUT, 1, MOST_SOURCES), Kind.STEPS: _listed(STEP, 0, 50),
    Kind.ASSAYS: _apart(_listed(ASSAY, 0, 8), "element"), Kind.AMOUNTS: _apart(_listed(AMOUNT, 0, 100), "material"),
    Kind.PROCESS: one_of("MECHANICAL", "CHEMICAL"), Kind.ELEMENT: one_of("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe", "P"),
})  # fmt: skip
