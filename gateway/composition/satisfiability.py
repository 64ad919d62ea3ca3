"""This module is in charge of proving that every field a client may select can be fetched, however it was reached.

A client's path through the API schema is followed together with the subgraphs in which its end may be held at the same
time (a `_State`). From there a field is taken in one of those subgraphs, or in one that a key leads to. Fewer subgraphs
are harder, so a state is passed over when a smaller set for its type was visited already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from gateway.composition.context_filling import ContextFilling, Filled
from gateway.composition.document import ROOTS
from gateway.composition.errors import CompositionError, CompositionHint, in_words
from gateway.composition.merged import MergedField, MergedType, MergedTypes
from gateway.composition.moves import Moves
from gateway.composition.positions import Held, Labels, Positions
from gateway.composition.subgraph import Subgraph
from gateway.composition.types import named_type

_Finding = CompositionError | CompositionHint
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


class Examined(NamedTuple):
    """What following every path of a client found."""

    errors: tuple[CompositionError, ...]
    hints: tuple[CompositionHint, ...]


def examined(types: MergedTypes, subgraphs: Mapping[str, Subgraph]) -> Examined:
    """SATISFIABILITY_ERROR for each field that cannot be fetched, with a selection that shows it;
    SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES for shared fields with no runtime type in common, and a hint where only some are.
    """
    moves = Moves(types, subgraphs)
    found = tuple(_findings(_Steps(moves, Visible(types), ContextFilling(types, moves)), _roots(types)))
    return Examined(
        tuple(finding for finding in found if isinstance(finding, CompositionError)),
        tuple(dict.fromkeys(finding for finding in found if isinstance(finding, CompositionHint))),
    )


def _findings(steps: _Steps, starts: Iterable[_State]) -> Iterator[_Finding]:
    """What is found from these states on."""
    visited: dict[str, list[_State]] = {}
    # The last first, as Apollo's composition does: which of two states is passed over decides whether types behind a shared field are compared.
    waiting = list(starts)
    while waiting:
        state = waiting.pop()
        if _is_known(visited, state):
            continue
        for step in steps.of(state):
            if isinstance(step, _State):
                waiting.append(step)
            else:
                yield step


def _roots(types: MergedTypes) -> Iterator[_State]:
    for operation, name in ROOTS.items():
        if name in types and types[name].kind == "OBJECT" and not types[name].annotations.inaccessible:
            start = () if operation == "query" else (operation,)
            yield _State(name, frozenset(Held(subgraph, name) for subgraph in types[name].subgraphs), start)


def _is_known(visited: dict[str, list[_State]], state: _State) -> bool:
    """True when a state was visited that is harder in every respect: fewer places, fewer decisions, fewer contexts."""
    smaller = visited.setdefault(state.type, [])
    if any(known.at <= state.at and known.labels <= state.labels and known.contexts <= state.contexts for known in smaller):
        return True
    smaller.append(state)
    return False


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps that a client may take from the end of a path."""

    moves: Moves
    visible: Visible
    filling: ContextFilling

    def of(self, state: _State) -> Iterator[_State | _Finding]:
        """The states after each step, and the steps that no subgraph can take."""
        type_ = self.visible.types[state.type]
        if type_.kind in _ABSTRACT:
            yield from self._to_members(type_, state)
            return
        filled = self.filling.below(state.type, state.at, state.contexts)
        for field in self.visible.fields(type_):
            for decided in _decisions(self.visible.types, type_, field, state):
                yield from self._field(type_, field, decided, filled)

    def _field(self, type_: MergedType, field: MergedField, state: _State, filled: Filled) -> Iterator[_State | _Finding]:
        composite = _is_composite(self.visible.types, field)
        reached = self.moves.resolve(state.at, type_.name, field.name, state.labels, leaf=not composite)
        reached = frozenset(held for held in reached if self.filling.is_filled(field, held.subgraph, state.contexts))
        if not reached:
            yield _unreachable(self.moves, self.visible.types, type_, field, state)
        elif composite:
            step = state._replace(type=named_type(field.type), at=reached, path=(*state.path, field.name), contexts=filled)
            yield from self._once(step) if state.path == ("mutation",) and len(step.subgraphs) > 1 else (step,)
            yield from self._disjoint(type_, field, step)

    def _once(self, state: _State) -> Iterator[CompositionError]:
        """A mutation runs in one subgraph, whichever: what its field gives has to be fetched from one of them alone."""
        if all(self._fails(state._replace(at=frozenset({held}))) for held in sorted(state.at)):
            yield _not_from_one(state)

    def _fails(self, state: _State) -> bool:
        return any(isinstance(finding, CompositionError) for finding in _findings(self, [state]))

    def _to_members(self, type_: MergedType, state: _State) -> Iterator[_State | _Finding]:
        for member in self.visible.runtime(type_.name):
            # A subgraph that never gives this type can always be asked instead: then nothing is left to be fetched.
            if all(self._may_be(held, member) for held in state.at):
                at = frozenset(found for held in state.at for found in self._narrowed(held, member))
                if at:
                    yield state._replace(type=member, at=at, path=(*state.path, f"... on {member}"))
                else:
                    yield _untyped(type_, state)

    def _may_be(self, held: Held, member: str) -> bool:
        return held.type == member or member in self.moves.layout.runtime(held)

    def _narrowed(self, held: Held, member: str) -> Iterator[Held]:
        """Where a value is held that turns out to be of that type; nowhere, if nobody can tell."""
        if self.moves.is_typed(held, member):
            yield self.moves.layout.narrowed(held, member)
            yield from self.moves.ways(held, member)

    def _disjoint(self, type_: MergedType, field: MergedField, state: _State) -> Iterator[_Finding]:
        """A shared field has to be the same wherever it is resolved, which it cannot be where it gives no common type."""
        if self.visible.types[state.type].kind not in _ABSTRACT or sum(join.owned for join in field.joins.values()) < 2:
            return
        if sum(self.visible.types[held.type].kind in _ABSTRACT for held in state.at) < 2:
            return
        shown = frozenset(self.visible.runtime(state.type))
        behind = {held.subgraph: self.moves.layout.runtime(held) for held in sorted(state.at)}
        words = "; ".join(f'{", ".join(sorted(members)) or "none"} in subgraph "{subgraph}"' for subgraph, members in behind.items())
        coordinate = f"{type_.name}.{field.name}"
        if not shown.intersection(*behind.values()) and any(behind.values()):
            message = f'The shared field "{coordinate}" has no common type behind "{state.type}": {words}.'
            yield CompositionError("SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", message, coordinate)
        elif len(set(behind.values())) > 1:
            message = f'The shared field "{coordinate}" must give only what all know behind "{state.type}": {words}.'
            yield CompositionHint("INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN", message, coordinate)


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


def _not_from_one(state: _State) -> CompositionError:
    field = state.path[-1]
    message = (
        f'What the mutation "{field}" gives cannot all be fetched from {in_words(sorted(state.subgraphs))} alone: '
        "a mutation runs in one subgraph, so each selection has to go on from one of them."
    )
    return CompositionError("SATISFIABILITY_ERROR", message, f"{ROOTS['mutation']}.{field}")


def _selection(steps: tuple[str, ...], *, composite: bool) -> str:
    selection = " { ".join(steps) + (" { ... }" if composite else "") + " }" * (len(steps) - 1)
    return selection if steps[0] in {"mutation", "subscription"} else f"{{ {selection} }}"
