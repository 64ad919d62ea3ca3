"""What was refused because somebody else has the battery is kept, and found when it turns out that there were two of it at once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from resolvers.ledger.findings.sweep.run import sweep
from resolvers.ledger.recording.report import Recorded, Refused
from tests.recording.world import FIRMS, NOW, Book, E, code, rows
from tests.sweep.bench import replayed

CLAIMS = "select code, reporter, type, refused from battery.claim order by occurred_at"
FOUND = "select rule, code, party, provinces, evidence, attempt, message, figures from battery.finding where found = 'SWEEP' and rule = 'R02'"
GRADE: dict[str, Any] = {"method": "CAPACITY", "capacityAh": 150.0, "resistanceMohm": 20.0, "insulationMohm": 5.0, "grade": "B", "route": "RECYCLE"}
LATER = timedelta(days=3)


async def stored(book: Book) -> None:
    """The yard has it from the 102nd day on."""
    car = await book.in_service()
    assert isinstance(await book.one("scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True}), Recorded)
    assert isinstance(await book.one("scrap", 102, E.PACK_DETACHED, vin=car, details={"massKg": 419.0}), Recorded)


async def offered(book: Book, at: float, moment: Any = NOW) -> None:
    more = {"purpose": "COLLECTION", "declaredMassKg": 419.0}
    assert isinstance(await book.one("scrap", at, E.HANDED_OVER, to="recycler", details=more, moment=moment), Recorded)


async def test_a_second_holder_is_found_when_the_first_acts_again(book: Book) -> None:
    await stored(book)
    assert isinstance(await book.one("recycler2", 110, E.GRADED, details=GRADE), Refused)
    assert await rows(book.database, CLAIMS) == [{"code": code(1), "reporter": FIRMS["recycler2"], "type": "GRADED", "refused": "BATTERY_NOT_REPORTABLE"}]
    # Until then it may have been given to the recycler, who was faster to tell.
    await sweep(book.database, NOW)
    assert await rows(book.database, FOUND) == []
    await offered(book, 120, NOW + LATER)
    await sweep(book.database, NOW + LATER)
    (finding,) = await rows(book.database, FOUND)
    assert (finding["code"], finding["party"], finding["evidence"]) == (code(1), FIRMS["recycler2"], [6, 7])
    assert finding["provinces"] == ["36", "43"]
    assert json.loads(finding["figures"]) == {"event": "GRADED", "claimedOn": "2026-08-24", "heldBefore": "2026-08-16", "heldAfter": "2026-09-03"}
    assert json.loads(finding["attempt"])["reporter"] == FIRMS["recycler2"]
    # A past moment has what was known then.
    assert [len([each for each in await replayed(book.database, moment) if each.rule == "R02"]) for moment in (NOW, NOW + LATER)] == [0, 1]


async def test_who_claims_it_is_not_told_of_the_finding(book: Book) -> None:
    await stored(book)
    await book.one("recycler2", 110, E.GRADED, details=GRADE)
    await offered(book, 120)
    await sweep(book.database, NOW + LATER)
    told = await rows(book.database, "select r.grantee from battery.finding_reader r join battery.finding f using (code, id) where f.rule = 'R02' order by 1")
    assert [row["grantee"] for row in told] == ["authority:MI", "province:36", "province:43"]


async def test_a_receipt_that_is_told_before_its_hand_over_is_no_second_holder(book: Book) -> None:
    await stored(book)
    receipt: dict[str, Any] = {"details": {"measuredMassKg": 419.0}}
    assert isinstance(await book.one("recycler", 112, E.RECEIVED, **receipt), Refused)
    assert len(await rows(book.database, CLAIMS)) == 1
    await offered(book, 111)
    assert isinstance(await book.one("recycler", 112, E.RECEIVED, **receipt), Recorded)
    await book.one("recycler", 113, E.GRADED, details=GRADE)
    await sweep(book.database, NOW)
    assert await rows(book.database, FOUND) == []


async def test_what_claims_no_battery_in_hand_is_not_kept(book: Book) -> None:
    await stored(book)
    refused = [
        await book.one("recycler2", 110, E.HEALTH_MEASURED, details={"stateOfHealth": 80.0, "method": "TEST"}),
        await book.one("oem", 110, E.EXPORTED, details={"country": "XX"}),
        await book.one("scrap", 110, E.RETIRED),
        await book.one("scrap", 103, E.PACK_DETACHED, corrects=4, details={"massKg": 419.0}),
        await book.one("recycler2", 110, E.GRADED, 9, details=GRADE),
        await book.one("recycler2", 110, E.GRADED, details=GRADE, validate_only=True),
    ]
    assert all(isinstance(each, Refused) for each in refused), refused
    assert await rows(book.database, CLAIMS) == []


async def test_a_claim_is_kept_once_however_often_it_comes(book: Book) -> None:
    await stored(book)
    reports = [book.report(110, E.GRADED, details=GRADE) for _ in range(3)]
    await book.tell("recycler2", *reports)
    await book.tell("recycler2", reports[0])
    assert len(await rows(book.database, CLAIMS)) == 1


async def test_of_one_battery_an_enterprise_has_so_many_claims_kept_and_others_theirs(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.database.finding_write.MOST_CLAIMS", 5)
    await stored(book)
    claims = [book.report(110 + number / 100, E.GRADED, details=GRADE) for number in range(12)]
    # Some at a time, the same again, more at once than may be kept, and when there is no room left.
    for some in (claims[:2], claims[:2], claims[1:9], claims[9:]):
        await book.tell("recycler2", *some)
    await book.tell("recycler", *claims[:1])
    kept = "select reporter, count(*), max(occurred_at) as last from battery.claim group by 1"
    found = {each["reporter"]: (each["count"], each["last"]) for each in await rows(book.database, kept)}
    assert {name: count for name, (count, _) in found.items()} == {FIRMS["recycler2"]: 5, FIRMS["recycler"]: 1}
    # Those that came first.
    assert found[FIRMS["recycler2"]][1] == found[FIRMS["recycler"]][1] + timedelta(days=0.04)
