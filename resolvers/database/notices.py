"""This module is in charge of the feed of events of no pack: those that the caller reads, from a place on, without a gap.

A place is (transaction, history, seq), and the order is that of changes.py, for the same reason. Whose they are to read stands beside each event
(`enterprise.notice_reader`); the enterprise whose site was seen never is, whatever else it is.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

from resolvers.batching import COUNT_CAP, Batch, Page, PageArguments
from resolvers.database.findings import readers
from resolvers.database.lists import Fingerprint, nothing, one_page, unsealed
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, ident, integer, join, slot, text
from resolvers.database.standing import bits, possible
from resolvers.database.tables import NOTICE

_ALL: Final = NOTICE.column("type").mask
# Who runs a site without a licence often is not registered: then it is no enterprise of the graph, and its code is all that there is of it.
_REGISTERED: Final = text("(select e.uscc from enterprise.enterprise e where e.uscc = f.operator) as operator")
_MADE: Final = {"operator": _REGISTERED, "operator_code": text("f.operator as operator_code")}


class _Walk(NamedTuple):
    """One step: rows to fetch, direction, whether from a cursor, and whether types narrow the list."""

    limit: int
    backward: bool
    after: bool
    narrowed: bool


def _branch(place: int, walk: _Walk) -> Sql:
    """The events of one reader, on its own index."""
    compare = text(" < ") if walk.backward else text(" > ")
    beyond = text(" and (r.xid, r.entity, r.seq)") + compare + text("(") + join(", ", [slot("o0"), slot("o1"), slot("o2")]) + text(")")
    return (
        text("(select r.xid, r.entity, r.seq from enterprise.notice_reader r join enterprise.notice f on f.entity = r.entity and f.seq = r.seq")
        + text(" where r.grantee = (")
        + slot("finders")
        + text("::text[])[")
        + integer(place + 1)
        + text("] and r.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint and (f.operator is null or f.operator <> ")
        + slot("party")
        + text(")")
        + (text(" and f.type = any(") + slot("types") + text(")") if walk.narrowed else EMPTY)
        + (beyond if walk.after else EMPTY)
        + _order("r", walk)
        + text(" limit ")
        + integer(walk.limit)
        + text(")")
    )


def _order(alias: str, walk: _Walk) -> Sql:
    direction = text(" desc") if walk.backward else text(" asc")
    return text(" order by ") + join(", ", [ident(alias, each) + direction for each in ("xid", "entity", "seq")])


@lru_cache(maxsize=256)
def _page(finders: int, standing: int, walk: _Walk, wanted: tuple[str, ...]) -> Statement:
    found = join(" union ", [_branch(place, walk) for place in range(finders)])
    columns = [_MADE.get(each) or ident("f", NOTICE.column(each).name) for each in wanted]
    return (
        text("select ")
        + join(", ", [*columns, text("f.entity as key, f.seq, u.xid, ") + bits(standing) + text(" as standing")])
        + text(" from (")
        + found
        + text(") u join enterprise.notice f on f.entity = u.entity and f.seq = u.seq")
        + _order("u", walk)
        + text(" limit ")
        + integer(walk.limit)
    ).compile(custom=True)


@lru_cache(maxsize=64)
def _count(finders: int, walk: _Walk) -> Statement:
    found = join(" union ", [_branch(place, walk) for place in range(finders)])
    return (text("select count(*) as total from (select 1 from (") + found + text(") u limit ") + integer(COUNT_CAP + 1) + text(") c")).compile(custom=True)


async def notices(reading: Reading, batch: Batch) -> list[Page]:
    """One page of the feed; argument `types` narrows it."""
    page, policy = batch.page or PageArguments(limit=20), reading.policy("battery")
    types = batch.arguments.get("types")
    bound_to = Fingerprint(lambda: ("notices", sorted(types) if types is not None else None))
    values: dict[str, Any] = {**reading.values(), "types": list(types) if types is not None else None}
    if page.cursor is not None:
        values["o0"], values["o1"], values["o2"] = unsealed(reading, bound_to, page, 3)
    named = readers(policy, values)
    # After the arguments: a wrong one is wrong for everybody, rows or none.
    if not named:
        return [nothing(page)] * len(batch.keys)
    # An authority reads what it reported itself, wherever it was.
    values["finders"] = finders = sorted({*named, values["party"]})
    walk = _Walk(page.reach, page.backward, page.cursor is not None, types is not None)
    rows = await reading.fetch(_page(len(finders), possible(policy) & _ALL, walk, batch.columns), values)
    total = None
    if page.count:
        total = (await reading.fetch(_count(len(finders), _Walk(COUNT_CAP + 1, False, False, walk.narrowed)), values))[0]["total"]

    def seal(row: Any) -> str:
        return reading.opaque.cursor(reading.principal.party, bound_to.text, (row["xid"], row["key"], row["seq"]))

    return [one_page(rows, page, seal, total)] * len(batch.keys)
