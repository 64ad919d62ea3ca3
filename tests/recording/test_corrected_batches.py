"""Corrections of recycling batches: the figures that are right stand everywhere, those of before are what was known before, and nothing else changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.database import recording_read
from resolvers.ledger import kept
from resolvers.ledger.findings.sweep.run import found as swept
from resolvers.ledger.findings.sweep.run import sweep
from resolvers.ledger.recording import record as record_module
from resolvers.ledger.recording.given import Given, take_of
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import Outcome, Recorded, Refused, Report
from resolvers.ledger.recording.seen import Whole
from tests.door.principals import principal
from tests.recording.batches import batch, recycle, recycled, steps
from tests.recording.making import dismantled, equipped, held
from tests.recording.test_past import MINISTRY, day
from tests.recording.test_past_below import RECOVERY, told
from tests.recording.test_recovery_rates import asked
from tests.recording.test_recycling import TABLES, assayed, changed, milled, refused
from tests.recording.world import FIRMS, NOW, Book, E, code, reporter, rows

STANDING = "select * from battery.recovery_batch where superseded_at is null"
EVENTS = "select code, seq, corrects, late, due_on, details from battery.event where type = 'RECYCLED' order by code, seq"


@pytest.fixture
async def yard(book: Book) -> Book:
    """A recycler that holds packs 1 to 4, tested; 5 is another recycler's."""
    await held(book, 1, 2, 3, 4)
    await held(book, 5, by="recycler2")
    return book


def correction(inputs: Mapping[int | str, float], of: str, number: str = "B-1", /, *, reference: str = "right", **more: Any) -> Report:
    return recycled(dict(inputs), number, reference=reference, corrects=of, **more)


async def tell(book: Book, *reports: Report, by: str = "recycler", moment: Any = NOW, **more: Any) -> Outcome:
    return (await book.tell(by, *reports, moment=moment, **more))[-1]


async def proved(book: Book) -> None:
    assert [str(each) for each in (await rebuild(book.database, lambda _stage, _done: None)).differences] == []


async def figures(book: Book, name: str = "B-1", by: str = "recycler") -> dict[str, Any]:
    """What stands of a batch, but for when it was recorded, and under which id."""
    (kept,) = await rows(book.database, STANDING + " and name = $1", f"{FIRMS[by]}:{name}")
    below = {}
    for table in TABLES[1:]:
        found = await rows(book.database, f"select * from battery.{table} where batch_id = $1", kept["id"])
        below[table] = sorted(sorted((key, str(value)) for key, value in row.items() if key not in ("batch_id", "code")) for row in found)
    return {**{key: value for key, value in kept.items() if key not in ("id", "name", "operator", "province", "recorded_at", "superseded_at")}, **below}


async def test_what_is_right_stands_and_what_was_told_before_stays_on_record(yard: Book) -> None:
    await recycle(yard, {2: 420.0, 1: 400.0}, reference="wrong")
    report = correction({1: 410.0, 2: 415.0}, "wrong", steps=steps(825.0, rate=0.97), energyKwh=700.0)
    outcome = await tell(yard, report)
    assert isinstance(outcome, Recorded), outcome
    assert (outcome.code, outcome.replayed) == (code(2), False), "by whichever of its items it is told"
    (now,) = await rows(yard.database, STANDING)
    assert (now["name"], now["input_mass_kg"], now["energy_kwh"], now["recorded_at"]) == (FIRMS["recycler"] + ":B-1", 825.0, 700.0, outcome.recorded_at)
    (before,) = await rows(yard.database, "select * from battery.recovery_batch where superseded_at is not null")
    assert (before["name"], before["input_mass_kg"], before["superseded_at"]) == (now["name"], 820.0, outcome.recorded_at)
    assert await asked(yard, FIRMS["recycler"], "CU") == [
        (date(2026, 5, 1), "Fe", pytest.approx(0.929, abs=1e-3), None, None), (date(2026, 5, 1), "Li", pytest.approx(0.97, abs=1e-3), 0.90, True)
    ]  # fmt: skip
    (counted,) = await rows(
        yard.database, "select sum(n)::int as n, sum(mass_g)::int as g, sum(part)::int as part from statistics.change where cube = 'recovery' and kind = 'Li'"
    )
    assert counted == {"n": 1, "g": 8250, "part": round(8250 * 0.97)}
    events = await rows(yard.database, EVENTS)
    assert [(each["code"], each["corrects"]) for each in events] == [(code(1), None), (code(1), events[0]["seq"]), (code(2), None), (code(2), events[2]["seq"])]
    states = await rows(yard.database, "select status from battery.pack where code = any($1::text[])", [code(1), code(2)])
    assert [each["status"] for each in states] == ["RECYCLED"] * 2
    assert await tell(yard, report) == outcome._replace(replayed=True)
    assert refused(await tell(yard, correction({1: 410.0, 2: 415.0}, "wrong", steps=steps(825.0)))) == "CLIENT_REFERENCE_REUSED"
    await proved(yard)


async def test_a_correction_is_corrected_and_nothing_is_corrected_twice(yard: Book) -> None:
    await recycle(yard, {1: 420.0}, reference="wrong")
    assert isinstance(await tell(yard, correction({1: 400.0}, "wrong", reference="second")), Recorded)
    again = await tell(yard, correction({1: 410.0}, "wrong", reference="third"))
    assert (refused(again), "corrected before" in getattr(again, "message", "")) == ("CORRECTION_REFUSED", True)
    assert isinstance(await tell(yard, correction({1: 410.0}, "second", reference="third")), Recorded)
    assert isinstance(await tell(yard, correction({1: 405.0}, "third", reference="fourth", day=9.5, steps=steps(405.0, start=8.1))), Recorded)
    assert [row["input_mass_kg"] for row in await rows(yard.database, STANDING)] == [405.0]
    told_of = await rows(yard.database, "select id, name, input_mass_kg from battery.recovery_batch order by recorded_at, id")
    name = FIRMS["recycler"] + ":B-1"
    assert sorted(row["id"] for row in told_of) == sorted([name, "2#" + name, "3#" + name, "4#" + name])
    assert {row["name"] for row in told_of} == {name}
    assert refused(await recycle(yard, {2: 420.0}, reference="other")) == "BATCH_REPEATED"
    await proved(yard)


async def test_a_batch_and_its_correction_in_one_go(yard: Book) -> None:
    reports = (recycled({1: 420.0, 2: 420.0}, reference="wrong"), correction({1: 400.0, 2: 410.0}, "wrong"), recycled({3: 400.0}, "B-2"))
    assert all(isinstance(each, Recorded) for each in await yard.tell("recycler", *reports, validate_only=True))
    assert await rows(yard.database, STANDING) == []
    assert all(isinstance(each, Recorded) for each in await yard.tell("recycler", *reports))
    assert sorted(row["input_mass_kg"] for row in await rows(yard.database, STANDING)) == [400.0, 810.0]
    await proved(yard)


async def test_corrections_at_once_leave_one(yard: Book) -> None:
    await recycle(yard, {1: 420.0, 2: 420.0}, reference="wrong")
    made = [correction({1: 400.0 + n, 2: 410.0}, "wrong", reference=f"at once {n}") for n in range(3)]
    told_of = await asyncio.gather(*(tell(yard, each) for each in made))
    assert sum(isinstance(each, Recorded) for each in told_of) == 1
    assert {each.code for each in told_of if isinstance(each, Refused)} == {"CORRECTION_REFUSED"}
    await proved(yard)


REFUSED: list[tuple[dict[int | str, float], dict[str, Any], str, str]] = [
    ({1: 420.0}, {}, "BATCH_INPUTS", "inputs: A correction of a batch names the items"),
    ({2: 420.0}, {}, "BATCH_INPUTS", "inputs: A correction of a batch names the items"),
    ({1: 420.0, 3: 400.0}, {}, "BATCH_INPUTS", "What can be corrected of a batch are its figures"),
    ({3: 420.0, 4: 400.0}, {}, "BATCH_INPUTS", "inputs"),
    ({1: 420.0, 2: 400.0, 3: 400.0}, {}, "BATCH_INPUTS", "inputs"),
    ({1: 420.0, 77: 400.0}, {}, "BATCH_INPUTS", "inputs"),
    ({1: 420.0, 5: 400.0}, {}, "BATCH_INPUTS", "inputs"),
    ({1: 420.0, 2: 400.0}, {"batch": "B-9"}, "BATCH_INPUTS", "batch: A correction of a batch is of the same number"),
    ({1: 420.0, 2: 400.0}, {"of": "nothing"}, "CORRECTION_REFUSED", "names an earlier event of the same type that you reported yourself"),
    ({1: 420.0, 2: 400.0}, assayed(0, recoveredKg=3.0), "BALANCE_LOSS", "steps[1]: Li: 4.790 of 8.200 kg are not accounted for"),
    ({1: 420.0, 2: 400.0}, changed(0, outputKg=850.0), "BALANCE_GAIN", "steps[0]: total mass"),
    ({1: 420.0, 2: 400.0}, {"steps": steps(400.0)}, "BALANCE_INPUTS", "the first step weighed 400.000 kg"),
    ({1: 420.0, 2: 400.0}, {"steps": steps(820.0, start=4.9)}, "STEP_TIMES", "before inputs[0] came into your custody"),
    ({1: 420.0, 2: 400.0}, {"steps": steps(820.0, start=9.5)}, "STEP_TIMES", "A step ended later"),
    ({1: 500.0, 2: 400.0}, {}, "INPUT_MASS", "inputs[0].massKg: 500.000 kg went in of an item that weighs 420.000 kg"),
    ({1: 420.0, 2: 100.0}, {}, "INPUT_MASS", "inputs[1].massKg: 100.000 kg went in of an item that weighed 420.000 kg when you received it"),
    ({1: 420.0, 2: 400.0}, {"outputs": [{"material": "GOLD", "massKg": 5000.0}]}, "BALANCE_OUTPUTS", "outputs"),
    ({1: 420.0, 2: 400.0}, {"process": "MECHANICAL"}, "PROCESS_STEPS", "steps[1].kind"),
    ({1: 420.0, 2: 400.0}, {"day": 7.5, "steps": steps(820.0, start=6)}, "OUT_OF_ORDER", "inputs[0]: RECYCLED is earlier than the event before it"),
    ({1: 420.0, 2: 400.0}, {"day": 300}, "OCCURRED_IN_FUTURE", ""),
]


async def test_what_may_not_be_corrected_changes_nothing(yard: Book) -> None:
    await recycle(yard, {1: 420.0, 2: 400.0}, reference="wrong")
    before = [await rows(yard.database, f"select * from battery.{each}") for each in (*TABLES, "event", "pack")]
    for n, (inputs, more, rule, words) in enumerate(REFUSED):
        more = {"of": "wrong", **more}
        told_of = await tell(yard, correction(inputs, more.pop("of"), more.pop("batch", "B-1"), reference=f"refused {n}", **more))
        assert isinstance(told_of, Refused)
        assert (told_of.code, words in told_of.message) == (rule, True), (told_of, words)
    assert [await rows(yard.database, f"select * from battery.{each}") for each in (*TABLES, "event", "pack")] == before
    assert isinstance(await tell(yard, correction({1: 410.0, 2: 400.0}, "wrong")), Recorded)


async def test_nobody_else_corrects_a_batch(yard: Book) -> None:
    """A plant that has nothing to do with it is answered as of what is not there; its own reference names nothing of another's."""
    await recycle(yard, {1: 420.0, 2: 400.0}, reference="wrong")
    await recycle(yard, {5: 420.0}, reference="wrong", by="recycler2")
    for n, inputs in enumerate(({1: 420.0, 2: 400.0}, {2: 420.0, 1: 400.0}, {77: 420.0, 78: 400.0})):
        assert refused(await tell(yard, correction(inputs, "unheard of", reference=f"of others {n}"), by="recycler2")) == "INPUT_UNKNOWN"
        assert refused(await tell(yard, correction(inputs, "wrong", reference=f"of own {n}"), by="recycler2")) == "BATCH_INPUTS"
    assert refused(await tell(yard, correction({1: 420.0, 2: 400.0}, "wrong"), by="maker")) == "ROLE_MAY_NOT_REPORT"


async def test_what_is_corrected_is_judged_by_what_its_items_were_before(yard: Book) -> None:
    """What was left of a pack that was taken apart weighs little; it went in with other packs, and stays where it is."""
    await equipped(yard)
    assert isinstance(await tell(yard, dismantled(3, at=9, massKg=415.0)), Recorded)
    assert isinstance(await recycle(yard, {3: 30.0, 1: 420.0}, reference="wrong", day=11), Recorded)
    outcome = await tell(yard, correction({3: 20.0, 1: 420.0}, "wrong", day=11))
    assert isinstance(outcome, Recorded), outcome
    assert refused(await tell(yard, correction({3: 20.0, 1: 100.0}, "right", day=11, reference="third"))) == "INPUT_MASS"
    # It cannot have been recycled before it was taken apart.
    early = await tell(yard, correction({3: 20.0, 1: 420.0}, "right", day=8.9, steps=steps(440.0, start=7.5), reference="early"))
    assert refused(early) == "OUT_OF_ORDER"
    await proved(yard)


async def test_of_a_past_moment_the_figures_are_those_that_were_told_by_then(yard: Book) -> None:
    await held(yard, 6, moment=day(9))
    at = (day(11), day(20), day(30))
    for number, (kg, moment) in enumerate(zip((420.0, 400.0, 410.0), at, strict=True)):
        more = {"corrects": f"told {number - 1}"} if number else {}
        outcome = await tell(yard, recycled({6: kg}, reference=f"told {number}", **more), moment=moment)
        assert isinstance(outcome, Recorded), outcome
    found = [(await told(yard, MINISTRY, RECOVERY, when, subject=code(6)))[0]["recovery"] for when in (10.9, 11, 19.9, 20, 29, 30, None)]
    masses = [[each["packMassKg"] for each in several] for several in found]
    assert masses == [[], [420.0], [420.0], [400.0], [400.0], [410.0], [410.0]]
    assert {each["id"] for several in found for each in several} == {FIRMS["recycler"] + ":B-1"}
    assert [[assay["recoveredKg"] for assay in each["assays"]] for each in found[3]] == [[pytest.approx(26.0), pytest.approx(3.8)]]
    for several in found[1:]:
        assert [(len(each["elements"]), len(each["steps"]), len(each["assays"]), len(each["materials"])) for each in several] == [(2, 2, 2, 3)]
    plant, now = principal(FIRMS["recycler"], "CU"), found[-1]
    assert (await told(yard, plant, RECOVERY, None, subject=code(6)))[0]["recovery"] == now
    await proved(yard)


LOSING = {**milled(420.0, outputs=300.0), "energyKwh": 9.0}
CLOSING = {**milled(420.0, outputs=415.0), "energyKwh": 9.0}


async def test_the_rules_judge_a_batch_by_its_figures_as_corrected(yard: Book) -> None:
    """R07: a mechanical batch lost mass. A finding rests on the figures that it was found on, and on the events that told them."""
    assert isinstance(await tell(yard, recycled({1: 420.0}, reference="wrong", **deepcopy(LOSING)), moment=day(11)), Recorded)
    await sweep(yard.database, day(12))
    (first,) = await rows(yard.database, "select * from battery.finding where rule = 'R07'")
    assert (first["state"], first["evidence_codes"]) == ("OPEN", [code(1)])
    assert isinstance(await tell(yard, correction({1: 420.0}, "wrong", **deepcopy(CLOSING)), moment=day(13)), Recorded)
    await sweep(yard.database, day(14))
    (gone,) = await rows(yard.database, "select f.state, s.reason from battery.finding f join battery.finding_state s on s.id = f.id where f.rule = 'R07'")
    assert gone == {"state": "CLOSED", "reason": "CAUSE_GONE"}
    # As of any moment it is what it was then.
    for at, lost in ((10, []), (12.5, ["R07"]), (13.5, [])):
        async with yard.database.reading(role="system") as session:
            assert [each.rule for each in await swept(session, day(at)) if each.rule == "R07"] == lost
    worse = {**deepcopy(LOSING), "outputs": [{"material": "BLACK_MASS", "massKg": 200.0}]}
    assert isinstance(await tell(yard, correction({1: 420.0}, "right", reference="worse", **worse), moment=day(15)), Recorded)
    await sweep(yard.database, day(16))
    lost_in = "select state, figures::json ->> 'lostPercent' as lost, evidence from battery.finding where rule = 'R07' order by recorded_at"
    found = await rows(yard.database, lost_in)
    seqs = [row["seq"] for row in await rows(yard.database, EVENTS)]
    assert [(each["state"], float(each["lost"]), each["evidence"]) for each in found] == [("CLOSED", 28.57, [seqs[0]]), ("OPEN", 52.38, [seqs[2]])]


async def test_who_follows_the_items_is_told_of_the_correction(yard: Book) -> None:
    await recycle(yard, {1: 420.0, 2: 400.0}, reference="wrong")
    news = "select code, seq from battery.change where grantee = $1 order by code, seq"
    before = await rows(yard.database, news, FIRMS["recycler"])
    await tell(yard, correction({1: 410.0, 2: 400.0}, "wrong"))
    new = [each for each in await rows(yard.database, news, FIRMS["recycler"]) if each not in before]
    corrected = [{"code": each["code"], "seq": each["seq"]} for each in await rows(yard.database, EVENTS) if each["corrects"] is not None]
    assert new == corrected
    outbox = await rows(yard.database, "select code, seq from platform.outbox order by code, seq")
    assert [each for each in outbox if each in corrected] == corrected


async def test_it_comes_as_a_line_does(yard: Book) -> None:
    """As from files and by `/ingest`: plain values, and the clientReference of what is wrong."""
    plain = {"occurredAt": day(10).isoformat(), **batch({1: 420.0, 2: 400.0})}
    right = {**plain, **batch({2: 410.0, 1: 410.0}), "occurredAt": plain["occurredAt"], "clientReference": "right", "corrects": "wrong"}
    given_ = [Given(E.RECYCLED, {**plain, "clientReference": "wrong"}), Given(E.RECYCLED, right)]
    told_of = await take_of(yard.database, reporter("recycler"), given_, NOW)
    assert all(isinstance(each, Recorded) for each in told_of.outcomes), told_of
    assert [each.replayed for each in (await take_of(yard.database, reporter("recycler"), given_, NOW)).outcomes if isinstance(each, Recorded)] == [True, True]
    assert sorted(row["mass_kg"] for row in await rows(yard.database, "select mass_kg from battery.recovery_input where batch_id like '2#%'")) == [410.0, 410.0]
    await proved(yard)


async def test_long_lives_are_corrected_as_short_ones(yard: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long life the state is kept; whoever corrects a batch reads all its items whole, at once."""
    monkeypatch.setattr(kept, "EVERY", 3)
    await held(yard, 6, 7, 8)
    await recycle(yard, {6: 420.0, 7: 420.0, 8: 420.0}, reference="wrong")
    assert len(await rows(yard.database, "select from battery.kept_state where code = any($1::text[])", [code(n) for n in (6, 7, 8)])) == 3
    asked_for = list[Whole]()

    async def read_seen(connection: Any, reporter: Any, reports: Any, whole: Whole) -> Any:
        asked_for.append(whole)
        return await recording_read.read_seen(connection, reporter, reports, whole)

    monkeypatch.setattr(record_module, "read_seen", read_seen)
    assert isinstance(await tell(yard, correction({6: 410.0, 7: 400.0, 8: 415.0}, "wrong")), Recorded)
    assert len(asked_for) == 1
    await proved(yard)


async def test_an_item_of_which_more_was_corrected_was_what_it_is_told_to_have_been(yard: Book) -> None:
    """What it weighed when it came was said anew twice: the last correction has a later number than what came after it."""
    (first,) = await rows(yard.database, "select seq from battery.event where code = $1 and type = 'RECEIVED'", code(1))
    corrects = first["seq"]
    for kg in (410.0, 405.0):
        again = await yard.one("recycler", 5, E.RECEIVED, 1, corrects=corrects, details={"measuredMassKg": kg})
        assert isinstance(again, Recorded), again
        corrects = again.seq
    await recycle(yard, {1: 400.0, 2: 400.0}, reference="wrong")
    assert isinstance(await tell(yard, correction({1: 405.0, 2: 400.0}, "wrong")), Recorded)
    await proved(yard)


async def test_what_is_late_is_so_by_when_it_was_told_first(yard: Book) -> None:
    first = await tell(yard, recycled({1: 420.0, 2: 400.0}, reference="wrong"), moment=day(12))
    assert isinstance(first, Recorded)
    outcome = await tell(yard, correction({1: 410.0, 2: 400.0}, "wrong"), moment=day(150))
    assert isinstance(outcome, Recorded)
    assert (outcome.late, outcome.due_on) == (first.late, first.due_on) == (False, first.due_on)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.floats(215, 424), st.floats(215, 424), st.floats(0.9, 1.0), st.floats(9.5, 12), st.booleans()), min_size=2, max_size=4),
    st.booleans(),
)
async def test_a_corrected_ledger_is_one_that_was_told_right_from_the_beginning(
    book: Book, versions: Sequence[tuple[float, float, float, float, bool]], together: bool
) -> None:  # fmt: skip
    """Another plant tells of packs like these what stands at the end, and never anything else: rows, rates and cells are the same."""
    base = 4 * len(await rows(book.database, "select from battery.pack")) + 10
    own, other = (base + 1, base + 2), (base + 3, base + 4)
    await held(book, *own)
    await held(book, *other, by="recycler2")
    number = f"B-{base}"

    def report(packs: tuple[int, int], n: int, **more: Any) -> Report:
        first, second, rate, at, turned = versions[n]
        inputs: dict[int | str, float] = {packs[0]: first, packs[1]: second}
        if turned:
            inputs = dict(reversed(inputs.items()))
        return recycled(inputs, number, day=at, reference=f"{number} {n}", steps=steps(first + second, start=at - 1, rate=rate), **more)

    reports = [report(own, n, **({"corrects": f"{number} {n - 1}"} if n else {})) for n in range(len(versions))]
    moments = [[NOW, *(NOW + timedelta(days=n) for n in range(1, len(versions)))][0 if together else n] for n in range(len(versions))]
    for each, moment in zip(reports, moments, strict=True):
        assert isinstance(outcome := await tell(book, each, moment=moment), Recorded), outcome
    assert isinstance(await tell(book, report(other, len(versions) - 1), by="recycler2"), Recorded)
    mine, theirs = await figures(book, number), await figures(book, number, "recycler2")
    assert mine == theirs
    cells = """select kind, month, sum(n)::int as n, sum(mass_g)::bigint as g, sum(part)::bigint as part from (
      select * from statistics.change where cube = 'recovery' union all
      select cube, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part from statistics.cell
      where cube = 'recovery' and level = 0) c where party = $1 group by 1, 2 order by 1, 2"""
    assert await rows(book.database, cells, FIRMS["recycler"]) == await rows(book.database, cells, FIRMS["recycler2"])

    await proved(book)
