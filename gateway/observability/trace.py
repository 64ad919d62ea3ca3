"""This module is in charge of the trace of one request while it runs: its ids, and what each fetch took. It knows nothing of exporters.

Ids are those of W3C Trace Context. Stages are not in it: `gateway/timings.py` has them, and they become spans when the request is over.
"""

from __future__ import annotations

import random
import re
import secrets
from time import perf_counter_ns, time_ns
from typing import Final, NamedTuple

# Version 00 alone: what a later version means by its fields is not known (W3C Trace Context, section 3.2.2).
_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED: Final = 1


class FetchSpan(NamedTuple):
    """One fetch: `path` printed, `entities` the number of representations, times in nanoseconds of the performance counter, `code` of the first error."""

    span_id: int
    subgraph: str
    path: str
    entities: int
    began: int
    ended: int
    code: str


class Trace:
    """A sampled request. `parent_id` is 0 where the trace begins here."""

    __slots__ = ("_clock", "began", "fetches", "parent_id", "span_id", "trace_id")

    def __init__(self, trace_id: int, parent_id: int) -> None:
        self.trace_id = trace_id
        self.parent_id = parent_id
        self.span_id = new_span_id()
        self.began = perf_counter_ns()
        self._clock = time_ns() - self.began
        self.fetches: list[FetchSpan] = []

    def wall(self, moment: int) -> int:
        """A moment of the performance counter as nanoseconds of the epoch."""
        return moment + self._clock

    def traceparent(self, span_id: int) -> str:
        """The header that makes what is called a child of that span."""
        return f"00-{self.trace_id:032x}-{span_id or self.span_id:016x}-01"


def new_span_id() -> int:
    """Eight bytes, not all zero."""
    return secrets.randbits(64) or 1


def begin(traceparent: str | None, ratio: float) -> Trace | None:
    """A trace for the request if it is sampled: as the caller decided, where one is heeded and well-formed, else by chance."""
    given = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if given is not None and int(given[1], 16) and int(given[2], 16):
        return Trace(int(given[1], 16), int(given[2], 16)) if int(given[3], 16) & _SAMPLED else None
    return Trace(secrets.randbits(128) or 1, 0) if random.random() < ratio else None
