"""This module is in charge of what tests of the graph share: the small world, the three graphs, and a way to ask in process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from resolvers.database.pool import Database
from resolvers.ledger.seed import seed_regions
from schema.graph import Graph, load_graphs
from tests.graph import world


@pytest.fixture(scope="session")
def graphs() -> Mapping[str, Graph]:
    return load_graphs()


@pytest.fixture(scope="session")
async def small_world(databases: Any) -> AsyncIterator[Database]:
    made = await databases.make()
    await seed_regions(made)
    await world.write(made)
    yield made
    await databases.drop(made)
