"""Waiting in order: what is given reaches exactly one, whoever leaves meanwhile."""

from __future__ import annotations

import asyncio

from resolvers.waiting import Waiting


async def test_who_waits_longest_is_given_to_first() -> None:
    waiting: Waiting[int] = Waiting()
    tasks = [asyncio.create_task(waiting.turn(lambda _: None)) for _ in range(3)]
    await asyncio.sleep(0)
    assert [waiting.give(n) for n in range(3)] == [True] * 3
    assert await asyncio.gather(*tasks) == [0, 1, 2]
    assert not waiting.give(3)


async def test_who_left_before_is_passed_over_and_who_leaves_at_that_moment_gives_on() -> None:
    waiting: Waiting[str] = Waiting()
    first, second, third = (asyncio.create_task(waiting.turn(waiting.give)) for _ in range(3))
    await asyncio.sleep(0)
    first.cancel()
    assert waiting.give("a thing")
    second.cancel()
    assert await third == "a thing"
    assert first.cancelled()
    assert second.cancelled()
