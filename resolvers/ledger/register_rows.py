"""This module is in charge of the rows of lists that authorities keep, and that rules are held against."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple


class NormListing(NamedTuple):
    """enterprise.norm_listing"""

    uscc: str
    batch: str
    listed_on: date
    removed_on: date | None
    recorded_at: datetime


class SwapModel(NamedTuple):
    """vehicle.swap_model"""

    automaker: str
    model_name: str
    announced_on: date
    withdrawn_on: date | None
    recorded_at: datetime
