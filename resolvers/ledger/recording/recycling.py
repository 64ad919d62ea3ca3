"""This module is in charge of recycling batches as they are reported: one report of all that went in, refused unless its mass balance closes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from resolvers.ledger.chemistries import together
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.findings.parameters import MissingParameter, Parameters
from resolvers.ledger.recording import refusals
from resolvers.ledger.recording.life import Life
from resolvers.ledger.recording.report import Refused, Report, Reporter
from resolvers.ledger.recording.seen import Seen
from resolvers.ledger.recovery.balance import Kind, unbalanced
from resolvers.ledger.recovery.batches import batch_id, steps_of


def unrecyclable(report: Report, reporter: Reporter, life: Callable[[str], Life | None], seen: Seen, batches: Collection[str]) -> Refused | None:
    """Why the batch is not taken; None where it is.

    BATCH_REPEATED; INPUTS_REPEATED; INPUT_UNKNOWN: an item is not there, or not in the operator's custody, which is the same answer; INPUT_MASS: an item
    went in with more than it weighs; STEP_TIMES: the last step ended after the batch was finished; and what `unbalanced` refuses. BATCH_BEFORE_RULES: the
    rule table says nothing of that day.
    """
    if batch_id(reporter.party, report.details["batch"]) in batches:
        return refusals.BATCH_REPEATED
    if len(set(report.sources)) != len(report.sources):
        return refusals.INPUTS_REPEATED
    day = local_day(report.occurred_at)
    try:
        return _inputs(report, reporter, life, seen.rules.on(day)) or _steps(report, seen.rules.on(day))
    except MissingParameter:
        return refusals.BATCH_BEFORE_RULES


def recycled(report: Report, reporter: Reporter, life: Callable[[str], Life | None]) -> list[Report]:
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


def _inputs(report: Report, reporter: Reporter, life: Callable[[str], Life | None], parameters: Parameters) -> Refused | None:
    gain = parameters.number("balance.gain", Kind.MECHANICAL)
    for each in report.details["inputs"]:
        found = life(each["code"])
        if found is None or found.fold.holder != reporter.party:
            return refusals.INPUT_UNKNOWN
        # What was released goes into batches, or elsewhere, by itself.
        weighs = found.facts.mass_kg - found.fold.released_kg
        most = weighs + found.facts.mass_kg * gain
        if not 0 < each["massKg"] <= most:
            told = f"inputs: {each['massKg']:.3f} kg of an item went in that weighs {weighs:.3f} kg; {gain:.0%} more is tolerated."
            return Refused("INPUT_MASS", told)
    return None


def _steps(report: Report, parameters: Parameters) -> Refused | None:
    told = report.details
    steps = steps_of(told["steps"])
    wrong = next(iter(unbalanced(steps, sum(each["massKg"] for each in told["inputs"]), parameters)), None)
    if wrong is not None:
        where = f"steps[{wrong.step - 1}]" if wrong.step else "inputs"
        return Refused(wrong.code, f"{where}: {wrong.message}.")
    if max(each.finished_at for each in steps) > report.occurred_at:
        return refusals.BATCH_UNFINISHED
    weighed = sum(each.output_kg for each in steps)
    made = sum(each["massKg"] for each in told["outputs"])
    gain = parameters.number("balance.gain", Kind.MECHANICAL)
    if made > weighed * (1 + gain):
        return Refused("BALANCE_OUTPUTS", f"outputs: {made:.3f} kg of materials came out, {weighed:.3f} kg were weighed after the steps.")
    return None
