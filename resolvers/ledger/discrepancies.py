"""This module is in charge of what the receiver of a hand-over finds to differ from what was offered: mass, condition, and what it says itself."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from resolvers.ledger.rows import Custody, Event

# The ledger keeps with the event what it was judged by: the rule table may change, what was found then does not.
TOLERANCE: Final = "massTolerance"
RULE: Final = "anomaly.hand_over_mass_difference"


class Discrepancy(StrEnum):
    """In what a hand-over differs from its offer."""

    MASS = "MASS"
    CONDITION = "CONDITION"
    STATED = "STATED"


def compared(offer: Custody, received: Event) -> Custody:
    """The leg of the offer as the receiver found it, in kg and as a ratio of the declared mass.

    Masses are compared where the event names a tolerance (`massTolerance`, a ratio), conditions where both sides named one.
    """
    told = received.details
    measured, found, stated = told.get("measuredMassKg"), told.get("condition"), told.get("discrepancy")
    # To a billionth: 408 kg for 400 kg is exactly 2 %, and not a little more.
    difference = round(measured / offer.declared_mass_kg - 1, 9) if measured is not None and offer.declared_mass_kg else None
    tolerance = told.get(TOLERANCE)
    differs = {
        Discrepancy.MASS: difference is not None and tolerance is not None and abs(difference) > tolerance,
        Discrepancy.CONDITION: found is not None and offer.declared_condition is not None and _plain(found) != _plain(offer.declared_condition),
        Discrepancy.STATED: stated is not None,
    }
    return offer._replace(
        received_at=received.occurred_at, measured_mass_kg=measured, found_condition=found, mass_difference=difference,
        discrepancies=tuple([str(each) for each, true in differs.items() if true]), discrepancy=stated,
    )  # fmt: skip


def _plain(condition: str) -> str:
    return " ".join(condition.casefold().split())
