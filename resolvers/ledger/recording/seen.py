"""This module is in charge of what a batch of reports is judged by: everything that the database holds of it, read under its locks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from resolvers.ledger.deadlines import Deadlines
from resolvers.ledger.facts import PackFacts, VehicleFacts
from resolvers.ledger.findings.parameters import NO_RULES, RuleTable
from resolvers.ledger.fold import NotKept
from resolvers.ledger.kept import Base
from resolvers.ledger.notices.rows import Notice
from resolvers.ledger.recording.report import Recorded
from resolvers.ledger.rows import Event, Health, Model, Module, SafetyEvent, Vehicle


class PackSeen(NamedTuple):
    """A pack as the ledger has it: facts, events by seq, and what was measured of it. Where a state was kept after event `kept_at`, it may be told from
    that `base` on, with the events after it alone."""

    facts: PackFacts
    events: tuple[Event, ...]
    health: tuple[Health, ...] = ()
    safety: tuple[SafetyEvent, ...] = ()
    base: Base | None = None
    kept_at: int = 0


class Children(NamedTuple):
    """What the ledger knows to be in a pack or module: modules in their order, and the codes of cells in the order of the modules that they are in."""

    modules: tuple[Module, ...] = ()
    cells: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the modules and of the cells."""
        return (*(each.module_code for each in self.modules), *self.cells)

    def inside(self, module: str) -> tuple[str, ...]:
        """The cells of that module; none where cells and modules do not add up, so that nobody knows."""
        if sum(each.cell_count for each in self.modules) != len(self.cells):
            return ()
        start = 0
        for each in self.modules:
            if each.module_code == module:
                return self.cells[start : start + each.cell_count]
            start += each.cell_count
        return ()


class EnterpriseSeen(NamedTuple):
    """An enterprise of the registry; `province` is two digits."""

    province: str
    active: bool
    authority: bool = False


class VehicleSeen(NamedTuple):
    """A vehicle, what the fold asks of it, and whether its sale was reported by an event."""

    row: Vehicle
    facts: VehicleFacts
    sale_reported: bool = False


class Stay(NamedTuple):
    """That a pack was in a place of a vehicle; `until` is None where it is not told to have left. `number` is that of its installation."""

    code: str
    number: int
    vin: str
    position: int
    since: datetime
    until: datetime | None


class Ties(NamedTuple):
    """What ties the reporter to the vehicles that the batch puts packs into: VINs of those that it held a pack of or told something of before, and, of packs
    that are named as replaced, with the VIN of each of these vehicles that they were in. `empty` are those that no pack was ever told to be in, as far as that
    is asked."""

    vins: frozenset[str] = frozenset()
    were_in: frozenset[tuple[str, str]] = frozenset()
    empty: frozenset[str] = frozenset()


class ReferenceSeen(NamedTuple):
    """A reference that the reporter used before: the digest of what it sent, and what it was answered."""

    digest: bytes
    recorded: Recorded


class Noticed(NamedTuple):
    """What reports of no pack are judged by: the histories that they go on, the traceability codes that are filed (behind their manufacturer code), and
    the specifications and traceability codes of the reports of which there are packs already (likewise)."""

    notices: Mapping[str, tuple[Notice, ...]]
    traced: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()


NOTHING_NOTICED: Final = Noticed({})
NO_TIES: Final = Ties()


@dataclass(frozen=True, slots=True)
class Whole:
    """What a batch is judged by from the first event on, although states were kept: packs by code, and vehicles with all packs that were ever in them, by VIN;
    or everything."""

    codes: frozenset[str] = frozenset()
    vins: frozenset[str] = frozenset()
    everything: bool = False

    def beyond(self, missing: NotKept) -> Whole:
        """With what was missing; the second time with everything, or a batch of many would be judged as often as it has packs."""
        if self.everything:
            raise missing
        if self.codes or self.vins:
            return Whole(everything=True)
        return Whole(frozenset({missing.code} - {""}), frozenset({missing.vin} if missing.vin is not None else ()))


ON_DEMAND: Final = Whole()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a batch is judged by. `stays` are, for each vehicle that the batch may touch, those of packs that are in it, and others as far as the times that
    the batch tells of its places may meet them; `beside`, for those of which
    grants may be taken away, the packs that were ever in it; they are in `packs` without being locked, for their part of the vehicle's grants. `allotted`
    are holders of manufacturer codes, `filed` the models of specifications by manufacturer code and specification code. `batches` are ids of recycling
    batches that were reported before. `listed` are codes that new batteries are to have or to have inside, and that another has already: that battery's
    code, which is in `packs` without being locked; and what is in packs that are taken apart without anything being named, as far as there are such items.
    `rules` are read for batches that something is judged by alone (RULED). `came_out` is what came out of packs whose recalls or safety a batch may change, and
    of that in turn; it is in `packs`."""

    packs: Mapping[str, PackSeen]
    enterprises: Mapping[str, EnterpriseSeen]
    vehicles: Mapping[str, VehicleSeen]
    beside: Mapping[str, frozenset[str]]
    references: Mapping[str, ReferenceSeen]
    models: Mapping[str, Model]
    allotted: Mapping[str, str]
    filed: Mapping[str, str]
    deadlines: Deadlines
    stays: Mapping[str, tuple[Stay, ...]] = field(default_factory=lambda: MappingProxyType({}))
    rules: RuleTable = NO_RULES
    batches: frozenset[str] = frozenset()
    children: Mapping[str, Children] = field(default_factory=lambda: MappingProxyType({}))
    noticed: Noticed = NOTHING_NOTICED
    listed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    came_out: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    ties: Ties = NO_TIES
