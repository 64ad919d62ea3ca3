"""A recycler's yard for the tests of taking apart and making new: its own code and product model, and used packs that it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from resolvers.database.recording_write import insert
from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.ledger.events import EventType
from resolvers.ledger.recording.inputs import read_report
from resolvers.ledger.recording.report import NewModule, NewPack, Outcome, Recorded, Refused, Report
from resolvers.ledger.rows import ManufacturerCode, Model
from tests.recording.least import least
from tests.recording.world import DAY_0, FIRMS, MODEL, NOW, Book, E, code

STORE = "STORE-30"
# Two modules of 26 cells each.
STORE_OF_MODULES = "RACK-30"
# Four modules of 26 cells each.
MODULAR = "MOD-60"
MODULE_KG = 80.0
GRADE = {"method": "GB/T 34015-2017", "capacityAh": 150.0, "resistanceMohm": 70.0, "insulationMohm": 500.0, "grade": "B", "route": "REPROCESS_INTO_PRODUCT"}
LAWFUL = {"fieldOfUse": "STATIONARY_STORAGE", "standard": "GB/T 36276-2023"}


def product(number: int, *, reused: bool = True, made: date = date(2026, 5, 16)) -> str:
    """A code of the recycler's: 24 characters, or 19 where `reused`."""
    form: dict[str, Any] = {"reused_level": ProductType.PACK} if reused else {"traceability_code": "00021A5"}
    return make_battery_code("0R2", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", made, number, **form)


def module(number: int, place: int = 1) -> str:
    """The code of a module of the pack of that number; places count from 1."""
    head = ("0R1", ProductType.MODULE, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K")
    return make_battery_code(*head, date(2026, 5, 6), 10 * number + place, traceability_code="00021A5")


def cell(number: int, place: int = 1) -> str:
    """The code of a cell of the pack of that number; places count from 1, 26 to a module."""
    head = ("0R1", ProductType.CELL, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K")
    return make_battery_code(*head, date(2026, 5, 6), 1000 * number + place, traceability_code="00021A5")


def modular(number: int, *, cells: bool = True) -> NewPack:
    """What a maker says of a pack of four modules."""
    modules = tuple(NewModule(module(number, place), 26, MODULE_KG) for place in range(1, 5))
    return NewPack(MODULAR, modules=modules, cells=tuple(cell(number, place) for place in range(1, 105)) if cells else ())


OTHER_CHEMISTRY = "LMFP-60"


def otherwise(_number: int) -> NewPack:
    """What a maker says of a pack of another chemistry, whose code may say the same letter."""
    return NewPack(OTHER_CHEMISTRY)


def plain(_number: int) -> NewPack:
    """What a maker says of a pack of whose inside it says nothing."""
    return NewPack(MODEL)


async def equipped(book: Book) -> Book:
    """The recycler may give codes, and has a model of a product."""
    day = date(2020, 1, 1)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [ManufacturerCode("0R2", FIRMS["recycler"], day, None)])
        await insert(connection, [Model(STORE_OF_MODULES, FIRMS["recycler"], "Rack", "LFP", "PRISMATIC", 30.0, 90.0, 333.0, 210.0, 2, 52, day, None, NOW)])
        await insert(connection, [Model(STORE, FIRMS["recycler"], "Store", "LFP", "PRISMATIC", 30.0, 90.0, 333.0, 210.0, 0, 52, day, None, NOW)])
        await insert(connection, [Model(OTHER_CHEMISTRY, FIRMS["maker"], "Fe Mn", "LMFP", "PRISMATIC", 60.0, 180.0, 333.0, 420.0, 0, 104, day, None, NOW)])
        await insert(connection, [Model(MODULAR, FIRMS["maker"], "Four", "LFP", "PRISMATIC", 60.0, 180.0, 333.0, 420.0, 4, 104, day, None, NOW)])
    return book


async def held(
    book: Book, *numbers: int, by: str = "recycler", graded: bool = True, pack: Callable[[int], NewPack] = plain, moment: datetime = NOW,
    measured: float = 420.0,
) -> None:  # fmt: skip
    """Packs that came to the recycler from a swap operator's pool, at day 8 tested; `pack` is what its maker says of each number, `measured` what they
    weighed when they came, in kg. All is told at the moment."""
    steps: dict[str, list[Report]] = {"maker": [], "swap": [], by: []}
    for number in numbers:
        steps["maker"] += [book.report(0.1, E.PRODUCED, number, pack=pack(number)), book.report(1, E.SOLD, number, to="swap")]
        steps["swap"] += [
            book.report(2, E.POOLED, number, details={"pool": "P"}), book.report(3, E.RETIRED, number, details={"reason": "WORN"}),
            book.report(4, E.HANDED_OVER, number, to=by, details={"purpose": "UTILIZATION", "declaredMassKg": 420.0}),
        ]  # fmt: skip
        steps[by] += [book.report(5, E.RECEIVED, number, details={"measuredMassKg": measured})]
        steps[by] += [book.report(8, E.GRADED, number, details=GRADE)] if graded else []
    for party, reports in steps.items():
        told = await book.tell(party, *reports, moment=moment)
        assert all(isinstance(each, Recorded) for each in told), told


def given(event: EventType, subject: str, at: float, reference: str, **fields: Any) -> Report:
    """A report as it comes from outside."""
    values: Mapping[str, Any] = {"code": subject, "occurredAt": (DAY_0 + timedelta(days=at)).isoformat(), "clientReference": reference, **fields}
    return read_report(event, least(event, values))


def reprocessed(subject: str, *sources: int | str, at: float = 10, reference: str | None = None, **more: Any) -> Report:
    codes = [code(each) if isinstance(each, int) else each for each in sources]
    fields = {**LAWFUL, "modelId": STORE, "testReport": "CQC-1", "sourceCodes": codes, **more}
    return given(E.REPROCESSED, subject, at, reference or f"made {subject} {codes} {at} {sorted(more)}", **fields)


def dismantled(number: int, *items: str | tuple[str, float], at: float = 12, reference: str | None = None, subject: str | None = None, **more: Any) -> Report:
    """A report that the pack of that number, or `subject`, was taken apart, and released these codes; some with their masses."""
    told = [{"code": each} if isinstance(each, str) else {"code": each[0], "massKg": each[1]} for each in items]
    whole = subject or code(number)
    return given(E.DISMANTLED, whole, at, reference or f"apart {whole} {told} {at} {sorted(more)}", released=told or None, **more)


def refused(told: Outcome) -> str:
    """The code of a refusal."""
    assert isinstance(told, Refused), told
    return told.code


async def reprocess(book: Book, subject: str, *sources: int | str, by: str = "recycler", **more: Any) -> Outcome:
    return (await book.tell(by, reprocessed(subject, *sources, **more)))[0]
