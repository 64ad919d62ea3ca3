"""This module is in charge of columns of texts that came tied together: they are taken apart when somebody looks at one of them.

Much that an export asks of a column it can ask of the tie, for all rows at once: whether one is null, whether one needs quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any, Final

# ASCII's own separators of units and records. A text that holds the first makes a column too long, one that is the second is counted.
BETWEEN: Final = "\x1f"
NO_TEXT: Final = "\x1e"
_FRACTION: Final = re.compile(r"(\.\d{1,5})(?=[\x1f]|\Z)")


class NotBundled(Exception):
    """The column cannot be told from what ties it; the rows are to be read one by one."""


class Texts(Sequence[Any]):
    """A column of texts, some of them null. `plain` are those that nothing has to be done about wherever they are written: days and moments."""

    __slots__ = ("_behind", "_is_moments", "_size", "_there", "_tie", "_values", "plain")

    def __init__(self, tie: str, size: int, there: int, *, plain: bool = False, moments: bool = False) -> None:
        """`there` is how many are not null; `moments` are still as the database wrote them. Raises NotBundled."""
        if tie.count(BETWEEN) != size - 1 or tie.count(NO_TEXT) != size - there:
            raise NotBundled
        self._tie = tie
        self._size = size
        self._there = there
        self._values: Sequence[str | None] | None = None
        self._behind = ""
        self._is_moments = moments
        self.plain = plain

    @property
    def joined(self) -> str:
        """The texts with BETWEEN between them; nothing for null."""
        tie, null = self._told()
        return tie if self._there == self._size else tie.replace(null, "")

    def followed_by(self, text: str) -> Texts:
        """The same column with that text behind each that is not null; not for moments."""
        made = copy(self)
        made._behind = self._behind + text
        made._values = None
        return made

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: Any) -> Any:
        if self._values is None and self._size > 1:
            if isinstance(index, slice) and index == slice(None, self._size - 1):
                # Still tied, but for the row that only says that there are more.
                return self._cut(self._tie[: self._tie.rindex(BETWEEN)], self._size - 1)
            if index == self._size - 1:
                # The last row of a page: the cursor behind it is made of that.
                return self._cut(self._tie[self._tie.rindex(BETWEEN) + 1 :], 1)[0]
        return self._read()[index]

    def __iter__(self) -> Iterator[str | None]:
        return iter(self._read())

    def __contains__(self, value: object) -> bool:
        return self._there < self._size if value is None else value in self._read()

    def _cut(self, tie: str, size: int) -> Texts:
        made = copy(self)
        made._tie, made._size, made._there = tie, size, size - (tie.count(NO_TEXT) if self._there < self._size else 0)
        return made

    def _told(self) -> tuple[str, str]:
        """The tie as it is to be written, and what stands for null in it."""
        tie, behind = self._tie, self._behind
        if self._is_moments:
            tie, behind = tie.replace(" ", "T"), "Z"
            if "." in tie:
                tie = _FRACTION.sub(lambda found: found[1].ljust(7, "0"), tie)
        return (tie.replace(BETWEEN, behind + BETWEEN) + behind, NO_TEXT + behind) if behind else (tie, NO_TEXT)

    def _read(self) -> Sequence[str | None]:
        if self._values is None:
            tie, null = self._told()
            found = tie.split(BETWEEN)
            self._values = found if self._there == self._size else [None if value == null else value for value in found]
        return self._values


def days(tie: str, size: int, there: int) -> Texts:
    """Days as ISO 8601 has them, which is how the database wrote them. Raises NotBundled."""
    return Texts(_dated(tie), size, there, plain=True)


def moments(tie: str, size: int, there: int) -> Texts:
    """Moments in UTC as RFC 3339 has them, with Z, and six digits where there is a part of a second; the database wrote a space, and no zeros at the end.
    Raises NotBundled."""
    if tie.count(" ") != there:
        raise NotBundled
    return Texts(_dated(tie), size, there, plain=True, moments=True)


def _dated(tie: str) -> str:
    # Infinity, years before the first, and whatever is not ISO 8601 where somebody has set DateStyle.
    if "i" in tie or "B" in tie or tie.lstrip(NO_TEXT + BETWEEN)[4:5] not in ("-", ""):
        raise NotBundled
    return tie
