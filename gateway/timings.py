"""This module is in charge of how long the stages of one request took."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TypeVar

T = TypeVar("T")


class Timings:
    """Seconds by stage, in the order in which the stages ended; `began` is in nanoseconds of the performance counter.
    The one mutable thing on the way: it is only ever added to."""

    __slots__ = ("_last", "began", "seconds")

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.began = self._last = perf_counter_ns()

    def lap(self, stage: str, result: T) -> T:
        """Note that the stage ended now; gives back its result, so that a stage stays one line."""
        now = perf_counter_ns()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + (now - self._last) / 1e9
        self._last = now
        return result

    def server_timing(self) -> str:
        """As a Server-Timing header (milliseconds)."""
        return ", ".join(f"{stage};dur={seconds * 1000:.2f}" for stage, seconds in self.seconds.items())
