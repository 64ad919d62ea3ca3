"""This module is in charge of which fields a subgraph uses beside resolving them: in keys, requirements, provisions, contexts and interfaces.

A field that is `@external` or taken over by another subgraph has to be there for such a use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.composition.fieldset import selected
from gateway.composition.subgraph import FieldSetUse, SubgraphField, SubgraphType
from gateway.composition.types import named_type


def used_fields(types: Mapping[str, SubgraphType]) -> frozenset[tuple[str, str]]:
    """Every (type, field) that is used; a field selected of an abstract type is used on each type behind it."""
    found: set[tuple[str, str]] = set()
    for type_ in types.values():
        for parent, use in _field_sets(type_):
            found.update((member, pick.field) for pick in selected(types, parent, use.items) for member in _with_members(types, pick.type))
        for interface in (types[name] for name in type_.interfaces if name in types):
            found.update((type_.name, name) for name in interface.fields)
    return frozenset(found)


def _field_sets(type_: SubgraphType) -> Iterator[tuple[str, FieldSetUse]]:
    yield from ((type_.name, key) for key in type_.keys)
    for field in type_.fields.values():
        yield from _of_field(type_, field)


def _of_field(type_: SubgraphType, field: SubgraphField) -> Iterator[tuple[str, FieldSetUse]]:
    if field.requires is not None:
        yield type_.name, field.requires
    if field.provides is not None:
        yield named_type(field.type), field.provides


def _with_members(types: Mapping[str, SubgraphType], name: str) -> Iterator[str]:
    yield name
    if types[name].kind == "UNION":
        yield from types[name].members
    elif types[name].kind == "INTERFACE":
        yield from (t.name for t in types.values() if name in t.interfaces)
