"""This module is in charge of keeping the statistics up to date: what a batch of events changes in them is written in its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from resolvers.database.statistics_write import add_changes, fold_when_many
from resolvers.ledger.facts import Known
from resolvers.ledger.projection import effective
from resolvers.ledger.rows import Event
from resolvers.ledger.statistics.contributions import Counted, contributions, difference, total

if TYPE_CHECKING:
    # It calls this module.
    from resolvers.ledger.recording.afterwards import Change, Written


async def count(connection: Any, written: Written, moment: datetime) -> None:
    """Write what the batch changes in the statistics."""
    changed = of_changes(written.changes, written.known)
    if changed:
        await add_changes(connection, changed)
        await fold_when_many(connection)


def of_changes(changes: Iterable[Change], known: Known) -> Counted:
    """What these packs count for now, less what they counted for before."""
    return {key: amounts for key, amounts in total(_of_change(each, known) for each in changes).items() if any(amounts)}


def _of_change(change: Change, known: Known) -> Counted:
    before, after = _events(change)
    now = contributions(change.facts, after, change.after, known.provinces)
    return now if change.before is None else difference(contributions(change.facts, before, change.before, known.provinces), now)


def _events(change: Change) -> tuple[Sequence[Event], Sequence[Event]]:
    """The events in effect before and after. What nothing corrects counts on both sides, and is left out."""
    if all(event.corrects is None for event in change.events):
        return (), change.events
    return effective(change.history[: -len(change.events)]), effective(change.history)
