"""This module is in charge of a recycling batch as its report tells it: process steps and the rows that follow from the event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from resolvers.ledger.recovery.balance import Assay, Kind, Step
from resolvers.ledger.recovery.rows import RecoveryAssay, RecoveryBatch, RecoveryInput, RecoveryMaterial, RecoveryOutput, RecoveryStep

if TYPE_CHECKING:
    # It has these rows among its tables.
    from resolvers.ledger.rows import Event

VERSION: Final = "version"
"""In the details of a correction of a batch: how often its figures have been told, this time included."""


def batch_id(operator: str, number: str) -> str:
    """A batch's name: two plants may give the same number."""
    return f"{operator}:{number}"


def version_id(name: str, version: int) -> str:
    """The id of the rows that the batch's first report makes, or a correction of it: versions count from 1. A name begins with a credit code, so that no name
    is another one's version."""
    return name if version == 1 else f"{version}#{name}"


def version_of(event: Event) -> str | None:
    """The id of the rows that a RECYCLED event makes; None where it makes none."""
    name = event.details.get("batchId")
    return version_id(name, event.details.get(VERSION, 1)) if name is not None else None


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


def recovery_rows(events: Iterable[Event], chemistry: str) -> list[Any]:
    """The rows of all RECYCLED events of one item, corrected ones included: what was told before stays on record, until when it stood.

    `chemistry` is the item's: a batch that was reported before its chemistry was kept is of the item by which it was reported.
    """
    told = [event for event in events if event.type == "RECYCLED"]
    until = {event.corrects: event.recorded_at for event in told if event.corrects is not None}
    return [row for event in told for row in batch_rows(event, event.details.get("chemistry", chemistry), until.get(event.seq))]


def batch_rows(event: Event, chemistry: str, until: datetime | None = None) -> list[Any]:
    """The rows that a RECYCLED event makes: what went in, and, of the item by which the batch was reported, the batch itself, which stood `until` then.

    An event that names a batch without its id is of a demonstration or of an import, whose batches are facts; it makes none.
    """
    version = version_of(event)
    if version is None:
        return []
    own = RecoveryInput(event.code, version, event.details["massKg"])
    return [*_batch(event, version, chemistry, until), own] if is_batch(event) else [own]


def is_batch(event: Event) -> bool:
    """Whether the event tells a whole batch that was reported."""
    return "batchId" in event.details and "steps" in event.details


def _batch(event: Event, name: str, chemistry: str, until: datetime | None) -> Iterator[Any]:
    told = event.details
    steps = steps_of(told["steps"])
    yield RecoveryBatch(
        name, event.reporter, event.province or "", chemistry, told["process"], steps[0].started_at, max(each.finished_at for each in steps), event.recorded_at,
        _sum(told["inputs"]), _sum(told["outputs"]), _sum(told.get("residues", ())), told.get("energyKwh"),
        until,
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
