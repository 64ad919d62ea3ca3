"""This module is in charge of one pack while reports of it are judged: its events, the fold of them, and the way back from a refusal."""

from __future__ import annotations

from typing import Final

from resolvers.ledger import kept
from resolvers.ledger.facts import Known, PackFacts
from resolvers.ledger.fold import Fold, NotKept, Projection
from resolvers.ledger.projection import apply
from resolvers.ledger.recording.seen import Children, PackSeen
from resolvers.ledger.recovery.batches import recovery_rows
from resolvers.ledger.rows import Event, KeptState
from resolvers.ledger.states import IllegalEvent

NO_CHILDREN: Final = Children()


class Life:
    """A pack that a batch reports of. `stored` is how many of its events the database has already; `children` are what is in it, where that is asked.

    A long life goes on from a kept state, its `base`: `events` are then those after it, and `before` and what `finish` gives have of the rows before it only
    those that can still change.
    """

    __slots__ = ("_finished", "_seen", "base", "before", "children", "events", "facts", "fold", "known", "stored")

    def __init__(self, seen: PackSeen, known: Known, children: Children = NO_CHILDREN) -> None:
        self._seen = seen
        self.facts: PackFacts = seen.facts
        self.known = known
        self.base = seen.base
        self.events = list(seen.events)
        self.stored = len(seen.events)
        self.children = children
        self.fold = self._folded()
        self._finished: Projection | None = None
        self.before: Projection | None = self.finish() if self.last else None

    def tell(self, event: Event) -> None:
        """One more event; raises IllegalEvent, and is then what it was before."""
        if event.corrects is not None:
            self.whole()
        self.events.append(event)
        self._finished = None
        try:
            if event.corrects is None:
                apply(self.fold, event)
            else:
                self.fold = self._folded()
        except IllegalEvent:
            # The law may have found out half-way: what the fold holds now is nothing.
            self.forget(len(self.events) - 1)
            raise

    def forget(self, count: int) -> None:
        """Back to the first `count` events of `events`."""
        del self.events[count:]
        self._finished = None
        self.fold = self._folded()

    def finish(self) -> Projection:
        """The pack's rows as of now."""
        if self._finished is None:
            self._finished = self.fold.finish(self._seen.health, self._seen.safety, recovery_rows(self.events, self.facts.chemistry))
        return self._finished

    def whole(self) -> list[Event]:
        """All its events. Raises NotKept where the life goes on from a kept state."""
        if self.base is not None:
            raise NotKept(self.facts.code)
        return self.events

    @property
    def last(self) -> int:
        """How many events it has; the seq of the last."""
        return self.skipped + len(self.events)

    @property
    def skipped(self) -> int:
        """How many events are before those of `events`."""
        return self.base.seq if self.base is not None else 0

    @property
    def safety_class(self) -> str:
        """How it has to be handled, as of now."""
        return self.fold.handled((*self._seen.safety, *self.fold.safety))

    @property
    def new(self) -> tuple[Event, ...]:
        """The events that the database does not have yet."""
        return tuple(self.events[self.stored :])

    def to_keep(self) -> KeptState | None:
        """The state that is to be kept from now on: after many events, and where the kept one was of events that are corrected now."""
        corrected = self._seen.kept_at > 0 and any(each.corrects is not None for each in self.new)
        if len(self.events) < kept.EVERY and not corrected:
            return None
        return KeptState(self.facts.code, self.last, kept.LAW, kept.written(kept.state_of(self.fold)))

    def _folded(self) -> Fold:
        return kept.folded(self.facts, self.events, self.known, self.base)
