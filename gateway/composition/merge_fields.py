"""This module is in charge of merging the fields of object and interface types, and their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from graphql import ValueNode, print_ast

from gateway.composition.annotations import Source, joined
from gateway.composition.errors import in_words
from gateway.composition.merge_arguments import context_arguments, merge_arguments
from gateway.composition.merged import Annotations, MergedField, MergedInput
from gateway.composition.merging import Merging, TypeSource, by_type
from gateway.composition.overrides import Declared, take_overs
from gateway.composition.supergraph import FieldJoin
from gateway.composition.types import TypeRef, is_subtype, merge_types


def merge_fields(merging: Merging, name: str, sources: Sequence[TypeSource]) -> dict[str, MergedField]:
    """All fields that any subgraph gives the type, in the order in which they first appear."""
    found: dict[str, list[Declared]] = {}
    for subgraph, type_ in sources:
        for field in type_.fields.values():
            found.setdefault(field.name, []).append(Declared(subgraph, field))
    merged = (_merge_field(merging, name, field, uses) for field, uses in found.items())
    return {field.name: field for field in merged if field is not None}


def _merge_field(merging: Merging, type_name: str, name: str, sources: Sequence[Declared]) -> MergedField | None:
    coordinate = f"{type_name}.{name}"
    own = [source for source in sources if not source.field.external]
    if not own:
        # What only interface objects resolve is resolved through the interface.
        own = [*merging.abstracted(type_name, name)]
    if not own:
        words = in_words(source.subgraph.name for source in sources)
        message = f'Field "{coordinate}" is marked @external wherever it is declared ({words}), so nothing resolves it.'
        merging.refuse("EXTERNAL_MISSING_ON_BASE", message, coordinate, ((s.subgraph, s.field.node) for s in sources))
        return None
    type_ = _merge_type(merging, coordinate, own)
    arguments = merge_arguments(merging, coordinate, own)
    first = MergedField(name, type_ or own[0].field.type, arguments, Annotations(), {})
    external = [source for source in sources if source.field.external]
    _check_external(merging, first, coordinate, external, differ=any(source.field.type != first.type for source in own))
    if type_ is None:
        return None
    annotations = merging.annotate(coordinate, [(s.subgraph, s.field) for s in own])
    return MergedField(
        name,
        type_,
        arguments,
        replace(annotations, joined=joined([Source(s.subgraph, s.field) for s in sources])),
        _joins(type_name, sources),
        typed=any(source.field.type != type_ for source in sources),
    )


def _merge_type(merging: Merging, coordinate: str, sources: Sequence[Declared]) -> TypeRef | None:
    refs = [(s.subgraph, s.field.type) for s in sources]
    type_ = merge_types((ref for _, ref in refs), merging.is_member, output=True)
    if type_ is None:
        message = f'The types of field "{coordinate}" cannot be merged: {by_type(refs)}.'
        merging.refuse("FIELD_TYPE_MISMATCH", message, coordinate, ((s.subgraph, s.field.node) for s in sources))
    elif any(ref != type_ for _, ref in refs):
        message = f'Field "{coordinate}" is of type "{type_}" in the supergraph, to which the subgraphs\' types are narrower: {by_type(refs)}.'
        merging.hint("INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE", message, coordinate, ((s.subgraph, s.field.node) for s in sources))
    return type_


def _joins(type_name: str, sources: Sequence[Declared]) -> dict[str, FieldJoin]:
    """How each subgraph takes part in the field; one that is taken over takes no part unless it uses the field."""
    taken = take_overs(sources)
    targets = {over.target: over for over in taken.values()}
    joins: dict[str, FieldJoin] = {}
    for source in sources:
        subgraph, field = source
        over = taken.get(subgraph.name)
        used = over is not None and (type_name, field.name) in subgraph.used
        if over is not None and over.label is None and not used:
            continue
        label = over.label if over is not None else targets[subgraph.name].label if subgraph.name in targets else None
        joins[subgraph.name] = replace(_join(source), override_label=label, used_overridden=used)
    return joins


def _join(source: Declared) -> FieldJoin:
    subgraph, field = source
    requires, provides = field.requires, field.provides
    return FieldJoin(
        subgraph=subgraph.name,
        type=str(field.type),
        external=field.external,
        requires=requires.items if requires else None,
        requires_text=requires.text if requires else None,
        provides=provides.items if provides else None,
        provides_text=provides.text if provides else None,
        override=field.override.source if field.override else None,
        context_arguments=tuple(context_arguments(subgraph, field)),
    )


def _check_external(merging: Merging, merged: MergedField, coordinate: str, external: Iterable[Declared], *, differ: bool) -> None:
    """What a subgraph says of a field it does not resolve must agree with those that do; where these `differ` in type, it may be narrower, too."""
    for source in external:
        given = source.field.type
        if given != merged.type and not (differ and is_subtype(given, merged.type, merging.is_member)):
            message = f'Field "{coordinate}" is @external with type "{given}" in subgraph "{source.subgraph.name}", but its type is "{merged.type}".'
            merging.refuse("EXTERNAL_TYPE_MISMATCH", message, coordinate, [(source.subgraph, source.field.node)])
        _check_external_arguments(merging, coordinate, merged.arguments, source)


def _check_external_arguments(merging: Merging, coordinate: str, arguments: Mapping[str, MergedInput], source: Declared) -> None:
    for argument in arguments.values():
        at = f"{coordinate}({argument.name}:)"
        own = source.field.arguments.get(argument.name)
        if own is None:
            code, problem = "EXTERNAL_ARGUMENT_MISSING", "lacks it"
        elif not is_subtype(argument.type, own.type, merging.is_member):
            code, problem = "EXTERNAL_ARGUMENT_TYPE_MISMATCH", f'gives it type "{own.type}" instead of "{argument.type}"'
        elif _printed(own.default) != _printed(argument.default):
            code, problem = "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH", "gives it another default"
        else:
            continue
        message = f'Argument "{at}" must stand on the @external field too, but subgraph "{source.subgraph.name}" {problem}.'
        merging.refuse(code, message, at, [(source.subgraph, source.field.node)])


def _printed(default: ValueNode | None) -> str | None:
    return None if default is None else print_ast(default)
