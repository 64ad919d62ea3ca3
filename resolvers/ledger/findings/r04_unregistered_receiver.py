"""This module is in charge of R04 UNREGISTERED_RECEIVER: a pack was handed to somebody who may not take it."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.acceptance import Reason, lacks
from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case, Party
from resolvers.ledger.findings.finding import Found

# What is lacked, in the order in which it is said: of several the first alone.
_SAID: Final = ((Reason.NOT_ACTIVE, "NOT_ACTIVE"), (Reason.LICENCE_MISSING, "NO_LICENCE"), (Reason.ROLE_MAY_NOT_RECEIVE, "NO_ROLE"))


def unregistered_receiver(case: Case) -> Found | None:
    """Handed over to who is not on the platform, is not active, or on that day had no licence for the activity or none of the roles that take it.

    It is what `mayAccept` tells the receiver of itself (resolvers/ledger/acceptance.py): who may take what, and by which licence, is the rule table's
    (`receiver.role`, `licence.required`).
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
    found = {each.reason: each.licence for each in lacks(party, purpose, case.parameters)}
    said = next(((reason, word) for reason, word in _SAID if reason in found), None)
    if said is None:
        return None
    licence = found[said[0]]
    return {"reason": said[1], **({"licence": licence} if licence is not None else {})}
