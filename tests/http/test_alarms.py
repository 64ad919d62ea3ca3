"""Alarms ring once, when their moment has come; a time limit cancels what is inside it, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from gateway.alarms import EVERY_S, Alarms, Until


async def test_an_alarm_rings_once_and_a_dropped_one_never() -> None:
    alarms, rung = Alarms(), []
    now = alarms.loop().time()
    alarms.set(now + 0.01, lambda: rung.append("soon"))
    alarms.drop(alarms.set(now + 0.01, lambda: rung.append("dropped")))
    alarms.set(now + 3 * EVERY_S, lambda: rung.append("later"))
    await asyncio.sleep(2 * EVERY_S)
    assert rung == ["soon"]
    await asyncio.sleep(4 * EVERY_S)
    assert rung == ["soon", "later"]


async def test_an_alarm_may_set_and_drop_others() -> None:
    alarms, rung = Alarms(), []
    now = alarms.loop().time()

    def first() -> None:
        rung.append("first")
        alarms.drop(second)
        alarms.set(now, lambda: rung.append("third"))

    alarms.set(now, first)
    second = alarms.set(now, lambda: rung.append("second"))
    await asyncio.sleep(4 * EVERY_S)
    assert rung == ["first", "third"]


async def test_a_time_limit_is_told_from_a_cancellation_by_others() -> None:
    alarms = Alarms()
    with pytest.raises(TimeoutError), Until(alarms, alarms.loop().time() + 0.01):
        await asyncio.sleep(10)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0

    async def cancelled() -> None:
        with Until(alarms, alarms.loop().time() + 10):
            await asyncio.sleep(10)

    other = asyncio.create_task(cancelled())
    await asyncio.sleep(0)
    other.cancel()
    with pytest.raises(asyncio.CancelledError):
        await other


async def test_what_is_done_in_time_is_left_alone() -> None:
    alarms = Alarms()
    with Until(alarms, alarms.loop().time() + 0.01):
        await asyncio.sleep(0)
    await asyncio.sleep(3 * EVERY_S)
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


def test_alarms_of_a_loop_that_ended_do_not_hold_back_those_of_the_next() -> None:
    alarms, rung = Alarms(), []

    async def ends() -> None:
        alarms.set(alarms.loop().time() + 10, lambda: rung.append("never"))

    async def rings() -> None:
        alarms.set(alarms.loop().time(), lambda: rung.append("rung"))
        await asyncio.sleep(3 * EVERY_S)

    asyncio.run(ends())
    asyncio.run(rings())
    assert rung == ["rung"]
