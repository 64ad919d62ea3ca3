"""Mass balance: a batch that closes is taken, and what does not close is refused with its code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resolvers.ledger.findings.parameters import MissingParameter, rule_table
from resolvers.ledger.recovery.balance import ELEMENTS, Assay, Kind, Step, overfull, unbalanced
from resolvers.ledger.rules import load_rules

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
RULES = rule_table(load_rules()).on(NOON.date())
SHRED = Step("SHREDDING", Kind.MECHANICAL, NOON, NOON + timedelta(hours=4), 1000.0, 940.0, 40.0, 15.0, ("W-1", "W-2"))
# One kilogram of lithium is 5.32 kg of its carbonate: more comes out than went in, and the balance of the elements closes.
LEACH = Step(
    "LEACHING", Kind.CHEMICAL, NOON + timedelta(hours=5), NOON + timedelta(hours=30), 500.0, 730.0, 60.0, 0.0, ("W-3",),
    {"Li": Assay(15.0, 14.0, 0.8), "Fe": Assay(110.0, 100.0, 9.0)},
)  # fmt: skip


def codes(*steps: Step, inputs: float = 1000.0) -> list[tuple[str, int, str]]:
    return [(each.code, each.step, each.element) for each in unbalanced(steps, inputs, RULES)]


def test_a_batch_of_both_kinds_closes() -> None:
    assert codes(SHRED, LEACH) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"output_kg": 956.0}, "BALANCE_GAIN"),
        ({"output_kg": 955.0}, None),
        ({"output_kg": 914.0}, "BALANCE_LOSS"),
        ({"output_kg": 915.0}, None),
        ({"output_kg": 800.0, "declared_loss_kg": 150.0}, None),
        ({"slips": ()}, "STEP_UNWEIGHED"),
        ({"input_kg": 0.0}, "STEP_MASS"),
        ({"output_kg": -1.0}, "STEP_MASS"),
        ({"output_kg": float("nan")}, "STEP_MASS"),
        ({"residue_kg": float("inf")}, "STEP_MASS"),
        ({"finished_at": NOON}, "STEP_TIMES"),
        ({"assays": {"Xx": Assay(1.0, 1.0)}}, "STEP_ASSAY"),
        ({"assays": {"Cu": Assay(50.0, 52.0)}}, "BALANCE_GAIN"),
    ],
)
def test_mechanical(change: dict[str, Any], code: str | None) -> None:
    step = replace(SHRED, **change)
    assert [each[0] for each in codes(step, inputs=max(step.input_kg, 1.0))] == ([code] if code else [])


@pytest.mark.parametrize(
    ("lithium", "found"),
    [
        (Assay(15.0, 15.31), [("BALANCE_GAIN", 2, "Li")]),
        (Assay(15.0, 15.3), []),
        (Assay(15.0, 10.0), [("BALANCE_LOSS", 2, "Li")]),
        (Assay(15.0, 10.0, 3.0, 1.8), []),
    ],
)
def test_chemical_steps_balance_by_element(lithium: Assay, found: list[tuple[str, int, str]]) -> None:
    assert codes(SHRED, replace(LEACH, assays={"Li": lithium})) == found


def test_a_chemical_step_without_assay_is_refused() -> None:
    assert codes(SHRED, replace(LEACH, assays={})) == [("STEP_ASSAY", 2, "")]


def test_an_assay_of_nothing_is_none() -> None:
    """It would be in no rate of recovery."""
    assert codes(SHRED, replace(LEACH, assays={"Li": Assay(0.0, 0.0)})) == [("STEP_ASSAY", 2, "Li")]
    assert codes(SHRED, replace(LEACH, assays={"Li": Assay(15.0, 15.0), "Ni": Assay(0.0, 0.0)})) == [("STEP_ASSAY", 2, "Ni")]


def test_steps_come_in_order_and_there_is_one_at_least() -> None:
    assert codes() == [("BATCH_WITHOUT_STEPS", 0, "")]
    assert codes(LEACH, SHRED, inputs=500.0) == [("STEP_TIMES", 2, "")]


def test_no_element_is_made_between_steps_and_a_residue_may_be_worked_on() -> None:
    ended = LEACH.finished_at
    again = replace(LEACH, name="AGAIN", started_at=ended, finished_at=ended + timedelta(hours=2), assays={"Li": Assay(14.8, 14.6, 0.2)})
    assert codes(SHRED, LEACH, again) == []
    assert codes(SHRED, LEACH, replace(again, assays={"Li": Assay(15.2, 15.0, 0.2)})) == [("BALANCE_GAIN", 3, "Li")]


def test_what_was_weighed_is_what_the_items_weigh() -> None:
    assert codes(SHRED, inputs=1031.0) == [("BALANCE_INPUTS", 0, "")]
    assert codes(SHRED, inputs=980.0) == [("BALANCE_INPUTS", 0, "")]
    assert codes(SHRED, inputs=1030.0) == []


def following(step: Step, number: float, **change: Any) -> Step:
    """A step that follows as the one of that number."""
    begun = NOON + timedelta(hours=40 * number)
    return replace(step, **{"started_at": begun, "finished_at": begun + timedelta(hours=4), **change})


def milled(number: float, kg: float, *, input_kg: float | None = None) -> Step:
    """A mechanical step that loses nothing."""
    into = kg if input_kg is None else input_kg
    return following(SHRED, number, name="MILLING", input_kg=into, output_kg=kg, residue_kg=0.0, declared_loss_kg=0.0)


def test_no_mechanical_step_takes_in_more_than_went_into_the_batch() -> None:
    assert codes(SHRED, milled(1, 1010.0)) == []
    (wrong,) = unbalanced((SHRED, milled(1, 500.0), milled(2, 3000.0)), 1000.0, RULES)
    assert wrong == ("BALANCE_GAIN", 3, "total mass: 3000.000 kg went in, 1000.000 kg went into the batch; 1% more is tolerated", "", "inputKg")
    (wrong,) = unbalanced((SHRED, milled(1, 1020.0, input_kg=1010.0)), 1000.0, RULES)
    assert (wrong.code, wrong.step, wrong.field) == ("BALANCE_GAIN", 2, "outputKg")


def test_reagents_weigh_in_the_mechanical_steps_after_a_chemical_one() -> None:
    leached = replace(LEACH, output_kg=1400.0)
    assert codes(SHRED, leached, milled(2, 1400.0)) == [], "what was leached is dried"
    assert codes(SHRED, milled(0.1, 1400.0), leached) == [("BALANCE_GAIN", 2, "")], "before it nothing was added"
    assert codes(SHRED, leached, milled(2, 3000.0)) == [("BALANCE_GAIN", 3, "")]


@pytest.mark.parametrize(
    ("steps", "outputs", "residues", "found"),
    [
        ((milled(0, 1000.0), milled(1, 1000.0)), 900.0, 110.0, None),
        ((milled(0, 1000.0), milled(1, 1000.0)), 1010.0, 0.0, None),
        ((milled(0, 1000.0), milled(1, 1000.0)), 1011.0, 0.0, ("outputs", "1011.000 kg of materials came out, 1000.000 kg went into the batch")),
        ((milled(0, 1000.0), milled(1, 1000.0)), 900.0, 111.0, ("residues", "111.000 kg of residues and 900.000 kg of materials came out, 1000.000 kg went")),
        ((SHRED,), 955.0, 0.0, ("outputs", "955.000 kg of materials came out, 940.000 kg were weighed after the steps")),
        ((SHRED, LEACH), 1500.0, 250.0, None),
        ((SHRED, LEACH), 1500.0, 350.0, ("residues", "1000.000 kg went into the batch and 790.000 kg came of chemical steps")),
    ],
)
def test_outputs_and_residues_of_a_batch_weigh_what_went_in(steps: tuple[Step, ...], outputs: float, residues: float, found: tuple[str, str] | None) -> None:
    assert codes(*steps) == []
    wrong = overfull(steps, 1000.0, outputs, residues, RULES)
    if found is None:
        assert wrong is None
    else:
        assert wrong is not None
        assert (wrong.code, wrong.field, found[1] in wrong.message) == ("BALANCE_OUTPUTS", found[0], True), wrong


def test_without_a_tolerance_nothing_closes_by_itself() -> None:
    with pytest.raises(MissingParameter):
        unbalanced((SHRED,), 1000.0, rule_table([]).on(date(2026, 9, 1)))


kilograms = st.integers(0, 10**6).map(lambda grams: grams / 1000)


@given(st.sampled_from(Kind), st.integers(1, 10**6), kilograms, kilograms, kilograms)
def test_a_step_is_refused_exactly_where_exact_sums_say_so(kind: Kind, input_g: int, out: float, residue: float, lost: float) -> None:
    input_kg = input_g / 1000
    told = Assay(input_kg, out, residue, lost)
    if kind is Kind.MECHANICAL:
        step = replace(SHRED, input_kg=input_kg, output_kg=out, residue_kg=residue, declared_loss_kg=lost)
    else:
        step = replace(LEACH, input_kg=input_kg, assays={"Li": told})
    gain = {Kind.MECHANICAL: Fraction(1, 100), Kind.CHEMICAL: Fraction(2, 100)}[kind]
    share = sum(Fraction(round(each * 1000)) for each in told[1:]) / input_g
    found = [each.code for each in unbalanced((step,), input_kg, RULES)]
    # Within a millionth of the edge floats may say either.
    edges = (1 + gain, 1 - Fraction(3, 100))
    if all(abs(share - edge) > Fraction(1, 10**6) for edge in edges):
        assert found == (["BALANCE_GAIN"] if share > edges[0] else ["BALANCE_LOSS"] if share < edges[1] else [])


@given(st.data())
def test_a_batch_that_keeps_its_mass_is_never_refused(data: st.DataObject) -> None:
    """Whatever is split off at each step, as long as it is accounted for."""
    steps, mass, at = [], data.draw(st.integers(10, 10**6)), NOON
    inputs, there = float(mass), dict.fromkeys(sorted(ELEMENTS), 1000.0)
    for number in range(data.draw(st.integers(1, 5))):
        residue = data.draw(st.integers(0, mass // 4))
        lost = data.draw(st.integers(0, mass // 4))
        out = mass - residue - lost
        # Of an element there is what the steps before left of it, recovered or in a residue.
        held = {element: there[element] * data.draw(st.integers(1, 8)) / 8 for element in data.draw(st.sets(st.sampled_from(sorted(ELEMENTS)), min_size=1))}
        assays = {element: Assay(kg, kg * 0.75, kg * 0.125, kg * 0.125) for element, kg in held.items()}
        there |= {element: each.recovered_kg + each.residue_kg for element, each in assays.items()}
        kind = data.draw(st.sampled_from(Kind))
        # Reagents add mass to what a chemical step gives.
        given_out = out * 2.5 if kind is Kind.CHEMICAL else out
        steps.append(Step(f"S{number}", kind, at, at + timedelta(hours=2), mass, given_out, residue, lost, ("W",), assays))
        mass, at = max(1, out), at + timedelta(hours=1)
    assert unbalanced(tuple(steps), inputs, RULES) == ()
