"""This module is in charge of guaranteed take-back: who is obliged to take a pack back, and what a request and its answer do to its rows.

Who made or imported a pack takes it back, and so does the maker of a vehicle that it was installed in. An answer is due by a day that the ledger
keeps with the request; whoever has said nothing by then has been silent, and that stays on record.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from resolvers.ledger.events import EventType
from resolvers.ledger.rows import Event, TakeBack
from resolvers.ledger.states import IllegalEvent, Status

if TYPE_CHECKING:
    # It calls this module.
    from resolvers.ledger.fold import Fold

PENDING, ACCEPTED, REFUSED, LAPSED = "PENDING", "ACCEPTED", "REFUSED", "LAPSED"
PRODUCED, INSTALLED = "PRODUCED", "INSTALLED"
ANSWERS: Final = frozenset({EventType.TAKE_BACK_ACCEPTED, EventType.TAKE_BACK_REFUSED})
ANSWER: Final = "TAKE_BACK_ANSWER"
"""The node type of the rule by which day an answer is due."""
ANSWER_DUE: Final = "answerDueOn"


def obliged(fold: Fold) -> dict[str, str]:
    """Who has to take the pack back, and why: the makers of its vehicles, the last one first, then its own maker."""
    return {**dict.fromkeys(reversed(fold.automakers), INSTALLED), fold.facts.maker: PRODUCED}


def pending(fold: Fold) -> TakeBack | None:
    """The request that is not answered; there is one at most, the last."""
    last = fold.take_backs[-1] if fold.take_backs else None
    return last if last is not None and last.outcome == PENDING else None


def requested(fold: Fold, event: Event, _before: Status | None) -> None:
    """TAKE_BACK_REQUESTED: raises IllegalEvent TAKE_BACK_PENDING, NOT_OBLIGED, NOT_CUSTODIAN."""
    if pending(fold) is not None:
        raise IllegalEvent("TAKE_BACK_PENDING", f"{event.type} cannot follow a request that is not answered")
    if event.reporter != fold.holder:
        raise IllegalEvent("NOT_CUSTODIAN", f"{event.type} is the custodian's")
    basis = obliged(fold).get(event.counterparty or "")
    if event.counterparty is None or basis is None:
        raise IllegalEvent("NOT_OBLIGED", f"{event.type} goes to who made the battery, or a vehicle that it was installed in")
    told, due = event.details, event.details.get(ANSWER_DUE)
    row = TakeBack(
        fold.facts.code, fold.number("take_backs"), event.reporter, event.counterparty, basis, PENDING, told["reason"], told.get("region"),
        told.get("place"), event.occurred_at, date.fromisoformat(due) if due is not None else None, None, None, None, None, event.recorded_at,
    )  # fmt: skip
    fold.take_backs.append(row)


def accepted(fold: Fold, event: Event, _before: Status | None) -> None:
    """TAKE_BACK_ACCEPTED: on which day, and where."""
    on = event.details["collectOn"]
    day = date.fromisoformat(on) if isinstance(on, str) else on
    _answer(fold, event, ACCEPTED, collect_on=day, collect_at=event.details["collectAt"])


def refused(fold: Fold, event: Event, _before: Status | None) -> None:
    """TAKE_BACK_REFUSED: why."""
    _answer(fold, event, REFUSED, refusal=event.details["reason"])


def lapse(fold: Fold, event: Event) -> None:
    """The pack leaves who asked: what is not answered by then is no longer asked for."""
    if (asked := pending(fold)) is not None:
        fold.take_backs[-1] = asked._replace(outcome=LAPSED, recorded_at=event.recorded_at)


def unanswered(fold: Fold, party: str) -> list[int]:
    """The places of the requests to it that it has not answered, the last first. The pack may have left since: when, is not known to who was asked, so that
    its answer is heard all the same. Raises NotKept, when all are asked for."""
    fold.need("take_backs")
    return [place for place in reversed(range(len(fold.take_backs))) if _awaits(fold.take_backs[place], party)]


def answerable(fold: Fold, party: str, at: datetime) -> TakeBack | None:
    """The request that an answer of that time is to: the last that was made by then. Raises NotKept."""
    asked = pending(fold)
    if asked is not None and asked.obliged == party and asked.requested_at <= at:
        return asked
    return next((row for place in unanswered(fold, party) if (row := fold.take_backs[place]).requested_at <= at), None)


def is_asked(fold: Fold, party: str) -> bool:
    """Whether there is a request to it that it has not answered. Raises NotKept."""
    asked = pending(fold)
    return (asked is not None and asked.obliged == party) or bool(unanswered(fold, party))


def _awaits(row: TakeBack, party: str) -> bool:
    return row.obliged == party and row.outcome in (PENDING, LAPSED)


def _answer(fold: Fold, event: Event, outcome: str, **more: Any) -> None:
    if not is_asked(fold, event.reporter):
        raise IllegalEvent("NO_TAKE_BACK_PENDING", f"{event.type} needs a request to you that is not answered")
    asked = answerable(fold, event.reporter, event.occurred_at)
    if asked is None:
        raise IllegalEvent("OUT_OF_ORDER", f"{event.type} is earlier than the request")
    place = fold.take_backs.index(asked)
    fold.take_backs[place] = asked._replace(outcome=outcome, answered_at=event.occurred_at, recorded_at=event.recorded_at, **more)
