"""This module is in charge of testing roles, snapshots and what becomes of connections."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.database import embedded
from resolvers.database.pool import Database, Sizes, Target

WHO = "select current_user::text as who"
SETTING = "select current_setting('cellgate.party', true) as value"
COUNT = "select count(*) as n from public.fact"
ADD = "insert into public.fact (id) values ($1)"


async def rows(database: Database, statement: str, settings: dict[str, str] | None = None, role: Any = "reader") -> list[asyncpg.Record]:
    async with database.reading(settings or {}, role) as session:
        return await session.fetch(statement)


@pytest.mark.parametrize("role", ["reader", "ledger", "auditor", "system"])
async def test_each_transaction_belongs_to_its_role(either: Database, role: Any) -> None:
    async with either.transaction(role) as connection:
        assert await connection.fetchval(WHO) == f"cellgate_{role}"
        # In a transaction of the role, not only at its start.
        assert await connection.fetchval(WHO) == f"cellgate_{role}"


async def test_roles_of_one_dsn_never_mix(either: Database) -> None:
    async def check(role: Any) -> bool:
        async with either.transaction(role) as connection:
            await asyncio.sleep(0)
            return await connection.fetchval(WHO) == f"cellgate_{role}"

    roles = ["reader", "ledger", "auditor", "system"] * 10
    assert all(await asyncio.gather(*map(check, roles)))


@pytest.mark.parametrize(("role", "planned"), [("reader", "force_generic_plan"), ("system", "force_custom_plan")])
async def test_reading_roles_plan_as_is_best_for_them_and_cannot_write(either: Database, role: Any, planned: str) -> None:
    assert [tuple(row) for row in await rows(either, "show plan_cache_mode", role=role)] == [(planned,)]
    assert [tuple(row) for row in await rows(either, "show jit", role=role)] == [("off",)]
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await rows(either, "insert into public.fact values (1)", role=role)


async def test_reader_login_is_read_only_by_itself(with_roles: embedded.Server) -> None:
    connection = await asyncpg.connect(**with_roles.dsn("cellgate_reader")._asdict())
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await connection.execute(ADD, 1)
    await connection.close()


async def test_no_role_passes_row_level_security(with_roles: embedded.Server) -> None:
    connection = await asyncpg.connect(**with_roles.dsn(embedded.ADMIN)._asdict())
    found = await connection.fetch("select rolname, rolcanlogin from pg_roles where rolname ~ '^cellgate_' and not rolsuper and not rolbypassrls")
    # Roles are the server's: a database of another test may have brought one that the first migration has not.
    assert {(row["rolname"], row["rolcanlogin"]) for row in found} - {("cellgate_auth", True)} == {
        ("cellgate_owner", False),
        ("cellgate_reader", True),
        ("cellgate_ledger", True),
        ("cellgate_auditor", True),
        ("cellgate_system", True),
    }
    await connection.close()


async def test_snapshot_does_not_move(either: Database) -> None:
    async with either.reading() as session:
        before = await session.fetch(COUNT)
        async with either.transaction("ledger") as connection:
            await connection.execute(ADD, 1)
        assert await session.fetch(COUNT) == before
    assert (await rows(either, COUNT))[0]["n"] == before[0]["n"] + 1


async def test_settings_reach_the_session_and_end_with_it(either: Database) -> None:
    assert (await rows(either, SETTING, {"cellgate.party": "maker"}))[0]["value"] == "maker"
    seen = [(await rows(either, SETTING))[0]["value"] for _ in range(4)]
    assert set(seen) <= {None, ""}


@given(value=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
async def test_any_text_arrives_as_it_is(with_roles: embedded.Server, value: str) -> None:
    database = Database(Target.embedded(with_roles), Sizes(minimum=0, maximum=1))
    assert (await rows(database, SETTING, {"cellgate.party": value}))[0]["value"] == value
    await database.close()


async def test_quoting_holds_when_the_server_reads_backslashes(either: Database) -> None:
    hostile = "\\'; rollback; begin; select 1; --"
    pool = await either.pool("reader")
    for connection in [await pool.acquire() for _ in range(2)]:
        await connection.execute("set standard_conforming_strings = off")
        await pool.release(connection)
    assert (await rows(either, SETTING, {"cellgate.party": hostile}))[0]["value"] == hostile


@pytest.mark.parametrize("name", ["", "a b", "a;b", "a.b.c", "A.b", "role = x; --", "a.é", "a.b\n"])
async def test_odd_setting_names_are_refused_before_anything_is_sent(either: Database, name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a setting"):
        async with either.reading({name: "x"}):
            raise AssertionError("it was opened")
    assert (await rows(either, WHO))[0]["who"] == "cellgate_reader"


async def test_concurrent_fetches_of_one_session_queue(either: Database) -> None:
    async with either.reading() as session:
        answers = await asyncio.gather(*(session.fetch("select $1::int as n, pg_sleep(0.001)", (n,)) for n in range(20)))
    assert [answer[0]["n"] for answer in answers] == list(range(20))


async def test_observer_sees_statement_arguments_and_rows(with_roles: embedded.Server) -> None:
    seen: list[tuple[str, tuple[object, ...], list[int]]] = []
    database = Database(Target.embedded(with_roles), Sizes(minimum=0), lambda text, args, found: seen.append((text, args, [row["n"] for row in found])))
    async with database.reading() as session:
        await session.fetch("select generate_series(1, $1::int) as n", (3,))
    assert seen == [("select generate_series(1, $1::int) as n", (3,), [1, 2, 3])]
    await database.close()


async def test_failed_statement_gives_the_connection_back_clean(either: Database) -> None:
    for _ in range(5):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await rows(either, "select 1 / 0")
    assert (await rows(either, SETTING, {"cellgate.party": "next"}))[0]["value"] == "next"


async def test_cancelled_fetch_gives_the_connection_back_clean(either: Database) -> None:
    for _ in range(4):
        task = asyncio.create_task(rows(either, "select pg_sleep(30)", {"cellgate.party": "cancelled"}))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5):
            assert (await rows(either, SETTING))[0]["value"] in {None, ""}


async def test_cancellation_at_any_point_loses_no_connection(either: Database) -> None:
    dice = random.Random(7)
    tasks = [asyncio.create_task(rows(either, "select pg_sleep(0.002)")) for _ in range(60)]
    for task in tasks:
        await asyncio.sleep(dice.random() * 0.003)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(5), either.reading() as one, either.reading() as other:
        assert await one.fetch(WHO) == await other.fetch(WHO)


async def test_cancelled_write_leaves_nothing(either: Database) -> None:
    async def write() -> None:
        async with either.transaction("ledger") as connection:
            await connection.execute(ADD, 7)
            await asyncio.sleep(30)

    task = asyncio.create_task(write())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await rows(either, COUNT))[0]["n"] == 0


async def test_exception_rolls_a_write_back_and_success_keeps_it(either: Database) -> None:
    with pytest.raises(KeyError):
        async with either.transaction("ledger") as connection:
            await connection.execute(ADD, 1)
            raise KeyError
    assert (await rows(either, COUNT))[0]["n"] == 0
    async with either.transaction("ledger") as connection:
        await connection.execute(ADD, 1)
    assert (await rows(either, COUNT))[0]["n"] == 1


async def test_connection_killed_by_the_server_is_replaced(either: Database) -> None:
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)):
        async with either.reading() as session:
            pid = (await session.fetch("select pg_backend_pid() as pid"))[0]["pid"]
            async with either.transaction("admin") as admin:
                await admin.execute("select pg_terminate_backend($1)", pid)
            await session.fetch("select pg_sleep(1)")
    for _ in range(3):
        assert (await rows(either, WHO))[0]["who"] == "cellgate_reader"


async def test_without_prepared_statements(with_roles: embedded.Server) -> None:
    database = Database(Target.embedded(with_roles), Sizes(minimum=0, maximum=1, statement_cache=0))
    for n in range(3):
        async with database.reading() as session:
            assert (await session.fetch("select $1::int as n", (n,)))[0]["n"] == n
            assert (await session.fetch("select count(*) as n from pg_prepared_statements"))[0]["n"] <= 1
    await database.close()


async def test_statements_stay_prepared_between_sessions(either: Database) -> None:
    long = "select cardinality(array[" + ", ".join(str(n) for n in range(5000)) + "]) + $1::int as n"
    assert len(long) > 15_000
    for _ in range(2):
        async with either.reading() as session:
            await session.fetch(long, (1,))
            kept = await session.fetch("select count(*) as n from pg_prepared_statements where statement like 'select cardinality(%'")
            assert kept[0]["n"] == 1


async def test_a_snapshot_begins_with_its_first_statement_and_ends_once(either: Database) -> None:
    session = either.session()
    assert (await session.fetch(WHO))[0]["who"] == "cellgate_reader"
    session.close()
    unused = either.session()
    unused.close()
    for each in (session, unused):
        with pytest.raises(RuntimeError, match="outside"):
            await each.fetch(WHO)
        each.close()


async def test_a_snapshot_that_is_closed_while_it_waits_for_its_connection_leaves_it_to_the_next(with_roles: embedded.Server) -> None:
    database = Database(Target.embedded(with_roles), Sizes(minimum=0, maximum=1))
    async with database.reading() as first:
        await first.fetch(WHO)
        closed = database.session()
        waiting = asyncio.create_task(closed.fetch(WHO))
        await asyncio.sleep(0.01)
        closed.close()
    with pytest.raises(RuntimeError, match="outside"):
        await waiting
    async with asyncio.timeout(5), database.reading() as second:
        assert (await second.fetch(WHO))[0]["who"] == "cellgate_reader"
    await database.close()


async def test_so_many_connections_are_open_before_anybody_asks(with_roles: embedded.Server) -> None:
    database = Database(Target.embedded(with_roles), Sizes(minimum=2, maximum=3))
    await database.warm()
    async with database.reading(role="system") as session:
        rows = await session.fetch("select count(*) as n from pg_stat_activity where usename = 'cellgate_reader' and datname = current_database()")
    assert rows[0]["n"] == 2
    await database.close()


async def test_transaction_cancelled_at_any_step_is_ended_before_it_goes_back(with_roles: embedded.Server) -> None:
    """Cancelled while its BEGIN was on its way, a connection used to go back inside a transaction, which the driver then complained of."""
    loop, complaints = asyncio.get_running_loop(), list[str]()
    loop.set_exception_handler(lambda _, context: complaints.append(context["message"]))
    database = Database(Target.embedded(with_roles), Sizes(minimum=0, maximum=1))
    reached = list[bool]()

    async def write() -> None:
        async with database.transaction("auditor") as connection:
            reached.append(True)
            await connection.execute("select pg_sleep(5)")

    try:
        await database.pool("auditor")
        for steps in range(40):
            task = asyncio.ensure_future(write())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with database.transaction("auditor") as connection:
                assert await connection.fetchval("select 1") == 1
    finally:
        await database.close()
        loop.set_exception_handler(None)
    assert not complaints
    assert len(reached) < 40
