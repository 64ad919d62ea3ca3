"""This module is in charge of the state machine of a pack, as data: which event leads from which state to which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from resolvers.ledger.events import EventType


class Status(StrEnum):
    """Where a pack stands in its life. Modules and cells follow it until it is dismantled; then each that was released has a life of its own."""

    CODED = "CODED"
    SOLD = "SOLD"
    INSTALLED = "INSTALLED"
    IN_SERVICE = "IN_SERVICE"
    SWAP_POOL = "SWAP_POOL"
    REMOVED = "REMOVED"
    IN_SCRAP_VEHICLE = "IN_SCRAP_VEHICLE"
    RETIRED = "RETIRED"
    IN_TRANSIT = "IN_TRANSIT"
    STORED = "STORED"
    GRADED = "GRADED"
    DISMANTLED = "DISMANTLED"
    REPROCESSED = "REPROCESSED"
    RECYCLED = "RECYCLED"
    DISPOSED = "DISPOSED"
    EXPORTED = "EXPORTED"
    MISSING = "MISSING"


TERMINAL: Final = frozenset({Status.DISMANTLED, Status.REPROCESSED, Status.RECYCLED, Status.DISPOSED, Status.EXPORTED})
# Somebody on the platform, and not a vehicle, has it in hand.
HELD: Final = frozenset({
    Status.CODED, Status.SOLD, Status.INSTALLED, Status.SWAP_POOL, Status.REMOVED, Status.IN_SCRAP_VEHICLE, Status.RETIRED,
    Status.STORED, Status.GRADED,
})  # fmt: skip
ALIVE: Final = frozenset(Status) - TERMINAL - {Status.MISSING}


class Standing(NamedTuple):
    """A pack's state, and the states it returns to when a hand-over is rejected and when it is found again.

    `released`: it is a module or cell that came out of a pack when that was dismantled. `sold_product`: it is a product of used batteries in its
    buyer's use, where no vehicle has it.
    """

    status: Status
    before_transit: Status | None = None
    before_missing: Status | None = None
    released: bool = False
    sold_product: bool = False


class IllegalEvent(ValueError):
    """An event that cannot happen where the pack stands. `code` is stable; the message names states and rules, never a party."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _moves() -> Mapping[tuple[EventType, Status], Status]:
    """The table of the domain reference, section 3, where one event and one state give the next state."""
    e, s = EventType, Status
    rows: tuple[tuple[EventType, frozenset[Status], Status | None], ...] = (
        (e.SOLD, frozenset({s.CODED}), s.SOLD),
        (e.INSTALLED, frozenset({s.SOLD}), s.INSTALLED),
        (e.VEHICLE_SOLD, frozenset({s.INSTALLED}), s.IN_SERVICE),
        (e.POOLED, frozenset({s.SOLD}), s.SWAP_POOL),
        (e.SWAP_IN, frozenset({s.SWAP_POOL}), s.IN_SERVICE),
        (e.SWAP_OUT, frozenset({s.IN_SERVICE}), s.SWAP_POOL),
        (e.MAINTAINED, frozenset({s.IN_SERVICE}), None),
        (e.OWNER_CHANGED, frozenset({s.IN_SERVICE, s.SWAP_POOL}), None),
        (e.REPLACED, frozenset({s.IN_SERVICE}), s.REMOVED),
        (e.REPLACED, frozenset({s.SOLD}), s.IN_SERVICE),
        (e.RETIRED, frozenset({s.REMOVED, s.SWAP_POOL}), s.RETIRED),
        (e.VEHICLE_SCRAPPED, frozenset({s.IN_SERVICE}), s.IN_SCRAP_VEHICLE),
        (e.PACK_DETACHED, frozenset({s.IN_SCRAP_VEHICLE}), s.RETIRED),
        (e.HANDED_OVER, frozenset({s.RETIRED, s.STORED, s.GRADED}), s.IN_TRANSIT),
        (e.RECEIVED, frozenset({s.IN_TRANSIT}), s.STORED),
        (e.GRADED, frozenset({s.STORED}), s.GRADED),
        (e.DISMANTLED, frozenset({s.GRADED, s.STORED}), s.DISMANTLED),
        (e.REPROCESSED, frozenset({s.GRADED}), s.REPROCESSED),
        (e.PRODUCT_SOLD, frozenset({s.CODED}), s.IN_SERVICE),
        # What is recycled after dismantling are its children; the pack is told with them.
        (e.RECYCLED, frozenset({s.GRADED, s.DISMANTLED}), s.RECYCLED),
        (e.DISPOSED, HELD, s.DISPOSED),
        # Waste is not exported: RETIRED and STORED have no such move.
        (e.EXPORTED, frozenset({s.CODED, s.SOLD, s.IN_SERVICE}), s.EXPORTED),
        (e.REPORTED_MISSING, ALIVE, s.MISSING),
        (e.HEALTH_MEASURED, ALIVE, None),
        (e.SAFETY_EVENT, ALIVE | {s.MISSING}, None),
        (e.RECALLED, ALIVE | {s.MISSING}, None),
        (e.RECALL_REMEDIED, ALIVE | {s.MISSING}, None),
        (e.FOUND_ABANDONED, ALIVE | {s.MISSING}, None),
        # What drives or stands in service has a custodian, too, where it is a swap model's pack or a product; of others nobody could ask.
        (e.TAKE_BACK_REQUESTED, HELD | {s.IN_SERVICE}, None),
        (e.TAKE_BACK_ACCEPTED, ALIVE | {s.MISSING}, None),
        (e.TAKE_BACK_REFUSED, ALIVE | {s.MISSING}, None),
    )
    return MappingProxyType({(event, origin): to or origin for event, origins, to in rows for origin in origins})


MOVES: Final = _moves()
_BEGINNINGS: Final = MappingProxyType({
    EventType.PRODUCED: Standing(Status.CODED),
    EventType.IMPORTED: Standing(Status.CODED),
    # Who dismantled what it was in has it in store.
    EventType.RELEASED: Standing(Status.STORED, released=True),
})  # fmt: skip


@lru_cache(maxsize=4096)
def next_state(standing: Standing | None, event: EventType, *, into_vehicle: bool = False, taken: bool = False) -> Standing:
    """Where the pack stands after the event; None stands for a code nobody has reported yet.

    `into_vehicle` tells the two ways of REINSTALLED apart: into a vehicle, or into a swap pool; `taken` those of FOUND_ABANDONED: somebody
    is to take the pack, or it was only seen. Raises IllegalEvent.
    """
    if standing is None:
        if event not in _BEGINNINGS:
            raise IllegalEvent("NOT_CODED", f"{event} needs a pack that was produced or imported")
        return _BEGINNINGS[event]
    status = _special(standing, event, into_vehicle) or MOVES.get((event, standing.status))
    if status is None:
        raise IllegalEvent("ILLEGAL_TRANSITION", f"{event} cannot follow {standing.status}")
    if event is EventType.FOUND_ABANDONED and taken:
        return Standing(Status.STORED, released=standing.released)
    if status is standing.status:
        return standing
    if event is EventType.HANDED_OVER:
        return Standing(status, standing.status, None, standing.released, standing.sold_product)
    if event is EventType.PRODUCT_SOLD:
        return standing._replace(status=status, sold_product=True)
    if event is EventType.REPORTED_MISSING:
        return standing._replace(status=status, before_missing=standing.status)
    # Not _replace, which takes four times as long: every event comes by here.
    return Standing(status, standing.before_transit, None, standing.released, standing.sold_product)


def possible(standing: Standing | None) -> tuple[EventType, ...]:
    """What could follow where the pack stands, in the order of the register."""
    if standing is None:
        return (EventType.PRODUCED, EventType.IMPORTED)
    return tuple(event for event in EventType if _can(standing, event))


def _can(standing: Standing, event: EventType) -> bool:
    return (event, standing.status) in MOVES or _special(standing, event, True) is not None


def _special(standing: Standing, event: EventType, into_vehicle: bool) -> Status | None:
    """Where the event leads by more than the status; None where MOVES alone says it, or nothing does."""
    told = _SPECIAL.get((event, standing.status))
    return told(standing, into_vehicle) if told is not None else None


def _before_transit(standing: Standing, _into_vehicle: bool) -> Status | None:
    return standing.before_transit


def _before_missing(standing: Standing, _into_vehicle: bool) -> Status | None:
    return standing.before_missing


def _reinstalled(_standing: Standing, into_vehicle: bool) -> Status | None:
    return Status.IN_SERVICE if into_vehicle else Status.SWAP_POOL


def _recycled(standing: Standing, _into_vehicle: bool) -> Status | None:
    """Children of what was dismantled go into a batch as they are; anything else that is in store is graded first."""
    return Status.RECYCLED if standing.released else None


def _retired(standing: Standing, _into_vehicle: bool) -> Status | None:
    """What stands in no vehicle is not removed from one before it is retired."""
    return Status.RETIRED if standing.sold_product else None


_SPECIAL: Final[Mapping[tuple[EventType, Status], Callable[[Standing, bool], Status | None]]] = MappingProxyType({
    (EventType.REJECTED, Status.IN_TRANSIT): _before_transit,
    (EventType.FOUND, Status.MISSING): _before_missing,
    (EventType.REINSTALLED, Status.REMOVED): _reinstalled,
    (EventType.RECYCLED, Status.STORED): _recycled,
    (EventType.RETIRED, Status.IN_SERVICE): _retired,
})  # fmt: skip
