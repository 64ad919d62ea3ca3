"""This module is in charge of what the graph says of a pack's condition: measurements and safety events; and of the ids that all facts below a pack have."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from resolvers import battery as battery_rows
from resolvers.database import tables as t
from resolvers.database.tables import Table
from schema.enums import SafetySeverity
from schema.fields import column, made


def fact_id(table: Table, name: str, description: str) -> Any:
    """The id of a fact: the same for the same party each time, of no meaning beside that."""
    return made(lambda reading, row: battery_rows.fact_id(reading, name, row), description, (table.column("seq"),))


@strawberry.type(description="A measurement of a pack's condition.")
class HealthRecord:
    """A row of battery.health."""

    id: strawberry.ID | None = fact_id(t.HEALTH, "health", "Its id for you.")
    occurred_at: datetime | None = column(t.HEALTH, "occurred_at", "When it was measured.")
    recorded_at: datetime | None = column(t.HEALTH, "recorded_at", "When it was reported.")
    state_of_health: float | None = column(t.HEALTH, "state_of_health", "Remaining capacity in percent of the rated one.")
    cycle_count: int | None = column(t.HEALTH, "cycle_count", "Full charge cycles by then.")
    remaining_energy_kwh: float | None = column(t.HEALTH, "remaining_energy_kwh", "Energy that a full pack still holds in kWh.")
    internal_resistance_milliohm: float | None = column(t.HEALTH, "internal_resistance_mohm", "Internal resistance in milliohm.")
    temperature_max_c: float | None = column(t.HEALTH, "temperature_max_c", "Highest cell temperature in degrees Celsius.")
    method: str | None = column(t.HEALTH, "method", "How it was measured.")


@strawberry.type(description="An accident or another safety event of a pack.")
class SafetyEvent:
    """A row of battery.safety_event."""

    id: strawberry.ID | None = fact_id(t.SAFETY_EVENT, "safety_event", "Its id for you.")
    occurred_at: datetime | None = column(t.SAFETY_EVENT, "occurred_at", "When it happened.")
    recorded_at: datetime | None = column(t.SAFETY_EVENT, "recorded_at", "When it was reported.")
    kind: str | None = column(
        t.SAFETY_EVENT, "kind", "What happened: COLLISION, THERMAL_ALARM, INSULATION_FAULT, WATER_INGRESS, LEAKAGE, THERMAL_RUNAWAY, or another word."
    )
    severity: SafetySeverity | None = column(t.SAFETY_EVENT, "severity", "How bad it was.")
    description: str | None = column(t.SAFETY_EVENT, "description", "What was reported about it.")
