"""This module is in charge of when a subgraph is not asked: a circuit breaker, and a budget for asking again.

Both are for the whole of a subgraph, whoever asks: one that fails must not take the time of every request, and many requests that
each try again must not become the load that keeps it down.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

WINDOW_S: Final = 10.0
LEAST: Final = 20
SLOT_S: Final = 1.0
# A retry costs one; each call earns a fifth, and there are always a few for a subgraph that is hardly used.
EARNED: Final = 0.2
RESERVE: Final = 10.0

State = Literal["closed", "open", "half-open"]


@dataclass(slots=True)
class _Slot:
    began: float
    good: int = 0
    bad: int = 0


class Breaker:
    """Closed while calls succeed. Opens when `rate` of at least `LEAST` calls within `WINDOW_S` failed; then nobody asks for
    `open_s` seconds, and after them one call at a time tries: a success closes it. A rate of 0 never opens. Times are a clock's seconds."""

    __slots__ = ("_open_s", "_opened", "_rate", "_slots", "_trying")

    def __init__(self, rate: float, open_s: float) -> None:
        self._rate = rate
        self._open_s = open_s
        self._slots: deque[_Slot] = deque()
        self._opened: float | None = None
        self._trying = False

    def state(self, now: float) -> State:
        """What a call would meet."""
        if self._opened is None:
            return "closed"
        return "half-open" if now >= self._opened + self._open_s else "open"

    def admits(self, now: float) -> bool:
        """Whether a call may be made; what becomes of it has to be told to `settled`, whatever it is."""
        if self._opened is None:
            return True
        if self._trying or now < self._opened + self._open_s:
            return False
        self._trying = True
        return True

    def settled(self, good: bool | None, now: float) -> None:
        """A call is over: it succeeded, failed, or (None) was given up before either was known."""
        if self._opened is not None:
            self._tried(good, now)
        elif good is not None:
            self._count(good, now)

    def _tried(self, good: bool | None, now: float) -> None:
        # Calls that were under way when it opened come back here, too; a success of theirs is as good as a trial's.
        self._trying = False
        if good:
            self._opened = None
            self._slots.clear()
        elif good is False and self.state(now) == "half-open":
            self._opened = now

    def _count(self, good: bool, now: float) -> None:
        slots = self._slots
        if not slots or now >= slots[-1].began + SLOT_S:
            slots.append(_Slot(now))
            while slots[0].began < now - WINDOW_S:
                slots.popleft()
        if good:
            slots[-1].good += 1
            return
        slots[-1].bad += 1
        bad = sum(slot.bad for slot in slots)
        total = bad + sum(slot.good for slot in slots)
        if self._rate and total >= LEAST and bad >= self._rate * total:
            self._opened = now


class RetryBudget:
    """How many attempts may be made again: a fifth of all calls, and a reserve of `RESERVE`."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = RESERVE

    def earn(self) -> None:
        """A call is made."""
        self._left = min(RESERVE, self._left + EARNED)

    def spend(self) -> bool:
        """Take one attempt; False when there is none left."""
        if self._left < 1:
            return False
        self._left -= 1
        return True
