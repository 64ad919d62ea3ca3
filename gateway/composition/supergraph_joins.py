"""This module is in charge of the join directives of supergraph SDL: which subgraph has which part of a type (join spec, v0.1 to v0.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    ConstDirectiveNode,
    EnumTypeDefinitionNode,
    EnumValueNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    ListValueNode,
    ObjectValueNode,
    TypeDefinitionNode,
    TypeNode,
    ValueNode,
    print_ast,
)

from gateway.composition.fieldset import Fault, parse_selection, to_field_set
from gateway.composition.links import Element, Links, argument_values, string_value
from gateway.composition.supergraph import ContextArgument, FieldInfo, FieldJoin, FieldSet, Key

JOIN: Final = "https://specs.apollo.dev/join"


class SupergraphRefused(Exception):
    """The supergraph SDL cannot be served; the message says where and why. For the operator."""

    code = "SUPERGRAPH_INVALID"


@dataclass(frozen=True, slots=True)
class TypeJoins:
    """What the join directives on a type say, by subgraph name. `owner` is the subgraph that has the fields without a join (v0.1)."""

    subgraphs: tuple[str, ...]
    keys: Mapping[str, tuple[Key, ...]]
    interface_objects: frozenset[str]
    implements: Mapping[str, frozenset[str]]
    members: Mapping[str, frozenset[str]]
    owner: str | None = None


class Joins:
    """Reads join directives. `graphs` are the values of `join__Graph`, each with its subgraph's name."""

    def __init__(self, links: Links, graphs: Mapping[str, str]) -> None:
        self._links = links
        self._graphs = graphs

    def uses(self, node: Any, name: str) -> Iterator[dict[str, ValueNode]]:
        """The arguments of each `@join__NAME` on the node."""
        for each in node.directives or ():
            if self._links.element(each.name.value) == Element(JOIN, name):
                yield argument_values(each)

    def of_type(self, node: TypeDefinitionNode) -> TypeJoins:
        """The joins of a type."""
        subgraphs: dict[str, None] = {}
        keys: dict[str, list[Key]] = {}
        interface_objects: set[str] = set()
        where = node.name.value
        for use in self.uses(node, "type"):
            subgraph = self._graph(use, where)
            subgraphs[subgraph] = None
            key = string_value(use.get("key"))
            if key is not None:
                keys.setdefault(subgraph, []).append(Key(_field_set(key, where), key, resolvable=_flag(use, "resolvable", otherwise=True)))
            if _flag(use, "isInterfaceObject"):
                interface_objects.add(subgraph)
        owner = next((self._graph(use, where) for use in self.uses(node, "owner")), None)
        return TypeJoins(
            subgraphs=tuple(subgraphs),
            keys={name: tuple(each) for name, each in keys.items()},
            interface_objects=frozenset(interface_objects),
            implements=self._listed(node, "implements", "interface"),
            members=self._listed(node, "unionMember", "member"),
            owner=owner,
        )

    def _listed(self, node: TypeDefinitionNode, name: str, argument: str) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for use in self.uses(node, name):
            found.setdefault(self._graph(use, node.name.value), set()).add(string_value(use.get(argument)) or "")
        return {subgraph: frozenset(each) for subgraph, each in found.items()}

    def values(self, node: EnumTypeDefinitionNode, subgraphs: Iterable[str]) -> dict[str, frozenset[str]]:
        """The values of an enum type in each subgraph; all of them where the supergraph does not say (before v0.3)."""
        found: dict[str, set[str]] = {name: set() for name in subgraphs}
        for value in node.values or ():
            said = [self._graph(use, node.name.value) for use in self.uses(value, "enumValue")]
            for subgraph in said or found:
                found.setdefault(subgraph, set()).add(value.name.value)
        return {subgraph: frozenset(each) for subgraph, each in found.items()}

    def field(self, node: FieldDefinitionNode | InputValueDefinitionNode, parent: str, type_: TypeJoins, *, inaccessible: bool) -> FieldInfo:
        """A field or input field and who takes part in it."""
        merged = print_ast(node.type)
        uses = list(self.uses(node, "field"))
        where = f"{parent}.{node.name.value}"
        joins = [self._join(use, node.type, where) for use in uses if "graph" in use]
        if not uses:
            joins = [FieldJoin(each, merged) for each in ((type_.owner,) if type_.owner else type_.subgraphs)]
        found = {each.subgraph: each for each in joins}
        if type_.owner is not None:
            # Fed 1: the fields of a key are in every subgraph that has the key.
            for subgraph, keys in type_.keys.items():
                if any(item.name == node.name.value for key in keys for item in key.fields):
                    found.setdefault(subgraph, FieldJoin(subgraph, merged))
        return FieldInfo(node.name.value, merged, found, inaccessible)

    def _join(self, use: Mapping[str, ValueNode], type_: TypeNode, where: str) -> FieldJoin:
        requires, provides = string_value(use.get("requires")), string_value(use.get("provides"))
        return FieldJoin(
            subgraph=self._graph(use, where),
            type=string_value(use.get("type")) or print_ast(type_),
            external=_flag(use, "external"),
            requires=_field_set(requires, where) if requires else None,
            requires_text=requires or None,
            provides=_field_set(provides, where) if provides else None,
            provides_text=provides or None,
            override=string_value(use.get("override")),
            override_label=string_value(use.get("overrideLabel")),
            used_overridden=_flag(use, "usedOverridden"),
            context_arguments=tuple(_context_arguments(use.get("contextArguments"))),
        )

    def _graph(self, use: Mapping[str, ValueNode], where: str) -> str:
        node = use.get("graph")
        name = self._graphs.get(node.value) if isinstance(node, EnumValueNode) else None
        if name is None:
            raise SupergraphRefused(f"a join directive at {where} names no value of join__Graph")
        return name


def graphs_of(definition: EnumTypeDefinitionNode, links: Links) -> dict[str, tuple[str, str]]:
    """The values of `join__Graph`: value to the subgraph's name and URL."""
    found: dict[str, tuple[str, str]] = {}
    for value in definition.values or ():
        for use in value.directives or ():
            if links.element(use.name.value) == Element(JOIN, "graph"):
                arguments = argument_values(use)
                found[value.name.value] = (string_value(arguments.get("name")) or value.name.value, string_value(arguments.get("url")) or "")
    if len({name for name, _ in found.values()}) != len(definition.values or ()):
        raise SupergraphRefused("every value of join__Graph needs a @join__graph with a name of its own")
    return found


def applied(node: Any, links: Links, element: Element) -> Iterator[ConstDirectiveNode]:
    """The uses of a directive on a node, by what the directive is and not by its name."""
    return (each for each in node.directives or () if links.element(each.name.value) == element)


def _flag(use: Mapping[str, ValueNode], name: str, *, otherwise: bool = False) -> bool:
    node = use.get(name)
    return node.value if isinstance(node, BooleanValueNode) else otherwise


def _field_set(text: str, where: str) -> FieldSet:
    selection = parse_selection(text)
    if isinstance(selection, Fault):
        raise SupergraphRefused(f'the field set "{text[:200]}" at {where} is none: {selection.message}')
    return to_field_set(selection)


def _context_arguments(node: ValueNode | None) -> Iterator[ContextArgument]:
    for item in node.values if isinstance(node, ListValueNode) else ():
        if isinstance(item, ObjectValueNode):
            parts = {each.name.value: string_value(each.value) or "" for each in item.fields}
            yield ContextArgument(parts.get("name", ""), parts.get("type", ""), parts.get("context", ""), parts.get("selection", ""))
