"""This module is in charge of whether anybody watches: nothing is made, wrapped or measured for metrics and traces that are off."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from gateway.edge.streams import OpenStreams
from gateway.execution.remote import HttpSubgraph
from gateway.execution.subgraph import Subgraph
from gateway.observability.metrics import Metrics
from gateway.observability.trace import Trace
from gateway.observability.watching import watched
from gateway.pipeline import Call
from gateway.settings import Settings
from gateway.timings import Timings

if TYPE_CHECKING:
    from gateway.observability.exporting import Tracer


@dataclass(frozen=True, slots=True)
class Observing:
    """What watches this process; each part None where it is off."""

    metrics: Metrics | None = None
    tracer: Tracer | None = None

    @property
    def trace(self) -> Callable[[str | None], Trace | None] | None:
        """Begins a request's trace from its traceparent header; None where no traces are kept."""
        return self.tracer.begin if self.tracer is not None else None

    def observe(self, call: Call, outcome: str, timings: Timings) -> None:
        """Tell of a request that is over."""
        if self.metrics is not None:
            self.metrics.observe(call, outcome, timings)
        if self.tracer is not None:
            self.tracer.observe(call, outcome, timings)

    def observe_reload(self, outcome: str) -> None:
        """Tell of new SDL that was taken over or refused."""
        if self.metrics is not None:
            self.metrics.observe_reload(outcome)

    def look_at(self, remote: Mapping[str, HttpSubgraph], streams: OpenStreams) -> None:
        """Tell of the state of these when metrics are read."""
        if self.metrics is None:
            return
        suspended = {name: (lambda each=each: float(each.is_suspended)) for name, each in remote.items()}
        self.metrics.gauges("cellgate_subgraph_suspended", "1 while a subgraph is not asked, for it failed too often.", "subgraph", suspended)
        opened = {"subscription": lambda: float(streams.subscriptions), "socket": lambda: float(streams.sockets)}
        self.metrics.gauges("cellgate_streams", "Subscriptions, and sockets, that are open.", "kind", opened)

    def watched(self, name: str, subgraph: Subgraph) -> Subgraph:
        """The subgraph, watched where anybody does."""
        if self.metrics is None and self.tracer is None:
            return subgraph
        return watched(name, subgraph, self.metrics.observe_fetch if self.metrics is not None else None)


@contextlib.asynccontextmanager
async def observing(settings: Settings) -> AsyncIterator[Observing]:
    """What the settings ask for; what waits to be sent is sent at the end."""
    metrics = Metrics() if settings.metrics.access != "off" else None
    tracer = _tracer(settings) if settings.telemetry.endpoint else None
    try:
        yield Observing(metrics, tracer)
    finally:
        if tracer is not None:
            await tracer.close()


def _tracer(settings: Settings) -> Tracer:
    # The SDK takes ten megabytes and a tenth of a second to import: who does not use it should not pay.
    module = importlib.import_module("gateway.observability.exporting")
    return cast("Tracer", module.Tracer(settings.telemetry))
