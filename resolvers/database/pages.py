"""This module is in charge of pages: the statement for one page of a list of entities, and for its count.

Keyset pagination in both directions. A sort by a column that may be masked or null has two parts: the rows with a value
the caller may read, by value and key, and after them (nulls last, in either direction) the rest, by key.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from resolvers.batching import COUNT_CAP
from resolvers.database.branches import Branch, Scope, branches, is_chain, keys_of, opened, repeats, rows_of, tie_of, watched
from resolvers.database.bundles import Bundling, Place, bundling
from resolvers.database.keys import KEYS
from resolvers.database.sql import EMPTY, Sql, Statement, ident, integer, join, slot, text
from resolvers.database.standing import lateral, masked, type_name

NULLABLE_SORTS: Final = frozenset({"state_of_health"})
_ASCENDING: Final = {False: text(" asc"), True: text(" desc")}


@dataclass(frozen=True, slots=True)
class Order:
    """By which column (None: by key alone), and whether the largest comes first."""

    column: str | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """One step through the list: rows to fetch, direction, and the part of the cursor's row (None: no cursor)."""

    limit: int
    backward: bool = False
    cursor_part: int | None = None


@lru_cache(maxsize=2048)
def page_statement(scope: Scope, order: Order, walk: Walk, wanted: tuple[str, ...]) -> Statement:
    """Rows: the wanted columns, then key, standing, part, sort, tie and, below a parent, n (its position in `keys`).

    Slots: those of `Reading.values`, the filter's, `after_tie` and `after_sort`, `keys`.
    """
    return _page(scope, order, walk, wanted).compile(custom=True)


@lru_cache(maxsize=64)
def page_bundle(scope: Scope, order: Order, walk: Walk, wanted: tuple[str, ...], kept: int, written: bool) -> Bundling:
    """The same rows as one, of which one more may come than are kept; days and moments as texts where they are only written."""
    assert scope.parent is None
    table = scope.spec.table
    extra = (("key", "text"), ("standing", "int8"), ("part", "int4"), ("sort", table.column(order.column).type if order.column else "text"), ("tie", "text"))
    columns = (*((each, table.column(each).type) for each in wanted), *extra)
    return bundling(_page(scope, order, walk, wanted), columns, Place(("part", "sort", "tie"), kept), frozenset(wanted if written else ()))


def _page(scope: Scope, order: Order, walk: Walk, wanted: tuple[str, ...]) -> Sql:
    listed = [scope.spec.table.column(each) for each in wanted]
    columns = [masked(each, "p", "s", scope.policy) + text(" as ") + ident(each.name) for each in listed]
    key = ident("p", scope.spec.key)
    extra = [key + text(" as key"), text("s.standing as standing"), text("u.part as part"), text("u.sort as sort"), text("u.tie as tie")]
    order_by = text("u.part") + _ASCENDING[walk.backward] + text(", u.sort") + _direction(order, walk) + text(", u.tie") + _direction(order, walk)
    source = text("(") + _survivors(scope, order, walk) + text(") u")
    if scope.parent is not None:
        extra.append(text("k.n as n"))
        order_by = text("k.n, ") + order_by
        source = text("unnest(") + KEYS + text(") with ordinality k(key, n) cross join lateral ") + source
    root = ident(scope.spec.table.schema, scope.spec.table.name)
    return (
        text("select ")
        + join(", ", [*columns, *extra])
        + text(" from ")
        + source
        + text(" join ")
        + root
        + text(" p on ")
        + key
        + text(" = u.key")
        + lateral(scope.spec, scope.policy, "p", "s")
        + text(" order by ")
        + order_by
    )


def _direction(order: Order, walk: Walk) -> Sql:
    return _ASCENDING[order.descending != walk.backward]


def _survivors(scope: Scope, order: Order, walk: Walk) -> Sql:
    names = watched(scope, order.column)
    parts = [part for each in _parts(scope, order, walk, names) if (part := _part(scope, order, walk, names, each)) is not None]
    if not parts:
        nothing = type_name(scope.spec.table.column(order.column)) if order.column else text("text")
        return text("select 0 as part, null::") + nothing + text(" as sort, null::text as tie, null::text as key where false")
    if len(parts) == 1:
        return parts[0]
    ahead, behind = reversed(parts) if walk.backward else parts
    # What comes behind is looked for only where the part ahead does not fill the page.
    both = text("with ahead as (") + ahead + text(") select part, sort, tie, key from ahead union all select part, sort, tie, key from (") + behind
    return both + text(") behind where (select count(*) from ahead) < ") + integer(walk.limit) + _ordered(order, walk)


def _part(scope: Scope, order: Order, walk: Walk, names: tuple[str, ...], part: int) -> Sql | None:
    """The rows of one part, by whichever relation; None where no relation has any."""
    selects = [select for each in branches(scope, names) if (select := _branch(scope, each, order, walk, names, part)) is not None]
    if len(selects) < 2:
        return selects[0] if selects else None
    return join(" union ", [text("(") + each + text(")") for each in selects]) + _ordered(order, walk)


def _ordered(order: Order, walk: Walk) -> Sql:
    direction = _direction(order, walk)
    by = text(" order by part") + _ASCENDING[walk.backward] + text(", sort") + direction + text(", tie") + direction
    return by + text(" limit ") + integer(walk.limit)


def _parts(scope: Scope, order: Order, walk: Walk, names: tuple[str, ...]) -> tuple[int, ...]:
    if order.column is None or (order.column not in NULLABLE_SORTS and order.column not in names):
        return (0,)
    if walk.cursor_part is None:
        return (0, 1)
    # Forward, the parts from the cursor's on; backward, those up to it.
    return tuple(part for part in (0, 1) if (part <= walk.cursor_part if walk.backward else part >= walk.cursor_part))


def _branch(scope: Scope, branch: Branch, order: Order, walk: Walk, names: tuple[str, ...], part: int) -> Sql | None:
    key, value = keys_of(scope, branch, names, order.column)
    tie = tie_of(scope, branch)
    by_value = order.column is not None and part == 0
    condition = EMPTY
    if order.column is not None and (order.column in NULLABLE_SORTS or order.column in names):
        is_open = order.column not in names or order.column in opened(scope, branch.relation, names) or not is_chain(scope, names)
        if part == 0:
            if not is_open:
                return None
            condition = text(" and ") + value + text(" is not null")
        elif is_open:
            condition = text(" and ") + value + text(" is null")
    if not by_value:
        value = text("null::") + (type_name(scope.spec.table.column(order.column)) if order.column else text("text"))
    direction = _direction(order, walk)
    ordered = text(" order by ") + (value + direction + text(", ") if by_value else EMPTY) + tie + direction
    return (
        _select(scope, branch)
        + integer(part)
        + text(" as part, ")
        + value
        + text(" as sort, ")
        + tie
        + text(" as tie, ")
        + key
        + text(" as key")
        + rows_of(scope, branch, names, order.column)
        + condition
        + _beyond(order, walk, part, tie, value)
        + ordered
        + text(" limit ")
        + integer(walk.limit)
    )


def _select(scope: Scope, branch: Branch) -> Sql:
    return text("select distinct ") if repeats(scope, branch) else text("select ")


def _beyond(order: Order, walk: Walk, part: int, tie: Sql, value: Sql) -> Sql:
    if walk.cursor_part != part:
        return EMPTY
    compare = text(" < ") if order.descending != walk.backward else text(" > ")
    if order.column is not None and part == 0:
        return text(" and (") + value + text(", ") + tie + text(")") + compare + text("(") + slot("after_sort") + text(", ") + slot("after_tie") + text(")")
    return text(" and ") + tie + compare + slot("after_tie")


@lru_cache(maxsize=512)
def count_statement(scope: Scope) -> Statement:
    """One row per parent (or one): `total`, at most COUNT_CAP + 1."""
    names = watched(scope, None)
    selects = [
        _select(scope, branch)
        + keys_of(scope, branch, names, None)[0]
        + text(" as key")
        + rows_of(scope, branch, names, None)
        + text(" limit ")
        + integer(COUNT_CAP + 1)
        for branch in branches(scope, names)
    ]
    if not selects:
        counted = text("select null as key where false")
    elif len(selects) == 1:
        counted = selects[0]
    else:
        counted = join(" union ", [text("(") + each + text(")") for each in selects]) + text(" limit ") + integer(COUNT_CAP + 1)
    total = text("(select count(*) from (") + counted + text(") c)")
    if scope.parent is None:
        return (text("select 1 as n, ") + total + text(" as total")).compile(custom=True)
    keys = text(" from unnest(") + KEYS + text(") with ordinality k(key, n)")
    return (text("select k.n as n, ") + total + text(" as total") + keys).compile(custom=True)
