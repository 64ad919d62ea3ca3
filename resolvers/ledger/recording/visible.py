"""This module is in charge of which events of a battery their reporter may go by: its own, those that name it, and those whose category a relation opens to it.

It is less than the lists of the graph show (docs/row-policy.md, section 5: windows of past custodians are not looked at), and never more: what is not visible
here may decide nothing that a refusal would tell.
"""

from __future__ import annotations

from functools import cache

from auth.entitlements import load_matrix
from resolvers.ledger.events import AUTHORITIES
from resolvers.ledger.fold import AUTOMAKER, CUSTODIAN, JURISDICTION, MAKER, Fold
from resolvers.ledger.recording.report import Reporter
from resolvers.ledger.rows import Event


def is_visible(event: Event, fold: Fold, reporter: Reporter) -> bool:
    """Whether the reporter may know of the event, by how the battery stands now (`fold`)."""
    if reporter.party in (event.reporter, event.counterparty):
        return True
    opened = _opened()
    return any((role, event.category, relation) in opened for role in reporter.roles for relation in _relations(fold, reporter))


def _relations(fold: Fold, reporter: Reporter) -> set[str]:
    found = {"all"} if reporter.roles & AUTHORITIES else set()
    if fold.facts.maker == reporter.party:
        found.add(MAKER)
    found.update(relation for relation in (AUTOMAKER, CUSTODIAN) if (reporter.party, relation) in fold.open)
    if any(("province:" + each, JURISDICTION) in fold.open for each in reporter.jurisdiction):
        found.add(JURISDICTION)
    return found


@cache
def _opened() -> frozenset[tuple[str, str, str]]:
    """Role, category and relation of what shows the events of the category: the matrix opens it whole, or, of vehicles, under a pseudonym."""
    rows = (each for each in load_matrix() if each.entity == "battery")
    return frozenset((each.role, each.category, each.relation) for each in rows if each.opening in (each.category, "D:pseudonym"))
