"""This module is in charge of the vehicles that a batch reports of: declared with their first pack, sold, taken in for scrapping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.facts import VehicleFacts
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.report import NewVehicle, Refused, Report, Reporter
from resolvers.ledger.recording.seen import NO_TIES, Ties, VehicleSeen
from resolvers.ledger.rows import Event, Vehicle

PUTS_IN: Final = frozenset({EventType.INSTALLED, EventType.SWAP_IN, EventType.REINSTALLED, EventType.REPLACED})
"""What puts a battery into a vehicle; REPLACED where it is in none."""
# Whose pack leaves a vehicle names it; what is wrong with the vehicle is found by where the pack is.
_SPEAKS_OF: Final = frozenset({EventType.INSTALLED, EventType.SWAP_IN})
# What its maker does with the vehicle, and by the day that it declared itself.
_MAKES: Final = frozenset({EventType.INSTALLED, EventType.VEHICLE_SOLD})


class Fleet:
    """The vehicles as the batch leaves them. `facts` is what folds look vehicles up in; it changes with every report."""

    def __init__(self, seen: Mapping[str, VehicleSeen], ties: Ties = NO_TIES) -> None:
        self._ties, self._told_of = ties, set[str]()
        self.rows: dict[str, Vehicle] = {vin: each.row for vin, each in seen.items()}
        self.facts: dict[str, VehicleFacts] = {vin: each.facts for vin, each in seen.items()}
        self._undone: list[tuple[str, Vehicle | None, VehicleFacts | None]] = []

    def mark(self) -> int:
        """What `back_to` goes back to."""
        return len(self._undone)

    def back_to(self, mark: int) -> None:
        """Undo what came after the mark; folds keep looking at the same mapping."""
        while len(self._undone) > mark:
            vin, row, facts = self._undone.pop()
            _restore(self.rows, vin, row)
            _restore(self.facts, vin, facts)

    def _remember(self, vin: str) -> None:
        """To be called before the vehicle is changed."""
        # What it was, and not a copy of the fleet for every report: that took as many times as long as a batch has reports.
        self._undone.append((vin, self.rows.get(vin), self.facts.get(vin)))

    def refusal(self, report: Report, reporter: Reporter, moment: datetime, *, inside: bool = False) -> Refused | None:
        """Whether the report fits the vehicle that it names; a vehicle that is declared with it is there from now on. `inside`: the battery is in a vehicle,
        and not put into this one. A vehicle that the reporter has nothing to do with is answered as one that is not there."""
        if report.vin is None:
            return refusals.VEHICLE_UNKNOWN if report.type in _SPEAKS_OF else None
        row = self.rows.get(report.vin)
        if report.vehicle is not None and report.vehicle.produced_on > local_day(moment):
            return refusals.VEHICLE_IN_FUTURE
        if report.type is EventType.INSTALLED and report.vehicle is not None and (row is None or row.automaker != reporter.party):
            # As if that of others were not there, until nothing else is wrong (`is_others`).
            if report.vehicle.produced_on > local_day(report.occurred_at):
                return refusals.VEHICLE_NOT_MADE
            self._declare(report.vin, report.vehicle, reporter, moment)
            return None
        puts_in = report.type in PUTS_IN and not inside
        if row is None or (puts_in and row.automaker != reporter.party and not self._is_tied(report)):
            return refusals.VEHICLE_UNKNOWN
        if report.vehicle is not None and report.vehicle != NewVehicle(row.model_name, row.powertrain, row.swap_model, row.produced_on):
            return refusals.VEHICLE_DIFFERS
        if report.sale is not None and row.region_code is not None and row.region_code != report.sale.region_code and report.corrects is None:
            return refusals.VEHICLE_DIFFERS
        if report.type in _MAKES and row.automaker == reporter.party and local_day(report.occurred_at) < row.produced_on:
            return refusals.VEHICLE_NOT_MADE
        scrapped_by_then = row.scrapped_on is not None and local_day(report.occurred_at) > row.scrapped_on
        if puts_in and scrapped_by_then and report.corrects is None:
            return refusals.VEHICLE_SCRAPPED if row.automaker == reporter.party else refusals.VEHICLE_UNKNOWN
        return None

    def is_others(self, vin: str | None, mark: int) -> bool:
        """Whether a vehicle was declared since the mark that somebody else made."""
        return any(each == vin and row is not None and row.automaker != self.rows[each].automaker for each, row, _facts in self._undone[mark:])

    def _is_tied(self, report: Report) -> bool:
        """Whether the reporter had to do with the vehicle that somebody else made, or names the battery that was in it before. A new vehicle is put together by
        its maker; the first battery of a swap model may be its operator's to tell."""
        if report.vin is None or report.type is EventType.INSTALLED:
            return False
        if report.type is EventType.SWAP_IN and report.vin in self._ties.empty:
            return True
        return report.vin in self._told_of or report.vin in self._ties.vins or (report.vin, report.details.get("oldCode")) in self._ties.were_in

    def follow(self, report: Report, event: Event) -> None:
        """What an accepted event changes of its vehicle."""
        row = self.rows.get(report.vin) if report.vin is not None else None
        if row is None:
            return
        self._told_of.add(row.vin)
        self._remember(row.vin)
        day = local_day(event.occurred_at)
        if report.sale is not None and (row.region_code is None or report.corrects is not None):
            province = report.sale.region_code[:2]
            row = row._replace(sold_on=day, province=province, region_code=report.sale.region_code, owner_kind=report.sale.owner_kind)
            self.facts[row.vin] = self.facts[row.vin]._replace(province=province, sold_at=event.occurred_at)
        if report.type is EventType.VEHICLE_SCRAPPED and row.scrapped_on is None:
            row = row._replace(scrapped_on=day)
        if row is not self.rows[row.vin]:
            self.rows[row.vin] = row._replace(recorded_at=event.recorded_at)

    def _declare(self, vin: str, vehicle: NewVehicle, reporter: Reporter, moment: datetime) -> None:
        self._remember(vin)
        self.rows[vin] = Vehicle(
            vin, reporter.party, vehicle.model_name, vehicle.powertrain, vehicle.swap_model, vehicle.produced_on, None, None, None, None, None,
            (reporter.party,), moment,
        )  # fmt: skip
        self.facts[vin] = VehicleFacts(reporter.party, vehicle.powertrain, vehicle.swap_model, vehicle.produced_on)


def _restore(mapping: dict[str, Any], vin: str, value: Any) -> None:
    if value is None:
        mapping.pop(vin, None)
    else:
        mapping[vin] = value
