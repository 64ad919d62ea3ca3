"""What `cellgate platform` says to an operator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.platform import commands
from gateway.settings import Platform, Settings
from resolvers.database.outbox import Answer, Outbox
from resolvers.database.pool import Database
from tests.outbox.conftest import Clock, record


@pytest.fixture(autouse=True)
def _founded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def founded(*_given: object, **_named: object) -> AsyncIterator[SimpleNamespace]:
        yield SimpleNamespace(database=database)

    monkeypatch.setattr(commands, "founded", founded)


async def test_sending_while_another_process_delivers_is_refused(database: Database, tmp_path: Path) -> None:
    await record(database, ("A", 1))
    settings = Settings(platform=Platform(adapter="file", folder=str(tmp_path)))
    other, now = Outbox(database, "node-2:41"), datetime.now(UTC)
    assert await other.lease(now, timedelta(minutes=10))
    with pytest.raises(commands.PlatformCommandRefused, match=r"^node-2:41 delivers: it sends what is due by itself; if it is gone, another can from 2"):
        await commands.send(settings)
    await other.give_up_lease()
    assert (await commands.send(settings))[0].split() == ["SENT", "1"]
    assert await other.turn(datetime.now(UTC)) is None


async def test_the_words_of_a_platform_stay_on_their_line(database: Database, outbox: Outbox, clock: Clock) -> None:
    (key,) = await record(database, ("A", 1))
    await outbox.take(clock(), 10)
    await outbox.answer([Answer(key, "REFUSED", None, "未知\r\nACKNOWLEDGED 5\x1b[2J\u2028x")], clock())
    told = await commands.status(Settings())
    assert told[-1].endswith("UTC: 未知\\r\\nACKNOWLEDGED 5\\x1b[2J\\u2028x")
