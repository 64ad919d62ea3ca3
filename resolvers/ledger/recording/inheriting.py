"""This module is in charge of what modules and cells are under because of what they came out of: its recalls, and its class of safety.

They are told of it when they are released. Of a pack that was taken apart safety events, recalls and remedies may be told late, and what was told of it may
be corrected: then their release is told again, as a correction of it, in the same transaction. So each life goes on following from its own events, at any past
moment as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

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
    """Whether it may change what holds of what came out of the battery."""
    return report.type in _PASSED_ON or (report.is_correction and report.type is EventType.RETIRED)


def came_out(parent: Life, stored: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """What may have come out of it, by its own lineage, of which a kept state has the first alone, and by what is stored."""
    yield from dict.fromkeys([*stored.get(parent.facts.code, ()), *(row.other for row in parent.fold.lineage if row.relation == PRODUCT)])


def told_again(item: Life, parent: Life, moment: datetime) -> Event | None:
    """The release of the item as it has to be told now; None where it was told so. Raises NotKept.

    A recall that the item's own events say to be remedied there stays with it: it is closed, whatever became of its number.
    """
    first, *later = effective(item.whole())
    remedied = {event.details["recall"] for event in later if event.type == EventType.RECALL_REMEDIED}
    recalls = parent.fold.recalls | remedied.intersection(first.details.get(RECALLS, ()))
    details = {name: value for name, value in first.details.items() if name not in (SAFETY_CLASS, RECALLS)} | holding(parent.safety_class, recalls)
    return None if details == first.details else first._replace(seq=item.last + 1, recorded_at=moment, corrects=first.seq, details=details)


def holding(safety_class: str, recalls: set[str]) -> dict[str, Any]:
    """The details of a release that say what holds of the item."""
    told: dict[str, Any] = {SAFETY_CLASS: safety_class} if safety_class != NORMAL else {}
    return told | ({RECALLS: sorted(recalls)} if recalls else {})
