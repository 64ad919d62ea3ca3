"""This module is in charge of what the tests of importing share: a database that knows the enterprises and models of the examples."""

from pathlib import Path

import pytest

from resolvers.database.pool import Database
from tests.importing.files import copied, imported


@pytest.fixture
async def registry(database: Database, tmp_path: Path) -> Database:
    """A database that knows the example's enterprises and models."""
    await imported(copied(tmp_path, "enterprises.csv"), database)
    await imported(copied(tmp_path, "models.csv"), database)
    return database
