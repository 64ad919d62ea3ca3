"""This module is in charge of testing bundles: rows that the database ties together are, taken apart, the rows that it gives one by one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.database.bundles import Bundle, Bundling, NotBundled, Place, bundling, untied
from resolvers.database.moments import Moments
from resolvers.database.pool import Database
from resolvers.database.sql import Sql, param, slot, text
from resolvers.database.texts import Texts

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
ORDERED = text("select t, i, f, d, m, b from (") + ROWS + text(") r")
BUNDLING = bundling(ORDERED, COLUMNS)
# Days and moments as texts, of three rows that are kept, the last of which is known by its number.
WRITTEN = bundling(ORDERED, COLUMNS, Place(("i",), 3), frozenset({"t", "d", "m"}))
TEXTS = st.text(st.characters(blacklist_characters="\x00\x1e\x1f", blacklist_categories=["Cs"]), max_size=8)
ROW = st.tuples(
    st.none() | TEXTS,
    st.none() | st.integers(-(2**31), 2**31 - 1) | st.sampled_from([-(2**31), 2**31 - 1]),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.dates(date(1, 1, 2), date(9999, 12, 30)),
    st.none() | st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC)),
    st.none() | st.booleans(),
)


async def asked(database: Database, rows: Sequence[tuple[Any, ...]], how: Bundling = BUNDLING) -> tuple[Bundle, list[Mapping[str, Any]]]:
    statement = how.statement
    assert statement is not None
    values = {name: [row[at] for row in rows] for at, (name, _) in enumerate(COLUMNS)}
    plain = ROWS.compile()
    async with database.transaction("admin") as connection:
        one_by_one = await connection.fetch(plain.text, *plain.bind(values))
        (tied,) = await connection.fetch(statement.text, *statement.bind(values))
    return untied(tied, how.columns, how.place), [{name: row[name] for name, _ in COLUMNS} for row in one_by_one]


@settings(deadline=None)
@given(rows=st.lists(ROW, max_size=12))
async def test_a_bundle_is_the_rows(database: Database, rows: list[tuple[Any, ...]]) -> None:
    bundle, one_by_one = await asked(database, rows)
    assert list(bundle) == one_by_one
    assert [dict(each) for each in bundle[1:3]] == one_by_one[1:3]
    assert [dict(each) for each in bundle[::-1]] == one_by_one[::-1]
    assert all(isinstance(bundle.columns["m"], Moments) for _ in rows[:1])


@settings(deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=4))
async def test_days_and_moments_that_are_only_written_are_the_texts_of_the_same(database: Database, rows: list[tuple[Any, ...]]) -> None:
    bundle, one_by_one = await asked(database, rows, WRITTEN)
    bundle, one_by_one = bundle[:3], one_by_one[:3]
    assert bundle[len(bundle) - 1]["i"] == one_by_one[-1]["i"]
    assert "i" not in bundle.columns
    for name in ("t", "f", "b"):
        assert list(bundle.columns[name]) == [each[name] for each in one_by_one]
    for name in ("d", "m"):
        texts = [None if each[name] is None else each[name].isoformat().replace("+00:00", "Z") for each in one_by_one]
        assert (None in bundle.columns[name]) == (None in texts)
        assert list(bundle.columns[name]) == texts
        # Looked at first as it is written: nothing where null is.
        assert (await asked(database, rows, WRITTEN))[0][:3].columns[name].joined == "\x1f".join(each or "" for each in texts)


@pytest.mark.parametrize("odd", ["infinity", "-infinity", "0001-01-01 BC"])
@pytest.mark.parametrize("column", ["d", "m"])
async def test_what_is_no_day_is_not_written_as_one(database: Database, odd: str, column: str) -> None:
    select = text("select 't' as t, 1 as i, 1.5::float8 as f, null::date as d, null::timestamptz as m, true as b")
    given = {"d": text("::date as d"), "m": text("::timestamptz as m")}[column]
    written = bundling(text("select t, i, f, ") + _odd(odd) + given + text(" from (") + select + text(") r"), (("t", "text"), (column, _TYPES[column])),
                       written=frozenset({column}))  # fmt: skip
    assert written.statement is not None
    async with database.transaction("admin") as connection:
        (tied,) = await connection.fetch(written.statement.text, *written.statement.bind({}))
    with pytest.raises(NotBundled):
        untied(tied, written.columns)


async def test_days_that_somebody_has_written_otherwise_are_not_taken_for_iso_8601(database: Database) -> None:
    assert WRITTEN.statement is not None
    values = {"t": ["a"], "i": [1], "f": [0.5], "d": [date(2026, 4, 1)], "m": [None], "b": [True]}
    async with database.transaction("admin", {"datestyle": "German"}) as connection:
        (tied,) = await connection.fetch(WRITTEN.statement.text, *WRITTEN.statement.bind(values))
    with pytest.raises(NotBundled):
        untied(tied, WRITTEN.columns, WRITTEN.place)


def _odd(value: str) -> Sql:
    return param(value) + text("::text")


_TYPES = dict(COLUMNS)


@given(st.lists(st.none() | TEXTS, min_size=1, max_size=5), st.integers(0, 5))
def test_a_column_of_texts_is_a_sequence_whether_it_is_still_tied_or_not(values: list[str | None], stop: int) -> None:
    def column() -> Texts:
        return Texts("\x1f".join("\x1e" if each is None else each for each in values), len(values), len(values) - values.count(None))

    assert list(column()) == values
    assert column()[len(values) - 1] == values[-1]
    assert list(column()[:stop]) == values[:stop]
    assert list(column().followed_by("0000")) == [None if each is None else each + "0000" for each in values]
    shorter = column()[: len(values) - 1] if len(values) > 1 else column()
    kept = values[:-1] or values
    assert (len(shorter), None in shorter, list(shorter), shorter.joined if isinstance(shorter, Texts) else None) == (
        len(kept), None in kept, kept, "\x1f".join(each or "" for each in kept),
    )  # fmt: skip


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
