"""This module is in charge of claims: reports that were refused because somebody else has the battery, of what only who has it in hand can report.

By itself a claim says little: its sender may have read a wrong code, or have been faster than who handed the battery over. It is kept for what comes
to be known of the same days.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from resolvers.ledger.events import EventType
from resolvers.ledger.finding_rows import Claim
from resolvers.ledger.projection import is_absent

if TYPE_CHECKING:
    # It calls who calls this module.
    from resolvers.ledger.recording.afterwards import Attempt

# What nobody can report who does not have the battery, or the vehicle with the battery in it, before them. EXPORTED is R22's; what is sold is told by papers.
IN_HAND: Final = frozenset({
    EventType.INSTALLED, EventType.POOLED, EventType.SWAP_IN, EventType.SWAP_OUT, EventType.MAINTAINED, EventType.REPLACED, EventType.REINSTALLED,
    EventType.RETIRED, EventType.VEHICLE_SCRAPPED, EventType.PACK_DETACHED, EventType.HANDED_OVER, EventType.RECEIVED, EventType.GRADED,
    EventType.DISMANTLED, EventType.RECYCLED, EventType.DISPOSED,
})  # fmt: skip
ELSEWHERE: Final = frozenset({"NOT_CUSTODIAN", "NOT_RECEIVER", "NOT_AUTOMAKER", "NOT_IN_VEHICLE", "BATTERY_NOT_REPORTABLE"})
"""Refusals that say no more than that somebody else has it."""


def claims(attempts: tuple[Attempt, ...]) -> Iterator[Claim]:
    """The claims among what was refused. A correction says again what stands, and claims nothing."""
    for each in attempts:
        event = each.event
        if event.type in IN_HAND and each.refused in ELSEWHERE and event.corrects is None and not is_absent(event):
            yield Claim(event.code, event.reporter, event.type, event.occurred_at, event.recorded_at, event.vin, event.province, each.refused)
