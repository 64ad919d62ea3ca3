"""This module is in charge of what a battery model weighs and is made of: masses per kWh from `composition.csv`, varied and adding up.

The figures are stoichiometry for the cathode and assumptions for the rest (docs/demo-data.md): kg per kWh at pack level. The
element columns are contained in the cathode, but for 0.008 kg of lithium per kWh that is electrolyte salt.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from resolvers.ledger.rows import ModelMaterial

CATHODE_ELEMENTS: Final = {"Li": "LITHIUM", "Ni": "NICKEL", "Co": "COBALT", "Mn": "MANGANESE", "Fe": "IRON", "P": "PHOSPHORUS"}
# Column, component, material, hazardous.
OTHERS: Final = (
    ("graphite", "ANODE", "GRAPHITE", False),
    ("Cu", "ANODE_FOIL_AND_BUSBARS", "COPPER", False),
    ("Al", "CATHODE_FOIL_AND_HOUSING", "ALUMINIUM", False),
    ("electrolyte", "ELECTROLYTE", "ELECTROLYTE", True),
    ("plastics", "SEPARATOR_AND_PLASTICS", "PLASTICS", False),
    ("steel", "HOUSING", "STEEL", False),
    ("binder", "BINDER", "PVDF_AND_CARBON_BLACK", False),
    ("misc", "OTHER", "MISCELLANEOUS", False),
)
SALT_LITHIUM: Final = 0.008
SPREAD: Final = 0.15
# Elements that a recovery batch accounts for (finding R06 compares them one by one).
RECOVERED: Final = ("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe", "P")


class Chemistry(NamedTuple):
    """One row of the table: kg per kWh by column, the type letter of GB/T 34014 and the cell's nominal voltage."""

    name: str
    battery_type: str
    cell_voltage: float
    kg: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Bill:
    """A model's bill of materials: (component, material, kg, hazardous), kg of each element, and the sum of the masses."""

    parts: tuple[tuple[str, str, float, bool], ...]
    elements: Mapping[str, float]
    mass_kg: float

    def rows(self, model_id: str, readers: tuple[str, ...]) -> Iterator[ModelMaterial]:
        for component, material, mass, hazardous in self.parts:
            yield ModelMaterial(model_id, component, material, mass, hazardous, readers)


def chemistries(path: Path = Path(__file__).with_name("composition.csv")) -> dict[str, Chemistry]:
    """The table, by name of the chemistry."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {
            row["chemistry"]: Chemistry(
                row["chemistry"], row["battery_type"], float(row["cell_voltage"]),
                {key: float(value) for key, value in row.items() if key not in ("chemistry", "battery_type")},
            )
            for row in csv.DictReader(lines)
        }  # fmt: skip


def bill_of_materials(rng: random.Random, chemistry: Chemistry, energy_kwh: float) -> Bill:
    """Masses in kg to the gram. Cathode masses follow from energy; every other one varies by 15 % either way."""
    kg = chemistry.kg
    elements = {name: kg[name] * energy_kwh for name in CATHODE_ELEMENTS if kg[name]}
    in_cathode = {**elements, "Li": (kg["Li"] - SALT_LITHIUM) * energy_kwh}
    parts = [("CATHODE", CATHODE_ELEMENTS[name], round(mass, 3), False) for name, mass in in_cathode.items()]
    rest = kg["cathode"] * energy_kwh - sum(in_cathode.values())
    parts.append(("CATHODE", "OXYGEN_AND_CARBON", round(rest, 3), False))
    for column, component, material, hazardous in OTHERS:
        mass = round(kg[column] * energy_kwh * rng.uniform(1 - SPREAD, 1 + SPREAD), 3)
        parts.append((component, material, mass, hazardous))
        if column in RECOVERED:
            elements[column] = mass
    return Bill(tuple(parts), {name: round(mass, 3) for name, mass in elements.items()}, round(sum(mass for _c, _m, mass, _h in parts), 3))
