"""This module is in charge of the subgraph contract: one async method, whatever stands behind it.

In-process, over HTTP, or a recording fake in a test: the engine cannot tell.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

from msgspec import Struct

from gateway.execution.by_column import ColumnPage
from gateway.execution.context import RequestContext
from gateway.planning.plan import Fetch

Json = Any  # what orjson gives: dict, list, str, int, float, bool, None
# Response keys that lead from an object to one below it, through lists.
Keys = tuple[str, ...]
# The extension of an error in which a subgraph of ours says to its gateway what is wrong, so that nobody else can.
SEALED: Final = "sealed"
# What is wrong with ten thousand objects is told of once for each of the first so many.
MAX_PLACES: Final = 100


class SubgraphRequest(Struct, frozen=True):
    """One fetch with its values: coerced variables of the client, and representations for an entity fetch; `span` is its span's id
    where the request is traced. `repeats` is where objects that are spelled alike may be one object in the answer."""

    fetch: Fetch
    variables: Mapping[str, Json]
    representations: tuple[Mapping[str, Json], ...] = ()
    span: int = 0
    repeats: frozenset[Keys] = frozenset()


@dataclass(frozen=True, slots=True)
class SubgraphError:
    """An error of a subgraph, made safe: `path` is relative to the fetch's answer (for an entity fetch it begins
    with the index of the representation), `code` one of docs/errors.md, `message` ours, never the subgraph's text."""

    message: str
    code: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Redaction:
    """A row-level redaction: response keys from the fetch's root, without indices, and the reason."""

    path: tuple[str, ...]
    reason: str
    policy_id: str


class SubgraphResult(Struct, frozen=True):
    """The answer: for a root fetch `data` is an object; for an entity fetch `entities` is aligned with the
    representations (None where there is no such entity, or the caller may not know of it). `page` are rows that were left as columns."""

    data: Mapping[str, Json] | None = None
    entities: tuple[Mapping[str, Json] | None, ...] = ()
    errors: tuple[SubgraphError, ...] = ()
    redactions: tuple[Redaction, ...] = ()
    page: ColumnPage | None = None


class Subgraph(Protocol):
    """What the engine needs of a subgraph."""

    @property
    def in_turn(self) -> bool:
        """True where fetches of one request wait for each other anyway, as they share its connection: no task is made for them."""
        ...

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """Answer one fetch; a failure of the subgraph is a result with errors, an exception is our defect."""
        ...


class GatheringSubgraph:
    """A subgraph that is asked in one call for what becomes ready at about the same time."""

    @property
    def in_turn(self) -> bool:
        """Nothing waits for anything else."""
        return False

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """Answer one fetch; a failure of the subgraph is a result with errors, an exception is our defect."""
        raise NotImplementedError

    async def fetch_together(self, requests: Sequence[SubgraphRequest], context: RequestContext) -> Sequence[SubgraphResult]:
        """Answer entity fetches of one request; each gets the result that it would have got alone."""
        raise NotImplementedError


@runtime_checkable
class EventSource(Protocol):
    """What a subgraph has that can be subscribed to."""

    @property
    def has_events(self) -> bool: ...

    def subscribe(self, request: SubgraphRequest, context: RequestContext) -> AsyncGenerator[SubgraphResult, None]:
        """The events of a root fetch, one result each, until there are no more; a failure is a result with errors, and the last.
        The next one is made when it is asked for. Closing the iterator ends the subscription."""
        ...


class TellsAsAsked:
    """Marks a source whose events hold what was asked for and nothing else, in values as they are; those of others are judged as answers are."""

    __slots__ = ()
