"""This module is in charge of proving that every field a client may select can be fetched, however it was reached.

A client's path through the API schema is followed together with the subgraphs in which its end may be held at the same
time (a `_State`). From there a field is taken in one of those subgraphs, or in one that a key leads to. Fewer subgraphs
are harder, so a state is passed over when a smaller set for its type was visited already.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from gateway.composition.context_filling import ContextFilling, Filled
from gateway.composition.document import ROOTS
from gateway.composition.errors import CompositionError, in_words
from gateway.composition.merged import MergedField, MergedType, MergedTypes
from gateway.composition.moves import Moves
from gateway.composition.positions import Held, Labels, Positions
from gateway.composition.subgraph import Subgraph
from gateway.composition.types import named_type

_ABSTRACT = frozenset({"INTERFACE", "UNION"})


class _State(NamedTuple):
    """The end of a client's path; `path` is its selection, where a step "... on T" narrows the type.

    `labels` are the labels decided on the way, `contexts` the context selections that some object on the way can fill.
    """

    type: str
    at: Positions
    path: tuple[str, ...]
    labels: Labels = frozenset()
    contexts: Filled = frozenset()

    @property
    def subgraphs(self) -> frozenset[str]:
        """Where the value may be held."""
        return frozenset(held.subgraph for held in self.at)


@dataclass(frozen=True, slots=True)
class Visible:
    """What of the merged types is in the API schema."""

    types: MergedTypes

    def fields(self, type_: MergedType) -> Iterable[MergedField]:
        """The fields that a client may select on this type."""
        return (field for field in type_.fields.values() if not field.annotations.inaccessible)

    def runtime(self, name: str) -> Iterator[str]:
        """The object types that a client may meet behind an abstract type."""
        type_ = self.types[name]
        candidates = type_.all_members if type_.kind == "UNION" else self._implementers(name)
        return (member for member in candidates if not self.types[member].annotations.inaccessible)

    def _implementers(self, name: str) -> Iterator[str]:
        return (t.name for t in self.types.values() if t.kind == "OBJECT" and name in t.all_interfaces)


def unsatisfiable(types: MergedTypes, subgraphs: Mapping[str, Subgraph]) -> tuple[CompositionError, ...]:
    """SATISFIABILITY_ERROR for each field that cannot be fetched, with the shortest selection that shows it, and
    SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES.
    """
    moves = Moves(types, subgraphs)
    steps = _Steps(moves, Visible(types), ContextFilling(types, moves))
    found: list[CompositionError] = []
    visited: dict[str, list[_State]] = {}
    waiting = deque(_roots(types))
    while waiting:
        state = steps.with_contexts(waiting.popleft())
        if _is_known(visited, state):
            continue
        for step in steps.of(state):
            if isinstance(step, _State):
                waiting.append(step)
            else:
                found.append(step)
    return tuple(found)


def _roots(types: MergedTypes) -> Iterator[_State]:
    for operation, name in ROOTS.items():
        if name in types and not types[name].annotations.inaccessible:
            start = () if operation == "query" else (operation,)
            yield _State(name, frozenset(Held(subgraph, name) for subgraph in types[name].subgraphs), start)


def _is_known(visited: dict[str, list[_State]], state: _State) -> bool:
    """True when a state was visited that is harder in every respect: fewer places, fewer decisions, fewer contexts."""
    smaller = visited.setdefault(state.type, [])
    if any(known.at <= state.at and known.labels == state.labels and known.contexts <= state.contexts for known in smaller):
        return True
    smaller.append(state)
    return False


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps that a client may take from the end of a path."""

    moves: Moves
    visible: Visible
    filling: ContextFilling

    def with_contexts(self, state: _State) -> _State:
        """The state with what the object at its end fills."""
        filled = self.filling.filled(state.type, state.at)
        return state._replace(contexts=state.contexts | filled) if filled else state

    def of(self, state: _State) -> Iterator[_State | CompositionError]:
        """The states after each step, and the steps that no subgraph can take."""
        type_ = self.visible.types[state.type]
        if type_.kind in _ABSTRACT:
            yield from self._to_members(type_, state)
            yield from self._direct(type_, state)
            return
        for field in self.visible.fields(type_):
            for decided in _decisions(self.visible.types, type_, field, state):
                yield from self._field(type_, field, decided)

    def _field(self, type_: MergedType, field: MergedField, state: _State) -> Iterator[_State | CompositionError]:
        reached = self.moves.resolve(state.at, field.name, state.labels)
        reached = frozenset(held for held in reached if self.filling.is_filled(field, held.subgraph, state.contexts))
        if not reached:
            yield _unreachable(self.moves, self.visible.types, type_, field, state)
        elif _is_composite(self.visible.types, field):
            step = state._replace(type=named_type(field.type), at=reached, path=(*state.path, field.name))
            yield step
            yield from self._disjoint(f"{type_.name}.{field.name}", step)

    def _to_members(self, type_: MergedType, state: _State) -> Iterator[_State | CompositionError]:
        layout = self.moves.layout
        at = self.moves.spread(state.at) if type_.kind == "INTERFACE" else state.at
        if state.at and all(layout.is_interface_object(held) for held in at):
            # Nobody reached knows which of the types the value is.
            yield _untyped(type_, state)
            return
        for member in self.visible.runtime(type_.name):
            # Where the value is of this member, it came from a subgraph that knows the member there.
            known = frozenset(layout.narrowed(held, member) for held in at if member in layout.runtime(held))
            if any(not layout.is_interface_object(held) for held in known):
                yield state._replace(type=member, at=known, path=(*state.path, f"... on {member}"))

    def _direct(self, type_: MergedType, state: _State) -> Iterator[_State]:
        # On the interface itself a field is taken where every type behind it has it; else the planner goes by type.
        for field in self.visible.fields(type_):
            direct = frozenset(held for held in state.at if self.moves.is_direct(held, field.name))
            if direct and _is_composite(self.visible.types, field):
                at = self.moves.resolve(direct, field.name)
                yield state._replace(type=named_type(field.type), at=at, path=(*state.path, field.name))

    def _disjoint(self, coordinate: str, state: _State) -> Iterator[CompositionError]:
        """A shared field has to be the same wherever it is resolved, which it cannot be where it gives no common type."""
        if self.visible.types[state.type].kind not in _ABSTRACT or len(state.at) < 2:
            return
        behind = {held.subgraph: self.moves.layout.runtime(held) for held in sorted(state.at)}
        if not frozenset.intersection(*behind.values()):
            words = "; ".join(f'{", ".join(sorted(members)) or "none"} in subgraph "{subgraph}"' for subgraph, members in behind.items())
            message = f'The shared field "{coordinate}" has no common type behind "{state.type}": {words}.'
            yield CompositionError("SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", message, coordinate)


def _decisions(types: MergedTypes, type_: MergedType, field: MergedField, state: _State) -> Iterator[_State]:
    """The state for both sides of each label of the field that was not decided before."""
    holders = (type_, *(types[name] for name in type_.all_interfaces))
    joins = (join for holder in holders if field.name in holder.fields for join in holder.fields[field.name].joins.values())
    decided = {label for label, _ in state.labels}
    labels = sorted({join.override_label for join in joins if join.override_label is not None} - decided)
    for sides in product((True, False), repeat=len(labels)):
        yield state._replace(labels=state.labels | frozenset(zip(labels, sides, strict=True)))


def _is_composite(types: MergedTypes, field: MergedField) -> bool:
    target = types.get(named_type(field.type))
    return target is not None and (target.kind == "OBJECT" or target.kind in _ABSTRACT)


def _unreachable(moves: Moves, types: MergedTypes, type_: MergedType, field: MergedField, state: _State) -> CompositionError:
    coordinate = f"{type_.name}.{field.name}"
    shown = _selection((*state.path, field.name), composite=_is_composite(types, field))
    reasons = "; ".join(moves.reasons(type_.name, state.at, field.name))
    labels = "".join(f' with label "{label}" {"on" if side else "off"}' for label, side in sorted(state.labels))
    message = f"No plan can fetch {shown}{labels}: the value is held in {in_words(sorted(state.subgraphs))}; {reasons}."
    return CompositionError("SATISFIABILITY_ERROR", message, coordinate)


def _untyped(type_: MergedType, state: _State) -> CompositionError:
    shown = _selection((*state.path, "__typename"), composite=False)
    message = (
        f"No plan can fetch {shown}: the value is held in {in_words(sorted(state.subgraphs))} as an @interfaceObject, "
        f'and no key of "{type_.name}" leads to a subgraph that knows its type.'
    )
    return CompositionError("SATISFIABILITY_ERROR", message, type_.name)


def _selection(steps: tuple[str, ...], *, composite: bool) -> str:
    selection = " { ".join(steps) + (" { ... }" if composite else "") + " }" * (len(steps) - 1)
    return selection if steps[0] in {"mutation", "subscription"} else f"{{ {selection} }}"
