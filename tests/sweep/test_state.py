"""What becomes of a finding from sweep to sweep, and which events count where some were corrected."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from resolvers.database.pool import Database
from resolvers.database.sweep_write import Written, change
from resolvers.database.sweeping import compiled
from resolvers.ledger.findings.finding import CAUSE_BACK, CAUSE_GONE
from resolvers.ledger.findings.parameters import MissingParameter
from resolvers.ledger.findings.sweep.run import found, sweep
from resolvers.ledger.projection import effective
from resolvers.ledger.rows import Event
from tests.recording.world import FIRMS, code, rows
from tests.sweep.bench import NOW, Bench, E, ago, month, put, replayed

STATES = "select number, state, reason, actor from battery.finding_state order by id, number"
DAY = timedelta(days=1)


async def test_a_second_sweep_finds_nothing_new(database: Database) -> None:
    await _silent().write(database)
    assert await sweep(database, NOW) == Written(1, 0, 0)
    assert await sweep(database, NOW + DAY) == Written(0, 0, 0)
    (finding,) = await rows(database, "select rule, state, recorded_at, party, owners, provinces, evidence from battery.finding where found = 'SWEEP'")
    assert finding == {
        "rule": "R11", "state": "OPEN", "recorded_at": NOW, "party": FIRMS["oem"], "owners": ["PR"], "provinces": ["31", "43"], "evidence": [1],
    }  # fmt: skip
    assert {row["grantee"] for row in await rows(database, "select grantee from battery.finding_reader")} == {
        FIRMS["oem"], "province:31", "province:43", "authority:MI",
    }  # fmt: skip


async def test_a_finding_whose_cause_is_gone_is_closed_and_comes_back_with_it(database: Database) -> None:
    bench = _silent()
    await bench.write(database)
    await sweep(database, NOW)
    # It had been received, which was told late; then that turns out to have been another day, after the sweep's.
    bench.rows.clear()
    received = bench.event(1, E.RECEIVED, month(11, 6), "oem", known=timedelta(days=15), measuredMassKg=400.0)
    await put(database, bench.rows)
    assert await sweep(database, NOW + 3 * DAY) == Written(0, 1, 0)
    assert await sweep(database, NOW + 4 * DAY) == Written(0, 0, 0)
    assert [each.state for each in await replayed(database, NOW)] == ["OPEN"]
    assert await replayed(database, NOW + 3 * DAY) == ()
    await put(database, [received._replace(seq=3, type=E.MAINTAINED, corrects=2, recorded_at=NOW + 5 * DAY)])
    assert await sweep(database, NOW + 6 * DAY) == Written(0, 0, 1)
    assert [tuple(row.values()) for row in await rows(database, STATES)] == [(1, "CLOSED", CAUSE_GONE, None), (2, "OPEN", CAUSE_BACK, None)]
    assert await replayed(database, NOW + 3 * DAY) == ()
    assert [each.state for each in await replayed(database, NOW + 6 * DAY)] == ["OPEN"]


@pytest.mark.parametrize("state", ["CONFIRMED", "CLOSED"])
async def test_what_an_authority_decided_a_sweep_leaves(database: Database, state: str) -> None:
    bench = _silent()
    await bench.write(database)
    await sweep(database, NOW)
    (finding,) = await replayed(database, NOW)
    async with database.transaction("ledger") as connection:
        await change(connection, [(finding.code, finding.id)], state, "CAUSE_GONE", "an authority", NOW + DAY)
    assert await sweep(database, NOW + 2 * DAY) == Written(0, 0, 0)
    assert [each.state for each in await replayed(database, NOW + 2 * DAY)] == [state]
    assert [each.state for each in await replayed(database, NOW)] == ["OPEN"]
    bench.rows.clear()
    bench.event(1, E.RECEIVED, month(11, 6), "oem", known=timedelta(days=15), measuredMassKg=400.0)
    await put(database, bench.rows)
    assert await sweep(database, NOW + 3 * DAY) == Written(0, 0, 0)
    assert [row["state"] for row in await rows(database, "select state from battery.finding")] == [state]


async def test_a_rule_without_its_figure_is_not_silent(database: Database) -> None:
    await Bench().write(database)
    async with database.transaction("ledger") as connection:
        await connection.execute("delete from rule.rule where name = 'anomaly.soh_rise'")
    with pytest.raises(MissingParameter, match=r"anomaly\.soh_rise"):
        await sweep(database, NOW)


async def test_a_figure_counts_from_its_day_on(database: Database) -> None:
    bench = Bench()
    bench.handed(1, ago(40), "scrap", "oem", measured=380.0)
    bench.handed(2, ago(10), "scrap", "oem", measured=380.0)
    await bench.write(database)
    async with database.transaction("ledger") as connection:
        await connection.execute(
            "insert into rule.rule select rule_set, name, node_type, role, '0.10', unit, basis, confidence, status, $1, null from rule.rule where name = $2",
            ago(20).date(), "anomaly.hand_over_mass_difference",
        )  # fmt: skip
    async with database.reading(role="system") as session:
        assert [each.code for each in await found(session, NOW)] == [code(1)]


async def test_events_as_corrected_are_those_of_the_ledger(database: Database) -> None:
    """Chains and forks of corrections, as of any moment, against the ledger's own reading of them."""
    rng = random.Random(5)
    lives = {number: _life(rng, number) for number in range(1, 120)}
    bench = Bench()
    for number in lives:
        bench.pack(number)
    await bench.write(database)
    await put(database, [event for life in lives.values() for event in life])
    query = compiled("{superseded} select e.code, e.seq from {events} e")
    for moment in (ago(12), ago(6), ago(0)):
        async with database.reading(role="system") as session:
            told = {(row["code"], row["seq"]) for row in await session.fetch(query.text, (moment,))}
        assert told == {(each.code, each.seq) for life in lives.values() for each in effective([one for one in life if one.recorded_at <= moment])}


def _silent() -> Bench:
    bench = Bench()
    bench.event(1, E.HANDED_OVER, month(11, 2), "scrap", to="oem", purpose="COLLECTION", declaredMassKg=400.0)
    return bench


def _life(rng: random.Random, number: int) -> Sequence[Event]:
    life: list[Event] = []
    recorded: datetime = ago(20)
    for seq in range(1, rng.randint(3, 12)):
        recorded += timedelta(hours=rng.randint(1, 40))
        corrects = rng.randint(1, seq - 1) if seq > 1 and rng.random() < 0.5 else None
        details: dict[str, Any] = {"work": str(seq)}
        life.append(
            Event(code(number), seq, E.MAINTAINED, "D", ago(30) + timedelta(minutes=seq), recorded, FIRMS["repair"], corrects=corrects, details=details)
        )
    return life
