"""This module is in charge of which demo world a database holds: loaded once, taken as it is at every later start."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from resolvers.database import DatabaseUnusable
from resolvers.database.bulk import Progress, loaded_packs
from resolvers.database.bulk_afterwards import settled
from resolvers.database.pool import Database
from resolvers.demo.load import load
from resolvers.demo.options import WorldOptions

# Only what is reported is put there: a world and imported files are history.
REPORTED: Final = "select exists (select from platform.outbox)"
READ: Final = "select packs, seed, moment from rule.demo_world"


async def kept_world(database: Database) -> WorldOptions | None:
    """The world that was loaded whole, or None."""
    async with database.transaction("ledger") as connection:
        row = await connection.fetchrow(READ)
    return WorldOptions(row["packs"], row["seed"], row["moment"]) if row else None


async def keep_world(wanted: WorldOptions, database: Database, progress: Progress | None = None) -> WorldOptions:
    """The database's world; `wanted` is loaded when there is none. Raises DatabaseUnusable with DATA_PRESENT where the
    database holds packs that no demo world left there."""
    kept = await kept_world(database)
    if kept is not None and await settled(database):
        # Another process was loading it.
        kept = await kept_world(database)
    if kept is not None:
        return kept
    if packs := await loaded_packs(database):
        message = f"the database holds {packs} packs that are no demonstration; give the demonstration a data folder of its own with --data"
        raise DatabaseUnusable("DATA_PRESENT", message)
    await load(wanted, database, progress)
    return wanted


class StandingClock:
    """The moment that a demonstration is read as of: that of its world, so that its answers are the same on every day, until something is
    reported; from then on the time that it is. What is reported happens now, and is to be seen at once."""

    __slots__ = ("_moment", "_moving")

    def __init__(self, moment: datetime, *, moving: bool = False) -> None:
        self._moment = moment
        self._moving = moving

    def __call__(self, now: datetime) -> datetime:
        return now if self._moving else self._moment

    def move(self) -> None:
        """Something was reported."""
        self._moving = True


async def standing_clock(database: Database) -> StandingClock | None:
    """The clock of the demonstration that the database holds; None where it holds none."""
    world = await kept_world(database)
    if world is None:
        return None
    # Not in a reading: the statements of those are shown as what an operation sends.
    async with database.transaction("ledger") as connection:
        return StandingClock(world.moment, moving=await connection.fetchval(REPORTED))
