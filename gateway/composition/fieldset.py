"""This module is in charge of `FieldSet` strings: reading them, and holding them against the type they select from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple, Protocol

from graphql import (
    FieldNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    parse,
    print_ast,
)

from gateway.composition.literals import InputLike, fits
from gateway.composition.literals import TypeLike as InputTypeLike
from gateway.composition.supergraph import FieldSet, FieldSetItem
from gateway.composition.types import TypeRef, named_type

LEAF_KINDS: Final = frozenset({"SCALAR", "ENUM"})
COMPOSITE_KINDS: Final = frozenset({"OBJECT", "INTERFACE", "UNION"})


class Fault(NamedTuple):
    """What is wrong with a field set; `code` is the part after KEY_, REQUIRES_ or PROVIDES_."""

    code: str
    message: str


class Selected(NamedTuple):
    """One field that a field set names: "Type.field"."""

    type: str
    field: str

    def __str__(self) -> str:
        return f"{self.type}.{self.field}"


class FieldLike(Protocol):
    """What a field set needs to know of a field."""

    @property
    def type(self) -> TypeRef: ...
    @property
    def arguments(self) -> Mapping[str, InputLike]: ...


class TypeLike(InputTypeLike, Protocol):
    """What a field set needs to know of a type."""

    @property
    def name(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, FieldLike]: ...
    @property
    def members(self) -> Sequence[str]: ...
    @property
    def interfaces(self) -> Sequence[str]: ...


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
    if _is_hollow(operation.selection_set):
        return Fault("INVALID_FIELDS", "it, or a part of it, selects nothing")
    return operation.selection_set


def _is_hollow(selection: SelectionSetNode) -> bool:
    inner = (getattr(node, "selection_set", None) for node in selection.selections)
    return not selection.selections or any(below is not None and _is_hollow(below) for below in inner)


def to_field_set(selection: SelectionSetNode, condition: str | None = None) -> FieldSet:
    """The frozen form of a selection that has no faults."""
    items: list[FieldSetItem] = []
    for node in selection.selections:
        if isinstance(node, FieldNode):
            children = to_field_set(node.selection_set) if node.selection_set else ()
            items.append(FieldSetItem(node.name.value, children, condition, _arguments(node)))
        elif isinstance(node, InlineFragmentNode):
            narrower = node.type_condition.name.value if node.type_condition else condition
            items.extend(to_field_set(node.selection_set, narrower))
    return tuple(items)


def without_unknown_conditions(selection: SelectionSetNode, names: Collection[str]) -> SelectionSetNode:
    """The same, each type condition on a type that is not among those taken away."""

    def known(node: SelectionNode) -> SelectionNode:
        if not isinstance(node, FieldNode | InlineFragmentNode) or node.selection_set is None:
            return node
        below = without_unknown_conditions(node.selection_set, names)
        if isinstance(node, InlineFragmentNode) and node.type_condition is not None and node.type_condition.name.value not in names:
            return InlineFragmentNode(directives=node.directives, selection_set=below)
        return replace(node, selection_set=below)

    return replace(selection, selections=tuple(known(node) for node in selection.selections))


def _arguments(node: FieldNode) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((argument.name.value, print_ast(argument.value)) for argument in node.arguments or ()))


def print_field_set(items: FieldSet) -> str:
    """The text of a field set: one line, single spaces, no outer braces."""
    return " ".join(_print_item(item) for item in items)


def _print_item(item: FieldSetItem) -> str:
    arguments = f"({', '.join(f'{name}: {value}' for name, value in item.arguments)})" if item.arguments else ""
    children = f" {{ {print_field_set(item.children)} }}" if item.children else ""
    text = f"{item.name}{arguments}{children}"
    return f"... on {item.type_condition} {{ {text} }}" if item.type_condition else text


def canonical_text(selection: SelectionSetNode) -> str:
    """One line, single spaces, no outer braces."""
    return " ".join(print_ast(selection).split())[2:-2]


class Use(NamedTuple):
    """What a field set is for: the directive whose argument it is, and what that allows."""

    name: str
    takes_arguments: bool
    takes_abstract: bool


KEY: Final = Use("key", takes_arguments=False, takes_abstract=False)
REQUIRES: Final = Use("requires", takes_arguments=True, takes_abstract=True)
PROVIDES: Final = Use("provides", takes_arguments=False, takes_abstract=True)


def faults(types: Types, parent: str, selection: SelectionSetNode, use: Use) -> Iterator[Fault]:
    """What keeps this selection from being a key, requirement or provision on `parent`."""
    for node in selection.selections:
        if node.directives:
            yield Fault("DIRECTIVE_IN_FIELDS_ARG", "no directive may be applied in it")
        elif isinstance(node, FieldNode):
            yield from _field_faults(types, parent, node, use)
        elif isinstance(node, InlineFragmentNode):
            yield from _fragment_faults(types, parent, node, use)
        else:
            yield Fault("INVALID_FIELDS", "named fragments cannot be used in it")


def first_fault(types: Types, parent: str, selection: SelectionSetNode, use: Use) -> Iterator[Fault]:
    """The first of the faults, if any: the next ones often follow from it."""
    return islice(faults(types, parent, selection, use), 1)


def _fragment_faults(types: Types, parent: str, node: InlineFragmentNode, use: Use) -> Iterator[Fault]:
    condition = node.type_condition.name.value if node.type_condition else parent
    if node.type_condition is None:
        yield from faults(types, parent, node.selection_set, use)
    elif condition not in types:
        yield Fault("INVALID_FIELDS", f'this subgraph has no type "{condition}"')
    elif types[condition].kind not in COMPOSITE_KINDS or not _runtime(types, parent) & _runtime(types, condition):
        yield Fault("INVALID_FIELDS", f'no value of type "{parent}" can be a "{condition}"')
    else:
        yield from faults(types, condition, node.selection_set, use)


def _runtime(types: Types, name: str) -> frozenset[str]:
    """The object types that a value of this type may be."""
    type_ = types[name]
    if type_.kind == "UNION":
        return frozenset(type_.members)
    if type_.kind == "INTERFACE":
        return frozenset(t.name for t in types.values() if t.kind == "OBJECT" and name in t.interfaces)
    return frozenset({name})


def _field_faults(types: Types, parent: str, node: FieldNode, use: Use) -> Iterator[Fault]:
    name = node.name.value
    field = types[parent].fields.get(name)
    if node.alias is not None:
        yield Fault("INVALID_FIELDS", f'the alias "{node.alias.value}" cannot be used')
    elif name == "__typename":
        return
    elif field is None:
        yield Fault("INVALID_FIELDS", f'type "{parent}" has no field "{name}" in this subgraph')
    else:
        yield from _argument_faults(types, f"{parent}.{name}", field, node)
        if not use.takes_arguments and field.arguments:
            yield Fault("FIELDS_HAS_ARGS", f'the field "{parent}.{name}" takes arguments, which no field of a @{use.name} may')
        yield from _nested_faults(types, f"{parent}.{name}", field.type, node, use)


def _argument_faults(types: Types, coordinate: str, field: FieldLike, node: FieldNode) -> Iterator[Fault]:
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name in given.keys() - field.arguments.keys():
        yield Fault("INVALID_FIELDS", f'"{coordinate}" has no argument "{name}"')
    for name, argument in field.arguments.items():
        if argument.required and name not in given:
            yield Fault("INVALID_FIELDS", f'"{coordinate}" cannot be selected without its required argument "{name}"')
        elif name in given and not fits(types, argument.type, given[name]):
            yield Fault("INVALID_FIELDS", f'what is given for "{coordinate}({name}:)" is no value of type "{argument.type}"')


def _nested_faults(types: Types, coordinate: str, ref: TypeRef, node: FieldNode, use: Use) -> Iterator[Fault]:
    target = named_type(ref)
    kind = types[target].kind if target in types else "SCALAR"
    if not use.takes_abstract and kind in {"INTERFACE", "UNION"}:
        yield Fault("FIELDS_SELECT_INVALID_TYPE", f'"{coordinate}" is of the {kind.lower()} type "{target}", which no field of a @{use.name} may be')
    elif kind in LEAF_KINDS and node.selection_set is not None:
        yield Fault("INVALID_FIELDS", f'"{coordinate}" has no fields to select from')
    elif kind not in LEAF_KINDS and node.selection_set is None:
        yield Fault("INVALID_FIELDS", f'"{coordinate}" needs a selection of its fields')
    elif node.selection_set is not None:
        yield from faults(types, target, node.selection_set, use)


def selected(types: Types, parent: str, items: FieldSet) -> Iterator[Selected]:
    """Every field that a field set touches, nested ones included, in order; unknown fields are passed over."""
    for item in items:
        holder = item.type_condition or parent
        field = types[holder].fields.get(item.name) if holder in types else None
        if field is None:
            continue
        yield Selected(holder, item.name)
        yield from selected(types, named_type(field.type), item.children)
