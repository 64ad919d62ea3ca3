"""This module is in charge of a vehicle's grants: what each pack that was ever in it contributes, made into one set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from resolvers.ledger.rows import VehicleAccess


def merge(contributions: Iterable[VehicleAccess]) -> tuple[VehicleAccess, ...]:
    """The union of the intervals of each (vehicle, grantee, relation), sorted; intervals that touch become one.

    A swap operator with two of its packs in turn in one vehicle has two grants, or one where they follow without a gap.
    """
    grouped: defaultdict[tuple[str, str, str], list[VehicleAccess]] = defaultdict(list)
    for grant in contributions:
        grouped[grant.vin, grant.grantee, grant.relation].append(grant)
    return tuple([grant for _key, grants in sorted(grouped.items()) for grant in _union(grants)])


def _union(grants: list[VehicleAccess]) -> list[VehicleAccess]:
    if len(grants) == 1:
        return grants
    grants.sort(key=_start)
    merged = [grants[0]]
    for grant in grants[1:]:
        last = merged[-1]
        if last.until_at is None:
            continue
        if grant.from_at > last.until_at:
            merged.append(grant)
        elif grant.until_at is None or grant.until_at > last.until_at:
            merged[-1] = last._replace(until_at=grant.until_at)
    return merged


def _start(grant: VehicleAccess) -> datetime:
    return grant.from_at
