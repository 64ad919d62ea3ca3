"""This module is in charge of testing moments as bytes: the text of each is the one that Python would have written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from resolvers.database.moments import Moments, as_cursor, unpacked
from resolvers.database.pool import Database

MOMENTS = st.datetimes(timezones=st.just(UTC)) | st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def as_bytes(moment: datetime) -> bytes:
    since = moment - EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds).to_bytes(8, signed=True)


@given(st.lists(st.none() | MOMENTS))
def test_the_text_is_the_one_that_python_writes(moments: list[datetime | None]) -> None:
    written = [None if each is None else each.isoformat().replace("+00:00", "Z") for each in moments]
    assert unpacked([None if each is None else as_bytes(each) for each in moments]) == written


@given(st.lists(st.none() | MOMENTS, max_size=6), st.integers(0, 6), st.integers(0, 6))
def test_a_column_is_a_sequence_of_texts(moments: list[datetime | None], start: int, stop: int) -> None:
    packed = [None if each is None else as_bytes(each) for each in moments]
    column = Moments(packed)
    assert list(column[start:stop]) == list(column)[start:stop] == unpacked(packed)[start:stop]
    assert (None in column) == (None in moments)
    since = [None if each is None else (each - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for each in moments]
    assert column.microseconds() == since


@given(MOMENTS)
def test_a_cursor_holds_the_same_of_either(moment: datetime) -> None:
    assert as_cursor(as_bytes(moment)) == as_cursor(moment) == moment.isoformat()


async def test_the_database_sends_these_bytes(database: Database) -> None:
    async with database.transaction("admin") as connection:
        for moment in (EPOCH, datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC)):
            assert await connection.fetchval("select timestamptz_send($1::timestamptz)", moment) == as_bytes(moment)
