"""This module is in charge of watching fetches: a subgraph around a subgraph, put there only where somebody wants to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter_ns

from msgspec import structs

from gateway.execution.context import RequestContext
from gateway.execution.subgraph import GatheringSubgraph, Subgraph, SubgraphRequest, SubgraphResult
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
        began, traced = perf_counter_ns(), _traced((request,), context)
        result: SubgraphResult | None = None
        try:
            result = await self._inner.fetch(traced[0], context)
            return result
        finally:
            self._note(traced, (result,), began, context)

    def _note(self, requests: Sequence[SubgraphRequest], results: Sequence[SubgraphResult | None], began: int, context: RequestContext) -> None:
        ended = perf_counter_ns()
        for request, result in zip(requests, results, strict=True):
            if self._observe is not None:
                self._observe(self._name, (ended - began) / 1e9, result)
            if context.trace is not None:
                code = "UNFINISHED" if result is None else result.errors[0].code if result.errors else ""
                path = print_path(request.fetch.path)
                context.trace.fetches.append(FetchSpan(request.span, self._name, path, len(request.representations), began, ended, code))


class WatchedGathering(WatchedSubgraph, GatheringSubgraph):
    """The same of a subgraph that is asked together."""

    def __init__(self, name: str, inner: GatheringSubgraph, observe: ObserveFetch | None) -> None:
        super().__init__(name, inner, observe)
        self._gathering = inner

    async def fetch_together(self, requests: Sequence[SubgraphRequest], context: RequestContext) -> Sequence[SubgraphResult]:
        """The inner subgraph's answers; each took as long as the call."""
        began, traced = perf_counter_ns(), _traced(requests, context)
        results: Sequence[SubgraphResult | None] = (None,) * len(requests)
        try:
            found = results = await self._gathering.fetch_together(traced, context)
            return found
        finally:
            self._note(traced, results, began, context)


def watched(name: str, inner: Subgraph, observe: ObserveFetch | None) -> WatchedSubgraph:
    """The subgraph, watched."""
    return WatchedGathering(name, inner, observe) if isinstance(inner, GatheringSubgraph) else WatchedSubgraph(name, inner, observe)


def _traced(requests: Sequence[SubgraphRequest], context: RequestContext) -> Sequence[SubgraphRequest]:
    """Each with the id of a span of its own, where the request is traced."""
    return requests if context.trace is None else [structs.replace(each, span=new_span_id()) for each in requests]
