"""This module is in charge of what is to happen to a request that takes long: most are answered before anybody has to look.

A timer of the event loop for each request, and another one for its execution, cost more than most of its stages do, and nearly all of them are
cancelled. Here a request leaves its moment and takes it away again; one timer looks from time to time whose moment has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final

# An alarm is as much late, at most.
EVERY_S: Final = 0.05


class Alarm:
    """A moment on the loop's clock, and what is to be done then."""

    __slots__ = ("ring", "when")

    def __init__(self, when: float, ring: Callable[[], None]) -> None:
        self.when = when
        self.ring = ring


def _silent() -> None:
    """Nothing is to be done any more."""


class Alarms:
    """The alarms of whoever holds this, which is used on one loop at a time."""

    __slots__ = ("_loop", "_set", "_timer")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        # In the order in which they were set.
        self._set: dict[Alarm, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that runs here. CPython 3.11 asks the kernel at each look-up, so it is looked up once; one that no longer runs is forgotten."""
        loop = self._loop
        if loop is None or not loop.is_running():
            loop = self._loop = asyncio.get_running_loop()
            # What was set on another loop has nobody to ring for.
            self._set.clear()
            self._timer = None
        return loop

    def set(self, when: float, ring: Callable[[], None]) -> Alarm:
        """Call `ring` at that moment of the loop's clock, or EVERY_S later, unless the alarm is dropped before."""
        loop = self.loop()
        alarm = Alarm(when, ring)
        self._set[alarm] = None
        if self._timer is None:
            self._timer = loop.call_later(EVERY_S, self._look)
        return alarm

    def drop(self, alarm: Alarm) -> None:
        """It is not needed any more; twice is harmless. Who holds an alarm that calls it would otherwise wait for the collector, and with it a whole
        answer: that of its task."""
        self._set.pop(alarm, None)
        alarm.ring = _silent

    def _look(self) -> None:
        loop = self.loop()
        self._timer = None
        now = loop.time()
        for alarm in [each for each in self._set if each.when <= now]:
            # One that rings may drop another.
            if alarm in self._set:
                del self._set[alarm]
                alarm.ring()
        if self._set and self._timer is None:
            self._timer = loop.call_later(EVERY_S, self._look)


class Until:
    """As `asyncio.timeout_at`: when the moment on the loop's clock has come what is awaited inside is cancelled, and TimeoutError raised.
    A cancellation by anybody else stays what it is."""

    __slots__ = ("_alarm", "_alarms", "_is_late", "_others", "_task", "_when")

    def __init__(self, alarms: Alarms, when: float) -> None:
        self._alarms = alarms
        self._when = when

    def __enter__(self) -> None:
        task = asyncio.current_task(self._alarms.loop())
        if task is None:
            raise RuntimeError("a time limit needs a task that it can cancel")
        self._task = task
        self._others = task.cancelling()
        self._is_late = False
        self._alarm = self._alarms.set(self._when, self._cancel)

    def __exit__(self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._alarms.drop(self._alarm)
        if self._is_late and self._task.uncancel() <= self._others and kind is asyncio.CancelledError:
            raise TimeoutError from None

    def _cancel(self) -> None:
        self._is_late = True
        self._task.cancel()
