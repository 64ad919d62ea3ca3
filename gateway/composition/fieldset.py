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


def merged_selection(selection: SelectionSetNode) -> SelectionSetNode:
    """The same, what is selected twice once: `brand { id } brand { name }` is `brand { id name }`, as in an operation."""
    found: dict[str, SelectionNode] = {}
    for node in selection.selections:
        bare = replace(node, selection_set=None) if isinstance(node, FieldNode) else node
        if isinstance(node, InlineFragmentNode):
            bare = replace(node, selection_set=SelectionSetNode(selections=()))
        name = print_ast(bare)
        found[name] = _both(found[name], node) if name in found else node
    return replace(selection, selections=tuple(map(_merged_below, found.values())))


def _both(one: SelectionNode, other: SelectionNode) -> SelectionNode:
    parts = [node.selection_set for node in (one, other) if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None]
    if not parts or not isinstance(one, FieldNode | InlineFragmentNode):
        return one
    return replace(one, selection_set=SelectionSetNode(selections=tuple(node for part in parts for node in part.selections)))


def _merged_below(node: SelectionNode) -> SelectionNode:
    if not isinstance(node, FieldNode | InlineFragmentNode) or node.selection_set is None:
        return node
    return replace(node, selection_set=merged_selection(node.selection_set))


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


def canonical_text(text: str, selection: SelectionSetNode) -> str:
    """One line, single spaces, no outer braces; what is written with these is told as it is."""
    return text if text.strip().startswith("{") else " ".join(print_ast(selection).split())[2:-2]


class Use(NamedTuple):
    """What a field set is for: the directive whose argument it is, and what that allows."""

    name: str
    takes_arguments: bool
    takes_abstract: bool


KEY: Final = Use("key", takes_arguments=False, takes_abstract=False)
INTERFACE_KEY: Final = Use("key", takes_arguments=False, takes_abstract=True)
REQUIRES: Final = Use("requires", takes_arguments=True, takes_abstract=True)
PROVIDES: Final = Use("provides", takes_arguments=False, takes_abstract=True)


def faults(types: Types, parent: str, selection: SelectionSetNode, use: Use) -> Iterator[Fault]:
    """What keeps this selection from being a key, requirement or provision on `parent`.

    Phase by phase, and the next one only where the one before finds nothing: that every name is known, that what is selected is whole, what the
    directive forbids. Of the first two only the first fault is told, since others often follow from it.
    """
    for phase in (unknown, _incomplete):
        found = next(phase(types, parent, selection, use), None)
        if found is not None:
            yield found
            return
    yield from _forbidden(types, parent, selection, use)


def first_fault(types: Types, parent: str, selection: SelectionSetNode, use: Use) -> Iterator[Fault]:
    """The first of the faults, if any."""
    return islice(faults(types, parent, selection, use), 1)


def _below(types: Types, parent: str, node: SelectionNode) -> tuple[str, SelectionSetNode] | None:
    """The selection inside of a node that is known, and the type that it selects from."""
    if isinstance(node, InlineFragmentNode):
        return (node.type_condition.name.value if node.type_condition else parent), node.selection_set
    if not isinstance(node, FieldNode) or node.selection_set is None:
        return None
    field = types[parent].fields.get(node.name.value)
    return None if field is None else (named_type(field.type), node.selection_set)


def unknown(types: Types, parent: str, selection: SelectionSetNode, use: Use) -> Iterator[Fault]:
    """What the selection names that is not there."""
    for node in selection.selections:
        if isinstance(node, FieldNode):
            yield from _unknown_field(types, parent, node, use)
        elif not isinstance(node, InlineFragmentNode):
            yield Fault("INVALID_FIELDS", "named fragments cannot be used in it")
        elif node.type_condition is not None and node.type_condition.name.value not in types:
            yield Fault("INVALID_FIELDS", f'this subgraph has no type "{node.type_condition.name.value}"')
        elif node.type_condition is not None and types[node.type_condition.name.value].kind not in COMPOSITE_KINDS:
            yield Fault("INVALID_FIELDS", f'no value of type "{parent}" can be a "{node.type_condition.name.value}"')
        below = _below(types, parent, node)
        if below is not None:
            yield from unknown(types, *below, use)
        if isinstance(node, FieldNode):
            yield from _unknown_arguments(types[parent], node)


def _unknown_field(types: Types, parent: str, node: FieldNode, use: Use) -> Iterator[Fault]:
    name, field = node.name.value, types[parent].fields.get(node.name.value)
    if field is None:
        if name != "__typename" or node.selection_set is not None:
            yield Fault("INVALID_FIELDS", f'type "{parent}" has no field "{name}" in this subgraph')
        return
    target = named_type(field.type)
    kind = types[target].kind if target in types else "SCALAR"
    if not use.takes_abstract and kind in {"INTERFACE", "UNION"}:
        message = f'"{parent}.{name}" is of the {kind.lower()} type "{target}", which no field of a @{use.name} may be'
        yield Fault("FIELDS_SELECT_INVALID_TYPE", message)
    elif kind in LEAF_KINDS and node.selection_set is not None:
        yield Fault("INVALID_FIELDS", f'"{parent}.{name}" has no fields to select from')


def _unknown_arguments(parent: TypeLike, node: FieldNode) -> Iterator[Fault]:
    field = parent.fields.get(node.name.value)
    for argument in node.arguments or ():
        if field is not None and argument.name.value not in field.arguments:
            yield Fault("INVALID_FIELDS", f'"{parent.name}.{node.name.value}" has no argument "{argument.name.value}"')


def _incomplete(types: Types, parent: str, selection: SelectionSetNode, use: Use) -> Iterator[Fault]:
    for node in selection.selections:
        if isinstance(node, FieldNode) and node.name.value in types[parent].fields:
            yield from _incomplete_field(types, f"{parent}.{node.name.value}", types[parent].fields[node.name.value], node)
        below = _below(types, parent, node)
        if below is not None:
            yield from _incomplete(types, *below, use)
        if isinstance(node, FieldNode) and node.alias is not None:
            yield Fault("INVALID_FIELDS", f'the alias "{node.alias.value}" cannot be used')


def _incomplete_field(types: Types, coordinate: str, field: FieldLike, node: FieldNode) -> Iterator[Fault]:
    yield from _argument_faults(types, coordinate, field, node)
    target = named_type(field.type)
    if node.selection_set is None and target in types and types[target].kind in COMPOSITE_KINDS:
        yield Fault("INVALID_FIELDS", f'"{coordinate}" needs a selection of its fields')


def _argument_faults(types: Types, coordinate: str, field: FieldLike, node: FieldNode) -> Iterator[Fault]:
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name, argument in field.arguments.items():
        if argument.required and name not in given:
            yield Fault("INVALID_FIELDS", f'"{coordinate}" cannot be selected without its required argument "{name}"')
        elif name in given and not fits(types, argument.type, given[name]):
            yield Fault("INVALID_FIELDS", f'what is given for "{coordinate}({name}:)" is no value of type "{argument.type}"')


def _forbidden(types: Types, parent: str, selection: SelectionSetNode, use: Use) -> Iterator[Fault]:
    for node in selection.selections:
        if node.directives:
            yield Fault("DIRECTIVE_IN_FIELDS_ARG", "no directive may be applied in it")
        if isinstance(node, FieldNode) and not use.takes_arguments:
            field = types[parent].fields.get(node.name.value)
            if field is not None and field.arguments:
                yield Fault("FIELDS_HAS_ARGS", f'the field "{parent}.{node.name.value}" takes arguments, which no field of a @{use.name} may')
        below = _below(types, parent, node)
        if below is not None:
            yield from _forbidden(types, *below, use)


def selected(types: Types, parent: str, items: FieldSet) -> Iterator[Selected]:
    """Every field that a field set touches, nested ones included, in order, up to the first that is not there."""
    for pick in _selected(types, parent, items):
        if pick is None:
            return
        yield pick


def _selected(types: Types, parent: str, items: FieldSet) -> Iterator[Selected | None]:
    for item in items:
        holder = item.type_condition or parent
        field = types[holder].fields.get(item.name) if holder in types else None
        if field is not None:
            yield Selected(holder, item.name)
            yield from _selected(types, named_type(field.type), item.children)
            if any(name not in field.arguments for name, _value in item.arguments):
                yield None
        elif item.name != "__typename":
            yield None
