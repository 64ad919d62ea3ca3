"""This module is in charge of what a selection tree needs of variables: which fields are on, and arguments as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from graphql import Undefined

from gateway.execution.local_program import ReadArguments
from gateway.operation.selection import Condition, EnumLiteral, Field, ListLiteral, ObjectLiteral, Selection, Value, Variable
from resolvers.batching import BadArgument
from schema.arguments import ArgumentTypes, Given
from schema.enum_names import EnumName


def holds(conditions: tuple[Condition, ...], flags: Mapping[str, bool]) -> bool:
    """Whether `@skip` and `@include` leave it in."""
    return all(flags[each.variable] != each.negated for each in conditions)


def merged(selections: tuple[Selection, ...], types: frozenset[str], flags: Mapping[str, bool]) -> dict[str, Field]:
    """The fields that are on, by response key; what is selected twice is merged (GraphQL spec, CollectFields).

    `types` are the names under which fragments and fields count: the concrete type, and `_Entity` at the root.
    """
    found: dict[str, Field] = {}
    for item in selections:
        if not holds(item.conditions, flags):
            continue
        if isinstance(item, Field):
            if item.parent_type in types or item.name == "__typename":
                _add(found, item)
        elif not item.type_condition or item.type_condition in types:
            for field in merged(item.selections, types, flags).values():
                _add(found, field)
    return found


def _add(found: dict[str, Field], field: Field) -> None:
    before = found.get(field.response_key)
    if before is not None:
        field = Field(field.name, field.alias, field.arguments, (), before.selections + field.selections, field.parent_type, field.type)
    found[field.response_key] = field


def compile_arguments(types: ArgumentTypes, field: Field, *, count: bool, ahead: bool = True) -> ReadArguments:
    """The field's arguments as a function of the variables; computed once where there are none."""
    if not field.arguments and not types.required:
        return _once(types, {}, count, ahead)
    if not any(_uses_variables(value) for _, value in field.arguments):
        return _once(types, {name: as_json(value, {}) for name, value in field.arguments}, count, ahead)

    def read(variables: Mapping[str, Any]) -> Given:
        values = ((name, as_json(value, variables)) for name, value in field.arguments)
        return types.read({name: value for name, value in values if value is not Undefined}, count=count, ahead=ahead)

    return read


def _once(types: ArgumentTypes, given: Mapping[str, Any], count: bool, ahead: bool) -> ReadArguments:
    try:
        made = types.read(given, count=count, ahead=ahead)
    except BadArgument as wrong:
        code, argument, message = wrong.code, wrong.argument, str(wrong)

        def refuse(_variables: Mapping[str, Any]) -> Given:
            raise BadArgument(code, argument, message)

        return refuse
    return lambda _variables: made


def _uses_variables(value: Value) -> bool:
    match value:
        case Variable():
            return True
        case ListLiteral():
            return any(_uses_variables(each) for each in value.items)
        case ObjectLiteral():
            return any(_uses_variables(each) for _, each in value.fields)
        case _:
            return False


def as_json(value: Value, variables: Mapping[str, Any]) -> Any:
    """A literal as JSON, enum values as their names; Undefined for a variable that was not given (GraphQL spec,
    CoerceArgumentValues: it counts as left out; inside a list, as null)."""
    match value:
        case Variable():
            return variables.get(value.name, Undefined)
        case EnumLiteral():
            return EnumName(value.name)
        case ListLiteral():
            items = (as_json(each, variables) for each in value.items)
            return [None if each is Undefined else each for each in items]
        case ObjectLiteral():
            fields = ((name, as_json(each, variables)) for name, each in value.fields)
            return {name: each for name, each in fields if each is not Undefined}
        case str() | int() | float() | bool() | None:
            return value
        case _:
            assert_never(value)
