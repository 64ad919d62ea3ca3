"""This module is in charge of routes: how a selection is answered, as a value. A tree of moves from one stand to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.composition.supergraph import ContextArgument
from gateway.operation.selection import Condition, Field
from gateway.planning.graph import Selections

FIELD_COST: Final = 1
FETCH_COST: Final = 1000


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a selection is read: objects of a type as one subgraph gives them.

    `subgraph` is None above the root fetches. `provided` is what that subgraph gives here by way of `@provides`.
    `others` are further subgraphs that could have given the same objects. `only` are the types that matter here, where a
    union has other members in another of those: what not all of them can give is not asked for. `setters` are the objects
    above that set contexts, the nearest first.
    """

    type: str
    subgraph: str | None
    provided: Selections = ()
    others: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    setters: tuple[Setter, ...] = ()


@dataclass(frozen=True, slots=True)
class Setter:
    """An object above a stand whose type sets contexts (`@context`), so many fields up.

    It can be read `inside`, where the field that leads down is asked for, or `outside`, where that subgraph was entered from.
    """

    contexts: frozenset[str]
    type: str
    levels: int
    inside: Stand | None
    outside: Stand | None


@dataclass(frozen=True, slots=True)
class Filling:
    """How an argument is filled from a context: by a route from an object so many fields above the jump, read there inside or outside."""

    argument: ContextArgument
    levels: int
    is_inside: bool
    selections: Selections
    route: Route


@dataclass(frozen=True, slots=True)
class Local:
    """The field is asked for where we stand. `field.selections` is not to be read: `below` says what is selected (None for a leaf)."""

    field: Field
    type: str  # the field's type in this subgraph, printed
    below: Route | None = None


@dataclass(frozen=True, slots=True)
class Narrow:
    """These moves are for objects of that type alone."""

    type: str
    route: Route


@dataclass(frozen=True, slots=True)
class Jump:
    """Enter another subgraph (or the same again) with a representation; `key` is None where a root type needs none.

    `type` is what the subgraph is told the objects are: their own type, or an interface. `objects` are then the types that are meant.
    """

    subgraph: str
    type: str
    key: Selections | None
    requires: Selections
    inputs: tuple[Route, ...]  # how key and requirements are come by, from the stand
    conditions: tuple[Condition, ...]  # those that all of `moves` share
    moves: tuple[Move, ...]
    objects: frozenset[str] = frozenset()
    fillings: tuple[Filling, ...] = ()


Move = Local | Narrow | Jump


@dataclass(frozen=True, slots=True)
class Route:
    """How a selection is answered from a stand. `covered` counts selected fields, `missing` is what cannot be answered from here."""

    stand: Stand
    moves: tuple[Move, ...]
    cost: int
    covered: int
    missing: Selections = ()

    @property
    def stays(self) -> bool:
        """True when no other fetch is needed for it."""
        return self.cost < FETCH_COST
