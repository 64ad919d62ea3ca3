"""Sweeps beside the serving, and the command: one process at a time sweeps, and what the command prints of a past moment is JSON."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway import sweeping as module
from gateway.foundation import Foundation
from gateway.settings import Settings, Sweep
from gateway.sweeping import SweepRefused, settled, sweeping, swept
from resolvers.database.leases import take_turn
from resolvers.database.pool import Database
from tests.recording.world import code, rows
from tests.sweep.anomalies import CASES
from tests.sweep.bench import NOW, Bench

HOUR = timedelta(hours=1)


async def silent(database: Database) -> None:
    bench = Bench()
    CASES["R11 silence"][0](bench)
    await bench.write(database)


async def test_a_turn_is_one_process_s_until_it_is_over(database: Database) -> None:
    takers = [take_turn(database, "sweep", f"p{n}", NOW, NOW + HOUR) for n in range(4)]
    assert sorted(await asyncio.gather(*takers)) == [False, False, False, True]
    assert not await take_turn(database, "sweep", "p9", NOW + HOUR / 2, NOW + HOUR)
    assert await take_turn(database, "sweep", "p9", NOW + HOUR, NOW + 2 * HOUR)


async def test_of_several_processes_one_sweeps(database: Database) -> None:
    await silent(database)
    clock = iter(NOW + HOUR for _ in range(9))
    one, other = (sweeping(Sweep(every_s=3600), database, lambda: next(clock), lambda now: now) for _ in range(2))
    async with one, other:
        for _ in range(200):
            if found := await rows(database, "select rule from battery.finding"):
                break
            await asyncio.sleep(0.02)
    assert found == [{"rule": "R11"}]
    assert len(await rows(database, "select holder from platform.lease where name = 'sweep'")) == 1


async def test_no_sweep_where_the_settings_ask_for_none(database: Database) -> None:
    async with sweeping(Sweep(every_s=0), database, lambda: NOW, lambda now: now):
        await asyncio.sleep(0)
    assert await rows(database, "select 1 from platform.lease") == []


def test_what_is_being_recorded_is_left_to_the_next() -> None:
    assert settled(NOW, NOW) == NOW - timedelta(minutes=1)
    assert settled(NOW, NOW + HOUR) == NOW


async def test_the_command(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await silent(database)

    class Founded:
        async def __aenter__(self) -> Foundation:
            return Foundation(Path(), database, None, None, None)  # type: ignore[arg-type]

        async def __aexit__(self, *_raised: object) -> None:
            pass

    monkeypatch.setattr(module, "founded", lambda *_given, **_more: Founded())

    def clock() -> datetime:
        return NOW + HOUR

    assert list(await swept(Settings(), None, clock)) == ["1 new findings, 0 whose cause is gone, 0 whose cause is back"]
    count, line = await swept(Settings(), NOW.replace(tzinfo=None), clock)
    assert count.split() == ["R11", "1"]
    assert (json.loads(line)["code"], json.loads(line)["recorded_at"]) == (code(1), "2026-11-20T04:00:00+00:00")
    assert list(await swept(Settings(), NOW - 24 * HOUR, clock)) == []
    with pytest.raises(SweepRefused, match="not in the past"):
        await swept(Settings(), NOW + 2 * HOUR, clock)
