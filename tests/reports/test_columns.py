"""This module is in charge of compiled flattening: it has to equal `Column.of` on whatever an answer may hold."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.reports.catalogue import Report
from gateway.reports.columns import Column, Kind
from gateway.reports.columns_compiled import Table, compile_flatten, transposed
from gateway.reports.writers import Csv, cell
from resolvers.database.moments import NO_MOMENT, Moments
from resolvers.database.texts import BETWEEN, NO_TEXT, Texts

KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda below: st.dictionaries(KEYS, below, max_size=3), max_leaves=12)
PATHS = st.lists(st.lists(KEYS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=5, unique=True)


@given(PATHS, st.lists(st.dictionaries(KEYS, VALUES), max_size=5))
def test_it_equals_the_columns_themselves(paths: list[tuple[str, ...]], rows: list[dict[str, Any]]) -> None:
    columns = tuple(Column(path, Kind.TEXT) for path in paths)
    assert compile_flatten(columns)(rows) == [tuple(column.of(row) for column in columns) for row in rows]


TEXTS = st.text(st.sampled_from("aé=+-@#,\"\r\n\t '\uff1d"), max_size=4) | st.text(max_size=6)
BY_KIND = {
    Kind.INTEGER: st.integers(),
    Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.DATE: st.dates(date(1900, 1, 1)) | TEXTS,
    Kind.DATETIME: st.datetimes(timezones=st.just(UTC)) | TEXTS,
    Kind.TEXT: TEXTS | st.integers() | st.lists(TEXTS, max_size=2),
    Kind.JSON: st.lists(st.integers(-(2**63), 2**63 - 1) | TEXTS, max_size=3),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Kind], list[tuple[Any, ...]]]:
    kinds = draw(st.lists(st.sampled_from(list(BY_KIND)), min_size=1, max_size=4))
    return kinds, draw(st.lists(st.tuples(*(st.none() | BY_KIND[kind] for kind in kinds)), min_size=1, max_size=4))


@given(tables())
def test_csv_is_what_the_standard_library_writes_of_the_same_cells(table: tuple[list[Kind], list[tuple[Any, ...]]]) -> None:
    kinds, rows = table
    columns = tuple(Column((f"c{at}",), kind) for at, kind in enumerate(kinds))
    report = Report("r", 1, "", "", "", ("nodes",), columns, MappingProxyType({}), frozenset(), frozenset())
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([[cell(value) for value in row] for row in rows])
    assert Csv(report).rows(transposed(rows, len(columns))).decode() == buffer.getvalue()


# Of years that are written with four digits: from 1 to 9999, in microseconds from the first of 2000.
SINCE = st.integers(-63_082_281_600_000_000, 252_455_615_999_999_999) | st.just(NO_MOMENT)


@given(st.lists(SINCE, min_size=1, max_size=5))
def test_moments_as_the_database_counts_them_are_written_as_their_texts(since: list[int]) -> None:
    columns = (Column(("at",), Kind.DATETIME), Column(("n",), Kind.INTEGER))
    report = Report("r", 1, "", "", "", ("nodes",), columns, MappingProxyType({}), frozenset(), frozenset())
    moments = [None if each == NO_MOMENT else datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=each) for each in since]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([[cell(moment), at] for at, moment in enumerate(moments)])
    assert Csv(report).rows(Table((Moments(since), range(len(since))), len(since))).decode() == buffer.getvalue()


@given(st.lists(st.none() | st.sampled_from(["", "=1", "-1", "a,b", 'say "x"', "two\nlines", "#cut", "\uff1d1", "plain", "a-b", "\tx"]) | st.text(
    st.characters(blacklist_characters="\x00\x1e\x1f", blacklist_categories=["Cs"]), max_size=5), min_size=1, max_size=5))  # fmt: skip
def test_texts_that_are_still_tied_are_written_as_those_which_never_were(values: list[str | None]) -> None:
    columns = (Column(("t",), Kind.TEXT), Column(("n",), Kind.INTEGER))
    report = Report("r", 1, "", "", "", ("nodes",), columns, MappingProxyType({}), frozenset(), frozenset())
    tied = Texts(BETWEEN.join(NO_TEXT if each is None else each for each in values), len(values), len(values) - values.count(None))
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([[cell(value), at] for at, value in enumerate(values)])
    assert Csv(report).rows(Table((tied, range(len(values))), len(values))).decode() == buffer.getvalue()


def test_a_moment_is_written_as_the_graph_writes_it() -> None:
    assert cell(datetime(2026, 11, 20, 4, 0, tzinfo=UTC)) == "2026-11-20T04:00:00Z"
