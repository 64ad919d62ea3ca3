"""What a party reported itself it reads among the events of the battery, of whatever category, as long as the battery is there for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from auth.entitlements import CATEGORY_RULES
from auth.principal import Principal
from tests.door.principals import principal
from tests.recording.gateways import asked
from tests.recording.world import DAY_0, FIRMS, NOW, ROLES, Book, E, code

GRACE = timedelta(days=90)
OFFER = {"purpose": "UTILIZATION", "declaredMassKg": 420.0}
GRADE = {"method": "GB/T 34015", "capacityAh": 90, "resistanceMohm": 3, "insulationMohm": 800, "grade": "D", "route": "RECYCLE_INTO_MATERIAL"}
EVENTS = "{ nodes { id type vehicle { id } corrects } }"
HURT = {"at": "2026-10-09T00:00:00Z", "severity": "SERIOUS", "description": "It smoked."}
REPORT = """mutation ($ref: String!, $at: DateTime!, $severity: SafetySeverity!, $description: String!, $corrects: ID) {
  told: reportSafetyEvent(input: {
    code: "%s", occurredAt: $at, clientReference: $ref, kind: "COLLISION", severity: $severity, description: $description, corrects: $corrects
  }) { outcome rule event { id type corrects } battery { code } } }"""


def who(name: str, *scopes: str) -> Principal:
    return principal(FIRMS[name], ROLES[name], scopes=frozenset(scopes) if scopes else None)


async def handed_on(book: Book, received: float) -> str:
    """A battery that was in a car, came to the scrapping firm and to a recycler, and was handed on from there; the car's VIN."""
    car = await book.in_service()
    for by, at, kind, more in (
        ("scrap", received - 20, E.VEHICLE_SCRAPPED, {"vin": car, "details": {"packFound": True}}), ("scrap", received - 15, E.PACK_DETACHED, {"vin": car}),
        ("scrap", received - 12, E.HANDED_OVER, {"to": "recycler", "details": OFFER}),
        ("recycler", received - 10, E.RECEIVED, {"details": {"measuredMassKg": 420.0}}), ("recycler", received - 8, E.GRADED, {"details": GRADE}),
        ("recycler", received - 2, E.HANDED_OVER, {"to": "recycler2", "details": OFFER}),
        ("recycler2", received, E.RECEIVED, {"details": {"measuredMassKg": 420.0}}), ("recycler2", received + 1, E.GRADED, {"details": GRADE}),
    ):  # fmt: skip
        told = await book.one(by, at, kind, **more)
        assert not hasattr(told, "message"), told
    return car


async def events(book: Book, name: str, **more: Any) -> list[dict[str, Any]]:
    told = await asked(book.database, more.pop("token", who(name)), f'{{ battery(code: "{code(1)}") {{ events {EVENTS} }} }}', **more)
    found: list[dict[str, Any]] = told["data"]["battery"]["events"]["nodes"]
    return found


async def report(book: Book, name: str, reference: str, **more: Any) -> Mapping[str, Any]:
    told = await asked(book.database, who(name), REPORT % code(1), {"ref": reference, **HURT, **more}, both=False)
    assert "errors" not in told, told
    answer: Mapping[str, Any] = told["data"]["told"]
    return answer


@pytest.mark.parametrize("received", [160, 100])
async def test_a_late_report_of_a_former_holder_is_told_to_it(book: Book, received: float) -> None:
    """Within the grace after its custody the battery is in its lists, later it is there by its code alone."""
    await handed_on(book, received)
    at = (DAY_0 + timedelta(days=received - 14)).isoformat()
    before = [each["type"] for each in await events(book, "scrap")]
    for outcome in ("RECORDED", "REPLAYED"):
        told = await report(book, "scrap", "hurt", at=at)
        assert (told["outcome"], told["event"] and told["event"]["type"]) == (outcome, "SAFETY_EVENT")
        assert (told["battery"] is not None) is (DAY_0 + timedelta(days=received - 10) + GRACE > NOW)
    seen = await events(book, "scrap")
    assert sorted(each["type"] for each in seen) == sorted([*before, "SAFETY_EVENT"]), "and nothing of what others did since"
    assert told["event"]["id"] in {each["id"] for each in seen}
    graver = await report(book, "scrap", "graver", at=at, severity="CRITICAL", corrects=told["event"]["id"])
    assert (graver["outcome"], graver["event"]["corrects"]) == ("RECORDED", told["event"]["id"])
    for other in ("repair", "swap"):
        assert [each["type"] for each in await events(book, other)] == ["PRODUCED"], "what everybody reads who knows the code"


async def test_it_is_corrected_by_the_reference_of_its_report_too(book: Book) -> None:
    await handed_on(book, 160)
    at = (DAY_0 + timedelta(days=146)).isoformat()
    first = await report(book, "scrap", "hurt", at=at)
    told = await report(book, "scrap", "graver", at=at, severity="CRITICAL", corrects="hurt")
    assert (told["outcome"], told["event"]["corrects"]) == ("RECORDED", first["event"]["id"])
    again = await report(book, "scrap", "graver", at=at, severity="CRITICAL", corrects=first["event"]["id"])
    assert (again["outcome"], again["event"]) == ("REPLAYED", told["event"]), "it is one report, whichever way the event was named"
    for wrong in ("of nobody", "A" * 90):
        assert (await report(book, "scrap", "x" + wrong, at=at, corrects=wrong))["rule"] == "CORRECTION_REFUSED"
    hidden = await report(book, "recycler", "by another", at=at, corrects="hurt")
    assert hidden["rule"] == "CORRECTION_REFUSED", "references are each party's own"


async def test_a_former_holder_s_grading_is_among_the_events_too(book: Book) -> None:
    await handed_on(book, 100)
    told = await asked(book.database, who("recycler"), f'{{ battery(code: "{code(1)}") {{ gradings {{ nodes {{ id }} }} events {EVENTS} }} }}')
    assert len(told["data"]["battery"]["gradings"]["nodes"]) == 1
    seen = [each["type"] for each in told["data"]["battery"]["events"]["nodes"]]
    assert seen == ["PRODUCED", "HANDED_OVER", "RECEIVED", "GRADED", "HANDED_OVER", "RECEIVED"]


async def test_the_vehicle_of_an_own_report_is_told_by_the_law_of_its_column(book: Book) -> None:
    """Who no longer reads the binding reads that it took the vehicle in, and not which one."""
    await handed_on(book, 100)
    seen = {each["type"]: each for each in await events(book, "scrap")}
    assert seen["VEHICLE_SCRAPPED"]["vehicle"] is None
    assert seen["PACK_DETACHED"]["vehicle"] is None


async def test_a_token_reads_of_them_what_is_open_to_it_unless_it_reports(book: Book) -> None:
    """What it may send again, and is told then, it may read."""
    await handed_on(book, 100)
    await report(book, "scrap", "hurt", at=(DAY_0 + timedelta(days=86)).isoformat())
    identity, safety = CATEGORY_RULES["A"].scope, CATEGORY_RULES["G"].scope
    text = f'{{ battery(code: "{code(1)}") {{ events {{ nodes {{ type }} }} }} }}'
    found = {}
    for scopes in ((identity,), (identity, safety), (identity, "report:SD")):
        told = await asked(book.database, who("scrap", *scopes), text)
        found[scopes] = [each["type"] for each in told["data"]["battery"]["events"]["nodes"]]
    reported = ["VEHICLE_SCRAPPED", "PACK_DETACHED", "SAFETY_EVENT", "HANDED_OVER"]
    assert list(found.values()) == [["PRODUCED"], ["PRODUCED", "SAFETY_EVENT"], ["PRODUCED", *reported]]


@pytest.mark.parametrize("received", [160, 100])
async def test_changes_hold_it_for_good_and_lists_within_the_grace(book: Book, received: float) -> None:
    await handed_on(book, received)
    await report(book, "scrap", "hurt", at=(DAY_0 + timedelta(days=received - 14)).isoformat())
    text = """{ changes(first: 50) { nodes { event { type batteryCode } battery { code } } totalCount }
      lifecycleEvents(first: 50) { nodes { type } } batteries { totalCount } }"""
    told = (await asked(book.database, who("scrap"), text))["data"]
    listed = received == 160
    *others, last = told["changes"]["nodes"]
    assert last == {"event": {"type": "SAFETY_EVENT", "batteryCode": code(1)}, "battery": {"code": code(1)} if listed else None}
    assert {each["event"]["type"] for each in others} >= {"VEHICLE_SCRAPPED", "PACK_DETACHED", "HANDED_OVER"}
    assert told["changes"]["totalCount"] == len(others) + 1
    assert [each["type"] for each in told["lifecycleEvents"]["nodes"]][-1:] == (["SAFETY_EVENT"] if listed else [])
    assert told["batteries"]["totalCount"] == int(listed)
