"""This module is in charge of the first packs of every demo world: scripted lives in which the demo's parties meet.

Each company has a pack in its custody now, one that left it within 90 days, one that left it long ago and an offer that it
has not answered, so that every relation of docs/row-policy.md can be seen in the smallest world. Times are counted back
from the moment, in days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from resolvers.demo import told
from resolvers.demo.afterlife import FIELDS_OF_USE, grade, hand_over, receive
from resolvers.demo.inside import take_apart
from resolvers.demo.lives import Block, Car, Life
from resolvers.demo.registry import DEMO_PROVINCE, Firm, Registry
from resolvers.ledger.events import EventType

E: Final = EventType


class Cast(NamedTuple):
    """The demo's companies, and three others to deal with."""

    maker: Firm
    automaker: Firm
    swap: Firm
    repair: Firm
    dismantler: Firm
    recycler: Firm
    other_maker: Firm
    other_automaker: Firm
    other_recycler: Firm


def cast_of(registry: Registry) -> Cast:
    """The largest of each role; the automaker is the second largest."""
    firm = registry.ranked
    return Cast(firm["BM", 0], firm["OEM", 1], firm["SW", 0], firm["RS", 0], firm["SD", 0], firm["CU", 0], firm["BM", 1], firm["OEM", 0], firm["CU", 1])


class Script:
    """The scenes' shared words: who, and when."""

    def __init__(self, block: Block) -> None:
        self.block, self.cast = block, cast_of(block.registry)

    def ago(self, days: float) -> datetime:
        return self.block.options.moment - timedelta(days=days)

    def made(self, days: float, use: str = "compact", by: Firm | None = None, *, modules: int = 0) -> Life:
        """A pack of the maker for that use, with so many modules at least; where it has none such, of another use, or another maker's."""
        maker = by or self.cast.maker
        designs = [each for each in self.block.catalogue.designs if each.row.module_count >= modules and not each.is_product]
        own = [each for each in designs if each.maker.uscc == maker.uscc] or designs
        return self.block.make(next((each for each in own if each.use == use), own[0]), self.ago(days))

    def car(
        self, sold: float, use: str = "compact", *, by: Firm | None = None, maker: Firm | None = None, province: str = DEMO_PROVINCE, modules: int = 0
    ) -> tuple[Life, Car]:
        """A pack in a car that was sold so many days ago, with a visit to the workshop after a while."""
        automaker = by or self.cast.automaker
        life = self.made(sold + 40, use, by=maker, modules=modules)
        self.block.sell(life, automaker, self.ago(sold + 30))
        car = self.block.car(automaker, use, self.ago(sold + 15.2), life.number)
        self.block.install(life, car, self.ago(sold + 15))
        self.block.sell_car(life, car, self.ago(sold), province)
        if sold > 60:
            life.rate = 0.06
            self.maintained(life, car, sold * 0.6)
        return life, car

    def maintained(self, life: Life, car: Car, days: float) -> None:
        life.tell(E.MAINTAINED, self.ago(days), self.cast.repair, car=car, province=car.province, details=told.worked("INSPECTION"))
        life.measure(life.at - timedelta(hours=1), self.cast.repair, "BMS_READ_OUT")

    def scrapped(self, days: float, use: str = "compact", *, modules: int = 0) -> Life:
        """A pack detached at the demo's dismantler so many days ago."""
        life, car = self.car(days + 160, use, modules=modules)
        firm = self.cast.dismantler
        life.tell(E.VEHICLE_SCRAPPED, self.ago(days + 3), firm, car=car, details={"certificate": f"DEMO-S-{life.number:07}", "packFound": True})
        car.scrapped_at, car.recorded_at = life.at, life.recorded
        life.tell(E.PACK_DETACHED, self.ago(days), firm, car=car, details={"massKg": round(life.design.row.mass_kg, 1), **told.looks(life)})
        life.measure(life.at + timedelta(hours=1), firm, "BMS_READ_OUT")
        return life

    def replaced(self, days: float) -> Life:
        """A pack that the demo's repair firm took out of a car so many days ago, and retired."""
        life, car = self.car(days + 150)
        life.tell(E.REPLACED, self.ago(days + 2), self.cast.repair, car=car, details=told.came_out("", self.cast.repair, f"DEMO-W-{life.number:07}"))
        life.measure(life.at + timedelta(hours=1), self.cast.repair, "CAPACITY_TEST")
        life.tell(E.RETIRED, self.ago(days), self.cast.repair, details=told.retired(life))
        return life

    def pooled(self, days: float) -> Life:
        """A pack in the demo swap operator's pool since so many days ago."""
        life = self.made(days + 30, "swap")
        self.block.sell(life, self.cast.swap, self.ago(days + 20))
        life.tell(E.POOLED, self.ago(days), self.cast.swap, details=told.pooled(self.cast.swap))
        return life

    def swapped(self, days: float, cars: int = 1) -> tuple[Life, Car]:
        """A pool pack that is in a swap model since the given day."""
        life = self.pooled(days + 60)
        car = self.block.car(self.cast.automaker, "swap", self.ago(days + 90), life.number, swap=True)
        car.sold_at, car.province = self.ago(days + 70), DEMO_PROVINCE
        car.region, car.owner_kind = self.block.registry.prefectures[DEMO_PROVINCE][0], "RIDE_HAILING"
        self.block.cars.append(car)
        for start in (days + 40, days):
            life.tell(E.SWAP_IN, self.ago(start), self.cast.swap, car=car, details=told.at_station(life, "ST-00-1", charged=True))
            if start != days:
                life.tell(E.SWAP_OUT, self.ago(days + 20), self.cast.swap, car=car, details=told.at_station(life, "ST-00-1", charged=False))
                life.measure(life.at + timedelta(minutes=5), self.cast.swap, "STATION_TEST")
        car.recorded_at = life.recorded
        return life, car

    def retired_from_pool(self, days: float) -> Life:
        life, car = self.swapped(days + 10)
        life.tell(E.SWAP_OUT, self.ago(days + 4), self.cast.swap, car=car, details=told.at_station(life, "ST-RETURN", charged=False))
        life.tell(E.RETIRED, self.ago(days), self.cast.swap, details=told.retired(life))
        return life

    def moved(self, life: Life, sender: Firm, receiver: Firm, days: float) -> Life:
        """Handed over, and received so many days ago."""
        hand_over(self.block, life, self.ago(days + 5), sender, receiver, "UTILIZATION")
        receive(self.block, life, self.ago(days), receiver)
        return life

    def asked_back(self, life: Life, holder: Firm, obliged: Firm, days: float, answer: EventType | None = None) -> Life:
        """The holder asked for it to be taken back so many days ago; three days later it was answered, or not to this day."""
        life.tell(E.TAKE_BACK_REQUESTED, self.ago(days), holder, to=obliged, details=told.asked_back(self.block, self.ago(days), holder))
        if answer is E.TAKE_BACK_ACCEPTED:
            life.tell(answer, self.ago(days - 3), obliged, details=told.taken_back(self.ago(days - 3)))
        elif answer is E.TAKE_BACK_REFUSED:
            life.tell(answer, self.ago(days - 3), obliged, details=told.declined())
        return life

    def offered(self, life: Life, sender: Firm, receiver: Firm, days: float) -> Life:
        """Handed over so many days ago, and not answered yet."""
        hand_over(self.block, life, self.ago(days), sender, receiver, "COLLECTION")
        return life


def showcase(block: Block) -> Mapping[str, str]:
    """Tell the scripted lives; gives a battery code by what it is an example of."""
    block.prompt = True
    codes = {label: scene(Script(block)).code for label, scene in SCENES.items()}
    _spares(Script(block))
    block.prompt = False
    return codes


def _spares(s: Script) -> None:
    """The packs that went in where others were taken out, which name each other."""
    for old in tuple(s.block.lives):
        for place, event in enumerate(old.events):
            if event.type != E.REPLACED or event.details.get("newCode") != "":
                continue
            car = next(each for each in s.block.cars if each.vin == event.vin)
            days = (s.block.options.moment - event.occurred_at).total_seconds() / 86400
            new = s.made(days + 30)
            s.block.sell(new, s.cast.repair, s.ago(days + 15))
            new.tell(E.REPLACED, event.occurred_at + timedelta(hours=2), s.cast.repair, car=car, details=told.went_in(old, event.details["workOrder"]))
            old.events[place] = event._replace(details={**event.details, "newCode": new.code})
            car.recorded_at = max(car.recorded_at, new.recorded)


def _recycled(s: Script) -> Life:
    life = s.moved(s.scrapped(260), s.cast.dismantler, s.cast.recycler, 220)
    grade(s.block, life, s.ago(200), s.cast.recycler)
    life.tell(E.DISMANTLED, s.ago(180), s.cast.recycler, details={"modules": life.design.row.module_count, "massKg": life.design.row.mass_kg})
    s.block.waiting.append((life.at, life, s.cast.recycler))
    return life


def _reprocessed(s: Script, days: float) -> Life:
    """A product that the demo's recycler made so many days ago of a pack it had received."""
    source = s.moved(s.replaced(days + 80), s.cast.repair, s.cast.recycler, days + 50)
    grade(s.block, source, s.ago(days + 30), s.cast.recycler)
    source.tell(E.REPROCESSED, s.ago(days + 2), s.cast.recycler)
    product = s.block.make(s.block.catalogue.products[s.cast.recycler.uscc], s.ago(days), details={"sourceCodes": [source.code]})
    source.events[-1] = source.events[-1]._replace(details={"productCode": product.code})
    return product


def _product(s: Script) -> Life:
    product = _reprocessed(s, 148)
    product.tell(E.PRODUCT_SOLD, s.ago(100), s.cast.recycler, province=DEMO_PROVINCE, details=told.sold(product, FIELDS_OF_USE[0], DEMO_PROVINCE))
    return product


def _rejected(s: Script) -> Life:
    life = s.scrapped(110)
    s.offered(life, s.cast.dismantler, s.cast.recycler, 70)
    life.tell(E.REJECTED, s.ago(66), s.cast.recycler, details={"reason": "HOUSING_DAMAGED"})
    return s.moved(life, s.cast.dismantler, s.cast.other_recycler, 50)


def _missing(s: Script) -> Life:
    life, _car = s.car(200)
    lost = {"circumstances": "not where it was parked", "report": "DEMO-0000001"}
    life.tell(E.REPORTED_MISSING, s.ago(25), s.block.registry.authorities[DEMO_PROVINCE], details=lost)
    return life


def _hazardous(s: Script) -> Life:
    life = s.scrapped(100)
    severity = "SERIOUS" if s.block.options.anomalies else "MINOR"
    life.alarm(s.ago(99), s.cast.dismantler, "LEAKAGE", severity, "electrolyte smell, vent open")
    return s.moved(life, s.cast.dismantler, s.cast.recycler, 60)


def _graded(s: Script, days: float) -> Life:
    life = s.moved(s.scrapped(days + 60), s.cast.dismantler, s.cast.recycler, days + 15)
    grade(s.block, life, s.ago(days), s.cast.recycler)
    return life


def _sold(s: Script) -> Life:
    life = s.made(25)
    s.block.sell(life, s.cast.automaker, s.ago(10))
    return life


def _recalled(s: Script) -> Life:
    life, _car = s.car(380)
    life.tell(E.RECALLED, s.ago(20), s.cast.maker, details=told.recalled(life))
    return life


def _remedied(s: Script) -> Life:
    life, car = s.car(30)
    life.tell(E.RECALLED, s.ago(20), s.cast.maker, details=told.recalled(life))
    life.tell(E.RECALL_REMEDIED, s.ago(9), s.cast.repair, car=car, details=told.remedied(life))
    return life


def _taken_apart(s: Script) -> Life:
    """A pack whose modules go ways of their own: one is tested, one on its way to another recycler."""
    life = s.moved(s.scrapped(75, "mini", modules=2), s.cast.dismantler, s.cast.recycler, 28)
    grade(s.block, life, s.ago(24), s.cast.recycler)
    kept, sent, *_others = take_apart(s.block, life, s.ago(18), s.cast.recycler)
    grade(s.block, kept, s.ago(10), s.cast.recycler)
    hand_over(s.block, sent, s.ago(4), s.cast.recycler, s.cast.other_recycler, "UTILIZATION")
    return life


def _untouched(s: Script) -> Life:
    life, _car = s.car(180, by=s.cast.other_automaker, maker=s.cast.other_maker, province="51")
    return life


SCENES: Final[Mapping[str, Callable[[Script], Life]]] = {
    "produced_by_maker": lambda s: s.made(8),
    "sold_to_automaker": _sold,
    "in_service_since_30_days": _remedied,
    "in_service_since_a_year": _recalled,
    "never_met": _untouched,
    "held_by_dismantler": lambda s: s.asked_back(s.scrapped(12), s.cast.dismantler, s.cast.automaker, 6),
    "left_dismantler_40_days_ago": lambda s: s.moved(
        s.asked_back(s.scrapped(150), s.cast.dismantler, s.cast.automaker, 70, E.TAKE_BACK_REFUSED), s.cast.dismantler, s.cast.recycler, 40
    ),
    "left_recycler_250_days_ago": lambda s: s.moved(
        s.moved(s.scrapped(430), s.cast.dismantler, s.cast.recycler, 330), s.cast.recycler, s.cast.other_recycler, 250
    ),
    "held_by_repair_firm": lambda s: s.asked_back(s.replaced(10), s.cast.repair, s.cast.maker, 8, E.TAKE_BACK_ACCEPTED),
    "left_repair_firm_25_days_ago": lambda s: s.moved(s.replaced(130), s.cast.repair, s.cast.recycler, 25),
    "left_recycler_35_days_ago": lambda s: s.moved(s.moved(s.replaced(400), s.cast.repair, s.cast.recycler, 300), s.cast.recycler, s.cast.other_recycler, 35),
    "in_swap_pool": lambda s: s.pooled(45),
    "in_swap_vehicle": lambda s: s.swapped(3)[0],
    "left_swap_operator_30_days_ago": lambda s: s.moved(s.retired_from_pool(130), s.cast.swap, s.cast.recycler, 30),
    "left_swap_operator_320_days_ago": lambda s: s.moved(s.retired_from_pool(350), s.cast.swap, s.cast.other_recycler, 320),
    "offered_to_recycler": lambda s: s.offered(s.scrapped(60), s.cast.dismantler, s.cast.recycler, 3),
    "offered_to_dismantler": lambda s: s.offered(s.replaced(50), s.cast.repair, s.cast.dismantler, 4),
    "offered_to_repair_firm": lambda s: s.offered(s.scrapped(45), s.cast.dismantler, s.cast.repair, 5),
    "offered_to_automaker": lambda s: s.offered(s.scrapped(55), s.cast.dismantler, s.cast.automaker, 2),
    "offered_to_swap_operator": lambda s: s.offered(_graded(s, 40), s.cast.recycler, s.cast.swap, 3),
    "offered_to_maker": lambda s: s.offered(s.scrapped(50), s.cast.dismantler, s.cast.maker, 4),
    "offered_by_recycler": lambda s: s.offered(_graded(s, 30), s.cast.recycler, s.cast.other_recycler, 2),
    "held_by_recycler": lambda s: _graded(s, 20),
    "hazardous": _hazardous,
    "recycled": _recycled,
    "product": _product,
    "product_unsold": lambda s: _reprocessed(s, 20),
    "rejected_by_recycler": _rejected,
    "missing": _missing,
    "taken_apart": _taken_apart,
    "module_held_by_recycler": lambda s: s.block.parts[0],
    "module_offered_by_recycler": lambda s: s.block.parts[1],
}
