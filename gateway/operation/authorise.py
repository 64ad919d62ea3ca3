"""This module is in charge of filtering an operation by a view: what may be asked of subgraphs, what is shown, and what is said of the rest.

A closed field is not asked for; where it was selected there is null and an error with the path of response keys, if
its @skip/@include conditions hold. The field is judged before its inputs: what is given to a closed field, or below it,
asks nothing. A closed argument, input field or enum value of an open field refuses the operation in every mode: an
operation without it would be another question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import is_
from typing import Any, Final

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

from gateway.composition.supergraph import Requirement
from gateway.errors import ClientError, Refused, refused
from gateway.operation.limits import PAGE_ARGUMENTS
from gateway.operation.normalise import variables_in
from gateway.operation.selection import Condition, EnumLiteral, Field, Fragment, ListLiteral, ObjectLiteral, Operation, Selection, Value, Variable, fields_of

INTROSPECTION: Final = frozenset({"__schema", "__type"})
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ViewRedaction:
    """A selected field outside the view: its response keys, and all the conditions on the way to it."""

    path: Path
    conditions: tuple[Condition, ...]

    def applies(self, values: Mapping[str, Any]) -> bool:
        """False where a @skip or @include takes the field out of the answer anyway."""
        return all(bool(values.get(each.variable)) != each.negated for each in self.conditions)


@dataclass(frozen=True, slots=True)
class AuthorisedOperation:
    """One operation through one view. `shown` is what the answer is projected by: closed fields are in it, and find no
    value. `allowed` is what is planned: closed fields are not in it. Introspection, the gateway's own part, is in neither;
    `root_keys` are the response keys of the whole in their order, `idle` the variables that only closed fields use."""

    shown: Operation
    allowed: Operation
    introspection: tuple[Field, ...]
    root_keys: tuple[str, ...]
    redactions: tuple[ViewRedaction, ...]
    idle: frozenset[str] = frozenset()

    def redacted(self, values: Mapping[str, Any]) -> tuple[Path, ...]:
        """The paths that are redacted under these values of variables, each once."""
        return tuple(dict.fromkeys(each.path for each in self.redactions if each.applies(values)))


def redaction_error(path: Path) -> ClientError:
    """What the client is told of a field outside its view; the same words whatever the field is."""
    return ClientError("UNAUTHORIZED_FIELD_OR_TYPE", "The field is outside your view.", path=path)


def authorise(operation: Operation, closed: frozenset[str], schema: GraphQLSchema, *, reject: bool = False) -> AuthorisedOperation:
    """Filter an operation that is valid in `schema`. Refuses closed inputs (UNAUTHORIZED_INPUT) and, with `reject`, closed fields
    whatever their conditions (UNAUTHORIZED_FIELD_OR_TYPE with every path)."""
    judge = _Judge(closed, schema)
    shown, allowed = judge.selections(operation.selections, (), ())
    idle = _idle(operation, allowed)
    judge.check_variables(operation, idle)
    redactions = tuple(dict.fromkeys(judge.redactions))
    if reject and redactions:
        raise Refused(*map(redaction_error, dict.fromkeys(each.path for each in redactions)))
    introspection = tuple(_introspected(shown, ()))
    return AuthorisedOperation(
        shown=replace(operation, selections=_without_introspection(shown)),
        allowed=replace(operation, selections=_without_introspection(allowed)),
        introspection=introspection,
        root_keys=tuple(dict.fromkeys(field.response_key for field in fields_of(shown))),
        redactions=redactions,
        idle=idle,
    )


class _Judge:
    def __init__(self, closed: frozenset[str], schema: GraphQLSchema) -> None:
        self._closed = closed
        self._schema = schema
        self.redactions: list[ViewRedaction] = []

    def selections(self, items: tuple[Selection, ...], path: Path, conditions: tuple[Condition, ...]) -> tuple[tuple[Selection, ...], tuple[Selection, ...]]:
        """(what is shown, what is asked for) of these selections, in their order."""
        shown: list[Selection] = []
        allowed: list[Selection] = []
        for item in items:
            pair = self._field(item, path, conditions) if isinstance(item, Field) else self._fragment(item, path, conditions)
            shown += pair[0]
            allowed += pair[1]
        return _kept(items, shown), _kept(items, allowed)

    def _field(self, field: Field, path: Path, conditions: tuple[Condition, ...]) -> tuple[list[Selection], list[Selection]]:
        path, conditions = (*path, field.response_key), (*conditions, *field.conditions)
        if field.name == "__typename":
            return self._typename(field)
        if field.name in INTROSPECTION:
            return [field], [field]
        if f"{field.parent_type}.{field.name}" in self._closed:
            self.redactions.append(ViewRedaction(path, conditions))
            return [field], []
        self._check_arguments(field, path)
        if not field.selections:
            return [field], [field]
        shown, allowed = self.selections(field.selections, path, conditions)
        # An object that lost all its fields still exists, or does not: that has to be asked.
        asked = allowed or (Field("__typename", None, (), (), (), _named(field.type), "String!"),)
        return [_with(field, shown)], [_with(field, asked)]

    def _typename(self, field: Field) -> tuple[list[Selection], list[Selection]]:
        """The name of a type outside the view is not said: a union's `__typename` becomes one for each open member."""
        parent = self._schema.type_map.get(field.parent_type)
        if not isinstance(parent, GraphQLUnionType) or not any(member.name in self._closed for member in parent.types):
            return [field], [field]
        split: list[Selection] = [
            Fragment(member.name, field.conditions, (replace(field, conditions=(), parent_type=member.name),))
            for member in parent.types
            if member.name not in self._closed
        ]
        return split, split

    def _fragment(self, fragment: Fragment, path: Path, conditions: tuple[Condition, ...]) -> tuple[list[Selection], list[Selection]]:
        conditions = (*conditions, *fragment.conditions)
        shown, allowed = self.selections(fragment.selections, path, conditions)
        if fragment.type_condition in self._closed:
            # Not even nulls are shown: which object had them would tell which type it is of.
            self.redactions += [ViewRedaction((*path, f.response_key), (*conditions, *f.conditions)) for f in _typenames(fragment.selections)]
            return [], []
        kept: list[Selection] = [_with(fragment, allowed)] if allowed else []
        return [_with(fragment, shown)], kept

    def check_variables(self, operation: Operation, idle: frozenset[str]) -> None:
        """Refuse a variable whose type or default is outside the view, and that is used where the view is open."""
        for variable in operation.variables:
            if variable.name in idle:
                continue
            place = f"Variable ${variable.name}"
            if _named(variable.type) in self._closed:
                raise _closed_input(place, ())
            if variable.has_default:
                self._check_value(self._schema.type_map[_named(variable.type)], variable.default, place, ())

    def _check_arguments(self, field: Field, path: Path) -> None:
        if not field.arguments:
            return
        parent = self._schema.type_map[field.parent_type]
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        defined = parent.fields[field.name].args
        for name, value in field.arguments:
            place = f"Argument {name}"
            if f"{field.parent_type}.{field.name}({name}:)" in self._closed:
                raise _closed_input(place, path)
            self._check_value(get_named_type(defined[name].type), value, place, path)

    def _check_value(self, type_: GraphQLNamedType, value: Value, place: str, path: Path) -> None:
        """Values of variables are judged where they are coerced; here, what is written in the document. `type_` is what lists hold."""
        match value:
            case EnumLiteral():
                if f"{type_.name}.{value.name}" in self._closed:
                    raise _closed_input(place, path)
            case ListLiteral():
                for item in value.items:
                    self._check_value(type_, item, place, path)
            case ObjectLiteral():
                self._check_object(type_, value, place, path)
            case _:
                pass

    def _check_object(self, type_: GraphQLNamedType, value: ObjectLiteral, place: str, path: Path) -> None:
        if not isinstance(type_, GraphQLInputObjectType):
            return
        for name, item in value.fields:
            if f"{type_.name}.{name}" in self._closed:
                raise _closed_input(place, path)
            self._check_value(get_named_type(type_.fields[name].type), item, place, path)


def _kept(items: tuple[Selection, ...], left: list[Selection]) -> tuple[Selection, ...]:
    """What is left; where that is everything, what was given: most operations are kept once, not three times."""
    return items if len(left) == len(items) and all(map(is_, left, items)) else tuple(left)


def _with(item: Selection, selections: tuple[Selection, ...]) -> Selection:
    return item if selections is item.selections else replace(item, selections=selections)


def _closed_input(place: str, path: Path) -> Refused:
    return refused("UNAUTHORIZED_INPUT", f"{place} is, or holds, something outside your view.", path=path)


def _named(printed: str) -> str:
    return printed.strip("[]!")


def _typenames(items: Iterable[Selection]) -> Iterator[Field]:
    return (item for item in items if isinstance(item, Field) and item.name == "__typename")


def _introspected(items: Iterable[Selection], conditions: tuple[Condition, ...]) -> Iterator[Field]:
    for item in items:
        if isinstance(item, Fragment):
            yield from _introspected(item.selections, (*conditions, *item.conditions))
        elif item.name in INTROSPECTION:
            yield replace(item, conditions=(*conditions, *item.conditions))


def _without_introspection(items: tuple[Selection, ...]) -> tuple[Selection, ...]:
    left: list[Selection] = []
    for item in items:
        if isinstance(item, Field):
            if item.name not in INTROSPECTION:
                left.append(item)
        elif below := _without_introspection(item.selections):
            left.append(_with(item, below))
    return _kept(items, left)


def _idle(operation: Operation, allowed: Iterable[Selection]) -> frozenset[str]:
    """The variables that no field which is asked for uses. Those of conditions are booleans: never outside a view."""
    used = {name for field in _every_field(allowed) for _, value in field.arguments for name in variables_in(value)}
    return frozenset(each.name for each in operation.variables) - used


def page_variables(operation: Operation) -> dict[str, str]:
    """Variables that are the size of a page somewhere, with the argument they are given to."""
    return {
        value.name: name
        for field in _every_field(operation.selections)
        for name, value in field.arguments
        if name in PAGE_ARGUMENTS and isinstance(value, Variable)
    }


def categories_of(operation: Operation, requirements: Mapping[str, Requirement]) -> frozenset[str]:
    """The categories of data that an operation asks for."""
    coordinates = (f"{field.parent_type}.{field.name}" for field in _every_field(operation.selections))
    return frozenset(name for place in coordinates if place in requirements for name in requirements[place].categories)


def asks_for(operation: Operation, coordinates: frozenset[str]) -> bool:
    """True when one of these fields is selected anywhere."""
    return any(f"{field.parent_type}.{field.name}" in coordinates for field in _every_field(operation.selections))


def _every_field(items: Iterable[Selection]) -> Iterator[Field]:
    for item in items:
        if isinstance(item, Field):
            yield item
        yield from _every_field(item.selections)
