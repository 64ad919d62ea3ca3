"""Every statement that the door can build is accepted by the database, for every role, order, direction and filter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest

from resolvers.batching import Batch, PageArguments
from resolvers.database import door, tables
from resolvers.database.pool import Database
from resolvers.database.tables import Table
from tests.door.principals import ROLES, principal, reading


@pytest.fixture(scope="module")
async def empty(databases) -> AsyncIterator[Database]:
    made = await databases.make()
    yield made
    await databases.drop(made)


def columns(table: Table) -> tuple[str, ...]:
    return tuple(table.columns)


FILTER = {
    "or": [
        {"state_of_health": {"lt": 70.0}, "chemistry": {"eq": "LFP"}},
        {"not": {"custodian": {"in": ["x"]}}, "swap_model": {"isNull": True}},
        {"produced_on": {"gte": date(2025, 1, 1)}, "code": {"startsWith": "0A1"}},
    ]
}
EVENT_FILTER = {
    "or": [
        {"reporter": {"eq": "x"}, "type": {"in": ["SOLD"]}},
        {"not": {"counterparty": {"in": ["x"]}}, "province": {"isNull": True}},
        {"due_on": {"gte": date(2025, 1, 1)}, "recorded_at": {"lt": datetime(2026, 1, 1, tzinfo=UTC)}, "late": {"eq": True}},
    ]
}
BY_CODE = {
    door.modules: tables.MODULE,
    door.health: tables.HEALTH,
    door.safety_events: tables.SAFETY_EVENT,
    door.gradings: tables.GRADING,
    door.custody: tables.CUSTODY,
    door.events: tables.EVENT,
    door.findings_of_pack: tables.FINDING,
    door.installations: tables.INSTALLATION,
    door.composition: tables.MATERIAL,
    door.dismantling: tables.DISMANTLING,
    door.recovery: tables.RECOVERY,
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("exact", [False, True])
async def test_below_a_pack(empty: Database, role: str, exact: bool) -> None:
    opened = reading(empty, principal("91350902MA2XYB1C0U", role, jurisdiction=("35",)))
    for resolver, table in BY_CODE.items():
        for page in (PageArguments(5, count=True), PageArguments(5, backward=True)):
            outcomes = await resolver(opened, Batch(["unknown"], columns(table), page=page, exact=exact))
            assert len(outcomes) == 1
    assert await door.pack_by_code(opened, Batch(["x"], columns(tables.PACK), exact=exact)) == [None]
    assert await door.vehicle_of_pack(opened, Batch(["x"], columns(tables.VEHICLE)))
    pairs = Batch([("x", "y")], columns(tables.RECOVERY_ELEMENT))
    assert await door.recovery_elements(opened, pairs) == [[]]
    opened.close()


@pytest.mark.parametrize("role", ROLES)
async def test_lists(empty: Database, role: str) -> None:
    opened = reading(empty, principal("91350902MA2XYB1C0U", role, jurisdiction=("35", "44")))
    for order in ({}, {"orderBy": {"field": "state_of_health", "direction": "DESC"}}, {"orderBy": {"field": "produced_on"}}):
        for page in (PageArguments(5, count=True), PageArguments(5, backward=True)):
            for given in ({}, {"filter": FILTER}):
                batch = Batch([None], columns(tables.PACK), {**order, **given}, page)
                assert len((await door.packs(opened, batch))[0].rows) == 0
                below = Batch(["a", "b"], columns(tables.PACK), {**order, **given}, page)
                assert [len(each.rows) for each in await door.packs_of_maker(opened, below)] == [0, 0]
    for order in ({}, {"orderBy": {"field": "recorded_at", "direction": "DESC"}}, {"orderBy": {"field": "code"}}):
        for page in (PageArguments(5, count=True), PageArguments(5, backward=True)):
            for given in ({}, {"filter": EVENT_FILTER}):
                batch = Batch([None], columns(tables.EVENT), {**order, **given}, page)
                assert len((await door.lifecycle_events(opened, batch))[0].rows) == 0
    for page in (PageArguments(5, count=True), PageArguments(5, backward=True)):
        order = {"orderBy": {"field": "produced_on"}}
        assert len(await door.vehicles(opened, Batch([None], columns(tables.VEHICLE), order, page))) == 1
        assert len(await door.vehicles_of_maker(opened, Batch(["a"], columns(tables.VEHICLE), {}, page))) == 1
        assert len(await door.packs_of_vehicle(opened, Batch(["a"], columns(tables.PACK), {}, page))) == 1
        assert len(await door.installations_of_vehicle(opened, Batch(["a"], columns(tables.INSTALLATION), {}, page))) == 1
        filters = {"filter": {"role": {"eq": "BM"}, "name": {"startsWith": "x"}}, "orderBy": {"field": "name"}}
        assert len(await door.enterprises(opened, Batch([None], columns(tables.ENTERPRISE), filters, page))) == 1
    assert await door.vehicle_by_vin(opened, Batch(["a"], columns(tables.VEHICLE))) == [None]
    assert await door.enterprise_by_uscc(opened, Batch(["a"], columns(tables.ENTERPRISE))) == [None]
    for resolver, table in ((door.roles, tables.ROLE), (door.licences, tables.LICENCE), (door.outlets, tables.OUTLET)):
        assert await resolver(opened, Batch(["a"], columns(table), {"province": "35"} if table is tables.OUTLET else {})) == [[]]
    assert await door.regions(opened, Batch(["350000"], ("code", "name_en"))) == [None]
    assert await door.models(opened, Batch(["m"], columns(tables.MODEL))) == [None]
    opened.close()
