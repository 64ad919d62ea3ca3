"""This module is in charge of a subgraph as a value: its GraphQL schema, its SDL, and the binding of every field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

from schema import battery, cases, enterprise, feed, notices, statistics, vehicle
from schema.arguments import ArgumentTypes
from schema.bindings import Binding, Entity
from schema.fields import BINDING
from schema.scalars import config

FEDERATION_VERSION: Final = "2.9"
_MACHINERY: Final = frozenset({"_entities", "_service"})


@dataclass(frozen=True, slots=True)
class GraphField:
    """One field: how it is answered (None: by the connection it is part of), its arguments, and its type's name."""

    name: str
    binding: Binding | None
    arguments: ArgumentTypes
    type_name: str
    composite: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """One subgraph. `fields` is keyed by type name, then by field name."""

    name: str
    schema: GraphQLSchema
    sdl: str
    fields: Mapping[str, Mapping[str, GraphField]]
    entities: Mapping[str, Entity]

    def field(self, type_name: str, field_name: str) -> GraphField:
        """The field; KeyError is a defect of the caller, as operations are validated before."""
        return self.fields[type_name][field_name]


def make_graph(
    name: str, query: type, entities: Mapping[str, Entity], types: Iterable[type] = (), mutation: type | None = None, subscription: type | None = None
) -> Graph:
    """The subgraph of these Strawberry types."""
    made = strawberry.federation.Schema(query, mutation, subscription, types=list(types), config=config(), federation_version=FEDERATION_VERSION)
    schema: GraphQLSchema = made._schema
    fields = {
        type_.name: {each: _field(each, field) for each, field in type_.fields.items() if each not in _MACHINERY}
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("_")
    }
    return Graph(name, schema, made.as_str() + "\n", fields, entities)


def _field(name: str, field: GraphQLField) -> GraphField:
    declared: Any = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    binding = declared.metadata.get(BINDING) if declared is not None else None
    named = get_named_type(field.type)
    return GraphField(name, binding, ArgumentTypes(field.args), named.name, isinstance(named, GraphQLObjectType))


def load_graphs() -> dict[str, Graph]:
    """The three subgraphs of this repository, by name."""
    return {
        "battery": make_graph(
            "battery", notices.Query, battery.ENTITIES, (battery.Enterprise, battery.Vehicle, battery.Region), cases.Mutation, feed.Subscription
        ),
        "vehicle": make_graph("vehicle", vehicle.Query, vehicle.ENTITIES, (vehicle.Battery, vehicle.Enterprise)),
        "enterprise": make_graph("enterprise", statistics.Query, enterprise.ENTITIES, (enterprise.Battery, enterprise.Region)),
    }
