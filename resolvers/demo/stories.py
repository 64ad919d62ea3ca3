"""This module is in charge of the lives that packs lead in use: cars, fleets of several packs a vehicle, and swap pools."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from resolvers.demo import told
from resolvers.demo.afterlife import end_of_life
from resolvers.demo.lives import Block, Car, Life, Untold
from resolvers.demo.models import Design
from resolvers.demo.options import BEGINNING
from resolvers.demo.registry import Firm
from resolvers.ledger.events import EventType
from resolvers.ledger.projection import ABSENT

E: Final = EventType
WORK: Final = ("INSPECTION", "COOLANT", "BALANCING", "SOFTWARE", "HOUSING_SEAL", "CONNECTOR")
ALARMS: Final = (
    ("COLLISION", "MINOR", "low-speed collision, housing dented"),
    ("COLLISION", "SERIOUS", "side impact, service disconnect triggered"),
    ("THERMAL_ALARM", "MINOR", "one cell 8 K above the others while charging"),
    ("INSULATION_FAULT", "MINOR", "insulation resistance below 500 ohm per volt"),
    ("WATER_INGRESS", "SERIOUS", "water in the housing after flooding"),
    ("LEAKAGE", "SERIOUS", "electrolyte smell, vent open"),
    ("THERMAL_RUNAWAY", "CRITICAL", "one module burnt, immersed in water"),
)
# What becomes of a car's pack, in per mille.
FATES: Final = ("keep", "scrap", "replace", "export", "missing", "found")
FATE_SUMS: Final = (430, 770, 965, 975, 988, 1000)


def tell_story(block: Block) -> None:
    """One more story, of one pack or several; at the end of a block only stories of one pack still fit."""
    design = block.catalogue.draw(block.rng)
    match design.use:
        case "swap" if block.left >= 4:
            pool(block, design)
        case "bus" | "truck" if block.left >= 4:
            fleet(block, design)
        case _:
            passenger_car(block, design)


def passenger_car(block: Block, design: Design) -> None:
    """One pack in one car, and what becomes of it."""
    rng = block.rng
    try:
        made = block.production_day(design)
        life = block.make(design, made, imported=block.chance(0.02))
        automaker = block.pick("OEM")
        block.sell(life, automaker, made + block.days(2, 25))
        if block.chance(0.008):
            life.tell(E.EXPORTED, life.at + block.days(5, 40), design.maker, details=told.exported(life))
            return
        installed = life.at + block.days(4, 30)
        car = block.car(automaker, design.use, installed - timedelta(hours=2), life.number)
        block.install(life, car, installed)
        block.sell_car(life, car, installed + block.days(4, 50))
        fate = rng.choices(FATES, cum_weights=FATE_SUMS)[0]
        _live(block, life, car, fate)
    except Untold:
        return


def _live(block: Block, life: Life, car: Car, fate: str) -> None:
    match fate:
        case "scrap":
            life.rate = block.rng.uniform(0.03, 0.13)
            _use(block, life, car, life.at + block.days(90, 430))
            scrap(block, life, car)
        case "replace":
            life.rate = block.rng.uniform(0.03, 0.12)
            _use(block, life, car, life.at + block.days(80, 400))
            replace(block, life, car)
        case "export":
            _use(block, life, car, life.at + block.days(150, 400))
            life.tell(E.EXPORTED, life.at + block.days(5, 40), car.automaker, car=car, details={**told.exported(life), "usedVehicle": True})
        case "missing" | "found":
            _use(block, life, car, life.at + block.days(60, 300))
            _lose(block, life, fate == "found")
            _use(block, life, car, block.options.moment)
        case _:
            _use(block, life, car, block.options.moment)
            if block.chance(0.03):
                _recall(block, life, car)


def _recall(block: Block, life: Life, car: Car) -> None:
    """Its maker recalls it, and most are put right."""
    life.tell(E.RECALLED, life.at + block.days(2, 20), life.design.maker, details=told.recalled(life))
    if block.chance(0.7):
        workshop = block.pick("RS", car.province)
        life.tell(E.RECALL_REMEDIED, life.at + block.days(3, 40), workshop, car=car, details=told.remedied(life))


def _use(block: Block, life: Life, car: Car, until: datetime) -> None:
    """Workshop visits, a new owner now and then, rarely an alarm, until the given time."""
    while True:
        at = life.at + block.days(42, 110)
        if at > until:
            return
        if block.chance(0.12):
            life.tell(E.OWNER_CHANGED, at, car.automaker, car=car, province=car.province, details=told.changed_hands(car))
            continue
        workshop = block.pick("RS", car.province) if block.chance(0.7) else car.automaker
        work = told.worked(block.rng.choice(WORK))
        life.tell(E.MAINTAINED, at, workshop, car=car, province=car.province, details=work)
        if block.chance(0.6):
            # A rise shows only against an earlier measurement.
            jump = 16.0 if block.trick("R23", bool(life.health) and life.soh < 83 and life.at < block.options.moment - timedelta(days=5)) else 0.0
            life.measure(life.at - timedelta(hours=1), workshop, "BMS_READ_OUT", jump)
            if jump:
                block.plant("R23", life.code)
        if block.chance(0.015):
            life.alarm(life.at - timedelta(days=1), workshop, *block.rng.choice(ALARMS))


def _lose(block: Block, life: Life, found: bool) -> None:
    finder = block.registry.authorities[life.province]
    life.tell(E.REPORTED_MISSING, life.at + block.days(10, 60), finder, details={"circumstances": "not where it was left", "report": f"DEMO-{life.number:07}"})
    if not found:
        raise Untold
    life.tell(E.FOUND, life.at + block.days(5, 60), finder, details={"circumstances": "found in a yard", "report": f"DEMO-{life.number:07}"})


def scrap(block: Block, life: Life, car: Car, *, by: Firm | None = None, at: datetime | None = None) -> None:
    """The car goes to a scrapping firm with its pack; then the pack's last stations."""
    firm = by or block.pick("SD", car.province)
    when = at or life.at + block.days(10, 60)
    missing = by is None and block.trick("R01", when < block.options.moment - timedelta(days=20))
    details = {"certificate": f"DEMO-S-{life.number:07}", "packFound": not missing, **({ABSENT: True} if missing else {})}
    life.tell(E.VEHICLE_SCRAPPED, when, firm, car=car, details=details)
    car.scrapped_at = life.at
    car.recorded_at = max(car.recorded_at, life.recorded)
    if missing:
        block.plant("R01", life.code)
        # The firm has not got it: the authority of the place, which has the finding, reports it.
        authority = block.registry.authorities[life.province]
        life.tell(E.REPORTED_MISSING, life.at + timedelta(hours=3), authority, details={"circumstances": "the vehicle came without its pack"})
        return
    weight = round(life.design.row.mass_kg * block.rng.uniform(0.995, 1.003), 1)
    life.tell(E.PACK_DETACHED, life.at + block.days(1, 12), firm, car=car, details={"massKg": weight, **told.looks(life)})
    life.measure(life.at + timedelta(hours=1), firm, "BMS_READ_OUT")
    end_of_life(block, life, firm)


def replace(block: Block, old: Life, car: Car, *, by: Firm | None = None, at: datetime | None = None) -> None:
    """A workshop puts a new pack of the same model into the car; the old one is retired, or kept as a spare; without a new one the car goes on."""
    workshop = by or block.pick("RS", car.province)
    when = at or old.at + block.days(10, 60)
    new = _spare(block, old, car, workshop, when) if block.left else None
    if new is None:
        _use(block, old, car, block.options.moment)
        return
    old.tell(E.REPLACED, when, workshop, car=car, details=told.came_out(new, workshop, _order(old)))
    old.measure(old.at + timedelta(hours=1), workshop, "CAPACITY_TEST")
    if block.chance(0.12):
        old.tell(E.REINSTALLED, old.at + block.days(5, 30), workshop, details=told.repaired(old, workshop))
        return
    old.tell(E.RETIRED, old.at + block.days(2, 45), workshop, details=told.retired(old))
    end_of_life(block, old, workshop)


def _order(old: Life) -> str:
    return f"DEMO-W-{old.number:07}"


def _spare(block: Block, old: Life, car: Car, workshop: Firm, when: datetime) -> Life | None:
    """The new pack's life up to its being put in, and on in its own story."""
    made = max(when - block.days(25, 60), BEGINNING)
    if made > when - timedelta(days=12):
        return None
    new = block.make(old.design, made)
    try:
        block.sell(new, workshop, made + block.days(1, 8))
        new.tell(E.REPLACED, max(when, new.at + timedelta(hours=2)), workshop, car=car, details=told.went_in(old, _order(old)))
        _use(block, new, car, block.options.moment)
    except Untold:
        pass
    return new


def fleet(block: Block, design: Design) -> None:
    """A bus or a truck with several packs, sold, served and perhaps scrapped together."""
    count = min(block.left, block.rng.randint(4, 6) if design.use == "bus" else block.rng.randint(2, 4))
    made, automaker = block.production_day(design), block.pick("OEM")
    installed = made + block.days(12, 50)
    car = block.car(automaker, design.use, installed - timedelta(hours=5), block.first + len(block.lives))
    scrapped = installed + block.days(200, 500) if block.chance(0.35) else None
    by = block.pick("SD")
    for position in range(1, count + 1):
        # A product made of one of the packs before may have been the block's last.
        if not block.left:
            break
        try:
            life = block.make(design, made + timedelta(minutes=7 * position))
            block.sell(life, automaker, made + block.days(3, 9))
            block.install(life, car, installed + timedelta(minutes=9 * position), position)
            block.sell_car(life, car, car.sold_at or installed + block.days(10, 50))
            life.rate = block.rng.uniform(0.03, 0.1) if scrapped else life.rate
            _use(block, life, car, min(scrapped or block.options.moment, block.options.moment))
            if scrapped:
                scrap(block, life, car, by=by, at=max(scrapped, life.at + timedelta(hours=1)))
        except Untold:
            continue


def pool(block: Block, design: Design) -> None:
    """Packs of a swap operator that take turns in its customers' vehicles; worn ones are retired from the pool."""
    operator, automaker = block.pick("SW"), block.pick("OEM")
    made = block.production_day(design)
    ready = made + timedelta(days=45)
    packs = _pooled(block, design, operator, made, ready, min(block.left, block.rng.randint(4, 7)))
    cars = [block.car(automaker, "swap", made + timedelta(days=40), packs[0].number + n, swap=True) for n in range(max(1, len(packs) - 2))] if packs else []
    for car in cars:
        car.sold_at, car.province = ready - timedelta(days=2), operator.province
        car.region, car.owner_kind = block.rng.choice(block.registry.prefectures[operator.province]), "RIDE_HAILING"
    # In time most pools stop: finding R15.
    swap_around(block, packs, cars, operator, ready, 12 if block.options.anomalies else 60)
    for life in packs:
        if block.chance(0.6):
            try:
                _retire_from_pool(block, life, operator)
            except Untold:
                continue


def _pooled(block: Block, design: Design, operator: Firm, made: datetime, ready: datetime, count: int) -> list[Life]:
    packs: list[Life] = []
    for number in range(count):
        try:
            life = block.make(design, made + timedelta(minutes=11 * number))
            block.sell(life, operator, made + block.days(3, 20))
            life.tell(E.POOLED, ready - block.days(2, 18), operator, details=told.pooled(operator))
            life.rate = block.rng.uniform(0.04, 0.1)
            packs.append(life)
        except Untold:
            continue
    return packs


def swap_around(block: Block, packs: list[Life], cars: list[Car], operator: Firm, start: datetime, rounds: int) -> None:
    """Each vehicle in turn gives its pack back and takes the next one; ends when a swap is not known any more."""
    inside: dict[str, Life] = {}
    idle = list(packs)
    at = start
    for turn in range(rounds * len(cars)):
        car, station = cars[turn % len(cars)], f"ST-{operator.rank:02}-{turn % 5}"
        at += block.days(3, 60 / len(cars))
        try:
            worn = inside.pop(car.vin, None)
            if worn is not None:
                worn.tell(E.SWAP_OUT, at, operator, car=car, details=told.at_station(worn, station, charged=False))
                if block.chance(0.35):
                    worn.measure(worn.at + timedelta(minutes=5), operator, "STATION_TEST")
            fresh = idle.pop(0)
            idle += [worn] if worn is not None else []
            fresh.tell(E.SWAP_IN, at + timedelta(minutes=4), operator, car=car, details=told.at_station(fresh, station, charged=True))
            inside[car.vin] = fresh
            _seen(block, car, fresh)
        except Untold:
            return


def _seen(block: Block, car: Car, life: Life) -> None:
    if car not in block.cars:
        block.cars.append(car)
    car.recorded_at = max(car.recorded_at, life.recorded)


def _retire_from_pool(block: Block, life: Life, operator: Firm) -> None:
    last = life.events[-1]
    if last.type == E.SWAP_IN:
        life.tell(E.SWAP_OUT, life.at + block.days(2, 20), operator, car=_car_of(block, last.vin), details=told.at_station(life, "ST-RETURN", charged=False))
    life.measure(life.at + timedelta(hours=2), operator, "CAPACITY_TEST")
    life.tell(E.RETIRED, life.at + block.days(3, 30), operator, details=told.retired(life))
    end_of_life(block, life, operator)


def _car_of(block: Block, vin: str | None) -> Car:
    return next(car for car in block.cars if car.vin == vin)
