"""This module is in charge of what else is written when events are: in the same transaction, by the set, after events and projections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from resolvers.database.changes import EVERYTHING, append
from resolvers.database.outbox import MessageKey, enqueue
from resolvers.database.statistics_write import add_recovery
from resolvers.ledger.facts import Known, PackFacts
from resolvers.ledger.findings.recording import find
from resolvers.ledger.fold import Projection
from resolvers.ledger.kept import Base
from resolvers.ledger.notices.rows import Notice
from resolvers.ledger.recording.report import Reporter
from resolvers.ledger.recording.seen import Seen
from resolvers.ledger.recovery.batches import is_batch, version_of
from resolvers.ledger.rows import Event
from resolvers.ledger.statistics.recording import count


@dataclass(frozen=True, slots=True)
class Change:
    """One pack that has new events: its rows before (None: it is new) and after, the new events, and all of them by seq.

    Of a long life `history` is what came after the kept state `base`, and the rows are those that could still change.
    """

    facts: PackFacts
    before: Projection | None
    after: Projection
    events: tuple[Event, ...]
    history: tuple[Event, ...]
    base: Base | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An event of a known pack that was refused: as it would have been recorded, the code of the refusal, and the pack's events before it, of a long life
    those after the kept state `base`."""

    event: Event
    refused: str
    facts: PackFacts
    earlier: tuple[Event, ...]
    base: Base | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch wrote, events of no pack among it, and what was known when it was judged."""

    reporter: Reporter
    changes: tuple[Change, ...]
    attempts: tuple[Attempt, ...]
    known: Known
    seen: Seen
    notices: tuple[Notice, ...] = ()


class Afterwards(Protocol):
    """Something that follows from a batch; `connection` is inside of its transaction."""

    async def __call__(self, connection: Any, written: Written, moment: datetime) -> None:
        """Write it. A batch may have 10,000 events: by the set, never one statement for each."""


async def tell_platform(connection: Any, written: Written, moment: datetime) -> None:
    """Every event is told to the national platform (docs/platform.md)."""
    keys = [MessageKey(event.code, event.seq) for change in written.changes for event in change.events]
    await enqueue(connection, [*keys, *(MessageKey(each.entity, each.seq) for each in written.notices)], moment)


async def tell_followers(connection: Any, written: Written, moment: datetime) -> None:
    """Every event is a change for those who may see the pack (`Query.changes`); to whom the pack is new, all that ever happened to it is."""
    news = list[tuple[str, str, int]]()
    for change in written.changes:
        before: frozenset[str] = frozenset() if change.before is None else frozenset(change.before.pack.readers)
        for reader in (*change.after.pack.readers, EVERYTHING):
            known = change.before is not None if reader == EVERYTHING else reader in before
            seqs = [event.seq for event in change.events] if known else range(1, change.events[-1].seq + 1)
            news += [(reader, change.facts.code, seq) for seq in seqs]
    await append(connection, news)


async def count_recovery(connection: Any, written: Written, moment: datetime) -> None:
    """What batches recovered is counted for the statistics of the country; a batch is the event of one of its items. What a correction takes the place of no
    longer counts."""
    told = [(change, event) for change in written.changes for event in change.events if is_batch(event)]
    await add_recovery(connection, _versions(event for _, event in told))
    before = [each for change, event in told if event.corrects is not None for each in change.history if each.seq == event.corrects]
    await add_recovery(connection, _versions(before), times=-1)


def _versions(events: Iterable[Event]) -> list[str]:
    return [version for event in events if (version := version_of(event)) is not None]


DEFAULT: Final[Sequence[Afterwards]] = (tell_platform, tell_followers, find, count, count_recovery)
