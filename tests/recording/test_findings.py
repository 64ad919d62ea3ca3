"""Findings on what is recorded: written with the event or its refusal, once, and read by those whose they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from auth.entitlements import CATEGORY_RULES, load_matrix
from auth.principal import Principal
from resolvers.batching import Batch, Page, PageArguments, Shut
from resolvers.database import door
from resolvers.database.reading import DoorSettings, Reading
from resolvers.database.tables import FINDING
from resolvers.ledger.recording.report import Recorded, Refused
from resolvers.opaque import Opaque
from tests.recording.world import FIRMS, NOW, Book, E, code, rows

ALL = "select rule, party, provinces, evidence, attempt, figures from battery.finding order by rule, id"
COLUMNS = tuple(FINDING.columns)


async def found(book: Book) -> list[tuple[str, str]]:
    names = {uscc: name for name, uscc in FIRMS.items()}
    return [(row["rule"], names[row["party"]]) for row in await rows(book.database, ALL)]


async def test_a_lawful_life_gives_no_finding(book: Book) -> None:
    car = await book.in_service()
    assert isinstance(await book.one("scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True}), Recorded)
    assert isinstance(await book.one("scrap", 102, E.PACK_DETACHED, vin=car, details={"massKg": 419.0}), Recorded)
    assert await found(book) == []


async def test_an_accepted_event_is_recorded_and_found(book: Book) -> None:
    car = await book.in_service()
    told = await book.one("scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": False})
    assert isinstance(told, Recorded)
    (finding,) = await rows(book.database, ALL)
    assert (finding["rule"], finding["party"], finding["attempt"]) == ("R01", FIRMS["scrap"], None)
    assert finding["evidence"] == [3, 5]
    assert finding["provinces"] == ["43", "44"]


async def test_a_hand_over_breaks_two_rules_at_once(book: Book) -> None:
    await retired(book)
    await book.one("scrap", 110, E.HANDED_OVER, to="recycler", details={"purpose": "UTILIZATION", "declaredMassKg": 419.0})
    # No firm of this registry has a licence, and no filing was named.
    assert await found(book) == [("R04", "scrap"), ("R19", "scrap")]


async def retired(book: Book) -> str:
    car = await book.in_service()
    await book.one("scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True})
    await book.one("scrap", 102, E.PACK_DETACHED, vin=car, details={"massKg": 419.0})
    return car


@pytest.mark.parametrize(
    ("by", "kind", "more", "refused", "rule"),
    [
        ("maker", E.PRODUCED, {}, "DUPLICATE_CODE", "R02"),
        ("scrap", E.HANDED_OVER, {"to": "91110000600037341L", "details": {"purpose": "COLLECTION"}}, "PARTY_UNKNOWN", "R04"),
        ("oem", E.EXPORTED, {"details": {"country": "DE"}}, "NOT_CUSTODIAN", "R22"),
        ("scrap", E.RETIRED, {}, "ILLEGAL_TRANSITION", "R17"),
        # Who holds it, and exports nothing by its trade.
        ("scrap", E.EXPORTED, {"details": {"country": "DE"}}, "ROLE_MAY_NOT_REPORT", "R22"),
    ],
)
async def test_a_refused_event_may_be_a_finding(book: Book, by: str, kind: E, more: dict[str, Any], refused: str, rule: str) -> None:
    await retired(book)
    told = await book.one(by, 120, kind, **more)
    assert isinstance(told, Refused)
    assert told.code == refused
    assert await found(book) == [(rule, by)]
    assert all(row["attempt"] is not None for row in await rows(book.database, ALL))


async def test_what_never_happened_is_not_found_to_have_happened(book: Book) -> None:
    """A hand-over that was refused crossed no border, and went to nobody; what moves nothing is in no impossible order."""
    car = await retired(book)
    offer: dict[str, Any] = {"purpose": "UTILIZATION", "declaredMassKg": 419.0}
    for day in (111, 112, 113):
        assert isinstance(await book.one("oem", day, E.HANDED_OVER, to="recycler", details=offer), Refused)
        assert isinstance(await book.one("oem", day, E.HANDED_OVER, to="91110000600037341L", details=offer), Refused)
        assert isinstance(await book.one("scrap", day, E.HANDED_OVER, to="91110000600037341L", corrects=5, details=offer), Refused)
        assert isinstance(await book.one("repair", 30, E.MAINTAINED, vin=car, details={"work": "SEAL"}), Recorded), "told late"
    assert await found(book) == []


async def test_what_is_tried_again_and_again_is_found_once(book: Book) -> None:
    await retired(book)
    for day in (120, 121, 122):
        assert isinstance(await book.one("oem", day, E.EXPORTED, details={"country": "DE"}), Refused)
        assert isinstance(await book.one("scrap", day, E.HANDED_OVER, to="91110000600037341L", details={"purpose": "COLLECTION"}), Refused)
    assert await found(book) == [("R04", "scrap"), ("R22", "oem")]


async def test_what_is_only_tried_or_sent_again_is_found_once_or_not_at_all(book: Book) -> None:
    await retired(book)
    report = book.report(120, E.PRODUCED)
    await book.tell("maker", report, validate_only=True)
    assert await found(book) == []
    await book.tell("maker", report, report)
    await book.tell("maker", report)
    assert await found(book) == [("R02", "maker")]


async def test_a_report_sent_twice_without_its_reference_is_no_finding(book: Book) -> None:
    """The same party tells the same of the same day again: it is refused, and nothing else; of another day it is a second battery."""
    told = [await book.one("maker", at, E.PRODUCED) for at in (0.1, 0.2, 1.2)]
    assert [each.code for each in told] == [code(1), "DUPLICATE_CODE", "DUPLICATE_CODE"]
    assert await found(book) == [("R02", "maker")]
    (finding,) = await rows(book.database, ALL)
    assert json.loads(finding["figures"])["secondDay"] == "2026-05-07"


async def test_a_code_nobody_reported_gives_no_finding(book: Book) -> None:
    await book.one("scrap", 10, E.RETIRED, 9)
    assert await found(book) == []


@pytest.fixture
def asked(book: Book) -> Callable[..., Any]:
    def reading(party: str, role: str, *provinces: str) -> Reading:
        scopes = frozenset(rule.scope for rule in CATEGORY_RULES.values())
        purpose = "supervision" if role in ("PR", "MI", "ME", "SA") else "compliance"
        principal = Principal(party, frozenset({role}), scopes, frozenset(provinces), purpose, "client", "token", NOW + timedelta(hours=1))
        return Reading(book.database, DoorSettings(load_matrix(), timedelta(days=90)), Opaque(bytes(range(64))), principal, NOW)

    return reading


async def listed(reading: Reading, **arguments: Any) -> list[str]:
    """The rules of the list, walked page by page of one, each way."""
    ways = []
    for backward in (False, True):
        told: list[str] = []
        cursor = None
        while True:
            page = PageArguments(1, backward, cursor, count=True)
            (got,) = await door.findings(reading, Batch([None], COLUMNS, arguments, page))
            assert isinstance(got, Page)
            told += [row["rule"] for row in got.rows]
            if not (got.has_previous if backward else got.has_next):
                break
            cursor = got.cursors[0]
        assert got.total == len(told)
        ways.append(told[::-1] if backward else told)
    assert ways[0] == ways[1]
    reading.close()
    return ways[0]


async def test_each_reads_what_is_its_own(book: Book, asked: Callable[..., Any]) -> None:
    await retired(book)
    await book.one("scrap", 110, E.HANDED_OVER, to="recycler", details={"purpose": "UTILIZATION", "declaredMassKg": 419.0})
    await book.one("maker", 120, E.PRODUCED)
    office = "11100000000013039Y"
    everything = await listed(asked(office, "MI"))
    assert sorted(everything) == ["R02", "R04", "R19"]
    assert everything[0] == "R02", "the newest comes first"
    assert sorted(await listed(asked(office, "ME"))) == ["R04", "R19"]
    assert await listed(asked(office, "SA")) == []
    assert sorted(await listed(asked(office, "PR", "42"))) == ["R04", "R19"]
    assert await listed(asked(office, "PR", "35", "11")) == ["R02"]
    assert await listed(asked(office, "PR", "11")) == []
    assert sorted(await listed(asked(FIRMS["scrap"], "SD"))) == ["R04", "R19"]
    # What was refused is not told to who sent it.
    assert await listed(asked(FIRMS["maker"], "BM")) == []
    assert await listed(asked(office, "PB")) == []
    assert await listed(asked(office, "MI"), rules=["R19"], severities=["HIGH"], states=["OPEN"]) == ["R19"]
    assert await listed(asked(office, "MI"), severities=["LOW"]) == []


async def test_below_a_pack_the_same_law_holds(book: Book, asked: Callable[..., Any]) -> None:
    await retired(book)
    await book.one("scrap", 110, E.HANDED_OVER, to="recycler", details={"purpose": "UTILIZATION", "declaredMassKg": 419.0})
    for party, role, expected in ((FIRMS["scrap"], "SD", 2), (FIRMS["maker"], "BM", 0), ("11100000000013039Y", "ME", 2), ("11100000000013039Y", "SA", 0)):
        reading = asked(party, role)
        (page,) = await door.findings_of_pack(reading, Batch([code(1)], COLUMNS, page=PageArguments(5), exact=True))
        assert isinstance(page, Page)
        assert len(page.rows) == expected, role
        reading.close()
    reading = asked(FIRMS["repair"], "RS")
    (shut,) = await door.findings_of_pack(reading, Batch([code(1)], COLUMNS, page=PageArguments(5), exact=True))
    assert isinstance(shut, Shut)
    reading.close()
