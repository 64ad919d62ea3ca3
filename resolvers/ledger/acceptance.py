"""This module is in charge of whether a party may take a pack: reported missing, recalled, where it stands, and whether the party may do this at all.

Pure. What it is told of the pack is of category A, which whoever names its code may read, whether the party has it itself, and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from resolvers.ledger.events import OPERATORS
from resolvers.ledger.findings.case import Party
from resolvers.ledger.findings.parameters import Parameters
from resolvers.ledger.states import TERMINAL, Status

LICENCE: Final = "licence.required"
RECEIVER: Final = "receiver.role"
ACTIVE: Final = "ACTIVE"


class Purpose(StrEnum):
    """What a party wants to take the pack for."""

    COLLECTION = "COLLECTION"
    UTILIZATION = "UTILIZATION"
    STORAGE = "STORAGE"
    DISPOSAL = "DISPOSAL"
    VEHICLE_SCRAPPING = "VEHICLE_SCRAPPING"
    REPAIR = "REPAIR"


class Reason(StrEnum):
    """Why it may not be taken; about the pack first, then about the party itself."""

    BATTERY_UNKNOWN = "BATTERY_UNKNOWN"
    REPORTED_MISSING = "REPORTED_MISSING"
    RECALLED = "RECALLED"
    LIFE_ENDED = "LIFE_ENDED"
    ALREADY_HELD = "ALREADY_HELD"
    NOT_HANDED_ON = "NOT_HANDED_ON"
    OFFERED_TO_ANOTHER = "OFFERED_TO_ANOTHER"
    NOT_ACTIVE = "NOT_ACTIVE"
    ROLE_MAY_NOT_RECEIVE = "ROLE_MAY_NOT_RECEIVE"
    LICENCE_MISSING = "LICENCE_MISSING"


class PackSeen(NamedTuple):
    """What the caller may know of the pack; `held`: it is in the caller's own custody; `offered`: it is on its way to the caller."""

    status: Status
    recalled: bool
    held: bool = False
    offered: bool = False


class Lack(NamedTuple):
    """What a party lacks, whatever the pack is; `licence` is the one that it would need."""

    reason: Reason
    licence: str | None = None


# Where a hand-over begins and goes on, whatever it is for.
_HANDED_ON: Final = frozenset({Status.RETIRED, Status.STORED, Status.GRADED, Status.IN_TRANSIT})
_STANDS: Final[Mapping[Purpose, frozenset[Status]]] = MappingProxyType({
    **dict.fromkeys((Purpose.COLLECTION, Purpose.UTILIZATION, Purpose.STORAGE, Purpose.DISPOSAL), _HANDED_ON),
    # Also in the vehicle that one takes in.
    Purpose.VEHICLE_SCRAPPING: _HANDED_ON | {Status.IN_SERVICE, Status.IN_SCRAP_VEHICLE},
    Purpose.REPAIR: _HANDED_ON | {Status.SOLD, Status.INSTALLED, Status.IN_SERVICE, Status.SWAP_POOL, Status.REMOVED},
})  # fmt: skip


def reasons(pack: PackSeen | None, party: Party | None, purpose: Purpose, parameters: Parameters) -> tuple[Reason, ...]:
    """Why the party may not take the pack for this on the day of the parameters; nothing where it may. None: no pack that it may know of,
    and no enterprise of the registry."""
    about = (Reason.BATTERY_UNKNOWN,) if pack is None else tuple(_of_pack(pack, purpose))
    return (*about, *(each.reason for each in lacks(party, purpose, parameters)))


def lacks(party: Party | None, purpose: str, parameters: Parameters) -> tuple[Lack, ...]:
    """Why the party may not take any pack for this, by what the registry says of it on the day of the parameters: what `mayAccept` tells it, and what R04
    holds a hand-over to. A purpose of which the rule table says nothing is every operator's."""
    return tuple(_lacks(party, purpose, parameters))


def _of_pack(pack: PackSeen, purpose: Purpose) -> Iterable[Reason]:
    if pack.status is Status.MISSING:
        yield Reason.REPORTED_MISSING
    # A repair firm is whom a recalled pack goes to.
    if pack.recalled and purpose is not Purpose.REPAIR:
        yield Reason.RECALLED
    if pack.status in TERMINAL:
        yield Reason.LIFE_ENDED
    elif pack.held:
        # What one has is handed to nobody else than others.
        yield Reason.ALREADY_HELD
    elif pack.status is not Status.MISSING and pack.status not in _STANDS[purpose]:
        yield Reason.NOT_HANDED_ON
    elif pack.status is Status.IN_TRANSIT and not pack.offered:
        # To whom is not said: who asks knows that it is not to itself.
        yield Reason.OFFERED_TO_ANOTHER


def _lacks(party: Party | None, purpose: str, parameters: Parameters) -> Iterable[Lack]:
    if party is None or party.status != ACTIVE:
        yield Lack(Reason.NOT_ACTIVE)
    roles = party.in_roles(parameters.day) & OPERATORS if party is not None else frozenset()
    named = {role for role in OPERATORS if (row := parameters.row(RECEIVER, purpose, role)) is not None and row.role == role}
    able = roles & named if named else roles
    if not able:
        yield Lack(Reason.ROLE_MAY_NOT_RECEIVE)
    # Who takes it in several roles needs the licence of one of them.
    required = [parameters.row(LICENCE, purpose, role) for role in sorted(able or {""})]
    if not any(row is None or (party is not None and party.licensed(row.value, parameters.day)) for row in required):
        yield Lack(Reason.LICENCE_MISSING, next(row.value for row in required if row is not None))
