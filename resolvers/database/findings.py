"""This module is in charge of the list of findings: one's own, and for an authority those that are its work, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from auth.entitlements import OPENING_BIT, Policy
from resolvers.batching import COUNT_CAP, Batch, Page, PageArguments
from resolvers.database.lists import Fingerprint, nothing, one_page, restored, unsealed
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, ident, integer, join, slot, text
from resolvers.database.standing import bits, possible
from resolvers.database.tables import FINDING

_ALL: Final = FINDING.column("id").mask
_AUTHORITIES: Final = {"M": "authority:MI", "M:environment": "authority:ME", "M:market": "authority:SA"}
_NARROWED: Final = {"rules": ident("f", "rule"), "severities": ident("f", "severity"), "states": ident("f", "state")}


@dataclass(frozen=True, slots=True)
class _Walk:
    """One step: rows to fetch, direction, whether from a cursor, and which arguments narrow the list."""

    limit: int
    backward: bool
    after: bool
    narrowed: tuple[str, ...]


def readers(policy: Policy, values: Mapping[str, Any]) -> list[str]:
    """Under which names findings are the caller's to read: docs/row-policy.md, section 11."""
    opened = possible(policy)
    found = [name for opening, name in _AUTHORITIES.items() if opened & OPENING_BIT[opening]]
    if opened & OPENING_BIT["M:region"]:
        found += values["provinces"]
    if opened & OPENING_BIT["M:own"]:
        found.append(values["party"])
    return found


def _branch(place: int, walk: _Walk, *, limit: int, ordered: bool) -> Sql:
    """The findings of one reader, on its own index."""
    narrowed = [text(" and ") + _NARROWED[each] + text(" = any(") + slot(each) + text(")") for each in walk.narrowed]
    rows = (
        text("select r.code, r.id, r.first_seen from battery.finding_reader r join battery.finding f on f.code = r.code and f.id = r.id")
        + text(" where r.grantee = (")
        + slot("finders")
        + text("::text[])[")
        + integer(place + 1)
        + text("]")
        + join("", narrowed)
    )
    if not ordered:
        return rows + text(" limit ") + integer(limit)
    return rows + (_beyond(walk) if walk.after else EMPTY) + _order("r", walk) + text(" limit ") + integer(limit)


def _beyond(walk: _Walk) -> Sql:
    # Newest first: forward goes down.
    compare = text(" > ") if walk.backward else text(" < ")
    return text(" and (r.first_seen, r.id, r.code)") + compare + text("(") + join(", ", [slot("o0"), slot("o1"), slot("o2")]) + text(")")


def _order(alias: str, walk: _Walk) -> Sql:
    direction = text(" asc") if walk.backward else text(" desc")
    return text(" order by ") + join(", ", [ident(alias, each) + direction for each in ("first_seen", "id", "code")])


@lru_cache(maxsize=256)
def _page(finders: int, standing: int, walk: _Walk, wanted: tuple[str, ...]) -> Statement:
    found = join(" union ", [text("(") + _branch(place, walk, limit=walk.limit, ordered=True) + text(")") for place in range(finders)])
    columns = [ident("f", FINDING.column(each).name) for each in wanted]
    extra = text("f.code as key, ") + bits(standing) + text(" as standing, f.first_seen as o0, f.id as o1, f.code as o2")
    return (
        text("select ")
        + join(", ", [*columns, extra])
        + text(" from (")
        + found
        + text(") u join battery.finding f on f.code = u.code and f.id = u.id")
        + _order("f", walk)
        + text(" limit ")
        + integer(walk.limit)
    ).compile(custom=True)


@lru_cache(maxsize=64)
def _count(finders: int, walk: _Walk) -> Statement:
    found = join(" union ", [text("(") + _branch(place, walk, limit=COUNT_CAP + 1, ordered=False) + text(")") for place in range(finders)])
    return (text("select count(*) as total from (select 1 from (") + found + text(") u limit ") + integer(COUNT_CAP + 1) + text(") c")).compile(custom=True)


async def findings(reading: Reading, batch: Batch) -> list[Page]:
    """One page of the list."""
    page, policy = batch.page or PageArguments(limit=20), reading.policy("battery")
    given = {name: list(batch.arguments[name]) for name in _NARROWED if batch.arguments.get(name) is not None}
    bound_to = Fingerprint(lambda: ("findings", sorted(given.items())))
    values = {**reading.values(), **given}
    if page.cursor is not None:
        seen, values["o1"], values["o2"] = unsealed(reading, bound_to, page, 3)
        values["o0"] = restored("timestamptz", seen)
    values["finders"] = finders = readers(policy, values)
    # After the arguments: a wrong one is wrong for everybody, rows or none.
    if not finders:
        return [nothing(page)] * len(batch.keys)
    walk = _Walk(page.reach, page.backward, page.cursor is not None, tuple(sorted(given)))
    rows = await reading.fetch(_page(len(finders), possible(policy) & _ALL, walk, batch.columns), values)
    total = None
    if page.count:
        total = (await reading.fetch(_count(len(finders), _Walk(0, False, False, walk.narrowed)), values))[0]["total"]

    def seal(row: Any) -> str:
        return reading.opaque.cursor(reading.principal.party, bound_to.text, (row["o0"].isoformat(), row["o1"], row["o2"]))

    return [one_page(rows, page, seal, total)] * len(batch.keys)
