"""This module is in charge of what an operation costs, by its document and the values of its variables alone (IBM's cost directives, as Apollo reads them).

An object costs 1, a leaf nothing, a mutation 10 beside; `@cost(weight:)` says otherwise of a field, a type, an argument or an input
field. A list costs its items as often as `@listSize` says; where it says nothing and the field takes `first` or `last`, these
size the lists of the page; any other list has the length that the settings assume. The tree is compiled once for an operation: what does
not depend on variables is a number already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    get_named_type,
    is_composite_type,
    is_input_object_type,
    is_interface_type,
    is_list_type,
    is_non_null_type,
)

from gateway.errors import refused
from gateway.operation.cost_rules import CostRules, ListSize
from gateway.operation.limits import PAGE_ARGUMENTS
from gateway.operation.normalise import variables_in
from gateway.operation.selection import Condition, Field, ListLiteral, ObjectLiteral, Operation, Selection, Value, Variable

MUTATION: Final = 10.0
Values = Mapping[str, Any]
Amount = float | Callable[[Values], float]
Sized = Mapping[str, Amount]


class Cost:
    """What one operation costs, given its variables."""

    __slots__ = ("_amount",)

    def __init__(self, amount: Amount) -> None:
        self._amount = amount

    def of(self, values: Values) -> float:
        """The cost with coerced variables. Refuses (COST_SLICING_ARGUMENT) where a field needs one slicing argument and has another number."""
        found = self._amount
        return max(0.0, found if isinstance(found, float) else found(values))


FREE: Final = Cost(0.0)


class CostModel:
    """Costs by the rules of one supergraph; `assumed` is the length of a list that nothing is known of."""

    def __init__(self, schema: GraphQLSchema, rules: CostRules, assumed: int) -> None:
        self._schema = schema
        self._rules = rules
        self._assumed = float(assumed)

    def of(self, operation: Operation) -> Cost:
        """The cost of a normalised operation, compiled."""
        start = MUTATION if operation.kind == "mutation" else 0.0
        return Cost(_sum([start, self._selections(operation.selections, {})]))

    def _selections(self, items: Iterable[Selection], sized: Sized) -> Amount:
        parts: list[Amount] = []
        for item in items:
            if not isinstance(item, Field):
                parts.append(_if(item.conditions, self._selections(item.selections, sized)))
            elif item.name.startswith("__"):
                # Introspection is answered by the gateway and has bounds of its own.
                parts.append(0.0 if item.name == "__typename" else 1.0)
            else:
                parts.append(_if(item.conditions, self._field(item, sized)))
        return _sum(parts)

    def _field(self, field: Field, sized: Sized) -> Amount:
        definition = self._definition(field)
        listing = self._listing(field, definition)
        size = self._size(field, definition, listing) if listing is not None else None
        below: Sized = dict.fromkeys(listing.sized, size) if listing is not None and size is not None else {}
        one = _sum([self._weight(field, definition), self._selections(field.selections, below)])
        return _sum([_times(self._count(field, sized, size), one), *self._arguments(field, definition)])

    def _definition(self, field: Field) -> GraphQLField:
        parent = self._schema.type_map[field.parent_type]
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        found: GraphQLField = parent.fields[field.name]
        return found

    def _count(self, field: Field, sized: Sized, size: Amount | None) -> Amount:
        levels = field.type.count("[")
        if not levels:
            return 1.0
        outermost = sized.get(field.name, size if size is not None else self._assumed)
        return _times(outermost, self._assumed ** (levels - 1))

    def _weight(self, field: Field, definition: GraphQLField) -> float:
        declared = [self._rules.weights[each] for each in self._coordinates(field) if each in self._rules.weights]
        type_ = get_named_type(definition.type)
        return max(declared) if declared else self._rules.weights.get(type_.name, 1.0 if is_composite_type(type_) else 0.0)

    def _coordinates(self, field: Field) -> Iterator[str]:
        """The field's coordinate, and where that is an interface's and says nothing, those of its implementers: one of them will answer."""
        own = f"{field.parent_type}.{field.name}"
        yield own
        parent = self._schema.type_map[field.parent_type]
        if own not in self._rules.weights and is_interface_type(parent):
            yield from (f"{each.name}.{field.name}" for each in self._schema.get_implementations(parent).objects)

    def _listing(self, field: Field, definition: GraphQLField) -> ListSize | None:
        declared = self._rules.lists.get(f"{field.parent_type}.{field.name}")
        if declared is not None:
            return declared
        pages = tuple((name,) for name in definition.args if name in PAGE_ARGUMENTS)
        if not pages:
            return None
        page = get_named_type(definition.type)
        lists = () if is_list(definition.type) or not isinstance(page, GraphQLObjectType) else (n for n, f in page.fields.items() if is_list(f.type))
        return ListSize(self._assumed, pages, frozenset(lists), one_needed=False)

    def _size(self, field: Field, definition: GraphQLField, listing: ListSize) -> Amount | None:
        slices = [_slicing(field, definition, path) for path in listing.slicing]
        coordinate = f"{field.parent_type}.{field.name}"

        def size(values: Values) -> float | None:
            given = [number for number in (each(values) for each in slices) if number is not None]
            if listing.one_needed and slices and len(given) != 1:
                names = ", ".join(".".join(path) for path in listing.slicing)
                raise refused("COST_SLICING_ARGUMENT", f"Field {coordinate} needs exactly one of its arguments {names}; {len(given)} are given.")
            return max(given, default=listing.assumed)

        if not _variable_in(field, listing):
            return size({})
        return lambda values: self._assumed if (found := size(values)) is None else found

    def _arguments(self, field: Field, definition: GraphQLField) -> Iterator[Amount]:
        for name, value in field.arguments:
            argument = definition.args[name]
            declared = self._rules.weights.get(f"{field.parent_type}.{field.name}({name}:)")
            yield self._given(get_named_type(argument.type), declared, value)

    def _given(self, type_: Any, declared: float | None, value: Value) -> Amount:
        """What a value written in the document costs; a variable in it is looked up when it is known."""
        if not self._rules.prices_inputs and not is_input_object_type(type_):
            return 0.0
        match value:
            case Variable():
                name = value.name
                return lambda values: self._json(type_, declared, values.get(name))
            case ListLiteral():
                return _sum([self._given(type_, declared, item) for item in value.items])
            case ObjectLiteral() if isinstance(type_, GraphQLInputObjectType):
                return _sum([self._input(type_.name, declared, is_object=True), *self._literal_fields(type_, value)])
            case None:
                return 0.0
            case _:
                return self._input(type_.name, declared, is_object=False)

    def _literal_fields(self, type_: GraphQLInputObjectType, value: ObjectLiteral) -> Iterator[Amount]:
        for name, item in value.fields:
            yield self._given(get_named_type(type_.fields[name].type), self._rules.weights.get(f"{type_.name}.{name}"), item)

    def _json(self, type_: Any, declared: float | None, value: Any) -> float:
        if value is None:
            return 0.0
        if isinstance(value, list):
            return sum(self._json(type_, declared, item) for item in value)
        if not isinstance(type_, GraphQLInputObjectType) or not isinstance(value, dict):
            return self._input(type_.name, declared, is_object=False)
        fields = ((get_named_type(type_.fields[name].type), f"{type_.name}.{name}", item) for name, item in value.items() if name in type_.fields)
        inner = sum(self._json(below, self._rules.weights.get(coordinate), item) for below, coordinate, item in fields)
        return self._input(type_.name, declared, is_object=True) + inner

    def _input(self, name: str, declared: float | None, *, is_object: bool) -> float:
        return declared if declared is not None else self._rules.weights.get(name, 1.0 if is_object else 0.0)


@dataclass(frozen=True, slots=True)
class _Slice:
    """Reads one slicing argument: the literal or variable it is given, or its default in the schema."""

    value: Value
    rest: tuple[str, ...]
    default: float | None

    def __call__(self, values: Values) -> float | None:
        found = _inside(self.value, self.rest, values)
        return float(max(found, 0)) if type(found) is int else self.default


def _slicing(field: Field, definition: GraphQLField, path: tuple[str, ...]) -> Callable[[Values], float | None]:
    name, *rest = path
    argument = definition.args.get(name)
    literal = argument.default.literal if argument is not None and argument.default is not None and not rest else None
    default = float(literal.value) if isinstance(literal, IntValueNode) else None
    return _Slice(dict(field.arguments).get(name), tuple(rest), default)


def _inside(value: Any, path: tuple[str, ...], values: Values) -> Any:
    if isinstance(value, Variable):
        value = values.get(value.name)
    if not path:
        return value
    name, rest = path[0], path[1:]
    if isinstance(value, ObjectLiteral):
        return _inside(dict(value.fields).get(name), rest, values)
    return _inside(value.get(name), rest, values) if isinstance(value, dict) else None


def _variable_in(field: Field, listing: ListSize) -> bool:
    slicing = {path[0] for path in listing.slicing}
    return any(name in slicing and next(variables_in(value), None) is not None for name, value in field.arguments)


def is_list(type_: Any) -> bool:
    """Whether the type is a list, non-null or not."""
    return is_list_type(type_.of_type if is_non_null_type(type_) else type_)


def _sum(parts: Iterable[Amount]) -> Amount:
    fixed = 0.0
    varying: list[Callable[[Values], float]] = []
    for part in parts:
        if isinstance(part, float):
            fixed += part
        else:
            varying.append(part)
    if not varying:
        return fixed
    return lambda values: fixed + sum(each(values) for each in varying)


def _times(count: Amount, one: Amount) -> Amount:
    if isinstance(count, float):
        if isinstance(one, float):
            return count * one
        return one if count == 1.0 else lambda values: count * one(values)
    if isinstance(one, float):
        return lambda values: count(values) * one
    return lambda values: count(values) * one(values)


def _if(conditions: tuple[Condition, ...], amount: Amount) -> Amount:
    if not conditions or amount == 0.0:
        return amount

    def decided(values: Values) -> float:
        if not all(bool(values.get(each.variable)) != each.negated for each in conditions):
            return 0.0
        return amount if isinstance(amount, float) else amount(values)

    return decided
