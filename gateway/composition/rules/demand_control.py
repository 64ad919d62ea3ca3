"""This rule is in charge of `@cost` and `@listSize`: weights of what is resolved, sizes of lists, by arguments that are numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gateway.composition.annotation_values import read_list_size
from gateway.composition.errors import CompositionError
from gateway.composition.subgraph import Applied, Subgraph, SubgraphField, SubgraphType, having
from gateway.composition.supergraph import ListSize
from gateway.composition.types import ListOf, NonNull, TypeRef, named_type


class _Sized(NamedTuple):
    subgraph: Subgraph
    type: SubgraphType
    field: SubgraphField
    use: Applied

    @property
    def coordinate(self) -> str:
        return f"{self.type.name}.{self.field.name}"

    def refused(self, code: str, reason: str) -> CompositionError:
        message = f'@{self.use.node.name.value} at "{self.coordinate}" of subgraph "{self.subgraph.name}": {reason}.'
        return CompositionError(code, message, self.coordinate, (self.subgraph.place(self.use.node),))


def demand_control(subgraph: Subgraph) -> Iterator[CompositionError]:
    """COST_APPLIED_TO_INTERFACE_FIELD, LIST_SIZE_APPLIED_TO_NON_LIST, LIST_SIZE_INVALID_ASSUMED_SIZE, _SLICING_ARGUMENT and _SIZED_FIELD."""
    for type_ in subgraph.types.values():
        for field in type_.fields.values():
            if type_.kind == "INTERFACE":
                for use in having(field.applied, "cost"):
                    yield _Sized(subgraph, type_, field, use).refused("COST_APPLIED_TO_INTERFACE_FIELD", "the cost is that of the field on each type")
            for use in having(field.applied, "listSize"):
                yield from _of_list_size(_Sized(subgraph, type_, field, use), read_list_size(use))


def interface_object_costs(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """COST_APPLIED_TO_INTERFACE_FIELD for an interface object."""
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            above = any(other.types[type_.name].kind == "INTERFACE" for other in subgraphs if type_.name in other.types)
            for use in having(type_.applied, "cost") if type_.interface_object and above else ():
                message = f'@{use.node.name.value} stands on "{type_.name}" of subgraph "{subgraph.name}", which is an interface elsewhere.'
                yield CompositionError("COST_APPLIED_TO_INTERFACE_FIELD", message, type_.name, (subgraph.place(use.node),))


def _of_list_size(at: _Sized, size: ListSize) -> Iterator[CompositionError]:
    if not size.sized_fields and not _is_list(at.field.type):
        yield at.refused("LIST_SIZE_APPLIED_TO_NON_LIST", "the field is no list")
    if size.assumed_size is not None and size.assumed_size < 0:
        yield at.refused("LIST_SIZE_INVALID_ASSUMED_SIZE", "no list has a negative size")
    for name in size.slicing_arguments:
        argument = at.field.arguments.get(name)
        if argument is None:
            yield at.refused("LIST_SIZE_INVALID_SLICING_ARGUMENT", f'the field has no argument "{name}"')
        elif str(argument.type).removesuffix("!") != "Int":
            yield at.refused("LIST_SIZE_INVALID_SLICING_ARGUMENT", f'the argument "{name}" is no Int')
    for name in size.sized_fields:
        yield from _of_sized_field(at, name)


def _of_sized_field(at: _Sized, name: str) -> Iterator[CompositionError]:
    parent = named_type(at.field.type)
    target = at.subgraph.types.get(parent)
    field = target.fields.get(name) if target is not None else None
    if field is None:
        yield at.refused("LIST_SIZE_INVALID_SIZED_FIELD", f'type "{parent}" has no field "{name}"')
    elif not _is_list(field.type):
        yield at.refused("LIST_SIZE_APPLIED_TO_NON_LIST", f'"{parent}.{name}" is no list')


def _is_list(ref: TypeRef) -> bool:
    return isinstance(ref.of if isinstance(ref, NonNull) else ref, ListOf)
