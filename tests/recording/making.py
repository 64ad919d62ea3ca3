"""A recycler's yard for the tests of taking apart and making new: its own code and product model, and used packs that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from resolvers.database.recording_write import insert
from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.ledger.events import EventType
from resolvers.ledger.recording.inputs import read_report
from resolvers.ledger.recording.report import NewPack, Outcome, Recorded, Report
from resolvers.ledger.rows import ManufacturerCode, Model
from tests.recording.world import DAY_0, FIRMS, MODEL, NOW, Book, E, code

STORE = "STORE-30"
GRADE = {"method": "GB/T 34015-2017", "capacityAh": 150.0, "resistanceMohm": 70.0, "insulationMohm": 500.0, "grade": "B", "route": "REPROCESS_INTO_PRODUCT"}
LAWFUL = {"fieldOfUse": "STATIONARY_STORAGE", "standard": "GB/T 36276-2023"}


def product(number: int, *, reused: bool = False, made: date = date(2026, 5, 16)) -> str:
    """A code of the recycler's: 24 characters, or 19 where `reused`."""
    form: dict[str, Any] = {"reused_level": ProductType.PACK} if reused else {"traceability_code": "00021A5"}
    return make_battery_code("0R2", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", made, number, **form)


async def equipped(book: Book) -> Book:
    """The recycler may give codes, and has a model of a product."""
    day = date(2020, 1, 1)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [ManufacturerCode("0R2", FIRMS["recycler"], day, None)])
        await insert(connection, [Model(STORE, FIRMS["recycler"], "Store", "LFP", "PRISMATIC", 30.0, 90.0, 333.0, 210.0, 0, 52, day, None, NOW)])
    return book


async def held(book: Book, *numbers: int, by: str = "recycler", graded: bool = True, pack: NewPack | None = None) -> None:
    """Packs that came to the recycler from a swap operator's pool, at day 8 tested."""
    steps: dict[str, list[Report]] = {"maker": [], "swap": [], by: []}
    for number in numbers:
        steps["maker"] += [book.report(0.1, E.PRODUCED, number, pack=pack or NewPack(MODEL)), book.report(1, E.SOLD, number, to="swap")]
        steps["swap"] += [
            book.report(2, E.POOLED, number, details={"pool": "P"}), book.report(3, E.RETIRED, number, details={"reason": "WORN"}),
            book.report(4, E.HANDED_OVER, number, to=by, details={"purpose": "UTILIZATION", "declaredMassKg": 420.0}),
        ]  # fmt: skip
        steps[by] += [book.report(5, E.RECEIVED, number, details={"measuredMassKg": 420.0})]
        steps[by] += [book.report(8, E.GRADED, number, details=GRADE)] if graded else []
    for party, reports in steps.items():
        told = await book.tell(party, *reports)
        assert all(isinstance(each, Recorded) for each in told), told


def given(event: EventType, subject: str, at: float, reference: str, **fields: Any) -> Report:
    """A report as it comes from outside."""
    values: Mapping[str, Any] = {"code": subject, "occurredAt": (DAY_0 + timedelta(days=at)).isoformat(), "clientReference": reference, **fields}
    return read_report(event, {name: value for name, value in values.items() if value is not None})


def reprocessed(subject: str, *sources: int | str, at: float = 10, reference: str | None = None, **more: Any) -> Report:
    codes = [code(each) if isinstance(each, int) else each for each in sources]
    fields = {**LAWFUL, "modelId": STORE, "testReport": "CQC-1", "sourceCodes": codes, **more}
    return given(E.REPROCESSED, subject, at, reference or f"made {subject} {codes} {at} {sorted(more)}", **fields)


async def reprocess(book: Book, subject: str, *sources: int | str, by: str = "recycler", **more: Any) -> Outcome:
    return (await book.tell(by, reprocessed(subject, *sources, **more)))[0]
