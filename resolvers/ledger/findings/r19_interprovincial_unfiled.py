"""This module is in charge of R19 INTERPROV_UNFILED: a pack left its province without the filing or approval that its purpose asks for."""

from __future__ import annotations

from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case
from resolvers.ledger.findings.finding import Found

NUMBERS = {"FILING": "filingNumber", "APPROVAL": "approvalNumber"}


def interprovincial_unfiled(case: Case) -> Found | None:
    """Handed over to another province without what the rule table asks for that purpose (`hand_over.interprovincial`): a
    filing number for utilization, an approval for storage and disposal."""
    if case.kind is not EventType.HANDED_OVER:
        return None
    known, details = case.known, case.event.details
    sent = details.get("fromProvince") or known.province(case.event.reporter)
    to = details.get("toProvince") or known.province(case.event.counterparty)
    required = case.parameters.row("hand_over.interprovincial", details.get("purpose") or "")
    if sent is None or to is None or sent == to or required is None or details.get(NUMBERS[required.value]):
        return None
    figures = {"from": sent, "to": to, "purpose": details.get("purpose"), "required": required.value}
    return Found(f"handed over to another province without a number of its {required.value.lower()}", figures, provinces=(sent, to))
