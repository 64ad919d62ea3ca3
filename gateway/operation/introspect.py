"""This module is in charge of introspection: `__schema` and `__type`, answered from the schema of a view and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    execute_sync,
)

from gateway.errors import InternalError
from gateway.operation.selection import Field, Selection, Value, Variable


def constant_fields(items: Iterable[Selection], values: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields with variables put in and conditions decided: the same tree for the same question. Introspection types are all
    objects, so no fragment is left in them."""
    return tuple(
        replace(
            item,
            conditions=(),
            arguments=tuple((name, _constant(value, values)) for name, value in item.arguments if _is_given(value, values)),
            selections=constant_fields(item.selections, values),
        )
        for item in items
        if isinstance(item, Field) and all(bool(values.get(each.variable)) != each.negated for each in item.conditions)
    )


def _is_given(value: Value, values: Mapping[str, Any]) -> bool:
    # An argument whose variable has no value was not given; null too falls back to the default of `includeDeprecated`.
    return not isinstance(value, Variable) or values.get(value.name) is not None


def _constant(value: Value, values: Mapping[str, Any]) -> Value:
    constant: Value = values[value.name] if isinstance(value, Variable) else value
    return constant


def introspect(fields: tuple[Field, ...], schema: GraphQLSchema) -> dict[str, Any]:
    """The answer to constant introspection fields, by response key."""
    if not fields:
        return {}
    operation = OperationDefinitionNode(operation=OperationType.QUERY, selection_set=_selection_set(fields))
    result = execute_sync(schema, DocumentNode(definitions=(operation,)))
    if result.errors or result.data is None:
        raise InternalError(f"introspection failed: {result.errors}")
    return result.data


def _selection_set(fields: Iterable[Selection]) -> SelectionSetNode:
    return SelectionSetNode(selections=tuple(_field(item) for item in fields if isinstance(item, Field)))


def _field(field: Field) -> FieldNode:
    return FieldNode(
        name=NameNode(value=field.name),
        alias=NameNode(value=field.alias) if field.alias else None,
        arguments=tuple(ArgumentNode(name=NameNode(value=name), value=_value(value)) for name, value in field.arguments),
        selection_set=_selection_set(field.selections) if field.selections else None,
    )


def _value(value: Value) -> ValueNode:
    # `name: String!` and `includeDeprecated: Boolean` are all the arguments that introspection has.
    return BooleanValueNode(value=value) if isinstance(value, bool) else StringValueNode(value=str(value))
