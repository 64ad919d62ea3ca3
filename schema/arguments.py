"""This module is in charge of arguments: a client's values by the schema's types, into what a batch resolver takes.

Input types are compiled once to functions. They take JSON (variables, literals read as JSON) and, just as well, values
that graphql-core has coerced already, so that every way of executing a field gives its resolver the same arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    get_named_type,
)
from msgspec import Struct
from strawberry.schema.schema_converter import GraphQLCoreConverter

from resolvers.batching import NO_ARGUMENTS, BadArgument, PageArguments
from resolvers.identifiers import IdentifierError
from schema.connections import FEED_NAMES, PAGE_NAMES, page_arguments
from schema.enum_names import EnumName
from schema.fields import AS_WRITTEN, FORM
from schema.inputs import FILTERS, ORDERS, door_filter, door_order
from schema.scalars import READERS

Coerce = Callable[[Any, str], Any]
"""(value, its place in the arguments: "filter.code.eq") -> coerced value; raises BadArgument."""
Scalars = Callable[[str], Coerce]
"""The function for a scalar of that name."""

_INT_LIMIT: Final = 2**31


class Given(Struct, frozen=True):
    """The arguments of one field, ready for its batch resolver."""

    values: Mapping[str, Any] = NO_ARGUMENTS
    page: PageArguments | None = None


@dataclass(frozen=True, slots=True)
class _Argument:
    coerce: Coerce
    finish: Callable[[Any, str], Any] | None
    required: bool
    default: Any


class ArgumentTypes:
    """The arguments of one field, compiled."""

    __slots__ = ("_arguments", "paged", "required")

    def __init__(self, arguments: Mapping[str, GraphQLArgument]) -> None:
        self._arguments = {name: _argument(each) for name, each in arguments.items()}
        self.paged = arguments.keys() >= FEED_NAMES
        self.required = any(each.required for each in self._arguments.values())

    def read(self, given: Mapping[str, Any], *, count: bool = False, ahead: bool = True) -> Given:
        """The arguments from JSON, absent ones left out. `count`: the total is asked for, `ahead`: whether there is more. BadArgument for the first
        that does not fit: INVALID_ARGUMENT, INVALID_IDENTIFIER, INVALID_PROVINCE, INVALID_FILTER, INVALID_PAGE,
        LIMIT_PAGE_SIZE."""
        values: dict[str, Any] = {}
        for name, each in self._arguments.items():
            value = given.get(name, each.default)
            if value is Undefined or (value is None and not each.required):
                continue
            coerced = each.coerce(value, name)
            values[name] = each.finish(coerced, name) if each.finish is not None else coerced
        if not self.paged:
            return Given(values)
        page = page_arguments(values, count=count, ahead=ahead)
        return Given({name: value for name, value in values.items() if name not in PAGE_NAMES}, page)


def _argument(argument: GraphQLArgument) -> _Argument:
    named = get_named_type(argument.type)
    declared: Any = argument.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    metadata: Mapping[str, Any] = declared.metadata if declared is not None else {}
    finish: Callable[[Any, str], Any] | None = metadata.get(FORM)
    if named.name in FILTERS:
        finish = _filter(named.name)
    elif named.name in ORDERS:
        finish = _order
    required = isinstance(argument.type, GraphQLNonNull)
    default = _default(argument)
    scalars = _as_written if metadata.get(AS_WRITTEN) else _scalar
    return _Argument(compile_type(argument.type, {}, scalars), finish, required, None if required and default is Undefined else default)


def _filter(type_name: str) -> Callable[[Any, str], Any]:
    return lambda given, _name: door_filter(type_name, given)


def _order(given: Any, _name: str) -> dict[str, str]:
    return door_order(given)


def _default(of: Any) -> Any:
    """The default of an argument or input field as a value; Undefined where there is none."""
    if of.default is not None and of.default.value is not Undefined:
        return of.default.value
    return of.default_value


def _scalar(name: str) -> Coerce:
    return _SCALARS.get(name) or _custom(name)


def _as_written(name: str) -> Coerce:
    """One that leaves a value which the scalar does not take as it was written, for the resolver to refuse the item that it is of, and no other."""
    strict = _scalar(name)
    if name not in READERS and name not in _TEXTS:
        return strict

    def coerce(value: Any, where: str) -> Any:
        try:
            return strict(value, where)
        except BadArgument:
            # A name without quotes is a fault of the document, not of an item.
            if isinstance(value, EnumName):
                raise
            return value

    return coerce


def compile_type(type_: GraphQLInputType, known: dict[str, Coerce], scalars: Scalars = _scalar) -> Coerce:
    """The function for an input type; `known` holds the input objects met so far, which may hold themselves."""
    if isinstance(type_, GraphQLNonNull):
        return _required(compile_type(type_.of_type, known, scalars))
    if isinstance(type_, GraphQLList):
        return _nullable(_list(compile_type(type_.of_type, known, scalars)))
    if isinstance(type_, GraphQLInputObjectType):
        return _nullable(_object(type_, known, scalars))
    if isinstance(type_, GraphQLEnumType):
        return _nullable(_enum(type_))
    return _nullable(scalars(type_.name))


def _required(inner: Coerce) -> Coerce:
    def coerce(value: Any, where: str) -> Any:
        if value is None or value is Undefined:
            raise BadArgument("INVALID_ARGUMENT", where, f"{where} is required, and not null")
        return inner(value, where)

    return coerce


def _nullable(inner: Coerce) -> Coerce:
    return lambda value, where: None if value is None else inner(value, where)


def _list(inner: Coerce) -> Coerce:
    def coerce(value: Any, where: str) -> list[Any]:
        # GraphQL spec, list input coercion: one value stands for a list of one.
        items = value if isinstance(value, list) else [value]
        return [inner(each, f"{where}[{n}]") for n, each in enumerate(items)]

    return coerce


def _enum(type_: GraphQLEnumType) -> Coerce:
    names = frozenset(type_.values)

    def coerce(value: Any, where: str) -> str:
        name = value.name if isinstance(value, Enum) else value
        if not isinstance(name, str) or name not in names:
            raise BadArgument("INVALID_ARGUMENT", where, f"{where} has to be a value of enum {type_.name}")
        return str(name)

    return coerce


def _object(type_: GraphQLInputObjectType, known: dict[str, Coerce], scalars: Scalars) -> Coerce:
    if type_.name in known:
        return known[type_.name]
    fields: dict[str, tuple[Coerce, Any]] = {}

    def coerce(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise BadArgument("INVALID_ARGUMENT", where, f"{where} has to be an object of type {type_.name}")
        unknown = next((name for name in value if name not in fields), None)
        if unknown is not None:
            raise BadArgument("INVALID_ARGUMENT", where, f"{where} has a field that type {type_.name} does not have")
        coerced: dict[str, Any] = {}
        for name, (inner, default) in fields.items():
            item = value.get(name, default)
            if item is not Undefined:
                coerced[name] = inner(item, f"{where}.{name}")
        return coerced

    known[type_.name] = coerce
    for name, each in type_.fields.items():
        missing = None if isinstance(each.type, GraphQLNonNull) else Undefined
        default = _default(each)
        fields[name] = (compile_type(each.type, known, scalars), missing if default is Undefined else default)
    return coerce


def _int(value: Any, where: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not -_INT_LIMIT <= value < _INT_LIMIT:
        raise BadArgument("INVALID_ARGUMENT", where, f"{where} has to be a whole number of 32 bits")
    return value


def _float(value: Any, where: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise BadArgument("INVALID_ARGUMENT", where, f"{where} has to be a number")
    return float(value)


def _string(value: Any, where: str) -> str:
    # PostgreSQL has no text with NUL.
    if not isinstance(value, str) or "\x00" in value:
        raise BadArgument("INVALID_ARGUMENT", where, f"{where} has to be a string without NUL")
    return value


def _boolean(value: Any, where: str) -> bool:
    if type(value) is not bool:
        raise BadArgument("INVALID_ARGUMENT", where, f"{where} has to be true or false")
    return value


def _id(value: Any, where: str) -> str:
    # JSON does not tell 1.0 from 1.
    whole = type(value) is int or (type(value) is float and value.is_integer())
    return _string(str(int(value)) if whole else value, where)


_SCALARS: Final[Mapping[str, Coerce]] = {"Int": _int, "Float": _float, "String": _string, "Boolean": _boolean, "ID": _id}
# Of these, too, a value of the right type may be malformed: it holds NUL.
_TEXTS: Final = frozenset({"String", "ID"})


def _custom(name: str) -> Coerce:
    read = READERS[name]

    def coerce(value: Any, where: str) -> Any:
        try:
            return read(value)
        except IdentifierError as wrong:
            raise BadArgument("INVALID_IDENTIFIER", where, f"{where}: {wrong}") from None
        except ValueError as wrong:
            raise BadArgument("INVALID_ARGUMENT", where, f"{where}: {wrong}") from None

    return coerce
