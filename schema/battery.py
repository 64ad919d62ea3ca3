"""This module is in charge of the battery subgraph's part of the graph: packs, models, and the facts below a pack."""

# Types made by a function stand in annotations here, for Strawberry to read.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from resolvers import battery as battery_rows
from resolvers import enterprise as enterprise_rows
from resolvers import vehicle as vehicle_rows
from resolvers.batching import BatchResolver
from resolvers.database import tables as t
from schema.acceptance import Acceptance
from schema.bindings import AsOf, Entity, Shape
from schema.condition import fact_id
from schema.connections import PAGE_ARGUMENTS, connection
from schema.counts import COUNTS, BatteryCount
from schema.enums import (
    AcceptancePurpose,
    BatteryStatus,
    CellFormat,
    Chemistry,
    Discrepancy,
    EventCategory,
    EventType,
    FindingSeverity,
    FindingState,
    FindingSubject,
    HandOverOutcome,
    Powertrain,
    ProductType,
    SafetyClass,
    TakeBackBasis,
    TakeBackOutcome,
)
from schema.fields import QUERY, argument, by_column, column, key, lookup, made, moment, nested, rows, stub
from schema.findings import FindingFigure, cases, figures
from schema.inputs import BatteryFilter, BatteryOrder, LifecycleEventFilter, LifecycleEventOrder
from schema.make_up import Dismantling, Material, OtherCode, composition, dismantling
from schema.provinces import province_code
from schema.recovery import Assay, ElementRecovery, ProcessStep, RecoveredMaterial, Standard
from schema.scalars import BatteryCode, CreditCode, RegionCode

if TYPE_CHECKING:
    # It builds on this module.
    from schema.cases import Case

MODULE: Final = "schema.battery"
LIST_ARGUMENTS: Final = (
    argument("filter", BatteryFilter | None, "Which packs; all that you may see when left out."),
    argument("order_by", BatteryOrder | None, "The order; by battery code when left out."),
    *PAGE_ARGUMENTS,
)


def _facts(resolve: BatchResolver, gate: tuple[str, ...], description: str, *more: Any, as_of: AsOf | str = AsOf.THEN) -> Any:
    return rows(resolve, Shape.PAGE, gate, description, as_of=as_of, arguments=(*more, *PAGE_ARGUMENTS))


def _lineage(resolve: BatchResolver, description: str) -> Any:
    return rows(resolve, Shape.PAGE, ("A",), description, entity=True, as_of=AsOf.THEN, arguments=PAGE_ARGUMENTS)


def _of_batch(resolve: BatchResolver, description: str, gate: tuple[str, ...] = ("K", "K:own", "K:plant")) -> Any:
    return rows(resolve, Shape.MANY, gate, description, by=("key", "version"), as_of=AsOf.THEN)


@strawberry.federation.type(keys=["uscc"], description="A party in the life of batteries: maker, automaker, recycler and others, or an authority.")
class Enterprise:
    """Stub; the registry is the enterprise subgraph's."""

    uscc: CreditCode = key("L", "Its unified social credit code.")
    batteries: BatteryConnection | None = rows(
        battery_rows.packs_of_maker, Shape.PAGE, ("A",), "The packs it made, as far as you may see them.", entity=True, arguments=LIST_ARGUMENTS
    )


@strawberry.federation.type(keys=[Key(fields=FieldSet("code"), resolvable=False)], description="An administrative division: a province, prefecture or county.")
class Region:
    """Stub."""

    code: RegionCode = key("L", "Its code by GB/T 2260.")


@strawberry.federation.type(keys=[Key(fields=FieldSet("id"), resolvable=False)], description="A vehicle that runs on a battery.")
class Vehicle:
    """Stub; its row's key is the VIN, which clients do not see here."""

    id: strawberry.ID = made(vehicle_rows.vehicle_id, "Its id for you; another party has another.", categories=("A",))


@strawberry.type(description="A model of battery packs, as its maker had it certified.")
class BatteryModel:
    """A row of battery.model."""

    id: strawberry.ID = key("A", "The maker's model id.")
    manufacturer: Enterprise | None = stub(t.MODEL, "maker", "Who makes the model.")
    name: str = column(t.MODEL, "name", "Its trade name.")
    chemistry: Chemistry = column(t.MODEL, "chemistry", "The chemistry of its cells.")
    cell_format: CellFormat = column(t.MODEL, "cell_format", "The shape of its cells.")
    nominal_energy_kwh: float = column(t.MODEL, "nominal_energy_kwh", "Rated energy of a pack in kWh.")
    nominal_capacity_ah: float = column(t.MODEL, "nominal_capacity_ah", "Rated capacity of a pack in Ah.")
    nominal_voltage_v: float = column(t.MODEL, "nominal_voltage_v", "Rated voltage of a pack in V.")
    mass_kg: float = column(t.MODEL, "mass_kg", "Mass of a pack in kg.")
    module_count: int = column(t.MODEL, "module_count", "Modules in a pack; 0 where the cells sit in the pack itself.")
    cell_count: int = column(t.MODEL, "cell_count", "Cells in a pack.")
    certified_on: date = column(t.MODEL, "certified_on", "The day it was certified.")
    dismantling_reported_on: date | None = column(t.MODEL, "dismantling_reported_on", "The day its dismantling information was reported.")


@strawberry.type(description="A test of a pack, its grade, and the route that was chosen for it.")
class Grading:
    """A row of battery.grading."""

    id: strawberry.ID | None = fact_id(t.GRADING, "grading", "Its id for you.")
    occurred_at: datetime | None = column(t.GRADING, "occurred_at", "When it was tested.")
    recorded_at: datetime | None = column(t.GRADING, "recorded_at", "When it was reported.")
    reporter: Enterprise | None = stub(t.GRADING, "reporter", "Who tested it.")
    method: str | None = column(t.GRADING, "method", "How it was tested.")
    capacity_ah: float | None = column(t.GRADING, "capacity_ah", "Measured capacity in Ah.")
    resistance_milliohm: float | None = column(t.GRADING, "resistance_mohm", "Internal resistance in milliohm.")
    insulation_megaohm: float | None = column(t.GRADING, "insulation_mohm", "Insulation resistance in megaohm.")
    grade: str | None = column(t.GRADING, "grade", "The grade.")
    route: str | None = column(t.GRADING, "route", "What is to become of the pack.")


@strawberry.type(description="One leg of a pack's chain of custody: a hand-over, and how long its receiver held the pack.")
class CustodyLeg:
    """A row of battery.custody."""

    id: strawberry.ID | None = fact_id(t.CUSTODY, "custody", "Its id for you.")
    holder: Enterprise | None = stub(t.CUSTODY, "holder", "Who received the pack, or is to.")
    sender: Enterprise | None = stub(t.CUSTODY, "sender", "Who handed it over; null for the first holder.")
    outcome: HandOverOutcome | None = column(t.CUSTODY, "outcome", "What became of the hand-over.")
    purpose: str | None = column(t.CUSTODY, "purpose", "What it was handed over for.")
    offered_at: datetime | None = column(t.CUSTODY, "offered_at", "When the sender handed it over.")
    received_at: datetime | None = column(t.CUSTODY, "received_at", "When the receiver confirmed it.")
    until: datetime | None = column(t.CUSTODY, "until_at", "When the custody ended; null while it lasts.")
    declared_mass_kg: float | None = column(t.CUSTODY, "declared_mass_kg", "Mass by the sender in kg.")
    measured_mass_kg: float | None = column(t.CUSTODY, "measured_mass_kg", "Mass by the receiver's scale in kg.")
    mass_difference: float | None = column(t.CUSTODY, "mass_difference", "Measured by declared mass in kg, less 1: -0.03 where 3 % are missing.")
    declared_condition: str | None = column(t.CUSTODY, "declared_condition", "The condition it was in by the sender.")
    found_condition: str | None = column(t.CUSTODY, "found_condition", "The condition it came in by the receiver.")
    discrepancies: list[Discrepancy] | None = column(
        t.CUSTODY, "discrepancies", "In what the receiver found it to differ from what was offered, beyond the tolerance of the day."
    )
    discrepancy: str | None = column(t.CUSTODY, "discrepancy", "What the receiver says of it.")
    from_province: Region | None = stub(t.CUSTODY, "from_province", "The province it came from.", province_code)
    to_province: Region | None = stub(t.CUSTODY, "to_province", "The province it went to.", province_code)
    transport_document: str | None = column(t.CUSTODY, "transport_document", "The number of the transport document.")
    recorded_at: datetime | None = column(t.CUSTODY, "recorded_at", "When it was reported.")


@strawberry.type(description="A request to take a pack back, of who holds it to who is obliged, and what became of it.")
class TakeBack:
    """A row of battery.take_back."""

    id: strawberry.ID | None = fact_id(t.TAKE_BACK, "take_back", "Its id for you.")
    holder: Enterprise | None = stub(t.TAKE_BACK, "holder", "Who asked.")
    obliged: Enterprise | None = stub(t.TAKE_BACK, "obliged", "Who is obliged to take it back, and to answer.")
    basis: TakeBackBasis | None = column(t.TAKE_BACK, "basis", "Why it is obliged.")
    outcome: TakeBackOutcome | None = column(t.TAKE_BACK, "outcome", "What became of the request.")
    unanswered: bool | None = made(
        battery_rows.take_back_unanswered,
        "Whether there was no answer by the day it was due.",
        (t.TAKE_BACK.column("due_on"), t.TAKE_BACK.column("answered_at")),
    )
    reason: str | None = column(t.TAKE_BACK, "reason", "Why it is to be taken back.")
    region: Region | None = stub(t.TAKE_BACK, "region_code", "The division where it is to be fetched.")
    place: str | None = column(t.TAKE_BACK, "place", "The place where it is to be fetched.")
    requested_at: datetime | None = column(t.TAKE_BACK, "requested_at", "When it was asked for.")
    due_on: date | None = column(t.TAKE_BACK, "due_on", "The last day for an answer, by the rule of the day of the request.")
    answered_at: datetime | None = column(t.TAKE_BACK, "answered_at", "When it was answered.")
    collect_on: date | None = column(t.TAKE_BACK, "collect_on", "The day on which it is taken back.")
    collect_at: str | None = column(t.TAKE_BACK, "collect_at", "Where it is fetched or handed in.")
    refusal: str | None = column(t.TAKE_BACK, "refusal", "Why it was refused.")


@strawberry.type(description="Something that happened to a pack; a correction is an event of its own.")
class LifecycleEvent:
    """A row of battery.event."""

    id: strawberry.ID = fact_id(t.EVENT, "event", "Its id for you.")
    battery_code: BatteryCode = column(t.EVENT, "code", "The code of the pack that it happened to.")
    battery: Battery | None = by_column(
        battery_rows.pack_of_fact, t.EVENT, "code", "The pack that it happened to; null where you may not see it by more than its code."
    )
    type: EventType = column(t.EVENT, "type", "What happened.")
    category: EventCategory = column(t.EVENT, "category", "The category of data it belongs to, which decides who sees it.")
    occurred_at: datetime = column(t.EVENT, "occurred_at", "When it happened.")
    recorded_at: datetime = column(t.EVENT, "recorded_at", "When it was reported.")
    due_on: date | None = column(t.EVENT, "due_on", "The last day to report it by.")
    late: bool = column(t.EVENT, "late", "Whether it was reported later than that.")
    corrects: strawberry.ID | None = made(battery_rows.corrected_event, "The id of the event that it corrects.", (t.EVENT.column("corrects"),))
    reporter: Enterprise | None = stub(t.EVENT, "reporter", "Who reported it.")
    counterparty: Enterprise | None = stub(t.EVENT, "counterparty", "The other party: buyer, receiver or sender.")
    province: Region | None = stub(t.EVENT, "province", "The province where it happened.", province_code)
    vehicle: Vehicle | None = by_column(
        vehicle_rows.vehicle_by_vin, t.EVENT, "vin", "The vehicle, for events that bind pack and vehicle; null where you may not see it."
    )


@strawberry.type(description="Something that should not have happened, as a rule has found it.")
class Finding:
    """A row of battery.finding."""

    id: strawberry.ID | None = column(t.FINDING, "id", "Its id: the same for the same thing found by the same rule.")
    battery: Battery | None = by_column(
        battery_rows.pack_of_fact, t.FINDING, "code", "The pack; null where you may not see it by more than its code, or where it is about no pack."
    )
    subject: FindingSubject | None = column(t.FINDING, "subject", "What it is about.")
    rule: str | None = column(t.FINDING, "rule", "The rule: R01 to R24.")
    severity: FindingSeverity | None = column(t.FINDING, "severity", "How grave it is.")
    state: FindingState | None = column(t.FINDING, "state", "What has become of it.")
    message: str | None = column(t.FINDING, "message", "What was found.")
    message_zh: str | None = made(
        battery_rows.finding_message_zh,
        "The same in Chinese, made of the rule and the figures.",
        (t.FINDING.column("rule"), t.FINDING.column("figures")),
    )
    party: Enterprise | None = stub(t.FINDING, "party", "The enterprise it is about.")
    owners: list[str] | None = column(t.FINDING, "owners", "The authorities whose rule it is: PR, MI, ME, SA, COMMERCE, CUSTOMS.")
    provinces: list[str] | None = column(t.FINDING, "provinces", "The provinces it lies in: the first two digits of their codes.")
    evidence: list[strawberry.ID] | None = made(
        battery_rows.finding_evidence,
        "The ids of events that it rests on, at most 50; none where all that is there was refused.",
        (t.FINDING.column("evidence"), t.FINDING.column("evidence_codes")),
    )
    figures: list[FindingFigure] | None = figures()
    cases: list[Annotated[Case, strawberry.lazy("schema.cases")]] | None = cases()
    first_seen: datetime | None = column(t.FINDING, "first_seen", "When what was found had happened.")
    recorded_at: datetime | None = column(t.FINDING, "recorded_at", "When it was found.")


@strawberry.type(description="A batch of a recycling plant that took this pack in.")
class RecoveryBatch:
    """A row of battery.recovery_batch, as one pack sees it."""

    id: strawberry.ID | None = column(t.RECOVERY, "id", "Its id: the plant's number of the batch; of a reported one after the plant's credit code.")
    operator: Enterprise | None = stub(t.RECOVERY, "operator", "Who ran it.")
    province: Region | None = stub(t.RECOVERY, "province", "The province of the plant.", province_code)
    chemistry: Chemistry | None = column(t.RECOVERY, "chemistry", "The chemistry of what went in.")
    process: str | None = column(t.RECOVERY, "process", "The process.")
    started_at: datetime | None = column(t.RECOVERY, "started_at", "When it began.")
    finished_at: datetime | None = column(t.RECOVERY, "finished_at", "When it was done.")
    input_mass_kg: float | None = column(t.RECOVERY, "input_mass_kg", "All that went in, in kg.")
    output_mass_kg: float | None = column(t.RECOVERY, "output_mass_kg", "All that came out as product, in kg.")
    residue_mass_kg: float | None = column(t.RECOVERY, "residue_mass_kg", "What was left over, in kg.")
    energy_kwh: float | None = column(t.RECOVERY, "energy_kwh", "Energy used in kWh.")
    pack_mass_kg: float | None = column(t.RECOVERY, "pack_mass_kg", "What of this pack went in, in kg.")
    elements: list[ElementRecovery] | None = _of_batch(
        battery_rows.recovery_elements, "What was recovered of each element.", ("K", "K:own", "K:plant", "K:share")
    )
    steps: list[ProcessStep] | None = _of_batch(battery_rows.recovery_steps, "Its process steps, in order; none of a batch that was imported.")
    assays: list[Assay] | None = _of_batch(battery_rows.recovery_assays, "The elements in its steps.")
    materials: list[RecoveredMaterial] | None = _of_batch(battery_rows.recovery_materials, "What came of it, products and residues.")


ModuleConnection, ModuleEdge = connection("Module", ("C",), "modules", "schema.make_up")
HealthRecordConnection, HealthRecordEdge = connection("HealthRecord", ("F",), "measurements", "schema.condition")
SafetyEventConnection, SafetyEventEdge = connection("SafetyEvent", ("G",), "safety events", "schema.condition")
GradingConnection, GradingEdge = connection("Grading", ("J",), "gradings", MODULE)
CustodyLegConnection, CustodyLegEdge = connection("CustodyLeg", ("H",), "hand-overs", MODULE)
TakeBackConnection, TakeBackEdge = connection("TakeBack", ("H",), "requests", MODULE)
FindingConnection, FindingEdge = connection("Finding", ("M",), "findings", MODULE)
LifecycleEventConnection, LifecycleEventEdge = connection("LifecycleEvent", ("A",), "events", MODULE)


@strawberry.federation.type(keys=["code"], description="A battery: a pack, a product made of used ones, or a module or cell that dismantling released.")
class Battery:
    """A row of battery.pack."""

    code: BatteryCode = key("A", "Its code by GB/T 34014-2017.")
    as_of: datetime | None = moment("The past moment that it is told as of; null for the present. Two moments are two objects of one code.")
    model: BatteryModel | None = by_column(battery_rows.models, t.PACK, "model_id", "Its model.")
    manufacturer: Enterprise | None = stub(t.PACK, "maker", "Who made it.")
    chemistry: Chemistry = column(t.PACK, "chemistry", "The chemistry of its cells.")
    nominal_energy_kwh: float = column(t.PACK, "nominal_energy_kwh", "Rated energy in kWh.")
    nominal_capacity_ah: float = column(t.PACK, "nominal_capacity_ah", "Rated capacity in Ah.")
    nominal_voltage_v: float = column(t.PACK, "nominal_voltage_v", "Rated voltage in V.")
    mass_kg: float = column(t.PACK, "mass_kg", "Mass in kg.")
    cell_count: int = column(t.PACK, "cell_count", "Cells in the pack.")
    produced_on: date = column(t.PACK, "produced_on", "The day it was made.")
    status: BatteryStatus = column(t.PACK, "status", "Where it stands in its life.")
    recalled: bool = column(t.PACK, "recalled", "Whether it, or what it came out of or is made of, is under a recall whose remedy was not reported yet.")
    product_type: ProductType = column(t.PACK, "product_type", "What its code is on: a pack, a module or a cell.")
    released_from: Battery | None = by_column(
        battery_rows.pack_of_fact, t.PACK, "parent", "What it came out of when that was dismantled; null where you may not see that by more than its code."
    )
    reprocessed: bool = column(t.PACK, "is_product", "Whether it is a product made of used batteries.")
    other_code: OtherCode | None = nested(t.PACK, "other_scheme", "Its identifier by another scheme.")
    swap_model: bool | None = column(t.PACK, "swap_model", "Whether it is, or was last, in a battery-swap vehicle.")
    powertrain: Powertrain | None = column(t.PACK, "powertrain", "The powertrain of the vehicle it is, or was last, in.")
    state_of_health: float | None = column(t.PACK, "state_of_health", "Remaining capacity in percent of the rated one, 0 to 100.")
    cycle_count: int | None = column(t.PACK, "cycle_count", "Full charge cycles.")
    remaining_energy_kwh: float | None = column(t.PACK, "remaining_energy_kwh", "Energy that the full pack still holds in kWh.")
    condition_at: datetime | None = column(t.PACK, "condition_at", "When its condition was last measured.")
    safety_class: SafetyClass | None = column(t.PACK, "safety_class", "How it has to be handled.")
    custodian: Enterprise | None = stub(t.PACK, "custodian", "Who holds it, or sold it outside the platform; null while it is in a vehicle in use.")
    prior_holder: Enterprise | None = stub(t.PACK, "prior_holder", "Who held it before.")
    origin_province: Region | None = stub(t.PACK, "origin_province", "The province where it was taken out of use.", province_code)
    province: Region | None = stub(t.PACK, "province", "The province where it is.", province_code)
    status_since: datetime | None = column(t.PACK, "status_since", "Since when it stands there.")
    modules: ModuleConnection | None = _facts(battery_rows.modules, ("C",), "Its modules, by position.")
    composition: list[Material] | None = composition()
    dismantling: Dismantling | None = dismantling()
    health_records: HealthRecordConnection | None = _facts(battery_rows.health, ("F",), "Measurements of its condition, oldest first.")
    safety_events: SafetyEventConnection | None = _facts(battery_rows.safety_events, ("G",), "Its accidents and safety events, oldest first.")
    gradings: GradingConnection | None = _facts(battery_rows.gradings, ("J", "J:product", "J:own"), "Its tests and grades, oldest first.")
    custody: CustodyLegConnection | None = _facts(battery_rows.custody, ("H", "H:own"), "Its chain of custody, in order.")
    take_backs: TakeBackConnection | None = _facts(battery_rows.take_backs, ("H", "H:own"), "Requests to take it back, and their answers, in order.")
    events: LifecycleEventConnection | None = _facts(
        battery_rows.events,
        ("A",),
        "What happened to it, oldest first, as far as you may know of it.",
        argument("types", list[EventType] | None, "Only events of these types.", "A"),
    )
    findings: FindingConnection | None = _facts(
        battery_rows.findings_of_pack,
        t.FINDING.column("id").opened_by,
        "What the rules have found on it, oldest first.",
    )
    sources: BatteryConnection | None = _lineage(battery_rows.sources, "What it was made of or came out of, as far as you may see it by more than its code.")
    products: BatteryConnection | None = _lineage(
        battery_rows.products,
        "What it went into, or what was released from it, as far as you may see that by more than its code.",
    )
    recovery: list[RecoveryBatch] | None = rows(
        battery_rows.recovery,
        Shape.MANY,
        ("K", "K:own", "K:plant", "K:share"),
        "The recycling batches that took it in.",
        as_of=AsOf.THEN,
    )


@strawberry.type(description="What is new on a battery that you may see by more than its code.")
class Change:
    """A row of battery.change."""

    event: LifecycleEvent | None = rows(battery_rows.event_of_change, Shape.ONE, ("A",), "What happened.", by=("key", "seq"))
    battery: Battery | None = rows(battery_rows.pack_of_entity, Shape.ONE, ("A",), "The battery, as it is now.", entity=True)


ChangeConnection, ChangeEdge = connection("Change", ("A",), "changes", MODULE)
BatteryConnection, BatteryEdge = connection("Battery", ("A",), "packs", MODULE)


@strawberry.federation.type(authenticated=True, description=QUERY)
class Query:
    """The battery subgraph's way in."""

    battery: Battery | None = lookup(
        battery_rows.named_packs,
        Shape.ONE,
        ("A",),
        "The pack of this code; null where there is none that you may see.",
        keys=battery_rows.named_code,
        exact=True,
        arguments=(
            argument("code", BatteryCode, "The battery code.", "A"),
            argument("as_of", datetime | None, "A past moment: the pack as the ledger knew it then, as far as you may see it now.", "A"),
        ),
    )
    batteries_by_code: list[Battery | None] | None = lookup(
        battery_rows.named_packs,
        Shape.EACH,
        ("A",),
        "The packs of these codes, in the same order; null where there is none that you may see.",
        keys=battery_rows.named_codes,
        exact=True,
        arguments=(argument("codes", list[BatteryCode], f"The battery codes, at most {battery_rows.MOST_CODES}.", "A"),),
    )
    batteries: BatteryConnection | None = lookup(
        battery_rows.packs, Shape.PAGE, ("A",), "The packs that you may see by more than their code.", arguments=LIST_ARGUMENTS
    )
    battery_counts: list[BatteryCount] | None = COUNTS
    changes: ChangeConnection | None = lookup(
        battery_rows.changes,
        Shape.PAGE,
        ("A",),
        "What was recorded of the batteries that you may see by more than their code, in the order in which it came to be visible: for programs that ask "
        "again and again, each time `after` the last cursor they got. Where the page is empty, that cursor stays good.",
        arguments=PAGE_ARGUMENTS,
    )
    lifecycle_events: LifecycleEventConnection | None = lookup(
        battery_rows.lifecycle_events,
        Shape.PAGE,
        ("A",),
        "What happened to the packs that you may see by more than their code, as far as you may know of it.",
        arguments=(
            argument("filter", LifecycleEventFilter | None, "Which events; all that you may see when left out."),
            argument("order_by", LifecycleEventOrder | None, "The order; as they were recorded when left out."),
            *PAGE_ARGUMENTS,
        ),
    )
    standards: list[Standard] | None = lookup(
        battery_rows.standards,
        Shape.MANY,
        ("L",),
        "The register of standards for products made of used batteries: without one that is in force for its field of use none may be made or sold.",
        arguments=(
            argument("field_of_use", str | None, "Only those for this field.", "L"),
            argument("on", date | None, "Only those in force on this day.", "L"),
        ),
    )
    findings: FindingConnection | None = lookup(
        battery_rows.findings,
        Shape.PAGE,
        ("M",),
        "Findings about you; for an authority those of its provinces, of its field, or all. Newest first.",
        arguments=(
            argument("rules", list[str] | None, "Only those of these rules.", "M"),
            argument("severities", list[FindingSeverity] | None, "Only those as grave as one of these.", "M"),
            argument("states", list[FindingState] | None, "Only those of which this has become.", "M"),
            *PAGE_ARGUMENTS,
        ),
    )
    may_accept: Acceptance | None = lookup(
        battery_rows.may_accept,
        Shape.ONE,
        ("A",),
        "Whether you may take the pack of this code today. Look-ups of codes that do not exist are rationed.",
        keys=battery_rows.named_code,
        exact=True,
        arguments=(
            argument("code", BatteryCode, "The battery code.", "A"),
            argument("purpose", AcceptancePurpose, "What you want to take it for.", "A"),
        ),
    )


ENTITIES: Final = {
    "Battery": Entity(battery_rows.representation_code, battery_rows.pack_of_entity, as_of=battery_rows.representation_moment),
    "Enterprise": Entity(enterprise_rows.representation_uscc),
}
