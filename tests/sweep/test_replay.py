"""Every rule of the sweep, at past moments of ledgers full of late reports and corrections, against ledgers that end at these moments."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from resolvers.database.pool import Database
from resolvers.ledger.finding_rows import FindingRow
from resolvers.ledger.findings.sweep.listed import SWEPT
from resolvers.ledger.findings.sweep.run import found
from tests.conftest import Databases
from tests.sweep.anomalies import CASES
from tests.sweep.bench import NOW, Bench
from tests.sweep.history import FACTS, known, late, told

RULES = {each.id for each in SWEPT}
# Registers are everybody's: an outlet of one anomaly would be where another one needs that there is none; and packs that go to and fro are taken back, too.
APART = {"R03 in service", "R24 prefecture", "R24 closed", "R18 few came back"}
TOGETHER = [name for name, (_build, expected) in CASES.items() if expected and name not in APART]
# Each of them twice, as some are corrected away; and late reports are looked for in a month of many.
LEDGERS = (tuple(TOGETHER * 2), ("R18 few came back", *["R10 a month"] * 4))
MOMENTS = 4
EVERY_RULE = 10
# Of what was late, a correction says nothing: this one is about reports as they were made.
LATE = "R10"


async def test_at_past_moments_every_rule_tells_what_was_known_then(databases: Databases) -> None:
    """A ledger of which every rule makes something else at one moment than at another."""
    changing: set[str] = set()
    for names in LEDGERS:
        history = await _replayed(databases, EVERY_RULE, names)
        changing |= {rule for rule in RULES if len({_of(rule, findings) for findings in history}) > 1}
    assert changing == RULES


async def test_a_past_moment_is_what_was_known_then(databases: Databases, request: pytest.FixtureRequest) -> None:
    for names in LEDGERS:
        await _replayed(databases, _seed(request), names)


@pytest.mark.long
@pytest.mark.parametrize("number", range(1, 41))
async def test_a_past_moment_is_what_was_known_then_in_many_ledgers(databases: Databases, request: pytest.FixtureRequest, number: int) -> None:
    for names in LEDGERS:
        await _replayed(databases, _seed(request) + number, names)


async def _replayed(databases: Databases, seed: int, names: Sequence[str]) -> list[tuple[FindingRow, ...]]:
    """What is found at some moments, the last after all is recorded; at each the same as of a ledger that ends there."""
    print(f"seed of the ledger: {seed}")
    rng = random.Random(seed)
    rows = told(rng, names)
    moments = [*_moments(rng, rows), NOW + timedelta(days=40)]
    history = await _found(databases, rows, moments)
    for moment, findings in zip(moments, history, strict=True):
        (again,) = await _found(databases, known(rows, moment), [moment])
        assert _but(LATE, findings) == _but(LATE, again), f"seed {seed}, as of {moment.isoformat()}"
        assert {(each.code, each.figures["month"], each.figures["reports"], each.figures["late"]) for each in findings if each.rule == LATE} == late(
            rows, moment
        )
        assert all(each.first_seen <= moment for each in findings), f"seed {seed}: found before it was so, as of {moment.isoformat()}"
    return history


def _seed(request: pytest.FixtureRequest) -> int:
    return int(os.environ.get("CELLGATE_SEED") or request.config.getoption("--hypothesis-seed") or 0)


def _moments(rng: random.Random, rows: list[Any]) -> list[datetime]:
    """Some at which something was just recorded, or is just about to be; and one that was quiet."""
    recorded = sorted({row.recorded_at for row in rows if isinstance(row, FACTS) and row.recorded_at > NOW - timedelta(days=200)})
    # One in each part of what is recorded, so that something is still to come after the first.
    parts = [recorded[len(recorded) * part // (MOMENTS - 1) : len(recorded) * (part + 1) // (MOMENTS - 1)] for part in range(MOMENTS - 1)]
    edges = [rng.choice(part) - timedelta(microseconds=rng.randrange(2)) for part in parts]
    return sorted([*edges, NOW - timedelta(days=rng.randint(1, 100))])


async def _found(databases: Databases, rows: list[Any], moments: list[datetime]) -> list[tuple[FindingRow, ...]]:
    database: Database = await databases.make()
    try:
        await Bench([*rows]).write(database)
        async with database.reading(role="system") as session:
            return [await found(session, each) for each in moments]
    finally:
        await databases.drop(database)


def _but(rule: str, findings: Sequence[FindingRow]) -> list[FindingRow]:
    return [each for each in findings if each.rule != rule]


def _of(rule: str, findings: tuple[FindingRow, ...]) -> frozenset[str]:
    return frozenset(repr((each.code, each.figures)) for each in findings if each.rule == rule)
