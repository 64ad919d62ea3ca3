"""Connections for reading: what is prepared stays so until it fails, and never beyond its bound."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from resolvers.database import embedded
from resolvers.database.pool import Database, Sizes, Target, settings_of


def _of(server: embedded.Server, cache: int) -> Database:
    return Database(Target.embedded(server), Sizes(minimum=0, maximum=1, statement_cache=cache))


async def _prepared(database: Database) -> int:
    async with database.reading() as session:
        (row,) = await session.fetch("select count(*) as n from pg_prepared_statements where statement like '%mine%'")
    return int(row["n"])


@pytest.mark.parametrize(("cache", "kept"), [(1024, 3), (2, 1), (0, 0)])
async def test_statements_stay_prepared_within_the_bound(with_roles: embedded.Server, cache: int, kept: int) -> None:
    database = _of(with_roles, cache)
    for _ in range(2):
        async with database.reading() as session:
            assert [row["mine"] for row in await session.fetch("select $1::int as mine", (7,))] == [7]
            assert [row["mine"] for row in await session.fetch("select $1::text as mine", ("x",))] == ["x"]
    # The statement that counts is one of those that are kept.
    assert await _prepared(database) == kept
    await database.close()


async def test_a_table_that_changed_is_read_anew_after_one_failure(with_roles: embedded.Server) -> None:
    database = _of(with_roles, 1024)
    statement = "select * from public.changing"
    admin = await asyncpg.connect(**with_roles.dsn(embedded.ADMIN)._asdict())
    await admin.execute("create table public.changing as select 1 as n; grant select on public.changing to cellgate_reader")
    try:
        async with database.reading() as session:
            assert [dict(row) for row in await session.fetch(statement)] == [{"n": 1}]
        await admin.execute("alter table public.changing alter column n type text using 'now ' || n")
        with pytest.raises(asyncpg.PostgresError):
            async with database.reading() as session:
                await session.fetch(statement)
        async with database.reading() as session:
            assert [dict(row) for row in await session.fetch(statement)] == [{"n": "now 1"}]
    finally:
        await admin.execute("drop table public.changing")
        await admin.close()
        await database.close()


async def test_who_waits_longest_is_served_before_who_comes_now(with_roles: embedded.Server) -> None:
    database = _of(with_roles, 1024)
    served: list[str] = []

    async def asks(name: str) -> None:
        async with database.reading() as session:
            served.append(name)
            await session.fetch("select 1")

    first = database.session()
    await first.begin()
    waiting = [asyncio.create_task(asks(f"waits {n}")) for n in range(3)]
    await asyncio.sleep(0.01)
    waiting[1].cancel()
    first.close()
    # The connection is back, and its next user has not run yet.
    await asks("comes now")
    await asyncio.gather(*waiting, return_exceptions=True)
    assert served == ["waits 0", "waits 2", "comes now"]
    await database.close()


async def test_a_connection_given_to_somebody_who_left_goes_to_the_next(with_roles: embedded.Server) -> None:
    database = _of(with_roles, 1024)
    first = database.session()
    await first.begin()
    left, stays = (asyncio.create_task(database.session().begin()) for _ in range(2))
    await asyncio.sleep(0.01)
    first.close()
    left.cancel()
    async with asyncio.timeout(5):
        await stays
    assert left.cancelled()


LOCK = "select current_setting('cellgate.readers', true) as readers, current_setting('transaction_isolation') as isolation, $1::text as given"


async def test_what_goes_ahead_holds_for_the_first_statement_already(with_roles: embedded.Server) -> None:
    """Not prepared it goes as a message of its own, prepared without a round trip; the lock is the same, and of this session alone."""
    database = _of(with_roles, 1024)
    for party in ("first", "second", "third"):
        async with database.reading({"cellgate.readers": party}) as session:
            (row,) = await session.fetch(LOCK, ("x",))
            assert dict(row) == {"readers": party, "isolation": "repeatable read", "given": "x"}
            (row,) = await session.fetch(LOCK, ("y",), settings_of({"cellgate.readers": party + " named"}))
            assert dict(row) == {"readers": party + " named", "isolation": "repeatable read", "given": "y"}
    async with database.reading() as session:
        assert (await session.fetch(LOCK, ("x",)))[0]["readers"] == ""
    await database.close()


@pytest.mark.parametrize("prepared", [True, False])
async def test_no_statement_runs_when_what_goes_ahead_of_it_fails(with_roles: embedded.Server, *, prepared: bool) -> None:
    database = _of(with_roles, 1024)
    if prepared:
        async with database.reading() as session:
            await session.fetch(LOCK, ("x",))
    for settings in ({"plan_cache_mode": "nonsense"}, {"cellgate.readers": "somebody", "role": "nobody at all"}):
        async with database.reading(settings) as session:
            with pytest.raises(asyncpg.PostgresError):
                await session.fetch(LOCK, ("x",))
            with pytest.raises(RuntimeError, match="outside"):
                await session.fetch(LOCK, ("x",))
    async with database.reading({"cellgate.readers": "the next"}) as session:
        assert (await session.fetch(LOCK, ("x",)))[0]["readers"] == "the next"
    await database.close()


async def test_a_statement_that_the_driver_cannot_send_leaves_nothing_of_what_went_ahead(with_roles: embedded.Server) -> None:
    database = _of(with_roles, 1024)
    async with database.reading() as session:
        await session.fetch(LOCK, ("x",))
    async with database.reading({"cellgate.readers": "somebody"}) as session:
        with pytest.raises(asyncpg.DataError):
            await session.fetch(LOCK, (7,))
    async with database.reading() as session:
        assert (await session.fetch(LOCK, ("x",)))[0]["readers"] == ""
    await database.close()


async def test_a_first_statement_that_is_cancelled_leaves_the_connection_to_the_next(with_roles: embedded.Server) -> None:
    database = _of(with_roles, 1024)
    slow = "select pg_sleep($1::float8)"
    async with database.reading() as session:
        await session.fetch(slow, (0.0,))
    for after in (0.0, 0.001, 0.02):
        async with database.reading({"cellgate.readers": "gone"}) as session:
            # A cancellation that comes before the server has begun is not heard; the connection is then free when the statement ends.
            task = asyncio.create_task(session.fetch(slow, (1.5,)))
            await asyncio.sleep(after)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with asyncio.timeout(20), database.reading({"cellgate.readers": "here"}) as session:
            assert (await session.fetch(LOCK, ("x",)))[0]["readers"] == "here"
    await database.close()
