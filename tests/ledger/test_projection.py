"""Examples of the fold: one life per path, and the rows that follow from it."""

from __future__ import annotations

import textwrap
from datetime import timedelta

import pytest

from resolvers.ledger.events import EventType
from resolvers.ledger.projection import effective
from resolvers.ledger.states import IllegalEvent
from tests.ledger.book import DAY_0, Book, told

E = EventType


def lines(text: str) -> str:
    return textwrap.dedent(text).strip()


def sold_to(automaker: str = "oem") -> Book:
    return Book().write(0, E.PRODUCED, "maker").write(3, E.SOLD, "maker", automaker)


def in_service() -> Book:
    return sold_to().write(5, E.INSTALLED, "oem", vin="CAR").write(12, E.VEHICLE_SOLD, "oem", vin="CAR", province="44")


def received(book: Book, sender: str, day: float, receiver: str = "recycler") -> Book:
    return book.write(day, E.HANDED_OVER, sender, receiver, purpose="UTILIZATION", declaredMassKg=420.0).write(
        day + 2, E.RECEIVED, receiver, measuredMassKg=419.0
    )


def test_a_car_with_one_pack_is_scrapped_and_its_pack_recycled() -> None:
    book = in_service().write(100, E.MAINTAINED, "repair", vin="CAR").write(300, E.VEHICLE_SCRAPPED, "scrap", vin="CAR")
    book.write(302, E.PACK_DETACHED, "scrap", vin="CAR")
    book = received(book, "scrap", 310).write(320, E.DISMANTLED, "recycler").write(330, E.RECYCLED, "recycler", batch="B1")
    assert told(book.project()) == lines("""
        RECYCLED since 330; custodian recycler, before it scrap; in 42, from 43; vehicle CAR
        custody 1 - -> maker RECEIVED offered - held [0, 3)
        custody 2 maker -> oem RECEIVED offered - held [3, 12)
        custody 3 - -> scrap RECEIVED offered - held [300, 312)
        custody 4 scrap -> recycler RECEIVED offered 310 held [312, -)
        in CAR [5, 302)
        automaker oem [5, -)
        custodian maker [0, 3)
        custodian oem [3, 12)
        custodian scrap [300, 312)
        custodian recycler [312, -)
        jurisdiction province:35 [0, -)
        jurisdiction province:31 [3, -)
        jurisdiction province:44 [12, -)
        jurisdiction province:43 [300, -)
        jurisdiction province:42 [312, -)
        receiver recycler [310, 312)
        vehicle CAR custodian scrap [300, 312)
        vehicle CAR jurisdiction province:44 [12, -)
        vehicle CAR maker maker [5, -)
    """)


def test_a_replaced_pack_is_the_repair_firms_until_somebody_receives_it() -> None:
    book = in_service().write(200, E.REPLACED, "repair", vin="CAR").write(205, E.RETIRED, "repair")
    book.write(210, E.HANDED_OVER, "repair", "recycler").write(211, E.REJECTED, "recycler").write(215, E.HANDED_OVER, "repair", "recycler2")
    assert told(book.project()) == lines("""
        IN_TRANSIT since 215; custodian repair, before it oem; in 44, from 44; vehicle CAR
        custody 1 - -> maker RECEIVED offered - held [0, 3)
        custody 2 maker -> oem RECEIVED offered - held [3, 12)
        custody 3 - -> repair RECEIVED offered - held [200, -)
        custody 4 repair -> recycler REJECTED offered 210 held [-, -)
        custody 5 repair -> recycler2 PENDING offered 215 held [-, -)
        in CAR [5, 200)
        automaker oem [5, -)
        custodian maker [0, 3)
        custodian oem [3, 12)
        custodian repair [200, -)
        jurisdiction province:35 [0, -)
        jurisdiction province:31 [3, -)
        jurisdiction province:44 [12, -)
        receiver recycler [210, 211)
        receiver recycler2 [215, -)
        vehicle CAR custodian repair [200, -)
        vehicle CAR jurisdiction province:44 [12, -)
        vehicle CAR maker maker [5, -)
    """)


def test_the_new_pack_of_a_replacement_is_the_vehicles_at_once() -> None:
    book = sold_to("repair").write(20, E.REPLACED, "repair", vin="CAR")
    assert told(book.project()) == lines("""
        IN_SERVICE since 20; custodian None, before it repair; in 44, from None; vehicle CAR
        custody 1 - -> maker RECEIVED offered - held [0, 3)
        custody 2 maker -> repair RECEIVED offered - held [3, 20)
        in CAR [20, -)
        automaker oem [20, -)
        custodian maker [0, 3)
        custodian repair [3, 20)
        jurisdiction province:35 [0, -)
        jurisdiction province:44 [3, -)
        vehicle CAR jurisdiction province:44 [20, -)
        vehicle CAR maker maker [20, -)
    """)


def test_a_swap_pack_stays_its_operators_wherever_it_drives() -> None:
    book = sold_to("swap").write(6, E.POOLED, "swap").write(10, E.SWAP_IN, "swap", vin="SWAPCAR").write(20, E.SWAP_OUT, "swap", vin="SWAPCAR")
    book.write(30, E.SWAP_IN, "swap", vin="SWAPCAR2")
    assert told(book.project()) == lines("""
        IN_SERVICE since 30; custodian swap, before it maker; in 32, from None; vehicle SWAPCAR2
        custody 1 - -> maker RECEIVED offered - held [0, 3)
        custody 2 maker -> swap RECEIVED offered - held [3, -)
        in SWAPCAR [10, 20)
        in SWAPCAR2 [30, -)
        automaker oem [10, -)
        automaker oem2 [30, -)
        custodian maker [0, 3)
        custodian swap [3, -)
        jurisdiction province:35 [0, -)
        jurisdiction province:44 [3, -)
        jurisdiction province:32 [30, -)
        vehicle SWAPCAR custodian swap [10, 20)
        vehicle SWAPCAR jurisdiction province:44 [10, -)
        vehicle SWAPCAR maker maker [10, -)
        vehicle SWAPCAR2 custodian swap [30, -)
        vehicle SWAPCAR2 jurisdiction province:32 [30, -)
        vehicle SWAPCAR2 maker maker [30, -)
    """)


def test_a_repaired_pack_goes_into_another_car() -> None:
    book = in_service().write(200, E.REPLACED, "repair", vin="CAR").write(220, E.REINSTALLED, "repair", vin="CAR2")
    rows = book.project()
    assert (rows.pack.status, rows.pack.custodian, rows.pack.origin_province, rows.pack.province, rows.pack.vin) == ("IN_SERVICE", None, None, "51", "CAR2")
    assert {(g.vin, g.from_at, g.until_at) for g in rows.vehicle_access if g.relation == "custodian"} == {
        ("CAR", DAY_0 + timedelta(days=200), DAY_0 + timedelta(days=220))
    }
    assert {g.grantee for g in rows.access if g.relation == "automaker"} == {"oem", "oem2"}


def test_a_missing_pack_returns_to_where_it_was() -> None:
    book = in_service().write(50, E.REPORTED_MISSING, "oem")
    assert book.project().pack.status == "MISSING"
    assert book.write(60, E.FOUND, "oem").project().pack.status == "IN_SERVICE"


def test_a_pack_lost_on_the_way_can_be_found_and_rejected() -> None:
    book = in_service().write(200, E.REPLACED, "repair", vin="CAR").write(205, E.RETIRED, "repair").write(210, E.HANDED_OVER, "repair", "recycler")
    book.write(212, E.REPORTED_MISSING, "repair").write(214, E.FOUND, "repair").write(216, E.REJECTED, "recycler")
    assert (book.project().pack.status, book.project().pack.custodian) == ("RETIRED", "repair")


def test_a_product_is_sold_to_somebody_outside() -> None:
    rows = Book().write(0, E.PRODUCED, "maker").write(9, E.PRODUCT_SOLD, "maker", province="11").project()
    assert (rows.pack.status, rows.pack.custodian, rows.pack.prior_holder, rows.pack.province) == ("IN_SERVICE", "maker", None, "11")
    assert [(leg.holder, leg.until_at) for leg in rows.custody] == [("maker", None)]
    assert ("province:11", "jurisdiction") in {(grant.grantee, grant.relation) for grant in rows.access}


def test_a_disposed_pack_is_in_no_vehicle_and_still_its_custodians() -> None:
    rows = in_service().write(300, E.VEHICLE_SCRAPPED, "scrap", vin="CAR").write(301, E.DISPOSED, "scrap").project()
    assert rows.pack.custodian == "scrap"
    assert rows.installations[0].removed_at == DAY_0 + timedelta(days=301)


def test_grading_and_condition() -> None:
    book = received(in_service().write(300, E.VEHICLE_SCRAPPED, "scrap", vin="CAR").write(302, E.PACK_DETACHED, "scrap"), "scrap", 310)
    measured = {"method": "GB/T 34015-2017", "capacityAh": 130.0, "resistanceMohm": 80.0, "insulationMohm": 20.0, "grade": "B"}
    book.write(330, E.GRADED, "recycler", route="REPROCESS_INTO_PRODUCT", **measured).measured(329, 74.5).measured(100, 90.0)
    rows = book.project()
    assert (rows.gradings[0].grade, rows.gradings[0].capacity_ah, rows.gradings[0].reporter) == ("B", 130.0, "recycler")
    # The newest record is the condition, in whatever order they came; the grants that hold carry its sort key.
    assert (rows.pack.state_of_health, rows.pack.condition_at) == (74.5, DAY_0 + timedelta(days=329))
    assert {(g.until_at is None, g.state_of_health) for g in rows.access} == {(True, 74.5), (False, None)}


def test_masses_and_provinces_are_on_the_leg() -> None:
    book = received(in_service().write(300, E.VEHICLE_SCRAPPED, "scrap", vin="CAR").write(302, E.PACK_DETACHED, "scrap"), "scrap", 310)
    leg = book.project().custody[-1]
    assert (leg.declared_mass_kg, leg.measured_mass_kg, leg.from_province, leg.to_province, leg.purpose) == (420.0, 419.0, "43", "42", "UTILIZATION")


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    book = in_service().write(100, E.MAINTAINED, "repair", vin="CAR").write(120, E.MAINTAINED, "repair", vin="CAR")
    book.write(12.5, E.VEHICLE_SOLD, "oem", vin="CAR", province="51", corrects=4)
    rows = book.project()
    assert [g.grantee for g in rows.access if g.relation == "jurisdiction"] == ["province:35", "province:31", "province:51"]
    assert [event.seq for event in effective(book.events)] == [1, 2, 3, 7, 5, 6]
    # A correction of the correction stands in the same place.
    book.write(12.6, E.VEHICLE_SOLD, "oem", vin="CAR", province="44", corrects=7)
    assert [event.seq for event in effective(book.events)] == [1, 2, 3, 8, 5, 6]


def test_readers_are_the_maker_and_everybody_who_ever_had_a_grant() -> None:
    book = in_service().write(200, E.REPLACED, "repair", vin="CAR").write(205, E.RETIRED, "repair").write(210, E.HANDED_OVER, "repair", "recycler")
    book.write(211, E.REJECTED, "recycler")
    assert book.project().pack.readers == ("maker", "oem", "province:31", "province:35", "province:44", "recycler", "repair")


@pytest.mark.parametrize(
    ("book", "code"),
    [
        (Book().write(0, E.SOLD, "maker", "oem"), "NOT_CODED"),
        (Book(), "NOT_CODED"),
        (sold_to().write(4, E.VEHICLE_SOLD, "oem", vin="CAR"), "ILLEGAL_TRANSITION"),
        (sold_to().write(2, E.INSTALLED, "oem", vin="CAR"), "OUT_OF_ORDER"),
        (sold_to().write(4, E.INSTALLED, "oem"), "MISSING_PARTY"),
        (Book().write(0, E.PRODUCED, "maker").write(1, E.SOLD, "maker"), "MISSING_PARTY"),
        (sold_to("swap").write(4, E.POOLED, "swap").write(5, E.SWAP_IN, "swap", vin="CAR"), "NOT_SWAP_MODEL"),
        (
            in_service().write(20, E.REPLACED, "repair", vin="CAR").write(21, E.RETIRED, "repair").write(22, E.HANDED_OVER, "recycler", "recycler2"),
            "NOT_CUSTODIAN",
        ),
        (
            in_service().write(20, E.REPLACED, "repair", vin="CAR").write(21, E.RETIRED, "repair").write(22, E.HANDED_OVER, "repair", "recycler")
            .write(23, E.RECEIVED, "recycler2"),
            "NOT_RECEIVER",
        ),
    ],
)  # fmt: skip
def test_what_cannot_have_happened_is_refused(book: Book, code: str) -> None:
    with pytest.raises(IllegalEvent) as refused:
        book.project()
    assert refused.value.code == code
