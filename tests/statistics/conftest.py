"""This module is in charge of what the tests of the statistics share."""

from __future__ import annotations

import pytest

from resolvers.database.pool import Database
from tests.recording.world import Book, registered


@pytest.fixture
async def book(database: Database) -> Book:
    """A book of registered firms and no events."""
    await registered(database)
    return Book(database)
