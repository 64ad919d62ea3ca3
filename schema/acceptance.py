"""This module is in charge of what a party is told that asks whether it may take a pack."""

# Types made by a function stand in annotations here, for Strawberry to read.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

import strawberry

from schema.enums import AcceptancePurpose, AcceptanceReason
from schema.fields import answered
from schema.scalars import BatteryCode


@strawberry.type(description="Whether a party may take a pack.")
class Acceptance:
    """Made by resolvers/database/acceptance.py."""

    code: BatteryCode = answered("code", "The code that was asked about.")
    purpose: AcceptancePurpose = answered("purpose", "What it was asked for.")
    may_accept: bool = answered("mayAccept", "Whether it may be taken.")
    reasons: list[AcceptanceReason] = answered("reasons", "Why not; empty where it may.")
