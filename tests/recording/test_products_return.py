"""Products of used batteries at the end of their use: they come back, and what is in them gets lives of its own."""

from __future__ import annotations

from datetime import date

import pytest

from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Recorded, Reporter
from tests.recording.making import LAWFUL, STORE_OF_MODULES, dismantled, equipped, given, held, modular, module, product, refused, reprocess
from tests.recording.world import FIRMS, NOW, Book, E, code, rows

TESTED = {"method": "M", "capacityAh": 1.0, "resistanceMilliohm": 1.0, "insulationMegaohm": 1.0, "grade": "A", "route": "REPROCESS_INTO_PRODUCT"}


@pytest.fixture
async def yard(book: Book) -> Book:
    """A recycler that holds pack 1, of four modules, tested."""
    await held(await equipped(book), 1, pack=modular)
    return book


def rack(number: int, place: int) -> str:
    """The code of a module of the product of that number."""
    head = ("0R2", ProductType.MODULE, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K")
    return make_battery_code(*head, date(2026, 5, 16), 10 * number + place, traceability_code="00021A5")


async def test_a_product_comes_back_and_gives_its_modules_back(yard: Book) -> None:
    """Made of two modules of pack 1, sold, retired by its buyer, handed in and taken apart: its modules live on, what it was made of is at its end."""
    assert isinstance((await yard.tell("recycler", dismantled(1, module(1, 1), module(1, 2))))[0], Recorded)
    for place in (1, 2):
        await yard.tell("recycler", given(E.GRADED, module(1, place), 13, f"g{place}", **TESTED))
    goods, modules = product(1, made=date(2026, 5, 20)), [{"code": rack(1, place), "cellCount": 26, "massKg": 80.0} for place in (1, 2)]
    made = {"at": 14, "modelId": STORE_OF_MODULES}
    untold = await reprocess(yard, goods, module(1, 1), module(1, 2), **made)
    assert refused(untold) == "MODULE_COUNT", "nobody else could say what is in it"
    assert untold.message == "modules: None is told; a product is reported with all of its modules, and the model has 2."
    assert isinstance(await reprocess(yard, goods, module(1, 1), module(1, 2), modules=modules, **made), Recorded)
    retired = given(E.RETIRED, goods, 40, "r", reason="worn")
    sold = given(E.PRODUCT_SOLD, goods, 16, "s", fieldOfUse=LAWFUL["fieldOfUse"], standard=LAWFUL["standard"], buyer=FIRMS["swap"])
    (early,) = await yard.tell("recycler", given(E.RETIRED, goods, 15, "e", reason="worn"))
    assert refused(early) == "ILLEGAL_TRANSITION", "it is not in use"
    await yard.tell("recycler", sold)
    assert refused((await yard.tell("recycler", given(E.RETIRED, goods, 40, "n", reason="worn")))[0]) == "NOT_CUSTODIAN"
    offer = given(E.HANDED_OVER, goods, 41, "h", receiver=FIRMS["recycler"], purpose="UTILIZATION", declaredMassKg=200.0, filingNumber="F-2026-1")
    assert all(isinstance(each, Recorded) for each in await yard.tell("swap", retired, offer))
    apart = given(E.DISMANTLED, goods, 44, "d", massKg=200.0, released=[{"code": rack(1, 1)}, {"code": rack(1, 2), "massKg": 79.5}])
    stolen = given(E.DISMANTLED, goods, 44, "x", massKg=200.0, released=[{"code": module(1, 1)}])
    taken, wrong, ended = await yard.tell("recycler", given(E.RECEIVED, goods, 42, "g", measuredMassKg=200.0), stolen, apart)
    assert (type(taken), refused(wrong), type(ended)) == (Recorded, "RELEASED_UNKNOWN", Recorded)
    states = await rows(yard.database, "select code, status, parent, mass_kg from battery.pack where code = any($1::text[]) order by code",
                        [rack(1, 1), rack(1, 2), module(1, 1), module(1, 2), goods])  # fmt: skip
    assert {row["code"]: (row["status"], row["parent"]) for row in states} == {
        rack(1, 1): ("STORED", goods), rack(1, 2): ("STORED", goods), module(1, 1): ("REPROCESSED", code(1)), module(1, 2): ("REPROCESSED", code(1)),
        goods: ("DISMANTLED", None),
    }  # fmt: skip
    assert [str(each) for each in (await rebuild(yard.database, lambda _stage, _done: None)).differences] == []


@pytest.mark.parametrize("by", ["recycler", "maker", "recycler and repair"])
async def test_a_recycler_remedies_its_own_products_alone(yard: Book, by: str) -> None:
    """Of a battery that it only has, its word would take the recall away; who mends batteries as well may say so."""
    goods = product(1, made=date(2026, 5, 20))
    recall, remedy = {"recall": "RC", "hazard": "leaks"}, {"recall": "RC", "remedy": "a seal"}
    assert isinstance((await yard.tell("maker", given(E.RECALLED, code(1), 9, "recall", **recall)))[0], Recorded)
    report = given(E.RECALL_REMEDIED, code(1), 13, "mended", **remedy)
    roles = {"recycler": {"CU"}, "maker": {"BM"}, "recycler and repair": {"CU", "RS"}}[by]
    (told,) = await record(yard.database, Reporter(FIRMS[by.split()[0]], frozenset(roles)), [report], NOW)
    assert refused(told) == "NOT_CUSTODIAN" if by == "recycler" else isinstance(told, Recorded), told
    assert isinstance((await yard.tell("recycler", dismantled(1, module(1, 1), module(1, 2))))[0], Recorded)
    await yard.tell("recycler", given(E.GRADED, module(1, 1), 13.5, "g", **TESTED))
    modules = [{"code": rack(1, place), "cellCount": 26, "massKg": 40.0} for place in (1, 2)]
    made = {"at": 14, "modelId": STORE_OF_MODULES, "massKg": 90.0, "nominalEnergyKwh": 15.0, "modules": modules}
    assert isinstance(await reprocess(yard, goods, module(1, 1), **made), Recorded)
    if by == "recycler":
        assert isinstance((await yard.tell("recycler", given(E.RECALL_REMEDIED, goods, 15, "own", **remedy)))[0], Recorded)
