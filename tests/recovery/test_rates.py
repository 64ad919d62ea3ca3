"""Recovery rates by enterprise and month, each held against the norm that was in force on the batch's day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resolvers.demo.options import WorldOptions
from resolvers.demo.world import generate
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.recovery.rates import Recovered, rates
from resolvers.ledger.rows import RecoveryBatch, RecoveryOutput
from resolvers.ledger.rules import load_rules

TABLE = rule_table(load_rules())


@pytest.mark.parametrize(
    ("day", "element", "recovered", "rule_set", "norm", "meets"),
    [
        (date(2026, 9, 3), "Li", 90.0, "NORM_2024", 0.90, True),
        (date(2026, 9, 3), "Li", 89.9, "NORM_2024", 0.90, False),
        (date(2024, 11, 30), "Li", 85.0, "NORM_2019", 0.85, True),
        (date(2024, 12, 1), "Li", 85.0, "NORM_2024", 0.90, False),
        (date(2026, 9, 3), "Co", 97.0, "NORM_2024", 0.98, False),
        # A draft is no norm, and neither is that of another region.
        (date(2026, 9, 3), "Cu", 10.0, None, None, None),
        (date(2019, 9, 3), "Li", 99.0, None, None, None),
    ],
)
def test_the_norm_of_the_day(day: date, element: str, recovered: float, rule_set: str | None, norm: float | None, meets: bool | None) -> None:
    (rate,) = rates([Recovered("plant", day, element, 100.0, recovered)], TABLE)
    assert (rate.rule_set, rate.norm, rate.meets, rate.month) == (rule_set, norm, meets, day.replace(day=1))
    assert (rate.confidence is None) == (norm is None)


def test_a_month_is_one_sum_and_nothing_put_in_has_no_rate() -> None:
    told = [Recovered("a", date(2026, 9, n), "Ni", kg, kg * share) for n, kg, share in ((1, 100.0, 1.0), (30, 300.0, 0.96))]
    (rate,) = rates(told, TABLE)
    assert (rate.input_kg, rate.rate, rate.meets) == (400.0, pytest.approx(0.97), False)
    (none,) = rates([Recovered("a", date(2026, 9, 1), "Ni", 0.0, 0.0)], TABLE)
    assert (none.rate, none.meets) == (None, None)


batches = st.builds(
    Recovered, st.sampled_from("ab"), st.integers(0, 60).map(lambda n: date(2024, 11, 5) + timedelta(days=n)), st.sampled_from(("Li", "Ni", "Cu")),
    st.integers(1, 10**5).map(lambda kg: kg / 7), st.integers(0, 10**5).map(lambda kg: kg / 7),
)  # fmt: skip


@given(st.lists(batches, max_size=12), st.randoms())
def test_sums_by_hand_are_the_same_in_any_order(told: list[Recovered], random: object) -> None:
    shuffled = sorted(told, key=repr, reverse=True)
    assert rates(shuffled, TABLE) == rates(told, TABLE)
    sums: defaultdict[tuple[str, date, str, bool], list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for each in told:
        old = each.day < date(2024, 12, 1)
        sums[each.operator, each.day.replace(day=1), each.element, old][0] += Fraction(each.input_kg)
        sums[each.operator, each.day.replace(day=1), each.element, old][1] += Fraction(each.recovered_kg)
    found = rates(told, TABLE)
    assert {(each.operator, each.month, each.element) for each in found} == {key[:3] for key in sums}
    totals = {key: float(sum(v[0] for k, v in sums.items() if k[:3] == key)) for key in {k[:3] for k in sums}}
    assert all(sum(each.input_kg for each in found if each[:3] == key) == pytest.approx(total) for key, total in totals.items())


def test_the_demo_world_has_low_rates_where_they_were_planted() -> None:
    world = generate(WorldOptions(3000))
    by_id = {batch.id: batch for batch in world.of(RecoveryBatch)}
    low = {one.subject for one in world.planted if one.rule == "R08"}
    assert low
    for row in world.of(RecoveryOutput):
        batch = by_id[row.batch_id]
        (rate,) = rates([Recovered(batch.operator, local_day(batch.finished_at), row.element, row.input_kg, row.recovered_kg)], TABLE)
        if row.element in ("Li", "Ni", "Co", "Mn") and row.input_kg > 1:
            assert rate.meets == (row.batch_id not in low), row
