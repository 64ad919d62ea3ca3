"""This module is in charge of bundles: the rows of one page as one row, each column a single value, for exports that want columns and no rows.

The rows are those of the very statement that would give them one by one; the database only ties them together. What a driver does for each
value of each row is most of what an export costs (docs/performance.md): here it does it once for each column, and the column is taken apart at once.
Columns of types that are not known here, and texts that hold what stands between texts, are given row by row after all.
"""

from __future__ import annotations

import contextlib
import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from resolvers.database.moments import Moments
from resolvers.database.sql import Sql, Statement, ident, integer, join, text
from resolvers.database.texts import NotBundled, Texts
from resolvers.database.texts import days as day_texts
from resolvers.database.texts import moments as moment_texts

if TYPE_CHECKING:
    from resolvers.database.reading import Reading

# Beyond what the types can hold: whole numbers of four bytes are sent as eight, and days begin later (4713 BC).
_NO_NUMBER: Final = -(2**63)
_NO_DAY: Final = -(2**31) + 1
_FIRST_DAY: Final = date(2000, 1, 1).toordinal()
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Bundle(Sequence[Mapping[str, Any]]):
    """Rows by column, a row made where one is looked at. `columns` are in the statement's order. `last` is what only the last row that is kept has."""

    __slots__ = ("columns", "last", "size")

    def __init__(self, columns: Mapping[str, Sequence[Any]], size: int, last: Mapping[str, Any] = _NOTHING) -> None:
        self.columns = columns
        self.size = size
        self.last = last

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            size = len(range(self.size)[index])
            if size == self.size and (index.step or 1) == 1:
                return self
            return Bundle({name: values[index] for name, values in self.columns.items()}, size, self.last)
        return _Row(self.columns, index, self.last if index in (-1, self.size - 1) else _NOTHING)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return (self[at] for at in range(self.size))


class _Row(Mapping[str, Any]):
    """One row of a bundle, whose values are looked up when they are asked for."""

    __slots__ = ("_columns", "_index", "_last")

    def __init__(self, columns: Mapping[str, Sequence[Any]], index: int, last: Mapping[str, Any]) -> None:
        self._columns = columns
        self._index = index
        self._last = last

    def __getitem__(self, name: str) -> Any:
        if name in self._last:
            return self._last[name]
        values = self._columns[name]
        return values.moment(self._index) if isinstance(values, Moments) else values[self._index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


class Place(NamedTuple):
    """Where a page ends: the columns that a cursor is made of and nobody else looks at, and how many rows are kept of those that come."""

    columns: tuple[str, ...]
    kept: int


class Bundling(NamedTuple):
    """How the rows of a statement come as one: `columns` are its names and types in its order, `place` the names of those that come of the last row that is
    kept alone; `statement` is None where one of the types is not known here."""

    statement: Statement | None
    columns: tuple[tuple[str, str], ...]
    place: tuple[str, ...] = ()


def bundling(select: Sql, columns: tuple[tuple[str, str], ...], place: Place = Place((), 0), written: frozenset[str] = frozenset()) -> Bundling:
    """The bundling of a statement's rows. Columns that are `written` are wanted as the text of their values: days and moments are texts then."""
    columns = tuple((name, _WRITTEN.get(kind, kind) if name in written else kind) for name, kind in columns if name not in place.columns)
    known = all(kind in _TIES for _, kind in columns)
    return Bundling(_tied(select, columns, place).compile(custom=True) if known else None, columns, place.columns)


async def read_rows(reading: Reading, one_by_one: Statement, values: Mapping[str, Any], how: Bundling | None) -> Sequence[Any]:
    """The rows of a statement, as a bundle where there is a way and they can be told apart again."""
    if how is not None and how.statement is not None:
        (row,) = await reading.fetch(how.statement, values)
        with contextlib.suppress(NotBundled):
            return untied(row, how.columns, how.place)
    return await reading.fetch(one_by_one, values)


def _tied(select: Sql, columns: Sequence[tuple[str, str]], place: Place) -> Sql:
    """The statement that gives the rows of another as one; `columns` are its names and types, in its order."""
    last = text("))[least(count(*), ") + integer(place.kept) + text(")::int4] as ")
    ends = [text("(array_agg(") + ident("b", name) + last + ident(name) for name in place.columns]
    values = [_TIES[kind](ident("b", name)) + text(" as ") + ident(name) for name, kind in columns]
    counts = [text("count(") + ident("b", name) + text(")") for name, kind in columns if kind in _COUNTED]
    there = text("array[") + join(", ", [text("count(*)"), *counts]) + text("] as counts")
    return text("select ") + join(", ", [*values, *ends, there]) + text(" from (") + select + text(") b")


def untied(row: Any, columns: Sequence[tuple[str, str]], place: Sequence[str] = ()) -> Bundle:
    """The rows again. NotBundled where a text cannot be told from what ties it."""
    size, *there = row["counts"]
    if not size:
        return Bundle({name: [] for name, _ in columns}, 0)
    known = iter(there)
    found = {name: _COUNTED[kind](row[name], size, next(known)) if kind in _COUNTED else _READS[kind](row[name]) for name, kind in columns}
    return Bundle(found, size, {name: row[name] for name in place})


def _numbers(tie: bytes) -> Sequence[int | None]:
    if tie == tie[:8] * (len(tie) // 8):
        # Most standings of a page are one.
        (value,) = struct.unpack(">q", tie[:8])
        return (None if value == _NO_NUMBER else value,) * (len(tie) // 8)
    found: tuple[int, ...] = struct.unpack(f">{len(tie) // 8}q", tie)
    return [None if value == _NO_NUMBER else value for value in found] if _NO_NUMBER in found else found


def _days(tie: bytes) -> Sequence[date | None]:
    found: tuple[int, ...] = struct.unpack(f">{len(tie) // 4}i", tie)
    try:
        made = {value: None if value == _NO_DAY else date.fromordinal(_FIRST_DAY + value) for value in set(found)}
    except (ValueError, OverflowError):
        # The database knows days that Python has no date for.
        raise NotBundled from None
    return [made[value] for value in found]


def _moments(tie: bytes) -> Moments:
    return Moments(struct.unpack(f">{len(tie) // 8}q", tie))


def _fractions(tie: bytes, size: int, there: int) -> Sequence[float | None]:
    # Null is sent as no number; what is none itself cannot be told from it.
    found: tuple[float, ...] = struct.unpack(f">{size}d", tie)
    if there == size and not any(map(math.isnan, found)):
        return found
    read = [None if math.isnan(value) else value for value in found]
    if read.count(None) != size - there:
        raise NotBundled
    return read


def _truths(tie: str) -> Sequence[bool | None]:
    return [_TRUTHS[each] for each in tie]


_TRUTHS: Final[Mapping[str, bool | None]] = {"t": True, "f": False, "n": None}


def _tie_texts(value: Sql) -> Sql:
    return text("string_agg(coalesce(") + value + text(", e'\\x1e'), e'\\x1f')")


def _tie_numbers(value: Sql) -> Sql:
    # "int8" is for numbers of ours that are far from its ends.
    return text("string_agg(coalesce(int8send(") + value + text("::int8), '\\x8000000000000000'::bytea), ''::bytea)")


def _tie_fractions(value: Sql) -> Sql:
    return text("string_agg(coalesce(float8send(") + value + text("), '\\x7ff8000000000000'::bytea), ''::bytea)")


def _tie_written_days(value: Sql) -> Sql:
    return _tie_texts(value + text("::text"))


def _tie_written_moments(value: Sql) -> Sql:
    # Without looking a zone up: half the price, and a fifth of what to_char takes.
    return _tie_texts(text("(") + value + text(" at time zone interval '0')::text"))


def _tie_days(value: Sql) -> Sql:
    return text("string_agg(coalesce(date_send(") + value + text("), '\\x80000001'::bytea), ''::bytea)")


def _tie_moments(value: Sql) -> Sql:
    return text("string_agg(coalesce(timestamptz_send(") + value + text("), '\\x8000000000000001'::bytea), ''::bytea)")


def _tie_truths(value: Sql) -> Sql:
    return text("string_agg(case ") + value + text(" when true then 't' when false then 'f' else 'n' end, '')")


_TIES: Final[Mapping[str, Callable[[Sql], Sql]]] = {
    "text": _tie_texts,
    "int4": _tie_numbers,
    "int8": _tie_numbers,
    "float8": _tie_fractions,
    "date": _tie_days,
    "written date": _tie_written_days,
    "written timestamptz": _tie_written_moments,
    "timestamptz": _tie_moments,
    "bool": _tie_truths,
}
# What null is sent as may be a value of these, so those that are there are counted.
_COUNTED: Final[Mapping[str, Callable[[Any, int, int], Sequence[Any]]]] = {
    "text": Texts,
    "float8": _fractions,
    "written date": day_texts,
    "written timestamptz": moment_texts,
}
_WRITTEN: Final[Mapping[str, str]] = {"date": "written date", "timestamptz": "written timestamptz"}
_READS: Final[Mapping[str, Callable[[Any], Sequence[Any]]]] = {"int4": _numbers, "int8": _numbers, "date": _days, "timestamptz": _moments, "bool": _truths}
