"""This module is in charge of reading supergraph SDL that was composed elsewhere (join spec v0.1 to v0.5) into the supergraph value."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    NameNode,
    ObjectTypeDefinitionNode,
    OperationType,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
)

from gateway.composition.annotation_values import read_clauses
from gateway.composition.annotations import category_names
from gateway.composition.definitions import CATEGORY, FEDERATION
from gateway.composition.errors import CompositionProblem
from gateway.composition.links import Element, Links, argument_values, read_links
from gateway.composition.requirements import all_of
from gateway.composition.subgraph import Applied
from gateway.composition.supergraph import Requirement, SubgraphSource, Supergraph, TypeInfo
from gateway.composition.supergraph_joins import JOIN, Joins, SupergraphRefused, TypeJoins, applied, graphs_of
from gateway.composition.supergraph_schema import INACCESSIBLE, schema_of
from gateway.composition.supergraph_v01 import spread

MAX_CHARS: Final = 50_000_000
_VERSIONS: Final = frozenset({(0, 1), (0, 2), (0, 3), (0, 4), (0, 5)})
_APOLLO: Final = "https://specs.apollo.dev/"
_KNOWN: Final = frozenset(
    _APOLLO + each for each in ("link", "core", "join", "federation", "inaccessible", "tag", "authenticated", "requiresScopes", "policy", "cost", "context")
)
_KINDS: Final[Mapping[type, str]] = {
    ObjectTypeDefinitionNode: "OBJECT",
    InterfaceTypeDefinitionNode: "INTERFACE",
    UnionTypeDefinitionNode: "UNION",
    EnumTypeDefinitionNode: "ENUM",
    ScalarTypeDefinitionNode: "SCALAR",
    InputObjectTypeDefinitionNode: "INPUT_OBJECT",
}
_CORE: Final = re.compile(r"@core\b")


def read_supergraph(sdl: str) -> Supergraph:
    """The supergraph that the SDL stands for.

    Raises SupergraphRefused (SUPERGRAPH_INVALID) where it is no supergraph, or asks for a feature of execution or
    security that is not known: to leave such a one out would answer otherwise than its composer meant, or open what it closed.
    """
    if len(sdl) > MAX_CHARS:
        raise SupergraphRefused(f"the SDL has more than {MAX_CHARS} characters")
    try:
        document = _with_links(parse(sdl, no_location=True))
        links = read_links("supergraph", document)
    except GraphQLError as wrong:
        raise SupergraphRefused(f"the SDL does not parse: {wrong.message}") from wrong
    except RecursionError as wrong:
        raise SupergraphRefused("the SDL is nested too deeply") from wrong
    except CompositionProblem as wrong:
        raise SupergraphRefused(wrong.errors[0].message) from wrong
    _check_features(document, links)
    return _Reader(document, links).supergraph(sdl)


def _with_links(document: DocumentNode) -> DocumentNode:
    """`@core(feature:)` of the first supergraphs as the `@link(url:)` that it became."""

    def renamed(use: Any) -> Any:
        if use.name.value != "core":
            return use
        arguments = tuple(_named(each, "url" if each.name.value == "feature" else each.name.value) for each in use.arguments or ())
        return type(use)(name=NameNode(value="link"), arguments=arguments)

    def converted(node: Any) -> Any:
        if not isinstance(node, SchemaDefinitionNode) or not any(each.name.value == "core" for each in node.directives or ()):
            return node
        return SchemaDefinitionNode(description=node.description, directives=tuple(map(renamed, node.directives or ())), operation_types=node.operation_types)

    return DocumentNode(definitions=tuple(map(converted, document.definitions)))


def _named(node: Any, name: str) -> Any:
    return type(node)(name=NameNode(value=name), value=node.value)


def _check_features(document: DocumentNode, links: Links) -> None:
    join = links.feature(JOIN)
    if join is None:
        raise SupergraphRefused("it links no join specification: this is the SDL of a subgraph, or no supergraph")
    if (join.major, join.minor) not in _VERSIONS:
        raise SupergraphRefused(f"join v{join.major}.{join.minor} is not known; v0.1 to v0.5 are")
    for feature in links.features:
        purpose = argument_values(feature.node).get("for")
        if purpose is not None and feature.identity not in _KNOWN | {CATEGORY}:
            raise SupergraphRefused(f"it needs the feature {feature.identity} for {getattr(purpose, 'value', '')}, which is not known")


class _Reader:
    def __init__(self, document: DocumentNode, links: Links) -> None:
        self._links = links
        join = links.feature(JOIN)
        assert join is not None
        self._first = join.minor == 1
        types = [each for each in document.definitions if isinstance(each, TypeDefinitionNode)]
        graph_enum = next((each for each in types if isinstance(each, EnumTypeDefinitionNode) and each.name.value == f"{join.prefix}__Graph"), None)
        if graph_enum is None or not graph_enum.values:
            raise SupergraphRefused(f"it has no enum {join.prefix}__Graph that lists the subgraphs")
        self._graphs = graphs_of(graph_enum, links)
        self._joins = Joins(links, {value: name for value, (name, _) in self._graphs.items()})
        self._nodes = {each.name.value: each for each in types if not self._is_machinery(each.name.value)}
        others = [each for each in document.definitions if not isinstance(each, TypeDefinitionNode)]
        self._definitions = [*others, *self._nodes.values()]

    def _is_machinery(self, name: str) -> bool:
        return self._links.owns_type(name) or name.startswith(("core__", "join__", "link__"))

    def supergraph(self, sdl: str) -> Supergraph:
        """The value."""
        schema = schema_of(self._definitions, self._links, inaccessible=True)
        types = {name: self._type(node) for name, node in self._nodes.items()}
        if self._first:
            types = spread(types, [name for name, _ in self._graphs.values()], frozenset(_roots(schema).values()), self._nodes)
        types = {name: _with_members(info, types, self._nodes[name]) for name, info in types.items()}
        return Supergraph(
            subgraphs={name: SubgraphSource(name, url, "") for name, url in self._graphs.values()},
            types=types,
            schema=schema,
            api_schema=schema_of(self._definitions, self._links, inaccessible=False),
            requirements=self._requirements(types),
            root_types={kind: name for kind, name in _roots(schema).items() if name in types},
            sdl=sdl,
            fingerprint=hashlib.sha256(sdl.encode()).hexdigest(),
        )

    def _type(self, node: TypeDefinitionNode) -> TypeInfo:
        joins = self._joins.of_type(node)
        kind = _KINDS[type(node)]
        fields = {each.name.value: self._joins.field(each, node.name.value, joins, inaccessible=self._hides(each)) for each in _fields_of(node)}
        return TypeInfo(
            name=node.name.value,
            kind=kind,
            subgraphs=frozenset(joins.subgraphs) | ({joins.owner} if joins.owner else frozenset()),
            keys=joins.keys,
            fields=fields,
            interfaces=frozenset(each.name.value for each in getattr(node, "interfaces", None) or ()),
            members=joins.members,
            inaccessible=self._hides(node),
            interface_objects=joins.interface_objects,
            implements=self._implements(node, joins),
            values=self._joins.values(node, joins.subgraphs) if isinstance(node, EnumTypeDefinitionNode) else {},
            contexts=self._contexts(node),
        )

    def _implements(self, node: TypeDefinitionNode, joins: TypeJoins) -> Mapping[str, frozenset[str]]:
        names = frozenset(each.name.value for each in getattr(node, "interfaces", None) or ())
        if joins.implements or not names:
            return joins.implements
        return dict.fromkeys(joins.subgraphs, names) if self._first else {}

    def _contexts(self, node: TypeDefinitionNode) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for use in applied(node, self._links, Element(FEDERATION, "context")):
            name = getattr(argument_values(use).get("name"), "value", "")
            # The supergraph's name of a context is its subgraph's, two underscores, and the name there.
            for subgraph, _ in self._graphs.values():
                if name.startswith(re.sub(r"\W", "_", subgraph) + "__"):
                    found.setdefault(subgraph, []).append(name)
        return {subgraph: tuple(names) for subgraph, names in found.items()}

    def _hides(self, node: Any) -> bool:
        return next(applied(node, self._links, INACCESSIBLE), None) is not None

    # What is asked of callers

    def _requirements(self, types: Mapping[str, TypeInfo]) -> dict[str, Requirement]:
        found = {coordinate: asked for coordinate, node in self._coordinates() if (asked := self._requirement(node)) != Requirement()}
        # An interface asks what its implementers ask together, so that no selection on it is laxer than one behind it.
        for name, info in types.items():
            if info.kind == "INTERFACE":
                objects = [each.name for each in types.values() if each.kind == "OBJECT" and name in each.interfaces]
                for suffix in ("", *(f".{each}" for each in info.fields)):
                    asked = all_of(found.get(each + suffix, Requirement()) for each in (name, *objects))
                    if asked != Requirement():
                        found[name + suffix] = asked
        return found

    def _coordinates(self) -> Iterator[tuple[str, Any]]:
        for name, node in self._nodes.items():
            yield name, node
            for each in _fields_of(node):
                yield f"{name}.{each.name.value}", each
                for argument in getattr(each, "arguments", None) or ():
                    yield f"{name}.{each.name.value}({argument.name.value}:)", argument
            for value in getattr(node, "values", None) or ():
                yield f"{name}.{value.name.value}", value

    def _requirement(self, node: Any) -> Requirement:
        asked: list[Requirement] = []
        for use in node.directives or ():
            element = self._links.element(use.name.value)
            if element == Element(FEDERATION, "authenticated"):
                asked.append(Requirement(authenticated=True))
            elif element == Element(FEDERATION, "requiresScopes"):
                asked.append(Requirement(scopes=read_clauses(argument_values(use).get("scopes")) or frozenset()))
            elif element == Element(FEDERATION, "policy"):
                # Nobody decides policies here yet, and what nobody decides is open to nobody.
                asked.append(Requirement(scopes=frozenset()))
            elif element == Element(CATEGORY, "category"):
                asked.append(Requirement(categories=frozenset(category_names(Applied(element, argument_values(use), use)))))
        return all_of(asked)


def _fields_of(node: TypeDefinitionNode) -> Iterable[Any]:
    return getattr(node, "fields", None) or ()


def _roots(schema: GraphQLSchema) -> dict[str, str]:
    found = {each.value: schema.get_root_type(each) for each in OperationType}
    if found["query"] is None:
        raise SupergraphRefused("it has no query type")
    return {kind: type_.name for kind, type_ in found.items() if type_ is not None}


def _with_members(info: TypeInfo, types: Mapping[str, TypeInfo], node: TypeDefinitionNode) -> TypeInfo:
    """The type with the objects that a value of it can have in each subgraph."""
    if info.kind == "UNION":
        written = frozenset(each.name.value for each in getattr(node, "types", None) or ())
        said = info.members or dict.fromkeys(info.subgraphs, written)
        members = {subgraph: frozenset(each for each in said.get(subgraph, ()) if subgraph in types[each].subgraphs) for subgraph in info.subgraphs}
        return replace(info, members=members)
    if info.kind != "INTERFACE":
        return info
    objects = [each for each in types.values() if each.kind == "OBJECT"]
    members = {
        subgraph: frozenset(each.name for each in objects if info.name in each.implements.get(subgraph, ()))
        for subgraph in info.subgraphs - info.interface_objects
    }
    return replace(info, members=members | dict.fromkeys(info.interface_objects, frozenset()))
