"""This module is in charge of the schemas that a supergraph SDL stands for: the whole one, and the API schema without inaccessible elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    build_ast_schema,
    validate_schema,
)

from gateway.composition.definitions import BUILT_IN_DIRECTIVES, FEDERATION
from gateway.composition.links import Element, Links
from gateway.composition.supergraph_joins import SupergraphRefused, applied

INACCESSIBLE: Final = Element(FEDERATION, "inaccessible")
_EXECUTABLE: Final = frozenset(
    {"QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT", "VARIABLE_DEFINITION"}
)


def named_type_of(node: TypeNode) -> str:
    """The innermost type of a type as written."""
    while not hasattr(node, "name"):
        node = node.type  # type: ignore[attr-defined]
    return str(node.name.value)


def schema_of(definitions: Iterable[DefinitionNode], links: Links, *, inaccessible: bool) -> GraphQLSchema:
    """The schema of these definitions, without the machinery of federation; SupergraphRefused where it is none."""
    stripper = _Stripper(links, inaccessible=inaccessible)
    kept = list(filter(None, map(stripper.definition, definitions)))
    if not inaccessible:
        kept = list(_without_lost(kept))
    try:
        schema = build_ast_schema(DocumentNode(definitions=tuple(kept)), assume_valid_sdl=True)
        wrong = validate_schema(schema)
    except (TypeError, ValueError, KeyError) as failed:
        raise SupergraphRefused(f"the schema is not valid: {failed}") from failed
    if wrong:
        raise SupergraphRefused(f"the schema is not valid: {wrong[0].message}")
    return schema


@dataclass(frozen=True, slots=True)
class _Stripper:
    links: Links
    inaccessible: bool

    def definition(self, node: DefinitionNode) -> DefinitionNode | None:
        """The definition as clients would write it; None where they may not know of it."""
        if isinstance(node, SchemaDefinitionNode):
            return SchemaDefinitionNode(description=node.description, directives=(), operation_types=node.operation_types)
        if isinstance(node, DirectiveDefinitionNode):
            return self._directive(node)
        if not isinstance(node, TypeDefinitionNode) or not self._is_kept(node):
            return None
        return self._type(node)

    def _directive(self, node: DirectiveDefinitionNode) -> DirectiveDefinitionNode | None:
        element = self.links.element(node.name.value)
        is_own = element is None and node.name.value not in BUILT_IN_DIRECTIVES and node.name.value not in ("core", "link")
        locations = tuple(each for each in node.locations if each.value in _EXECUTABLE)
        if not is_own or not locations:
            return None
        return DirectiveDefinitionNode(
            description=node.description, name=node.name, arguments=self._kept(node.arguments), repeatable=node.repeatable, locations=locations
        )

    def _type(self, node: TypeDefinitionNode) -> TypeDefinitionNode:
        parts: dict[str, Any] = {key: getattr(node, key) for key in node.keys if key != "loc"}
        parts["directives"] = self._directives(node)
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            parts["fields"] = tuple(self._with(each, arguments=self._kept(each.arguments)) for each in node.fields or () if self._is_kept(each))
        elif isinstance(node, InputObjectTypeDefinitionNode):
            parts["fields"] = self._kept(node.fields)
        elif isinstance(node, EnumTypeDefinitionNode):
            parts["values"] = self._kept(node.values)
        return type(node)(**parts)

    def _kept(self, nodes: Iterable[Any] | None) -> tuple[Any, ...]:
        return tuple(self._with(each) for each in nodes or () if self._is_kept(each))

    def _with(self, node: Any, **changed: Any) -> Any:
        parts = {key: getattr(node, key) for key in node.keys if key != "loc"}
        return type(node)(**(parts | {"directives": self._directives(node)} | changed))

    def _directives(self, node: Any) -> tuple[Any, ...]:
        return tuple(each for each in node.directives or () if each.name.value in BUILT_IN_DIRECTIVES)

    def _is_kept(self, node: Any) -> bool:
        return self.inaccessible or next(applied(node, self.links, INACCESSIBLE), None) is None


def _without_lost(definitions: list[DefinitionNode]) -> Iterator[DefinitionNode]:
    """Without what refers to types that are gone: members of unions, interfaces that are implemented, fields and arguments of such types."""
    present = {each.name.value for each in definitions if isinstance(each, TypeDefinitionNode)} | {"ID", "String", "Int", "Float", "Boolean"}

    def is_there(node: Any) -> bool:
        return named_type_of(node.type if hasattr(node, "type") else node) in present

    for each in definitions:
        yield _trimmed(each, is_there)


def _trimmed(node: DefinitionNode, is_there: Callable[[Any], bool]) -> DefinitionNode:
    changed: dict[str, Any] = {}
    if isinstance(node, UnionTypeDefinitionNode):
        changed["types"] = tuple(filter(is_there, node.types or ()))
    elif isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        changed["interfaces"] = tuple(filter(is_there, node.interfaces or ()))
        changed["fields"] = tuple(filter(is_there, node.fields or ()))
    elif isinstance(node, InputObjectTypeDefinitionNode):
        changed["fields"] = tuple(filter(is_there, node.fields or ()))
    elif isinstance(node, SchemaDefinitionNode):
        changed["operation_types"] = tuple(filter(is_there, node.operation_types or ()))
    if not changed:
        return node
    return type(node)(**{key: getattr(node, key) for key in node.keys if key != "loc"} | changed)
