"""This module is in charge of what a party reports and what it is answered, as values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Self

from auth.entitlements import REPORTING_ROLES, report_scope
from auth.principal import Principal
from resolvers.ledger.events import EventType
from resolvers.ledger.rows import Model

MOST_REPORTS: Final = 10_000
"""Reports in one batch."""
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_TOLD: Final = json.JSONEncoder(default=str, sort_keys=True, ensure_ascii=True)


class Reporter(NamedTuple):
    """Who reports, as its token proves. `roles` are those that it reports in."""

    party: str
    roles: frozenset[str]
    jurisdiction: frozenset[str] = frozenset()

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """The reporter behind a token: it reports in the roles whose scope was granted, for a token may be cut down to less than its party is."""
        held = frozenset(role for role in principal.roles & REPORTING_ROLES if report_scope(role) in principal.scopes)
        return cls(principal.party, held, principal.jurisdiction)


class Evidence(NamedTuple):
    """A document that proves an event: what it is, its number or address, and the SHA-256 of its bytes in hexadecimal."""

    kind: str
    reference: str
    sha256: str | None = None


class NewModule(NamedTuple):
    """A module of a pack that is reported as produced; mass in kg."""

    code: str
    cell_count: int
    mass_kg: float


class ReleasedItem(NamedTuple):
    """A module or cell that dismantling released; mass in kg, None where it was not weighed."""

    code: str
    mass_kg: float | None = None


@dataclass(frozen=True, slots=True)
class NewPack:
    """What PRODUCED and IMPORTED say of a pack beside its code; what is None is the model's.

    `cells` are codes, in the order of the modules that they are in.
    """

    model_id: str
    mass_kg: float | None = None
    nominal_energy_kwh: float | None = None
    modules: tuple[NewModule, ...] = ()
    cells: tuple[str, ...] = ()
    other_scheme: str | None = None
    other_value: str | None = None

    def mass_of(self, model: Model) -> float:
        """In kg; 0 is a mass that was told, and stays one where it was recorded."""
        return model.mass_kg if self.mass_kg is None else self.mass_kg

    def energy_of(self, model: Model) -> float:
        """Rated, in kWh; 0 as of the mass."""
        return model.nominal_energy_kwh if self.nominal_energy_kwh is None else self.nominal_energy_kwh


@dataclass(frozen=True, slots=True)
class NewVehicle:
    """What INSTALLED says of a vehicle that nobody reported before."""

    model_name: str
    powertrain: str
    swap_model: bool
    produced_on: date


@dataclass(frozen=True, slots=True)
class Sale:
    """What VEHICLE_SOLD says of the vehicle: where it is registered (GB/T 2260, six digits), and the kind of its owner."""

    region_code: str
    owner_kind: str


class Refused(NamedTuple):
    """A report that was not taken: a stable code, words that are safe to send, the state the pack is in, and what could be reported of it there.

    `state` and `allowed` are empty where the reporter may not know that there is such a pack; `field` is the path of the field of a report that is malformed.
    """

    code: str
    message: str
    state: str | None = None
    allowed: tuple[str, ...] = ()
    field: str | None = None

    def of_item(self, name: str, codes: Sequence[str], code: str) -> Refused:
        """The refusal, saying which of the codes that the report names in that list it is of."""
        return self._replace(message=f"{name}[{codes.index(code)}]: {self.message}")


@dataclass(frozen=True, slots=True)
class Report:
    """One event that a party reports of one pack.

    `client_reference` is the reporter's own name for the report, unique among all it ever sends. `province` (two digits) is where it happened,
    None: the reporter's own. `corrects` is the seq of the pack's event that this one takes the place of; `corrected` the
    reference under which the reporter reported that, where it is named so, and is looked up when it is judged. Reports of a batch that share a `group` are
    accepted together or not at all. `misread` is why it is refused whatever it is about: its VIN has another check digit,
    which may be a finding; `outdated`, why it is refused unless the same was recorded before that was asked. `sources` are what a product is made of,
    `released` what came out of a pack that was dismantled. `said` is the digest of a report of several packs of which this is one (together.py): it stands
    for all that was said.
    """

    type: EventType
    code: str
    occurred_at: datetime
    client_reference: str
    details: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    counterparty: str | None = None
    vin: str | None = None
    province: str | None = None
    evidence: tuple[Evidence, ...] = ()
    corrects: int | None = None
    pack: NewPack | None = None
    vehicle: NewVehicle | None = None
    sale: Sale | None = None
    sources: tuple[str, ...] = ()
    released: tuple[ReleasedItem, ...] = ()
    corrected: str | None = None
    misread: Refused | None = field(default=None, compare=False)
    outdated: Refused | None = field(default=None, compare=False)
    group: int | None = field(default=None, compare=False)
    said: bytes | None = field(default=None, compare=False)

    @property
    def is_correction(self) -> bool:
        """Whether it takes the place of an event, however that is named."""
        return self.corrects is not None or self.corrected is not None

    @property
    def codes(self) -> tuple[str, ...]:
        """Every battery that the report is about."""
        return (self.code, *self.sources, *(each.code for each in self.released))

    def digest(self) -> bytes:
        """SHA-256 of everything that is reported, its reference aside: what tells a repetition from another report under the same reference."""
        if self.said is not None:
            return hashlib.sha256(self.said + self.client_reference.encode()).digest()
        told = (
            self.type, self.code, self.occurred_at.timestamp(), sorted(self.details.items()), self.counterparty, self.vin, self.province, self.evidence,
            self.corrects, _plain(self.pack), _plain(self.vehicle), _plain(self.sale), *filter(None, (self.sources, self.released)),
        )  # fmt: skip
        return hashlib.sha256(_TOLD.encode(told).encode()).digest()


class Recorded(NamedTuple):
    """An event that stands in the ledger. `replayed`: the same report came before, and this is what it was answered then."""

    code: str
    seq: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    due_on: date | None
    late: bool
    replayed: bool = False


Outcome = Recorded | Refused


class Part(NamedTuple):
    """What became of one battery in a report of several; `report` is None where all of it was refused before it came to any. `place` is that of a move
    in its day, -1 of what is none; `match` is what was found of a pack of a scrapped vehicle. `is_told`: whether its code may be said; asking alone
    does not tell which packs are in a vehicle."""

    report: Report | None
    outcome: Outcome
    place: int = -1
    match: str | None = None
    is_told: bool = True


class Several(NamedTuple):
    """What became of a report of several batteries, battery by battery."""

    parts: tuple[Part, ...]


def groups(reports: Sequence[Report]) -> Iterator[list[Report]]:
    """What is accepted together or not at all."""
    for group, several in groupby(reports, lambda each: each.group):
        if group is None:
            yield from ([each] for each in several)
        else:
            yield list(several)


def _plain(value: object) -> object:
    if value is None:
        return None
    # A field that came later is left out where it is empty: the digests of what was reported before stay what they were.
    told = [(name, getattr(value, name)) for name in value.__slots__]  # type: ignore[attr-defined]
    return [(name, each) for name, each in told if name != "cells" or each]
