"""This module is in charge of what can be done to a case, and of judging it: by whom it is done, and where the case stands. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, NamedTuple, assert_never

from resolvers.ledger.cases.case import PROVINCIAL, CaseEvent, CaseFile, CaseKind, reader
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.events import AUTHORITIES
from resolvers.ledger.findings.finding import State
from resolvers.ledger.recording.report import Evidence, Refused

# MI reads all and takes any case.
EVERYTHING: Final = "MI"
DECISIONS: Final[Mapping[State, frozenset[State]]] = MappingProxyType({
    State.OPEN: frozenset({State.EXPLAINED, State.CONFIRMED, State.CLOSED}),
    State.EXPLAINED: frozenset({State.OPEN, State.CONFIRMED, State.CLOSED}),
    State.CONFIRMED: frozenset({State.OPEN, State.CLOSED}),
    State.CLOSED: frozenset({State.OPEN}),
})  # fmt: skip
UNKNOWN: Final = Refused("CASE_UNKNOWN", "There is no such case that you may see.")
FINDING_UNKNOWN: Final = Refused("FINDING_UNKNOWN", "One of the findings is none that you may see.")
SEVERAL: Final = Refused("FINDINGS_OF_SEVERAL", "The findings are about several enterprises; a case is about one.")
APART: Final = Refused("FINDINGS_APART", "The findings lie in no one province of yours.")
IN_CASE: Final = Refused("FINDING_IN_CASE", "One of the findings is in an open case of yours already.")
IN_THEIR_CASE: Final = Refused("FINDING_IN_CASE", "One of the findings is in an open case of that authority already.")
NOT_YOURS: Final = Refused("CASE_NOT_YOURS", "The case lies with another authority.")
NOT_ABOUT_YOU: Final = Refused("CASE_NOT_ABOUT_YOU", "Only the enterprise that a case is about answers in it.")
CLOSED: Final = Refused("CASE_CLOSED", "The case is closed.")
EVIDENCE_UNKNOWN: Final = Refused("EVIDENCE_UNKNOWN", "events: one of them is none that you may see.")
PAST: Final = Refused("DUE_IN_PAST", "dueOn: is not after today.")
REUSED: Final = Refused("CLIENT_REFERENCE_REUSED", "clientReference: was used for something else before.")


class Actor(NamedTuple):
    """Who acts: the credit code, the roles that the token may act in, and the provinces of its jurisdiction."""

    party: str
    roles: frozenset[str]
    jurisdiction: frozenset[str]

    def authority(self, authority: str, province: str | None) -> bool:
        """Whether it acts for that authority."""
        return authority in self.roles and (authority != PROVINCIAL or province in self.jurisdiction)

    def readers(self) -> list[str]:
        """The names under which its authorities read."""
        provinces = [reader(PROVINCIAL, each) for each in sorted(self.jurisdiction)] if PROVINCIAL in self.roles else []
        return provinces + [reader(each, None) for each in sorted(self.roles & AUTHORITIES - {PROVINCIAL})]


@dataclass(frozen=True, slots=True)
class Ask:
    """The party is asked something, and may be given a day."""

    text: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The party says something, and names what it rests on: its documents, and events by (battery code, seq).

    `unseen`: one of the events is none that the party may see, be it there or not. It is no part of what was said: sent again, an
    answer is the same one, whatever its author sees by then.
    """

    text: str
    documents: tuple[Evidence, ...] = field(default=(), repr=False)
    events: tuple[tuple[str, int], ...] = field(default=(), repr=False)
    unseen: bool = field(default=False, repr=False, compare=False)

    def evidence(self) -> tuple[object, ...]:
        """What is named beside the text: nothing, where nothing is."""
        return (self.documents, self.events) if self.documents or self.events else ()


@dataclass(frozen=True, slots=True)
class Decide:
    """The authority decides, with its reason."""

    state: State
    text: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """The case goes to another authority; `province` of a provincial one."""

    authority: str
    province: str | None
    text: str


Act = Ask | Answer | Decide | HandOver


def judged(file: CaseFile, act: Act, actor: Actor, moment: datetime) -> CaseEvent | Refused:
    """The event that the act is, or why it is none. The actor is known to see the case."""
    has_it = actor.authority(file.authority, file.province)
    if isinstance(act, Answer):
        if actor.party != file.opened.party:
            return NOT_ABOUT_YOU
        if file.state is State.CLOSED:
            return CLOSED
        return EVIDENCE_UNKNOWN if act.unseen else _answered(file, act, actor, moment)
    if not has_it:
        return NOT_YOURS
    if file.state is State.CLOSED and not isinstance(act, Decide):
        return CLOSED
    match act:
        case Ask():
            if act.due_on is not None and act.due_on <= local_day(moment):
                return PAST
            return _event(file, CaseKind.ASKED, actor, moment, file.authority, act.text)._replace(due_on=act.due_on)
        case Decide():
            if act.state not in DECISIONS[file.state]:
                wanted = ", ".join(sorted(DECISIONS[file.state]))
                return Refused("CASE_STATE", f"state: a case that is {file.state} becomes {wanted}.")
            return _event(file, CaseKind.DECIDED, actor, moment, file.authority, act.text)._replace(state=str(act.state))
        case HandOver():
            return _handed(file, act, actor, moment)
        case _:
            assert_never(act)


def _handed(file: CaseFile, act: HandOver, actor: Actor, moment: datetime) -> CaseEvent | Refused:
    opened = file.opened
    lawful = act.authority in {*opened.owners, EVERYTHING, PROVINCIAL} & AUTHORITIES
    placed = act.province in opened.provinces if act.authority == PROVINCIAL else act.province is None
    if not lawful or not placed or (act.authority, act.province) == (file.authority, file.province):
        owners = ", ".join(sorted(set(opened.owners) & AUTHORITIES | {EVERYTHING}))
        lawful_ones = f"an owner of its rules ({owners}) and no province, or to PR and one of the provinces it lies in, as two digits"
        return Refused("CASE_AUTHORITY", f"authority, province: the case goes to {lawful_ones}.")
    told = _event(file, CaseKind.HANDED_OVER, actor, moment, file.authority, act.text)
    return told._replace(authority=act.authority, province=act.province)


def _answered(file: CaseFile, act: Answer, actor: Actor, moment: datetime) -> CaseEvent:
    told = _event(file, CaseKind.ANSWERED, actor, moment, None, act.text)
    return told._replace(documents=act.documents, evidence_codes=tuple([code for code, _seq in act.events]), evidence=tuple([seq for _code, seq in act.events]))


def _event(file: CaseFile, kind: CaseKind, actor: Actor, moment: datetime, role: str | None, text: str) -> CaseEvent:
    return CaseEvent(file.opened.case_id, file.events + 1, str(kind), moment, actor.party, role, text)
