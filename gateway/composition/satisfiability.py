"""This module is in charge of proving that every field a client may select can be fetched, however it was reached.

A client's path through the API schema is followed together with the subgraphs in which its end may be held at the same
time (a `_State`). From there a field is taken in one of those subgraphs, or in one that a key leads to. Fewer subgraphs
are harder, so a state is passed over when a smaller set for its type was visited already.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gateway.composition.document import ROOTS
from gateway.composition.errors import CompositionError, in_words
from gateway.composition.merged import MergedField, MergedType, MergedTypes
from gateway.composition.moves import Moves
from gateway.composition.types import named_type

_ABSTRACT = frozenset({"INTERFACE", "UNION"})


class _Held(NamedTuple):
    """A subgraph in which a value may be held, and the type it has there, which may be narrower than the merged one."""

    subgraph: str
    type: str


class _State(NamedTuple):
    """The end of a client's path; `path` is its selection, where a step "... on T" narrows the type."""

    type: str
    at: frozenset[_Held]
    path: tuple[str, ...]

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


def unsatisfiable(types: MergedTypes, runtime: Mapping[str, Mapping[str, frozenset[str]]]) -> tuple[CompositionError, ...]:
    """SATISFIABILITY_ERROR for each field that cannot be fetched, with the shortest selection that shows it, and
    SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES.

    `runtime` gives, by subgraph, the object types behind each abstract type there.
    """
    moves = Moves(types, runtime)
    visible = Visible(types)
    found: list[CompositionError] = []
    visited: dict[str, list[frozenset[_Held]]] = {}
    waiting = deque(_roots(types))
    while waiting:
        state = waiting.popleft()
        if _is_known(visited, state):
            continue
        for step in _steps(moves, visible, state):
            if isinstance(step, _State):
                waiting.append(step)
            else:
                found.append(step)
    return tuple(found)


def _roots(types: MergedTypes) -> Iterator[_State]:
    for operation, name in ROOTS.items():
        if name in types and not types[name].annotations.inaccessible:
            start = () if operation == "query" else (operation,)
            yield _State(name, _same(types[name].subgraphs, name), start)


def _same(subgraphs: Iterable[str], name: str) -> frozenset[_Held]:
    return frozenset(_Held(subgraph, name) for subgraph in subgraphs)


def _is_known(visited: dict[str, list[frozenset[_Held]]], state: _State) -> bool:
    smaller = visited.setdefault(state.type, [])
    if any(at <= state.at for at in smaller):
        return True
    smaller.append(state.at)
    return False


def _steps(moves: Moves, visible: Visible, state: _State) -> Iterator[_State | CompositionError]:
    type_ = visible.types[state.type]
    if type_.kind in _ABSTRACT:
        yield from _abstract_steps(moves, visible, type_, state)
        return
    for field in visible.fields(type_):
        reached = moves.resolve(type_.name, state.subgraphs, field.name)
        if not reached:
            yield _unreachable(moves, visible.types, type_, field, state)
        elif _is_composite(visible.types, field):
            step = _taken(field, reached, state)
            yield step
            yield from _disjoint(moves, visible.types, f"{type_.name}.{field.name}", step)


def _taken(field: MergedField, subgraphs: Iterable[str], state: _State) -> _State:
    at = frozenset(_Held(subgraph, field.joins[subgraph].type.strip("[]!")) for subgraph in subgraphs)
    return _State(named_type(field.type), at, (*state.path, field.name))


def _is_composite(types: MergedTypes, field: MergedField) -> bool:
    target = types.get(named_type(field.type))
    return target is not None and (target.kind == "OBJECT" or target.kind in _ABSTRACT)


def _abstract_steps(moves: Moves, visible: Visible, type_: MergedType, state: _State) -> Iterator[_State]:
    for member in visible.runtime(type_.name):
        # Where the value is of this member, it came from a subgraph that knows the member there.
        at = _same((held.subgraph for held in state.at if member in moves.runtime_in(*held)), member)
        if at:
            yield _State(member, at, (*state.path, f"... on {member}"))
    for field in visible.fields(type_):
        # On the interface itself a field is taken where every type behind it has it; else the planner goes by type.
        direct = [held.subgraph for held in state.at if moves.is_direct(held.subgraph, type_.name, field.name)]
        if direct and _is_composite(visible.types, field):
            yield _taken(field, direct, state)


def _disjoint(moves: Moves, types: MergedTypes, coordinate: str, state: _State) -> Iterator[CompositionError]:
    """A shared field has to be the same wherever it is resolved, which it cannot be where it gives no common type."""
    if types[state.type].kind not in _ABSTRACT or len(state.at) < 2:
        return
    behind = {held.subgraph: moves.runtime_in(*held) for held in sorted(state.at)}
    if not frozenset.intersection(*behind.values()):
        words = "; ".join(f'{", ".join(sorted(members)) or "none"} in subgraph "{subgraph}"' for subgraph, members in behind.items())
        message = f'The shared field "{coordinate}" has no common type behind "{state.type}": {words}.'
        yield CompositionError("SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", message, coordinate)


def _unreachable(moves: Moves, types: MergedTypes, type_: MergedType, field: MergedField, state: _State) -> CompositionError:
    coordinate = f"{type_.name}.{field.name}"
    steps = (*state.path, field.name)
    selection = " { ".join(steps) + (" { ... }" if _is_composite(types, field) else "") + " }" * (len(steps) - 1)
    shown = selection if state.path[:1] in {("mutation",), ("subscription",)} else f"{{ {selection} }}"
    reasons = "; ".join(moves.reasons(type_.name, state.subgraphs, field.name))
    message = f"No plan can fetch {shown}: the value is held in {in_words(sorted(state.subgraphs))}; {reasons}."
    return CompositionError("SATISFIABILITY_ERROR", message, coordinate)
