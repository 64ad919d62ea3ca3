"""This module is in charge of the list of lifecycle events: those of all packs in the caller's lists that pass in the lists of their packs.

Whose lists hold every pack walks an index, and a page costs the same wherever it stands. Others come from their relations to packs, one branch
for each, as lists of packs do: by battery code a page is a walk on the index of the relation; by the time of recording it looks at the events of
all packs that the relation opens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from auth.entitlements import OPENING_BIT, Policy
from resolvers.batching import COUNT_CAP, Batch, Page, PageArguments
from resolvers.database.branches import Branch, Scope, branches, keys_of, repeats, rows_of
from resolvers.database.bundles import Bundling, Place, bundling, read_rows
from resolvers.database.facts import EVENTS, all_of, fact_column, row_standing
from resolvers.database.filters import TRUE, Predicate, compile_predicate, parse
from resolvers.database.lists import Fingerprint, as_cursor, nothing, one_page, restored, unsealed
from resolvers.database.packs import listed
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, ident, integer, join, slot, text
from resolvers.database.standing import PACKS, lateral
from resolvers.database.tables import EVENT

ORDERS: Final[Mapping[str, tuple[str, ...]]] = {"recorded_at": ("recorded_at", "code", "seq"), "code": ("code", "seq")}
USUAL: Final = "recorded_at"
_TYPES: Final = {"recorded_at": "timestamptz", "code": "text", "seq": "int4"}
_PRODUCT: Final = OPENING_BIT["J:product"]


@dataclass(frozen=True, slots=True)
class _Walk:
    """One step through the list: its order, the filter, rows to fetch, direction, and whether from a cursor."""

    order: str
    predicate: Predicate
    limit: int
    descending: bool
    after: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """What the list is ordered by; no two events have all of it in common."""
        return ORDERS[self.order]


async def lifecycle_events(reading: Reading, batch: Batch) -> list[Page]:
    """One page of the list: rows of the wanted columns, the pack's code as `key`, the standing, and what its position is made of."""
    page, policy = batch.page or PageArguments(limit=20), reading.policy("battery")
    found = parse(batch.arguments.get("filter"), EVENT)
    asked = batch.arguments.get("orderBy") or {}
    order, down = asked.get("field", USUAL), asked.get("direction") == "DESC"
    bound_to = Fingerprint(lambda: ("events", order, down, found.predicate, sorted(found.values.items())))
    values = {**reading.values(), **found.values}
    if page.cursor is not None:
        position = unsealed(reading, bound_to, page, len(ORDERS[order]))
        values.update({f"o{n}": restored(_TYPES[name], value) for n, (name, value) in enumerate(zip(ORDERS[order], position, strict=True))})
    # After the arguments: a wrong one is wrong for everybody, rows or none.
    if not policy.listing:
        return [nothing(page)] * len(batch.keys)
    walk = _Walk(order, found.predicate, page.reach, down != page.backward, page.cursor is not None)
    provinces = len(reading.provinces)
    how = _bundle(policy, provinces, walk, batch.columns, Place(_place(walk), page.limit), batch.written) if batch.by_column else None
    rows = await read_rows(reading, _statement(policy, provinces, walk, batch.columns), values, how)
    total = (await reading.fetch(_count(policy, provinces, found.predicate), values))[0]["total"] if page.count else None

    def seal(row: Any) -> str:
        return reading.opaque.cursor(reading.principal.party, bound_to.text, tuple(as_cursor(row[_PLACE[each]]) for each in ORDERS[order]))

    return [one_page(rows, page, seal, total)] * len(batch.keys)


@lru_cache(maxsize=512)
def _statement(policy: Policy, provinces: int, walk: _Walk, wanted: tuple[str, ...]) -> Statement:
    return _page(policy, provinces, walk, wanted).compile(custom=True)


@lru_cache(maxsize=64)
def _bundle(policy: Policy, provinces: int, walk: _Walk, wanted: tuple[str, ...], place: Place, written: bool) -> Bundling:
    names = (*((each, EVENT.column(each).type) for each in wanted), *((("place", "timestamptz"),) if "recorded_at" in walk.columns else ()))
    columns = (*names, ("key", "text"), ("number", "int4"), ("standing", "int8"))
    return bundling(_page(policy, provinces, walk, wanted), columns, place, frozenset(wanted if written else ()))


def _place(walk: _Walk) -> tuple[str, ...]:
    """What of a row's place in the list is nothing else."""
    return tuple(_PLACE[each] for each in walk.columns if each != "code")


def _page(policy: Policy, provinces: int, walk: _Walk, wanted: tuple[str, ...]) -> Sql:
    columns = [fact_column(EVENTS, each, policy) + text(" as ") + ident(each.name) for each in map(EVENT.column, wanted)]
    if "recorded_at" in walk.columns:
        columns.append(text("f.recorded_at as place"))
    columns += [text("f.code as key, f.seq as number"), row_standing(EVENTS, policy) + text(" as standing")]
    direction = text(" desc") if walk.descending else text(" asc")
    limit = text(" limit ") + integer(walk.limit)
    each_end = text(" order by ") + join(", ", [ident("f", name) + direction for name in walk.columns]) + limit
    end = text(" order by ") + join(", ", [ident(_PLACE[name]) + direction for name in walk.columns]) + limit
    return _united(policy, provinces, walk, columns, each_end, end)


_PLACE: Final = {"recorded_at": "place", "code": "key", "seq": "number"}


@lru_cache(maxsize=256)
def _count(policy: Policy, provinces: int, predicate: Predicate) -> Statement:
    walk = _Walk(USUAL, predicate, 0, descending=False, after=False)
    limit = text(" limit ") + integer(COUNT_CAP + 1)
    found = _united(policy, provinces, walk, [text("f.code, f.seq")], limit, limit)
    return (text("select count(*) as total from (") + found + text(") c")).compile(custom=True)


def _united(policy: Policy, provinces: int, walk: _Walk, columns: list[Sql], each_end: Sql, end: Sql) -> Sql:
    """The rows of every relation, each once; the ends are the order and the limit, of each and of all."""
    scope = Scope(PACKS, policy, provinces, TRUE)
    selects = [_branch(scope, each, walk, columns, each_end) for each in branches(scope, ())]
    if len(selects) == 1:
        return selects[0]
    return text("select * from (") + join(" union ", [text("(") + each + text(")") for each in selects]) + text(") u") + end


def _branch(scope: Scope, branch: Branch, walk: _Walk, columns: list[Sql], end: Sql) -> Sql:
    """The events of the packs that one relation opens."""
    policy, everything = scope.policy, branch.relation == "all"
    # Of an event's own pack its code is known; a row of packs is needed for what else a standing may look at.
    needs_pack = bool(policy.standing(PACKS.owner_relation)) or bool(policy.openings("all") & _PRODUCT)
    source = text("battery.event f")
    if not everything:
        key = keys_of(scope, branch, (), None)[0]
        distinct = text("distinct ") if repeats(scope, branch) else EMPTY
        packs = text("(select ") + distinct + key + text(" as code") + rows_of(scope, branch, (), None)
        source = packs + _from_cursor(key, walk) + text(") k join battery.event f on f.code = k.code")
    if needs_pack:
        source += text(" join battery.pack p on p.code = f.code")
    conditions = [listed(policy, "s"), EVENTS.passes(policy)]
    if walk.predicate != TRUE:
        conditions.append(compile_predicate(walk.predicate, lambda name: text("(") + fact_column(EVENTS, EVENT.column(name), policy) + text(")")))
    if walk.after:
        conditions.append(_beyond(walk))
    return (
        text("select ")
        + join(", ", columns)
        + text(" from ")
        + source
        + lateral(PACKS, policy, "p" if needs_pack else "f", "s")
        + text(" where ")
        + all_of(conditions)
        + end
    )


def _from_cursor(key: Sql, walk: _Walk) -> Sql:
    """In the order of codes, packs before the cursor's are not looked at."""
    if not walk.after or walk.order != "code":
        return EMPTY
    return text(" and ") + key + (text(" <= ") if walk.descending else text(" >= ")) + slot("o0")


def _beyond(walk: _Walk) -> Sql:
    compare = text(" < ") if walk.descending else text(" > ")
    here, there = [ident("f", each) for each in walk.columns], [slot(f"o{n}") for n in range(len(walk.columns))]
    return text("(") + join(", ", here) + text(")") + compare + text("(") + join(", ", there) + text(")")
