"""This module is in charge of a vehicle's grants: what each pack that was ever in it contributes, made into one set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from resolvers.ledger.deadlines import SHANGHAI, local_day
from resolvers.ledger.fold import JURISDICTION
from resolvers.ledger.rows import Vehicle, VehicleAccess


def merge(contributions: Iterable[VehicleAccess]) -> tuple[VehicleAccess, ...]:
    """The union of the intervals of each (vehicle, grantee, relation), sorted; intervals that touch become one.

    A swap operator with two of its packs in turn in one vehicle has two grants, or one where they follow without a gap.
    """
    grouped: defaultdict[tuple[str, str, str], list[VehicleAccess]] = defaultdict(list)
    for grant in contributions:
        grouped[grant.vin, grant.grantee, grant.relation].append(grant)
    return tuple([grant for _key, grants in sorted(grouped.items()) for grant in _union(grants)])


def of_import(grant: VehicleAccess, vehicle: Vehicle) -> bool:
    """Whether the grant is that of the province that registered a vehicle which was imported as sold: of no pack's making, unless one made the same."""
    return (
        vehicle.province is not None
        and (grant.grantee, grant.relation, grant.until_at) == ("province:" + vehicle.province, JURISDICTION, None)
        and local_day(grant.from_at) == vehicle.sold_on
        and grant.from_at.astimezone(SHANGHAI).hour == 0
    )


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
