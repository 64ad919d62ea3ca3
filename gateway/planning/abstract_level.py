"""This module is in charge of one level of a path search: an interface or union, kept as it is where the subgraph can, else type by type."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.operation.normalise import TYPENAME
from gateway.operation.selection import Field, Fragment, Selection
from gateway.planning.graph import Owner, Selections
from gateway.planning.object_level import ObjectLevel
from gateway.planning.routes import FIELD_COST, Local, Move, Narrow, Route, Stand
from gateway.planning.ways import Busy, covers

if TYPE_CHECKING:
    from gateway.planning.paths import PathSearch


class AbstractLevel:
    """The selections of an interface or union at one stand: kept as they are where the subgraph can, else spelled out type by type."""

    def __init__(self, search: PathSearch, stand: Stand, busy: Busy) -> None:
        self._search = search
        self._stand = stand
        self._busy = busy
        self._moves: list[Move] = []
        self._spelled: dict[str, list[Selection]] = {}
        self._missing: list[Selection] = []
        self._opaque: list[Field] = []
        self._cost = 0
        self._covered = 0

    def route(self, selections: Selections) -> Route:
        """The route for the selections."""
        for each in selections:
            if isinstance(each, Fragment):
                self._place_fragment(each)
            elif each.name == TYPENAME:
                self._covered += 1
                self._moves.append(Local(each, each.type))
            else:
                self._place_field(each)
        if self._opaque:
            self._place_opaque()
        for type_name, spelled in sorted(self._spelled.items()):
            self._narrow(type_name, tuple(spelled))
        return Route(self._stand, tuple(self._moves), self._cost, self._covered, tuple(self._missing))

    def _place_opaque(self) -> None:
        """What only subgraphs give that know the interface as an object is asked of them for all objects at once."""
        level = ObjectLevel(self._search, self._stand, self._busy)
        for index, field in enumerate(self._search.collect(self._stand.type, tuple(self._opaque))):
            level.place(index, field)
        route = level.route()
        self._moves += route.moves
        self._missing += route.missing
        self._cost += route.cost
        self._covered += route.covered

    def _place_field(self, field: Field) -> None:
        left: Field | None = field
        if self._search.is_uniform(self._stand, field):
            assert self._stand.subgraph is not None
            below = self._search.below(self._stand, field, Owner(self._stand.subgraph, self._stand.type, ()), (), self._busy)
            covered = covers(below)
            if covered:
                self._moves.append(Local(field, self._search.type_in(self._stand.type, field, self._stand.subgraph), below))
                self._cost += FIELD_COST + (below.cost if below else 0)
                self._covered += covered
                left = replace(field, selections=below.missing) if below and below.missing else None
        elif self._search.is_left_to_interface_objects(self._stand, field):
            self._opaque.append(field)
            return
        types = self._search.runtime(self._stand)
        if left is not None and not types:
            self._missing.append(left)
        elif left is not None:
            for type_name in types:
                self._spelled.setdefault(type_name, []).append(left)

    def _place_fragment(self, fragment: Fragment) -> None:
        types = self._search.narrowed(self._stand, fragment.type_condition)
        if self._search.keeps(self._stand, fragment.type_condition, types):
            route = self._search.route(replace(self._stand, type=fragment.type_condition), fragment.selections, self._busy)
            if route.stays and not route.missing:
                self._moves.append(Narrow(fragment.type_condition, route))
                self._cost += route.cost
                self._covered += route.covered
                return
        for type_name in types:
            self._spelled.setdefault(type_name, []).extend(fragment.selections)

    def _narrow(self, type_name: str, selections: Selections) -> None:
        route = self._search.route(replace(self._stand, type=type_name), selections, self._busy)
        self._cost += route.cost
        self._covered += route.covered
        if route.moves:
            self._moves.append(Narrow(type_name, route))
        if route.missing:
            self._missing.append(Fragment(type_name, (), route.missing))
