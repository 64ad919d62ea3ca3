"""This module is in charge of what a rule is given: an event that came, accepted or refused, and what was known when it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import NamedTuple, NoReturn

from resolvers.ledger.events import EventType, kind_of
from resolvers.ledger.facts import PackFacts, VehicleFacts
from resolvers.ledger.findings.parameters import Parameters
from resolvers.ledger.fold import Fold, NotKept
from resolvers.ledger.rows import Event
from resolvers.ledger.states import Status


class Side(NamedTuple):
    """Where a pack stands at one side of an event: a frozen part of the fold."""

    status: Status
    holder: str | None
    vin: str | None
    swap_model: bool | None
    province: str | None
    at: datetime | None


class LicenceSeen(NamedTuple):
    """One licence: what it allows, and the half-open interval of days in which it does."""

    activity: str
    valid_from: date
    valid_to: date | None


class RoleSeen(NamedTuple):
    """One role, and the half-open interval of days in which it is had."""

    role: str
    valid_from: date
    valid_to: date | None


class Party(NamedTuple):
    """What the registry says of an enterprise."""

    province: str
    status: str
    licences: tuple[LicenceSeen, ...] = ()
    roles: tuple[RoleSeen, ...] = ()

    def in_roles(self, day: date) -> frozenset[str]:
        """Its roles on that day."""
        return frozenset(each.role for each in self.roles if each.valid_from <= day and (each.valid_to is None or day < each.valid_to))

    def licensed(self, activity: str, day: date) -> bool:
        """Whether a licence for the activity held on that day."""
        return any(each.activity == activity and each.valid_from <= day and (each.valid_to is None or day < each.valid_to) for each in self.licences)


class VehicleSeen(NamedTuple):
    """What the certificate register says of a vehicle, and since when it is scrapped by what was known before the event."""

    facts: VehicleFacts
    scrapped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What rules look up: enterprises by credit code, vehicles by VIN. What is not there is not registered."""

    parties: Mapping[str, Party] = field(default_factory=lambda: MappingProxyType({}))
    vehicles: Mapping[str, VehicleSeen] = field(default_factory=lambda: MappingProxyType({}))

    def province(self, uscc: str | None) -> str | None:
        """The province of an enterprise, None where it is not registered."""
        party = self.parties.get(uscc) if uscc is not None else None
        return party.province if party is not None else None


class Case(NamedTuple):
    """One event and what was known when it came. `after` is None and `refused` the code of the refusal where it was not accepted.

    `before` is None for a code that nobody had reported; `facts` are None where even the event does not give any. `earlier`
    are the pack's events before this one, as corrected; unless they are `whole`, those after a kept state, and what is asked beyond them raises NotKept.
    """

    event: Event
    facts: PackFacts | None
    before: Side | None
    after: Side | None
    refused: str | None
    earlier: tuple[Event, ...]
    known: Known
    parameters: Parameters
    whole: bool = True

    @property
    def kind(self) -> EventType:
        """The event's type."""
        return kind_of(self.event.type)

    def last(self, *kinds: EventType) -> Event | None:
        """The latest earlier event of one of the types."""
        found = next((each for each in reversed(self.earlier) if each.type in kinds), None)
        return found if found is not None or self.whole else self._beyond()

    def all_earlier(self) -> tuple[Event, ...]:
        """All earlier events."""
        return self.earlier if self.whole else self._beyond()

    def latest(self) -> Event | None:
        """The event before this one."""
        if self.earlier:
            return self.earlier[-1]
        return None if self.whole else self._beyond()

    def _beyond(self) -> NoReturn:
        raise NotKept(self.event.code)


def side_of(fold: Fold) -> Side | None:
    """Where the pack stands now; None before its first event. The fold may go on afterwards."""
    if fold.standing is None:
        return None
    vin = fold.vin if fold.bound >= 0 else None
    return Side(fold.standing.status, fold.holder, vin, fold.swap_model, fold.province, fold.at)
