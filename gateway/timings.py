"""This module is in charge of how long the stages of one request took."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TypeVar

T = TypeVar("T")


class Timings:
    """What took how long, in the order in which the stages ended; `began` is in nanoseconds of the performance counter.
    The one mutable thing on the way: it is only ever added to."""

    __slots__ = ("_laps", "began")

    def __init__(self) -> None:
        self.began = perf_counter_ns()
        self._laps: list[tuple[str, int]] = []

    def lap(self, stage: str, result: T) -> T:
        """Note that the stage ended now; gives back its result, so that a stage stays one line."""
        self._laps.append((stage, perf_counter_ns()))
        return result

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by stage, for whoever watches."""
        found: dict[str, float] = {}
        last = self.began
        for stage, ended in self._laps:
            found[stage] = found.get(stage, 0.0) + (ended - last) / 1e9
            last = ended
        return found

    def server_timing(self) -> str:
        """As a Server-Timing header (milliseconds)."""
        return ", ".join(f"{stage};dur={seconds * 1000:.2f}" for stage, seconds in self.seconds.items())
