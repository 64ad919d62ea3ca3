"""This module is in charge of telling that a document is valid where that is plain to see, in one pass for its definitions and one for what is merged.

graphql-core judges by thirty visitors, which takes longer than anything else that is done for a new operation. What this accepts, graphql-core accepts; of
anything else it says nothing: a document that breaks a rule, or is merely unusual (subscriptions, introspection, several operations, directives but `@skip` and
`@include`, fields of one response key that are not the same field), is judged by graphql-core, whose words the client gets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_input_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    is_type_sub_type_of,
    print_ast,
    type_from_ast,
)
from graphql.utilities import do_types_overlap

_MOST_STEPS: Final = 5_000
_DEEPEST: Final = 40
_INT_MAX: Final = 2**31
_CONDITIONS: Final = frozenset({"skip", "include"})
_NO_ROOT: Final = frozenset({"__schema", "__type"})
# The literals that a scalar of GraphQL's own takes; an Int's number is looked at besides.
_LITERALS: Final[Mapping[str, tuple[type[ValueNode], ...]]] = {
    "Int": (IntValueNode,),
    "Float": (IntValueNode, FloatValueNode),
    "String": (StringValueNode,),
    "ID": (StringValueNode, IntValueNode),
    "Boolean": (BooleanValueNode,),
}


class _NotPlain(Exception):
    """Somebody else has to judge."""


def is_plainly_valid(document: DocumentNode, schema: GraphQLSchema) -> bool:
    """True only for a document that breaks no rule of the GraphQL spec, section 5; False says nothing."""
    try:
        _Judge(document, schema).judge()
    except _NotPlain:
        return False
    return True


class _Judge:
    def __init__(self, document: DocumentNode, schema: GraphQLSchema) -> None:
        self._document = document
        self._schema = schema
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._variables: dict[str, tuple[Any, bool]] = {}
        self._used: set[str] = set()
        # By definition: True where it was judged, False while it is.
        self._judged: dict[str, bool] = {}
        self._overlaps: dict[tuple[str, str], bool] = {}
        # What each field node is, by its identity.
        self._definitions: dict[int, GraphQLField] = {}
        self._steps = 0

    def judge(self) -> None:
        """Raises _NotPlain."""
        operations = []
        for node in self._document.definitions:
            if isinstance(node, FragmentDefinitionNode) and node.name.value not in self._fragments:
                self._fragments[node.name.value] = node
            elif isinstance(node, OperationDefinitionNode) and node.operation is not OperationType.SUBSCRIPTION:
                operations.append(node)
            else:
                raise _NotPlain
        if len(operations) != 1 or operations[0].directives:
            raise _NotPlain
        root = self._schema.get_root_type(operations[0].operation)
        if root is None:
            raise _NotPlain
        self._declare(operations[0].variable_definitions or ())
        self._selections(operations[0].selection_set, root, 0)
        if self._used != self._variables.keys() or self._judged.keys() != self._fragments.keys():
            raise _NotPlain
        self._merged([operations[0].selection_set], 0)

    def _declare(self, definitions: Iterable[VariableDefinitionNode]) -> None:
        for node in definitions:
            name, type_ = node.variable.name.value, type_from_ast(self._schema, node.type)
            if name in self._variables or node.directives or type_ is None or not is_input_type(type_):
                raise _NotPlain
            default = node.default_value
            if default is not None:
                self._value(default, type_)
            self._variables[name] = type_, default is not None and not isinstance(default, NullValueNode)

    # Selections, each definition once

    def _selections(self, selections: SelectionSetNode, parent: Any, depth: int) -> None:
        if depth > _DEEPEST:
            raise _NotPlain
        for node in selections.selections:
            if node.directives:
                self._conditions(node.directives)
            if isinstance(node, FieldNode):
                self._field(node, parent, depth)
            elif isinstance(node, FragmentSpreadNode):
                self._spread(node, parent, depth)
            elif isinstance(node, InlineFragmentNode):
                below = parent if node.type_condition is None else self._narrowed(node.type_condition.name.value, parent)
                self._selections(node.selection_set, below, depth + 1)
            else:
                raise _NotPlain

    def _field(self, node: FieldNode, parent: Any, depth: int) -> None:
        name = node.name.value
        definition = self._schema.get_field(parent, name)
        if definition is None or name in _NO_ROOT:
            raise _NotPlain
        self._definitions[id(node)] = definition
        if node.arguments or definition.args:
            self._arguments(node.arguments or (), definition.args)
        named = get_named_type(definition.type)
        if node.selection_set is None:
            if not is_leaf_type(named):
                raise _NotPlain
        elif is_composite_type(named):
            self._selections(node.selection_set, named, depth + 1)
        else:
            raise _NotPlain

    def _spread(self, node: FragmentSpreadNode, parent: Any, depth: int) -> None:
        name = node.name.value
        fragment = self._fragments.get(name)
        if fragment is None or fragment.directives:
            raise _NotPlain
        below = self._narrowed(fragment.type_condition.name.value, parent)
        judged = self._judged.get(name)
        if judged is None:
            self._judged[name] = False
            self._selections(fragment.selection_set, below, depth + 1)
            self._judged[name] = True
        elif not judged:
            # It spreads itself.
            raise _NotPlain

    def _narrowed(self, name: str, parent: Any) -> Any:
        type_ = self._schema.get_type(name)
        if not is_composite_type(type_):
            raise _NotPlain
        if type_ is parent:
            return type_
        pair = name, parent.name
        if pair not in self._overlaps:
            self._overlaps[pair] = do_types_overlap(self._schema, type_, parent)
        if not self._overlaps[pair]:
            raise _NotPlain
        return type_

    def _conditions(self, directives: Iterable[DirectiveNode]) -> None:
        seen = set()
        for node in directives:
            definition = self._schema.get_directive(node.name.value)
            if node.name.value not in _CONDITIONS or node.name.value in seen or definition is None:
                raise _NotPlain
            seen.add(node.name.value)
            self._arguments(node.arguments or (), definition.args)

    # Values

    def _arguments(self, nodes: Iterable[ArgumentNode], defined: Mapping[str, GraphQLArgument]) -> None:
        given = set()
        for node in nodes:
            name = node.name.value
            argument = defined.get(name)
            if argument is None or name in given:
                raise _NotPlain
            given.add(name)
            self._value(node.value, argument.type)
        for name, argument in defined.items():
            if name not in given and is_required_argument(argument):
                raise _NotPlain

    def _value(self, node: ValueNode, type_: Any) -> None:
        if isinstance(node, VariableNode):
            self._variable(node.name.value, type_)
            return
        if isinstance(type_, GraphQLNonNull):
            if isinstance(node, NullValueNode):
                raise _NotPlain
            type_ = type_.of_type
        elif isinstance(node, NullValueNode):
            return
        if isinstance(type_, GraphQLList):
            items = node.values if isinstance(node, ListValueNode) else (node,)
            for each in items:
                self._value(each, type_.of_type)
        elif isinstance(type_, GraphQLInputObjectType):
            self._object(node, type_)
        elif not _is_leaf(node, type_):
            raise _NotPlain

    def _variable(self, name: str, type_: Any) -> None:
        if name not in self._variables:
            raise _NotPlain
        own, has_default = self._variables[name]
        self._used.add(name)
        if isinstance(type_, GraphQLNonNull) and not isinstance(own, GraphQLNonNull) and has_default:
            type_ = type_.of_type
        if own is not type_ and not is_type_sub_type_of(self._schema, own, type_):
            raise _NotPlain

    def _object(self, node: ValueNode, type_: GraphQLInputObjectType) -> None:
        if not isinstance(node, ObjectValueNode) or type_.is_one_of:
            raise _NotPlain
        given = set()
        for each in node.fields or ():
            name = each.name.value
            field = type_.fields.get(name)
            if field is None or name in given:
                raise _NotPlain
            given.add(name)
            self._value(each.value, field.type)
        for name, field in type_.fields.items():
            if name not in given and is_required_input_field(field):
                raise _NotPlain

    # What is merged

    def _merged(self, sets: list[SelectionSetNode], depth: int) -> None:
        """All fields of one response key are the same field, whatever the type they are selected on: what is below them is merged as well."""
        found: dict[str, FieldNode] = {}
        below: dict[str, list[SelectionSetNode]] = {}
        spread: set[str] = set()
        waiting = sets
        while waiting:
            following: list[SelectionSetNode] = []
            for selections in waiting:
                self._steps += len(selections.selections)
                for node in selections.selections:
                    if isinstance(node, FieldNode):
                        key = node.alias.value if node.alias else node.name.value
                        first = found.setdefault(key, node)
                        if first is not node and not self._is_same(first, node):
                            raise _NotPlain
                        if node.selection_set is not None:
                            below.setdefault(key, []).append(node.selection_set)
                    elif isinstance(node, InlineFragmentNode):
                        following.append(node.selection_set)
                    elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                        spread.add(node.name.value)
                        following.append(self._fragments[node.name.value].selection_set)
            waiting = following
        if self._steps > _MOST_STEPS or depth > _DEEPEST:
            raise _NotPlain
        for key_sets in below.values():
            self._merged(key_sets, depth + 1)

    def _is_same(self, one: FieldNode, other: FieldNode) -> bool:
        if one.name.value != other.name.value or bool(one.arguments) != bool(other.arguments):
            return False
        defined, also = self._definitions[id(one)], self._definitions[id(other)]
        if defined is not also and str(defined.type) != str(also.type):
            return False
        return not one.arguments or _printed(one.arguments) == _printed(other.arguments or ())


def _printed(arguments: Iterable[ArgumentNode]) -> list[str]:
    return sorted(map(print_ast, arguments))


def _is_leaf(node: ValueNode, type_: Any) -> bool:
    if isinstance(type_, GraphQLEnumType):
        return isinstance(node, EnumValueNode) and node.value in type_.values
    if not isinstance(type_, GraphQLScalarType) or not isinstance(node, _LITERALS.get(type_.name, ())):
        return False
    if isinstance(node, IntValueNode) and type_.name == "Int":
        return len(node.value) < 12 and -_INT_MAX <= int(node.value) < _INT_MAX
    # A number may be too large: one of many digits, or with an exponent, is looked at more closely.
    return not isinstance(node, IntValueNode | FloatValueNode) or (len(node.value) < 16 and "e" not in node.value.lower())
