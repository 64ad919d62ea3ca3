"""This module is in charge of leases: of several processes one does what is to be done once, and another when that one is gone."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from resolvers.database.pool import Database

# Whoever did it last does not come before its time is over either.
TAKE_TURN: Final = """
insert into platform.lease (name, holder, until_at) values ($1, $2, $4)
on conflict (name) do update set holder = excluded.holder, until_at = excluded.until_at where lease.until_at <= $3
returning holder"""


async def take_turn(database: Database, name: str, holder: str, now: datetime, until: datetime) -> bool:
    """Whether it is this process's turn: nobody's has begun that lasts until after `now`. It then lasts `until`, for the holder as well."""
    async with database.transaction("ledger") as connection:
        return await connection.fetchval(TAKE_TURN, name, holder, now, until) is not None
