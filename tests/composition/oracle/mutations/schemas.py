"""This module is in charge of changes to what stands around the types: links and imports, root types, custom directives, and which subgraphs there are."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    NamedTypeNode,
    NameNode,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
)

from tests.composition.oracle.dialect import FEDERATION, enabled, federation_link, imports_of, links, relinked, url_of
from tests.composition.oracle.editing import OBJECTS, TYPES, any_of, named, put, sites, with_definitions, with_directive
from tests.composition.oracle.mutations.entities import fields_of
from tests.composition.oracle.world import Mutation, Part, World, in_one, with_part

ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


def _with_directive_name(document: DocumentNode, old: str, new: str) -> DocumentNode:
    for path, use in list(sites(document, DirectiveNode)):
        if f"@{use.name.value}" == old:
            document = put(document, (*path, "name"), NameNode(value=new[1:]))
    return document


def rename_import(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A directive is imported under another name, and used under it; or not imported, and used with its prefix."""
    link = federation_link(document)
    imports = imports_of(link[1]) if link else {}
    name = any_of(random, sorted(name for name in imports if name.startswith("@")))
    if link is None or name is None:
        return None
    old = imports.pop(name)
    new = f"@federation__{name[1:]}" if random.random() < 0.5 else f"@my{name[1:].capitalize()}"
    renamed = _with_directive_name(document, old, new)
    if not new.startswith("@federation__") or random.random() < 0.05:
        imports[name] = new
    return relinked(renamed, link[0], url_of(link[1]), imports)


def prefix_federation(document: DocumentNode, random: Random) -> DocumentNode | None:
    """The link gets a name of its own and imports nothing: every directive has that prefix."""
    link = federation_link(document)
    if link is None:
        return None
    for name, here in imports_of(link[1]).items():
        document = _with_directive_name(document, here, f"@fed__{name[1:]}") if name.startswith("@") else document
    return relinked(document, link[0], url_of(link[1]), {}, "fed")


def change_version(document: DocumentNode, random: Random) -> DocumentNode | None:
    link = federation_link(document)
    if link is None:
        return None
    versions = (*(f"v2.{minor}" for minor in range(15)), "v2.99", "v3.0", "v1.0", "v2")
    version = random.choice(versions[:12] if random.random() < 0.85 else versions)
    return relinked(document, link[0], f"{FEDERATION}/{version}", imports_of(link[1]))


def change_imports(document: DocumentNode, random: Random) -> DocumentNode | None:
    """An import more than is used, one less, or one of something unknown."""
    link = federation_link(document)
    if link is None:
        return None
    imports = imports_of(link[1])
    match random.randrange(4):
        case 0 if imports:
            imports.pop(random.choice(sorted(imports)))
        case 1:
            imports["@unknown"] = "@unknown"
        case 2:
            name = random.choice(("FieldSet", "@tag", "@override", "@interfaceObject", "@composeDirective", "@policy", "Scope", "@cost"))
            imports[name] = name
        case _:
            name = random.choice(("@tag", "@inaccessible", "@shareable"))
            imports[name] = random.choice((f"@my{name[1:]}", "@deprecated", "noAt", name))
    return relinked(document, link[0], url_of(link[1]), imports)


def double_link(document: DocumentNode, random: Random) -> DocumentNode | None:
    """Another link: to federation again, to a feature by itself, or to a specification of somebody else."""
    others = (
        f'@link(url: "{FEDERATION}/v2.3", import: ["@key"])',
        '@link(url: "https://specs.apollo.dev/tag/v0.3", import: ["@tag"])',
        '@link(url: "https://specs.apollo.dev/inaccessible/v0.2")',
        '@link(url: "https://specs.apollo.dev/link/v1.0")',
        '@link(url: "https://specs.example/custom/v1.2", import: ["@mine"])',
        '@link(url: "https://specs.example/custom/v1.2", as: "other")',
        '@link(url: "nonsense")',
        "@link",
    )
    return with_definitions(document, f"extend schema {random.choice(others)}")


def unlink(document: DocumentNode, random: Random) -> DocumentNode | None:
    """The subgraph becomes one of Federation 1."""
    found = links(document)
    if not found:
        return None
    for path, use in reversed(found):
        document = put(document, path, None)
        for name, here in imports_of(use).items():
            document = _with_directive_name(document, here, name) if name != here else document
    return _without_empty_extensions(document)


def _without_empty_extensions(document: DocumentNode) -> DocumentNode:
    kept = [node for node in document.definitions if not isinstance(node, SchemaExtensionNode) or node.directives or node.operation_types]
    return replace(document, definitions=tuple(kept))


def all_federation_one(world: World, random: Random) -> World | None:
    """All subgraphs lose their links, and what Federation 1 does not know."""
    changed = False
    for index, part in enumerate(world):
        document = unlink(part.document, random)
        if document is None:
            continue
        for path, use in reversed(list(sites(document, DirectiveNode))):
            if use.name.value in {"shareable", "override", "interfaceObject"} and random.random() < 0.95:
                document = put(document, path, None)
        world, changed = with_part(world, index, document), True
    return world if changed else None


def rename_root(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A root type has a name of its own, which the schema tells."""
    operation = random.choice(("query", "query", "mutation"))
    name = f"My{ROOTS[operation]}"
    if any(node.operation_types for _path, node in sites(document, SchemaDefinitionNode, SchemaExtensionNode)):
        return None
    types = [(path, node) for path, node in sites(document, *TYPES) if node.name.value == ROOTS[operation]]
    if not types:
        return None
    for path, _node in types:
        document = put(document, (*path, "name"), NameNode(value=name))
    for path, node in list(sites(document, NamedTypeNode)):
        if node.name.value == ROOTS[operation]:
            document = put(document, (*path, "name"), NameNode(value=name))
    kept = " ".join(f"{other}: {root}" for other, root in ROOTS.items() if any(n.name.value == root for _p, n in sites(document, *TYPES)))
    return with_definitions(document, f"{random.choice(('schema', 'extend schema'))} {{ {operation}: {name} {kept} }}")


def add_mutation(world: World, random: Random) -> World | None:
    for number, index in enumerate(random.sample(range(len(world)), min(len(world), random.choice((1, 2))))):
        root = random.choice(("Mutation", "Mutation", "Subscription"))
        word = "extend type" if any(node.name.value == root for _path, node in sites(world[index].document, *OBJECTS)) else "type"
        returned = random.choice(("Int", *(name for name in fields_of((world[index],)) if name != "Query")))
        sdl = f"{word} {root} {{ do{random.choice((number, 0))}(it: ID): {returned} }}"
        world = with_part(world, index, with_definitions(world[index].document, sdl))
    return world


def add_directive(world: World, random: Random) -> World | None:
    """A directive of one's own on types and fields, composed or not, linked or not, with arguments of its own in each subgraph."""
    composed, linked = random.random() < 0.8, random.random() < 0.9
    for index in random.sample(range(len(world)), min(len(world), random.choice((1, 2, 2)))):
        document = world[index].document
        version = random.choice(("v1.0", "v1.0", "v1.2", "v2.0"))
        arguments = random.choice(("", "(name: String)", "(name: String)", "(name: String!)", '(name: String = "a", size: Int)'))
        repeatable = random.choice(("", " repeatable"))
        places = random.choice(("OBJECT | FIELD_DEFINITION", "FIELD_DEFINITION", "OBJECT | FIELD_DEFINITION | INTERFACE", "FIELD_DEFINITION | QUERY"))
        sdl = f"directive @mine{arguments}{repeatable} on {places}"
        if linked:
            sdl += f'\nextend schema @link(url: "https://specs.example/custom/{version}", import: ["@mine"])'
        document = with_definitions(document, sdl)
        if composed and random.random() < 0.9:
            document, written = enabled(document, "composeDirective", random)
            document = with_definitions(document, f'extend schema {written}(name: "{random.choice(("@mine", "@mine", "@mine", "mine", "@absent"))}")')
        fields = [(path, node) for path, node in sites(document, FieldDefinitionNode)]
        for path, node in random.sample(fields, min(len(fields), 2)):
            document = put(document, path, with_directive(node, "@mine" if "!" not in arguments or random.random() < 0.1 else '@mine(name: "a")'))
        world = with_part(world, index, document)
    return world


def add_executable_directive(world: World, random: Random) -> World | None:
    """A directive for operations, in some or all subgraphs, alike or not."""
    for index, part in enumerate(world):
        if random.random() < 0.8:
            arguments = random.choice(("", "", "(of: Int)", "(of: Int!)", "(of: String)"))
            places = random.choice(("QUERY", "QUERY | FIELD", "FIELD", "FIELD | OBJECT"))
            world = with_part(world, index, with_definitions(part.document, f"directive @asked{arguments} on {places}"))
    return world


def define_machinery(document: DocumentNode, random: Random) -> DocumentNode | None:
    """What a library prints with its SDL: definitions of federation's own, right or slightly wrong."""
    link = federation_link(document)
    field_set = "_FieldSet" if link is None else "federation__FieldSet"
    sdl = random.choice(
        (
            f"directive @key(fields: {field_set}!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE\nscalar {field_set}",
            "directive @key(fields: String!) repeatable on OBJECT | INTERFACE",
            "directive @external on FIELD_DEFINITION",
            f"directive @requires(fields: {field_set}!) on FIELD_DEFINITION\nscalar {field_set}",
            "directive @shareable on FIELD_DEFINITION | OBJECT",
            "directive @key(keys: Int) on OBJECT",
            "scalar _Any\nunion _Entity = Query",
            "type _Service { sdl: String }\nextend type Query { _service: _Service! }",
            "directive @tag(name: String!) repeatable on FIELD_DEFINITION | INTERFACE | OBJECT | UNION",
            "directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA\n"
            "scalar link__Import\nenum link__Purpose { SECURITY EXECUTION }",
        )
    )
    return with_definitions(document, sdl)


def drop_subgraph(world: World, random: Random) -> World | None:
    at = random.randrange(len(world))
    return (*world[:at], *world[at + 1 :]) if len(world) > 1 else None


def rename_subgraph(world: World, random: Random) -> World | None:
    at = random.randrange(len(world))
    taken = {part.name for part in world}
    name = random.choice(("other", "with-hyphen", "with.dot", "9nine", "Upper", "upper", "a_b", "a__b", "_x"))
    return None if name in taken else (*world[:at], replace(world[at], name=name), *world[at + 1 :])


def double_subgraph(world: World, random: Random) -> World | None:
    return (*world, replace(random.choice(world), name="doubled"))


def _words(value: object) -> list[str]:
    return value.value.split() if isinstance(value, StringValueNode) else []


def split_subgraph(world: World, random: Random) -> World | None:
    """Some fields of some types of a subgraph go to a new one, which has the types' keys as well."""
    index = random.randrange(len(world))
    document = world[index].document
    schema = tuple(node for node in document.definitions if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode | DirectiveDefinitionNode))
    moved, kept = [], []
    for node in document.definitions:
        if not isinstance(node, ObjectTypeDefinitionNode) or len(node.fields or ()) < 2:
            moved += [] if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode | DirectiveDefinitionNode) else [node]
            kept.append(node)
            continue
        keys = {word for use in node.directives or () for item in use.arguments or () for word in _words(item.value)}
        here = [field for field in node.fields if field.name.value in keys or random.random() < 0.5]
        there = [field for field in node.fields if field.name.value in keys or field not in here]
        if here:
            kept.append(replace(node, fields=tuple(here)))
        if there:
            moved.append(replace(node, fields=tuple(there)))
    made = Part(f"{world[index].name}Split", DocumentNode(definitions=(*schema, *moved)))
    return (*with_part(world, index, replace(document, definitions=tuple(kept))), made)


def shorten(document: DocumentNode, random: Random) -> DocumentNode | None:
    """Types that no field leads to are dropped."""
    names = {named(field.type) for _path, field in sites(document, FieldDefinitionNode)}
    unused = [path for path, node in sites(document, ObjectTypeDefinitionNode) if node.name.value not in {*names, *ROOTS.values()} and not node.interfaces]
    found = any_of(random, unused)
    return found and put(document, found, None)


MUTATIONS: dict[str, Mutation] = {
    "rename_import": in_one(rename_import),
    "prefix_federation": in_one(prefix_federation),
    "change_version": in_one(change_version),
    "change_imports": in_one(change_imports),
    "double_link": in_one(double_link),
    "unlink": in_one(unlink),
    "all_federation_one": all_federation_one,
    "rename_root": in_one(rename_root),
    "add_mutation": add_mutation,
    "add_directive": add_directive,
    "add_executable_directive": add_executable_directive,
    "define_machinery": in_one(define_machinery),
    "drop_subgraph": drop_subgraph,
    "rename_subgraph": rename_subgraph,
    "double_subgraph": double_subgraph,
    "split_subgraph": split_subgraph,
    "shorten": in_one(shorten),
}
