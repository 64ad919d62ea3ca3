"""Signal 9 to the database while events are told to a platform: delivery goes on by itself once the database is there again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.platform.delivery import Delivery, Pace
from resolvers.database import embedded
from resolvers.database.outbox import Answer, Message, MessageKey, Outbox
from resolvers.database.pool import Database, Target
from tests.outbox.conftest import record
from tests.survival.test_kill import OPTIONS

KILLS = 3
PACE = Pace(5, timedelta(seconds=0.05), timedelta(seconds=1), timedelta(seconds=1))


class Platform:
    """Takes all it is told, after a moment."""

    answers_later = False

    def __init__(self) -> None:
        self.told: set[MessageKey] = set()

    async def deliver(self, messages: Sequence[Message]) -> tuple[Answer, ...]:
        await asyncio.sleep(0.005)
        self.told |= {each.key for each in messages}
        return tuple([Answer(each.key, "ACKNOWLEDGED") for each in messages])

    async def answered(self) -> AsyncIterator[object]:
        for each in ():
            yield each


async def test_delivery_goes_on_after_the_database_was_killed(base: Path) -> None:
    database, platform = Database(Target.embedded(await embedded.ensure(base, options=OPTIONS))), Platform()
    outbox = Outbox(database, "this process")
    async with Delivery(outbox, platform, PACE, lambda: datetime.now(UTC)).running():  # type: ignore[arg-type]
        for round_ in range(KILLS):
            keys = await record(database, *[(f"R{round_}P{pack}", 1) for pack in range(200)])
            while not platform.told.intersection(keys):
                await asyncio.sleep(0.005)
            os.kill(int((base / "data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            await embedded.ensure(base, options=OPTIONS)
            async with asyncio.timeout(30):
                while not platform.told.issuperset(keys):
                    await asyncio.sleep(0.02)
    await database.close()
