"""This rule is in charge of `@context` and `@fromContext`: an argument is filled by one leaf of whatever object set the context."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, assert_never

from graphql import FieldNode, InlineFragmentNode, SelectionSetNode

from gateway.composition.errors import CompositionError
from gateway.composition.fieldset import REQUIRES, first_fault
from gateway.composition.subgraph import ContextUse, Subgraph, SubgraphField, SubgraphInput, SubgraphType, having
from gateway.composition.types import ListOf, Named, NonNull, TypeRef, is_subtype, named_type

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")


class _Argument(NamedTuple):
    subgraph: Subgraph
    type: SubgraphType
    field: SubgraphField
    argument: SubgraphInput
    use: ContextUse

    @property
    def coordinate(self) -> str:
        return f"{self.type.name}.{self.field.name}({self.argument.name}:)"

    def refused(self, code: str, reason: str) -> CompositionError:
        message = f'@fromContext(field: "{self.use.text}") at "{self.coordinate}" of subgraph "{self.subgraph.name}": {reason}.'
        return CompositionError(code, message, self.coordinate, (self.subgraph.place(self.use.applied.node),))


def context_usage(subgraph: Subgraph) -> Iterator[CompositionError]:
    """CONTEXT_NAME_INVALID, NO_CONTEXT_IN_SELECTION, CONTEXT_NOT_SET, CONTEXT_INVALID_SELECTION and CONTEXT_NO_RESOLVABLE_KEY."""
    for type_ in subgraph.types.values():
        for use, name in zip(having(type_.applied, "context"), type_.contexts, strict=False):
            if not _NAME.fullmatch(name):
                message = f'Context "{name}" of type "{type_.name}" in subgraph "{subgraph.name}" needs a name of letters and digits.'
                yield CompositionError("CONTEXT_NAME_INVALID", message, type_.name, (subgraph.place(use.node),))
    for argument in _arguments(subgraph):
        yield from _of_argument(argument)


def _arguments(subgraph: Subgraph) -> Iterator[_Argument]:
    for type_ in subgraph.types.values():
        for field in type_.fields.values():
            for argument in field.arguments.values():
                if argument.from_context is not None:
                    yield _Argument(subgraph, type_, field, argument, argument.from_context)


def _of_argument(at: _Argument) -> Iterator[CompositionError]:
    if at.type.kind == "INTERFACE":
        yield at.refused("CONTEXT_NOT_SET", "no argument of an interface field can be filled from a context")
        return
    if _implements(at):
        yield at.refused("CONTEXT_NOT_SET", "the field implements one of an interface, which cannot know the context")
    if at.argument.default is not None:
        yield at.refused("CONTEXT_NOT_SET", "the argument has a default, which would never be used")
    yield from _of_selection(at)
    if at.use.context and not any(key.resolvable for key in at.type.keys):
        yield at.refused("CONTEXT_NO_RESOLVABLE_KEY", f'"{at.type.name}" has no resolvable key, by which the gateway could come back with the value')


def _implements(at: _Argument) -> bool:
    above = (at.subgraph.types[name] for name in at.type.interfaces if name in at.subgraph.types)
    return any(at.field.name in interface.fields for interface in above)


def _of_selection(at: _Argument) -> Iterator[CompositionError]:
    setters = [t for t in at.subgraph.types.values() if at.use.context in t.contexts]
    if not at.use.context:
        yield at.refused("NO_CONTEXT_IN_SELECTION", "it names no context")
    elif not setters:
        yield at.refused("CONTEXT_NOT_SET", f'no type sets a context "{at.use.context}"')
    elif at.use.fault is not None:
        yield at.refused(at.use.fault.code, at.use.fault.message)
    elif any(setter.interface_object for setter in setters):
        yield at.refused("CONTEXT_INVALID_SELECTION", "it is set by an interface object, which does not know what it is")
    elif at.use.selection is not None:
        for setter in setters:
            problem = _problem(at, setter, at.use.selection)
            if problem is not None:
                yield at.refused("CONTEXT_INVALID_SELECTION", problem)
                return


def _problem(at: _Argument, setter: SubgraphType, selection: SelectionSetNode) -> str | None:
    """Why the selection does not fill the argument where that type sets the context."""
    types = at.subgraph.types
    ways = _ways(selection)
    if ways is None:
        return "it must select one field, or one on each type"
    for condition, narrowed in ways:
        parents = [setter.name] if condition is None else [condition] if _overlap(at.subgraph, setter.name, condition) else []
        for parent in parents:
            fault = next(first_fault(types, parent, narrowed, REQUIRES), None)
            if fault is not None:
                return fault.message
            found = _type_of(types, parent, narrowed)
            if found is None:
                return "it must select one field"
            # Whatever the field promises, an answer that failed leaves the context null.
            nullable = found.of if isinstance(found, NonNull) else found
            if not is_subtype(nullable, at.argument.type, lambda _one, _other: False):
                return f'what it selects may be null, and is of type "{nullable}", not "{at.argument.type}"'
    if not any(condition is None or _overlap(at.subgraph, setter.name, condition) for condition, _ in ways):
        return f'it selects nothing of "{setter.name}"'
    return None


def _overlap(subgraph: Subgraph, one: str, other: str) -> bool:
    return bool(subgraph.runtime_types(one) & subgraph.runtime_types(other))


def _ways(selection: SelectionSetNode) -> list[tuple[str | None, SelectionSetNode]] | None:
    """The selection by type condition; None where it is neither one field nor only conditions."""
    nodes = selection.selections
    if len(nodes) == 1 and isinstance(nodes[0], FieldNode):
        return [(None, selection)]
    if not all(isinstance(node, InlineFragmentNode) for node in nodes):
        return None
    fragments = [node for node in nodes if isinstance(node, InlineFragmentNode)]
    return [(node.type_condition.name.value if node.type_condition else None, node.selection_set) for node in fragments]


def _type_of(types: Mapping[str, SubgraphType], parent: str, selection: SelectionSetNode) -> TypeRef | None:
    """The type of the one leaf selected, nullable where something on the way to it is."""
    node = selection.selections[0]
    if len(selection.selections) != 1 or not isinstance(node, FieldNode):
        return None
    field = types[parent].fields.get(node.name.value)
    if field is None or node.selection_set is None:
        return field.type if field is not None else None
    below = _type_of(types, named_type(field.type), node.selection_set)
    return _within(field.type, below) if below is not None else None


def _within(outer: TypeRef, inner: TypeRef) -> TypeRef:
    """The type of a leaf of type `inner` below a field of type `outer`."""
    match outer:
        case NonNull(of=ListOf() as items):
            return NonNull(ListOf(_within(items.of, inner)))
        case NonNull():
            return inner
        case ListOf():
            return ListOf(_within(outer.of, inner))
        case Named():
            return inner.of if isinstance(inner, NonNull) else inner
        case _ as never:
            assert_never(never)
