"""This module is in charge of R22 WASTE_EXPORT: somebody meant to export a used pack that is waste."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case
from resolvers.ledger.findings.finding import Found
from resolvers.ledger.states import Status

# RETIRED and STORED by the domain's rule; on the way between them, or graded there, the pack is the same waste.
WASTE: Final = frozenset({Status.RETIRED, Status.STORED, Status.IN_TRANSIT, Status.GRADED})


def waste_export(case: Case) -> Found | None:
    """`EXPORTED` was reported of a pack that is waste. The ledger refuses the event; the attempt is what is found."""
    before = case.before
    if case.kind is not EventType.EXPORTED or before is None or before.status not in WASTE:
        return None
    figures = {"status": str(before.status), "country": case.event.details.get("country")}
    retired = case.last(EventType.RETIRED, EventType.PACK_DETACHED)
    return Found(figures, (retired.seq,) if retired is not None else ())
