"""This module is in charge of the supergraph SDL (join v0.5, link v1.0): deterministic, and readable by any federation gateway."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from graphql import DEFAULT_DEPRECATION_REASON, NameNode, StringValueNode, print_ast

from gateway.composition.merged import Annotations, ComposedDirective, Merged, MergedDirective, MergedField, MergedInput, MergedType, MergedValue
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph import ContextArgument, FieldJoin
from gateway.composition.supergraph_features import definitions_of, feature_link, used_features
from gateway.composition.supergraph_links import identity_of

_JOIN: Final = """\
directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable \
on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION

directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE

directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, \
external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String, \
contextArguments: [join__ContextArgument!]) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION

directive @join__graph(name: String!, url: String!) on ENUM_VALUE

directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE

directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, \
isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR

directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION

directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}

scalar join__DirectiveArguments

scalar join__FieldSet

scalar join__FieldValue

scalar link__Import

enum link__Purpose {
  \"\"\"`SECURITY` features provide metadata necessary to securely resolve fields.\"\"\"
  SECURITY

  \"\"\"`EXECUTION` features provide metadata necessary for operation execution.\"\"\"
  EXECUTION
}"""

_KEYWORDS: Final = {
    "OBJECT": "type",
    "INTERFACE": "interface",
    "UNION": "union",
    "ENUM": "enum",
    "SCALAR": "scalar",
    "INPUT_OBJECT": "input",
}


def graph_names(names: Iterable[str]) -> dict[str, str]:
    """Subgraph name to its value of `join__Graph`: upper case, other characters as underscores, numbered where two would be equal."""
    wanted: dict[str, list[str]] = {}
    for name in names:
        value = re.sub(r"\W", "_", name, flags=re.ASCII).upper()
        wanted.setdefault(f"_{value}" if value[:1].isdigit() else value, []).append(name)
    single = {group[0]: value for value, group in wanted.items() if len(group) == 1}
    several = ((name, f"{value}_{number}") for value, group in wanted.items() if len(group) > 1 for number, name in enumerate(group, 1))
    for name, value in several:
        single[name] = _unused(value, single.values())
    return single


def _unused(value: str, taken: Collection[str]) -> str:
    return value if value not in taken else _unused(f"{value}_", taken)


def print_supergraph(merged: Merged, subgraphs: Sequence[Subgraph]) -> str:
    """The supergraph SDL."""
    return _Printer(merged, subgraphs).document()


class _Printer:
    def __init__(self, merged: Merged, subgraphs: Sequence[Subgraph]) -> None:
        self._merged = merged
        self._subgraphs = subgraphs
        self._graphs = graph_names(subgraph.name for subgraph in subgraphs)
        self._features = used_features(merged, subgraphs)

    def document(self) -> str:
        """The whole text, one final newline."""
        names = self._merged.names
        blocks = [self._schema(), _JOIN, self._graph_enum()]
        blocks += [definitions_of(name, feature, names, self._called(name)) for name, feature in self._features.items() if feature.definitions]
        blocks += [_definition(each) for each in self._merged.composed]
        blocks += [self._executable(directive) for directive in self._merged.executable]
        blocks += [self._type(type_) for type_ in self._merged.types.values()]
        return "\n\n".join(blocks) + "\n"

    def _schema(self) -> str:
        lines = [
            '@link(url: "https://specs.apollo.dev/link/v1.0")',
            '@link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)',
        ]
        lines += [feature_link(name, feature, self._merged.names, self._called(name)) for name, feature in self._features.items()]
        lines += _links_of(self._merged.composed, self._merged.aliases)
        lines += self._directives(self._merged.schema)
        roots = [f"  {operation}: {name}" for operation, name in self._merged.roots.items()]
        return "\n".join([*_description(self._merged.schema, ""), "schema", *(f"  {line}" for line in lines), "{", *roots, "}"])

    def _called(self, feature: str) -> str:
        return self._merged.aliases.get(identity_of(feature), feature)

    def _graph_enum(self) -> str:
        values = [f"  {self._graphs[s.name]} @join__graph(name: {_quote(s.name)}, url: {_quote(s.url)})" for s in self._subgraphs]
        return "\n".join(["enum join__Graph {", *values, "}"])

    def _executable(self, directive: MergedDirective) -> str:
        repeatable = " repeatable" if directive.repeatable else ""
        text = f"directive @{directive.name}{self._arguments(directive.arguments, '')}{repeatable} on {' | '.join(directive.locations)}"
        return "\n".join([*_description(directive.annotations, ""), text])

    def _type(self, type_: MergedType) -> str:
        interfaces = f" implements {' & '.join(type_.all_interfaces)}" if type_.all_interfaces else ""
        lines = [*_description(type_.annotations, ""), f"{_KEYWORDS[type_.kind]} {type_.name}{interfaces}"]
        lines += [f"  {join}" for join in (*self._type_joins(type_), *self._directives(type_.annotations))]
        if type_.kind == "UNION":
            return "\n".join([*lines, f" = {' | '.join(type_.all_members)}"])
        parts = [*self._fields(type_), *self._inputs(type_), *self._values(type_)]
        return "\n".join([*lines, "{", *parts, "}"] if parts else lines)

    def _type_joins(self, type_: MergedType) -> Iterator[str]:
        for subgraph, interfaces in type_.interfaces.items():
            for interface in interfaces:
                yield f'@join__implements(graph: {self._graphs[subgraph]}, interface: "{interface}")'
        for subgraph in type_.subgraphs:
            graph = self._graphs[subgraph]
            as_object = ", isInterfaceObject: true" if subgraph in type_.interface_objects else ""
            for key in type_.keys.get(subgraph, ()):
                extension = ", extension: true" if key.extension else ""
                resolvable = "" if key.resolvable else ", resolvable: false"
                yield f"@join__type(graph: {graph}, key: {_quote(key.text)}{extension}{resolvable}{as_object})"
            if subgraph not in type_.keys:
                yield f"@join__type(graph: {graph}{as_object})"
        for subgraph, members in type_.members.items():
            for member in members:
                yield f'@join__unionMember(graph: {self._graphs[subgraph]}, member: "{member}")'
        for context in (name for names in type_.contexts.values() for name in names):
            yield f"@{self._merged.names['context']}(name: {_quote(context)})"

    def _fields(self, type_: MergedType) -> Iterator[str]:
        for field in type_.fields.values():
            yield from _description(field.annotations, "  ")
            joins = self._field_joins(type_, field)
            suffix = "".join(f" {text}" for text in (*joins, *self._directives(field.annotations)))
            yield f"  {field.name}{self._arguments(field.arguments, '  ')}: {field.type}{suffix}"

    def _field_joins(self, type_: MergedType, field: MergedField) -> Iterator[str]:
        if field.abstracted:
            yield "@join__field"
            return
        # A field that every subgraph of its type resolves alike needs no join (join spec, "@join__field").
        plain = not field.typed and all(_is_plain(join) for join in field.joins.values())
        if plain and set(type_.subgraphs) == field.joins.keys():
            return
        for subgraph, join in field.joins.items():
            yield f"@join__field(graph: {self._graphs[subgraph]}{_join_arguments(join, typed=field.typed)})"

    def _arguments(self, arguments: Mapping[str, MergedInput], indent: str) -> str:
        if not arguments:
            return ""
        items = list(arguments.values())
        if any(item.annotations.description for item in items):
            lines = [line for item in items for line in (*_description(item.annotations, f"{indent}  "), f"{indent}  {self._input(item)}")]
            return "\n".join(["(", *lines, f"{indent})"])
        return f"({', '.join(self._input(item) for item in items)})"

    def _inputs(self, type_: MergedType) -> Iterator[str]:
        for item in type_.inputs.values():
            yield from _description(item.annotations, "  ")
            yield f"  {self._input(item, self._input_joins(type_, item))}"

    def _input_joins(self, owner: MergedType, item: MergedInput) -> Iterator[str]:
        typed = any(type_ != item.type for type_ in item.types.values())
        if not typed and item.types.keys() == set(owner.subgraphs):
            return
        for subgraph, type_ in item.types.items():
            yield f"@join__field(graph: {self._graphs[subgraph]}{f', type: {_quote(str(type_))}' if typed else ''})"

    def _input(self, item: MergedInput, joins: Iterable[str] = ()) -> str:
        default = f" = {print_ast(item.default)}" if item.default is not None else ""
        suffix = "".join(f" {text}" for text in (*joins, *self._directives(item.annotations)))
        return f"{item.name}: {item.type}{default}{suffix}"

    def _values(self, type_: MergedType) -> Iterator[str]:
        for value in type_.values.values():
            yield from _description(value.annotations, "  ")
            yield f"  {self._value(value)}"

    def _value(self, value: MergedValue) -> str:
        joins = (f"@join__enumValue(graph: {self._graphs[subgraph]})" for subgraph in value.subgraphs)
        return " ".join([value.name, *joins, *self._directives(value.annotations)])

    def _directives(self, annotations: Annotations) -> Iterator[str]:
        names: Mapping[str, str] = self._merged.names
        if annotations.deprecated == DEFAULT_DEPRECATION_REASON:
            yield "@deprecated"
        elif annotations.deprecated is not None:
            yield f"@deprecated(reason: {_quote(annotations.deprecated)})"
        if annotations.specified_by is not None:
            yield f"@specifiedBy(url: {_quote(annotations.specified_by)})"
        if annotations.one_of:
            yield "@oneOf"
        for name, arguments in annotations.federated:
            yield f"@{names[name]}{arguments}"
        for name, arguments, subgraphs in annotations.joined:
            graphs = ", ".join(self._graphs[subgraph] for subgraph in subgraphs)
            yield f"@join__directive(graphs: [{graphs}], name: {_quote(name)}, args: {{{arguments[1:-1]}}})"
        yield from annotations.composed


def _definition(directive: ComposedDirective) -> str:
    """The definition as the supergraph has it: under its one name, and described in blocks like everything else there."""
    node = directive.definition
    arguments = tuple(replace(item, description=_in_a_block(item.description)) for item in node.arguments or ())
    return print_ast(replace(node, name=NameNode(value=directive.name), description=_in_a_block(node.description), arguments=arguments))


def _in_a_block(description: StringValueNode | None) -> StringValueNode | None:
    return None if description is None else replace(description, block=True)


def _is_plain(join: FieldJoin) -> bool:
    return FieldJoin(join.subgraph, join.type, override=join.override) == join


def _join_arguments(join: FieldJoin, *, typed: bool) -> str:
    written = [
        ("requires", _quoted(join.requires_text)),
        ("provides", _quoted(join.provides_text)),
        ("type", _quoted(join.type if typed else None)),
        ("external", "true" if join.external else None),
        ("override", _quoted(join.override)),
        ("usedOverridden", "true" if join.used_overridden else None),
        ("overrideLabel", _quoted(join.override_label)),
        ("contextArguments", _context_arguments(join.context_arguments)),
    ]
    return "".join(f", {name}: {value}" for name, value in written if value is not None)


def _quoted(text: str | None) -> str | None:
    return None if text is None else _quote(text)


def _context_arguments(arguments: Sequence[ContextArgument]) -> str | None:
    written = (
        f"{{context: {_quote(item.context)}, name: {_quote(item.name)}, type: {_quote(item.type)}, selection: {_quote(item.selection)}}}" for item in arguments
    )
    return f"[{', '.join(written)}]" if arguments else None


def _links_of(directives: Sequence[ComposedDirective], aliases: Mapping[str, str]) -> Iterator[str]:
    """One `@link` for each specification of composed directives, by its newest version."""
    groups: dict[str, list[ComposedDirective]] = {}
    for directive in directives:
        groups.setdefault(directive.element.identity, []).append(directive)
    for group in groups.values():
        newest = max(group, key=lambda directive: directive.feature.minor)
        called = f", as: {_quote(aliases[newest.element.identity])}" if newest.element.identity in aliases else ""
        yield f"@link(url: {_quote(newest.feature.url)}{called}, import: [{', '.join(map(_imported, group))}])"


def _imported(directive: ComposedDirective) -> str:
    own, name = f"@{directive.element.name}", f"@{directive.name}"
    return _quote(own) if own == name else f'{{name: "{own}", as: "{name}"}}'


def _description(annotations: Annotations, indent: str) -> list[str]:
    if annotations.description is None:
        return []
    text = print_ast(StringValueNode(value=annotations.description, block=True))
    return [f"{indent}{line}" if line else "" for line in text.split("\n")]


def _quote(text: str) -> str:
    return print_ast(StringValueNode(value=text, block=False))
