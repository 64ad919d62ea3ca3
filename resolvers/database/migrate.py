"""This module is in charge of bringing a database to the newest schema: numbered files, each applied once, in one transaction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg

from resolvers.database import DatabaseUnusable
from resolvers.database.bulk_afterwards import take_back
from resolvers.database.failures import UNREACHABLE
from resolvers.database.pool import Target

FOLDER: Final = Path(__file__).parent / "migrations"
FILE_NAME: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
# Statements are divided by these lines, so nothing has to parse SQL.
DIVIDER: Final = re.compile(r"^-- ;;[ \t]*$", re.MULTILINE)
COMMENT: Final = re.compile(r"^\s*--.*$", re.MULTILINE)
OLDEST_SERVER: Final = 15
# The roles and schemas come into being in version 1; everything after it is made, and owned, by cellgate_owner.
FIRST_OWNED: Final = 2

# One number for all of Cellgate's migrations in one database; the lock is the session's, as each file has its own transaction.
LOCK: Final = "select pg_advisory_lock(7310853172646176612)"
UNLOCK: Final = "select pg_advisory_unlock(7310853172646176612)"
CREATE_LOG: Final = """
create table if not exists public.cellgate_migration (
  version integer primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now()
)"""
APPLIED: Final = "select version, name, checksum from public.cellgate_migration order by version"
RECORD: Final = "insert into public.cellgate_migration (version, name, checksum) values ($1, $2, $3)"
BECOME_OWNER: Final = "set local role cellgate_owner"
BECOME_ADMIN: Final = "set local role none"


async def migrate_target(target: Target, progress: Callable[[str], None] | None = None) -> int:
    """`migrate` over a connection of its own, as whoever owns the database; then a load that was cut short is taken back."""
    admin = await _connected(target)
    try:
        applied = await migrate(admin, progress)
        await take_back(admin)
        return applied
    finally:
        await admin.close()


async def _connected(target: Target) -> asyncpg.Connection:
    """The first connection that a process makes; raises DatabaseUnusable DATABASE_UNREACHABLE, without the password of the DSN."""
    try:
        return await asyncpg.connect(**target.login("admin"))
    except (ValueError, *UNREACHABLE) as failed:
        raise DatabaseUnusable("DATABASE_UNREACHABLE", f"no connection to the PostgreSQL of the settings: {failed or type(failed).__name__}") from failed


class Migration(NamedTuple):
    """One file: `NNNN_name.sql`, its SHA-256 and its statements."""

    version: int
    name: str
    checksum: str
    statements: tuple[str, ...]


async def migrate(admin: asyncpg.Connection, progress: Callable[[str], None] | None = None, folder: Path = FOLDER) -> int:
    """Apply what is missing and return how many files that was; any number of processes may call it at once.

    `admin` owns the database and may create roles. Raises DatabaseUnusable with SERVER_TOO_OLD, MIGRATION_GAP,
    MIGRATION_CHECKSUM, MIGRATION_AHEAD, MIGRATION_FAILED or PRIVILEGE_MISSING; a failed file leaves nothing behind.
    """
    major = admin.get_server_version().major
    if major < OLDEST_SERVER:
        raise DatabaseUnusable("SERVER_TOO_OLD", "PostgreSQL " + str(major) + " is older than " + str(OLDEST_SERVER) + ", the oldest that is supported")
    files = read_folder(folder)
    await admin.execute(LOCK)
    try:
        missing = await _missing(admin, files)
        for each in missing:
            if progress is not None:
                progress(_label(each.version, each.name))
            await _apply(admin, each)
        return len(missing)
    except asyncpg.InsufficientPrivilegeError as refused:
        raise DatabaseUnusable("PRIVILEGE_MISSING", _told(refused)) from refused
    finally:
        if not admin.is_closed():
            await admin.execute(UNLOCK)


def read_folder(folder: Path) -> tuple[Migration, ...]:
    """The files in order of version. Versions start at 1 and leave none out, else MIGRATION_GAP."""
    found = [_read(path) for path in sorted(folder.glob("*.sql"))]
    for expected, each in enumerate(found, start=1):
        if each.version != expected:
            raise DatabaseUnusable("MIGRATION_GAP", "expected version " + str(expected) + " but the next file is " + _label(each.version, each.name))
    return tuple(found)


def _read(path: Path) -> Migration:
    named = FILE_NAME.fullmatch(path.name)
    if named is None:
        raise DatabaseUnusable("MIGRATION_GAP", path.name + " is not named NNNN_name.sql")
    source = path.read_text(encoding="utf-8")
    statements = tuple(part.strip() for part in DIVIDER.split(source) if COMMENT.sub("", part).strip())
    return Migration(int(named[1]), named[2], hashlib.sha256(source.encode()).hexdigest(), statements)


def _label(version: int, name: str) -> str:
    return str(version).rjust(4, "0") + "_" + name


async def _missing(admin: asyncpg.Connection, files: Sequence[Migration]) -> Sequence[Migration]:
    await admin.execute(CREATE_LOG)
    applied = await admin.fetch(APPLIED)
    for position, row in enumerate(applied):
        label = _label(row["version"], row["name"])
        if row["version"] != position + 1:
            raise DatabaseUnusable("MIGRATION_GAP", "the database has " + label + " but not version " + str(position + 1))
        if position >= len(files):
            raise DatabaseUnusable("MIGRATION_AHEAD", "the database has " + label + ", which this program does not know; update it")
        if row["checksum"] != files[position].checksum:
            raise DatabaseUnusable("MIGRATION_CHECKSUM", label + " is not the file that was applied; a change belongs in a new migration")
    return files[len(applied) :]


async def _apply(admin: asyncpg.Connection, migration: Migration) -> None:
    async with admin.transaction():
        if migration.version >= FIRST_OWNED:
            await admin.execute(BECOME_OWNER)
        for number, statement in enumerate(migration.statements, start=1):
            try:
                # The extended protocol takes one statement at a time, which a distributed database needs for DDL.
                await admin.fetch(statement)
            except asyncpg.InsufficientPrivilegeError:
                raise
            except asyncpg.PostgresError as failed:
                where = _label(migration.version, migration.name) + ", statement " + str(number)
                raise DatabaseUnusable("MIGRATION_FAILED", where + ": " + _told(failed)) from failed
        await admin.execute(BECOME_ADMIN)
        await admin.execute(RECORD, migration.version, migration.name, migration.checksum)


def _told(error: asyncpg.PostgresError) -> str:
    return ". ".join(part.rstrip(".") for part in (error.args[0], error.detail, error.hint) if part)
