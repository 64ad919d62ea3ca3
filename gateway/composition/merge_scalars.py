"""This module is in charge of merging custom scalar types: they are one by name alone."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.merge_types import type_frame
from gateway.composition.merged import MergedType
from gateway.composition.merging import Merging, TypeSource


def merge_scalar(merging: Merging, name: str, sources: Sequence[TypeSource]) -> MergedType:
    """The scalar type."""
    return type_frame(merging, name, sources)
