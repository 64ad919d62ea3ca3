"""This module is in charge of the rows of recycling batches as typed values; fields are columns, in the order of the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class RecoveryBatch(NamedTuple):
    """battery.recovery_batch: a batch as it was told once; `superseded_at` is when a correction of it was recorded, None of what stands"""

    id: str
    operator: str
    province: str
    chemistry: str
    process: str
    started_at: datetime
    finished_at: datetime
    recorded_at: datetime
    input_mass_kg: float
    output_mass_kg: float
    residue_mass_kg: float
    energy_kwh: float | None
    superseded_at: datetime | None = None


class RecoveryInput(NamedTuple):
    """battery.recovery_input"""

    code: str
    batch_id: str
    mass_kg: float


class RecoveryOutput(NamedTuple):
    """battery.recovery_output"""

    batch_id: str
    element: str
    input_kg: float
    recovered_kg: float


class RecoveryStep(NamedTuple):
    """battery.recovery_step; masses are net, in kg"""

    batch_id: str
    number: int
    name: str
    kind: str
    started_at: datetime
    finished_at: datetime
    input_kg: float
    output_kg: float
    residue_kg: float
    declared_loss_kg: float
    loss_kind: str | None
    slips: tuple[str, ...]


class RecoveryAssay(NamedTuple):
    """battery.recovery_assay: one element in one step, in kg"""

    batch_id: str
    step: int
    element: str
    input_kg: float
    recovered_kg: float
    residue_kg: float
    declared_loss_kg: float


class RecoveryMaterial(NamedTuple):
    """battery.recovery_material: what came of a batch, OUTPUT or RESIDUE"""

    batch_id: str
    kind: str
    material: str
    mass_kg: float
