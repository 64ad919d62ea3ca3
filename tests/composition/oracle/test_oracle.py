"""Apollo's composition judges ours, on worlds of subgraphs and on what seeded changes make of them.

The seed of the fresh slice is the run's own, printed in its header; a case is composed again, whole, by its name:
`python -m tests.composition.oracle.report --case SEED/NUMBER`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

import pytest
from graphql import parse, print_ast

from tests.composition.oracle.cases import OF_HEADS, Case, mutated, mutated_case, unchanged, worlds
from tests.composition.oracle.comparison import Comparison, Ours, compared
from tests.composition.oracle.deviations import deviation_of
from tests.composition.oracle.judge import Judge, Question
from tests.composition.oracle.rates import GOALS, HELD, KINDS, Rates, rates_of
from tests.composition.test_cases import CASES, NAMES, sources

SEED = 1
FIXED, FRESH, LONG = 240, 120, 2000
HEADS_SEED, HEADS = 40261129, 60


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as running:
        yield running


def hold(comparisons: Iterable[Comparison], *, by_chance: bool) -> None:
    """Every rate is at least what is held; `by_chance` allows a fresh seed what three standard deviations allow."""
    listed = list(comparisons)
    rates = rates_of(listed)
    print(rates)
    broken = [kind for kind in KINDS if rates.failed[kind] > _allowed(rates, kind, by_chance=by_chance)]
    told = [f"{kind} of {comparison.case.name}: {signature}" for comparison in listed for kind, signature in _unexcused(comparison) if kind in broken]
    assert not broken, "\n".join([str(rates), *told[:40]])


def _allowed(rates: Rates, kind: str, *, by_chance: bool) -> float:
    expected = (1 - HELD[kind]) * rates.asked[kind]
    return expected + (3 * math.sqrt(expected * HELD[kind]) if by_chance else 0) + 1e-9


def _unexcused(comparison: Comparison) -> Iterable[tuple[str, str]]:
    return comparison.differences().items() if deviation_of(comparison) is None else ()


def test_worlds_and_the_fixed_slice(judge: Judge) -> None:
    hold(compared(judge, [*unchanged(), *mutated(SEED, range(FIXED))]), by_chance=False)


def test_a_fresh_slice(judge: Judge, pytestconfig: pytest.Config) -> None:
    seed = int(pytestconfig.getoption("--hypothesis-seed"))
    hold(compared(judge, mutated(seed, range(FRESH))), by_chance=True)


def test_heads_of_documents_have_the_same_verdict(judge: Judge) -> None:
    """By which codes they are refused may differ: of a head that says two things, composers stop at another one."""
    comparisons = [each for each in compared(judge, mutated(HEADS_SEED, range(HEADS), heads=True)) if deviation_of(each) is None]
    assert {each.case.name: each.differences()["verdict"] for each in comparisons if "verdict" in each.differences()} == {}


def test_the_cases_beside_the_tests(judge: Judge) -> None:
    """What is expected of the small cases is what Apollo's composition makes of them, but for what is declared."""
    cases = (Case(name, (name,), tuple(sources(CASES / name))) for name in NAMES)
    found = {comparison.case.name: comparison.differences() for comparison in compared(judge, cases) if deviation_of(comparison) is None}
    assert {name: kinds for name, kinds in found.items() if kinds} == {}


@pytest.mark.long
@pytest.mark.parametrize("number", range(2))
def test_a_long_slice(judge: Judge, pytestconfig: pytest.Config, number: int) -> None:
    seed = SEED if number == 0 else int(pytestconfig.getoption("--hypothesis-seed"))
    hold(compared(judge, mutated(seed, range(LONG))), by_chance=number > 0)


def test_nothing_held_is_above_its_goal() -> None:
    assert HELD.keys() == GOALS.keys()
    assert all(HELD[kind] <= GOALS[kind] for kind in KINDS)


@pytest.mark.parametrize("name", OF_HEADS)
def test_every_change_changes_something(name: str) -> None:
    """And makes the same of the same: a case is known by its name alone."""
    random = Random(name)
    found = ((world, OF_HEADS[name](world, random)) for _round in range(8) for world in worlds().values())
    assert any(changed is not None and changed != world for world, changed in found)


def test_a_case_is_made_again_by_its_name() -> None:
    assert [mutated_case(f"7/{number}") for number in range(30)] == list(mutated(7, range(30)))


def test_there_are_suites_to_start_from() -> None:
    if not any(name.startswith("suite/") for name in worlds()):
        if os.environ.get("CI", "") == "true":
            pytest.fail("the federation suites are not beside this repository")
        pytest.skip("the federation suites are not beside this repository")
    assert len(worlds()) >= 36


def a_case(judge: Judge) -> tuple[Case, str]:
    """A world, and the judge's own supergraph of it."""
    case = next(case for case in unchanged() if case.name == "own/custom")
    [answer] = judge.ask([Question(case.sources, None)])
    return case, answer["apollo"]["supergraph"]


def asked_of(judge: Judge, case: Case, sdl: str) -> Comparison:
    """How it would be told if that were the supergraph of ours."""
    [answer] = judge.ask([Question(case.sources, sdl)])
    return Comparison(case, Ours(sdl, ()), answer["apollo"], answer["ours"])


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ("name: String @", "name: String! @", {"supergraph", "api"}),
        ("groups: [Group] @join__field(graph: TWO)", "groups: [Group] @join__field(graph: ONE)", {"supergraph"}),
        ('@team(name: "users")', '@team(name: "other")', {"supergraph"}),
        ('key: "id"', 'key: "title"', {"loads"}),
        ("type Group\n", "type Team\n", {"loads"}),
    ],
)
def test_the_judge_sees_a_difference(judge: Judge, old: str, new: str, kinds: set[str]) -> None:
    case, sdl = a_case(judge)
    assert asked_of(judge, case, sdl).differences() == {}
    assert old in sdl
    found = asked_of(judge, case, sdl.replace(old, new))
    assert kinds <= set(found.differences()), found.differences()


def test_order_and_layout_are_no_difference(judge: Judge) -> None:
    case, sdl = a_case(judge)
    document = parse(sdl, no_location=True)
    turned = print_ast(replace(document, definitions=document.definitions[::-1])).replace("ONE", "FIRST").replace("TWO", "SECOND")
    assert asked_of(judge, case, turned).differences() == {}


def test_the_judge_sees_another_verdict(judge: Judge) -> None:
    case, sdl = a_case(judge)
    alone = replace(case, sources=(replace(case.sources[0], sdl=case.sources[0].sdl.replace("name: String", "name: Missing")), *case.sources[1:]))
    assert set(asked_of(judge, alone, sdl).differences()) == {"verdict"}
