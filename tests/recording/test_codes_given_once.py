"""A code is given once: to a pack, to a module or to a cell, whether it is a row of the ledger or was only told to be inside of a pack."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from resolvers.database.recording_write import insert
from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import NewModule, NewPack, Outcome, Recorded, Refused, Report
from resolvers.ledger.rows import ManufacturerCode, Model
from tests.recording.making import MODULAR, cell, dismantled, equipped, held, modular, module, refused
from tests.recording.world import DAY_0, FIRMS, MODEL, NOW, Book, E, code, rows

AGAIN = "A battery, module or cell with this code was reported before; a code is given once."
R02 = "select code, party, attempt, figures from battery.finding where rule = 'R02' order by code, party"
FOURS = "FOUR-60"
CELL = "CELL-1"
ONE = "ONE-15"
_FRESH = itertools.count(1000)


@pytest.fixture
async def two(book: Book) -> Book:
    """Two makers with a model of four modules each, and a recycler that holds pack 1 of the first, whose inside was told."""
    await equipped(book)
    day = date(2020, 1, 1)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [ManufacturerCode("0R3", FIRMS["maker2"], day, None)])
        await insert(connection, [Model(FOURS, FIRMS["maker2"], "Fours", "LFP", "PRISMATIC", 60.0, 180.0, 333.0, 420.0, 4, 104, day, None, NOW)])
        await insert(connection, [Model(ONE, FIRMS["maker"], "One", "LFP", "PRISMATIC", 15.0, 180.0, 83.25, 105.0, 1, 26, day, None, NOW)])
        await insert(connection, [Model(CELL, FIRMS["maker"], "Cell", "LFP", "PRISMATIC", 0.58, 180.0, 3.2, 3.1, 0, 1, day, None, NOW)])
    await held(book, 1, pack=modular)
    return book


def other(number: int, kind: ProductType = ProductType.PACK, maker: str = "0R3") -> str:
    return make_battery_code(maker, kind, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", date(2026, 5, 6), number, traceability_code="00021A5")


def produced(subject: str, pack: NewPack, reference: str | None = None, at: float = 0.2) -> Report:
    return Report(E.PRODUCED, subject, DAY_0 + timedelta(days=at), reference or f"made {subject} {hash(pack)}", pack=pack)


def of_modules(*codes: str, model: str = MODULAR) -> NewPack:
    """A pack of four modules that begins with these; the others are nobody else's."""
    number = next(_FRESH)
    own = [module(number, place) for place in range(len(codes) + 1, 5)]
    return NewPack(model, modules=tuple(NewModule(each, 26, 80.0) for each in (*codes, *own)))


async def made(book: Book, subject: str, pack: NewPack, by: str = "maker", **more: Any) -> Outcome:
    return (await book.tell(by, produced(subject, pack), **more))[0]


async def test_a_code_inside_of_a_pack_is_given_to_nothing_else(two: Book) -> None:
    """The honest dismantler finds every module and cell where its maker told it to be."""
    attempts: Sequence[tuple[str, NewPack, str]] = [
        (module(1, 3), NewPack(MODEL), ""),
        (cell(1, 77), NewPack(CELL), ""),
        (code(2), of_modules(module(2), module(1, 2)), "modules[1].code: "),
        (code(2), with_cell(modular(2), 7, cell(1, 5)), "cells[7]: "),
    ]
    for subject, pack, field in attempts:
        for only in (True, False):
            told = await made(two, subject, pack, validate_only=only)
            assert refused(told) == "DUPLICATE_CODE", (subject, field)
            assert isinstance(told, Refused)
            assert told.message == (field + AGAIN if field else "A battery with this code was reported before; a code is given once.")
            assert (told.state, told.allowed) == (None, ())
    (finding,) = await rows(two.database, R02)
    assert (finding["code"], finding["party"]) == (code(1), FIRMS["maker"])
    assert isinstance(await made(two, code(2), modular(2)), Recorded)
    whole = [*(module(1, place) for place in (1, 2, 3)), cell(1, 79), cell(1, 104)]
    assert isinstance((await two.tell("recycler", dismantled(1, *whole)))[0], Recorded)
    # Out of the pack it is what it was inside.
    assert refused(await made(two, code(3), of_modules(module(1)))) == "DUPLICATE_CODE"
    assert await rows(two.database, "select from battery.pack where code = any($1)", [code(3)]) == []


def with_cell(pack: NewPack, place: int, other_cell: str) -> NewPack:
    cells = [*pack.cells]
    cells[place] = other_cell
    return NewPack(pack.model_id, modules=pack.modules, cells=tuple(cells))


async def test_within_a_batch_the_first_has_the_code(two: Book) -> None:
    first, second = of_modules(module(5)), of_modules(module(6), module(5))
    told = await two.tell("maker", produced(code(5), first), produced(code(6), second), produced(module(5), NewPack(MODEL)), produced(code(6), modular(6)))
    assert [each.code for each in told] == [code(5), "DUPLICATE_CODE", "DUPLICATE_CODE", code(6)]
    # What was refused in the end gave no code to anything.
    pair = [produced(code(7), of_modules(module(7))), produced(code(7), of_modules(module(8)), "again")]
    assert [each.code for each in await two.tell("maker", *(grouped(each) for each in pair))] == ["GROUP_REFUSED", "DUPLICATE_CODE"]
    assert isinstance(await made(two, code(8), of_modules(module(7))), Recorded)
    # Nor did it where the same pack was reported otherwise afterwards.
    later = [*(grouped(each) for each in (produced(code(17), of_modules(module(17)), "a"), produced(code(17), of_modules(module(18)), "b")))]
    later += [produced(code(17), of_modules(module(19)), "c"), produced(code(18), of_modules(module(17)), "d")]
    assert [each.code for each in await two.tell("maker", *later)] == ["GROUP_REFUSED", "DUPLICATE_CODE", code(17), code(18)]
    # A module is not inside of itself.
    assert refused(await made(two, module(9), NewPack(ONE, modules=(NewModule(module(9), 26, 80.0),)))) == "DUPLICATE_CODE"


def grouped(report: Report) -> Report:
    return Report(report.type, report.code, report.occurred_at, report.client_reference, pack=report.pack, group=1)


async def test_a_code_of_anothers_tells_nothing(two: Book) -> None:
    """Whose modules were bought is a secret: that one is in a pack of a third's is not said, and the authorities have it before them."""
    bought, free = other(11, ProductType.MODULE), other(12, ProductType.MODULE)
    assert isinstance(await made(two, other(1), of_modules(bought, model=FOURS), by="maker2"), Recorded)
    asked = [await made(two, code(2), of_modules(each), validate_only=True) for each in (bought, free)]
    assert [type(each) for each in asked] == [Recorded, Recorded]
    assert await rows(two.database, R02) == []
    assert isinstance(await made(two, code(2), of_modules(bought)), Recorded)
    (finding,) = await rows(two.database, R02)
    assert (finding["code"], finding["party"]) == (other(1), FIRMS["maker"]), "on whom told of the second"
    assert all(each in finding["figures"] for each in (bought, code(2)))
    assert '"refused": null' in finding["attempt"]
    readers = {row["grantee"] for row in await rows(two.database, "select grantee from battery.finding_reader where code = $1", other(1))}
    assert readers == {"province:32", "province:35", "authority:MI"}, "neither of the two"
    # Who holds the manufacturer code is told of its own.
    assert refused(await made(two, other(3), of_modules(bought, model=FOURS), by="maker2")) == "DUPLICATE_CODE"


async def test_who_takes_apart_does_not_answer_for_the_makers_duplicate(two: Book) -> None:
    shared = other(11, ProductType.MODULE)
    later = NOW + timedelta(minutes=1)
    for number, moment in ((2, later), (3, NOW)):
        await book_held(two, number, of_modules(shared, other(20 + number, ProductType.MODULE)), moment)
    assert isinstance((await two.tell("recycler", dismantled(2, shared), moment=later))[0], Recorded)
    told = (await two.tell("recycler2", dismantled(3, shared, reference="as it is"), moment=later))[0]
    assert refused(told) == "RELEASED_BEFORE"
    assert isinstance(told, Refused)
    assert "Leave it out" in told.message
    found = {(row["code"], row["party"]) for row in await rows(two.database, R02)}
    assert found == {(code(2), FIRMS["maker"]), (shared, FIRMS["maker"])}, "never the recycler"
    assert isinstance((await two.tell("recycler2", dismantled(3, other(23, ProductType.MODULE)), moment=later))[0], Recorded)


async def book_held(book: Book, number: int, pack: NewPack, moment: Any) -> None:
    """A pack that is recorded at that moment and comes to a recycler of its own."""
    told = await book.tell("maker", book.report(0.1, E.PRODUCED, number, pack=pack), book.report(1, E.SOLD, number, to="swap"), moment=moment)
    by = "recycler" if number == 2 else "recycler2"
    told += await book.tell(
        "swap", book.report(2, E.POOLED, number, details={"pool": "P"}), book.report(3, E.RETIRED, number, details={"reason": "WORN"}),
        book.report(4, E.HANDED_OVER, number, to=by, details={"purpose": "UTILIZATION", "declaredMassKg": 420.0}), moment=NOW + timedelta(minutes=1),
    )  # fmt: skip
    told += await book.tell(by, book.report(5, E.RECEIVED, number, details={"measuredMassKg": 420.0}), moment=NOW + timedelta(minutes=1))
    assert all(isinstance(each, Recorded) for each in told), told


async def test_a_pack_of_which_nothing_is_left_to_name_is_taken_apart(two: Book) -> None:
    shared = [other(30 + n, ProductType.MODULE) for n in range(4)]
    for number in (2, 3):
        await book_held(two, number, of_modules(*shared), NOW)
    assert refused((await two.tell("recycler2", dismantled(3)))[0]) == "RELEASED_MISSING"
    assert isinstance((await two.tell("recycler", dismantled(2, *shared)))[0], Recorded)
    assert isinstance((await two.tell("recycler2", dismantled(3, reference="nothing left")))[0], Recorded)


async def test_of_two_that_release_the_same_at_once_one_does(two: Book) -> None:
    shared = other(11, ProductType.MODULE)
    for number in (2, 3):
        await book_held(two, number, of_modules(shared), NOW)
    told = await asyncio.gather(two.tell("recycler", dismantled(2, shared)), two.tell("recycler2", dismantled(3, shared)))
    assert sorted(each.code for (each,) in told if isinstance(each, Refused)) == ["RELEASED_BEFORE"]
    assert len(await rows(two.database, "select from battery.lineage where code = $1", shared)) == 1


async def test_of_two_that_give_a_code_at_once_one_does(two: Book) -> None:
    for number in range(10, 16):
        one, another = produced(code(number), of_modules(module(number))), produced(code(number + 10), of_modules(module(number + 10), module(number)))
        item = produced(module(number), NewPack(MODEL))
        told = await asyncio.gather(two.tell("maker", one), two.tell("maker", another), two.tell("maker", item))
        assert sorted(type(each).__name__ for (each,) in told) == ["Recorded", "Refused", "Refused"]
        assert {each.code for (each,) in told if isinstance(each, Refused)} == {"DUPLICATE_CODE"}


async def test_the_rebuild_proves_how_cells_are_found(two: Book) -> None:
    def quiet(_stage: str, _done: int) -> None: ...

    assert (await rebuild(two.database, quiet)).differences == []
    async with two.database.transaction("ledger") as connection:
        await connection.execute("update battery.cell_list set heads = '{}'")
    assert isinstance(await made(two, cell(1, 9), NewPack(CELL), validate_only=True), Recorded), "not found without"
    assert [str(each) for each in (await rebuild(two.database, quiet, write=True)).differences] == [f"battery.cell_list {code(1)}: differs (heads)"]
    assert refused(await made(two, cell(1, 9), NewPack(CELL), validate_only=True)) == "DUPLICATE_CODE"


async def test_a_code_fits_what_its_model_holds_and_its_day_has_come(two: Book) -> None:
    """A cell is no pack, and a module no pack of four; of a day to come nothing has a code yet."""
    cases = (
        (cell(9, 1), MODEL, "CODE_LEVEL"), (module(9), MODULAR, "CODE_LEVEL"), (cell(9, 1), MODULAR, "CODE_LEVEL"), (cell(9, 2), CELL, None),
        (module(9, 2), CELL, None), (module(9, 3), MODEL, None), (code(9), CELL, None), (code(10, date(2026, 11, 21)), MODEL, "CODE_IN_FUTURE"),
        (code(10, date(2026, 11, 20)), MODEL, None),
    )  # fmt: skip
    for subject, model, rule in cases:
        at = 198 if subject.startswith(code(10)[:14]) and subject[14:17] != code(9)[14:17] else 0.2
        told = (await two.tell("maker", produced(subject, NewPack(model), f"{subject} {model}", at)))[0]
        assert (told.code if isinstance(told, Refused) else None) == rule, (subject, model)
