"""This module is in charge of R04 UNREGISTERED_RECEIVER: a pack was handed to somebody who may not take it."""

from __future__ import annotations

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case, Party
from resolvers.ledger.findings.finding import Found

ACTIVE = "ACTIVE"


def unregistered_receiver(case: Case) -> Found | None:
    """Handed over to who is not on the platform, is not active, or has no licence for the activity on that day.

    Which activity a purpose asks a licence for is the rule table's (`licence.required`).
    """
    receiver = case.event.counterparty
    if case.kind is not EventType.HANDED_OVER or receiver is None:
        return None
    if case.refused is not None and (case.before is None or case.before.holder != case.event.reporter):
        # Who does not hold the pack hands nothing over.
        return None
    purpose = case.event.details.get("purpose") or ""
    party = case.known.parties.get(receiver)
    reason = _reason(case, party, purpose)
    if reason is None:
        return None
    provinces = (party.province,) if party is not None else ()
    return Found(f"handed over to an enterprise that {reason[1]}", {"receiver": receiver, "purpose": purpose, "reason": reason[0]}, provinces=provinces)


def _reason(case: Case, party: Party | None, purpose: str) -> tuple[str, str] | None:
    if party is None:
        return "NOT_REGISTERED", "is not on the platform"
    if party.status != ACTIVE:
        return "NOT_ACTIVE", "is not active"
    required = case.parameters.row("licence.required", purpose)
    if required is not None and not party.licensed(required.value, local_day(case.event.occurred_at)):
        return "NO_LICENCE", f"had no licence for {required.value} on that day"
    return None
