"""This module is in charge of Federation 1 subgraphs: saying what they mean in the terms of Federation 2.

Federation 1 shared value types without a word, let `@external` stand where it says nothing, and knew `extend` as the sign of an entity of
another subgraph. Each step below takes one of these habits away; the order matters, since what is external decides what is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from graphql import SelectionSetNode, StringValueNode

from gateway.composition.document import ROOTS
from gateway.composition.field_uses import used_fields
from gateway.composition.fieldset import COMPOSITE_KINDS, parse_selection, print_field_set, selected
from gateway.composition.links import string_value
from gateway.composition.subgraph import Applied, FieldSetUse, Subgraph, SubgraphField, SubgraphType, having
from gateway.composition.supergraph import FieldSet
from gateway.composition.types import named_type

Types = Mapping[str, SubgraphType]
_Step = Callable[[Subgraph, Sequence[Subgraph]], Types]


def upgraded(subgraphs: Sequence[Subgraph]) -> tuple[Subgraph, ...]:
    """The same subgraphs, those of Federation 1 as Federation 2 would have them written."""
    return tuple(_upgraded(subgraph, [s for s in subgraphs if s is not subgraph]) if subgraph.links.federation_1 else subgraph for subgraph in subgraphs)


def _upgraded(subgraph: Subgraph, others: Sequence[Subgraph]) -> Subgraph:
    for step in _STEPS:
        subgraph = replace(subgraph, types=step(subgraph, others))
    # What the upgrade has taken away is not there any more.
    mentioned = {use.element.name: use.node.name.value for use in subgraph.applied() if use.element is not None and use.element.name in subgraph.mentioned}
    return replace(subgraph, mentioned=mentioned, used=used_fields(subgraph.types))


def _external_where_it_counts(subgraph: Subgraph, _others: Sequence[Subgraph]) -> Types:
    """`@external` on a whole type or on an interface field says nothing."""
    return _each_field(subgraph.types, _without_idle_external)


def _without_idle_external(type_: SubgraphType, field: SubgraphField) -> SubgraphField:
    own = bool(having(field.applied, "external")) and type_.kind == "OBJECT"
    return replace(field if own else _unmarked(field), external=own, external_by_type=False)


def _unmarked(field: SubgraphField) -> SubgraphField:
    return replace(field, external=False, applied=tuple(use for use in field.applied if not use.is_federation("external")))


def _key_fields_of_extensions(subgraph: Subgraph, others: Sequence[Subgraph]) -> Types:
    """The key fields of an extension are known to its subgraph, although it had to write `@external` on them."""
    types = dict(subgraph.types)
    for type_ in subgraph.types.values():
        if type_.name not in ROOTS.values() and type_.kind == "OBJECT":
            for pick in _extension_keys(subgraph, type_, others):
                holder = types[pick[0]]
                field = holder.fields[pick[1]]
                # Inside of another type the mark stays; on what is extended by `@extends` it says nothing, which whoever provides the field is told.
                known = _unmarked(field) if pick[0] == type_.name else replace(field, external=field.external and not type_.extends)
                types[pick[0]] = replace(holder, fields={**holder.fields, field.name: known})
    return types


def _extension_keys(subgraph: Subgraph, type_: SubgraphType, others: Sequence[Subgraph]) -> list[tuple[str, str]]:
    # On `extend type`, what is written as a list or a bare name is a key, but not for this.
    keys: Sequence[FieldSetUse] = [key for key in type_.keys if (key.extension and _is_text(key)) or type_.extends]
    if not type_.keys and (type_.extension or type_.extends):
        # An extension that repeats no key is entered by the key of the subgraph that defines the type.
        elsewhere = (other.types[type_.name].keys for other in others if type_.name in other.types)
        keys = next((found[:1] for found in elsewhere if found), ())
    return [(pick.type, pick.field) for key in keys for pick in selected(subgraph.types, type_.name, key.items)]


def _is_text(use: FieldSetUse) -> bool:
    """True for a field set that is written as a string."""
    return isinstance(use.applied.arguments.get("fields"), StringValueNode)


def _definitions(subgraph: Subgraph, _others: Sequence[Subgraph]) -> Types:
    """`extend type` defines like any other declaration, though `@extends` is still told to the supergraph; and no interface has a key."""
    types = subgraph.types
    return {
        name: replace(t, extension=t.extension and t.kind not in {"OBJECT", "INTERFACE"}, interface_object=False, keys=tuple(_defining_keys(t)))
        for name, t in types.items()
    }


def _defining_keys(type_: SubgraphType) -> Iterator[FieldSetUse]:
    # A declaration that extends a base beside it stays an extension.
    return (replace(key, extension=key.extension and not type_.extension) for key in type_.keys if type_.kind != "INTERFACE")


def _meaningful_field_sets(subgraph: Subgraph, _others: Sequence[Subgraph]) -> Types:
    """`@provides` gives fields of an object, and neither stands on an interface field."""
    types = subgraph.types

    def kept(type_: SubgraphType, field: SubgraphField) -> SubgraphField:
        if type_.kind == "INTERFACE":
            return replace(field, requires=None, provides=None)
        target = types.get(named_type(field.type))
        return field if target is not None and target.kind in COMPOSITE_KINDS else replace(field, provides=None)

    return _each_field(types, kept)


def _active_field_sets(subgraph: Subgraph, _others: Sequence[Subgraph]) -> Types:
    """Of what is required or provided only external fields count: the others are the subgraph's own anyway."""
    types = subgraph.types

    def kept(type_: SubgraphType, field: SubgraphField) -> SubgraphField:
        return replace(
            field,
            requires=_active(types, type_.name, field.requires),
            provides=_active(types, named_type(field.type), field.provides),
        )

    return _each_field(types, kept)


def _active(types: Types, parent: str, use: FieldSetUse | None) -> FieldSetUse | None:
    if use is None or use.selection is None:
        return use
    items = _external_items(types, parent, use.items)
    if items == use.items:
        return use
    text = print_field_set(items)
    selection = parse_selection(text) if items else None
    return replace(use, items=items, text=text, selection=selection) if isinstance(selection, SelectionSetNode) else None


def _external_items(types: Types, parent: str, items: FieldSet, *, below_external: bool = False) -> FieldSet:
    kept = []
    for item in items:
        holder = types.get(item.type_condition or parent)
        field = holder.fields.get(item.name) if holder is not None else None
        if field is None:
            kept.append(item)  # a fault, which a rule will tell
            continue
        external = below_external or _is_external(types, item.type_condition or parent, item.name)
        if not item.children:
            kept += [item] if external else []
            continue
        children = _external_items(types, named_type(field.type), item.children, below_external=external)
        kept += [replace(item, children=children)] if children else []
    return tuple(kept)


def _is_external(types: Types, name: str, field: str) -> bool:
    holders = [types[name], *(t for t in types.values() if types[name].kind == "INTERFACE" and name in t.interfaces)]
    return any(having(holder.fields[field].applied, "external") for holder in holders if field in holder.fields)


def _without_unused_externals(subgraph: Subgraph, _others: Sequence[Subgraph]) -> Types:
    """An external field that nothing uses is not the subgraph's to speak of; a type of nothing else is not either."""
    used = used_fields(subgraph.types)
    kept: dict[str, SubgraphType] = {}
    for name, type_ in subgraph.types.items():
        fields = {f.name: f for f in type_.fields.values() if not f.external or (name, f.name) in used}
        if fields or not type_.fields or name == ROOTS["query"]:
            kept[name] = replace(type_, fields=fields)
    return kept


def _shared(subgraph: Subgraph, others: Sequence[Subgraph]) -> Types:
    """What another subgraph has too is shared: whole value types, and the fields of entities and root types that others resolve."""
    key_fields = subgraph.key_fields()
    types: dict[str, SubgraphType] = {}
    for name, type_ in subgraph.types.items():
        holders = [other for other in others if name in other.types]
        if type_.kind == "OBJECT" and holders:
            entity = bool(type_.keys) or name in ROOTS.values()
            fields = {
                f.name: replace(f, shareable=True) if not entity or ((name, f.name) not in key_fields and _is_resolved(holders, name, f.name)) else f
                for f in type_.fields.values()
            }
            type_ = replace(type_, fields=fields)
        types[name] = type_
    return types


def _is_resolved(holders: Iterable[Subgraph], type_name: str, field: str) -> bool:
    """Whether another subgraph resolves the field, if only where it provides it: by a string, as it happens, not by a list or a bare name."""
    for other in holders:
        known = other.types[type_name].fields.get(field)
        if known is not None and (not _is_marked(other, known) or (type_name, field) in other.provided_fields(_is_text)):
            return True
    return False


def _is_marked(subgraph: Subgraph, field: SubgraphField) -> bool:
    """Whether the field is external; by a whole type it is not in Federation 1, where that says nothing."""
    return field.external and (bool(having(field.applied, "external")) or not subgraph.links.federation_1)


def _without_tags_on_externals(subgraph: Subgraph, others: Sequence[Subgraph]) -> Types:
    """A tag on an external field that only repeats what the field's own subgraph says."""

    def kept(type_: SubgraphType, field: SubgraphField) -> SubgraphField:
        if not field.external:
            return field
        elsewhere = [known for other in others if type_.name in other.types and (known := other.types[type_.name].fields.get(field.name)) is not None]
        said = {_tag_of(use) for known in elsewhere for use in having(known.applied, "tag")}
        return replace(field, applied=tuple(use for use in field.applied if not use.is_federation("tag") or _tag_of(use) not in said))

    return _each_field(subgraph.types, kept)


def _tag_of(use: Applied) -> str | None:
    return string_value(use.arguments.get("name"))


def _each_field(types: Types, change: Callable[[SubgraphType, SubgraphField], SubgraphField]) -> dict[str, SubgraphType]:
    return {name: replace(t, fields={f.name: change(t, f) for f in t.fields.values()}) for name, t in types.items()}


_STEPS: Final[tuple[_Step, ...]] = (
    _external_where_it_counts,
    _key_fields_of_extensions,
    _definitions,
    _meaningful_field_sets,
    _active_field_sets,
    _without_unused_externals,
    _shared,
    _without_tags_on_externals,
)
