"""This module is in charge of R02 DUP_CODE, by code: the same code was reported as produced, or released by dismantling, twice.

Two holders at once, and scans too far apart for the time between them, are told by sweeps over what was recorded.
"""

from __future__ import annotations

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case
from resolvers.ledger.findings.finding import Found

BEGINNINGS = (EventType.PRODUCED, EventType.IMPORTED, EventType.RELEASED)
LISTED_TWICE = "LISTED_TWICE"
"""Of what is no refusal to who sent it: a code of another's manufacturer code was told to be in a second battery."""
GIVEN, IN, GIVEN_BY = "givenCode", "givenAgainTo", "givenBy"
"""What is told to this rule of a code inside of a battery: the code and the battery that came second with it, or who told of that one."""


def duplicate_code(case: Case) -> Found | None:
    """A code that exists is reported as produced, imported or released by another reporter, or for another day; or as that of something in a second battery.

    The same report sent twice says the same thing twice, and is no finding. What is released comes out of another pack each time: that one ends with it, and
    the finding is on whom told of the later of the two packs, not on whom took it apart.
    """
    if case.kind not in BEGINNINGS or case.refused is None or (first := case.last(*BEGINNINGS)) is None:
        return None
    days = local_day(first.occurred_at), local_day(case.event.occurred_at)
    reporters = first.reporter != case.event.reporter
    released, inside = case.kind is EventType.RELEASED, GIVEN in case.event.details
    if not reporters and not released and not inside and days[0] == days[1]:
        return None
    figures = {"event": str(case.kind), "firstDay": days[0].isoformat(), "secondDay": days[1].isoformat(), "differentReporters": reporters}
    figures |= {name: case.event.details[name] for name in (GIVEN, IN) if name in case.event.details}
    party = case.event.details.get(GIVEN_BY)
    provinces = tuple(each for each in (case.known.province(first.reporter), case.known.province(party)) if each is not None)
    return Found(figures, (first.seq,), party, provinces)
