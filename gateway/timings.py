"""This module is in charge of how long the stages of one request took."""

from __future__ import annotations

from time import perf_counter
from typing import TypeVar

T = TypeVar("T")


class Timings:
    """Seconds by stage, in the order in which the stages ended. The one mutable thing on the way: it is only ever added to."""

    __slots__ = ("_last", "seconds")

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, stage: str, result: T) -> T:
        """Note that the stage ended now; gives back its result, so that a stage stays one line."""
        now = perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now
        return result

    def server_timing(self) -> str:
        """As a Server-Timing header (milliseconds)."""
        return ", ".join(f"{stage};dur={seconds * 1000:.2f}" for stage, seconds in self.seconds.items())
