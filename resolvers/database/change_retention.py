"""This module is in charge of how long the feed of changes is kept: rows whose time is over go, and who may have missed one of them is told so.

Rows have no time, but the transaction that wrote them has a number: a mark says which transactions were over at a moment. What is older than the mark that
is old enough goes, but for the newest row under each name: by it a reader for whom nothing came since is told from one that has missed something.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from resolvers.database.pool import Database
from resolvers.database.sql import Statement, slot, text

PIECE: Final = 10_000
"""Rows that one transaction deletes: nobody waits long for it, and a stop loses little."""
MARK: Final = """
insert into battery.change_mark (at, xid) values ($1, pg_snapshot_xmin(pg_current_snapshot())::text::bigint) on conflict do nothing"""
DUE: Final = "select max(xid) from battery.change_mark where at <= $1"
# Readers see that rows are gone before they are.
FLOOR: Final = "update battery.change_mark set floor = true where xid = $1 and not floor"
FORGET: Final = "delete from battery.change_mark where xid < $1"
NAMES: Final = """
with recursive name (grantee) as (
  (select grantee from battery.change order by grantee limit 1)
  union all select (select c.grantee from battery.change c where c.grantee > n.grantee order by c.grantee limit 1) from name n where n.grantee is not null
) select grantee from name where grantee is not null"""
DELETE: Final = """
with last as (select xid, code, seq from battery.change where grantee = $1 and xid < $2 order by xid desc, code desc, seq desc limit 1)
delete from battery.change c using (
  select d.xid, d.code, d.seq from battery.change d cross join last l
  where d.grantee = $1 and d.xid < $2 and (d.xid, d.code, d.seq) < (l.xid, l.code, l.seq) order by d.xid, d.code, d.seq limit $3
) d where c.grantee = $1 and c.xid = d.xid and c.code = d.code and c.seq = d.seq"""
MISSED: Final[Statement] = (
    text("select exists (select from battery.change c where c.grantee = any(")
    + slot("feeds")
    + text("::text[]) and c.xid < coalesce((select max(m.xid) from battery.change_mark m where m.floor), 0) and (c.xid, c.code, c.seq) > (")
    + slot("o0")
    + text(", ")
    + slot("o1")
    + text(", ")
    + slot("o2")
    + text(")) as missed")
).compile()
"""Whether a reader that stands at (o0, o1, o2) may have missed a row that is gone."""


async def prune(database: Database, now: datetime, keep: timedelta) -> int:
    """Mark this moment, and delete what was written longer ago than is kept; how many rows went. Nothing goes before the first mark is that old."""
    async with database.transaction("ledger") as connection:
        await connection.execute(MARK, now)
        floor = await connection.fetchval(DUE, now - keep)
        if floor is None:
            return 0
        await connection.execute(FLOOR, floor)
        await connection.execute(FORGET, floor)
        names = [row["grantee"] for row in await connection.fetch(NAMES)]
    gone = 0
    for name in names:
        while (deleted := await _piece(database, name, floor)) > 0:
            gone += deleted
    return gone


async def _piece(database: Database, name: str, floor: Any) -> int:
    async with database.transaction("ledger") as connection:
        return _count(await connection.execute(DELETE, name, floor, PIECE))


def _count(tag: str) -> int:
    """Of the command's tag: DELETE 17."""
    return int(tag.rpartition(" ")[2])
