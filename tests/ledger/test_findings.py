"""Rules that are decided when an event arrives: each fires on what it is about, and not on what looks like it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.ledger.events import EventType
from resolvers.ledger.findings.finding import Severity, State
from resolvers.ledger.findings.parameters import MissingParameter, rule_table
from resolvers.ledger.findings.register import ON_ARRIVAL, RULES, WATCHED, Decided
from resolvers.ledger.rules import load_rules
from tests.ledger.book import DAY_0
from tests.ledger.ruling import CODE, SCRAPPED_VIN, STAGES, SWAP_VIN, VIN, case_of, found, in_service, new

E = EventType
CELL = "0A1CB3K00021A5F110000017"
OLD_CODE = "0A1PB3K00021A5EB10000017"  # 2024-11-01
DATES = "anomaly.code_date_difference"

# Stage, event and its parts, the rules that fire.
TABLE: list[tuple[str, EventType, dict[str, Any], list[str]]] = [
    ("in_service", E.VEHICLE_SCRAPPED, {"by": "scrap", "vin": VIN, "packFound": False}, ["R01"]),
    ("in_service", E.VEHICLE_SCRAPPED, {"by": "scrap", "vin": VIN, "codeFound": "ANOTHER"}, ["R01"]),
    ("in_service", E.VEHICLE_SCRAPPED, {"by": "scrap", "vin": VIN, "codeFound": CODE, "packFound": True}, []),
    ("in_service", E.VEHICLE_SCRAPPED, {"by": "scrap", "vin": VIN}, []),
    ("in_service", E.VEHICLE_SCRAPPED, {"by": "scrap", "vin": SWAP_VIN, "packFound": False}, []),
    ("new", E.PRODUCED, {"by": "oem"}, ["R02"]),
    ("new", E.PRODUCED, {"by": "maker", "day": 1}, ["R02"]),
    ("new", E.IMPORTED, {"by": "maker", "day": 30}, ["R02"]),
    ("new", E.PRODUCED, {"by": "maker", "day": 0.1}, ["R17"]),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "recycler", "purpose": "COLLECTION"}, []),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "closed", "purpose": "COLLECTION"}, ["R04"]),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "stranger", "purpose": "COLLECTION"}, ["R04"]),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "lapsed", "purpose": "UTILIZATION", "filingNumber": "F"}, ["R04"]),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "lapsed", "purpose": "COLLECTION"}, []),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "lapsed", "purpose": "UTILIZATION", "filingNumber": "F", "day": 46}, ["R04"]),
    ("new", E.PRODUCT_SOLD, {"by": "recycler", "fieldOfUse": "E_BICYCLE"}, ["R13"]),
    ("new", E.PRODUCT_SOLD, {"by": "recycler", "fieldOfUse": "STATIONARY_STORAGE"}, []),
    ("new", E.PRODUCT_SOLD, {"by": "recycler", "fieldOfUse": "POWER_BANK"}, []),
    ("new", E.PRODUCT_SOLD, {"by": "recycler", "fieldOfUse": "TELECOM_BACKUP", "buyerBusiness": "E_BICYCLE_RENTAL"}, ["R13"]),
    ("new", E.PRODUCT_SOLD, {"by": "recycler", "code": CELL}, ["R13"]),
    ("new", E.PRODUCT_SOLD, {"by": "recycler"}, []),
    ("in_service", E.RETIRED, {"by": "repair"}, ["R14"]),
    ("in_service", E.PACK_DETACHED, {"by": "scrap", "vin": VIN}, ["R14"]),
    ("in_service", E.HANDED_OVER, {"by": "repair", "to": "recycler", "purpose": "COLLECTION"}, ["R14"]),
    ("in_scrap_vehicle", E.PACK_DETACHED, {"by": "scrap", "vin": VIN, "day": 59}, ["R14"]),
    ("in_scrap_vehicle", E.PACK_DETACHED, {"by": "scrap", "vin": VIN}, []),
    ("in_service", E.REPLACED, {"by": "repair", "vin": VIN}, ["R14"]),
    # Every replacement names the other battery and says why; only a work order is an order.
    ("in_service", E.REPLACED, {"by": "repair", "vin": VIN, "newCode": "OTHER", "reason": "WORN"}, ["R14"]),
    ("in_service", E.REPLACED, {"by": "repair", "vin": VIN, "workOrder": "W1"}, []),
    ("sold", E.INSTALLED, {"by": "oem", "vin": VIN}, []),
    ("sold", E.INSTALLED, {"by": "oem", "vin": SCRAPPED_VIN}, ["R16"]),
    ("sold", E.INSTALLED, {"by": "oem", "vin": SCRAPPED_VIN, "day": 4}, []),
    ("sold", E.REPLACED, {"by": "repair", "vin": SCRAPPED_VIN}, ["R16"]),
    ("retired", E.SOLD, {"by": "maker", "to": "oem"}, ["R17"]),
    ("in_service", E.MAINTAINED, {"by": "repair", "vin": VIN, "day": 3}, []),
    ("in_service", E.VEHICLE_SCRAPPED, {"by": "scrap", "vin": VIN, "packFound": True, "day": 3}, ["R17"]),
    ("Book", E.PRODUCED, {"by": "maker", "code": OLD_CODE, "day": 0}, ["R17"]),
    ("Book", E.PRODUCED, {"by": "maker", "code": CODE, "day": 31}, []),
    ("Book", E.PRODUCED, {"by": "maker", "code": CODE, "day": 32}, ["R17"]),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "recycler", "purpose": "UTILIZATION"}, ["R19"]),
    # Where the parties are registered it crosses a border, whatever is told; and where it is told to cross one.
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "recycler", "purpose": "UTILIZATION", "fromRegion": "420100", "toRegion": "420100"}, ["R19"]),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "swap", "purpose": "UTILIZATION", "fromRegion": "440300", "toRegion": "450100"}, ["R04", "R19"]),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "recycler", "purpose": "UTILIZATION", "filingNumber": "F1"}, []),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "swap", "purpose": "STORAGE"}, []),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "recycler", "purpose": "DISPOSAL", "filingNumber": "F1"}, ["R19"]),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "recycler", "purpose": "DISPOSAL", "approvalNumber": "A1"}, []),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "scrap", "purpose": "DISPOSAL", "approvalNumber": "A1"}, ["R04"]),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "lapsed", "purpose": "DISPOSAL", "approvalNumber": "A1"}, ["R04"]),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "swap", "purpose": "REPAIR"}, ["R04"]),
    ("retired", E.HANDED_OVER, {"by": "repair", "to": "oem", "purpose": "REPAIR"}, []),
    ("retired", E.EXPORTED, {"by": "oem", "country": "DE"}, ["R22"]),
    ("stored", E.EXPORTED, {"by": "oem", "country": "DE"}, ["R22"]),
    ("in_service", E.EXPORTED, {"by": "oem", "country": "DE"}, []),
]


@pytest.mark.parametrize(("stage", "kind", "parts", "rules"), TABLE)
def test_what_fires(stage: str, kind: EventType, parts: dict[str, Any], rules: list[str]) -> None:
    assert [each.rule for each in found(case_of(STAGES[stage](), kind, **parts))] == rules


@pytest.mark.parametrize(("vin", "reason"), [("LGXC76C30R0000017", "INVALID_VIN"), ("LRWYGCEK9PC123456", "NOT_REGISTERED")])
def test_a_vehicle_that_cannot_be_is_told_before_the_fold_looks_it_up(vin: str, reason: str) -> None:
    case = case_of(STAGES["sold"](), E.INSTALLED, "oem", vin=VIN)
    phantom = case.event._replace(vin=vin)
    (finding,) = found(type(case)(phantom, case.facts, case.before, None, "VEHICLE_UNKNOWN", case.earlier, case.known, case.parameters))
    assert (finding.rule, finding.figures["reason"]) == ("R16", reason)


def test_a_replacement_on_record_explains_another_pack() -> None:
    book = in_service().write(30, E.REPLACED, "repair", vin=VIN, newCode="NEW", reason="WORN").write(33, E.REINSTALLED, "repair", vin=VIN)
    assert not found(case_of(book, E.VEHICLE_SCRAPPED, "scrap", vin=VIN, codeFound="NEW"))
    assert [each.rule for each in found(case_of(book, E.VEHICLE_SCRAPPED, "scrap", vin=VIN, codeFound="OTHER"))] == ["R01"]


def test_a_finding_says_whose_it_is_and_what_it_rests_on() -> None:
    (finding,) = found(case_of(STAGES["retired"](), E.HANDED_OVER, "repair", "recycler", purpose="UTILIZATION"))
    assert (finding.severity, finding.owners, finding.provinces, finding.party) == (Severity.HIGH, ("ME",), ("42", "44"), "repair")
    assert (finding.evidence, finding.attempt, finding.state) == ((7,), None, State.OPEN)
    assert finding.figures == {"from": "44", "to": "42", "purpose": "UTILIZATION", "required": "FILING"}


def test_what_was_refused_is_told_as_an_attempt_beside_the_events_it_rests_on() -> None:
    (finding,) = found(case_of(new(), E.PRODUCED, "oem"))
    assert finding.evidence == (1,)
    assert finding.attempt is not None
    assert finding.attempt["reporter"] == "oem"
    # The first reporter's province and the second's.
    assert finding.provinces == ("31", "35")


def test_the_id_is_that_of_the_same_finding_only() -> None:
    one, same = (found(case_of(new(), E.PRODUCED, "oem"))[0] for _ in range(2))
    assert one.id == same.id
    others = [found(case_of(new(), E.PRODUCED, "oem", day=LATE))[0] for LATE in (5, 6)]
    assert {one.id} == {each.id for each in others}, "tried again it is the same"
    assert found(case_of(new(), E.PRODUCED, "repair"))[0].id != one.id
    told = [found(case_of(STAGES["retired"](), E.HANDED_OVER, "repair", to, purpose="COLLECTION"))[0] for to in ("closed", "stranger")]
    assert [each.attempt for each in told] == [None, None]


def test_parameters_are_those_of_the_day_of_the_event() -> None:
    rules = [each for each in load_rules() if each.name == "field.prohibited"]
    began = min(each.valid_from for each in rules if each.rule_set == "ORDER_73")
    moved = rule_table([each for each in rules if each.rule_set == "ORDER_73"])
    assert not moved.on(DAY_0.date()).lists("field.prohibited", "E_BICYCLE")
    assert moved.on(began).lists("field.prohibited", "E_BICYCLE")
    with pytest.raises(MissingParameter, match=r"anomaly\.mass_gain for 2025-01-01"):
        moved.on(DAY_0.date()).number("anomaly.mass_gain")


def test_before_its_first_row_a_rule_has_no_limit_and_a_name_that_no_row_has_is_a_defect() -> None:
    before = min(each.valid_from for each in load_rules() if each.name == DATES) - timedelta(days=1)
    assert rule_table(load_rules()).on(before).limit(DATES) is None
    assert rule_table(load_rules()).on(before + timedelta(days=1)).limit(DATES) == 31
    for table in (rule_table([]), rule_table([each._replace(status="DRAFT") for each in load_rules()])):
        with pytest.raises(MissingParameter, match=r"anomaly\.code_date_difference at all"):
            table.on(before).limit(DATES)


@given(st.dates(date(2000, 1, 1), date(2026, 11, 27)), st.sampled_from(sorted(WATCHED)), st.sampled_from(sorted(STAGES)), st.sampled_from(("oem", "stranger")))
def test_on_no_day_does_a_rule_on_arrival_fail(day: date, kind: EventType, stage: str, to: str) -> None:
    """Days of which the rule table says nothing are days like any other."""
    told = {"certificate": "C", "packFound": True, "purpose": "UTILIZATION", "declaredMassKg": 400.0, "measuredMassKg": 400.0, "fieldOfUse": "E_BICYCLE"}
    more = {"reason": "worn", "newCode": OLD_CODE, "country": "DE", "standard": "GB/T 36276-2023", "massKg": 400.0, "modules": 0, "region": "440300"}
    case = case_of(STAGES[stage](), kind, "maker", to, VIN, (day - DAY_0.date()).days, **told, **more)
    assert {each.rule for each in found(case)} <= RULES.keys()


def test_the_register_lists_all_rules_and_decides_these_on_arrival() -> None:
    assert list(RULES) == [f"R{number:02}" for number in range(1, 25)]
    assert [each.id for each in ON_ARRIVAL] == ["R01", "R02", "R04", "R13", "R14", "R16", "R17", "R19", "R22"]
    assert all((each.check is not None) == (each.decided is Decided.ARRIVAL) and each.owners for each in RULES.values())
    assert len({each.name for each in RULES.values()}) == len(RULES)
