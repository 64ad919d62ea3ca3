"""This module is in charge of moments as the database sends them: eight bytes each, and from these the text that the graph writes.

A moment is the dearest value to read (docs/performance.md): the driver makes an object of each, and whoever writes it a text of that. An export
reads millions of them and wants the text alone, of which there are few parts: days, and seconds of a day.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import repeat
from typing import Any, Final

from resolvers.database.sql import Sql, text
from resolvers.database.tables import Column

# PostgreSQL counts microseconds from the first day of 2000 (src/include/datatype/timestamp.h).
_FIRST_DAY: Final = date(2000, 1, 1).toordinal()
_DAY_S: Final = 86_400
_FROM_1970_US: Final = (_FIRST_DAY - date(1970, 1, 1).toordinal()) * _DAY_S * 1_000_000


def packed(column: Column, value: Sql, *, by_column: bool) -> Sql:
    """The value of a column; by column a moment as its bytes."""
    return text("timestamptz_send(") + value + text(")") if by_column and column.type == "timestamptz" else value


def unpacked(values: Sequence[bytes | None]) -> list[str | None]:
    """Packed moments as RFC 3339 in UTC with Z, microseconds where there are any; null as it is."""
    distinct = [each for each in set(values) if each is not None]
    seconds = map(divmod, struct.unpack(f">{len(distinct)}q", b"".join(distinct)), repeat(1_000_000))
    days, minutes, ends = _DAYS, _MINUTES, _ENDS
    texts = [days[at // _DAY_S] + minutes[at % _DAY_S // 60] + (f"{at % 60:02}.{rest:06}Z" if rest else ends[at % 60]) for at, rest in seconds]
    written: dict[bytes | None, str | None] = dict(zip(distinct, texts, strict=True))
    written[None] = None
    return [written[each] for each in values]


class Moments(Sequence[Any]):
    """A column of packed moments: a sequence of their texts, made when they are first looked at."""

    __slots__ = ("_packed", "_texts")

    def __init__(self, values: Sequence[bytes | None]) -> None:
        self._packed = values
        self._texts: list[str | None] | None = None

    def __len__(self) -> int:
        return len(self._packed)

    def __getitem__(self, index: Any) -> Any:
        return Moments(self._packed[index]) if isinstance(index, slice) else self._read()[index]

    def __iter__(self) -> Iterator[str | None]:
        return iter(self._read())

    def __contains__(self, value: object) -> bool:
        return value in (self._packed if value is None else self._read())

    def _read(self) -> list[str | None]:
        if self._texts is None:
            self._texts = unpacked(self._packed)
        return self._texts

    def microseconds(self) -> list[int | None]:
        """Since the first of 1970, as Arrow counts."""
        return [None if each is None else int.from_bytes(each, signed=True) + _FROM_1970_US for each in self._packed]


class _Days(dict[int, str]):
    """Days from the first of 2000 on, as YYYY-MM-DDT; each made when it is first needed."""

    def __missing__(self, day: int) -> str:
        made = self[day] = date.fromordinal(_FIRST_DAY + day).isoformat() + "T"
        return made


_DAYS: Final = _Days()


# The minutes of a day, and the seconds of a minute without a part of one.
_MINUTES: Final = tuple(f"{at // 60:02}:{at % 60:02}:" for at in range(1440))
_ENDS: Final = tuple(f"{at:02}Z" for at in range(60))


def as_cursor(value: Any) -> Any:
    """A part of a row's place as it goes into a cursor, packed or not: moments in ISO 8601 as Python writes them."""
    if isinstance(value, bytes):
        (told,) = unpacked([value])
        return str(told).replace("Z", "+00:00")
    return value.isoformat() if hasattr(value, "isoformat") else value
