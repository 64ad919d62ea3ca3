"""This module is in charge of R17 IMPOSSIBLE_ORDER: events in an order that no pack can live, or a code older than its pack."""

from __future__ import annotations

from typing import Final

from resolvers.identifiers import IdentifierError, parse_battery_code
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case
from resolvers.ledger.findings.finding import Found
from resolvers.ledger.states import MOVES

ORDER: Final = frozenset({"OUT_OF_ORDER", "ILLEGAL_TRANSITION"})
BEGINNINGS: Final = frozenset({EventType.PRODUCED, EventType.IMPORTED})


def impossible_order(case: Case) -> Found | None:
    """The ledger refused the event for its place among the others; or the date in the code and that of production are too far apart.

    How far is the rule table's (`anomaly.code_date_difference`, in days).
    """
    if case.refused in ORDER and case.before is not None:
        late = case.refused == "OUT_OF_ORDER"
        if late and MOVES.get((case.kind, case.before.status)) is case.before.status:
            # What moves nothing can be told in any order; its reporter was only slower than another.
            return None
        latest = case.latest()
        evidence = (latest.seq,) if latest is not None else ()
        figures = {"status": str(case.before.status), "event": str(case.kind), "refused": case.refused}
        return Found(figures, evidence)
    if case.kind in BEGINNINGS and case.refused is None:
        return _dates(case)
    return None


def _dates(case: Case) -> Found | None:
    try:
        coded = parse_battery_code(case.event.code).produced_on
    except IdentifierError:
        return None
    made = local_day(case.event.occurred_at)
    apart, most = abs((made - coded).days), case.parameters.limit("anomaly.code_date_difference")
    if most is None or apart <= most:
        return None
    figures = {"codeDate": coded.isoformat(), "producedOn": made.isoformat(), "days": apart, "most": most}
    return Found(figures)
