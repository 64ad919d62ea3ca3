"""Places in vehicles: judged as of the time that is told, whichever of the packs that were there is told of first."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Sale
from tests.recording.world import FIRMS, SWAP_CAR, Book, E, code, rows, vin

CARS = itertools.count(1)
STATION = {"station": "S-1", "stateOfCharge": 80.0, "stateOfHealth": 90.0}
TAKEN = "POSITION_OCCUPIED"


def code_of(told: Outcome) -> str:
    return told.code if isinstance(told, Refused) else "RECORDED"


class Station(NamedTuple):
    """A swap operator with a car and packs: the first came in the car and was taken out at day 8, the others lie in the pool since day 6."""

    book: Book
    car: str
    packs: tuple[int, ...]

    async def moves(self, pack: int, day: float, kind: E, **more: Any) -> str:
        return code_of(await self.book.one("swap", day, kind, self.packs[pack - 1], vin=self.car, details={**STATION, **more.pop("told", {})}, **more))

    async def comes(self, pack: int, day: float, **more: Any) -> str:
        return await self.moves(pack, day, E.SWAP_IN, **more)

    async def leaves(self, pack: int, day: float, **more: Any) -> str:
        return await self.moves(pack, day, E.SWAP_OUT, **more)


async def opened(book: Book) -> Station:
    number = next(CARS)
    car, packs = vin(number), tuple(range(10 * number, 10 * number + 3))
    for pack in packs:
        assert isinstance(await book.one("maker", 0.1, E.PRODUCED, pack), Recorded)
        assert isinstance(await book.one("maker", 3, E.SOLD, pack, to="oem" if pack == packs[0] else "swap"), Recorded)
    first, *others = packs
    assert isinstance(await book.one("oem", 5, E.INSTALLED, first, vin=car, vehicle=SWAP_CAR), Recorded)
    sale = Sale("440300", "RIDE_HAILING")
    assert isinstance(await book.one("oem", 6, E.VEHICLE_SOLD, first, vin=car, to="swap", province="44", sale=sale), Recorded)
    for pack in others:
        assert isinstance(await book.one("swap", 6, E.POOLED, pack), Recorded)
    assert isinstance(await book.one("swap", 8, E.SWAP_OUT, first, vin=car, details=STATION), Recorded)
    return Station(book, car, packs)


async def is_rebuilt(book: Book) -> None:
    assert [str(each) for each in (await rebuild(book.database, lambda _stage, _done: None)).differences] == []


@pytest.fixture
async def station(book: Book) -> Station:
    return await opened(book)


async def test_a_place_that_was_free_then_is_free_whoever_is_in_it_now(station: Station) -> None:
    assert await station.comes(2, 20) == "RECORDED"
    assert await station.comes(3, 25) == TAKEN
    assert await station.comes(3, 7) == TAKEN, "the first pack was there until day 8"
    assert await station.comes(3, 10) == "RECORDED"
    assert await station.leaves(3, 21) == TAKEN, "another came at day 20"
    assert await station.leaves(3, 20) == "RECORDED", "one leaves when the next one comes"
    await is_rebuilt(station.book)


async def test_a_place_that_was_taken_then_is_taken_although_it_is_free_now(station: Station) -> None:
    assert await station.comes(2, 20) == "RECORDED"
    assert await station.leaves(2, 30) == "RECORDED"
    assert await station.comes(3, 25) == TAKEN
    assert await station.comes(3, 20) == TAKEN
    assert await station.comes(3, 25, told={"position": 2}, validate_only=True) == "RECORDED", "another place"
    assert await station.comes(3, 30) == "RECORDED"
    await is_rebuilt(station.book)


async def test_who_is_slow_to_tell_that_a_pack_left_keeps_nobody_out(station: Station) -> None:
    """A pack that is told late to have come, and not to have left, was out when the next one came."""
    assert await station.comes(2, 20) == "RECORDED"
    assert await station.comes(3, 10) == "RECORDED"
    assert await station.leaves(2, 30) == "RECORDED"
    assert await station.comes(1, 15) == TAKEN, "it may have been there until day 20"
    assert await station.comes(1, 35) == "RECORDED"
    assert await station.leaves(3, 20.5) == TAKEN
    assert await station.leaves(3, 36) == TAKEN
    assert await station.leaves(3, 19) == "RECORDED"
    await is_rebuilt(station.book)


async def scrapped(station: Station, pack: int, day: float, *, found: bool = True) -> None:
    told = {"certificate": "C", "packFound": found}
    assert isinstance(await station.book.one("scrap", day, E.VEHICLE_SCRAPPED, station.packs[pack - 1], vin=station.car, details=told), Recorded)


async def test_what_was_put_into_a_vehicle_before_it_was_scrapped_may_be_told_after_it(station: Station) -> None:
    assert await station.comes(2, 20) == "RECORDED"
    await scrapped(station, 2, 100)
    assert await station.comes(3, 10) == "RECORDED", "in place before the one that was scrapped with it"
    assert await station.leaves(3, 19) == "RECORDED"
    assert await station.comes(3, 99) == TAKEN
    assert await station.comes(3, 101, told={"position": 2}) == "VEHICLE_UNKNOWN", "its maker alone is told what became of it"
    assert await station.comes(3, 100, told={"position": 2}) == "RECORDED", "many a reporter knows the day alone"
    told = await rows(station.book.database, "select late from battery.event where type = 'SWAP_IN' and code = $1", code(station.packs[2]))
    assert told == [{"late": True}] * 2
    held = "select count(*) from battery.access where code = $1 and relation = 'custodian' and until_at is null"
    assert await rows(station.book.database, held, code(station.packs[2])) == [{"count": 1}], "one active holder"
    assert await station.leaves(3, 100) == "RECORDED", "its operator has it again"
    await is_rebuilt(station.book)


async def test_its_maker_is_told_that_nothing_is_put_into_a_scrapped_vehicle(station: Station) -> None:
    book, spare = station.book, station.packs[2] + 100
    assert await station.comes(2, 20) == "RECORDED"
    await scrapped(station, 2, 100)
    assert isinstance(await book.one("maker", 0.1, E.PRODUCED, spare), Recorded)
    assert isinstance(await book.one("maker", 3, E.SOLD, spare, to="oem"), Recorded)
    refused = await book.one("oem", 101, E.INSTALLED, spare, vin=station.car, details={"position": 2})
    assert isinstance(refused, Refused)
    assert (refused.code, refused.message[:11], refused.state) == ("VEHICLE_SCRAPPED", "occurredAt:", "SOLD")
    assert isinstance(await book.one("oem", 99, E.INSTALLED, spare, vin=station.car, details={"position": 2}), Recorded)
    await is_rebuilt(book)


async def test_a_replacement_before_a_vehicle_was_scrapped_without_its_battery_may_be_told_after_it(book: Book) -> None:
    old, new = 10 * next(CARS) + 5, 10 * next(CARS) + 5
    car = await book.in_service(old, vin(next(CARS)))
    for by, day, kind, more in (("maker", 0.1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "repair"})):
        assert isinstance(await book.one(by, day, kind, new, **more), Recorded)
    absent = {"certificate": "C", "packFound": False, "codeFound": code(new)}
    assert isinstance(await book.one("scrap", 100, E.VEHICLE_SCRAPPED, old, vin=car, details=absent), Recorded)

    async def replaced(day: float) -> list[str]:
        pair = [(old, {"newCode": code(new), "workOrder": "W"}), (new, {"oldCode": code(old), "workOrder": "W"})]
        return [code_of(each) for each in await book.tell("repair", *[book.report(day, E.REPLACED, one, vin=car, details=more, group=1) for one, more in pair])]

    assert "RECORDED" not in await replaced(101)
    assert await replaced(50) == ["RECORDED", "RECORDED"]
    held = "select status, custodian, vin, (select bool_and(late) from battery.event e where e.code = p.code and type = 'REPLACED') as late"
    (one, other) = [(await rows(book.database, held + " from battery.pack p where code = $1", code(each)))[0] for each in (old, new)]
    assert (one["status"], one["custodian"], one["late"]) == ("REMOVED", FIRMS["repair"], True)
    assert (other["status"], other["custodian"], other["vin"], other["late"]) == ("IN_SERVICE", None, car, True)
    found = {"certificate": "C", "packFound": True}
    assert isinstance(await book.one("scrap", 100, E.VEHICLE_SCRAPPED, new, vin=car, details=found), Recorded), "it was in the vehicle"
    await is_rebuilt(book)


async def test_no_correction_puts_a_battery_into_a_vehicle_after_it_was_scrapped(station: Station) -> None:
    other = await opened(station.book)
    assert await station.comes(2, 20) == "RECORDED"
    assert await other.comes(2, 150) == "RECORDED"
    await scrapped(station, 2, 100)
    assert await station.comes(3, 99, told={"position": 2}) == "RECORDED"
    assert await station.comes(3, 101, told={"position": 2}, corrects=4) == "VEHICLE_UNKNOWN"
    assert await station.comes(3, 98, told={"position": 2}, corrects=4) == "RECORDED"
    elsewhere = station._replace(packs=other.packs)
    assert await elsewhere.comes(2, 150, told={"position": 3}, corrects=4) == "VEHICLE_UNKNOWN"
    assert await elsewhere.comes(2, 99, told={"position": 3}, corrects=4) == "RECORDED"
    await is_rebuilt(station.book)


async def test_who_came_between_is_found_whoever_came_after(station: Station) -> None:
    fourth = station._replace(packs=(await opened(station.book)).packs)
    assert [await station.comes(2, 10), await station.leaves(2, 11)] == ["RECORDED"] * 2
    assert [await station.comes(3, 20), await station.leaves(3, 21)] == ["RECORDED"] * 2
    assert [await fourth.comes(2, 20), await fourth.leaves(2, 20)] == [TAKEN, "ILLEGAL_TRANSITION"]
    assert [await fourth.comes(2, 21), await fourth.leaves(2, 21)] == ["RECORDED"] * 2, "for no time at all"
    assert await station.comes(1, 9) == "RECORDED"
    for day in (12, 20, 21, 25):
        assert await station.leaves(1, day) == TAKEN, "the second pack came at day 10"
    assert await fourth.comes(3, 15) == "RECORDED", "the first pack was out when the second one came"
    assert await station.leaves(1, 10) == "RECORDED"
    await is_rebuilt(station.book)


async def test_a_correction_puts_nothing_into_a_place_that_was_taken_then(station: Station) -> None:
    (out,) = await rows(station.book.database, "select seq from battery.event where code = $1 and type = 'SWAP_OUT'", code(station.packs[0]))
    assert await station.comes(2, 20) == "RECORDED"
    told = await station.book.one("swap", 25, E.SWAP_IN, station.packs[2], vin=station.car, details={**STATION, "position": 2})
    assert isinstance(told, Recorded)
    assert await station.leaves(1, 20.5, corrects=out["seq"]) == TAKEN
    assert await station.leaves(1, 20, corrects=out["seq"]) == "RECORDED"
    assert await station.comes(3, 26, corrects=told.seq) == TAKEN, "in the first place is the second pack"
    assert await station.comes(3, 10, corrects=told.seq) == TAKEN, "and before that the first"
    assert await station.comes(3, 26, told={"position": 2}, corrects=told.seq) == "RECORDED"
    await is_rebuilt(station.book)


async def test_who_came_and_left_at_one_moment_comes_back_only_where_nobody_came_then(station: Station) -> None:
    assert await station.comes(2, 20) == "RECORDED"
    assert await station.leaves(2, 20) == "RECORDED"
    assert await station.comes(2, 20, validate_only=True) == "RECORDED"
    assert await station.comes(3, 20) == "RECORDED"
    assert await station.comes(2, 20) == TAKEN
    await is_rebuilt(station.book)


async def test_reports_that_come_together_are_judged_as_if_one_came_after_the_other(station: Station) -> None:
    plan = [(2, 20.0, E.SWAP_IN), (3, 10.0, E.SWAP_IN), (3, 21.0, E.SWAP_OUT), (3, 12.0, E.SWAP_OUT), (1, 11.0, E.SWAP_IN), (1, 12.0, E.SWAP_IN)]
    reports = [station.book.report(day, kind, station.packs[pack - 1], vin=station.car, details=STATION) for pack, day, kind in plan]
    outcomes = await station.book.tell("swap", *reports)
    assert [code_of(each) for each in outcomes] == ["RECORDED", "RECORDED", TAKEN, "RECORDED", TAKEN, "RECORDED"]
    await is_rebuilt(station.book)


async def test_the_refusal_is_the_same_whenever_and_by_whom_the_place_was_taken(station: Station) -> None:
    assert await station.comes(2, 20) == "RECORDED"
    assert await station.leaves(2, 30) == "RECORDED"
    outcomes = [await station.book.one("swap", day, E.SWAP_IN, station.packs[2], vin=station.car, details=STATION) for day in (7, 7.5, 20, 29)]
    assert code_of(outcomes[0]) == TAKEN
    assert outcomes == [outcomes[0]] * 4


@pytest.mark.parametrize("together", [True, False])
async def test_the_places_of_a_long_life_are_known_beyond_its_kept_state(station: Station, together: bool) -> None:
    swaps = [(9 + n / 2, kind) for n, kind in enumerate((E.SWAP_IN, E.SWAP_OUT) * 40)]
    reports = [station.book.report(day, kind, station.packs[1], vin=station.car, details=STATION) for day, kind in swaps]
    assert all(isinstance(each, Recorded) for each in await station.book.tell("swap", *reports))
    assert await rows(station.book.database, "select from battery.kept_state where code = $1", code(station.packs[1]))
    again = [station.book.report(60, E.SWAP_IN, station.packs[1], vin=station.car, details=STATION)] if together else []
    for day, rule in ((9.2, TAKEN), (10.2, TAKEN), (9.7, "RECORDED"), (10.7, "RECORDED")):
        late = station.book.report(day, E.SWAP_IN, station.packs[2], vin=station.car, details=STATION)
        outcomes = await station.book.tell("swap", *again, late, validate_only=True)
        assert code_of(outcomes[-1]) == rule, day
    assert await station.comes(3, 10.7) == "RECORDED"
    assert await station.leaves(3, 11.2) == TAKEN
    assert await station.leaves(3, 11) == "RECORDED"
    await is_rebuilt(station.book)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(9, 30), st.booleans()), min_size=4, max_size=24), st.booleans())
async def test_no_two_packs_are_in_one_place_at_a_time(book: Book, moves: list[tuple[int, int, bool]], together: bool) -> None:
    """Against days of a calendar: each says which pack is known to have been in the place, and a pack that did not leave was there until the next one came."""
    station = await opened(book)
    stays: dict[int, list[list[int]]] = {1: [], 2: [], 3: []}
    expected, reports = list[str](), list[Any]()
    for pack, day, comes in moves:
        own, others = stays[pack], [stay for each, several in stays.items() if each != pack for stay in several]
        is_in = bool(own) and own[-1][1] == 99
        ordered = not own or day >= (own[-1][0] if is_in else own[-1][1])
        reports.append(book.report(day, E.SWAP_IN if comes else E.SWAP_OUT, station.packs[pack - 1], vin=station.car, details=STATION))
        if comes == is_in or not ordered:
            expected.append("OTHER")
        elif comes:
            # Who comes back was there before: whoever had come until then was out.
            starts = [stay[0] for stay in (*others, *own)]
            taken = any(start <= day < (min((each for each in starts if each > start), default=99) if end == 99 else end) for start, end in others)
            expected.append(TAKEN if taken else "RECORDED")
            own += [] if taken else [[day, 99]]
        else:
            taken = any(own[-1][0] < start < day and start != end for start, end in others)
            expected.append(TAKEN if taken else "RECORDED")
            own[-1][1] = 99 if taken else day
    outcomes = await book.tell("swap", *reports) if together else [(await book.tell("swap", each))[0] for each in reports]
    told = [code_of(each) if code_of(each) in (TAKEN, "RECORDED") else "OTHER" for each in outcomes]
    assert told == expected
    closed = sorted((start, end) for several in stays.values() for start, end in several if start < end < 99)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(closed))
