"""This module is in charge of what observations of a pack add to its rows: measurements, safety events, and the recalls that it is under."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resolvers.ledger.rows import Event, Health, SafetyEvent
from resolvers.ledger.states import IllegalEvent, Status

if TYPE_CHECKING:
    # It calls this module.
    from resolvers.ledger.fold import Fold

# Rows of a number below this one were there without an event, and are facts; the others follow from the pack's events.
FROM_EVENTS: Final = 1_000_000


def measured(fold: Fold, event: Event, _before: Status | None) -> None:
    """HEALTH_MEASURED: a row of battery.health."""
    told = event.details
    row = Health(
        fold.facts.code, FROM_EVENTS + event.seq, event.occurred_at, event.recorded_at, event.reporter, told["stateOfHealth"], told.get("cycleCount"),
        told.get("remainingEnergyKwh"), told.get("internalResistanceMilliohm"), told.get("temperatureMaxC"), told["method"],
    )  # fmt: skip
    fold.health.append(row)


def told_with(fold: Fold, event: Event, method: str) -> None:
    """The state of health that an event of another kind tells, as a measurement by that event; reports did not always have to tell it."""
    if (health := event.details.get("stateOfHealth")) is not None:
        row = Health(
            fold.facts.code, FROM_EVENTS + event.seq, event.occurred_at, event.recorded_at, event.reporter, float(health), None, None, None, None, method
        )  # fmt: skip
        fold.health.append(row)


def happened(fold: Fold, event: Event, _before: Status | None) -> None:
    """SAFETY_EVENT: a row of battery.safety_event."""
    told = event.details
    row = SafetyEvent(
        fold.facts.code, FROM_EVENTS + event.seq, event.occurred_at, event.recorded_at, event.reporter, told["kind"], told["severity"], told["description"]
    )  # fmt: skip
    fold.safety.append(row)


def recalled(fold: Fold, event: Event, _before: Status | None) -> None:
    """RECALLED: the pack is under a recall until its remedy is reported."""
    fold.recalls.add(event.details["recall"])


def remedied(fold: Fold, event: Event, _before: Status | None) -> None:
    """RECALL_REMEDIED: one recall less; raises IllegalEvent RECALL_UNKNOWN where the pack is not under it."""
    if event.details["recall"] not in fold.recalls:
        raise IllegalEvent("RECALL_UNKNOWN", f"{event.type} needs a recall of that number that the pack is under")
    fold.recalls.discard(event.details["recall"])
