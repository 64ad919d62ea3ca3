"""Products made of used batteries: the product begins and its sources end in one report, all or nothing, and each end keeps the other's code."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.ledger.recording.fields import BadReport
from resolvers.ledger.recording.report import NewPack, Outcome, Recorded, Refused, Report
from resolvers.ledger.recording.texts import plain_values
from tests.recording.making import LAWFUL, STORE, equipped, held, otherwise, product, reprocess, reprocessed
from tests.recording.making import given as report_of
from tests.recording.world import FIRMS, MODEL, Book, E, code, rows

LINEAGE = "select relation, other from battery.lineage where code = $1 order by relation, other"
STATES = "select code, status from battery.pack order by code"


@pytest.fixture
async def yard(book: Book) -> Book:
    """A recycler that holds packs 1 to 3, tested, and 4, untested; 5 is another recycler's."""
    await equipped(book)
    await held(book, 1, 2, 3)
    await held(book, 4, graded=False)
    await held(book, 5, by="recycler2")
    return book


async def lineage(book: Book, subject: str) -> list[tuple[str, str]]:
    return [(row["relation"], row["other"]) for row in await rows(book.database, LINEAGE, subject)]


def refused(told: Outcome) -> str:
    assert isinstance(told, Refused), told
    return told.code


async def test_several_packs_become_one_product(yard: Book) -> None:
    made = product(1)
    told = await reprocess(yard, made, 1, 2, nominalEnergyKwh=71.5)
    assert isinstance(told, Recorded)
    assert (told.code, told.seq, told.type) == (made, 1, "PRODUCED")
    (pack,) = await rows(yard.database, "select * from battery.pack where code = $1", made)
    assert (pack["status"], pack["is_product"], pack["custodian"], pack["nominal_energy_kwh"]) == ("CODED", True, FIRMS["recycler"], 71.5)
    assert pack["produced_on"] == date(2026, 5, 16)
    assert await lineage(yard, made) == [("SOURCE", code(1)), ("SOURCE", code(2))]
    assert await lineage(yard, code(1)) == await lineage(yard, code(2)) == [("PRODUCT", made)]
    states = {row["code"]: row["status"] for row in await rows(yard.database, STATES)}
    assert [states[code(number)] for number in (1, 2, 3)] == ["REPROCESSED", "REPROCESSED", "GRADED"]
    assert len(await rows(yard.database, "select from platform.outbox where code = any($1)", [made, code(1), code(2)])) >= 3
    again = await reprocess(yard, made, 1, 2, nominalEnergyKwh=71.5)
    assert again == told._replace(replayed=True)


async def test_a_product_of_several_chemistries_is_mixed(yard: Book) -> None:
    await held(yard, 21, pack=otherwise)
    assert isinstance(await reprocess(yard, product(21), 1, 21), Recorded)
    assert isinstance(await reprocess(yard, product(22), 2), Recorded)
    told = await rows(yard.database, "select chemistry from battery.pack where is_product order by code")
    assert [row["chemistry"] for row in told] == ["MIXED", "LFP"]


async def test_a_product_is_made_of_products(yard: Book) -> None:
    assert isinstance(await reprocess(yard, product(1), 1), Recorded)
    assert refused(await reprocess(yard, product(2), product(1))) == "SOURCE_NOT_GRADED", "what is new is not used"


REFUSED: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
    ((1, 4), {}, "SOURCE_NOT_GRADED"),
    ((1, 5), {}, "SOURCE_UNKNOWN"),
    ((1, 77), {}, "SOURCE_UNKNOWN"),
    ((1, 1), {}, "SOURCES_REPEATED"),
    ((1, product(1)), {}, "SOURCE_ITSELF"),
    ((1, 2), {"fieldOfUse": "E_BICYCLE"}, "FIELD_OF_USE_PROHIBITED"),
    ((1, 2), {"fieldOfUse": "POWER_BANK"}, "NO_STANDARD_IN_FORCE"),
    ((1, 2), {"standard": "GB/T 36276-2018"}, "STANDARD_NOT_IN_FORCE"),
    ((1, 2), {"modelId": MODEL}, "MODEL_UNKNOWN"),
    ((1, 2), {"at": 7.5}, "OUT_OF_ORDER"),
    ((1, 2), {"corrects": 1}, "CORRECTION_REFUSED"),
    ((1, 2), {"by": "maker"}, "ROLE_MAY_NOT_REPORT"),
    ((5,), {"by": "recycler2"}, "MANUFACTURER_CODE"),
]


async def test_what_is_refused_changes_nothing(yard: Book) -> None:
    before = await rows(yard.database, STATES)
    events = await rows(yard.database, "select code, seq from battery.event order by code, seq")
    told = [refused(await reprocess(yard, product(1), *sources, **more)) for sources, more, _ in REFUSED]
    assert told == [rule for _, _, rule in REFUSED]
    early = await reprocess(yard, product(1), 1, 2, at=7.5)
    assert isinstance(early, Refused)
    assert early.message.startswith("sourceCodes[0]: "), early
    assert await rows(yard.database, STATES) == before
    assert await rows(yard.database, "select code, seq from battery.event order by code, seq") == events
    assert await rows(yard.database, "select from battery.lineage") == []
    assert isinstance(await reprocess(yard, product(1), 1, 2), Recorded), "nor is the code used up"


async def test_a_product_has_the_code_of_one(yard: Book) -> None:
    """GB/T 34014 has a form for what was reprocessed; under a code of the other form it would pass for new."""
    told = await reprocess(yard, product(1, reused=False), 1, 2)
    assert isinstance(told, Refused)
    assert told.code == "PRODUCT_CODE"
    assert told.message.startswith("code: A product made of used batteries has a code of 19 characters")
    assert "R at position 18" in told.message
    assert isinstance(await reprocess(yard, product(1), 1, 2), Recorded), "nor are its sources used up"


async def test_what_is_hidden_and_what_is_not_there_give_the_same_bytes(yard: Book) -> None:
    assert await reprocess(yard, product(1), 1, 5) == await reprocess(yard, product(1), 1, 77)


async def test_a_source_is_used_once(yard: Book) -> None:
    told = await yard.tell("recycler", reprocessed(product(1), 1, 2), reprocessed(product(2), 2, 3), reprocessed(product(1), 3))
    assert [each.code for each in told] == [product(1), "SOURCE_USED", "DUPLICATE_CODE"]
    assert refused(await reprocess(yard, product(2), 3, 1)) == "SOURCE_USED"
    assert await lineage(yard, code(3)) == []


async def test_two_at_once_make_one_product_of_a_source(yard: Book) -> None:
    told = await asyncio.gather(*(reprocess(yard, product(number), 1 + number % 2, 2 - number % 2, 3) for number in range(1, 7)))
    assert sum(isinstance(each, Recorded) for each in told) == 1
    assert {each.code for each in told if isinstance(each, Refused)} == {"SOURCE_USED"}


async def test_what_belongs_together_is_taken_together(yard: Book) -> None:
    """Reports of one group: a product is not begun where another of the group is refused."""
    pair = [reprocessed(product(1), 1, 2), reprocessed(product(2), 4)]
    told = await yard.tell("recycler", *(Report(**{**{name: getattr(each, name) for name in Report.__slots__}, "group": 1}) for each in pair))
    assert [each.code for each in told] == ["GROUP_REFUSED", "SOURCE_NOT_GRADED"]
    assert await rows(yard.database, "select from battery.pack where code = $1", product(1)) == []
    assert isinstance(await reprocess(yard, product(1), 1, 2), Recorded)


async def test_a_product_is_coded_by_what_it_is_made_of_alone(yard: Book) -> None:
    for subject, pack in ((product(1), NewPack(STORE)),):
        told = await yard.tell("recycler", Report(E.PRODUCED, subject, yard.report(9, E.PRODUCED).occurred_at, "plain", pack=pack))
        assert refused(told[0]) == "PRODUCT_WITHOUT_SOURCES"


async def test_a_product_is_not_imported_without_what_it_is_made_of(book: Book) -> None:
    """A code of 19 characters made a product that came of nothing, where it was told to come from abroad."""
    subject = make_battery_code("0R1", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", date(2026, 5, 6), 1, reused_level=ProductType.PACK)
    for validate_only in (True, False):
        told = await book.tell(
            "maker", report_of(E.IMPORTED, subject, 0.1, "abroad", modelId=MODEL, customsDeclaration="I-1", originCountry="KR"), validate_only=validate_only
        )
        assert refused(told[0]) == "PRODUCT_WITHOUT_SOURCES"
    assert await rows(book.database, "select from battery.pack where code = $1", subject) == []


async def test_a_sale_is_of_a_product_and_takes_its_standard(yard: Book) -> None:
    plain = product(2, reused=False)
    new = Report(E.PRODUCED, plain, yard.report(9, E.PRODUCED).occurred_at, "plain", pack=NewPack(STORE))
    assert isinstance((await yard.tell("recycler", new))[0], Recorded)
    assert isinstance(await reprocess(yard, product(1), 1), Recorded)
    sold = {"fieldOfUse": "STATIONARY_STORAGE", "buyerName": "A farm"}
    told = await yard.tell("recycler", *(report_of(E.PRODUCT_SOLD, each, 20, f"sold {each}", **sold) for each in (plain, product(1))))
    assert [each.code for each in told] == ["NOT_A_PRODUCT", product(1)]


async def test_the_beginning_of_a_product_stands(yard: Book) -> None:
    """Its sources hang on it: a correction that says nothing of them would leave them made into nothing."""
    assert isinstance(await reprocess(yard, product(1), 1), Recorded)
    correction = report_of(E.PRODUCED, product(1), 10, "right", modelId=STORE, corrects=1)
    assert refused((await yard.tell("recycler", correction))[0]) == "CORRECTION_REFUSED"


@pytest.mark.parametrize(
    ("codes", "field", "rule"),
    [
        ([], "sourceCodes", "INVALID_FIELD"),
        ("text", "sourceCodes", "INVALID_FIELD"),
        ([code(1), 7], "sourceCodes", "INVALID_FIELD"),
        ([code(1)] * 1001, "sourceCodes", "INVALID_FIELD"),
        ([code(1), "0R1PB3K0002"], "sourceCodes[1]", "LENGTH"),
        (None, "sourceCodes", "REQUIRED"),
    ],
)
def test_source_codes_that_are_none(codes: Any, field: str, rule: str) -> None:
    with pytest.raises(BadReport) as wrong:
        report_of(E.REPROCESSED, product(1), 10, "r", **LAWFUL, modelId=STORE, testReport="T", sourceCodes=codes)
    assert (wrong.value.field, wrong.value.code) == (field, rule)


def test_the_cells_of_a_table_say_the_same() -> None:
    whole = reprocessed(product(1), 1, 2, reference="r")
    cells = {
        "code": product(1), "occurredAt": whole.occurred_at.isoformat(), "clientReference": "r", "sourceCodes": f"{code(1)}; {code(2)}", "modelId": STORE,
        "testReport": "CQC-1", **LAWFUL,
    }  # fmt: skip
    read = report_of(E.REPROCESSED, product(1), 10, "r", **{name: value for name, value in plain_values(E.REPROCESSED, cells).items() if name not in ("code",)})
    assert read == whole
    assert read.digest() == whole.digest() != reprocessed(product(1), 2, 1, reference="r").digest()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(1, 8), min_size=1, max_size=4), min_size=1, max_size=5))
async def test_each_source_ends_in_one_product_at_most(book: Book, wishes: list[list[int]]) -> None:
    """Against a model of its own: first come, first served, and whoever comes too late gets nothing of what it wanted."""
    if not await rows(book.database, "select from battery.model where id = $1", STORE):
        await equipped(book)
    base = 10 * len(await rows(book.database, "select from battery.pack"))
    await held(book, *range(base + 1, base + 9))
    told = await book.tell("recycler", *(reprocessed(product(base + n), *(base + each for each in wish)) for n, wish in enumerate(wishes, 1)))
    used: dict[int, str] = {}
    for n, (wish, outcome) in enumerate(zip(wishes, told, strict=True), 1):
        fits = len(set(wish)) == len(wish) and not set(wish) & set(used)
        assert isinstance(outcome, Recorded) == fits, (wish, outcome)
        used |= {each: product(base + n) for each in wish} if fits else {}
    links = "select code, other from battery.lineage where relation = 'PRODUCT' and code = any($1)"
    found = await rows(book.database, links, [code(base + n) for n in range(1, 9)])
    assert {row["code"]: row["other"] for row in found} == {code(base + number): made for number, made in used.items()}
