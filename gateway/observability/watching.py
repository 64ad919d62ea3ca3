"""This module is in charge of watching fetches: a subgraph around a subgraph, put there only where somebody wants to know."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns

from gateway.execution.context import RequestContext
from gateway.execution.subgraph import Subgraph, SubgraphRequest, SubgraphResult
from gateway.observability.trace import FetchSpan, new_span_id
from gateway.planning.printer import print_path

ObserveFetch = Callable[[str, float, SubgraphResult | None], None]
"""(subgraph, seconds, result or None where there was none: an internal error or a cancellation)."""


class WatchedSubgraph:
    """Measures each fetch, for metrics and for the trace of its request."""

    def __init__(self, name: str, inner: Subgraph, observe: ObserveFetch | None) -> None:
        self._name = name
        self._inner = inner
        self._observe = observe

    @property
    def in_turn(self) -> bool:
        """As the inner one."""
        return self._inner.in_turn

    @property
    def inner(self) -> Subgraph:
        """The subgraph that is watched."""
        return self._inner

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """The inner subgraph's answer."""
        began = perf_counter_ns()
        result: SubgraphResult | None = None
        span = new_span_id() if context.trace is not None else 0
        try:
            result = await self._inner.fetch(request._replace(span=span) if span else request, context)
            return result
        finally:
            ended = perf_counter_ns()
            if self._observe is not None:
                self._observe(self._name, (ended - began) / 1e9, result)
            if context.trace is not None:
                code = "UNFINISHED" if result is None else result.errors[0].code if result.errors else ""
                path = print_path(request.fetch.path)
                context.trace.fetches.append(FetchSpan(span, self._name, path, len(request.representations), began, ended, code))
