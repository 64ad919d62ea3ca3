"""This module is in charge of what the graph says of a pack's make-up: its modules, its materials, how it is taken apart, and its other identifier."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers import battery as battery_rows
from resolvers.database import tables as t
from schema.bindings import AsOf, Shape
from schema.fields import column, rows
from schema.scalars import BatteryCode


@strawberry.type(description="An identifier of a pack by another scheme than GB/T 34014.")
class OtherCode:
    """Columns of the pack."""

    scheme: str | None = column(t.PACK, "other_scheme", "The scheme, e.g. the name of a standard.")
    value: str | None = column(t.PACK, "other_value", "The identifier, as it was reported.")


@strawberry.type(description="A material in a pack, by its model's declaration.")
class Material:
    """A row of battery.model_material."""

    component: str | None = column(t.MATERIAL, "component", "The part it is in: cathode, anode, electrolyte, housing and others.")
    material: str | None = column(t.MATERIAL, "material", "The material.")
    mass_kg: float | None = column(t.MATERIAL, "mass_kg", "Its mass in a pack in kg.")
    hazardous: bool | None = column(t.MATERIAL, "hazardous", "Whether it is a hazardous substance.")


@strawberry.type(description="How to take a pack of this model apart safely.")
class Dismantling:
    """A row of battery.model_dismantling."""

    manual: str | None = column(t.DISMANTLING, "manual", "The manual's title and edition.")
    steps: list[str] | None = column(t.DISMANTLING, "steps", "The steps, in order.")
    tools: list[str] | None = column(t.DISMANTLING, "tools", "The tools that are needed.")
    minutes: int | None = column(t.DISMANTLING, "minutes", "How long it takes, in minutes.")
    discharge: str | None = column(t.DISMANTLING, "discharge", "How to discharge the pack before.")
    extinguishing_agent: str | None = column(t.DISMANTLING, "extinguishing_agent", "What puts out a fire of the pack.")
    hazards: list[str] | None = column(t.DISMANTLING, "hazards", "What is dangerous about it.")
    maximum_voltage_v: float | None = column(t.DISMANTLING, "maximum_voltage_v", "The highest voltage in the pack in V.")


@strawberry.type(description="A module of a pack.")
class Module:
    """A row of battery.module."""

    code: BatteryCode | None = column(t.MODULE, "module_code", "The module's code by GB/T 34014.")
    position: int | None = column(t.MODULE, "position", "Where it sits in the pack, from 1.")
    cell_count: int | None = column(t.MODULE, "cell_count", "Cells in the module.")
    mass_kg: float | None = column(t.MODULE, "mass_kg", "Mass in kg.")


def composition() -> Any:
    """The field: a model keeps no former declarations, so there is one of every moment."""
    told = "What a pack of its model is made of: as its maker declares it now, as of a past moment, too."
    return rows(battery_rows.composition, Shape.MANY, ("B",), told, as_of=AsOf.THEN)


def dismantling() -> Any:
    """The field: a model keeps no former documents, so there is one of every moment."""
    told = "How to take it apart safely: by the document of now, as of a past moment, too."
    return rows(battery_rows.dismantling, Shape.ONE, ("C",), told, as_of=AsOf.THEN)
