"""This module is in charge of counted batteries: how many are in the caller's lists, by status."""

from __future__ import annotations

from typing import Final

import strawberry

from resolvers import battery as battery_rows
from resolvers.database import tables as t
from schema.bindings import Shape
from schema.enums import BatteryStatus
from schema.fields import column, lookup


@strawberry.type(description="How many batteries are somewhere in life.")
class BatteryCount:
    """Made by resolvers/database/view_counts.py."""

    status: BatteryStatus | None = column(t.PACK_COUNT, "status", "Where they stand in their life.")
    packs: int | None = column(t.PACK_COUNT, "packs", "How many.")


COUNTS: Final = lookup(
    battery_rows.view_counts,
    Shape.MANY,
    ("A",),
    "How many packs `batteries` lists for you, by status; exact, however many they are, and counted as events are recorded.",
)
