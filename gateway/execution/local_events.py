"""This module is in charge of an in-process subgraph's events: the pages of a list that only grows, each as soon as there is one.

A subscription is the query of the same list, asked again from the last cursor on whenever something may have been recorded: under the row policy of that
moment, in a snapshot of its own, and with nothing kept in between but the cursor. So nothing is told twice, nothing is missed, and a client that is away
goes on where it was, on any process.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from auth.principal import Principal
from gateway.execution.context import RequestContext
from gateway.execution.local import LocalSubgraph
from gateway.execution.local_program import Program
from gateway.execution.local_run import Run
from gateway.execution.subgraph import SubgraphError, SubgraphRequest, SubgraphResult, TellsAsAsked
from resolvers.batching import BadArgument, Batch, Page, PageArguments
from resolvers.database.failures import UNREACHABLE
from resolvers.database.reading import Reading
from schema.arguments import Given
from schema.bindings import Lookup
from schema.graph import Graph

LOG: Final = logging.getLogger("cellgate.streams")


@dataclass(frozen=True, slots=True)
class Feed:
    """What a subscription needs of the process: a reading of now, and a wait until something may have been recorded."""

    open_reading: Callable[[Principal], Reading]
    news: Callable[[], Awaitable[None]]


class TellingSubgraph(LocalSubgraph, TellsAsAsked):
    """A subgraph in this process that can be subscribed to (gateway.execution.subgraph.EventSource)."""

    __slots__ = ("_feed",)

    def __init__(self, graph: Graph, feed: Feed) -> None:
        super().__init__(graph)
        self._feed = feed

    @property
    def has_events(self) -> bool:
        """Whether it has a Subscription."""
        return self.graph.schema.subscription_type is not None

    async def subscribe(self, request: SubgraphRequest, context: RequestContext) -> AsyncGenerator[SubgraphResult, None]:
        """Page after page. A cursor that is not of this list for this party is the one failure, and the last event."""
        program = self.program(request)
        assert program.root is not None
        (call,) = program.root.calls
        try:
            given = call.arguments(request.variables)
            assert given.page is not None and isinstance(call.binding, Lookup)  # noqa: PT018 (what a feed is made of)
            walk = _Walk(self._feed, context.principal, call.binding, given, given.page)
            if given.page.cursor is None:
                await walk.skip()
            while True:
                result = await walk.step(program, request)
                if result is not None:
                    yield result
                if result is None:
                    await self._feed.news()
                elif result.errors:
                    return
        except BadArgument as wrong:
            yield SubgraphResult({call.key: None}, (), (SubgraphError(str(wrong), wrong.code, (call.key,)),))


@dataclass(slots=True)
class _Walk:
    """How far one subscriber has come."""

    feed: Feed
    principal: Principal
    binding: Lookup
    given: Given
    page: PageArguments
    is_lost: bool = False

    async def skip(self) -> None:
        """To the end of what is there."""
        reading = self.feed.open_reading(self.principal)
        try:
            (found,) = await self.binding.resolve(reading, Batch([None], (), self.given.values, PageArguments(1, backward=True, ahead=False)))
        finally:
            reading.close()
        if found.rows:
            self.page = replace(self.page, cursor=found.cursors[0])

    async def step(self, program: Program, request: SubgraphRequest) -> SubgraphResult | None:
        """The next page, None where there is none yet or nobody can be asked."""
        found: list[Page] = []

        async def resolve(reading: Reading, batch: Batch) -> list[Any]:
            found.extend(await self.binding.resolve(reading, batch))
            return list(found)

        reading = self.feed.open_reading(self.principal)
        try:
            result = await Run(reading, request.variables).root(self._from_here(program, resolve))
        except UNREACHABLE as lost:
            # Said once, not every time that it is tried again.
            if not self.is_lost:
                LOG.warning("a feed cannot be read: %s", type(lost).__name__)
            self.is_lost = True
            return None
        finally:
            reading.close()
        self.is_lost = False
        if result.errors:
            return result
        rows = found[0].rows
        if not rows:
            return None
        self.page = replace(self.page, cursor=found[0].cursors[len(rows) - 1])
        return result

    def _from_here(self, program: Program, resolve: Any) -> Program:
        assert program.root is not None
        given = Given(self.given.values, self.page)
        (call,) = program.root.calls
        call = replace(call, binding=replace(self.binding, resolve=resolve), arguments=lambda _variables: given)
        return replace(program, root=replace(program.root, calls=(call,)))
