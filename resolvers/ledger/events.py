"""This module is in charge of the register of lifecycle events: each one's data category, who may report it, and its deadline's node."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple


class EventType(StrEnum):
    """What can happen to a pack; the value is what the database stores and what the graph's enum spells."""

    CODE_FILED = "CODE_FILED"
    PRODUCED = "PRODUCED"
    IMPORTED = "IMPORTED"
    SOLD = "SOLD"
    INSTALLED = "INSTALLED"
    VEHICLE_SOLD = "VEHICLE_SOLD"
    POOLED = "POOLED"
    SWAP_IN = "SWAP_IN"
    SWAP_OUT = "SWAP_OUT"
    MAINTAINED = "MAINTAINED"
    REPLACED = "REPLACED"
    REINSTALLED = "REINSTALLED"
    OWNER_CHANGED = "OWNER_CHANGED"
    RETIRED = "RETIRED"
    VEHICLE_SCRAPPED = "VEHICLE_SCRAPPED"
    PACK_DETACHED = "PACK_DETACHED"
    HANDED_OVER = "HANDED_OVER"
    RECEIVED = "RECEIVED"
    REJECTED = "REJECTED"
    GRADED = "GRADED"
    DISMANTLED = "DISMANTLED"
    RELEASED = "RELEASED"
    REPROCESSED = "REPROCESSED"
    PRODUCT_SOLD = "PRODUCT_SOLD"
    RECYCLED = "RECYCLED"
    DISPOSED = "DISPOSED"
    EXPORTED = "EXPORTED"
    REPORTED_MISSING = "REPORTED_MISSING"
    FOUND = "FOUND"
    HEALTH_MEASURED = "HEALTH_MEASURED"
    SAFETY_EVENT = "SAFETY_EVENT"
    RECALLED = "RECALLED"
    RECALL_REMEDIED = "RECALL_REMEDIED"
    FOUND_ABANDONED = "FOUND_ABANDONED"
    TAKE_BACK_REQUESTED = "TAKE_BACK_REQUESTED"
    TAKE_BACK_ACCEPTED = "TAKE_BACK_ACCEPTED"
    TAKE_BACK_REFUSED = "TAKE_BACK_REFUSED"
    UNLICENSED_SITE_SEEN = "UNLICENSED_SITE_SEEN"


def kind_of(name: str) -> EventType:
    """The type of that name, at no cost where it is one already; ValueError for a name that no type has."""
    return name if isinstance(name, EventType) else EventType(name)


class EventRule(NamedTuple):
    """The category whose opening shows the event (docs/row-policy.md section 5) and the roles that may report it.

    A deadline is looked up in the rule table under the event's own name, which is its node type.
    """

    category: str
    reporters: frozenset[str]


AUTHORITIES: Final = frozenset({"PR", "MI", "ME", "SA"})
OPERATORS: Final = frozenset({"BM", "OEM", "SW", "RS", "SD", "CU"})


def _by(category: str, *roles: str) -> EventRule:
    return EventRule(category, frozenset(roles))


EVENTS: Final[Mapping[EventType, EventRule]] = MappingProxyType({
    # Who codes imported batteries files its codes, too.
    EventType.CODE_FILED: _by("M", "BM", "CU", "OEM"),
    EventType.PRODUCED: _by("A", "BM", "CU"),
    EventType.IMPORTED: _by("A", "BM", "OEM"),
    EventType.SOLD: _by("H", "BM", "OEM"),
    EventType.INSTALLED: _by("D", "OEM"),
    EventType.VEHICLE_SOLD: _by("D", "OEM"),
    EventType.POOLED: _by("H", "SW"),
    EventType.SWAP_IN: _by("D", "SW"),
    EventType.SWAP_OUT: _by("D", "SW"),
    EventType.MAINTAINED: _by("D", "RS", "OEM"),
    EventType.REPLACED: _by("D", "RS", "OEM"),
    EventType.REINSTALLED: _by("D", "RS", "OEM", "SW"),
    EventType.OWNER_CHANGED: _by("D", "OEM", "SW", "PR"),
    EventType.RETIRED: EventRule("H", OPERATORS),
    EventType.VEHICLE_SCRAPPED: _by("D", "SD"),
    EventType.PACK_DETACHED: _by("D", "SD"),
    EventType.HANDED_OVER: EventRule("H", OPERATORS),
    EventType.RECEIVED: EventRule("H", OPERATORS),
    EventType.REJECTED: EventRule("H", OPERATORS),
    # An outlet of a maker or automaker grades too.
    EventType.GRADED: _by("J", "BM", "OEM", "CU"),
    EventType.DISMANTLED: _by("H", "CU"),
    # Told of each module and cell by the report that dismantled what it was in; never by itself.
    EventType.RELEASED: _by("H", "CU"),
    EventType.REPROCESSED: _by("H", "CU"),
    EventType.PRODUCT_SOLD: _by("H", "CU"),
    EventType.RECYCLED: _by("H", "CU"),
    EventType.DISPOSED: _by("H", "CU"),
    EventType.EXPORTED: _by("H", "BM", "OEM"),
    # The one thing that authorities report too: they may not author operating events (domain invariant).
    EventType.REPORTED_MISSING: EventRule("H", OPERATORS | AUTHORITIES),
    EventType.FOUND: EventRule("H", OPERATORS | AUTHORITIES),
    EventType.HEALTH_MEASURED: EventRule("F", OPERATORS),
    EventType.SAFETY_EVENT: EventRule("G", OPERATORS),
    # A recall is published: whoever gets hold of the pack has to know.
    EventType.RECALLED: _by("A", "BM", "OEM", "SA"),
    # Who makes a product of used batteries is its maker; that may be under the recall of what it is made of.
    EventType.RECALL_REMEDIED: _by("A", "BM", "OEM", "RS", "CU"),
    EventType.FOUND_ABANDONED: EventRule("H", OPERATORS | AUTHORITIES),
    EventType.TAKE_BACK_REQUESTED: EventRule("H", OPERATORS),
    # Who makes a product of used batteries is its maker.
    EventType.TAKE_BACK_ACCEPTED: _by("H", "BM", "OEM", "CU"),
    EventType.TAKE_BACK_REFUSED: _by("H", "BM", "OEM", "CU"),
    EventType.UNLICENSED_SITE_SEEN: EventRule("M", OPERATORS | AUTHORITIES),
})  # fmt: skip
OBSERVATIONS: Final = frozenset({
    EventType.MAINTAINED, EventType.HEALTH_MEASURED, EventType.SAFETY_EVENT, EventType.RECALLED, EventType.RECALL_REMEDIED,
    EventType.TAKE_BACK_REQUESTED, EventType.TAKE_BACK_ACCEPTED, EventType.TAKE_BACK_REFUSED,
})  # fmt: skip
"""What is seen of a pack, said of it or done to it where it is, and moves nothing. It may be reported of any time since the day the pack was made,
also when later events are known, and its life is over."""
NOTICES: Final = frozenset({EventType.CODE_FILED, EventType.UNLICENSED_SITE_SEEN})
"""Events of no pack; they are kept apart (resolvers/ledger/notices/)."""
