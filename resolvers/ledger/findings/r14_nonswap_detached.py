"""This module is in charge of R14 NONSWAP_DETACHED: a pack left a vehicle that has to be scrapped with it."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case, Side
from resolvers.ledger.findings.finding import Found
from resolvers.ledger.states import Status

# What only somebody can report who has the pack in hand.
IN_HAND: Final = frozenset({EventType.RETIRED, EventType.PACK_DETACHED, EventType.HANDED_OVER, EventType.RECEIVED, EventType.GRADED, EventType.DISMANTLED})
IN_VEHICLE: Final = frozenset({Status.INSTALLED, Status.IN_SERVICE})


def nonswap_detached(case: Case) -> Found | None:
    """A vehicle that is no swap model lost its pack without a maintenance or replacement order, or before a scrapping firm took it in."""
    before = case.before
    if before is None or before.swap_model:
        return None
    if case.refused == "BATTERY_NOT_REPORTABLE" and case.event.vin != before.vin:
        # A stranger that names the vehicle has it before it; one that names none has said nothing of it.
        return None
    if not _told_apart(case, before):
        return None
    bound = case.last(EventType.INSTALLED, EventType.REINSTALLED, EventType.REPLACED, EventType.VEHICLE_SCRAPPED)
    evidence = (bound.seq,) if bound is not None else ()
    return Found({"status": str(before.status), "event": str(case.kind)}, evidence)


def _told_apart(case: Case, before: Side) -> bool:
    """Whether it left before a scrapping firm took the vehicle in, or was replaced without an order."""
    kind, event = case.kind, case.event
    if before.status in IN_VEHICLE and kind in IN_HAND:
        return True
    if kind is EventType.PACK_DETACHED and before.status is Status.IN_SCRAP_VEHICLE:
        scrapped = case.last(EventType.VEHICLE_SCRAPPED)
        if scrapped is not None and event.occurred_at < scrapped.occurred_at:
            return True
    return kind is EventType.REPLACED and before.status is Status.IN_SERVICE and not event.details.get("workOrder")
