"""This module is in charge of the supergraph SDL (join v0.5, link v1.0): deterministic, and readable by any federation gateway."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from graphql import DEFAULT_DEPRECATION_REASON, StringValueNode, print_ast

from gateway.composition.document import ROOTS
from gateway.composition.merged import Annotations, ComposedDirective, Merged, MergedField, MergedInput, MergedType, MergedValue
from gateway.composition.requirements import Scopes
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph import FieldJoin

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

_AUTH: Final = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"
_FEATURES: Final = {
    "authenticated": ("v0.1", f"directive @{{name}} on {_AUTH}"),
    "requiresScopes": ("v0.1", f"directive @{{name}}(scopes: [[requiresScopes__Scope!]!]!) on {_AUTH}\n\nscalar requiresScopes__Scope"),
    "inaccessible": (
        "v0.2",
        "directive @{name} on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE"
        " | INPUT_OBJECT | INPUT_FIELD_DEFINITION",
    ),
}
"""Features that a supergraph links when it uses them: version and definitions."""

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
        used = _used_features(merged)
        self._features = {name: feature for name, feature in _FEATURES.items() if name in used}

    def document(self) -> str:
        """The whole text, one final newline."""
        names = self._merged.names
        blocks = [self._schema(), _JOIN, self._graph_enum()]
        blocks += [definitions.format(name=names[name]) for name, (_, definitions) in self._features.items()]
        blocks += [print_ast(directive.definition) for directive in self._merged.composed]
        blocks += [print_ast(node) for node in self._merged.executable]
        blocks += [self._type(type_) for type_ in self._merged.types.values()]
        return "\n\n".join(blocks) + "\n"

    def _schema(self) -> str:
        lines = [
            '@link(url: "https://specs.apollo.dev/link/v1.0")',
            '@link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)',
        ]
        for name, (version, _) in self._features.items():
            imports = _renamed_import(name, self._merged.names[name])
            lines.append(f'@link(url: "https://specs.apollo.dev/{name}/{version}", for: SECURITY{imports})')
        lines += [_link_of(directive) for directive in self._merged.composed]
        roots = [f"  {operation}: {name}" for operation, name in ROOTS.items() if name in self._merged.types]
        return "\n".join(["schema", *(f"  {line}" for line in lines), "{", *roots, "}"])

    def _graph_enum(self) -> str:
        values = [f"  {self._graphs[s.name]} @join__graph(name: {_quote(s.name)}, url: {_quote(s.url)})" for s in self._subgraphs]
        return "\n".join(["enum join__Graph {", *values, "}"])

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
            extension = ", extension: true" if subgraph in type_.extended_in and type_.name not in ROOTS.values() else ""
            graph = self._graphs[subgraph]
            for key in type_.keys.get(subgraph, ()):
                resolvable = "" if key.resolvable else ", resolvable: false"
                yield f"@join__type(graph: {graph}, key: {_quote(key.text)}{extension}{resolvable})"
            if subgraph not in type_.keys:
                yield f"@join__type(graph: {graph}{extension})"
        for subgraph, members in type_.members.items():
            for member in members:
                yield f'@join__unionMember(graph: {self._graphs[subgraph]}, member: "{member}")'

    def _fields(self, type_: MergedType) -> Iterator[str]:
        for field in type_.fields.values():
            yield from _description(field.annotations, "  ")
            joins = self._field_joins(type_, field)
            suffix = "".join(f" {text}" for text in (*joins, *self._directives(field.annotations)))
            yield f"  {field.name}{self._arguments(field)}: {field.type}{suffix}"

    def _field_joins(self, type_: MergedType, field: MergedField) -> Iterator[str]:
        # A field that every subgraph of its type resolves alike needs no join (join spec, "@join__field").
        plain = all(_is_plain(join, str(field.type)) for join in field.joins.values())
        if plain and set(type_.subgraphs) == field.joins.keys():
            return
        typed = len({join.type for join in field.joins.values()}) > 1
        for subgraph, join in field.joins.items():
            yield f"@join__field(graph: {self._graphs[subgraph]}{_join_arguments(join, typed=typed)})"

    def _arguments(self, field: MergedField) -> str:
        if not field.arguments:
            return ""
        items = list(field.arguments.values())
        if any(item.annotations.description for item in items):
            lines = [line for item in items for line in (*_description(item.annotations, "    "), f"    {self._input(item)}")]
            return "\n".join(["(", *lines, "  )"])
        return f"({', '.join(self._input(item) for item in items)})"

    def _inputs(self, type_: MergedType) -> Iterator[str]:
        for item in type_.inputs.values():
            yield from _description(item.annotations, "  ")
            yield f"  {self._input(item, self._input_joins(item))}"

    def _input_joins(self, item: MergedInput) -> Iterator[str]:
        if all(type_ == item.type for type_ in item.types.values()):
            return
        for subgraph, type_ in item.types.items():
            yield f'@join__field(graph: {self._graphs[subgraph]}, type: "{type_}")'

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
        if annotations.inaccessible:
            yield f"@{names['inaccessible']}"
        if annotations.authenticated:
            yield f"@{names['authenticated']}"
        if annotations.scopes is not None:
            yield f"@{names['requiresScopes']}(scopes: {print_scopes(annotations.scopes)})"
        yield from annotations.composed


def print_scopes(scopes: Scopes) -> str:
    """The scopes argument, sorted."""
    clauses = sorted(sorted(clause) for clause in scopes)
    return f"[{', '.join('[' + ', '.join(_quote(scope) for scope in clause) + ']' for clause in clauses)}]"


def _is_plain(join: FieldJoin, merged_type: str) -> bool:
    return not join.external and join.requires is None and join.type == merged_type


def _join_arguments(join: FieldJoin, *, typed: bool) -> str:
    requires = f", requires: {_quote(join.requires_text)}" if join.requires_text is not None else ""
    external = ", external: true" if join.external else ""
    type_ = f', type: "{join.type}"' if typed else ""
    return f"{requires}{type_}{external}"


def _link_of(directive: ComposedDirective) -> str:
    own, name = f"@{directive.element.name}", f"@{directive.name}"
    imported = _quote(own) if own == name else f'{{name: "{own}", as: "{name}"}}'
    return f"@link(url: {_quote(directive.feature.url)}, import: [{imported}])"


def _renamed_import(name: str, here: str) -> str:
    return "" if name == here else f', import: [{{name: "@{name}", as: "@{here}"}}]'


def _used_features(merged: Merged) -> set[str]:
    found: set[str] = set()
    for said in _all_annotations(merged):
        flags = {"authenticated": said.authenticated, "requiresScopes": said.scopes is not None, "inaccessible": said.inaccessible}
        found.update(name for name, used in flags.items() if used)
    return found


def _all_annotations(merged: Merged) -> Iterator[Annotations]:
    for type_ in merged.types.values():
        yield type_.annotations
        yield from (part.annotations for part in type_.parts)
        for field in type_.fields.values():
            yield from (argument.annotations for argument in field.arguments.values())


def _description(annotations: Annotations, indent: str) -> list[str]:
    if not annotations.description:
        return []
    text = print_ast(StringValueNode(value=annotations.description, block=True))
    return [f"{indent}{line}" if line else "" for line in text.split("\n")]


def _quote(text: str) -> str:
    return print_ast(StringValueNode(value=text, block=False))
