"""This module is in charge of changes to what is linked and under which names: features by themselves, their types, composed directives, `@link` itself."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLError,
    NameNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    parse_const_value,
)

from tests.composition.oracle.dialect import enabled, federation_link, imports_of, links, relinked, url_of
from tests.composition.oracle.editing import any_of, put, sites, type_names, with_definitions, with_directive
from tests.composition.oracle.mutations.directives import SIMPLE, elements
from tests.composition.oracle.world import Mutation, World, in_one, with_part

ALONE = {
    "tag": ("v0.1", "v0.2", "v0.3"),
    "inaccessible": ("v0.1", "v0.2"),
    "cost": ("v0.1",),
    "authenticated": ("v0.1",),
    "requiresScopes": ("v0.1",),
    "policy": ("v0.1",),
    "context": ("v0.1",),
    "cacheTag": ("v0.1",),
}
"""Features that are linked by themselves, with their versions."""


def link_feature_alone(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A feature that federation brings is linked by its own URL, and applied once."""
    name = random.choice(sorted(ALONE))
    federation = federation_link(document)
    if federation is not None and f"@{name}" in imports_of(federation[1]) and random.random() < 0.9:
        return None
    version = random.choice(ALONE[name])
    alias = random.choice(("", "", "", f', as: "my{name}"', f', import: [{{name: "@{name}", as: "@my{name}"}}]', f', import: ["@{name}"]'))
    purpose = random.choice(("", "", ", for: SECURITY"))
    here = f"my{name}" if "my" in alias else name
    document = with_definitions(document, f'extend schema @link(url: "https://specs.apollo.dev/{name}/{version}"{alias}{purpose})')
    found = any_of(random, list(elements(document)))
    if found is None or name in {"context", "cacheTag"}:
        return document
    path, node = found
    return put(document, path, with_directive(node, f"@{here}{random.choice(SIMPLE[name][:2])}"))


def rename_link(document: DocumentNode, random: Random) -> DocumentNode | None:
    """`@link` is called something else, as its own link says."""
    found = links(document)
    if not found or any("/link/" in url_of(use) for _path, use in found):
        return None
    for path, _use in found:
        document = put(document, (*path, "name"), NameNode(value="core"))
    own = random.choice((', as: "core"', ', as: "core"', "", ', import: [{name: "@link", as: "@core"}]'))
    return with_definitions(document, f'extend schema @core(url: "https://specs.apollo.dev/link/v1.0"{own})')


def import_types(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A scalar of federation's is imported, under its own name or another; sometimes it is defined, and used."""
    link = federation_link(document)
    if link is None:
        return None
    name = random.choice(("FieldSet", "Scope", "Policy", "ContextFieldValue"))
    here = random.choice((name, name, f"My{name}"))
    document = relinked(document, link[0], url_of(link[1]), {**imports_of(link[1]), name: here})
    return with_definitions(document, f"scalar {here}") if random.random() < 0.5 else document


def clashing_name(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A type or directive of one's own is called as something that composition adds."""
    sdl = random.choice(
        (
            "type federation__Thing { id: ID }\nextend type Query { thing: federation__Thing @federation__shareable }",
            "scalar join__FieldSet\nextend type Query { fieldSet: join__FieldSet }",
            "enum tag__Kind { A }\nextend type Query { tagKind: tag__Kind }",
            "directive @cost(of: Int) on FIELD_DEFINITION",
            "directive @tag(name: String) on FIELD_DEFINITION",
            "directive @context on OBJECT",
            "directive @inaccessible on OBJECT | FIELD_DEFINITION",
            "type link { id: ID }",
            "scalar cost\nextend type Query { costs: cost }",
            "type requiresScopes__Scope { id: ID }",
            "directive @authenticated on QUERY",
            "type _Entity { id: ID }",
            "type _Thing { id: ID }\nextend type Query { _thing: _Thing }",
        )
    )
    names = {node.name.value for node in document.definitions if hasattr(node, "name")}
    return None if any(f" {name} " in f" {sdl} " for name in names if name != "Query") else with_definitions(document, sdl)


def compose_directives(world: World, random: Random) -> World | None:
    """Directives of one specification, composed in some subgraphs, linked in others, under names that agree mostly."""
    specification = f"https://specs.example/{random.choice(('marks', 'marks', 'other'))}"
    for index in random.sample(range(len(world)), min(len(world), random.choice((1, 2, 2, 3)))):
        document = world[index].document
        here = random.choice(("mark", "mark", "mark", "stamp"))
        imported = '"@mark"' if here == "mark" else f'{{name: "@mark", as: "@{here}"}}'
        version = random.choice(("v1.0", "v1.0", "v1.1", "v1.2"))
        repeatable = random.choice((" repeatable", " repeatable", ""))
        arguments = random.choice(("(by: [String!])", '(by: [String!] = ["a"], when: When)', "(by: [String!], at: Int = 1)", ""))
        sdl = f"directive @{here}{arguments}{repeatable} on FIELD_DEFINITION | OBJECT | ENUM_VALUE | INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION | ENUM"
        if "When" in arguments and "When" not in type_names(document):
            sdl += "\nenum When { NOW LATER }"
        sdl += f'\nextend schema @link(url: "{specification}/{version}", import: [{imported}])'
        document = with_definitions(document, sdl)
        if random.random() < 0.8:
            document, written = enabled(document, "composeDirective", random)
            document = with_definitions(document, f'extend schema {written}(name: "@{here}")')
        fields = list(sites(document, FieldDefinitionNode))
        for path, node in random.sample(fields, min(len(fields), 3)):
            given = random.choice(("", '(by: "a")', '(by: ["a"])', '(by: ["b", "a"])')) if arguments else ""
            document = put(document, path, with_directive(node, f"@{here}{given}"))
        world = with_part(world, index, document)
    return world


def compose_what_is_not_ours(document: DocumentNode, random: Random) -> DocumentNode | None:
    """`@composeDirective` names a directive of federation or of GraphQL."""
    document, written = enabled(document, "composeDirective", random)
    name = random.choice(("@tag", "@key", "@inaccessible", "@deprecated", "@link", "@skip", "@shareable", ""))
    return with_definitions(document, f'extend schema {written}(name: "{name}")')


def annotate_directive_argument(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A directive on an argument of a directive's own definition."""
    found = any_of(random, [(path, node) for path, node in sites(document, DirectiveDefinitionNode) if node.arguments])
    if found is None:
        return None
    path, node = found
    at = random.randrange(len(node.arguments))
    name = random.choice(("tag", "inaccessible", "cost", "deprecated"))
    arguments = {"tag": '(name: "a")', "cost": "(weight: 2)"}.get(name, "")
    document, written = (document, "@deprecated") if name == "deprecated" else enabled(document, name, random)
    return put(document, (*path, "arguments", at), with_directive(node.arguments[at], f"{written}{arguments}"))


def annotate_schema(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A tag on the schema, or a description of it."""
    described = any_of(random, sites(document, SchemaDefinitionNode))
    if described is not None and random.random() < 0.5:
        text = random.choice(("The graph.", "Another graph.", ""))
        return put(document, (*described[0], "description"), StringValueNode(value=text, block=False))
    document, written = enabled(document, "tag", random)
    return with_definitions(document, f'extend schema {written}(name: "{random.choice("ab")}")')


def write_fields_otherwise(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A field set is a list, a bare name, or has braces of its own."""
    names = {"key", "requires", "provides"}
    found = any_of(random, [(path, use) for path, use in sites(document, DirectiveNode) if use.name.value in names and use.arguments])
    if found is None:
        return None
    path, use = found
    value = use.arguments[0].value
    if not isinstance(value, StringValueNode):
        return None
    words = value.value.split()
    listed = ", ".join(f'"{word}"' for word in words)
    written = random.choice((f"[{listed}]", f"[{', '.join(words)}]", words[0] if words else "id", f'"{{ {value.value} }}"', f'"  {value.value},"'))
    try:
        made = parse_const_value(written, no_location=True)
    except GraphQLError:
        return None
    return put(document, (*path, "arguments", 0, "value"), made)


def only_a_schema(document: DocumentNode, random: Random) -> DocumentNode | None:
    """The schema tells some of its roots, and not the others."""
    if any(node.operation_types for _path, node in sites(document, SchemaDefinitionNode, SchemaExtensionNode)):
        return None
    roots = [name for name in ("Query", "Mutation", "Subscription") if name in type_names(document)]
    if not roots:
        return None
    kept = random.sample(roots, random.randrange(1, len(roots) + 1))
    operations = " ".join(f"{name.lower()}: {name}" for name in kept)
    kinds = [node for node in document.definitions if isinstance(node, SchemaDefinitionNode)]
    if kinds:
        return with_definitions(document, f"extend schema {{ {operations} }}")
    return replace(with_definitions(document, f"schema {{ {operations} }}"))


MUTATIONS: dict[str, Mutation] = {
    "link_feature_alone": in_one(link_feature_alone),
    "rename_link": in_one(rename_link),
    "import_types": in_one(import_types),
    "clashing_name": in_one(clashing_name),
    "compose_directives": compose_directives,
    "compose_what_is_not_ours": in_one(compose_what_is_not_ours),
    "annotate_directive_argument": in_one(annotate_directive_argument),
    "annotate_schema": in_one(annotate_schema),
    "write_fields_otherwise": in_one(write_fields_otherwise),
    "only_a_schema": in_one(only_a_schema),
}
