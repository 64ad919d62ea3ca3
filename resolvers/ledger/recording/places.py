"""This module is in charge of places in vehicles: whether a place was free at the time at which a pack is told to have come into it, or to have left it.

Of packs that were in a place one after the other any may be told of first. So a place is judged as of the time that is told, never as of now: a pack may be
told late to have been where another is by now. Behind it nothing is told over: it left before the next one came, whenever that is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from resolvers.ledger.events import EventType
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.seen import Stay
from resolvers.ledger.rows import Installation

PLACING: Final = frozenset({EventType.INSTALLED, EventType.SWAP_IN, EventType.REINSTALLED, EventType.REPLACED, EventType.SWAP_OUT})
"""What is held to the places of a vehicle. What a scrapping firm takes out of a vehicle was in it, whatever others told of the place."""


def stays_of(rows: Iterable[Installation]) -> list[Stay]:
    """The stays in vehicles that these rows say."""
    return [Stay(row.code, row.seq, row.vin, row.position, row.occurred_at, row.removed_at) for row in rows]


def told_of(life: Life, stored: Iterable[Stay]) -> list[Stay]:
    """The pack's stays by what is told of it by now; what its kept state leaves out is as it is stored."""
    told = stays_of(life.fold.installations)
    if life.base is None:
        return told
    numbers = {each.number for each in told}
    return told + [each for each in stored if each.code == life.facts.code and each.number not in numbers]


def is_crowded(before: Sequence[Stay], after: Sequence[Stay], others: Callable[[str], Iterable[Stay]]) -> bool:
    """Whether a place was another pack's at the time at which the pack is told now to have been in it; `others` are the stays of other packs, by VIN."""
    return any(is_taken(each, before, after, others(each.vin)) for each in changed(before, after))


def changed(before: Iterable[Stay], after: Iterable[Stay]) -> list[Stay]:
    """The stays that are not as they were."""
    known = {_times(each) for each in before}
    return [each for each in after if _times(each) not in known]


def is_taken(stay: Stay, before: Sequence[Stay], after: Iterable[Stay], others: Iterable[Stay]) -> bool:
    """Whether another pack was in the place when this one came, or came into it while this one was there. `before` and `after` are the pack's own stays as they
    were told until now, and with the report: a stay that begins as it did is not judged anew for that."""
    here = [each for each in others if _place(each) == _place(stay)]
    own = [each for each in before if _place(each) == _place(stay)]
    begun = [each.since for each in (*here, *own)]
    # A stay that stands as it did is another one, though it may have begun at the same moment.
    stands = {_times(each) for each in after}
    known = {each.since for each in own if _times(each) not in stands}
    if stay.since not in known and any(_has(each, stay.since, begun) for each in here):
        return True
    # For no time at all a pack was in nobody's way.
    return stay.until is not None and any(stay.since < each.since < stay.until and each.since != each.until for each in here)


def _has(stay: Stay, moment: datetime, begun: Sequence[datetime]) -> bool:
    """Whether the pack was there at the moment; one that was not told to have left was out when the next one came."""
    until = stay.until or min((each for each in begun if each > stay.since), default=None)
    return stay.since <= moment and (until is None or moment < until)


def _place(stay: Stay) -> tuple[str, int]:
    return stay.vin, stay.position


def _times(stay: Stay) -> tuple[str, int, datetime, datetime | None]:
    return stay.vin, stay.position, stay.since, stay.until
