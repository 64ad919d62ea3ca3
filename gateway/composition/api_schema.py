"""This module is in charge of building schemas from merged types: the whole one, and the API schema without inaccessible elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from graphql import (
    ConstValueNode,
    DirectiveLocation,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    specified_directives,
    specified_scalar_types,
)
from graphql.type import GraphQLDefaultInput

from gateway.composition.merged import Annotations, Merged, MergedDirective, MergedField, MergedInput, MergedType, MergedValue
from gateway.composition.types import ListOf, Named, NonNull, TypeRef, named_type

_Part = TypeVar("_Part", MergedField, MergedInput, MergedValue, MergedType)
_Build = Callable[["_Builder", MergedType], GraphQLNamedType]


def build_schema(merged: Merged, *, inaccessible: bool) -> GraphQLSchema:
    """The schema of the merged types; with `inaccessible` false it is what clients may know."""
    return _Builder(merged, inaccessible=inaccessible).schema()


class _Builder:
    """Builds one schema; types refer to each other by name, so that they can be circular."""

    def __init__(self, merged: Merged, *, inaccessible: bool) -> None:
        self._inaccessible = inaccessible
        self._executable, self._said = merged.executable, merged.schema
        self._merged = self._visible(merged.types)
        self._types: dict[str, GraphQLNamedType] = dict(specified_scalar_types)
        self._types |= {name: _BUILD_OF[type_.kind](self, type_) for name, type_ in self._merged.items()}

    def schema(self) -> GraphQLSchema:
        """The schema, unvalidated."""
        return GraphQLSchema(
            description=_description(self._said),
            query=self._root("Query"),
            mutation=self._root("Mutation"),
            subscription=self._root("Subscription"),
            types=[self._types[name] for name in self._merged],
            directives=(*specified_directives, *(self._directive(each) for each in self._executable if self._is_known(each))),
        )

    def _root(self, name: str) -> GraphQLObjectType | None:
        found = self._types.get(name)
        return found if isinstance(found, GraphQLObjectType) else None

    def _visible(self, parts: Mapping[str, _Part]) -> dict[str, _Part]:
        return {name: part for name, part in parts.items() if self._inaccessible or not part.annotations.inaccessible}

    def _type(self, ref: TypeRef) -> GraphQLNamedType | GraphQLList[Any] | GraphQLNonNull[Any]:
        match ref:
            case Named():
                return self._types[ref.name]
            case ListOf():
                return GraphQLList(self._type(ref.of))
            case NonNull():
                return GraphQLNonNull(self._type(ref.of))

    def _named(self, names: Iterable[str]) -> list[GraphQLNamedType]:
        return [self._types[name] for name in names if name in self._types]

    def _fields(self, type_: MergedType) -> dict[str, GraphQLField]:
        return {name: self._field(field) for name, field in self._visible(type_.fields).items()}

    def _field(self, field: MergedField) -> GraphQLField:
        arguments = {name: self._argument(item) for name, item in self._visible(field.arguments).items()}
        return GraphQLField(
            self._type(field.type),  # type: ignore[arg-type]
            arguments,
            description=_description(field.annotations),
            deprecation_reason=field.annotations.deprecated,
        )

    def _argument(self, item: MergedInput) -> GraphQLArgument:
        return GraphQLArgument(
            self._type(item.type),  # type: ignore[arg-type]
            default=_default(item.default),
            description=_description(item.annotations),
            deprecation_reason=item.annotations.deprecated,
        )

    def _input_fields(self, type_: MergedType) -> dict[str, GraphQLInputField]:
        return {name: self._input_field(item) for name, item in self._visible(type_.inputs).items()}

    def _input_field(self, item: MergedInput) -> GraphQLInputField:
        return GraphQLInputField(
            self._type(item.type),  # type: ignore[arg-type]
            default=_default(item.default),
            description=_description(item.annotations),
            deprecation_reason=item.annotations.deprecated,
        )

    def object_type(self, type_: MergedType) -> GraphQLNamedType:
        """An object type."""
        return GraphQLObjectType(
            type_.name,
            lambda: self._fields(type_),
            interfaces=lambda: self._named(type_.all_interfaces),  # type: ignore[arg-type]
            description=_description(type_.annotations),
        )

    def interface_type(self, type_: MergedType) -> GraphQLNamedType:
        """An interface type."""
        return GraphQLInterfaceType(
            type_.name,
            lambda: self._fields(type_),
            interfaces=lambda: self._named(type_.all_interfaces),  # type: ignore[arg-type]
            description=_description(type_.annotations),
        )

    def union_type(self, type_: MergedType) -> GraphQLNamedType:
        """A union type."""
        return GraphQLUnionType(
            type_.name,
            lambda: self._named(type_.all_members),  # type: ignore[arg-type,return-value]
            description=_description(type_.annotations),
        )

    def enum_type(self, type_: MergedType) -> GraphQLNamedType:
        """An enum type; its values are their own names inside."""
        values = {
            name: GraphQLEnumValue(name, _description(value.annotations), value.annotations.deprecated) for name, value in self._visible(type_.values).items()
        }
        return GraphQLEnumType(type_.name, values, description=_description(type_.annotations))

    def scalar_type(self, type_: MergedType) -> GraphQLNamedType:
        """A custom scalar type."""
        return GraphQLScalarType(
            type_.name,
            description=_description(type_.annotations),
            specified_by_url=type_.annotations.specified_by,
        )

    def input_type(self, type_: MergedType) -> GraphQLNamedType:
        """An input object type."""
        return GraphQLInputObjectType(
            type_.name,
            lambda: self._input_fields(type_),
            description=_description(type_.annotations),
            is_one_of=type_.annotations.one_of,
        )

    def _is_known(self, directive: MergedDirective) -> bool:
        return all(named_type(argument.type) in self._types for argument in self._visible(directive.arguments).values())

    def _directive(self, directive: MergedDirective) -> GraphQLDirective:
        arguments = {name: self._argument(item) for name, item in self._visible(directive.arguments).items()}
        locations = [DirectiveLocation[location] for location in directive.locations]
        return GraphQLDirective(directive.name, locations, arguments, is_repeatable=directive.repeatable, description=_description(directive.annotations))


_BUILD_OF: Mapping[str, _Build] = {
    "OBJECT": _Builder.object_type,
    "INTERFACE": _Builder.interface_type,
    "UNION": _Builder.union_type,
    "ENUM": _Builder.enum_type,
    "SCALAR": _Builder.scalar_type,
    "INPUT_OBJECT": _Builder.input_type,
}


def _description(annotations: Annotations) -> str | None:
    return annotations.description


def _default(node: ConstValueNode | None) -> GraphQLDefaultInput | None:
    return None if node is None else GraphQLDefaultInput(literal=node)
