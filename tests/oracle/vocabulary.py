"""This module is in charge of the words of the graph as the oracle knows them: each field's column, kind, and what opens it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Cell(NamedTuple):
    """A field that stands on one column. `kind`: plain, day, instant, enterprise, province (two digits), region, vehicle, fact."""

    column: str
    kind: str
    opens: tuple[str, ...]

    @property
    def category(self) -> str:
        """The category it belongs to."""
        return self.opens[0]


def _cells(opens: str, listed: str) -> dict[str, Cell]:
    """`listed`: "field=column/kind …"; the column is the field in snake case where it is left out, the kind plain."""
    made = {}
    for item in listed.split():
        spelled, _, kind = item.partition("/")
        name, _, column = spelled.partition("=")
        made[name] = Cell(column or snake(name), kind or "plain", tuple(opens.split()))
    return made


def snake(name: str) -> str:
    """stateOfHealth: state_of_health."""
    return "".join("_" + each.lower() if each.isupper() else each for each in name)


PACK: Final = {
    **_cells("A", "code manufacturer=maker/enterprise chemistry nominalEnergyKwh nominalCapacityAh nominalVoltageV massKg cellCount producedOn/day "
                  "status recalled reprocessed=is_product productType=product_type releasedFrom=parent/pack"),
    **_cells("D D:model", "swapModel powertrain"),
    **_cells("F", "stateOfHealth cycleCount remainingEnergyKwh conditionAt/instant"),
    **_cells("G", "safetyClass"),
    **_cells("H H:holder", "custodian/enterprise"),
    **_cells("H H:prior", "priorHolder/enterprise"),
    **_cells("H H:origin", "originProvince/province"),
    **_cells("H", "province/province statusSince/instant"),
}  # fmt: skip
MODEL: Final = _cells(
    "A",
    "id manufacturer=maker/enterprise name chemistry cellFormat nominalEnergyKwh nominalCapacityAh nominalVoltageV massKg moduleCount cellCount "
    "certifiedOn/day dismantlingReportedOn/day",
)
MODULE: Final = _cells("C", "code=module_code position cellCount massKg")
MATERIAL: Final = _cells("B", "component material massKg hazardous")
DISMANTLING: Final = _cells("C", "manual steps tools minutes discharge extinguishingAgent hazards maximumVoltageV")
HEALTH: Final = _cells(
    "F",
    "id=seq/fact occurredAt/instant recordedAt/instant stateOfHealth cycleCount remainingEnergyKwh "
    "internalResistanceMilliohm=internal_resistance_mohm temperatureMaxC method",
)
SAFETY: Final = _cells("G", "id=seq/fact occurredAt/instant recordedAt/instant kind severity description")
GRADING: Final = _cells(
    "J",
    "id=seq/fact occurredAt/instant recordedAt/instant reporter/enterprise method capacityAh "
    "resistanceMilliohm=resistance_mohm insulationMegaohm=insulation_mohm grade route",
)
CUSTODY: Final = {
    **_cells("H H:own", "id=seq/fact holder/enterprise sender/enterprise outcome purpose offeredAt/instant receivedAt/instant declaredMassKg measuredMassKg "
                        "fromProvince/province toProvince/province transportDocument recordedAt/instant "
                        "declaredCondition foundCondition massDifference discrepancies discrepancy"),
    **_cells("H", "until=until_at/instant"),
}  # fmt: skip
TAKE_BACK: Final = _cells(
    "H H:own",
    "id=seq/fact holder/enterprise obliged/enterprise basis outcome reason region=region_code/region place requestedAt/instant dueOn/day answeredAt/instant "
    "collectOn/day collectAt refusal",
)
EVENT: Final = {
    **_cells("A", "id=seq/fact batteryCode=code battery=code/pack type category occurredAt/instant recordedAt/instant dueOn/day late corrects/fact"),
    **_cells("H H:own", "reporter/enterprise counterparty/enterprise province/province"),
    **_cells("D D:pseudonym", "vehicle=vin/vehicle"),
}
INSTALLATION: Final = _cells(
    "D",
    "id=seq/fact battery=code/pack vehicle=vin/vehicle position installedAt=occurred_at/instant recordedAt/instant removedAt/instant",
)
RECOVERY: Final = _cells(
    "K K:own K:plant",
    "id operator/enterprise province/province chemistry process startedAt/instant finishedAt/instant inputMassKg "
    "outputMassKg residueMassKg energyKwh packMassKg",
)
FINDING: Final = _cells(
    "M M:own M:region M:environment M:market",
    "id battery=code/pack subject rule severity state message party/enterprise owners provinces evidence/events firstSeen/instant recordedAt/instant",
)
CASE: Final = _cells(
    "M M:own M:region M:environment M:market",
    "id=case_id title state party/enterprise authority province provinces owners openedAt/instant changedAt/instant dueOn/day",
)
CASE_EVENT: Final = _cells(
    "M M:own M:region M:environment M:market",
    "number kind recordedAt/instant author/enterprise role text state dueOn/day toAuthority=authority toProvince=province documents/documents evidence/events "
    "evidenceCodes=evidence_codes",
)
CASE_DOCUMENT: Final = ("kind", "reference", "sha256")
ELEMENT: Final = {**_cells("K K:own K:plant K:share", "element rate"), **_cells("K K:own K:plant", "inputKg recoveredKg")}
STEP: Final = _cells(
    "K K:own K:plant",
    "number name kind startedAt/instant finishedAt/instant inputKg outputKg residueKg lossKg=declared_loss_kg lossKind weighingSlips=slips",
)
ASSAY: Final = _cells("K K:own K:plant", "step element inputKg recoveredKg residueKg lossKg=declared_loss_kg")
RECOVERED: Final = _cells("K K:own K:plant", "kind material massKg")
# What only who sees the plant sees of a batch: (table, fields, order of its rows).
PLANT: Final = {
    "steps": ("battery.recovery_step", STEP, ("number",)),
    "assays": ("battery.recovery_assay", ASSAY, ("step", "element")),
    "materials": ("battery.recovery_material", RECOVERED, ("kind", "material")),
}
VEHICLE: Final = {
    **_cells("A", "automaker/enterprise modelName powertrain swapModel producedOn/day scrapped"),
    **_cells("D", "vin soldOn/day scrappedOn/day province/province region=region_code/region ownerKind"),
}
ENTERPRISE: Final = {
    **_cells("L L:public", "uscc name nameEn province/province region=region_code/region status registeredOn/day"),
    **_cells("L", "address contactPhone"),
}
ROLE: Final = _cells("L L:public", "role validFrom/day validTo/day")
LICENCE: Final = {**_cells("L L:public", "number activity issuedBy validFrom/day validTo/day"), **_cells("L", "capacityTPerYear")}
OUTLET: Final = _cells("L L:public", "number name region=region_code/region province/province address phone openedOn/day closedOn/day")
REGION: Final = _cells("L L:public", "code name=name_zh nameEn level validFrom/day validTo/day")

# Lists of facts below a pack: (table, fields, category, openings that open the list, order of its rows).
FACTS: Final = {
    "modules": ("battery.module", MODULE, "C", ("C",), ("position", "module_code")),
    "healthRecords": ("battery.health", HEALTH, "F", ("F",), ("occurred_at", "seq")),
    "safetyEvents": ("battery.safety_event", SAFETY, "G", ("G",), ("occurred_at", "seq")),
    "gradings": ("battery.grading", GRADING, "J", ("J", "J:product", "J:own"), ("occurred_at", "seq")),
    "custody": ("battery.custody", CUSTODY, "H", ("H", "H:own"), ("seq",)),
    "takeBacks": ("battery.take_back", TAKE_BACK, "H", ("H", "H:own"), ("seq",)),
    "events": ("battery.event", EVENT, "A", ("A",), ("occurred_at", "seq")),
    "findings": ("battery.finding", FINDING, "M", ("M", "M:own", "M:region", "M:environment", "M:market"), ("first_seen", "id")),
    "installations": ("battery.installation", INSTALLATION, "D", ("D", "D:pseudonym"), ("occurred_at", "seq")),
}
BATTERY_FILTER: Final = {
    "code": "code", "chemistry": "chemistry", "status": "status", "manufacturer": "manufacturer", "producedOn": "producedOn",
    "nominalEnergyKwh": "nominalEnergyKwh", "reprocessed": "reprocessed", "productType": "productType", "swapModel": "swapModel", "powertrain": "powertrain",
    "stateOfHealth": "stateOfHealth", "cycleCount": "cycleCount", "safetyClass": "safetyClass", "custodian": "custodian", "province": "province",
}  # fmt: skip
