"""This rule is in charge of `@requires` not opening what its caller may not read: the dependent field asks at least as much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway.composition.authorization import requirements_of
from gateway.composition.errors import CompositionError
from gateway.composition.merged import Merged, MergedField, MergedType, MergedTypes
from gateway.composition.requirements import all_of, both, implies, of
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph import FieldSet, FieldSetItem, Requirement
from gateway.composition.types import named_type


def transitive_auth(merged: Merged, subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """MISSING_TRANSITIVE_AUTH_REQUIREMENTS: scopes, authentication and categories of everything selected must be implied."""
    asked = requirements_of(merged.types)
    for type_ in merged.types.values():
        for field in type_.fields.values():
            for join in field.joins.values():
                if join.requires is not None:
                    yield from _of_field(merged.types, asked, type_, field, join.requires, subgraphs)


def _of_field(
    types: MergedTypes,
    asked: Mapping[str, Requirement],
    type_: MergedType,
    field: MergedField,
    requires: FieldSet,
    subgraphs: Sequence[Subgraph],
) -> Iterator[CompositionError]:
    coordinate = f"{type_.name}.{field.name}"
    own = both(of(asked, type_.name), of(asked, coordinate))
    lacking = [at for at, needed in _selected(types, asked, type_.name, requires) if not implies(own, needed)]
    if lacking:
        message = (
            f'Field "{coordinate}" requires {", ".join(dict.fromkeys(lacking))}, but does not ask of its caller what these do '
            "(authentication, scopes, categories)."
        )
        holders = [s for s in subgraphs if (join := field.joins.get(s.name)) is not None and join.requires == requires]
        places = tuple(s.place(s.types[type_.name].fields[field.name].node) for s in holders)
        yield CompositionError("MISSING_TRANSITIVE_AUTH_REQUIREMENTS", message, coordinate, places)


def _selected(types: MergedTypes, asked: Mapping[str, Requirement], parent: str, items: Iterable[FieldSetItem]) -> Iterator[tuple[str, Requirement]]:
    for item in items:
        holder = item.type_condition or parent
        field = types[holder].fields.get(item.name)
        if field is None:
            continue
        target = named_type(field.type)
        condition = of(asked, holder) if item.type_condition else Requirement()
        yield f"{holder}.{item.name}", all_of((condition, of(asked, f"{holder}.{item.name}"), of(asked, target)))
        yield from _selected(types, asked, target, item.children)
