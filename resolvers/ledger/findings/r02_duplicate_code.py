"""This module is in charge of R02 DUP_CODE, by code: the same code was reported as produced, or released by dismantling, twice.

Two holders at once, and scans too far apart for the time between them, are told by sweeps over what was recorded.
"""

from __future__ import annotations

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case
from resolvers.ledger.findings.finding import Found

BEGINNINGS = (EventType.PRODUCED, EventType.IMPORTED, EventType.RELEASED)


def duplicate_code(case: Case) -> Found | None:
    """A code that exists is reported as produced, imported or released by another reporter, or for another day.

    The same report sent twice says the same thing twice, and is no finding. What is released comes out of another pack each time: that one ends with it.
    """
    first = case.last(*BEGINNINGS)
    if case.kind not in BEGINNINGS or case.refused is None or first is None:
        return None
    days = local_day(first.occurred_at), local_day(case.event.occurred_at)
    reporters = first.reporter != case.event.reporter
    released = case.kind is EventType.RELEASED
    if not reporters and not released and days[0] == days[1]:
        return None
    figures = {"firstDay": days[0].isoformat(), "secondDay": days[1].isoformat(), "differentReporters": reporters}
    provinces = tuple(each for each in (case.known.province(first.reporter),) if each is not None)
    message = "a module or cell came out of a pack under a code that there was already" if released else "the same code was reported as produced twice"
    return Found(message, figures, (first.seq,), provinces=provinces)
