"""Taking apart: one report ends the pack and begins a life for each module and cell that it released, all or nothing; each end keeps the other's code."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.ledger.findings.sweep.run import found
from resolvers.ledger.recording.inputs import BadReport
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import NewModule, NewPack, Outcome, Recorded, Refused, Report
from resolvers.ledger.recording.texts import plain_values
from tests.recording.batches import recycle
from tests.recording.making import MODULAR, cell, dismantled, equipped, held, modular, module, plain, product, refused, reprocess
from tests.recording.making import given as report_of
from tests.recording.world import DAY_0, FIRMS, MODEL, NOW, Book, E, code, rows

PACK = """select status, custodian, prior_holder, origin_province, province, parent, product_type, is_product, mass_kg, cell_count
from battery.pack where code = $1"""
LINEAGE = "select relation, other from battery.lineage where code = $1 order by relation, number"
GRANTS = "select grantee, relation from battery.access where code = $1 order by relation, grantee"
GRADED = {"method": "M", "capacityAh": 1.0, "resistanceMohm": 1.0, "insulationMohm": 1.0, "grade": "A", "route": "REPROCESS_INTO_PRODUCT"}


@pytest.fixture
async def yard(book: Book) -> Book:
    """A recycler that holds packs 1 to 3, of four modules of 26 cells each, tested, and 6, untested; of 4 nobody told the cells, of 7 nothing inside.

    5 is another recycler's.
    """
    await equipped(book)
    inside = {4: modular(4, cells=False), 7: plain(7)}
    await held(book, 1, 2, 3, 4, 7, pack=lambda number: inside.get(number) or modular(number))
    await held(book, 5, pack=modular, by="recycler2")
    await held(book, 6, pack=modular, graded=False)
    return book


async def apart(book: Book, *told: Any, by: str = "recycler", **more: Any) -> Outcome:
    return (await book.tell(by, dismantled(*told, **more)))[0]


async def of(book: Book, statement: str, subject: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await rows(book.database, statement, subject)]


async def told_of(book: Book, subject: str, at: float, kind: E, by: str = "recycler", **more: Any) -> Outcome:
    """A report of an item by its own code."""
    to = FIRMS.get(more.pop("to", ""))
    return (await book.tell(by, Report(kind, subject, book.report(at, kind).occurred_at, f"{kind} {subject} {at}", counterparty=to, **more)))[0]


async def test_a_pack_releases_its_modules_and_cells(yard: Book) -> None:
    told = await apart(yard, 1, module(1, 1), (module(1, 3), 78.5), cell(1, 27), (cell(1, 104), 3.1), massKg=419.0, modules=2)
    assert isinstance(told, Recorded)
    assert (told.code, told.type) == (code(1), "DISMANTLED")
    recycler = FIRMS["recycler"]
    assert await of(yard, PACK, code(1)) == [("DISMANTLED", recycler, FIRMS["swap"], "44", "42", None, "PACK", False, 420.0, 104)]
    expected = {module(1, 1): ("MODULE", 80.0, 26), module(1, 3): ("MODULE", 78.5, 26), cell(1, 27): ("CELL", 80.0 / 26, 1), cell(1, 104): ("CELL", 3.1, 1)}
    for subject, (kind, mass, cells) in expected.items():
        assert await of(yard, PACK, subject) == [("STORED", recycler, None, "44", "42", code(1), kind, False, mass, cells)]
        assert await of(yard, LINEAGE, subject) == [("SOURCE", code(1))]
        # Nobody who had the pack has anything to do with what came out of it.
        assert await of(yard, GRANTS, subject) == [(recycler, "custodian"), ("province:42", "jurisdiction")]
        (event,) = await rows(yard.database, "select type, category, reporter, occurred_at, late from battery.event where code = $1", subject)
        assert (event["type"], event["category"], event["reporter"], event["occurred_at"]) == ("RELEASED", "H", recycler, told.occurred_at)
    assert await of(yard, LINEAGE, code(1)) == [("PRODUCT", each) for each in expected]
    (one,) = await rows(yard.database, "select * from battery.pack where code = $1", module(1, 1))
    assert (one["nominal_energy_kwh"], one["nominal_capacity_ah"], one["nominal_voltage_v"]) == (15.0, 180.0, 333.0 / 4)
    assert (one["maker"], one["model_id"], one["produced_on"], one["readers"]) == (
        FIRMS["maker"], MODULAR, date(2026, 5, 6), sorted([FIRMS["maker"], recycler, "province:42"])
    )  # fmt: skip
    messages = "select code from platform.outbox where code = any($1)"
    assert {row["code"] for row in await rows(yard.database, messages, list(expected))} == set(expected)
    assert await apart(yard, 1, module(1, 1), (module(1, 3), 78.5), cell(1, 27), (cell(1, 104), 3.1), massKg=419.0, modules=2) == told._replace(replayed=True)


async def test_a_module_becomes_a_product_and_another_is_taken_apart_in_turn(yard: Book) -> None:
    assert isinstance(await apart(yard, 1, module(1, 1), module(1, 2)), Recorded)
    sent = {"details": {"purpose": "UTILIZATION", "declaredMassKg": 80.0}}
    for at, kind, by, more in (
        (13, E.HANDED_OVER, "recycler", {"to": "recycler2", **sent}), (14, E.REJECTED, "recycler2", {"details": {"reason": "late"}}),
        (15, E.HANDED_OVER, "recycler", {"to": "recycler2", **sent}), (16, E.RECEIVED, "recycler2", {"details": {"measuredMassKg": 80.0}}),
        (17, E.HANDED_OVER, "recycler2", {"to": "recycler", **sent}), (18, E.RECEIVED, "recycler", {"details": {"measuredMassKg": 79.9}}),
        (19, E.GRADED, "recycler", {"details": GRADED}),
    ):  # fmt: skip
        assert isinstance(await told_of(yard, module(1, 1), at, kind, by, **more), Recorded), (at, kind)
    for kg in (0.04, 10_001.0):
        offer = {"purpose": "UTILIZATION", "declaredMassKg": kg}
        told = await told_of(yard, module(1, 1), 19, E.HANDED_OVER, to="recycler2", details=offer)
        assert isinstance(told, Refused)
        assert (told.code, told.message) == ("IMPLAUSIBLE_MASS", "declaredMassKg: No module weighs that; it has to be from 0.05 to 10,000 kg.")
    made = product(1, made=date(2026, 5, 26))
    assert isinstance(await reprocess(yard, made, module(1, 1), 2, at=20), Recorded)
    assert await of(yard, LINEAGE, made) == [("SOURCE", module(1, 1)), ("SOURCE", code(2))]
    assert await of(yard, LINEAGE, module(1, 1)) == [("PRODUCT", made), ("SOURCE", code(1))]
    # A module knows the cells in it; it came out of this one, not of the pack.
    assert refused(await apart(yard, 1, cell(1, 1), subject=module(1, 2), at=21)) == "RELEASED_UNKNOWN"
    assert isinstance(await apart(yard, 1, cell(1, 27), cell(1, 52), subject=module(1, 2), at=22), Recorded)
    assert await of(yard, LINEAGE, cell(1, 52)) == [("SOURCE", module(1, 2))]
    assert (await of(yard, PACK, module(1, 2)))[0][0] == "DISMANTLED"
    assert isinstance(await recycle(yard, {cell(1, 27): 3.0, cell(1, 52): 3.0, module(1, 2): 73.0}, day=24), Recorded)
    assert {(await of(yard, PACK, each))[0][0] for each in (cell(1, 27), cell(1, 52), module(1, 2))} == {"RECYCLED"}


@pytest.mark.parametrize(
    ("inputs", "missing"),
    [
        ({module(1, 1): 70.0, module(1, 2): 80.0}, None),
        ({module(1, 1): 8.0, module(1, 2): 80.0}, 45.0),
        # Two modules are in what is left, of 80 kg each; beside them there is a housing.
        ({1: 150.0}, None),
        ({1: 260.0}, None),
        ({1: 100.0}, 37.5),
        ({1: 260.0, module(1, 1): 8.0}, 30.0),
    ],
)
async def test_what_is_missing_of_what_was_taken_apart_is_found(yard: Book, inputs: dict[int | str, float], missing: float | None) -> None:
    assert isinstance(await apart(yard, 1, module(1, 1), module(1, 2)), Recorded)
    assert isinstance(await recycle(yard, inputs, day=24), Recorded)
    async with yard.database.reading(role="system") as session:
        losses = [each for each in await found(session, NOW) if each.rule == "R07"]
    assert [each.figures["missingPercent"] for each in losses] == ([] if missing is None else [missing])


async def test_an_item_ends_as_any_battery_does(yard: Book) -> None:
    """Into a batch as it is, by disposal; nothing that only a pack does."""
    assert isinstance(await apart(yard, 1, *(module(1, place) for place in range(1, 5))), Recorded)
    for kind, by in ((E.SOLD, "recycler"), (E.INSTALLED, "oem"), (E.POOLED, "swap"), (E.RETIRED, "recycler"), (E.PRODUCT_SOLD, "recycler")):
        told = await told_of(yard, module(1, 1), 13, kind, by, to="oem" if kind is E.SOLD else "", details={"reason": "x", "pool": "P"})
        assert isinstance(told, Refused), kind
    assert isinstance(await recycle(yard, {module(1, 1): 80.0, 3: 420.0}, day=14), Recorded)
    assert isinstance(await told_of(yard, module(1, 2), 15, E.DISPOSED, details={"residueType": "burnt", "permit": "P"}), Recorded)
    lost = await told_of(yard, module(1, 3), 16, E.REPORTED_MISSING, details={"circumstances": "gone"})
    found = await told_of(yard, module(1, 3), 17, E.FOUND, details={"circumstances": "there"})
    assert isinstance(lost, Recorded)
    assert isinstance(found, Recorded)
    assert isinstance(await recycle(yard, {module(1, 3): 80.0}, "B-2", day=18), Recorded), "it is what came out still"
    # What came out of the pack is not in it any more.
    told = await recycle(yard, {1: 420.0}, "B-3", day=19)
    assert isinstance(told, Refused)
    # What is left of it is for who took it apart; the words are the same for everybody.
    weighed = "inputs[0].massKg: 420.000 kg went in of an item that weighs 420.000 kg, less what was released of it; 1% more is tolerated."
    assert (told.code, told.message) == ("INPUT_MASS", weighed)
    assert isinstance(await recycle(yard, {1: 0.5}, "B-4", day=20), Recorded), "the rest of a pack may weigh less than any pack"
    # A pack that is in store is graded first; only what was released is not.
    assert refused(await recycle(yard, {6: 420.0}, "B-5", day=21)) == "ILLEGAL_TRANSITION"


NOT_RELEASED: list[tuple[int, tuple[Any, ...], dict[str, Any], str, str]] = [
    (1, (), {}, "RELEASED_MISSING", "released: The ledger knows"),
    (1, (module(1), module(1)), {}, "RELEASED_REPEATED", "released[1].code: the code is named twice"),
    (1, (module(1), module(2)), {}, "RELEASED_UNKNOWN", "released[1].code: the code is no module or cell of this battery"),
    (1, (cell(2),), {}, "RELEASED_UNKNOWN", "released[0].code"),
    (1, (code(1),), {}, "RELEASED_UNKNOWN", "released[0].code"),
    (4, (cell(4),), {}, "RELEASED_UNKNOWN", "released[0].code"),
    (7, (module(7),), {}, "RELEASED_UNKNOWN", "released[0].code"),
    (1, (cell(1, 104), cell(1, 26), module(1, 1)), {}, "RELEASED_INSIDE", "released[1].code: the cell is in a module that is released whole"),
    (1, ((module(1, 1), 345.0), module(1, 2)), {}, "RELEASED_MASS", "released: 425.000 kg came out of a battery that weighs 420.000 kg; 1% more"),
    (1, (module(1, 1),), {"modules": 4}, "RELEASED_COUNT", "modules: 4 modules are told, 1 are named"),
    (5, (module(5),), {}, "BATTERY_NOT_REPORTABLE", "no battery with this code"),
    (77, (module(77),), {}, "BATTERY_NOT_REPORTABLE", "no battery with this code"),
    (1, (module(1),), {"by": "maker"}, "ROLE_MAY_NOT_REPORT", "DISMANTLED"),
    (1, (module(1),), {"at": 7}, "OUT_OF_ORDER", "is earlier"),
]


async def test_what_is_refused_changes_nothing(yard: Book) -> None:
    before = await rows(yard.database, "select code, status from battery.pack order by code")
    findings = "select rule, code from battery.finding where rule <> 'R17' order by rule, code"
    there = await rows(yard.database, findings)
    for n, (number, items, more, rule, words) in enumerate(NOT_RELEASED):
        told = await apart(yard, number, *items, reference=f"refused {n}", **more)
        assert (refused(told), words in told.message) == (rule, True), (told, words)  # type: ignore[union-attr]
    assert await rows(yard.database, "select code, status from battery.pack order by code") == before
    assert await rows(yard.database, findings) == there
    assert isinstance(await apart(yard, 7), Recorded), "of which nothing is known"


async def test_hidden_and_missing_packs_give_the_same_bytes(yard: Book) -> None:
    assert await apart(yard, 5, module(5)) == await apart(yard, 77, module(77))


async def test_what_was_released_is_released_once(yard: Book) -> None:
    """The pack is at its end, and nobody gives its module's code again."""
    assert isinstance(await apart(yard, 1, module(1)), Recorded)
    assert refused(await apart(yard, 1, module(1, 2), at=13)) == "ILLEGAL_TRANSITION"
    told = (await yard.tell("maker", Report(E.PRODUCED, module(1), yard.report(30, E.PRODUCED).occurred_at, "again", pack=NewPack(MODEL))))[0]
    assert refused(told) == "DUPLICATE_CODE"


async def test_what_is_known_of_the_pack_goes_with_what_comes_out(yard: Book) -> None:
    """A recall and a serious accident are no less of a module for its being out."""
    fire = {"kind": "THERMAL_ALARM", "severity": "SERIOUS", "description": "smoke"}
    assert isinstance(await yard.one("recycler", 8.5, E.SAFETY_EVENT, 1, details=fire), Recorded)
    assert isinstance(await yard.one("maker", 9, E.RECALLED, 1, details={"recall": "RC", "hazard": "seal"}), Recorded)
    assert isinstance(await apart(yard, 1, module(1), module(1, 2)), Recorded)
    handled = "select safety_class, recalled from battery.pack where code = $1"
    assert await of(yard, handled, module(1)) == [("HAZARDOUS", True)]
    minor = {**fire, "severity": "MINOR"}
    assert isinstance(await told_of(yard, module(1), 13, E.SAFETY_EVENT, details=minor), Recorded)
    assert isinstance(await told_of(yard, module(1), 14, E.RECALL_REMEDIED, by="maker", details={"recall": "RC", "remedy": "new"}), Recorded)
    assert await of(yard, handled, module(1)) == [("HAZARDOUS", False)]
    assert await of(yard, handled, module(1, 2)) == [("HAZARDOUS", True)]


async def test_taking_apart_stands_as_it_was_told(yard: Book) -> None:
    """What came out hangs on it; where nothing did, it may be corrected, and releases nothing by that either."""
    assert isinstance(await apart(yard, 1, module(1)), Recorded)
    assert isinstance(await apart(yard, 7), Recorded)
    (last,) = await rows(yard.database, "select max(seq) as seq from battery.event where code = $1", code(7))
    assert refused(await apart(yard, 1, module(1, 2), at=13, corrects=last["seq"])) == "CORRECTION_REFUSED"
    assert refused(await apart(yard, 1, at=13, corrects=last["seq"])) == "CORRECTION_REFUSED"
    assert refused(await apart(yard, 7, module(7), at=13, corrects=last["seq"])) == "CORRECTION_REFUSED"
    assert isinstance(await apart(yard, 7, at=13, corrects=last["seq"]), Recorded)


async def test_all_of_it_in_one_batch(yard: Book) -> None:
    """Made, taken apart and its module graded in one transaction; a group is taken back as a whole."""
    assert [refused(each) if isinstance(each, Refused) else each.code for each in await yard.tell(
        "recycler",
        dismantled(1, module(1)),
        Report(E.GRADED, module(1), yard.report(13, E.GRADED).occurred_at, "graded", GRADED),
        dismantled(1, cell(1, 3), subject=module(1), at=14),
        dismantled(2, module(2), reference="with"),
        report_of(E.GRADED, code(3), 1, "fails", method="M", capacityAh=1, resistanceMilliohm=1, insulationMegaohm=1, grade="A", route="REUSE"),
    )] == [code(1), module(1), module(1), code(2), "OUT_OF_ORDER"]  # fmt: skip
    pair = [dismantled(3, module(3)), dismantled(4, module(3))]
    told = await yard.tell("recycler", *(report_of_group(each, 1) for each in pair))
    assert [refused(each) for each in told] == ["GROUP_REFUSED", "RELEASED_UNKNOWN"]
    assert (await of(yard, PACK, code(3)))[0][0] == "GRADED"
    assert await of(yard, PACK, module(3)) == []
    checked = await yard.tell("recycler", dismantled(3, module(3)), validate_only=True)
    assert isinstance(checked[0], Recorded)
    assert await of(yard, PACK, module(3)) == []


@pytest.mark.parametrize(("item", "kg"), [(module(1), 0.04), (cell(1), 0.0001)])
async def test_an_item_of_a_mass_that_none_has(yard: Book, item: str, kg: float) -> None:
    told = await apart(yard, 1, (item, kg))
    assert isinstance(told, Refused)
    assert (told.code, told.message.partition(" weighs")[0]) == ("IMPLAUSIBLE_MASS", f"released[0].massKg: No {'module' if kg == 0.04 else 'cell'}")
    assert isinstance(await apart(yard, 1, (item, 3.9)), Recorded)


def report_of_group(report: Report, group: int) -> Report:
    return Report(report.type, report.code, report.occurred_at, report.client_reference, report.details, released=report.released, group=group)


BAD_PACKS: list[tuple[dict[str, Any], str, str]] = [
    ({"cells": [cell(9, 1)] * 2}, "cells", "INVALID_FIELD"),
    ({"cells": [module(9)]}, "cells[0]", "INVALID_FIELD"),
    ({"cells": [cell(9), "0R1C"]}, "cells[1]", "LENGTH"),
    ({"cells": [cell(9)] * 5001}, "cells", "INVALID_FIELD"),
    ({"modules": [{"code": cell(9), "cellCount": 1, "massKg": 1}]}, "modules[0].code", "INVALID_FIELD"),
    ({"modules": [{"code": "M-1", "cellCount": 1, "massKg": 1}]}, "modules[0].code", "CHARSET"),
]


@pytest.mark.parametrize(("more", "field", "rule"), BAD_PACKS, ids=[str(n) for n in range(len(BAD_PACKS))])
def test_what_a_maker_says_of_the_inside(more: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(BadReport) as wrong:
        report_of(E.PRODUCED, code(9), 1, "r", modelId=MODULAR, **more)
    assert (wrong.value.field, wrong.value.code) == (field, rule)


@pytest.mark.parametrize(
    ("released", "field", "rule"),
    [([], "released", "INVALID_FIELD"), ([module(1)], "released", "INVALID_FIELD"), ([{"code": module(1)}, {"massKg": 1}], "released[1].code", "REQUIRED"),
     ([{"code": "x"}], "released[0].code", "LENGTH"), ([{"code": module(1), "colour": "red"}], "released[0].colour", "UNKNOWN_FIELD"),
     ([{"code": module(1), "massKg": -1}], "released[0].massKg", "INVALID_FIELD")],
)  # fmt: skip
def test_released_items_that_are_none(released: Any, field: str, rule: str) -> None:
    with pytest.raises(BadReport) as wrong:
        report_of(E.DISMANTLED, code(1), 1, "r", released=released)
    assert (wrong.value.field, wrong.value.code) == (field, rule)


def _weighing(*masses: float, cells: int = 26) -> tuple[NewModule, ...]:
    """Modules of pack 9 of these masses in kg; `cells` are in the last."""
    return tuple(NewModule(module(9, place), 26 if place < len(masses) else cells, kg) for place, kg in enumerate(masses, 1))


MISFILLED: list[tuple[NewPack, str, str]] = [
    (NewPack(MODULAR, cells=modular(9).cells[:100]), "CELL_COUNT", "cells: they are 100 cells; the model has 104."),
    (NewPack(MODULAR, modules=_weighing(80, 80, 80, 80, cells=25)), "CELL_COUNT", "modules: their cellCount add up to 103 cells; the model has 104."),
    (NewPack(MODULAR, modules=_weighing(80, 80, 80, 80, cells=27), cells=modular(9).cells), "CELL_COUNT", "modules: their cellCount add up to 105 cells"),
    (NewPack(MODULAR, modules=_weighing(104, 104, 104)), "MODULE_COUNT", "modules: 3 are told; the model has 4."),
    (NewPack(MODULAR, modules=_weighing(80, 80, 300, 80)), "IMPLAUSIBLE_MASS", "modules[2].massKg: With it the modules weigh 460.000 kg, the battery 420.000"),
    (NewPack(MODULAR, modules=_weighing(106, 106, 106, 106.3)), "IMPLAUSIBLE_MASS", "modules[3].massKg: "),
    (NewPack(MODULAR, modules=_weighing(80, 0.0001, 80, 80)), "IMPLAUSIBLE_MASS", "modules[1].massKg: No module weighs that; it has to be from 0.05 to 10,000"),
    (NewPack(MODULAR, modules=_weighing(80, 80, 80, 10_001)), "IMPLAUSIBLE_MASS", "modules[3].massKg: No module weighs that; it has to be from 0.05 to 10,000"),
    # It is held against the mass that is told of this pack, not against its model's.
    (NewPack(MODULAR, mass_kg=300.0, modules=_weighing(80, 80, 80, 80)), "IMPLAUSIBLE_MASS", "modules[3].massKg: With it the modules weigh 320.000 kg"),
]


async def test_what_is_told_of_the_inside_adds_up(yard: Book) -> None:
    """So that nobody is refused for it who takes the pack apart."""
    for n, (pack, rule, words) in enumerate(MISFILLED):
        told = (await yard.tell("maker", Report(E.PRODUCED, code(9), yard.report(1, E.PRODUCED).occurred_at, f"inside {n}", pack=pack)))[0]
        assert (refused(told), told.message[: len(words)]) == (rule, words)


async def test_modules_of_all_that_a_pack_weighs_come_out_of_it(yard: Book) -> None:
    """At the limit of what is taken when it is made, 1 % above the pack's own mass, it is taken apart by what its maker said."""
    heavy = NewPack(MODULAR, modules=_weighing(106, 106, 106, 106.2))
    await held(yard, 9, pack=lambda _number: heavy)
    assert isinstance(await apart(yard, 9, *(module(9, place) for place in range(1, 5))), Recorded)


async def test_what_was_told_before_is_corrected_as_it_stands(yard: Book) -> None:
    """A correction says the same of the inside; what was taken before it was held against the pack stays."""
    told = (await yard.tell("maker", yard.report(0.1, E.PRODUCED, 9, pack=modular(9))))[0]
    assert isinstance(told, Recorded)
    async with yard.database.transaction("ledger") as connection:
        await connection.execute("update battery.module set mass_kg = 200 where code = $1", code(9))
    same = NewPack(MODULAR, modules=_weighing(200, 200, 200, 200), cells=modular(9).cells)
    for n, (pack, rule) in enumerate(((modular(9), "CORRECTION_REFUSED"), (same, None))):
        again = yard.report(0.1, E.PRODUCED, 9, pack=pack, corrects=1, details={"plantRegion": "430100", "n": n})
        outcome = (await yard.tell("maker", again))[0]
        assert isinstance(outcome, Recorded) if rule is None else refused(outcome) == rule


def test_the_cells_of_a_table_say_the_same() -> None:
    whole = dismantled(1, module(1), cell(1, 30), reference="r")
    cells = {"occurredAt": whole.occurred_at.isoformat(), "released": f"{module(1)}; {cell(1, 30)}"}
    read = report_of(E.DISMANTLED, code(1), 12, "r", **{name: value for name, value in plain_values(E.DISMANTLED, cells).items() if name == "released"})
    assert read == whole
    assert read.digest() == whole.digest() != dismantled(1, cell(1, 30), module(1), reference="r").digest() != dismantled(1, reference="r").digest()
    made = plain_values(E.PRODUCED, {"cells": f"{cell(1)} {cell(1, 2)}"})
    assert made == {"cells": [cell(1), cell(1, 2)]}


PLACES = st.lists(st.tuples(st.sampled_from("MC"), st.integers(1, 104)), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.booleans(), PLACES, PLACES)
async def test_each_item_comes_out_once_of_what_it_is_in(book: Book, told_cells: bool, first: list[tuple[str, int]], second: list[tuple[str, int]]) -> None:
    """Against a model of its own: which cell is in which module is a division, and what is out is out."""
    if not await rows(book.database, "select from battery.model where id = $1", MODULAR):
        await equipped(book)
    number = 10 + 2 * len(await rows(book.database, "select from battery.pack where product_type = 'PACK'"))
    await held(book, number, pack=partial(modular, cells=told_cells))

    def named(places: list[tuple[str, int]]) -> list[str]:
        return [module(number, place % 5 + 1) if kind == "M" else cell(number, place) for kind, place in places]

    modules = {place % 5 + 1 for kind, place in first if kind == "M"}
    cells = {place for kind, place in first if kind == "C"}
    fits = len(set(named(first))) == len(first) and 5 not in modules and (told_cells or not cells) and not {(each - 1) // 26 + 1 for each in cells} & modules
    outcome = await apart(book, number, *named(first))
    assert isinstance(outcome, Recorded) == fits, (first, outcome)
    inside = {place for kind, place in second if kind == "C"}
    for whole in sorted(modules) if fits else ():
        able = told_cells and len(inside) == len(second) and all((each - 1) // 26 + 1 == whole for each in inside)
        outcome = await apart(book, number, *named(second), subject=module(number, whole), at=13)
        assert isinstance(outcome, Recorded) == able, (whole, second, outcome)
        cells |= inside if able else set()
    out = "select code from battery.pack where parent is not null and (parent = $1 or parent = any($2))"
    found = {row["code"] for row in await rows(book.database, out, code(number), [module(number, place) for place in range(1, 5)])}
    assert found == ({*(module(number, each) for each in modules), *(cell(number, each) for each in cells)} if fits else set())


async def test_who_found_a_module_cannot_find_out_when_it_was_released(yard: Book) -> None:
    """Of any moment since the day it was made a stranger is answered alike; when it came out of what, is not told by trying out moments."""
    assert isinstance((await yard.tell("recycler", dismantled(1, module(1, 1))))[0], Recorded)
    (first,) = await rows(yard.database, "select type, occurred_at from battery.event where code = $1", module(1, 1))
    made = (await rows(yard.database, "select produced_on from battery.pack where code = $1", module(1, 1)))[0]["produced_on"]
    assert first["type"] == "RELEASED"
    released = (first["occurred_at"] - DAY_0).total_seconds() / 86400
    begun = (made - DAY_0.date()).days - 16 / 24  # The day begins in Shanghai.
    lying = {"region": "430100", "place": "A yard", "condition": "Wet"}
    moments = (begun + 0.001, 0.5, released - 0.001, released, released + 0.001, released + 10)
    attempts = [report_of(E.FOUND_ABANDONED, module(1, 1), at, f"try {at}", **lying) for at in moments]
    assert {type(each) for each in await yard.tell("oem2", *attempts, validate_only=True)} == {Recorded}
    (before,) = await yard.tell("oem2", report_of(E.FOUND_ABANDONED, module(1, 1), begun - 0.001, "before", **lying))
    assert refused(before) == "BATTERY_NOT_REPORTABLE", "before the day it was made, which its code tells, there was nothing to be found"
    assert isinstance((await yard.tell("oem2", report_of(E.FOUND_ABANDONED, module(1, 1), released + 10, "lawful", **lying)))[0], Recorded)
    assert (await rebuild(yard.database, lambda _stage, _done: None)).differences == []
