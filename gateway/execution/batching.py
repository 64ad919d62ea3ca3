"""This module is in charge of batching: entity fetches of one request that are asked together are one call.

Fetches that say the same share one `_entities`, each entity asked about once; others stand beside each other under aliases.
Each gets the result that it would have got alone.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import orjson

from gateway.execution.context import RequestContext
from gateway.execution.merge import copy_of
from gateway.execution.representations import identity
from gateway.execution.subgraph import EventSource, GatheringSubgraph, SubgraphError, SubgraphRequest, SubgraphResult

Json = Any


class BatchingTransport(Protocol):
    """A subgraph that can be asked several things in one call."""

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """Answer one fetch."""
        ...

    async def fetch_together(self, requests: Sequence[SubgraphRequest], context: RequestContext) -> Sequence[SubgraphResult]:
        """Answer several entity fetches of one request, in one call."""
        ...


class BatchingSubgraph(GatheringSubgraph):
    """A subgraph around a transport."""

    def __init__(self, inner: BatchingTransport) -> None:
        self._inner = inner

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """The answer to one fetch, asked for alone."""
        return await self._inner.fetch(request, context)

    async def fetch_together(self, requests: Sequence[SubgraphRequest], context: RequestContext) -> Sequence[SubgraphResult]:
        """The answers to these."""
        if len(requests) == 1:
            return (await self._inner.fetch(requests[0], context),)
        joined = [_Joined(requests[numbers[0]], tuple(numbers)) for numbers in _alike(requests)]
        for each in joined:
            for number in each.numbers:
                each.take(requests[number])
        if len(joined) == 1:
            found: Sequence[SubgraphResult] = (await self._inner.fetch(joined[0].request, context),)
        else:
            found = await self._inner.fetch_together([each.request for each in joined], context)
        parts = {number: part for each, result in zip(joined, found) for number, part in zip(each.numbers, each.parted(result))}
        return [parts[number] for number in range(len(requests))]

    @property
    def has_events(self) -> bool:
        """Whether it can be subscribed to."""
        return isinstance(self._inner, EventSource) and self._inner.has_events

    def subscribe(self, request: SubgraphRequest, context: RequestContext) -> AsyncGenerator[SubgraphResult, None]:
        """Its events."""
        assert isinstance(self._inner, EventSource)
        return self._inner.subscribe(request, context)


def _alike(requests: Sequence[SubgraphRequest]) -> list[list[int]]:
    """The numbers of the requests, those together that say the same with the same values."""
    groups: list[list[int]] = []
    known: dict[tuple[str, bytes], list[list[int]]] = {}
    for number, each in enumerate(requests):
        # What is required is compared, and not hashed: mostly no two of them ask the same.
        alike = known.setdefault((each.fetch.document, orjson.dumps(each.variables) if each.variables else b""), [])
        for group in alike:
            if requests[group[0]].fetch.requires == each.fetch.requires:
                group.append(number)
                break
        else:
            alike.append([number])
            groups.append(alike[-1])
    return groups


class _Joined:
    """Requests that say the same, as one; `numbers` are theirs among all that are sent."""

    def __init__(self, first: SubgraphRequest, numbers: tuple[int, ...]) -> None:
        self._first = first
        self.numbers = numbers
        self._index: dict[object, int] = {}
        self._representations: list[Mapping[str, Json]] = []
        self._places: list[list[int]] = []

    def take(self, request: SubgraphRequest) -> None:
        """Add what the request is about."""
        places: list[int] = []
        for each in request.representations:
            at = self._index.setdefault(identity(each), len(self._representations))
            if at == len(self._representations):
                self._representations.append(each)
            places.append(at)
        self._places.append(places)

    @property
    def request(self) -> SubgraphRequest:
        """The one request."""
        return SubgraphRequest(self._first.fetch, self._first.variables, tuple(self._representations), self._first.span, self._first.repeats)

    def parted(self, result: SubgraphResult) -> list[SubgraphResult]:
        """The result of each, as if it had been asked alone."""
        if len(self.numbers) == 1:
            return [result]
        return [_part(result, places, first=number == 0) for number, places in enumerate(self._places)]


def _part(result: SubgraphResult, places: list[int], *, first: bool) -> SubgraphResult:
    errors = result.errors
    if errors:
        own: dict[str | int, int] = {at: index for index, at in enumerate(places)}
        errors = tuple(_moved(each, own) for each in errors if not each.path or each.path[0] in own)
    entities = tuple([result.entities[at] for at in places]) if result.entities else ()
    # What is merged into the data is changed there: each place needs an answer of its own.
    copies = entities if first else tuple([None if each is None else copy_of(each) for each in entities])
    return SubgraphResult(entities=copies, errors=errors, redactions=result.redactions)


def _moved(error: SubgraphError, own: Mapping[str | int, int]) -> SubgraphError:
    return replace(error, path=(own[error.path[0]], *error.path[1:])) if error.path else error
