"""Whether a party may take a pack: each reason by itself, and that nothing but the pack's status and recall decides about the pack."""

from __future__ import annotations

from datetime import date

import pytest

from resolvers.ledger.acceptance import PackSeen, Purpose, Reason, reasons
from resolvers.ledger.findings.case import LicenceSeen, Party, RoleSeen
from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.rules import load_rules
from resolvers.ledger.states import TERMINAL, Status

DAY = date(2026, 11, 20)
RULES = rule_table(load_rules()).on(DAY)
U, R, S = Purpose.UTILIZATION, Purpose.REPAIR, Purpose.VEHICLE_SCRAPPING


def licensed(activity: str, until: date | None = None, status: str = "ACTIVE") -> Party:
    return Party("42", status, (LicenceSeen(activity, date(2021, 1, 1), until),))


def had(roles: str, until: date | None = None) -> tuple[RoleSeen, ...]:
    return tuple([RoleSeen(each, date(2021, 1, 1), until) for each in roles.split()])


RECYCLER = licensed("COMPREHENSIVE_UTILIZATION")
RETIRED = PackSeen(Status.RETIRED, False)


def asked(pack: PackSeen | None = RETIRED, party: Party | None = RECYCLER, roles: str = "CU", purpose: Purpose = U) -> list[str]:
    return [str(each) for each in reasons(pack, party._replace(roles=had(roles)) if party is not None else None, purpose, RULES)]


def test_a_licensed_recycler_takes_a_retired_pack() -> None:
    assert asked() == []
    assert asked(PackSeen(Status.IN_TRANSIT, False, offered=True)) == []


@pytest.mark.parametrize(
    ("pack", "told"),
    [
        (None, ["BATTERY_UNKNOWN"]),
        (PackSeen(Status.MISSING, False), ["REPORTED_MISSING"]),
        (PackSeen(Status.MISSING, True), ["REPORTED_MISSING", "RECALLED"]),
        (PackSeen(Status.GRADED, True), ["RECALLED"]),
        (PackSeen(Status.IN_SERVICE, False), ["NOT_HANDED_ON"]),
        (PackSeen(Status.STORED, False, held=True), ["ALREADY_HELD"]),
        (PackSeen(Status.IN_TRANSIT, True, held=True), ["RECALLED", "ALREADY_HELD"]),
        (PackSeen(Status.IN_TRANSIT, False), ["OFFERED_TO_ANOTHER"]),
        (PackSeen(Status.RECYCLED, False, held=True), ["LIFE_ENDED"]),
        *[(PackSeen(each, False), ["LIFE_ENDED"]) for each in sorted(TERMINAL)],
    ],
)
def test_what_is_wrong_with_the_pack(pack: PackSeen | None, told: list[str]) -> None:
    assert asked(pack) == told


@pytest.mark.parametrize(
    ("party", "roles", "told"),
    [
        (None, "CU", ["NOT_ACTIVE", "ROLE_MAY_NOT_RECEIVE", "LICENCE_MISSING"]),
        (licensed("COMPREHENSIVE_UTILIZATION", status="SUSPENDED"), "CU", ["NOT_ACTIVE"]),
        (licensed("COMPREHENSIVE_UTILIZATION", DAY), "CU", ["LICENCE_MISSING"]),
        (licensed("COMPREHENSIVE_UTILIZATION", date(2026, 11, 21)), "CU", []),
        (licensed("VEHICLE_REPAIR"), "CU", ["LICENCE_MISSING"]),
        (RECYCLER, "SD", ["ROLE_MAY_NOT_RECEIVE"]),
        (RECYCLER, "MI", ["ROLE_MAY_NOT_RECEIVE"]),
        (RECYCLER, "SD CU", []),
    ],
)
def test_what_is_wrong_with_the_party(party: Party | None, roles: str, told: list[str]) -> None:
    assert asked(party=party, roles=roles) == told
    assert asked(None, party, roles) == ["BATTERY_UNKNOWN", *told], "of an unknown pack the same is said of the party"


def test_other_purposes_ask_for_other_licences_and_states() -> None:
    driven, recalled = PackSeen(Status.IN_SERVICE, False), PackSeen(Status.IN_SERVICE, True)
    assert asked(recalled, licensed("VEHICLE_REPAIR"), "RS", R) == [], "a recalled pack goes to a repair firm"
    assert asked(driven, RECYCLER, "RS", R) == ["LICENCE_MISSING"]
    assert asked(driven, RECYCLER, "OEM", R) == [], "its own service network has no licence of its own in the table"
    assert asked(driven, licensed("SCRAPPED_VEHICLE_DISMANTLING"), "SD", S) == []
    assert asked(PackSeen(Status.SOLD, False), licensed("SCRAPPED_VEHICLE_DISMANTLING"), "SD", S) == ["NOT_HANDED_ON"]
    for purpose in Purpose:
        assert asked(RETIRED, RECYCLER, "CU RS SD OEM", purpose) == ([] if purpose is not S else ["LICENCE_MISSING"]), "where a hand-over begins"
    assert asked(RETIRED, Party("42", "ACTIVE"), "CU", Purpose.DISPOSAL) == ["LICENCE_MISSING"]
    assert asked(RETIRED, Party("42", "ACTIVE"), "BM", Purpose.COLLECTION) == []


def test_a_role_counts_on_the_days_on_which_it_is_had() -> None:
    for until, told in ((DAY, ("ROLE_MAY_NOT_RECEIVE",)), (date(2026, 11, 21), ())):
        assert reasons(RETIRED, RECYCLER._replace(roles=had("CU", until)), U, RULES) == told


def test_every_reason_is_told_somewhere() -> None:
    packs = (PackSeen(status, recalled, held) for status in Status for recalled in (False, True) for held in (False, True))
    told = {each for pack in (None, *packs) for party in (None, RECYCLER) for role in ("CU", "PR")
            for each in asked(pack, party, role)}  # fmt: skip
    assert told == {str(each) for each in Reason}
