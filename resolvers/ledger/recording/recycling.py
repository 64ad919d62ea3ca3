"""This module is in charge of recycling batches as they are reported: one report of all that went in, refused unless its mass balance closes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from resolvers.ledger.chemistries import ELEMENTS, together
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.facts import PackFacts
from resolvers.ledger.findings.parameters import MissingParameter, Parameters
from resolvers.ledger.fold import Fold
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.plausible import INPUT_MASS, least_of_input, weighs_nothing_like
from resolvers.ledger.recording.report import Refused, Report, Reporter
from resolvers.ledger.recording.seen import Seen
from resolvers.ledger.recording.words import MECHANICAL, PROCESSES
from resolvers.ledger.recovery.balance import Kind, Step, Unbalanced, overfull, unbalanced
from resolvers.ledger.recovery.batches import batch_id, steps_of
from resolvers.ledger.recovery.rates import NORM, UTILIZER
from resolvers.ledger.states import Status

COMPOUNDS: Final = frozenset({
    "LITHIUM_CARBONATE", "LITHIUM_HYDROXIDE", "LITHIUM_SULFATE", "LITHIUM_PHOSPHATE", "NICKEL_SULFATE", "COBALT_SULFATE", "MANGANESE_SULFATE",
    "IRON_PHOSPHATE", "COBALT_OXIDE", "PRECURSOR",
})  # fmt: skip
"""Materials that crushing and sorting never gives: they are made by a reaction."""


class Item(NamedTuple):
    """What went into a batch, as it was before."""

    facts: PackFacts
    fold: Fold


_Items = Callable[[str], Life | Item | None]


def unrecyclable(report: Report, reporter: Reporter, life: _Items, seen: Seen, batches: Collection[str]) -> Refused | None:
    """Why the batch is not taken; None where it is.

    BATCH_REPEATED; INPUTS_REPEATED; INPUT_UNKNOWN: an item is not there, or not in the operator's custody, which is the same answer; INPUT_MASS: an item
    went in with more than it weighs, or with far less than it weighed when it came; IMPLAUSIBLE_MASS: with less than any does; STEP_TIMES: the last step
    ended after the batch was finished, or the first began before an item came to the operator; PROCESS_STEPS: a step is of a kind that the batch's process
    has not, or none is of the kind that it has; what `unbalanced` and `overfull` refuse; MATERIAL_WITHOUT_STEP: a compound came out, and no step was
    chemical; ASSAY_MASS: its elements weigh more than its items; ASSAY_MISSING: no chemical step says what became of an element that is in the items and has a
    norm of recovery. BATCH_BEFORE_RULES: the rule table says nothing of that day.
    """
    if batch_id(reporter.party, report.details["batch"]) in batches:
        return refusals.BATCH_REPEATED
    if len(set(report.sources)) != len(report.sources):
        return refusals.INPUTS_REPEATED
    day = local_day(report.occurred_at)
    try:
        rules = seen.rules.on(day)
        return _inputs(report, reporter, life, rules) or _steps(report, rules) or _unassayed(report, life, rules) or _too_early(report, life)
    except MissingParameter:
        return refusals.BATCH_BEFORE_RULES


def recycled(report: Report, reporter: Reporter, life: _Items) -> list[Report]:
    """What is told of each item; first of the one by which the batch is reported, with all that was reported and the chemistry of all that went in."""
    batch = report.details["batch"]
    name, masses = batch_id(reporter.party, batch), {each["code"]: each["massKg"] for each in report.details["inputs"]}
    chemistry = together(found.facts.chemistry for code in report.sources if (found := life(code)) is not None)
    lead = replace(report, details={**report.details, "batchId": name, "massKg": masses[report.code], "chemistry": chemistry}, sources=())
    return [
        lead,
        *(
            replace(report, code=code, details={"batch": batch, "batchId": name, "massKg": masses[code]}, sources=())
            for code in report.sources
            if code != report.code
        ),
    ]


def _inputs(report: Report, reporter: Reporter, life: _Items, parameters: Parameters) -> Refused | None:
    gain = parameters.number("balance.gain", Kind.MECHANICAL)
    for place, each in enumerate(report.details["inputs"]):
        found = life(each["code"])
        if found is None or found.fold.holder != reporter.party:
            return refusals.INPUT_UNKNOWN
        # What was released goes into batches, or elsewhere, by itself.
        weighs = found.facts.mass_kg - found.fold.released_kg
        most = weighs + found.facts.mass_kg * gain
        if not 0 < each["massKg"] <= most:
            # How much came out of it, or whether anything did, is for whoever took it apart; what it weighed as a whole for everybody.
            weighed = f"of an item that weighs {found.facts.mass_kg:.3f} kg, less what was released of it; {gain:.0%} more is tolerated"
            return Refused("INPUT_MASS", f"inputs[{place}].massKg: {each['massKg']:.3f} kg went in {weighed}.")
        wrong = weighs_nothing_like(each["code"], f"inputs[{place}].massKg", each["massKg"], parameters)
        # What is left of one that was taken apart is no battery.
        if found.fold.standing is not None and found.fold.standing.status is not Status.DISMANTLED:
            wrong = wrong or _lacking(found, f"inputs[{place}].massKg", each["massKg"], parameters)
            if wrong is not None:
                return wrong
    return None


def _lacking(found: Life | Item, field: str, told_kg: float, parameters: Parameters) -> Refused | None:
    """INPUT_MASS: far less went in than the plant itself weighed when it received the item, or than that weighs. Its own two scales say so: nothing of
    anybody else's is told. An item goes into a batch once: the rest would be nowhere."""
    measured = found.fold.custody[found.fold.leg].measured_mass_kg if found.fold.leg >= 0 else None
    if measured is None or told_kg >= least_of_input(min(measured, found.facts.mass_kg), parameters):
        return None
    weighed = f"went in of an item that weighed {measured:.3f} kg when you received it; less than {parameters.number(INPUT_MASS):.0%} is no whole item"
    return Refused("INPUT_MASS", f"{field}: {told_kg:.3f} kg {weighed}. What was taken out of it first is reported first (DISMANTLED).")


def _too_early(report: Report, life: _Items) -> Refused | None:
    """STEP_TIMES: the first step, which weighs all items, began before one of them was there. Steps are in the order in which they began."""
    begun = steps_of(report.details["steps"])[0].started_at
    for place, each in enumerate(report.details["inputs"]):
        found = life(each["code"])
        if found is None or found.fold.leg < 0:
            continue
        came = found.fold.custody[found.fold.leg].received_at
        if came is not None and begun < came:
            return Refused("STEP_TIMES", f"steps[0].startedAt: The first step began before inputs[{place}] came into your custody; it weighs all that goes in.")
    return None


def _unassayed(report: Report, life: _Items, parameters: Parameters) -> Refused | None:
    """ASSAY_MISSING: an element whose recovery has a norm went in, by the chemistry of a whole item, and no chemical step says what became of it. It would be
    in no balance and in no rate. What is left of an item that was taken apart may have none."""
    told = report.details
    steps = steps_of(told["steps"])
    chemical = next((place for place, each in enumerate(steps) if each.kind is Kind.CHEMICAL), None)
    if chemical is None:
        return None
    stated = {element for each in steps if each.kind is Kind.CHEMICAL for element in each.assays}
    for place, each in enumerate(told["inputs"]):
        found = life(each["code"])
        if found is None or (found.fold.standing is not None and found.fold.standing.status is Status.DISMANTLED):
            continue
        inside = ELEMENTS.get(found.facts.chemistry, frozenset())
        missing = sorted(element for element in inside - stated if parameters.row(NORM, element, UTILIZER) is not None)
        if missing:
            words = f"No chemical step has an assay of {', '.join(missing)}, which is in inputs[{place}] ({found.facts.chemistry})"
            return Refused("ASSAY_MISSING", f"steps[{chemical}].assays: {words}. What was not recovered stayed in a residue or was lost.")
    return None


def _elements(steps: Iterable[Step]) -> float:
    """What all elements together weigh in kg, each where it was assayed first."""
    first: dict[str, float] = {}
    for step in steps:
        for element, assay in step.assays.items():
            first.setdefault(element, assay.input_kg)
    return sum(first.values())


def _is_compound(material: str) -> bool:
    return re.sub(r"[\W_]+", "_", material.strip().upper()) in COMPOUNDS


def _unlike(process: str, steps: Sequence[Step]) -> Refused | None:
    """PROCESS_STEPS: the process says what a batch's balance is of, in findings and rates alike: total mass of one that only crushes and sorts, elements of
    every other. Steps of another kind would be held to neither."""
    chemical = next((place for place, each in enumerate(steps) if each.kind is Kind.CHEMICAL), None)
    if process == MECHANICAL and chemical is not None:
        others = ", ".join(each for each in PROCESSES if each != MECHANICAL)
        words = f"A {MECHANICAL} batch has {MECHANICAL} steps only; this one is {Kind.CHEMICAL}. With such a step the process is one of {others}"
        return Refused("PROCESS_STEPS", f"steps[{chemical}].kind: {words}.")
    if process != MECHANICAL and chemical is None and steps:
        words = f"A {process} batch has a {Kind.CHEMICAL} step, with an assay of each element; all of its steps are {Kind.MECHANICAL}"
        return Refused("PROCESS_STEPS", f"process: {words}.")
    return None


def _steps(report: Report, parameters: Parameters) -> Refused | None:
    told = report.details
    steps, items = steps_of(told["steps"]), sum(each["massKg"] for each in told["inputs"])
    if (unlike := _unlike(told["process"], steps)) is not None:
        return unlike
    wrong = next(iter(unbalanced(steps, items, parameters)), None)
    if wrong is not None:
        return _refused(wrong)
    if max(each.finished_at for each in steps) > report.occurred_at:
        return refusals.BATCH_UNFINISHED
    if not any(each.kind is Kind.CHEMICAL for each in steps) and any(_is_compound(each["material"]) for each in told["outputs"]):
        return refusals.MATERIAL_WITHOUT_STEP
    elements = _elements(steps)
    if elements > items * (1 + parameters.number("balance.gain", Kind.CHEMICAL)):
        return Refused("ASSAY_MASS", f"steps: The elements that went in weigh {elements:.3f} kg, the items of the batch {items:.3f} kg.")
    outputs, residues = (sum(each["massKg"] for each in told.get(name) or ()) for name in ("outputs", "residues"))
    wrong = overfull(steps, items, outputs, residues, parameters)
    return _refused(wrong) if wrong is not None else None


def _refused(wrong: Unbalanced) -> Refused:
    """With where in the report it is, as a path."""
    where = f"steps[{wrong.step - 1}]" if wrong.step else ""
    return Refused(wrong.code, f"{'.'.join(filter(None, (where, wrong.field))) or 'steps'}: {wrong.message}.")
