"""This module is in charge of what each event's report holds: one list of fields for an event, which the graph's inputs, files and streams share.

Names are those of the graph. A field goes to a place of the report: one of its own (`vin`, `counterparty`), a part (`sale.owner_kind`), or its details.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from resolvers.identifiers import IdentifierError, ProductType, parse_battery_code, parse_credit_code, parse_region_code, parse_vin
from resolvers.ledger.chemistries import CHEMISTRY_LETTERS
from resolvers.ledger.events import NOTICES, EventType
from resolvers.ledger.recording.fields import BadReport, FieldRule, Kind, may, must
from resolvers.ledger.recording.report import Evidence, NewModule, NewPack, NewVehicle, ReleasedItem, Report, Sale
from resolvers.ledger.recording.values import (
    MOST_DOCUMENTS,
    between,
    code_of,
    count,
    day,
    flag,
    identifier,
    moment,
    one_of,
    part_of_code,
    quantity,
    slips,
    text,
    whole,
)

MOST_MODULES: Final = 64
MOST_SOURCES: Final = 1000
MOST_CELLS: Final = 5000
OWNER_KINDS: Final = ("PRIVATE", "COMPANY", "RIDE_HAILING", "LEASING", "PUBLIC_TRANSPORT", "OTHER")
SEVERITIES: Final = ("MINOR", "SERIOUS", "CRITICAL")
CELL_FORMATS: Final = ("PRISMATIC", "CYLINDRICAL", "POUCH", "BLADE")
ACTIVITIES: Final = ("COLLECTION", "STORAGE", "TRANSPORT", "DISMANTLING", "REPROCESSING", "RECYCLING", "DISPOSAL", "REPAIR", "OTHER")
POWERTRAINS: Final = ("BEV", "PHEV", "EREV", "HEV", "FCEV")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


_NEW_PACK: Final = (
    must("modelId", Kind.TEXT, "The id of its model.", "pack.model_id"),
    may("massKg", Kind.QUANTITY, "Its mass in kg; the model's when left out.", "pack.mass_kg"),
    may("nominalEnergyKwh", Kind.QUANTITY, "Rated energy in kWh; the model's when left out.", "pack.nominal_energy_kwh"),
    may("modules", Kind.MODULES, "Its modules, in their order.", "pack.modules"),
    may("cells", Kind.CELL_CODES, "The codes of its cells, in the order of the modules that they are in; they are kept until it is dismantled.", "pack.cells"),
    may("otherScheme", Kind.TEXT, "Another coding scheme by which it has an identifier.", "pack.other_scheme"),
    may("otherValue", Kind.TEXT, "Its identifier by that scheme.", "pack.other_value"),
)
_WORK_ORDER: Final = may("workOrder", Kind.TEXT, "The number of the work order.")
_IN_VEHICLE: Final = must("vin", Kind.VIN, "The vehicle's identification number.", "vin")
_NAMED_VEHICLE: Final = may("vin", Kind.VIN, "The vehicle that it is in; who names it need not have the battery in custody.", "vin")
_STATION: Final = may("station", Kind.TEXT, "The swap station.")
_POSITION: Final = may("position", Kind.NUMBER, "The battery's place in the vehicle, from 1; 1 when left out.")
_MASS: Final = may("massKg", Kind.QUANTITY, "Its mass in kg.")
_REASON: Final = must("reason", Kind.TEXT, "Why.")
_CIRCUMSTANCES: Final = (
    must("circumstances", Kind.TEXT, "What is known of it."), may("report", Kind.TEXT, "The number of the police's or insurer's report."),
)  # fmt: skip
_CUSTOMS: Final = must("customsDeclaration", Kind.TEXT, "The number of the customs declaration.")

FIELDS: Final[Mapping[EventType, tuple[FieldRule, ...]]] = MappingProxyType({
    EventType.PRODUCED: (*_NEW_PACK, may("plantRegion", Kind.REGION, "Where the plant is; your own region when left out.", "province+details")),
    EventType.IMPORTED: (*_NEW_PACK, _CUSTOMS, must("originCountry", Kind.TEXT, "The country it comes from.")),
    EventType.SOLD: (must("buyer", Kind.PARTY, "Who bought it.", "counterparty"),),
    EventType.INSTALLED: (
        _IN_VEHICLE, _POSITION, may("vehicle", Kind.VEHICLE, "What the vehicle is; needed with its first battery.", "vehicle"),
        may("conformityCertificate", Kind.TEXT, "The number of the vehicle's certificate of conformity."),
    ),
    EventType.VEHICLE_SOLD: (
        _IN_VEHICLE, must("region", Kind.REGION, "Where the vehicle is registered.", "sale.region_code"),
        must("ownerKind", Kind.OWNER, "What its owner is; who it is, is not told here.", "sale.owner_kind"),
        may("buyer", Kind.PARTY, "The operator that holds the battery from now on, of a swap model.", "counterparty"),
    ),
    EventType.POOLED: (must("pool", Kind.TEXT, "The pool."),),
    EventType.SWAP_IN: (_IN_VEHICLE, _STATION, _POSITION),
    EventType.SWAP_OUT: (_IN_VEHICLE, _STATION),
    EventType.MAINTAINED: (_IN_VEHICLE, must("work", Kind.TEXT, "What was done."), _WORK_ORDER),
    EventType.REPLACED: (
        _IN_VEHICLE, _POSITION, _WORK_ORDER, may("reason", Kind.TEXT, "Why."),
        may("oldCode", Kind.CODE, "The battery that came out, of the one that went in."),
        may("newCode", Kind.CODE, "The battery that went in, of the one that came out."),
    ),
    EventType.REINSTALLED: (
        may("vin", Kind.VIN, "The vehicle it went into; a swap pool when left out.", "vin"), may("pool", Kind.TEXT, "The pool it went into."),
        _POSITION, _REASON, _WORK_ORDER,
    ),
    EventType.OWNER_CHANGED: (
        may("region", Kind.REGION, "Where it is registered from now on.", "province+details"), may("ownerKind", Kind.OWNER, "What the new owner is."),
    ),
    EventType.RETIRED: (_REASON, may("condition", Kind.TEXT, "The condition it is in.")),
    EventType.VEHICLE_SCRAPPED: (
        _IN_VEHICLE, must("certificate", Kind.TEXT, "The number of the vehicle's recovery certificate."),
        must("packFound", Kind.FLAG, "Whether the battery is in the vehicle."), may("codeFound", Kind.CODE, "The code that was read off the battery."),
    ),
    EventType.PACK_DETACHED: (may("vin", Kind.VIN, "The vehicle it was in.", "vin"), _MASS, may("condition", Kind.TEXT, "The condition it is in.")),
    EventType.HANDED_OVER: (
        must("receiver", Kind.PARTY, "Who is to receive it.", "counterparty"),
        must("purpose", Kind.TEXT, "What for: COLLECTION, UTILIZATION, STORAGE, DISPOSAL."),
        must("declaredMassKg", Kind.QUANTITY, "Its mass in kg, by your scale."), may("condition", Kind.TEXT, "The condition it is in."),
        may("transportDocument", Kind.TEXT, "The number of the transport document."),
        may("carrier", Kind.TEXT, "Who carries it."), may("unClass", Kind.TEXT, "Its number as dangerous goods: UN3480, UN3481, UN3556."),
        may("filingNumber", Kind.TEXT, "The number of the filing, where it crosses a province for utilization."),
        may("approvalNumber", Kind.TEXT, "The number of the approval, where it crosses a province for storage or disposal."),
    ),
    EventType.RECEIVED: (
        must("measuredMassKg", Kind.QUANTITY, "Its mass in kg, by your scale."), may("condition", Kind.TEXT, "The condition it came in."),
        may("discrepancy", Kind.TEXT, "In what it differs from what was offered."),
    ),
    EventType.REJECTED: (_REASON,),
    EventType.GRADED: (
        must("method", Kind.TEXT, "How it was tested."), must("capacityAh", Kind.QUANTITY, "Measured capacity in Ah."),
        must("resistanceMilliohm", Kind.QUANTITY, "Internal resistance in milliohm.", "details.resistanceMohm"),
        must("insulationMegaohm", Kind.QUANTITY, "Insulation resistance in megaohm.", "details.insulationMohm"),
        must("grade", Kind.TEXT, "The grade."), must("route", Kind.TEXT, "What is to become of it."),
    ),
    EventType.DISMANTLED: (
        _MASS, may("modules", Kind.NUMBER, "Modules that were released."),
        may("released", Kind.RELEASED, "The modules and cells that it released; needed where the ledger knows any of it.", "released"),
    ),
    # Of the product: its code is `code`; what it is made of is told with it.
    EventType.REPROCESSED: (
        must("sourceCodes", Kind.CODES, "The codes of the packs, modules and cells that it was made of; `code` is the product's own, new one.", "sources"),
        *_NEW_PACK, must("fieldOfUse", Kind.TEXT, "What the product is to be used for."),
        must("standard", Kind.TEXT, "Number and edition of the standard that the product meets."),
        must("testReport", Kind.TEXT, "The number of the type test or of the certificate (CCC, CQC)."),
    ),
    EventType.PRODUCT_SOLD: (
        must("fieldOfUse", Kind.TEXT, "What the product is used for."), may("buyer", Kind.PARTY, "The buyer, where it is registered.", "counterparty"),
        may("buyerName", Kind.TEXT, "The buyer, where it is not."), may("buyerBusiness", Kind.TEXT, "The buyer's registered business."),
        may("standard", Kind.TEXT, "The number of the standard that the product meets."), may("region", Kind.REGION, "Where it is used.", "province+details"),
    ),
    # Of the whole batch: `code` is one of its inputs, the first when left out.
    EventType.RECYCLED: (
        must("batch", Kind.TEXT, "Your number of the batch."), must("process", Kind.TEXT, "The process, such as HYDROMETALLURGICAL."),
        must("inputs", Kind.INPUTS, "All that went in, each with its mass."),
        must("steps", Kind.STEPS, "The process steps, in the order in which they began."),
        must("outputs", Kind.AMOUNTS, "What came out as product, by material."), may("residues", Kind.AMOUNTS, "What was left over, by material."),
        may("energyKwh", Kind.QUANTITY, "Energy used, in kWh."),
    ),
    EventType.DISPOSED: (must("residueType", Kind.TEXT, "What was disposed of."), _MASS, must("permit", Kind.TEXT, "The number of the permit.")),
    EventType.EXPORTED: (must("country", Kind.TEXT, "Where to."), must("hsCode", Kind.TEXT, "Its code of the Harmonized System."), _CUSTOMS),
    EventType.REPORTED_MISSING: _CIRCUMSTANCES,
    EventType.FOUND: _CIRCUMSTANCES,
    EventType.HEALTH_MEASURED: (
        _NAMED_VEHICLE, must("stateOfHealth", Kind.PERCENT, "Remaining capacity in percent of the rated one, 0 to 100."),
        must("method", Kind.TEXT, "How it was measured."), may("cycleCount", Kind.NUMBER, "Full charge cycles by then."),
        may("remainingEnergyKwh", Kind.QUANTITY, "Energy that a full pack still holds in kWh."),
        may("internalResistanceMilliohm", Kind.QUANTITY, "Internal resistance in milliohm."),
        may("temperatureMaxC", Kind.CELSIUS, "Highest cell temperature in degrees Celsius."),
    ),
    EventType.SAFETY_EVENT: (
        _NAMED_VEHICLE, must("kind", Kind.TEXT, "What happened: COLLISION, THERMAL_ALARM, INSULATION_FAULT, WATER_INGRESS, LEAKAGE, THERMAL_RUNAWAY, ..."),
        must("severity", Kind.SEVERITY, "How bad it was."), must("description", Kind.TEXT, "What is known of it."),
    ),
    EventType.RECALLED: (must("recall", Kind.TEXT, "The number of the recall."), must("hazard", Kind.TEXT, "What is wrong with it.")),
    EventType.RECALL_REMEDIED: (
        _NAMED_VEHICLE, must("recall", Kind.TEXT, "The number of the recall."), must("remedy", Kind.TEXT, "What was done."), _WORK_ORDER,
    ),
    EventType.FOUND_ABANDONED: (
        must("region", Kind.REGION, "The division where it lies.", "province+details"), must("place", Kind.TEXT, "The place, as one would find it."),
        must("condition", Kind.TEXT, "The condition it is in."),
        may("taker", Kind.PARTY, "Who takes it into custody; an authority of the place says so.", "counterparty"),
    ),
    EventType.TAKE_BACK_REQUESTED: (
        may("obliged", Kind.PARTY, "Who is to take it back: who made it, or a vehicle it was in; the last vehicle's maker when left out.", "counterparty"),
        _REASON, may("region", Kind.REGION, "The division where it is to be fetched.", "province+details"), may("place", Kind.TEXT, "The place."),
    ),
    EventType.TAKE_BACK_ACCEPTED: (
        must("collectOn", Kind.DAY, "The day on which it is taken back."), must("collectAt", Kind.TEXT, "Where it is fetched or handed in."),
    ),
    EventType.TAKE_BACK_REFUSED: (_REASON,),
    # Of no pack, from here on.
    EventType.CODE_FILED: (
        must("manufacturerCode", Kind.MAKER, "The manufacturer code that was allotted to you: positions 1 to 3."),
        may("specificationCode", Kind.SPECIFICATION, "The specification code that is filed: positions 6 and 7. This, or traceabilityCode."),
        may("traceabilityCode", Kind.TRACE, "The traceability code that is filed: positions 8 to 14."),
        must("meaning", Kind.TEXT, "What it stands for."), may("modelId", Kind.TEXT, "The id of the model that the specification is of."),
        may("model", Kind.MODEL, "What the model is, where it is new; its id then begins with the manufacturer code and a hyphen."),
    ),
    EventType.UNLICENSED_SITE_SEEN: (
        must("region", Kind.REGION, "The division where the site is.", "province+details"), must("place", Kind.TEXT, "The place, as one would find it."),
        must("activity", Kind.ACTIVITY, "What is done there."), must("circumstances", Kind.TEXT, "What was seen."),
        may("operator", Kind.PARTY, "Who runs it, where that is known; it is not told of the report."), may("operatorName", Kind.TEXT, "The same by name."),
    ),
})  # fmt: skip
COMMON: Final = (
    must("code", Kind.CODE, "The battery's code."),
    must("occurredAt", Kind.MOMENT, "When it happened."),
    must("clientReference", Kind.TEXT, "Your own name for this report, for good: sent again, it is answered as the first time."),
)
INPUT: Final = (must("code", Kind.CODE, "The code of the pack, module or cell."), must("massKg", Kind.QUANTITY, "What of it went in, in kg."))
ITEM: Final = (
    must("code", Kind.CODE, "The code of the module or cell."),
    may("massKg", Kind.QUANTITY, "Its mass in kg, by your scale; what was declared of it when left out."),
)
AMOUNT: Final = (must("material", Kind.TEXT, "The material."), must("massKg", Kind.QUANTITY, "Its mass in kg."))
ASSAY: Final = (
    must("element", Kind.ELEMENT, "The element's symbol: Li, Ni, Co, Mn, Cu, Al, Fe, P."),
    must("inputKg", Kind.QUANTITY, "What of it went in, in kg, by declared composition or assay."),
    must("recoveredKg", Kind.QUANTITY, "What of it was recovered, in kg."), may("residueKg", Kind.QUANTITY, "What of it stayed in residues, in kg."),
    may("lossKg", Kind.QUANTITY, "What of it was lost otherwise, in kg."),
)  # fmt: skip
STEP: Final = (
    must("name", Kind.TEXT, "What was done: DISCHARGING, SHREDDING, LEACHING and others."),
    must("kind", Kind.PROCESS, "MECHANICAL (its balance is of total mass) or CHEMICAL (of each element)."),
    must("startedAt", Kind.MOMENT, "When it began."), must("finishedAt", Kind.MOMENT, "When it was done."),
    must("inputKg", Kind.QUANTITY, "Net mass that went in, in kg."), must("outputKg", Kind.QUANTITY, "Net mass that came out, in kg."),
    may("residueKg", Kind.QUANTITY, "Residues, in kg."), may("lossKg", Kind.QUANTITY, "Process loss, in kg."),
    may("lossKind", Kind.TEXT, "What kind of loss it is: EVAPORATION, DUST and others."),
    must("weighingSlips", Kind.SLIPS, "The numbers of the weighing slips."), may("assays", Kind.ASSAYS, "Assays of elements; a chemical step has them."),
)  # fmt: skip
VEHICLE: Final = (
    must("modelName", Kind.TEXT, "Its trade name."),
    must("powertrain", Kind.POWERTRAIN, "What drives it."),
    must("swapModel", Kind.FLAG, "Whether it is declared a battery-swap vehicle."),
    must("producedOn", Kind.DAY, "The day it was made."),
)
MODULE: Final = (
    must("code", Kind.MODULE_CODE, "The module's code."),
    must("cellCount", Kind.NUMBER, "Cells in it."),
    must("massKg", Kind.QUANTITY, "Its mass in kg."),
)


MODEL: Final = (
    must("name", Kind.TEXT, "Its trade name."), must("chemistry", Kind.CHEMISTRY, "The chemistry of its cells."),
    must("cellFormat", Kind.CELLS, "The shape of its cells."), must("nominalEnergyKwh", Kind.QUANTITY, "Rated energy of a pack in kWh."),
    must("nominalCapacityAh", Kind.QUANTITY, "Rated capacity of a pack in Ah."), must("nominalVoltageV", Kind.QUANTITY, "Rated voltage of a pack in V."),
    must("massKg", Kind.QUANTITY, "Mass of a pack in kg."), must("moduleCount", Kind.COUNT, "Modules in a pack; 0 where the cells sit in the pack itself."),
    must("cellCount", Kind.NUMBER, "Cells in a pack."), must("certifiedOn", Kind.DAY, "The day it was certified."),
)  # fmt: skip


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
    if event is EventType.CODE_FILED:
        _one_code(values)
    if parts["sale"]:
        own["province"] = parts["sale"]["region_code"][:2]
    return Report(
        event, values.get("code", ""), values["occurredAt"], values["clientReference"], MappingProxyType(parts["details"]),
        evidence=read_evidence(given.get("evidence")), corrects=_corrects(given.get("corrects")), group=group,
        pack=NewPack(**parts["pack"]) if parts["pack"] else None, sale=Sale(**parts["sale"]) if parts["sale"] else None, **own,
    )  # fmt: skip


def common(event: EventType) -> tuple[FieldRule, ...]:
    """The fields that every report has; a batch's own code may be left out, and an event of no pack has none."""
    if event in NOTICES:
        return COMMON[1:]
    return tuple(replace(rule, required=False) if rule.name == "code" and event is EventType.RECYCLED else rule for rule in COMMON)


def _one_code(values: Mapping[str, Any]) -> None:
    """A filing is of one code, and a specification is of a model."""
    if ("specificationCode" in values) == ("traceabilityCode" in values):
        raise BadReport("specificationCode", "INVALID_FIELD", "this or traceabilityCode has to be given, not both")
    if "specificationCode" in values and "modelId" not in values:
        raise BadReport("modelId", "REQUIRED", "is required with specificationCode")
    if "traceabilityCode" in values and (wrong := next((name for name in ("modelId", "model") if name in values), None)):
        raise BadReport(wrong, "INVALID_FIELD", "is of a specification, not of a traceability code")


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
        rules = (must("kind", Kind.TEXT, ""), must("reference", Kind.TEXT, ""), may("sha256", Kind.TEXT, ""))
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


def _model(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("has to be an object")
    if unknown := next((name for name in value if name not in {rule.name for rule in MODEL}), None):
        raise BadReport(unknown[:60], "UNKNOWN_FIELD", "there is no such field here")
    given = read_values(MODEL, value, "")
    # As the event keeps it.
    return {**given, "certifiedOn": given["certifiedOn"].isoformat()}


def _modules(value: Any) -> tuple[NewModule, ...]:
    if not isinstance(value, list) or len(value) > MOST_MODULES or not all(isinstance(each, Mapping) for each in value):
        raise ValueError(f"has to be a list of at most {MOST_MODULES} modules")
    found = [read_values(MODULE, each, f"[{number}].") for number, each in enumerate(value)]
    if len({each["code"] for each in found}) != len(found):
        raise ValueError("names a module twice")
    return tuple(NewModule(each["code"], each["cellCount"], each["massKg"]) for each in found)


def _codes(value: Any, most: int = MOST_SOURCES, read: Callable[[str], str] = lambda each: parse_battery_code(each).value) -> tuple[str, ...]:
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


def _released(value: Any) -> tuple[ReleasedItem, ...]:
    return tuple([ReleasedItem(each["code"], each.get("massKg")) for each in _listed(ITEM, 1, MOST_CELLS)(value)])


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
    Kind.CODES: _codes, Kind.MODULE_CODE: identifier(code_of(ProductType.MODULE)), Kind.CELL_CODES: _cells, Kind.RELEASED: _released,
    Kind.SLIPS: slips, Kind.INPUTS: _listed(INPUT, 1, MOST_SOURCES), Kind.STEPS: _listed(STEP, 0, 50),
    Kind.ASSAYS: _apart(_listed(ASSAY, 0, 8), "element"), Kind.AMOUNTS: _apart(_listed(AMOUNT, 0, 100), "material"),
    Kind.PROCESS: one_of("MECHANICAL", "CHEMICAL"), Kind.ELEMENT: one_of("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe", "P"),
    Kind.COUNT: count, Kind.MAKER: part_of_code(3), Kind.SPECIFICATION: part_of_code(2), Kind.TRACE: part_of_code(7),
    Kind.CHEMISTRY: one_of(*CHEMISTRY_LETTERS), Kind.CELLS: one_of(*CELL_FORMATS), Kind.MODEL: _model, Kind.ACTIVITY: one_of(*ACTIVITIES),
})  # fmt: skip
