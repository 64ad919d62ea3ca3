"""The oracle: random (world, party, operation) triples through the real gateway, no row or field more and none less."""

from __future__ import annotations

import asyncio
import csv
import random
import subprocess
import sys
from pathlib import Path

import pytest

from resolvers.database import embedded
from schema.graph import load_graphs
from tests.oracle import vocabulary as words
from tests.oracle import world
from tests.oracle.apart import slice_apart
from tests.oracle.interference import other_world
from tests.oracle.law import RIGHTS
from tests.oracle.operations import CLOSED_BY, Asker
from tests.oracle.setting import GRACE, MOMENT
from tests.oracle.slices import Measured

ROOT = Path(__file__).resolve().parents[2]
SEED = 20_261_120
FRESH_WORLDS = 12


def fresh_seed(config: pytest.Config) -> int:
    """The seed of the run, which its header names."""
    return int(config.getoption("--hypothesis-seed")) % 10**9


def check_floors(measured: Measured, *, hits: int) -> None:
    """So much has to have been asked, and so much of it has to have had something to hide and something to show."""
    assert measured.full >= 0.6 * measured.triples, str(measured)
    assert measured.mixed >= 0.4 * measured.triples, str(measured)
    assert measured.rare(hits) == [], str(measured)


async def measured(server: embedded.Server, seed: int, worlds: int) -> Measured:
    """So many worlds, half of them in each of two processes, one for each core. The first difference fails the test."""
    half = worlds // 2
    parts = [(seed, half), (seed + half, worlds - half)]
    findings = await asyncio.gather(*(slice_apart(server, f"oracle_{first}", first, count, 20) for first, count in parts))
    whole = Measured()
    for finding in findings:
        assert finding.measured is not None, f"{finding.kind}: {finding.text}"
        whole += finding.measured
    return whole


def told(capsys: pytest.CaptureFixture[str], seed: int, found: Measured) -> None:
    """Print what was measured, and the seed that repeats it."""
    with capsys.disabled():
        print(f"\noracle, seed {seed}: {found}", file=sys.stderr)


async def test_two_thousand_triples(server: embedded.Server, capsys: pytest.CaptureFixture[str]) -> None:
    found = await measured(server, SEED, worlds=104)
    told(capsys, SEED, found)
    assert found.triples >= 2000
    assert found.worlds >= 100
    assert found.pairs >= found.triples
    assert found.refused >= 10
    check_floors(found, hits=5)


async def test_a_fresh_seed(server: embedded.Server, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    seed = fresh_seed(request.config)
    found = await measured(server, seed, worlds=FRESH_WORLDS)
    told(capsys, seed, found)
    assert found.triples >= FRESH_WORLDS * 20


@pytest.mark.long
async def test_forty_thousand_triples(server: embedded.Server, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    seed = fresh_seed(request.config)
    found = await measured(server, seed, worlds=2100)
    told(capsys, seed, found)
    check_floors(found, hits=100)


def test_the_matrix_is_the_same_in_other_words() -> None:
    with (ROOT / "auth" / "entitlements.csv").open(encoding="utf-8", newline="") as lines:
        rows = [(*(row[each] for each in ("entity", "role", "category", "relation", "form")), row["facet"]) for row in csv.DictReader(lines)]
    # Statistics are of no row of the oracle's world.
    rows = [each for each in rows if each[0] != "statistics"]
    # The table leaves a part out where its form says it already.
    told = [(*each[:5], "" if each.form in ("pseudonym", "own", "aggregate", "case") else each.part) for each in RIGHTS]
    assert sorted(rows) == sorted(told)


def test_the_oracle_imports_nothing_of_the_project() -> None:
    found = "import sys, tests.oracle.oracle; print([m for m in sys.modules if m.split('.')[0] in ('auth', 'resolvers', 'schema', 'gateway')])"
    done = subprocess.run([sys.executable, "-c", found], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_field_of_the_graph_is_known_to_the_oracle() -> None:
    """A field that comes later has to come here, too, or nobody would ask for it."""
    known = {
        "Battery": {*words.PACK, *words.FACTS, *CLOSED_BY, "model", "otherCode", "sources", "products", "takeBackOutlets", "asOf"},
        "BatteryModel": {*words.MODEL}, "Module": {*words.MODULE}, "Material": {*words.MATERIAL}, "Dismantling": {*words.DISMANTLING},
        "HealthRecord": {*words.HEALTH}, "SafetyEvent": {*words.SAFETY}, "Grading": {*words.GRADING}, "CustodyLeg": {*words.CUSTODY},
        "TakeBack": {*words.TAKE_BACK, "unanswered"},
        "LifecycleEvent": {*words.EVENT}, "Installation": {*words.INSTALLATION}, "RecoveryBatch": {*words.RECOVERY, "elements", *words.PLANT},
        "ProcessStep": {*words.STEP}, "Assay": {*words.ASSAY}, "RecoveredMaterial": {*words.RECOVERED},
        "ElementRecovery": {*words.ELEMENT}, "Vehicle": {*words.VEHICLE, "id", "batteries", "installations", "asOf"},
        "Enterprise": {*words.ENTERPRISE, "obligations", "recoveryRates", "roles", "licences", "outlets", "batteries", "vehicles"},
        "EnterpriseRole": {*words.ROLE},
        "Licence": {*words.LICENCE}, "Outlet": {*words.OUTLET}, "Region": {*words.REGION},
        "Finding": {*words.FINDING, "figures", "messageZh", "cases"}, "FindingFigure": {"name", "value"},
        "Case": {"id", "title", "state", "party", "authority", "province", "provinces", "owners", "openedAt", "changedAt", "dueOn", "findings", "events"},
        "CaseEvent": {"number", "kind", "recordedAt", "author", "role", "text", "state", "dueOn", "toAuthority", "toProvince",
                      "documents", "evidence", "evidenceCodes"},
        "CaseDocument": {"kind", "reference", "sha256"},
        "RecoveryRate": {"month", "element", "inputKg", "recoveredKg", "rate", "normSet", "norm", "meetsNorm", "basis", "confidence"},
        "Obligation": {"duty", "battery", "modelId", "since", "dueOn", "basis", "confidence", "overdue"}, "OtherCode": {"scheme", "value"},
        "Query": {"battery", "batteriesByCode", "batteries", "vehicle", "vehicles", "enterprise", "enterprises", "findings", "case", "cases", "statistics",
                  "lifecycleEvents"},
        "PageInfo": {"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"},
    }  # fmt: skip
    there: dict[str, set[str]] = {}
    for graph in load_graphs().values():
        for type_name, fields in graph.fields.items():
            there.setdefault(type_name, set()).update(fields)
    # What is told in the feed of changes is what the lists hold: tests/recording/test_changes.py, and test_feed.py beside it.
    known["Query"] |= {"changes", "mayAccept", "standards"}
    known["Subscription"] = {"changes"}
    # Held against the lists by tests/statistics/test_view_counts.py.
    known["Query"] |= {"batteryCounts"}
    known["BatteryCount"] = {"status", "packs"}
    known["Standard"] = {"designation", "number", "edition", "title", "validFrom", "validTo", "fieldsOfUse", "basis", "confidence"}
    known |= {"Change": {"event", "battery"}, "Acceptance": {"code", "purpose", "mayAccept", "reasons"}}
    # Of no pack; who reads them: tests/recording/test_notices.py.
    known["Query"] |= {"notices"}
    known["Notice"] = {
        "id", "type", "occurredAt", "recordedAt", "reporter", "late", "corrects", "manufacturerCode", "specificationCode", "traceabilityCode", "meaning",
        "modelId", "region", "place", "activity", "circumstances", "operator", "operatorCode",
        "operatorName",
    }  # fmt: skip
    # The oracle asks and does not write; what a report is answered is read anew, by fields that are known here. Statistics are of no row of its world.
    writing = {"Mutation", "EventReport", "CaseReport", "Statistics", "PublishedCell", *(each for each in there if each.endswith("Statistic"))}
    for type_name, names in ((each, names) for each, names in there.items() if each not in writing):
        listed = {"nodes", "edges", "pageInfo", "totalCount", "totalCountCapped"} if type_name.endswith("Connection") else {"cursor", "node"}
        assert names == (listed if type_name.endswith(("Connection", "Edge")) else known[type_name]), type_name


def test_worlds_are_the_same_for_the_same_seed_and_full_of_edges() -> None:
    assert world.make(7).tables == world.make(7).tables
    grants = [row for seed in range(20) for row in world.make(seed).tables["battery.access"]]
    ends = {row["until_at"] for row in grants}
    assert {MOMENT, MOMENT - GRACE, None} <= ends
    assert any(row["from_at"] > MOMENT for row in grants)


def test_the_other_world_is_another() -> None:
    made = world.make(3)
    party = made.parties[1]
    operations = [Asker(random.Random(3), made, party).operation()]
    other = other_world(made, party, operations, random.Random(3))
    changed = [name for name, rows in made.tables.items() if rows != other.tables[name]]
    assert {"battery.pack", "battery.access", "battery.health", "vehicle.access"} <= set(changed)
    assert "enterprise.enterprise" not in changed
