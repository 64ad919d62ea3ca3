"""This module is in charge of what is asked of a report beside where its battery stands: parties that are there, figures a battery can have, and fields of use
that a product may be sold into."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import AUTHORITIES, EventType
from resolvers.ledger.products.checks import refused_sale
from resolvers.ledger.products.standards import load_standards
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.plausible import implausible_end
from resolvers.ledger.recording.report import Refused, Report, Reporter
from resolvers.ledger.recording.seen import Seen

# The other party takes the pack, or is asked to; where it is a buyer of a vehicle or a product it need not be registered.
_NEEDS_PARTY: Final = frozenset({EventType.SOLD, EventType.HANDED_OVER})


def unknown_party(report: Report, reporter: Reporter, seen: Seen) -> Refused | None:
    """Whether the parties are on the platform. An authority is not of the registry, and never becomes custodian."""
    own = seen.enterprises.get(reporter.party)
    if (own is None or not own.active) and not reporter.roles <= AUTHORITIES:
        return refusals.REPORTER_UNKNOWN
    other = report.counterparty
    if report.type is EventType.REPLACED and not _is_active(report.details.get("receiver", reporter.party), seen):
        return refusals.PARTY_UNKNOWN
    if other is None:
        return refusals.PARTY_UNKNOWN if report.type in _NEEDS_PARTY else None
    if other == reporter.party:
        return refusals.PARTY_ITSELF
    return None if _is_active(other, seen) else refusals.PARTY_UNKNOWN


def unlike_battery(life: Life, report: Report, seen: Seen) -> Refused | None:
    """Whether a product may go into the field of use that its sale names; whether a battery can weigh what is told of it, and be fetched on the day."""
    return _unsaleable(life, report, seen) or implausible_end(report, life.facts, seen.rules.on(local_day(report.occurred_at)))


def _is_active(party: str, seen: Seen) -> bool:
    found = seen.enterprises.get(party)
    # An authority holds no batteries.
    return found is not None and found.active and not found.authority


def _unsaleable(life: Life, report: Report, seen: Seen) -> Refused | None:
    if report.type is EventType.SOLD and life.facts.is_product and not report.is_correction:
        return refusals.IS_A_PRODUCT
    if report.type is not EventType.PRODUCT_SOLD:
        return None
    if not life.facts.is_product:
        return refusals.NOT_A_PRODUCT
    day, details = local_day(report.occurred_at), report.details
    buyer = report.counterparty or details.get("buyerName")
    standard = details.get("standard") or life.whole()[0].details.get("standard")
    wrong = refused_sale(details.get("fieldOfUse"), standard, buyer, day, load_standards(), seen.rules.on(day))
    return Refused(wrong.code, f"{wrong.field}: {wrong.message}.") if wrong is not None else None


def sender_of(life: Life, report: Report) -> str | None:
    """Whose offer the report answers; of a correction, whose the corrected event did."""
    if report.corrects is not None:
        return next((each.counterparty for each in life.whole() if each.seq == report.corrects), None)
    fold = life.fold
    return fold.custody[fold.pending].sender if fold.pending >= 0 else None
