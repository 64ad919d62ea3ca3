"""This module is in charge of merging input positions, arguments and input fields alike: intersection, types, defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from graphql import ConstValueNode, EnumValueNode, ListValueNode, ObjectValueNode, StringValueNode, print_ast

from gateway.composition.errors import in_words
from gateway.composition.merged import MergedInput
from gateway.composition.merging import Merging, by_type
from gateway.composition.subgraph import Subgraph, SubgraphInput, having
from gateway.composition.types import TypeRef, merge_types, named_type


class InputPosition(NamedTuple):
    """Whose inputs are merged: "argument" of a field or "input field" of a type, and how their coordinates look."""

    kind: str
    coordinate: str
    form: str

    def of(self, name: str) -> str:
        """The coordinate of one input."""
        return self.form.format(coordinate=self.coordinate, name=name)

    def code(self, argument: str, input_field: str) -> str:
        """The code that fits the kind."""
        return argument if self.kind == "argument" else input_field


class InputSource(NamedTuple):
    """One subgraph's declaration of an input, None where it has the field or type but not this input."""

    subgraph: Subgraph
    input: SubgraphInput | None


class _Present(NamedTuple):
    subgraph: Subgraph
    input: SubgraphInput


def merge_inputs(merging: Merging, position: InputPosition, inputs: Mapping[str, Sequence[InputSource]]) -> dict[str, MergedInput]:
    """The inputs that every subgraph knows: what one of them does not know could not be passed on to it."""
    merged = (_merge_input(merging, position, name, sources) for name, sources in inputs.items())
    return {item.name: item for item in merged if item is not None}


def _merge_input(merging: Merging, position: InputPosition, name: str, sources: Sequence[InputSource]) -> MergedInput | None:
    present = [_Present(s.subgraph, s.input) for s in sources if s.input is not None]
    # An input field that no client can give need not be known everywhere.
    hidden = position.kind == "input field" and any(having(p.input.applied, "inaccessible") for p in present)
    if len(present) < len(sources) and not hidden:
        _refuse_if_required(merging, position, name, present, [s.subgraph for s in sources if s.input is None])
        return None
    type_ = _merge_type(merging, position, name, present)
    if type_ is None:
        return None
    return MergedInput(
        name,
        type_,
        _merge_default(merging, position, name, present),
        merging.annotate(position.of(name), [(p.subgraph, p.input) for p in present]),
        {p.subgraph.name: p.input.type for p in present},
    )


def _refuse_if_required(merging: Merging, position: InputPosition, name: str, present: Sequence[_Present], missing: Sequence[Subgraph]) -> None:
    requiring = [p for p in present if p.input.required]
    at = position.of(name)
    lacking = in_words(s.name for s in missing)
    if not requiring:
        code = position.code("INCONSISTENT_ARGUMENT_PRESENCE", "INCONSISTENT_INPUT_OBJECT_FIELD")
        message = f'The {position.kind} "{at}" is not in the supergraph, since it does not exist in {lacking}.'
        merging.hint(code, message, at, ((p.subgraph, p.input.node) for p in present))
        return
    where = in_words(p.subgraph.name for p in requiring)
    merging.refuse(
        position.code("REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH"),
        f'The {position.kind} "{at}" is required in {where} but does not exist in {lacking}.',
        at,
        ((p.subgraph, p.input.node) for p in requiring),
    )


def _merge_type(merging: Merging, position: InputPosition, name: str, present: Sequence[_Present]) -> TypeRef | None:
    type_ = merge_types((p.input.type for p in present), merging.is_member, output=False)
    if type_ is None:
        at = position.of(name)
        merging.refuse(
            position.code("FIELD_ARGUMENT_TYPE_MISMATCH", "FIELD_TYPE_MISMATCH"),
            f'The types of {position.kind} "{at}" cannot be merged: {by_type((p.subgraph, p.input.type) for p in present)}.',
            at,
            ((p.subgraph, p.input.node) for p in present),
        )
    elif any(p.input.type != type_ for p in present):
        at = position.of(name)
        code = position.code("INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE", "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE")
        types = by_type((p.subgraph, p.input.type) for p in present)
        message = f'The {position.kind} "{at}" is of type "{type_}" in the supergraph, the narrowest of: {types}.'
        merging.hint(code, message, at, ((p.subgraph, p.input.node) for p in present))
    return type_


def _plain(subgraph: Subgraph, type_: TypeRef, default: ConstValueNode) -> ConstValueNode:
    """The default, what looks like an enum value of a custom scalar as text: only the subgraph could tell what else it stands for."""
    target = subgraph.types.get(named_type(type_))
    if target is not None and target.kind == "INPUT_OBJECT" and isinstance(default, ObjectValueNode):
        items = (replace(item, value=_plain(subgraph, target.inputs[item.name.value].type, item.value)) for item in default.fields)
        return replace(default, fields=tuple(items))
    if isinstance(default, ListValueNode):
        return replace(default, values=tuple(_plain(subgraph, type_, item) for item in default.values))
    if target is None or target.kind != "SCALAR":
        return default
    if isinstance(default, ObjectValueNode):
        return replace(default, fields=tuple(replace(item, value=_plain(subgraph, type_, item.value)) for item in default.fields))
    return StringValueNode(value=default.value, block=False) if isinstance(default, EnumValueNode) else default


def _merge_default(merging: Merging, position: InputPosition, name: str, present: Sequence[_Present]) -> ConstValueNode | None:
    """The common default. Where only some subgraphs have one there is none: the others would not have applied it."""
    defaults = [_plain(p.subgraph, p.input.type, p.input.default) for p in present if p.input.default is not None]
    printed = {print_ast(default) for default in defaults}
    if len(printed) > 1:
        at = position.of(name)
        merging.refuse(
            position.code("FIELD_ARGUMENT_DEFAULT_MISMATCH", "INPUT_FIELD_DEFAULT_MISMATCH"),
            f'The {position.kind} "{at}" has different defaults: {", ".join(sorted(printed))}.',
            at,
            ((p.subgraph, p.input.node) for p in present),
        )
    if len(printed) == 1 and len(defaults) < len(present):
        at = position.of(name)
        message = f'The default of {position.kind} "{at}" is not in the supergraph, since not all subgraphs have it.'
        merging.hint("INCONSISTENT_DEFAULT_VALUE_PRESENCE", message, at, ((p.subgraph, p.input.node) for p in present))
    return defaults[0] if len(printed) == 1 and len(defaults) == len(present) else None
