"""This module is in charge of what a correction may change: what its reporter said itself, as far as nobody else has gone by it since.

A correction is judged as the event itself would have been, where it takes place. What another party did because of the corrected event stays done: where
that party would not have had the battery, or not so, the correction is refused; and what was declared with a hand-over stands once that was answered.
What the reporter told later itself is judged anew: where it could not have happened, or would not have been its reporter's to tell, it is in the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from resolvers.ledger.events import OBSERVATIONS, EventType
from resolvers.ledger.fold import Fold
from resolvers.ledger.projection import apply, effective, is_absent, moves_nothing
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.authority import NEEDING, refusal
from resolvers.ledger.recording.beginnings import begun, children
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.report import Refused, Report, Reporter
from resolvers.ledger.recording.seen import Seen
from resolvers.ledger.recording.visible import is_visible
from resolvers.ledger.rows import Event
from resolvers.ledger.states import IllegalEvent, Status

_ANSWERS: Final = frozenset({EventType.RECEIVED, EventType.REJECTED})
_DECLARED: Final = ("purpose", "declaredMassKg", "condition", "fromRegion", "toRegion")
"""What the receiver of a hand-over answers to."""
_NEEDED_BY_NOTHING: Final = frozenset({EventType.HEALTH_MEASURED})
"""Of which the law asks nothing when it judges what came later. There are thousands in a life, and all others need not be gone through for one."""
_OF_BEGINNINGS: Final[Mapping[str, str]] = MappingProxyType({
    "model_id": "modelId", "mass_kg": "massKg", "nominal_energy_kwh": "nominalEnergyKwh", "produced_on": "occurredAt", "other_scheme": "otherScheme",
    "other_value": "otherValue",
})  # fmt: skip
"""The facts of a battery that its first report gives, with that report's fields."""


class _Situation(NamedTuple):
    """What others go by."""

    status: Status | None
    holder: str | None
    receiver: str | None
    vin: str | None


def target_of(life: Life, report: Report) -> Event | None:
    """The event that the report corrects; None where there is none such."""
    return next((each for each in life.whole() if each.seq == report.corrects), None)


def first_told(events: Sequence[Event], corrects: int | None) -> datetime | None:
    """When what a correction leads back to was recorded: that says whether it came late. None of what corrects nothing."""
    found = None
    while corrects is not None and 0 < corrects <= len(events):
        found = events[corrects - 1]
        corrects = found.corrects
    return found.recorded_at if found is not None else None


def is_corrected(events: Iterable[Event], target: Event) -> bool:
    """Whether a correction took the place of the event already."""
    return any(each.corrects == target.seq for each in events)


def changes_battery(life: Life, report: Report, reporter: Reporter, seen: Seen) -> Refused | None:
    """Why a beginning may not be corrected so: everything that came after is of a battery of this model, this mass and these modules."""
    made = begun(report, reporter, seen)
    if isinstance(made, Refused):
        return made
    other = next((name for name in _OF_BEGINNINGS if getattr(made.facts, name) != getattr(life.facts, name)), None)
    if other is not None:
        return refusals.of_battery(_OF_BEGINNINGS[other])
    told = children(report)
    if told.modules != life.children.modules:
        return refusals.of_battery("modules")
    return refusals.of_battery("cells") if told.cells != life.children.cells else None


def unrelated_then(life: Life, event: Event, report: Report, reporter: Reporter) -> Refused | None:
    """Why the reporter could not have reported this of the battery as it stood then; what a first event needs was asked of it already."""
    place = effective([*life.whole(), event]).index(event)
    wrong = refusal(folded(life, effective(life.whole())[:place]), report, reporter) if place else None
    # Who told the event itself has to do with the battery; that it named the vehicle may have been all.
    return refusals.VEHICLE_UNKNOWN if wrong == refusals.NOT_REPORTABLE and report.vin is not None else wrong


def displaces(life: Life, event: Event, report: Report, reporter: Reporter) -> Refused | None:
    """Why the reporter may not say this in the place of what it corrects; None where it may, or where the fold says what is wrong with the event itself."""
    old, new = effective(life.whole()), effective([*life.whole(), event])
    place = new.index(event)
    before, after = folded(life, old[:place]), folded(life, old[:place])
    # What a first event needs was asked of it already.
    wrong = (refusal(before, report, reporter) if place else None) or _undeclares(old[place], event, old[place + 1 :])
    if wrong is not None:
        return wrong
    if (wrong := _moved_past(life.fold, old, place, event, reporter)) is not None:
        return wrong
    if _applied(after, event) is not None or event.type in _NEEDED_BY_NOTHING:
        return None
    apply(before, old[place])
    return next((wrong for each in old[place + 1 :] if (wrong := _stands_against(each, event, before, after, reporter)) is not None), None)


def _moved_past(fold: Fold, old: Sequence[Event], place: int, event: Event, reporter: Reporter) -> Refused | None:
    """Why the time of the event may not be said to be that one; `fold` is of the battery now.

    What came next to it is in the way where it stands, if its reporter may know of that. If it may not, no time on that side is taken: a refusal tells that
    there is something, which the state tells as well, and not when that was.
    """
    if moves_nothing(event) or event.occurred_at == old[place].occurred_at:
        return None
    later = event.occurred_at > old[place].occurred_at
    beside = next((each for each in (old[place + 1 :] if later else reversed(old[:place])) if not moves_nothing(each)), None)
    if beside is None:
        return None
    if not is_visible(beside, fold, reporter):
        return refusals.LATER_HIDDEN if later else refusals.EARLIER_HIDDEN
    # What its reporter told itself is named by `_stands_against`; what came before, by the fold.
    return refusals.RELIED_ON if later and beside.reporter != reporter.party and beside.occurred_at < event.occurred_at else None


def _stands_against(later: Event, event: Event, before: Fold, after: Fold, reporter: Reporter) -> Refused | None:
    """Why this later event, which stands, leaves no room for the correction; both folds go on past it where it does.

    What others told is not named: of the reporter's own it is said which it is, and what would be wrong with it.
    """
    if later.reporter != reporter.party:
        return refusals.RELIED_ON if _goes_by(later, before, after) or _both(later, before, after) is not None else None
    if is_absent(event) and _goes_by(later, before, after):
        # What is done to a battery in hand is not done to one that was not there.
        return refusals.RELIED_ON_ABSENT
    told = _as_told(later)
    if later.type in NEEDING and (wrong := refusal(after, told, reporter)) is not None and refusal(before, told, reporter) is None:
        return refusals.stands_against(later.type, later.occurred_at, f"{wrong.code}, {wrong.message}")
    illegal = _both(later, before, after)
    return refusals.stands_against(later.type, later.occurred_at, f"{illegal.code}, {illegal}.") if illegal is not None else None


def _both(event: Event, before: Fold, after: Fold) -> IllegalEvent | None:
    """Let it happen in both; what is wrong with that after the correction."""
    apply(before, event)
    return _applied(after, event)


def _applied(fold: Fold, event: Event) -> IllegalEvent | None:
    try:
        apply(fold, event)
    except IllegalEvent as illegal:
        return illegal
    return None


def _as_told(event: Event) -> Report:
    """The event as its reporter would tell it today, as far as authority asks."""
    return Report(
        EventType(event.type), event.code, event.occurred_at, "", event.details, event.counterparty, event.vin, event.province, corrects=event.corrects
    )  # fmt: skip


def _undeclares(target: Event, event: Event, later: Iterable[Event]) -> Refused | None:
    """Whether what the sender declared would change after the receiver compared it with what it got."""
    if target.type != EventType.HANDED_OVER or not any(each.type in _ANSWERS for each in later):
        return None
    other = next((name for name in _DECLARED if target.details.get(name) != event.details.get(name)), None)
    return refusals.declared(other) if other is not None else None


def _goes_by(event: Event, before: Fold, after: Fold) -> bool:
    """Whether the event happened to a battery that stood otherwise; what was only seen of it goes by who had it, what was done to it
    by the vehicle that it was in."""
    if event.type == EventType.MAINTAINED:
        return before.was_in(event.vin) and not after.was_in(event.vin)
    if event.type in OBSERVATIONS or is_absent(event) or (event.type == EventType.FOUND_ABANDONED and event.counterparty is None):
        return event.reporter == before.holder != after.holder
    return _situation(before) != _situation(after)


def _situation(fold: Fold) -> _Situation:
    offer = fold.custody[fold.pending] if fold.pending >= 0 else None
    receiver = offer.holder if offer is not None and offer.outcome == "PENDING" else None
    return _Situation(fold.standing.status if fold.standing is not None else None, fold.holder, receiver, fold.vin if fold.bound >= 0 else None)


def folded(life: Life, events: Iterable[Event]) -> Fold:
    """The fold of the first of a life's effective events, which stand in their places, whatever their numbers."""
    fold = Fold(life.facts, life.known)
    for each in events:
        apply(fold, each)
    return fold
