"""This module is in charge of examining an event: every rule that can be decided on arrival, and the findings they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from resolvers.ledger.deadlines import local_day
from resolvers.ledger.facts import Known as FoldKnown
from resolvers.ledger.facts import PackFacts
from resolvers.ledger.findings.case import Case, Known, Side, side_of
from resolvers.ledger.findings.finding import Finding, Found
from resolvers.ledger.findings.parameters import RuleTable
from resolvers.ledger.findings.r02_duplicate_code import LISTED_TWICE
from resolvers.ledger.findings.register import OF_ATTEMPT, OF_KIND, WATCHED, RuleEntry
from resolvers.ledger.findings.wording import in_english
from resolvers.ledger.fold import Fold
from resolvers.ledger.projection import apply, effective
from resolvers.ledger.rows import Event
from resolvers.ledger.states import IllegalEvent

# What was refused for its place among the events is R17's only where no other rule says what it was.
IMPOSSIBLE_ORDER: Final = "R17"


def examine(case: Case) -> tuple[Finding, ...]:
    """The findings on one event, in the order of the rules. Pure: the same case gives the same findings at any time."""
    if case.refused is not None and case.event.corrects is not None:
        # To correct is to say again what stands; that it was refused says nothing of the pack.
        return ()
    rules = OF_KIND.get(case.kind, ()) if case.refused is None else OF_ATTEMPT.get(case.refused, ())
    found = [(rule, told) for rule in rules if rule.check is not None and (told := rule.check(case)) is not None]
    if case.refused is not None and len(found) > 1:
        found = [each for each in found if each[0].id != IMPOSSIBLE_ORDER]
    return tuple([_finding(case, rule, told) for rule, told in found])


def replay(facts: PackFacts, events: Sequence[Event], fold_known: FoldKnown, known: Known, table: RuleTable) -> tuple[Finding, ...]:
    """The findings on a pack's whole recorded life, in order of its events, as corrected: what arrival would have found.

    Vehicles of `known` count as scrapped from the moment they name, so the answer does not depend on when it is asked for.
    Raises IllegalEvent for events that the ledger's law refuses: they cannot have been recorded.
    """
    return follow(facts, events, fold_known, known, table)[1]


def follow(facts: PackFacts, events: Sequence[Event], fold_known: FoldKnown, known: Known, table: RuleTable) -> tuple[Fold, tuple[Finding, ...]]:
    """What `replay` finds, and the fold that it was found by, after the last event: `project` would apply them all once more."""
    fold, findings = Fold(facts, fold_known), list[Finding]()
    lived = effective(events)
    for place, event in enumerate(lived):
        if event.type not in WATCHED:
            apply(fold, event)
            continue
        case = arrival(fold, event, lived[:place], known, table)
        if case.refused is not None:
            raise IllegalEvent(case.refused, f"{event.type} stands in the ledger, which would refuse it")
        findings.extend(examine(case))
    return fold, tuple(findings)


def arrival(fold: Fold, event: Event, earlier: Sequence[Event], known: Known, table: RuleTable) -> Case:
    """Apply the event to the fold, and give its case, whether the ledger's law takes it or refuses it.

    A fold that refused an event is spent: the law may have found out half-way. `earlier` are the events it has seen.
    """
    before, refused = side_of(fold), None
    try:
        apply(fold, event)
    except IllegalEvent as illegal:
        refused = illegal.code
    after = side_of(fold) if refused is None else None
    return Case(event, fold.facts, before, after, refused, tuple(earlier), known, table.on(local_day(event.occurred_at)), not fold.kept_at)


def _finding(case: Case, rule: RuleEntry, told: Found) -> Finding:
    event = case.event
    accepted = case.refused is None
    evidence = tuple(sorted({*told.evidence, event.seq} if accepted else set(told.evidence)))
    return Finding(
        event.code, rule.id, rule.version, rule.severity, rule.owners, _provinces(case, told), told.party or event.reporter, evidence,
        None if accepted else _attempt(case), in_english(rule.id, told.figures), told.figures, event.occurred_at, event.recorded_at,
    )  # fmt: skip


def _attempt(case: Case) -> Mapping[str, Any]:
    """What was refused, as far as an authority needs to know it; `refused` is None of what stands, and is a finding on another battery."""
    event, refused = case.event, None if case.refused == LISTED_TWICE else case.refused
    return {"type": str(event.type), "reporter": event.reporter, "occurredAt": event.occurred_at.isoformat(), "refused": refused}


def _provinces(case: Case, told: Found) -> tuple[str, ...]:
    """Where the event happened, where its reporter is, where the pack was, and what the rule adds."""
    sides: tuple[Side | None, ...] = (case.before, case.after)
    places = {case.event.province, case.known.province(case.event.reporter), *told.provinces, *(side.province for side in sides if side is not None)}
    return tuple(sorted(each for each in places if each is not None))
