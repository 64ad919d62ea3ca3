"""This module is in charge of merging object types: fields by union, keys and interfaces side by side."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.merge_fields import merge_fields
from gateway.composition.merge_types import type_frame
from gateway.composition.merged import MergedType
from gateway.composition.merging import Merging, TypeSource


def merge_object(merging: Merging, name: str, sources: Sequence[TypeSource]) -> MergedType:
    """The object type with every field of every subgraph."""
    return type_frame(merging, name, sources, fields=merge_fields(merging, name, sources))
