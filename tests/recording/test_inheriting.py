"""What came out of a pack is under what is told of the pack: corrections of that reach it, and who may not see them does not learn of them by it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from auth.principal import Principal
from resolvers.batching import Batch, PageArguments
from resolvers.database import door
from resolvers.ledger import kept
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import Recorded
from tests.door.principals import principal, reading
from tests.recording.making import cell, dismantled, module, refused
from tests.recording.test_dismantling import GRANTS, apart, of, told_of, yard
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
