"""This module is in charge of what clients filter and sort by: each input field is declared once, with the column that stands behind it.

`door_filter` and `door_order` turn coerced values into the plain dicts that the door takes (resolvers/database/filters.py).
"""

# Types made by a function stand in annotations here, for Strawberry to read.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import strawberry
from strawberry.utils.str_converters import to_camel_case

from resolvers.batching import BadArgument
from resolvers.database.filters import MAX_LIST
from resolvers.database.tables import ENTERPRISE, EVENT, PACK, ROLE, VEHICLE, Table
from resolvers.identifiers import IdentifierError, battery_code_prefix
from schema.directives import category
from schema.enums import (
    BatteryStatus,
    Chemistry,
    EnterpriseStatus,
    EventCategory,
    EventType,
    OrderDirection,
    PartyRole,
    Powertrain,
    ProductType,
    SafetyClass,
    order_fields,
)
from schema.provinces import province_digits
from schema.scalars import BatteryCode, CreditCode, RegionCode

COLUMN: Final = "column"
LOGIC: Final = frozenset({"and", "or", "not"})


@dataclass(frozen=True, slots=True)
class FilterColumn:
    """The column behind a filter field, and what turns a client's operand, at its place, into the column's terms; `prefix` turns that of startsWith."""

    name: str
    form: Callable[[Any, str], Any] | None = None
    top_only: bool = False
    prefix: Callable[[str], str] | None = None


def _operators(name: str, type_: Any, words: str, *operators: str) -> Any:
    """An input type of operators on one kind of value; no operand may be null."""
    told = {
        "eq": ("eq", type_, "Equal to this."),
        "ne": ("ne", type_, "Known, and not equal to this."),
        "in": ("in_", list[type_], f"Equal to one of these, at most {MAX_LIST}."),
        "gt": ("gt", type_, "Greater than this."),
        "gte": ("gte", type_, "Greater than this, or equal."),
        "lt": ("lt", type_, "Less than this."),
        "lte": ("lte", type_, "Less than this, or equal."),
        "startsWith": ("starts_with", str, "Beginning with this."),
        "isNull": ("is_null", bool, "Whether there is no value that you may read."),
    }
    body: dict[str, Any] = {"__annotations__": {}}
    for each in operators:
        python_name, operand, description = told[each]
        body["__annotations__"][python_name] = operand | None
        body[python_name] = strawberry.field(name=each, description=description, default=strawberry.UNSET)
    return strawberry.input(type(name, (), body), description=f"Conditions on {words}; all of them have to hold.")


BatteryCodeCondition = _operators("BatteryCodeCondition", BatteryCode, "a battery code", "eq", "in", "startsWith")
ChemistryCondition = _operators("ChemistryCondition", Chemistry, "a chemistry", "eq", "ne", "in")
BatteryStatusCondition = _operators("BatteryStatusCondition", BatteryStatus, "the status of a pack", "eq", "ne", "in")
ProductTypeCondition = _operators("ProductTypeCondition", ProductType, "what a code is on", "eq", "in")
SafetyClassCondition = _operators("SafetyClassCondition", SafetyClass, "a safety class", "eq", "ne", "in", "isNull")
PowertrainCondition = _operators("PowertrainCondition", Powertrain, "a powertrain", "eq", "ne", "in", "isNull")
CreditCodeCondition = _operators("CreditCodeCondition", CreditCode, "a party's credit code", "eq", "in", "isNull")
MakerCondition = _operators("MakerCondition", CreditCode, "a maker's credit code", "eq", "in")
ModelCondition = _operators("ModelCondition", strawberry.ID, "a model id", "eq", "in")
ProvinceCondition = _operators("ProvinceCondition", RegionCode, "a province (its code ends in 0000)", "eq", "in", "isNull")
DateCondition = _operators("DateCondition", date, "a day", "eq", "gt", "gte", "lt", "lte")
DateTimeCondition = _operators("DateTimeCondition", datetime, "a moment", "eq", "gt", "gte", "lt", "lte")
DueDateCondition = _operators("DueDateCondition", date, "a day by which something is due", "eq", "gt", "gte", "lt", "lte", "isNull")
EventTypeCondition = _operators("EventTypeCondition", EventType, "what happened", "eq", "ne", "in")
EventCategoryCondition = _operators("EventCategoryCondition", EventCategory, "the category of an event", "eq", "ne", "in")
FloatCondition = _operators("FloatCondition", float, "a number", "eq", "gt", "gte", "lt", "lte", "isNull")
IntCondition = _operators("IntCondition", int, "a whole number", "eq", "gt", "gte", "lt", "lte", "isNull")
QuantityCondition = _operators("QuantityCondition", float, "a quantity that is always known", "eq", "gt", "gte", "lt", "lte")
BooleanCondition = _operators("BooleanCondition", bool, "yes or no", "eq", "isNull")
NameCondition = _operators("NameCondition", str, "a name", "eq", "startsWith")
EnterpriseStatusCondition = _operators("EnterpriseStatusCondition", EnterpriseStatus, "the status of an enterprise", "eq", "ne", "in")
PartyRoleCondition = _operators("PartyRoleCondition", PartyRole, "a role", "eq", "in")


def _where(
    table: Table,
    column: str,
    description: str,
    form: Callable[[Any, str], Any] | None = None,
    *,
    top_only: bool = False,
    prefix: Callable[[str], str] | None = None,
) -> Any:
    found = table.column(column)
    return strawberry.field(
        description=description,
        default=strawberry.UNSET,
        directives=category(*found.categories),
        metadata={COLUMN: FilterColumn(column, form, top_only, prefix)},
    )


def _logic(name: str, description: str) -> Any:
    return strawberry.field(name=name, description=description, default=strawberry.UNSET)


_AND: Final = "All of these have to hold."
_OR: Final = "At least one of these has to hold; an empty list never does."
_NOT: Final = "This must not hold. A comparison with a value that you may not read neither holds nor fails, so `not` does not find it."


@strawberry.input(description="Which packs; all conditions have to hold. Values that you may not read count as absent.")
class BatteryFilter:
    """Filter of lists of packs."""

    and_: list[BatteryFilter] | None = _logic("and", _AND)
    or_: list[BatteryFilter] | None = _logic("or", _OR)
    not_: BatteryFilter | None = _logic("not", _NOT)
    code: BatteryCodeCondition | None = _where(PACK, "code", "The battery code.", prefix=battery_code_prefix)
    chemistry: ChemistryCondition | None = _where(PACK, "chemistry", "The chemistry.")
    status: BatteryStatusCondition | None = _where(PACK, "status", "Where the pack stands in its life.")
    manufacturer: MakerCondition | None = _where(PACK, "maker", "Who made the pack.")
    model: ModelCondition | None = _where(PACK, "model_id", "The model, by its id.")
    produced_on: DateCondition | None = _where(PACK, "produced_on", "The day the pack was made.")
    nominal_energy_kwh: QuantityCondition | None = _where(PACK, "nominal_energy_kwh", "Rated energy in kWh.")
    product_type: ProductTypeCondition | None = _where(PACK, "product_type", "What its code is on: a pack, a module or a cell.")
    reprocessed: BooleanCondition | None = _where(PACK, "is_product", "Whether it is a product made of used batteries.")
    swap_model: BooleanCondition | None = _where(PACK, "swap_model", "Whether it is, or was last, in a battery-swap vehicle.")
    powertrain: PowertrainCondition | None = _where(PACK, "powertrain", "The powertrain of the vehicle it is, or was last, in.")
    state_of_health: FloatCondition | None = _where(PACK, "state_of_health", "State of health in percent of the rated capacity.")
    cycle_count: IntCondition | None = _where(PACK, "cycle_count", "Full charge cycles.")
    safety_class: SafetyClassCondition | None = _where(PACK, "safety_class", "The safety class.")
    custodian: CreditCodeCondition | None = _where(PACK, "custodian", "Who holds the pack.")
    province: ProvinceCondition | None = _where(PACK, "province", "The province where the pack is.", province_digits)


@strawberry.input(description="Which vehicles; all conditions have to hold. Values that you may not read count as absent.")
class VehicleFilter:
    """Filter of lists of vehicles."""

    and_: list[VehicleFilter] | None = _logic("and", _AND)
    or_: list[VehicleFilter] | None = _logic("or", _OR)
    not_: VehicleFilter | None = _logic("not", _NOT)
    automaker: MakerCondition | None = _where(VEHICLE, "automaker", "Who made the vehicle.")
    model_name: NameCondition | None = _where(VEHICLE, "model_name", "The announced model.")
    powertrain: PowertrainCondition | None = _where(VEHICLE, "powertrain", "How the vehicle is driven.")
    swap_model: BooleanCondition | None = _where(VEHICLE, "swap_model", "Whether it is built for battery swap.")
    produced_on: DateCondition | None = _where(VEHICLE, "produced_on", "The day the vehicle was made.")
    province: ProvinceCondition | None = _where(VEHICLE, "province", "The province of registration.", province_digits)


@strawberry.input(description="Which enterprises; all conditions have to hold.")
class EnterpriseFilter:
    """Filter of the registry."""

    and_: list[EnterpriseFilter] | None = _logic("and", _AND)
    or_: list[EnterpriseFilter] | None = _logic("or", _OR)
    not_: EnterpriseFilter | None = _logic("not", _NOT)
    uscc: MakerCondition | None = _where(ENTERPRISE, "uscc", "The credit code.")
    name: NameCondition | None = _where(ENTERPRISE, "name", "The registered name.")
    role: PartyRoleCondition | None = _where(ROLE, "role", "A role it has or had; outside of and, or, not.", top_only=True)
    province: ProvinceCondition | None = _where(ENTERPRISE, "province", "The province of its seat.", province_digits)
    status: EnterpriseStatusCondition | None = _where(ENTERPRISE, "status", "Whether it may act.")


@strawberry.input(description="Which lifecycle events; all conditions have to hold. Values that you may not read count as absent.")
class LifecycleEventFilter:
    """Filter of the list of lifecycle events."""

    and_: list[LifecycleEventFilter] | None = _logic("and", _AND)
    or_: list[LifecycleEventFilter] | None = _logic("or", _OR)
    not_: LifecycleEventFilter | None = _logic("not", _NOT)
    battery_code: BatteryCodeCondition | None = _where(EVENT, "code", "The code of the pack that it happened to.", prefix=battery_code_prefix)
    type: EventTypeCondition | None = _where(EVENT, "type", "What happened.")
    category: EventCategoryCondition | None = _where(EVENT, "category", "The category of data it belongs to.")
    occurred_at: DateTimeCondition | None = _where(EVENT, "occurred_at", "When it happened.")
    recorded_at: DateTimeCondition | None = _where(EVENT, "recorded_at", "When it was reported.")
    due_on: DueDateCondition | None = _where(EVENT, "due_on", "The last day to report it by.")
    late: BooleanCondition | None = _where(EVENT, "late", "Whether it was reported later than that.")
    reporter: CreditCodeCondition | None = _where(EVENT, "reporter", "Who reported it.")
    counterparty: CreditCodeCondition | None = _where(EVENT, "counterparty", "The other party.")
    province: ProvinceCondition | None = _where(EVENT, "province", "The province where it happened.", province_digits)


BatteryOrderField = order_fields(
    "BatteryOrderField",
    "What packs can be sorted by; equal ones come by battery code.",
    {
        "CODE": ("By battery code.", PACK.column("code").categories),
        "PRODUCED_ON": ("By the day the pack was made.", PACK.column("produced_on").categories),
        "STATE_OF_HEALTH": ("By state of health; packs whose state of health you may not read come last.", PACK.column("state_of_health").categories),
    },
)
LifecycleEventOrderField = order_fields(
    "LifecycleEventOrderField",
    "What lifecycle events can be sorted by.",
    {
        "RECORDED_AT": ("As they were reported, those of one moment by battery code.", EVENT.column("recorded_at").categories),
        "CODE": ("By battery code, those of one pack as they were reported.", EVENT.column("code").categories),
    },
)
VehicleOrderField = order_fields(
    "VehicleOrderField",
    "What vehicles can be sorted by.",
    {"PRODUCED_ON": ("By the day the vehicle was made.", VEHICLE.column("produced_on").categories)},
)
EnterpriseOrderField = order_fields(
    "EnterpriseOrderField",
    "What enterprises can be sorted by.",
    {
        "USCC": ("By credit code.", ENTERPRISE.column("uscc").categories),
        "NAME": ("By registered name.", ENTERPRISE.column("name").categories),
    },
)


def _order(name: str, field: Any, words: str) -> Any:
    body = {
        "__annotations__": {"field": field, "direction": OrderDirection},
        "field": strawberry.field(description="What to sort by."),
        "direction": strawberry.field(description="Which end comes first.", default=OrderDirection.ASC),
    }
    return strawberry.input(type(name, (), body), description=f"The order of a list of {words}.")


BatteryOrder = _order("BatteryOrder", BatteryOrderField, "packs")
LifecycleEventOrder = _order("LifecycleEventOrder", LifecycleEventOrderField, "lifecycle events")
VehicleOrder = _order("VehicleOrder", VehicleOrderField, "vehicles")
EnterpriseOrder = _order("EnterpriseOrder", EnterpriseOrderField, "enterprises")

FILTERS: Final[Mapping[str, Any]] = {
    "BatteryFilter": BatteryFilter,
    "LifecycleEventFilter": LifecycleEventFilter,
    "VehicleFilter": VehicleFilter,
    "EnterpriseFilter": EnterpriseFilter,
}
ORDERS: Final = frozenset({"BatteryOrder", "LifecycleEventOrder", "VehicleOrder", "EnterpriseOrder"})


def filter_columns(type_name: str) -> Mapping[str, FilterColumn]:
    """The columns behind the fields of a filter type, by the fields' names in the graph."""
    fields = FILTERS[type_name].__strawberry_definition__.fields
    return {to_camel_case(each.python_name): each.metadata[COLUMN] for each in fields if COLUMN in each.metadata}


def door_filter(type_name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The filter in the door's terms. BadArgument (INVALID_FILTER, INVALID_PROVINCE, INVALID_IDENTIFIER) names the field as the client wrote it."""
    return _terms(filter_columns(type_name), given, "filter", top=True)


def _terms(columns: Mapping[str, FilterColumn], given: Mapping[str, Any], path: str, *, top: bool) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    for name, value in given.items():
        here = f"{path}.{name}"
        if value is None:
            raise BadArgument("INVALID_FILTER", "filter", f"{here} is null; leave it out instead")
        if name == "not":
            terms[name] = _terms(columns, value, here, top=False)
        elif name in LOGIC:
            terms[name] = [_terms(columns, each, f"{here}[{n}]", top=False) for n, each in enumerate(value)]
        else:
            terms[columns[name].name] = _operands(columns[name], value, here, top=top)
    return terms


def _operands(column: FilterColumn, given: Mapping[str, Any], path: str, *, top: bool) -> dict[str, Any]:
    if column.top_only and (not top or len(given) != 1):
        raise BadArgument("INVALID_FILTER", "filter", f"{path} stands outside of and, or, not, and has exactly one of eq and in")
    operands: dict[str, Any] = {}
    for operator, value in given.items():
        if value is None or (isinstance(value, list) and None in value):
            raise BadArgument("INVALID_FILTER", "filter", f"{path}.{operator} is or contains null; leave it out, or use isNull where there is one")
        operands[operator] = _operand(column, operator, value, f"{path}.{operator}")
    return operands


def _operand(column: FilterColumn, operator: str, value: Any, path: str) -> Any:
    # The door counts as well, but knows the names of columns alone.
    if operator == "in" and len(value) > MAX_LIST:
        raise BadArgument("INVALID_FILTER", "filter", f"{path} has {len(value)} values; {MAX_LIST} are the most")
    if column.prefix is not None and operator == "startsWith":
        return _prefix(column.prefix, value, path)
    if column.form is None or operator == "isNull":
        return value
    return [column.form(each, f"{path}[{n}]") for n, each in enumerate(value)] if operator == "in" else column.form(value, path)


def _prefix(read: Callable[[str], str], value: str, path: str) -> str:
    try:
        return read(value)
    except IdentifierError as wrong:
        raise BadArgument("INVALID_IDENTIFIER", "filter", f"{path}: {wrong}") from None


def door_order(given: Mapping[str, Any]) -> dict[str, str]:
    """The order in the door's terms: the column is the order field's name in lower case."""
    return {"field": given["field"].lower(), "direction": given["direction"]}
