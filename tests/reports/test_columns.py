"""This module is in charge of compiled flattening: it has to equal `Column.of` on whatever an answer may hold."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.reports.columns import Column, Kind
from gateway.reports.columns_compiled import compile_flatten

KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda below: st.dictionaries(KEYS, below, max_size=3), max_leaves=12)
PATHS = st.lists(st.lists(KEYS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=5, unique=True)


@given(PATHS, st.lists(st.dictionaries(KEYS, VALUES), max_size=5))
def test_it_equals_the_columns_themselves(paths: list[tuple[str, ...]], rows: list[dict[str, Any]]) -> None:
    columns = tuple(Column(path, Kind.TEXT) for path in paths)
    assert compile_flatten(columns)(rows) == [tuple(column.of(row) for column in columns) for row in rows]
