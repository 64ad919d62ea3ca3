"""This rule is in charge of `@override`: a field is taken over once, from another subgraph that simply resolves it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gateway.composition.errors import CompositionError
from gateway.composition.merging import abstracted, memberships
from gateway.composition.overrides import LABEL, collision
from gateway.composition.subgraph import OverrideUse, Subgraph, SubgraphField, SubgraphType


class _Override(NamedTuple):
    subgraph: Subgraph
    type: SubgraphType
    field: SubgraphField
    use: OverrideUse

    @property
    def coordinate(self) -> str:
        return f"{self.type.name}.{self.field.name}"

    def refused(self, code: str, reason: str) -> CompositionError:
        message = f'Field "{self.coordinate}" of subgraph "{self.subgraph.name}" cannot override that of "{self.use.source}": {reason}.'
        return CompositionError(code, message, self.coordinate, (self.subgraph.place(self.use.applied.node),))


def override_usage(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """OVERRIDE_ON_INTERFACE, _FROM_SELF_ERROR, _SOURCE_HAS_OVERRIDE, _COLLISION_WITH_ANOTHER_DIRECTIVE and _LABEL_INVALID."""
    for override in _overrides(subgraphs):
        yield from _of_field(subgraphs, override)


def _overrides(subgraphs: Iterable[Subgraph]) -> Iterator[_Override]:
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            for field in type_.fields.values():
                if field.override is not None:
                    yield _Override(subgraph, type_, field, field.override)


def _of_field(subgraphs: Sequence[Subgraph], override: _Override) -> Iterator[CompositionError]:
    kinds = [s.types[override.type.name].merged_kind for s in subgraphs if override.type.name in s.types]
    if override.type.merged_kind != kinds[0]:
        return  # what the type is has to be settled first
    if override.type.kind == "INTERFACE":
        yield override.refused("OVERRIDE_ON_INTERFACE", "no subgraph resolves fields of an interface")
        return
    if override.type.interface_object:
        yield override.refused("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", "the fields of an interface object cannot be taken over")
        return
    if override.use.source == override.subgraph.name:
        yield override.refused("OVERRIDE_FROM_SELF_ERROR", "it is the same subgraph")
        return
    source = next((s for s in subgraphs if s.name == override.use.source), None)
    # Where there is nothing to take over, the override and its label say nothing.
    if source is not None:
        yield from _of_source(subgraphs, override, source)


def _of_source(subgraphs: Sequence[Subgraph], override: _Override, source: Subgraph) -> Iterator[CompositionError]:
    type_ = source.types.get(override.type.name)
    taken = type_.fields.get(override.field.name) if type_ is not None else None
    if taken is None:
        if any(True for _ in abstracted([source], memberships(subgraphs), override.type.name, override.field.name)):
            yield override.refused("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", "it comes from an interface object there")
        return
    if taken.override is not None:
        yield override.refused("OVERRIDE_SOURCE_HAS_OVERRIDE", "that one overrides a third")
        return
    clash = collision(override.subgraph.name, override.field, source.name, taken)
    if clash is not None:
        directive, where = clash
        yield override.refused("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", f'the field has @{directive} in subgraph "{where}"')
    elif override.use.label and not LABEL.fullmatch(override.use.label):
        yield override.refused("OVERRIDE_LABEL_INVALID", 'its label must be a name or "percent(N)" with N from 0 to 100')
