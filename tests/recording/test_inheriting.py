"""What came out of a pack is under what is told of the pack: corrections of that reach it, and who may not see them does not learn of them by it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from auth.principal import Principal
from resolvers.batching import Batch, PageArguments
from resolvers.database import door
from resolvers.ledger import kept
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import Recorded, Refused
from tests.door.principals import principal, reading
from tests.recording.gateways import asked
from tests.recording.making import cell, dismantled, module, product, refused, reprocess
from tests.recording.test_dismantling import GRADED, GRANTS, apart, of, told_of, yard
from tests.recording.world import FIRMS, NOW, Book, E, code

__all__ = ["yard"]

HELD = "select safety_class, recalled from battery.pack where code = $1"


async def test_what_is_corrected_of_the_pack_reaches_what_came_out_of_it(yard: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up and down, and through a module to its cells; what the item had itself stays, and the moment before stands as it was known."""
    monkeypatch.setattr(kept, "EVERY", 3)
    alarm = {"kind": "THERMAL_ALARM", "severity": "MINOR", "description": "smoke"}
    told = await yard.one("recycler", 8.5, E.SAFETY_EVENT, 1, details=alarm)
    other = await yard.one("recycler", 8.5, E.SAFETY_EVENT, 2, details={**alarm, "severity": "CRITICAL"})
    assert isinstance(told, Recorded)
    assert isinstance(other, Recorded)
    assert isinstance(await apart(yard, 1, module(1), module(1, 2)), Recorded)
    assert isinstance(await apart(yard, 2, module(2), module(2, 2)), Recorded)
    assert isinstance(await told_of(yard, module(2, 2), 13, E.SAFETY_EVENT, details={**alarm, "severity": "SERIOUS"}), Recorded)
    assert isinstance((await yard.tell("recycler", dismantled(1, cell(1), at=13, subject=module(1))))[0], Recorded)
    for subject in (code(1), module(1), module(1, 2), cell(1)):
        assert await of(yard, HELD, subject) == [("ATTENTION", False)]
    again = {**alarm, "severity": "CRITICAL"}
    assert isinstance(await yard.one("recycler", 8.5, E.SAFETY_EVENT, 1, details=again, corrects=told.seq), Recorded)
    for subject in (code(1), module(1), module(1, 2), cell(1)):
        assert await of(yard, HELD, subject) == [("HAZARDOUS", False)]
    assert isinstance(await yard.one("recycler", 8.5, E.SAFETY_EVENT, 2, details=alarm, corrects=other.seq), Recorded)
    assert [await of(yard, HELD, each) for each in (code(2), module(2), module(2, 2))] == [[(each, False)] for each in ("ATTENTION", "ATTENTION", "HAZARDOUS")]
    releases = "select reporter, corrects, details ->> 'safetyClass' from battery.event where code = $1 and type = 'RELEASED' order by seq"
    assert await of(yard, releases, module(1)) == [(FIRMS["recycler"], None, "ATTENTION"), (FIRMS["recycler"], 1, "HAZARDOUS")]
    assert not (await rebuild(yard.database, lambda _stage, _done: None)).differences


async def test_that_a_release_is_told_again_is_shown_to_those_who_see_how_safe_the_item_is(yard: Book) -> None:
    """Neither to a token without safety, nor to who released the item and passed it on."""
    alarm = {"kind": "THERMAL_ALARM", "severity": "MINOR", "description": "smoke"}
    told = await yard.one("recycler", 8.5, E.SAFETY_EVENT, 1, details=alarm)
    assert isinstance(told, Recorded)
    assert isinstance(await apart(yard, 1, module(1), module(1, 2)), Recorded)
    sent = {"purpose": "UTILIZATION", "declaredMassKg": 80.0}
    assert isinstance(await told_of(yard, module(1), 13, E.HANDED_OVER, to="recycler2", details=sent), Recorded)
    assert isinstance(await told_of(yard, module(1), 14, E.RECEIVED, "recycler2", details={"measuredMassKg": 80.0}), Recorded)
    who, ministry = partial(principal, FIRMS["recycler"], "CU"), partial(principal, "11100000000013039Y", "MI")
    readers = (who(), who(scopes=who().scopes - {"battery:safety"}), ministry(), ministry(scopes=ministry().scopes - {"battery:safety"}))
    before = [await shown(yard, each) for each in readers]
    grants = [await of(yard, GRANTS, module(1, place)) for place in (1, 2)]
    assert isinstance(await yard.one("recycler", 8.5, E.SAFETY_EVENT, 1, details={**alarm, "severity": "CRITICAL"}, corrects=told.seq), Recorded)
    assert [await of(yard, GRANTS, module(1, place)) for place in (1, 2)] == grants
    own, blind, all_, unsafe = [now - old for now, old in zip([await shown(yard, each) for each in readers], before, strict=True)]
    assert own == {(module(1, 2), 2)}
    assert all_ == {(module(1), 4), (module(1, 2), 2)}
    assert blind == unsafe == set()


async def shown(book: Book, who: Principal) -> set[tuple[str, int]]:
    """The events of two modules that the principal sees in their lists."""
    asked = reading(book.database, who, NOW)
    try:
        lists = await door.events(asked, Batch([module(1), module(1, 2)], ("seq",), page=PageArguments(100)))
    finally:
        asked.close()
    return {(row["key"], row["seq"]) for each in lists for row in getattr(each, "rows", ())}


async def test_a_recall_that_is_corrected_is_remedied_by_its_new_number(yard: Book) -> None:
    told = await yard.one("maker", 9, E.RECALLED, 1, details={"recall": "RC-9", "hazard": "seal"})
    assert isinstance(told, Recorded)
    assert isinstance(await apart(yard, 1, module(1), module(1, 2)), Recorded)
    early = await told_of(yard, module(1, 2), 13, E.RECALL_REMEDIED, by="maker", details={"recall": "RC-9", "remedy": "new"})
    assert isinstance(early, Recorded)
    assert isinstance(await yard.one("maker", 9, E.RECALLED, 1, details={"recall": "RC-9b", "hazard": "seal"}, corrects=told.seq), Recorded)
    remedy = {"remedy": "new"}
    assert refused(await told_of(yard, module(1), 13, E.RECALL_REMEDIED, by="maker", details={"recall": "RC-9", **remedy})) == "RECALL_UNKNOWN"
    assert isinstance(await told_of(yard, module(1), 14, E.RECALL_REMEDIED, by="maker", details={"recall": "RC-9b", **remedy}), Recorded)
    assert [await of(yard, HELD, module(1, place)) for place in (1, 2)] == [[("NORMAL", False)], [("NORMAL", True)]]
    right = await told_of(yard, module(1, 2), 14, E.RECALL_REMEDIED, by="maker", details={"recall": "RC-9b", **remedy}, corrects=early.seq)
    assert isinstance(right, Recorded)
    assert await of(yard, HELD, module(1, 2)) == [("NORMAL", False)], "nor is it under the number that nobody gives any more"
    assert not (await rebuild(yard.database, lambda _stage, _done: None)).differences


async def test_a_correction_that_is_taken_back_is_so_below_as_well(yard: Book) -> None:
    """With the group that it is of."""
    alarm = {"kind": "THERMAL_ALARM", "severity": "MINOR", "description": "smoke"}
    told = await yard.one("recycler", 8.5, E.SAFETY_EVENT, 1, details=alarm)
    assert isinstance(told, Recorded)
    assert isinstance(await apart(yard, 1, module(1)), Recorded)
    right = yard.report(8.5, E.SAFETY_EVENT, 1, details={**alarm, "severity": "SERIOUS"}, corrects=told.seq)
    wrong = yard.report(9, E.RECALL_REMEDIED, 1, details={"recall": "RC", "remedy": "-"})
    outcomes = await yard.tell("recycler", *(replace(each, group=1) for each in (right, wrong)))
    assert refused(outcomes[0]) == "GROUP_REFUSED"
    assert await of(yard, HELD, module(1)) == [("ATTENTION", False)]
    assert await of(yard, "select count(*) from battery.event where code = $1", module(1)) == [(1,)]


RECALL = {"recall": "RC-9", "hazard": "seal"}
REMEDY = {"recall": "RC-9", "remedy": "new"}
MADE = product(1)
UNDER = "select type, reporter, corrects, details -> 'sourceRecalls' from battery.event where code = $1 and type = 'PRODUCED' order by seq"


async def recall(book: Book, subject: str, at: float, by: str = "maker", **more: Any) -> int:
    told = await told_of(book, subject, at, E.RECALLED, by, **{"details": RECALL, **more})
    assert isinstance(told, Recorded), told
    return told.seq


async def is_recalled(book: Book, *subjects: str) -> list[bool]:
    return [(await of(book, HELD, each))[0][1] for each in subjects]


async def proved(book: Book) -> None:
    assert not (await rebuild(book.database, lambda _stage, _done: None)).differences


async def test_a_product_is_under_the_recalls_of_what_it_is_made_of(yard: Book) -> None:
    await recall(yard, code(1), 9)
    assert isinstance(await reprocess(yard, MADE, 1, 2, at=10), Recorded)
    assert isinstance(await reprocess(yard, product(2), 3, at=10), Recorded)
    assert await is_recalled(yard, MADE, code(1), code(2), product(2)) == [True, True, False, False]
    await proved(yard)
    # By whoever has it, as of any battery; or it was put right before the product was made, which is told late.
    assert isinstance(await told_of(yard, MADE, 20, E.RECALL_REMEDIED, "maker2", details=REMEDY), Refused)
    assert isinstance(await told_of(yard, code(1), 9.5, E.RECALL_REMEDIED, "maker", details=REMEDY), Recorded)
    assert await is_recalled(yard, MADE, code(1)) == [False, False]
    await proved(yard)


async def test_a_recall_of_what_a_product_was_made_of_reaches_it_afterwards(yard: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each of them by itself, and taken back in the same way; who recalls one is not told of the product, nor is it told who did."""
    monkeypatch.setattr(kept, "EVERY", 3)
    assert isinstance(await reprocess(yard, MADE, 1, 2, at=10), Recorded)
    grants = await of(yard, GRANTS, MADE)
    first = await recall(yard, code(1), 12)
    await recall(yard, code(2), 13, details={**RECALL, "recall": "RC-10"})
    assert await is_recalled(yard, MADE, code(1), code(2)) == [True] * 3
    one, both = {code(1): ["RC-9"]}, {code(1): ["RC-9"], code(2): ["RC-10"]}
    maker = FIRMS["recycler"]
    told = [(kind, by, corrects, json.loads(under) if under else None) for kind, by, corrects, under in await of(yard, UNDER, MADE)]
    assert told == [("PRODUCED", maker, None, None), ("PRODUCED", maker, 1, one), ("PRODUCED", maker, 2, both)]
    assert await of(yard, GRANTS, MADE) == grants
    await recall(yard, code(1), 12.1, details={**RECALL, "recall": "RC-9b"}, corrects=first)
    assert json.loads((await of(yard, UNDER, MADE))[-1][3]) == {code(1): ["RC-9b"], code(2): ["RC-10"]}
    await proved(yard)


async def test_through_a_pack_that_was_taken_apart_and_its_modules(yard: Book) -> None:
    """A pack, a module of it, a product of that: a recall that comes after all of it is one of each."""
    assert isinstance(await apart(yard, 1, module(1, 1), module(1, 2)), Recorded)
    assert isinstance(await told_of(yard, module(1, 1), 13, E.GRADED, details=GRADED), Recorded)
    assert isinstance(await reprocess(yard, MADE, module(1, 1), 2, at=20), Recorded)
    told = await recall(yard, code(1), 21)
    assert await is_recalled(yard, code(1), module(1, 1), module(1, 2), MADE, code(2)) == [True, True, True, True, False]
    await proved(yard)
    # What was remedied on the product is so, whatever becomes of the number.
    remedied = await told_of(yard, MADE, 22, E.RECALL_REMEDIED, "recycler", details=REMEDY)
    assert isinstance(remedied, Recorded)
    assert await is_recalled(yard, module(1, 2), MADE) == [True, False]
    await recall(yard, code(1), 21.1, details={**RECALL, "recall": "RC-9b"}, corrects=told)
    assert await is_recalled(yard, module(1, 1), module(1, 2), MADE) == [True, True, True]
    right = {"details": {**REMEDY, "recall": "RC-9b"}, "corrects": remedied.seq}
    assert isinstance(await told_of(yard, MADE, 22.1, E.RECALL_REMEDIED, "recycler", **right), Recorded)
    assert await is_recalled(yard, module(1, 1), module(1, 2), MADE) == [True, True, False]
    await proved(yard)


async def test_who_sees_of_a_product_nothing_but_that_it_is_there_sees_the_recall_and_not_what_it_is_of(yard: Book) -> None:
    """Whoever has it next has to know; where the recall came from is lineage."""
    assert isinstance(await reprocess(yard, MADE, 1, 2, at=10), Recorded)
    readers = [principal(FIRMS["swap"], "SW"), principal(FIRMS["recycler2"], "CU"), principal(FIRMS["recycler"], "CU")]
    assert [await seen_of_product(yard, each) for each in readers] == [(False, 0), (False, 0), (False, 2)]
    await recall(yard, code(1), 12)
    assert [await seen_of_product(yard, each) for each in readers] == [(True, 0), (True, 0), (True, 2)]


async def seen_of_product(book: Book, who: Principal) -> tuple[bool, int]:
    """Whether it is recalled, and how many sources it is told to have, to whoever names its code."""
    told = (await asked(book.database, who, PRODUCT, {"code": MADE}))["data"]["battery"]
    return told["recalled"], told["sources"]["totalCount"]


PRODUCT = "query ($code: BatteryCode!) { battery(code: $code) { recalled sources { totalCount } } }"
