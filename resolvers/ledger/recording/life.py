"""This module is in charge of one pack while reports of it are judged: its events, the fold of them, and the way back from a refusal."""

from __future__ import annotations

from resolvers.ledger.facts import Known, PackFacts
from resolvers.ledger.fold import Fold, Projection
from resolvers.ledger.projection import apply, effective
from resolvers.ledger.recording.report import NewModule
from resolvers.ledger.recording.seen import PackSeen
from resolvers.ledger.rows import Event, Module
from resolvers.ledger.states import IllegalEvent


class Life:
    """A pack that a batch reports of. `stored` is how many of its events the database has already."""

    __slots__ = ("_seen", "before", "events", "facts", "fold", "known", "modules", "stored")

    def __init__(self, seen: PackSeen, known: Known, modules: tuple[NewModule, ...] = ()) -> None:
        self._seen = seen
        self.facts: PackFacts = seen.facts
        self.known = known
        self.events = list(seen.events)
        self.stored = len(seen.events)
        self.modules = tuple(Module(seen.facts.code, each.code, position, each.cell_count, each.mass_kg) for position, each in enumerate(modules, 1))
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
    def new(self) -> tuple[Event, ...]:
        """The events that the database does not have yet."""
        return tuple(self.events[self.stored :])

    def _folded(self) -> Fold:
        fold = Fold(self.facts, self.known)
        for event in effective(self.events):
            apply(fold, event)
        return fold
