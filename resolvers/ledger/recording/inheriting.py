"""This module is in charge of what modules, cells and products are under because of what they came out of or were made of.

That is its recalls; of modules and cells, which are what they were, its class of safety as well, while a product was made anew and tested. They are told of it
when they begin. Of a pack that was taken apart, or made into something, safety events, recalls and remedies may be told late, and what was told of it may be
corrected: then their beginning is told again, as a correction of it, in the same transaction. So each life goes on following from its own events, at any past
moment as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from resolvers.ledger.effects import SOURCE_RECALLS, SOURCES
from resolvers.ledger.events import EventType
from resolvers.ledger.fold import NORMAL, PRODUCT
from resolvers.ledger.projection import effective
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.report import Report
from resolvers.ledger.rows import Event

SAFETY_CLASS: Final = "safetyClass"
RECALLS: Final = "recalls"
"""In the details of RELEASED: what holds of the battery that the item came out of, where anything does."""
_PASSED_ON: Final = frozenset({EventType.SAFETY_EVENT, EventType.RECALLED, EventType.RECALL_REMEDIED})
"""What may be told of a battery that was taken apart. How it was handled when it was retired is only corrected then."""


def is_passed_on(report: Report) -> bool:
    """Whether it may change what holds of what came out of the battery, or was made of it."""
    return report.type in _PASSED_ON or (report.is_correction and report.type is EventType.RETIRED)


def came_out(parent: Life, stored: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """What may have come of it, by its own lineage, of which a kept state has the first alone, and by what is stored."""
    yield from dict.fromkeys([*stored.get(parent.facts.code, ()), *(row.other for row in parent.fold.lineage if row.relation == PRODUCT)])


def sources_of(item: Life) -> Sequence[str]:
    """What it came out of, or was made of; of what was corrected, whose events are all known."""
    return (item.fold.parent,) if item.fold.parent is not None else effective(item.whole())[0].details.get(SOURCES, ())


def told_again(item: Life, source: Life, moment: datetime) -> Event | None:
    """The beginning of the item as it has to be told now, of that source; None where it was told so, or is of other sources. Raises NotKept.

    A recall that the item's own events say to be remedied there stays with it: it is closed, whatever became of its number.
    """
    first, *later = effective(item.whole())
    remedied = {event.details["recall"] for event in later if event.type == EventType.RECALL_REMEDIED}
    if item.fold.parent == source.facts.code:
        recalls = source.fold.recalls | remedied.intersection(first.details.get(RECALLS, ()))
        details = _without(first, SAFETY_CLASS, RECALLS) | holding(source.safety_class, recalls)
    elif source.facts.code in first.details.get(SOURCES, ()):
        told = dict(first.details.get(SOURCE_RECALLS, {}))
        recalls = source.fold.recalls | remedied.intersection(told.pop(source.facts.code, ()))
        details = _without(first, SOURCE_RECALLS) | _under(told | ({source.facts.code: sorted(recalls)} if recalls else {}))
    else:
        return None
    return None if details == first.details else first._replace(seq=item.last + 1, recorded_at=moment, corrects=first.seq, details=details)


def holding(safety_class: str, recalls: set[str]) -> dict[str, Any]:
    """The details of a release that say what holds of the item."""
    told: dict[str, Any] = {SAFETY_CLASS: safety_class} if safety_class != NORMAL else {}
    return told | ({RECALLS: sorted(recalls)} if recalls else {})


def of_sources_under(sources: Iterable[Life]) -> dict[str, Any]:
    """The details of a product's beginning that say which recalls its sources are under."""
    return _under({each.facts.code: sorted(each.fold.recalls) for each in sources if each.fold.recalls})


def _under(recalls: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {SOURCE_RECALLS: recalls} if recalls else {}


def _without(event: Event, *names: str) -> dict[str, Any]:
    return {name: value for name, value in event.details.items() if name not in names}
