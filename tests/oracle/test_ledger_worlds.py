"""The oracle over worlds that the ledger made: what a party may see of lives that were reported, no row or field more and none less."""

from __future__ import annotations

import sys
from collections import Counter

import asyncpg
import pytest

from resolvers.database import embedded
from tests.conftest import Databases
from tests.oracle import ledger_world
from tests.oracle.harness import Gateway
from tests.oracle.ledger_corrections import AGAIN, COUNTED, told_otherwise
from tests.oracle.setting import World
from tests.oracle.slices import Slice
from tests.oracle.test_oracle import fresh_seed

SEED = 20_261_125
WORLDS = 4
EACH = 20


class LedgerSlice(Slice):
    """A slice whose worlds are reported, not drawn."""

    def __init__(self, gateway: Gateway, free: asyncpg.Connection) -> None:
        super().__init__(gateway, free)
        self.events = 0
        self.statuses = Counter[str]()
        self.released = 0
        self.otherwise = Counter[str]()

    async def made(self, seed: int) -> World:
        found = await ledger_world.make(self.gateway.database, seed)
        self.events += len(found.tables["battery.event"])
        self.statuses.update(row["status"] for row in found.tables["battery.pack"])
        self.otherwise += told_otherwise(found)
        self.released += sum(row["parent"] is not None for row in found.tables["battery.pack"])
        return found


@pytest.mark.parametrize("fresh", [False, True], ids=["committed", "fresh"])
async def test_worlds_of_the_ledger(
    server: embedded.Server, databases: Databases, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], fresh: bool
) -> None:
    seed = fresh_seed(request.config) if fresh else SEED
    database = await databases.make()
    free = await asyncpg.connect(**server.dsn(embedded.ADMIN, databases.name_of(database))._asdict())
    try:
        slice_ = LedgerSlice(Gateway(database), free)
        measured = await slice_.run(seed, WORLDS // (2 if fresh else 1), EACH)
    finally:
        await free.close()
        await databases.drop(database)
    with capsys.disabled():
        made = f"{slice_.events} events, {dict(slice_.statuses)}, {slice_.released} released, told otherwise {dict(slice_.otherwise)}"
        print(f"\nworlds of the ledger, seed {seed}: {made}; {measured}", file=sys.stderr)
    assert measured.triples == measured.worlds * EACH
    assert measured.full >= measured.triples // 3
    if not fresh:
        assert slice_.events >= WORLDS * 80
        assert len(slice_.statuses) >= 6
        assert slice_.released >= WORLDS
        assert slice_.otherwise.keys() >= COUNTED
        assert slice_.otherwise[AGAIN] >= WORLDS * 5
