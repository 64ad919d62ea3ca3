"""This module is in charge of reading cases: one's own, and for an authority those that it has or had, the latest change first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from resolvers.batching import COUNT_CAP, Batch, Page, PageArguments
from resolvers.database.findings import readers
from resolvers.database.keys import KEYS, key_list
from resolvers.database.lists import Fingerprint, nothing, one_page, restored, unsealed
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, ident, integer, join, slot, text
from resolvers.database.standing import bits, possible
from resolvers.database.tables import CASE, CASE_EVENT, FINDING

_ALL: Final = FINDING.column("id").mask
# The caller is among the readers of case `f`.
_MINE: Final = text(" exists (select 1 from enterprise.case_reader r where r.case_id = f.case_id and r.grantee = any(") + slot("finders") + text("))")
# The caller reads it as an authority, and so all of it.
_AS_AUTHORITY: Final = (
    text("exists (select 1 from enterprise.case_reader r where r.case_id = f.case_id and r.grantee = any(")
    + slot("finders")
    + text(") and r.grantee <> ")
    + slot("party")
    + text(")")
)
# Of findings, which the caller may not all read.
_OF_FINDINGS: Final = frozenset({"owners", "provinces"})


def _column(name: str) -> Sql:
    """A column of case `f`. What follows from findings follows, for an enterprise, from those that it reads: else whose rules, and where, would tell
    it of the others."""
    if name not in _OF_FINDINGS:
        return ident("f", name)
    seen = (
        text("array(select distinct u.one from enterprise.case_finding x join battery.finding g on g.code = x.code and g.id = x.id cross join unnest(")
        + ident("g", name)
        + text(") as u (one) where x.case_id = f.case_id and exists (select 1 from battery.finding_reader y where y.code = g.code and y.id = g.id")
        + text(" and y.grantee = any(")
        + slot("finders")
        + text(")) order by u.one)")
    )
    return text("case when ") + _AS_AUTHORITY + text(" then ") + ident("f", name) + text(" else ") + seen + text(" end as ") + ident(name)


class _Walk(NamedTuple):
    """One step: rows to fetch, direction, whether from a cursor, and whether states narrow the list."""

    limit: int
    backward: bool
    after: bool
    narrowed: bool


def _branch(place: int, walk: _Walk, *, limit: int, ordered: bool) -> Sql:
    """The cases of one reader, on its own index."""
    rows = (
        text("select r.case_id, r.changed_at from enterprise.case_reader r join enterprise.case_file f on f.case_id = r.case_id where r.grantee = (")
        + slot("finders")
        + text("::text[])[")
        + integer(place + 1)
        + text("]")
        + (text(" and f.state = any(") + slot("states") + text(")") if walk.narrowed else EMPTY)
    )
    if not ordered:
        return text("(") + rows + text(" limit ") + integer(limit) + text(")")
    beyond = EMPTY
    if walk.after:
        compare = text(" > ") if walk.backward else text(" < ")
        beyond = text(" and (r.changed_at, r.case_id)") + compare + text("(") + slot("o0") + text(", ") + slot("o1") + text(")")
    return text("(") + rows + beyond + _order("r", walk) + text(" limit ") + integer(limit) + text(")")


def _order(alias: str, walk: _Walk) -> Sql:
    direction = text(" asc") if walk.backward else text(" desc")
    return text(" order by ") + join(", ", [ident(alias, each) + direction for each in ("changed_at", "case_id")])


@lru_cache(maxsize=256)
def _page(finders: int, standing: int, walk: _Walk, wanted: tuple[str, ...]) -> Statement:
    found = join(" union ", [_branch(place, walk, limit=walk.limit, ordered=True) for place in range(finders)])
    columns = [_column(CASE.column(each).name) for each in wanted]
    extra = text("f.case_id as key, ") + bits(standing) + text(" as standing, u.changed_at as o0, f.case_id as o1")
    return (
        text("select ")
        + join(", ", [*columns, extra])
        + text(" from (")
        + found
        + text(") u join enterprise.case_file f on f.case_id = u.case_id")
        + _order("u", walk)
        + text(" limit ")
        + integer(walk.limit)
    ).compile(custom=True)


@lru_cache(maxsize=64)
def _count(finders: int, walk: _Walk) -> Statement:
    found = join(" union ", [_branch(place, walk, limit=COUNT_CAP + 1, ordered=False) for place in range(finders)])
    return (text("select count(*) as total from (select 1 from (") + found + text(") u limit ") + integer(COUNT_CAP + 1) + text(") c")).compile(custom=True)


async def cases(reading: Reading, batch: Batch) -> list[Page]:
    """One page of the list; argument `states` narrows it."""
    page, policy = batch.page or PageArguments(limit=20), reading.policy("battery")
    states = batch.arguments.get("states")
    bound_to = Fingerprint(lambda: ("cases", sorted(states) if states is not None else None))
    values = {**reading.values(), "states": list(states) if states is not None else None}
    if page.cursor is not None:
        seen, values["o1"] = unsealed(reading, bound_to, page, 2)
        values["o0"] = restored("timestamptz", seen)
    values["finders"] = finders = readers(policy, values)
    # After the arguments: a wrong one is wrong for everybody, rows or none.
    if not finders:
        return [nothing(page)] * len(batch.keys)
    walk = _Walk(page.reach, page.backward, page.cursor is not None, states is not None)
    rows = await reading.fetch(_page(len(finders), possible(policy) & _ALL, walk, batch.columns), values)
    total = None
    if page.count:
        total = (await reading.fetch(_count(len(finders), _Walk(0, False, False, walk.narrowed)), values))[0]["total"]

    def seal(row: Any) -> str:
        return reading.opaque.cursor(reading.principal.party, bound_to.text, (row["o0"].isoformat(), row["o1"]))

    return [one_page(rows, page, seal, total)] * len(batch.keys)


@lru_cache(maxsize=64)
def _by_id(standing: int, wanted: tuple[str, ...]) -> Statement:
    columns = [_column(CASE.column(each).name) for each in wanted]
    return (
        text("select ")
        + join(", ", [*columns, text("f.case_id as key, ") + bits(standing) + text(" as standing")])
        + text(" from enterprise.case_file f where f.case_id = any(")
        + KEYS
        + text(") and")
        + _MINE
    ).compile()


async def case_by_id(reading: Reading, batch: Batch) -> list[Any]:
    """The case of each id; None where there is none that the caller sees."""
    policy, keys = reading.policy("battery"), [each for each in batch.keys if each is not None]
    values = {**reading.values(), "keys": key_list(keys)}
    values["finders"] = finders = readers(policy, values)
    if not finders or not keys:
        return [None] * len(batch.keys)
    found = {row["key"]: row for row in await reading.fetch(_by_id(possible(policy) & _ALL, batch.columns), values)}
    return [found.get(key) for key in batch.keys]


@lru_cache(maxsize=64)
def _findings(standing: int, wanted: tuple[str, ...]) -> Statement:
    columns = [ident("g", FINDING.column(each).name) for each in wanted]
    return (
        text("select ")
        + join(", ", [*columns, text("g.code as key, f.case_id as case_id, ") + bits(standing) + text(" as standing")])
        + text(" from enterprise.case_finding f join battery.finding g on g.code = f.code and g.id = f.id where f.case_id = any(")
        + KEYS
        + text(") and")
        + _MINE
        + text(" and exists (select 1 from battery.finding_reader x where x.code = g.code and x.id = g.id and x.grantee = any(")
        + slot("finders")
        + text(")) order by g.first_seen, g.id")
    ).compile()


async def case_findings(reading: Reading, batch: Batch) -> list[Sequence[Any]]:
    """The findings of each case, as far as the caller may see them: what was only tried is not told to who tried it."""
    policy = reading.policy("battery")
    values = {**reading.values(), "keys": key_list(batch.keys)}
    values["finders"] = readers(policy, values)
    found: dict[str, list[Any]] = {}
    for row in await reading.fetch(_findings(possible(policy) & _ALL, batch.columns), values):
        found.setdefault(row["case_id"], []).append(row)
    return [found.get(key, []) for key in batch.keys]


@lru_cache(maxsize=64)
def _opened_on(standing: int, wanted: tuple[str, ...]) -> Statement:
    columns = [_column(CASE.column(each).name) for each in wanted]
    return (
        text("select ")
        + join(", ", [*columns, text("f.case_id as key, x.code as on_code, x.id as on_id, ") + bits(standing) + text(" as standing")])
        + text(" from unnest(")
        + slot("codes")
        + text("::text[], ")
        + slot("ids")
        + text("::text[]) as k (code, id) join enterprise.case_finding x on x.code = k.code and x.id = k.id")
        + text(" join enterprise.case_file f on f.case_id = x.case_id where")
        + _MINE
        + text(" order by f.opened_at, f.case_id")
    ).compile()


async def cases_of_finding(reading: Reading, batch: Batch) -> list[Sequence[Any]]:
    """The cases that were opened on each finding, the first one first; a key is (code, id). Of cases that the caller does not see there is no sign."""
    policy, keys = reading.policy("battery"), list(dict.fromkeys(batch.keys))
    values = {**reading.values(), "codes": [code for code, _id in keys], "ids": [id_ for _code, id_ in keys]}
    values["finders"] = finders = readers(policy, values)
    found: dict[tuple[str, str], list[Any]] = {}
    if finders and keys:
        for row in await reading.fetch(_opened_on(possible(policy) & _ALL, batch.columns), values):
            found.setdefault((row["on_code"], row["on_id"]), []).append(row)
    return [found.get(key, []) for key in batch.keys]


@lru_cache(maxsize=256)
def _events(standing: int, walk: _Walk, counted: bool, wanted: tuple[str, ...]) -> Statement:
    columns = [ident("f", CASE_EVENT.column(each).name) for each in wanted]
    direction = text(" desc") if walk.backward else text(" asc")
    compare = text(" < ") if walk.backward else text(" > ")
    total = text(", (select count(*) from enterprise.case_event t where t.case_id = f.case_id) as total") if counted else EMPTY
    return (
        text("select ")
        + join(", ", [*columns, text("f.case_id as key, f.number as o0, ") + bits(standing) + text(" as standing")])
        + total
        + text(" from unnest(")
        + KEYS
        + text(") as k (case_id) cross join lateral (select f.* from enterprise.case_event f where f.case_id = k.case_id and")
        + _MINE
        + (text(" and f.number") + compare + slot("o0") if walk.after else EMPTY)
        + text(" order by f.number")
        + direction
        + text(" limit ")
        + integer(walk.limit)
        + text(") f order by f.case_id, f.number")
        + direction
    ).compile()


async def case_events(reading: Reading, batch: Batch) -> list[Page]:
    """One page of what happened to each case, in order."""
    page, policy = batch.page or PageArguments(limit=20), reading.policy("battery")
    bound_to = Fingerprint(lambda: ("case_event",))
    values = {**reading.values(), "keys": key_list(dict.fromkeys(batch.keys))}
    values["finders"] = readers(policy, values)
    if page.cursor is not None:
        (number,) = unsealed(reading, bound_to, page, 1)
        values["o0"] = restored("int4", number)
    walk = _Walk(page.reach, page.backward, page.cursor is not None, False)
    found: dict[str, list[Any]] = {}
    for row in await reading.fetch(_events(possible(policy) & _ALL, walk, page.count, batch.columns), values):
        found.setdefault(row["key"], []).append(row)

    def seal(row: Any) -> str:
        return reading.opaque.cursor(reading.principal.party, bound_to.text, (row["o0"],))

    return [one_page(rows := found.get(key, []), page, seal, (rows[0]["total"] if rows else 0) if page.count else None) for key in batch.keys]
