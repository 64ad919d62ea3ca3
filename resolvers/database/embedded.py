"""This module is in charge of one private PostgreSQL server per base directory, shared by any number of processes.

    base/data          the cluster            base/start.lock   held while somebody starts or stops the server
    base/run           its socket, mode 0700  base/alive.lock   held by the server's own processes, for as long as they live
    base/pg.log        its log                base/users.lock   held, shared, by every process that uses the server

The locks are flock(2) on inherited descriptors: the kernel drops them when the last holder dies, so no stale process id
is ever believed. Whether a server is there is asked by connecting to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg

from resolvers.database import DatabaseUnusable
from resolvers.database.binaries import Account, Binaries, closed_parent, locate, unprivileged
from resolvers.database.sql import ident, text

ADMIN: Final = "cellgate_admin"
DATABASE: Final = "cellgate"
PORT: Final = 5432
# sockaddr_un.sun_path is 108 bytes on Linux and 104 on macOS, and PostgreSQL adds a lock file's suffix to the path.
SOCKET_PATH_BYTES: Final = 99
PAUSE_S: Final = 0.01
# How often a user of the server looks whether it is there, and how long it waits for one that it starts again.
WATCH_S: Final = 0.5
LONGEST_WATCH_S: Final = 60.0
REVIVAL_S: Final = 120.0
DATABASE_EXISTS: Final = "select exists(select from pg_database where datname = $1)"

# For a machine of 2 cores and a few GiB or more. jit costs more than it gives on look-ups by key.
SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "100",
    "shared_buffers": "512MB",
    "effective_cache_size": "4GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    # No server follows this one, so rows that fill a table in the transaction that emptied it need no log: they are on disk when it ends.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class ConnectArgs(NamedTuple):
    """What asyncpg.connect needs: `asyncpg.connect(**args._asdict())`."""

    host: str
    port: int
    user: str
    database: str


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and this process's lease on it."""

    base: Path
    run: Path
    lease: int
    process: subprocess.Popen[bytes] | None = field(default=None, compare=False)

    def dsn(self, user: str, database: str = DATABASE) -> ConnectArgs:
        """Arguments for a login over the private socket, where every role is trusted."""
        return ConnectArgs(str(self.run), PORT, user, database)


class _State(Enum):
    READY = "ready"
    STARTING = "starting"
    ABSENT = "absent"


class _Place(NamedTuple):
    base: Path
    data: Path
    run: Path
    account: Account | None


def default_base() -> Path:
    """Where data go when no setting says so; root's home is closed to the account the server runs under."""
    if os.geteuid() == 0:
        return Path("/var/lib/cellgate")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "cellgate"


async def ensure(base: Path, *, wait: float = 120.0, options: Mapping[str, str] | None = None) -> Server:
    """Start the server of `base`, or join it; the database `cellgate` exists when this returns.

    `wait` is in seconds and covers crash recovery. `options` are added to SETTINGS when this call is the one that starts.
    Raises DatabaseUnusable: POSTGRES_MISSING, DATA_UNREACHABLE, DIRECTORY_UNSAFE, INITDB_FAILED, SERVER_FAILED, SERVER_STUCK.
    """
    until = time.monotonic() + wait
    place = _prepare(base.absolute())
    async with _locked(place.base / "start.lock", until):
        process = None
        if await _settled(place, until) is _State.ABSENT:
            process = await _start(place, {**SETTINGS, **(options or {})}, until)
        async with _halted_unless_ready(process):
            await _ready(place, process, until)
            await _create_database(place)
        lease = os.open(place.base / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lease, fcntl.LOCK_SH)
    return Server(place.base, place.run, lease, process)


async def keep(server: Server, told: Callable[[str], None], *, options: Mapping[str, str] | None = None) -> None:
    """Start the server again whenever it has died, until cancelled; whoever uses it sees, in the meantime, that it is not there.

    Any of its users may do so, one at a time. What cannot be started is tried again, each time after twice the wait, to a minute.
    """
    wait_s = WATCH_S
    while True:
        await asyncio.sleep(wait_s)
        try:
            revived = not await _listens(server.run) and await _revived(server, {**SETTINGS, **(options or {})})
        except DatabaseUnusable as failed:
            wait_s = min(2 * wait_s, LONGEST_WATCH_S)
            told(f"the embedded PostgreSQL in {server.base} died and cannot be started ({failed}); it is tried again in {wait_s:g} s")
        else:
            wait_s = WATCH_S
            if revived:
                told(f"the embedded PostgreSQL in {server.base} had died and was started again")


async def _listens(run: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(run / (".s.PGSQL." + str(PORT)))
    except (ConnectionRefusedError, FileNotFoundError):
        return False
    except OSError:
        # Busy, or this process is short of something: no reason to think that it died.
        return True
    writer.close()
    return True


async def _revived(server: Server, options: Mapping[str, str]) -> bool:
    """Whether this call started it; another user of it may have been quicker, and so may a crash recovery of its own."""
    until = time.monotonic() + REVIVAL_S
    place = _Place(server.base, server.base / "data", server.run, unprivileged() if os.geteuid() == 0 else None)
    async with _locked(server.base / "start.lock", until):
        if await _settled(place, until) is not _State.ABSENT:
            return False
        process = await _start(place, options, until)
        async with _halted_unless_ready(process):
            await _ready(place, process, until)
        return True


async def answers(base: Path) -> bool:
    """Does the server of `base` run, started by whomever?"""
    base = base.absolute()
    return await _probe(_Place(base, base / "data", _socket_directory(base), None)) is not _State.ABSENT


async def release(server: Server, *, wait: float = 30.0) -> bool:
    """Give the lease back; the last user stops the server. True when it was stopped."""
    async with _locked(server.base / "start.lock", time.monotonic() + wait):
        try:
            fcntl.flock(server.lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            await _halt(server, time.monotonic() + wait)
            return True
        finally:
            os.close(server.lease)


async def stop(server: Server, *, wait: float = 30.0) -> None:
    """Stop the server for everybody (fast: open transactions are rolled back)."""
    async with _locked(server.base / "start.lock", time.monotonic() + wait):
        await _halt(server, time.monotonic() + wait)
        os.close(server.lease)


# --- places ---------------------------------------------------------------------------------------------------------


def _prepare(base: Path) -> _Place:
    account = unprivileged() if os.geteuid() == 0 else None
    place = _Place(base, base / "data", _socket_directory(base), account)
    for directory in [*reversed(base.parents), base]:
        if not directory.is_dir():
            with contextlib.suppress(FileExistsError):
                directory.mkdir()
            # The account the server runs under has to pass through, whatever root's umask is.
            directory.chmod(0o755)
    _private(place.run, account)
    if account is not None and (closed := closed_parent(place.data, account)):
        raise DatabaseUnusable(
            "DATA_UNREACHABLE",
            str(closed) + " is closed to the account " + account.name + ", which the server runs under when started by root;"
            " choose another database.data, such as " + str(default_base()),
        )
    return place


def _socket_directory(base: Path) -> Path:
    run = base / "run"
    if len(os.fsencode(run / (".s.PGSQL." + str(PORT) + ".lock"))) <= SOCKET_PATH_BYTES:
        return run
    short = hashlib.sha256(os.fsencode(base)).hexdigest()[:16]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and os.geteuid() != 0 and len(os.fsencode(runtime)) < SOCKET_PATH_BYTES - 50:
        return Path(runtime) / ("cellgate-" + short)
    return Path("/tmp") / ("cellgate-" + short)


def _private(directory: Path, account: Account | None) -> None:
    """Make the directory, or make sure that nobody else made it: whoever owns it owns the server's logins."""
    own = {os.geteuid()} | ({account.uid} if account is not None else set())
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in own or found.st_mode & 0o077:
        raise DatabaseUnusable(
            "DIRECTORY_UNSAFE",
            str(directory) + " must be a directory of mode 0700 of the user that runs the server; remove it and start again",
        )
    if account is not None:
        os.chown(directory, account.uid, account.gid)


@contextlib.asynccontextmanager
async def _locked(path: Path, until: float) -> AsyncIterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _taken(descriptor):
            if time.monotonic() > until:
                raise DatabaseUnusable("SERVER_STUCK", "another process has held " + str(path) + " for too long")
            await asyncio.sleep(PAUSE_S)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# --- starting -------------------------------------------------------------------------------------------------------


async def _probe(place: _Place) -> _State:
    try:
        connection = await asyncpg.connect(**_admin(place, "postgres"), timeout=5)
    except (TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
        return _State.STARTING
    except OSError:
        return _State.ABSENT
    await connection.close()
    return _State.READY


def _admin(place: _Place, database: str) -> dict[str, str | int]:
    return {"host": str(place.run), "port": PORT, "user": ADMIN, "database": database}


async def _start(place: _Place, options: Mapping[str, str], until: float) -> subprocess.Popen[bytes]:
    binaries = await asyncio.to_thread(locate, place.account)
    if not (place.data / "PG_VERSION").exists():
        await asyncio.to_thread(_initialise, place, binaries)
    alive = await _whole_server_gone(place, until)
    try:
        # alive.lock is ours, so no process of an earlier server is left: these files are a dead server's. Its process
        # id may have been given to another program by now, which PostgreSQL would take for itself.
        for leftover in (place.data / "postmaster.pid", place.run / (".s.PGSQL." + str(PORT) + ".lock")):
            leftover.unlink(missing_ok=True)
        return _spawn(place, binaries, options, alive)
    finally:
        os.close(alive)


def _spawn(place: _Place, binaries: Binaries, options: Mapping[str, str], alive: int) -> subprocess.Popen[bytes]:
    command = [str(binaries.folder / "postgres"), "-D", str(place.data), "-k", str(place.run)]
    for name, value in options.items():
        command += ["-c", name + "=" + value]
    # Not readable for others: the log of a failed statement has its values.
    with open(place.base / "pg.log", "ab", opener=_for_us_alone) as log:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[alive],
            start_new_session=True,
            **_as(place.account),
        )
    return process


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _as(account: Account | None) -> dict[str, Any]:
    """The rest of Popen's arguments: the account, a neutral folder and a neutral locale."""
    common: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}
    if account is None:
        return common
    return {**common, "user": account.uid, "group": account.gid, "extra_groups": []}


def _initialise(place: _Place, binaries: Binaries) -> None:
    """Make the cluster beside its place and rename it when whole: an initdb cut short leaves nothing that looks like one."""
    partial = place.base / "data.partial"
    shutil.rmtree(partial, ignore_errors=True)
    _private(partial, place.account)
    # A provider inside PostgreSQL orders text the same on every host; before 17 the C locale is the nearest.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if binaries.major >= 17 else []
    command = [str(binaries.folder / "initdb"), "-D", str(partial), "-U", ADMIN, "-A", "trust", "-E", "UTF8", "-k", "--no-instructions"]
    answer: subprocess.CompletedProcess[bytes] = subprocess.run(
        [*command, "--no-locale", *locale], check=False, capture_output=True, stdin=subprocess.DEVNULL, **_as(place.account)
    )
    if answer.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        raise DatabaseUnusable("INITDB_FAILED", answer.stderr.decode(errors="replace").strip()[-500:])
    os.rename(partial, place.data)


async def _whole_server_gone(place: _Place, until: float) -> int:
    """Wait for the last process of a killed server to leave; returns the lock that the next server is to inherit."""
    descriptor = os.open(place.base / "alive.lock", os.O_RDWR | os.O_CREAT, 0o600)
    while not _taken(descriptor) or _works_in(_pid(place.data), place.data):
        if time.monotonic() > until:
            os.close(descriptor)
            raise DatabaseUnusable("SERVER_STUCK", "a server on " + str(place.data) + " is alive but does not answer at " + str(place.run))
        await asyncio.sleep(PAUSE_S)
    return descriptor


def _pid(data: Path) -> int:
    """The process id that the server wrote down, or 0."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _works_in(pid: int, data: Path) -> bool:
    """Is it a server on these data that somebody started by hand, without our lock? Known on Linux only."""
    try:
        return pid > 0 and Path("/proc", str(pid), "cwd").readlink() == data.resolve()
    except OSError:
        return False


async def _settled(place: _Place, until: float) -> _State:
    """There or not there; a server that is dying or starting is waited for, as nobody can tell which of the two it does."""
    while True:
        state = await _probe(place)
        if state in (_State.READY, _State.ABSENT) or time.monotonic() > until:
            return state
        await asyncio.sleep(PAUSE_S)


async def _ready(place: _Place, process: subprocess.Popen[bytes] | None, until: float) -> None:
    while (state := await _probe(place)) is not _State.READY:
        died = process.poll() is not None if process is not None else state is _State.ABSENT
        if died or time.monotonic() > until:
            log = place.base / "pg.log"
            tail = log.read_bytes()[-600:].decode(errors="replace").strip() if log.exists() else ""
            raise DatabaseUnusable("SERVER_FAILED", "PostgreSQL did not start; the end of " + str(log) + ":\n" + tail)
        await asyncio.sleep(PAUSE_S)


@contextlib.asynccontextmanager
async def _halted_unless_ready(process: subprocess.Popen[bytes] | None) -> AsyncIterator[None]:
    """Nobody holds a lease on a server that is starting, so who started it stops it when asked to stop; who waits in vain lets it recover."""
    try:
        yield
    except (asyncio.CancelledError, KeyboardInterrupt):
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            await asyncio.to_thread(process.wait)
        raise


async def _create_database(place: _Place) -> None:
    connection = await asyncpg.connect(**_admin(place, "postgres"))
    try:
        if not await connection.fetchval(DATABASE_EXISTS, DATABASE):
            await connection.execute((text("create database ") + ident(DATABASE)).compile().text)
    finally:
        await connection.close()


# --- stopping -------------------------------------------------------------------------------------------------------


async def _halt(server: Server, until: float) -> None:
    place = _Place(server.base, server.base / "data", server.run, None)
    if await _probe(place) is _State.ABSENT:
        return
    # The server answers, so the process id in its file is its own and not a stale one.
    for number, limit in ((signal.SIGINT, until), (signal.SIGQUIT, until + 5)):
        if (pid := _pid(place.data)) > 0:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        if await _gone(server, limit):
            return
    raise DatabaseUnusable("SERVER_STUCK", "the server on " + str(place.data) + " does not stop")


async def _gone(server: Server, until: float) -> bool:
    descriptor = os.open(server.base / "alive.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _taken(descriptor):
            if server.process is not None:
                server.process.poll()
            if time.monotonic() > until:
                return False
            await asyncio.sleep(PAUSE_S)
    finally:
        os.close(descriptor)
    if server.process is not None:
        await asyncio.to_thread(server.process.wait)
    return True
