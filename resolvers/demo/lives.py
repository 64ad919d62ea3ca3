"""This module is in charge of telling lives: packs and vehicles while their facts are invented, one after the other, up to the moment."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from resolvers.demo import names
from resolvers.demo.models import Catalogue, Design
from resolvers.demo.options import BEGINNING, WorldOptions
from resolvers.demo.registry import PROVINCES, Firm, Registry
from resolvers.identifiers import make_vin
from resolvers.ledger.deadlines import Deadlines, is_late, local_day
from resolvers.ledger.events import EVENTS, EventType
from resolvers.ledger.projection import VehicleFacts
from resolvers.ledger.rows import Event, Health, SafetyEvent

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
LATE_SHARE: Final = 0.025
DAY_S: Final = 86400
# Multiplied in half the time that it takes to make one.
SECOND: Final = timedelta(seconds=1)
LEAST: Final = 30 * SECOND
# A swap station reports its day in one batch.
PROMPT: Final = frozenset({EventType.SWAP_IN, EventType.SWAP_OUT})
PROVINCE_CODES: Final = tuple(PROVINCES)
PROVINCE_SUMS: Final = tuple(accumulate(PROVINCES.values()))
VIN_LETTERS: Final = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
OWNERS: Final = ("PRIVATE", "PRIVATE", "PRIVATE", "PRIVATE", "COMPANY", "RIDE_HAILING", "LEASING")
# One planted finding of each kind in about every sixth block (docs/demo-data.md).
TRICKS: Final = ("R01", "R04", "R06", "R08", "R11", "R11_MASS", "R12", "R13", "R17", "R19", "R23")
TRICK_SHARE: Final = 0.17


class Untold(Exception):
    """The next fact would be recorded after the moment: the life goes on, but nobody knows of it yet."""


class Planted(NamedTuple):
    """An anomaly put in on purpose: the finding it should give and the battery code or batch it is found at."""

    rule: str
    subject: str


@dataclass(slots=True, eq=False)
class Car:
    """A vehicle while its story is told."""

    vin: str
    automaker: Firm
    model_name: str
    powertrain: str
    swap_model: bool
    produced_at: datetime
    recorded_at: datetime
    sold_at: datetime | None = None
    scrapped_at: datetime | None = None
    province: str | None = None
    region: str | None = None
    owner_kind: str | None = None

    @property
    def facts(self) -> VehicleFacts:
        made = local_day(self.produced_at)
        return VehicleFacts(self.automaker.uscc, self.powertrain, self.swap_model, made, self.province, self.sold_at)


ANSWERS: Final = frozenset({EventType.RECEIVED, EventType.REJECTED})


class Life:
    """One pack: what was told of it so far, and where its story stands."""

    __slots__ = (
        "at", "block", "code", "cycles", "design", "events", "health", "number", "produced_on", "province", "rate", "recorded", "safety",
        "soh", "measured_at",
    )  # fmt: skip

    def __init__(self, block: Block, number: int, design: Design, produced_at: datetime) -> None:
        self.block, self.number, self.design = block, number, design
        self.produced_on = local_day(produced_at)
        coded_on = self.produced_on
        if not design.is_product and block.trick("R17", date(2024, 9, 1) < coded_on):
            coded_on -= timedelta(days=60)
        self.code = design.code(coded_on, number + 1)
        self.events: list[Event] = []
        self.health: list[Health] = []
        self.safety: list[SafetyEvent] = []
        self.at = self.measured_at = produced_at
        self.recorded = produced_at
        self.soh, self.cycles, self.province = 100.0, 0, design.maker.province
        self.rate = block.rng.uniform(0.004, 0.03)
        if coded_on != self.produced_on:
            block.plant("R17", self.code)

    def tell(
        self, kind: EventType, at: datetime, reporter: Firm, *, to: Firm | None = None, car: Car | None = None, province: str | None = None,
        details: Mapping[str, Any] = NOTHING, prompt: bool = False,
    ) -> None:  # fmt: skip
        """Add an event. Raises Untold when it would be recorded after the world's moment."""
        block = self.block
        if at <= self.at and self.events:
            at = self.at + timedelta(minutes=block.rng.randint(20, 90))
        day = local_day(at)
        due = block.deadlines.due_on(kind, reporter.role, day)
        recorded = max(at + block.delay(kind in PROMPT or prompt, due, day), self.recorded + LEAST)
        if recorded > block.options.moment:
            raise Untold
        # An answer is to whoever made the offer, which is what happened last.
        other = self.events[-1].reporter if kind in ANSWERS else to.uscc if to else None
        event = Event(
            self.code, len(self.events) + 1, kind, EVENTS[kind].category, at, recorded, reporter.uscc, other,
            car.vin if car else None, province or reporter.province, due, is_late(due, local_day(recorded)), None, details,
        )  # fmt: skip
        self.events.append(event)
        self.at, self.recorded, self.province = at, recorded, province or reporter.province

    def measure(self, at: datetime, reporter: Firm, method: str, jump: float = 0.0) -> None:
        """Add a health record, unless it would be recorded after the moment. State of health only falls, but for a planted jump."""
        block, days = self.block, max(0.0, (at - self.measured_at).total_seconds() / DAY_S)
        self.soh = round(max(38.0, self.soh - days * self.rate * block.rng.uniform(0.7, 1.3)) + jump, 1)
        self.cycles += int(days * block.rng.uniform(0.3, 0.6))
        self.measured_at = max(at, self.measured_at)
        recorded = at + timedelta(hours=block.rng.uniform(1, 40))
        if recorded <= block.options.moment:
            energy = round(self.design.row.nominal_energy_kwh * self.soh / 100, 2)
            resistance = round(60 + (100 - self.soh) * 1.4 + block.rng.random() * 6, 1)
            temperature = round(36 + block.rng.random() * 14, 1)
            self.health.append(
                Health(self.code, len(self.health) + 1, at, recorded, reporter.uscc, self.soh, self.cycles, energy, resistance, temperature, method)
            )

    def alarm(self, at: datetime, reporter: Firm, kind: str, severity: str, description: str) -> None:
        """Add a safety event, unless it would be recorded after the moment."""
        recorded = at + timedelta(hours=self.block.rng.uniform(0.2, 30))
        if recorded <= self.block.options.moment:
            self.safety.append(SafetyEvent(self.code, len(self.safety) + 1, at, recorded, reporter.uscc, kind, severity, description))


@dataclass(slots=True)
class Block:
    """A run of packs that is told by itself, from its own random stream: what workers share out among them."""

    options: WorldOptions
    rng: random.Random
    registry: Registry
    catalogue: Catalogue
    deadlines: Deadlines
    index: int
    first: int
    size: int
    lives: list[Life] = field(default_factory=list)
    cars: list[Car] = field(default_factory=list)
    parts: list[Life] = field(default_factory=list)
    waiting: list[tuple[datetime, Life, Firm]] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    tricks: set[str] = field(default_factory=set)
    prompt: bool = False

    @property
    def left(self) -> int:
        """How many packs are still to be told of."""
        return self.size - len(self.lives)

    def trick(self, name: str, fits: bool = True) -> bool:
        """Whether this is where the block's planted anomaly of that kind goes; each goes in once."""
        if not fits or name not in self.tricks:
            return False
        self.tricks.remove(name)
        return True

    def plant(self, rule: str, subject: str) -> None:
        self.planted.append(Planted(rule, subject))

    def days(self, low: float, high: float) -> timedelta:
        return int((low + self.rng.random() * (high - low)) * DAY_S) * SECOND

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, role: str, near: str | None = None, *, apart: Firm | None = None) -> Firm:
        """An active firm of the role; mostly one of the province `near`, where there is one."""
        drawn = self.registry.near.get((role, near)) if near and self.rng.random() < 0.7 else None
        firm = (drawn or self.registry.by_role[role]).draw(self.rng)
        return firm if apart is None or firm.uscc != apart.uscc else self.registry.by_role[role].draw(self.rng)

    def delay(self, prompt: bool, due: date | None, day: date) -> timedelta:
        """From occurrence to recording; now and then later than the law allows (finding R10)."""
        if prompt or self.prompt:
            return int(600 + self.rng.random() * 40000) * SECOND
        if due is not None and self.rng.random() < LATE_SHARE and self.options.anomalies:
            return timedelta(days=(due - day).days + 1) + self.days(0, 18)
        return self.days(0.02, 6)

    def production_day(self, design: Design, latest: datetime | None = None) -> datetime:
        """When a pack is made: more in the early months, so that many lives are long."""
        end = latest or self.options.moment - timedelta(days=6)
        if design.maker.row.status != "ACTIVE":
            end = min(end, BEGINNING + timedelta(days=380))
        return BEGINNING + timedelta(seconds=int((end - BEGINNING).total_seconds() * self.rng.random() ** 1.55))

    def make(self, design: Design, at: datetime, *, imported: bool = False, details: Mapping[str, Any] = NOTHING) -> Life:
        """A new pack, told of from its production on. Raises Untold when not even that is known; then it does not count."""
        life = Life(self, self.first + len(self.lives), design, at)
        if imported:
            customs = {"customsDeclaration": f"DEMO{life.number:09}", "originCountry": "DE", **details}
            life.tell(EventType.IMPORTED, at, design.maker, details=customs)
        else:
            life.tell(EventType.PRODUCED, at, design.maker, details=details)
        self.lives.append(life)
        return life

    def sell(self, life: Life, buyer: Firm, at: datetime) -> None:
        life.tell(EventType.SOLD, at, life.design.maker, to=buyer)

    def car(self, automaker: Firm, use: str, at: datetime, number: int, *, swap: bool = False) -> Car:
        """A vehicle that exists from `at` on; it is kept once a pack is in it."""
        series, powertrain = names.SERIES[use]
        plant, sequence = VIN_LETTERS[1 + number // 1_000_000], number % 1_000_000
        descriptor = "DEM" + VIN_LETTERS[list(names.SERIES).index(use) + 1] + ("S" if swap else "N")
        vin = make_vin("L0" + VIN_LETTERS[automaker.rank], descriptor, local_day(at).year, plant, sequence)
        return Car(vin, automaker, f"Demo {names.BRANDS[automaker.rank]} {series}", powertrain, swap, at, at)

    def install(self, life: Life, car: Car, at: datetime, position: int = 1) -> None:
        life.tell(EventType.INSTALLED, at, car.automaker, car=car, details={"position": position} if position > 1 else NOTHING)
        if car.recorded_at < life.recorded:
            car.recorded_at = life.recorded
        if car not in self.cars:
            self.cars.append(car)

    def sell_car(self, life: Life, car: Car, at: datetime, province: str | None = None, *, to: Firm | None = None) -> None:
        """The vehicle is sold and registered; of each further pack in it the same is told, with the same place."""
        place = province or car.province or self.rng.choices(PROVINCE_CODES, cum_weights=PROVINCE_SUMS)[0]
        life.tell(EventType.VEHICLE_SOLD, at, car.automaker, to=to, car=car, province=place)
        if car.sold_at is None:
            car.sold_at, car.province = life.at, place
            car.region = self.rng.choice(self.registry.prefectures[place])
            car.owner_kind = self.rng.choice(OWNERS)
        car.recorded_at = max(car.recorded_at, life.recorded)
