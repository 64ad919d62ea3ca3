"""This module is in charge of the fold: the ordered events of one pack in, every row that follows from them out.

Import, the write side and the demo all write through this one place, so it alone decides custody and grants. The law of
the grants is docs/row-policy.md, section 9: all times are occurredAt, intervals are half-open, and grants of jurisdiction,
automaker and maker never end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Final

from resolvers.ledger.deadlines import SHANGHAI
from resolvers.ledger.effects import EFFECTS
from resolvers.ledger.events import OBSERVATIONS, EventType, kind_of
from resolvers.ledger.facts import Known, PackFacts, VehicleFacts
from resolvers.ledger.fold import Fold, Projection, readers_of
from resolvers.ledger.recovery.batches import recovery_rows
from resolvers.ledger.rows import Event, Health, SafetyEvent
from resolvers.ledger.states import TERMINAL, IllegalEvent, Standing, Status, next_state

__all__ = ["ABSENT", "Known", "PackFacts", "Projection", "VehicleFacts", "effective", "is_absent", "moves_nothing", "project", "readers_of"]

ABSENT: Final = "absent"
"""In the details of VEHICLE_SCRAPPED: the vehicle came without this pack."""
_UNUSED: Final = frozenset({Status.CODED, Status.SOLD, Status.INSTALLED})
"""Where a pack stands that was in no service yet, to be worked on there; it does not come back here."""
_TOLD_LATE: Final = OBSERVATIONS - {EventType.TAKE_BACK_REQUESTED}
"""What may be told after the end of the pack's life, or while it is missing, of a time before; and that it was found, where nobody is to take it. A request
for take-back may not: nothing could be answered to it."""
_MAY_BE_SEEN: Final = OBSERVATIONS | {EventType.VEHICLE_SCRAPPED, EventType.FOUND_ABANDONED}
"""Types of what moves nothing, or may move nothing."""


def project(facts: PackFacts, events: Sequence[Event], known: Known, health: Sequence[Health] = (), safety: Sequence[SafetyEvent] = ()) -> Projection:
    """Fold the pack's events, in order of seq, into its rows. Pure; KeyError for a vehicle or enterprise that `known` lacks.

    Raises IllegalEvent: NOT_CODED, ILLEGAL_TRANSITION, NOT_CUSTODIAN, NOT_RECEIVER, NOT_SWAP_MODEL, OUT_OF_ORDER, MISSING_PARTY.
    """
    fold = Fold(facts, known)
    for event in effective(events):
        apply(fold, event)
    return fold.finish(health, safety, recovery_rows(events, facts.chemistry))


def effective(events: Sequence[Event], among: Sequence[Event] | None = None) -> list[Event]:
    """The events as corrected: a correction takes the place of what it corrects, and a correction of it the same place. Where the events are some of those
    `among` which they were told, what a correction leads back to need not be one of them, nor what is in between."""
    told = events if among is None else among
    if all(event.corrects is None for event in told):
        return list(events)
    place: dict[int, int] = {}
    for event in told:
        place[event.seq] = event.seq if event.corrects is None else place.get(event.corrects, event.corrects)
    out = {place[event.seq]: event for event in events}
    return [out[first] for first in sorted(out)]


def is_absent(event: Event) -> bool:
    """A vehicle was scrapped without this pack of its: nothing of the pack moves."""
    return event.type == EventType.VEHICLE_SCRAPPED and event.details.get(ABSENT) is True


def moves_nothing(event: Event) -> bool:
    """It is seen of the pack, said of it, or done to it where it is. It may be of any time since the day the pack was made, and what happened
    before it may be told after it; so no refusal depends on it, nor tells of it whom it is hidden from."""
    found = event.type == EventType.FOUND_ABANDONED and event.counterparty is None
    return found or is_absent(event) or event.type in OBSERVATIONS


def apply(fold: Fold, event: Event) -> None:
    """One more event of the pack; raises IllegalEvent as `project` does.

    Time does not go back. Events of one moment stand in the order in which they were told: many a reporter knows the day alone. What moves nothing is in no
    order: of two firms that worked on it either may report first, and neither knows what others told of it since.
    """
    kind = kind_of(event.type)
    seen = kind in _MAY_BE_SEEN and moves_nothing(event)
    absent = seen and kind is EventType.VEHICLE_SCRAPPED
    earliest = fold.first if seen else fold.at
    if seen and earliest is not None:
        # The day it was made is known to all who know the code. When it was released of what it came out of is not, and many may say what they saw or say of
        # it: where that were the limit, trying out moments would find it.
        earliest = min(earliest, datetime.combine(fold.facts.produced_on, time(), SHANGHAI))
    if earliest is not None and event.occurred_at < earliest:
        raise IllegalEvent("OUT_OF_ORDER", f"{event.type} is earlier than the {'day the battery was made' if seen else 'event before it'}")
    before = fold.standing
    if before is not None and (absent or _is_taken_late(fold, event, kind, before)):
        after = before
    else:
        after = next_state(before, kind, into_vehicle=event.vin is not None, taken=event.counterparty is not None)
    effect = EFFECTS.get(kind) if not absent else None
    if effect is not None:
        effect(fold, event, before.status if before is not None else None)
    if before is None or before.status is not after.status:
        fold.since = event.occurred_at
    fold.standing = after
    if before is not after:
        _stop(fold, event, before, after)
    if not seen:
        fold.first, fold.at = fold.first or event.occurred_at, event.occurred_at
    if fold.recorded is None or event.recorded_at > fold.recorded:
        fold.recorded = event.recorded_at


def _is_taken_late(fold: Fold, event: Event, kind: EventType, before: Standing) -> bool:
    """Whether it is taken wherever the pack stands by now."""
    told = kind in _TOLD_LATE or (kind is EventType.FOUND_ABANDONED and moves_nothing(event))
    return told and not (kind is EventType.MAINTAINED and before.status in _UNUSED) and not is_over(fold, event)


def is_over(fold: Fold, event: Event) -> bool:
    """Whether it happened after its reporter itself told that the pack was missing, or its life over. When others did is not its to know: it is held to what
    it told itself, and to nothing else."""
    return fold.stopped_by == event.reporter and fold.stopped_at is not None and event.occurred_at >= fold.stopped_at


def _stop(fold: Fold, event: Event, before: Standing | None, after: Standing) -> None:
    """What `is_over` goes by; what is recycled after it was dismantled was over before."""
    if after.status not in TERMINAL and after.status is not Status.MISSING:
        fold.stopped_at = fold.stopped_by = None
    elif before is None or before.status not in TERMINAL:
        fold.stopped_at, fold.stopped_by = event.occurred_at, event.reporter
