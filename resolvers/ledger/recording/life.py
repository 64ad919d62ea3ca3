"""This module is in charge of one pack while reports of it are judged: its events, the fold of them, and the way back from a refusal."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.facts import Known, PackFacts
from resolvers.ledger.fold import Fold, Projection
from resolvers.ledger.projection import apply, effective
from resolvers.ledger.recording.seen import Children, PackSeen
from resolvers.ledger.rows import Event
from resolvers.ledger.states import IllegalEvent

NO_CHILDREN: Final = Children()


class Life:
    """A pack that a batch reports of. `stored` is how many of its events the database has already; `children` are what is in it, where that is asked."""

    __slots__ = ("_seen", "before", "children", "events", "facts", "fold", "known", "stored")

    def __init__(self, seen: PackSeen, known: Known, children: Children = NO_CHILDREN) -> None:
        self._seen = seen
        self.facts: PackFacts = seen.facts
        self.known = known
        self.events = list(seen.events)
        self.stored = len(seen.events)
        self.children = children
        self.fold = self._folded()
        self.before: Projection | None = self.finish() if self.events else None

    def tell(self, event: Event) -> None:
        """One more event; raises IllegalEvent, and is then what it was before."""
        self.events.append(event)
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
        """Back to the first `count` events."""
        del self.events[count:]
        self.fold = self._folded()

    def finish(self) -> Projection:
        """The pack's rows as of now."""
        return self.fold.finish(self._seen.health, self._seen.safety)

    @property
    def safety_class(self) -> str:
        """How it has to be handled, as of now."""
        return self.fold.handled((*self._seen.safety, *self.fold.safety))

    @property
    def new(self) -> tuple[Event, ...]:
        """The events that the database does not have yet."""
        return tuple(self.events[self.stored :])

    def _folded(self) -> Fold:
        fold = Fold(self.facts, self.known)
        for event in effective(self.events):
            apply(fold, event)
        return fold
