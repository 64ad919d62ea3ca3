"""This module is in charge of what the tests of the outbox share: events to be told, and a clock to turn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from resolvers.database.outbox import MessageKey, Outbox, enqueue
from resolvers.database.pool import Database

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
INSERT = """
insert into battery.event (code, seq, type, category, occurred_at, recorded_at, reporter, details) values ($1, $2, 'MAINTAINED', 'D', $3, $3, $4, $5)"""


@dataclass
class Clock:
    """The time, which a test sets on."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database, "this process")


async def recorded(connection: asyncpg.Connection, *keys: MessageKey) -> None:
    """Events as the ledger records them, and their rows in the outbox, in one transaction."""
    for key in keys:
        await connection.execute(INSERT, key.code, key.seq, START, "91440300DEM001234X", json.dumps({"workType": "balancing"}))
    await enqueue(connection, keys, START)


async def record(database: Database, *keys: tuple[str, int]) -> tuple[MessageKey, ...]:
    found = tuple([MessageKey(*key) for key in keys])
    async with database.transaction("ledger") as connection:
        await recorded(connection, *found)
    return found


def keys_of(messages: Sequence[object]) -> list[str]:
    return [str(each.key) for each in messages]  # type: ignore[attr-defined]
