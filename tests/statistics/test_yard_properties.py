"""Any sequence of taking apart, making new, selling, coming back and correcting, with notices between them: the cells are what a recomputation makes them."""

from __future__ import annotations

import dataclasses
import itertools
import os
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from resolvers.database.statistics_write import fold
from resolvers.ledger.recording.report import Outcome, Recorded, Report
from tests.recording.making import LAWFUL, dismantled, equipped, held, modular, module, plain, product, reprocessed
from tests.recording.making import given as reported
from tests.recording.test_notices import filing, sighting
from tests.recording.world import FIRMS, Book, E, code, rows
from tests.statistics.world import differing

NUMBERS = itertools.count(1)
SEEN: Counter[str] = Counter()
TESTED = {"method": "M", "capacityAh": 1.0, "resistanceMilliohm": 1.0, "insulationMegaohm": 1.0, "grade": "A", "route": "REPROCESS_INTO_PRODUCT"}
FIELDS = ("STATIONARY_STORAGE", "STATIONARY_STORAGE", "TELECOM_BACKUP", "E_BICYCLE")
CHOICES = ("apart", "apart", "graded", "made", "made", "sold", "back", "again apart", "gone", "notice", "corrected", "corrected", "asked")


@pytest.fixture
async def yard(book: Book) -> Book:
    return await equipped(book)


@dataclasses.dataclass
class Yard:
    """A recycler's yard over four packs of its own, day by day."""

    book: Book
    dice: random.Random
    day: float = 12.0
    items: list[str] = dataclasses.field(default_factory=list)
    goods: list[str] = dataclasses.field(default_factory=list)
    said: list[tuple[str, Report, Recorded]] = dataclasses.field(default_factory=list)
    numbers: list[int] = dataclasses.field(default_factory=lambda: [next(NUMBERS) for _ in range(4)])

    async def begin(self) -> None:
        """Two packs whose modules are known, and two whose are not."""
        await held(self.book, *self.numbers[:2], pack=modular)
        await held(self.book, *self.numbers[2:], pack=plain)
        self.day = 12.0

    async def tell(self, what: str, by: str, *reports: Report) -> list[Outcome]:
        told = await self.book.tell(by, *reports)
        self.day += 1
        for report, outcome in zip(reports, told, strict=True):
            if isinstance(outcome, Recorded):
                SEEN[what] += 1
                self.said.append((by, report, outcome))
        return told

    def name(self) -> str:
        return f"y{next(self.book.numbers)}"

    def anything(self) -> str:
        return self.dice.choice([*map(code, self.numbers), *self.items, *self.goods])

    async def step(self, what: str) -> None:
        await getattr(self, "do_" + what.replace(" ", "_"))()

    async def do_apart(self) -> None:
        number = self.dice.choice(self.numbers)
        released: Any = [module(number, place) for place in range(1, 5) if self.dice.random() < 0.6] if number in self.numbers[:2] else []
        told = [(each, 70.0) if self.dice.random() < 0.4 else each for each in released]
        (outcome,) = await self.tell("apart", "recycler", dismantled(number, *told, at=self.day, reference=self.name()))
        self.items += released if isinstance(outcome, Recorded) else []

    async def do_graded(self) -> None:
        await self.tell("graded", "recycler", reported(E.GRADED, self.dice.choice(self.items or [self.anything()]), self.day, self.name(), **TESTED))

    async def do_made(self) -> None:
        """Of whole packs or of modules, which pass on their own."""
        goods = product(next(NUMBERS))
        sources = self.dice.sample(self.items, min(2, len(self.items))) if self.items and self.dice.random() < 0.6 else [self.anything()]
        for each in sources if self.dice.random() < 0.8 else ():
            await self.tell("graded", "recycler", reported(E.GRADED, each, self.day, self.name(), **TESTED))
        (outcome,) = await self.tell("made", "recycler", reprocessed(goods, *sources, at=self.day, reference=self.name()))
        self.goods += [goods] if isinstance(outcome, Recorded) else []

    async def do_sold(self) -> None:
        goods = self.dice.choice(self.goods or [self.anything()])
        details = {**LAWFUL, "fieldOfUse": self.dice.choice(FIELDS), "buyer": FIRMS["swap"]}
        await self.tell("sold", "recycler", reported(E.PRODUCT_SOLD, goods, self.day, self.name(), **details))

    async def do_back(self) -> None:
        """Its buyer retires it and hands it in."""
        goods = self.dice.choice(self.goods or [self.anything()])
        await self.tell("retired", "swap", reported(E.RETIRED, goods, self.day, self.name(), reason="worn"))
        to = {"receiver": FIRMS["recycler"], "purpose": "UTILIZATION", "declaredMassKg": 200.0, "filingNumber": "F-2026-1"}
        await self.tell("handed over", "swap", reported(E.HANDED_OVER, goods, self.day, self.name(), **to))
        await self.tell("back", "recycler", reported(E.RECEIVED, goods, self.day, self.name(), measuredMassKg=200.0))

    async def do_again_apart(self) -> None:
        """Products and modules are taken apart as packs are."""
        await self.tell("again apart", "recycler", reported(E.DISMANTLED, self.anything(), self.day, self.name(), massKg=200.0))

    async def do_gone(self) -> None:
        """To another, or to its end."""
        subject = self.anything()
        if self.dice.random() < 0.5:
            to = {"receiver": FIRMS["recycler2"], "purpose": "UTILIZATION", "declaredMassKg": 80.0, "filingNumber": "F-2026-2"}
            await self.tell("handed over", "recycler", reported(E.HANDED_OVER, subject, self.day, self.name(), **to))
            await self.tell("gone", "recycler2", reported(E.RECEIVED, subject, self.day, self.name(), measuredMassKg=80.0))
        else:
            await self.tell("gone", "recycler", reported(E.DISPOSED, subject, self.day, self.name(), residueType="ELECTROLYTE", permit="P-1"))

    async def do_notice(self) -> None:
        """What is of no battery counts nowhere."""
        before = await rows(self.book.database, "select count(*)::int as n from statistics.change")
        filed = filing(self.day, self.name(), traceabilityCode=f"T{next(NUMBERS):06}")
        told = await self.book.tell("maker", filed) + await self.book.tell("repair", sighting(self.day, self.name()))
        SEEN["notices"] += sum(isinstance(each, Recorded) for each in told)
        assert before == await rows(self.book.database, "select count(*)::int as n from statistics.change")

    async def do_corrected(self) -> None:
        """As it really was: on another day, elsewhere. What was corrected may be corrected again."""
        if not self.said:
            return
        by, report, outcome = self.dice.choice(self.said)
        details = {"province": self.dice.choice(("44", "31", None)), "corrects": outcome.seq, "client_reference": self.name()}
        moved = dataclasses.replace(report, occurred_at=report.occurred_at + timedelta(hours=self.dice.choice((-20, 0, 5))), **details)
        await self.tell("corrected", by, moved)

    async def do_asked(self) -> None:
        """Whoever has it asks for it to be taken back."""
        subject = self.anything()
        for by in ("swap", "recycler", "recycler2"):
            await self.tell("asked", by, reported(E.TAKE_BACK_REQUESTED, subject, self.day, self.name(), reason="Old", region="440300"))


@settings(max_examples=400 if os.environ.get("CELLGATE_PROFILE") == "long" else 12)
@given(seed=st.integers(0, 10**6), steps=st.lists(st.sampled_from(CHOICES), min_size=8, max_size=24), folded=st.booleans())
async def test_cells_are_what_the_ledger_makes_of_a_yard(yard: Book, seed: int, steps: list[str], folded: bool) -> None:
    made = Yard(yard, random.Random(seed))
    await made.begin()
    # Something to work with comes first.
    for what in ("apart", "apart", "made", "made", "sold", *steps):
        await made.step(what)
    if folded:
        async with yard.database.transaction("ledger") as connection:
            await fold(connection)
    assert await differing(yard.database) == []


def test_all_of_it_was_among_them() -> None:
    for what, least in {"apart": 10, "graded": 5, "made": 5, "sold": 3, "corrected": 3, "notices": 2, "gone": 1}.items():
        assert SEEN[what] >= least, SEEN
