"""This module is in charge of `FieldSet` strings: reading them, and holding them against the type they select from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple, Protocol

from graphql import (
    FieldNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    print_ast,
)

from gateway.composition.supergraph import FieldSet, FieldSetItem
from gateway.composition.types import TypeRef, named_type

LEAF_KINDS: Final = frozenset({"SCALAR", "ENUM"})


class Fault(NamedTuple):
    """What is wrong with a field set; `code` is the part after KEY_ or REQUIRES_."""

    code: str
    message: str


class Selected(NamedTuple):
    """One field that a field set names: "Type.field"."""

    type: str
    field: str

    def __str__(self) -> str:
        return f"{self.type}.{self.field}"


class ArgumentLike(Protocol):
    """What a field set needs to know of an argument."""

    @property
    def required(self) -> bool: ...


class FieldLike(Protocol):
    """What a field set needs to know of a field."""

    @property
    def type(self) -> TypeRef: ...
    @property
    def arguments(self) -> Mapping[str, ArgumentLike]: ...


class TypeLike(Protocol):
    """What a field set needs to know of a type."""

    @property
    def kind(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, FieldLike]: ...


Types = Mapping[str, TypeLike]


def parse_selection(text: str) -> SelectionSetNode | Fault:
    """The selection that a field set spells, with or without braces of its own (Federation spec, FieldSet)."""
    stripped = text.strip()
    source = stripped if stripped.startswith("{") else f"{{{stripped}}}"
    try:
        document = parse(source, no_location=True)
    except GraphQLSyntaxError as error:
        return Fault("INVALID_FIELDS", f"it does not parse: {error.message.rstrip('.')}")
    operation = document.definitions[0]
    if len(document.definitions) != 1 or not isinstance(operation, OperationDefinitionNode):
        return Fault("INVALID_FIELDS", "it is more than one selection")
    return operation.selection_set


def to_field_set(selection: SelectionSetNode, condition: str | None = None) -> FieldSet:
    """The frozen form of a selection that has no faults."""
    items: list[FieldSetItem] = []
    for node in selection.selections:
        if isinstance(node, FieldNode):
            children = to_field_set(node.selection_set) if node.selection_set else ()
            items.append(FieldSetItem(node.name.value, children, condition))
        elif isinstance(node, InlineFragmentNode):
            narrower = node.type_condition.name.value if node.type_condition else condition
            items.extend(to_field_set(node.selection_set, narrower))
    return tuple(items)


def canonical_text(selection: SelectionSetNode) -> str:
    """One line, single spaces, no outer braces."""
    return " ".join(print_ast(selection).split())[2:-2]


def faults(types: Types, parent: str, selection: SelectionSetNode, *, of_key: bool) -> Iterator[Fault]:
    """What keeps this selection from being a key (or the requirement) of `parent`."""
    for node in selection.selections:
        if node.directives:
            yield Fault("DIRECTIVE_IN_FIELDS_ARG", "no directive may be applied in it")
        elif isinstance(node, FieldNode):
            yield from _field_faults(types, parent, node, of_key=of_key)
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition.name.value if node.type_condition else parent
            if condition in types:
                yield from faults(types, condition, node.selection_set, of_key=of_key)
            else:
                yield Fault("INVALID_FIELDS", f'this subgraph has no type "{condition}"')
        else:
            yield Fault("INVALID_FIELDS", "named fragments cannot be used in it")


def first_fault(types: Types, parent: str, selection: SelectionSetNode, *, of_key: bool) -> Iterator[Fault]:
    """The first of the faults, if any: the next ones often follow from it."""
    return islice(faults(types, parent, selection, of_key=of_key), 1)


def _field_faults(types: Types, parent: str, node: FieldNode, *, of_key: bool) -> Iterator[Fault]:
    name = node.name.value
    field = types[parent].fields.get(name)
    if node.alias is not None:
        yield Fault("INVALID_FIELDS", f'the alias "{node.alias.value}" cannot be used')
    elif name == "__typename":
        return
    elif field is None:
        yield Fault("INVALID_FIELDS", f'type "{parent}" has no field "{name}" in this subgraph')
    elif any(argument.required for argument in field.arguments.values()) and not node.arguments:
        yield Fault("INVALID_FIELDS", f'"{parent}.{name}" cannot be selected without its required arguments')
    elif of_key and field.arguments:
        yield Fault("FIELDS_HAS_ARGS", f'the field "{parent}.{name}" takes arguments, which no key field may')
    elif node.arguments:
        yield Fault("ARGUMENTS", f'"{parent}.{name}" is selected with arguments, which is not supported')
    else:
        yield from _nested_faults(types, f"{parent}.{name}", field.type, node, of_key=of_key)


def _nested_faults(types: Types, coordinate: str, ref: TypeRef, node: FieldNode, *, of_key: bool) -> Iterator[Fault]:
    target = named_type(ref)
    kind = types[target].kind if target in types else "SCALAR"
    if of_key and kind in {"INTERFACE", "UNION"}:
        yield Fault("FIELDS_SELECT_INVALID_TYPE", f'"{coordinate}" is of the {kind.lower()} type "{target}", which no key field may be')
    elif kind in LEAF_KINDS and node.selection_set is not None:
        yield Fault("INVALID_FIELDS", f'"{coordinate}" has no fields to select from')
    elif kind not in LEAF_KINDS and node.selection_set is None:
        yield Fault("INVALID_FIELDS", f'"{coordinate}" needs a selection of its fields')
    elif node.selection_set is not None:
        yield from faults(types, target, node.selection_set, of_key=of_key)


def selected(types: Types, parent: str, items: FieldSet) -> Iterator[Selected]:
    """Every field that a field set touches, nested ones included, in order; unknown fields are passed over."""
    for item in items:
        holder = item.type_condition or parent
        field = types[holder].fields.get(item.name) if holder in types else None
        if field is None:
            continue
        yield Selected(holder, item.name)
        yield from selected(types, named_type(field.type), item.children)
