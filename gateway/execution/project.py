"""This module is in charge of projection: merged data to the client's answer, in the order of its selection.

What only the planner asked for goes, leaves are coerced by the schema, and a null where none may be travels up to the nearest
place that may be null (GraphQL spec, section 6.4.4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, assert_never

from graphql import GraphQLSchema
from msgspec import Struct, structs

from gateway.errors import ClientError
from gateway.execution.answer_shape import (
    GivenShape,
    LeafShape,
    ListShape,
    NonNullShape,
    ObjectShape,
    Shape,
    ShapeBuilder,
    TaggedShape,
    TypenameShape,
    branches,
    known_prefix,
    leaf_value,
)
from gateway.execution.by_column import fits
from gateway.execution.project_quick import MISFITS, Quick, generate
from gateway.execution.run import Executed, path_order
from gateway.execution.subgraph import Redaction
from gateway.lru import Lru
from gateway.operation.selection import Condition, Operation, Selection
from gateway.planning.plan import Plan

Json = Any
Place = tuple[str | int, ...]

# Each set of values of the variables in @skip and @include has a projection of its own.
MAX_VARIANTS: Final = 16
# Beyond so many, one more error tells nobody anything.
MAX_ERRORS: Final = 1000


class Projected(Struct, frozen=True):
    """The answer: `data` is None when a null has travelled up to the root."""

    data: dict[str, Json] | None
    errors: tuple[ClientError, ...]
    redactions: tuple[Redaction, ...]


# Executed, coerced variables, and paths (response keys without indices) whose nulls are explained already -> the answer.
Projection = Callable[[Executed, Mapping[str, Json], Iterable[tuple[str, ...]]], Projected]


def compile_projection(plan: Plan, schema: GraphQLSchema, operation: Operation | None = None) -> Projection:
    """The projection of a plan, to be kept beside it.

    `schema` is what the client may know (an enum value or type outside it becomes null with an error that does not say why).
    `operation` is the client's own where authorisation has taken fields out of the plan: they are answered with null.
    """
    return _Projection(schema, operation or plan.operation, plan.untold, plan.entered).project


def most_variants(operation: Operation) -> int:
    """How many projections of an operation may be kept: one for each set of values of the variables that conditions name, within bounds."""
    return int(min(2 ** len(_deciding(operation)), MAX_VARIANTS))


def _deciding(operation: Operation) -> tuple[str, ...]:
    return tuple(sorted({each.variable for each in _conditions(operation.selections)}))


class _Projection:
    def __init__(self, schema: GraphQLSchema, operation: Operation, untold: frozenset[str], entered: Iterable[tuple[str, ...]]) -> None:
        self._untold = untold
        self._entered = entered
        self._schema = schema
        self._operation = operation
        self._deciding = _deciding(operation)
        self._variants: Lru[tuple[bool, ...], tuple[ObjectShape, Quick]] = Lru(MAX_VARIANTS)

    def project(self, executed: Executed, variables: Mapping[str, Json], explained: Iterable[tuple[str, ...]] = ()) -> Projected:
        """The answer to what was executed."""
        if executed.page is not None:
            return self._by_column(executed, variables, explained)
        shape, quick = self._variant(variables)
        try:
            data: dict[str, Json] | None = quick(executed.data)
        except MISFITS:
            return _explained(shape, executed, frozenset(explained))
        if not executed.errors and not executed.redactions:
            return Projected(data, (), ())
        return Projected(data, in_order(_trimmed(shape, executed.errors)), _shown(shape, executed.redactions))

    def _by_column(self, executed: Executed, variables: Mapping[str, Json], explained: Iterable[tuple[str, ...]]) -> Projected:
        """The same with the page in the place of its rows; rows that are not as their types write them are made after all, and explained."""
        page = executed.page
        assert page is not None
        root, key = page.path
        if not fits(page, self._variant(variables)[0]):
            executed.data[root][key] = page.objects()
            return self.project(structs.replace(executed, page=None), variables, explained)
        projected = self.project(structs.replace(executed, page=None), variables, explained)
        if projected.data is not None and projected.data[root] is not None:
            projected.data[root][key] = page
        return projected

    def _variant(self, variables: Mapping[str, Json]) -> tuple[ObjectShape, Quick]:
        decided = tuple([variables.get(name) is True for name in self._deciding])
        variant = self._variants.get(decided)
        if variant is None:
            shape = ShapeBuilder(self._schema, dict(zip(self._deciding, decided)), self._untold).object(
                self._operation.root_type, (self._operation.selections,)
            )
            variant = (shape, generate(shape, {each for keys in self._entered for each in _at(shape, keys)}))
            self._variants.put(decided, variant)
        return variant


def _at(shape: ObjectShape, keys: Iterable[str]) -> list[ObjectShape]:
    """The shapes of objects at the end of a path of response keys."""
    level = [shape]
    for key in keys:
        level = [below for each in level if key in each.fields for below in branches(each.fields[key][1])]
    return level


def _conditions(selections: Iterable[Selection]) -> Iterator[Condition]:
    for each in selections:
        yield from each.conditions
        yield from _conditions(each.selections)


def _trimmed(shape: ObjectShape, errors: Iterable[ClientError]) -> list[ClientError]:
    trimmed: dict[tuple[Place, str, str], ClientError] = {}
    for error in errors:
        path = known_prefix(shape, error.path)
        trimmed.setdefault((path, error.code, error.message), error if path == error.path else replace(error, path=path))
    return list(trimmed.values())


def in_order(errors: Iterable[ClientError]) -> tuple[ClientError, ...]:
    """Errors as they stand in an answer."""
    return tuple(sorted(errors, key=lambda error: (path_order(error.path), error.code, error.message)))


def _shown(shape: ObjectShape, redactions: Iterable[Redaction]) -> tuple[Redaction, ...]:
    return tuple(each for each in redactions if known_prefix(shape, each.path) == each.path)


def _explained(shape: ObjectShape, executed: Executed, explained: frozenset[tuple[str, ...]]) -> Projected:
    errors = _trimmed(shape, executed.errors)
    explaining = _Explaining(errors, explained)
    try:
        data: dict[str, Json] | None = explaining.object(shape, executed.data, ())
    except _Null:
        data = None
    return Projected(data, in_order((*errors, *explaining.errors)), _shown(shape, executed.redactions))


class _Null(Exception):
    """A null on its way up to the nearest place that may be null."""


class _Explaining:
    """Projects with paths, and adds an error for each null that has none yet."""

    def __init__(self, known: Iterable[ClientError], explained: frozenset[tuple[str, ...]]) -> None:
        self.errors: list[ClientError] = []
        self._explained = explained
        self._told: set[Place] = set()
        self._above: set[Place] = set()
        for error in known:
            self._told.add(error.path)
            self._above.update(error.path[:length] for length in range(len(error.path)))

    def object(self, shape: ObjectShape, value: Json, path: Place) -> dict[str, Json]:
        """An object's answer; raises `_Null` when one of its fields may not be null and is."""
        answer: dict[str, Json] = {}
        for key, (name, below) in shape.fields.items():
            answer[key] = self._value(below, value.get(key), (*path, key), f"{shape.type}.{name}")
        return answer

    def _value(self, shape: Shape, value: Json, path: Place, coordinate: str) -> Json:
        if isinstance(shape, NonNullShape):
            if isinstance(shape.inner, TypenameShape):
                return shape.inner.name
            return self._not_null(shape.inner, value, path, coordinate)
        if value is None:
            return None
        try:
            return self._present(shape, value, path, coordinate)
        except _Null:
            return None

    def _not_null(self, shape: Shape, value: Json, path: Place, coordinate: str) -> Json:
        if value is None:
            self._tell("NON_NULL_VIOLATION", f"Cannot return null for non-nullable field {coordinate}.", path)
            raise _Null
        return self._present(shape, value, path, coordinate)

    def _present(self, shape: Shape, value: Json, path: Place, coordinate: str) -> Json:
        match shape:
            case LeafShape():
                return self._leaf(shape, value, path, coordinate)
            case ListShape(item):
                if value.__class__ is not list:
                    raise self._invalid(path, coordinate)
                return [self._value(item, each, (*path, index), coordinate) for index, each in enumerate(value)]
            case ObjectShape():
                if value.__class__ is not dict:
                    raise self._invalid(path, coordinate)
                return self.object(shape, value, path)
            case TaggedShape():
                return self._tagged(shape, value, path, coordinate)
            case GivenShape():
                return value
            case NonNullShape() | TypenameShape():
                raise AssertionError("not a shape of a value that is there")
            case _:
                assert_never(shape)

    def _leaf(self, shape: LeafShape, value: Json, path: Place, coordinate: str) -> Json:
        try:
            return leaf_value(shape, value)
        except (ValueError, OverflowError):
            raise self._invalid(path, coordinate) from None

    def _tagged(self, shape: TaggedShape, value: Json, path: Place, coordinate: str) -> Json:
        type_name = value.get("__typename") if value.__class__ is dict else None
        below = shape.by_type.get(type_name) if type_name.__class__ is str else shape.untold
        if below is None:
            raise self._invalid(path, coordinate)
        return self.object(below, value, path)

    def _invalid(self, path: Place, coordinate: str) -> _Null:
        self._tell("INVALID_VALUE", f"{coordinate} has a value that is none of its type.", path)
        return _Null()

    def _tell(self, code: str, message: str, path: Place) -> None:
        if not self._is_told(path) and len(self.errors) < MAX_ERRORS:
            self._told.add(path)
            self.errors.append(ClientError(code, message, path=path))

    def _is_told(self, path: Place) -> bool:
        """True when an error at, above or below this place explains its null."""
        if path in self._above or any(path[:length] in self._told for length in range(len(path) + 1)):
            return True
        keys = tuple(step for step in path if isinstance(step, str))
        return any(keys[:length] in self._explained for length in range(len(keys) + 1))
