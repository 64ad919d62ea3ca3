"""This module is in charge of findings on what is being recorded: every event of a batch, accepted or refused, is shown to the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from resolvers.database.finding_write import insert_claims, insert_findings, read_parameters, read_parties, read_standing
from resolvers.database.sweep_write import change as note
from resolvers.ledger.deadlines import SHANGHAI, local_day
from resolvers.ledger.findings.case import Case, Known, VehicleSeen, side_of
from resolvers.ledger.findings.claims import claims
from resolvers.ledger.findings.examine import arrival, examine, replay
from resolvers.ledger.findings.finding import CAUSE_BACK, CAUSE_GONE, Finding, State
from resolvers.ledger.findings.parameters import RuleTable
from resolvers.ledger.findings.r02_duplicate_code import GIVEN_BY
from resolvers.ledger.findings.register import WATCHED
from resolvers.ledger.findings.rejudging import Rejudged, Stored, rejudged
from resolvers.ledger.findings.rows import readers_of, row_of
from resolvers.ledger.kept import folded, parties
from resolvers.ledger.projection import apply, effective

if TYPE_CHECKING:
    # It calls this module.
    from resolvers.ledger.recording.afterwards import Attempt, Change, Written


async def find(connection: Any, written: Written, moment: datetime) -> None:
    """Write what the rules find on a batch, and keep what they may find later, in its transaction. Most batches have nothing that any rule looks at."""
    changes = [each for each in written.changes if any(event.type in WATCHED or event.corrects is not None for event in each.events)]
    if not changes and not written.attempts:
        return
    await insert_claims(connection, tuple(claims(written.attempts)))
    known = Known(await read_parties(connection, _parties(changes, written)), _vehicles(written))
    table = await read_parameters(connection)
    corrected = [each for each in changes if _corrects(each)]
    found = [finding for each in changes if not _corrects(each) for finding in of_change(each, written, known, table)]
    found += [finding for each in written.attempts for finding in of_attempt(each, written, known, table)]
    stored = await read_standing(connection, [each.facts.code for each in corrected]) if corrected else {}
    again = [of_correction(each, written, known, table, stored.get(each.facts.code, ())) for each in corrected]
    found += [finding for each in again for finding in each.raised]
    # The same attempt may come twice in a batch.
    once = {(each.code, each.id): each for each in found}
    await insert_findings(connection, [row_of(each) for each in once.values()], [row for each in once.values() for row in readers_of(each)])
    await note(connection, [key for each in again for key in each.gone], State.CLOSED, CAUSE_GONE, None, moment)
    await note(connection, [key for each in again for key in each.back], State.OPEN, CAUSE_BACK, None, moment)


def of_change(change: Change, written: Written, known: Known, table: RuleTable) -> list[Finding]:
    """What is found on the new events of one pack, of which none corrects another. What was found on earlier events stands as it was."""
    new = {event.seq for event in change.events}
    fold = folded(change.facts, [event for event in change.history if event.seq not in new], written.known, change.base)
    lived, found = effective(change.history), list[Finding]()
    for place in range(len(lived) - len(new), len(lived)):
        if lived[place].type in WATCHED:
            found += examine(arrival(fold, lived[place], lived[:place], known, table))
        else:
            apply(fold, lived[place])
    return found


def of_correction(change: Change, written: Written, known: Known, table: RuleTable, stored: Sequence[Stored]) -> Rejudged:
    """What becomes of the findings on one pack of which events are corrected. Its whole life is judged again: later events hang on what was corrected."""
    new = frozenset(event.seq for event in change.events)
    earlier = [event for event in change.history if event.seq not in new]
    before, after = (replay(change.facts, events, written.known, known, table) for events in (earlier, change.history))
    made = rejudged(change.history, new, before, after, stored)
    # Of an event that was recorded before the correction it is known since the correction.
    return replace(made, raised=[replace(each, recorded_at=change.events[-1].recorded_at) for each in made.raised])


def _corrects(change: Change) -> bool:
    return any(event.corrects is not None for event in change.events)


def of_attempt(attempt: Attempt, written: Written, known: Known, table: RuleTable) -> tuple[Finding, ...]:
    """What is found on an event that was refused."""
    fold = folded(attempt.facts, attempt.earlier, written.known, attempt.base)
    parameters = table.on(local_day(attempt.event.occurred_at))
    earlier = tuple(effective(attempt.earlier))
    return examine(Case(attempt.event, attempt.facts, side_of(fold), None, attempt.refused, earlier, known, parameters, attempt.base is None))


def _parties(changes: list[Change], written: Written) -> Iterator[str]:
    events = [event for each in changes for event in each.history] + [event for each in written.attempts for event in (each.event, *each.earlier)]
    bases = [each.base for each in changes] + [each.base for each in written.attempts]
    yield from (party for base in bases if base is not None for party in parties(base.state))
    for event in events:
        yield event.reporter
        for other in (event.counterparty, event.details.get(GIVEN_BY)):
            if other is not None:
                yield other


def _vehicles(written: Written) -> dict[str, VehicleSeen]:
    """The vehicles known when the batch was judged; one that was scrapped before counts as scrapped from the beginning of that day."""
    found = {vin: VehicleSeen(facts) for vin, facts in written.known.vehicles.items()}
    for vin, seen in written.seen.vehicles.items():
        if vin in found and seen.row.scrapped_on is not None:
            found[vin] = found[vin]._replace(scrapped_at=datetime.combine(seen.row.scrapped_on, time(), SHANGHAI))
    return found
