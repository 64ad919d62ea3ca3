"""This module is in charge of merging enum types, by where the supergraph uses them.

An answer may hold any subgraph's value, so an enum of outputs is the union; a value a client sends must be known to
every subgraph, so an enum of inputs is the intersection; an enum of both has to be the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gateway.composition.errors import in_words
from gateway.composition.merge_types import type_frame
from gateway.composition.merged import MergedType, MergedValue
from gateway.composition.merging import Merging, TypeSource
from gateway.composition.types import TypeRef, named_type


@dataclass(frozen=True, slots=True)
class Usage:
    """The names of types in output positions and in input positions."""

    output: frozenset[str]
    input: frozenset[str]


def usage_of(types: Iterable[MergedType], taken: Iterable[TypeRef]) -> Usage:
    """Which types the merged fields answer with, and which their arguments and the input fields take; `taken` is what directives take."""
    output: set[str] = set()
    inputs = {named_type(ref) for ref in taken}
    for type_ in types:
        inputs.update(named_type(item.type) for item in type_.inputs.values())
        for field in type_.fields.values():
            output.add(named_type(field.type))
            inputs.update(named_type(argument.type) for argument in field.arguments.values())
    return Usage(frozenset(output), frozenset(inputs))


def merge_enum(merging: Merging, name: str, sources: Sequence[TypeSource], usage: Usage) -> MergedType:
    """The enum type with the values that its positions allow."""
    if name not in usage.output and name not in usage.input:
        message = f'Enum "{name}" is used nowhere; all values of all subgraphs are in the supergraph.'
        merging.hint("UNUSED_ENUM_TYPE", message, name, ((s.subgraph, s.type.node) for s in sources))
    values = _all_values(merging, name, sources)
    kept = {v.name: v for v in values if _is_kept(merging, name, v, sources, usage)}
    mismatched = name in usage.output and name in usage.input
    if not kept and not mismatched:
        message = f'The subgraphs of enum "{name}" have no value in common, so nothing of it is left.'
        merging.refuse("EMPTY_MERGED_ENUM_TYPE", message, name, ((s.subgraph, s.type.node) for s in sources))
    return replace(type_frame(merging, name, sources), values=kept)


def _all_values(merging: Merging, enum: str, sources: Sequence[TypeSource]) -> list[MergedValue]:
    names = dict.fromkeys(value for source in sources for value in source.type.values)
    return [_merge_value(merging, enum, name, [s for s in sources if name in s.type.values]) for name in names]


def _merge_value(merging: Merging, enum: str, name: str, holders: Sequence[TypeSource]) -> MergedValue:
    annotations = merging.annotate(f"{enum}.{name}", [(s.subgraph, s.type.values[name]) for s in holders])
    return MergedValue(name, annotations, tuple(s.subgraph.name for s in holders))


def _is_kept(merging: Merging, name: str, value: MergedValue, sources: Sequence[TypeSource], usage: Usage) -> bool:
    missing = [s for s in sources if value.name not in s.type.values]
    # No client can send or meet an inaccessible value, so it need not be everywhere.
    if not missing or value.annotations.inaccessible:
        return True
    coordinate = f"{name}.{value.name}"
    if name not in usage.input:
        message = f'Value "{coordinate}" is in the supergraph, though it does not exist in {in_words(s.subgraph.name for s in missing)}.'
        merging.hint("INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM", message, coordinate, ((s.subgraph, s.type.node) for s in missing))
        return True
    if name in usage.output:
        message = (
            f'Enum "{name}" is both given and taken by fields, so all its subgraphs need the same values, but '
            f'"{value.name}" does not exist in {in_words(s.subgraph.name for s in missing)}.'
        )
        merging.refuse("ENUM_VALUE_MISMATCH", message, coordinate, ((s.subgraph, s.type.node) for s in missing))
    else:
        message = f'Value "{coordinate}" is not in the supergraph, since it does not exist in {in_words(s.subgraph.name for s in missing)}.'
        merging.hint("INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM", message, coordinate, ((s.subgraph, s.type.node) for s in missing))
    return False
