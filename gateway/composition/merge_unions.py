"""This module is in charge of merging union types: the members of all subgraphs."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.merge_types import type_frame
from gateway.composition.merged import MergedType
from gateway.composition.merging import Merging, TypeSource


def merge_union(merging: Merging, name: str, sources: Sequence[TypeSource]) -> MergedType:
    """The union type with every member of every subgraph."""
    return type_frame(merging, name, sources)
