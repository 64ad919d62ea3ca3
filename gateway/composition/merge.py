"""This module is in charge of merging the subgraphs' types, kind by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from gateway.composition.authorization import with_interface_auth
from gateway.composition.composed_uses import KeptUses
from gateway.composition.definitions import PRINTED, SUPERGRAPH_FEATURES
from gateway.composition.errors import CompositionError, CompositionHint
from gateway.composition.interface_objects import with_abstracted_fields
from gateway.composition.merge_directives import executable_directives
from gateway.composition.merge_enums import merge_enum, usage_of
from gateway.composition.merge_inputs import merge_input_object
from gateway.composition.merge_interfaces import merge_interface
from gateway.composition.merge_objects import merge_object
from gateway.composition.merge_scalars import merge_scalar
from gateway.composition.merge_unions import merge_union
from gateway.composition.merged import ComposedDirective, Merged, MergedType
from gateway.composition.merging import Merging, TypeSource, memberships
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph_links import aliases_of, identity_of, supergraph_links
from gateway.composition.types import read_type

_MERGE_OF: Final = {
    "OBJECT": merge_object,
    "INTERFACE": merge_interface,
    "UNION": merge_union,
    "SCALAR": merge_scalar,
    "INPUT_OBJECT": merge_input_object,
}


class MergeOutcome(NamedTuple):
    """The merged types, of use only when there are no errors."""

    merged: Merged
    errors: tuple[CompositionError, ...]
    hints: tuple[CompositionHint, ...]
    kept: tuple[KeptUses, ...]


def merge(subgraphs: Sequence[Subgraph], composed: Sequence[ComposedDirective]) -> MergeOutcome:
    """All types of all subgraphs, merged by Apollo's laws; types by name, elements in subgraph order."""
    merging = Merging(subgraphs, {directive.element: directive for directive in composed}, memberships(subgraphs))
    sources = _sources(subgraphs)
    types = {name: _MERGE_OF[group[0].type.merged_kind](merging, name, group) for name, group in sources.items() if group[0].type.merged_kind in _MERGE_OF}
    executable = executable_directives(merging, frozenset(each.name for each in composed))
    taken = [item.type for each in executable for item in each.arguments.values()]
    usage = usage_of(types.values(), [*taken, *(read_type(item.type) for each in composed for item in each.definition.arguments or ())])
    types |= {name: merge_enum(merging, name, group, usage) for name, group in sources.items() if group[0].type.kind == "ENUM"}
    types = with_abstracted_fields(types)
    aliases = aliases_of(supergraph_links(subgraphs, composed))
    schema = merging.annotate("", [(subgraph, subgraph.schema_level) for subgraph in subgraphs])
    merged = Merged(with_interface_auth(_by_name(types)), tuple(composed), executable, _names(subgraphs, aliases), schema, aliases)
    return MergeOutcome(merged, tuple(merging.errors), tuple(merging.hints), tuple(merging.kept))


def _sources(subgraphs: Sequence[Subgraph]) -> dict[str, list[TypeSource]]:
    found: dict[str, list[TypeSource]] = {}
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            group = found.setdefault(type_.name, [])
            # Declarations of another kind than the first are the rule `type_kinds`' to report.
            if not group or group[0].type.merged_kind == type_.merged_kind:
                group.append(TypeSource(subgraph, type_))
    return found


def _by_name(types: Mapping[str, MergedType]) -> dict[str, MergedType]:
    return dict(sorted(types.items()))


def _names(subgraphs: Sequence[Subgraph], aliases: Mapping[str, str]) -> dict[str, str]:
    """What the supergraph calls the federation directives: as the subgraphs do, which agree on it (rule `import_names`)."""
    names: dict[str, str] = {}
    for feature in SUPERGRAPH_FEATURES:
        alias = aliases.get(identity_of(feature), feature)
        names |= {name: alias if name == feature else f"{alias}__{name}" for name in SUPERGRAPH_FEATURES[feature].directives if name in PRINTED}
    for subgraph in reversed(subgraphs):
        names |= printed_names(subgraph)
    return names


def printed_names(subgraph: Subgraph) -> dict[str, str]:
    """The names under which this subgraph applies the directives that a supergraph prints."""
    return {name: here for name, here in subgraph.mentioned.items() if name in PRINTED}
