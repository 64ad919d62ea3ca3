"""Every rule of arrival, at past moments of a ledger in which many packs' lives are told mixed up, late and corrected: what was known then, and no more."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from resolvers.database.pool import Database
from resolvers.ledger.finding_rows import FindingRow
from resolvers.ledger.findings.register import ON_ARRIVAL
from resolvers.ledger.recording.report import Report
from tests.conftest import Databases
from tests.recording.making import equipped, held, product, reprocess
from tests.recording.world import DAY_0, NOW, Book, E, registered, vin
from tests.sweep.bench import replayed

SALE = {"standard": "GB/T 36276-2023", "buyerName": "A farm"}
BEFORE = ("R04", "R19")
Act = Callable[[Book, datetime], Awaitable[object]]


class Step(NamedTuple):
    """Something that a party tells, and the rules that find something on it."""

    act: Act
    rules: tuple[str, ...] = ()


def tells(by: str, at: float, kind: E, number: int, /, *rules: str, **more: object) -> Step:
    """One report."""
    return Step(lambda book, moment: book.one(by, at, kind, number, moment=moment, **more), rules)


def sells(use: str, number: int, *rules: str) -> Step:
    """The recycler sells its product for a use."""
    report = Report(E.PRODUCT_SOLD, product(number), DAY_0 + timedelta(days=19), f"sold {number} {use}", {**SALE, "fieldOfUse": use})
    return Step(lambda book, moment: book.tell("recycler", report, moment=moment), rules)


def scrapped(number: int) -> list[Step]:
    """A pack that went the lawful way into a scrap yard."""
    car = vin(number)
    return [
        Step(lambda book, _moment: book.in_service(number)),
        tells("scrap", 100, E.VEHICLE_SCRAPPED, number, vin=car, details={"packFound": True}),
        tells("scrap", 102, E.PACK_DETACHED, number, vin=car, details={"massKg": 419.0}),
    ]


def stories() -> list[list[Step]]:
    """The lives; each has a pack of its own."""
    driven = [Step(lambda book, _moment, n=n: book.in_service(n)) for n in range(5)]
    sent = {"to": "recycler", "details": {"purpose": "UTILIZATION", "declaredMassKg": 419.0}}
    return [
        [driven[1], tells("scrap", 100, E.VEHICLE_SCRAPPED, 1, "R01", vin=vin(1), details={"packFound": False})],
        # The yard takes back what it told; the finding comes with the correction, not before.
        [driven[2], tells("scrap", 100, E.VEHICLE_SCRAPPED, 2, vin=vin(2), details={"packFound": True}),
         tells("scrap", 100, E.VEHICLE_SCRAPPED, 2, "R01", vin=vin(2), details={"packFound": False}, corrects=4 + 1)],
        [*scrapped(11), tells("maker", 120, E.PRODUCED, 11, "R02")],
        [*scrapped(12), tells("scrap", 110, E.HANDED_OVER, 12, "R04", "R19", **sent)],
        [driven[3], tells("scrap", 90, E.PACK_DETACHED, 3, "R14", vin=vin(3), details={"massKg": 419.0})],
        [tells("maker", 0.1, E.PRODUCED, 21), tells("maker", 3, E.SOLD, 21, to="oem"), tells("oem", 5, E.INSTALLED, 21, "R16", vin="LGXC76C30R0000017")],
        [*scrapped(13), tells("scrap", 120, E.RETIRED, 13, "R17")],
        [*scrapped(14), tells("oem", 120, E.EXPORTED, 14, "R22", details={"country": "XX"})],
        [sells("E_BICYCLE", 1, "R13"), sells("STATIONARY_STORAGE", 1)],
        scrapped(15),
    ]  # fmt: skip


def course(rng: random.Random) -> list[tuple[datetime, Step]]:
    """The lives mixed, each in its own order, told a while apart."""
    lives, told, moment = [each for each in stories() if each], list[tuple[datetime, Step]](), NOW
    while lives:
        life = rng.choice(lives)
        told.append((moment, life.pop(0)))
        lives = [each for each in lives if each]
        moment += timedelta(hours=rng.choice((0, 1, 30, 300)))
    return told


async def ledger_of(database: Database, told: Sequence[tuple[datetime, Step]]) -> None:
    await registered(database)
    book = await equipped(Book(database))
    # The product came of a pack that was handed over to another province without a filing, to who has no licence.
    await held(book, 31)
    await reprocess(book, product(1), 31)
    for moment, step in told:
        await step.act(book, moment)


def arrived(findings: Sequence[FindingRow]) -> list[FindingRow]:
    return [each for each in findings if each.found == "ARRIVAL"]


async def test_a_past_moment_is_what_was_known_then(databases: Databases, request: pytest.FixtureRequest) -> None:
    await _replayed(databases, _seed(request))


@pytest.mark.long
@pytest.mark.parametrize("number", range(1, 21))
async def test_a_past_moment_is_what_was_known_then_in_many_ledgers(databases: Databases, request: pytest.FixtureRequest, number: int) -> None:
    await _replayed(databases, _seed(request) + number)


async def _replayed(databases: Databases, seed: int) -> None:
    print(f"seed of the ledger: {seed}")
    rng = random.Random(seed)
    told = course(rng)
    whole = await databases.make()
    await ledger_of(whole, told)
    moments = sorted({moment for moment, _step in told})
    for moment in [*sorted(rng.sample(moments, 2)), moments[-1]]:
        then = [each for each in told if each[0] <= moment]
        expected = Counter(BEFORE) + Counter(rule for _moment, step in then for rule in step.rules)
        findings = arrived(await replayed(whole, moment))
        assert Counter(each.rule for each in findings) == expected, f"seed {seed}, as of {moment.isoformat()}"
        ended = await databases.make()
        await ledger_of(ended, then)
        assert findings == arrived(await replayed(ended, moment)), f"seed {seed}, as of {moment.isoformat()}"
        await databases.drop(ended)
    assert {each.rule for each in arrived(await replayed(whole, moments[-1]))} == {each.id for each in ON_ARRIVAL}
    await databases.drop(whole)


def _seed(request: pytest.FixtureRequest) -> int:
    return int(os.environ.get("CELLGATE_SEED") or request.config.getoption("--hypothesis-seed") or 0)
