"""This module is in charge of what is told late of a battery, and cannot have been so by all that is known of it.

To refuse it would tell its reporter what is hidden from it: when the battery left the vehicle, or when its life ended. It is taken, and the rules are shown
what they would have been shown of a refusal (docs/findings.md); who told it is told nothing of that.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.events import EventType
from resolvers.ledger.fold import Fold
from resolvers.ledger.rows import Event
from resolvers.ledger.states import TERMINAL

_OF_ITS_DAY: Final = frozenset({EventType.HEALTH_MEASURED, EventType.SAFETY_EVENT, EventType.MAINTAINED, EventType.FOUND_ABANDONED})
"""What happens to a battery that is there. It may be recalled, and an answer be given, whatever became of it."""


def conflict(fold: Fold, event: Event) -> str | None:
    """The rule that an event which moves nothing breaks by what others told; None where it breaks none. Raises NotKept."""
    if event.type not in _OF_ITS_DAY or fold.standing is None:
        return None
    if fold.standing.status in TERMINAL and fold.stopped_at is not None and event.occurred_at >= fold.stopped_at:
        return "ILLEGAL_TRANSITION"
    if event.type != EventType.MAINTAINED or _was_there(fold, event):
        return None
    return "OUT_OF_ORDER" if fold.bound >= 0 and fold.vin == event.vin else "NOT_IN_VEHICLE"


def _was_there(fold: Fold, event: Event) -> bool:
    """Whether it was in the vehicle then that the event names."""
    stays = ((row.occurred_at, row.removed_at) for row in fold.installations if row.vin == event.vin)
    if any(start <= event.occurred_at and (until is None or event.occurred_at <= until) for start, until in stays):
        return True
    fold.need("installations")
    return False
