"""This module is in charge of the values of variables: JSON in, JSON that fits the declared types out (GraphQL spec, CoerceVariableValues).

Types are compiled once to functions. Values are judged by the schema a client is validated against; where that schema
holds coordinates closed to it, `closed` names them and using one refuses the operation. Defaults of input fields are
left to the subgraphs, which apply them to literals and variables alike. No message quotes a value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    is_input_type,
    is_required_input_field,
    parse_type,
    type_from_ast,
)

from gateway.errors import ClientError, InternalError, Refused
from gateway.operation.document import json_kind
from gateway.operation.limits import check_page, too_long
from gateway.operation.placing import WrongVariable
from gateway.operation.selection import EnumLiteral, ListLiteral, ObjectLiteral, Value, Variable, VariableDefinition
from gateway.settings import Limits
from schema.enum_names import EnumName
from schema.sizes import LONG_LISTS

# Levels of lists and objects in one value; every stage after this one may recurse over it.
MAX_VALUE_DEPTH: Final = 50
_MAX_NAME: Final = 60
_MOST_TOLD: Final = 20
"""Fields and items of one variable of which it is told at once that they do not fit."""
_INT_MAX: Final = 2**31

Coerce = Callable[[Any, int], Any]
"""(JSON value, levels above it) -> coerced value; raises _Misfit."""


class _Misfit(Exception):
    """A value that does not fit; the path grows from the inside out while it rises. `others` are further fields and items, each with its own path."""

    def __init__(self, rule: str, code: str = "VARIABLE_INVALID") -> None:
        super().__init__(rule)
        self.rule = rule
        self.code = code
        self.path: list[str | int] = []
        self.others: list[_Misfit] = []

    def under(self, step: str | int) -> _Misfit:
        for each in (self, *self.others):
            each.path.insert(0, step)
        return self

    def beside(self, other: _Misfit | None) -> _Misfit:
        """It, of a list or an object in which another part did not fit before it."""
        if other is None:
            return self
        other.others = [*other.others, self, *self.others][: _MOST_TOLD - 1]
        return other

    @property
    def is_enough(self) -> bool:
        """Whether no more is told."""
        return len(self.others) + 1 >= _MOST_TOLD


class _TooDeep(_Misfit):
    """A value that is nested too deeply: a path as long as that helps nobody, so the whole value is named."""

    @property
    def is_enough(self) -> bool:
        return True

    def under(self, step: str | int) -> _Misfit:
        return self


class InputTypes:
    """The input types of one schema, compiled on first use."""

    def __init__(self, schema: GraphQLSchema, closed: frozenset[str], limits: Limits) -> None:
        self._schema = schema
        self._closed = closed
        self._limits = limits
        self._named: dict[str, Coerce] = {}

    @cached_property
    def unjudged(self) -> InputTypes:
        """The same types with nothing closed: for values that are never used."""
        return InputTypes(self._schema, frozenset(), self._limits) if self._closed else self

    def coercer(self, type_text: str) -> Coerce:
        """The function for a printed type ("[ID!]!")."""
        type_ = type_from_ast(self._schema, parse_type(type_text))
        if type_ is None or not is_input_type(type_):
            raise InternalError(f"variable of type {type_text}, which validation should have refused")
        return self._compile(type_)

    def _compile(self, type_: GraphQLInputType, place: str = "") -> Coerce:
        """`place` is the input field that it is the type of."""
        match type_:
            case GraphQLNonNull():
                return _required(self._compile(type_.of_type, place), str(type_))
            case GraphQLList():
                return _nullable(_list(self._compile(type_.of_type), self._limits, get_named_type(type_).name, LONG_LISTS.get(place, 0)))
            case _:
                return _nullable(self._by_name(type_))

    def _by_name(self, type_: GraphQLScalarType | GraphQLEnumType | GraphQLInputObjectType) -> Coerce:
        known = self._named.get(type_.name)
        if known is not None:
            return known
        match type_:
            case GraphQLScalarType():
                made = _SCALARS.get(type_.name) or _custom(type_.name)
            case GraphQLEnumType():
                made = _enum(type_, self._closed)
            case GraphQLInputObjectType():
                fields: dict[str, _InputField] = {}
                made = _object(type_, fields, self._closed)
                # An input type may hold itself: it is known before its fields are.
                self._named[type_.name] = made
                fields.update(
                    {name: _InputField(self._compile(item.type, f"{type_.name}.{name}"), is_required_input_field(item)) for name, item in type_.fields.items()}
                )
        self._named[type_.name] = made
        return made


@dataclass(frozen=True, slots=True)
class _InputField:
    coerce: Coerce
    required: bool


def _nullable(inner: Coerce) -> Coerce:
    return lambda value, depth: None if value is None else inner(value, depth)


def _required(inner: Coerce, printed: str) -> Coerce:
    def coerce(value: Any, depth: int) -> Any:
        if value is None:
            raise _Misfit(f"has to be of type {printed}, not null")
        return inner(value, depth)

    return coerce


def _list(inner: Coerce, limits: Limits, of: str, own: int) -> Coerce:
    def coerce(value: Any, depth: int) -> list[Any]:
        if type(value) is not list:
            # GraphQL spec, list input coercion: one value stands for a list of one.
            return [inner(value, _deeper(depth))]
        broken = too_long(len(value), limits, of, own)
        if broken:
            raise _Misfit(broken, "LIMIT_LIST_SIZE")
        below, coerced, wrong = _deeper(depth), [], None
        for index, item in enumerate(value):
            try:
                coerced.append(inner(item, below))
            except _Misfit as misfit:
                # A list is refused whole, as the spec has it; which of its items are wrong is told of all of them at once.
                wrong = misfit.under(index).beside(wrong)
                if wrong.is_enough:
                    break
        if wrong is not None:
            raise wrong
        return coerced

    return coerce


def _deeper(depth: int) -> int:
    if depth >= MAX_VALUE_DEPTH:
        raise _TooDeep(f"is nested more than {MAX_VALUE_DEPTH} levels deep")
    return depth + 1


def _enum(type_: GraphQLEnumType, closed: frozenset[str]) -> Coerce:
    names = frozenset(type_.values)
    shut = frozenset(name for name in names if f"{type_.name}.{name}" in closed)

    def coerce(value: Any, _depth: int) -> str:
        if not isinstance(value, str) or value not in names:
            raise _Misfit(f"has to be a value of enum {type_.name}" + ("" if isinstance(value, str) else f", not {json_kind(value)}"))
        if value in shut:
            raise _Misfit(f"names a value of enum {type_.name} that is outside your view", "UNAUTHORIZED_INPUT")
        return str(value)

    return coerce


def _object(type_: GraphQLInputObjectType, fields: Mapping[str, _InputField], closed: frozenset[str]) -> Coerce:
    shut = frozenset(name for name in type_.fields if f"{type_.name}.{name}" in closed)

    def coerce(value: Any, depth: int) -> dict[str, Any]:
        if type(value) is not dict:
            raise _Misfit(f"has to be an object of type {type_.name}, not {json_kind(value)}")
        below, coerced, wrong = _deeper(depth), {}, None
        for name, item in value.items():
            try:
                coerced[name] = _field(type_.name, name, item, fields, shut, below)
            except _Misfit as misfit:
                wrong = misfit.beside(wrong)
                if wrong.is_enough:
                    raise wrong from None
        for name, field in fields.items():
            if field.required and name not in value:
                wrong = _Misfit(f"needs field {name} of type {type_.name}").beside(wrong)
        if wrong is not None:
            raise wrong
        if type_.is_one_of and (len(coerced) != 1 or None in coerced.values()):
            raise _Misfit(f"has to give exactly one field of type {type_.name}, and not null")
        return coerced

    return coerce


def _field(type_name: str, name: str, item: Any, fields: Mapping[str, _InputField], shut: frozenset[str], depth: int) -> Any:
    if name in shut:
        raise _Misfit(f"names a field of type {type_name} that is outside your view", "UNAUTHORIZED_INPUT")
    if name not in fields:
        raise _Misfit(f"has a field {name[:_MAX_NAME]!r}, which type {type_name} does not have")
    try:
        return fields[name].coerce(item, depth)
    except _Misfit as misfit:
        raise misfit.under(name) from None


def _int(value: Any, _depth: int) -> int:
    # JSON does not tell 1.0 from 1.
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or not -_INT_MAX <= value < _INT_MAX:
        raise _Misfit(f"has to be a whole number of 32 bits, not {_another(value)}")
    return value


def _float(value: Any, _depth: int) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise _Misfit(f"has to be a number, not {json_kind(value)}")
    return float(value)


def _string(value: Any, _depth: int) -> str:
    if type(value) is not str:
        raise _Misfit(f"has to be a string, not {json_kind(value)}")
    return value


def _boolean(value: Any, _depth: int) -> bool:
    if type(value) is not bool:
        raise _Misfit(f"has to be a boolean, not {json_kind(value)}")
    return value


def _id(value: Any, _depth: int) -> str:
    # JSON does not tell 1.0 from 1.
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) not in (str, int):
        raise _Misfit(f"has to be a string or a whole number (ID), not {json_kind(value)}")
    return str(value)


def _custom(name: str) -> Coerce:
    """A custom scalar: its subgraph knows its form; here its nesting is bounded, and no name without quotes is taken, as only a default can hold one.

    The values of variables are JSON wherever they come from: it has no such names, and as a text one would be another value than was written."""

    def coerce(value: Any, depth: int) -> Any:
        waiting = [(value, depth)]
        while waiting:
            item, level = waiting.pop()
            if type(item) in (dict, list):
                below = _deeper(level)
                waiting.extend((each, below) for each in (item.values() if type(item) is dict else item))
            elif type(item) is EnumName:
                raise _Misfit(
                    f"has a default with a name without quotes, which is no JSON and so no value of scalar {name}; write it as a string, or as an argument"
                )
        return value

    return coerce


def _another(value: Any) -> str:
    return "a number out of range" if type(value) is int else json_kind(value)


_SCALARS: Final[Mapping[str, Coerce]] = {"Int": _int, "Float": _float, "String": _string, "Boolean": _boolean, "ID": _id}


@dataclass(frozen=True, slots=True)
class _Declared:
    """One variable: how to coerce it, and the value it has where the client gives none, if any."""

    name: str
    coerce: Coerce
    required: bool
    default: tuple[Any] | tuple[()]


class Variables:
    """The variables that one operation declares, compiled. `pages` are those used as `first` or `last`, `idle` those that only
    closed fields use: they have to fit their types, and may name what is closed. `conditions` are those of `@skip` and `@include`: one that may be
    null, as it has a default, must not be null when it is given (GraphQL spec, section 5.8.5)."""

    def __init__(
        self,
        definitions: tuple[VariableDefinition, ...],
        pages: Mapping[str, str],
        types: InputTypes,
        limits: Limits,
        idle: frozenset[str] = frozenset(),
        conditions: frozenset[str] = frozenset(),
    ) -> None:
        self._declared = tuple(_declared(each, types.unjudged if each.name in idle else types, each.name in conditions) for each in definitions)
        self._pages = pages
        self._limits = limits

    def coerce(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Values by name, JSON throughout, enum values as their names. Variables that are not declared are ignored (by the spec);
        a variable that is neither given nor has a default is left out. Refuses with VARIABLE_INVALID, UNAUTHORIZED_INPUT or a limit."""
        values: dict[str, Any] = {}
        for each in self._declared:
            if each.name in given:
                values[each.name] = _checked(each, given[each.name])
            elif each.default:
                values[each.name] = each.default[0]
            elif each.required:
                missing = ClientError("VARIABLE_INVALID", f"Variable ${each.name[:_MAX_NAME]} is required and not given.")
                raise WrongVariable(missing, variable=each.name)
        for name, argument in self._pages.items():
            if type(values.get(name)) is int:
                try:
                    check_page(argument, values[name], self._limits, f"Variable ${name[:_MAX_NAME]}: ")
                except Refused as large:
                    raise WrongVariable(*large.errors, variable=name, argument=argument) from None
        return values


def _declared(definition: VariableDefinition, types: InputTypes, is_condition: bool) -> _Declared:
    coerce = types.coercer(definition.type + "!" if is_condition and not definition.type.endswith("!") else definition.type)
    required = definition.type.endswith("!") and not definition.has_default
    if not definition.has_default:
        return _Declared(definition.name, coerce, required, ())
    probe = _Declared(definition.name, coerce, required, ())
    return _Declared(definition.name, coerce, required, (_checked(probe, plain(definition.default)),))


def _checked(declared: _Declared, value: Any) -> Any:
    try:
        return declared.coerce(value, 0)
    except _Misfit as misfit:
        raise _refusal(declared.name, misfit) from None


def _refusal(name: str, misfit: _Misfit) -> WrongVariable:
    told = (ClientError(each.code, f"Variable ${name[:_MAX_NAME]}{_steps(each)} {each.rule}.") for each in (misfit, *misfit.others))
    return WrongVariable(*told, variable=name)


def _steps(misfit: _Misfit) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in misfit.path)


def plain(value: Value) -> Any:
    """A constant literal as JSON, enum values as their names."""
    match value:
        case EnumLiteral():
            return EnumName(value.name)
        case ListLiteral():
            return [plain(item) for item in value.items]
        case ObjectLiteral():
            return {name: plain(item) for name, item in value.fields}
        case Variable():
            raise InternalError("a variable inside a constant")
        case _:
            return value
