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
    why = _reason(case, party, purpose)
    if why is None:
        return None
    provinces = (party.province,) if party is not None else ()
    return Found({"receiver": receiver, "purpose": purpose, **why}, provinces=provinces)


def _reason(case: Case, party: Party | None, purpose: str) -> dict[str, str] | None:
    if party is None:
        return {"reason": "NOT_REGISTERED"}
    if party.status != ACTIVE:
        return {"reason": "NOT_ACTIVE"}
    required = case.parameters.row("licence.required", purpose)
    if required is not None and not party.licensed(required.value, local_day(case.event.occurred_at)):
        return {"reason": "NO_LICENCE", "licence": required.value}
    return None
