"""This module is in charge of a recycling batch as its report tells it: process steps and the rows that follow from the event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from resolvers.ledger.recovery.balance import Assay, Kind, Step
from resolvers.ledger.recovery.rows import RecoveryAssay, RecoveryBatch, RecoveryInput, RecoveryMaterial, RecoveryOutput, RecoveryStep

if TYPE_CHECKING:
    # It has these rows among its tables.
    from resolvers.ledger.rows import Event


def batch_id(operator: str, number: str) -> str:
    """A batch's id: two plants may give the same number."""
    return f"{operator}:{number}"


def steps_of(told: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The process steps, from what the report says of them."""
    return tuple([
        Step(
            each["name"], Kind(each["kind"]), datetime.fromisoformat(each["startedAt"]), datetime.fromisoformat(each["finishedAt"]), each["inputKg"],
            each["outputKg"], each.get("residueKg", 0.0), each.get("lossKg", 0.0), tuple(each["weighingSlips"]), assays_of(each.get("assays", ())),
        )
        for each in told
    ])  # fmt: skip


def assays_of(told: Sequence[Mapping[str, Any]]) -> dict[str, Assay]:
    """The assays of a step by element."""
    return {each["element"]: Assay(each["inputKg"], each["recoveredKg"], each.get("residueKg", 0.0), each.get("lossKg", 0.0)) for each in told}


def batch_rows(event: Event, chemistry: str) -> list[Any]:
    """The rows that a RECYCLED event makes: what went in, and, of the item by which the batch was reported, the batch itself.

    An event that names a batch without its id is of a demonstration or of an import, whose batches are facts; it makes none.
    """
    told = event.details
    if "batchId" not in told:
        return []
    own = RecoveryInput(event.code, told["batchId"], told["massKg"])
    return [*_batch(event, chemistry), own] if is_batch(event) else [own]


def is_batch(event: Event) -> bool:
    """Whether the event tells a whole batch that was reported."""
    return "batchId" in event.details and "steps" in event.details


def _batch(event: Event, chemistry: str) -> Iterator[Any]:
    told, name = event.details, event.details["batchId"]
    steps = steps_of(told["steps"])
    yield RecoveryBatch(
        name, event.reporter, event.province or "", chemistry, told["process"], steps[0].started_at, max(each.finished_at for each in steps), event.recorded_at,
        _sum(told["inputs"]), _sum(told["outputs"]), _sum(told.get("residues", ())), told.get("energyKwh"),
    )  # fmt: skip
    for element, (input_kg, recovered_kg) in sorted(recovered(steps).items()):
        yield RecoveryOutput(name, element, input_kg, recovered_kg)
    for number, (step, given) in enumerate(zip(steps, told["steps"], strict=True), 1):
        yield RecoveryStep(
            name, number, step.name, str(step.kind), step.started_at, step.finished_at, step.input_kg, step.output_kg, step.residue_kg,
            step.declared_loss_kg, given.get("lossKind"), step.slips,
        )  # fmt: skip
        for element, assay in sorted(step.assays.items()):
            yield RecoveryAssay(name, number, element, *assay)
    for kind, listed in (("OUTPUT", told["outputs"]), ("RESIDUE", told.get("residues", ()))):
        for each in listed:
            yield RecoveryMaterial(name, kind, each["material"], each["massKg"])


def recovered(steps: Sequence[Step]) -> dict[str, tuple[float, float]]:
    """What the batch took in and gave back of each element, in kg: by the first step that assayed it and by the last."""
    found: dict[str, tuple[float, float]] = {}
    for step in steps:
        for element, assay in step.assays.items():
            found[element] = found.get(element, (assay.input_kg, 0.0))[0], assay.recovered_kg
    return found


def _sum(told: Sequence[Mapping[str, Any]]) -> float:
    # Rounded to the milligram: the same sum in every order.
    return round(sum(float(each["massKg"]) for each in told), 6)
