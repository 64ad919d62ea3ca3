"""This module is in charge of one level of a path search: an interface where its subgraph knows it as an object (`@interfaceObject`).

What such a subgraph says of its objects is right, but for what they are: a narrower type and `__typename` are asked of a
subgraph that knows the interface as one and can be entered by its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.operation.normalise import TYPENAME
from gateway.operation.selection import Field, Fragment, Selection
from gateway.planning.object_level import ObjectLevel
from gateway.planning.routes import FETCH_COST, Jump, Route, Stand
from gateway.planning.ways import Busy, shared_conditions

if TYPE_CHECKING:
    from gateway.planning.paths import PathSearch


class OpaqueLevel:
    """The selections of an interface at a stand that cannot tell what its objects are."""

    def __init__(self, search: PathSearch, stand: Stand, busy: Busy) -> None:
        self._search = search
        self._stand = stand
        self._busy = busy
        self._jumps: list[Jump] = []
        self._cost = 0
        self._covered = 0

    def route(self, selections: tuple[Selection, ...]) -> Route:
        """The route for the selections."""
        flat = tuple(self._flat(selections))
        own = tuple(each for each in flat if isinstance(each, Field) and self._is_own(each))
        level = ObjectLevel(self._search, self._stand, self._busy)
        for index, field in enumerate(self._search.collect(self._stand.type, own)):
            level.place(index, field)
        placed = level.route()
        left = tuple(each for each in flat if each not in own)
        missing = (*placed.missing, *self._elsewhere(left))
        return Route(self._stand, (*placed.moves, *self._jumps), placed.cost + self._cost, placed.covered + self._covered, missing)

    def _flat(self, selections: tuple[Selection, ...]) -> Iterator[Selection]:
        """Without fragments that hold for every object of the interface."""
        for each in selections:
            if isinstance(each, Fragment) and self._search.holds_always(self._stand.type, each.type_condition):
                yield from self._flat(each.selections)
            else:
                yield each

    def _is_own(self, field: Field) -> bool:
        return field.name != TYPENAME and self._search.is_given_opaquely(self._stand, field)

    def _elsewhere(self, left: tuple[Selection, ...]) -> tuple[Selection, ...]:
        """Ask those who know what the objects are, the one that answers most first; what nobody answers."""
        tried: set[str] = set()
        while left:
            found = [each for each in self._candidates(left) if each[1].subgraph not in tried and (each[2].covered or not each[2].missing)]
            if not found:
                return left
            cost, jump, below = min(found, key=lambda each: (-each[2].covered, each[0], each[1].subgraph))
            tried.add(jump.subgraph)
            # What no object of the interface can be is answered by asking nothing.
            if jump.moves:
                self._jumps.append(jump)
                self._cost += cost
                self._covered += below.covered
            left = below.missing
        return ()

    def _candidates(self, selections: tuple[Selection, ...]) -> Iterator[tuple[int, Jump, Route]]:
        name = self._stand.type
        for subgraph in self._search.entered_as_interface(name):
            entry = self._search.entry(self._stand, subgraph, name, self._busy)
            if entry is None:
                continue
            below = self._search.route(Stand(name, subgraph), selections, self._busy)
            objects = self._search.objects_meant(self._stand, name)
            yield (
                FETCH_COST + entry.cost + below.cost,
                Jump(subgraph, name, entry.key, (), entry.inputs, shared_conditions(selections), below.moves, objects),
                below,
            )
