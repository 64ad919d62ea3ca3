"""This module is in charge of progressive overrides when serving: by which labels a request is planned, and the generation that plans so.

What does not depend on plans is made once for all sets of labels; the plans of a set are kept with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.generation import Generation
from gateway.lru import Lru
from gateway.pipeline import Call
from gateway.planning.graph import PlanningGraph
from gateway.planning.labels import Labels
from gateway.planning.planner import make_plan
from gateway.settings import Planning

# Sets of labels that are planned for at once. Each has caches of its own.
_SETS: Final = 16


def header_of(settings: Planning) -> frozenset[bytes]:
    """The header of clients that is read here, lower case, as the edge is told of it."""
    return frozenset({settings.override_header.lower().encode("latin-1")} if settings.override_header else ())


def turn_of(graph: PlanningGraph, settings: Planning) -> Callable[[Generation, str, Call], Generation] | None:
    """Which generation answers a request; None where all requests are planned by the same labels."""
    overriding = Overriding(graph, settings)
    return overriding.of if overriding.varies else None


class Overriding:
    """The plans of one supergraph, by the labels that hold."""

    def __init__(self, graph: PlanningGraph, settings: Planning) -> None:
        self._graph = graph
        self._labels = Labels(graph.supergraph, settings.labels)
        self._by_client = settings.override_by == "client"
        self._header = next(iter(header_of(settings)), b"") if self._labels.known else b""
        self._made: Lru[frozenset[str], Generation] = Lru(_SETS)

    @property
    def varies(self) -> bool:
        """True when not all requests are planned by the same labels."""
        return self._labels.are_drawn or bool(self._header)

    def of(self, first: Generation, client_id: str, call: Call) -> Generation:
        """The generation that answers the request; `first` is that of the labels which always hold."""
        named = map(str.strip, call.headers.get(self._header, "").split(",")) if self._header else ()
        labels = self._labels.of(client_id if self._by_client else call.request_id, named)
        if labels == self._labels.always:
            return first
        made = self._made.get(labels)
        if made is None:
            graph = self._graph.with_labels(labels)
            made = first.planned_by(lambda operation: make_plan(graph, operation))
            self._made.put(labels, made)
        return made
