"""Guaranteed take-back: who is obliged, what is answered, and that refusal and silence stay on record for both and their authorities."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

from resolvers.batching import Batch, PageArguments, Shut
from resolvers.battery import take_back_unanswered
from resolvers.database import door
from resolvers.database.recording_write import insert
from resolvers.database.tables import TAKE_BACK
from resolvers.ledger.recording.report import Outcome, Recorded, Refused
from resolvers.ledger.rows import Vehicle
from tests.door.principals import principal, reading
from tests.recording.making import LAWFUL, equipped, given, held, product, reprocess
from tests.recording.test_obligations import asked as obligations
from tests.recording.world import DAY_0, FIRMS, NOW, SWAP_CAR, Book, E, code, rows, vin

OFFICE = "11100000000013039Y"
REASON = {"reason": "State of health below 60 %"}
WHERE = {"collectOn": date(2026, 9, 1), "collectAt": "Gate 2"}


async def retired(book: Book) -> None:
    """A pack that the scrapping firm took out of the automaker's car."""
    car = await book.in_service()
    await book.one("scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True})
    await book.one("scrap", 102, E.PACK_DETACHED, vin=car)


async def seen(book: Book, party: str, role: str, *provinces: str, moment: datetime = NOW, exact: bool = False) -> Any:
    """The requests as a party reads them: (obliged, outcome, unanswered, refusal); None where it may read none at all."""
    opened = reading(book.database, principal(FIRMS.get(party, party), role, jurisdiction=provinces), moment)
    (told,) = await door.take_backs(opened, Batch([code(1)], tuple(TAKE_BACK.columns), {}, PageArguments(limit=20), exact=exact))
    opened.close()
    if isinstance(told, Shut):
        return None
    return [(row["obliged"], row["outcome"], take_back_unanswered(opened, row), row["refusal"]) for row in told.rows]


def rule(told: Outcome) -> str | None:
    return told.code if isinstance(told, Refused) else None


async def test_the_automaker_is_obliged_before_the_maker_and_accepts(book: Book) -> None:
    await retired(book)
    assert isinstance(await book.one("scrap", 110, E.TAKE_BACK_REQUESTED, details={**REASON, "place": "Yard 3"}), Recorded)
    (row,) = await rows(book.database, "select * from battery.take_back")
    assert (row["holder"], row["obliged"], row["basis"], row["outcome"], row["due_on"]) == (
        FIRMS["scrap"], FIRMS["oem"], "INSTALLED", "PENDING", date(2026, 9, 7),
    )  # fmt: skip
    assert rule(await book.one("scrap", 111, E.TAKE_BACK_REQUESTED, details=REASON)) == "TAKE_BACK_PENDING"
    assert rule(await book.one("maker", 111, E.TAKE_BACK_ACCEPTED, details=WHERE)) == "NO_TAKE_BACK_PENDING", "it was not asked"
    assert rule(await book.one("oem", 109.9, E.TAKE_BACK_ACCEPTED, details=WHERE)) == "OUT_OF_ORDER"
    assert isinstance(await book.one("oem", 112, E.TAKE_BACK_ACCEPTED, details=WHERE), Recorded)
    assert rule(await book.one("oem", 113, E.TAKE_BACK_REFUSED, details={"reason": "No"})) == "NO_TAKE_BACK_PENDING", "it answered"
    (row,) = await rows(book.database, "select outcome, collect_on, collect_at from battery.take_back")
    assert row == {"outcome": "ACCEPTED", "collect_on": date(2026, 9, 1), "collect_at": "Gate 2"}
    assert isinstance(await book.one("scrap", 115, E.HANDED_OVER, to="oem", details={"purpose": "COLLECTION", "declaredMassKg": 400.0}), Recorded)
    assert isinstance(await book.one("oem", 116, E.RECEIVED, details={"measuredMassKg": 400.0}), Recorded)
    assert rule(await book.one("oem", 120, E.TAKE_BACK_REQUESTED, details=REASON)) is None, "who made the pack takes it from who took it"
    assert (await rows(book.database, "select obliged, basis from battery.take_back where seq = 2")) == [{"obliged": FIRMS["maker"], "basis": "PRODUCED"}]


async def test_a_holder_may_ask_the_maker_and_nobody_else_is_obliged(book: Book) -> None:
    await retired(book)
    for firm in ("recycler", "maker2", "repair"):
        assert rule(await book.one("scrap", 110, E.TAKE_BACK_REQUESTED, to=firm, details=REASON)) == "NOT_OBLIGED"
    assert rule(await book.one("scrap", 110, E.TAKE_BACK_REQUESTED, to="scrap", details=REASON)) == "PARTY_ITSELF"
    assert isinstance(await book.one("scrap", 110, E.TAKE_BACK_REQUESTED, to="maker", details=REASON), Recorded)
    assert isinstance(await book.one("maker", 111, E.TAKE_BACK_REFUSED, details={"reason": "Not ours"}), Recorded)


async def test_who_may_not_ask(book: Book) -> None:
    await retired(book)
    for number in (1, 2):
        assert rule(await book.one("recycler", 110, E.TAKE_BACK_REQUESTED, number, details=REASON)) == "BATTERY_NOT_REPORTABLE"
        assert rule(await book.one("maker2", 110, E.TAKE_BACK_ACCEPTED, number, details=WHERE)) == "BATTERY_NOT_REPORTABLE"
    assert rule(await book.one("oem", 110, E.TAKE_BACK_REQUESTED, details=REASON)) == "NOT_CUSTODIAN"
    await book.one("maker", 0.2, E.PRODUCED, 3)
    assert rule(await book.one("maker", 1, E.TAKE_BACK_REQUESTED, 3, details=REASON)) == "NOT_OBLIGED", "of itself nobody asks anything"


async def test_a_swap_operator_and_a_product_s_buyer_ask_in_service_and_of_a_car_s_pack_nobody_can(book: Book) -> None:
    row = Vehicle(vin(9), FIRMS["oem"], SWAP_CAR.model_name, "BEV", True, SWAP_CAR.produced_on, None, None, None, None, None, (FIRMS["oem"],), NOW)
    async with (await equipped(book)).database.transaction("ledger") as connection:
        await insert(connection, [row])
    for by, at, kind, more in (
        ("maker", 0.1, E.PRODUCED, {}), ("maker", 1, E.SOLD, {"to": "swap"}), ("swap", 2, E.POOLED, {"details": {"pool": "P"}}),
        ("swap", 3, E.SWAP_IN, {"vin": vin(9)}),
        ("swap", 4, E.TAKE_BACK_REQUESTED, {"details": REASON}), ("oem", 5, E.TAKE_BACK_ACCEPTED, {"details": WHERE}),
    ):  # fmt: skip
        assert rule(await book.one(by, at, kind, 5, **more)) is None, kind
    await held(book, 6)
    goods = product(6)
    assert rule(await reprocess(book, goods, 6)) is None
    sold = given(E.PRODUCT_SOLD, goods, 12, "sold", fieldOfUse=LAWFUL["fieldOfUse"], standard=LAWFUL["standard"], buyer=FIRMS["swap"])
    asked = given(E.TAKE_BACK_REQUESTED, goods, 100, "asked", **REASON)
    assert rule((await book.tell("recycler", sold))[0]) is None
    assert rule((await book.tell("swap", asked))[0]) is None
    (obliged,) = await rows(book.database, "select obliged, basis from battery.take_back where code = $1", goods)
    assert obliged == {"obliged": FIRMS["recycler"], "basis": "PRODUCED"}
    await book.in_service(7)
    assert rule(await book.one("oem", 20, E.TAKE_BACK_REQUESTED, 7, details=REASON)) == "NOT_CUSTODIAN"


async def test_refusal_and_silence_are_on_record_for_both_and_their_authorities_alone(book: Book) -> None:
    await retired(book)
    await book.one("scrap", 110, E.TAKE_BACK_REQUESTED, to="maker", details=REASON)
    await book.one("maker", 111, E.TAKE_BACK_REFUSED, details={"reason": "Not ours"})
    await book.one("scrap", 112, E.TAKE_BACK_REQUESTED, details=REASON)
    to_maker, to_oem = (FIRMS["maker"], "REFUSED", False, "Not ours"), (FIRMS["oem"], "PENDING", True, None)
    early = DAY_0 + timedelta(days=113)
    assert await seen(book, "scrap", "SD", moment=early) == [to_maker, (*to_oem[:2], False, None)], "until the day is over nobody was silent"
    assert await seen(book, "scrap", "SD") == await seen(book, OFFICE, "PR", "43") == await seen(book, OFFICE, "MI") == [to_maker, to_oem]
    assert await seen(book, "maker", "BM") == [to_maker]
    assert await seen(book, "oem", "OEM") == [to_oem]
    for party, role, provinces in (("recycler", "CU", ()), ("repair", "RS", ()), (OFFICE, "PR", ("11",)), (OFFICE, "SA", ()), (OFFICE, "PB", ())):
        assert not await seen(book, party, role, *provinces, exact=True), role
    due = [("ANSWER_TAKE_BACK", code(1), date(2026, 9, 9), True)]
    assert await obligations(book, FIRMS["oem"], "OEM", of="oem") == due
    assert await obligations(book, OFFICE, "MI", of="oem") == due
    assert isinstance(await obligations(book, FIRMS["scrap"], "SD", of="oem"), Shut)
    # The firm gives up and hands it to a recycler: what was not answered by then stays unanswered.
    await book.one("scrap", 130, E.HANDED_OVER, to="recycler", details={"purpose": "UTILIZATION", "declaredMassKg": 400.0})
    await book.one("recycler", 131, E.RECEIVED, details={"measuredMassKg": 400.0})
    assert await seen(book, "oem", "OEM") == [(FIRMS["oem"], "LAPSED", True, None)]
    assert rule(await book.one("maker", 132, E.TAKE_BACK_REFUSED, details={"reason": "No"})) == "NO_TAKE_BACK_PENDING", "it answered"
    assert await obligations(book, FIRMS["oem"], "OEM", of="oem") == []


async def test_the_day_of_an_answer_is_kept_when_the_rule_changes(book: Book) -> None:
    await retired(book)
    await book.one("scrap", 110, E.TAKE_BACK_REQUESTED, details=REASON)
    async with book.database.transaction("ledger") as connection:
        await connection.execute("update rule.rule set value = '1' where node_type = 'TAKE_BACK_ANSWER'")
    assert await rows(book.database, "select due_on from battery.take_back") == [{"due_on": date(2026, 9, 7)}]


async def test_sent_twice_with_another_body_and_at_once(book: Book) -> None:
    await retired(book)
    first = await book.one("scrap", 110, E.TAKE_BACK_REQUESTED, details=REASON, reference="t")
    again = await book.one("scrap", 110, E.TAKE_BACK_REQUESTED, details=REASON, reference="t")
    assert isinstance(first, Recorded)
    assert again == first._replace(replayed=True)
    assert rule(await book.one("scrap", 110, E.TAKE_BACK_REQUESTED, details={"reason": "Other"}, reference="t")) == "CLIENT_REFERENCE_REUSED"
    answers = [book.one("oem", 111, E.TAKE_BACK_ACCEPTED, details=WHERE), book.one("oem", 111, E.TAKE_BACK_REFUSED, details={"reason": "No"})]
    told = await asyncio.gather(*answers)
    assert sorted(map(rule, told), key=str) == ["NO_TAKE_BACK_PENDING", None]
