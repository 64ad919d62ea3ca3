"""This module is in charge of the enterprise subgraph's part of the graph: the registry, recovery outlets, and regions."""

# Types made by a function stand in annotations here, for Strawberry to read.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from datetime import date
from typing import Final

import strawberry

from resolvers import battery as battery_rows
from resolvers import enterprise as enterprise_rows
from resolvers.database import tables as t
from schema.bindings import Entity, Shape
from schema.connections import PAGE_ARGUMENTS, connection
from schema.enums import EnterpriseStatus, ObligationDuty, PartyRole, RegionLevel
from schema.fields import QUERY, argument, bound, by_column, column, key, lookup, made, rows, stub
from schema.inputs import EnterpriseFilter, EnterpriseOrder
from schema.provinces import province_code, province_digits
from schema.scalars import BatteryCode, CreditCode, RegionCode

MODULE: Final = "schema.enterprise"
REGISTRY: Final = ("L", "L:public")
LIST_ARGUMENTS: Final = (
    argument("filter", EnterpriseFilter | None, "Which enterprises; all when left out."),
    argument("order_by", EnterpriseOrder | None, "The order; by credit code when left out."),
    *PAGE_ARGUMENTS,
)


@strawberry.federation.type(keys=["code"], description="An administrative division: a province, prefecture or county.")
class Region:
    """A row of enterprise.region; retired codes stay, with the day they were withdrawn."""

    code: RegionCode = key("L", "Its code by GB/T 2260.")
    name: str | None = column(t.REGION, "name_zh", "Its name in Chinese.")
    name_en: str | None = column(t.REGION, "name_en", "Its name in English or Pinyin.")
    level: RegionLevel | None = made(lambda _reading, row: row["level"].upper(), "How high it stands.", (t.REGION.column("level"),))
    valid_from: date | None = column(t.REGION, "valid_from", "The day from which the code counts.")
    valid_to: date | None = column(t.REGION, "valid_to", "The day on which it was withdrawn; null while it counts.")


@strawberry.type(description="A role of an enterprise, and when it has it.")
class EnterpriseRole:
    """A row of enterprise.role."""

    role: PartyRole = column(t.ROLE, "role", "The role.")
    valid_from: date = column(t.ROLE, "valid_from", "The first day.")
    valid_to: date | None = column(t.ROLE, "valid_to", "The day it ended; null while it lasts.")


@strawberry.type(description="A licence of an enterprise.")
class Licence:
    """A row of enterprise.licence."""

    number: str = column(t.LICENCE, "number", "The licence's number.")
    activity: str = column(t.LICENCE, "activity", "What it allows.")
    issued_by: str = column(t.LICENCE, "issued_by", "Who issued it.")
    valid_from: date = column(t.LICENCE, "valid_from", "The first day.")
    valid_to: date | None = column(t.LICENCE, "valid_to", "The day it ends; null where it does not.")
    capacity_t_per_year: float | None = column(t.LICENCE, "capacity_t_per_year", "Licensed capacity in tonnes per year.")


@strawberry.type(description="A place where an enterprise takes batteries back.")
class Outlet:
    """A row of enterprise.outlet."""

    number: int = column(t.OUTLET, "number", "Its number among the enterprise's outlets.")
    name: str = column(t.OUTLET, "name", "Its name.")
    region: Region | None = by_column(enterprise_rows.regions, t.OUTLET, "region_code", "The division it is in.")
    province: Region | None = by_column(enterprise_rows.regions, t.OUTLET, "province", "The province it is in.", province_code)
    address: str = column(t.OUTLET, "address", "Its address.")
    phone: str | None = column(t.OUTLET, "phone", "Its telephone number.")
    opened_on: date = column(t.OUTLET, "opened_on", "The day it opened.")
    closed_on: date | None = column(t.OUTLET, "closed_on", "The day it closed; null while it is open.")


@strawberry.type(description="What an enterprise recovered of an element in a month, against the norm in force when its batches were finished.")
class RecoveryRate:
    """A row made by resolvers/database/recovery_rates.py."""

    month: date | None = column(t.RECOVERY_RATE, "month", "The first day of the month.")
    element: str | None = column(t.RECOVERY_RATE, "element", "The element's symbol: Li, Ni, Co, Mn, Cu, Al, Fe, P.")
    input_kg: float | None = column(t.RECOVERY_RATE, "input_kg", "Mass put in, in kg.")
    recovered_kg: float | None = column(t.RECOVERY_RATE, "recovered_kg", "Mass recovered, in kg.")
    rate: float | None = column(t.RECOVERY_RATE, "rate", "Recovered mass over mass put in, 0 to 1.")
    norm_set: str | None = column(t.RECOVERY_RATE, "rule_set", "The set of rules that the norm is of; null where there is none.")
    norm: float | None = column(t.RECOVERY_RATE, "norm", "The rate that the norm asks for, 0 to 1; null where there is none.")
    meets_norm: bool | None = column(t.RECOVERY_RATE, "meets", "Whether the norm is met.")
    basis: str | None = column(t.RECOVERY_RATE, "basis", "Where the norm comes from.")
    confidence: str | None = column(t.RECOVERY_RATE, "confidence", "How sure the norm is: CONFIRMED, SECONDARY_SOURCE, UNCONFIRMED or DESIGN.")


@strawberry.type(description="Something that an enterprise has still to do, and by when.")
class Obligation:
    """A row made by resolvers/database/obligations.py."""

    duty: ObligationDuty | None = column(t.OBLIGATION, "duty", "What is to be done.")
    battery: Battery | None = stub(t.OBLIGATION, "code", "The pack it is about; null where it is about a model.")
    model_id: str | None = column(t.OBLIGATION, "model_id", "The id of the battery model it is about; null where it is about a pack.")
    since: date | None = column(t.OBLIGATION, "since", "The day on which the duty arose.")
    due_on: date | None = column(t.OBLIGATION, "due_on", "The last day to meet it.")
    basis: str | None = column(t.OBLIGATION, "basis", "The rule that gives the day.")
    confidence: str | None = column(t.OBLIGATION, "confidence", "How sure that rule is: CONFIRMED, SECONDARY_SOURCE, UNCONFIRMED or DESIGN.")
    overdue: bool | None = column(t.OBLIGATION, "overdue", "Whether that day is over.")


@strawberry.federation.type(keys=["uscc"], description="A party in the life of batteries: maker, automaker, recycler and others, or an authority.")
class Enterprise:
    """A row of enterprise.enterprise."""

    uscc: CreditCode = key("L", "Its unified social credit code.")
    name: str = column(t.ENTERPRISE, "name", "Its registered name.")
    name_en: str | None = column(t.ENTERPRISE, "name_en", "Its name in English.")
    province: Region | None = by_column(enterprise_rows.regions, t.ENTERPRISE, "province", "The province of its seat.", province_code)
    region: Region | None = by_column(enterprise_rows.regions, t.ENTERPRISE, "region_code", "The division of its seat.")
    status: EnterpriseStatus = column(t.ENTERPRISE, "status", "Whether it may act.")
    registered_on: date = column(t.ENTERPRISE, "registered_on", "The day it was registered.")
    address: str | None = column(t.ENTERPRISE, "address", "Its address.")
    contact_phone: str | None = column(t.ENTERPRISE, "contact_phone", "Its telephone number.")
    roles: list[EnterpriseRole] | None = rows(enterprise_rows.roles, Shape.MANY, REGISTRY, "Its roles.")
    licences: list[Licence] | None = rows(enterprise_rows.licences, Shape.MANY, REGISTRY, "Its licences.")
    recovery_rates: list[RecoveryRate] | None = rows(
        enterprise_rows.recovery_rates,
        Shape.MANY,
        ("K", "K:own", "K:plant"),
        "What it recovered, by month and element; a norm that changed in a month parts it.",
    )
    obligations: list[Obligation] | None = rows(
        enterprise_rows.obligations,
        Shape.MANY,
        ("M", "M:own", "M:region"),
        "What it has still to do, the most urgent first; for itself and its authorities.",
    )
    outlets: list[Outlet] | None = rows(
        enterprise_rows.outlets,
        Shape.MANY,
        REGISTRY,
        "Where it takes batteries back.",
        arguments=(argument("province", RegionCode | None, "Only those in this province; its code ends in 0000.", "L", form=province_digits),),
    )


EnterpriseConnection, EnterpriseEdge = connection("Enterprise", ("L",), "enterprises", MODULE)


@strawberry.federation.type(keys=["code"], description="A battery pack.")
class Battery:
    """Stub; the pack itself is the battery subgraph's, and tells who made it."""

    code: BatteryCode = key("A", "Its code by GB/T 34014-2017.")
    manufacturer: Enterprise | None = bound(None, "Who made it.", ("A",), external=True)
    take_back_outlets: list[Outlet] | None = rows(
        enterprise_rows.outlets,
        Shape.MANY,
        REGISTRY,
        "Where its maker takes batteries back in a province.",
        by=("maker",),
        also=("A",),
        as_of="the registry tells where outlets are now",
        requires=["manufacturer { uscc }"],
        arguments=(argument("province", RegionCode, "The province; its code ends in 0000.", "L", form=province_digits),),
    )


@strawberry.federation.type(authenticated=True, description=QUERY)
class Query:
    """The enterprise subgraph's way in."""

    enterprise: Enterprise | None = lookup(
        enterprise_rows.enterprise_by_uscc,
        Shape.ONE,
        ("L",),
        "The enterprise of this credit code; null where there is none.",
        keys=enterprise_rows.named_enterprise,
        arguments=(argument("uscc", CreditCode, "The unified social credit code.", "L"),),
    )
    enterprises: EnterpriseConnection | None = lookup(enterprise_rows.enterprises, Shape.PAGE, ("L",), "The registry of enterprises.", arguments=LIST_ARGUMENTS)


ENTITIES: Final = {
    "Enterprise": Entity(enterprise_rows.representation_uscc, enterprise_rows.enterprise_by_uscc),
    "Region": Entity(enterprise_rows.representation_region, enterprise_rows.regions),
    "Battery": Entity(battery_rows.representation_code, extra=enterprise_rows.required_maker, as_of=battery_rows.representation_moment),
}
