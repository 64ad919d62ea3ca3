"""Attacks with every version of a table: that figures are at least 0 is used, and of revisions that only add that they do; sums of figures as well."""

from __future__ import annotations

import os

import pytest

from resolvers.ledger.statistics.disclosure import Table, suppressed
from resolvers.ledger.statistics.publication import Version, version
from tests.statistics import attacks
from tests.statistics.attacks import Attacker, Cells, told_too_much
from tests.statistics.drawing import SAFETY, TERMS, added, drawn, revised, shares_of, sides, spread

LONG = os.environ.get("CELLGATE_PROFILE") == "long"
SEEDS = 200 if LONG else 6
FINE = {"a": 40, "b": 30, "c": 30}
LATER = {"revised": revised, "added": added}


def published(states: list[Cells], *, authorities: bool) -> tuple[list[Cells], list[Version]]:
    """The versions that are made of these, and what each is of."""
    versions: list[Version] = []
    kept: list[Cells] = []
    for state in states:
        made = version(shares_of(state), versions[-1] if versions else None, TERMS, mass=False, authorities=authorities)
        if made is not None:
            versions.append(made)
            kept.append(state)
    return kept, versions


def broken(attackers: list[Attacker], kept: list[Cells], versions: list[Version]) -> list[object]:
    return [each for attacker in attackers for each in told_too_much(attacker, kept, versions)]


@pytest.mark.parametrize("how", LATER)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_nobody_tells_what_came_late(seed: int, how: str) -> None:
    states = [drawn(seed, 4, 3)]
    for number in (1, 2):
        states.append(LATER[how](states[-1], seed + number))
    kept, versions = published(states, authorities=True)
    rows, _ = sides(states[0])
    attackers = [attacks.outsider(), *map(attacks.authority, rows), *map(attacks.enterprise, ("p0", "p1", "p2"))]
    assert not broken(attackers, kept, versions)


@pytest.mark.parametrize("how", LATER)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_nobody_tells_what_came_late_of_flows(seed: int, how: str) -> None:
    cells = drawn(seed, 4, 3)
    kept, versions = published([spread(cells, seed), spread(LATER[how](cells, seed + 1), seed)], authorities=False)
    assert not broken([attacks.of_flows(province) for province in "ABCD"], kept, versions)


def test_two_cells_of_one_enterprise_are_not_told_together() -> None:
    """Each could move against the other, and their sum, all that the enterprise has in the row, stood still."""
    cells: Cells = {(row, column): dict(FINE) for row in ("x", "y", "z") for column in ("k", "l", "m")}
    cells["x", "k"], cells["x", "l"] = {"a": 20, "b": 3}, {"a": 30, "b": 3}
    hidden = suppressed(Table(cells), SAFETY)
    assert len([place for place in hidden if place[0] == "x"]) > 2
    kept, versions = published([cells], authorities=False)
    assert not broken([attacks.outsider()], kept, versions)
    assert len(hidden) <= 7, "and not much more than it takes"


@pytest.mark.parametrize("seed", range(400 if LONG else 12))
def test_no_sum_of_cells_of_one_enterprise_is_told(seed: int) -> None:
    """Few enterprises in few cells each: most of what is hidden is theirs alone."""
    cells = drawn(seed, 5, 4, some=(0, 1, 1, 2, 8))
    rows, _ = sides(cells)
    kept, versions = published([cells], authorities=True)
    assert not broken([attacks.outsider(), *map(attacks.authority, rows), *map(attacks.enterprise, ("p0", "p1"))], kept, versions)
