"""Small worlds for the ledger's tests: six firms, three vehicles, and a book in which one pack's events are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from resolvers.ledger.events import EVENTS, EventType
from resolvers.ledger.projection import Known, PackFacts, Projection, VehicleFacts, project
from resolvers.ledger.rows import Event, Health, SafetyEvent

DAY_0 = datetime(2025, 1, 1, 8, tzinfo=UTC)
FACTS = PackFacts("PACK", "MODEL", "maker", "LFP", 60.0, 180.0, 333.0, 420.0, 104, date(2025, 1, 1))
PROVINCES = {"maker": "35", "oem": "31", "oem2": "50", "swap": "44", "repair": "44", "scrap": "43", "recycler": "42", "recycler2": "36"}
VEHICLES = {
    "CAR": VehicleFacts("oem", "BEV", False, date(2025, 1, 5), "44", DAY_0 + timedelta(days=12)),
    "CAR2": VehicleFacts("oem2", "BEV", False, date(2024, 1, 5), "51", DAY_0 - timedelta(days=100)),
    "SWAPCAR": VehicleFacts("oem", "BEV", True, date(2025, 1, 5), "44", DAY_0),
    "SWAPCAR2": VehicleFacts("oem2", "PHEV", True, date(2025, 1, 5), "32", DAY_0),
}
KNOWN = Known(PROVINCES, VEHICLES)


class Book:
    """The events of one pack, by day; each is recorded a day after it happened."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.health: list[Health] = []
        self.safety: list[SafetyEvent] = []

    def write(
        self, day: float, kind: EventType, by: str, /, to: str | None = None, vin: str | None = None, corrects: int | None = None, **details: Any
    ) -> Book:
        at = DAY_0 + timedelta(days=day)
        province = details.pop("province", PROVINCES.get(by))
        self.events.append(
            Event("PACK", len(self.events) + 1, kind, EVENTS[kind].category, at, at + timedelta(days=1), by, to, vin, province, None, False, corrects, details)
        )
        return self

    def measured(self, day: float, soh: float) -> Book:
        at = DAY_0 + timedelta(days=day)
        self.health.append(Health("PACK", len(self.health) + 1, at, at, "repair", soh, 100, soh * 0.6, None, None, "BMS_READ_OUT"))
        return self

    def project(self) -> Projection:
        return project(FACTS, self.events, KNOWN, self.health, self.safety)


def day(at: datetime | None) -> str:
    """A time as whole days since the first, "-" for none."""
    return "-" if at is None else f"{(at - DAY_0).total_seconds() / 86400:g}"


def told(projection: Projection) -> str:
    """The rows as text: what a reader would ask of each."""
    pack = projection.pack
    lines = [
        f"{pack.status} since {day(pack.status_since)}; custodian {pack.custodian}, before it {pack.prior_holder};"
        f" in {pack.province}, from {pack.origin_province}; vehicle {pack.vin}"
    ]
    lines += [
        f"custody {c.seq} {c.sender or '-'} -> {c.holder} {c.outcome} offered {day(c.offered_at)} held [{day(c.received_at)}, {day(c.until_at)})"
        for c in projection.custody
    ]
    lines += [f"in {i.vin} [{day(i.occurred_at)}, {day(i.removed_at)})" for i in projection.installations]
    grants = sorted(projection.access, key=lambda g: (g.relation, g.from_at, g.grantee))
    lines += [f"{g.relation} {g.grantee} [{day(g.from_at)}, {day(g.until_at)})" for g in grants]
    lines += [
        f"vehicle {g.vin} {g.relation} {g.grantee} [{day(g.from_at)}, {day(g.until_at)})"
        for g in sorted(projection.vehicle_access, key=lambda g: (g.vin, g.relation, g.from_at))
    ]
    return "\n".join(lines)
