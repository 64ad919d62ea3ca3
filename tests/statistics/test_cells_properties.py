"""Any sequence of events, corrections and corrections of corrections included: the cells are what a recomputation from the ledger makes them."""

from __future__ import annotations

import itertools
import os
import zlib
from collections import Counter

import hypothesis.strategies as st
from hypothesis import given, settings

from resolvers.database.statistics_write import fold
from resolvers.ledger.recording.report import Recorded, Report
from tests.recording.test_model import Model, likely, said
from tests.recording.world import Book, E, vin
from tests.statistics.world import differing

NUMBERS = itertools.count(1_000)
SEEN: Counter[str] = Counter()
lives = st.lists(st.tuples(st.integers(0, 10_000), st.booleans(), st.sampled_from(("44", "31", "42", None))), min_size=6, max_size=22)


async def corrected(book: Book, by: str, first: Report, told: Recorded, province: str | None) -> Recorded | None:
    """The event as it really was: elsewhere. None where the ledger does not take it."""
    report = Report(
        first.type, first.code, told.occurred_at, f"c{next(book.numbers)}", first.details, first.counterparty, first.vin, province, (), told.seq,
        vehicle=first.vehicle, sale=first.sale,
    )  # fmt: skip
    (outcome,) = await book.tell(by, report)
    SEEN["corrections"] += isinstance(outcome, Recorded)
    return outcome if isinstance(outcome, Recorded) else None


async def taken_back(book: Book, number: int, at: float) -> None:
    """Whoever holds the pack asks for it to be taken back, and whoever is obliged answers, or stays silent."""
    for by in ("recycler", "scrap", "swap", "repair", "oem"):
        if isinstance(await book.one(by, at, E.TAKE_BACK_REQUESTED, number, details={"reason": "Old"}), Recorded):
            SEEN["asked"] += 1
            answer = (E.TAKE_BACK_ACCEPTED, {"collectOn": "2026-09-01", "collectAt": "Gate 2"}) if number % 2 else (E.TAKE_BACK_REFUSED, {"reason": "No"})
            for other in ("oem", "maker", "recycler") if at % 3 > 1 else ():
                SEEN["answered"] += isinstance(await book.one(other, at + 0.2, answer[0], number, details=answer[1]), Recorded)
            return


@settings(max_examples=1000 if os.environ.get("CELLGATE_PROFILE") == "long" else 15)
@given(told=lives, folded=st.booleans())
async def test_cells_are_what_the_ledger_makes_of_them(book: Book, told: list[tuple[int, bool, str | None]], folded: bool) -> None:
    number, model = next(NUMBERS), Model()
    cars = {"plain": vin(2 * number), "swap": vin(2 * number + 1)}
    assert isinstance(await book.one("maker", 0, E.PRODUCED, number), Recorded)
    for place, (pick, correct, province) in enumerate(told, 1):
        step = likely(model, zlib.crc32(f"{place} {pick}".encode()))
        if step is None:
            break
        event, by, to, car = step
        # What the model has and this ledger lacks (a swap car that was imported) is refused, and then nothing has changed.
        report = book.report(place, event, number, **{**said(event, to, cars[car]), "province": "44"})
        (outcome,) = await book.tell(by, report)
        if not isinstance(outcome, Recorded):
            continue
        model.step(*step)
        SEEN["events"] += 1
        if correct and (again := await corrected(book, by, report, outcome, province)) is not None:
            await corrected(book, by, report, again, "35")
        if pick % 4 == 0:
            await taken_back(book, number, place + 0.3)
    if folded:
        async with book.database.transaction("ledger") as connection:
            await fold(connection)
    assert await differing(book.database) == []


def test_corrections_were_among_them() -> None:
    assert SEEN["events"] > 20
    assert SEEN["corrections"] > 5, SEEN
    assert SEEN["asked"] > 3, SEEN
    assert SEEN["answered"] > 0, SEEN
