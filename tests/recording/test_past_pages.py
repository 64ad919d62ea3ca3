"""What a vehicle had in it at a past moment, page by page: the rows of the whole list, with bounded work for each page."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from auth.principal import Principal
from resolvers.database import past as past_module
from resolvers.database.recording_write import insert
from resolvers.ledger.recording.report import Recorded
from resolvers.ledger.rows import Vehicle
from tests.door.principals import principal
from tests.recording.gateways import asked, codes
from tests.recording.test_past import DRIVEN, MINISTRY, PUBLIC, day, reported, spelled
from tests.recording.test_past_vehicles import BY_VIN, reported_of
from tests.recording.world import FIRMS, SWAP_CAR, Book, E, code, vin

ROW = "query ($vin: Vin!, $asOf: DateTime) { vehicle(vin: $vin, asOf: $asOf) { asOf vin soldOn scrapped scrappedOn } }"
ROWS = {"batteries": "code", "installations": "id installedAt recordedAt removedAt position battery { code }"}
FORTH, BACK = ("first", "after"), ("last", "before")
FEW = """query ($vin: Vin!, $asOf: DateTime) { vehicle(vin: $vin, asOf: $asOf) {
  a: batteries(first: 5) { nodes { code } } b: batteries(first: 1) { nodes { code } } } }"""
THOUSANDS = 2_000


async def swap_vehicles(book: Book, *vins: str) -> None:
    """Vehicles that an import told of."""
    made, oem = SWAP_CAR.produced_on, FIRMS["oem"]
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [Vehicle(each, oem, SWAP_CAR.model_name, "BEV", True, made, None, None, None, None, None, (oem,), day(0)) for each in vins])


async def swapped_by_thousands(book: Book) -> None:
    """Packs that were in one vehicle one after the other, some seconds each: five events of each pack."""
    await swap_vehicles(book, vin(1))
    numbers = range(1, THOUSANDS + 1)
    for by, kind, more in (("maker", E.PRODUCED, {}), ("maker", E.SOLD, {"to": "swap"}), ("swap", E.POOLED, {})):
        assert all(isinstance(each, Recorded) for each in await book.tell(by, *[book.report(0.1, kind, number, **more) for number in numbers], moment=day(180)))
    turns = [
        book.report(1 + number / 1000 + (0.0005 if kind is E.SWAP_OUT else 0), kind, number, vin=vin(1))
        for number in numbers
        for kind in (E.SWAP_IN, E.SWAP_OUT)
    ]
    assert all(isinstance(each, Recorded) for each in await book.tell("swap", *turns, moment=day(180)))


async def read_through(book: Book, who: Principal, at: datetime, place: str, most: int, how: tuple[str, str] = FORTH) -> tuple[list[Any], int]:
    """All rows of the list page by page, in their order, and how many pages there were."""
    first, after = how
    text = f"""query ($vin: Vin!, $asOf: DateTime!, $at: String) {{ vehicle(vin: $vin, asOf: $asOf) {{
      {place}({first}: {most}, {after}: $at) {{ nodes {{ {ROWS[place]} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}"""
    more, cursor = ("hasNextPage", "endCursor") if first == "first" else ("hasPreviousPage", "startCursor")
    found: list[Any] = []
    variables: dict[str, Any] = {"vin": vin(1), "asOf": spelled(at), "at": None}
    for number in itertools.count(1):
        told = await asked(book.database, who, text, variables, both=False)
        assert "errors" not in told, told
        page = told["data"]["vehicle"][place]
        found = [*found, *page["nodes"]] if first == "first" else [*page["nodes"], *found]
        if not page["pageInfo"][more]:
            return found, number
        assert len(page["nodes"]) == most, "a page that is not the last is full"
        variables["at"] = page["pageInfo"][cursor]
    raise AssertionError


async def whole(book: Book, who: Principal, at: datetime, place: str) -> list[Any] | None:
    """The rows of the list as they are told to who counts them; None where there is no such vehicle."""
    text = f"query ($vin: Vin!, $asOf: DateTime!) {{ vehicle(vin: $vin, asOf: $asOf) {{ {place}(first: 100) {{ totalCount nodes {{ {ROWS[place]} }} }} }} }}"
    vehicle = (await asked(book.database, who, text, {"vin": vin(1), "asOf": spelled(at)}))["data"]["vehicle"]
    if vehicle is None:
        return None
    told = vehicle[place]
    assert told["totalCount"] == len(told["nodes"])
    return list(told["nodes"])


async def test_a_swap_vehicle_that_has_had_thousands_of_packs_is_read_page_by_page_and_the_work_for_a_page_has_a_bound(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    await swapped_by_thousands(book)
    told = (await asked(book.database, MINISTRY, BY_VIN, {"vin": vin(1), "asOf": spelled(day(190))}))["data"]["vehicle"]
    assert [told[each]["totalCount"] for each in ("batteries", "installations")] == [THOUSANDS, THOUSANDS]
    monkeypatch.setattr(past_module, "MOST_EVENTS", 5 * 102)
    numbers = [code(number) for number in range(1, THOUSANDS + 1)]
    for how in (FORTH, BACK):
        rows, pages = await read_through(book, MINISTRY, day(190), "installations", 100, how)
        assert [each["battery"]["code"] for each in rows] == numbers
        assert all(each["removedAt"] > each["installedAt"] for each in rows)
        packs, more = await read_through(book, MINISTRY, day(190), "batteries", 100, how)
        assert ([each["code"] for each in packs], pages, more) == (sorted(numbers), THOUSANDS // 100, THOUSANDS // 100)
    answer = await asked(book.database, MINISTRY, BY_VIN, {"vin": vin(1), "asOf": spelled(day(190))})
    assert codes(answer) == [("AS_OF_TOO_MUCH", ("vehicle", place)) for place in ("batteries", "installations")]
    assert answer["errors"][0]["message"].endswith("leave totalCount out")
    assert (answer["data"]["vehicle"]["batteries"], answer["data"]["vehicle"]["vin"]) == (None, vin(1))
    monkeypatch.setattr(past_module, "MOST_EVENTS", 9)
    answer = await asked(book.database, MINISTRY, FEW, {"vin": vin(1), "asOf": spelled(day(190))})
    assert codes(answer) == [("AS_OF_TOO_MUCH", ("vehicle", "a"))]
    assert answer["errors"][0]["message"].endswith("ask for fewer than 5 with first")
    assert answer["data"]["vehicle"]["b"] == {"nodes": [{"code": code(1)}]}, "one row is always told"
    # Whom the binding is closed to is answered as ever, whatever was in the vehicle; and the vehicle itself takes no pack's life.
    hidden = await asked(book.database, PUBLIC, BY_VIN, {"vin": vin(1), "asOf": spelled(day(190))})
    assert hidden["data"]["vehicle"] is None
    monkeypatch.setattr(past_module, "read_packs", None)
    assert (await asked(book.database, MINISTRY, ROW, {"vin": vin(1), "asOf": spelled(day(190))}))["data"]["vehicle"]["scrapped"] is False


async def swapped_to_and_fro(book: Book) -> None:
    """Packs that go through two swap vehicles; of some it was told wrongly where or when, and put right."""
    await swap_vehicles(book, vin(1), vin(2))
    for number in range(1, 6):
        await reported_of(book, number, ("maker", 1, E.PRODUCED, {}), ("maker", 2, E.SOLD, {"to": "swap"}), ("swap", 3, E.POOLED, {}))
    stays: tuple[tuple[int, float, int, float | None], ...] = (
        (1, 5, 1, 5.2),
        (2, 6, 1, 6.2),
        (1, 7, 1, 7.2),
        (3, 8, 1, 8.2),
        (4, 9, 1, None),
        (2, 10, 2, None),
        (1, 11, 2, None),
        (5, 12, 1, None),
    )
    for number, at, car, until in stays:
        await reported_of(book, number, ("swap", at, E.SWAP_IN, {"vin": vin(car), "details": {"position": number}}))
        if until is not None:
            await reported_of(book, number, ("swap", until, E.SWAP_OUT, {"vin": vin(car)}))
    # Pack 3 was in it earlier than was told, pack 4 never, and pack 2 is in it again.
    for number, at, car, corrects, moment in ((3, 7.9, 1, 4, 20), (4, 9, 2, 4, 21), (2, 10, 1, 6, 30)):
        told = {"vin": vin(car), "corrects": corrects, "moment": day(moment), "details": {"position": number}}
        await reported_of(book, number, ("swap", at, E.SWAP_IN, told))


async def exchanged(book: Book) -> None:
    """A pack was taken out of a car for another one."""
    car = vin(1)
    await reported(book, *DRIVEN)
    await reported_of(book, 2, ("maker", 1, E.PRODUCED, {}), ("maker", 3, E.SOLD, {"to": "repair"}))
    replaced = {"vin": car, "details": {"workOrder": "W"}, "group": "swap"}
    told = await book.tell("repair", book.report(20, E.REPLACED, 1, **replaced), book.report(20, E.REPLACED, 2, **replaced), moment=day(20.1))
    assert all(isinstance(each, Recorded) for each in told), told


@pytest.mark.parametrize("world", [swapped_to_and_fro, exchanged])
async def test_pages_of_the_past_hold_what_the_whole_list_holds(book: Book, world: Callable[[Book], Awaitable[None]]) -> None:
    await world(book)
    numbers = set()
    for who in (MINISTRY, principal(FIRMS["swap"], "SW"), principal(FIRMS["oem"], "OEM")):
        for at in (6.5, 9.5, 12.5, 20.5, 22, 40):
            for place in ROWS:
                if (rows := await whole(book, who, day(at), place)) is None:
                    continue
                numbers.add(len(rows))
                for most, how in itertools.product((1, 2, 5), (FORTH, BACK)):
                    assert (await read_through(book, who, day(at), place, most, how))[0] == rows, (at, place, most, how)
    assert len(numbers) > 1 + (world is swapped_to_and_fro), numbers


async def test_what_was_recorded_by_a_clock_that_ran_behind_hides_no_row_of_a_page(book: Book) -> None:
    await swap_vehicles(book, vin(1), vin(2))
    for number in (1, 2):
        await reported_of(book, number, ("maker", 1, E.PRODUCED, {}), ("maker", 2, E.SOLD, {"to": "swap"}), ("swap", 3, E.POOLED, {}),
                          ("swap", 5, E.SWAP_IN, {"vin": vin(1), "details": {"position": number}}))  # fmt: skip
    # That it came out was recorded on day 40; what came after that, by another clock, on day 20: it is not known before that is.
    await reported_of(book, 1, ("swap", 6, E.SWAP_OUT, {"vin": vin(1), "moment": day(40)}), ("swap", 7, E.SWAP_IN, {"vin": vin(2), "moment": day(20)}))
    await reported_of(book, 2, ("swap", 6, E.HEALTH_MEASURED, {"vin": vin(1), "details": {"stateOfHealth": 90.0, "method": "BMS"}, "moment": day(40)}),
                      ("swap", 5.5, E.SWAP_IN, {"vin": vin(1), "details": {"position": 2}, "corrects": 4, "moment": day(20)}))  # fmt: skip
    for at, there, since in ((30, [code(1), code(2)], [5, 5]), (41, [code(2)], [5, 5.5])):
        assert await read_through(book, MINISTRY, day(at), "batteries", 1) == ([{"code": each} for each in there], len(there))
        rows, _ = await read_through(book, MINISTRY, day(at), "installations", 1)
        assert [each["installedAt"] for each in rows] == [spelled(day(each)) for each in since]
