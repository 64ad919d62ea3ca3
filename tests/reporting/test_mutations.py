"""Reports over HTTP, with real tokens: what each party may send, what it is answered, and what it sees afterwards."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from auth.principal import Principal
from gateway.app import clock
from gateway.operation.document import GraphQLRequest
from gateway.subgraph_server import Ports, SubgraphServer
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.refusals import SCRAPPED_BEFORE
from resolvers.reporting import BY_FIELD
from schema.graph import load_graphs
from tests.conftest import Databases
from tests.door.principals import principal, reading
from tests.recording import world
from tests.recording.batches import batch
from tests.recording.least import MADE as LEAST_MADE
from tests.recording.least import least
from tests.recording.world import FIRMS, MODEL, NOW
from tests.reporting.serving import Parties, parties_of

ANSWER = "{ outcome rule message state allowed clientReference late event { type reporter { uscc } } battery { code status custodian { uscc } } }"
CAR = {"modelName": "Test One", "powertrain": "BEV", "swapModel": False, "producedOn": "2026-05-06"}


# One gateway serves all tests; each has packs, vehicles and references of its own.
TESTS = itertools.count(1)
OFFSET = [0]


def code(number: int) -> str:
    return world.code(OFFSET[0] + number)


def vin(number: int) -> str:
    return world.vin(OFFSET[0] + number)


def ref(name: str) -> str:
    return f"{OFFSET[0]}-{name}"


@pytest.fixture(scope="module")
async def served(databases: Databases) -> AsyncIterator[Parties]:
    database = await databases.make()
    async with parties_of(database) as found:
        yield found
        assert [str(each) for each in (await rebuild(database, lambda _stage, _done: None)).differences] == []
    await databases.drop(database)


@pytest.fixture
def parties(served: Parties) -> Parties:
    OFFSET[0] = 20 * next(TESTS)
    return served


def day(number: float) -> str:
    return f"2026-{5 + int(number) // 28:02}-{1 + int(number) % 28:02}T0{int(number * 10) % 10}:00:00Z"


async def report(parties: Parties, by: str, event: str, at: float, number: int = 1, **given: Any) -> Any:
    """The one answer to a report."""
    only, reference = given.pop("only", None), given.pop("reference", f"{event}-{number}-{at}")
    type_name = event[0].upper() + event[1:]
    common = {"code": code(number), "occurredAt": day(at), "clientReference": ref(reference)}
    query = f"mutation ($input: {type_name}Input!, $only: Boolean) {{ told: report{type_name}(input: $input, validateOnly: $only) {ANSWER} }}"
    body = await parties.ask(by, query, {"input": least(BY_FIELD[event], {**common, **given}), "only": only})
    assert "errors" not in body or body["data"], body
    return body["data"]["told"]


async def lived(parties: Parties, *steps: tuple[str, str, float, dict[str, Any]]) -> list[Any]:
    answers = [await report(parties, by, event, at, **given) for by, event, at, given in steps]
    assert [each["outcome"] for each in answers] == ["RECORDED"] * len(steps), answers
    return answers


Step = tuple[str, str, float, dict[str, Any]]
MADE: Step = ("maker", "produced", 5.1, {"modelId": MODEL})
SOLD: Step = ("maker", "sold", 7.1, {"buyer": FIRMS["oem"]})


def driven() -> tuple[Step, ...]:
    """Made, sold, built into a car, and the car sold."""
    evidence = [{"kind": "CERTIFICATE", "reference": "C-1", "sha256": "ab" * 32}]
    installed: Step = ("oem", "installed", 9.1, {"vin": vin(1), "vehicle": CAR, "evidence": evidence})
    return MADE, SOLD, installed, ("oem", "vehicleSold", 12.1, {"vin": vin(1), "region": "440300", "ownerKind": "PRIVATE"})


async def test_a_life_from_coding_to_recovered_material(parties: Parties) -> None:
    answers = await lived(
        parties, *driven(),
        ("repair", "maintained", 30.1, {"vin": vin(1), "work": "INSPECTION"}),
        ("scrap", "vehicleScrapped", 60.1, {"vin": vin(1), "certificate": "S-1", "packFound": True}),
        ("scrap", "packDetached", 61.1, {"vin": vin(1), "massKg": 419}),
        ("scrap", "handedOver", 62.1, {"receiver": FIRMS["recycler"], "purpose": "UTILIZATION", "declaredMassKg": 419.0, "filingNumber": "F-2026-1"}),
        ("recycler", "received", 63.1, {"measuredMassKg": 418.2}),
        ("recycler", "graded", 64.1, {
            "method": "GB/T 34015", "capacityAh": 90, "resistanceMilliohm": 3, "insulationMegaohm": 800, "grade": "D", "route": "RECYCLE_INTO_MATERIAL",
        }),
        ("recycler", "dismantled", 65.1, {"massKg": 410}),
        ("recycler", "recycled", 66.1, batch({code(1): 410.0}, "B-1", day=65.7)),
    )  # fmt: skip
    assert answers[1]["battery"] == {"code": code(1), "status": "SOLD", "custodian": None}
    assert answers[1]["event"] == {"type": "SOLD", "reporter": {"uscc": FIRMS["maker"]}}
    assert answers[8]["battery"] == {"code": code(1), "status": "STORED", "custodian": {"uscc": FIRMS["recycler"]}}
    seen = await parties.ask(
        "recycler", f'{{ battery(code: "{code(1)}") {{ status gradings {{ nodes {{ grade insulationMegaohm }} }} events {{ totalCount }} }} }}'
    )
    assert seen["data"]["battery"]["status"] == "RECYCLED"
    assert seen["data"]["battery"]["gradings"] == {"nodes": [{"grade": "D", "insulationMegaohm": 800.0}]}


async def test_a_scrapped_vehicle_that_came_without_its_battery_gives_nobody_that(parties: Parties) -> None:
    await lived(parties, *driven())
    gone: dict[str, Any] = {"vin": vin(1), "certificate": "S-1", "packFound": False}
    told = await report(parties, "scrap", "vehicleScrapped", 60.1, **gone)
    assert (told["outcome"], told["battery"]) == ("RECORDED", None), "it has nothing to do with the battery"
    stands = await world.rows(parties.database, "select status, custodian from battery.pack where code = $1", code(1))
    assert stands == [{"status": "IN_SERVICE", "custodian": None}]
    assert (await report(parties, "scrap", "vehicleScrapped", 60.1, **gone))["outcome"] == "REPLAYED"
    again = await report(parties, "scrap", "vehicleScrapped", 60.2, **gone)
    assert (again["outcome"], again["rule"], again["message"]) == ("REFUSED", "VEHICLE_SCRAPPED", SCRAPPED_BEFORE.message)
    read_off = await report(parties, "scrap", "vehicleScrapped", 60.3, **gone, codeFound=code(1))
    assert (read_off["outcome"], read_off["rule"], read_off["message"][:9]) == ("REFUSED", "INVALID_FIELD", "codeFound")
    assert (await report(parties, "scrap", "packDetached", 61.1, vin=vin(1), massKg=419))["rule"] == "BATTERY_NOT_REPORTABLE"
    found = await parties.ask("scrap", "{ findings { nodes { rule figures { value } battery { code } } } }")
    assert {"rule": "R01", "figures": [{"value": None}, {"value": "false"}], "battery": None} in found["data"]["findings"]["nodes"]


async def test_a_refusal_says_rule_state_and_what_is_allowed(parties: Parties) -> None:
    await lived(parties, MADE, SOLD)
    told = await report(parties, "maker", "sold", 8.1, buyer=FIRMS["oem2"])
    assert (told["outcome"], told["rule"], told["state"]) == ("REFUSED", "NOT_CUSTODIAN", "SOLD")
    assert told["allowed"][:6] == ["INSTALLED", "POOLED", "REPLACED", "DISPOSED", "EXPORTED", "REPORTED_MISSING"]
    assert told["event"] is None
    assert told["battery"]["status"] == "SOLD"


async def test_an_unknown_code_and_somebody_elses_give_the_same_bytes(parties: Parties) -> None:
    await lived(parties, *driven())
    for by, event, given in (
        ("scrap", "retired", {"reason": "WORN"}), ("recycler", "received", {"measuredMassKg": 1}), ("repair", "maintained", {"vin": vin(8), "work": "X"}),
    ):  # fmt: skip
        hidden, missing = [await report(parties, by, event, 20.1, number, reference="same", **given) for number in (1, 2)]
        assert hidden == missing
        assert hidden["rule"] == "BATTERY_NOT_REPORTABLE"
        assert hidden["battery"] is hidden["state"] is None


async def test_sent_again_only_tried_and_with_another_body(parties: Parties) -> None:
    tried = await report(parties, "maker", "produced", 5.1, modelId=MODEL, only=True)
    assert (tried["outcome"], tried["event"], tried["battery"]) == ("VALID", None, None)
    first, again = [await report(parties, "maker", "produced", 5.1, modelId=MODEL) for _ in range(2)]
    assert (first["outcome"], again["outcome"]) == ("RECORDED", "REPLAYED")
    assert first["battery"] == again["battery"]
    other = await report(parties, "maker", "produced", 5.1, 2, reference="produced-1-5.1", modelId=MODEL)
    assert other["rule"] == "CLIENT_REFERENCE_REUSED"


async def test_a_party_sees_the_mutations_of_its_roles_and_no_others(parties: Parties) -> None:
    query = "{ __schema { mutationType { fields { name } } } }"
    names = {
        by: {each["name"] for each in (await parties.ask(by, query))["data"]["__schema"]["mutationType"]["fields"]} for by in ("maker", "repair", "miit")
    }  # fmt: skip
    assert "reportProduced" in names["maker"]
    assert not names["maker"] & {"reportMaintained", "reportRecycled"}
    cases = {"openCase", "askInCase", "answerInCase", "decideCase", "handOverCase"}
    found = {"reportReportedMissing", "reportFound", "reportFoundAbandoned", "reportUnlicensedSiteSeen"}
    assert names["miit"] == {*found, "reportLifecycleEvents", *cases}
    assert names["maker"] & cases == {"answerInCase"}
    assert "reportReplacement" in names["repair"]
    assert {each for each in names["maker"] if "TakeBack" in each} == {"requestTakeBack", "acceptTakeBack", "refuseTakeBack"}
    assert {each for each in names["repair"] if "TakeBack" in each} == {"requestTakeBack"}


async def test_what_is_outside_of_the_view_is_not_done(parties: Parties) -> None:
    await lived(parties, MADE)
    query = "mutation ($input: SoldInput!) { reportSold(input: $input) { outcome } }"
    given = {"code": code(1), "occurredAt": day(7.1), "clientReference": ref("x"), "buyer": FIRMS["oem"]}
    for by, scope in (("repair", None), ("maker", "battery:identity")):
        body = await parties.ask(by, query, {"input": given}, scope=scope)
        assert body["data"] in (None, {"reportSold": None})
        assert {each["extensions"]["code"] for each in body["errors"]} <= {"UNAUTHORIZED_FIELD_OR_TYPE", "UNAUTHORIZED_INPUT"}
    assert (await report(parties, "maker", "sold", 7.1, buyer=FIRMS["oem"]))["outcome"] == "RECORDED"


async def test_a_role_that_the_token_leaves_out_reports_nothing_in_a_batch(parties: Parties) -> None:
    query = "mutation ($events: [LifecycleEventInput!]!) { told: reportLifecycleEvents(events: $events) { outcome rule } }"
    produced = {"code": code(1), "occurredAt": day(5.1), "clientReference": ref("x"), "modelId": MODEL, **LEAST_MADE}
    sold = {"code": code(1), "occurredAt": day(6.1), "clientReference": ref("y"), "buyer": FIRMS["oem"]}
    body = await parties.ask("recycler", query, {"events": [{"sold": sold}]})
    assert body["data"]["told"] == [{"outcome": "REFUSED", "rule": "ROLE_MAY_NOT_REPORT"}]
    assert (await parties.ask("maker", query, {"events": [{"produced": produced}]}))["data"]["told"] == [{"outcome": "RECORDED", "rule": None}]


async def test_a_batch_has_a_result_for_each_at_its_place(parties: Parties) -> None:
    query = f"mutation ($events: [LifecycleEventInput!]!, $only: Boolean) {{ told: reportLifecycleEvents(events: $events, validateOnly: $only) {ANSWER} }}"

    def made(number: int, **more: Any) -> dict[str, Any]:
        return {"produced": {"code": code(number), "occurredAt": day(5.1), "clientReference": ref(f"b{number}"), "modelId": MODEL, **LEAST_MADE, **more}}

    sold = {"code": code(3), "occurredAt": day(6.1), "clientReference": ref("s"), "buyer": FIRMS["oem"]}
    events = [made(1), made(2, massKg=-1), made(3), {"sold": sold}, made(4)]
    for only, first in ((True, "VALID"), (False, "RECORDED"), (False, "REPLAYED")):
        told = (await parties.ask("maker", query, {"events": events, "only": only}))["data"]["told"]
        assert [each["outcome"] for each in told] == [first, "REFUSED", first, first, first]
        assert (told[1]["rule"], told[1]["message"]) == ("INVALID_FIELD", "massKg: has to be a number above 0 and below 1,000,000,000.")
    assert [each["battery"]["status"] for each in told if each["battery"]] == ["CODED", "SOLD", "SOLD", "CODED"]


async def test_mistyped_reports_of_a_batch_are_told_by_their_places(parties: Parties) -> None:
    """What is no report at all refuses the list, which the spec coerces as a whole; which of them are none is said of each. Nothing is recorded."""
    query = "mutation ($events: [LifecycleEventInput!]!) { told: reportLifecycleEvents(events: $events) { outcome } }"
    good = {"produced": {"code": code(1), "occurredAt": day(5.1), "clientReference": ref("x"), "modelId": MODEL, **LEAST_MADE}}
    several = {**good, "sold": {"code": code(1), "occurredAt": day(6.1), "clientReference": ref("y"), "buyer": FIRMS["oem"]}}
    heavy = {name: value for name, value in good["produced"].items() if name != "clientReference"} | {"massKg": "heavy"}
    body = await parties.ask("maker", query, {"events": [good, {"produced": heavy}, {"made": {}}, several, {"sold": None}]})
    assert [each["message"] for each in body["errors"]] == [
        "Variable $events[1].produced.massKg has to be a number, not a string.",
        "Variable $events[1].produced needs field clientReference of type ProducedInput.",
        "Variable $events[2] has a field 'made', which type LifecycleEventInput does not have.",
        "Variable $events[3] has to give exactly one field of type LifecycleEventInput, and not null.",
        "Variable $events[4] has to give exactly one field of type LifecycleEventInput, and not null.",
    ]
    assert (await parties.ask("maker", query, {"events": [good]}))["data"]["told"] == [{"outcome": "RECORDED"}]


async def test_a_malformed_identifier_or_moment_refuses_its_own_report_alone(parties: Parties) -> None:
    """The same rule and field as of a line of POST /ingest, in a variable or written into the document."""
    answer = "{ outcome rule field message state clientReference battery { code } }"
    good = {"code": code(1).lower(), "occurredAt": day(5.1), "clientReference": ref("x"), "modelId": MODEL, **LEAST_MADE}
    sold = {"code": code(1), "occurredAt": day(6.1), "clientReference": ref("y"), "buyer": FIRMS["oem"]}
    events = [
        {"produced": {**good, "code": code(2)[:-1] + "O"}}, {"produced": good}, {"sold": {**sold, "buyer": "9111"}}, {"sold": {**sold, "occurredAt": "today"}},
        {"sold": {**sold, "code": 5}}, {"sold": {**sold, "clientReference": "a\x00"}}, {"sold": {**sold, "code": "0A1", "corrects": "no id"}}, {"sold": sold},
    ]  # fmt: skip
    expected = [
        ("REFUSED", "SERIAL", "code"), ("RECORDED", None, None), ("REFUSED", "LENGTH", "buyer"), ("REFUSED", "INVALID_FIELD", "occurredAt"),
        ("REFUSED", "INVALID_FIELD", "code"), ("REFUSED", "INVALID_FIELD", "clientReference"), ("REFUSED", "LENGTH", "code"), ("RECORDED", None, None),
    ]  # fmt: skip
    query = f"mutation ($events: [LifecycleEventInput!]!) {{ told: reportLifecycleEvents(events: $events) {answer} }}"
    body = await parties.ask("maker", query, {"events": events})
    told = body["data"]["told"]
    assert [(each["outcome"], each["rule"], each["field"]) for each in told] == expected
    assert told[0]["message"].startswith("code: battery code, position 24")
    assert (told[0]["state"], told[0]["battery"]) == (None, None)
    assert (told[1]["battery"], told[1]["clientReference"]) == ({"code": code(1)}, ref("x"))
    # Again, mended: what was recorded is known, what was refused is not held against its reference.
    events[0] = {"produced": {**good, "code": code(2), "clientReference": ref("z")}}
    again = (await parties.ask("maker", query, {"events": events[:2]}))["data"]["told"]
    assert [each["outcome"] for each in again] == ["RECORDED", "REPLAYED"]
    literal = f'occurredAt: "{day(8.1)}" clientReference: "{ref("l")}" code: "{code(1)}" vin: "short" parts: [] work: "x"'
    body = await parties.ask("oem", f"mutation {{ told: reportLifecycleEvents(events: [{{ maintained: {{ {literal} }} }}]) {answer} }}")
    assert [(each["rule"], each["field"]) for each in body["data"]["told"]] == [("LENGTH", "vin")]


async def test_a_batch_has_ten_thousand_reports_at_most(parties: Parties) -> None:
    query = "mutation ($events: [LifecycleEventInput!]!) { told: reportLifecycleEvents(events: $events) { rule } }"
    retired = least("RETIRED", {"code": code(7), "occurredAt": day(1), "reason": "x"})
    events = [{"retired": {**retired, "clientReference": ref(str(number))}} for number in range(10_000)]
    told = (await parties.ask("maker", query, {"events": events}))["data"]["told"]
    assert [each["rule"] for each in told] == ["BATTERY_NOT_REPORTABLE"] * 10_000
    (error,) = (await parties.ask("maker", query, {"events": [*events, events[0]]}))["errors"]
    assert (error["extensions"]["code"], error["message"]) == ("LIMIT_LIST_SIZE", "Variable $events has 10001 items; limits.reports is 10000.")


async def test_only_what_is_recorded_moves_the_clock_of_a_demonstration(parties: Parties) -> None:
    moves = parties.clock.moves
    for _ in range(2):
        assert (await report(parties, "maker", "produced", 5.1, modelId=MODEL, only=True))["outcome"] == "VALID"
    assert (await report(parties, "maker", "sold", 5.1, buyer=FIRMS["oem"]))["outcome"] == "REFUSED"
    assert parties.clock.moves == moves
    for outcome in ("RECORDED", "REPLAYED"):
        assert (await report(parties, "maker", "produced", 5.1, modelId=MODEL))["outcome"] == outcome
        assert parties.clock.moves == moves + 1


async def test_mutations_of_one_request_are_done_in_order_and_each_is_read_before_the_next(parties: Parties) -> None:
    query = f"""mutation ($made: ProducedInput!, $sold: SoldInput!) {{
      one: reportProduced(input: $made) {ANSWER} two: reportSold(input: $sold) {ANSWER} }}"""
    made = {"code": code(1), "occurredAt": day(5.1), "clientReference": ref("a"), "modelId": MODEL, **LEAST_MADE}
    sold = {"code": code(1), "occurredAt": day(6.1), "clientReference": ref("b"), "buyer": FIRMS["oem"]}
    data = (await parties.ask("maker", query, {"made": made, "sold": sold}))["data"]
    assert [data[each]["battery"]["status"] for each in ("one", "two")] == ["CODED", "SOLD"]


async def test_a_replacement_is_two_events_or_none(parties: Parties) -> None:
    await lived(parties, *driven(), ("maker", "produced", 13.1, {"number": 2, "modelId": MODEL}))
    query = f"mutation ($input: ReplacementInput!) {{ told: reportReplacement(input: $input) {ANSWER} }}"
    given = {"oldCode": code(1), "newCode": code(2), "vin": vin(1), "occurredAt": day(20.1), "clientReference": ref("r"), "workOrder": "W-1", "reason": "worn",
             "receiver": FIRMS["repair"]}  # fmt: skip
    told = (await parties.ask("repair", query, {"input": given}))["data"]["told"]
    assert [(each["rule"], each["state"]) for each in told] == [("GROUP_REFUSED", "IN_SERVICE"), ("BATTERY_NOT_REPORTABLE", None)]
    assert "REPLACED" in told[0]["allowed"], "who names the vehicle has proved that it has to do with what is in it"
    await lived(parties, ("maker", "sold", 14.1, {"number": 2, "buyer": FIRMS["repair"]}))
    told = (await parties.ask("repair", query, {"input": given}))["data"]["told"]
    assert [(each["outcome"], each["battery"]["status"] if each["battery"] else None) for each in told] == [("RECORDED", "REMOVED"), ("RECORDED", None)]


async def test_a_correction_names_an_event_by_its_id(parties: Parties) -> None:
    await lived(parties, MADE, SOLD)
    found = await parties.ask("maker", f'{{ battery(code: "{code(1)}") {{ events {{ nodes {{ id type }} }} }} }}')
    ids = {each["type"]: each["id"] for each in found["data"]["battery"]["events"]["nodes"]}
    wrong = await report(parties, "maker", "sold", 7.2, buyer=FIRMS["oem2"], corrects=ids["PRODUCED"])
    assert wrong["rule"] == "CORRECTION_REFUSED"
    told = await report(parties, "maker", "sold", 7.3, buyer=FIRMS["oem2"], corrects=ids["SOLD"])
    assert told["outcome"] == "RECORDED"
    assert (await report(parties, "oem", "installed", 9.1, vin=vin(1), vehicle=CAR))["rule"] == "BATTERY_NOT_REPORTABLE"
    assert (await report(parties, "oem2", "installed", 9.1, vin=vin(1), vehicle=CAR))["outcome"] == "RECORDED"


async def test_a_subgraph_served_alone_records_and_answers_alike(parties: Parties) -> None:
    server = SubgraphServer(load_graphs()["battery"], Ports(never, lambda who, moment: reading(parties.database, who, moment), clock, lambda moment: moment))
    maker = principal(FIRMS["maker"], "BM")
    query = """mutation ($one: ProducedInput!, $many: [LifecycleEventInput!]!) {
      one: reportProduced(input: $one) { outcome clientReference battery { code status } event { type } }
      many: reportLifecycleEvents(events: $many) { outcome rule battery { status } } }"""
    one = {"code": code(1), "occurredAt": day(5.1), "clientReference": ref("a"), "modelId": MODEL, **LEAST_MADE, "massKg": 421.5}
    sold = {"code": code(1), "occurredAt": day(6.1), "clientReference": ref("b"), "buyer": FIRMS["oem"]}
    wrong = {**sold, "clientReference": ref("c"), "buyer": FIRMS["maker"]}
    misspelt = {**sold, "clientReference": ref("d"), "code": "0A1"}
    body = await server.answer(GraphQLRequest(query, {"one": one, "many": [{"sold": sold}, {"sold": wrong}, {"sold": misspelt}]}), maker, NOW)
    assert body["data"] == {
        "one": {"outcome": "RECORDED", "clientReference": ref("a"), "battery": {"code": code(1), "status": "CODED"}, "event": {"type": "PRODUCED"}},
        "many": [
            {"outcome": "RECORDED", "rule": None, "battery": {"status": "SOLD"}},
            {"outcome": "REFUSED", "rule": "PARTY_ITSELF", "battery": None},
            {"outcome": "REFUSED", "rule": "LENGTH", "battery": None},
        ],
    }


async def never(_token: str, _moment: datetime) -> Principal:
    raise AssertionError("no token is looked at here")


async def test_a_program_follows_what_is_new(parties: Parties) -> None:
    query = """query ($after: String, $first: Int, $last: Int) { changes(first: $first, after: $after, last: $last) {
      nodes { event { type } battery { code status } } pageInfo { endCursor hasNextPage } } }"""

    async def ask(name: str, **variables: Any) -> Any:
        return (await parties.ask(name, query, variables))["data"]["changes"]

    await lived(parties, MADE)
    begin = (await ask("maker", last=1))["pageInfo"]["endCursor"]
    assert (await ask("maker", first=5, after=begin))["nodes"] == []
    await lived(parties, SOLD, ("oem", "installed", 9.1, {"vin": vin(1), "vehicle": CAR}))
    page = await ask("maker", first=1, after=begin)
    assert page["nodes"] == [{"event": {"type": "SOLD"}, "battery": {"code": code(1), "status": "INSTALLED"}}]
    assert page["pageInfo"]["hasNextPage"] is True
    page = await ask("maker", first=5, after=page["pageInfo"]["endCursor"])
    assert [each["event"]["type"] for each in page["nodes"]] == ["INSTALLED"]
    assert (await parties.ask("oem", query, {"first": 5, "after": begin}))["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"


async def test_a_day_before_the_first_rules_is_a_day_like_any_other(parties: Parties) -> None:
    given = least("PRODUCED", {"code": code(1), "occurredAt": "2015-06-01T08:00:00Z", "clientReference": ref("old"), "modelId": MODEL})
    query = "mutation ($input: ProducedInput!) { told: reportProduced(input: $input) { outcome rule late } }"
    assert (await parties.ask("maker", query, {"input": given}))["data"]["told"] == {"outcome": "RECORDED", "rule": None, "late": False}
    several = "mutation ($all: [LifecycleEventInput!]!) { told: reportLifecycleEvents(events: $all) { outcome rule } }"
    another = {"produced": {**given, "code": code(2), "clientReference": ref("older"), "occurredAt": "2000-01-01T00:00:00Z"}}
    body = await parties.ask("maker", several, {"all": [another, {"produced": given}]})
    assert body["data"]["told"] == [{"outcome": "RECORDED", "rule": None}, {"outcome": "REPLAYED", "rule": None}]
