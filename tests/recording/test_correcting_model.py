"""Lives that are corrected at random: what is left is a life that the same parties could have told in that order from the beginning."""

from __future__ import annotations

import itertools
import os
import zlib
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from resolvers.database.recording_write import insert
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import Outcome, Recorded, Refused
from resolvers.ledger.rows import Vehicle
from tests.recording.test_model import Model, likely, said
from tests.recording.world import FIRMS, NOW, SWAP_CAR, Book, E, vin

NUMBERS = itertools.count(1)
BUYERS = ("oem", "swap", "repair", "recycler")


@dataclass(frozen=True)
class Step:
    """One event of a life; `seq` is what it stands under."""

    by: str
    at: float
    event: E
    to: str
    car: str
    seq: int = 0


async def cars_of(book: Book, number: int) -> dict[str, str]:
    cars = {"plain": vin(2 * number), "swap": vin(2 * number + 1)}
    row = Vehicle(cars["swap"], FIRMS["oem"], SWAP_CAR.model_name, "BEV", True, SWAP_CAR.produced_on, None, None, None, None, None, (FIRMS["oem"],), NOW)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [row])
    return cars


async def tell(book: Book, number: int, cars: dict[str, str], step: Step, **more: Any) -> Outcome:
    return await book.one(step.by, step.at, step.event, number, **said(step.event, step.to, cars[step.car]), **more)


async def lived(book: Book, number: int, cars: dict[str, str], picks: list[int]) -> list[Step]:
    """A life that the model allows."""
    assert isinstance(await book.one("maker", 0, E.PRODUCED, number), Recorded)
    model, life = Model(), list[Step]()
    for place, drawn in enumerate(picks, 1):
        chosen = likely(model, zlib.crc32(f"{place} {drawn}".encode()))
        if chosen is None:
            break
        event, by, to, car = chosen
        assert model.step(*chosen)
        told = await tell(book, number, cars, step := Step(by, place, event, to, car))
        assert isinstance(told, Recorded), (step, told)
        life.append(Step(by, place, event, to, car, told.seq))
    return life


corrections = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(("time", "to", "car")), st.sampled_from((-3.5, -1.5, -0.5, 0.5, 1.5, 3.5)), st.sampled_from(BUYERS)),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=1000 if os.environ.get("CELLGATE_PROFILE") == "long" else 25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 10_000), min_size=3, max_size=14), corrections)
async def test_a_corrected_life_could_have_been_told_so(book: Book, picks: list[int], wrongs: list[tuple[int, str, float, str]]) -> None:
    number = next(NUMBERS)
    cars = await cars_of(book, number)
    life = await lived(book, number, cars, picks)
    for place, what, shift, to in wrongs if life else ():
        old = life[place % len(life)]
        changed = {"time": {"at": max(old.at + shift, 0)}, "to": {"to": to}, "car": {"car": "swap" if old.car == "plain" else "plain"}}[what]
        new = Step(**{**vars(old), **changed})
        if new.to == new.by:
            continue
        told = await tell(book, number, cars, new, corrects=old.seq)
        if isinstance(told, Recorded):
            life[place % len(life)] = Step(**{**vars(new), "seq": told.seq})
        else:
            assert isinstance(told, Refused)
    again = next(NUMBERS)
    cars = await cars_of(book, again)
    assert isinstance(await book.one("maker", 0, E.PRODUCED, again), Recorded)
    for step in life:
        told = await tell(book, again, cars, step)
        assert isinstance(told, Recorded), (step, told, life)
    assert not (await rebuild(book.database, lambda _stage, _done: None)).differences
