"""This module is in charge of testing the outbox: what is recorded is told at least once, in order for each pack."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.database.outbox import Answer, MessageKey, Outbox
from resolvers.database.pool import Database
from tests.outbox.conftest import START, Clock, keys_of, record, recorded

MINUTE = timedelta(minutes=1)


async def test_what_is_rolled_back_is_not_told(database: Database, outbox: Outbox, clock: Clock) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction("ledger") as connection:
            await recorded(connection, MessageKey("A", 1))
            raise RuntimeError
    assert await outbox.take(clock(), 10) == ()
    assert await outbox.counts() == {}


async def test_a_message_is_the_whole_event_and_is_taken_once(database: Database, outbox: Outbox, clock: Clock) -> None:
    await record(database, ("A", 1))
    (message,) = await outbox.take(clock(), 10)
    assert message.key == ("A", 1)
    assert message.event["type"] == "MAINTAINED"
    assert message.event["details"] == {"workType": "balancing"}
    assert message.event["recorded_at"] == START
    assert await outbox.take(clock(), 10) == ()


async def test_an_acknowledged_message_is_not_sent_again(database: Database, outbox: Outbox, clock: Clock) -> None:
    (key,) = await record(database, ("A", 1))
    await outbox.take(clock(), 10)
    assert await outbox.answer([Answer(key, "ACKNOWLEDGED", "r-1")], clock()) == 1
    assert await outbox.answer([Answer(key, "ACKNOWLEDGED", "r-1")], clock()) == 0
    clock.on(days=3)
    assert await outbox.expire(clock() - MINUTE, clock()) == 0
    assert await outbox.take(clock(), 10) == ()


async def test_an_unanswered_message_is_sent_again(database: Database, outbox: Outbox, clock: Clock) -> None:
    await record(database, ("A", 1))
    await outbox.take(clock(), 10)
    clock.on(minutes=2)
    assert await outbox.expire(clock() - MINUTE, clock()) == 1
    (again,) = await outbox.take(clock(), 10)
    assert again.attempts == 1


async def test_an_answer_that_comes_after_its_time_still_counts(database: Database, outbox: Outbox, clock: Clock) -> None:
    (key,) = await record(database, ("A", 1))
    await outbox.take(clock(), 10)
    clock.on(minutes=2)
    await outbox.expire(clock() - MINUTE, clock())
    assert await outbox.answer([Answer(key, "ACKNOWLEDGED", "late")], clock()) == 1
    assert await outbox.take(clock(), 10) == ()


async def test_nobody_answers_for_what_was_never_sent(database: Database, outbox: Outbox, clock: Clock) -> None:
    (key,) = await record(database, ("A", 1))
    assert await outbox.answer([Answer(key, "ACKNOWLEDGED"), Answer(MessageKey("unknown", 1), "ACKNOWLEDGED")], clock()) == 0
    assert keys_of(await outbox.take(clock(), 10)) == ["A-1"]


async def test_later_events_of_a_pack_wait_for_earlier_ones(database: Database, outbox: Outbox, clock: Clock) -> None:
    first, _, _ = await record(database, ("A", 1), ("A", 2), ("B", 1))
    assert keys_of(await outbox.take(clock(), 1)) == ["A-1"]
    await outbox.put_off([first], clock() + MINUTE, "unreachable")
    assert keys_of(await outbox.take(clock(), 10)) == ["B-1"]
    clock.on(minutes=1)
    assert keys_of(await outbox.take(clock(), 10)) == ["A-1", "A-2"]


async def test_refused_messages_stay_until_they_are_sent_again(database: Database, outbox: Outbox, clock: Clock) -> None:
    key, other = await record(database, ("A", 1), ("A", 2))
    await outbox.take(clock(), 10)
    await outbox.answer([Answer(key, "REFUSED", None, "unknown maker"), Answer(other, "ACKNOWLEDGED")], clock())
    assert [(each.key, each.reason) for each in await outbox.refusals(5)] == [(key, "unknown maker")]
    assert await outbox.take(clock(), 10) == ()
    assert await outbox.resend_refused(clock()) == 1
    # The refusal that a file holds twice does not undo the wish to send it again.
    assert await outbox.answer([Answer(key, "REFUSED", None, "unknown maker")], clock()) == 0
    assert keys_of(await outbox.take(clock(), 10)) == ["A-1"]


async def test_a_receipt_is_the_last_word_and_a_refusal_is_taken_once(database: Database, outbox: Outbox, clock: Clock) -> None:
    (key,) = await record(database, ("A", 1))
    await outbox.take(clock(), 10)
    assert await outbox.answer([Answer(key, "REFUSED", None, "first")], clock()) == 1
    assert await outbox.answer([Answer(key, "REFUSED", None, "second")], clock()) == 0
    assert [each.reason for each in await outbox.refusals(5)] == ["first"]
    assert await outbox.answer([Answer(key, "ACKNOWLEDGED", "r-1")], clock()) == 1
    assert await outbox.answer([Answer(key, "REFUSED", None, "third")], clock()) == 0
    assert {state: count for state, (count, _) in (await outbox.counts()).items()} == {"ACKNOWLEDGED": 1}


async def test_history_that_was_never_in_the_outbox_can_be_sent(database: Database, outbox: Outbox, clock: Clock) -> None:
    await record(database, ("A", 1), ("A", 2), ("B", 1))
    async with database.transaction("ledger") as connection:
        await connection.execute("delete from platform.outbox where code = 'A'")
    assert await outbox.resend_code("A", clock()) == 2
    assert await outbox.resend_code("A", clock()) == 0
    assert await outbox.resend_since(START, clock()) == 0
    assert keys_of(await outbox.take(clock(), 10)) == ["A-1", "A-2", "B-1"]
    assert await outbox.resend_since(START, clock()) == 3
    assert await outbox.resend_since(START + MINUTE, clock()) == 0


async def test_one_process_delivers_and_another_takes_over(database: Database, outbox: Outbox, clock: Clock) -> None:
    other = Outbox(database, "another process")
    assert await outbox.lease(clock(), MINUTE)
    assert not await other.lease(clock(), MINUTE)
    assert await outbox.lease(clock(), MINUTE)
    clock.on(minutes=1)
    assert await other.lease(clock(), MINUTE)
    assert not await outbox.lease(clock(), MINUTE)
    await outbox.give_up_lease()
    assert not await outbox.lease(clock(), MINUTE)
    await other.give_up_lease()
    assert await outbox.lease(clock(), MINUTE)


PACKS = st.lists(st.sampled_from(["A", "B", "C"]), min_size=1, max_size=12)
STEPS = st.lists(st.tuples(st.sampled_from(["acknowledge", "put off", "say nothing"]), st.integers(1, 4)), max_size=12)


@settings(max_examples=25)
@given(packs=PACKS, steps=STEPS)
async def test_whatever_the_platform_does_each_pack_is_told_in_order_and_whole(database: Database, packs: list[str], steps: list[tuple[str, int]]) -> None:
    async with database.transaction("ledger") as connection:
        await connection.execute("delete from battery.event")
        await connection.execute("delete from platform.outbox")
    outbox, clock, told = Outbox(database, "this process"), Clock(), list[MessageKey]()
    keys = await record(database, *[(pack, packs[: place + 1].count(pack)) for place, pack in enumerate(packs)])
    for step, most in [*steps, *[("acknowledge", 4)] * 40]:
        messages = await outbox.take(clock(), most)
        if step == "acknowledge":
            await outbox.answer([Answer(each.key, "ACKNOWLEDGED") for each in messages], clock())
            told += [each.key for each in messages]
        elif step == "put off":
            await outbox.put_off([each.key for each in messages], clock() + MINUTE, "unreachable")
        clock.on(minutes=1)
        await outbox.expire(clock() - MINUTE, clock())
    assert sorted(told) == sorted(keys)
    for pack in set(packs):
        of_pack = [key.seq for key in told if key.code == pack]
        assert of_pack == sorted(of_pack)


WAITING = st.lists(st.tuples(st.sampled_from(["A", "B", "C"]), st.integers(-9, 9)), min_size=1, max_size=14)


@settings(max_examples=60)
@given(waiting=WAITING, most=st.integers(1, 5))
async def test_each_pack_is_told_in_order_whenever_its_events_may_be_sent(database: Database, waiting: list[tuple[str, int]], most: int) -> None:
    """An event that waits for one that waits for another waits, too: 8 of 37 packs had been told out of order."""
    async with database.transaction("ledger") as connection:
        await connection.execute("delete from battery.event")
        await connection.execute("delete from platform.outbox")
    outbox, clock, told = Outbox(database, "this process"), Clock(), list[MessageKey]()
    keys = await record(database, *[(pack, [each for each, _ in waiting[: place + 1]].count(pack)) for place, (pack, _) in enumerate(waiting)])
    async with database.transaction("ledger") as connection:
        for key, (_, minutes) in zip(keys, waiting):
            due = clock() + minutes * MINUTE
            await connection.execute("update platform.outbox set next_at = $3 where code = $1 and seq = $2", key.code, key.seq, due)
    for _ in range(10 + len(keys)):
        messages = await outbox.take(clock(), most)
        await outbox.answer([Answer(each.key, "ACKNOWLEDGED") for each in messages], clock())
        told += [each.key for each in messages]
        clock.on(minutes=1)
    assert sorted(told) == sorted(keys), "nothing is kept back for good"
    for pack in {pack for pack, _ in waiting}:
        of_pack = [key.seq for key in told if key.code == pack]
        assert of_pack == sorted(of_pack)
