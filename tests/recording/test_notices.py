"""Events of no pack: codes that makers file, and sites without a licence that somebody saw; who may report, who reads, and what is filed by them."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from resolvers.batching import Batch, PageArguments
from resolvers.database import door
from resolvers.database.pool import Database
from resolvers.database.tables import NOTICE
from resolvers.ledger.recording.fields import BadReport
from resolvers.ledger.recording.inputs import read_report
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import NewPack, Outcome, Recorded, Refused, Report, Reporter
from tests.door.principals import principal, reading
from tests.recording.making import equipped, held, product, reprocess
from tests.recording.world import DAY_0, FIRMS, MODEL, NOW, Book, E, code, reporter, rows

SEVENTY = {
    "name": "Seventy", "chemistry": "LFP", "cellFormat": "BLADE", "nominalEnergyKwh": 70.5, "nominalCapacityAh": 200.0, "nominalVoltageV": 352.0,
    "massKg": 480.0, "moduleCount": 0, "cellCount": 110, "certifiedOn": "2026-04-02",
}  # fmt: skip
YARD = {"region": "440300", "place": "Behind the market, gate 3", "activity": "DISMANTLING", "circumstances": "Cells are sorted in the open."}
PROVINCES = {"PR44": ("PR", "44"), "PR35": ("PR", "35"), "MI": ("MI",), "ME": ("ME",), "SA": ("SA",)}
OFFICE = "11100000000013039Y"


def filing(at: float, reference: str, **given: Any) -> Report:
    return read_report(E.CODE_FILED, {"manufacturerCode": "0R1", "meaning": "Blade cells, 2026", **given, **_common(at, reference)})


def sighting(at: float, reference: str, **given: Any) -> Report:
    return read_report(E.UNLICENSED_SITE_SEEN, {**YARD, **given, **_common(at, reference)})


def _common(at: float, reference: str) -> dict[str, Any]:
    return {"occurredAt": (DAY_0 + timedelta(days=at)).isoformat(), "clientReference": reference}


def rules(outcomes: list[Outcome]) -> list[str]:
    return [each.code if isinstance(each, Refused) else "DUPLICATE" if each.replayed else "RECORDED" for each in outcomes]


async def seen(database: Database, who: str, *, types: list[str] | None = None, page: PageArguments | None = None) -> list[Any]:
    """What a firm, or an authority, reads in the feed: (seq, type, place or code)."""
    role, *provinces = PROVINCES.get(who) or ({"maker": "BM", "maker2": "BM", "repair": "RS", "scrap": "SD", "recycler": "CU"}[who],)
    opened = reading(database, principal(FIRMS.get(who, OFFICE), role, jurisdiction=tuple(provinces)), NOW)
    (told,) = await door.notices(opened, Batch([None], tuple(NOTICE.columns), {"types": types} if types else {}, page or PageArguments(limit=20, count=True)))
    opened.close()
    assert page is not None or told.total == len(told.rows)
    return [(row["seq"], row["type"], row["place"] or row["specification_code"] or row["traceability_code"]) for row in told.rows]


async def test_what_is_filed_holds_for_the_batteries_of_the_same_batch(book: Book) -> None:
    new = filing(1, "f1", specificationCode="7A", modelId="0R1-70", model=SEVENTY)
    pack = Report(E.PRODUCED, code(1).replace("3K", "7A", 1), DAY_0 + timedelta(days=2), "p1", pack=NewPack("0R1-70"))
    other = Report(E.PRODUCED, code(2).replace("3K", "7A", 1), DAY_0 + timedelta(days=2), "p2", pack=NewPack(MODEL))
    trace = filing(1, "f2", traceabilityCode="00021a5")
    assert rules(await book.tell("maker", new, pack, other, trace)) == ["RECORDED", "RECORDED", "SPECIFICATION", "RECORDED"]
    assert rules(await book.tell("maker", new, trace)) == ["DUPLICATE", "DUPLICATE"]
    assert await rows(book.database, "select model_id, meaning, filed_on from battery.specification where manufacturer_code = '0R1'") == [
        {"model_id": "0R1-70", "meaning": "Blade cells, 2026", "filed_on": date(2026, 5, 7)}
    ]
    assert await rows(book.database, "select code from battery.traceability where manufacturer_code = '0R1'") == [{"code": "00021A5"}]
    (model,) = await rows(book.database, "select maker, name, module_count, cell_count, certified_on from battery.model where id = '0R1-70'")
    assert model == {"maker": FIRMS["maker"], "name": "Seventy", "module_count": 0, "cell_count": 110, "certified_on": date(2026, 4, 2)}
    assert await rows(book.database, "select code, seq from platform.outbox where code like 'filing%' order by seq") == [
        {"code": "filing:0R1", "seq": 1}, {"code": "filing:0R1", "seq": 2},
    ]  # fmt: skip


async def test_what_is_refused_of_a_filing(book: Book) -> None:
    taken = [filing(1, "f1", specificationCode="7A", modelId=MODEL), filing(1, "f2", traceabilityCode="0000001")]
    assert rules(await book.tell("maker", *taken)) == ["RECORDED", "RECORDED"]
    wrong = {
        "FILED_BEFORE": [filing(2, "w1", specificationCode="7A", modelId=MODEL), filing(2, "w2", traceabilityCode="0000001")],
        "MODEL_UNKNOWN": [filing(2, "w3", specificationCode="7B", modelId="0R1-99")],
        "MODEL_ID": [filing(2, "w4", specificationCode="7B", modelId="REC-99", model=SEVENTY)],
        "CLIENT_REFERENCE_REUSED": [filing(2, "f1", specificationCode="7C", modelId=MODEL)],
        "OCCURRED_IN_FUTURE": [filing(900, "w5", specificationCode="7C", modelId=MODEL)],
        "CORRECTION_REFUSED": [
            filing(2, "w6", specificationCode="7A", modelId=MODEL, corrects=9), filing(2, "w7", specificationCode="7C", modelId=MODEL, corrects=1),
            filing(2, "w8", traceabilityCode="0000001", corrects=1),
        ],
    }  # fmt: skip
    for rule, reports in wrong.items():
        assert rules(await book.tell("maker", *reports)) == [rule] * len(reports)
    assert rules(await book.tell("maker2", filing(2, "x", specificationCode="7D", modelId=MODEL))) == ["MANUFACTURER_CODE"]
    assert rules(await book.tell("recycler", sighting(2, "y", operator=FIRMS["recycler"]))) == ["PARTY_ITSELF"]
    assert rules(await book.tell("scrap", filing(2, "z", specificationCode="7D", modelId=MODEL))) == ["ROLE_MAY_NOT_REPORT"]
    declared = filing(3, "d1", specificationCode="7E", modelId="0R1-70", model=SEVENTY)
    again = filing(3, "d2", specificationCode="7F", modelId="0R1-70", model=SEVENTY)
    assert rules(await book.tell("maker", declared, again, filing(3, "d3", specificationCode="7F", modelId="0R1-70"))) == [
        "RECORDED", "MODEL_DECLARED", "RECORDED",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("figures", "rule", "words"),
    [
        ({"massKg": 0.5}, "IMPLAUSIBLE_MASS", "model.massKg: No pack weighs that; it has to be from 1 to 100,000 kg."),
        ({"massKg": 100_001.0}, "IMPLAUSIBLE_MASS", "model.massKg: No pack weighs that"),
        ({"massKg": 70.0}, "IMPLAUSIBLE_ENERGY", "model.nominalEnergyKwh: 70.5 kWh are more than 70 kg can hold; 1 kWh for a kg are the most."),
    ],
)
async def test_a_model_that_no_battery_can_be_of_is_not_declared(book: Book, figures: dict[str, float], rule: str, words: str) -> None:
    (told,) = await book.tell("maker", filing(1, "f1", specificationCode="7A", modelId="0R1-70", model={**SEVENTY, **figures}))
    assert isinstance(told, Refused)
    assert (told.code, words in told.message) == (rule, True)
    assert rules(await book.tell("maker", filing(1, "f2", specificationCode="7A", modelId="0R1-70"))) == ["MODEL_UNKNOWN"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"specificationCode": "7A"}, "modelId"),
        ({}, "specificationCode"),
        ({"specificationCode": "7A", "traceabilityCode": "0000001", "modelId": "M"}, "specificationCode"),
        ({"traceabilityCode": "0000001", "modelId": "M"}, "modelId"),
        ({"traceabilityCode": "000000"}, "traceabilityCode"),
        ({"specificationCode": "7-", "modelId": "M"}, "specificationCode"),
        ({"specificationCode": "7A", "modelId": "M", "model": {**SEVENTY, "chemistry": "WOOD"}}, "model.chemistry"),
        ({"specificationCode": "7A", "modelId": "M", "model": {**SEVENTY, "colour": "red"}}, "model.colour"),
        ({"specificationCode": "7A", "modelId": "M", "code": code(1)}, "code"),
    ],
)
def test_a_filing_that_is_malformed(given: dict[str, Any], field: str) -> None:
    with pytest.raises(BadReport) as bad:
        filing(1, "f1", **given)
    assert bad.value.field == field


async def test_a_specification_that_is_filed_after_its_first_battery_is_late(book: Book) -> None:
    assert isinstance(await book.one("maker", 1, E.PRODUCED), Recorded)
    told = await book.tell("maker", filing(5, "f1", specificationCode="3K", modelId=MODEL), filing(5, "f2", specificationCode="3L", modelId=MODEL))
    assert [each.late for each in told if isinstance(each, Recorded)] == [True, False]


async def test_a_traceability_code_that_is_filed_after_its_first_battery_is_late(book: Book) -> None:
    """Whatever stands before it in the battery's code; and what looks like it in a code of the form without one is none."""
    await equipped(book)
    await held(book, 1)
    reused = product(1, reused=True)
    await reprocess(book, reused, 1)
    assert reused[7:14] != code(1)[7:14]
    wanted = {"00021A5": True, "00021A6": False}
    told = await book.tell("maker", *(filing(5, name, traceabilityCode=name) for name in wanted))
    assert [each.late for each in told if isinstance(each, Recorded)] == list(wanted.values())
    (told,) = await book.tell("recycler", filing(20, "own", manufacturerCode="0R2", traceabilityCode=reused[7:14]))
    assert isinstance(told, Recorded)
    assert not told.late
    # A correction is as late as what it corrects, and no later.
    assert isinstance((await book.tell("maker", filing(2, "spec", specificationCode="7A", modelId="0R1-70", model=SEVENTY)))[0], Recorded)
    pack = Report(E.PRODUCED, code(8).replace("3K", "7A", 1), DAY_0 + timedelta(days=2), "p8", pack=NewPack("0R1-70"))
    assert rules(await book.tell("maker", pack)) == ["RECORDED"]
    (told,) = await book.tell("maker", filing(9, "right", specificationCode="7A", modelId="0R1-70", meaning="Other", corrects=3))
    assert isinstance(told, Recorded)
    assert not told.late


async def test_a_correction_says_another_meaning_and_a_rebuild_finds_the_same(book: Book) -> None:
    first = filing(1, "f1", specificationCode="7A", modelId="0R1-70", model=SEVENTY)
    second = filing(9, "f2", specificationCode="7A", modelId="0R1-70", meaning="Blade cells", corrects=1)
    assert rules(await book.tell("maker", first, second, filing(9, "f3", specificationCode="7A", modelId="0R1-70", corrects=1))) == [
        "RECORDED", "RECORDED", "CORRECTION_REFUSED",
    ]  # fmt: skip
    assert rules(await book.tell("repair", sighting(3, "s1"))) == ["RECORDED"]
    stored = "select meaning, filed_on::text as day from battery.specification"
    assert await rows(book.database, stored) == [{"meaning": "Blade cells", "day": "2026-05-07"}]
    assert not (await rebuild(book.database, lambda _table, _done: None)).differences
    async with book.database.transaction("ledger") as connection:
        await connection.execute("update battery.specification set meaning = 'x'")
        await connection.execute("delete from enterprise.notice_reader where grantee = 'province:44'")
    wrong = (await rebuild(book.database, lambda _table, _done: None, write=True)).differences
    assert [str(each) for each in wrong] == [
        "battery.specification 0R1 7A: differs (meaning)", f"enterprise.notice_reader sightings:{FIRMS['repair']} province:44 1: is missing",
    ]  # fmt: skip
    assert not (await rebuild(book.database, lambda _table, _done: None)).differences
    assert await rows(book.database, stored) == [{"meaning": "Blade cells", "day": "2026-05-07"}]


async def test_a_sighting_is_read_by_its_reporter_its_province_and_the_authorities_of_its_field(book: Book) -> None:
    place = YARD["place"]
    assert rules(await book.tell("repair", sighting(3, "s1", operator=FIRMS["scrap"]), sighting(4, "s2", place="A barn", region="350100"))) == ["RECORDED"] * 2
    assert rules(await book.tell("maker", filing(1, "f1", specificationCode="7A", modelId=MODEL))) == ["RECORDED"]
    both = [(1, "UNLICENSED_SITE_SEEN", place), (2, "UNLICENSED_SITE_SEEN", "A barn")]
    filed = (1, "CODE_FILED", "7A")
    told = {who: await seen(book.database, who) for who in ("repair", "maker", "scrap", "recycler", "maker2", *PROVINCES)}
    assert told == {
        "repair": both, "maker": [filed], "scrap": [], "recycler": [], "maker2": [], "PR44": both[:1], "PR35": [both[1], filed],
        "MI": [*both, filed], "ME": both, "SA": [filed],
    }, "the firm whose site it is reads nothing of it"  # fmt: skip
    assert await seen(book.database, "MI", types=["CODE_FILED"]) == [filed]
    assert await seen(book.database, "MI", page=PageArguments(limit=1)) == both[:1]


async def test_an_authority_reads_what_it_saw_elsewhere_itself(book: Book) -> None:
    office = Reporter(OFFICE, frozenset({"PR"}), frozenset({"35"}))
    assert rules(await record(book.database, office, [sighting(3, "s1")], NOW)) == ["RECORDED"]
    assert [each[0] for each in await seen(book.database, "PR35")] == [1]


async def test_the_feed_goes_on_from_a_cursor_without_a_gap(book: Book) -> None:
    opened = reading(book.database, principal(FIRMS["repair"], "RS"), NOW)
    cursor, found = None, []
    for number in range(5):
        assert rules(await book.tell("repair", sighting(number, f"s{number}"))) == ["RECORDED"]
        page = PageArguments(limit=20, cursor=cursor) if cursor else PageArguments(limit=20)
        (told,) = await door.notices(opened, Batch([None], ("place",), {}, page))
        opened.close()
        found.append([row["seq"] for row in told.rows])
        cursor = told.cursors[-1]
    assert found == [[1], [2], [3], [4], [5]]


async def test_reports_of_one_history_by_many_at_once_are_each_recorded_once(book: Book) -> None:
    tries = [[sighting(n, f"s{n}"), sighting(n, f"s{(n + 1) % 8}" if n % 2 else f"s{n}")] for n in range(8)]
    told = await asyncio.gather(*(record(book.database, reporter("repair"), each[:1], NOW) for each in tries * 3))
    assert sorted(rules([each for outcomes in told for each in outcomes])) == ["DUPLICATE"] * 16 + ["RECORDED"] * 8
    assert await rows(book.database, "select count(*) as n, max(seq) as last from enterprise.notice") == [{"n": 8, "last": 8}]
    filings = [filing(1, f"f{n}", specificationCode="7A", modelId=MODEL) for n in range(8)]
    told = await asyncio.gather(*(record(book.database, reporter("maker"), [each], NOW) for each in filings))
    assert sorted(rules([each for outcomes in told for each in outcomes])) == ["FILED_BEFORE"] * 7 + ["RECORDED"]
