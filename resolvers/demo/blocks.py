"""This module is in charge of one block of packs: telling it, folding it through the ledger's projection, and giving its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from resolvers.demo.found import Examiner
from resolvers.demo.inside import cells_of, facts_of, modules_of
from resolvers.demo.lives import TRICK_SHARE, TRICKS, Block, Car, Life, Planted
from resolvers.demo.models import catalogue
from resolvers.demo.options import WorldOptions, stream
from resolvers.demo.recovery import Recovery, recover
from resolvers.demo.registry import registry
from resolvers.demo.showcase import showcase
from resolvers.demo.stories import tell_story
from resolvers.demo.told import worked
from resolvers.ledger.deadlines import Deadlines, deadlines, local_day
from resolvers.ledger.events import EventType
from resolvers.ledger.finding_rows import FindingReader, FindingRow
from resolvers.ledger.findings.rows import readers_of as finding_readers
from resolvers.ledger.findings.rows import row_of
from resolvers.ledger.projection import Known, readers_of
from resolvers.ledger.recovery.rows import RecoveryAssay, RecoveryBatch, RecoveryInput, RecoveryMaterial, RecoveryOutput, RecoveryStep
from resolvers.ledger.rows import (
    Access,
    CellList,
    Custody,
    Event,
    Grading,
    Health,
    Installation,
    Lineage,
    Module,
    Pack,
    SafetyEvent,
    TakeBack,
    Vehicle,
    VehicleAccess,
)  # fmt: skip
from resolvers.ledger.rules import load_calendar, load_rules
from resolvers.ledger.vehicles import merge

BLOCK: Final = 100
# A story that fails to tell its first fact adds no pack; a stream that only ever does that would never end.
TRIES_PER_PACK: Final = 50
CORRECTED_SHARE: Final = 0.006


class Told(NamedTuple):
    """A block's rows by type, the readers of each model's documents, what was planted, and the showcase's codes."""

    rows: Mapping[type[Any], list[Any]]
    readers: Mapping[str, frozenset[str]]
    planted: tuple[Planted, ...]
    codes: Mapping[str, str]


def block_count(options: WorldOptions) -> int:
    """How many blocks the world has; the last may be smaller."""
    return -(-options.packs // BLOCK)


def tell_block(options: WorldOptions, index: int) -> Told:
    """The rows of block `index`, from nothing but the options."""
    block = _empty(options, index)
    recovery = Recovery([], [], [], [], [], [])
    codes: Mapping[str, str] = {}
    if index == 0:
        codes = showcase(block)
        recover(block, recovery)
    for _try in range(TRIES_PER_PACK * block.size):
        if not block.left:
            break
        tell_story(block)
    recover(block, recovery)
    for life in block.lives:
        _correct(block, life)
    return _folded(block, recovery, codes)


@lru_cache(maxsize=1)
def shipped_deadlines() -> Deadlines:
    """The deadlines of the shipped rules and calendar."""
    return deadlines(load_rules(), load_calendar())


def _empty(options: WorldOptions, index: int) -> Block:
    rng = stream(options.seed, f"block {index}")
    tricks = {trick for trick in TRICKS if rng.random() < TRICK_SHARE} if index and options.anomalies else set()
    size = min(BLOCK, options.packs - index * BLOCK)
    return Block(options, rng, registry(options.seed), catalogue(options.seed), shipped_deadlines(), index, index * BLOCK, size, tricks=tricks)


def _correct(block: Block, life: Life) -> None:
    """Now and then a workshop's report is corrected: a new event, which refers to the old one, says it right."""
    if block.rng.random() >= CORRECTED_SHARE:
        return
    wrong = next((event for event in life.events if event.type == EventType.MAINTAINED), None)
    recorded = life.recorded + block.days(1, 9)
    if wrong is None or recorded > block.options.moment:
        return
    life.events.append(wrong._replace(seq=len(life.events) + 1, recorded_at=recorded, corrects=wrong.seq, details=worked("COOLANT_AND_SEAL")))


def _folded(block: Block, recovery: Recovery, codes: Mapping[str, str]) -> Told:
    known = Known(block.registry.provinces, {car.vin: car.facts for car in block.cars})
    rows: dict[type[Any], list[Any]] = {kind: [] for kind in (
        Pack, Module, CellList, Health, SafetyEvent, Grading, Event, Custody, Installation, Access, Lineage, TakeBack, Vehicle, VehicleAccess,
        FindingRow, FindingReader,
    )}  # fmt: skip
    contributions: list[VehicleAccess] = []
    examiner = Examiner(block, known)
    readers: dict[str, set[str]] = {}
    for life in (*block.lives, *block.parts):
        facts = facts_of(life)
        fold, findings = examiner.follow(facts, life.events)
        told = fold.finish(life.health, life.safety)
        for finding in findings:
            rows[FindingRow].append(row_of(finding))
            rows[FindingReader] += finding_readers(finding)
        rows[Pack].append(told.pack)
        rows[Event] += life.events
        rows[Health] += told.health
        rows[SafetyEvent] += life.safety
        rows[Custody] += told.custody
        rows[Installation] += told.installations
        rows[Grading] += told.gradings
        rows[Access] += told.access
        rows[Lineage] += told.lineage
        rows[TakeBack] += told.take_backs
        rows[Module] += modules_of(life)
        rows[CellList] += cells_of(life, told.pack.status)
        contributions += told.vehicle_access
        readers.setdefault(life.design.row.id, set()).update(told.pack.readers)
    grants = merge(contributions)
    rows[VehicleAccess] += grants
    rows[Vehicle] += _vehicles(block.cars, grants)
    rows.update({
        RecoveryBatch: recovery.batches, RecoveryInput: recovery.inputs, RecoveryOutput: recovery.outputs, RecoveryStep: recovery.steps,
        RecoveryAssay: recovery.assays, RecoveryMaterial: recovery.materials,
    })  # fmt: skip
    return Told(rows, {model: frozenset(found) for model, found in readers.items()}, tuple(block.planted), codes)


def _vehicles(cars: list[Car], grants: tuple[VehicleAccess, ...]) -> Iterator[Vehicle]:
    by_vin: dict[str, list[VehicleAccess]] = {}
    for grant in grants:
        by_vin.setdefault(grant.vin, []).append(grant)
    for car in cars:
        sold = local_day(car.sold_at) if car.sold_at else None
        scrapped = local_day(car.scrapped_at) if car.scrapped_at else None
        yield Vehicle(
            car.vin, car.automaker.uscc, car.model_name, car.powertrain, car.swap_model, local_day(car.produced_at), sold, scrapped, car.province,
            car.region, car.owner_kind, readers_of(car.automaker.uscc, by_vin.get(car.vin, ())), car.recorded_at,
        )  # fmt: skip
