"""This module is in charge of what the fold is given beside events: the pack's unchanging facts, and what it has to look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple


class PackFacts(NamedTuple):
    """What a pack is from its first day: the columns of battery.pack that no event changes."""

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
    is_product: bool = False
    other_scheme: str | None = None
    other_value: str | None = None


class VehicleFacts(NamedTuple):
    """What the fold asks of a vehicle. `province` is that of registration, known from `sold_at` on."""

    automaker: str
    powertrain: str
    swap_model: bool
    produced_on: date
    province: str | None = None
    sold_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the fold has to look up: the province of each enterprise by credit code, and each vehicle by VIN."""

    provinces: Mapping[str, str]
    vehicles: Mapping[str, VehicleFacts]
