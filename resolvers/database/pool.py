"""This module is in charge of connections: a pool per database role, and transactions that belong to exactly one role."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, Self

import asyncpg
from msgspec import Struct

from resolvers.database import embedded
from resolvers.database.read_connection import NOTHING_AHEAD, Ahead, ReadConnection, ahead
from resolvers.database.snapshots import Snapshots
from resolvers.database.sql import changing, opening, showing
from resolvers.database.turns import Turns

Role = Literal["reader", "ledger", "auditor", "system", "auth", "admin"]
Observer = Callable[[str, tuple[object, ...], Sequence[asyncpg.Record]], None]
READ_BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
WRITE_BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
# Whether each execution of a statement is planned for its values: many a plan for any values is worse, but made once.
PLANNED_ANEW: Final = "force_custom_plan"
PLANNED_ONCE: Final = "force_generic_plan"
# What 0001_roles.sql gives the roles. Settings of a role count when it logs in, not when it is become.
READ_ROLE: Final[Mapping[str, str]] = MappingProxyType({"plan_cache_mode": PLANNED_ANEW, "jit": "off"})
# Most statements of readers are look-ups by key.
READER: Final[Mapping[str, str]] = MappingProxyType(
    {**READ_ROLE, "plan_cache_mode": PLANNED_ONCE, "max_parallel_workers_per_gather": "0", "enable_mergejoin": "off", "enable_hashjoin": "off"}
)
WRITE_ROLE: Final[Mapping[str, str]] = MappingProxyType({"jit": "off"})
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Settings(Struct, frozen=True):
    """Settings of a transaction by name, and the SET LOCALs that make them so."""

    values: Mapping[str, str]
    ahead: Ahead


def settings_of(values: Mapping[str, str]) -> Settings:
    """The settings with these values. Names are checked, values quoted."""
    return Settings(values, ahead(*changing(values)))


NO_SETTINGS: Final = Settings(NOTHING, NOTHING_AHEAD)
_OUTSIDE: Final = "a fetch outside of begin and commit"
_BEGIN: Final = ahead(READ_BEGIN)
# The next transaction is as the last one (PostgreSQL's documentation of ROLLBACK).
_BEGIN_ANEW: Final = ahead("ROLLBACK AND CHAIN")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the database is, and how a role is taken there.

    Embedded: each role logs in by name over the private socket. By DSN: its user is the only login, and every
    transaction starts by becoming the role with SET LOCAL ROLE; as nothing is set for the session, this holds behind a
    pooler that gives each transaction another server connection, too. No statement runs outside of a transaction.
    """

    connect: Mapping[str, Any]
    admin: str | None

    @classmethod
    def embedded(cls, server: embedded.Server, database: str = embedded.DATABASE) -> Self:
        at = server.dsn(embedded.ADMIN, database)
        return cls({"host": at.host, "port": at.port, "database": at.database, "ssl": False}, at.user)

    @classmethod
    def by_dsn(cls, dsn: str) -> Self:
        return cls({"dsn": dsn}, None)

    def login(self, role: Role) -> dict[str, Any]:
        """The arguments of asyncpg.connect for the role."""
        if self.admin is None:
            return dict(self.connect)
        return {**self.connect, "user": self.admin if role == "admin" else "cellgate_" + role}

    def standing(self, role: Role) -> dict[str, str]:
        """What a connection of the role sets for as long as it lives, where it is nobody else's."""
        return {"plan_cache_mode": PLANNED_ONCE} if role == "reader" and self.admin is not None else {}

    def settings(self, role: Role) -> Mapping[str, str]:
        """What each transaction of the role has to set before anything else."""
        if self.admin is not None or role == "admin":
            return NOTHING
        given = READER if role == "reader" else READ_ROLE if role == "system" else WRITE_ROLE
        return {"role": "cellgate_" + role, **given}


@dataclass(frozen=True, slots=True)
class Sizes:
    """Connections per role, and prepared statements per connection (0 behind a pooler that cannot keep them)."""

    minimum: int = 1
    maximum: int = 10
    statement_cache: int = 1024


@dataclass(frozen=True, slots=True)
class Database:
    """A handle on one database; pools are made when a role is first used.

    `observer` is told every statement of every ReadSession with its arguments and rows.
    """

    target: Target
    sizes: Sizes = Sizes()
    observer: Observer | None = None
    _pools: dict[Role, asyncpg.Pool] = field(default_factory=dict, repr=False, compare=False)
    _snapshots: dict[Role, Snapshots] = field(default_factory=dict, repr=False, compare=False)
    _begun: dict[Role, Ahead] = field(default_factory=dict, repr=False, compare=False)
    _making: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False, compare=False)

    async def pool(self, role: Role) -> asyncpg.Pool:
        """The pool of the role. For use outside this package take `session` or `transaction`, which become the role."""
        if (found := self._pools.get(role)) is not None:
            return found
        async with self._making:
            if role not in self._pools:
                self._pools[role] = await _make_pool(self.target, role, self.sizes)
        return self._pools[role]

    def snapshots(self, role: Role) -> Snapshots:
        """The connections that ReadSessions of the role take turns on."""
        found = self._snapshots.get(role)
        if found is None:
            found = self._snapshots[role] = Snapshots(lambda: _connect(self.target, role, self.sizes), self.sizes.maximum)
        return found

    def begun(self, role: Role) -> Ahead:
        """What a transaction of the role has to set before anything else."""
        found = self._begun.get(role)
        if found is None:
            found = self._begun[role] = ahead(*changing(self.target.settings(role)))
        return found

    async def warm(self) -> None:
        """Open the connections for reading that `sizes.minimum` asks for."""
        await self.snapshots("reader").warm(self.sizes.minimum)

    def session(self, role: Literal["reader", "system"] = "reader") -> ReadSession:
        """A snapshot that is not open yet."""
        return ReadSession(self, role)

    @contextlib.asynccontextmanager
    async def reading(
        self, settings: Mapping[str, str] = NOTHING, role: Literal["reader", "system"] = "reader", snapshot: str | None = None
    ) -> AsyncIterator[ReadSession]:
        """One open snapshot, or an exported one, given back at the end whatever happens."""
        session = self.session(role)
        await session.begin(settings_of(settings), snapshot)
        try:
            yield session
        finally:
            session.close()

    @contextlib.asynccontextmanager
    async def transaction(self, role: Role, settings: Mapping[str, str] = NOTHING, first: str | None = None) -> AsyncIterator[asyncpg.Connection]:
        """A writing transaction of the role: committed at the end, rolled back on any exception or cancellation. `first` is a statement without values that is
        sent with its beginning."""
        pool = await self.pool(role)
        connection = await pool.acquire()
        committed = False
        try:
            begins = opening(WRITE_BEGIN, {**self.target.settings(role), **settings})
            await connection.execute(";".join(begins if first is None else (*begins, first)))
            yield connection
            await connection.execute("COMMIT")
            committed = True
        finally:
            await asyncio.shield(_give_back(pool, connection, committed))

    async def close(self) -> None:
        """Close all pools; connections in use are waited for."""
        for snapshots in self._snapshots.values():
            await snapshots.close()
        self._snapshots.clear()
        for pool in self._pools.values():
            await pool.close()
        self._pools.clear()


class ReadSession:
    """One REPEATABLE READ READ ONLY transaction on one connection; concurrent fetches queue for it.

    It begins with its first statement, which takes BEGIN and every SET LOCAL along and is the moment that the snapshot shows. `is_over` says that
    it was closed, or that a statement failed or was cut short: whoever wants to read on needs another session.
    """

    __slots__ = ("_ahead", "_begun", "_connection", "_database", "_failed", "_settings", "_snapshots", "_turns", "is_over")

    def __init__(self, database: Database, role: Literal["reader", "system"]) -> None:
        self._database = database
        self._snapshots = database.snapshots(role)
        self._begun = database.begun(role)
        self._turns = Turns()
        self._connection: ReadConnection | None = None
        self._failed: BaseException | None = None
        self._settings = NO_SETTINGS
        self._ahead = NOTHING_AHEAD
        self.is_over = False

    async def begin(self, settings: Settings = NO_SETTINGS, snapshot: str | None = None) -> None:
        """Take a connection for the snapshot, or for that one which another session exported and keeps open. A fetch that comes meanwhile waits."""
        if not self._turns.take():
            await self._turns.wait()
        try:
            await self._open(settings, snapshot)
        finally:
            self._turns.pass_on()

    async def _open(self, settings: Settings, snapshot: str | None = None) -> ReadConnection:
        connection = self._snapshots.free() or await self._snapshots.take()
        if self.is_over:
            # Closed while it waited.
            self._snapshots.give_back(connection)
            raise RuntimeError(_OUTSIDE)
        # What its last snapshot left open ends on the same way.
        begin = _BEGIN_ANEW if connection.is_in_transaction() else _BEGIN
        if snapshot is not None:
            begin += ahead(showing(snapshot))
        self._ahead = begin + self._begun + settings.ahead
        self._settings = settings
        self._connection = connection
        return connection

    async def fetch(self, statement: str, args: tuple[object, ...] = (), settings: Settings = NO_SETTINGS) -> list[asyncpg.Record]:
        """The rows of one statement in this snapshot. `settings` hold for it and after it; only those that differ are sent."""
        if not self._turns.take():
            await self._turns.wait()
        try:
            connection = self._connection
            if connection is None:
                if self.is_over:
                    # What ended it is why this cannot be read, either.
                    raise RuntimeError(_OUTSIDE) from self._failed
                connection = await self._open(settings)
            before, self._ahead = self._ahead, NOTHING_AHEAD
            if settings is not self._settings and settings is not NO_SETTINGS:
                before += self._change(settings)
            rows = await connection.rows(statement, args, before)
        except BaseException as failed:
            # Cut short or failed: the transaction is of no more use to anybody.
            self.is_over, self._failed = True, self._failed or failed
            connection, self._connection = self._connection, None
            if connection is not None:
                self._snapshots.recover(connection)
            raise
        finally:
            self._turns.pass_on()
        if self._database.observer is not None:
            self._database.observer(statement, args, rows)
        return rows

    def _change(self, settings: Settings) -> Ahead:
        before = self._settings.values
        differing = {name: value for name, value in settings.values.items() if before.get(name) != value}
        now = {**before, **differing}
        self._settings = settings if now == settings.values else Settings(now, NOTHING_AHEAD)
        return ahead(*changing(differing))

    def close(self) -> None:
        """Give the connection back; nothing was written, so there is nothing to commit. Twice is harmless."""
        self.is_over = True
        connection, self._connection = self._connection, None
        if connection is not None:
            self._snapshots.give_back(connection)


async def _connect(target: Target, role: Role, sizes: Sizes) -> ReadConnection:
    made: ReadConnection = await asyncpg.connect(
        **target.login(role),
        server_settings=target.standing(role),
        connection_class=ReadConnection,
        statement_cache_size=sizes.statement_cache,
        # One statement has a branch per relation and may be long; it is the one that most needs to stay prepared.
        max_cacheable_statement_size=0,
        max_cached_statement_lifetime=0,
    )
    return made


async def _make_pool(target: Target, role: Role, sizes: Sizes) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        **target.login(role),
        min_size=0,
        # A load is one connection that holds the tables and two that work.
        max_size=max(sizes.maximum, 3) if role == "admin" else sizes.maximum,
        statement_cache_size=sizes.statement_cache,
        max_cacheable_statement_size=0,
        max_cached_statement_lifetime=0,
        # A new connection has to prepare everything again.
        max_inactive_connection_lifetime=0,
        max_queries=10_000_000,
        reset=_keep,
    )


async def _keep(_connection: asyncpg.Connection) -> None:
    """Instead of asyncpg's reset query, which would cost a round trip for each request.

    Nothing is left to reset: every setting is SET LOCAL and ends with its transaction, and nobody here listens, holds
    cursors or takes session locks on a pooled connection.
    """


async def _give_back(pool: asyncpg.Pool, connection: asyncpg.Connection, committed: bool) -> None:
    try:
        # Without asking whether a transaction is open: the driver knows that only from the last answer, and a BEGIN
        # that was cancelled on its way has none yet. After a cancelled statement this waits until the server has dropped it.
        if not committed and not connection.is_closed():
            await connection.execute("ROLLBACK")
    except Exception:
        # Whatever the driver made of it: a connection that cannot roll back leaves the pool, and its transaction ends.
        connection.terminate()
    finally:
        await pool.release(connection)
