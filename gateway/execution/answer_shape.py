"""This module is in charge of the shape of an answer: the client's selection and the schema's types, with conditions decided.

Both forms of projection (the quick generated one and the one that explains) are made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from gateway.execution.conditions import are_met
from gateway.operation.selection import Field, Selection

Selections = tuple[Selection, ...]
STRING: Final = "String"
ID: Final = "ID"
INT: Final = "Int"
FLOAT: Final = "Float"
BOOLEAN: Final = "Boolean"
_BUILT_IN: Final = frozenset({STRING, ID, INT, FLOAT, BOOLEAN})
_INTROSPECTION: Final = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class LeafShape:
    """A scalar or enum. `values` are those of an enum; None for scalars, which are custom unless GraphQL names them."""

    name: str
    values: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class TypenameShape:
    """`__typename` of an object whose type is known."""

    name: str


@dataclass(frozen=True, slots=True)
class GivenShape:
    """Introspection: answered elsewhere from the caller's view, taken as it is."""


@dataclass(frozen=True, slots=True)
class ListShape:
    """A list of one shape."""

    item: Shape


@dataclass(frozen=True, slots=True)
class NonNullShape:
    """A shape that cannot be null."""

    inner: Shape


@dataclass(eq=False, slots=True)
class ObjectShape:
    """An object of a known type: response keys in the order of the answer. Filled in while the shape is built, then left alone."""

    type: str
    fields: dict[str, tuple[str, Shape]] = field(default_factory=dict)  # response key -> (field name, shape)


@dataclass(eq=False, slots=True)
class TaggedShape:
    """An object of an interface or union: its own `__typename` says which.

    `untold` is the shape of one that does not say: of an interface that some subgraph knows as an object, where nothing is
    selected that depends on what the object is.
    """

    type: str
    by_type: dict[str, ObjectShape] = field(default_factory=dict)
    untold: ObjectShape | None = None


Shape = LeafShape | TypenameShape | GivenShape | ListShape | NonNullShape | ObjectShape | TaggedShape


class ShapeBuilder:
    """Builds the shape of one selection for one set of decided conditions."""

    def __init__(self, schema: GraphQLSchema, variables: Mapping[str, Any], untold: frozenset[str] = frozenset()) -> None:
        self._schema = schema
        self._untold = untold
        self._variables = variables
        # The same selection on the same type has one shape, however many types lead to it.
        self._objects: dict[tuple[str, tuple[int, ...]], ObjectShape] = {}

    def object(self, type_name: str, sources: tuple[Selections, ...]) -> ObjectShape:
        """The shape of an object type under all these selections."""
        where = (type_name, tuple(id(each) for each in sources))
        shape = self._objects.get(where)
        if shape is None:
            shape = self._objects[where] = ObjectShape(type_name)
            for key, fields in self._collect(type_name, sources).items():
                shape.fields[key] = (fields[0].name, self._field(type_name, fields))
        return shape

    def _collect(self, type_name: str, sources: Iterable[Selections]) -> dict[str, list[Field]]:
        found: dict[str, list[Field]] = {}
        for selections in sources:
            for each in self._applying(type_name, selections):
                found.setdefault(each.response_key, []).append(each)
        return found

    def _applying(self, type_name: str, selections: Selections) -> Iterator[Field]:
        for each in selections:
            if not are_met(each.conditions, self._variables):
                continue
            if isinstance(each, Field):
                yield each
            elif type_name in self._possible(each.type_condition) or (type_name in self._untold and self._holds_always(type_name, each.type_condition)):
                yield from self._applying(type_name, each.selections)

    def _possible(self, type_name: str) -> Iterable[str]:
        type_ = self._schema.get_type(type_name)
        return [each.name for each in self._schema.get_possible_types(type_)] if is_abstract_type(type_) else [type_name]

    def _field(self, type_name: str, fields: list[Field]) -> Shape:
        first = fields[0]
        if first.name == "__typename":
            return NonNullShape(TypenameShape(type_name))
        if first.name in _INTROSPECTION:
            return GivenShape()
        parent = self._schema.get_type(type_name)
        assert is_composite_type(parent)
        definition = self._schema.get_field(parent, first.name)
        assert definition is not None
        return self._wrapped(definition.type, tuple(each.selections for each in fields))

    def _wrapped(self, type_: GraphQLOutputType, sources: tuple[Selections, ...]) -> Shape:
        if isinstance(type_, GraphQLNonNull):
            return NonNullShape(self._wrapped(type_.of_type, sources))
        if isinstance(type_, GraphQLList):
            return ListShape(self._wrapped(type_.of_type, sources))
        named = get_named_type(type_)
        if is_abstract_type(named):
            by_type = {each: self.object(each, sources) for each in self._possible(named.name)}
            return TaggedShape(named.name, by_type, self._untold_object(named.name, sources))
        if is_composite_type(named):
            return self.object(named.name, sources)
        if isinstance(named, GraphQLEnumType):
            return LeafShape(named.name, frozenset(named.values))
        return LeafShape(named.name)

    def _untold_object(self, type_name: str, sources: tuple[Selections, ...]) -> ObjectShape | None:
        if type_name not in self._untold or any(self._depends_on_type(type_name, each, frozenset(self._possible(type_name))) for each in sources):
            return None
        return self.object(type_name, sources)

    def _depends_on_type(self, type_name: str, selections: Selections, fitting: frozenset[str], *, narrowed: bool = False) -> bool:
        """True when something is wanted that only some objects have (those of the `fitting` types), or that is their type."""
        for each in selections:
            if not are_met(each.conditions, self._variables):
                continue
            if isinstance(each, Field):
                if narrowed or each.name == "__typename":
                    return True
                continue
            below = fitting.intersection(self._possible(each.type_condition))
            some = narrowed or not self._holds_always(type_name, each.type_condition)
            if below and self._depends_on_type(type_name, each.selections, below, narrowed=some):
                return True
        return False

    def _holds_always(self, type_name: str, type_condition: str) -> bool:
        fitting = set(self._possible(type_condition))
        return is_abstract_type(self._schema.get_type(type_condition)) and all(each in fitting for each in self._possible(type_name))


def leaf_value(shape: LeafShape, value: Any) -> Any:
    """The value as the type writes it (GraphQL spec, result coercion, section 3.5); ValueError where it is none of the type's.

    Custom scalars are passed through.
    """
    kind = value.__class__
    if shape.values is not None:
        fits = kind is str and value in shape.values
    elif shape.name not in _BUILT_IN:
        fits = True
    else:
        return _built_in(shape.name, kind, value)
    if not fits:
        raise ValueError
    return value


def _built_in(name: str, kind: type, value: Any) -> Any:
    if (name in (STRING, ID) and kind is str) or (name == BOOLEAN and kind is bool):
        return value
    if name == ID and kind is int:
        return str(value)
    if name == FLOAT and kind in (int, float) and -1.8e308 < value < 1.8e308:
        return value
    if name == INT and (kind is int or (kind is float and value.is_integer())) and -(2**31) <= value < 2**31:
        return int(value)
    raise ValueError


def branches(shape: Shape) -> tuple[ObjectShape, ...]:
    """The object shapes that can stand where this shape stands."""
    match shape:
        case ObjectShape():
            return (shape,)
        case TaggedShape():
            return (*shape.by_type.values(), *(() if shape.untold is None else (shape.untold,)))
        case ListShape(inner) | NonNullShape(inner):
            return branches(inner)
        case LeafShape() | TypenameShape() | GivenShape():
            return ()
        case _:
            assert_never(shape)


def known_prefix(shape: ObjectShape, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """As much of the path as the shape has: the client is not told of keys that only the planner asked for."""
    level: list[ObjectShape] = [shape]
    for length, step in enumerate(path):
        if isinstance(step, int):
            continue
        present = [each.fields[step][1] for each in level if step in each.fields]
        if not present:
            return path[:length]
        level = [below for each in present for below in branches(each)]
    return path
