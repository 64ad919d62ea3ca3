"""This module is in charge of what tests share: one private PostgreSQL server, cheap databases on it, and the seed."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from gateway import app
from resolvers.database import embedded
from resolvers.database.migrate import migrate
from resolvers.database.pool import Database, Sizes, Target
from resolvers.database.sql import ident, text

SLOW_START = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
settings.register_profile("ci", max_examples=60, deadline=None, print_blob=True, suppress_health_check=SLOW_START)
settings.register_profile("long", max_examples=3000, deadline=None, print_blob=True, suppress_health_check=SLOW_START)

# The commands and servers of the tests start by the hundred, and each would compile the whole project anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Nothing in a test's database has to outlive a power cut.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "128MB", "max_connections": "200"}
TEMPLATE = "cellgate_template"
FEW = Sizes(maximum=5)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed before hypothesis looks for it, so that the header can name it."""
    settings.load_profile(os.environ.get("CELLGATE_PROFILE", "ci"))
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = os.environ.get("CELLGATE_SEED") or str(random.SystemRandom().randrange(2**32))


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.getoption('--hypothesis-seed')} (repeat with CELLGATE_SEED={config.getoption('--hypothesis-seed')})"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "long" not in (config.getoption("-m") or ""):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="long: run with -m long"))


@pytest.fixture(scope="session", autouse=True)
def composed_once() -> Iterator[None]:
    """Dozens of gateways are served over the same graph, and a supergraph never changes: it takes a second to compose."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "composed", lru_cache(maxsize=8)(app.composed))
        yield


class Databases:
    """Makes databases on the session's server: copies of a migrated, empty template, or of any database nobody is using."""

    def __init__(self, server: embedded.Server, admin: asyncpg.Connection) -> None:
        self.server = server
        self._admin = admin
        self._numbers = itertools.count(1)
        self._made: list[Database] = []

    async def make(self, template: str = TEMPLATE, *, sizes: Sizes = FEW) -> Database:
        """A new database, about 30 ms. `name_of` gives its name, for use as a template after `Database.close()`."""
        name = f"world_{next(self._numbers)}"
        await self._admin.execute((text("create database ") + ident(name) + text(" template ") + ident(template)).compile().text)
        self._made.append(Database(Target.embedded(self.server, name), sizes))
        return self._made[-1]

    async def drop(self, database: Database) -> None:
        await database.close()
        await self._admin.execute((text("drop database ") + ident(self.name_of(database)) + text(" with (force)")).compile().text)
        self._made.remove(database)

    def name_of(self, database: Database) -> str:
        return str(database.target.connect["database"])

    async def close(self) -> None:
        for database in self._made:
            await database.close()


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[embedded.Server]:
    """A private server for this run, started when the first test asks for it."""
    base = Path(tempfile.mkdtemp(prefix="cellgate-test-", dir="/tmp"))
    # mkdtemp closes it; the account that the server runs under has to pass.
    base.chmod(0o755)
    running = await embedded.ensure(base, options=FAST)
    yield running
    await embedded.stop(running)
    shutil.rmtree(base)


@pytest.fixture(scope="session")
async def databases(server: embedded.Server) -> AsyncIterator[Databases]:
    """The factory; its template holds every migration and no rows."""
    admin = await asyncpg.connect(**server.dsn(embedded.ADMIN, "postgres")._asdict())
    await admin.execute((text("create database ") + ident(TEMPLATE)).compile().text)
    inside = await asyncpg.connect(**server.dsn(embedded.ADMIN, TEMPLATE)._asdict())
    # Lists of vehicles come in an order that is secret, but the same in every run of the tests.
    await inside.execute("set cellgate.rank_salt = 'tests'")
    await migrate(inside)
    await inside.close()
    factory = Databases(server, admin)
    yield factory
    await factory.close()
    await admin.close()


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """A database of this test's own: migrated, empty, dropped afterwards."""
    made = await databases.make()
    yield made
    await databases.drop(made)
