"""This module is in charge of the part of a merged type that all kinds share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.composition.contexts import context_name
from gateway.composition.merged import MergedField, MergedInput, MergedType
from gateway.composition.merging import Merging, TypeSource
from gateway.composition.supergraph import Key


def type_frame(
    merging: Merging,
    name: str,
    sources: Sequence[TypeSource],
    *,
    fields: Mapping[str, MergedField] | None = None,
    inputs: Mapping[str, MergedInput] | None = None,
) -> MergedType:
    """The merged type with the parts given; values are the enum merge's to add."""
    return MergedType(
        name=name,
        kind=sources[0].type.merged_kind,
        annotations=merging.annotate(name, sources),
        subgraphs=tuple(s.subgraph.name for s in sources),
        keys={s.subgraph.name: _keys(s) for s in sources if s.type.keys},
        fields=fields or {},
        inputs=inputs or {},
        values={},
        interfaces={s.subgraph.name: s.type.interfaces for s in sources if s.type.interfaces},
        members={s.subgraph.name: s.type.members for s in sources if s.type.members},
        interface_objects=frozenset(s.subgraph.name for s in sources if s.type.interface_object),
        contexts={s.subgraph.name: tuple(context_name(s.subgraph.name, name) for name in s.type.contexts) for s in sources if s.type.contexts},
    )


def _keys(source: TypeSource) -> tuple[Key, ...]:
    return tuple(Key(key.items, key.text, key.resolvable, key.extension or source.type.extends) for key in source.type.keys)
