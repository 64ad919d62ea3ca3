"""This module is in charge of sharing: a query that the same principal is asking the same subgraph already is not asked again, but waited for.

Only what is on its way is shared, nothing is kept. The same is what has the same document, values and representations, the
same principal, token included, and the same headers that could be passed on: whoever differs in any of them has a call of his own.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Hashable
from dataclasses import dataclass
from typing import Any

import orjson
from msgspec import structs

from gateway.execution.context import RequestContext
from gateway.execution.remote import elsewhere
from gateway.execution.subgraph import EventSource, Subgraph, SubgraphRequest, SubgraphResult

Json = Any


@dataclass(slots=True)
class _Call:
    """A call that is on its way, and how many wait for it."""

    task: asyncio.Task[SubgraphResult]
    waiting: int = 0
    is_shared: bool = False


class SharingSubgraph:
    """A subgraph around one behind a URL."""

    in_turn = False

    def __init__(self, inner: Subgraph) -> None:
        self._inner = inner
        self._calls: dict[Hashable, _Call] = {}

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """The answer, of a call of its own or of one that is on its way. Each gets its own copy, for it is merged into its data."""
        if request.fetch.operation.kind != "query":
            return await self._inner.fetch(request, context)
        key = _likeness(request, context)
        call = self._calls.get(key)
        if call is not None and not call.task.done():
            call.is_shared = True
        else:
            # The call outlives a client that goes away, or is out of time, while others wait: it must not hold that client's connection,
            # and ends by the subgraph's own time.
            task = asyncio.ensure_future(self._inner.fetch(request, structs.replace(context, reading=None, deadline=math.inf)))
            call = self._calls[key] = _Call(task)
            task.add_done_callback(lambda done: self._forget(key, done))
        call.waiting += 1
        try:
            with elsewhere(context):
                result = await asyncio.shield(call.task)
        finally:
            call.waiting -= 1
            if call.waiting == 0 and not call.task.done():
                self._forget(key, call.task)
                call.task.cancel()
        return _copied(result) if call.is_shared else result

    def _forget(self, key: Hashable, task: asyncio.Task[SubgraphResult]) -> None:
        call = self._calls.get(key)
        if call is not None and call.task is task:
            del self._calls[key]

    @property
    def has_events(self) -> bool:
        """Whether it can be subscribed to."""
        return isinstance(self._inner, EventSource) and self._inner.has_events

    def subscribe(self, request: SubgraphRequest, context: RequestContext) -> AsyncGenerator[SubgraphResult, None]:
        """Its events, which are not shared."""
        assert isinstance(self._inner, EventSource)
        return self._inner.subscribe(request, context)


def _likeness(request: SubgraphRequest, context: RequestContext) -> Hashable:
    said = (request.fetch.document, request.fetch.requires, orjson.dumps(request.variables), orjson.dumps(request.representations))
    return (*said, context.principal, frozenset(context.headers.items()))


def _copied(result: SubgraphResult) -> SubgraphResult:
    data, entities = orjson.loads(orjson.dumps((result.data, result.entities)))
    return structs.replace(result, data=data, entities=tuple(entities))
