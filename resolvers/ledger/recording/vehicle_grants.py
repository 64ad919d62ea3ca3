"""This module is in charge of what a batch changes of vehicles' grants, without folding every pack that was ever in the vehicle.

The grants of a vehicle are the union of what its packs contribute (resolvers/ledger/vehicles.py), and the union as it was is stored. What is only added joins
it. Where a stay ends, the grant that it was part of is made anew, from the packs that have been in the vehicle since that grant began: what it consists of
began no earlier, and whoever contributed was in the vehicle then. Corrections can take anything away: of their vehicles all packs are folded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from resolvers.ledger.fold import CUSTODIAN, NotKept, Projection
from resolvers.ledger.projection import project
from resolvers.ledger.recording.judging import Docket
from resolvers.ledger.rows import VehicleAccess
from resolvers.ledger.vehicles import merge, of_import

Grants = tuple[VehicleAccess, ...]
_NONE: Final[Mapping[str, Grants]] = MappingProxyType({})


class Place(NamedTuple):
    """The grants of one party by one relation from a moment on, and the last that began before it."""

    vin: str
    grantee: str
    relation: str
    since: datetime


class Looked(NamedTuple):
    """What is stored of the vehicles whose grants change, and what packs contribute to them, of which nothing is reported, since `since` of the vehicle."""

    stored: Mapping[str, Grants] = _NONE
    others: Mapping[str, Grants] = _NONE


@dataclass(slots=True)
class Contributions:
    """What the packs of a batch contribute to the grants of vehicles, before it and after it, by VIN."""

    docket: Docket
    changed: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    before: defaultdict[str, list[VehicleAccess]] = field(default_factory=lambda: defaultdict(list))
    after: defaultdict[str, list[VehicleAccess]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, docket: Docket) -> Contributions:
        """Those of all packs that have new events."""
        made = cls(docket)
        for code, life in docket.lives.items():
            if life.new:
                made._add(code, life.before, life.finish())
        return made

    def _add(self, code: str, before: Projection | None, after: Projection) -> None:
        old = before.vehicle_access if before is not None else ()
        self.changed.add(code)
        for grant in old:
            self.before[grant.vin].append(grant)
        for grant in after.vehicle_access:
            self.after[grant.vin].append(grant)
        self.touched.update(grant.vin for grant in set(old) ^ set(after.vehicle_access))

    def to_look_up(self) -> list[Place]:
        """Where stored grants are needed: those before can neither grow nor end."""
        found = dict[tuple[str, str, str], datetime]()
        for vin in self.touched & self.docket.seen.vehicles.keys() - self.docket.seen.beside.keys():
            for grant in set(self.before[vin]) ^ set(self.after[vin]):
                key = (vin, *_group(grant))
                found[key] = min(found.get(key, grant.from_at), grant.from_at)
        return [Place(*key, since) for key, since in sorted(found.items())]

    def since(self, stored: Mapping[str, Grants]) -> dict[str, datetime]:
        """From when on the packs that were in a vehicle are needed; of vehicles in which no stay ends, nothing. Raises NotKept."""
        found = dict[str, datetime]()
        for vin in self.touched - self.docket.seen.beside.keys():
            if begun := [self._begun(vin, group, stored.get(vin, ())) for group in self._ended(vin)]:
                found[vin] = min(begun)
                self._are_kept(found[vin])
        return found

    def differences(self, looked: Looked) -> Iterator[tuple[Iterable[VehicleAccess], Iterable[VehicleAccess]]]:
        """What was and what is, of the grants that may have changed; together with `looked` of what `to_look_up` and `since` ask for. Raises NotKept."""
        for vin in sorted(self.touched):
            if vin in self.docket.seen.beside:
                others = self._others(vin)
                yield merge([*others, *self.before[vin]]), merge([*others, *self.after[vin]])
            else:
                yield from self._joined(vin, looked.stored.get(vin, ()), looked.others.get(vin, ()))

    def _joined(self, vin: str, stored: Grants, others: Grants) -> Iterator[tuple[Iterable[VehicleAccess], Iterable[VehicleAccess]]]:
        added, ended = set(self.after[vin]) - set(self.before[vin]), self._ended(vin)
        for group in sorted({_group(grant) for grant in (*added, *(set(self.before[vin]) - set(self.after[vin])))}):
            was = [grant for grant in stored if _group(grant) == group]
            new = [grant for grant in added if _group(grant) == group]
            self._is_no_import(vin, was, new)
            if group in ended:
                begun = self._begun(vin, group, stored)
                since = [grant for grant in (*self.after[vin], *others) if _group(grant) == group and grant.from_at >= begun]
                yield was, merge({*(grant for grant in was if grant.from_at < begun), *new, *since})
            else:
                yield was, merge([*was, *new])

    def _ended(self, vin: str) -> set[tuple[str, str]]:
        """The grantees and relations of which something is no more as it was."""
        ended = {_group(grant) for grant in set(self.before[vin]) - set(self.after[vin])}
        if any(relation != CUSTODIAN for _grantee, relation in ended):
            raise NotKept(vin=vin)
        return ended

    def _begun(self, vin: str, group: tuple[str, str], stored: Iterable[VehicleAccess]) -> datetime:
        """When the stored grant began that what ended was part of."""
        changed = min(grant.from_at for grant in set(self.before[vin]) - set(self.after[vin]) if _group(grant) == group)
        for grant in stored:
            if _group(grant) == group and grant.from_at <= changed and (grant.until_at is None or grant.until_at >= changed):
                return grant.from_at
        raise NotKept(vin=vin)

    def _are_kept(self, since: datetime) -> None:
        """Whether all stays of the batch's own packs are known that began since then: any of them may have been in this vehicle."""
        for code in self.changed:
            before = self.docket.lives[code].fold.stays_before
            if before is not None and before >= since:
                raise NotKept(code)

    def _is_no_import(self, vin: str, was: Iterable[VehicleAccess], new: Iterable[VehicleAccess]) -> None:
        """A grant that an import gave is no pack's: it neither takes in what a pack contributes, nor is taken in."""
        for grant in was:
            known = self.docket.seen.vehicles[vin]
            reported = known.sale_reported and known.facts.sold_at == grant.from_at
            if of_import(grant, known.row) and not reported and any(each.from_at != grant.from_at for each in new):
                raise NotKept(vin=vin)

    def _others(self, vin: str) -> list[VehicleAccess]:
        """What all packs contribute that were ever in the vehicle, and of which nothing was reported."""
        beside = self.docket.seen.beside[vin]
        for code in self.changed:
            if self.docket.lives[code].base is not None and (code in beside or any(grant.vin == vin for grant in self.after_of(code))):
                raise NotKept(code)
        return [grant for code in beside if code not in self.changed for grant in self._unchanged(code) if grant.vin == vin]

    def after_of(self, code: str) -> Grants:
        """What the pack contributes now."""
        return self.docket.lives[code].finish().vehicle_access

    def _unchanged(self, code: str) -> Grants:
        seen, life = self.docket.seen.packs[code], self.docket.lives.get(code)
        if seen.base is not None:
            raise NotKept(code)
        if life is not None:
            return life.finish().vehicle_access
        return project(seen.facts, seen.events, self.docket.known, seen.health, seen.safety).vehicle_access


def _group(grant: VehicleAccess) -> tuple[str, str]:
    return grant.grantee, grant.relation
