"""Any sequence of reports against a model of a pack's life that was written apart from the ledger, from the domain reference."""

from __future__ import annotations

import itertools
import os
import zlib
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from resolvers.database.recording_write import insert
from resolvers.ledger.recording.report import Recorded, Refused, Sale
from resolvers.ledger.rows import Vehicle
from tests.recording.making import MODULAR, dismantled, equipped, held, modular, module
from tests.recording.world import CAR, FIRMS, NOW, ROLES, SWAP_CAR, Book, E, code, rows, vin

NUMBERS = itertools.count(1)
PARTIES = ("maker", "oem", "swap", "repair", "scrap", "recycler", "recycler2")
TERMINAL = {"DISMANTLED", "REPROCESSED", "RECYCLED", "DISPOSED", "EXPORTED"}
# Roles that may report, and states it may follow, by hand from section 3.
ROLES_OF = {
    E.SOLD: "BM OEM", E.INSTALLED: "OEM", E.VEHICLE_SOLD: "OEM", E.POOLED: "SW", E.SWAP_IN: "SW", E.SWAP_OUT: "SW", E.MAINTAINED: "RS OEM",
    E.REPLACED: "RS OEM", E.REINSTALLED: "RS OEM SW", E.RETIRED: "BM OEM SW RS SD CU", E.VEHICLE_SCRAPPED: "SD", E.PACK_DETACHED: "SD",
    E.HANDED_OVER: "BM OEM SW RS SD CU", E.RECEIVED: "BM OEM SW RS SD CU", E.REJECTED: "BM OEM SW RS SD CU", E.GRADED: "BM OEM CU", E.DISMANTLED: "CU",
    E.RECYCLED: "CU", E.DISPOSED: "CU", E.EXPORTED: "BM OEM", E.REPORTED_MISSING: "BM OEM SW RS SD CU", E.FOUND: "BM OEM SW RS SD CU",
}  # fmt: skip
EVENTS = tuple(ROLES_OF)
WITHOUT = "oem"
"""Of a scrapped vehicle nobody is another party: this one stands for that the pack was not in it."""
GRADE = {"method": "M", "capacityAh": 1.0, "resistanceMohm": 1.0, "insulationMohm": 1.0, "grade": "A", "route": "R"}


@dataclass
class Model:
    """One pack: its state, who holds it, which car it is in, whom it is offered to, and where it goes back to."""

    state: str = "CODED"
    holder: str | None = "maker"
    car: str | None = None
    offered: str | None = None
    back: str = ""
    kept: str = ""
    made_for: bool = False
    declared: bool = False
    released: bool = False
    scrapped: frozenset[str] = frozenset()
    came_without: frozenset[str] = frozenset()
    been: frozenset[str] = frozenset()
    stopped_by: str | None = None
    told_of: frozenset[tuple[str, str]] = frozenset()

    def step(self, event: E, by: str, to: str, car: str) -> bool:
        """Whether the event happens; then it has."""
        if ROLES[by] not in ROLES_OF[event].split() or (self.state in TERMINAL - {"DISMANTLED"} and event is not E.MAINTAINED):
            return False
        before, taken = self.state, bool(getattr(self, "_" + event.lower())(by, to, car))
        if self.car is not None:
            self.been |= {self.car}
        if taken and event in SPEAK_OF_CARS:
            self.told_of |= {(by, car)}
        if self.state != before and before not in TERMINAL:
            self.stopped_by = by if self.state in {*TERMINAL, "MISSING"} else None
        return taken

    def _moves(self, allowed: bool, origins: str, state: str) -> bool:
        if not allowed or self.state not in origins.split():
            return False
        self.state = state
        return True

    def _known(self, car: str) -> bool:
        return (car == "swap" or self.declared) and car not in self.scrapped

    def _to_do_with(self, by: str, car: str) -> bool:
        """Nobody puts anything into a vehicle that others made, and of which it told nothing before."""
        return self._known(car) and (by == "oem" or (by, car) in self.told_of)

    def _into(self, car: str) -> None:
        self.car, self.made_for = car, True
        if car != "swap":
            self.holder = None

    def _sold(self, by: str, to: str, car: str) -> bool:
        if not self._moves(self.holder == by != to, "CODED", "SOLD"):
            return False
        self.holder = to
        return True

    def _installed(self, by: str, to: str, car: str) -> bool:
        if not self._moves(self.holder == by == "oem" and car == "plain", "SOLD", "INSTALLED"):
            return False
        self.car, self.made_for, self.declared = car, True, True
        return True

    def _vehicle_sold(self, by: str, to: str, car: str) -> bool:
        if not self._moves(by == "oem" and self.car is not None and car == self.car, "INSTALLED", "IN_SERVICE"):
            return False
        self.holder = None
        return True

    def _pooled(self, by: str, to: str, car: str) -> bool:
        return self._moves(self.holder == by, "SOLD", "SWAP_POOL")

    def _swap_in(self, by: str, to: str, car: str) -> bool:
        if not self._moves(
            self.holder == by and car == "swap" and (self._to_do_with(by, car) or (car not in self.been and self._known(car))), "SWAP_POOL", "IN_SERVICE"
        ):
            return False
        self._into(car)
        return True

    def _swap_out(self, by: str, to: str, car: str) -> bool:
        if not self._moves(self.holder == by and self.car == car, "IN_SERVICE", "SWAP_POOL"):
            return False
        self.car = None
        return True

    def _maintained(self, by: str, to: str, car: str) -> bool:
        """Of any vehicle that it was in, wherever it is by now; but nobody tells it of a pack that it told itself to be missing, or at its end."""
        return car in self.been and self.state not in {"CODED", "SOLD", "INSTALLED"} and self.stopped_by != by and self.car not in self.scrapped

    def _replaced(self, by: str, to: str, car: str) -> bool:
        if self.state == "IN_SERVICE":
            if self.car != car or car in self.scrapped:
                return False
            self.state, self.holder, self.car = "REMOVED", by, None
            return True
        if not self._moves(self.holder == by and self._to_do_with(by, car), "SOLD", "IN_SERVICE"):
            return False
        self._into(car)
        return True

    def _reinstalled(self, by: str, to: str, car: str) -> bool:
        if not self._moves(self.holder == by and self._to_do_with(by, car), "REMOVED", "IN_SERVICE"):
            return False
        self._into(car)
        return True

    def _retired(self, by: str, to: str, car: str) -> bool:
        return self._moves(self.holder == by, "REMOVED SWAP_POOL", "RETIRED")

    def _vehicle_scrapped(self, by: str, to: str, car: str) -> bool:
        if to == WITHOUT:
            # It stays where it is; the one firm that scraps says so once.
            if (self.kept if self.state == "MISSING" else self.state) != "IN_SERVICE" or self.car != car or car in self.came_without:
                return False
            self.scrapped, self.came_without = self.scrapped | {car}, self.came_without | {car}
            return True
        if not self._moves(self.car == car, "IN_SERVICE", "IN_SCRAP_VEHICLE"):
            return False
        self.holder, self.scrapped = by, self.scrapped | {car}
        return True

    def _pack_detached(self, by: str, to: str, car: str) -> bool:
        if not self._moves(self.holder == by and self.car == car, "IN_SCRAP_VEHICLE", "RETIRED"):
            return False
        self.car = None
        return True

    def _handed_over(self, by: str, to: str, car: str) -> bool:
        before = self.state
        if not self._moves(self.holder == by != to, "RETIRED STORED GRADED", "IN_TRANSIT"):
            return False
        self.back, self.offered = before, to
        return True

    def _received(self, by: str, to: str, car: str) -> bool:
        if not self._moves(self.offered == by, "IN_TRANSIT", "STORED"):
            return False
        self.holder, self.offered = by, None
        return True

    def _rejected(self, by: str, to: str, car: str) -> bool:
        if not self._moves(self.offered == by, "IN_TRANSIT", self.back):
            return False
        self.offered = None
        return True

    def _graded(self, by: str, to: str, car: str) -> bool:
        return self._moves(self.holder == by, "STORED", "GRADED")

    def _dismantled(self, by: str, to: str, car: str) -> bool:
        return self._moves(self.holder == by, "GRADED STORED", "DISMANTLED")

    def _recycled(self, by: str, to: str, car: str) -> bool:
        return self._moves(self.holder == by, "GRADED DISMANTLED" + " STORED" * self.released, "RECYCLED")

    def _disposed(self, by: str, to: str, car: str) -> bool:
        return self._moves(self.holder == by, "CODED SOLD INSTALLED SWAP_POOL REMOVED IN_SCRAP_VEHICLE RETIRED STORED GRADED", "DISPOSED")

    def _exported(self, by: str, to: str, car: str) -> bool:
        return self._moves(self._answers(by), "CODED SOLD IN_SERVICE", "EXPORTED")

    def _answers(self, by: str) -> bool:
        return self.holder == by if self.holder is not None else by == "oem" and self.car is not None

    def _reported_missing(self, by: str, to: str, car: str) -> bool:
        if self.state in {"MISSING", "DISMANTLED"} or not self._answers(by):
            return False
        self.kept, self.state = self.state, "MISSING"
        return True

    def _found(self, by: str, to: str, car: str) -> bool:
        return self._moves(self._answers(by) or (by == "oem" and self.made_for), "MISSING", self.kept)


steps = st.lists(
    st.tuples(st.integers(0, 10_000), st.sampled_from(EVENTS), st.sampled_from(PARTIES), st.sampled_from(PARTIES), st.sampled_from(("plain", "swap"))),
    min_size=14, max_size=26,
)  # fmt: skip
AVOIDED = {E.DISPOSED, E.EXPORTED, E.MAINTAINED}
ALL = [(event, by, to, car) for event in EVENTS for by in PARTIES for to in ("oem", "swap", "repair", "recycler") for car in ("plain", "swap")]


def likely(model: Model, pick: int) -> tuple[E, str, str, str] | None:
    """One of the steps that the model allows, ends of life last."""
    able = [each for each in ALL if Model(**vars(model)).step(*each) and each[0] not in AVOIDED]
    # By event first, or those with many possible parties would crowd out the rest; a life that goes round in circles does not end.
    kinds = sorted({each[0] for each in able} - {E.REPORTED_MISSING, E.REJECTED, E.SWAP_OUT} if pick % 4 else {each[0] for each in able})
    some = [each for each in able if each[0] == kinds[pick // 4 % len(kinds)]] if kinds else able
    return some[pick // 64 % len(some)] if some else None


SPEAK_OF_CARS = {
    E.INSTALLED, E.VEHICLE_SOLD, E.SWAP_IN, E.SWAP_OUT, E.MAINTAINED, E.REPLACED, E.REINSTALLED, E.VEHICLE_SCRAPPED, E.PACK_DETACHED,
}  # fmt: skip


def said(event: E, to: str, car: str) -> dict[str, Any]:
    """What a report of the event has to say beside its code."""
    return {
        **({"to": to} if event in (E.SOLD, E.HANDED_OVER) else {}),
        **({"vin": car} if event in SPEAK_OF_CARS else {}),
        **({"vehicle": CAR} if event is E.INSTALLED else {}),
        **({"sale": Sale("440300", "PRIVATE")} if event is E.VEHICLE_SOLD else {}),
        **({"details": GRADE} if event is E.GRADED else {}),
        **({"details": {"packFound": to != WITHOUT}} if event is E.VEHICLE_SCRAPPED else {}),
    }


async def asked_of_everything(book: Book, model: Model, subject: str, at: float, cars: dict[str, str]) -> None:
    """Where the pack stands now, each event in turn by whoever is most likely to report it: judged, not written.

    Each is grouped with a report that is refused for sure, so that none is judged as if those before it had happened.
    """
    by, car = model.offered or model.holder or "oem", model.car or "plain"
    to = "repair" if by != "repair" else "oem"
    pairs = [
        (replace(book.report(at, event, group=place, **said(event, to, cars[car])), code=subject), book.report(at, E.RETIRED, 9_999_999, group=place))
        for place, event in enumerate(EVENTS)
    ]  # fmt: skip
    outcomes = await book.tell(by, *[each for pair in pairs for each in pair], validate_only=True)
    for event, outcome in zip(EVENTS, outcomes[::2], strict=True):
        assert isinstance(outcome, Refused)
        possible = Model(**vars(model)).step(event, by, to, car)
        assert (outcome.code == "GROUP_REFUSED") == possible, (model, event, by, outcome)


@pytest.mark.parametrize("chosen", [True, False], ids=["mostly possible", "anything"])
@settings(max_examples=3000 if os.environ.get("CELLGATE_PROFILE") == "long" else 25)
@given(told=steps)
async def test_the_ledger_takes_what_the_model_takes(book: Book, chosen: bool, told: list[tuple[int, E, str, str, str]]) -> None:
    number, model = next(NUMBERS), Model()
    cars = {"plain": vin(2 * number), "swap": vin(2 * number + 1)}
    async with book.database.transaction("ledger") as connection:
        swap = Vehicle(cars["swap"], FIRMS["oem"], SWAP_CAR.model_name, "BEV", True, SWAP_CAR.produced_on, None, None, None, None, None, (FIRMS["oem"],), NOW)
        await insert(connection, [swap])
    assert isinstance(await book.one("maker", 0, E.PRODUCED, number), Recorded)
    await lives_as(book, model, code(number), told, cars, chosen=chosen)


@pytest.mark.parametrize("place", [1, 2])
@settings(max_examples=1000 if os.environ.get("CELLGATE_PROFILE") == "long" else 12)
@given(told=steps)
async def test_the_ledger_takes_of_what_was_released_what_the_model_takes(book: Book, place: int, told: list[tuple[int, E, str, str, str]]) -> None:
    """A module in store at the recycler that dismantled its pack: the same machine, with one move more."""
    if not await rows(book.database, "select from battery.model where id = $1", MODULAR):
        await equipped(book)
    number = next(NUMBERS)
    subject, cars = module(number, place), {"plain": vin(2 * number), "swap": vin(2 * number + 1)}
    await held(book, number, pack=partial(modular, cells=False), graded=place == 1)
    assert isinstance((await book.tell("recycler", dismantled(number, subject)))[0], Recorded)
    await lives_as(book, Model("STORED", "recycler", released=True), subject, told, cars, begun=12)


async def lives_as(
    book: Book, model: Model, subject: str, told: list[tuple[int, E, str, str, str]], cars: dict[str, str], *, begun: float = 0, chosen: bool = True
) -> None:
    """Each of the steps is taken of the battery exactly where the model takes it."""
    for place, (drawn, event, by, to, car) in enumerate(told, 1):
        # Hypothesis likes small numbers; what is picked should not be the same few steps.
        pick = zlib.crc32(f"{place} {drawn}".encode())
        if event in {E.DISPOSED, E.EXPORTED} and pick % 7:
            event = E.GRADED  # lives would mostly end before they began
        # What the model forbids is tried by who would be the one to do it, or most would be refused for their reporter alone.
        nearly = (event, model.offered or model.holder or "oem", to, model.car or car) if pick % 2 else (event, by, to, car)
        step = (likely(model, pick) if chosen and pick % 3 else None) or nearly
        event, by, to, car = step
        before, taken = Model(**vars(model)), model.step(*step)
        (outcome,) = await book.tell(by, replace(book.report(begun + place, event, **said(event, to, cars[car])), code=subject))
        assert isinstance(outcome, Recorded) == taken, (before, step, outcome)
        if place % 2:
            await asked_of_everything(book, model, subject, begun + place + 0.5, cars)
    (pack,) = await rows(book.database, "select status, custodian from battery.pack where code = $1", subject)
    assert (pack["status"], pack["custodian"]) == (model.state, FIRMS[model.holder] if model.holder else None)
