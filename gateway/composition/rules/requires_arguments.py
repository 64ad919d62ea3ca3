"""This rule is in charge of arguments in `@requires`: what is given for one has to reach every subgraph that may be asked for the
field, and what such a subgraph asks for has to be given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.errors import CompositionError
from gateway.composition.merged import Merged, MergedField, MergedType, MergedTypes
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph import FieldSet
from gateway.composition.types import named_type


def requires_arguments(merged: Merged, subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """REQUIRES_INVALID_FIELDS for an argument that a subgraph does not know which resolves the required field, or that it cannot do without."""
    for type_ in merged.types.values():
        for field in type_.fields.values():
            for name, join in field.joins.items():
                if join.requires is not None:
                    lacking = dict.fromkeys(_lacking(merged.types, subgraphs, type_.name, join.requires))
                    yield from (_refused(subgraphs, type_, field, name, what) for what in lacking)


def _lacking(types: MergedTypes, subgraphs: Sequence[Subgraph], parent: str, items: FieldSet) -> Iterator[str]:
    for item in items:
        holder = item.type_condition or parent
        field = types[holder].fields.get(item.name) if holder in types else None
        if field is None:
            continue
        resolving = [s for s in subgraphs if (join := field.joins.get(s.name)) is not None and join.owned]
        for argument, _value in item.arguments:
            for subgraph in resolving:
                if argument not in subgraph.types[holder].fields[item.name].arguments:
                    yield f'subgraph "{subgraph.name}", which resolves "{holder}.{item.name}", has no argument "{argument}"'
        given = {argument for argument, _value in item.arguments}
        for missing in (item for item in field.arguments.values() if item.required and item.name not in given):
            yield f'"{holder}.{item.name}" cannot be asked for without its argument "{missing.name}", which another subgraph requires'
        yield from _lacking(types, subgraphs, named_type(field.type), item.children)


def _refused(subgraphs: Sequence[Subgraph], type_: MergedType, field: MergedField, name: str, reason: str) -> CompositionError:
    coordinate = f"{type_.name}.{field.name}"
    subgraph = next(each for each in subgraphs if each.name == name)
    message = f'On field "{coordinate}" of subgraph "{name}", @requires(fields: "{field.joins[name].requires_text}"): {reason}.'
    return CompositionError("REQUIRES_INVALID_FIELDS", message, coordinate, (subgraph.place(subgraph.types[type_.name].fields[field.name].node),))
