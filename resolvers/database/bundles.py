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
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from resolvers.database.moments import Moments
from resolvers.database.sql import Sql, Statement, ident, join, text

if TYPE_CHECKING:
    from resolvers.database.reading import Reading

# ASCII's own separators of units and records. A text that holds the first makes a column too long, one that is the second is counted.
_BETWEEN: Final = "\x1f"
_NO_TEXT: Final = "\x1e"
# Beyond what the types can hold: whole numbers of four bytes are sent as eight, and days begin later (4713 BC).
_NO_NUMBER: Final = -(2**63)
_NO_DAY: Final = -(2**31) + 1
_FIRST_DAY: Final = date(2000, 1, 1).toordinal()


class NotBundled(Exception):
    """The column cannot be told from what ties it; the rows are to be read one by one."""


class Bundle(Sequence[Mapping[str, Any]]):
    """Rows by column, a row made where one is looked at. `columns` are in the statement's order."""

    __slots__ = ("columns", "size")

    def __init__(self, columns: Mapping[str, Sequence[Any]], size: int) -> None:
        self.columns = columns
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            size = len(range(self.size)[index])
            return self if size == self.size and (index.step or 1) == 1 else Bundle({name: values[index] for name, values in self.columns.items()}, size)
        return {name: values.moment(index) if isinstance(values, Moments) else values[index] for name, values in self.columns.items()}

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return (self[at] for at in range(self.size))


class Bundling(NamedTuple):
    """How the rows of a statement come as one: `columns` are its names and types in its order; `statement` is None where one of the types is not known here."""

    statement: Statement | None
    columns: tuple[tuple[str, str], ...]


def bundling(select: Sql, columns: tuple[tuple[str, str], ...]) -> Bundling:
    """The bundling of a statement's rows."""
    known = all(kind in _TIES for _, kind in columns)
    return Bundling(_tied(select, columns).compile(custom=True) if known else None, columns)


async def read_rows(reading: Reading, one_by_one: Statement, values: Mapping[str, Any], how: Bundling | None) -> Sequence[Any]:
    """The rows of a statement, as a bundle where there is a way and they can be told apart again."""
    if how is not None and how.statement is not None:
        (row,) = await reading.fetch(how.statement, values)
        with contextlib.suppress(NotBundled):
            return untied(row, how.columns)
    return await reading.fetch(one_by_one, values)


def _tied(select: Sql, columns: Sequence[tuple[str, str]]) -> Sql:
    """The statement that gives the rows of another as one; `columns` are its names and types, in its order."""
    values = [_TIES[kind](ident("b", name)) + text(" as ") + ident(name) for name, kind in columns]
    counts = [text("count(") + ident("b", name) + text(")") for name, kind in columns if kind in _COUNTED]
    there = text("array[") + join(", ", [text("count(*)"), *counts]) + text("] as counts")
    return text("select ") + join(", ", [*values, there]) + text(" from (") + select + text(") b")


def untied(row: Any, columns: Sequence[tuple[str, str]]) -> Bundle:
    """The rows again. NotBundled where a text cannot be told from what ties it."""
    size, *there = row["counts"]
    if not size:
        return Bundle({name: [] for name, _ in columns}, 0)
    known = iter(there)
    return Bundle({name: _COUNTED[kind](row[name], size, next(known)) if kind in _COUNTED else _READS[kind](row[name]) for name, kind in columns}, size)


def _texts(tie: str, size: int, there: int) -> Sequence[str | None]:
    found = tie.split(_BETWEEN)
    if len(found) != size or tie.count(_NO_TEXT) != size - there:
        raise NotBundled
    return found if there == size else [None if value == _NO_TEXT else value for value in found]


def _numbers(tie: bytes) -> Sequence[int | None]:
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
    "timestamptz": _tie_moments,
    "bool": _tie_truths,
}
# What null is sent as may be a value of these, so those that are there are counted.
_COUNTED: Final[Mapping[str, Callable[[Any, int, int], Sequence[Any]]]] = {"text": _texts, "float8": _fractions}
_READS: Final[Mapping[str, Callable[[Any], Sequence[Any]]]] = {"int4": _numbers, "int8": _numbers, "date": _days, "timestamptz": _moments, "bool": _truths}
