"""This module is in charge of where a refused pack stands, and what could be reported of it there.

What is named would be taken from whoever may report it, as far as the reporter may know: what hangs on something hidden from it is left out, or the list
would tell that.
"""

from __future__ import annotations

from typing import Final

from resolvers.ledger.events import EventType
from resolvers.ledger.fold import Fold
from resolvers.ledger.recording.report import Refused, Reporter
from resolvers.ledger.states import TERMINAL, Standing, Status, possible
from resolvers.ledger.take_back import ANSWERS, is_asked, obliged, pending

_IN_A_VEHICLE: Final = frozenset({EventType.MAINTAINED, EventType.REPLACED, EventType.VEHICLE_SCRAPPED})
"""What is reported of a pack in service by who names the vehicle that it is in."""
_SALES: Final = frozenset({EventType.SOLD, EventType.PRODUCT_SOLD})
"""Of a new battery, and of a product made of used ones."""


def stands(fold: Fold, refused: Refused, reporter: Reporter) -> Refused:
    """The refusal with where the pack stands, and what could be reported there; for who has to do with the pack."""
    standing = fold.standing
    if standing is None:
        return refused
    following = ANSWERS.union(possible(standing))
    named = [str(each) for each in EventType if each in following and _is_taken(each, fold, standing, reporter)]
    return refused._replace(state=str(standing.status), allowed=tuple(named))


def _is_heard(fold: Fold, standing: Standing, reporter: Reporter) -> bool:
    """Whether an answer to a request for take-back would be taken. Whether one is asked for is for who was asked, and for who asked: that is the holder, as
    long as an answer is due. It is heard when the battery's life is over, too, unless who was asked told that end itself."""
    asked = pending(fold)
    if is_asked(fold, reporter.party):
        by = reporter.party
    elif asked is not None and fold.holder == reporter.party:
        by = asked.obliged
    else:
        return False
    return standing.status not in TERMINAL or fold.stopped_by != by


def made_vehicle(fold: Fold, party: str) -> bool:
    """Whether it made the vehicle that the pack is in."""
    return fold.bound >= 0 and fold.vin is not None and fold.known.vehicles[fold.vin].automaker == party


def _is_taken(event: EventType, fold: Fold, standing: Standing, reporter: Reporter) -> bool:
    """Whether an event that could follow by the state alone would be taken, by what the reporter knows beside that."""
    asked, is_holder = pending(fold), fold.holder == reporter.party
    if event in ANSWERS:
        return _is_heard(fold, standing, reporter)
    if event is EventType.TAKE_BACK_REQUESTED:
        return is_holder and asked is None and any(each != reporter.party for each in obliged(fold))
    if event is EventType.RECALL_REMEDIED:
        # Whether it is under a recall is of category A, as where it stands is: everybody who is told the list may read it.
        return bool(fold.recalls)
    if event in _SALES:
        return fold.facts.is_product is (event is EventType.PRODUCT_SOLD)
    if standing.status is not Status.IN_SERVICE:
        return True
    # Which model the vehicle is of, and whether a product is in one at all, is for who holds the pack, and who made the vehicle.
    knows = is_holder or made_vehicle(fold, reporter.party)
    if event is EventType.SWAP_OUT:
        return knows and fold.bound >= 0 and bool(fold.swap_model)
    if event in _IN_A_VEHICLE and fold.facts.is_product:
        return knows and fold.bound >= 0
    return True
