"""Sweeps of demo worlds: an orderly one gives nothing, of another what was planted in it is found, and a past moment is found again later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resolvers.database.pool import Database
from resolvers.demo.load import load
from resolvers.demo.options import DEMO_MOMENT, WorldOptions
from resolvers.demo.world import World, generate
from resolvers.ledger.deadlines import local_day, working_days
from resolvers.ledger.enterprise_rows import Enterprise, EnterpriseRole, Licence, Outlet
from resolvers.ledger.finding_rows import FindingRow
from resolvers.ledger.findings.sweep.run import found, sweep
from resolvers.ledger.recovery.rows import RecoveryAssay, RecoveryBatch, RecoveryInput, RecoveryOutput, RecoveryStep
from resolvers.ledger.register_rows import NormListing, SwapModel
from resolvers.ledger.rows import Custody, Event, Health, Pack, SafetyEvent, Vehicle
from resolvers.ledger.rules import load_calendar
from resolvers.ledger.seed import seed_rules
from tests.sweep.bench import put, replayed

HISTORY = [datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=days) for days in (0, 211, 365, 430, 629)]
FACTS: tuple[Any, ...] = (Event, Health, SafetyEvent, RecoveryBatch)
MASSES: tuple[Any, ...] = (RecoveryInput, RecoveryOutput, RecoveryStep, RecoveryAssay)
CALENDAR = working_days(load_calendar())
REGISTERS: tuple[Any, ...] = (Enterprise, EnterpriseRole, Licence, Outlet, NormListing, SwapModel, Pack, Vehicle)


async def test_nothing_is_found_in_an_orderly_world(database: Database) -> None:
    options = WorldOptions(1200, anomalies=False)
    assert generate(options).of(FindingRow) == []
    await load(options, database)
    async with database.reading(role="system") as session:
        assert await found(session, DEMO_MOMENT) == ()


@pytest.fixture(scope="module")
def world() -> World:
    return generate(WorldOptions(1400))


async def test_what_was_planted_is_found_and_what_projections_show(database: Database, world: World) -> None:
    await load(world.options, database)
    async with database.reading(role="system") as session:
        findings = await found(session, DEMO_MOMENT)
    told = {(each.rule, each.code) for each in findings}
    planted = {("R11" if one.rule == "R11_MASS" else one.rule, one.subject) for one in world.planted if one.rule in ("R11", "R11_MASS", "R12", "R23")}
    assert planted <= told
    assert {rule for rule, _subject in planted} == {"R11", "R12", "R23"}
    # What the ledger's own projections say of the same, by another way.
    utilizers = {row.uscc for row in world.of(EnterpriseRole) if row.role == "CU"}
    assert {code for rule, code in told if rule == "R12"} == {pack.code for pack in world.of(Pack) if _lies(pack, utilizers)}
    silent = {each.code for each in findings if each.rule == "R11" and "answerDueOn" in each.figures}
    missing = {pack.code for pack in world.of(Pack) if pack.status == "MISSING"}
    assert silent == {leg.code for leg in world.of(Custody) if _silent(leg) and leg.code not in missing}


def _lies(pack: Pack, utilizers: set[str]) -> bool:
    most = 30 if pack.safety_class == "HAZARDOUS" else 365 if pack.custodian in utilizers else 180
    return pack.status == "STORED" and (local_day(DEMO_MOMENT) - local_day(pack.status_since)).days > most


def _silent(leg: Custody) -> bool:
    return leg.outcome == "PENDING" and leg.offered_at is not None and CALENDAR.after(local_day(leg.offered_at), 10) < local_day(DEMO_MOMENT)


async def test_a_past_moment_is_found_again_later(database: Database) -> None:
    """A sweep at each moment over what was recorded by then; when all is recorded, each is found again, to the last figure."""
    world = generate(WorldOptions(500))
    await seed_rules(database)
    await put(database, [row for kind in REGISTERS for row in world.of(kind)])
    then: list[Sequence[FindingRow]] = []
    since = datetime(2000, 1, 1, tzinfo=UTC)
    for moment in HISTORY:
        await put(database, _recorded(world, since, moment))
        await sweep(database, moment)
        async with database.reading(role="system") as session:
            then.append(await found(session, moment))
        since = moment
    await put(database, _recorded(world, since, DEMO_MOMENT))
    await sweep(database, DEMO_MOMENT)
    for moment, findings in zip(HISTORY, then, strict=True):
        assert list(await replayed(database, moment)) == list(findings)
    assert len({len(each) for each in then}) > 3
    states = await _states(database)
    # What one moment had and the last has not is closed, not deleted; what is there at the last is open.
    last = {each.id for each in await replayed(database, DEMO_MOMENT)}
    once = {each.id for each in (*(one for some in then for one in some),)}
    assert once - last
    assert {states[each] for each in once - last} == {"CLOSED"}
    assert {states[each] for each in last} == {"OPEN"}


def _recorded(world: World, since: datetime, until: datetime) -> list[Any]:
    rows: list[Any] = [row for kind in FACTS for row in world.of(kind) if since < row.recorded_at <= until]
    batches = {row.id for row in rows if isinstance(row, RecoveryBatch)}
    rows += [row for kind in MASSES for row in world.of(kind) if row.batch_id in batches]
    return rows


async def _states(database: Database) -> dict[str, str]:
    async with database.reading(role="system") as session:
        return {row["id"]: row["state"] for row in await session.fetch("select id, state from battery.finding")}
