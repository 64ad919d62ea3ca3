"""This module is in charge of testing moments by column: the text of each is the one that Python would have written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from resolvers.database.moments import NO_MOMENT, Moments

MOMENTS = st.datetimes(timezones=st.just(UTC)) | st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def column_of(moments: list[datetime | None]) -> Moments:
    return Moments(tuple(NO_MOMENT if each is None else (each - EPOCH) // timedelta(microseconds=1) for each in moments))


@given(st.lists(st.none() | MOMENTS))
def test_the_text_is_the_one_that_python_writes(moments: list[datetime | None]) -> None:
    assert list(column_of(moments)) == [None if each is None else each.isoformat().replace("+00:00", "Z") for each in moments]


@given(st.lists(st.none() | MOMENTS, max_size=6), st.integers(0, 6), st.integers(0, 6))
def test_a_column_is_a_sequence_of_texts(moments: list[datetime | None], start: int, stop: int) -> None:
    column = column_of(moments)
    assert list(column[start:stop]) == list(column)[start:stop]
    assert (None in column) == (None in moments)
    assert [column.moment(at) for at in range(len(column))] == moments
    since = [None if each is None else (each - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for each in moments]
    assert column.microseconds() == since
