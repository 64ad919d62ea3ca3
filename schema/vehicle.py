"""This module is in charge of the vehicle subgraph's part of the graph: vehicles, and the binding between them and packs."""

# Types made by a function stand in annotations here, for Strawberry to read.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from resolvers import battery as battery_rows
from resolvers import enterprise as enterprise_rows
from resolvers import vehicle as vehicle_rows
from resolvers.database import tables as t
from schema.bindings import AsOf, Entity, Shape
from schema.connections import PAGE_ARGUMENTS, connection
from schema.enums import Powertrain
from schema.fields import QUERY, argument, by_column, column, key, lookup, made, moment, rows, stub
from schema.inputs import VehicleFilter, VehicleOrder
from schema.provinces import province_code
from schema.scalars import BatteryCode, CreditCode, RegionCode, Vin

MODULE: Final = "schema.vehicle"
BINDING: Final = ("D", "D:pseudonym")
LIST_ARGUMENTS: Final = (
    argument("filter", VehicleFilter | None, "Which vehicles; all that you may see when left out."),
    argument("order_by", VehicleOrder | None, "The order; an order without meaning, but always the same, when left out."),
    *PAGE_ARGUMENTS,
)


@strawberry.federation.type(keys=["uscc"], description="A party in the life of batteries: maker, automaker, recycler and others, or an authority.")
class Enterprise:
    """Stub; the registry is the enterprise subgraph's."""

    uscc: CreditCode = key("L", "Its unified social credit code.")
    vehicles: VehicleConnection | None = rows(
        vehicle_rows.vehicles_of_maker, Shape.PAGE, ("A",), "The vehicles it made, as far as you may see them.", entity=True, arguments=LIST_ARGUMENTS
    )


@strawberry.federation.type(keys=[Key(fields=FieldSet("code"), resolvable=False)], description="An administrative division: a province, prefecture or county.")
class Region:
    """Stub."""

    code: RegionCode = key("L", "Its code by GB/T 2260.")


@strawberry.federation.type(keys=["code"], description="A battery pack.")
class Battery:
    """Stub; the pack itself is the battery subgraph's."""

    code: BatteryCode = key("A", "Its code by GB/T 34014-2017.")
    vehicle: Vehicle | None = rows(
        vehicle_rows.vehicle_of_pack, Shape.ONE, BINDING, "The vehicle it is, or was last, installed in.", entity=True, as_of=AsOf.THEN
    )
    installations: InstallationConnection | None = rows(
        vehicle_rows.installations_of_pack, Shape.PAGE, BINDING, "In which vehicles it was, oldest first.", as_of=AsOf.THEN, arguments=PAGE_ARGUMENTS
    )


BatteryConnection, BatteryEdge = connection("Battery", ("A",), "packs", MODULE)


@strawberry.type(description="A pack in a vehicle, from when to when.")
class Installation:
    """A row of battery.installation."""

    id: strawberry.ID | None = made(lambda reading, row: battery_rows.fact_id(reading, "installation", row), "Its id for you.", (t.INSTALLATION.column("seq"),))
    battery: Battery | None = stub(t.INSTALLATION, "code", "The pack.")
    vehicle: Vehicle | None = by_column(vehicle_rows.vehicle_by_vin, t.INSTALLATION, "vin", "The vehicle; null where you may not see it.")
    position: int | None = column(t.INSTALLATION, "position", "The place of the pack in the vehicle, from 1.")
    installed_at: datetime | None = column(t.INSTALLATION, "occurred_at", "When the pack was built in.")
    recorded_at: datetime | None = column(t.INSTALLATION, "recorded_at", "When that was reported.")
    removed_at: datetime | None = column(t.INSTALLATION, "removed_at", "When the pack was taken out; null while it is in.")


InstallationConnection, InstallationEdge = connection("Installation", ("D",), "installations", MODULE)


@strawberry.federation.type(keys=["id"], description="A vehicle that runs on a battery.")
class Vehicle:
    """A row of vehicle.vehicle."""

    id: strawberry.ID = made(vehicle_rows.vehicle_id, "Its id for you; another party has another.", categories=("A",))
    as_of: datetime | None = moment("The past moment that it is told as of; null for the present. Two moments are two objects of one id.")
    vin: Vin | None = column(t.VEHICLE, "vin", "Its vehicle identification number.")
    automaker: Enterprise | None = stub(t.VEHICLE, "automaker", "Who made it.")
    model_name: str = column(t.VEHICLE, "model_name", "The announced model.")
    powertrain: Powertrain = column(t.VEHICLE, "powertrain", "How it is driven.")
    swap_model: bool = column(t.VEHICLE, "swap_model", "Whether it is built for battery swap.")
    produced_on: date = column(t.VEHICLE, "produced_on", "The day it was made.")
    scrapped: bool = column(t.VEHICLE, "scrapped", "Whether it was taken in for scrapping.")
    sold_on: date | None = column(t.VEHICLE, "sold_on", "The day it was sold to its first owner.")
    scrapped_on: date | None = column(t.VEHICLE, "scrapped_on", "The day it was taken in for scrapping.")
    province: Region | None = stub(t.VEHICLE, "province", "The province of registration.", province_code)
    region: Region | None = stub(t.VEHICLE, "region_code", "The division of registration.")
    owner_kind: str | None = column(t.VEHICLE, "owner_kind", "What kind of owner it has; who owns it is not in the graph.")
    batteries: BatteryConnection | None = rows(
        vehicle_rows.packs_of_vehicle, Shape.PAGE, BINDING, "The packs that are, or were last, in it.", entity=True, as_of=AsOf.THEN, arguments=PAGE_ARGUMENTS
    )
    installations: InstallationConnection | None = rows(
        vehicle_rows.installations_of_vehicle, Shape.PAGE, BINDING, "Which packs were in it, oldest first.", as_of=AsOf.THEN, arguments=PAGE_ARGUMENTS
    )


VehicleConnection, VehicleEdge = connection("Vehicle", ("A",), "vehicles", MODULE)


@strawberry.federation.type(authenticated=True, description=QUERY)
class Query:
    """The vehicle subgraph's way in."""

    vehicle: Vehicle | None = lookup(
        vehicle_rows.named_vehicles,
        Shape.ONE,
        # A look-up names its vehicle, which binds: without D an id comes from `vehicles` alone, with all that A has of its row. And so
        # one operation with `vin` can be sent by everybody: where D is closed, it is the field that is, and not the whole refused.
        ("A", "D"),
        "The vehicle of this id or VIN, exactly one of which is given; null where there is none that you may see.",
        keys=vehicle_rows.named_vehicle,
        arguments=(
            argument("id", strawberry.ID | None, "The id that you were given for it.", "A"),
            argument("vin", Vin | None, "The vehicle identification number.", "D"),
            argument("as_of", datetime | None, "A past moment: the vehicle as the ledger knew it then, as far as you may see it now.", "A"),
        ),
    )
    vehicles: VehicleConnection | None = lookup(vehicle_rows.vehicles, Shape.PAGE, ("A",), "The vehicles that you may see.", arguments=LIST_ARGUMENTS)


ENTITIES: Final = {
    "Vehicle": Entity(vehicle_rows.representation_vin, vehicle_rows.vehicle_by_vin, as_of=battery_rows.representation_moment),
    "Battery": Entity(battery_rows.representation_code, as_of=battery_rows.representation_moment),
    "Enterprise": Entity(enterprise_rows.representation_uscc),
}
