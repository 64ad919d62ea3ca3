"""Recycling batches: all that went in and all that came out in one report, refused unless its mass balance closes."""

from __future__ import annotations

import asyncio
import math
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.ledger.recording.fields import BadReport
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import Outcome, Recorded, Refused
from tests.recording.batches import batch, recycle, recycled, steps
from tests.recording.making import GRADE, equipped, held, otherwise
from tests.recording.test_recovery_rates import asked
from tests.recording.world import FIRMS, Book, E, code, rows

STATES = "select code, status from battery.pack order by code"
ID = FIRMS["recycler"] + ":B-1"
TABLES = ("recovery_batch", "recovery_input", "recovery_output", "recovery_step", "recovery_assay", "recovery_material")


@pytest.fixture
async def yard(book: Book) -> Book:
    """A recycler that holds packs 1 to 3, tested, and 4, untested; 5 is another recycler's."""
    await held(book, 1, 2, 3)
    await held(book, 4, graded=False)
    await held(book, 5, by="recycler2")
    return book


def refused(told: Outcome) -> str:
    assert isinstance(told, Refused), told
    return told.code


async def test_what_became_of_an_element_that_has_a_norm_is_stated(yard: Book) -> None:
    """By the chemistry of what went in: lithium of iron phosphate, manganese beside it of another; iron and phosphorus have no norm."""
    await equipped(yard)
    await held(yard, 6, pack=otherwise)
    without = steps(420.0)
    del without[1]["assays"][0]
    told = await recycle(yard, {1: 420.0}, steps=without, outputs=[{"material": "COPPER", "massKg": 9.0}])
    assert isinstance(told, Refused)
    assert (told.code, told.message.partition(".")[0]) == ("ASSAY_MISSING", "steps[1]")
    assert "No chemical step has an assay of Li, which is in inputs[0] (LFP)" in told.message
    told = await recycle(yard, {1: 420.0, 6: 420.0})
    assert (refused(told), "an assay of Mn, which is in inputs[1] (LMFP)" in getattr(told, "message", "")) == ("ASSAY_MISSING", True)
    # Nothing of it was recovered, and that is told.
    lost = steps(840.0)
    lost[1]["assays"][0] |= {"recoveredKg": 0.0, "residueKg": 8.4}
    lost[1]["assays"].append({"element": "Mn", "inputKg": 30.0, "recoveredKg": 0.0, "lossKg": 30.0})
    assert isinstance(await recycle(yard, {1: 420.0, 6: 420.0}, steps=lost), Recorded)


async def test_what_is_left_of_a_pack_has_none_of_its_elements_to_state(yard: Book) -> None:
    assert isinstance(await yard.one("recycler", 8, E.DISMANTLED, 2, details={"massKg": 415.0}), Recorded)
    housing = steps(20.0)
    housing[1]["assays"] = [{"element": "Al", "inputKg": 9.0, "recoveredKg": 8.9}]
    assert isinstance(await recycle(yard, {2: 20.0}, steps=housing), Recorded)


async def test_a_batch_of_several_chemistries_is_mixed_whichever_of_them_it_is_reported_by(yard: Book) -> None:
    await equipped(yard)
    await held(yard, 6, 7, pack=otherwise)
    for number, inputs, chemistry in (("B-1", (1, 6), "MIXED"), ("B-2", (7, 2), "MIXED"), ("B-3", (3,), "LFP")):
        told = steps(420.0 * len(inputs))
        told[1]["assays"].append({"element": "Mn", "inputKg": 1.0, "recoveredKg": 0.99})
        assert isinstance(await recycle(yard, dict.fromkeys(inputs, 420.0), number, steps=told), Recorded)
        kept = await rows(yard.database, "select chemistry from battery.recovery_batch where id like '%' || $1", number)
        assert [row["chemistry"] for row in kept] == [chemistry]
    cells = await rows(yard.database, "select distinct chemistry from statistics.change where cube = 'recovery'")
    assert {row["chemistry"] for row in cells} == {"MIXED", "LFP"}
    assert [str(each) for each in (await rebuild(yard.database, lambda _stage, _done: None)).differences] == []


async def test_a_batch_that_was_kept_without_its_chemistry_is_that_of_its_first_item(yard: Book) -> None:
    await recycle(yard, {1: 420.0})
    async with yard.database.transaction("admin") as connection:
        await connection.execute("update battery.event set details = details - 'chemistry' where type = 'RECYCLED'")
    assert [str(each) for each in (await rebuild(yard.database, lambda _stage, _done: None)).differences] == []


async def test_a_batch_of_several_packs(yard: Book) -> None:
    told = await recycle(yard, {2: 420.0, 1: 400.0})
    assert isinstance(told, Recorded), told
    assert (told.code, told.type) == (code(2), "RECYCLED")
    states = {row["code"]: row["status"] for row in await rows(yard.database, STATES)}
    assert [states[code(each)] for each in (1, 2, 3)] == ["RECYCLED", "RECYCLED", "GRADED"]
    (kept,) = await rows(yard.database, "select * from battery.recovery_batch")
    assert (kept["id"], kept["operator"], kept["province"], kept["chemistry"]) == (ID, FIRMS["recycler"], "42", "LFP")
    assert (kept["input_mass_kg"], kept["output_mass_kg"], kept["residue_mass_kg"]) == (820.0, 123.0, 24.6)
    inputs = await rows(yard.database, "select code, mass_kg from battery.recovery_input order by code")
    assert [(row["code"], row["mass_kg"]) for row in inputs] == [(code(1), 400.0), (code(2), 420.0)]
    elements = await rows(yard.database, "select element, input_kg, recovered_kg from battery.recovery_output order by element")
    assert [(row["element"], round(row["recovered_kg"] / row["input_kg"], 3)) for row in elements] == [("Fe", 0.929), ("Li", 0.95)]
    assert [row["slips"] for row in await rows(yard.database, "select slips from battery.recovery_step order by number")] == [["W-1", "W-2"], ["W-3"]]
    assert len(await rows(yard.database, "select from battery.recovery_assay")) == 2
    assert await recycle(yard, {2: 420.0, 1: 400.0}) == told._replace(replayed=True)
    (iron, lithium) = await asked(yard, FIRMS["recycler"], "CU")
    assert iron[1:] == ("Fe", pytest.approx(0.929, abs=1e-3), None, None)
    assert lithium == (date(2026, 5, 1), "Li", pytest.approx(0.95), 0.90, True)


def changed(step: int, /, **more: Any) -> dict[str, Any]:
    found = steps(820.0)
    found[step] |= more
    return {"steps": found}


def assayed(place: int, /, **more: Any) -> dict[str, Any]:
    found = deepcopy(steps(820.0))
    found[1]["assays"][place] |= more
    return {"steps": found}


def milled(kg: float, last_kg: float | None = None, *, outputs: float = 300.0, residues: float = 0.0) -> dict[str, Any]:
    """A batch of mechanical steps that lose nothing, each of which weighs what the one before it did, and the last what is said."""
    shredding = {**steps(kg)[0], "residueKg": 0.0, "lossKg": 0.0}
    each = [{**shredding, "inputKg": mass, "outputKg": mass} for mass in (kg, kg, kg if last_kg is None else last_kg)]
    out, left = [{"material": "BLACK_MASS", "massKg": outputs}], [{"material": "SLAG", "massKg": residues}]
    return {"process": "MECHANICAL", "steps": each, "outputs": out, "residues": left}


REFUSED: list[tuple[dict[int | str, float], dict[str, Any], str, str]] = [
    ({1: 420.0, 2: 400.0}, assayed(0, recoveredKg=8.4), "BALANCE_GAIN", "steps[1]: Li: 8.810 kg came of 8.200 kg"),
    ({1: 420.0, 2: 400.0}, assayed(0, recoveredKg=3.0), "BALANCE_LOSS", "steps[1]: Li: 4.790 of 8.200 kg are not accounted for"),
    ({1: 420.0, 2: 400.0}, changed(0, outputKg=850.0), "BALANCE_GAIN", "steps[0]: total mass: 891.000 kg came of 820.000 kg"),
    ({1: 420.0, 2: 400.0}, changed(0, outputKg=100.0), "BALANCE_LOSS", "steps[0]: total mass"),
    ({1: 420.0, 2: 400.0}, changed(1, assays=[]), "STEP_ASSAY", "steps[1]"),
    ({1: 420.0, 2: 400.0}, assayed(0, inputKg=0.0, recoveredKg=0.0, residueKg=0.0, lossKg=0.0), "STEP_ASSAY", "steps[1]: Li: nothing went in"),
    ({1: 420.0, 2: 400.0}, {"steps": []}, "BATCH_WITHOUT_STEPS", "steps: a batch has"),
    ({1: 420.0, 2: 400.0}, {"steps": steps(820.0, start=9.5)}, "STEP_TIMES", "steps: A step ended later"),
    ({1: 420.0, 2: 400.0}, {"steps": steps(820.0, start=4.9)}, "STEP_TIMES", "steps[0].startedAt: The first step began before inputs[0] came into"),
    ({1: 420.0, 2: 400.0}, {"steps": steps(820.0, start=-2000)}, "STEP_TIMES", "steps[0].startedAt"),
    ({1: 420.0, 2: 400.0}, {"steps": steps(400.0)}, "BALANCE_INPUTS", "the first step weighed 400.000 kg, the items of the batch weigh 820.000 kg"),
    ({1: 420.0, 2: 400.0}, {"outputs": [{"material": "GOLD", "massKg": 5000.0}]}, "BALANCE_OUTPUTS", "outputs: 5000.000 kg"),
    ({1: 410.0}, milled(410.0, outputs=800.0), "BALANCE_OUTPUTS", "outputs: 800.000 kg of materials came out, 410.000 kg went into the batch"),
    ({1: 410.0}, milled(410.0, residues=5e4), "BALANCE_OUTPUTS", "residues: 50000.000 kg of residues and 300.000 kg of materials came out, 410.000 kg went"),
    ({1: 410.0}, milled(410.0, 1200.0), "BALANCE_GAIN", "steps[2].inputKg: total mass: 1200.000 kg went in, 410.000 kg went into the batch; 1% more is"),
    ({1: 410.0}, {"process": "MECHANICAL"}, "PROCESS_STEPS", "steps[1].kind: A MECHANICAL batch has MECHANICAL steps only; this one is CHEMICAL."),
    ({1: 410.0}, {**milled(410.0), "process": "HYDROMETALLURGICAL"}, "PROCESS_STEPS", "process: A HYDROMETALLURGICAL batch has a CHEMICAL step, with"),
    ({1: 410.0}, {**milled(410.0), "process": "PYROMETALLURGICAL"}, "PROCESS_STEPS", "process: A PYROMETALLURGICAL batch"),
    ({1: 410.0}, {**milled(410.0), "process": "DIRECT_REGENERATION"}, "PROCESS_STEPS", "process: A DIRECT_REGENERATION batch"),
    ({1: 410.0}, {"process": "MECHANICAL", "steps": []}, "BATCH_WITHOUT_STEPS", "steps: a batch has"),
    ({1: 500.0}, {}, "INPUT_MASS", "inputs[0].massKg: 500.000 kg went in of an item that weighs 420.000 kg, less what was released of it"),
    ({1: 420.0, 2: 1.5}, {}, "INPUT_MASS", "inputs[1].massKg: 1.500 kg went in of an item that weighed 420.000 kg when you received it; less than 50% is no"),
    ({1: 209.9}, {}, "INPUT_MASS", "What was taken out of it first is reported first (DISMANTLED)."),
    ({1: 400.0, 2: 0.0}, {}, "INPUT_MASS", "inputs[1].massKg: 0.000 kg"),
    ({1: 400.0, 2: 0.0001}, {}, "IMPLAUSIBLE_MASS", "inputs[1].massKg: No pack weighs that; it has to be from 1 to 100,000 kg."),
    ({1: 420.0, 2: 0.001}, {}, "IMPLAUSIBLE_MASS", "inputs[1].massKg: No pack weighs that"),
    ({1: 420.0, 5: 400.0}, {}, "INPUT_UNKNOWN", "inputs"),
    ({1: 420.0, 77: 400.0}, {}, "INPUT_UNKNOWN", "inputs"),
    ({1: 420.0, 4: 400.0}, {}, "ILLEGAL_TRANSITION", "inputs[1]: RECYCLED cannot follow STORED"),
    ({4: 420.0, 1: 400.0}, {}, "ILLEGAL_TRANSITION", "inputs[0]: RECYCLED cannot follow STORED"),
    ({1: 420.0, 4: 400.0}, {"code": code(4)}, "ILLEGAL_TRANSITION", "inputs[1]: RECYCLED cannot follow STORED"),
    ({5: 420.0, 1: 400.0}, {}, "INPUT_UNKNOWN", "inputs"),
    ({1: 420.0, 2: 400.0}, {"by": "maker"}, "ROLE_MAY_NOT_REPORT", "RECYCLED"),
]


async def test_what_does_not_close_changes_nothing(yard: Book) -> None:
    before = await rows(yard.database, STATES)
    for n, (inputs, more, rule, words) in enumerate(REFUSED):
        told = await recycle(yard, inputs, reference=f"refused {n}", **more)
        assert (refused(told), words in told.message) == (rule, True), (told, words)
    assert await rows(yard.database, STATES) == before
    for table in TABLES:
        assert await rows(yard.database, f"select from battery.{table}") == []
    assert isinstance(await recycle(yard, {1: 420.0, 2: 400.0}), Recorded)


async def test_the_first_step_begins_when_all_that_it_weighs_is_there(yard: Book) -> None:
    """Of the recycler's own: packs came at day 5, and one that it had before and handed on came back at day 9."""
    await held(yard, 6)
    for day, by, event, to, fields in (
        (8.2, "recycler", E.HANDED_OVER, "recycler2", {"purpose": "UTILIZATION", "declaredMassKg": 420.0}),
        (8.4, "recycler2", E.RECEIVED, None, {"measuredMassKg": 420.0}),
        (8.6, "recycler2", E.HANDED_OVER, "recycler", {"purpose": "UTILIZATION", "declaredMassKg": 420.0}),
        (9.0, "recycler", E.RECEIVED, None, {"measuredMassKg": 420.0}),
        (9.1, "recycler", E.GRADED, None, GRADE),
    ):
        assert isinstance(await yard.one(by, day, event, 6, to=to, details=fields), Recorded), (day, event)
    told = await recycle(yard, {1: 420.0, 6: 400.0}, steps=steps(820.0, start=8.9))
    assert (refused(told), "before inputs[1] came" in getattr(told, "message", "")) == ("STEP_TIMES", True)
    assert isinstance(await recycle(yard, {1: 420.0}, "B-2", steps=steps(420.0, start=5)), Recorded)
    assert isinstance(await recycle(yard, {6: 400.0}, reference="there", steps=steps(400.0, start=9)), Recorded)


async def test_mechanical_steps_follow_one_another_on_the_same_mass(yard: Book) -> None:
    assert isinstance(await recycle(yard, {1: 410.0}, **milled(410.0, outputs=310.0, residues=104.0)), Recorded)


@pytest.mark.parametrize("process", ["HYDROMETALLURGICAL", "PYROMETALLURGICAL", "DIRECT_REGENERATION"])
async def test_every_other_process_has_mechanical_steps_beside_its_chemical_one(yard: Book, process: str) -> None:
    assert isinstance(await recycle(yard, {1: 420.0}, process=process), Recorded)


async def test_a_whole_item_may_weigh_half_of_what_came_and_what_is_left_of_one_less(yard: Book) -> None:
    assert isinstance(await recycle(yard, {1: 210.0}, "B-1"), Recorded)
    assert isinstance(await yard.one("recycler", 8, E.DISMANTLED, 2, details={"massKg": 415.0}), Recorded)
    assert isinstance(await recycle(yard, {2: 20.0}, "B-2"), Recorded)


async def test_what_the_plant_weighed_itself_is_what_an_input_is_held_to(yard: Book) -> None:
    """Not what its maker said: a pack that was plundered before it came goes in as it is. What came muddy is held to what it weighs clean."""
    for number, measured in ((6, 90.0), (7, 500.0)):
        await held(yard, number, measured=measured)
    assert isinstance(await recycle(yard, {6: 45.0}, "B-1"), Recorded)
    assert refused(await recycle(yard, {7: 209.9}, "B-2", reference="light")) == "INPUT_MASS"
    assert isinstance(await recycle(yard, {7: 210.0}, "B-2"), Recorded)


async def test_hidden_and_missing_items_give_the_same_bytes(yard: Book) -> None:
    """Wherever they stand among the inputs, and whether or not the plant ever had to do with them."""
    await held(yard, 6)
    passed_on = {"purpose": "UTILIZATION", "declaredMassKg": 420.0}
    assert isinstance(await yard.one("recycler", 9, E.HANDED_OVER, 6, to="recycler2", details=passed_on), Recorded)
    assert isinstance(await yard.one("recycler2", 9.5, E.RECEIVED, 6, details={"measuredMassKg": 420.0}), Recorded)
    pairs = [(1, 5), (5, 1), (5, 78), (1, 6), (6, 1), (6, 78), (1, 77), (77, 1), (77, 78)]
    told = [await recycle(yard, {first: 420.0, second: 400.0}, reference=f"{first} and {second}") for first, second in pairs]
    assert refused(told[0]) == "INPUT_UNKNOWN"
    assert told == [told[0]] * len(told)


async def test_an_item_is_recycled_once_and_a_number_given_once(yard: Book) -> None:
    first, again, other = await yard.tell("recycler", recycled({1: 420.0}), recycled({2: 420.0}), recycled({1: 420.0, 2: 420.0}, "B-2", day=11))
    assert isinstance(first, Recorded)
    assert (refused(again), refused(other)) == ("BATCH_REPEATED", "ILLEGAL_TRANSITION")
    assert refused(await recycle(yard, {2: 420.0}, reference="later")) == "BATCH_REPEATED"
    assert isinstance(await recycle(yard, {5: 420.0}, by="recycler2"), Recorded), "another plant's numbers are its own"


async def test_one_number_at_once(yard: Book) -> None:
    told = await asyncio.gather(*(recycle(yard, {number: 420.0}, reference=f"at once {number}") for number in (1, 2, 3)))
    assert sum(isinstance(each, Recorded) for each in told) == 1
    assert {each.code for each in told if isinstance(each, Refused)} == {"BATCH_REPEATED"}
    assert len(await rows(yard.database, "select from battery.recovery_input")) == 1


async def test_elements_are_counted_from_the_first_step_to_the_last(yard: Book) -> None:
    """What a later step takes in is what an earlier one gave or left over: or lithium would be made between them."""
    made = [{"element": "Li", "inputKg": 4.5, "recoveredKg": 4.4}]
    more = [*steps(420.0), {**steps(420.0)[1], "startedAt": steps(420.0)[1]["startedAt"], "name": "PURIFICATION", "assays": made}]
    assert refused(await recycle(yard, {1: 420.0}, steps=more)) == "BALANCE_GAIN"
    more[2] = {**more[2], "assays": [{"element": "Li", "inputKg": 3.99, "recoveredKg": 3.9}]}
    assert isinstance(await recycle(yard, {1: 420.0}, reference="right", steps=more), Recorded)
    (lithium,) = await rows(yard.database, "select input_kg, recovered_kg from battery.recovery_output where element = 'Li'")
    assert (lithium["input_kg"], lithium["recovered_kg"]) == (4.2, 3.9)


@pytest.mark.parametrize(
    ("more", "field", "rule"),
    [
        ({"inputs": []}, "inputs", "INVALID_FIELD"),
        ({"inputs": [{"code": code(1)}]}, "inputs[0].massKg", "REQUIRED"),
        ({"code": code(9)}, "code", "INVALID_FIELD"),
        (changed(0, kind="MAGICAL"), "steps[0].kind", "INVALID_FIELD"),
        (changed(0, weighingSlips=[]), "steps[0].weighingSlips", "INVALID_FIELD"),
        (changed(0, weighingSlips=["W-1,W-2"]), "steps[0].weighingSlips", "INVALID_FIELD"),
        (changed(0, inputKg=math.inf), "steps[0].inputKg", "INVALID_FIELD"),
        (changed(0, colour="red"), "steps[0].colour", "UNKNOWN_FIELD"),
        (changed(0, startedAt="yesterday"), "steps[0].startedAt", "INVALID_FIELD"),
        (assayed(0, element="Au"), "steps[1].assays[0].element", "INVALID_FIELD"),
        (assayed(1, element="Li"), "steps[1].assays", "INVALID_FIELD"),
        ({"outputs": [{"material": "A", "massKg": 1}, {"material": "A", "massKg": 1}]}, "outputs", "INVALID_FIELD"),
        ({"steps": None}, "steps", "REQUIRED"),
    ],
)
def test_malformed(more: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(BadReport) as wrong:
        recycled({1: 420.0, 2: 400.0}, **more)
    assert (wrong.value.field, wrong.value.code) == (field, rule)


def test_the_code_is_that_of_the_first_input() -> None:
    assert recycled({2: 1.0, 1: 2.0}).code == code(2)
    assert recycled({2: 1.0, 1: 2.0}, code=code(1)).code == code(1)
    assert batch({2: 1.0})["inputs"] == [{"code": code(2), "massKg": 1.0}]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(210, 424), min_size=1, max_size=4), st.floats(0, 1.2), st.floats(0, 0.3))
async def test_what_is_taken_closes(book: Book, masses: list[float], rate: float, gone: float) -> None:
    """By a balance of its own: of lithium and of the whole, what came out is within the tolerances of what went in, or the batch was refused."""
    base = 10 * len(await rows(book.database, "select from battery.pack"))
    await held(book, *range(base + 1, base + 1 + len(masses)))
    inputs: dict[int | str, float] = dict(enumerate(masses, base + 1))
    told = steps(sum(masses))
    told[0]["outputKg"] *= 1 - gone
    lithium = told[1]["assays"][0]
    lithium["recoveredKg"], lithium["residueKg"] = lithium["inputKg"] * rate, 0.0
    outcome = await recycle(book, inputs, f"B-{base}", steps=told)
    whole = (told[0]["outputKg"] + told[0]["residueKg"] + told[0]["lossKg"]) / told[0]["inputKg"]
    if min(abs(whole - 0.97), abs(rate - 0.97), abs(rate - 1.02)) > 1e-9:
        assert isinstance(outcome, Recorded) == (0.97 <= whole <= 1.01 and 0.97 <= rate <= 1.02), (outcome, whole, rate)
    if isinstance(outcome, Recorded):
        balance = "select sum(mass_kg) as kg, max(b.input_mass_kg) as whole from battery.recovery_input i join battery.recovery_batch b on b.id = i.batch_id"
        (found,) = await rows(book.database, balance + " where b.id = $1", f"{FIRMS['recycler']}:B-{base}")
        assert math.isclose(found["kg"], found["whole"], rel_tol=1e-6)
