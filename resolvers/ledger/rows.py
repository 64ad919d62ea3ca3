"""This module is in charge of the rows of the lifecycle tables as typed values; fields are columns, in the order of the migration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from resolvers.ledger.enterprise_rows import Enterprise, EnterpriseRole, Licence, Outlet, Region
from resolvers.ledger.finding_rows import Claim, FindingReader, FindingRow
from resolvers.ledger.notices.rows import Notice, NoticeReader
from resolvers.ledger.recovery.rows import RecoveryAssay, RecoveryBatch, RecoveryInput, RecoveryMaterial, RecoveryOutput, RecoveryStep
from resolvers.ledger.register_rows import NormListing, SwapModel


class ManufacturerCode(NamedTuple):
    """battery.manufacturer_code"""

    code: str
    uscc: str
    valid_from: date
    valid_to: date | None


class Specification(NamedTuple):
    """battery.specification"""

    manufacturer_code: str
    code: str
    model_id: str
    meaning: str
    filed_on: date


class Traceability(NamedTuple):
    """battery.traceability"""

    manufacturer_code: str
    code: str
    meaning: str
    filed_on: date


class Model(NamedTuple):
    """battery.model"""

    id: str
    maker: str
    name: str
    chemistry: str
    cell_format: str
    nominal_energy_kwh: float
    nominal_capacity_ah: float
    nominal_voltage_v: float
    mass_kg: float
    module_count: int
    cell_count: int
    certified_on: date
    dismantling_reported_on: date | None
    recorded_at: datetime


class ModelMaterial(NamedTuple):
    """battery.model_material"""

    model_id: str
    component: str
    material: str
    mass_kg: float
    hazardous: bool
    readers: tuple[str, ...]


class ModelDismantling(NamedTuple):
    """battery.model_dismantling"""

    model_id: str
    manual: str
    steps: tuple[str, ...]
    tools: tuple[str, ...]
    minutes: int | None
    discharge: str
    extinguishing_agent: str
    hazards: tuple[str, ...]
    maximum_voltage_v: float
    readers: tuple[str, ...]


class Pack(NamedTuple):
    """battery.pack; state of health in percent of nominal capacity; `parent` is what the item came out of when that was dismantled"""

    code: str
    model_id: str
    maker: str
    chemistry: str
    nominal_energy_kwh: float
    nominal_capacity_ah: float
    nominal_voltage_v: float
    mass_kg: float
    cell_count: int
    produced_on: date
    status: str
    is_product: bool
    swap_model: bool | None
    powertrain: str | None
    vin: str | None
    state_of_health: float | None
    cycle_count: int | None
    remaining_energy_kwh: float | None
    condition_at: datetime | None
    safety_class: str | None
    custodian: str | None
    prior_holder: str | None
    origin_province: str | None
    province: str | None
    status_since: datetime
    other_scheme: str | None
    other_value: str | None
    readers: tuple[str, ...]
    recorded_at: datetime
    recalled: bool = False
    parent: str | None = None


class Module(NamedTuple):
    """battery.module"""

    code: str
    module_code: str
    position: int
    cell_count: int
    mass_kg: float


class CellList(NamedTuple):
    """battery.cell_list; `heads` are those of its codes (cell_codes.py)"""

    code: str
    cells: bytes
    heads: tuple[str, ...]


class Health(NamedTuple):
    """battery.health; state of health in percent"""

    code: str
    seq: int
    occurred_at: datetime
    recorded_at: datetime
    reporter: str
    state_of_health: float
    cycle_count: int | None
    remaining_energy_kwh: float | None
    internal_resistance_mohm: float | None
    temperature_max_c: float | None
    method: str


class SafetyEvent(NamedTuple):
    """battery.safety_event"""

    code: str
    seq: int
    occurred_at: datetime
    recorded_at: datetime
    reporter: str
    kind: str
    severity: str
    description: str


class Grading(NamedTuple):
    """battery.grading"""

    code: str
    seq: int
    occurred_at: datetime
    recorded_at: datetime
    reporter: str
    method: str
    capacity_ah: float
    resistance_mohm: float
    insulation_mohm: float
    grade: str
    route: str


class Event(NamedTuple):
    """battery.event; `details` holds only facts of the event's own category"""

    code: str
    seq: int
    type: str
    category: str
    occurred_at: datetime
    recorded_at: datetime
    reporter: str
    counterparty: str | None = None
    vin: str | None = None
    province: str | None = None
    due_on: date | None = None
    late: bool = False
    corrects: int | None = None
    details: Mapping[str, Any] = MappingProxyType({})


class Custody(NamedTuple):
    """battery.custody: one leg of the chain, or an offer that is pending or was rejected; the difference of mass as a ratio of the declared one"""

    code: str
    seq: int
    holder: str
    sender: str | None
    outcome: str
    purpose: str | None
    offered_at: datetime | None
    received_at: datetime | None
    until_at: datetime | None
    declared_mass_kg: float | None
    measured_mass_kg: float | None
    from_province: str | None
    to_province: str | None
    transport_document: str | None
    recorded_at: datetime
    declared_condition: str | None = None
    found_condition: str | None = None
    mass_difference: float | None = None
    discrepancies: tuple[str, ...] = ()
    discrepancy: str | None = None


class TakeBack(NamedTuple):
    """battery.take_back: one request, and its answer; the holder asked, the obliged party has to answer by `due_on`"""

    code: str
    seq: int
    holder: str
    obliged: str
    basis: str
    outcome: str
    reason: str
    region_code: str | None
    place: str | None
    requested_at: datetime
    due_on: date | None
    answered_at: datetime | None
    collect_on: date | None
    collect_at: str | None
    refusal: str | None
    recorded_at: datetime


class Installation(NamedTuple):
    """battery.installation"""

    code: str
    seq: int
    vin: str
    position: int
    occurred_at: datetime
    recorded_at: datetime
    removed_at: datetime | None
    removal_recorded_at: datetime | None
    reporter: str


class Access(NamedTuple):
    """battery.access: a grant, half-open [from_at, until_at). The state of health is the pack's, to sort and filter by; of one that has ended it is null:
    nothing is sorted by that, and a measurement writes what it opens alone."""

    code: str
    grantee: str
    relation: str
    from_at: datetime
    until_at: datetime | None
    produced_on: date
    state_of_health: float | None


class KeptState(NamedTuple):
    """battery.kept_state: the state of the pack's fold after event `seq`, by this law, as JSON (resolvers/ledger/kept.py)"""

    code: str
    seq: int
    law: int
    state: str


class Lineage(NamedTuple):
    """battery.lineage: what `other` is to the item `code`, SOURCE (it was made of it, or came out of it) or PRODUCT (it went into it, or
    was released from it); `number` is its place among those"""

    code: str
    relation: str
    other: str
    number: int


class Vehicle(NamedTuple):
    """vehicle.vehicle"""

    vin: str
    automaker: str
    model_name: str
    powertrain: str
    swap_model: bool
    produced_on: date
    sold_on: date | None
    scrapped_on: date | None
    province: str | None
    region_code: str | None
    owner_kind: str | None
    readers: tuple[str, ...]
    recorded_at: datetime


class VehicleAccess(NamedTuple):
    """vehicle.access: a grant, half-open [from_at, until_at)"""

    vin: str
    grantee: str
    relation: str
    from_at: datetime
    until_at: datetime | None
    produced_on: date


class Rule(NamedTuple):
    """rule.rule"""

    rule_set: str
    name: str
    node_type: str
    role: str
    value: str
    unit: str
    basis: str
    confidence: str
    status: str
    valid_from: date
    valid_to: date | None


# In an order in which every referenced row comes before the row that refers to it.
TABLES: Final[Mapping[type[Any], tuple[str, str]]] = MappingProxyType({
    Region: ("enterprise", "region"),
    Enterprise: ("enterprise", "enterprise"),
    EnterpriseRole: ("enterprise", "role"),
    Licence: ("enterprise", "licence"),
    Outlet: ("enterprise", "outlet"),
    NormListing: ("enterprise", "norm_listing"),
    ManufacturerCode: ("battery", "manufacturer_code"),
    Specification: ("battery", "specification"),
    Traceability: ("battery", "traceability"),
    Model: ("battery", "model"),
    ModelMaterial: ("battery", "model_material"),
    ModelDismantling: ("battery", "model_dismantling"),
    Pack: ("battery", "pack"),
    Module: ("battery", "module"),
    CellList: ("battery", "cell_list"),
    Health: ("battery", "health"),
    SafetyEvent: ("battery", "safety_event"),
    Grading: ("battery", "grading"),
    Event: ("battery", "event"),
    Custody: ("battery", "custody"),
    Installation: ("battery", "installation"),
    TakeBack: ("battery", "take_back"),
    Access: ("battery", "access"),
    Lineage: ("battery", "lineage"),
    KeptState: ("battery", "kept_state"),
    RecoveryBatch: ("battery", "recovery_batch"),
    RecoveryInput: ("battery", "recovery_input"),
    RecoveryOutput: ("battery", "recovery_output"),
    RecoveryStep: ("battery", "recovery_step"),
    RecoveryAssay: ("battery", "recovery_assay"),
    RecoveryMaterial: ("battery", "recovery_material"),
    FindingRow: ("battery", "finding"),
    FindingReader: ("battery", "finding_reader"),
    Claim: ("battery", "claim"),
    Notice: ("enterprise", "notice"),
    NoticeReader: ("enterprise", "notice_reader"),
    Vehicle: ("vehicle", "vehicle"),
    VehicleAccess: ("vehicle", "access"),
    SwapModel: ("vehicle", "swap_model"),
})  # fmt: skip
