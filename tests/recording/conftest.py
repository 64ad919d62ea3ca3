"""This module is in charge of what the tests of recording share: a database of registered firms whose projections are proved at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from resolvers.database.pool import Database
from resolvers.ledger.recording.rebuild import rebuild
from tests.recording.world import Book, registered


@pytest.fixture
async def book(database: Database) -> AsyncIterator[Book]:
    """A book in an empty ledger; whatever the test reported, the projections are what a rebuild makes of the events."""
    await registered(database)
    yield Book(database)
    rebuilt = await rebuild(database, lambda _stage, _done: None)
    assert [str(each) for each in rebuilt.differences] == []
