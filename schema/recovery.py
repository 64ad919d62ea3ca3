"""This module is in charge of what the graph says of recovery and products below a pack: steps, assays and materials of batches, and standards."""

# Types made by a function stand in annotations here, for Strawberry to read.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

from datetime import date, datetime

import strawberry

from resolvers.database import tables as t
from schema.enums import ProcessKind, RecoveredKind
from schema.fields import column


@strawberry.type(description="An edition of a standard that a product made of used batteries has to meet in some fields of use.")
class Standard:
    """Rows of the register (resolvers/ledger/products/standards.csv)."""

    designation: str | None = column(t.STANDARD, "designation", "As a report names it: number and edition.")
    number: str | None = column(t.STANDARD, "number", "Its number.")
    edition: str | None = column(t.STANDARD, "edition", "Its edition: a year.")
    title: str | None = column(t.STANDARD, "title", "Its title.")
    valid_from: date | None = column(t.STANDARD, "valid_from", "The first day on which it is in force.")
    valid_to: date | None = column(t.STANDARD, "valid_to", "The first day on which it is no more in force; null while that is not known.")
    fields_of_use: list[str] | None = column(t.STANDARD, "fields_of_use", "The fields of use that it is for.")
    basis: str | None = column(t.STANDARD, "basis", "What is known of where this row comes from.")
    confidence: str | None = column(t.STANDARD, "confidence", "How sure the row is: CONFIRMED, SECONDARY_SOURCE, UNCONFIRMED, DESIGN.")


@strawberry.type(description="A step of a recycling batch; masses are net.")
class ProcessStep:
    """A row of battery.recovery_step."""

    number: int | None = column(t.RECOVERY_STEP, "number", "Its place in the batch, from 1.")
    name: str | None = column(t.RECOVERY_STEP, "name", "What was done.")
    kind: ProcessKind | None = column(t.RECOVERY_STEP, "kind", "What it does to what goes in.")
    started_at: datetime | None = column(t.RECOVERY_STEP, "started_at", "When it began.")
    finished_at: datetime | None = column(t.RECOVERY_STEP, "finished_at", "When it was done.")
    input_kg: float | None = column(t.RECOVERY_STEP, "input_kg", "What went in, in kg.")
    output_kg: float | None = column(t.RECOVERY_STEP, "output_kg", "What came out, in kg.")
    residue_kg: float | None = column(t.RECOVERY_STEP, "residue_kg", "What was left over, in kg.")
    loss_kg: float | None = column(t.RECOVERY_STEP, "declared_loss_kg", "What was lost, in kg, as the plant declares.")
    loss_kind: str | None = column(t.RECOVERY_STEP, "loss_kind", "What kind of loss it is.")
    weighing_slips: list[str] | None = column(t.RECOVERY_STEP, "slips", "The numbers of the weighing slips.")


@strawberry.type(description="One element in one step of a recycling batch.")
class Assay:
    """A row of battery.recovery_assay."""

    step: int | None = column(t.RECOVERY_ASSAY, "step", "The number of the step.")
    element: str | None = column(t.RECOVERY_ASSAY, "element", "The element's symbol.")
    input_kg: float | None = column(t.RECOVERY_ASSAY, "input_kg", "What of it went in, in kg.")
    recovered_kg: float | None = column(t.RECOVERY_ASSAY, "recovered_kg", "What of it was recovered, in kg.")
    residue_kg: float | None = column(t.RECOVERY_ASSAY, "residue_kg", "What of it stayed in residues, in kg.")
    loss_kg: float | None = column(t.RECOVERY_ASSAY, "declared_loss_kg", "What of it was lost, in kg, as the plant declares.")


@strawberry.type(description="A material that came of a recycling batch.")
class RecoveredMaterial:
    """A row of battery.recovery_material."""

    kind: RecoveredKind | None = column(t.RECOVERY_MATERIAL, "kind", "What became of it.")
    material: str | None = column(t.RECOVERY_MATERIAL, "material", "The material.")
    mass_kg: float | None = column(t.RECOVERY_MATERIAL, "mass_kg", "Its mass in kg.")


@strawberry.type(description="How much of an element a recovery batch gave back.")
class ElementRecovery:
    """A row of battery.recovery_output."""

    element: str | None = column(t.RECOVERY_ELEMENT, "element", "The element's symbol: Li, Ni, Co, Mn, Cu, Al, Fe, P.")
    rate: float | None = column(t.RECOVERY_ELEMENT, "rate", "Recovered mass over mass put in, 0 to 1.")
    input_kg: float | None = column(t.RECOVERY_ELEMENT, "input_kg", "Mass put in, in kg.")
    recovered_kg: float | None = column(t.RECOVERY_ELEMENT, "recovered_kg", "Mass recovered, in kg.")
