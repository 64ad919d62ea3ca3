"""This module is in charge of products made of used batteries, as they are reported: one report begins the product and ends what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from resolvers.identifiers import parse_battery_code
from resolvers.ledger.chemistries import MIXED, together
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.effects import SOURCES
from resolvers.ledger.events import EventType
from resolvers.ledger.products.checks import Source, refused_field, refused_sources
from resolvers.ledger.products.standards import load_standards
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.allowed import stands
from resolvers.ledger.recording.inheriting import of_sources_under
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.plausible import implausible_product
from resolvers.ledger.recording.report import Refused, Report, Reporter
from resolvers.ledger.recording.seen import PackSeen, Seen


def unusable(report: Report, reporter: Reporter, life: Callable[[str], Life | None], seen: Seen) -> Refused | None:
    """Why the product may not be made under its code, for its field or of these sources, with where the source stands that is wrong; None where it may."""
    if not parse_battery_code(report.code).reused:
        return refusals.PRODUCT_CODE
    day, details = local_day(report.occurred_at), report.details
    wrong = refused_field(details.get("fieldOfUse"), details.get("standard"), day, load_standards(), seen.rules.on(day))
    if wrong is None:
        sources = {code: _source(found) for code in report.sources if (found := life(code)) is not None}
        wrong = refused_sources(reporter.party, report.code, sources, report.sources)
    if wrong is not None:
        refused, source = Refused(wrong.code, f"{wrong.field}: {wrong.message}."), life(wrong.source) if wrong.source is not None else None
        return stands(source.fold, refused, reporter) if source is not None else refused
    return implausible_product(report.pack, [found.facts for code in report.sources if (found := life(code)) is not None], seen.rules.on(day))


def beginning(report: Report, life: Callable[[str], Life | None]) -> Report:
    """The product's first event: that it was produced, of what and for what, and under which recalls."""
    found = [source for code in report.sources if (source := life(code)) is not None]
    return replace(report, type=EventType.PRODUCED, details={**report.details, SOURCES: list(report.sources), **of_sources_under(found)})


def of_sources(new: PackSeen, report: Report, life: Callable[[str], Life | None]) -> PackSeen:
    """The new product, MIXED where what it is made of is of several chemistries, whatever its model says; anything else as it is."""
    sources = [found.facts.chemistry for code in report.sources if (found := life(code)) is not None]
    mixed = bool(sources) and together(sources) == MIXED
    return new._replace(facts=new.facts._replace(chemistry=MIXED)) if mixed else new


def endings(report: Report) -> Iterator[Report]:
    """What is told of each source: which product it went into."""
    for code in report.sources:
        yield replace(report, code=code, details={"productCode": report.code}, sources=(), pack=None)


def _source(life: Life) -> Source:
    assert life.fold.standing is not None
    return Source(life.fold.standing.status, life.fold.holder, life.fold.made_into)
