"""This module is in charge of what the rules are shown of a refusal, where that is not what its sender is told: whether there is a vehicle of that VIN."""

from __future__ import annotations

from collections.abc import Collection

from resolvers.ledger.fold import Fold
from resolvers.ledger.recording.authority import holds, is_out, related, unrelated_to
from resolvers.ledger.recording.refusals import VEHICLE_UNKNOWN
from resolvers.ledger.recording.report import Report, Reporter


def shown(fold: Fold, report: Report, reporter: Reporter, refused: str, vins: Collection[str]) -> str:
    """The code for the rules of what was refused under that code; `vins` are of the vehicles that there are.

    R16 is about vehicles that are not there, whatever else was wrong. Of one that is there it is said what the reporter lacked: it is told of others' vehicles
    what it is told of none.
    """
    if report.vin is None or report.corrects is not None or is_out(fold, report) or not related(fold, reporter):
        return refused
    if report.vin not in vins:
        return VEHICLE_UNKNOWN.code if report.vehicle is None else refused
    return unrelated_to(report).code if refused == VEHICLE_UNKNOWN.code and not holds(fold, report, reporter) else refused
