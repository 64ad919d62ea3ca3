"""This module is in charge of testing /ingest over the real ledger: the lives of packs as lines, in both formats, refusals included."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from auth.entitlements import report_scope
from auth.principal import Principal
from gateway.edge.ingest import IngestEndpoint, Intake
from gateway.rations import MissRation
from gateway.report_streams import ReportStreams
from resolvers.database.pool import Database
from resolvers.demo.kept import StandingClock, standing_clock
from resolvers.ledger.recording.rebuild import rebuild
from tests.ingest.test_endpoint import Answered, post
from tests.recording.least import least
from tests.recording.world import DAY_0, FIRMS, MODEL, NOW, ROLES, code, registered, rows, vin

CSV = [(b"content-type", b"text/csv; charset=utf-8")]


@dataclass
class Firm:
    """A firm of the test world that sends streams."""

    name: str
    database: Database
    now: datetime = NOW
    misses: MissRation = field(default_factory=lambda: MissRation(0))
    everything: bool = False

    @property
    def endpoint(self) -> IngestEndpoint:
        return IngestEndpoint(Intake(self, self.ledger, lambda: self.now))  # type: ignore[arg-type]

    @property
    def ledger(self) -> ReportStreams:
        return ReportStreams(self.database, misses=self.misses, lists_everything=lambda _principal: self.everything)

    def authenticate(self, *_given: object) -> Principal:
        role = ROLES[self.name]
        scopes, until = frozenset({report_scope(role)}), self.now + timedelta(minutes=5)
        return Principal(FIRMS[self.name], frozenset({role}), scopes, frozenset(), "report", self.name, "t", until)


@pytest.fixture
async def ledger(database: Database) -> Database:
    await registered(database)
    return database


def event(kind: str, day: float, reference: str, number: int = 1, **more: Any) -> dict[str, Any]:
    at = (DAY_0 + timedelta(days=day)).isoformat()
    return least(kind, {"type": kind, "code": code(number), "occurredAt": at, "clientReference": reference, **more})


async def send(ledger: Database, firm: str, *events: dict[str, Any], query: bytes = b"") -> Answered:
    return await post(Firm(firm, ledger), [b"".join(json.dumps(each).encode() + b"\n" for each in events)], query)  # type: ignore[arg-type]


async def send_csv(ledger: Database, firm: str, columns: Sequence[str], *lines: Sequence[str]) -> Answered:
    table = io.StringIO()
    csv.writer(table).writerows([columns, *lines])
    return await post(Firm(firm, ledger), [table.getvalue().encode()], headers=CSV)  # type: ignore[arg-type]


def told(answer: Answered) -> list[str]:
    return [each.get("error", {}).get("code") or each["status"] for each in answer[:-1]]


CAR = {"modelName": "Test One", "powertrain": "BEV", "swapModel": False, "producedOn": "2026-05-06"}


async def test_a_life_in_lines(ledger: Database) -> None:
    assert told(await send(ledger, "maker", event("PRODUCED", 0.1, "p", modelId=MODEL), event("SOLD", 3, "s", buyer=FIRMS["oem"]))) == ["RECORDED", "RECORDED"]
    car = vin(1)
    driven = (event("INSTALLED", 5, "i", vin=car, vehicle=CAR), event("VEHICLE_SOLD", 9, "v", vin=car, region="440300", ownerKind="PRIVATE"))
    assert told(await send(ledger, "oem", *driven)) == ["RECORDED", "RECORDED"]
    (pack,) = await rows(ledger, "select status, vin, custodian, province from battery.pack")
    assert pack == {"status": "IN_SERVICE", "vin": car, "custodian": None, "province": "44"}
    rebuilt = await rebuild(ledger, lambda _stage, _done: None)
    assert [str(each) for each in rebuilt.differences] == []
    assert await rows(ledger, "select count(*)::int as n from platform.outbox") == [{"n": 4}]


async def test_a_vehicle_that_came_without_its_battery_leaves_it_where_it_is(ledger: Database) -> None:
    car = vin(1)
    await send(ledger, "maker", event("PRODUCED", 0.1, "p", modelId=MODEL), event("SOLD", 3, "s", buyer=FIRMS["oem"]))
    driven = (event("INSTALLED", 5, "i", vin=car, vehicle=CAR), event("VEHICLE_SOLD", 9, "v", vin=car, region="440300", ownerKind="PRIVATE"))
    await send(ledger, "oem", *driven)
    gone = {"vin": car, "certificate": "C", "packFound": False}
    answer = await send(
        ledger,
        "scrap",
        event("VEHICLE_SCRAPPED", 100, "own", **{**gone, "codeFound": code(1)}),
        event("VEHICLE_SCRAPPED", 100, "gone", **gone),
        event("VEHICLE_SCRAPPED", 100, "gone", **gone),
        event("VEHICLE_SCRAPPED", 101, "again", **gone),
        event("VEHICLE_SCRAPPED", 100, "another", corrects="gone", **{**gone, "packFound": True, "codeFound": code(2)}),
        event("PACK_DETACHED", 102, "out", vin=car),
    )
    assert told(answer) == ["INVALID_FIELD", "RECORDED", "DUPLICATE", "VEHICLE_SCRAPPED", "RECORDED", "BATTERY_NOT_REPORTABLE"]
    assert answer[0]["error"]["field"] == "codeFound"
    assert await rows(ledger, "select status, custodian, vin from battery.pack") == [{"status": "IN_SERVICE", "custodian": None, "vin": car}]
    assert [str(each) for each in (await rebuild(ledger, lambda _stage, _done: None)).differences] == []


async def test_every_kind_of_bad_line_has_its_own_answer(ledger: Database) -> None:
    produced = event("PRODUCED", 0.1, "p", modelId=MODEL)
    answer = await send(
        ledger,
        "maker",
        produced,
        produced,
        {**produced, "massKg": 400},
        event("PRODUCED", 0.2, "p2", modelId=MODEL),
        event("RETIRED", 1, "r", reason="no"),
        event("SOLD", 3, "s", number=2, buyer=FIRMS["oem"]),
        event("SOLD", 3, "s", buyer="91350902MA2EXAMP5X"),
        event("SOLD", 400, "s", buyer=FIRMS["oem"]),
        event("SOLD", 3, "s"),
        event("SOLD", 3, "s", buyer=FIRMS["oem"], price=5),
        event("STOLEN", 3, "s"),
        {"type": ["SOLD"]},
        event("RELEASED", 3, "never"),
        {},
        event("SOLD", 3, "s", buyer=FIRMS["oem"], occurredAt="9999-12-31T23:59:59-14:00"),
        event("SOLD", 3, "s", buyer=FIRMS["oem"]),
    )
    assert told(answer) == [
        "RECORDED",
        "DUPLICATE",
        "CLIENT_REFERENCE_REUSED",
        "DUPLICATE_CODE",
        "ILLEGAL_TRANSITION",
        "BATTERY_NOT_REPORTABLE",
        "CHECK",
        "OCCURRED_IN_FUTURE",
        "REQUIRED",
        "UNKNOWN_FIELD",
        "UNKNOWN_EVENT_TYPE",
        "UNKNOWN_EVENT_TYPE",
        "UNKNOWN_EVENT_TYPE",
        "UNKNOWN_EVENT_TYPE",
        "INVALID_FIELD",
        "RECORDED",
    ]
    assert answer[4]["error"]["state"] == "CODED"
    assert "SOLD" in answer[4]["error"]["allowed"]
    assert answer[6]["error"]["field"] == "buyer"


async def test_somebody_elses_battery_is_one_that_is_not_there(ledger: Database) -> None:
    await send(ledger, "maker", event("PRODUCED", 0.1, "p", modelId=MODEL))
    hidden = await send(ledger, "recycler", event("RETIRED", 1, "a", reason="x"))
    missing = await send(ledger, "recycler", event("RETIRED", 1, "a", number=9, reason="x"))
    assert hidden == missing


async def test_validate_only_records_nothing(ledger: Database) -> None:
    assert told(await send(ledger, "maker", event("PRODUCED", 0.1, "p", modelId=MODEL), query=b"validateOnly=true")) == ["VALID"]
    assert await rows(ledger, "select count(*)::int as n from battery.event") == [{"n": 0}]


async def test_rows_of_a_table_are_the_same_events(ledger: Database) -> None:
    at = (DAY_0 + timedelta(days=0.1)).isoformat()
    columns = ("type", "code", "occurredAt", "clientReference", "modelId", "massKg", "nominalEnergyKwh", "evidence.kind", "evidence.reference", "buyer")
    answer = await send_csv(
        ledger,
        "maker",
        columns,
        ("PRODUCED", code(1), at, "p", MODEL, "425.5", "60", "CERTIFICATE", "C-1", ""),
        ("PRODUCED", code(2), at, "p2", MODEL, "heavy", "60", "", "", ""),
        ("SOLD", code(1), (DAY_0 + timedelta(days=3)).isoformat(), "s", "", "", "", "", "", FIRMS["oem"]),
        ("SOLD",),
    )
    assert told(answer) == ["RECORDED", "INVALID_FIELD", "RECORDED", "MALFORMED_LINE"]
    assert [each["line"] for each in answer[:-1]] == [2, 3, 4, 5]
    assert await rows(ledger, "select mass_kg from battery.pack") == [{"mass_kg": 425.5}]
    assert await rows(ledger, "select kind, reference from battery.evidence") == [{"kind": "CERTIFICATE", "reference": "C-1"}]
    car = vin(1)
    wide = (
        "type",
        "code",
        "occurredAt",
        "clientReference",
        "vin",
        "position",
        "vehicle.modelName",
        "vehicle.powertrain",
        "vehicle.swapModel",
        "vehicle.producedOn",
    )
    installed = ("INSTALLED", code(1), (DAY_0 + timedelta(days=5)).isoformat(), "i", car, "1", "Test One", "BEV", "false", "2026-05-06")
    assert told(await send_csv(ledger, "oem", wide, installed)) == ["RECORDED"]


@pytest.mark.parametrize("head", [("code",), ("type", "type"), ('type"x', "code")])
async def test_a_table_without_its_columns_is_not_read(ledger: Database, head: Sequence[str]) -> None:
    answer = await post(Firm("maker", ledger), [",".join(head).encode() + b"\nSOLD,x\n"], headers=CSV)  # type: ignore[arg-type]
    assert [each.get("status") for each in answer] == ["ABORTED", None]
    assert answer[0]["error"]["code"] == "MALFORMED_REQUEST"


async def test_a_demonstration_goes_on_from_now_when_something_is_reported(ledger: Database) -> None:
    clock = StandingClock(DAY_0)
    firm = Firm("maker", ledger)
    reporting = ReportStreams(ledger, clock.move)
    produced = event("PRODUCED", 0.1, "p", modelId=MODEL)
    await reporting.record(firm.authenticate(), [produced], NOW, validate_only=True)
    assert clock(NOW) == DAY_0
    await reporting.record(firm.authenticate(), [produced], NOW)
    assert clock(NOW) == NOW


async def test_batteries_that_are_not_there_are_rationed_as_in_mutations(ledger: Database) -> None:
    await send(ledger, "maker", event("PRODUCED", 0.1, "p", modelId=MODEL))
    misses = MissRation(2)
    firm = Firm("recycler", ledger, misses=misses)
    wrong = [json.dumps(event("RETIRED", 1, f"r{number}", number=number, reason="x")).encode() + b"\n" for number in (1, 9)]
    assert told(await post(firm, [wrong[0]])) == ["BATTERY_NOT_REPORTABLE"]  # type: ignore[arg-type]
    assert told(await post(firm, [wrong[1]])) == ["BATTERY_NOT_REPORTABLE"]  # type: ignore[arg-type]
    refused = await post(firm, [wrong[0]])  # type: ignore[arg-type]
    assert (refused.status, refused.outcome) == (429, "TOO_MANY_REQUESTS")
    assert (await post(Firm("maker", ledger, misses=misses), [wrong[1]])).status == 200  # type: ignore[arg-type]
    assert (await post(replace(firm, everything=True), [wrong[1]])).status == 200  # type: ignore[arg-type]
    assert (await post(replace(firm, now=NOW + timedelta(minutes=2)), [wrong[1]])).status == 200  # type: ignore[arg-type]


async def test_finding_out_is_no_statement_of_an_operation(database: Database) -> None:
    """It used to stand before the operation's own in `cellgate plan`, and was counted as one of them."""
    seen: list[str] = []
    watched = replace(database, observer=lambda text, _args, _rows: seen.append(text))
    async with database.transaction("ledger") as connection:
        await connection.execute("insert into rule.demo_world (packs, seed, moment) values (40, 1, $1)", NOW)
    clock = await standing_clock(watched)
    assert clock is not None
    assert clock(NOW + timedelta(days=3)) == NOW
    assert seen == []


async def test_a_vin_with_another_check_digit_is_refused_and_a_finding_where_a_battery_was_to_be_bound_to_it(ledger: Database) -> None:
    """The answer is that of the field, whatever it is of; R16 is on who has to do with the battery."""
    await send(ledger, "maker", event("PRODUCED", 0.1, "p", modelId=MODEL), event("SOLD", 3, "s", buyer=FIRMS["oem"]))
    wrong = vin(1)[:8] + ("1" if vin(1)[8] != "1" else "2") + vin(1)[9:]

    def bound(number: int, reference: str, car: str = wrong, **more: Any) -> dict[str, Any]:
        return event("INSTALLED", 5, reference, number, vin=car, vehicle=CAR, **more)

    answers = [await send(ledger, by, bound(number, "i")) for by, number in (("oem", 9), ("oem2", 1), ("maker", 1), ("oem", 1))]
    assert [each[0]["error"]["code"] for each in answers] == ["CHECK"] * 4
    assert answers[0][0] == answers[1][0] == answers[3][0], "of no battery, of another's and of its own"
    assert answers[0][0]["error"]["field"] == "vin"
    found = await rows(ledger, "select rule, code, party, figures from battery.finding")
    assert [(each["rule"], each["code"], each["party"], json.loads(each["figures"])) for each in found] == [
        ("R16", code(1), FIRMS["oem"], {"reason": "INVALID_VIN", "rule": "CHECK"})
    ]  # fmt: skip
    assert told(await send(ledger, "oem", bound(1, "more", position="x"), bound(1, "seen", foreign(vin(2))), bound(1, "i", vin(1)))) == [
        "CHECK", "RECORDED", "ILLEGAL_TRANSITION"
    ]  # fmt: skip


def foreign(chinese: str) -> str:
    """A VIN of elsewhere, whose check digit is not held against it."""
    return "W" + chinese[1:]


async def test_no_result_counts_the_events_of_a_battery(ledger: Database) -> None:
    """Who comes upon a battery is answered the same, however much happened to it: at first, sent again, and where it corrects itself."""
    await send(ledger, "maker", event("PRODUCED", 0.1, "p1", modelId=MODEL), event("PRODUCED", 0.1, "p2", 2, modelId=MODEL))
    await send(ledger, "maker", event("SOLD", 1, "s2", 2, buyer=FIRMS["swap"]))
    used = [event("POOLED", 2, "b2", 2, pool="P", owner=FIRMS["swap"]), event("RETIRED", 3, "r2", 2, reason="WORN")]
    assert told(await send(ledger, "swap", *used)) == ["RECORDED"] * 2
    place = {"region": "420100", "condition": "wet"}
    seen = []
    for number in (1, 2):
        first = event("FOUND_ABANDONED", 4, f"f{number}", number, place="yard", **place)
        again = event("FOUND_ABANDONED", 4.5, f"c{number}", number, place="field", corrects=f"f{number}", **place)
        answers = [await send(ledger, "scrap", each) for each in (first, first, again, again, {**again, "clientReference": "twice"})]
        seen.append([{**each[0], "event": {**each[0].get("event", {}), "code": ""}} for each in answers])
        assert [each[0]["status"] for each in answers] == ["RECORDED", "DUPLICATE", "RECORDED", "DUPLICATE", "REFUSED"]
        assert all(not isinstance(value, int) or isinstance(value, bool) for each in answers for value in each[0].get("event", {}).values())
    assert seen[0] == seen[1]
    assert [row["corrects"] for row in await rows(ledger, "select corrects from battery.event where reporter = $1 order by code, seq", FIRMS["scrap"])] == [
        None, 2, None, 5
    ]  # fmt: skip


async def test_a_correction_names_what_it_corrects_by_its_reference(ledger: Database) -> None:
    """Also in one batch with it, from a table, and of an event of no battery; a number is none, for whoever could try them would learn which one fits."""
    made = [event("PRODUCED", 0.1, "p1", modelId=MODEL), event("SOLD", 3, "s", buyer=FIRMS["oem"]), event("SOLD", 2, "c", corrects="s", buyer=FIRMS["oem"])]
    assert told(await send(ledger, "maker", *made)) == ["RECORDED"] * 3
    columns = ["type", "code", "occurredAt", "clientReference", "buyer", "corrects"]
    third = event("SOLD", 2.5, "d", corrects="c", buyer=FIRMS["oem"])
    assert told(await send_csv(ledger, "maker", columns, [third[each] for each in columns])) == ["RECORDED"]
    assert told(await send(ledger, "maker", third)) == ["DUPLICATE"]
    for corrects, rule in (
        (2, "INVALID_FIELD"),
        ("s", "CORRECTION_REFUSED"),
        ("p1", "CORRECTION_REFUSED"),
        ("none", "CORRECTION_REFUSED"),
        ("2", "CORRECTION_REFUSED"),
    ):
        assert told(await send(ledger, "maker", event("SOLD", 2.6, f"x{corrects}", corrects=corrects, buyer=FIRMS["oem"]))) == [rule], corrects
    # Of another battery, and by somebody else: as if there were none.
    other = await send(
        ledger, "oem", event("SOLD", 2.6, "o", corrects="d", buyer=FIRMS["swap"]), event("SOLD", 2.6, "o2", 9, corrects="d", buyer=FIRMS["swap"])
    )
    assert told(other) == ["CORRECTION_REFUSED", "BATTERY_NOT_REPORTABLE"]
    sight = {"region": "420100", "activity": "STORAGE", "circumstances": "smoke"}
    seen = event("UNLICENSED_SITE_SEEN", 3, "u1", place="yard", **sight)
    seen.pop("code", None)
    assert told(await send(ledger, "scrap", seen, {**seen, "clientReference": "u2", "place": "field", "corrects": "u1"})) == ["RECORDED", "RECORDED"]
    assert [row["corrects"] for row in await rows(ledger, "select corrects from enterprise.notice order by seq")] == [None, 1]
