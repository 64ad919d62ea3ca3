"""This module is in charge of R19 INTERPROV_UNFILED: a pack left its province without the filing or approval that its purpose asks for."""

from __future__ import annotations

from collections.abc import Iterator

from resolvers.ledger.events import EventType
from resolvers.ledger.findings.case import Case
from resolvers.ledger.findings.finding import Found

NUMBERS = {"FILING": "filingNumber", "APPROVAL": "approvalNumber"}


def interprovincial_unfiled(case: Case) -> Found | None:
    """Handed over to another province without what the rule table asks for that purpose (`hand_over.interprovincial`): a
    filing number for utilization, an approval for storage and disposal."""
    if case.kind is not EventType.HANDED_OVER:
        return None
    details = case.event.details
    required = case.parameters.row("hand_over.interprovincial", details.get("purpose") or "")
    crossed = next((each for each in _places(case) if None not in each and each[0] != each[1]), None)
    if crossed is None or required is None or details.get(NUMBERS[required.value]):
        return None
    sent, to = crossed
    figures = {"from": sent, "to": to, "purpose": details.get("purpose"), "required": required.value}
    provinces = tuple(each for each in crossed if each is not None)
    return Found(figures, provinces=provinces)


def _places(case: Case) -> Iterator[tuple[str | None, str | None]]:
    """From where to where: as was told, and by where the parties are registered, so that nobody tells a border away."""
    regions = [case.event.details.get(name) for name in ("fromRegion", "toRegion")]
    registered = [case.known.province(each) for each in (case.event.reporter, case.event.counterparty)]
    told = [region[:2] if region is not None else place for region, place in zip(regions, registered, strict=True)]
    yield told[0], told[1]
    yield registered[0], registered[1]
