"""This module is in charge of what cannot have happened to a vehicle: it was taken in for scrapping on a day before.

A battery that the vehicle came without stays bound to it: where it was taken out is told late, of a day until then, as is which battery was put into it
(fleet.py, of a correction here). Afterwards nobody works on the vehicle, takes a battery out of it, puts one in, or buys it. The day is held against the day
alone, as many a reporter knows no hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import AUTHORITIES, EventType
from resolvers.ledger.fold import Fold
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.allowed import stands
from resolvers.ledger.recording.authority import related, unrelated_to
from resolvers.ledger.recording.report import Refused, Report, Reporter
from resolvers.ledger.rows import Event, Vehicle

_OF_VEHICLE: Final = frozenset({EventType.VEHICLE_SOLD, EventType.MAINTAINED, EventType.REPLACED, EventType.OWNER_CHANGED})
"""What happens to a vehicle and its battery. A swap operator has its battery again, whatever became of the vehicle."""
_CORRECTED: Final = _OF_VEHICLE | {EventType.INSTALLED, EventType.SWAP_IN, EventType.REINSTALLED}


def outlives(fold: Fold, report: Report, reporter: Reporter, vehicles: Mapping[str, Vehicle], corrected: Event | None = None) -> Refused | None:
    """Why it cannot have happened on that day. That a vehicle was scrapped is told to who made it and to authorities that see it; to others the battery is in
    no such vehicle. A correction may leave what was taken once of the vehicle on its day."""
    vin = report.vin if corrected is not None and report.vin is not None else fold.vin if fold.bound >= 0 else None
    if (
        report.type not in (_OF_VEHICLE if corrected is None else _CORRECTED)
        or vin is None
        or (vehicle := vehicles.get(vin)) is None
        or vehicle.scrapped_on is None
    ):
        return None
    if report.type is EventType.OWNER_CHANGED and fold.holder is not None:
        # The battery's own owner, not the vehicle's.
        return None
    day = local_day(report.occurred_at)
    if day <= vehicle.scrapped_on or (corrected is not None and corrected.vin == report.vin and day <= local_day(corrected.occurred_at)):
        return None
    if corrected is None and not related(fold, reporter):
        return refusals.NOT_REPORTABLE
    if _sees(vehicle, reporter):
        return stands(fold, refusals.SCRAPPED_BY_THEN, reporter)
    return stands(fold, refusals.VEHICLE_UNKNOWN if report.vin is not None else unrelated_to(report), reporter)


def _sees(vehicle: Vehicle, reporter: Reporter) -> bool:
    if vehicle.automaker == reporter.party or reporter.roles & (AUTHORITIES - {"PR"}):
        return True
    return "PR" in reporter.roles and vehicle.province in reporter.jurisdiction
