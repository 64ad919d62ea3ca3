"""This module is in charge of testing bundles: rows that the database ties together are, taken apart, the rows that it gives one by one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.database.bundles import Bundle, NotBundled, bundling, untied
from resolvers.database.moments import Moments
from resolvers.database.pool import Database
from resolvers.database.sql import slot, text

COLUMNS = (("t", "text"), ("i", "int4"), ("f", "float8"), ("d", "date"), ("m", "timestamptz"), ("b", "bool"))
ROWS = (
    text("select * from unnest(")
    + slot("t")
    + text("::text[], ")
    + slot("i")
    + text("::int4[], ")
    + slot("f")
    + text("::float8[], ")
    + slot("d")
    + text("::date[], ")
    + slot("m")
    + text("::timestamptz[], ")
    + slot("b")
    + text("::bool[]) with ordinality x(t, i, f, d, m, b, n) order by n")
)
BUNDLING = bundling(text("select t, i, f, d, m, b from (") + ROWS + text(") r"), COLUMNS)
TEXTS = st.text(st.characters(blacklist_characters="\x00\x1e\x1f", blacklist_categories=["Cs"]), max_size=8)
ROW = st.tuples(
    st.none() | TEXTS,
    st.none() | st.integers(-(2**31), 2**31 - 1) | st.sampled_from([-(2**31), 2**31 - 1]),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.dates(date(1, 1, 2), date(9999, 12, 30)),
    st.none() | st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC)),
    st.none() | st.booleans(),
)


async def asked(database: Database, rows: Sequence[tuple[Any, ...]]) -> tuple[Bundle, list[Mapping[str, Any]]]:
    statement = BUNDLING.statement
    assert statement is not None
    values = {name: [row[at] for row in rows] for at, (name, _) in enumerate(COLUMNS)}
    plain = ROWS.compile()
    async with database.transaction("admin") as connection:
        one_by_one = await connection.fetch(plain.text, *plain.bind(values))
        (tied,) = await connection.fetch(statement.text, *statement.bind(values))
    return untied(tied, COLUMNS), [{name: row[name] for name, _ in COLUMNS} for row in one_by_one]


@settings(deadline=None)
@given(rows=st.lists(ROW, max_size=12))
async def test_a_bundle_is_the_rows(database: Database, rows: list[tuple[Any, ...]]) -> None:
    bundle, one_by_one = await asked(database, rows)
    assert list(bundle) == one_by_one
    assert [dict(each) for each in bundle[1:3]] == one_by_one[1:3]
    assert [dict(each) for each in bundle[::-1]] == one_by_one[::-1]
    assert all(isinstance(bundle.columns["m"], Moments) for _ in rows[:1])


@pytest.mark.parametrize("odd", ["a\x1fb", "\x1e", "x\x1ey", "\x1f"])
async def test_a_text_that_ties_is_not_taken_apart(database: Database, odd: str) -> None:
    row = (odd, 1, 0.5, date(2026, 4, 1), datetime(2026, 4, 1, tzinfo=UTC), True)
    with pytest.raises(NotBundled):
        await asked(database, [row, row])


async def test_no_number_is_not_taken_for_null(database: Database) -> None:
    row = ("a", 1, math.nan, date(2026, 4, 1), datetime(2026, 4, 1, tzinfo=UTC), True)
    with pytest.raises(NotBundled):
        await asked(database, [row, row])


async def test_a_day_without_a_date_is_read_as_the_driver_reads_it(database: Database) -> None:
    row = ("a", 1, 0.5, date.min, datetime(2026, 4, 1, tzinfo=UTC), True)
    with pytest.raises(NotBundled):
        await asked(database, [row, row])


def test_a_type_that_is_not_known_is_read_row_by_row() -> None:
    assert bundling(text("select null::jsonb as j"), (("j", "jsonb"),)).statement is None
