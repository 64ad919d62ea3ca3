"""This module is in charge of what a batch changes: the rows of packs and vehicles before and after it, table by table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

from resolvers.ledger.cell_codes import heads, packed
from resolvers.ledger.notices.rows import NoticeReader
from resolvers.ledger.projection import readers_of
from resolvers.ledger.recording.judging import Docket
from resolvers.ledger.recording.vehicle_grants import Contributions, Looked
from resolvers.ledger.recovery.rows import RecoveryAssay, RecoveryBatch, RecoveryInput, RecoveryMaterial, RecoveryOutput, RecoveryStep
from resolvers.ledger.rows import (
    Access,
    CellList,
    Custody,
    Event,
    Grading,
    Health,
    Installation,
    KeptState,
    Lineage,
    Model,
    Module,
    Pack,
    SafetyEvent,
    Specification,
    TakeBack,
    Traceability,
    Vehicle,
    VehicleAccess,
)

Row = tuple[Any, ...]
KEYS: Final[Mapping[type[Any], tuple[str, ...]]] = {
    Pack: ("code",),
    Module: ("code", "module_code"),
    CellList: ("code",),
    Event: ("code", "seq"),
    Grading: ("code", "seq"),
    Health: ("code", "seq"),
    SafetyEvent: ("code", "seq"),
    TakeBack: ("code", "seq"),
    Custody: ("code", "seq"),
    Installation: ("code", "seq"),
    Access: ("code", "grantee", "relation", "from_at"),
    Lineage: ("code", "relation", "other"),
    KeptState: ("code",),
    RecoveryBatch: ("id",),
    RecoveryInput: ("code", "batch_id"),
    RecoveryOutput: ("batch_id", "element"),
    RecoveryStep: ("batch_id", "number"),
    RecoveryAssay: ("batch_id", "step", "element"),
    RecoveryMaterial: ("batch_id", "kind", "material"),
    Vehicle: ("vin",),
    VehicleAccess: ("vin", "grantee", "relation", "from_at"),
    Specification: ("manufacturer_code", "code"),
    Traceability: ("manufacturer_code", "code"),
    Model: ("id",),
    NoticeReader: ("entity", "grantee", "seq"),
}
_KEY_OF: Final = {row: attrgetter(*names) for row, names in KEYS.items()}
_BELOW_PACKS: Final = ("custody", "installations", "gradings", "health", "safety", "take_backs", "access", "lineage", "recovery")


@dataclass(slots=True)
class Differences:
    """Rows to be added or changed, and rows that are no more, by their type; `new` are rows whose keys nobody has yet, and `opened` are (model, readers) whose
    documents open further."""

    new_packs: list[Pack] = field(default_factory=list)
    new_vehicles: list[Vehicle] = field(default_factory=list)
    new: dict[type[Any], list[Any]] = field(default_factory=lambda: defaultdict(list))
    put: dict[type[Any], list[Any]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[type[Any], list[Any]] = field(default_factory=lambda: defaultdict(list))
    opened: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)


def differences(docket: Docket, contributions: Contributions, looked: Looked) -> Differences:
    """What the accepted reports change. Raises NotKept."""
    made = Differences()
    for _code, life in sorted(docket.lives.items()):
        if not life.new:
            continue
        before, after = life.before, life.finish()
        if before is None:
            made.new_packs.append(after.pack)
            made.put[Module].extend(life.children.modules)
            if life.children.cells:
                made.put[CellList].append(CellList(life.facts.code, packed(life.children.cells), heads(life.children.cells)))
        elif after.pack != before.pack:
            made.put[Pack].append(after.pack)
        if before is None or set(before.pack.readers) != set(after.pack.readers):
            made.opened.add((after.pack.model_id, after.pack.readers))
        made.new[Event].extend(life.new)
        for name in _BELOW_PACKS:
            _compare(made, getattr(before, name) if before is not None else (), getattr(after, name))
        if (kept := life.to_keep()) is not None:
            made.put[KeptState].append(kept)
    _vehicles(docket, made, contributions, looked)
    # An active custody may begin only when the one before it has ended: the index on it is asked row by row.
    made.put[Custody].sort(key=lambda row: (row.outcome == "RECEIVED" and row.until_at is None, row.code, row.seq))
    return made


def _vehicles(docket: Docket, made: Differences, contributions: Contributions, looked: Looked) -> None:
    """Vehicles are what all packs that were ever in them make of them together."""
    grants = defaultdict[str, list[VehicleAccess]](list)
    for before, after in contributions.differences(looked):
        _compare(made, before, after)
        for grant in after:
            grants[grant.vin].append(grant)
    for vin, row in sorted(docket.fleet.rows.items()):
        stored = docket.seen.vehicles.get(vin)
        changed = row._replace(readers=tuple(sorted({*row.readers, *readers_of(row.automaker, grants.get(vin, ()))})))
        if stored is None:
            made.new_vehicles.append(changed)
        elif changed != stored.row:
            made.put[Vehicle].append(changed)


def _compare(made: Differences, before: Iterable[Any], after: Iterable[Any]) -> None:
    # Most reports leave most rows of a pack as they were.
    if before == after:
        return
    old = dict(_keyed(before))
    for key, row in _keyed(after):
        other = old.pop(key, None)
        if other is None and type(row) is RecoveryBatch:
            # Its key is not the pack's: two reports at the same time may be of one batch, and name no pack that the other names.
            made.new[RecoveryBatch].append(row)
        elif other != row:
            made.put[type(row)].append(row)
    for row in old.values():
        made.gone[type(row)].append(row)


def _keyed(rows: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    return ((_KEY_OF[type(row)](row), row) for row in rows)
