"""The hand-over between two parties: what the receiver finds to differ, who is shown it, and the grants that open and close with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from resolvers.batching import Batch, Page, PageArguments, Shut
from resolvers.database import door
from resolvers.database.tables import CUSTODY, PACK
from resolvers.ledger.recording.record import record
from resolvers.ledger.recording.report import Recorded, Refused
from tests.door.principals import principal, reading
from tests.recording.world import DAY_0, FIRMS, NOW, Book, E, code, reporter, rows

OFFICE = "11100000000013039Y"
OFFERED = {"purpose": "UTILIZATION", "declaredMassKg": 400.0}
FOUND = ("declared_mass_kg", "measured_mass_kg", "mass_difference", "declared_condition", "found_condition", "discrepancies", "discrepancy")


async def offered(book: Book, **more: Any) -> None:
    """A pack that the scrapping firm offers to the recycler."""
    car = await book.in_service()
    await book.one("scrap", 100, E.VEHICLE_SCRAPPED, vin=car, details={"packFound": True})
    await book.one("scrap", 102, E.PACK_DETACHED, vin=car, details={"massKg": 400.0})
    assert isinstance(await book.one("scrap", 103, E.HANDED_OVER, to="recycler", details={**OFFERED, **more}), Recorded)


async def legs(book: Book, party: str, role: str, *provinces: str, exact: bool = False, moment: datetime = NOW) -> list[Any] | None:
    """The hand-over as the party sees it; None where it sees no chain at all."""
    door_of = reading(book.database, principal(party, role, jurisdiction=provinces), moment)
    (told,) = await door.custody(door_of, Batch([code(1)], tuple(CUSTODY.columns), {}, PageArguments(limit=20), exact=exact))
    door_of.close()
    if isinstance(told, Shut):
        return None
    assert isinstance(told, Page)
    return [tuple(row[each] for each in FOUND) for row in told.rows if row["sender"] == FIRMS["scrap"]]


@pytest.mark.parametrize(
    ("offer", "answer", "difference", "discrepancies"),
    [
        ({}, {"measuredMassKg": 408.0}, 0.02, []),
        ({}, {"measuredMassKg": 392.0}, -0.02, []),
        ({}, {"measuredMassKg": 408.1}, 0.02025, ["MASS"]),
        ({}, {"measuredMassKg": 380.0}, -0.05, ["MASS"]),
        # Wrong by a factor of ten, as by a point out of its place: that is for the record.
        ({}, {"measuredMassKg": 40.0}, -0.9, ["MASS"]),
        ({}, {"measuredMassKg": 4000.0}, 9.0, ["MASS"]),
        ({"condition": "Intact"}, {"measuredMassKg": 400.0, "condition": " intact "}, 0.0, []),
        ({"condition": "Intact"}, {"measuredMassKg": 400.0, "condition": "Leaking"}, 0.0, ["CONDITION"]),
        ({}, {"measuredMassKg": 400.0, "condition": "Leaking"}, 0.0, []),
        ({"condition": "Intact"}, {"measuredMassKg": 380.0, "condition": "Open", "discrepancy": "A module is missing"}, -0.05, ["MASS", "CONDITION", "STATED"]),
    ],
)
async def test_what_the_receiver_finds_is_compared_with_the_offer(book: Book, offer: Any, answer: Any, difference: Any, discrepancies: list[str]) -> None:
    await offered(book, **offer)
    assert isinstance(await book.one("recycler", 105, E.RECEIVED, details=answer), Recorded)
    (leg,) = await rows(book.database, "select * from battery.custody where sender = $1", FIRMS["scrap"])
    assert leg["mass_difference"] == (None if difference is None else pytest.approx(difference, abs=1e-9))
    assert (leg["discrepancies"], leg["found_condition"], leg["discrepancy"]) == (discrepancies, answer.get("condition"), answer.get("discrepancy"))


async def test_a_mass_of_nothing_that_was_declared_before_is_compared_with_nothing(book: Book) -> None:
    await offered(book)
    async with book.database.transaction("ledger") as connection:
        await connection.execute("update battery.event set details = jsonb_set(details, '{declaredMassKg}', '0') where details ? 'declaredMassKg'")
        await connection.execute("update battery.custody set declared_mass_kg = 0 where declared_mass_kg is not null")
    assert isinstance(await book.one("recycler", 105, E.RECEIVED, details={"measuredMassKg": 380.0}), Recorded)
    (leg,) = await rows(book.database, "select mass_difference, discrepancies from battery.custody where sender = $1", FIRMS["scrap"])
    assert leg == {"mass_difference": None, "discrepancies": []}


NO_PACK = "No pack weighs that; it has to be from 1 to 100,000 kg."


@pytest.mark.parametrize("kg", [0.0001, 0.99, 100_000.5, 10_000_000.0])
async def test_a_mass_that_no_battery_has_is_a_typing_error(book: Book, kg: float) -> None:
    """By both parties alike, and by what any pack weighs: what this one does is not said."""
    await offered(book, declaredMassKg=100_000.0)
    told = await book.one("recycler", 105, E.RECEIVED, details={"measuredMassKg": kg})
    assert isinstance(told, Refused)
    assert (told.code, told.message) == ("IMPLAUSIBLE_MASS", f"measuredMassKg: {NO_PACK}")
    unseen = await book.one("recycler2", 105, E.RECEIVED, details={"measuredMassKg": kg})
    assert isinstance(unseen, Refused)
    assert unseen == await book.one("recycler2", 105, E.RECEIVED, 77, details={"measuredMassKg": kg}), "what there is not has the same answer"
    assert isinstance(await book.one("recycler", 105, E.RECEIVED, details={"measuredMassKg": 1.0}), Recorded)
    again = await book.one("recycler", 106, E.HANDED_OVER, to="recycler2", details={**OFFERED, "declaredMassKg": kg})
    assert isinstance(again, Refused)
    assert (again.code, again.message) == ("IMPLAUSIBLE_MASS", f"declaredMassKg: {NO_PACK}")
    assert isinstance(await book.one("recycler", 106, E.HANDED_OVER, to="recycler2", details=OFFERED), Recorded)


async def test_the_tolerance_is_that_of_the_day_for_good(book: Book) -> None:
    await offered(book)
    async with book.database.transaction("ledger") as connection:
        await connection.execute("update rule.rule set value = '0.10' where name = 'anomaly.hand_over_mass_difference'")
    await book.one("recycler", 105, E.RECEIVED, details={"measuredMassKg": 380.0})
    async with book.database.transaction("ledger") as connection:
        await connection.execute("update rule.rule set value = '0.01' where name = 'anomaly.hand_over_mass_difference'")
    assert (await rows(book.database, "select discrepancies from battery.custody where sender = $1", FIRMS["scrap"])) == [{"discrepancies": []}]
    # The fixture folds everything anew under the changed table, and finds no difference.


async def test_a_correction_of_the_receipt_compares_anew(book: Book) -> None:
    await offered(book)
    told = await book.one("recycler", 105, E.RECEIVED, details={"measuredMassKg": 40.0})
    assert isinstance(told, Recorded)
    assert isinstance(await book.one("recycler", 105, E.RECEIVED, details={"measuredMassKg": 400.0}, corrects=told.seq), Recorded)
    (leg,) = await rows(book.database, "select mass_difference, discrepancies from battery.custody where sender = $1", FIRMS["scrap"])
    assert leg == {"mass_difference": 0.0, "discrepancies": []}


async def test_both_parties_and_their_authorities_see_it_and_nobody_else(book: Book) -> None:
    await offered(book, condition="Intact")
    await book.one("recycler", 105, E.RECEIVED, details={"measuredMassKg": 380.0, "condition": "Open", "discrepancy": "A module is missing"})
    leg = (400.0, 380.0, pytest.approx(-0.05), "Intact", "Open", ["MASS", "CONDITION", "STATED"], "A module is missing")
    entitled = (("scrap", "SD", ()), ("recycler", "CU", ()), (OFFICE, "PR", ("43",)), (OFFICE, "PR", ("42",)), (OFFICE, "MI", ()), (OFFICE, "ME", ()))
    # Within its window; later the sender names the code to see the leg that it was a party to.
    for moment, exact in ((DAY_0 + timedelta(days=110), False), (NOW, True)):
        for party, role, provinces in entitled:
            seen = await legs(book, FIRMS.get(party, party), role, *provinces, exact=exact and party == "scrap", moment=moment)
            assert seen == [leg], (party, role, provinces)
    for party, role, provinces in (("recycler2", "CU", ()), ("repair", "RS", ()), (OFFICE, "PR", ("11",)), (OFFICE, "SA", ())):
        assert not await legs(book, FIRMS.get(party, party), role, *provinces, exact=True), (party, role)
    # Its maker and the automaker of the car see that there is a chain, and of it their own legs.
    assert await legs(book, FIRMS["maker"], "BM") == await legs(book, FIRMS["oem"], "OEM") == []


async def test_a_pending_offer_opens_identity_dismantling_safety_and_its_own_leg_alone(book: Book) -> None:
    await offered(book, condition="Intact")
    door_of = reading(book.database, principal(FIRMS["recycler"], "CU"))
    (seen,) = await door.pack_by_code(door_of, Batch([code(1)], tuple(PACK.columns)))
    open_to = {name for place, name in enumerate(PACK.columns) if seen[place] is not None}
    everything = {name for name in PACK.columns if PACK.column(name).categories in (("A",), ("G",))} - {"other_scheme", "other_value", "parent"}
    assert open_to == everything, "an offer opens A, C, mass and safety: exception 3 of the matrix"
    # Gradings are open to a recycler as far as they are its own, and this pack has none of those.
    for facts, shut in ((door.health, True), (door.installations, True), (door.gradings, False), (door.modules, False), (door.safety_events, False)):
        (told,) = await facts(door_of, Batch([code(1)], ("seq",) if facts is not door.modules else ("position",), {}, PageArguments(limit=20)))
        assert isinstance(told, Shut) if shut else isinstance(told, Page) and told.rows == [], facts
    door_of.close()
    assert await legs(book, FIRMS["recycler"], "CU") == [(400.0, None, None, "Intact", None, [], None)]
    await book.one("recycler", 105, E.REJECTED, details={"reason": "LEAKING"})
    door_of = reading(book.database, principal(FIRMS["recycler"], "CU"))
    assert await door.pack_by_code(door_of, Batch([code(1)], ("code",))) == [None], "what was refused is closed again"
    door_of.close()


async def test_grants_open_and_close_with_the_event_or_not_at_all(book: Book) -> None:
    await offered(book)
    of = "select grantee, relation, from_at, until_at from battery.access where grantee = any($1::text[]) and relation <> 'jurisdiction' order by 1, 2, 3"
    both = [FIRMS["scrap"], FIRMS["recycler"]]
    before = await rows(book.database, of, both)

    class Failed(Exception):
        pass

    async def fail(*_: object) -> None:
        raise Failed

    report = book.report(105, E.RECEIVED, details={"measuredMassKg": 400.0})
    with pytest.raises(Failed):
        await record(book.database, reporter("recycler"), [report], NOW, after=(fail,))
    assert await rows(book.database, of, both) == before
    assert await rows(book.database, "select 1 from battery.event where type = 'RECEIVED'") == []
    assert isinstance((await book.tell("recycler", report))[0], Recorded), "the same report can be sent again"
    at = DAY_0 + timedelta(days=105)
    found = {(row["grantee"], row["relation"]): (row["from_at"], row["until_at"]) for row in await rows(book.database, of, both)}
    assert found[FIRMS["scrap"], "custodian"][1] == found[FIRMS["recycler"], "receiver"][1] == found[FIRMS["recycler"], "custodian"][0] == at
    assert found[FIRMS["recycler"], "custodian"][1] is None


async def test_an_answer_is_an_event_of_both(book: Book) -> None:
    """The sender is read from the offer: nobody says whose it was, and a correction keeps it."""
    await offered(book)
    assert isinstance(await book.one("recycler", 104, E.REJECTED, details={"reason": "No room"}), Recorded)
    await book.one("scrap", 105, E.HANDED_OVER, to="recycler2", details=OFFERED)
    told = await book.one("recycler2", 106, E.RECEIVED, details={"measuredMassKg": 390.0})
    assert isinstance(told, Recorded)
    assert isinstance(await book.one("recycler2", 106, E.RECEIVED, details={"measuredMassKg": 399.0}, corrects=told.seq), Recorded)
    answers = await rows(book.database, "select type, reporter, counterparty from battery.event where type in ('RECEIVED', 'REJECTED') order by seq")
    by = [("REJECTED", "recycler"), ("RECEIVED", "recycler2"), ("RECEIVED", "recycler2")]
    assert [(each["type"], each["reporter"]) for each in answers] == [(kind, FIRMS[name]) for kind, name in by]
    assert {each["counterparty"] for each in answers} == {FIRMS["scrap"]}
    seen = {}
    for name, role in (("scrap", "SD"), ("recycler", "CU"), ("oem", "OEM")):
        door_of = reading(book.database, principal(FIRMS[name], role), NOW)
        (page,) = await door.events(door_of, Batch([code(1)], ("type",), {"types": ["RECEIVED", "REJECTED"]}, PageArguments(limit=20), exact=True))
        door_of.close()
        seen[name] = [] if isinstance(page, Shut) else [row["type"] for row in page.rows]
    assert seen == {"scrap": ["REJECTED", "RECEIVED", "RECEIVED"], "recycler": ["REJECTED"], "oem": []}
