"""What a refusal tells of where a battery stands, and of what could be reported there: true, and nothing of what is hidden from who reported."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resolvers.database.recording_write import insert
from resolvers.database.tables import PACK
from resolvers.ledger.recording.report import Outcome, Recorded, Refused
from resolvers.ledger.rows import Vehicle
from tests.recording.batches import recycle
from tests.recording.making import LAWFUL, equipped, given, held, modular, module, product, reprocess, reprocessed
from tests.recording.making import dismantled as apart
from tests.recording.world import FIRMS, NOW, SWAP_CAR, Book, E, code, vin

PAGE = Path(__file__).parents[2] / "docs" / "ingest.md"
REASON = {"reason": "State of health below 60 %"}
ASKED, ANSWERS = "TAKE_BACK_REQUESTED", {"TAKE_BACK_ACCEPTED", "TAKE_BACK_REFUSED"}
IN_A_VEHICLE = {"SWAP_OUT", "MAINTAINED", "REPLACED", "VEHICLE_SCRAPPED"}
STATION = {"station": "S-1", "stateOfCharge": 80.0, "stateOfHealth": 90.0}


def told(outcome: Outcome, rule: str | None = None) -> tuple[str | None, set[str]]:
    """State and allowed events of a refusal."""
    assert isinstance(outcome, Refused), outcome
    assert rule in (None, outcome.code), outcome
    return outcome.state, set(outcome.allowed)


async def in_swap_car(book: Book) -> None:
    row = Vehicle(vin(9), FIRMS["oem"], SWAP_CAR.model_name, "BEV", True, SWAP_CAR.produced_on, None, None, None, None, None, (FIRMS["oem"],), NOW)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [row])
    for by, at, kind, more in (
        ("maker", 0.1, E.PRODUCED, {}), ("maker", 1, E.SOLD, {"to": "swap"}), ("swap", 2, E.POOLED, {"details": {"pool": "P"}}),
        ("swap", 3, E.SWAP_IN, {"vin": vin(9), "details": STATION}),
    ):  # fmt: skip
        assert isinstance(await book.one(by, at, kind, **more), Recorded), kind


async def test_only_a_swap_model_gives_its_battery_back_to_a_pool(book: Book) -> None:
    await in_swap_car(book)
    # Who holds it and who made the vehicle know of which model that is; the battery's maker is told the same of every vehicle.
    for by, at, kind in (("swap", 2.5, E.RETIRED), ("oem", 20, E.RECEIVED)):
        state, allowed = told(await book.one(by, at, kind, 1, details=REASON))
        assert state == "IN_SERVICE"
        assert allowed >= {"SWAP_OUT", "MAINTAINED"}, by
    swap_model = told(await book.one("maker", 20, E.SOLD, 1, to="oem"), "NOT_CUSTODIAN")
    assert isinstance(await book.one("swap", 20, E.SWAP_OUT, 1, vin=vin(9), details=STATION, validate_only=True), Recorded)
    await book.in_service(2)
    for by, at, kind, more in (("oem", 20, E.RECEIVED, {}), ("oem", 4, E.EXPORTED, {})):
        assert "SWAP_OUT" not in told(await book.one(by, at, kind, 2, **more))[1]
    assert told(await book.one("maker", 20, E.SOLD, 2, to="oem"), "NOT_CUSTODIAN") == swap_model


async def test_a_take_back_that_is_asked_for_is_not_asked_for_again(book: Book) -> None:
    await in_swap_car(book)
    early = ("swap", 2.5, E.RETIRED, {"details": REASON})
    strangers = [("maker", 20, E.SOLD, {"to": "oem"})]

    async def allowed(by: str, at: float, kind: E, more: dict[str, Any]) -> set[str]:
        return told(await book.one(by, at, kind, 1, **more))[1]

    before = [await allowed(*each) for each in strangers]
    assert ASKED in await allowed(*early)
    assert isinstance(await book.one("swap", 4, E.TAKE_BACK_REQUESTED, 1, details=REASON), Recorded)
    state, pending = told(await book.one("swap", 5, E.TAKE_BACK_REQUESTED, 1, details=REASON), "TAKE_BACK_PENDING")
    assert (state, pending & {ASKED, *ANSWERS}) == ("IN_SERVICE", ANSWERS), "who was asked may answer, and who asked knows that"
    assert await allowed("oem", 20, E.RECEIVED, {}) >= ANSWERS, "who was asked"
    assert [await allowed(*each) for each in strangers] == before, "nobody else is told that it is asked for"
    assert isinstance(await book.one("oem", 6, E.TAKE_BACK_REFUSED, 1, details=REASON), Recorded)
    assert ASKED in await allowed(*early)


async def test_who_made_a_battery_cannot_ask_itself(book: Book) -> None:
    await book.one("maker", 0.1, E.PRODUCED)
    state, allowed = told(await book.one("maker", 1, E.TAKE_BACK_REQUESTED, details=REASON), "NOT_OBLIGED")
    assert (state, ASKED in allowed) == ("CODED", False)
    assert "PRODUCT_SOLD" not in allowed, "it is no product"


async def test_a_product_in_its_buyers_use_is_in_no_vehicle(book: Book) -> None:
    await held(await equipped(book), 6)
    assert isinstance(await reprocess(book, product(6), 6), Recorded)
    (early,) = await book.tell("recycler", given(E.RETIRED, product(6), 11, "early", **REASON))
    assert "PRODUCT_SOLD" in told(early)[1]
    sale = {"fieldOfUse": LAWFUL["fieldOfUse"], "standard": LAWFUL["standard"], "buyerName": "A farm"}
    (sold,) = await book.tell("recycler", given(E.PRODUCT_SOLD, product(6), 12, "sold", **sale))
    assert isinstance(sold, Recorded)
    state, allowed = told((await book.tell("recycler", given(E.PRODUCT_SOLD, product(6), 13, "again", **sale)))[0], "ILLEGAL_TRANSITION")
    assert (state, allowed & IN_A_VEHICLE) == ("IN_SERVICE", set())
    assert "RETIRED" in allowed


async def test_a_remedy_is_allowed_while_a_recall_is_open(book: Book) -> None:
    """To whoever has to do with the battery: that it is recalled is category A."""
    assert PACK.column("recalled").categories == ("A",)
    await in_swap_car(book)
    reporters = [("swap", 2.5, E.RETIRED, {"details": REASON}), ("oem", 30, E.RECEIVED, {}), ("maker", 30, E.SOLD, {"to": "oem"})]

    async def named() -> list[bool]:
        return ["RECALL_REMEDIED" in told(await book.one(by, at, kind, 1, **more))[1] for by, at, kind, more in reporters]

    assert not any(await named())
    early = await book.one("maker", 5, E.RECALL_REMEDIED, details={"recall": "RC-1", "remedy": "a seal"})
    assert "RECALL_REMEDIED" not in told(early, "RECALL_UNKNOWN")[1]
    for recall in ("RC-1", "RC-2"):
        assert isinstance(await book.one("maker", 20, E.RECALLED, details={"recall": recall, "hazard": "leaks"}), Recorded)
    assert all(await named())
    for recall, open_yet in (("RC-1", True), ("RC-2", False)):
        assert isinstance(await book.one("maker", 25, E.RECALL_REMEDIED, details={"recall": recall, "remedy": "a seal"}), Recorded)
        assert await named() == [open_yet] * 3


@pytest.mark.parametrize("source", [1, 2])
async def test_a_source_that_is_wrong_is_the_one_whose_state_is_told(book: Book, source: int) -> None:
    await held(await equipped(book), 1, 3)
    await held(book, 2, graded=False)
    assert isinstance(await reprocess(book, product(1), 1), Recorded)
    wrong = (await book.tell("recycler", reprocessed(product(2), 3, source)))[0]
    state, allowed = told(wrong, {1: "SOURCE_USED", 2: "SOURCE_NOT_GRADED"}[source])
    assert isinstance(wrong, Refused)
    assert wrong.message.startswith("sourceCodes[1]: ")
    assert (state, "GRADED" in allowed) == {1: ("REPROCESSED", False), 2: ("STORED", True)}[source]
    # A code that was given before is a battery of the maker's own; where that is of somebody else, nothing is told of it.
    assert told(await reprocess(book, product(1), 3), "DUPLICATE_CODE")[0] == "CODED"


async def test_what_is_refused_of_its_inside_or_its_past_stands_where_it_stands(book: Book) -> None:
    await held(await equipped(book), 1, pack=modular)
    for at, items, rule in ((12, (), "RELEASED_MISSING"), (12.5, (module(1), module(1)), "RELEASED_REPEATED"), (13, (code(1),), "RELEASED_UNKNOWN")):
        state, allowed = told((await book.tell("recycler", apart(1, *items, at=at)))[0], rule)
        assert (state, "DISMANTLED" in allowed) == ("GRADED", True)
    correction = await book.one("swap", 3.5, E.HANDED_OVER, 1, to="recycler2", corrects=5)
    assert told(correction, "CORRECTION_REFUSED")[0] == "GRADED"
    assert told(await book.one("swap", 3.5, E.RETIRED, 1, corrects=99), "CORRECTION_REFUSED")[0] == "GRADED"
    missed, unknown = await book.one("repair", 3.5, E.RETIRED, 1, corrects=4), await book.one("repair", 3.5, E.RETIRED, 77, corrects=4)
    assert missed == unknown
    assert told(missed, "BATTERY_NOT_REPORTABLE") == (None, set())


async def test_a_battery_that_is_in_no_vehicle_is_taken_out_of_none_whichever_is_named(book: Book) -> None:
    await in_swap_car(book)
    assert isinstance(await book.one("swap", 4, E.SWAP_OUT, 1, vin=vin(9), details=STATION), Recorded)
    # The vehicle that it came from, one that nobody reported, and one of somebody else: where the battery stands is all that is told.
    await book.in_service(2)
    outs = [await book.one("swap", 5, E.SWAP_OUT, 1, vin=vin(number), details=STATION) for number in (9, 77, 2)]
    assert outs == [outs[0]] * 3
    state, allowed = told(outs[0], "ILLEGAL_TRANSITION")
    assert (state, "SWAP_IN" in allowed, "SWAP_OUT" in allowed) == ("SWAP_POOL", True, False)
    assert told(await book.one("oem", 5, E.SWAP_OUT, 1, vin=vin(9), details=STATION))[0] is None, "no role of its"
    assert told(await book.one("repair", 5, E.SWAP_OUT, 1, vin=vin(9), details=STATION))[0] is None
    # In a vehicle it is taken out of that, and of no other.
    assert isinstance(await book.one("swap", 6, E.SWAP_IN, 1, vin=vin(9), details=STATION), Recorded)
    assert told(await book.one("swap", 7, E.SWAP_OUT, 1, vin=vin(2), details=STATION), "VEHICLE_UNKNOWN")[0] == "IN_SERVICE"


async def test_a_batch_or_a_product_that_is_to_be_corrected_stands_where_it_stands(book: Book) -> None:
    await held(await equipped(book), 1, 2, 6)
    first = await recycle(book, {1: 420.0, 2: 400.0})
    assert isinstance(first, Recorded)
    hidden = [await recycle(book, {number: 420.0}, by="recycler2", reference=f"other {number}", corrects=first.seq) for number in (1, 77)]
    assert told(hidden[0], "INPUT_UNKNOWN")[0] is None
    assert hidden[0] == hidden[1], "to whom the battery is hidden, it is not there"
    assert isinstance(await reprocess(book, product(6), 6), Recorded)
    (again,) = await book.tell("recycler", replace(reprocessed(product(6), 6), client_reference="again", corrects=1))
    state, allowed = told(again, "CORRECTION_REFUSED")
    assert (state, "PRODUCT_SOLD" in allowed) == ("CODED", True)


async def test_the_page_of_ingest_shows_the_whole_list(book: Book) -> None:
    (line,) = [json.loads(each) for each in PAGE.read_text(encoding="utf-8").splitlines() if each.startswith('{"line": 2, "status": "REFUSED"')]
    await held(book, 1)
    offered = {"to": "recycler2", "details": {"purpose": "UTILIZATION", "declaredMassKg": 420.0}}
    assert isinstance(await book.one("recycler", 20, E.HANDED_OVER, 1, **offered), Recorded)
    outcome = await book.one("recycler", 21, E.RETIRED, 1, details=REASON)
    assert isinstance(outcome, Refused)
    shown = {"code": outcome.code, "message": outcome.message, "state": outcome.state, "allowed": [*outcome.allowed]}
    assert line["error"] == shown
