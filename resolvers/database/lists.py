"""This module is in charge of lists of entities: page arguments and cursors in, pages out, by the statements of pages.py."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from resolvers.batching import COUNT_CAP, BadArgument, Batch, Cursors, Page, PageArguments
from resolvers.database.branches import Scope
from resolvers.database.bundles import read_rows
from resolvers.database.filters import parse
from resolvers.database.keys import key_list
from resolvers.database.pages import Order, Walk, count_statement, page_bundle, page_statement
from resolvers.database.reading import Reading
from resolvers.database.standing import EntitySpec
from resolvers.opaque import NotOurs

_TYPES: Final[Mapping[str, type]] = {"text": str, "float8": float, "date": date, "timestamptz": datetime, "int4": int}


class _List(NamedTuple):
    """One list as asked for: what is in it, in which order, and how its cursors are bound."""

    scope: Scope
    order: Order
    values: Mapping[str, Any]
    fingerprint: Fingerprint


async def entity_pages(reading: Reading, batch: Batch, spec: EntitySpec, parent: str | None = None) -> list[Page]:
    """One page per key of the batch: of the whole list, or of the rows whose column `parent` is the key."""
    page = batch.page or PageArguments(limit=20)
    asked = _list(reading, batch, spec, parent)
    values = {**reading.values(), **asked.values, "keys": key_list(batch.keys)}
    walk = Walk(page.reach, page.backward)
    if page.cursor is not None:
        part, values["after_sort"], values["after_tie"] = _position(reading, asked, page)
        walk = Walk(page.reach, page.backward, part)
    # After the arguments: a wrong one is wrong for everybody, rows or none.
    if not asked.scope.policy.listing:
        return [nothing(page)] * len(batch.keys)
    how = page_bundle(asked.scope, asked.order, walk, batch.columns, page.limit, batch.written) if batch.by_column and parent is None else None
    rows = await read_rows(reading, page_statement(asked.scope, asked.order, walk, batch.columns), values, how)
    totals = await _totals(reading, asked, values, len(batch.keys)) if page.count else None
    groups = _groups(rows, len(batch.keys), parent)
    party, opaque = reading.principal.party, reading.opaque

    def seal(row: Any) -> str:
        return opaque.cursor(party, asked.fingerprint.text, (row["part"], as_cursor(row["sort"]), row["tie"]))

    return [one_page(group, page, seal, None if totals is None else totals[n]) for n, group in enumerate(groups)]


def one_page(rows: Sequence[Any], page: PageArguments, seal: Callable[[Any], str], total: int | None) -> Page:
    """The page of at most limit + 1 fetched rows; a row beyond the limit only says that there are more."""
    more = len(rows) > page.limit
    kept = rows[: page.limit]
    if page.backward:
        kept = kept[::-1]
    beyond = page.cursor is not None
    capped = total is not None and total > COUNT_CAP
    return Page(
        kept,
        Cursors(kept, seal),
        has_next=beyond if page.backward else more,
        has_previous=more if page.backward else beyond,
        total=COUNT_CAP if capped else total,
        total_capped=capped,
    )


def nothing(page: PageArguments) -> Page:
    """The page of a list in which the caller has no row by any relation."""
    return Page((), (), False, False, 0 if page.count else None)


def _list(reading: Reading, batch: Batch, spec: EntitySpec, parent: str | None) -> _List:
    found = parse(batch.arguments.get("filter"), spec.table)
    asked = batch.arguments.get("orderBy")
    order = Order(asked["field"], asked.get("direction") == "DESC") if asked else Order()
    if order.column == spec.key:
        order = Order(None, order.descending)
    provinces = len(reading.principal.jurisdiction)
    scope = Scope(spec, reading.policy(spec.name), provinces, found.predicate, parent)
    made = Fingerprint(lambda: (spec.name, parent, order, found.predicate, sorted(found.values.items())))
    return _List(scope, order, found.values, made)


class Fingerprint:
    """What a cursor is bound to beside the party: the list, its order and its filter with the values. Worked out when it is
    first needed: most pages are read without a cursor."""

    __slots__ = ("_parts", "_text")

    def __init__(self, parts: Callable[[], tuple[object, ...]]) -> None:
        self._parts = parts
        self._text: str | None = None

    @property
    def text(self) -> str:
        """32 hexadecimal digits."""
        if self._text is None:
            self._text = hashlib.sha256(repr(self._parts()).encode()).hexdigest()[:32]
        return self._text


def _position(reading: Reading, asked: _List, page: PageArguments) -> tuple[int, Any, str]:
    position = unsealed(reading, asked.fingerprint, page, 3)
    part, value, key = position
    if asked.order.column is not None and value is not None:
        value = restored(asked.scope.spec.table.column(asked.order.column).type, value)
    return part, value, key


def unsealed(reading: Reading, bound_to: Fingerprint, page: PageArguments, length: int) -> tuple[Any, ...]:
    """The position behind the page's cursor; BadArgument when it is not one of this list for this party."""
    try:
        position = reading.opaque.position(reading.principal.party, bound_to.text, page.cursor or "")
    except NotOurs:
        position = ()
    if len(position) != length:
        argument = "before" if page.backward else "after"
        rule = "the cursor does not belong to this list, order, filter and party; take it from pageInfo or edges of the same field"
        raise BadArgument("INVALID_CURSOR", argument, f"{argument}: {rule}")
    return position


def restored(column_type: str, value: Any) -> Any:
    """A sort value as it went into a cursor, as the database takes it."""
    kind = _TYPES[column_type]
    return kind.fromisoformat(value) if kind in (date, datetime) else value


def as_cursor(value: Any) -> Any:
    """A sort value as it goes into a cursor; `restored` is the way back."""
    return value.isoformat() if isinstance(value, date) else value


async def _totals(reading: Reading, asked: _List, values: Mapping[str, Any], parents: int) -> list[int]:
    rows = await reading.fetch(count_statement(asked.scope), values)
    totals = [0] * parents
    for row in rows:
        totals[row["n"] - 1] = row["total"]
    return totals


def _groups(rows: Sequence[Any], parents: int, parent: str | None) -> Sequence[Sequence[Any]]:
    if parent is None:
        return [rows] * parents
    groups: list[list[Any]] = [[] for _ in range(parents)]
    for row in rows:
        groups[row["n"] - 1].append(row)
    return groups
