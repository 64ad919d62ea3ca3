"""This module is in charge of what the tests of the database layer share: places for servers, and a database with roles only."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from resolvers.database import embedded
from resolvers.database.migrate import FOLDER, migrate
from resolvers.database.pool import Database, Sizes, Target

SMALL = {"fsync": "off", "shared_buffers": "16MB", "max_wal_size": "64MB"}


@pytest.fixture
def base() -> Iterator[Path]:
    """A place for a server, open to the account that it runs under (pytest's own temporary folders are not)."""
    made = Path(tempfile.mkdtemp(prefix="cellgate-base-", dir="/tmp"))
    made.chmod(0o755)
    yield made / "server"
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def first_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of migrations with the first alone."""
    folder = tmp_path_factory.mktemp("migrations")
    shutil.copy(FOLDER / "0001_roles.sql", folder)
    return folder


@pytest.fixture(scope="session")
async def with_roles(server: embedded.Server, first_only: Path) -> embedded.Server:
    """The run's server, whose database `cellgate` has the roles, the schemas and the table `public.fact` (id integer)."""
    connection = await asyncpg.connect(**server.dsn(embedded.ADMIN)._asdict())
    await migrate(connection, folder=first_only)
    await connection.execute("create table public.fact (id integer primary key)")
    await connection.execute("grant select, insert, delete on public.fact to cellgate_reader, cellgate_ledger, cellgate_system")
    await connection.close()
    return server


@pytest.fixture(params=["by name", "by dsn"])
async def either(request: pytest.FixtureRequest, with_roles: embedded.Server) -> AsyncIterator[Database]:
    """The same database, with roles that log in and with roles that are become."""
    embedded_target = Target.embedded(with_roles)
    dsn = f"postgresql://{embedded.ADMIN}@/{embedded.DATABASE}?host={with_roles.run}&port={embedded.PORT}"
    target = embedded_target if request.param == "by name" else Target.by_dsn(dsn)
    made = Database(target, Sizes(minimum=0, maximum=2))
    yield made
    async with made.transaction("ledger") as connection:
        await connection.execute("delete from public.fact")
    await made.close()
