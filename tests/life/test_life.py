"""A thousand packs from the plant to what becomes of them, by all parties as clients over HTTP, streams and batches of mutations alike: every type of event is
sent, what is refused is refused by its own rule, rules find what was planted and nothing else, and what came in went out."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import pytest

from resolvers.database.recording_write import insert
from resolvers.ledger.enterprise_rows import Licence
from resolvers.ledger.findings.register import ON_ARRIVAL
from resolvers.ledger.recording.forms import FIELDS
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.reporting import field_of
from tests.conftest import Databases
from tests.life.anomalies import FORBIDDEN, SEEDED, planted, refusals
from tests.life.script import PACKS, Step, lawful
from tests.recording.making import equipped
from tests.recording.world import FIRMS, Book, E, code, rows
from tests.reporting.serving import Parties, parties_of

MUTATION: Final = "mutation ($events: [LifecycleEventInput!]!) { told: reportLifecycleEvents(events: $events) { outcome rule } }"
# Who sends batches of mutations; the others send streams.
BY_MUTATION: Final = frozenset({"repair", "swap"})
Told = Mapping[str, str]
"""What each reference was answered: the code of a refusal, or "" for what is recorded."""


async def stream(parties: Parties, by: str, events: Sequence[Mapping[str, Any]]) -> list[str]:
    """The same events as lines of /ingest."""
    headers = {"Authorization": "Bearer " + await parties.token(by), "Content-Type": "application/x-ndjson"}
    body = b"".join(json.dumps(each).encode() + b"\n" for each in events)
    async with parties.http.post(parties.url + "/ingest", data=body, headers=headers) as response:
        answers = [json.loads(line) for line in (await response.text()).splitlines()]
    assert answers[-1]["outcome"] == "ok"
    return [each.get("error", {}).get("code", "") for each in answers[:-1]]


async def batch(parties: Parties, by: str, events: Sequence[Mapping[str, Any]]) -> list[str]:
    given = [{field_of(E(each["type"])): {name: value for name, value in each.items() if name != "type"}} for each in events]
    told = (await parties.ask(by, MUTATION, {"events": given}))["data"]["told"]
    return [each["rule"] or "" for each in told]


@pytest.fixture(scope="module")
async def lived(databases: Databases) -> AsyncIterator[tuple[Parties, list[Step]]]:
    """All of it has happened; each report was answered as the script says."""
    database = await databases.make()
    async with parties_of(database) as parties:
        await equipped(Book(database, itertools.count(10_000)))
        async with database.transaction("ledger") as connection:
            licence = ("L-1", "COMPREHENSIVE_UTILIZATION", "Test office", date(2020, 1, 1), None, 1e6)
            await insert(connection, [Licence(FIRMS["recycler"], *licence), Licence(FIRMS["recycler2"], *licence)])
        steps = sorted([*lawful(), *planted(), *refusals()], key=lambda each: (each.day, each.by))
        for (_, by), turn in itertools.groupby(steps, lambda each: (each.day, each.by)):
            own = list(turn)
            told = await (batch if by in BY_MUTATION else stream)(parties, by, [each.event for each in own])
            wrong = [(each.event, each.refused, answer) for each, answer in zip(own, told, strict=True) if each.refused != answer]
            assert wrong == [], wrong[:3]
        yield parties, steps
    await databases.drop(database)


COUNTED = """
select type, count(*)::int as n from (select type from battery.event union all select type from enterprise.notice) e group by type"""


async def test_every_type_of_event_is_sent_and_recorded(lived: tuple[Parties, list[Step]]) -> None:
    """A type that comes later has to come into the script, too."""
    parties, steps = lived
    recorded = Counter(each.event["type"] for each in steps if not each.refused)
    assert set(recorded) == {str(each) for each in FIELDS}
    stored = {row["type"]: row["n"] for row in await rows(parties.database, COUNTED)}
    # A product begins as one that was produced, and each source ends in it; what went into a batch ends in it; and what came out of a pack begins.
    recorded["PRODUCED"] += recorded["REPROCESSED"]
    recorded["RECYCLED"] = sum(len(each.event["inputs"]) for each in steps if each.event["type"] == "RECYCLED" and not each.refused)
    recorded["RELEASED"] = sum(len(each.event.get("released", ())) for each in steps if each.event["type"] == "DISMANTLED" and not each.refused)
    assert recorded["RELEASED"] >= 500
    assert stored == recorded


async def test_the_projections_are_what_a_rebuild_makes_of_the_events(lived: tuple[Parties, list[Step]]) -> None:
    found = await rebuild(lived[0].database, lambda _stage, _done: None)
    assert [str(each) for each in found.differences] == []
    assert found.packs >= PACKS


async def test_each_rule_finds_its_anomaly_and_nothing_else(lived: tuple[Parties, list[Step]]) -> None:
    found = [(row["rule"], row["code"]) for row in await rows(lived[0].database, "select rule, code from battery.finding order by rule")]
    assert found == sorted([*((rule, code(number)) for rule, number in SEEDED.items()), ("R13", FORBIDDEN)])
    assert {rule for rule, _ in found} == {each.id for each in ON_ARRIVAL}


async def test_what_the_recycler_took_in_went_out_or_is_there(lived: tuple[Parties, list[Step]]) -> None:
    """Mass in equals mass out by batch, by disposal and in products, and what is still in the yard."""
    database, party = lived[0].database, FIRMS["recycler"]
    taken = "select coalesce(sum((details->>$2)::float8), 0) as kg from battery.event where reporter = $1 and type = $3"

    async def kg(kind: str, name: str) -> float:
        ((total,),) = [row.values() for row in await rows(database, taken, party, name, kind)]
        return float(total)

    received = await kg("RECEIVED", "measuredMassKg")
    inputs = "select sum(mass_kg)::float8 as kg, count(*)::int as n, count(distinct code)::int as codes from battery.recovery_input"
    ((recycled, times, items),) = [row.values() for row in await rows(database, inputs)]
    out = recycled + await kg("DISPOSED", "massKg") + await kg("HANDED_OVER", "declaredMassKg")
    ended = "select status, count(*)::int as n, sum(mass_kg)::float8 as kg from battery.pack where custodian = $1 and code like '0R1%' group by status"
    there = {row["status"]: row for row in await rows(database, ended, party)}
    assert received == pytest.approx(out + there["REPROCESSED"]["kg"])
    assert there.keys() == {"RECYCLED", "DISPOSED", "REPROCESSED"}
    # Each pack, and each part of one, went into one batch, once.
    assert times == items == there["RECYCLED"]["n"]
    # And at the end of it is lithium: of each batch a hundredth of its mass, and 95 % of that was recovered.
    lithium = "select sum(input_kg)::float8 as a, sum(recovered_kg)::float8 as b from battery.recovery_output where element = 'Li'"
    ((there_was, recovered),) = [row.values() for row in await rows(database, lithium)]
    assert (there_was, recovered) == (pytest.approx(recycled / 100), pytest.approx(recycled / 100 * 0.95))


async def test_the_same_lives_sent_again_change_nothing(lived: tuple[Parties, list[Step]]) -> None:
    parties, steps = lived
    before = await rows(parties.database, "select count(*)::int as n from battery.event")
    own = [each.event for each in steps if each.by == "scrap" and not each.refused]
    assert set(await stream(parties, "scrap", own)) == {""}
    assert await rows(parties.database, "select count(*)::int as n from battery.event") == before


async def test_everybody_sees_its_part_of_it(lived: tuple[Parties, list[Step]]) -> None:
    parties, _ = lived
    query = "{ batteries(filter: {status: {eq: RECYCLED}}, first: 1) { totalCount nodes { code status events(first: 50) { nodes { type } } } } }"
    counts = {by: (await parties.ask(by, query))["data"]["batteries"]["totalCount"] for by in ("maker", "oem", "recycler", "miit", "maker2", "oem2")}
    many = "select count(*)::int as n, count(*) filter (where parent is null)::int as packs from battery.pack where status = 'RECYCLED'"
    ((recycled, packs),) = [row.values() for row in await rows(parties.database, many)]
    # Who made the cars that packs were in has nothing to do with what came out of them.
    assert counts == {"maker": recycled, "oem": packs, "recycler": recycled, "miit": recycled, "maker2": 0, "oem2": 0}
    assert recycled > packs
