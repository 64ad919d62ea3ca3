"""A vehicle scrapped with all of its packs, and a day of a swap pool: each one report, over HTTP and with the findings that follow."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest

from resolvers.database.recording_write import insert
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.record_together import record_together
from resolvers.ledger.recording.refusals import VEHICLE_UNKNOWN
from resolvers.ledger.recording.report import Part, Reporter
from resolvers.ledger.recording.together import read_scrapping
from resolvers.ledger.rows import Vehicle
from tests.conftest import Databases
from tests.recording.least import STATION
from tests.recording.world import CAR, FIRMS, NOW, SWAP_CAR, Book, E, code, rows, vin
from tests.reporting.serving import Parties, parties_of

TESTS = itertools.count(1)
SCRAP = """mutation ($input: VehicleScrappingInput!, $only: Boolean) { told: reportVehicleScrapping(input: $input, validateOnly: $only) {
  outcome rule match clientReference battery { code status } } }"""
SWAPS = """mutation ($input: SwapDayInput!) { told: reportSwapDay(input: $input) { outcome rule clientReference battery { status } } }"""


@pytest.fixture(scope="module")
async def served(databases: Databases) -> AsyncIterator[Parties]:
    database = await databases.make()
    async with parties_of(database) as found:
        yield found
        assert [str(each) for each in (await rebuild(database, lambda _stage, _done: None)).differences] == []
    await databases.drop(database)


class World:
    """Packs and vehicles of one test."""

    def __init__(self, parties: Parties) -> None:
        self.parties, self.first = parties, 100 * next(TESTS)
        self.book = Book(parties.database, itertools.count(1000 * self.first))

    def code(self, number: int) -> str:
        return code(self.first + number)

    def vin(self, number: int) -> str:
        return vin(self.first + number)

    async def bus(self, *numbers: int, car: int = 1) -> str:
        """A vehicle that is in use with these packs."""
        name = self.vin(car)
        for place, number in enumerate(numbers, 1):
            await self.told("maker", 0.1, E.PRODUCED, number)
            await self.told("maker", 3, E.SOLD, number, to="oem")
            await self.told("oem", 5, E.INSTALLED, number, vin=name, vehicle=CAR, details={"position": place})
        for number in numbers:
            await self.told("oem", 12, E.VEHICLE_SOLD, number, vin=name, province="44")
        return name

    async def told(self, by: str, at: float, kind: Any, number: int, **more: Any) -> None:
        outcome = await self.book.one(by, at, kind, self.first + number, **more)
        assert not hasattr(outcome, "message"), outcome

    async def swap_car(self, car: int = 1) -> str:
        name = self.vin(car)
        row = Vehicle(name, FIRMS["oem"], SWAP_CAR.model_name, "BEV", True, SWAP_CAR.produced_on, None, None, None, None, None, (FIRMS["oem"],), NOW)
        async with self.parties.database.transaction("ledger") as connection:
            await insert(connection, [row])
        return name

    async def pooled(self, *numbers: int) -> None:
        for number in numbers:
            await self.told("maker", 0.1, E.PRODUCED, number)
            await self.told("maker", 3, E.SOLD, number, to="swap")
            await self.told("swap", 4, E.POOLED, number, details={"pool": "P-1"})

    async def scrap(self, name: str, *found: int, by: str = "scrap", reference: str = "s", only: bool = False, certificate: str = "C-1") -> Any:
        given = {"vin": name, "occurredAt": "2026-08-20T08:00:00Z", "clientReference": f"{self.first}-{reference}", "certificate": certificate}
        body = await self.parties.ask(by, SCRAP, {"input": {**given, "codesFound": [self.code(each) for each in found]}, "only": only})
        assert "errors" not in body, body
        return body["data"]["told"]

    async def findings(self) -> list[str]:
        codes = [self.code(each) for each in range(100)]
        found = await rows(self.parties.database, "select code from battery.finding where rule = 'R01' and code = any($1::text[])", codes)
        return [row["code"] for row in found]


@pytest.fixture
def world(served: Parties) -> World:
    return World(served)


def matches(told: Any) -> list[tuple[str, str, str | None]]:
    return [(each["outcome"], each["match"], each["battery"] and each["battery"]["status"]) for each in told]


async def test_a_bus_with_all_of_its_packs(world: World) -> None:
    name = await world.bus(1, 2, 3)
    tried = await world.scrap(name, 1, 2, 3, only=True)
    assert [each["outcome"] for each in tried] == ["VALID"] * 3
    assert matches(await world.scrap(name, 3, 1, 2)) == [("RECORDED", "FOUND", "IN_SCRAP_VEHICLE")] * 3
    assert await world.findings() == []
    for number in (1, 2, 3):
        await world.told("scrap", 110, E.PACK_DETACHED, number, vin=name)
    assert [each["outcome"] for each in await world.scrap(name, 3, 1, 2)] == ["REPLAYED"] * 3, "wherever its packs are by now"
    for told in (await world.scrap(name, 1, 2), await world.scrap(name, 3, 1, 2, certificate="C-2")):
        assert [each["rule"] for each in told] == ["CLIENT_REFERENCE_REUSED"]


async def test_a_missing_pack_makes_the_vehicle_incomplete(world: World) -> None:
    name = await world.bus(1, 2, 3)
    told = await world.scrap(name, 1, 3)
    assert matches(told) == [("RECORDED", "FOUND", "IN_SCRAP_VEHICLE"), ("RECORDED", "MISSING", None), ("RECORDED", "FOUND", "IN_SCRAP_VEHICLE")]
    assert await world.findings() == [world.code(2)]
    (pack,) = await rows(world.parties.database, "select status, custodian, vin from battery.pack where code = $1", world.code(2))
    assert pack == {"status": "IN_SERVICE", "custodian": None, "vin": name}, "who did not get it has not got it"
    (vehicle,) = await rows(world.parties.database, "select scrapped from vehicle.vehicle where vin = $1", name)
    assert vehicle["scrapped"]


async def test_another_pack_is_explained_by_a_reported_replacement_or_by_nothing(world: World) -> None:
    first, second = await world.bus(1, car=1), await world.bus(2, car=2)
    assert matches(await world.scrap(first, 9)) == [("RECORDED", "OTHER", None)]
    assert matches(await world.scrap(first, 9)) == [("REPLAYED", "OTHER", None)], "as the first time"
    assert matches(await world.scrap(first, 9, only=True)) == [("REPLAYED", "OTHER", None)]
    await world.told("repair", 40, E.REPLACED, 2, vin=second, details={"workOrder": "W-1", "newCode": world.code(8)})
    told = await world.scrap(second, 8, reference="t")
    assert matches(told) == [("RECORDED", "REPLACED", None)], "its old pack is with the repair firm, the new one was reported with it"
    assert [each["match"] for each in await world.scrap(second, 8, reference="t")] == ["REPLACED"]
    assert await world.findings() == [world.code(1)]


async def test_a_replacement_that_both_packs_tell_of_is_the_pack_of_the_vehicle(world: World) -> None:
    name = await world.bus(1)
    await world.told("maker", 0.1, E.PRODUCED, 2)
    await world.told("maker", 3, E.SOLD, 2, to="repair")
    await world.told("repair", 40, E.REPLACED, 1, vin=name, details={"newCode": world.code(2), "workOrder": "W-1"})
    await world.told("repair", 40, E.REPLACED, 2, vin=name, details={"oldCode": world.code(1), "workOrder": "W-1"})
    assert matches(await world.scrap(name, 2)) == [("RECORDED", "FOUND", "IN_SCRAP_VEHICLE")]
    assert await world.findings() == []


async def test_a_swap_model_may_come_without_its_pack(world: World) -> None:
    name = await world.swap_car()
    await world.pooled(1)
    await world.told("swap", 10, E.SWAP_IN, 1, vin=name)
    await world.told("swap", 11, E.SWAP_OUT, 1, vin=name)
    await world.told("swap", 12, E.SWAP_IN, 1, vin=name)
    assert matches(await world.scrap(name)) == [("RECORDED", "EXEMPT", None)]
    assert [each["match"] for each in await world.scrap(name)] == ["EXEMPT"]
    (pack,) = await rows(world.parties.database, "select status, custodian from battery.pack where code = $1", world.code(1))
    assert pack == {"status": "IN_SERVICE", "custodian": FIRMS["swap"]}
    await world.told("swap", 120, E.SWAP_OUT, 1, vin=name)
    other = await world.swap_car(2)
    assert [each["rule"] for each in await world.scrap(other, reference="o")] == ["VEHICLE_UNKNOWN"], "a vehicle that no pack was ever in"
    await world.told("swap", 121, E.RETIRED, 1, details={"reason": "WORN"})
    assert await world.findings() == []


async def test_an_unknown_vehicle_and_a_party_that_scraps_none(world: World) -> None:
    name = await world.bus(1)
    unknown = await world.scrap(world.vin(77), 1)
    assert [each["rule"] for each in unknown] == ["VEHICLE_UNKNOWN"]
    body = await world.parties.ask("recycler", SCRAP, {"input": {}})
    assert body["errors"], "it has no such mutation"
    given = {"vin": name, "occurredAt": "2026-08-20T08:00:00Z", "clientReference": "x", "certificate": "C", "codesFound": [world.code(1), world.code(1)]}
    (told,) = (await world.parties.ask("scrap", SCRAP, {"input": given}))["data"]["told"]
    assert (told["outcome"], told["rule"]) == ("REFUSED", "INVALID_FIELD")


async def test_a_vehicle_is_scrapped_once(world: World) -> None:
    """A second report would be put into the life of a pack that is with others by now. Whoever did not scrap it is told of no such vehicle."""
    name = await world.bus(1)
    await world.scrap(name, 1)
    await world.told("scrap", 110, E.PACK_DETACHED, 1, vin=name)
    await world.told("scrap", 111, E.HANDED_OVER, 1, to="recycler", details={"purpose": "UTILIZATION", "declaredMassKg": 400.0})
    for only in (True, False):
        for found in ((), (1,), (2,)):
            assert [each["rule"] for each in await world.scrap(name, *found, reference="again", only=only)] == ["VEHICLE_SCRAPPED"]
    told = read_scrapping({"vin": name, "occurredAt": "2026-08-20T08:00:00Z", "clientReference": "o", "certificate": "C", "codesFound": [world.code(1)]})
    other = Reporter(FIRMS["repair"], frozenset({"SD"}))
    assert (await record_together(world.parties.database, other, told, NOW)).parts == (Part(None, VEHICLE_UNKNOWN),)
    assert await world.findings() == []
    once = await rows(world.parties.database, "select count(*) from battery.event where code = $1 and type = 'VEHICLE_SCRAPPED'", world.code(1))
    assert once == [{"count": 1}]


async def test_a_pack_that_turns_up_after_its_vehicle_was_scrapped_is_told_by_itself(world: World) -> None:
    name = await world.bus(1, 2)
    assert [each["match"] for each in await world.scrap(name, 2)] == ["MISSING", "FOUND"]
    assert [(each["outcome"], each["match"]) for each in await world.scrap(name, 2)] == [("REPLAYED", "MISSING"), ("REPLAYED", "FOUND")]
    assert [each["rule"] for each in await world.scrap(name, 1, 2, reference="again")] == ["VEHICLE_SCRAPPED"]
    await world.told("scrap", 110, E.VEHICLE_SCRAPPED, 1, vin=name, details={"certificate": "C-1", "packFound": True})
    status = await rows(world.parties.database, "select distinct status from battery.pack where vin = $1", name)
    assert status == [{"status": "IN_SCRAP_VEHICLE"}]


@pytest.mark.parametrize("found", [(1, 2), ()])
async def test_two_firms_scrap_one_vehicle_at_once(world: World, found: tuple[int, ...]) -> None:
    name = await world.bus(1, 2)
    told = await asyncio.gather(*(world.scrap(name, *found, reference=f"r{each}") for each in range(4)))
    taken = [each for each in told if {row["outcome"] for row in each} == {"RECORDED"}]
    assert len(taken) == 1
    assert all({row["outcome"] for row in each} == {"REFUSED"} for each in told if each not in taken)


def move(world: World, number: int, car: str, hour: int, direction: str, **more: Any) -> dict[str, Any]:
    return {"code": world.code(number), "vin": car, **STATION, "movedAt": f"2026-06-10T{hour:02}:00:00+08:00", "direction": direction, **more}


async def test_a_day_of_a_swap_pool(world: World) -> None:
    car, other = await world.swap_car(1), await world.swap_car(2)
    await world.pooled(1, 2)
    moves = [
        move(world, 1, car, 18, "INTO_POOL", stateOfHealth=91.5), move(world, 1, car, 8, "INTO_VEHICLE"), move(world, 2, car, 19, "INTO_VEHICLE"),
        move(world, 1, other, 20, "INTO_VEHICLE"), move(world, 2, other, 21, "INTO_POOL"), move(world, 3, car, 22, "INTO_VEHICLE"),
    ]  # fmt: skip
    given = {"day": "2026-06-10", "clientReference": f"{world.first}-day", "moves": moves}

    async def sent(by: str = "swap", **more: Any) -> Any:
        body = await world.parties.ask(by, SWAPS, {"input": {**given, **more}})
        assert "errors" not in body, body
        return body["data"]["told"]

    told = await sent()
    assert [(each["outcome"], each["rule"]) for each in told] == [
        ("RECORDED", None), ("RECORDED", None), ("RECORDED", None), ("RECORDED", None), ("REFUSED", "VEHICLE_UNKNOWN"), ("REFUSED", "BATTERY_NOT_REPORTABLE"),
    ], "in order of time, whatever the order they were sent in"  # fmt: skip
    assert [each["outcome"] for each in await sent()] == ["REPLAYED"] * 4 + ["REFUSED"] * 2
    again = await sent(moves=[*moves, move(world, 1, other, 23, "INTO_POOL")])
    whole = [("CLIENT_REFERENCE_REUSED", given["clientReference"])]
    assert [(each["rule"], each["clientReference"]) for each in again] == whole, "another day under the same reference, as a whole"
    packs = await rows(world.parties.database, "select status, vin, state_of_health from battery.pack where code = any($1::text[]) order by code",
                       [world.code(1), world.code(2)])  # fmt: skip
    assert packs == [{"status": "IN_SERVICE", "vin": other, "state_of_health": 90.0}, {"status": "IN_SERVICE", "vin": car, "state_of_health": 90.0}]
    wrong = await sent(clientReference=f"{world.first}-w", moves=[move(world, 1, other, 8, "INTO_POOL", movedAt="2026-06-09T23:59:59+08:00")])
    assert [each["rule"] for each in wrong] == ["OTHER_DAY"]
