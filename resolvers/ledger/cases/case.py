"""This module is in charge of a case as values: its events, append-only, and where it stands, which follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from resolvers.ledger.findings.finding import State
from resolvers.ledger.recording.report import Evidence

PROVINCIAL: Final = "PR"


class CaseKind(StrEnum):
    """What can happen to a case."""

    OPENED = "OPENED"
    ASKED = "ASKED"
    ANSWERED = "ANSWERED"
    DECIDED = "DECIDED"
    HANDED_OVER = "HANDED_OVER"


class CaseEvent(NamedTuple):
    """enterprise.case_event. `role` is the authority's, null for the party; `state` is of OPENED and DECIDED, `authority` and `province` of OPENED and
    HANDED_OVER: who has the case from then on. `documents` and the events of `evidence_codes` and `evidence` (seq of each) are what an answer rests on."""

    case_id: str
    number: int
    kind: str
    recorded_at: datetime
    author: str
    role: str | None
    text: str | None
    state: str | None = None
    due_on: date | None = None
    authority: str | None = None
    province: str | None = None
    documents: tuple[Evidence, ...] = ()
    evidence_codes: tuple[str, ...] = ()
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """What never changes of a case: its title, the enterprise it is about, the provinces and rule owners of its findings, and whether one of these is
    the enterprise's to read: a case on nothing but what it tried in vain is none that it is told of by itself."""

    case_id: str
    title: str
    party: str
    provinces: tuple[str, ...]
    owners: tuple[str, ...]
    seen: bool = True


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Where a case stands. `had` are those who have it or had it, by the name under which they read (`authority:ME`, `province:44`).
    `asked`: its party was asked in it, and so knows of it whatever it rests on."""

    opened: Opened
    state: State
    authority: str
    province: str | None
    opened_at: datetime
    changed_at: datetime
    due_on: date | None
    events: int
    had: tuple[str, ...]
    asked: bool = False


def fold(opened: Opened, events: Sequence[CaseEvent]) -> CaseFile:
    """Where the case stands after these events, in order of their numbers; the first one opened it."""
    first = events[0]
    state, authority, province, due_on = State(first.state or State.OPEN), first.authority or "", first.province, None
    had = [reader(authority, province)]
    for event in events[1:]:
        if event.kind == CaseKind.ASKED:
            due_on = event.due_on
        elif event.kind == CaseKind.ANSWERED:
            due_on = None
        elif event.kind == CaseKind.DECIDED:
            state = State(event.state or state)
            due_on = None if state is State.CLOSED else due_on
        elif event.kind == CaseKind.HANDED_OVER:
            authority, province = event.authority or authority, event.province
            had.append(reader(authority, province))
    return CaseFile(
        opened, state, authority, province, first.recorded_at, events[-1].recorded_at, due_on, len(events), tuple(dict.fromkeys(had)),
        any(event.kind == CaseKind.ASKED for event in events),
    )  # fmt: skip


def reader(authority: str, province: str | None) -> str:
    """The name under which an authority reads."""
    return f"province:{province}" if authority == PROVINCIAL else f"authority:{authority}"


def readers_of(file: CaseFile) -> tuple[str, ...]:
    """Who reads the case: its party, where it reads a finding of it or was asked in it; whoever has or had it; and the ministry that reads all."""
    party = (file.opened.party,) if file.opened.seen or file.asked else ()
    return tuple(dict.fromkeys((*party, *file.had, reader("MI", None))))
