"""This module is in charge of the mass balance of a recycling batch: in total on mechanical steps, by element on chemical ones.

Total mass is never compared on a chemical step: sulfates and carbonates carry reagent mass (1 kg of lithium is 5.32 kg of
its carbonate). The shape of a step follows `RecyclingBatch` of the Catena-X aspect material_accounting.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from resolvers.ledger.findings.parameters import Parameters

ELEMENTS: Final = frozenset({"Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe", "P"})


class Kind(StrEnum):
    """What a step does to what goes in."""

    MECHANICAL = "MECHANICAL"
    CHEMICAL = "CHEMICAL"


class Assay(NamedTuple):
    """One element in a step, in kg: what went in, by declared composition or assay, what was recovered, what stayed in residues."""

    input_kg: float
    recovered_kg: float
    residue_kg: float = 0.0
    declared_loss_kg: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One process step; masses are net, in kg. `slips` are the numbers of its weighing slips."""

    name: str
    kind: Kind
    started_at: datetime
    finished_at: datetime
    input_kg: float
    output_kg: float
    residue_kg: float
    declared_loss_kg: float = 0.0
    slips: tuple[str, ...] = ()
    assays: Mapping[str, Assay] = field(default_factory=lambda: MappingProxyType({}))


class Unbalanced(NamedTuple):
    """Why a batch is refused. `code` is stable (docs/errors.md), `step` counts from 1 and is 0 for the batch, `element` is empty for total mass. `field` is
    that of the step, or of the batch, which says too much; empty where it is more than one."""

    code: str
    step: int
    message: str
    element: str = ""
    field: str = ""


def unbalanced(steps: tuple[Step, ...], inputs_kg: float, parameters: Parameters) -> tuple[Unbalanced, ...]:
    """Every reason to refuse the batch; none where its balance closes.

    `inputs_kg` is the mass of the packs, modules and cells that the batch names. Tolerances are the rule table's on the day of `parameters`:
    `balance.gain` and `balance.loss`, by kind of step, as shares of what went in. BATCH_WITHOUT_STEPS, STEP_MASS, STEP_TIMES, STEP_UNWEIGHED,
    STEP_ASSAY, BALANCE_GAIN, BALANCE_LOSS, BALANCE_INPUTS.
    """
    if not steps:
        return (Unbalanced("BATCH_WITHOUT_STEPS", 0, "a batch has at least one process step"),)
    found = [each for number, step in enumerate(steps, 1) for each in _step(number, step, parameters)]
    found += _times(steps)
    if not found:
        found += [*_inputs(steps[0], inputs_kg, parameters)] or [*_bounded(steps, inputs_kg, parameters)]
        found += _chain(steps, parameters)
    return tuple(found)


def overfull(steps: tuple[Step, ...], inputs_kg: float, outputs_kg: float, residues_kg: float, parameters: Parameters) -> Unbalanced | None:
    """BALANCE_OUTPUTS: more came of the batch than there was; None where it did not.

    Its outputs are no more than was weighed after its steps, and outputs and residues together no more than what went in. Mechanical steps follow one another
    on the same mass: what they weigh is never added up. A chemical step adds reagents, so that what it gave counts beside what went in.
    """
    gain = parameters.number("balance.gain", Kind.MECHANICAL)
    weighed = sum(each.output_kg for each in steps)
    if outputs_kg > weighed * (1 + gain):
        words = f"{outputs_kg:.3f} kg of materials came out, {weighed:.3f} kg were weighed after the steps"
        return Unbalanced("BALANCE_OUTPUTS", 0, words, field="outputs")
    made, limit = sum(_made(each) for each in steps), f"{gain:.0%} more is tolerated"
    if outputs_kg > (inputs_kg + made) * (1 + gain):
        words = f"{outputs_kg:.3f} kg of materials came out, {_there(inputs_kg, made)}; {limit}"
        return Unbalanced("BALANCE_OUTPUTS", 0, words, field="outputs")
    if outputs_kg + residues_kg > (inputs_kg + made) * (1 + gain):
        words = f"{residues_kg:.3f} kg of residues and {outputs_kg:.3f} kg of materials came out, {_there(inputs_kg, made)}; {limit}"
        return Unbalanced("BALANCE_OUTPUTS", 0, words, field="residues")
    return None


def _step(number: int, step: Step, parameters: Parameters) -> Iterable[Unbalanced]:
    masses = (step.input_kg, step.output_kg, step.residue_kg, step.declared_loss_kg, *(kg for each in step.assays.values() for kg in each))
    if step.input_kg <= 0 or not all(math.isfinite(each) and each >= 0 for each in masses):
        yield Unbalanced("STEP_MASS", number, "masses are in kg, finite and not negative, and something goes in")
        return
    if not step.slips:
        yield Unbalanced("STEP_UNWEIGHED", number, "a step names the weighing slips of what goes in and comes out")
    unknown = sorted(step.assays.keys() - ELEMENTS)
    if unknown or (step.kind is Kind.CHEMICAL and not step.assays):
        yield Unbalanced("STEP_ASSAY", number, f"a chemical step has an assay of each element it recovers, of {', '.join(sorted(ELEMENTS))}")
        return
    if step.kind is Kind.MECHANICAL:
        whole = Assay(step.input_kg, step.output_kg, step.residue_kg, step.declared_loss_kg)
        yield from _closes(number, step.kind, "", whole, parameters)
    for element, assay in sorted(step.assays.items()):
        if not any(assay):
            # It would close, stand for the assay that a chemical step needs, and be in no rate.
            yield Unbalanced("STEP_ASSAY", number, f"{element}: nothing went in and nothing came out; an element of which there is none is left out", element)
        yield from _closes(number, Kind.CHEMICAL, element, assay, parameters)


def _closes(number: int, kind: Kind, element: str, told: Assay, parameters: Parameters) -> Iterable[Unbalanced]:
    """Law: out, left over and declared lost may be more than what went in by the gain's tolerance, and less by the loss's."""
    out = told.recovered_kg + told.residue_kg + told.declared_loss_kg
    gain, loss = (parameters.number(name, kind) for name in ("balance.gain", "balance.loss"))
    what = element or "total mass"
    if out > told.input_kg * (1 + gain):
        yield Unbalanced("BALANCE_GAIN", number, f"{what}: {out:.3f} kg came of {told.input_kg:.3f} kg; {gain:.0%} more is tolerated", element)
    elif out < told.input_kg * (1 - loss):
        missing = f"{what}: {told.input_kg - out:.3f} of {told.input_kg:.3f} kg are not accounted for; {loss:.0%} is tolerated"
        yield Unbalanced("BALANCE_LOSS", number, missing, element)


def _times(steps: tuple[Step, ...]) -> Iterable[Unbalanced]:
    for number, step in enumerate(steps, 1):
        if step.finished_at <= step.started_at:
            yield Unbalanced("STEP_TIMES", number, "a step ends after it began")
        elif number > 1 and step.started_at < steps[number - 2].started_at:
            yield Unbalanced("STEP_TIMES", number, "steps are named in the order in which they began")


def _bounded(steps: tuple[Step, ...], inputs_kg: float, parameters: Parameters) -> Iterable[Unbalanced]:
    """No mechanical step takes in or gives more than went into the batch and came of the chemical steps before it, whose reagents weigh, too."""
    gain = parameters.number("balance.gain", Kind.MECHANICAL)
    made = 0.0
    for number, step in enumerate(steps, 1):
        if step.kind is Kind.CHEMICAL:
            made += _made(step)
            continue
        for field_, kg, verb in (("inputKg", step.input_kg, "went in"), ("outputKg", step.output_kg + step.residue_kg, "came out")):
            if kg > (inputs_kg + made) * (1 + gain):
                told = f"total mass: {kg:.3f} kg {verb}, {_there(inputs_kg, made)}; {gain:.0%} more is tolerated"
                yield Unbalanced("BALANCE_GAIN", number, told, field=field_)
                break


def _made(step: Step) -> float:
    """What a chemical step gave in kg, reagents included."""
    return step.output_kg + step.residue_kg if step.kind is Kind.CHEMICAL else 0.0


def _there(inputs_kg: float, made_kg: float) -> str:
    words = f"{inputs_kg:.3f} kg went into the batch"
    return f"{words} and {made_kg:.3f} kg came of chemical steps" if made_kg else words


def _chain(steps: tuple[Step, ...], parameters: Parameters) -> Iterable[Unbalanced]:
    """Of an element no step takes in more than the one before it that assayed it gave, what that left in its residue included: a residue may be worked on."""
    gain = parameters.number("balance.gain", Kind.CHEMICAL)
    given: dict[str, tuple[int, float]] = {}
    for number, step in enumerate(steps, 1):
        for element, assay in sorted(step.assays.items()):
            before, kg = given.get(element, (0, math.inf))
            if assay.input_kg > kg * (1 + gain):
                told = f"{element}: {assay.input_kg:.3f} kg went in, {kg:.3f} kg came of step {before}; {gain:.0%} more is tolerated"
                yield Unbalanced("BALANCE_GAIN", number, told, element)
            given[element] = number, assay.recovered_kg + assay.residue_kg


def _inputs(first: Step, inputs_kg: float, parameters: Parameters) -> Iterable[Unbalanced]:
    """What the first step weighed is what the batch's items weigh, within the tolerances of mass."""
    gain, loss = (parameters.number(name, Kind.MECHANICAL) for name in ("balance.gain", "balance.loss"))
    if not inputs_kg * (1 - loss) <= first.input_kg <= inputs_kg * (1 + gain):
        yield Unbalanced("BALANCE_INPUTS", 0, f"the first step weighed {first.input_kg:.3f} kg, the items of the batch weigh {inputs_kg:.3f} kg")
