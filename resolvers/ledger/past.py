"""This module is in charge of the past of packs and vehicles: what of their events was known at a moment, and what those say that a party may see.

The rows of the past are made by the one fold (`projection.project`), of fewer events. Only the status, which everybody may read, is told by the events
that the party may see: of all of them it would tell that and when the others were reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.facts import Known
from resolvers.ledger.fold import Projection
from resolvers.ledger.projection import effective, moves_nothing, project
from resolvers.ledger.recording.seen import PackSeen
from resolvers.ledger.rows import Event, Vehicle
from resolvers.ledger.states import MOVES, IllegalEvent, Standing, Status, next_state


class Past(NamedTuple):
    """A pack as it was known at a moment: its rows, and the events that they follow from, corrected ones included."""

    rows: Projection
    events: tuple[Event, ...]


class Shown(NamedTuple):
    """The status that a party is shown, and since when the pack stands there by what the party may see."""

    status: Status
    since: datetime


def known_by(events: Sequence[Event], as_of: datetime) -> tuple[Event, ...]:
    """The events that were recorded by then, in order of seq; one that was recorded after them, by a clock that ran behind, is not known before they are."""
    found = list[Event]()
    for event in events:
        if event.recorded_at > as_of:
            break
        found.append(event)
    return tuple(found)


def past_of(seen: PackSeen, known: Known, as_of: datetime) -> Past | None:
    """The pack as of a moment; None where nobody had reported it. `known` holds of vehicles what was known then. Raises as `project` does."""
    events = known_by(seen.events, as_of)
    if not events:
        return None
    health = [row for row in seen.health if row.recorded_at <= as_of]
    safety = [row for row in seen.safety if row.recorded_at <= as_of]
    return Past(project(seen.facts, events, known, health, safety), events)


REGION: Final = "regionCode"
OWNER_KIND: Final = "ownerKind"
"""What VEHICLE_SOLD keeps of the vehicle's sale, in its details; a sale that was reported before it did is known as the vehicle has it."""


def vehicle_then(vehicle: Vehicle, first: datetime | None, events: Iterable[Event], as_of: datetime) -> Vehicle | None:
    """The vehicle as of a moment, from what it is now, when the first event that names it was recorded, and those that sold it and took it in, in the order in
    which they were recorded; None where it was not known.

    What an import said of it is of no event: that is known from the import on, and once an event has changed the vehicle, from the first that names it on.
    """
    told = list(events)
    known = [event for event in told if event.recorded_at <= as_of]
    if (first is None or first > as_of) and vehicle.recorded_at > as_of:
        return None
    if is_scrapped(told) and not is_scrapped(known):
        vehicle = vehicle._replace(scrapped_on=None)
    last, sale = _sale(told), _sale(known)
    if sale is last:
        return vehicle
    if sale is None:
        return vehicle._replace(sold_on=None, province=None, region_code=None, owner_kind=None)
    details = sale.details
    return vehicle._replace(sold_on=local_day(sale.occurred_at), province=sale.province, region_code=details.get(REGION), owner_kind=details.get(OWNER_KIND))


def is_scrapped(events: Iterable[Event]) -> bool:
    """Whether one of these events took a vehicle in for scrapping."""
    return any(event.type == EventType.VEHICLE_SCRAPPED for event in events)


def _sale(events: Iterable[Event]) -> Event | None:
    """The sale that stands: the first that was told, or the last correction. Of a bus every pack has one."""
    stands = None
    for event in events:
        if event.type == EventType.VEHICLE_SOLD and (stands is None or event.corrects is not None):
            stands = event
    return stands


def shown(events: Sequence[Event], among: Sequence[Event]) -> Shown | None:
    """Where the pack stands by these events alone, in order of seq: those that a party may see, `among` all that were known. None where none of them moves it.

    Of all events this is where the fold leaves the pack. Where some are missing, an event leads where it leads whatever came between.
    """
    standing: Standing | None = None
    since: datetime | None = None
    for event in effective(events, among):
        kind = EventType(event.type)
        if moves_nothing(event):
            continue
        after = _after(standing, event, kind)
        if after is None:
            continue
        if standing is None or after.status is not standing.status:
            since = event.occurred_at
        standing = after
    return Shown(standing.status, since) if standing is not None and since is not None else None


def _after(standing: Standing | None, event: Event, kind: EventType) -> Standing | None:
    try:
        return next_state(standing, kind, into_vehicle=event.vin is not None, taken=event.counterparty is not None)
    except IllegalEvent:
        return _arrived(standing, event, kind)


# Where these lead depends on where they come from; a pack that was put into no vehicle yet is put into one by its replacement of another.
_NEW: Final = frozenset({Status.CODED, Status.SOLD})


def _arrived(standing: Standing | None, event: Event, kind: EventType) -> Standing | None:
    """Where the event leads a pack of which something between is not seen."""
    if kind is EventType.REJECTED:
        return Standing(standing.before_transit) if standing is not None and standing.before_transit is not None else standing
    if kind is EventType.FOUND:
        return Standing(standing.before_missing) if standing is not None and standing.before_missing is not None else standing
    if kind is EventType.REPLACED:
        return Standing(Status.IN_SERVICE if standing is None or standing.status in _NEW else Status.REMOVED)
    if kind is EventType.REINSTALLED:
        return Standing(Status.IN_SERVICE if event.vin is not None else Status.SWAP_POOL)
    if kind is EventType.FOUND_ABANDONED:
        return Standing(Status.STORED) if event.counterparty is not None else standing
    before = standing.status if standing is not None else None
    if kind is EventType.HANDED_OVER:
        return Standing(Status.IN_TRANSIT, before_transit=before)
    if kind is EventType.REPORTED_MISSING:
        return Standing(Status.MISSING, standing.before_transit if standing is not None else None, before)
    ends = _ENDS[kind]
    return Standing(ends[0]) if len(ends) == 1 else standing


def _ends() -> dict[EventType, tuple[Status, ...]]:
    """The states that an event can lead to, whatever the state before."""
    found: dict[EventType, dict[Status, None]] = {kind: {} for kind in EventType}
    for (kind, _), after in MOVES.items():
        found[kind][after] = None
    return {kind: tuple(ends) for kind, ends in found.items()}


_ENDS: Final = _ends()
