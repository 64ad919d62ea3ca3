"""This module is in charge of proving the projections: every pack and vehicle is folded anew from its events and held against what is stored.

So are the cells of the statistics, which are counted anew from all of them, and cases, which follow from their events and findings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from resolvers.database.notice_store import lock_entities, next_entities, read_histories
from resolvers.database.pool import Database
from resolvers.database.recording_read import lock, read_beside, read_keys, read_known, read_packs, read_rows
from resolvers.database.recording_write import put, remove
from resolvers.database.statistics_recompute import prove
from resolvers.ledger import kept
from resolvers.ledger.cases.proof import prove_cases
from resolvers.ledger.cell_codes import heads, unpacked
from resolvers.ledger.facts import Known
from resolvers.ledger.fold import Projection
from resolvers.ledger.notices.notice import FILINGS, Filed, filed_by
from resolvers.ledger.notices.notice import readers_of as notice_readers
from resolvers.ledger.notices.rows import NoticeReader
from resolvers.ledger.projection import project, readers_of
from resolvers.ledger.recording.differences import KEYS
from resolvers.ledger.recording.seen import PackSeen
from resolvers.ledger.recovery.rows import RecoveryAssay, RecoveryBatch, RecoveryInput, RecoveryMaterial, RecoveryOutput, RecoveryStep
from resolvers.ledger.rows import (
    TABLES,
    Access,
    CellList,
    Custody,
    Grading,
    Health,
    Installation,
    KeptState,
    Lineage,
    Model,
    Pack,
    SafetyEvent,
    Specification,
    TakeBack,
    Traceability,
    Vehicle,
    VehicleAccess,
)
from resolvers.ledger.states import IllegalEvent
from resolvers.ledger.vehicles import merge, of_import

BATCH: Final = 500
_OF_PACKS: Final = (Pack, Custody, Installation, Grading, Health, SafetyEvent, TakeBack, Access, Lineage)
Progress = Callable[[str, int], None]


class Difference(NamedTuple):
    """A row that is not what its events make of it. `fields` are its columns that differ, none where the row is missing or one too many."""

    table: str
    key: tuple[Any, ...]
    fault: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        key = " ".join(str(each) for each in self.key)
        return f"{self.table} {key}: {self.fault}" + (f" ({', '.join(self.fields)})" if self.fields else "")


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild found: packs and vehicles looked at, and every difference."""

    packs: int = 0
    vehicles: int = 0
    differences: list[Difference] = field(default_factory=list)


async def rebuild(database: Database, progress: Progress, *, write: bool = False) -> Rebuilt:
    """Fold everything anew. Each batch is one transaction that sees nothing half-written; with `write` what differs is put right in it."""
    found = Rebuilt()
    for table, batch in ((Pack, _packs), (Vehicle, _vehicles)):
        last, done = "", 0
        while True:
            async with database.transaction("ledger") as connection:
                keys = await read_keys(connection, table, last, BATCH)
                if not keys:
                    break
                await lock(connection, table, keys)
                found.differences += await batch(connection, keys, write)
            last, done = keys[-1], done + len(keys)
            progress(TABLES[table][1], done)
        if table is Pack:
            found.packs = done
        else:
            found.vehicles = done
    found.differences += await _histories(database, write)
    async with database.transaction("ledger") as connection:
        found.differences += [Difference("statistics.cell", each.key, each.fault) for each in await prove(connection, write=write)]
    async with database.transaction("ledger") as connection:
        found.differences += [Difference(*each) for each in await prove_cases(connection, write=write)]
    return found


async def _histories(database: Database, write: bool) -> list[Difference]:
    """What events of no pack amount to; codes and models of a demonstration or of an import follow from no event."""
    found, last = list[Difference](), ""
    while True:
        async with database.transaction("ledger") as connection:
            entities = await next_entities(connection, last, BATCH)
            if not entities:
                return found
            await lock_entities(connection, entities)
            for entity, history in (await read_histories(connection, entities)).items():
                readers = [reader for each in history for reader in notice_readers(each)]
                found += await _compare(connection, NoticeReader, await read_rows(connection, NoticeReader, [entity]), readers, write)
                filed = filed_by(history) if entity.startswith(FILINGS) else Filed([], [], [])
                for table, made in ((Specification, filed.specifications), (Traceability, filed.traceability), (Model, filed.models)):
                    keys = {tuple(getattr(row, name) for name in KEYS[table]) for row in made}
                    stored = await read_rows(connection, table, sorted({row[0] for row in made})) if made else []
                    own = [row for row in stored if tuple(getattr(row, name) for name in KEYS[table]) in keys]
                    found += await _compare(connection, table, own, made, write)
        last = entities[-1]


async def _packs(connection: Any, codes: list[str], write: bool) -> list[Difference]:
    seen = await read_packs(connection, codes)
    known = await read_known(connection, seen)
    made, found = list[Projection](), list[Difference]()
    for code in codes:
        pack = seen[code]
        try:
            made.append(project(pack.facts, pack.events, known, pack.health, pack.safety))
        except (IllegalEvent, KeyError) as wrong:
            found.append(Difference("battery.event", (code,), f"its events cannot be folded: {wrong}"))
    folded = [each.pack.code for each in made]
    rows: dict[type[Any], Iterable[Any]] = {
        Pack: [each.pack for each in made],
        Custody: [row for each in made for row in each.custody],
        Installation: [row for each in made for row in each.installations],
        Grading: [row for each in made for row in each.gradings],
        Health: [row for each in made for row in each.health],
        SafetyEvent: [row for each in made for row in each.safety],
        TakeBack: [row for each in made for row in each.take_backs],
        Access: [row for each in made for row in each.access],
        Lineage: [row for each in made for row in each.lineage],
    }
    found += await _kept(connection, seen, known, folded, write)
    for table in _OF_PACKS:
        found += await _compare(connection, table, await read_rows(connection, table, folded), rows[table], write)
    # What is inside of a pack was told with its first event and stands; how its cells are found follows from their list.
    lists = await read_rows(connection, CellList, codes)
    found += await _compare(connection, CellList, lists, [each._replace(heads=heads(unpacked(each.cells))) for each in lists], write)
    return found + await _recovery(connection, [row for each in made for row in each.recovery], write)


async def _kept(connection: Any, seen: Mapping[str, PackSeen], known: Known, codes: list[str], write: bool) -> list[Difference]:
    """The states that reports go on from; one of another law is made anew."""
    found, wrong = list[Difference](), list[KeptState]()
    for row in await read_rows(connection, KeptState, codes):
        pack = seen[row.code]
        state = kept.state_of(kept.folded(pack.facts, pack.events[: row.seq], known))
        if row.law != kept.LAW or json.loads(row.state) != state:
            found.append(Difference("battery.kept_state", (row.code,), "differs", ("state",)))
            wrong.append(KeptState(row.code, row.seq, kept.LAW, kept.written(state)))
    if write:
        await put(connection, wrong, KEYS[KeptState])
    return found


async def _recovery(connection: Any, made: list[Any], write: bool) -> list[Difference]:
    """Batches that were reported; those of a demonstration or of an import follow from no event."""
    found = list[Difference]()
    batches = sorted({row.id for row in made if isinstance(row, RecoveryBatch)})
    codes = sorted({row.code for row in made if isinstance(row, RecoveryInput)})
    for table in (RecoveryBatch, RecoveryInput, RecoveryOutput, RecoveryStep, RecoveryAssay, RecoveryMaterial):
        stored = await read_rows(connection, table, codes if table is RecoveryInput else batches)
        found += await _compare(connection, table, stored, [row for row in made if type(row) is table], write)
    return found


async def _vehicles(connection: Any, vins: list[str], write: bool) -> list[Difference]:
    beside = await read_beside(connection, vins)
    seen = await read_packs(connection, sorted(set().union(*beside.values())))
    known = await read_known(connection, seen)
    grants = list[VehicleAccess]()
    for pack in seen.values():
        try:
            grants += project(pack.facts, pack.events, known, pack.health, pack.safety).vehicle_access
        except (IllegalEvent, KeyError):
            continue  # told with the pack
    wanted = set(vins)
    made = merge(grant for grant in grants if grant.vin in wanted)
    vehicles = {row.vin: row for row in await read_rows(connection, Vehicle, vins)}
    stored = await read_rows(connection, VehicleAccess, vins)
    keys = {(grant.vin, grant.grantee, grant.relation, grant.from_at) for grant in made}
    surplus = {row for row in stored if of_import(row, vehicles[row.vin]) and (row.vin, row.grantee, row.relation, row.from_at) not in keys}
    found = await _compare(connection, VehicleAccess, [row for row in stored if row not in surplus], made, write)
    readers = [
        row._replace(readers=tuple(sorted({*row.readers, *readers_of(row.automaker, (grant for grant in made if grant.vin == vin))})))
        for vin, row in sorted(vehicles.items())
    ]
    return found + await _compare(connection, Vehicle, vehicles.values(), readers, write)


async def _compare(connection: Any, table: type[Any], stored: Iterable[Any], made: Iterable[Any], write: bool) -> list[Difference]:
    key = KEYS[table]
    old = {tuple(getattr(row, name) for name in key): row for row in stored}
    name = ".".join(TABLES[table])
    found, wrong = list[Difference](), list[Any]()
    for row in made:
        at = tuple(getattr(row, each) for each in key)
        other = old.pop(at, None)
        if other != row:
            wrong.append(row)
            fields = tuple(each for each in table._fields if getattr(other, each) != getattr(row, each)) if other is not None else ()
            found.append(Difference(name, at, "differs" if other is not None else "is missing", fields))
    found += [Difference(name, at, "follows from no event") for at in sorted(old, key=str)]
    if write:
        await remove(connection, list(old.values()), key)
        await put(connection, wrong, key)
    return found
