"""This module is in charge of moments by column: microseconds, as the database counts them, and from these the text that the graph writes.

A moment is the dearest value to read (docs/performance.md): the driver makes an object of each, and whoever writes it a text of that. An export
reads millions of them and wants the text alone, of which there are few parts: days, and minutes of a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import repeat
from typing import Any, Final

# PostgreSQL counts from the first day of 2000 (src/include/datatype/timestamp.h).
_BEGAN: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY: Final = _BEGAN.toordinal()
_DAY_S: Final = 86_400
_FROM_1970_US: Final = (_FIRST_DAY - date(1970, 1, 1).toordinal()) * _DAY_S * 1_000_000
# Before all moments there can be (4713 BC), and not minus infinity.
NO_MOMENT: Final = -(2**63) + 1


class Moments(Sequence[Any]):
    """A column of moments in microseconds from the first of 2000, NO_MOMENT for null: a sequence of their texts, made when they are first looked at.
    RFC 3339 in UTC with Z, microseconds where there are any."""

    __slots__ = ("_since", "_texts")

    def __init__(self, since: Sequence[int]) -> None:
        self._since = since
        self._texts: list[str | None] | None = None

    def __len__(self) -> int:
        return len(self._since)

    def __getitem__(self, index: Any) -> Any:
        return Moments(self._since[index]) if isinstance(index, slice) else self._read()[index]

    def __iter__(self) -> Iterator[str | None]:
        return iter(self._read())

    def __contains__(self, value: object) -> bool:
        return NO_MOMENT in self._since if value is None else value in self._read()

    def moment(self, index: int) -> datetime | None:
        """One of them."""
        since = self._since[index]
        return None if since == NO_MOMENT else _BEGAN + timedelta(microseconds=since)

    def microseconds(self) -> list[int | None]:
        """Since the first of 1970, as Arrow counts."""
        if NO_MOMENT in self._since:
            return [None if each == NO_MOMENT else each + _FROM_1970_US for each in self._since]
        return [each + _FROM_1970_US for each in self._since]

    def _read(self) -> list[str | None]:
        if self._texts is None:
            self._texts = _texts(self._since)
        return self._texts


def _texts(since: Sequence[int]) -> list[str | None]:
    if NO_MOMENT in since:
        there = iter(_texts([each for each in since if each != NO_MOMENT]))
        return [None if each == NO_MOMENT else next(there) for each in since]
    days, minutes, ends = _DAYS, _MINUTES, _ENDS
    seconds = map(divmod, since, repeat(1_000_000))
    return [days[at // _DAY_S] + minutes[at % _DAY_S // 60] + (f"{at % 60:02}.{rest:06}Z" if rest else ends[at % 60]) for at, rest in seconds]


class _Days(dict[int, str]):
    """Days from the first of 2000 on, as YYYY-MM-DDT; each made when it is first needed."""

    def __missing__(self, day: int) -> str:
        made = self[day] = date.fromordinal(_FIRST_DAY + day).isoformat() + "T"
        return made


_DAYS: Final = _Days()


# The minutes of a day, and the seconds of a minute without a part of one.
_MINUTES: Final = tuple(f"{at // 60:02}:{at % 60:02}:" for at in range(1440))
_ENDS: Final = tuple(f"{at:02}Z" for at in range(60))
