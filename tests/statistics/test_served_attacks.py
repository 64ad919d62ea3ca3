"""Attacks on statistics as they are served: parties that have HTTP alone ask everything, in versions and with trackers, and an auditor adds it up.

The seed of a slice is printed; CELLGATE_SEED repeats it. Committed seeds go with it, and seeded bugs that each has to be found by the same slice.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import os
import random
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from auth.entitlements import load_matrix
from auth.keys import KeyRing, load_or_make
from gateway.app import clock
from gateway.foundation import KEYS, Foundation
from resolvers.database import statistics, statistics_publish
from resolvers.database.auth_store import AuthStore
from resolvers.database.reading import DoorSettings
from resolvers.database.statistics_publish import publish, published_terms
from resolvers.demo.clients import register_demo_clients
from resolvers.demo.load import load
from resolvers.demo.registry import DEMO_PROVINCE
from resolvers.ledger.seed import custody_grace, seed_regions
from resolvers.ledger.statistics import disclosure, publication
from resolvers.ledger.statistics.circulation import TOTAL, Network, Place
from resolvers.ledger.statistics.disclosure import Table
from resolvers.opaque import Opaque
from tests.statistics import attacks, served
from tests.statistics.attacks import Attacker, Cells, told_by
from tests.statistics.auditor import Auditor, Contradiction
from tests.statistics.drawing import SAFETY, TERMS, left, sides
from tests.statistics.served import ATTACKERS, COMPANIES, MONTH, PARTIES, Asking, Heard, Question
from tests.web.pages import WORLD, Pages, pages_over

LONG = os.environ.get("CELLGATE_PROFILE") == "long"
COMMITTED = (11, 26)
# Questions of each party beside those that everybody asks.
QUESTIONS = 400 if LONG else 50
HOME = (DEMO_PROVINCE,)
# Who puts answers together with one who has no figures of its own in the tables; two who have are not kept from each other (docs/row-policy.md, section 17).
COLLUDING = (("automaker", "public"), ("automaker", "recycler"), ("province", "public"))


LISTED = """query ($after: String) { batteries(first: 100, after: $after) { nodes { chemistry status } pageInfo { hasNextPage endCursor } } }"""


@dataclass(frozen=True, slots=True)
class Stage:
    """The demonstration without statistics of the month, to be copied."""

    template: str
    foundation: Foundation
    databases: Any

    @asynccontextmanager
    async def copy(self) -> AsyncIterator[tuple[Foundation, Pages]]:
        database = await self.databases.make(self.template)
        foundation = replace(self.foundation, database=database)
        async with pages_over(foundation) as pages:
            yield foundation, pages
        await self.databases.drop(database)


@pytest.fixture(scope="module")
async def stage(databases: Any) -> AsyncIterator[Stage]:
    database = await databases.make()
    await load(WORLD, database)
    await seed_regions(database)
    with tempfile.TemporaryDirectory(prefix="cellgate-attacked-") as folder:
        keys = Path(folder) / KEYS
        door = DoorSettings(load_matrix(), await custody_grace(database))
        await register_demo_clients(AuthStore(database), keys, PARTIES, clock())
        foundation = Foundation(Path(folder), database, KeyRing(keys, load_or_make(keys)), door, Opaque(bytes(range(64))))
        await database.close()
        yield Stage(databases.name_of(database), foundation, databases)


@dataclass(slots=True)
class Slice:
    """One attack: two publications, everybody's questions after each, and what there was each time."""

    heard: dict[str, Heard]
    sales: list[Cells]
    flows: list[Cells]
    masses: list[Cells]
    batches: list[Cells]
    found: list[str]


async def attacked(stage: Stage, seed: int, number: int = QUESTIONS, edges: Sequence[tuple[int, ...]] = (), masses: Sequence[Any] = ()) -> Slice:
    """Everything that is asked and told from that seed."""
    dice = random.Random(seed)
    # Drawn apart, so that the others are what they were.
    scales = random.Random(f"{seed} masses")
    made = Slice({party: Heard() for party in ATTACKERS}, [], [], [], [], [])
    async with stage.copy() as (foundation, pages):
        database = foundation.database
        sold, flowed = await served.drawn_sales(database, dice, edges), await served.drawn_flows(database, dice)
        weighed = await served.drawn_masses(database, scales, masses)
        firms = await served.firms(database, "OEM", 3)
        asked = served.questions(dice, number, firms)
        await served.add(database, {**sold, **flowed, **weighed})
        await publish(database, served.OPEN)
        asking = [Asking(pages, foundation.base, party) for party in ATTACKERS]
        early = await asking[0].graph(served.PUBLISHED, cube="SALES", month=str(MONTH))
        made.found += ["a month is published before it is closed"] * bool(early["statistics"]["published"])
        for time, day in enumerate((served.CLOSED, served.REVISED)):
            if time:
                await served.add(database, {**served.late(sold, dice), **served.late(flowed, dice), **served.late_masses(weighed, scales)})
            await publish(database, day)
            made.sales.append(await served.sales(database))
            made.flows.append(await served.flows(database))
            made.masses.append(await served.masses(database))
            made.batches.append(await served.batches(database))
            for each in asking:
                await each.ask(made.heard[each.party], asked, time)
        for each in asking:
            made.found += await exported(each, made.heard[each.party])
    return made


async def exported(asking: Asking, heard: Heard) -> list[str]:
    """What tables say otherwise than the graph."""
    found = []
    values = [each["value"] for each in heard.published["SALES", 1]]
    lines = await asking.table("application/x-ndjson", served.PUBLISHED, cube="SALES", month=str(MONTH), version=1)
    if lines is None or [each["value"] for each in map(json.loads, lines.splitlines())] != values:
        found.append(f"{asking.party}: the published table is another one as lines")
    text = await asking.table("text/csv", served.PUBLISHED, cube="SALES", month=str(MONTH), version=1)
    if text is None or [float(each["value"]) if each["value"] else None for each in csv.DictReader(io.StringIO(text, newline=""))] != values:
        found.append(f"{asking.party}: the published table is another one as CSV")
    told = heard.exact[-1].get(Question("sales", ("PROVINCE", "CHEMISTRY")))
    text = await asking.table("text/csv", served.EXACT, **{"from": str(MONTH), "to": str(MONTH), "by": ["PROVINCE", "CHEMISTRY"]})
    exact = None if text is None else [int(each["packs"]) for each in csv.DictReader(io.StringIO(text, newline=""))]
    if exact != (None if told is None else [each["packs"] for each in told]):
        found.append(f"{asking.party}: exact figures are others as a table: {exact}")
    return found


def findings(made: Slice) -> list[str]:
    """Everything that somebody was told and should not have been."""
    found = list(made.found)
    for party, heard in made.heard.items():
        if heard.published != made.heard["public"].published:
            found.append(f"{party}: what is published differs from party to party")
        if party in COMPANIES and (heard.open_to_all or any(heard.exact)):
            found.append(f"{party}: exact figures are answered: {heard.open_to_all} {[[*each] for each in heard.exact]}")
    for party, *others in (*((each,) for each in ATTACKERS), *COLLUDING):
        try:
            found += [f"{party} with {others}: {each}" for each in recovered(made, party, others)]
        except Contradiction as contradiction:
            found.append(f"{party} with {others}: {contradiction}")
    return found + misrounded(made) + foreign(made)


def recovered(made: Slice, party: str, others: Collection[str] = ()) -> list[Any]:
    """What the auditor tells from the answers of all of them, for who the first is: the others have no figures of their own in these tables."""
    heard, own = [made.heard[each] for each in (party, *others)], PARTIES[party].uscc
    stripped = [left(each, "") for each in made.flows]
    if party == "province":
        return [
            *told_by(attacks.authority(HOME[0]), made.sales, lambda adding: auditor(heard, "SALES", made.sales, attacks.authority(HOME[0]), adding)),
            *told_by(attacks.of_flows(HOME[0]), made.flows, lambda adding: auditor(heard, "CUSTODY_FLOWS", made.flows, attacks.of_flows(HOME[0]), adding)),
            *weighed(attacks.authority(HOME[0]), heard, made),
        ]
    attacker = attacks.outsider() if party == "public" else attacks.enterprise(own)
    return [
        *told_by(attacker, made.sales, lambda adding: auditor(heard, "SALES", made.sales, attacker, adding)),
        *told_by(attacker, stripped, lambda adding: auditor(heard, "CUSTODY_FLOWS", stripped, attacker, adding)),
        *weighed(attacker, heard, made),
    ]


def weighed(attacker: Attacker, heard: Collection[Heard], made: Slice) -> list[Any]:
    """The same of masses, which are in g, and of records beside them."""
    return told_by(attacker, made.masses, lambda adding: auditor(heard, "RECOVERY", made.masses, attacker, adding), counts=made.batches)


def auditor(heard: Collection[Heard], cube: str, kept: list[Cells], attacker: Attacker, adding: Collection[int]) -> Auditor:
    """All that was told, as constraints; of the truth only what the party has in its own books."""
    rows, columns = sides({place: {} for cells in kept for place in cells})
    least = []
    for cells in kept:
        rest = attacker.rest(cells)
        least.append({place: sum(shares.values()) - sum(rest.get(place, {}).values()) for place, shares in attacker.whole(cells).items()})
    made = Auditor(rows, columns, len(kept), least, adding)
    for each, number in itertools.product(heard, range(len(kept))):
        told = dict(served.placed(cube, each.published[cube, number + 1]))
        for place in ((row, column) for row in (*rows, TOTAL) for column in (*columns, TOTAL)):
            value = told.get(place, 0.0)
            if place not in told:
                made.learn(place, 0, number)
            elif value is not None:
                made.learn_about(place, *served.between(cube, value), number)
        for question, answer in each.exact[number].items():
            parted = {"ENTERPRISE", "ROLE", "KIND"} & {*question.by, *(["ENTERPRISE"] * bool(question.enterprise))}
            if cube == "SALES" and question.field == "sales" and not parted:
                learn_exactly(made, question, answer, attacker.row, number)
            if cube == "RECOVERY" and question.field == "recovery" and not parted - {"KIND"} and not question.chemistry:
                for row in answer:
                    province = row["province"]["code"][:2] if row["province"] else question.province or attacker.row or TOTAL
                    made.learn((province, row["element"]), round(1000 * row["recoveredKg"]), number)
    return made


def learn_exactly(made: Auditor, question: Question, answer: list[dict[str, Any]], own: str, version: int) -> None:
    """Rows of exact sales: a province's are of its own, everybody else's would be of the country."""
    for row in answer:
        province = row["province"]["code"][:2] if row["province"] else question.province or own or TOTAL
        made.learn((province, row["chemistry"] or question.chemistry or TOTAL), row["packs"], version)


def misrounded(made: Slice) -> list[str]:
    """Figures that are published otherwise than to the base, or than they are."""
    found = []
    for cube, kept in (("SALES", made.sales), ("CUSTODY_FLOWS", [left(each, "") for each in made.flows])):
        for number, cells in enumerate(kept):
            whole: dict[Place, int] = {place: sum(shares.values()) for place, shares in Table(cells).with_totals().items()}
            for place, value in served.placed(cube, made.heard["public"].published[cube, number + 1]):
                if value is not None and value != SAFETY.base * math.floor(whole.get(place, 0) / SAFETY.base + 0.5):
                    found.append(f"{cube} {place} is published as {value}")
    for number, cells in enumerate(made.masses):
        grams: dict[Place, int] = {place: sum(shares.values()) for place, shares in Table(cells).with_totals().items()}
        for place, value in served.placed("RECOVERY", made.heard["public"].published["RECOVERY", number + 1]):
            if value is not None and value != float(f"{grams.get(place, 0) / 1000:.3g}"):
                found.append(f"RECOVERY {place} is published as {value}")
    return found


def foreign(made: Slice) -> list[str]:
    """Exact rows that a province was told and that are not its own, and parts that are not their total."""
    found = []
    for number, told in enumerate(made.heard["province"].exact):
        for question, answer in told.items():
            provinces = [[each[name]["code"][:2] for name in ("province", "fromProvince", "toProvince") if each.get(name)] for each in answer]
            # A flow is of both of its ends, of which a question may not tell the one.
            whole = question.field == "sales" or {"PROVINCE", "TO_PROVINCE"} <= set(question.by)
            found += [f"province: {question} answered {each}" for each in provinces if whole and each and HOME[0] not in each]
        total, parts = told[Question("custodyFlows", ())], told[Question("custodyFlows", ("ROLE", "TO_ROLE"))]
        known = {place: sum(shares.values()) for place, shares in left(made.flows[number], HOME[0]).items()}
        rest = {place: sum(shares.values()) - known[place] for place, shares in left(made.flows[number], "").items()}
        if {(each["fromRole"] or "", each["toRole"] or ""): each["packs"] for each in parts} != {place: value for place, value in rest.items() if value}:
            found.append("province: flows are not those that begin or end in it")
        if sum(each["packs"] for each in parts) != sum(each["packs"] for each in total):
            found.append("province: parts of the flows are not their sum")
    return found


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    return int(os.environ.get("CELLGATE_SEED") or request.config.getoption("--hypothesis-seed") or 0)


async def test_the_thresholds_are_those_of_the_rule_table(stage: Stage) -> None:
    async with stage.copy() as (foundation, _pages):
        assert (await published_terms(foundation.database, served.CLOSED)).safety == SAFETY


@pytest.mark.parametrize("number", COMMITTED)
async def test_nobody_recovers_what_is_withheld(stage: Stage, number: int) -> None:
    made = await attacked(stage, number)
    assert findings(made) == []
    published = made.heard["public"].published
    for cube in ("SALES", "RECOVERY"):
        assert any(each["suppressed"] for each in published[cube, 1]), "an attack on nothing"
        assert sum(not each["suppressed"] for each in published[cube, 1]) > 5, "a table that tells nothing"
        assert len(published[cube, 2]) > 5, "revised"
    assert all(made.heard["province"].exact)


async def test_nor_from_a_fresh_seed(stage: Stage, seed: int) -> None:
    for number in range(20 if LONG else 2):
        print(f"seed {seed + number}: CELLGATE_SEED={seed + number}")
        assert findings(await attacked(stage, seed + number)) == [], f"CELLGATE_SEED={seed + number}"


async def test_counts_of_lists_are_of_what_is_listed(stage: Stage) -> None:
    """Filters, complements and counts beside each other: no count tells of packs that the party does not list, however it is narrowed."""
    async with stage.copy() as (foundation, pages):
        for party in ("automaker", "recycler", "battery-maker", "province"):
            asking, nodes, after, more = Asking(pages, foundation.base, party), [], None, True
            while more:
                told = (await asking.graph(LISTED, after=after))["batteries"]
                nodes += told["nodes"]
                after, more = told["pageInfo"]["endCursor"], told["pageInfo"]["hasNextPage"]
            assert nodes, party
            values = {name: sorted({each[name] for each in nodes}) for name in ("chemistry", "status")}
            filters = [(name, [value]) for name in values for value in values[name]]
            filters += [(name, [other for other in values[name] if other != value]) for name in values for value in values[name] if len(values[name]) > 1]
            told = await asking.graph("{ batteryCounts { status packs } all: batteries { totalCount } }")
            assert told["all"]["totalCount"] == len(nodes), party
            assert {each["status"]: each["packs"] for each in told["batteryCounts"]} == Counter(each["status"] for each in nodes), party
            counts = [f"n{n}: batteries(filter: {{{name}: {{in: [{', '.join(some)}]}}}}) {{ totalCount }}" for n, (name, some) in enumerate(filters)]
            told = {}
            for first in range(0, len(counts), 20):
                told |= await asking.graph("{ " + " ".join(counts[first : first + 20]) + " }")
            assert [told[f"n{n}"]["totalCount"] for n in range(len(filters))] == [sum(each[name] in some for each in nodes) for name, some in filters], party


def less_safe(patch: pytest.MonkeyPatch, **terms: Any) -> None:
    """Figures of the rule table taken wrongly."""
    safety = SAFETY._replace(**{name: value for name, value in terms.items() if name in SAFETY._fields})
    others = {name: value for name, value in terms.items() if name not in SAFETY._fields}
    patch.setattr(statistics_publish, "terms", lambda _parameters: TERMS._replace(safety=safety, **others))


def unveiled(patch: pytest.MonkeyPatch) -> None:
    """What is suppressed is written with its figure in place of none: the cube as it is."""
    real = publication.version

    def version(shares: Any, before: Any, given: Any, **more: bool) -> Any:
        made = real(shares, before, given, **more)
        whole = Table({place: {name: share.amount for name, share in parts.items()} for place, parts in shares.items()}).with_totals()
        return made and made._replace(values={place: float(5 * math.floor(sum(whole.get(place, {}).values()) / 5 + 0.5)) for place in made.values})

    patch.setattr(statistics_publish, "version", version)


def forgotten(patch: pytest.MonkeyPatch) -> None:
    """A version as if there had been none before it."""
    real = publication.version
    patch.setattr(statistics_publish, "version", lambda shares, _before, given, **more: real(shares, None, given, **more))


BUGS = {
    "a record too few": lambda patch: less_safe(patch, records=9),
    "a larger share": lambda patch: less_safe(patch, dominance=0.75),
    "another percent": lambda patch: less_safe(patch, percent=7),
    "closed too early": lambda patch: less_safe(patch, closing=0),
    "no secondary suppression": lambda patch: patch.setattr(Network, "protect", lambda *_args, **_more: None),
    "no rounding": lambda patch: patch.setattr(publication, "rounded", lambda value, *_args: float(value)),
    "suppressed cells with their figures": unveiled,
    "versions apart": forgotten,
    "exact figures for everybody": lambda patch: patch.setattr(statistics, "opened", lambda _reading: (True, False)),
    "masses taken for records": lambda patch: patch.setattr(Table, "records_at", lambda _table, _place, shares: sum(map(abs, shares.values()))),
    "masses to more digits": lambda patch: less_safe(patch, digits=5),
    "authorities unheeded": lambda patch: patch.setattr(disclosure, "_authorities", lambda *_args: iter(())),
}
# Where a seeded bug shows: a cell of a shape that it alone decides about, in a table without another.
WEIGHED = {"masses taken for records": served.MASS_EDGES[0]}
SHAPES = {"a record too few": (3, 2, 2, 2), "a larger share": (71, 15, 14), "another percent": (50, 46, 4)}


@pytest.mark.parametrize("bug", BUGS)
async def test_a_seeded_bug_is_found(stage: Stage, bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS[bug](monkeypatch)
    edges, masses = [SHAPES[bug]] if bug in SHAPES else [], [WEIGHED[bug]] if bug in WEIGHED else []
    for number in range(COMMITTED[0], COMMITTED[0] + 12):
        try:
            found = findings(await attacked(stage, number, 0, edges, masses))
        except AssertionError as failed:
            found = [str(failed)]
        if found:
            return
    raise AssertionError(f"{bug}: not found")
