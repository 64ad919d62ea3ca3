"""This module is in charge of Mutation: one field and one input type for each event that parties report, made of the ledger's own list of fields."""

# Types made by a function stand in annotations here, for Strawberry to read.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import strawberry
from strawberry.federation.schema_directives import RequiresScopes

from auth.entitlements import CATEGORY_RULES, report_scope
from resolvers import reporting, reporting_together
from resolvers.ledger.events import EVENTS, EventType
from resolvers.ledger.recording.fields import FieldRule, Kind
from resolvers.ledger.recording.forms import AMOUNT, ASSAY, FIELDS, INPUT, ITEM, MODEL, MODULE, OWNER_KINDS, STEP, VEHICLE
from resolvers.ledger.recording.inputs import common
from resolvers.ledger.recording.inputs_together import DIRECTIONS, MOVE, REPORTED_AS, SCRAPPING, SWAP_DAY, Together
from schema.battery import Battery, LifecycleEvent
from schema.bindings import Lookup, Rows, Shape
from schema.directives import Category, category
from schema.enums import (
    EVENT_WORDS,
    AcceptancePurpose,
    BatteryStatus,
    CellFormat,
    Chemistry,
    Powertrain,
    ProcessKind,
    SafetyClass,
    SafetySeverity,
    SiteActivity,
    words,
)
from schema.enums import EventType as Event
from schema.fields import BINDING, answered, argument, bound
from schema.report_words import BuyerBusiness, FieldOfUse, GradeWord, RecyclingProcess, RouteAfterGrading
from schema.scalars import BatteryCode, CreditCode, RegionCode, Vin

OwnerKind = words("OwnerKind", "What the owner of a vehicle is; who it is, is not in the graph.", {
    "PRIVATE": "A person.", "COMPANY": "A company.", "RIDE_HAILING": "An operator of ride hailing or taxis.", "LEASING": "A leasing firm.",
    "PUBLIC_TRANSPORT": "An operator of public transport.", "OTHER": "Somebody else.",
})  # fmt: skip
ReportOutcome = words("ReportOutcome", "What became of a report.", {
    "RECORDED": "It stands in the ledger.", "REPLAYED": "It stood there already: the same report was recorded before under this reference.",
    "VALID": "It would be recorded; nothing was written (validateOnly).", "REFUSED": "It was not taken; rule and message say why.",
})  # fmt: skip
PackMatch = words("PackMatch", "What was found of a battery that is bound to a scrapped vehicle.", {
    "FOUND": "It is in the vehicle.", "REPLACED": "Another is in its place, and a reported replacement says so.",
    "OTHER": "Another is in its place, and nothing explains it.", "MISSING": "It is not there: the vehicle is incomplete.",
    "EXEMPT": "It is not there, and need not be: the vehicle is a swap model.",
})  # fmt: skip
SwapDirection = words("SwapDirection", "Where a battery was moved.", {"INTO_VEHICLE": "Into the vehicle.", "INTO_POOL": "Into the pool."})
assert tuple(SwapDirection.__members__) == DIRECTIONS
assert tuple(OwnerKind.__members__) == OWNER_KINDS


def _input(name: str, told: str, rules: Sequence[FieldRule], more: Sequence[tuple[str, Any, str, bool]] = ()) -> Any:
    """An input type of these fields; all of them say something of a battery that is public to whom knows its code, or is the reporter's own."""
    listed = [*((rule.name, _TYPES[rule.kind], rule.told, rule.required) for rule in rules), *more]
    body: dict[str, Any] = {"__annotations__": {}}
    for each, type_, description, required in sorted(listed, key=lambda field: not field[3]):
        python_name = "".join("_" + letter.lower() if letter.isupper() else letter for letter in each)
        body["__annotations__"][python_name] = type_ if required else type_ | None
        default = {} if required else {"default": strawberry.UNSET}
        body[python_name] = strawberry.field(name=each, description=description, directives=category("A"), **default)
    return strawberry.input(type(name, (), body), description=told)


_TYPES: dict[Kind, Any] = {
    Kind.TEXT: str, Kind.QUANTITY: float, Kind.POSITIVE: float, Kind.NUMBER: int, Kind.FLAG: bool, Kind.DAY: date, Kind.MOMENT: datetime,
    Kind.CODE: BatteryCode, Kind.VIN: Vin, Kind.PARTY: CreditCode, Kind.REGION: RegionCode, Kind.OWNER: OwnerKind, Kind.POWERTRAIN: Powertrain,
    Kind.PERCENT: float, Kind.CELSIUS: float, Kind.SEVERITY: SafetySeverity, Kind.FOUND: list[BatteryCode],
    Kind.DIRECTION: SwapDirection, Kind.PARTS: list[str], Kind.SAFETY: SafetyClass, Kind.MODULE_CODE: BatteryCode, Kind.CELL_CODES: list[BatteryCode],
}  # fmt: skip
NewModuleInput = _input("NewModuleInput", "A module of a battery that is reported as made.", MODULE)
NewVehicleInput = _input("NewVehicleInput", "What a vehicle is, as its maker declares it with its first battery.", VEHICLE)
_TYPES |= {Kind.COUNT: int, Kind.MAKER: str, Kind.SPECIFICATION: str, Kind.TRACE: str, Kind.CHEMISTRY: Chemistry, Kind.CELLS: CellFormat}
_TYPES |= {Kind.ACTIVITY: SiteActivity, Kind.MODEL: _input("NewModelInput", "What a model of batteries is, as its maker declares it.", MODEL)}
_TYPES |= {Kind.PURPOSE: AcceptancePurpose, Kind.FILING: str, Kind.FIELD_OF_USE: FieldOfUse, Kind.BUSINESS: BuyerBusiness, Kind.GRADE: GradeWord}
_TYPES |= {Kind.ROUTE: RouteAfterGrading, Kind.TREATMENT: RecyclingProcess, Kind.COUNTRY: str, Kind.COMMODITY: str}
_TYPES |= {Kind.CODES: list[BatteryCode], Kind.MODULES: list[NewModuleInput], Kind.VEHICLE: NewVehicleInput}
BatchItemInput = _input("BatchItemInput", "An item that went into a recycling batch.", INPUT)
ReleasedItemInput = _input("ReleasedItemInput", "A module or cell that dismantling released.", ITEM)
_TYPES |= {Kind.RELEASED: list[ReleasedItemInput]}
MaterialInput = _input("MaterialInput", "A material that came of a recycling batch.", AMOUNT)
_TYPES |= {Kind.PROCESS: ProcessKind, Kind.ELEMENT: str, Kind.SLIPS: list[str], Kind.INPUTS: list[BatchItemInput], Kind.AMOUNTS: list[MaterialInput]}
AssayInput = _input("AssayInput", "One element in a process step.", ASSAY)
_TYPES |= {Kind.ASSAYS: list[AssayInput]}
ProcessStepInput = _input("ProcessStepInput", "A step of a recycling batch; masses are net.", STEP)
_TYPES |= {Kind.STEPS: list[ProcessStepInput]}
EvidenceInput = _input(
    "EvidenceInput", "A document that proves what is reported; the document itself stays with you.", (),
    (("kind", str, "What it is: invoice, weighing slip, test report.", True), ("reference", str, "Its number or address.", True),
     ("sha256", str, "SHA-256 of its bytes as 64 hexadecimal digits in lower case.", False)),
)  # fmt: skip
_EVIDENCE: Final = ("evidence", list[EvidenceInput], "Documents that prove it.", False)
_CORRECTS: Final = (
    "corrects", strawberry.ID, "An event of yours of the same type, in whose place this one stands from now on: its id, or the clientReference of its report.",
    False,
)  # fmt: skip
REPORTED: Final = tuple(event for event in EventType if event in FIELDS)
# What a party does by reporting it, and does not only tell, is named as what it does.
_DEEDS: Final = {
    EventType.TAKE_BACK_REQUESTED: "requestTakeBack", EventType.TAKE_BACK_ACCEPTED: "acceptTakeBack", EventType.TAKE_BACK_REFUSED: "refuseTakeBack",
}  # fmt: skip


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]


def _type_name(event: EventType) -> str:
    field = reporting.field_of(event)
    return field[0].upper() + field[1:] + "Input"


INPUTS: Final = {
    event: _input(_type_name(event), "A report: " + _lower(EVENT_WORDS[event]), (*common(event), *FIELDS[event]), (_EVIDENCE, _CORRECTS)) for event in REPORTED
}
ReplacementInput = _input(
    "ReplacementInput", "One battery came out of a vehicle, and another went in.",
    (*(rule for rule in (*common(EventType.REPLACED), *FIELDS[EventType.REPLACED]) if rule.name not in {"code", "oldCode", "newCode", "receiver"}),
     FieldRule("oldCode", Kind.CODE, "The battery that came out.", True), FieldRule("newCode", Kind.CODE, "The battery that went in.", True),
     FieldRule("receiver", Kind.PARTY, "Who gets the battery that came out: you, or whom you are to hand it over to.", True)),
    (_EVIDENCE,),
)  # fmt: skip

VehicleScrappingInput = _input("VehicleScrappingInput", "A vehicle was taken in for scrapping, with all of its batteries.", SCRAPPING, (_EVIDENCE,))
SwapMoveInput = _input("SwapMoveInput", "A battery was moved between a swap pool and a vehicle.", MOVE)
_TYPES |= {Kind.MOVES: list[SwapMoveInput]}
SwapDayInput = _input("SwapDayInput", "A day of a swap pool.", SWAP_DAY, (_EVIDENCE,))


def _any_event() -> Any:
    body: dict[str, Any] = {"__annotations__": {}}
    for event in REPORTED:
        name = reporting.field_of(event)
        python_name = event.value.lower()
        body["__annotations__"][python_name] = INPUTS[event] | None
        body[python_name] = strawberry.field(name=name, description=EVENT_WORDS[event], directives=category("A"), default=strawberry.UNSET)
    return strawberry.input(type("LifecycleEventInput", (), body), one_of=True, description="One report of any kind.")


LifecycleEventInput = _any_event()


@strawberry.type(description="What became of a report. What hangs below it is read after it was recorded, as far as you may see it.")
class EventReport:
    """The answer to one report."""

    client_reference: str | None = answered("clientReference", "Your name for the report.")
    outcome: ReportOutcome = answered("outcome", "What became of it.")
    rule: str | None = answered("rule", "The rule that a refused report breaks; a stable code.")
    message: str | None = answered("message", "The same for people.")
    field: str | None = answered("field", "The field of the report that is malformed; null where it is not malformed.")
    state: BatteryStatus | None = answered("state", "Where the battery, or the source that is wrong, stands, of a refused report; null where you may not know.")
    allowed: list[Event] | None = answered("allowed", "What could be reported of it there, by whoever may; without what hangs on things that you may not know.")
    match: PackMatch | None = answered("match", "What was found of the battery in a scrapped vehicle; null for other reports.")
    recorded_at: datetime | None = answered("recordedAt", "When it was recorded.")
    due_on: date | None = answered("dueOn", "The last day to report it by.")
    late: bool | None = answered("late", "Whether it came later than that.")
    event: LifecycleEvent | None = bound(Rows(reporting.event_reported, Shape.ONE, ("A",), ("key", "seq")), "The event.", ("A",))
    battery: Battery | None = bound(Rows(reporting.battery_reported, Shape.ONE, ("A",), entity=True), "The battery.", ("A",))


_VALIDATE: Final = argument("validate_only", bool | None, "Whether to judge only: nothing is written.")


def _mutation(resolve: Any, shape: Shape, description: str, given: Any, roles: frozenset[str], name: str) -> Any:
    """A field that reports: for tokens with the scope of one of the roles, which also read category A."""
    scopes = [[CATEGORY_RULES["A"].scope, report_scope(role)] for role in sorted(roles)]
    field = strawberry.federation.field(
        name=name,
        description=description,
        directives=[Category(names=["A"]), RequiresScopes(scopes=scopes)],
        metadata={BINDING: Lookup(resolve, shape)},
    )
    field.arguments = [given, _VALIDATE]
    return field


def _mutation_type() -> Any:
    body: dict[str, Any] = {"__annotations__": {}, "__doc__": "The battery subgraph's way to report."}

    def add(name: str, type_: Any, field: Any) -> None:
        body["__annotations__"][name] = type_
        body[name] = field

    for event in REPORTED:
        name = _DEEDS.get(event, "report" + _type_name(event).removesuffix("Input"))
        given = argument("input", INPUTS[event], "The report.", "A")
        told = "Report: " + _lower(EVENT_WORDS[event])
        add("report_" + event.value.lower(), EventReport | None, _mutation(reporting.reporting(event), Shape.ONE, told, given, EVENTS[event].reporters, name))
    add("report_replacement", list[EventReport] | None, _mutation(
        reporting.report_replacement, Shape.MANY, "Report that a battery was replaced by another: the old one's result and the new one's; both or none.",
        argument("input", ReplacementInput, "The replacement.", "A"), EVENTS[EventType.REPLACED].reporters, "reportReplacement",
    ))  # fmt: skip
    add("report_vehicle_scrapping", list[EventReport] | None, _mutation(
        reporting_together.reporting_together(Together.VEHICLE_SCRAPPING), Shape.MANY,
        "Report that a vehicle was taken in for scrapping: a result for each of its batteries; all or none.",
        argument("input", VehicleScrappingInput, "The vehicle, and what was found in it.", "A"), EVENTS[REPORTED_AS[Together.VEHICLE_SCRAPPING]].reporters,
        "reportVehicleScrapping",
    ))  # fmt: skip
    add("report_swap_day", list[EventReport] | None, _mutation(
        reporting_together.reporting_together(Together.SWAP_DAY), Shape.MANY,
        "Report a day of a swap pool: a result for each move, at its place.",
        argument("input", SwapDayInput, "The day.", "A"), EVENTS[REPORTED_AS[Together.SWAP_DAY]].reporters, "reportSwapDay",
    ))  # fmt: skip
    everybody = frozenset().union(*(EVENTS[event].reporters for event in REPORTED))
    add("report_lifecycle_events", list[EventReport] | None, _mutation(
        reporting.report_many, Shape.MANY,
        "Report many events in one transaction, judged in their order: a result for each, at its place. A malformed code, VIN, day or moment refuses "
        "its own report alone.",
        argument("events", list[LifecycleEventInput], "The reports, at most 10,000.", "A", as_written=True), everybody, "reportLifecycleEvents",
    ))  # fmt: skip
    return strawberry.federation.type(type("Mutation", (), body), authenticated=True, description=MUTATION)


MUTATION: Final = "What parties report to the ledger. A report that is refused is an answer, not an error, and changes nothing."
Mutation = _mutation_type()
MUTATIONS: Final = tuple(field.name for field in Mutation.__strawberry_definition__.fields)
