"""This module is in charge of recovery batches: packs of one recycler and chemistry family taken together, with a mass balance."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Final, NamedTuple

from resolvers.demo.lives import Block, Life, Untold
from resolvers.demo.materials import RECOVERED
from resolvers.demo.registry import Firm
from resolvers.ledger.events import EventType
from resolvers.ledger.recovery.balance import Kind
from resolvers.ledger.recovery.rows import RecoveryAssay, RecoveryBatch, RecoveryInput, RecoveryMaterial, RecoveryOutput, RecoveryStep

LARGEST_BATCH: Final = 6
# Process, share of batches, recovery from and to by element family, output and residue mass from and to per kg of input.
MECHANICAL: Final = "MECHANICAL"
HYDROMETALLURGICAL: Final = "HYDROMETALLURGICAL"
PYROMETALLURGICAL: Final = "PYROMETALLURGICAL"
PROCESSES: Final = (MECHANICAL, HYDROMETALLURGICAL, PYROMETALLURGICAL)
PROCESS_SUMS: Final = (30, 85, 100)
RATES: Final = {
    MECHANICAL: {"Li": (0.975, 0.99), "": (0.98, 0.995)},
    HYDROMETALLURGICAL: {"Li": (0.90, 0.955), "Fe": (0.85, 0.95), "P": (0.85, 0.95), "": (0.981, 0.995)},
    PYROMETALLURGICAL: {"Li": (0.90, 0.92), "Al": (0.2, 0.4), "Mn": (0.98, 0.985), "Fe": (0.6, 0.8), "P": (0.3, 0.5), "": (0.98, 0.99)},
}
# Chemical steps add reagent mass (1 kg of lithium is 5.32 kg of its carbonate), so their output may outweigh their input.
OUTPUT: Final = {MECHANICAL: (0.945, 0.965), HYDROMETALLURGICAL: (1.02, 1.22), PYROMETALLURGICAL: (0.55, 0.65)}
RESIDUE: Final = {MECHANICAL: (0.03, 0.034), HYDROMETALLURGICAL: (0.06, 0.1), PYROMETALLURGICAL: (0.3, 0.4)}
# What of a batch is left for the chemical step after it was opened mechanically, per kg; its last step, and what comes of it.
OPENED: Final = {MECHANICAL: 0.0, HYDROMETALLURGICAL: 0.955, PYROMETALLURGICAL: 0.96}
LAST_STEP: Final = {MECHANICAL: "SHREDDING_AND_SEPARATION", HYDROMETALLURGICAL: "LEACHING_AND_EXTRACTION", PYROMETALLURGICAL: "SMELTING"}
PRODUCT: Final = {MECHANICAL: "BLACK_MASS_AND_METALS", HYDROMETALLURGICAL: "SALTS_AND_METALS", PYROMETALLURGICAL: "ALLOY"}
ENERGY_KWH_PER_KG: Final = {MECHANICAL: 0.25, HYDROMETALLURGICAL: 0.9, PYROMETALLURGICAL: 1.0}


class Recovery(NamedTuple):
    """The rows of a block's batches, as they are made."""

    batches: list[RecoveryBatch]
    inputs: list[RecoveryInput]
    outputs: list[RecoveryOutput]
    steps: list[RecoveryStep]
    assays: list[RecoveryAssay]
    materials: list[RecoveryMaterial]


def recover(block: Block, found: Recovery) -> None:
    """Add batches of what waits for recovery, in order of readiness; packs whose batch is not told yet stay as they are."""
    groups: defaultdict[tuple[str, str], list[tuple[datetime, Life, Firm]]] = defaultdict(list)
    for ready, life, firm in block.waiting:
        groups[firm.uscc, life.design.row.chemistry].append((ready, life, firm))
    for key in sorted(groups):
        waiting = sorted(groups[key], key=_ready)
        while waiting:
            _batch(block, found, waiting[:LARGEST_BATCH])
            waiting = waiting[LARGEST_BATCH:]
    block.waiting.clear()


def _batch(block: Block, found: Recovery, packs: list[tuple[datetime, Life, Firm]]) -> None:
    rng, firm, row = block.rng, packs[0][2], packs[0][1].design.row
    started = packs[-1][0] + block.days(4, 40)
    finished = started + block.days(0.5, 4)
    batch_id = f"B{block.index:05}-{len(found.batches) + 1:02}-{firm.uscc[11:16]}"
    told: list[Life] = []
    for _ready_at, life, _firm in packs:
        try:
            life.tell(EventType.RECYCLED, finished, firm, details={"batch": batch_id}, prompt=True)
            told.append(life)
        except Untold:
            continue
    if not told:
        return
    process = rng.choices(PROCESSES, cum_weights=PROCESS_SUMS)[0]
    masses = [round(life.design.row.mass_kg * rng.uniform(0.985, 0.998), 1) for life in told]
    total = round(sum(masses), 1)
    gain = block.trick("R06", process != PYROMETALLURGICAL)
    output = round(total * rng.uniform(*OUTPUT[process]), 1)
    residue = round(total * rng.uniform(*RESIDUE[process]), 1)
    recorded = max(life.recorded for life in told)
    finished = max(life.at for life in told)
    batch = RecoveryBatch(
        batch_id, firm.uscc, firm.province, row.chemistry, process, started, finished, recorded, total, output, residue,
        round(total * ENERGY_KWH_PER_KG[process], 1),
    )  # fmt: skip
    found.batches.append(batch)
    found.inputs.extend(RecoveryInput(life.code, batch_id, mass) for life, mass in zip(told, masses))
    low = not gain and block.trick("R08", process == HYDROMETALLURGICAL)
    outputs = _outputs(block, batch_id, process, told, masses, 1.06 if gain else 0.86 if low else 1.0)
    found.outputs.extend(outputs)
    _plant(found, batch, outputs)
    if gain or low:
        block.plant("R06" if gain else "R08", batch_id)


def _outputs(block: Block, batch_id: str, process: str, told: list[Life], masses: list[float], factor: float) -> list[RecoveryOutput]:
    rows: list[RecoveryOutput] = []
    for element in RECOVERED:
        declared = sum(life.design.bill.elements.get(element, 0.0) * mass / life.design.row.mass_kg for life, mass in zip(told, masses))
        if declared:
            rates = RATES[process]
            rate = block.rng.uniform(*rates.get(element, rates[""])) * factor
            rows.append(RecoveryOutput(batch_id, element, round(declared, 3), round(declared * rate, 3)))
    return rows


def _plant(found: Recovery, batch: RecoveryBatch, outputs: list[RecoveryOutput]) -> None:
    """Steps, assays and materials of the batch; they follow from its masses, and close as far as the batch does."""
    total, opened = batch.input_mass_kg, OPENED[batch.process]
    middle = batch.started_at + (batch.finished_at - batch.started_at) / 3
    ends = (batch.started_at, middle, batch.finished_at) if opened else (batch.started_at, batch.finished_at)
    names = (("DISCHARGE_AND_SHREDDING",) if opened else ()) + (LAST_STEP[batch.process],)
    last = len(names)
    into = round(total * opened, 1) if opened else total
    if opened:
        residue = round(total * 0.03, 1)
        found.steps.append(_step(batch, 1, names[0], Kind.MECHANICAL, ends, total, into, residue, round(total - into - residue, 1)))
    kind = Kind.MECHANICAL if batch.process == MECHANICAL else Kind.CHEMICAL
    # Of what is dissolved or molten no total mass is kept: what was added to it weighs, too.
    loss = round(max(into - batch.output_mass_kg - batch.residue_mass_kg, 0.0), 1) if kind is Kind.MECHANICAL else 0.0
    found.steps.append(_step(batch, last, names[-1], kind, ends, into, batch.output_mass_kg, batch.residue_mass_kg, loss))
    for row in outputs:
        left = max(row.input_kg - row.recovered_kg, 0.0)
        residue = round(left * 0.9, 3)
        found.assays.append(RecoveryAssay(batch.id, last, row.element, row.input_kg, row.recovered_kg, residue, round(left - residue, 3)))
    found.materials.append(RecoveryMaterial(batch.id, "OUTPUT", PRODUCT[batch.process], batch.output_mass_kg))
    found.materials.append(RecoveryMaterial(batch.id, "RESIDUE", "SLAG_AND_SLUDGE", batch.residue_mass_kg))


def _step(
    batch: RecoveryBatch, number: int, name: str, kind: Kind, ends: tuple[datetime, ...], into: float, out: float, residue: float, loss: float
) -> RecoveryStep:
    slips = (f"DEMO-W-{batch.id}-{number}I", f"DEMO-W-{batch.id}-{number}O")
    lost = "DUST_AND_VAPOUR" if loss else None
    return RecoveryStep(batch.id, number, name, str(kind), ends[number - 1], ends[number], into, out, residue, loss, lost, slips)


def _ready(waiting: tuple[datetime, Life, Firm]) -> datetime:
    return waiting[0]
