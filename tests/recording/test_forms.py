"""What a report of each event has to say: the required data of the domain reference, one by one, and what is asked of fields together."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any, Final

import pytest

from resolvers.database.pool import Database
from resolvers.ledger.events import EventType
from resolvers.ledger.products.standards import load_standards
from resolvers.ledger.recording.fields import BadReport, FieldRule, Kind
from resolvers.ledger.recording.forms import ASSAY, FIELDS, INPUT, MODEL, MODULE, STEP, VEHICLE
from resolvers.ledger.recording.inputs import common, read_report
from resolvers.ledger.recording.inputs_together import MOVE, SWAP_DAY, read_plain
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import NewPack, Recorded, Reporter
from resolvers.ledger.recording.texts import plain_values
from resolvers.ledger.recording.words import BUSINESSES, FIELDS_OF_USE, PURPOSES
from resolvers.ledger.rows import Model
from resolvers.ledger.rules import load_rules
from tests.recording.least import LEAST
from tests.recording.making import given, module, refused
from tests.recording.world import FIRMS, NOW, Book, E, code, registered, rows, vin

CREDIT: Final = FIRMS["recycler"]
SAMPLES: Final[Mapping[Kind, Any]] = {
    Kind.TEXT: "x", Kind.QUANTITY: 1.0, Kind.POSITIVE: 1.0, Kind.NUMBER: 1, Kind.FLAG: True, Kind.DAY: "2026-05-06", Kind.MOMENT: "2026-05-06T08:00:00Z",
    Kind.CODE: code(1), Kind.VIN: vin(1), Kind.PARTY: CREDIT, Kind.REGION: "440300", Kind.OWNER: "PRIVATE", Kind.POWERTRAIN: "BEV", Kind.PERCENT: 80.0,
    Kind.SEVERITY: "MINOR", Kind.CODES: [code(1)], Kind.MODULE_CODE: module(1), Kind.SLIPS: ["W"], Kind.PROCESS: "MECHANICAL", Kind.ELEMENT: "Li",
    Kind.COUNT: 0, Kind.MAKER: "0R1",
    Kind.CHEMISTRY: "LFP", Kind.CELLS: "BLADE", Kind.ACTIVITY: "STORAGE", Kind.PARTS: [], Kind.SAFETY: "NORMAL", Kind.AMOUNTS: [],
    Kind.PURPOSE: "STORAGE", Kind.FILING: "2026-1", Kind.FIELD_OF_USE: "OTHER", Kind.GRADE: "A", Kind.ROUTE: "REUSE", Kind.TREATMENT: "MECHANICAL",
    Kind.COUNTRY: "DE", Kind.COMMODITY: "850760",
}  # fmt: skip
# What the domain reference, section 3, names as required; codes, moments and reporters stand in every report. The field of use of a sale is asked
# for when the sale is judged, so that rules see one without it (test_product_sales.py).
REQUIRED: Final[Mapping[EventType, str]] = {
    E.PRODUCED: "modelId massKg nominalEnergyKwh", E.IMPORTED: "modelId massKg nominalEnergyKwh customsDeclaration originCountry", E.SOLD: "buyer",
    E.INSTALLED: "vin", E.VEHICLE_SOLD: "vin region ownerKind", E.POOLED: "pool owner", E.SWAP_IN: "vin station stateOfCharge stateOfHealth",
    E.SWAP_OUT: "vin station stateOfCharge stateOfHealth", E.MAINTAINED: "vin work parts", E.REPLACED: "vin reason", E.REINSTALLED: "reason stateOfHealth",
    E.OWNER_CHANGED: "region ownerKind", E.RETIRED: "reason stateOfHealth condition safetyClass", E.VEHICLE_SCRAPPED: "vin certificate packFound",
    E.PACK_DETACHED: "massKg condition", E.HANDED_OVER: "receiver purpose declaredMassKg carrier unClass fromRegion toRegion",
    E.RECEIVED: "measuredMassKg condition", E.REJECTED: "reason",
    E.GRADED: "method capacityAh resistanceMilliohm insulationMegaohm grade route", E.DISMANTLED: "massKg",
    E.REPROCESSED: "sourceCodes modelId massKg nominalEnergyKwh fieldOfUse standard testReport", E.PRODUCT_SOLD: "region",
    E.RECYCLED: "batch process inputs steps outputs residues energyKwh", E.DISPOSED: "residueType massKg permit",
    E.EXPORTED: "country hsCode customsDeclaration", E.REPORTED_MISSING: "circumstances", E.FOUND: "circumstances",
}  # fmt: skip


def sample(rules: tuple[FieldRule, ...]) -> dict[str, Any]:
    """The least that these fields take."""
    return {rule.name: value(rule.kind) for rule in rules if rule.required}


def value(kind: Kind) -> Any:
    parts = {Kind.INPUTS: INPUT, Kind.STEPS: STEP, Kind.MODULES: MODULE, Kind.ASSAYS: ASSAY, Kind.VEHICLE: VEHICLE, Kind.MODEL: MODEL}
    if kind in parts:
        return sample(parts[kind]) if kind in (Kind.VEHICLE, Kind.MODEL) else [sample(parts[kind])]
    return SAMPLES[kind]


def filled(event: EventType) -> dict[str, Any]:
    """A report that says the least that it may."""
    together: Mapping[EventType, Mapping[str, Any]] = {
        E.REPLACED: {"newCode": code(2), "receiver": CREDIT}, E.REINSTALLED: {"pool": "P"}, E.CODE_FILED: {"traceabilityCode": "0000001"},
    }  # fmt: skip
    return {**sample((*common(event), *FIELDS[event])), **together.get(event, {})}


@pytest.mark.parametrize(("event", "names"), REQUIRED.items())
def test_the_domain_reference_s_required_data_are_required(event: EventType, names: str) -> None:
    assert {rule.name for rule in FIELDS[event] if rule.required} == set(names.split())


@pytest.mark.parametrize("event", FIELDS)
def test_what_is_left_out_is_named(event: EventType) -> None:
    whole = filled(event)
    read_report(event, whole)
    for name in {rule.name for rule in (*common(event), *FIELDS[event]) if rule.required}:
        with pytest.raises(BadReport) as bad:
            read_report(event, {each: value for each, value in whole.items() if each != name})
        assert (bad.value.field, bad.value.code) == (name, "REQUIRED")


@pytest.mark.parametrize(
    ("event", "change", "field", "rule"),
    [
        (E.REPLACED, {"newCode": None}, "oldCode", "REQUIRED"),
        (E.REPLACED, {"oldCode": code(3)}, "oldCode", "INVALID_FIELD"),
        (E.REPLACED, {"receiver": None}, "receiver", "REQUIRED"),
        (E.REPLACED, {"newCode": None, "oldCode": code(3)}, "receiver", "INVALID_FIELD"),
        (E.REPLACED, {"newCode": None, "oldCode": code(3), "receiver": None}, None, None),
        (E.REINSTALLED, {"pool": None}, "vin", "REQUIRED"),
        (E.REINSTALLED, {"vin": vin(1)}, "vin", "INVALID_FIELD"),
        (E.REINSTALLED, {"pool": None, "vin": vin(1)}, None, None),
        (E.MAINTAINED, {"parts": "SEAL"}, "parts", "INVALID_FIELD"),
        (E.MAINTAINED, {"parts": ["S"] * 65}, "parts", "INVALID_FIELD"),
        (E.MAINTAINED, {"parts": ["S", ""]}, "parts", "INVALID_FIELD"),
        (E.RETIRED, {"safetyClass": "SAFE"}, "safetyClass", "INVALID_FIELD"),
        (E.RETIRED, {"stateOfHealth": 101}, "stateOfHealth", "INVALID_FIELD"),
        (E.HANDED_OVER, {"toRegion": "990000"}, "toRegion", "REGION"),
        (E.RECYCLED, {"residues": []}, None, None),
        (E.MAINTAINED, {"occurredAt": "9999-12-31T23:59:59-14:00"}, "occurredAt", "INVALID_FIELD"),
        (E.MAINTAINED, {"occurredAt": "1999-12-31T23:59:59Z"}, "occurredAt", "INVALID_FIELD"),
        (E.MAINTAINED, {"occurredAt": "9998-12-31T23:59:59-14:00"}, None, None),
        (E.PACK_DETACHED, {"massKg": 10**400}, "massKg", "INVALID_FIELD"),
        (E.PACK_DETACHED, {"massKg": math.nan}, "massKg", "INVALID_FIELD"),
        (E.RECYCLED, {"steps": [{**sample(STEP), "startedAt": "9999-12-31T23:59:59-14:00"}]}, "steps[0].startedAt", "INVALID_FIELD"),
        (E.INSTALLED, {"vehicle": {**sample(VEHICLE), "foo": 1}}, "vehicle.foo", "UNKNOWN_FIELD"),
        (E.PRODUCED, {"modules": [{**sample(MODULE), "foo": 1}]}, "modules[0].foo", "UNKNOWN_FIELD"),
        (E.MAINTAINED, {"evidence": [{"kind": "K", "reference": "R", "foo": 1}]}, "evidence[0].foo", "UNKNOWN_FIELD"),
        # Words that no rule knows would be found by no rule.
        (E.HANDED_OVER, {"purpose": "utilization"}, "purpose", "INVALID_FIELD"),
        (E.HANDED_OVER, {"purpose": "zzz"}, "purpose", "INVALID_FIELD"),
        (E.HANDED_OVER, {"filingNumber": "-"}, "filingNumber", "INVALID_FIELD"),
        (E.HANDED_OVER, {"filingNumber": "none"}, "filingNumber", "INVALID_FIELD"),
        (E.HANDED_OVER, {"approvalNumber": "0"}, "approvalNumber", "INVALID_FIELD"),
        (E.HANDED_OVER, {"filingNumber": "粤环固移〔2026〕123号"}, None, None),
        (E.HANDED_OVER, {"filingNumber": "DEMO-F-4342-0000017"}, None, None),
        (E.PRODUCT_SOLD, {"fieldOfUse": "e-bicycle"}, "fieldOfUse", "INVALID_FIELD"),
        (E.PRODUCT_SOLD, {"buyerBusiness": "e-bicycle rental"}, "buyerBusiness", "INVALID_FIELD"),
        (E.PRODUCT_SOLD, {"buyerBusiness": "E_BICYCLE_RENTAL"}, None, None),
        (E.REPROCESSED, {"fieldOfUse": "SUBMARINE"}, "fieldOfUse", "INVALID_FIELD"),
        (E.GRADED, {"grade": "zzz"}, "grade", "INVALID_FIELD"),
        (E.GRADED, {"route": "zzz"}, "route", "INVALID_FIELD"),
        (E.RECYCLED, {"process": "zzz"}, "process", "INVALID_FIELD"),
        (E.EXPORTED, {"country": "Atlantis"}, "country", "INVALID_FIELD"),
        (E.EXPORTED, {"country": "XX"}, "country", "INVALID_FIELD"),
        (E.EXPORTED, {"hsCode": "abc"}, "hsCode", "INVALID_FIELD"),
        (E.EXPORTED, {"hsCode": "８５０７６０"}, "hsCode", "INVALID_FIELD"),
        (E.EXPORTED, {"hsCode": "8507600090"}, None, None),
        (E.IMPORTED, {"originCountry": "germany"}, "originCountry", "INVALID_FIELD"),
        # What stays in China is neither imported nor exported.
        (E.IMPORTED, {"originCountry": "CN"}, "originCountry", "INVALID_FIELD"),
        (E.EXPORTED, {"country": "CN"}, "country", "INVALID_FIELD"),
        (E.EXPORTED, {"country": "HK"}, None, None),
        (E.PRODUCED, {"otherScheme": "GS1"}, "otherScheme", "OTHER_SCHEME"),
        (E.IMPORTED, {"otherValue": "8901"}, "otherScheme", "OTHER_SCHEME"),
        (E.REPROCESSED, {"otherValue": "8901"}, "otherScheme", "OTHER_SCHEME"),
        (E.PRODUCED, {"otherScheme": "GS1", "otherValue": "8901"}, None, None),
    ],
)
def test_what_fields_ask_of_values_and_of_each_other(event: EventType, change: dict[str, Any], field: str | None, rule: str | None) -> None:
    told = {name: value for name, value in {**filled(event), **change}.items() if value is not None}
    if field is None:
        read_report(event, told)
        return
    with pytest.raises(BadReport) as bad:
        read_report(event, told)
    assert (bad.value.field, bad.value.code if rule != "REGION" else rule) == (field, rule)


@pytest.mark.parametrize(
    ("twice", "words"),
    [
        ({"steps": [{**sample(STEP), "assays": [{"element": "Li", "inputKg": 1, "recoveredKg": 1}] * 2}]}, "steps[0].assays: names an element twice"),
        ({"outputs": [{"material": "COPPER", "massKg": 1}] * 2}, "outputs: names a material twice"),
    ],
)
def test_what_is_named_twice_is_named(twice: dict[str, Any], words: str) -> None:
    with pytest.raises(BadReport) as bad:
        read_report(E.RECYCLED, {**filled(E.RECYCLED), **twice})
    assert str(bad.value) == words


def test_every_word_that_the_rule_table_asks_about_can_be_told() -> None:
    """A list of the rule table or the standards register that names a word which no report can say would find nothing."""
    rules = load_rules()
    listed = {name: {each.node_type for each in rules if each.name == name} for name in ("field.prohibited", "business.prohibited", "licence.required")}
    listed["standards"] = {each.field_of_use for each in load_standards().rows}
    assert listed["field.prohibited"] | listed["standards"] <= set(FIELDS_OF_USE)
    assert listed["business.prohibited"] <= set(BUSINESSES)
    assert listed["licence.required"] <= set(PURPOSES)


def test_a_move_of_a_swap_pool_says_as_much_as_a_swap() -> None:
    assert {rule.name for rule in MOVE if rule.required} >= {rule.name for rule in FIELDS[E.SWAP_IN] if rule.required}


def test_a_move_takes_no_unknown_field_in_silence() -> None:
    with pytest.raises(BadReport) as bad:
        read_plain(SWAP_DAY, {"day": "2026-05-06", "clientReference": "d", "moves": [{"code": code(1), "foo": 1}]})
    assert (bad.value.field, bad.value.code) == ("moves[0].foo", "UNKNOWN_FIELD")


def test_digits_of_other_scripts_are_none() -> None:
    assert plain_values(E.PACK_DETACHED, {"massKg": "４１９"})["massKg"] == "４１９", "a text, which the field refuses"
    assert plain_values(E.INSTALLED, {"position": "２"})["position"] == "２"


def test_parts_in_a_table() -> None:
    assert plain_values(E.MAINTAINED, {"work": "SEAL", "parts": "S-1; S-2"})["parts"] == ["S-1", "S-2"]
    assert plain_values(E.MAINTAINED, {"work": "SEAL", "parts": ""})["parts"] == [], "an empty cell: none was put in"
    assert "parts" not in plain_values(E.MAINTAINED, {"work": "SEAL"})


@pytest.fixture
async def book(database: Database) -> AsyncIterator[Book]:
    await registered(database)
    yield Book(database)
    assert [str(each) for each in (await rebuild(database, lambda _stage, _done: None)).differences] == []


async def pooled(book: Book, number: int = 1) -> None:
    told = [
        await book.one("maker", 0.1, E.PRODUCED, number), await book.one("maker", 1, E.SOLD, number, to="swap"),
        await book.one("swap", 2, E.POOLED, number, details={"pool": "P"}),
    ]  # fmt: skip
    assert all(isinstance(each, Recorded) for each in told), told


PACK: Final = "select status, state_of_health, safety_class, province from battery.pack where code = $1"


async def test_a_retirement_tells_health_and_handling(book: Book) -> None:
    await pooled(book)
    retired = {**LEAST["RETIRED"], "reason": "worn", "stateOfHealth": 71.5, "safetyClass": "ATTENTION"}
    assert isinstance((await book.tell("swap", given(E.RETIRED, code(1), 5, "r", **retired)))[0], Recorded)
    assert await rows(book.database, PACK, code(1)) == [{"status": "RETIRED", "state_of_health": 71.5, "safety_class": "ATTENTION", "province": "44"}]
    assert await rows(book.database, "select state_of_health, method from battery.health where code = $1", code(1)) == [
        {"state_of_health": 71.5, "method": "RETIREMENT"}
    ]


async def test_a_retirement_makes_nothing_lighter(book: Book) -> None:
    await pooled(book)
    alarm = {"kind": "LEAKAGE", "severity": "SERIOUS", "description": "d"}
    await book.one("swap", 4, E.SAFETY_EVENT, details=alarm)
    await book.tell("swap", given(E.RETIRED, code(1), 5, "r", reason="worn"))
    assert [row["safety_class"] for row in await rows(book.database, PACK, code(1))] == ["HAZARDOUS"]


async def test_events_of_a_form_that_asked_for_less_are_read_as_they_stand(book: Book) -> None:
    """They came in before the form asked for more: what they do not say is not known, and the rebuild at the end finds nothing wrong."""
    await pooled(book)
    for kind, day, more in ((E.RETIRED, 5, {"details": {"reason": "worn"}}), (E.HANDED_OVER, 6, {"to": "recycler", "details": {"purpose": "COLLECTION"}})):
        assert isinstance(await book.one("swap", day, kind, **more), Recorded)
    assert isinstance(await book.one("recycler", 7, E.RECEIVED), Recorded)
    assert await rows(book.database, PACK, code(1)) == [{"status": "STORED", "state_of_health": None, "safety_class": "NORMAL", "province": "42"}]


async def test_a_hand_over_to_a_place_that_the_receiver_has_elsewhere(book: Book) -> None:
    """The leg goes where it is told to go; the province of that place sees it from then on, and that of the receiver's seat does as before."""
    await pooled(book)
    await book.tell("swap", given(E.RETIRED, code(1), 5, "r", reason="worn"))
    offer = {"receiver": FIRMS["recycler"], "purpose": "STORAGE", "declaredMassKg": 420.0, "fromRegion": "440300", "toRegion": "360100"}
    await book.tell("swap", given(E.HANDED_OVER, code(1), 6, "h", **offer))
    await book.tell("recycler", given(E.RECEIVED, code(1), 8, "g", measuredMassKg=420.0))
    legs = "select from_province, to_province from battery.custody where code = $1 order by seq desc limit 1"
    assert await rows(book.database, legs, code(1)) == [{"from_province": "44", "to_province": "36"}]
    assert [row["province"] for row in await rows(book.database, PACK, code(1))] == ["36"]
    seen = await rows(book.database, "select grantee from battery.access where code = $1 and relation = 'jurisdiction'", code(1))
    assert {row["grantee"] for row in seen} == {"province:" + each for each in ("35", "44", "42", "36")}


async def test_who_gets_a_replaced_battery_is_on_the_platform(book: Book) -> None:
    car = await book.in_service()
    for receiver, rule in (("91350902MA2XYB1C0U", "PARTY_UNKNOWN"), (FIRMS["recycler"], None)):
        (told,) = await book.tell("repair", given(E.REPLACED, code(1), 20, receiver, vin=car, newCode=code(2), receiver=receiver, workOrder="W"))
        assert (refused(told) if rule else type(told)) == (rule or Recorded)
    assert [row["custodian"] for row in await rows(book.database, "select custodian from battery.pack")] == [FIRMS["repair"]], "until it is handed over"


async def test_a_province_files_what_the_register_of_vehicles_says_of_its_own(book: Book) -> None:
    """It moves nothing, and opens nothing to anybody; of batteries elsewhere it may not."""
    car = await book.in_service()
    before = await rows(book.database, "select grantee, relation from battery.access order by 1, 2")
    changed = {"vin": None, "region": "440300", "ownerKind": "LEASING"}
    for province, rule in (("11", "BATTERY_NOT_REPORTABLE"), ("44", None)):
        office = Reporter("11100000000013039Y", frozenset({"PR"}), frozenset({province}))
        (told,) = await record(book.database, office, [given(E.OWNER_CHANGED, code(1), 20, province, **changed)], NOW)
        assert (refused(told) if rule else type(told)) == (rule or Recorded)
    assert await rows(book.database, "select status, vin, custodian from battery.pack") == [{"status": "IN_SERVICE", "vin": car, "custodian": None}]
    assert await rows(book.database, "select grantee, relation from battery.access order by 1, 2") == before


async def test_a_replacement_does_not_take_one_battery_for_the_other(book: Book) -> None:
    car = await book.in_service()
    (told,) = await book.tell("oem", given(E.REPLACED, code(1), 20, "r", vin=car, oldCode=code(2), workOrder="W"))
    assert refused(told) == "NOT_IN_VEHICLE", "it is in the vehicle, so it is the one that came out"
    (told,) = await book.tell("repair", given(E.REPLACED, code(1), 20, "s", vin=car, newCode=code(2), receiver=FIRMS["repair"], workOrder="W"))
    assert isinstance(told, Recorded)


NEVER_0 = [(event, rule.name) for event, rules in FIELDS.items() for rule in rules if rule.name.endswith(("massKg", "MassKg", "nominalEnergyKwh"))]


@pytest.mark.parametrize("told", [0, 0.0, -0.0, -1, -420.0])
@pytest.mark.parametrize(("event", "field"), NEVER_0)
def test_what_is_there_weighs_something(event: EventType, field: str, told: float) -> None:
    """A 0 would read as "not told": what is not told of a battery is its model's."""
    with pytest.raises(BadReport) as bad:
        read_report(event, {**filled(event), field: told})
    assert (bad.value.field, bad.value.code) == (field, "INVALID_FIELD")
    read_report(event, {**filled(event), field: 0.001})


@pytest.mark.parametrize("told", [0, -1.5])
def test_modules_and_what_is_released_weigh_something_and_a_model_is_of_something(told: float) -> None:
    made = {"code": module(1), "cellCount": 26, "massKg": told}
    model = {**sample(MODEL), "massKg": told}
    for event, more, field in (
        (E.PRODUCED, {"modules": [made]}, "modules[0].massKg"),
        (E.DISMANTLED, {"released": [{"code": module(1), "massKg": told}]}, "released[0].massKg"),
        (E.CODE_FILED, {"traceabilityCode": None, "specificationCode": "3K", "modelId": "0R1-X", "model": model}, "model.massKg"),
    ):
        with pytest.raises(BadReport) as bad:
            read_report(event, {**filled(event), **more})
        assert (bad.value.field, bad.value.code) == (field, "INVALID_FIELD")
        if told == 0:
            read_report(event, {**filled(event), **more}, as_once=True)


def test_a_mass_of_0_is_told_and_no_other_takes_its_place() -> None:
    """As events that were recorded before it was refused."""
    model = Model("M", CREDIT, "M", "LFP", "PRISMATIC", 60.0, 180.0, 333.0, 420.0, 0, 104, date(2020, 1, 1), None, NOW)
    assert [(new.mass_of(model), new.energy_of(model)) for new in (NewPack("M"), NewPack("M", 0.0, 0.0), NewPack("M", 1.0, 2.0))] == [
        (420.0, 60.0), (0.0, 0.0), (1.0, 2.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("region", "day", "rule"),
    [
        ("110103", "2010-06-30", None),
        ("110103", "2010-07-01", "RETIRED"),
        ("110103", "2026-05-06", "RETIRED"),
        ("110118", "2014-12-31", "NOT_YET"),
        ("110118", "2015-01-01", None),
        ("350999", "2026-05-06", "UNKNOWN"),
        ("110199", "2026-05-06", "UNKNOWN"),
        ("430199", "2026-05-06", None),
        ("449900", "2026-05-06", "UNKNOWN"),
        ("990000", "2026-05-06", "PROVINCE"),
    ],
)
@pytest.mark.parametrize(("event", "field"), [(event, rule.name) for event, rules in FIELDS.items() for rule in rules if rule.kind is Kind.REGION])
def test_a_region_is_one_of_the_day(event: EventType, field: str, region: str, day: str, rule: str | None) -> None:
    """A county that the register does not list passes under a parent that is in force."""
    report = {**filled(event), "occurredAt": f"{day}T00:00:00+08:00", field: region}
    if rule is None:
        read_report(event, report)
        return
    with pytest.raises(BadReport) as bad:
        read_report(event, report)
    assert (bad.value.field, bad.value.code) == (field, rule)
