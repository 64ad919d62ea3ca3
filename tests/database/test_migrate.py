"""This module is in charge of testing migrations: applied once, whole or not at all, and never by guesswork."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest

from resolvers.database import DatabaseUnusable, embedded
from resolvers.database.migrate import FOLDER, migrate, read_folder

Connect = Callable[[], Awaitable[asyncpg.Connection]]
NUMBERS = itertools.count(1)


@pytest.fixture
async def connect(with_roles: embedded.Server) -> AsyncIterator[Connect]:
    """Makes connections of the administrator to an empty database of this test's own."""
    admin = await asyncpg.connect(**with_roles.dsn(embedded.ADMIN)._asdict())
    name = f"migrate_{next(NUMBERS)}"
    await admin.execute(f"create database {name}")
    opened: list[asyncpg.Connection] = []

    async def more() -> asyncpg.Connection:
        opened.append(await asyncpg.connect(**with_roles.dsn(embedded.ADMIN, name)._asdict()))
        return opened[-1]

    yield more
    for connection in opened:
        await connection.close()
    await admin.execute(f"drop database {name}")
    await admin.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_roles.sql").write_text((FOLDER / "0001_roles.sql").read_text())
    (tmp_path / "0002_thing.sql").write_text(
        "-- one\ncreate table battery.thing (code text primary key)\n-- ;;\n-- only a comment\n-- ;;\n"
        "insert into battery.thing values ('a -- ;; b;\n')\n-- ;;\n"
    )
    return tmp_path


async def refused(admin: asyncpg.Connection, folder: Path, code: str, *words: str) -> None:
    with pytest.raises(DatabaseUnusable) as told:
        await migrate(admin, folder=folder)
    assert told.value.code == code
    for word in words:
        assert word in told.value.message
    # Whatever went wrong, the next to come is not kept waiting.
    assert await admin.fetchval("select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()") == 0


async def test_each_file_is_applied_once(connect: Connect, folder: Path) -> None:
    admin, told = await connect(), []
    assert await migrate(admin, told.append, folder) == 2
    assert await migrate(admin, told.append, folder) == 0
    assert told == ["0001_roles", "0002_thing"]
    assert await admin.fetchval("select code from battery.thing") == "a -- ;; b;\n"


async def test_files_after_the_first_belong_to_the_owner(connect: Connect, folder: Path) -> None:
    admin = await connect()
    await migrate(admin, folder=folder)
    owners = "select distinct pg_get_userbyid(relowner) from pg_class join pg_namespace n on n.oid = relnamespace where nspname = 'battery'"
    assert [row[0] for row in await admin.fetch(owners)] == ["cellgate_owner"]
    schemas = "select nspname from pg_namespace where pg_get_userbyid(nspowner) = 'cellgate_owner' order by 1"
    assert [row[0] for row in await admin.fetch(schemas)] == ["audit", "auth", "battery", "enterprise", "rule", "vehicle"]
    assert await admin.fetchval("select current_user") == embedded.ADMIN


async def test_four_at_once_apply_each_file_once(connect: Connect, folder: Path) -> None:
    admins = [await connect() for _ in range(4)]
    done = await asyncio.gather(*(migrate(admin, folder=folder) for admin in admins))
    assert sorted(done) == [0, 0, 0, 2]


async def test_databases_of_one_server_at_once(with_roles: embedded.Server, first_only: Path) -> None:
    """Roles are the server's, so migrations of different databases meet there."""
    names = [f"beside_{n}" for n in range(4)]
    admin = await asyncpg.connect(**with_roles.dsn(embedded.ADMIN)._asdict())
    for name in names:
        await admin.execute(f"create database {name}")
    inside = [await asyncpg.connect(**with_roles.dsn(embedded.ADMIN, name)._asdict()) for name in names]
    assert await asyncio.gather(*(migrate(each, folder=first_only) for each in inside)) == [1, 1, 1, 1]
    for each in inside:
        await each.close()
    for name in names:
        await admin.execute(f"drop database {name}")
    await admin.close()


async def test_a_failing_file_leaves_nothing_and_is_named(connect: Connect, folder: Path) -> None:
    admin = await connect()
    (folder / "0003_wrong.sql").write_text("create table battery.early (n int)\n-- ;;\ncreate table battery.thing (n int)")
    await refused(admin, folder, "MIGRATION_FAILED", "0003_wrong", "statement 2", "already exists")
    assert await admin.fetchval("select to_regclass('battery.early')") is None
    assert await admin.fetchval("select max(version) from public.cellgate_migration") == 2
    (folder / "0003_wrong.sql").write_text("create table battery.early (n int)")
    assert await migrate(admin, folder=folder) == 1


async def test_one_statement_at_a_time(connect: Connect, folder: Path) -> None:
    (folder / "0003_two.sql").write_text("create table battery.a (n int); create table battery.b (n int)")
    await refused(await connect(), folder, "MIGRATION_FAILED", "0003_two", "multiple commands")


async def test_a_changed_file_is_noticed(connect: Connect, folder: Path) -> None:
    admin = await connect()
    await migrate(admin, folder=folder)
    (folder / "0002_thing.sql").write_text("create table battery.thing (code text)")
    await refused(admin, folder, "MIGRATION_CHECKSUM", "0002_thing", "new migration")


async def test_line_ends_are_no_change(connect: Connect, folder: Path) -> None:
    admin = await connect()
    await migrate(admin, folder=folder)
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert await migrate(admin, folder=folder) == 0


async def test_a_gap_among_the_files(connect: Connect, folder: Path) -> None:
    (folder / "0004_late.sql").write_text("select 1")
    await refused(await connect(), folder, "MIGRATION_GAP", "expected version 3", "0004_late")


@pytest.mark.parametrize("name", ["2_short.sql", "0003-dash.sql", "0003_Upper.sql", "roles.sql"])
async def test_a_file_with_an_odd_name(connect: Connect, folder: Path, name: str) -> None:
    (folder / name).write_text("select 1")
    await refused(await connect(), folder, "MIGRATION_GAP", name)


async def test_two_files_of_one_version(connect: Connect, folder: Path) -> None:
    (folder / "0002_zzz.sql").write_text("select 1")
    await refused(await connect(), folder, "MIGRATION_GAP", "0002_zzz")


async def test_a_gap_in_the_database(connect: Connect, folder: Path) -> None:
    admin = await connect()
    await migrate(admin, folder=folder)
    await admin.execute("delete from public.cellgate_migration where version = 1")
    await refused(admin, folder, "MIGRATION_GAP", "0002_thing", "version 1")


async def test_a_database_ahead_of_the_program(connect: Connect, folder: Path) -> None:
    admin = await connect()
    await migrate(admin, folder=folder)
    (folder / "0002_thing.sql").unlink()
    await refused(admin, folder, "MIGRATION_AHEAD", "0002_thing")


async def test_an_old_server_is_refused_before_it_is_touched() -> None:
    old = SimpleNamespace(get_server_version=lambda: SimpleNamespace(major=14))
    with pytest.raises(DatabaseUnusable, match="SERVER_TOO_OLD: PostgreSQL 14 is older than 15"):
        await migrate(old)


def test_the_project_s_own_files_have_no_gap() -> None:
    versions = [each.version for each in read_folder(FOLDER)]
    assert versions == list(range(1, len(versions) + 1))
    assert all(each.statements for each in read_folder(FOLDER))
