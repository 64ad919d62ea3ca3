"""This module is in charge of normalising: a validated document to one selection tree without fragments that say nothing.

Named fragments are inlined, equal fields merged by response key and conditions, fragments that do not narrow dissolved,
constant `@skip`/`@include` decided. Conditions on variables are moved down to the fields, so a fragment that is left
only narrows a type. The order is the one in which GraphQL spec section 6.3.2 (CollectFields) meets the fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    parse,
    print_ast,
)

from gateway.errors import InternalError, refused
from gateway.operation.document import NOT_REPRESENTABLE, choose, is_representable
from gateway.operation.selection import (
    Condition,
    EnumLiteral,
    Field,
    Fragment,
    ListLiteral,
    ObjectLiteral,
    Operation,
    Selection,
    Value,
    Variable,
    VariableDefinition,
)

# Aliases make a selection of every spread anew, so a small document can be a large operation.
MAX_STEPS: Final = 50_000
MAX_DEPTH: Final = 100
TYPENAME: Final = "__typename"

Conditions = tuple[Condition, ...]


def normalise(
    document: DocumentNode,
    schema: GraphQLSchema,
    operation_name: str | None = None,
    *,
    max_steps: int = MAX_STEPS,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Operation:
    """The operation of that name as a selection tree. The document has passed validation against `schema`. `names` are those that aliases get instead.

    Refuses (OPERATION_NOT_FOUND) when there is no such operation, and (LIMIT_FIELDS, LIMIT_DEPTH) when inlining makes too much of it.
    """
    node = choose(document, operation_name)
    root = schema.get_root_type(OperationType(node.operation.value))
    if root is None:
        raise refused("GRAPHQL_VALIDATION_FAILED", f"The schema has no {node.operation.value}s.")
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    selections = _Normaliser(schema, fragments, max_steps, names).collect(root, [(node.selection_set, ())], depth=0)
    return Operation(
        kind=node.operation.value,
        name=node.name.value if node.name else None,
        root_type=root.name,
        variables=tuple(_variable(each) for each in node.variable_definitions or ()),
        selections=selections,
    )


def read_field_set(schema: GraphQLSchema, type_name: str, text: str) -> tuple[Selection, ...]:
    """A `FieldSet` string (Federation spec) of a type as selections; composition has judged it already."""
    stripped = text.strip()
    source = stripped if stripped.startswith("{") else "{" + stripped + "}"
    node = choose(parse(source, no_location=True), None)
    parent = schema.get_type(type_name)
    if not is_composite_type(parent):
        raise InternalError(f"field set of {type_name}, which has no fields")
    return _Normaliser(schema, {}, MAX_STEPS, {}).collect(parent, [(node.selection_set, ())], depth=0)


@dataclass(slots=True)
class _Group:
    """What one place of a selection gathers before it is made: nodes of one field, or selection sets of one narrower type."""

    conditions: Conditions
    nodes: list[FieldNode] = field(default_factory=list)
    narrower: GraphQLCompositeType | None = None
    sets: list[tuple[SelectionSetNode, Conditions]] = field(default_factory=list)
    # How many fragments stood at this level when it last grew.
    fragments: int = 0


@dataclass(slots=True)
class _Level:
    """The groups of one level, in order.

    A selection joins an earlier group only where nothing between them may answer the same key, or what is below it would be answered in another
    order than it was asked for. `latest` is the last group of each response key, `narrowing` each fragment met, `run` those since the last new field.
    """

    groups: list[_Group] = field(default_factory=list)
    leaves: set[tuple[str, Conditions]] = field(default_factory=set)
    latest: dict[str, _Group] = field(default_factory=dict)
    narrowing: list[SelectionSetNode] = field(default_factory=list)
    run: list[_Group] = field(default_factory=list)
    spread: set[tuple[str, Conditions]] = field(default_factory=set)


class _Normaliser:
    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], max_steps: int, names: Mapping[str, str]) -> None:
        self._names = names
        self._schema = schema
        self._fragments = fragments
        self._steps_left = max_steps
        self._possible: dict[str, frozenset[str]] = {}
        self._keys: dict[int, frozenset[str]] = {}

    def collect(self, parent: GraphQLCompositeType, sets: list[tuple[SelectionSetNode, Conditions]], depth: int) -> tuple[Selection, ...]:
        """The selections of all these sets on one type."""
        if depth > MAX_DEPTH:
            raise refused("LIMIT_DEPTH", f"Selections are nested more than {MAX_DEPTH} deep.")
        level = _Level()
        for node, conditions in sets:
            self._gather(level, parent, node.selections, conditions)
        made = (self._made(group, parent, depth) for group in level.groups)
        return tuple(each for each in made if isinstance(each, Field) or each.selections)

    def _spend(self, steps: int) -> None:
        self._steps_left -= steps
        if self._steps_left < 0:
            raise refused("LIMIT_FIELDS", "The operation selects too many fields when its fragments are followed.")

    def _gather(self, level: _Level, parent: GraphQLCompositeType, nodes: Iterable[SelectionNode], outer: Conditions) -> None:
        for node in nodes:
            self._spend(1)
            conditions = _conditions(node.directives or (), outer)
            if conditions is None:
                continue
            match node:
                case FieldNode():
                    self._gather_field(level, node, conditions)
                case InlineFragmentNode():
                    condition = node.type_condition.name.value if node.type_condition else parent.name
                    self._gather_fragment(level, parent, condition, node.selection_set, conditions)
                case FragmentSpreadNode():
                    self._gather_spread(level, parent, node.name.value, conditions)

    def _gather_field(self, level: _Level, node: FieldNode, conditions: Conditions) -> None:
        key = node.alias.value if node.alias else node.name.value
        # Execution and projection tell the types of objects by this key.
        if key == TYPENAME and node.name.value != TYPENAME:
            raise refused("GRAPHQL_VALIDATION_FAILED", "The alias __typename is reserved for the field of that name.")
        if node.selection_set is None:
            if (key, ()) in level.leaves or (key, conditions) in level.leaves:
                return
            level.leaves.add((key, conditions))
        else:
            latest = level.latest.get(key)
            if latest is not None and latest.conditions == conditions and not self._between(level, latest, key):
                latest.nodes.append(node)
                latest.fragments = len(level.narrowing)
                return
        group = _Group(conditions, [node], fragments=len(level.narrowing))
        level.latest[key] = group
        level.groups.append(group)
        level.run = []

    def _between(self, level: _Level, group: _Group, key: str) -> bool:
        """True when a fragment that was met since the group last grew selects the same key."""
        since = level.narrowing[group.fragments :]
        self._spend(len(since))
        return any(key in self._keys_in(each) for each in since)

    def _keys_in(self, node: SelectionSetNode) -> frozenset[str]:
        """The response keys of a selection set, those in its fragments included."""
        found = self._keys.get(id(node))
        if found is None:
            keys: set[str] = set()
            for each in node.selections:
                self._spend(1)
                if isinstance(each, FieldNode):
                    keys.add(each.alias.value if each.alias else each.name.value)
                elif isinstance(each, InlineFragmentNode):
                    keys |= self._keys_in(each.selection_set)
                elif isinstance(each, FragmentSpreadNode):
                    keys |= self._keys_in(self._fragments[each.name.value].selection_set)
            found = self._keys[id(node)] = frozenset(keys)
        return found

    def _gather_spread(self, level: _Level, parent: GraphQLCompositeType, name: str, conditions: Conditions) -> None:
        if (name, conditions) in level.spread:
            return
        level.spread.add((name, conditions))
        fragment = self._fragments[name]
        self._gather_fragment(level, parent, fragment.type_condition.name.value, fragment.selection_set, conditions)

    def _gather_fragment(self, level: _Level, parent: GraphQLCompositeType, condition: str, selections: SelectionSetNode, conditions: Conditions) -> None:
        narrower = self._schema.get_type(condition)
        assert is_composite_type(narrower)
        # A type may have only members of another without declaring it: then the fields are still that other's.
        if narrower is parent or (is_abstract_type(narrower) and self._schema.is_sub_type(narrower, parent)):
            self._gather(level, parent, selections.selections, conditions)
        elif self.possible(parent.name) & self.possible(condition):
            self._narrowing(level, narrower).sets.append((selections, conditions))
            level.narrowing.append(selections)

    def _narrowing(self, level: _Level, narrower: GraphQLCompositeType) -> _Group:
        """The group that a fragment of this type joins: one of the same type, unless a field or a fragment of the same objects stands between."""
        own = self.possible(narrower.name)
        for group in reversed(level.run):
            self._spend(1)
            assert group.narrower is not None
            if group.narrower is narrower:
                return group
            if own & self.possible(group.narrower.name):
                break
        group = _Group((), narrower=narrower)
        level.groups.append(group)
        level.run.append(group)
        return group

    def possible(self, name: str) -> frozenset[str]:
        """Names of the object types that a value of this type can have."""
        found = self._possible.get(name)
        if found is None:
            type_ = self._schema.get_type(name)
            found = frozenset(each.name for each in self._schema.get_possible_types(type_)) if is_abstract_type(type_) else frozenset({name})
            self._possible[name] = found
        return found

    def _made(self, group: _Group, parent: GraphQLCompositeType, depth: int) -> Selection:
        if group.narrower is not None:
            return Fragment(group.narrower.name, (), self.collect(group.narrower, group.sets, depth + 1))
        node = group.nodes[0]
        definition = self._schema.get_field(parent, node.name.value)
        if definition is None:
            raise InternalError(f"{parent.name} has no field {node.name.value}, though the document passed validation")
        below = get_named_type(definition.type)
        sets: list[tuple[SelectionSetNode, Conditions]] = [(each.selection_set, ()) for each in group.nodes if each.selection_set]
        return Field(
            name=node.name.value,
            alias=self._names.get(node.alias.value, node.alias.value) if node.alias and node.alias.value != node.name.value else None,
            arguments=tuple((argument.name.value, literal(argument.value)) for argument in node.arguments or ()),
            conditions=group.conditions,
            selections=self.collect(below, sets, depth + 1) if is_composite_type(below) else (),
            parent_type=parent.name,
            type=str(definition.type),
        )


def _conditions(directives: Iterable[DirectiveNode], outer: Conditions) -> Conditions | None:
    """The conditions that hold below these directives; None when nothing below can ever be selected."""
    found = set(outer)
    for directive in directives:
        if directive.name.value not in ("skip", "include"):
            continue
        negated = directive.name.value == "skip"
        value = next(argument.value for argument in directive.arguments or () if argument.name.value == "if")
        if isinstance(value, VariableNode):
            found.add(Condition(value.name.value, negated))
        elif isinstance(value, BooleanValueNode) and value.value is negated:
            return None
    if any(Condition(each.variable, not each.negated) in found for each in found):
        return None
    return tuple(sorted(found, key=lambda each: (each.variable, each.negated)))


def _variable(node: VariableDefinitionNode) -> VariableDefinition:
    default = node.default_value
    return VariableDefinition(
        name=node.variable.name.value,
        type=print_ast(node.type),
        has_default=default is not None,
        default=literal(default) if default is not None else None,
    )


def literal(node: ValueNode) -> Value:
    """A value of the document as it was written (GraphQL spec, section 2.9)."""
    match node:
        case VariableNode():
            return Variable(node.name.value)
        case NullValueNode():
            return None
        case IntValueNode() | FloatValueNode():
            return _number(node)
        case StringValueNode() | BooleanValueNode():
            return node.value
        case EnumValueNode():
            return EnumLiteral(node.value)
        case ListValueNode():
            return ListLiteral(tuple(literal(item) for item in node.values or ()))
        case ObjectValueNode():
            return ObjectLiteral(tuple((item.name.value, literal(item.value)) for item in node.fields or ()))
        case _:
            raise InternalError(f"a value that GraphQL does not have: {type(node).__name__}")


def _number(node: IntValueNode | FloatValueNode) -> int | float:
    # Validation says where such a number stands; what is normalised without it must not get further either.
    if not is_representable(node.value):
        raise refused("GRAPHQL_VALIDATION_FAILED", NOT_REPRESENTABLE)
    return int(node.value) if isinstance(node, IntValueNode) else float(node.value)


def variables_in(value: Value) -> Iterator[str]:
    """Names of the variables that a value uses."""
    if isinstance(value, Variable):
        yield value.name
    elif isinstance(value, ListLiteral):
        for item in value.items:
            yield from variables_in(item)
    elif isinstance(value, ObjectLiteral):
        for _, item in value.fields:
            yield from variables_in(item)
