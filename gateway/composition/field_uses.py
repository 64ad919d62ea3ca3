"""This module is in charge of which fields a subgraph uses beside resolving them: in keys, requirements, provisions, contexts and interfaces.

A field that is `@external` or taken over by another subgraph has to be there for such a use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.composition.fieldset import selected, to_field_set
from gateway.composition.subgraph import SubgraphField, SubgraphType
from gateway.composition.supergraph import FieldSet
from gateway.composition.types import named_type


def used_fields(types: Mapping[str, SubgraphType]) -> frozenset[tuple[str, str]]:
    """Every (type, field) that is used; a field selected of an abstract type is used on each type behind it."""
    found: set[tuple[str, str]] = set()
    for type_ in types.values():
        for parent, items in (*_field_sets(type_), *_contexts(types, type_)):
            found.update((member, pick.field) for pick in selected(types, parent, items) for member in _with_members(types, pick.type))
        for interface in (types[name] for name in type_.interfaces if name in types):
            found.update((type_.name, name) for name in interface.fields)
    return frozenset(found)


def _field_sets(type_: SubgraphType) -> Iterator[tuple[str, FieldSet]]:
    yield from ((type_.name, key.items) for key in type_.keys)
    for field in type_.fields.values():
        yield from _of_field(type_, field)


def _of_field(type_: SubgraphType, field: SubgraphField) -> Iterator[tuple[str, FieldSet]]:
    if field.requires is not None:
        yield type_.name, field.requires.items
    if field.provides is not None:
        yield named_type(field.type), field.provides.items


def _contexts(types: Mapping[str, SubgraphType], type_: SubgraphType) -> Iterator[tuple[str, FieldSet]]:
    """What the arguments of its fields take from contexts, on each type that sets them."""
    uses = (argument.from_context for field in type_.fields.values() for argument in field.arguments.values())
    for use in uses:
        if use is not None and use.selection is not None:
            items = to_field_set(use.selection)
            yield from ((setter.name, items) for setter in types.values() if use.context in setter.contexts)


def _with_members(types: Mapping[str, SubgraphType], name: str) -> Iterator[str]:
    yield name
    if types[name].kind == "UNION":
        yield from types[name].members
    elif types[name].kind == "INTERFACE":
        yield from (t.name for t in types.values() if name in t.interfaces)
