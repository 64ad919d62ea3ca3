"""This module is in charge of corrections of recycling batches: the same items, with the figures that are right.

A correction is judged as the batch itself was: against what its items were before they went into it. It takes the place of the batch's event of every item,
and makes rows of its own (resolvers/ledger/recovery/batches.py); what was told before stays on record with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

from resolvers.ledger.events import EventType
from resolvers.ledger.projection import effective
from resolvers.ledger.recording import correcting, refusals
from resolvers.ledger.recording.authority import related
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.recycling import Item, recycled
from resolvers.ledger.recording.report import Refused, Report, Reporter
from resolvers.ledger.recording.seen import ReferenceSeen
from resolvers.ledger.recovery.batches import VERSION, batch_id, is_batch, version_of
from resolvers.ledger.rows import Event


def names_others(report: Report, corrected: ReferenceSeen | None) -> bool:
    """Whether it says of a batch, by its own reference of it, that the item by which that was reported did not go into it. No item is looked up for that: which
    of them there are it does not tell."""
    return corrected is not None and corrected.recorded.type == EventType.RECYCLED and corrected.recorded.code not in report.sources


def led(report: Report, reporter: Reporter, life: Callable[[str], Life | None]) -> Report:
    """The correction as one of the event of the item by which the batch was reported, where it names that of another item: both were told at once."""
    found = life(report.code)
    target = correcting.target_of(found, report) if found is not None else None
    if target is None or target.reporter != reporter.party or is_batch(target) or (version := version_of(target)) is None:
        return report
    others = (other for code in report.sources if (other := life(code)) is not None)
    whole = (event for other in others for event in other.whole() if is_batch(event) and version_of(event) == version)
    return next((replace(report, code=event.code, corrects=event.seq) for event in whole), report)


def another_batch(life: Life | None, report: Report, reporter: Reporter) -> Refused | None:
    """Why this is no correction of a batch: CORRECTION_REFUSED, or BATCH_INPUTS where it would be of another number, or of other items. `life` is the item's by
    which the batch was reported; to whom that is nothing it answers as it answers what is not there."""
    if life is None:
        return refusals.INPUT_UNKNOWN
    target = correcting.target_of(life, report)
    if target is None or target.type != EventType.RECYCLED or target.reporter != reporter.party or not is_batch(target):
        return refusals.CORRECTION if related(life.fold, reporter) else refusals.INPUT_UNKNOWN
    if correcting.is_corrected(life.whole(), target):
        return refusals.CORRECTED_BEFORE
    if target.details["batchId"] != batch_id(reporter.party, report.details["batch"]):
        return refusals.BATCH_NUMBER
    return None if {each["code"] for each in target.details["inputs"]} == set(report.sources) else refusals.BATCH_ITEMS


def items_before(report: Report, reporter: Reporter, life: Callable[[str], Life | None]) -> Callable[[str], Item | None]:
    """The items of the batch that is corrected as they were before they went into it."""
    name = batch_id(reporter.party, report.details["batch"])

    @cache
    def before(code: str) -> Item | None:
        found = life(code)
        if found is None or (told := _told(found, name)) is None:
            return None
        lived = effective(found.whole())
        return Item(found.facts, correcting.folded(found, lived[: lived.index(told)]))

    return before


def corrections(report: Report, reporter: Reporter, life: Callable[[str], Life | None]) -> list[Report]:
    """What is told of each item, first of the one by which the batch was reported: each takes the place of what was told of that item."""
    made = list[Report]()
    for each in recycled(report, reporter, life):
        found, name = life(each.code), each.details["batchId"]
        if found is not None and (told := _told(found, name)) is not None:
            version = 1 + sum(event.details.get("batchId") == name for event in found.whole())
            made.append(replace(each, corrects=told.seq, corrected=None, details={**each.details, VERSION: version}))
    return made


def displaces(
    told: Iterable[Report], reporter: Reporter, life: Callable[[str], Life | None], event: Callable[[Report, int], Event], codes: Sequence[str]
) -> Refused | None:
    """Why one of these may not take the place of what was told of its item before; `codes` are all items as the report names them."""
    for each in told:
        found = life(each.code)
        wrong = correcting.displaces(found, event(each, found.last + 1), each, reporter) if found is not None else None
        if wrong is not None:
            # Where it stood at that time is not where it stands.
            return wrong._replace(state=None, allowed=()).of_item("inputs", codes, each.code)
    return None


def _told(life: Life, name: str) -> Event | None:
    """The event by which the item stands in the batch."""
    return next((each for each in reversed(effective(life.whole())) if each.details.get("batchId") == name), None)
