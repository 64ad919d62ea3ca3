"""What may be done to a case, by whom, and where it then stands: examples, and a random course of acts against a model written apart."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resolvers.ledger.cases import acts
from resolvers.ledger.cases.acts import Act, Actor, Answer, Ask, Decide, HandOver, judged
from resolvers.ledger.cases.case import CaseEvent, CaseFile, Opened, fold
from resolvers.ledger.findings.finding import State
from resolvers.ledger.recording.report import Refused

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
OPENED = Opened("c1", "Missing pack", "party", ("43", "44"), ("COMMERCE", "ME", "PR"))
PR44 = Actor("pr44", frozenset({"PR"}), frozenset({"44"}))
PR43 = Actor("pr43", frozenset({"PR"}), frozenset({"43"}))
MI, ME, SA = (Actor(role.lower(), frozenset({role}), frozenset()) for role in ("MI", "ME", "SA"))
PARTY = Actor("party", frozenset({"SD"}), frozenset())
OTHER = Actor("other", frozenset({"SD"}), frozenset())
ACTORS = (PR44, PR43, MI, ME, SA, PARTY, OTHER)
FIRST = CaseEvent("c1", 1, "OPENED", NOW, "pr44", "PR", None, "OPEN", None, "PR", "44")


def after(*events: CaseEvent) -> CaseFile:
    return fold(OPENED, [FIRST, *events])


def done(file: CaseFile, act: Act, actor: Actor) -> CaseEvent:
    event = judged(file, act, actor, NOW)
    assert isinstance(event, CaseEvent), event
    return event


def refused(file: CaseFile, act: Act, actor: Actor) -> str:
    event = judged(file, act, actor, NOW)
    assert isinstance(event, Refused)
    return event.code


def test_a_case_from_its_opening_to_its_end() -> None:
    asked = done(after(), Ask("Where is it?", date(2026, 12, 1)), PR44)
    assert after(asked).due_on == date(2026, 12, 1)
    answered = done(after(asked), Answer("In the yard."), PARTY)
    assert (after(asked, answered).due_on, answered.role, answered.number) == (None, None, 3)
    handed = done(after(asked, answered), HandOver("ME", None, "Yours."), PR44)
    file = after(asked, answered, handed)
    assert (file.authority, file.province, file.had) == ("ME", None, ("province:44", "authority:ME"))
    assert refused(file, Decide(State.CONFIRMED, "So it is."), PR44) == "CASE_NOT_YOURS"
    decided = done(file, Decide(State.CONFIRMED, "So it is."), ME)
    assert after(asked, answered, handed, decided).state is State.CONFIRMED


@pytest.mark.parametrize(
    ("act", "actor", "code"),
    [
        (Answer("Not me."), OTHER, "CASE_NOT_ABOUT_YOU"),
        (Answer("For them."), PR44, "CASE_NOT_ABOUT_YOU"),
        (Ask("?", None), PARTY, "CASE_NOT_YOURS"),
        (Ask("?", None), PR43, "CASE_NOT_YOURS"),
        (Ask("?", date(2026, 11, 20)), PR44, "DUE_IN_PAST"),
        (Decide(State.CLOSED, "Myself."), PARTY, "CASE_NOT_YOURS"),
        (Decide(State.OPEN, "Again."), PR44, "CASE_STATE"),
        (HandOver("SA", None, "No rule of theirs."), PR44, "CASE_AUTHORITY"),
        (HandOver("COMMERCE", None, "Not on the platform."), PR44, "CASE_AUTHORITY"),
        (HandOver("PR", "11", "Not there."), PR44, "CASE_AUTHORITY"),
        (HandOver("PR", None, "Which?"), PR44, "CASE_AUTHORITY"),
        (HandOver("PR", "44", "To itself."), PR44, "CASE_AUTHORITY"),
        (HandOver("MI", "44", "Has no province."), PR44, "CASE_AUTHORITY"),
    ],
)
def test_what_is_refused(act: Act, actor: Actor, code: str) -> None:
    assert refused(after(), act, actor) == code


def test_a_closed_case_is_only_opened_again() -> None:
    file = after(done(after(), Decide(State.CLOSED, "Done."), PR44))
    assert [refused(file, act, actor) for act, actor in ((Ask("?", None), PR44), (Answer("!"), PARTY), (HandOver("MI", None, "?"), PR44))] == [
        "CASE_CLOSED"
    ] * 3
    assert refused(file, Decide(State.CONFIRMED, "?"), PR44) == "CASE_STATE"
    assert done(file, Decide(State.OPEN, "More came up."), PR44).state == "OPEN"


TEXT = st.just("x")
ACTS = st.one_of(
    st.builds(Ask, TEXT, st.sampled_from([None, date(2026, 12, 1)])),
    st.builds(Answer, TEXT),
    st.builds(Decide, st.sampled_from(State), TEXT),
    st.builds(HandOver, st.sampled_from(["PR", "MI", "ME", "SA"]), st.sampled_from([None, "43", "44", "11"]), TEXT),
)


@given(st.lists(st.tuples(ACTS, st.sampled_from(ACTORS)), max_size=25))
def test_any_course_of_acts_is_what_a_plain_model_makes_of_it(course: list[tuple[Act, Actor]]) -> None:
    events = [FIRST]
    model: dict[str, Any] = {"holder": PR44, "state": "OPEN", "asked": None, "seen": {"pr44"}}
    for step, (act, actor) in enumerate(course):
        told = judged(fold(OPENED, events), act, actor, NOW + timedelta(hours=step))
        assert isinstance(told, CaseEvent) == _allowed(model, act, actor)
        if isinstance(told, CaseEvent):
            events.append(told)
            _move(model, act)
    file = fold(OPENED, events)
    assert [each.number for each in events] == list(range(1, file.events + 1))
    assert (str(file.state), file.due_on) == (model["state"], model["asked"])
    assert model["holder"].authority(file.authority, file.province)
    assert len(file.had) == len(model["seen"])
    # An event once taken is never changed by what comes after.
    assert fold(OPENED, events[:1]) == after()


PLACES = {("PR", "44"): PR44, ("PR", "43"): PR43, ("MI", None): MI, ("ME", None): ME}
BECOMES = {"OPEN": "EXPLAINED CONFIRMED CLOSED", "EXPLAINED": "OPEN CONFIRMED CLOSED", "CONFIRMED": "OPEN CLOSED", "CLOSED": "OPEN"}


def _allowed(model: dict[str, Any], act: Act, actor: Actor) -> bool:
    closed = model["state"] == "CLOSED"
    if isinstance(act, Answer):
        return actor is PARTY and not closed
    if actor is not model["holder"]:
        return False
    if isinstance(act, Decide):
        return str(act.state) in BECOMES[model["state"]].split()
    if isinstance(act, HandOver):
        return not closed and PLACES.get((act.authority, act.province), model["holder"]) is not model["holder"]
    return not closed


def _move(model: dict[str, Any], act: Act) -> None:
    match act:
        case Ask():
            model["asked"] = act.due_on
        case Answer():
            model["asked"] = None
        case Decide():
            model["state"] = str(act.state)
            model["asked"] = None if act.state is State.CLOSED else model["asked"]
        case HandOver():
            model["holder"] = PLACES[act.authority, act.province]
            model["seen"].add(model["holder"].party)


def test_the_words_of_decisions_are_those_of_findings() -> None:
    assert set(acts.DECISIONS) == set(State)
