"""This module is in charge of a scrapped vehicle as it is told of one battery: whether that was in it, and whether it may be told so where the battery stands.

A battery that was not in the vehicle, or in whose place another was, stays where it is: nobody gets custody of what it has not got. The event is marked for
the fold (`projection.is_absent`) when it is recorded, and not by what it says: what was recorded before it was so stands as it was taken, with what came after.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from resolvers.ledger.events import EventType
from resolvers.ledger.projection import ABSENT, effective
from resolvers.ledger.recording.allowed import stands
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.refusals import SCRAPPED_BEFORE
from resolvers.ledger.recording.report import Refused, Report, Reporter
from resolvers.ledger.rows import Vehicle
from resolvers.ledger.states import Status

OF_WHOLE: Final = "match"
"""In the details of a report that is part of one of the vehicle with all of its packs (together.py), which looked up what was in it."""


def marked(report: Report) -> Report:
    """The report, marked where it says that the battery was not in the scrapped vehicle: none was, or the code of another was read off."""
    if report.type is not EventType.VEHICLE_SCRAPPED or ABSENT in report.details:
        return report
    found = report.details.get("codeFound")
    if report.details.get("packFound") is not False and found in (None, report.code):
        return report
    return replace(report, details={**report.details, ABSENT: True})


def is_absent(report: Report) -> bool:
    """Whether it says that a scrapped vehicle came without the battery."""
    return report.type is EventType.VEHICLE_SCRAPPED and report.details.get(ABSENT) is True


def misplaced(life: Life, report: Report, reporter: Reporter, vehicle: Vehicle | None) -> Refused | None:
    """Why a vehicle cannot be told to have come without the battery: that is in a yard or was taken out by now, as if the vehicle had come with it; or the
    reporter told of the vehicle before. What another firm told of it is not told."""
    standing = life.fold.standing
    if not is_absent(report) or OF_WHOLE in report.details or standing is None:
        return None
    where = standing.before_missing if standing.status is Status.MISSING else standing.status
    if where is not Status.IN_SERVICE:
        return stands(life.fold, Refused("ILLEGAL_TRANSITION", f"{report.type} cannot follow {standing.status}."), reporter)
    if vehicle is None or vehicle.scrapped_on is None:
        return None
    before = any(each.type == report.type and each.vin == report.vin and each.reporter == reporter.party for each in effective(life.whole()))
    return SCRAPPED_BEFORE if before else None
