"""This module is in charge of a database server that may be killed: nobody else's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from resolvers.database import embedded
from resolvers.database.migrate import migrate
from tests.survival.test_kill import OPTIONS


@pytest.fixture
async def base() -> AsyncIterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="cellgate-survival-", dir="/tmp"))
    made.chmod(0o755)
    server = await embedded.ensure(made, options=OPTIONS)
    connection = await asyncpg.connect(**server.dsn(embedded.ADMIN)._asdict())
    await migrate(connection)
    await connection.close()
    yield made
    await embedded.stop(await embedded.ensure(made, options=OPTIONS))
    shutil.rmtree(made, ignore_errors=True)
