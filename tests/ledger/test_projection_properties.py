"""Random legal lives: whatever happens, one holder, and the grants that a plain reading of the policy gives at any time."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given

from resolvers.ledger.events import OBSERVATIONS, EventType
from resolvers.ledger.projection import Projection
from resolvers.ledger.rows import Access, Event, VehicleAccess
from resolvers.ledger.states import IllegalEvent, Standing, next_state
from resolvers.ledger.vehicles import merge
from tests.ledger.book import DAY_0, PROVINCES, VEHICLES, Book

E = EventType
FIRMS = sorted(PROVINCES)
GRADES = {"method": "GB/T 34015-2017", "capacityAh": 1.0, "resistanceMohm": 1.0, "insulationMohm": 1.0, "grade": "A", "route": "RECYCLE_INTO_MATERIAL"}
# A remedy needs a recall of its number, an answer a request to its reporter: that is not of the state machine.
ANSWERS = {E.RECALL_REMEDIED, E.TAKE_BACK_REQUESTED, E.TAKE_BACK_ACCEPTED, E.TAKE_BACK_REFUSED}
CHOICES = [*((event, False) for event in E if event not in ANSWERS), (E.REINSTALLED, True)]
SAID = {
    E.GRADED: GRADES, E.HEALTH_MEASURED: {"stateOfHealth": 80.0, "method": "BMS"}, E.RECALLED: {"recall": "R-1"}, E.RELEASED: {"parentCode": "WHOLE"},
    E.SAFETY_EVENT: {"kind": "COLLISION", "severity": "MINOR", "description": "-"},
}  # fmt: skip
# Which end a life, or add nothing to it; drawn now and then.
ENDINGS = {E.DISPOSED, E.EXPORTED, E.DISMANTLED, E.REPROCESSED, E.RECYCLED, E.REPORTED_MISSING, E.MAINTAINED, E.OWNER_CHANGED, E.PRODUCT_SOLD, *OBSERVATIONS}
Grant = tuple[str, str]


class Truth:
    """The oracle: who holds, who is offered, who may see, told by walking through the policy's table in plain words."""

    def __init__(self) -> None:
        self.holder: str | None = None
        self.offered: str | None = None
        self.vehicle: str | None = None
        self.keeps: tuple[str, str] | None = None
        self.always: set[Grant] = set()
        self.vehicles_always: set[tuple[str, str, str]] = set()

    def now(self) -> set[Grant]:
        held = {(self.holder, "custodian")} if self.holder else set()
        return held | ({(self.offered, "receiver")} if self.offered else set()) | self.always

    def vehicles_now(self) -> set[tuple[str, str, str]]:
        return self.vehicles_always | ({(*self.keeps, "custodian")} if self.keeps else set())

    def give(self, holder: str | None) -> None:
        if holder != self.holder:
            self.keeps = None
        self.holder = holder
        if holder:
            self.always.add(("province:" + PROVINCES[holder], "jurisdiction"))

    def put_in(self, event: Event) -> bool:
        """Gives whether the vehicle is a swap model."""
        vin = str(event.vin)
        car = VEHICLES[vin]
        self.vehicle = vin
        self.always.add((car.automaker, "automaker"))
        self.vehicles_always.add((vin, "maker", "maker"))
        if car.sold_at and car.sold_at <= event.occurred_at and car.province:
            self.registered(car.province)
        return car.swap_model

    def registered(self, province: str) -> None:
        self.always.add(("province:" + province, "jurisdiction"))
        self.vehicles_always.add((str(self.vehicle), "province:" + province, "jurisdiction"))

    def keep(self) -> None:
        if self.keeps is None and self.holder and self.vehicle:
            self.keeps = (self.vehicle, self.holder)

    def happens(self, event: Event, before: Standing | None) -> None:
        match event.type:
            case E.PRODUCED | E.IMPORTED:
                self.give("maker")
                self.always.add((f"province:{event.province}", "jurisdiction"))
            case E.RELEASED:
                self.give(event.reporter)
            case E.SOLD:
                self.give(event.counterparty)
            case E.POOLED:
                self.give(event.reporter)
            case E.INSTALLED:
                self.put_in(event)
            case E.VEHICLE_SOLD:
                self.registered(str(event.province))
                if not VEHICLES[str(self.vehicle)].swap_model:
                    self.give(None)
                else:
                    self.give(event.counterparty or self.holder)
                    self.keep()
            case E.SWAP_IN:
                self.put_in(event)
                self.keep()
            case E.SWAP_OUT:
                self.keeps = None
                self.give(event.reporter)
            case E.REPLACED if before and before.status == "IN_SERVICE":
                self.give(event.reporter)
                self.keep()
            case E.REPLACED | E.REINSTALLED if event.vin:
                if self.put_in(event):
                    self.keep()
                else:
                    self.give(None)
            case E.REINSTALLED:
                self.give(event.reporter)
            case E.VEHICLE_SCRAPPED | E.PACK_DETACHED:
                self.give(event.reporter)
                self.keep()
            case E.HANDED_OVER:
                self.offered = event.counterparty
            case E.RECEIVED:
                self.keeps = None
                self.give(event.reporter)
                self.offered = None
            case E.REJECTED:
                self.offered = None
            case E.FOUND_ABANDONED:
                self.always.add((f"province:{event.province}", "jurisdiction"))
                if event.counterparty:
                    self.offered, self.keeps = None, None
                    self.give(event.counterparty)
            case E.PRODUCT_SOLD if event.counterparty:
                self.give(event.counterparty)
            case E.PRODUCT_SOLD:
                # Who sold it goes on to answer for it.
                self.always.add((f"province:{event.province}", "jurisdiction"))


@st.composite
def lives(draw: st.DrawFn) -> tuple[Book, list[Standing | None], list[Truth]]:
    """A book of up to 30 legal events, the standing before each, and the truth after each; most lives are long ones."""
    book, standing, truth = Book(), None, Truth()
    standings: list[Standing | None] = []
    truths: list[Truth] = []
    day = 0.0
    for _ in range(draw(st.integers(1, 30))):
        legal = [(event, into) for event, into in CHOICES if _legal(standing, event, into)]
        going_on = [choice for choice in legal if choice[0] not in ENDINGS]
        if not legal:
            break
        event, into = draw(st.sampled_from(legal if not going_on or draw(st.integers(0, 11)) == 5 else going_on))
        # Of one moment now and then, as reporters tell that know the day alone.
        day += draw(st.one_of(st.integers(1, 400), st.just(0))) / 10
        _write(draw, book, day, event, into, truth)
        standings.append(standing)
        truth = _after(truth, book.events[-1], standing)
        truths.append(truth)
        standing = next_state(standing, event, into_vehicle=into, taken=book.events[-1].counterparty is not None)
    return book, standings, truths


def _legal(standing: Standing | None, event: EventType, into: bool) -> bool:
    try:
        next_state(standing, event, into_vehicle=into)
    except IllegalEvent:
        return False
    return True


def _write(draw: st.DrawFn, book: Book, day: float, event: EventType, into: bool, truth: Truth) -> None:
    """An event with parties that the guards allow."""
    by = draw(st.sampled_from(FIRMS))
    if event in (E.HANDED_OVER,):
        by = str(truth.holder)
    elif event in (E.RECEIVED, E.REJECTED):
        by = str(truth.offered)
    others = [firm for firm in FIRMS if firm != truth.holder]
    to = draw(st.sampled_from(others)) if event in (E.SOLD, E.HANDED_OVER) else draw(st.sampled_from([None, *others])) if event in (
        E.VEHICLE_SOLD, E.PRODUCT_SOLD, E.FOUND_ABANDONED
    ) else None  # fmt: skip
    binds = event in (E.INSTALLED, E.SWAP_IN) or (event is E.REPLACED and not truth.vehicle) or into
    swap_only = [vin for vin, car in VEHICLES.items() if car.swap_model]
    vin = draw(st.sampled_from(swap_only if event is E.SWAP_IN else sorted(VEHICLES))) if binds else None
    details = SAID.get(event, {})
    book.write(day, event, by, to, vin, province=draw(st.sampled_from(["11", "44", "65"])), **details)


def _after(before: Truth, event: Event, standing: Standing | None) -> Truth:
    after = Truth()
    after.holder, after.offered, after.vehicle, after.keeps = before.holder, before.offered, before.vehicle, before.keeps
    after.always, after.vehicles_always = set(before.always), set(before.vehicles_always)
    after.happens(event, standing)
    return after


def active(grants: tuple[Access, ...], at: datetime) -> list[Grant]:
    return sorted((g.grantee, g.relation) for g in grants if g.from_at <= at and (g.until_at is None or at < g.until_at))


def vehicles_active(grants: tuple[VehicleAccess, ...], at: datetime) -> list[tuple[str, str, str]]:
    return sorted((g.vin, g.grantee, g.relation) for g in grants if g.from_at <= at and (g.until_at is None or at < g.until_at))


def projected(book: Book) -> Projection:
    return book.project()


@given(lives())
def test_at_any_time_the_grants_are_those_of_the_policy(life: tuple[Book, list[Standing | None], list[Truth]]) -> None:
    book, _standings, truths = life
    rows = projected(book)
    vehicles = merge(rows.vehicle_access)
    for number, (event, truth) in enumerate(zip(book.events, truths)):
        after = book.events[number + 1].occurred_at if number + 1 < len(book.events) else event.occurred_at + timedelta(days=1)
        if after == event.occurred_at:
            continue
        # Half-open: true from the very moment on, and until just before the next event; of several of a moment after the last of them.
        for at in (event.occurred_at, after - timedelta(microseconds=1)):
            assert active(rows.access, at) == sorted(truth.now())
            assert vehicles_active(vehicles, at) == sorted(truth.vehicles_now())
    assert active(rows.access, DAY_0 - timedelta(microseconds=1)) == []


@given(lives())
def test_there_is_one_holder_and_the_chain_has_no_gap_that_no_vehicle_fills(life: tuple[Book, list[Standing | None], list[Truth]]) -> None:
    book, _standings, truths = life
    rows = projected(book)
    held = [c for c in rows.custody if c.outcome == "RECEIVED"]
    assert [c.holder for c in held if c.until_at is None] == ([truths[-1].holder] if truths[-1].holder else [])
    assert all(c.received_at and (c.until_at is None or c.received_at <= c.until_at) for c in held)
    assert all(one.until_at is not None and two.received_at is not None and one.until_at <= two.received_at for one, two in pairwise(held))
    assert rows.pack.custodian == truths[-1].holder
    assert [c.holder for c in rows.custody if c.outcome == "PENDING"] == ([truths[-1].offered] if truths[-1].offered else [])
    assert [c.seq for c in rows.custody] == list(range(1, len(rows.custody) + 1))


@given(lives())
def test_readers_are_exactly_the_maker_and_the_grantees(life: tuple[Book, list[Standing | None], list[Truth]]) -> None:
    rows = projected(life[0])
    assert set(rows.pack.readers) == {"maker"} | {g.grantee for g in rows.access}
    assert list(rows.pack.readers) == sorted(set(rows.pack.readers))


@given(lives())
def test_keys_are_unique_and_no_interval_ends_before_it_begins(life: tuple[Book, list[Standing | None], list[Truth]]) -> None:
    rows = projected(life[0])
    keys = [(g.code, g.grantee, g.relation, g.from_at) for g in rows.access]
    assert len(keys) == len(set(keys))
    assert all(g.until_at is None or g.from_at <= g.until_at for g in rows.access)
    vehicle_keys = [(g.vin, g.grantee, g.relation, g.from_at) for g in merge(rows.vehicle_access)]
    assert len(vehicle_keys) == len(set(vehicle_keys))


@given(lives())
def test_a_later_event_changes_no_closed_row(life: tuple[Book, list[Standing | None], list[Truth]]) -> None:
    """The fold of a prefix is the past of the fold of the whole: closed grants and legs stay as they are."""
    book = life[0]
    whole = projected(book)
    earlier = Book()
    earlier.events = book.events[: max(1, len(book.events) - 1)]
    before = projected(earlier)
    last = book.events[-1].occurred_at
    assert {g for g in before.access if g.until_at and g.from_at < last} <= set(whole.access)
    assert {c for c in before.custody if c.until_at} <= set(whole.custody)
