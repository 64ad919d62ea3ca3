"""This module is in charge of merging interface types: fields by union; whether all implementers have them is a rule's concern."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.merge_fields import merge_fields
from gateway.composition.merge_types import type_frame
from gateway.composition.merged import MergedType
from gateway.composition.merging import Merging, TypeSource


def merge_interface(merging: Merging, name: str, sources: Sequence[TypeSource]) -> MergedType:
    """The interface type with every field of every subgraph."""
    return type_frame(merging, name, sources, fields=merge_fields(merging, name, sources))
