"""This module is in charge of turning a subgraph's document into its model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    EnumValueDefinitionNode,
    EnumValueNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    ListValueNode,
    NameNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    TypeExtensionNode,
    ValueNode,
)

from gateway.composition.contexts import read_context
from gateway.composition.definitions import FEDERATION
from gateway.composition.document import ROOTS, CleanDocument, TypeNode, check, clean, is_federated, parse_source
from gateway.composition.errors import CompositionError, CompositionProblem
from gateway.composition.field_uses import used_fields
from gateway.composition.fieldset import Fault, canonical_text, merged_selection, parse_selection, selected, to_field_set, without_unknown_conditions
from gateway.composition.links import Links, argument_values, read_links, string_value
from gateway.composition.rules.directive_definitions import directive_definitions
from gateway.composition.rules.link_arguments import link_arguments
from gateway.composition.rules.link_conflicts import link_conflicts
from gateway.composition.rules.type_definitions import type_definitions
from gateway.composition.subgraph import (
    Applied,
    FieldSetUse,
    OverrideUse,
    SchemaElement,
    Subgraph,
    SubgraphField,
    SubgraphInput,
    SubgraphType,
    SubgraphValue,
    having,
)
from gateway.composition.supergraph import SubgraphSource, TypeKind
from gateway.composition.types import read_type

_KINDS: Final[dict[str, TypeKind]] = {
    "object_type": "OBJECT",
    "interface_type": "INTERFACE",
    "union_type": "UNION",
    "enum_type": "ENUM",
    "scalar_type": "SCALAR",
    "input_object_type": "INPUT_OBJECT",
}


def read_subgraph(source: SubgraphSource) -> tuple[Subgraph, tuple[CompositionError, ...]]:
    """The model of one subgraph, and what keeps it from being composed although it can be read; CompositionProblem where it cannot."""
    parsed = parse_source(source)
    links = read_links(source.name, parsed)
    _stop_at(link_conflicts(source.name, links))
    document = clean(source.name, parsed, links)
    misdefined = tuple(type_definitions(source.name, parsed, links))
    if not misdefined:
        _stop_at(directive_definitions(source.name, document, links))
        _stop_at(link_arguments(source.name, parsed, links))
    try:
        check(source.name, document, links)
    except CompositionProblem as problem:
        raise CompositionProblem((*misdefined, *problem.errors)) from None
    _stop_at(misdefined)
    return _build(source, document, links), document.clashes


def _stop_at(errors: Iterable[CompositionError]) -> None:
    found = tuple(errors)
    if found:
        raise CompositionProblem(found)


def _build(source: SubgraphSource, document: CleanDocument, links: Links) -> Subgraph:
    declarations: dict[str, list[TypeNode]] = {}
    for node in document.types:
        declarations.setdefault(node.name.value, []).append(node)
    types = {name: _read_type(nodes, links) for name, nodes in declarations.items()}
    types = _with_key_facts({name: _with_known_conditions(type_, declarations.keys()) for name, type_ in types.items()})
    # Every federated subgraph has a query root, of `_entities` and `_service` at least (Federation spec, "Subgraph schema").
    types.setdefault(ROOTS["query"], _read_type([ObjectTypeDefinitionNode(name=NameNode(value=ROOTS["query"]))], links))
    directives = {node.name.value: node for node in document.directives if not is_federated(links.element(node.name.value))}
    return Subgraph(
        source.name,
        source.url,
        links,
        types,
        _runtime_types(types),
        directives,
        SchemaElement(document.description, _applied(document.schema_directives, links)),
        {name: {item.name: item for item in _read_inputs(node.arguments or (), links)} for name, node in directives.items()},
        dict(_mentioned(document, links)),
        used_fields(types),
    )


def _mentioned(document: CleanDocument, links: Links) -> Iterator[tuple[str, str]]:
    for name in reversed(document.mentioned):
        element = links.element(name)
        if element is not None and element.identity == FEDERATION:
            yield element.name, name


def _read_type(nodes: list[TypeNode], links: Links) -> SubgraphType:
    # A definition says what the type is; extensions may stand before it.
    nodes = sorted(nodes, key=lambda node: isinstance(node, TypeExtensionNode))
    directives = [directive for node in nodes for directive in node.directives or ()]
    applied = _applied(directives, links)
    # @external on any declaration of a type speaks for all of its fields, wherever they are declared.
    external = bool(having(applied, "external"))
    return SubgraphType(
        name=nodes[0].name.value,
        kind=_KINDS[nodes[0].kind.removesuffix("_definition").removesuffix("_extension")],
        description=_first_description(nodes),
        applied=applied,
        nodes=tuple(nodes),
        extension=isinstance(nodes[0], TypeExtensionNode),
        extends=bool(having(applied, "extends")),
        fields={field.name: field for node in nodes for field in _read_fields(node, links, external=external)},
        inputs={item.name: item for node in nodes for item in _read_inputs(_input_fields(node), links)},
        values={value.name: value for node in nodes for value in _read_values(node, links)},
        interfaces=_names(nodes, "interfaces"),
        members=_names(nodes, "types"),
        keys=tuple(_read_keys(nodes, links)),
        interface_object=bool(having(applied, "interfaceObject")),
        contexts=tuple(dict.fromkeys(string_value(use.arguments.get("name")) or "" for use in having(applied, "context"))),
    )


def _read_keys(nodes: Iterable[TypeNode], links: Links) -> Iterator[FieldSetUse]:
    for node in nodes:
        for use in having(_applied(node.directives or (), links), "key"):
            yield replace(_read_field_set(use, links), extension=isinstance(node, TypeExtensionNode))


def _first_description(nodes: Iterable[Any]) -> str | None:
    texts = [text for node in nodes if (text := _description(node)) is not None]
    return next(filter(None, texts), "" if texts else None)


def _description(node: Any) -> str | None:
    text = getattr(node, "description", None)
    return text.value if isinstance(text, StringValueNode) else None


def _names(nodes: Iterable[Any], attribute: str) -> tuple[str, ...]:
    found = (item.name.value for node in nodes for item in getattr(node, attribute, None) or ())
    return tuple(dict.fromkeys(found))


def _input_fields(node: TypeNode) -> Iterable[InputValueDefinitionNode]:
    return node.fields or () if isinstance(node, InputObjectTypeDefinitionNode | InputObjectTypeExtensionNode) else ()


def _read_fields(node: Any, links: Links, *, external: bool) -> Iterator[SubgraphField]:
    if not node.kind.startswith(("object_type", "interface_type")):
        return
    # @shareable on a declaration speaks for the fields of that declaration, not of other extensions.
    shareable = bool(having(_applied(node.directives or (), links), "shareable"))
    for field in node.fields or ():
        yield _read_field(field, links, shareable=shareable, external=external)


def _read_field(node: FieldDefinitionNode, links: Links, *, shareable: bool, external: bool) -> SubgraphField:
    applied = _applied(node.directives or (), links)
    requires, provides, override = (next(iter(having(applied, name)), None) for name in ("requires", "provides", "override"))
    return SubgraphField(
        node.name.value,
        read_type(node.type),
        {item.name: item for item in _read_inputs(node.arguments or (), links)},
        _description(node),
        applied,
        node,
        external=external or bool(having(applied, "external")),
        external_by_type=external,
        shareable=shareable or bool(having(applied, "shareable")),
        requires=_read_field_set(requires, links) if requires else None,
        provides=_read_field_set(provides, links) if provides else None,
        override=_read_override(override) if override else None,
    )


def _read_override(use: Applied) -> OverrideUse:
    return OverrideUse(use, string_value(use.arguments.get("from")) or "", string_value(use.arguments.get("label")))


def _read_inputs(nodes: Iterable[InputValueDefinitionNode], links: Links) -> Iterator[SubgraphInput]:
    for node in nodes:
        applied = _applied(node.directives or (), links)
        context = next((read_context(use) for use in having(applied, "fromContext")), None)
        yield SubgraphInput(node.name.value, read_type(node.type), node.default_value, _description(node), applied, node, context)


def _read_values(node: Any, links: Links) -> Iterator[SubgraphValue]:
    values: Iterable[EnumValueDefinitionNode] = getattr(node, "values", None) or ()
    for value in values:
        yield SubgraphValue(value.name.value, _description(value), _applied(value.directives or (), links), value)


def _applied(directives: Iterable[DirectiveNode], links: Links) -> tuple[Applied, ...]:
    return tuple(Applied(links.element(node.name.value), argument_values(node), node) for node in directives)


def _read_field_set(use: Applied, links: Links) -> FieldSetUse:
    flag = use.arguments.get("resolvable")
    resolvable = not (isinstance(flag, BooleanValueNode) and not flag.value)
    text = _field_set_text(use.arguments.get("fields"), lenient=links.federation_1)
    if text is None:
        return FieldSetUse(use, "", None, (), Fault("INVALID_FIELDS_TYPE", "it must be a string"), resolvable)
    outcome = parse_selection(text)
    if isinstance(outcome, Fault):
        return FieldSetUse(use, text, None, (), outcome, resolvable)
    selection = merged_selection(outcome)
    return FieldSetUse(use, canonical_text(text, outcome), selection, to_field_set(selection), None, resolvable)


def _field_set_text(value: ValueNode | None, *, lenient: bool) -> str | None:
    """The text of a field set; Federation 1 also took a bare name, and a list of strings or names."""
    if isinstance(value, StringValueNode):
        return value.value
    if lenient and isinstance(value, EnumValueNode):
        return value.value
    if lenient and isinstance(value, ListValueNode):
        parts = [_field_set_text(item, lenient=True) for item in value.values]
        return None if None in parts else " ".join(part for part in parts if part is not None)
    return None


def _with_known_conditions(type_: SubgraphType, names: Collection[str]) -> SubgraphType:
    """A type condition on what the subgraph does not know says nothing there; as Apollo's composition has it."""

    def known(use: FieldSetUse | None) -> FieldSetUse | None:
        if use is None or use.selection is None:
            return use
        selection = without_unknown_conditions(use.selection, names)
        return use if selection == use.selection else replace(use, selection=selection, items=to_field_set(selection))

    fields = {field.name: replace(field, requires=known(field.requires), provides=known(field.provides)) for field in type_.fields.values()}
    return replace(type_, fields=fields, keys=tuple(key for key in map(known, type_.keys) if key is not None))


def _with_key_facts(types: Mapping[str, SubgraphType]) -> dict[str, SubgraphType]:
    """Fields of a key that stands on an extension, those inside of others included, are known there although marked external: the old way of writing
    `extend type`. What stands on a whole type is not of that way, and holds."""
    named: set[tuple[str, str]] = set()
    for type_ in types.values():
        keys = [key for key in type_.keys if (key.extension and isinstance(key.applied.arguments.get("fields"), StringValueNode)) or type_.extends]
        named.update((pick.type, pick.field) for key in keys for pick in selected(types, type_.name, key.items))
    return {name: replace(type_, fields={f.name: _known(f) if (name, f.name) in named else f for f in type_.fields.values()}) for name, type_ in types.items()}


def _known(field: SubgraphField) -> SubgraphField:
    return replace(field, external=False) if _is_marked(field) else field


def _is_marked(field: SubgraphField) -> bool:
    return bool(having(field.applied, "external"))


def _runtime_types(types: Mapping[str, SubgraphType]) -> dict[str, frozenset[str]]:
    runtime = {t.name: frozenset(t.members) for t in types.values() if t.kind == "UNION"}
    for interface in (t.name for t in types.values() if t.kind == "INTERFACE"):
        runtime[interface] = frozenset(t.name for t in types.values() if t.kind == "OBJECT" and interface in t.interfaces)
    return runtime
