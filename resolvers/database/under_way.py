"""This module is in charge of recordings under way: each says with its first message that it is there, and who asks as of a moment waits for those that may
yet tell of it, so that the same question has the same answer before and after them.

What a recording writes bears the moment at which it was reported, and is seen once it is committed. A recording takes a shared lock that nobody ever
waits for, numbered by the second in which it began; its moment is at most LATEST_S earlier, for what began later takes a later moment. So once GRACE_S have
passed since a moment, all that can still be recorded as of it has such a lock.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from resolvers.database.pool import Database
from resolvers.database.sql import integer, slot, text

LATEST_S: Final = 0.75
GRACE_S: Final = 1.0
"""More than LATEST_S by as much as clocks of gateways and of the database may differ."""
PATIENCE_S: Final = 5.0
"""How long a question waits for a recording to end."""
_SOONEST_S: Final = 0.005
_SELDOM_S: Final = 0.1
# Seconds are counted from the first day of 2025, so that they are a lock's number until 2093.
_FIRST: Final = 1_735_689_600
# Any number that nobody else takes locks of two numbers by.
_CLASS: Final = integer(1_415_071_059)
BEGINS: Final = (
    (text("select pg_advisory_xact_lock_shared(") + _CLASS + text(", greatest(0, floor(extract(epoch from clock_timestamp())) - ") + integer(_FIRST))
    + text(")::integer)")
).compile().text  # fmt: skip
"""What a transaction that records sends along with its BEGIN."""
_UNDER_WAY: Final = (
    text("select l.virtualtransaction as name from pg_locks l where l.locktype = 'advisory' and l.objsubid = 2 and l.classid = ")
    + _CLASS
    + text(" and l.objid::bigint <= ")
    + slot("second")
    + text(" and l.database = (select d.oid from pg_database d where d.datname = current_database())")
).compile()


def moment_of_recording(moment: datetime, taken: float | None) -> datetime:
    """The moment that a recording which has just begun bears: the one that was taken for it when the clock of `monotonic` stood at `taken`, or a later
    one where that is too long ago. None: it was not taken from a clock."""
    passed = 0.0 if taken is None else monotonic() - taken
    return moment + timedelta(seconds=passed) if passed > LATEST_S else moment


async def is_settled(database: Database, as_of: datetime, moment: datetime) -> bool:
    """Whether nothing can be recorded any more as of that moment, `moment` being now; waits for what can."""
    if (left := (as_of - moment).total_seconds() + GRACE_S) > 0:
        await asyncio.sleep(left)
    second = int(as_of.timestamp() + GRACE_S) + 1 - _FIRST
    ends, pause = monotonic() + PATIENCE_S, _SOONEST_S
    # Those that begin from here on have later moments.
    waited = await _under_way(database, second)
    while waited:
        if monotonic() > ends:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 2, _SELDOM_S)
        waited &= await _under_way(database, second)
    return True


async def _under_way(database: Database, second: int) -> frozenset[str]:
    """The recordings that began by that second and have not ended."""
    async with database.reading(role="system") as session:
        return frozenset(row["name"] for row in await session.fetch(_UNDER_WAY.text, _UNDER_WAY.bind({"second": second})))
