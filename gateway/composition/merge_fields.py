"""This module is in charge of merging the fields of object and interface types, and their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from graphql import ValueNode, print_ast

from gateway.composition.errors import in_words
from gateway.composition.merge_values import InputPosition, InputSource, merge_inputs
from gateway.composition.merged import MergedField, MergedInput
from gateway.composition.merging import Merging, TypeSource, by_type
from gateway.composition.subgraph import Subgraph, SubgraphField
from gateway.composition.supergraph import FieldJoin
from gateway.composition.types import TypeRef, is_subtype, merge_types


class FieldSource(NamedTuple):
    """One subgraph's declaration of a field."""

    subgraph: Subgraph
    field: SubgraphField


def merge_fields(merging: Merging, name: str, sources: Sequence[TypeSource]) -> dict[str, MergedField]:
    """All fields that any subgraph gives the type, in the order in which they first appear."""
    found: dict[str, list[FieldSource]] = {}
    for subgraph, type_ in sources:
        for field in type_.fields.values():
            found.setdefault(field.name, []).append(FieldSource(subgraph, field))
    merged = (_merge_field(merging, f"{name}.{field}", field, uses) for field, uses in found.items())
    return {field.name: field for field in merged if field is not None}


def _merge_field(merging: Merging, coordinate: str, name: str, sources: Sequence[FieldSource]) -> MergedField | None:
    own = [source for source in sources if not source.field.external]
    if not own:
        words = in_words(source.subgraph.name for source in sources)
        message = f'Field "{coordinate}" is marked @external wherever it is declared ({words}), so nothing resolves it.'
        merging.refuse("EXTERNAL_MISSING_ON_BASE", message, coordinate, ((s.subgraph, s.field.node) for s in sources))
        return None
    type_ = _merge_type(merging, coordinate, own)
    arguments = _merge_arguments(merging, coordinate, own)
    if type_ is None:
        return None
    _check_external(merging, coordinate, type_, arguments, [source for source in sources if source.field.external])
    return MergedField(
        name,
        type_,
        arguments,
        merging.annotate((s.subgraph, s.field) for s in sources),
        {s.subgraph.name: _join(s) for s in sources},
    )


def _merge_type(merging: Merging, coordinate: str, sources: Sequence[FieldSource]) -> TypeRef | None:
    type_ = merge_types((s.field.type for s in sources), merging.is_member, output=True)
    if type_ is None:
        words = by_type((s.subgraph, s.field.type) for s in sources)
        message = f'The types of field "{coordinate}" cannot be merged: {words}.'
        merging.refuse("FIELD_TYPE_MISMATCH", message, coordinate, ((s.subgraph, s.field.node) for s in sources))
    return type_


def _merge_arguments(merging: Merging, coordinate: str, sources: Sequence[FieldSource]) -> dict[str, MergedInput]:
    names = dict.fromkeys(name for source in sources for name in source.field.arguments)
    position = InputPosition("argument", coordinate, "{coordinate}({name}:)")
    inputs = {name: [InputSource(s.subgraph, s.field.arguments.get(name)) for s in sources] for name in names}
    return merge_inputs(merging, position, inputs)


def _join(source: FieldSource) -> FieldJoin:
    field = source.field
    requires = field.requires
    return FieldJoin(
        subgraph=source.subgraph.name,
        type=str(field.type),
        external=field.external,
        requires=requires.items if requires else None,
        requires_text=requires.text if requires else None,
    )


def _check_external(merging: Merging, coordinate: str, type_: TypeRef, arguments: Mapping[str, MergedInput], external: Iterable[FieldSource]) -> None:
    """What a subgraph says of a field it does not resolve must agree with those that do."""
    for source in external:
        if source.field.type != type_:
            message = f'Field "{coordinate}" is @external with type "{source.field.type}" in subgraph "{source.subgraph.name}", but its type is "{type_}".'
            merging.refuse("EXTERNAL_TYPE_MISMATCH", message, coordinate, [(source.subgraph, source.field.node)])
        _check_external_arguments(merging, coordinate, arguments, source)


def _check_external_arguments(merging: Merging, coordinate: str, arguments: Mapping[str, MergedInput], source: FieldSource) -> None:
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
