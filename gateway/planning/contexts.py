"""This module is in charge of contexts in a search (`@context`, `@fromContext`): which object above sets one, and how what an argument takes of it is come by.

The value is fetched where the object is held, above, before the field that takes it is asked for: so that field is always entered by a key,
even in the subgraph we are in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.composition.supergraph import ContextArgument
from gateway.planning.graph import Owner, PlanningGraph
from gateway.planning.routes import Filling, Setter, Stand
from gateway.planning.ways import Busy

if TYPE_CHECKING:
    from gateway.planning.paths import PathSearch


def setters_below(graph: PlanningGraph, stand: Stand, owner: Owner, *, is_entered: bool) -> tuple[Setter, ...]:
    """The objects that set contexts for what is below a field of this stand, as that owner gives it; the nearest first."""
    own = graph.contexts_set(stand.type)
    # An object takes the place of one above that sets the same.
    above = tuple(replace(each, levels=each.levels + 1) for each in stand.setters if not each.contexts <= own)
    if not own:
        return above
    if not is_entered:
        return Setter(own, stand.type, 1, stand, None), *above
    inside = Stand(stand.type, owner.subgraph, setters=stand.setters) if owner.type == stand.type else None
    outside = stand if stand.subgraph is not None else None
    return Setter(own, stand.type, 1, inside, outside), *above


def fillings_of(search: PathSearch, graph: PlanningGraph, stand: Stand, owner: Owner, busy: Busy) -> tuple[Filling, ...] | None:
    """How the owner's arguments are filled; None where one of them cannot be: asked without it, the subgraph would answer something else."""
    found: list[Filling] = []
    for argument in owner.contexts:
        setter = next((each for each in stand.setters if argument.context in each.contexts), None)
        filling = _filling(search, graph, setter, argument, busy) if setter is not None else None
        if filling is None:
            return None
        found.append(filling)
    return tuple(found)


def _filling(search: PathSearch, graph: PlanningGraph, setter: Setter, argument: ContextArgument, busy: Busy) -> Filling | None:
    selections = graph.taken(setter.type, argument)
    ways: list[Filling] = []
    for at, is_inside in ((setter.outside, False), (setter.inside, True)):
        if at is not None:
            route = search.route(at, selections, busy)
            if route.covered and not route.missing:
                ways.append(Filling(argument, setter.levels, is_inside, selections, route))
    return min(ways, key=lambda each: each.route.cost) if ways else None
