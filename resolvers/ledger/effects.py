"""This module is in charge of what each event does to a pack's rows, beside the change of state: docs/row-policy.md, section 9, as code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from resolvers.ledger import take_back
from resolvers.ledger.events import EventType
from resolvers.ledger.fold import JURISDICTION, NORMAL, PRODUCT, SOURCE, Fold, no_lighter, party
from resolvers.ledger.observations import happened, measured, recalled, remedied, told_with
from resolvers.ledger.rows import Event
from resolvers.ledger.states import Status

RELEASED: Final = "released"
"""In the details of DISMANTLED: code and mass in kg of each module and cell."""
SOURCES, SOURCE_RECALLS = "sourceCodes", "sourceRecalls"
"""In the details of a product's beginning: what it is made of, and of each of these that is under recalls, which."""
AT_STATION, IN_WORKSHOP, AT_RETIREMENT = "SWAP_STATION", "REINSTALLATION", "RETIREMENT"
"""How the state of health was measured that these events tell."""


def _begun(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.take(fold.facts.maker, event, "PRODUCTION")
    if event.province is not None:
        fold.for_good("province:" + event.province, JURISDICTION, event.occurred_at)
    fold.related(SOURCE, event.details.get(SOURCES, ()))
    fold.recalls.update(*event.details.get(SOURCE_RECALLS, {}).values())


def _sold(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.take(party(event), event, "SALE")


def _pooled(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.take(event.reporter, event, "POOL")


def _installed(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.bind(event)


def _vehicle_sold(fold: Fold, event: Event, _before: Status | None) -> None:
    vin, province = fold.vin, event.province
    if vin is not None and province is not None:
        fold.registered(vin, province, event)
    if not fold.swap_model:
        fold.release(event)
        return
    if event.counterparty is not None:
        fold.take(event.counterparty, event, "SALE")
    fold.keep_vehicle(event)


def _swap_in(fold: Fold, event: Event, _before: Status | None) -> None:
    told_with(fold, event, AT_STATION)
    fold.bind(event)
    fold.keep_vehicle(event)


def _swap_out(fold: Fold, event: Event, _before: Status | None) -> None:
    told_with(fold, event, AT_STATION)
    fold.unbind(event)
    fold.leave_vehicle(event)
    fold.take(event.reporter, event, "POOL")


def _put_into(fold: Fold, event: Event) -> None:
    """From now on the vehicle is the holder; a swap model's pack stays in its operator's custody."""
    if fold.bind(event).swap_model:
        fold.keep_vehicle(event)
    else:
        fold.release(event)


def _replaced(fold: Fold, event: Event, before: Status | None) -> None:
    if before is Status.SOLD:
        _put_into(fold, event)
        return
    fold.unbind(event)
    fold.left_use(event)
    fold.take(event.reporter, event, "REMOVAL")
    fold.keep_vehicle(event)


def _reinstalled(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.back_in_use()
    told_with(fold, event, IN_WORKSHOP)
    if event.vin is None:
        fold.take(event.reporter, event, "POOL")
    else:
        _put_into(fold, event)


def _scrapped(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.take(event.reporter, event, "SCRAP")
    fold.keep_vehicle(event)


def _detached(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.unbind(event)
    fold.left_use(event)
    fold.take(event.reporter, event, "SCRAP")
    fold.keep_vehicle(event)


def _retired(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.left_use(event)
    told_with(fold, event, AT_RETIREMENT)
    fold.handled_as = no_lighter(fold.handled_as, event.details.get("safetyClass", NORMAL))


def _handed_over(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.offer(event)


def _received(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.received(event)


def _rejected(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.answer(event, "REJECTED")


def _graded(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.grade(event)


def products_of(event: Event) -> list[str]:
    """What came of the item by this event: what it released, or the product that it went into."""
    if event.type == EventType.DISMANTLED:
        return [each["code"] for each in event.details.get(RELEASED, ())]
    product = event.details.get("productCode") if event.type == EventType.REPROCESSED else None
    return [] if product is None else [product]


def _dismantled(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.related(PRODUCT, products_of(event))
    fold.released_kg = sum(each["massKg"] for each in event.details.get(RELEASED, ()))


def _released(fold: Fold, event: Event, _before: Status | None) -> None:
    """A module or cell begins a life of its own, with what has to be known of the pack that it came out of; who had that has nothing to do with it."""
    told = event.details
    fold.take(event.reporter, event, "DISMANTLING")
    fold.parent = told["parentCode"]
    fold.related(SOURCE, [told["parentCode"]])
    fold.origin = told.get("originProvince")
    fold.handled_as = told.get("safetyClass", fold.handled_as)
    fold.recalls.update(told.get("recalls", ()))


def _reprocessed(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.related(PRODUCT, products_of(event))


def _disposed(fold: Fold, event: Event, _before: Status | None) -> None:
    fold.unbind(event)


def _product_sold(fold: Fold, event: Event, _before: Status | None) -> None:
    if event.counterparty is not None:
        fold.take(event.counterparty, event, "SALE")
    elif event.province is not None:
        # A buyer that is named by text can report nothing: who sold it goes on to answer for it, wherever it is used.
        fold.province = event.province
        fold.for_good("province:" + event.province, JURISDICTION, event.occurred_at)


def _found_abandoned(fold: Fold, event: Event, _before: Status | None) -> None:
    if event.province is not None:
        # Where it lies it is that province's to see.
        fold.for_good("province:" + event.province, JURISDICTION, event.occurred_at)
    if event.counterparty is not None:
        fold.left_use(event)
        fold.assign(event.counterparty, event)


EFFECTS: Final[Mapping[EventType, Callable[[Fold, Event, Status | None], None]]] = MappingProxyType({
    EventType.PRODUCED: _begun,
    EventType.IMPORTED: _begun,
    EventType.SOLD: _sold,
    EventType.POOLED: _pooled,
    EventType.INSTALLED: _installed,
    EventType.VEHICLE_SOLD: _vehicle_sold,
    EventType.SWAP_IN: _swap_in,
    EventType.SWAP_OUT: _swap_out,
    EventType.REPLACED: _replaced,
    EventType.REINSTALLED: _reinstalled,
    EventType.VEHICLE_SCRAPPED: _scrapped,
    EventType.PACK_DETACHED: _detached,
    EventType.RETIRED: _retired,
    EventType.HANDED_OVER: _handed_over,
    EventType.RECEIVED: _received,
    EventType.REJECTED: _rejected,
    EventType.GRADED: _graded,
    EventType.DISMANTLED: _dismantled,
    EventType.RELEASED: _released,
    EventType.REPROCESSED: _reprocessed,
    EventType.DISPOSED: _disposed,
    EventType.PRODUCT_SOLD: _product_sold,
    EventType.FOUND_ABANDONED: _found_abandoned,
    EventType.HEALTH_MEASURED: measured,
    EventType.SAFETY_EVENT: happened,
    EventType.RECALLED: recalled,
    EventType.RECALL_REMEDIED: remedied,
    EventType.TAKE_BACK_REQUESTED: take_back.requested,
    EventType.TAKE_BACK_ACCEPTED: take_back.accepted,
    EventType.TAKE_BACK_REFUSED: take_back.refused,
})  # fmt: skip
