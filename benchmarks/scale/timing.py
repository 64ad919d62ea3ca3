"""This module is in charge of timing: single requests one after the other, those that are compared in turn."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from benchmarks.harness import JSON, Running

WARM: Final = 5
Call = Callable[[int], Awaitable[None]]


async def medians(calls: Mapping[str, Call], times: int) -> dict[str, float]:
    """Milliseconds of the median call of each; a call is told its number, and the order turns from time to time."""
    for call in calls.values():
        for number in range(WARM):
            await call(number)
    taken: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for number in range(times):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            began = time.perf_counter()
            await calls[name](number)
            taken[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(each) for name, each in taken.items()}


class Client:
    """One kept-open connection to a gateway, with one token."""

    def __init__(self, running: Running, token: str, *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._path = running.contender.path
        self._connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
        self._headers = {**JSON, "Authorization": "Bearer " + token}

    def ask(self, body: bytes) -> Any:
        """The `data` of the answer; RuntimeError when there are errors, other than fields outside of a view where the client is `lenient`."""
        self._connection.request("POST", self._path, body, self._headers)
        response = self._connection.getresponse()
        raw = response.read()
        found = orjson.loads(raw)
        errors = [each for each in found.get("errors", ()) if not self._lenient or each["extensions"]["code"] != "UNAUTHORIZED_FIELD_OR_TYPE"]
        if response.status != 200 or errors:
            raise RuntimeError(f"answered {response.status}: {raw[:500]!r}")
        return found["data"]

    def calling(self, bodies: Sequence[bytes]) -> Call:
        """A call that sends the bodies in turn."""

        async def call(number: int) -> None:
            self.ask(bodies[number % len(bodies)])

        return call
