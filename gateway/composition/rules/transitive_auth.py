"""This rule is in charge of `@requires` and `@fromContext` not opening what its caller may not read: the dependent field asks at least as much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway.composition.authorization import requirements_of
from gateway.composition.errors import CompositionError
from gateway.composition.fieldset import Fault, parse_selection, to_field_set
from gateway.composition.merged import Merged, MergedField, MergedType, MergedTypes
from gateway.composition.requirements import all_of, both, implies, of
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph import FieldJoin, FieldSetItem, Requirement
from gateway.composition.types import named_type


def transitive_auth(merged: Merged, subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """MISSING_TRANSITIVE_AUTH_REQUIREMENTS: scopes, authentication and categories of everything selected must be implied."""
    asked = requirements_of(merged.types)
    for type_ in merged.types.values():
        for field in type_.fields.values():
            for join in field.joins.values():
                read = [*_required(merged.types, asked, type_, join), *_contextual(merged.types, asked, join)]
                yield from _of_field(asked, type_, field, read, [s for s in subgraphs if s.name == join.subgraph])


_Read = tuple[str, Requirement]
"""A coordinate that is read for a field, and what it asks."""


def _required(types: MergedTypes, asked: Mapping[str, Requirement], type_: MergedType, join: FieldJoin) -> Iterator[_Read]:
    if join.requires is not None:
        yield from _selected(types, asked, type_.name, join.requires)


def _contextual(types: MergedTypes, asked: Mapping[str, Requirement], join: FieldJoin) -> Iterator[_Read]:
    """What fills the arguments that are filled from a context: of every object that may have set it."""
    for argument in join.context_arguments:
        selection = parse_selection(argument.selection)
        assert not isinstance(selection, Fault)
        for setter in types.values():
            if any(argument.context in names for names in setter.contexts.values()):
                yield setter.name, of(asked, setter.name)
                yield from _selected(types, asked, setter.name, to_field_set(selection))


def _of_field(
    asked: Mapping[str, Requirement], type_: MergedType, field: MergedField, read: Iterable[_Read], holders: Sequence[Subgraph]
) -> Iterator[CompositionError]:
    coordinate = f"{type_.name}.{field.name}"
    own = both(of(asked, type_.name), of(asked, coordinate))
    lacking = [at for at, needed in read if not implies(own, needed)]
    if lacking:
        message = (
            f'Field "{coordinate}" is told {", ".join(dict.fromkeys(lacking))}, but does not ask of its caller what these do '
            "(authentication, scopes, categories)."
        )
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
