"""This rule is in charge of `@inaccessible` leaving an API schema that stands by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphql import EnumValueNode, ListValueNode, ObjectValueNode, ValueNode

from gateway.composition.errors import CompositionError
from gateway.composition.merged import Merged, MergedField, MergedInput, MergedType, MergedTypes
from gateway.composition.subgraph import Subgraph
from gateway.composition.types import named_type


def inaccessible(merged: Merged, _subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """QUERY_ROOT_TYPE_INACCESSIBLE, REFERENCED_, REQUIRED_, ONLY_, IMPLEMENTED_BY_ and DEFAULT_VALUE_USES_INACCESSIBLE."""
    types = merged.types
    if types["Query"].annotations.inaccessible:
        yield CompositionError("QUERY_ROOT_TYPE_INACCESSIBLE", "The query root type is @inaccessible.", "Query")
    for type_ in types.values():
        if type_.annotations.inaccessible:
            continue
        yield from _children(types, type_)
        for field in type_.fields.values():
            if not field.annotations.inaccessible:
                yield from _of_field(types, type_, field)
            else:
                yield from _implemented(types, type_, field)
        for item in type_.inputs.values():
            yield from _of_input(types, f"{type_.name}.{item.name}", item)
    for directive in merged.executable:
        for argument in directive.arguments.values():
            yield from _of_input(types, f"@{directive.name}({argument.name}:)", argument)


def _children(types: MergedTypes, type_: MergedType) -> Iterator[CompositionError]:
    hidden = [part.annotations.inaccessible for part in type_.parts]
    hidden += [types[member].annotations.inaccessible for member in type_.all_members]
    if hidden and all(hidden):
        message = f'Type "{type_.name}" is in the API schema, but everything in it is @inaccessible.'
        yield CompositionError("ONLY_INACCESSIBLE_CHILDREN", message, type_.name)


def _of_field(types: MergedTypes, type_: MergedType, field: MergedField) -> Iterator[CompositionError]:
    coordinate = f"{type_.name}.{field.name}"
    yield from _referenced(types, coordinate, named_type(field.type))
    for argument in field.arguments.values():
        at = f"{coordinate}({argument.name}:)"
        yield from _of_input(types, at, argument)
        if argument.annotations.inaccessible and not argument.required:
            yield from _implemented_argument(types, type_, field, argument, at)


def _of_input(types: MergedTypes, coordinate: str, item: MergedInput) -> Iterator[CompositionError]:
    if item.annotations.inaccessible:
        if item.required:
            message = f'"{coordinate}" is required, so it cannot be @inaccessible.'
            yield CompositionError("REQUIRED_INACCESSIBLE", message, coordinate)
        return
    target = named_type(item.type)
    yield from _referenced(types, coordinate, target)
    if item.default is not None:
        for used in _hidden_in_default(types, target, item.default):
            message = f'The default of "{coordinate}" uses "{used}", which is @inaccessible.'
            yield CompositionError("DEFAULT_VALUE_USES_INACCESSIBLE", message, coordinate)


def _referenced(types: MergedTypes, coordinate: str, target: str) -> Iterator[CompositionError]:
    if target in types and types[target].annotations.inaccessible:
        message = f'Type "{target}" is @inaccessible, but "{coordinate}", which is in the API schema, is of that type.'
        yield CompositionError("REFERENCED_INACCESSIBLE", message, coordinate)


def _implemented(types: MergedTypes, type_: MergedType, field: MergedField) -> Iterator[CompositionError]:
    for interface in (types[name] for name in type_.all_interfaces):
        above = interface.fields.get(field.name)
        if above is not None and not above.annotations.inaccessible and not interface.annotations.inaccessible:
            coordinate = f"{type_.name}.{field.name}"
            message = f'Field "{coordinate}" is @inaccessible, but implements "{interface.name}.{field.name}", which is in the API schema.'
            yield CompositionError("IMPLEMENTED_BY_INACCESSIBLE", message, coordinate)


def _implemented_argument(types: MergedTypes, type_: MergedType, field: MergedField, argument: MergedInput, coordinate: str) -> Iterator[CompositionError]:
    for interface in (types[name] for name in type_.all_interfaces):
        above = interface.fields.get(field.name)
        promised = above.arguments.get(argument.name) if above is not None else None
        if interface.annotations.inaccessible or above is None or above.annotations.inaccessible:
            continue
        if promised is not None and not promised.annotations.inaccessible:
            message = f'"{coordinate}" is @inaccessible, but implements an argument of "{interface.name}", which is in the API schema.'
            yield CompositionError("IMPLEMENTED_BY_INACCESSIBLE", message, coordinate)


def _hidden_in_default(types: MergedTypes, target: str, value: ValueNode) -> Iterator[str]:
    type_ = types.get(target)
    if isinstance(value, ListValueNode):
        for item in value.values:
            yield from _hidden_in_default(types, target, item)
    elif isinstance(value, EnumValueNode) and type_ is not None:
        member = type_.values.get(value.value)
        if member is not None and member.annotations.inaccessible:
            yield f"{target}.{member.name}"
    elif isinstance(value, ObjectValueNode) and type_ is not None:
        for field in value.fields:
            yield from _hidden_in_field(types, type_, field.name.value, field.value)


def _hidden_in_field(types: MergedTypes, type_: MergedType, name: str, value: ValueNode) -> Iterator[str]:
    item = type_.inputs.get(name)
    if item is None:
        return
    if item.annotations.inaccessible:
        yield f"{type_.name}.{name}"
    else:
        yield from _hidden_in_default(types, named_type(item.type), value)
