"""Each rule of the sweep fires on its anomaly and on nothing else, and not on what comes near it."""

from __future__ import annotations

import pytest

from resolvers.database.pool import Database
from resolvers.ledger.findings.register import RULES, Decided
from resolvers.ledger.findings.sweep.listed import SWEPT, WAITING
from resolvers.ledger.findings.sweep.run import found
from resolvers.ledger.findings.wording import form_of, in_chinese, in_english
from tests.sweep.anomalies import CASES, healthier
from tests.sweep.bench import NOW, Bench


@pytest.mark.parametrize("name", CASES)
async def test_what_a_rule_is_for_is_found_and_nothing_else(database: Database, name: str) -> None:
    build, expected = CASES[name]
    bench = Bench()
    build(bench)
    await bench.write(database)
    async with database.reading(role="system") as session:
        findings = await found(session, NOW)
    assert {(each.rule, each.code) for each in findings} == expected
    for each in findings:
        assert len(each.evidence) == len(each.evidence_codes or each.evidence)
        # Codes that are filed are of no battery.
        assert each.evidence or each.figures["lateFilings"]
        assert all((each.figures, each.message, each.provinces))
        assert each.first_seen <= NOW
        # Both languages are made of what the row holds.
        assert form_of(each.rule, each.figures) is not None, (each.rule, each.figures)
        assert each.message == in_english(each.rule, each.figures)
        assert in_chinese(each.rule, each.figures)


async def test_what_sa_is_told_of_condition_is_no_measurement(database: Database) -> None:
    bench = Bench()
    healthier(bench, 85.1)
    await bench.write(database)
    async with database.reading(role="system") as session:
        (finding,) = await found(session, NOW)
    assert (finding.rule, set(finding.figures)) == ("R23", {"threshold"})
    assert "85" not in finding.message


def test_every_rule_runs_and_has_an_anomaly_and_a_near_miss() -> None:
    swept = {each.id for each in SWEPT}
    assert {each.id for each in RULES.values() if each.decided is Decided.SWEEP} <= swept
    assert {name[:3] for name, (_build, expected) in CASES.items() if expected} == swept
    assert {name[:3] for name, (_build, expected) in CASES.items() if not expected} == swept
    assert set(WAITING) <= swept
