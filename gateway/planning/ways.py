"""This module is in charge of the words of the search for paths: ways into a subgraph, jumps in the making, options for one field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from gateway.operation.selection import Condition, Field, Selection
from gateway.planning.graph import Owner, PlanningGraph, Selections
from gateway.planning.routes import Filling, Local, Route, Stand

# Moves that are being searched for: one of them may not need itself.
Busy = frozenset[tuple[str, str, Selections | str]]
IDLE: Final[Busy] = frozenset()


@dataclass(frozen=True, slots=True)
class WayIn:
    """A way into a subgraph: the key, and the route by which it is come by."""

    key: Selections | None
    inputs: tuple[Route, ...]
    cost: int


NO_KEY: Final = WayIn(None, (), 0)


@dataclass(slots=True)
class Opened:
    """A jump in the making; what other fields can share."""

    entry: WayIn
    owner: Owner
    inputs: tuple[Route, ...]
    fields: list[Local]
    fillings: tuple[Filling, ...] = ()

    @property
    def cost(self) -> int:
        """What it takes to learn what the subgraph has to be told."""
        return sum(each.cost for each in self.inputs) + sum(each.route.cost for each in self.fillings)


Openings = dict[Owner, Opened]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to answer one field: where, what it covers, what it adds to the cost."""

    owner: Owner
    local: bool
    below: Route | None
    covered: int
    cost: int
    opened: Opened | None = None

    @property
    def is_whole(self) -> bool:
        """True when nothing that is selected below the field is left over."""
        return self.below is None or not self.below.missing

    @property
    def rank(self) -> tuple[int, int, bool, str, str]:
        """The least is the best."""
        return (-self.covered, self.cost, not self.local, self.owner.subgraph, self.owner.type)


def covers(below: Route | None) -> int:
    """How many selected fields are answered, the field itself among them; 0 when nothing that is wanted below it can be."""
    if below is None:
        return 1
    return 0 if below.missing and not below.covered else 1 + below.covered


def merged(one: Field, other: Field) -> Field:
    """Both fields as one."""
    return one if one.selections == other.selections else replace(one, selections=(*one.selections, *other.selections))


def provided_below(graph: PlanningGraph, stand: Stand, name: str) -> Selections | None:
    """What the stand's subgraph gives below this field by way of `@provides`; None where it gives nothing of the kind."""
    found: list[Selection] = []
    present = False
    for each in _provided_fields(graph, stand.type, stand.provided):
        if each.name == name:
            present = True
            found.extend(each.selections)
    return tuple(found) if present else None


def _provided_fields(graph: PlanningGraph, type_name: str, selections: Selections) -> Iterator[Field]:
    for each in selections:
        if isinstance(each, Field):
            yield each
        elif graph.possible(type_name) <= graph.possible(each.type_condition):
            yield from _provided_fields(graph, type_name, each.selections)


def shared_conditions(selections: Iterable[Selection]) -> tuple[Condition, ...]:
    """The conditions under which alone any of the selections is wanted."""
    fields = list(_outermost(selections))
    if not fields:
        return ()
    shared = set(fields[0].conditions).intersection(*(each.conditions for each in fields))
    return tuple(sorted(shared, key=lambda each: (each.variable, each.negated)))


def _outermost(selections: Iterable[Selection]) -> Iterator[Field]:
    for each in selections:
        if isinstance(each, Field):
            yield each
        else:
            yield from _outermost(each.selections)
