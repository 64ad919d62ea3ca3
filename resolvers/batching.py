"""This module is in charge of the batch contract: keys in, groups of rows out, one statement for a whole level.

A batch resolver is `async def name(reading: Reading, batch: Batch) -> list[Outcome]`; the answer is aligned with
`batch.keys`. It is called once per row-bearing selection by the gateway's in-process execution, and stands behind an
aiodataloader DataLoader when a subgraph is served alone: the same function, so the same rows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from resolvers.database.reading import Reading


COUNT_CAP: Final = 10_000
NO_ARGUMENTS: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PageArguments:
    """Connection arguments: `first`/`after` walk forward, `last`/`before` backward; exactly one direction is given."""

    limit: int
    backward: bool = False
    cursor: str | None = None
    count: bool = False  # totalCount was asked for
    ahead: bool = True  # pageInfo was asked for: whether there is a row beyond the page

    @property
    def reach(self) -> int:
        """How many rows to fetch: one beyond the limit where somebody asks whether there is one."""
        return self.limit + self.ahead


# What every request makes is a struct: a frozen dataclass takes several times as long to make, and a named tuple twice as long, or four times by name.
class Batch(Struct, frozen=True):
    """What a batch resolver gets.

    `keys`: one per parent (a root field has the one key None). `columns`: the columns that the selection needs, in the
    order in which each row gives them. `arguments`: the field's own arguments, coerced. `exact` says that the parents
    were found by codes that the caller named. `as_of` is the past moment that the parents are told as of; None for the present.
    A key of one moment is no key of another: all keys of a batch are of the same.
    `by_column`: rows are read by column, and may come so (database/bundles.py); `written`: days and moments as texts, for who only writes them.
    """

    keys: Sequence[Any]
    columns: tuple[str, ...]
    arguments: Mapping[str, Any] = NO_ARGUMENTS
    page: PageArguments | None = None
    exact: bool = False
    as_of: datetime | None = None
    by_column: bool = False
    written: bool = False


class Row:
    """Documentation of a row: an asyncpg Record whose first len(columns) values are the columns asked for, masked, and
    whose value "standing" is what the caller may see of it (auth/entitlements.py)."""


def made_row(columns: Sequence[str], key: Any, standing: int, values: Mapping[str, Any]) -> Mapping[Any, Any]:
    """A row that no statement gave: as a Record, it is read by the columns' places and by name."""
    return {**dict(enumerate(values[each] for each in columns)), **values, "key": key, "standing": standing}


def key_text(value: Any) -> str | None:
    """A key among representations; None for what is no text, or none that the database can hold."""
    return value if isinstance(value, str) and "\0" not in value else None


class Page(Struct, frozen=True):
    """One connection. `cursors` are made when read, one for each row. `total` is None unless asked for; `total_capped`
    says that there are more than COUNT_CAP; `has_next` and `has_previous` mean nothing where `ahead` was not asked for."""

    rows: Sequence[Any]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool
    total: int | None = None
    total_capped: bool = False


@dataclass(frozen=True, slots=True)
class Shut:
    """The field itself is closed to the caller for this parent: null and a redaction, whatever stands behind it."""

    standing: int


class Cursors(Sequence[str]):
    """The cursors of a page's rows, each sealed when it is read: most clients read none or the last."""

    __slots__ = ("_rows", "_seal")

    def __init__(self, rows: Sequence[Any], seal: Callable[[Any], str]) -> None:
        self._rows = rows
        self._seal = seal

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._seal(row) for row in self._rows[index]]
        return self._seal(self._rows[index])


Outcome = Row | Sequence[Any] | Page | Shut | None  # row or None; rows; page; shut
BatchResolver: TypeAlias = "Callable[[Reading, Batch], Awaitable[list[Any]]]"


class BadArgument(Exception):
    """A client's argument breaks a rule: `argument` is its name, `code` is stable, the message is safe to send."""

    def __init__(self, code: str, argument: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.argument = argument
