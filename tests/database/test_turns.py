"""This module is in charge of turns: one at a time, in the order of asking, whoever is cancelled."""

from __future__ import annotations

import asyncio
import contextlib

from hypothesis import given
from hypothesis import strategies as st

from resolvers.database.turns import Turns


async def work(turns: Turns, name: int, done: list[int], inside: list[int]) -> None:
    if not turns.take():
        await turns.wait()
    try:
        assert not inside
        inside.append(name)
        await asyncio.sleep(0)
        done.append(name)
    finally:
        inside.remove(name)
        turns.pass_on()


@given(cancelled=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 12)), max_size=4))
def test_one_at_a_time_in_order_whoever_is_cancelled(cancelled: set[tuple[int, int]]) -> None:
    """`cancelled` are (worker, step of the loop at which it is cancelled)."""

    async def all_of_them() -> tuple[list[int], bool]:
        turns, done, inside = Turns(), [], []  # type: ignore[var-annotated]
        tasks = [asyncio.create_task(work(turns, each, done, inside)) for each in range(8)]
        for step in range(13):
            for worker, when in cancelled:
                if when == step:
                    tasks[worker].cancel()
            await asyncio.sleep(0)
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(task, 5)
        return done, turns.take()

    done, free = asyncio.run(all_of_them())
    assert done == sorted(done)
    assert set(range(8)) - {worker for worker, _ in cancelled} <= set(done)
    assert free
