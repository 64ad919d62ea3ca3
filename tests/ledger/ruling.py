"""Packs of a small world brought to where a rule looks at them, and the demo world's registry as rules look it up."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from resolvers.demo.world import World
from resolvers.ledger.enterprise_rows import Enterprise, EnterpriseRole, Licence
from resolvers.ledger.events import EVENTS, EventType
from resolvers.ledger.facts import Known as FoldKnown
from resolvers.ledger.facts import PackFacts, VehicleFacts
from resolvers.ledger.findings.case import Case, Known, LicenceSeen, Party, RoleSeen, VehicleSeen
from resolvers.ledger.findings.examine import arrival, examine
from resolvers.ledger.findings.finding import Finding
from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.fold import Fold
from resolvers.ledger.projection import apply
from resolvers.ledger.rows import Event, Pack, Vehicle
from resolvers.ledger.rules import load_rules
from tests.ledger.book import DAY_0, KNOWN, PROVINCES, VEHICLES, Book

TABLE = rule_table(load_rules())
CODE = "0A1PB3K00021A5F110000017"  # made on 2025-01-01
VIN = "LGXC76C32R0000017"
SWAP_VIN = "LSVFA49J2N2001234"
SCRAPPED_VIN = "LB37522S0S0007890"
LICENCE = LicenceSeen("COMPREHENSIVE_UTILIZATION", date(2024, 1, 1), date(2029, 1, 1))
ROLES = {"maker": "BM", "oem": "OEM", "oem2": "OEM", "swap": "SW", "repair": "RS", "scrap": "SD", "recycler": "CU", "recycler2": "CU"}


def in_role(*roles: str) -> tuple[RoleSeen, ...]:
    """These roles, had since before the world began."""
    return tuple([RoleSeen(each, date(2020, 1, 1), None) for each in roles])


CARS = {VIN: VEHICLES["CAR"], SWAP_VIN: VEHICLES["SWAPCAR"], SCRAPPED_VIN: VEHICLES["CAR2"]}
PARTIES = {
    **{name: Party(province, "ACTIVE", (LICENCE,) if "recycler" in name else (), in_role(ROLES[name])) for name, province in PROVINCES.items()},
    "closed": Party("42", "INACTIVE", (LICENCE,), in_role("CU")),
    "lapsed": Party("42", "ACTIVE", (LICENCE._replace(valid_to=date(2025, 2, 1)),), in_role("CU")),
}
FOLD_KNOWN = FoldKnown({**KNOWN.provinces, "closed": "42", "lapsed": "42", "stranger": "42"}, CARS)
REGISTRY = Known(PARTIES, {vin: VehicleSeen(car, DAY_0 + timedelta(days=5) if vin == SCRAPPED_VIN else None) for vin, car in CARS.items()})
FACTS = PackFacts(CODE, "MODEL", "maker", "LFP", 60.0, 180.0, 333.0, 420.0, 104, date(2025, 1, 1))
LATER = 100.0


def new() -> Book:
    """A pack that was produced on the day its code says."""
    return Book().write(0, EventType.PRODUCED, "maker")


def sold() -> Book:
    return new().write(2, EventType.SOLD, "maker", "oem")


def in_service() -> Book:
    return sold().write(8, EventType.INSTALLED, "oem", vin=VIN).write(20, EventType.VEHICLE_SOLD, "oem", vin=VIN)


def retired() -> Book:
    book = in_service().write(40, EventType.REPLACED, "repair", vin=VIN, newCode="OTHER", reason="WORN", workOrder="W0")
    return book.write(45, EventType.RETIRED, "repair", reason="WORN")


def stored() -> Book:
    handed = retired().write(50, EventType.HANDED_OVER, "repair", "recycler", purpose="UTILIZATION", filingNumber="F1")
    return handed.write(55, EventType.RECEIVED, "recycler", measuredMassKg=419.0)


def in_scrap_vehicle() -> Book:
    return in_service().write(60, EventType.VEHICLE_SCRAPPED, "scrap", vin=VIN, packFound=True)


STAGES = {stage.__name__: stage for stage in (Book, new, sold, in_service, retired, stored, in_scrap_vehicle)}


def case_of(book: Book, kind: EventType, by: str, to: str | None = None, vin: str | None = None, day: float = LATER, code: str = CODE, **details: Any) -> Case:
    """The case of one more event after those of the book; the world's law decides whether it is taken."""
    earlier = [each._replace(code=code) for each in book.events]
    fold = Fold(FACTS._replace(code=code), FOLD_KNOWN)
    for each in earlier:
        apply(fold, each)
    at = DAY_0 + timedelta(days=day)
    event = Event(code, len(earlier) + 1, kind, EVENTS[kind].category, at, at + timedelta(days=1), by, to, vin, PROVINCES.get(by), None, False, None, details)
    return arrival(fold, event, earlier, REGISTRY, TABLE)


def found(case: Case) -> tuple[Finding, ...]:
    return examine(case)


def registry_of(world: World) -> tuple[FoldKnown, Known]:
    """What the fold and the rules look up in a demo world."""
    licences: defaultdict[str, list[LicenceSeen]] = defaultdict(list)
    for row in world.of(Licence):
        licences[row.uscc].append(LicenceSeen(row.activity, row.valid_from, row.valid_to))
    roles: defaultdict[str, list[RoleSeen]] = defaultdict(list)
    for each in world.of(EnterpriseRole):
        roles[each.uscc].append(RoleSeen(each.role, each.valid_from, each.valid_to))
    parties = {row.uscc: Party(row.province, row.status, tuple(licences[row.uscc]), tuple(roles[row.uscc])) for row in world.of(Enterprise)}
    cars = {row.vin: VehicleFacts(row.automaker, row.powertrain, row.swap_model, row.produced_on) for row in world.of(Vehicle)}
    fold = FoldKnown({uscc: party.province for uscc, party in parties.items()}, cars)
    return fold, Known(parties, {vin: VehicleSeen(car) for vin, car in cars.items()})


def facts_of(pack: Pack) -> PackFacts:
    return PackFacts(*pack[:10], pack.is_product, pack.other_scheme, pack.other_value)
