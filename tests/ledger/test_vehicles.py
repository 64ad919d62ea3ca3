"""The union of what several packs contribute to a vehicle's grants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given

from resolvers.ledger.rows import VehicleAccess
from resolvers.ledger.vehicles import merge

START = datetime(2025, 1, 1, tzinfo=UTC)


def grant(first: int, until: int | None, grantee: str = "swap", vin: str = "CAR") -> VehicleAccess:
    end = None if until is None else START + timedelta(days=until)
    return VehicleAccess(vin, grantee, "custodian", START + timedelta(days=first), end, date(2025, 1, 1))


def test_two_packs_in_turn_give_two_grants_and_touching_ones_give_one() -> None:
    assert merge([grant(5, 9), grant(0, 4)]) == (grant(0, 4), grant(5, 9))
    assert merge([grant(0, 4), grant(4, 9)]) == (grant(0, 9),)
    assert merge([grant(0, None), grant(4, 9)]) == (grant(0, None),)
    assert merge([grant(0, 9), grant(2, 3), grant(0, 4, "other"), grant(0, 1, vin="BUS")]) == (
        grant(0, 1, vin="BUS"), grant(0, 4, "other"), grant(0, 9),
    )  # fmt: skip


intervals = st.tuples(st.integers(0, 30), st.one_of(st.none(), st.integers(1, 9))).map(lambda pair: grant(pair[0], pair[0] + pair[1] if pair[1] else None))


@given(st.lists(intervals, max_size=8))
def test_a_day_is_covered_by_the_union_exactly_where_one_covers_it(grants: list[VehicleAccess]) -> None:
    merged = merge(grants)
    for days in range(45):
        at = START + timedelta(days=days)
        covers = [any(g.from_at <= at and (g.until_at is None or at < g.until_at) for g in some) for some in (grants, merged)]
        assert covers[0] == covers[1]
    assert all(one.until_at is not None and one.until_at < two.from_at for one, two in pairwise(merged))
