"""This module is in charge of merging input object types: the fields that all subgraphs know."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.links import BUILT_IN, Element
from gateway.composition.merge_types import type_frame
from gateway.composition.merge_values import InputPosition, InputSource, merge_inputs
from gateway.composition.merged import MergedType
from gateway.composition.merging import Merging, TypeSource
from gateway.composition.subgraph import SubgraphType


def merge_input_object(merging: Merging, name: str, sources: Sequence[TypeSource]) -> MergedType:
    """The input object type with the fields common to all subgraphs."""
    names = dict.fromkeys(field for source in sources for field in source.type.inputs)
    inputs = {field: [InputSource(s.subgraph, s.type.inputs.get(field)) for s in sources] for field in names}
    errors_before = len(merging.errors)
    merged = merge_inputs(merging, InputPosition("input field", name, "{coordinate}.{name}"), inputs)
    if not merged and not _type_errors_since(merging, errors_before):
        message = f'The subgraphs of input type "{name}" have no field in common, so nothing of it is left.'
        merging.refuse("EMPTY_MERGED_INPUT_TYPE", message, name, ((s.subgraph, s.type.node) for s in sources))
    _check_one_of(merging, name, sources)
    return type_frame(merging, name, sources, inputs=merged)


def _type_errors_since(merging: Merging, count: int) -> bool:
    return any(error.code == "FIELD_TYPE_MISMATCH" for error in merging.errors[count:])


def _check_one_of(merging: Merging, name: str, sources: Sequence[TypeSource]) -> None:
    """A client of the supergraph gives exactly one field or any number: the subgraphs have to agree on which."""
    if len({_is_one_of(source.type) for source in sources}) > 1:
        message = f'Input type "{name}" is @oneOf in some subgraphs and not in others.'
        merging.refuse("ONE_OF_MISMATCH", message, name, ((s.subgraph, s.type.node) for s in sources))


def _is_one_of(type_: SubgraphType) -> bool:
    return any(use.element == Element(BUILT_IN, "oneOf") for use in type_.applied)
