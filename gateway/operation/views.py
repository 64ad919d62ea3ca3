"""This module is in charge of views: the part of the supergraph that a caller may know of, shared by all callers to whom it is the same.

A view starts from its *closed* coordinates: those whose requirement the token does not meet, and what follows from them
by the laws in `closed_coordinates`. Authorisation filters operations by that set. The view's *schema* (introspection, SDL,
suggestions, and validation for clients in mode hide) has in addition lost what cannot be used any more: `gateway/operation/pruning.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_ast_schema,
    get_named_type,
    parse,
    print_ast,
    print_schema,
)

from auth.entitlements import open_categories
from auth.principal import Principal
from gateway.composition.supergraph import Requirement, Supergraph
from gateway.lru import Lru
from gateway.operation.pruning import prune, without_enum_values

MAX_VIEWS: Final = 64
# (scopes, purpose) of tokens that were seen; several of them may be one view.
_MAX_GRANTS: Final = 4096


@dataclass(frozen=True, slots=True)
class ViewKey:
    """What a view depends on: scopes that the supergraph asks about anywhere, and categories open to the token (its purpose is in them)."""

    scopes: frozenset[str]
    categories: frozenset[str]


def is_met(requirement: Requirement, key: ViewKey) -> bool:
    """True when a caller with a token may know of the coordinate; no alternative of scopes at all means nobody may.

    Nobody decides on a `@policy` here, so what asks for one is open to nobody.
    """
    scopes = requirement.scopes
    return requirement.policies is None and requirement.categories <= key.categories and (scopes is None or any(clause <= key.scopes for clause in scopes))


class View:
    """One view. Equal to itself alone, so that it can stand in a cache key at no cost."""

    def __init__(self, key: ViewKey, closed: frozenset[str], api_schema: GraphQLSchema, api_document: DocumentNode) -> None:
        self.key = key
        self.closed = closed
        self._api_schema = api_schema
        self._api_document = api_document

    @cached_property
    def schema(self) -> GraphQLSchema:
        """What the caller may know of; the API schema itself where nothing is closed."""
        if not self.closed:
            return self._api_schema
        # Pruning keeps the laws of the type system; a view of nothing has an empty Query, which those laws do not know.
        return build_ast_schema(self._document, assume_valid=True)

    @cached_property
    def answer_schema(self) -> GraphQLSchema:
        """The API schema without closed enum values: a value of a field must not say what the schema may not."""
        enums = (type_ for type_ in self._api_schema.type_map.values() if isinstance(type_, GraphQLEnumType))
        if not any(f"{type_.name}.{name}" in self.closed for type_ in enums for name in type_.values):
            return self._api_schema
        return build_ast_schema(without_enum_values(self._api_document, self.closed), assume_valid=True)

    @cached_property
    def sdl(self) -> str:
        """The view's schema as SDL."""
        return print_ast(self._document) + "\n"

    @cached_property
    def _document(self) -> DocumentNode:
        return prune(self._api_document, self.closed) if self.closed else self._api_document


class Views:
    """The views of one supergraph, made on first use and kept while they are used."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._document = parse(print_schema(supergraph.api_schema), no_location=True)
        self._scopes = frozenset(scope for each in supergraph.requirements.values() for clause in each.scopes or () for scope in clause)
        self._by_grant: Lru[tuple[frozenset[str], str], View] = Lru(_MAX_GRANTS)
        self._by_key: Lru[ViewKey, View] = Lru(MAX_VIEWS)

    def of(self, principal: Principal) -> View:
        """The principal's view; by the token's scopes and purpose alone, never by its party."""
        grant = (principal.scopes, principal.purpose)
        view = self._by_grant.get(grant)
        if view is None:
            view = self.of_key(ViewKey(principal.scopes & self._scopes, open_categories(principal)))
            self._by_grant.put(grant, view)
        return view

    def of_key(self, key: ViewKey) -> View:
        """The view of that key."""
        view = self._by_key.get(key)
        if view is None:
            api_schema = self._supergraph.api_schema
            closed = closed_coordinates(api_schema, self._supergraph.requirements, key)
            view = View(key, closed, api_schema, self._document)
            self._by_key.put(key, view)
        return view


def closed_coordinates(schema: GraphQLSchema, requirements: Mapping[str, Requirement], key: ViewKey) -> frozenset[str]:
    """Every coordinate of `schema` that is closed to the key.

    Laws: a closed type closes its own members and every field, argument and input field of that type. An interface, a
    field of it or an argument is closed when it is closed for any implementing type: through the interface nobody can
    tell which type will answer (GHSA-x33c-7c2v-mrj9).
    """
    closed = {coordinate for coordinate, requirement in requirements.items() if not is_met(requirement, key)}
    interfaces = [type_ for type_ in schema.type_map.values() if isinstance(type_, GraphQLInterfaceType)]
    closed.update(each.name for each in interfaces if any(t.name in closed for t in schema.get_implementations(each).objects))
    for type_ in schema.type_map.values():
        closed.update(_closed_members(type_, closed))
    for interface in interfaces:
        closed.update(_closed_by_implementers(schema, interface, closed))
    return frozenset(closed)


def _closed_members(type_: GraphQLNamedType, closed: set[str]) -> list[str]:
    shut = type_.name in closed
    match type_:
        case GraphQLObjectType() | GraphQLInterfaceType():
            fields = [f"{type_.name}.{name}" for name, field in type_.fields.items() if shut or get_named_type(field.type).name in closed]
            return fields + [coordinate for coordinate, argument in _arguments(type_) if get_named_type(argument.type).name in closed]
        case GraphQLInputObjectType():
            return [f"{type_.name}.{name}" for name, item in type_.fields.items() if shut or get_named_type(item.type).name in closed]
        case GraphQLEnumType():
            return [f"{type_.name}.{name}" for name in type_.values] if shut else []
        case _:
            return []


def _arguments(type_: GraphQLObjectType | GraphQLInterfaceType) -> Iterator[tuple[str, GraphQLArgument]]:
    for name, field in type_.fields.items():
        for argument_name, argument in field.args.items():
            yield f"{type_.name}.{name}({argument_name}:)", argument


def _closed_by_implementers(schema: GraphQLSchema, interface: GraphQLInterfaceType, closed: set[str]) -> list[str]:
    members = [f".{name}" for name in interface.fields]
    members += [coordinate.removeprefix(interface.name) for coordinate, _ in _arguments(interface)]
    # All objects that implement it, through other interfaces too: a type has to name every interface it implements.
    implementers = schema.get_implementations(interface).objects
    return [interface.name + member for member in members if any(each.name + member in closed for each in implementers)]
