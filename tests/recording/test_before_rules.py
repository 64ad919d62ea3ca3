"""Reports of days of which the rule table says nothing: they are recorded, by every way they come, and no rule that has no row yet fails."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from resolvers.identifiers import BatteryType, ProductType, make_battery_code, parse_battery_code
from resolvers.importing import import_file
from resolvers.ledger.events import NOTICES, EventType
from resolvers.ledger.recording import beginnings
from resolvers.ledger.recording.forms import FIELDS
from resolvers.ledger.recording.inputs import read_report
from resolvers.ledger.recording.report import Recorded, Refused, Report
from tests.ingest.test_ledger import event, send, told
from tests.recording.least import MADE
from tests.recording.test_forms import filled
from tests.recording.world import DAY_0, FIRMS, MODEL, NOW, Book, E, code, rows

OLD = -4000.0
"""In days after DAY_0: the year 2015."""


async def test_a_stream_goes_on_over_a_day_before_the_first_rules(book: Book) -> None:
    lines = [event("PRODUCED", at, f"p{number}", number, modelId=MODEL) for number, at in ((1, 0.1), (2, OLD), (3, 0.1))]
    answer = await send(book.database, "maker", *lines)
    assert told(answer) == ["RECORDED"] * 3
    found = await rows(book.database, "select code, due_on, late from battery.event where code = $1", code(2))
    assert found == [{"code": code(2), "due_on": None, "late": False}], "no rule sets a deadline on that day"
    assert await rows(book.database, "select rule from battery.finding") == []


async def test_a_file_goes_on_over_a_day_before_the_first_rules(book: Book, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    made = [f"PRODUCED,{code(number)},{(DAY_0 + timedelta(days=at)).isoformat()},{MODEL},420,60" for number, at in ((1, OLD), (2, 0.1))]
    path.write_text("\n".join(["type,code,occurredAt,modelId,massKg,nominalEnergyKwh", *made]) + "\n")
    report = await import_file(path, None, book.database, reported_by=FIRMS["maker"], moment=NOW)
    assert (report.accepted, report.rejected) == (2, 0)
    assert [each.name for each in tmp_path.iterdir()] == ["events.csv"]


def report_of(kind: EventType, day: date, number: int) -> Report:
    """The least that its form takes, of a pack of the test."""
    own = {"code": code(number)} if kind not in {*NOTICES, E.RECYCLED} else {}
    made = {"modelId": MODEL, **MADE} if kind in {E.PRODUCED, E.IMPORTED} else {}
    return read_report(kind, {**filled(kind), **made, **own, "occurredAt": f"{day}T08:00:00Z", "clientReference": f"{kind} {day} {number}"})


async def test_on_no_day_since_2000_does_a_report_fail(book: Book) -> None:
    """Every kind of report of every kind of party on days drawn at random: recorded or refused, and never an error."""
    await book.in_service(1)
    await book.tell("maker", book.report(0.1, E.PRODUCED, 2), book.report(1, E.SOLD, 2, to="swap"))
    drawn, outcomes = random.Random(20180801), set[type]()
    days = [date(2000, 1, 1) + timedelta(days=drawn.randrange((NOW.date() - date(2000, 1, 1)).days)) for _ in range(6)]
    for day in (*days, date(2018, 7, 31), date(2018, 8, 1)):
        reports = [report_of(kind, day, number) for kind in FIELDS for number in (1, 2, 3)]
        for by in ("maker", "oem", "swap", "repair", "scrap", "recycler"):
            outcomes |= {type(each) for each in await book.tell(by, *reports)}
    assert outcomes == {Recorded, Refused}


async def test_what_was_recorded_before_it_was_refused_is_known_again(book: Book) -> None:
    """A mass of 0, a region that was withdrawn, an import from China, half of an identifier: sent again as it was it is the same report, and nothing else of
    the kind is taken."""
    line = event("PRODUCED", OLD, "p", 1, modelId=MODEL, massKg=0, nominalEnergyKwh=0.0, plantRegion="110103")
    values = {name: value for name, value in line.items() if name != "type"}
    (then,) = await book.tell("maker", read_report(E.PRODUCED, values, as_once=True))
    assert isinstance(then, Recorded)
    others = [{**line, **more} for more in ({"massKg": 0.0, "nominalEnergyKwh": 60}, {"code": code(2), "clientReference": "q"})]
    answer = await send(book.database, "maker", line, *others)
    assert told(answer) == ["DUPLICATE", "INVALID_FIELD", "INVALID_FIELD"]
    assert [each["code"] for each in await rows(book.database, "select code from battery.pack")] == [code(1)]
    imported = event("IMPORTED", 0.1, "i", 3, modelId=MODEL, customsDeclaration="I-1", originCountry="CN", otherValue="8901")
    values = {name: value for name, value in imported.items() if name != "type"}
    (then,) = await book.tell("maker", read_report(E.IMPORTED, values, as_once=True))
    assert isinstance(then, Recorded)
    others = [{**imported, **more, "clientReference": "j"} for more in ({}, {"originCountry": "KR"})]
    assert told(await send(book.database, "maker", imported, *others)) == ["DUPLICATE", "INVALID_FIELD", "OTHER_SCHEME"]
    right = {**line, "massKg": 420, "nominalEnergyKwh": 60}
    assert told(await send(book.database, "maker", right)) == ["RETIRED"]
    assert told(await send(book.database, "maker", {**right, "plantRegion": "110101"})) == ["CLIENT_REFERENCE_REUSED"]


@pytest.fixture
async def abroad(book: Book, monkeypatch: pytest.MonkeyPatch) -> str:
    """A product from abroad as it was taken once: a code of 19 characters, reported as imported without what it was made of."""
    subject = make_battery_code("0R1", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", date(2026, 5, 6), 1, reused_level=ProductType.PACK)
    with monkeypatch.context() as then:
        then.setattr(beginnings, "parse_battery_code", lambda code: replace(parse_battery_code(code), reused=False))
        facts = beginnings._facts
        then.setattr(beginnings, "_facts", lambda *given: facts(*given)._replace(is_product=True))
        assert told(await send(book.database, "maker", imported_of(subject))) == ["RECORDED"]
    assert await rows(book.database, "select code, is_product from battery.pack") == [{"code": subject, "is_product": True}]
    return subject


def imported_of(subject: str, **more: Any) -> dict[str, Any]:
    return {**event("IMPORTED", 0.1, "abroad", modelId=MODEL, customsDeclaration="I-1", originCountry="KR"), "code": subject, **more}


async def test_a_product_from_abroad_that_was_recorded_once_is_known_again(book: Book, abroad: str) -> None:
    """Sent again it is what was recorded, by any way and however often; under another reference, or of another product, it is refused."""
    other = make_battery_code("0R1", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", date(2026, 5, 6), 2, reused_level=ProductType.PACK)
    lines = [imported_of(abroad), imported_of(abroad), imported_of(other, clientReference="new"), imported_of(other)]
    assert told(await send(book.database, "maker", *lines)) == ["DUPLICATE", "DUPLICATE", "PRODUCT_WITHOUT_SOURCES", "CLIENT_REFERENCE_REUSED"]
    assert told(await send(book.database, "maker", imported_of(abroad, clientReference="again"))) == ["PRODUCT_WITHOUT_SOURCES"]
    assert len(await rows(book.database, "select from battery.event")) == 1


async def test_a_product_from_abroad_that_was_recorded_once_is_corrected(book: Book, abroad: str) -> None:
    """What was said wrong of its import, and not what it is; what it is made of is not asked again. The correction is known again, too."""
    right = imported_of(abroad, clientReference="right", corrects="abroad", customsDeclaration="I-2")
    heavier = imported_of(abroad, clientReference="heavier", corrects="right", massKg=430)
    assert told(await send(book.database, "maker", right, right, heavier)) == ["RECORDED", "DUPLICATE", "CORRECTION_REFUSED"]
    assert told(await send(book.database, "maker", imported_of(abroad), right)) == ["DUPLICATE", "DUPLICATE"]
    assert told(await send(book.database, "maker2", {**right, "clientReference": "theirs"})) == ["BATTERY_NOT_REPORTABLE"]
    (kept,) = await rows(book.database, "select corrects, details ->> 'customsDeclaration' as declaration from battery.event where seq = 2")
    assert (kept["corrects"], kept["declaration"]) == (1, "I-2")


async def test_what_came_after_a_product_from_abroad_is_corrected_and_known_again(book: Book, abroad: str) -> None:
    measured = {**event("HEALTH_MEASURED", 2, "soh", stateOfHealth=90, method="TEST_BENCH"), "code": abroad}
    right = {**measured, "clientReference": "soh right", "corrects": "soh", "stateOfHealth": 91}
    lost = {**event("REPORTED_MISSING", 3, "lost", circumstances="Theft"), "code": abroad}
    found = {**event("FOUND", 4, "found", circumstances="In the yard"), "code": abroad}
    lines = [measured, right, lost, found, {**lost, "clientReference": "lost right", "corrects": "lost", "circumstances": "Mislaid"}]
    assert told(await send(book.database, "maker", *lines)) == ["RECORDED"] * 5
    assert told(await send(book.database, "maker", *lines)) == ["DUPLICATE"] * 5
    assert told(await send(book.database, "maker", imported_of(abroad), imported_of(abroad, clientReference="right", corrects="abroad"))) == [
        "DUPLICATE", "RECORDED",
    ]  # fmt: skip
    (pack,) = await rows(book.database, "select status, custodian from battery.pack")
    assert pack == {"status": "CODED", "custodian": FIRMS["maker"]}
