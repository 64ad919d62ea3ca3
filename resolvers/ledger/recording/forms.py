"""This module is in charge of what each event's report holds: one list of fields for an event, which the graph's inputs, files and streams share.

Names are those of the graph. A field goes to a place of the report: one of its own (`vin`, `counterparty`), a part (`sale.owner_kind`), or its details.
What the domain reference asks for is required (docs/decisions/0007-what-reports-have-to-say.md says what is not, and why).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from resolvers.ledger.events import EventType
from resolvers.ledger.recording.fields import FieldRule, Kind, may, must

OWNER_KINDS: Final = ("PRIVATE", "COMPANY", "RIDE_HAILING", "LEASING", "PUBLIC_TRANSPORT", "OTHER")
SEVERITIES: Final = ("MINOR", "SERIOUS", "CRITICAL")
CELL_FORMATS: Final = ("PRISMATIC", "CYLINDRICAL", "POUCH", "BLADE")
ACTIVITIES: Final = ("COLLECTION", "STORAGE", "TRANSPORT", "DISMANTLING", "REPROCESSING", "RECYCLING", "DISPOSAL", "REPAIR", "OTHER")
POWERTRAINS: Final = ("BEV", "PHEV", "EREV", "HEV", "FCEV")
SAFETY_CLASSES: Final = ("NORMAL", "ATTENTION", "HAZARDOUS")
_NEW_PACK: Final = (
    must("modelId", Kind.TEXT, "The id of its model.", "pack.model_id"),
    must("massKg", Kind.POSITIVE, "Its mass in kg.", "pack.mass_kg"),
    must("nominalEnergyKwh", Kind.POSITIVE, "Rated energy in kWh.", "pack.nominal_energy_kwh"),
    may("modules", Kind.MODULES, "Its modules, in their order.", "pack.modules"),
    may("cells", Kind.CELL_CODES, "The codes of its cells, in the order of the modules that they are in; they are kept until it is dismantled.", "pack.cells"),
    may("otherScheme", Kind.TEXT, "Another coding scheme by which it has an identifier.", "pack.other_scheme"),
    may("otherValue", Kind.TEXT, "Its identifier by that scheme.", "pack.other_value"),
)
# What comes out of a product at its end, nobody else can say.
_NEW_PRODUCT: Final = tuple([
    replace(each, told="Its modules, in their order; needed where its model has any.") if each.name == "modules" else each for each in _NEW_PACK
])  # fmt: skip
_WORK_ORDER: Final = may("workOrder", Kind.TEXT, "The number of the work order.")
_IN_VEHICLE: Final = must("vin", Kind.VIN, "The vehicle's identification number.", "vin")
_NAMED_VEHICLE: Final = may("vin", Kind.VIN, "The vehicle that it is in; who names it need not have the battery in custody.", "vin")
STATE_OF_HEALTH: Final = must("stateOfHealth", Kind.PERCENT, "Remaining capacity in percent of the rated one, 0 to 100; a measurement of its condition.")
STATE_OF_CHARGE: Final = must("stateOfCharge", Kind.PERCENT, "Charge in percent of the remaining capacity, 0 to 100.")
_AT_STATION: Final = (must("station", Kind.TEXT, "The swap station."), STATE_OF_CHARGE, STATE_OF_HEALTH)
_POSITION: Final = may("position", Kind.NUMBER, "The battery's place in the vehicle, from 1; 1 when left out.")
_MASS: Final = must("massKg", Kind.POSITIVE, "Its mass in kg, by your scale.")
_REASON: Final = must("reason", Kind.TEXT, "Why.")
_CONDITION: Final = must("condition", Kind.TEXT, "The condition it is in, as one sees it.")
_CIRCUMSTANCES: Final = (
    must("circumstances", Kind.TEXT, "What is known of it."), may("report", Kind.TEXT, "The number of the police's or insurer's report."),
)  # fmt: skip
_CUSTOMS: Final = must("customsDeclaration", Kind.TEXT, "The number of the customs declaration.")

FIELDS: Final[Mapping[EventType, tuple[FieldRule, ...]]] = MappingProxyType({
    EventType.PRODUCED: (*_NEW_PACK, may("plantRegion", Kind.REGION, "Where the plant is; your own region when left out.", "province+details")),
    EventType.IMPORTED: (*_NEW_PACK, _CUSTOMS, must("originCountry", Kind.COUNTRY, "The country it comes from: two letters of ISO 3166-1.")),
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
    EventType.POOLED: (
        must("pool", Kind.TEXT, "The pool."), must("owner", Kind.PARTY, "Who owns the battery: you, or whom you have it from by contract."),
    ),
    EventType.SWAP_IN: (_IN_VEHICLE, *_AT_STATION, _POSITION),
    EventType.SWAP_OUT: (_IN_VEHICLE, *_AT_STATION),
    EventType.MAINTAINED: (
        _IN_VEHICLE, must("work", Kind.TEXT, "What was done."),
        must("parts", Kind.PARTS, "The codes of the parts that were put in; an empty list where none was."), _WORK_ORDER,
    ),
    EventType.REPLACED: (
        _IN_VEHICLE, _POSITION, _WORK_ORDER, _REASON,
        may("oldCode", Kind.CODE, "The battery that came out, of the one that went in. This, or newCode."),
        may("newCode", Kind.CODE, "The battery that went in, of the one that came out. This, or oldCode."),
        may("receiver", Kind.PARTY, "Who gets the battery that came out: you, or whom you are to hand it over to; required with newCode."),
    ),
    EventType.REINSTALLED: (
        may("vin", Kind.VIN, "The vehicle it went into. This, or pool.", "vin"), may("pool", Kind.TEXT, "The swap pool it went into. This, or vin."),
        _POSITION, _REASON, STATE_OF_HEALTH, _WORK_ORDER,
    ),
    EventType.OWNER_CHANGED: (
        must("region", Kind.REGION, "Where it is registered from now on.", "province+details"), must("ownerKind", Kind.OWNER, "What the new owner is."),
    ),
    EventType.RETIRED: (
        _REASON, STATE_OF_HEALTH, _CONDITION, must("safetyClass", Kind.SAFETY, "How it has to be handled; what was told before of its safety still holds."),
    ),
    EventType.VEHICLE_SCRAPPED: (
        _IN_VEHICLE, must("certificate", Kind.TEXT, "The number of the vehicle's recovery certificate."),
        must("packFound", Kind.FLAG, "Whether the battery is in the vehicle; nobody gets one that is not."),
        may("codeFound", Kind.CODE, "The code that was read off the battery."),
    ),
    EventType.PACK_DETACHED: (may("vin", Kind.VIN, "The vehicle it was in.", "vin"), _MASS, _CONDITION),
    EventType.HANDED_OVER: (
        must("receiver", Kind.PARTY, "Who is to receive it.", "counterparty"),
        must("purpose", Kind.PURPOSE, "What for."),
        must("declaredMassKg", Kind.POSITIVE, "Its mass in kg, by your scale."), may("condition", Kind.TEXT, "The condition it is in."),
        may("transportDocument", Kind.TEXT, "The number of the transport document."),
        must("carrier", Kind.TEXT, "Who carries it."), must("unClass", Kind.TEXT, "Its number as dangerous goods: UN3480, UN3481, UN3556."),
        must("fromRegion", Kind.REGION, "The division that it leaves."), must("toRegion", Kind.REGION, "The division that it goes to."),
        may("filingNumber", Kind.FILING, "The number of the filing, where it crosses a province for utilization."),
        may("approvalNumber", Kind.FILING, "The number of the approval, where it crosses a province for storage or disposal."),
    ),
    EventType.RECEIVED: (
        must("measuredMassKg", Kind.POSITIVE, "Its mass in kg, by your scale."), must("condition", Kind.TEXT, "The condition it came in."),
        may("discrepancy", Kind.TEXT, "In what it differs from what was offered."),
    ),
    EventType.REJECTED: (_REASON,),
    EventType.GRADED: (
        must("method", Kind.TEXT, "How it was tested."), must("capacityAh", Kind.QUANTITY, "Measured capacity in Ah."),
        must("resistanceMilliohm", Kind.QUANTITY, "Internal resistance in milliohm.", "details.resistanceMohm"),
        must("insulationMegaohm", Kind.QUANTITY, "Insulation resistance in megaohm.", "details.insulationMohm"),
        must("grade", Kind.GRADE, "The grade."), must("route", Kind.ROUTE, "What is to become of it."),
    ),
    EventType.DISMANTLED: (
        _MASS, may("modules", Kind.NUMBER, "Modules that were released."),
        may("released", Kind.RELEASED, "The modules and cells that it released; needed where the ledger knows any of it.", "released"),
    ),
    # Of the product: its code is `code`; what it is made of is told with it.
    EventType.REPROCESSED: (
        must("sourceCodes", Kind.CODES, "The codes of the packs, modules and cells it is made of; `code` is the product's own, of 19 characters.", "sources"),
        *_NEW_PRODUCT, must("fieldOfUse", Kind.FIELD_OF_USE, "What the product is to be used for."),
        must("standard", Kind.TEXT, "Number and edition of the standard that the product meets."),
        must("testReport", Kind.TEXT, "The number of the type test or of the certificate (CCC, CQC)."),
    ),
    EventType.PRODUCT_SOLD: (
        # Refused by the rules of the sale where it is missing (FIELD_OF_USE_MISSING), and not as malformed: what was meant may be a finding (R13).
        may("fieldOfUse", Kind.FIELD_OF_USE, "What the product is used for; a sale without it is refused (FIELD_OF_USE_MISSING)."),
        may("buyer", Kind.PARTY, "The buyer, where it is registered.", "counterparty"),
        may("buyerName", Kind.TEXT, "The buyer, where it is not."), may("buyerBusiness", Kind.BUSINESS, "The buyer's registered business."),
        may("standard", Kind.TEXT, "The number of the standard that the product meets."), must("region", Kind.REGION, "Where it is used.", "province+details"),
    ),
    # Of the whole batch: `code` is one of its inputs, the first when left out.
    EventType.RECYCLED: (
        must("batch", Kind.TEXT, "Your number of the batch."),
        must("process", Kind.TREATMENT, "The process: a MECHANICAL one has MECHANICAL steps only, every other one CHEMICAL step or more."),
        must("inputs", Kind.INPUTS, "All that went in, each with its mass."),
        must("steps", Kind.STEPS, "The process steps, in the order in which they began."),
        must("outputs", Kind.AMOUNTS, "What came out as product, by material."),
        must("residues", Kind.AMOUNTS, "What was left over, by material; an empty list where nothing was."),
        must("energyKwh", Kind.QUANTITY, "Energy used, in kWh."),
    ),
    EventType.DISPOSED: (must("residueType", Kind.TEXT, "What was disposed of."), _MASS, must("permit", Kind.TEXT, "The number of the permit.")),
    EventType.EXPORTED: (
        must("country", Kind.COUNTRY, "Where to: two letters of ISO 3166-1."),
        must("hsCode", Kind.COMMODITY, "Its code of the Harmonized System: 6, 8 or 10 digits."), _CUSTOMS,
    ),
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
    may("massKg", Kind.POSITIVE, "Its mass in kg, by your scale; what was declared of it when left out."),
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
    must("massKg", Kind.POSITIVE, "Its mass in kg."),
)


MODEL: Final = (
    must("name", Kind.TEXT, "Its trade name."), must("chemistry", Kind.CHEMISTRY, "The chemistry of its cells."),
    must("cellFormat", Kind.CELLS, "The shape of its cells."), must("nominalEnergyKwh", Kind.POSITIVE, "Rated energy of a pack in kWh."),
    must("nominalCapacityAh", Kind.POSITIVE, "Rated capacity of a pack in Ah."), must("nominalVoltageV", Kind.POSITIVE, "Rated voltage of a pack in V."),
    must("massKg", Kind.POSITIVE, "Mass of a pack in kg."), must("moduleCount", Kind.COUNT, "Modules in a pack; 0 where the cells sit in the pack itself."),
    must("cellCount", Kind.NUMBER, "Cells in a pack."), must("certifiedOn", Kind.DAY, "The day it was certified."),
)  # fmt: skip
