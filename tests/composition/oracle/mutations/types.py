"""This module is in charge of changes to whole types: where they are, what they are called, what kind they are, and what is behind an abstract one."""

from __future__ import annotations

from dataclasses import fields as parts_of
from dataclasses import replace
from random import Random

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    NamedTypeNode,
    NameNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
)

from tests.composition.oracle.editing import COMPOSITES, OBJECTS, TYPES, any_of, field_of, owned_fields, put, sites, type_names, with_definitions
from tests.composition.oracle.world import Mutation, World, in_one, with_part

EXTENSIONS = {
    ObjectTypeDefinitionNode: ObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode: InterfaceTypeExtensionNode,
    UnionTypeDefinitionNode: UnionTypeExtensionNode,
}
DEFINITIONS = {extension: definition for definition, extension in EXTENSIONS.items()}


def drop_type(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, sites(document, *TYPES))
    return found and put(document, found[0], None)


def _with_name(document: DocumentNode, old: str, new: str, *, references: bool) -> DocumentNode:
    for path, node in list(sites(document, *TYPES)):
        if node.name.value == old:
            document = put(document, (*path, "name"), NameNode(value=new))
    for path, node in list(sites(document, NamedTypeNode)) if references else ():
        if node.name.value == old:
            document = put(document, (*path, "name"), NameNode(value=new))
    return document


def rename_type(document: DocumentNode, random: Random) -> DocumentNode | None:
    name = any_of(random, type_names(document))
    return name and _with_name(document, name, f"{name}Two", references=random.random() < 0.8)


def rename_type_everywhere(world: World, random: Random) -> World | None:
    name = any_of(random, sorted({name for part in world for name in type_names(part.document)}))
    if name is None:
        return None
    return tuple(replace(part, document=_with_name(part.document, name, f"{name}Two", references=True)) for part in world)


def copy_type(world: World, random: Random) -> World | None:
    """A type as it stands is declared in another subgraph that has none of that name."""
    if len(world) < 2:
        return None
    source, target = random.sample(range(len(world)), 2)
    taken = type_names(world[target].document)
    found = any_of(random, [(path, node) for path, node in sites(world[source].document, *TYPES) if node.name.value not in taken])
    if found is None:
        return None
    document = world[target].document
    return with_part(world, target, replace(document, definitions=(*document.definitions, found[1])))


def copy_type_with_all(world: World, random: Random) -> World | None:
    """A type and all that it refers to."""
    if len(world) < 2:
        return None
    source, target = random.sample(range(len(world)), 2)
    there = {node.name.value: node for _path, node in sites(world[source].document, *TYPES) if node.name.value != "Query"}
    waiting = [name for name in [any_of(random, sorted(there))] if name is not None]
    known = set(type_names(world[target].document))
    document = world[target].document
    while waiting:
        name = waiting.pop()
        if name in known or name not in there:
            continue
        known.add(name)
        document = replace(document, definitions=(*document.definitions, there[name]))
        waiting += [node.name.value for _path, node in sites(there[name], NamedTypeNode)]
    return with_part(world, target, document) if document != world[target].document else None


def turn_extension(document: DocumentNode, random: Random) -> DocumentNode | None:
    """`type` becomes `extend type`, or the other way round."""
    found = any_of(random, sites(document, *EXTENSIONS, *DEFINITIONS))
    if found is None:
        return None
    path, node = found
    other = (EXTENSIONS | DEFINITIONS)[type(node)]
    names = {part.name for part in parts_of(other)} & {part.name for part in parts_of(type(node))} - {"description"}
    return put(document, path, other(**{name: getattr(node, name) for name in names}))


def move_to_extension(document: DocumentNode, random: Random) -> DocumentNode | None:
    """The last fields of a type stand in an extension of it, and sometimes its directives."""
    found = any_of(random, [(path, node) for path, node in sites(document, ObjectTypeDefinitionNode) if len(node.fields or ()) > 1])
    if found is None:
        return None
    path, node = found
    at = random.randrange(1, len(node.fields))
    directives, kept = (node.directives, ()) if random.random() < 0.3 else ((), node.directives)
    extension = ObjectTypeExtensionNode(name=node.name, directives=directives, interfaces=(), fields=node.fields[at:])
    document = put(document, path, replace(node, fields=node.fields[:at], directives=kept))
    return replace(document, definitions=(*document.definitions, extension))


def change_kind(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, [(path, node) for path, node in sites(document, TypeDefinitionNode) if node.name.value != "Query"])
    if found is None:
        return None
    path, node = found
    parts = {"name": node.name, "description": node.description, "directives": node.directives}
    fields, values = getattr(node, "fields", None) or (), getattr(node, "values", None) or ()
    is_composite = isinstance(node, COMPOSITES)
    if is_composite and fields:
        other = InterfaceTypeDefinitionNode if isinstance(node, OBJECTS) else ObjectTypeDefinitionNode
        return put(document, path, other(**parts, interfaces=(), fields=fields))
    if values:
        return put(document, path, ScalarTypeDefinitionNode(**parts))
    return put(document, path, ObjectTypeDefinitionNode(**parts, interfaces=(), fields=(field_of("id: ID"),)))


def add_interface(world: World, random: Random) -> World | None:
    """A new interface with a field of an object type, which implements it, in one or more subgraphs; sometimes a way to it."""
    places = [(at, owner.name.value, field) for at, part in enumerate(world) for _path, field, owner in owned_fields(part.document, ObjectTypeDefinitionNode)]
    found = any_of(random, [place for place in places if place[1] != "Query"])
    if found is None:
        return None
    _at, name, field = found
    bare = replace(field, directives=())
    for index, part in enumerate(world):
        for path, node in sites(part.document, ObjectTypeDefinitionNode):
            if node.name.value != name or bare.name.value not in {own.name.value for own in node.fields or ()} or random.random() < 0.2:
                continue
            interfaces = (*(node.interfaces or ()), NamedTypeNode(name=NameNode(value="Shown")))
            document = put(part.document, path, replace(node, interfaces=interfaces))
            if "Shown" not in type_names(document):
                interface = InterfaceTypeDefinitionNode(name=NameNode(value="Shown"), fields=(bare,), interfaces=(), directives=())
                document = replace(document, definitions=(*document.definitions, interface))
            if random.random() < 0.5:
                document = with_definitions(document, f"extend type Query {{ shown{index}: [Shown] }}")
            world = with_part(world, index, document)
    return world


def change_implements(document: DocumentNode, random: Random) -> DocumentNode | None:
    """An interface more or one less."""
    interfaces = type_names(document, InterfaceTypeDefinitionNode, InterfaceTypeExtensionNode)
    found = any_of(random, sites(document, *COMPOSITES)) if interfaces else None
    if found is None:
        return None
    path, node = found
    if node.interfaces and random.random() < 0.5:
        return put(document, (*path, "interfaces", random.randrange(len(node.interfaces))), None)
    added = NamedTypeNode(name=NameNode(value=random.choice(interfaces)))
    return put(document, path, replace(node, interfaces=(*(node.interfaces or ()), added)))


def change_union(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A member more or one less."""
    found = any_of(random, sites(document, UnionTypeDefinitionNode, UnionTypeExtensionNode))
    if found is None:
        return None
    path, node = found
    if node.types and random.random() < 0.5:
        return put(document, (*path, "types", random.randrange(len(node.types))), None)
    member = NamedTypeNode(name=NameNode(value=random.choice(type_names(document, *OBJECTS, EnumTypeDefinitionNode))))
    return put(document, path, replace(node, types=(*(node.types or ()), member)))


def add_union(world: World, random: Random) -> World | None:
    """A union of object types with a field that gives it, in one subgraph or in two with members of their own."""
    shared = random.random() < 0.5
    for index in random.sample(range(len(world)), min(len(world), random.choice((1, 2)))):
        objects = [name for name in type_names(world[index].document, *OBJECTS) if name != "Query"]
        if not objects:
            return None
        members = " | ".join(random.sample(objects, min(len(objects), random.choice((1, 2, 2, 3)))))
        name = "found" if shared else f"found{index}"
        mark = " @shareable" if shared and random.random() < 0.9 else ""
        world = with_part(world, index, with_definitions(world[index].document, f"union Found = {members}\nextend type Query {{ {name}: [Found]{mark} }}"))
    return world


MUTATIONS: dict[str, Mutation] = {
    "drop_type": in_one(drop_type),
    "rename_type": in_one(rename_type),
    "rename_type_everywhere": rename_type_everywhere,
    "copy_type": copy_type,
    "copy_type_with_all": copy_type_with_all,
    "turn_extension": in_one(turn_extension),
    "move_to_extension": in_one(move_to_extension),
    "change_kind": in_one(change_kind),
    "add_interface": add_interface,
    "change_implements": in_one(change_implements),
    "change_union": in_one(change_union),
    "add_union": add_union,
}
