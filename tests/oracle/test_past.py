"""The oracle over the past of worlds that the ledger made: `asOf` tells a party what the tables held then, as far as it may see it now."""

from __future__ import annotations

import sys

import pytest

from resolvers.database import embedded
from tests.conftest import Databases
from tests.oracle.harness import Gateway
from tests.oracle.ledger_corrections import AGAIN, COUNTED
from tests.oracle.past_slices import MOMENTS, PastSlice
from tests.oracle.test_oracle import fresh_seed

SEED = 20_261_127
WORLDS = 4
EACH = 40


@pytest.mark.parametrize("fresh", [False, True], ids=["committed", "fresh"])
async def test_the_past_of_worlds_of_the_ledger(
    server: embedded.Server, databases: Databases, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], fresh: bool
) -> None:
    seed = fresh_seed(request.config) if fresh else SEED
    database = await databases.make()
    try:
        measured = await PastSlice(Gateway(database)).run(seed, WORLDS // (2 if fresh else 1), EACH)
    finally:
        await databases.drop(database)
    with capsys.disabled():
        print(f"\nthe past, seed {seed}: {measured}", file=sys.stderr)
    assert measured.triples == measured.moments * EACH
    assert measured.full >= measured.triples // 2
    if not fresh:
        assert measured.moments == WORLDS * MOMENTS
        assert measured.mixed >= measured.triples // 4
        assert measured.other >= measured.triples // 3
        assert measured.rules >= {"R02", "R04", "R22"}
        assert measured.found >= measured.triples // 12
        assert measured.since >= measured.found // 3
        assert measured.otherwise.keys() >= COUNTED
        assert measured.otherwise[AGAIN] >= WORLDS * 5
