"""This module is in charge of the feed of changes: what is new on the packs that a party may see, from a place on, without a gap.

A place is (transaction, code, seq). What a transaction wrote is given once every transaction that began before it has ended: one that was given an earlier
number may commit later, and a reader that had gone past it would never see what it wrote. The row policy holds at the time of reading, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

import asyncpg

from auth.entitlements import OPENING_BIT, Policy
from resolvers.batching import COUNT_CAP, BadArgument, Batch, Page, PageArguments
from resolvers.database.change_retention import MISSED
from resolvers.database.facts import EVENTS
from resolvers.database.lists import Fingerprint, nothing, one_page, unsealed
from resolvers.database.packs import followed
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, integer, join, slot, text
from resolvers.database.standing import PACKS, bits, lateral

EVERYTHING: Final = "authority:all"
"""The name under which all changes are written, for those whose lists hold every pack."""
APPEND: Final = "insert into battery.change (grantee, code, seq) select * from unnest($1::text[], $2::text[], $3::int[])"


class _Walk(NamedTuple):
    limit: int
    backward: bool
    after: bool


EXPIRED: Final = (
    "after: what came after this cursor is no longer kept; read your batteries anew, and go on from the newest cursor, of changes(last: 1), taken before"
)


async def append(connection: asyncpg.Connection, news: Iterable[tuple[str, str, int]]) -> None:
    """Each event (the name under which it is new, code, seq) is a change."""
    if columns := list(zip(*news, strict=True)):
        await connection.execute(APPEND, *columns)


async def changes(reading: Reading, batch: Batch) -> list[Page]:
    """One page of the feed: rows of a pack's code as `key`, and the event's seq. BadArgument CURSOR_EXPIRED where something may have been missed."""
    page, policy = batch.page or PageArguments(limit=20), reading.policy("battery")
    bound_to = Fingerprint(lambda: ("changes",))
    values: dict[str, Any] = dict(reading.values())
    if page.cursor is not None:
        values["o0"], values["o1"], values["o2"] = unsealed(reading, bound_to, page, 3)
    # After the arguments: a wrong one is wrong for everybody, rows or none.
    if not policy.listing:
        return [nothing(page)] * len(batch.keys)
    values["feeds"] = feeds = [EVERYTHING] if reading.lists_everything else reading.grantees
    if page.cursor is not None and not page.backward and (await reading.fetch(MISSED, values))[0]["missed"]:
        raise BadArgument("CURSOR_EXPIRED", "after", EXPIRED)
    walk = _Walk(page.reach, page.backward, page.cursor is not None)
    rows = await reading.fetch(_page(len(feeds), policy, walk), values)
    total = (await reading.fetch(_count(len(feeds), policy), values))[0]["total"] if page.count else None

    def seal(row: Any) -> str:
        return reading.opaque.cursor(reading.principal.party, bound_to.text, (row["xid"], row["key"], row["seq"]))

    return [one_page(rows, page, seal, total)] * len(batch.keys)


@lru_cache(maxsize=256)
def _page(feeds: int, policy: Policy, walk: _Walk) -> Statement:
    found = join(" union ", [text("(") + _branch(place, policy, walk) + text(")") for place in range(feeds)])
    return (text("select * from (") + found + text(") u") + _order(walk) + text(" limit ") + integer(walk.limit)).compile(custom=True)


@lru_cache(maxsize=64)
def _count(feeds: int, policy: Policy) -> Statement:
    walk = _Walk(COUNT_CAP + 1, backward=False, after=False)
    found = join(" union ", [text("(") + _branch(place, policy, walk) + text(")") for place in range(feeds)])
    return (text("select count(*) as total from (select 1 from (") + found + text(") u limit ") + integer(COUNT_CAP + 1) + text(") c")).compile(custom=True)


def _branch(place: int, policy: Policy, walk: _Walk) -> Sql:
    """The changes under one name, on its own index: those of packs in the caller's lists, or that it took part in, and of events that it may see
    (docs/row-policy.md, sections 5 and 16). Who took part knows the code."""
    compare = text(" < ") if walk.backward else text(" > ")
    beyond = text(" and (c.xid, c.code, c.seq)") + compare + text("(") + join(", ", [slot("o0"), slot("o1"), slot("o2")]) + text(")")
    return (
        text("select c.xid, c.code as key, c.seq, s.standing | ")
        + bits(OPENING_BIT["A"])
        + text(" as standing from battery.change c join battery.pack p on p.code = c.code")
        + lateral(PACKS, policy, "p", "s")
        + text(" join battery.event f on f.code = c.code and f.seq = c.seq where c.grantee = (")
        + slot("feeds")
        + text("::text[])[")
        + integer(place + 1)
        + text("] and c.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint and ")
        + followed(policy, "s")
        + text(" and ")
        + EVENTS.passes(policy)
        + (beyond if walk.after else EMPTY)
        + _order(walk)
        + text(" limit ")
        + integer(walk.limit)
    )


def _order(walk: _Walk) -> Sql:
    direction = text(" desc") if walk.backward else text(" asc")
    return text(" order by xid") + direction + text(", key") + direction + text(", seq") + direction
