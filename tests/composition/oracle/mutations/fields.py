"""This module is in charge of changes to fields and their arguments."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from graphql import (
    DocumentNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    ListTypeNode,
    NameNode,
    NonNullTypeNode,
    StringValueNode,
    TypeNode,
    parse_const_value,
    parse_type,
)

from tests.composition.oracle.dialect import enabled
from tests.composition.oracle.editing import (
    COMPOSITES,
    OBJECTS,
    SCALARS,
    Path,
    any_of,
    field_of,
    input_of,
    owned_fields,
    put,
    renamed,
    sites,
    type_names,
    with_directive,
)
from tests.composition.oracle.world import Mutation, World, in_one, with_part

NAMES = ("extra", "other", "note", "size", "kind")
VALUES = ("1", "0", '"a"', "true", "null", "[]", "[1]", "{a: 1}", "A")


def drop_field(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, owned_fields(document))
    return found and put(document, found[0], None)


def rename_field(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, owned_fields(document))
    return found and put(document, (*found[0], "name"), NameNode(value=random.choice(NAMES)))


def rename_field_everywhere(world: World, random: Random) -> World | None:
    """The declarations of one field, in all subgraphs; selections keep the old name."""
    found = any_of(random, [(owner.name.value, field.name.value) for part in world for _path, field, owner in owned_fields(part.document)])
    if found is None:
        return None
    for index, part in enumerate(world):
        document = part.document
        for path, field, owner in owned_fields(document):
            if (owner.name.value, field.name.value) == found:
                document = put(document, (*path, "name"), NameNode(value=f"{found[1]}Renamed"))
        world = with_part(world, index, document)
    return world


def _typed(document: DocumentNode) -> list[tuple[Path, TypeNode]]:
    nodes = [*sites(document, FieldDefinitionNode), *sites(document, InputValueDefinitionNode)]
    return [((*path, "type"), node.type) for path, node in nodes]


def change_type(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, _typed(document))
    return found and put(document, found[0], renamed(found[1], random.choice((*SCALARS, *type_names(document)))))


def flip_nullability(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, _typed(document))
    if found is None:
        return None
    path, type_ = found
    return put(document, path, type_.type if isinstance(type_, NonNullTypeNode) else NonNullTypeNode(type=type_))


def flip_list(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A list where was none, none where was one, or the nullability of its items."""
    found = any_of(random, _typed(document))
    if found is None:
        return None
    path, type_ = found
    bare = type_.type if isinstance(type_, NonNullTypeNode) else type_
    if isinstance(bare, ListTypeNode):
        inner = bare.type
        flipped = inner.type if isinstance(inner, NonNullTypeNode) else NonNullTypeNode(type=inner)
        return put(document, path, random.choice((inner, replace(bare, type=flipped))))
    return put(document, path, ListTypeNode(type=type_))


def add_field(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A field of a type that is there, on a type that is there: new ways to old places."""
    found = any_of(random, sites(document, *COMPOSITES))
    if found is None:
        return None
    path, owner = found
    type_ = random.choice(("{}", "{}!", "[{}]", "[{}!]!")).format(random.choice((*SCALARS, *type_names(document))))
    return put(document, path, replace(owner, fields=(*(owner.fields or ()), field_of(f"{random.choice(NAMES)}: {type_}"))))


def add_query_field(document: DocumentNode, random: Random) -> DocumentNode | None:
    queries = [(path, node) for path, node in sites(document, *OBJECTS) if node.name.value == "Query"]
    returned = any_of(random, [name for name in type_names(document, *COMPOSITES) if name != "Query"])
    found = any_of(random, queries)
    if found is None or returned is None:
        return None
    path, owner = found
    return put(document, path, replace(owner, fields=(*(owner.fields or ()), field_of(f"any{returned}: {returned}"))))


def copy_field(world: World, random: Random) -> World | None:
    """A field of a type that another subgraph has too is declared there as well, shareable mostly."""
    places = [(at, path, field, owner) for at, part in enumerate(world) for path, field, owner in owned_fields(part.document)]
    for at, path, field, owner in random.sample(places, len(places)):
        others = [
            (index, where, node)
            for index, part in enumerate(world)
            if index != at
            for where, node in sites(part.document, *COMPOSITES)
            if node.name.value == owner.name.value and field.name.value not in {own.name.value for own in node.fields or ()}
        ]
        target = any_of(random, others)
        if target is None:
            continue
        index, where, node = target
        world = with_part(world, index, put(world[index].document, where, replace(node, fields=(*(node.fields or ()), replace(field, directives=())))))
        if random.random() < 0.85:
            world = _shared(world, index, (*where, "fields", len(node.fields or ())), random)
        if random.random() < 0.85:
            world = _shared(world, at, path, random)
        return world
    return None


def _shared(world: World, index: int, path: Path, random: Random) -> World:
    document, name = enabled(world[index].document, "shareable", random)
    [(_path, field)] = [(where, node) for where, node in sites(document, FieldDefinitionNode) if where == path] or [(None, None)]
    # Enabling may add a schema extension at the end of the document, never before the field.
    if field is None or any(use.name.value == name[1:] for use in field.directives or ()):
        return world
    return with_part(world, index, put(document, path, with_directive(field, name)))


def add_argument(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, owned_fields(document))
    if found is None:
        return None
    path, field, _owner = found
    default = f" = {random.choice(VALUES)}" if random.random() < 0.3 else ""
    argument = input_of(f"{random.choice(NAMES)}: {random.choice(SCALARS)}{random.choice(('', '', '!'))}{default}")
    return put(document, path, replace(field, arguments=(*(field.arguments or ()), argument)))


def add_argument_everywhere(world: World, random: Random) -> World | None:
    """The same argument on one field wherever it is, with small differences."""
    found = any_of(random, [(owner.name.value, field.name.value) for part in world for _path, field, owner in owned_fields(part.document)])
    if found is None:
        return None
    name, type_ = random.choice(NAMES), random.choice(SCALARS)
    for index, part in enumerate(world):
        document = part.document
        for path, field, owner in owned_fields(document):
            if (owner.name.value, field.name.value) == found and random.random() < 0.9:
                argument = input_of(f"{name}: {type_}{random.choice(('', '', '!'))}{random.choice(('', '', '', ' = null'))}")
                document = put(document, path, replace(field, arguments=(*(field.arguments or ()), argument)))
        world = with_part(world, index, document)
    return world


def _arguments(document: DocumentNode) -> list[tuple[Path, InputValueDefinitionNode]]:
    return [((*path, "arguments", at), item) for path, field, _owner in owned_fields(document) for at, item in enumerate(field.arguments or ())]


def drop_argument(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, _arguments(document))
    return found and put(document, found[0], None)


def change_default(document: DocumentNode, random: Random) -> DocumentNode | None:
    """Of an argument or an input field."""
    found = any_of(random, sites(document, InputValueDefinitionNode))
    if found is None:
        return None
    value = None if random.random() < 0.2 else parse_const_value(random.choice(VALUES), no_location=True)
    return put(document, found[0], replace(found[1], default_value=value))


def describe(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A description on a type, a field, an argument, an input field or a value."""
    nodes = [(path, node) for path, node in _described(document)]
    found = any_of(random, nodes)
    text = random.choice(("What it is.", "What it is", "Another\nwith two lines.", ""))
    return found and put(document, (*found[0], "description"), StringValueNode(value=text, block="\n" in text))


def _described(document: DocumentNode) -> list[tuple[Path, object]]:
    definitions = [((*("definitions", at),), node) for at, node in enumerate(document.definitions) if hasattr(node, "description")]
    parts = [
        ((*path, kind, at), part) for path, node in definitions for kind in ("fields", "values") for at, part in enumerate(getattr(node, kind, None) or ())
    ]
    return [*definitions, *parts, *_arguments(document)]


def deprecate(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, [(path, node) for path, node in _described(document) if path[-2] != "definitions"])
    reason = random.choice(("", '(reason: "old")', '(reason: "older")'))
    return found and put(document, found[0], with_directive(found[1], f"@deprecated{reason}"))


def use_unknown_type(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, _typed(document))
    return found and put(document, found[0], parse_type("Unknown", no_location=True))


MUTATIONS: dict[str, Mutation] = {
    "drop_field": in_one(drop_field),
    "rename_field": in_one(rename_field),
    "rename_field_everywhere": rename_field_everywhere,
    "change_type": in_one(change_type),
    "flip_nullability": in_one(flip_nullability),
    "flip_list": in_one(flip_list),
    "add_field": in_one(add_field),
    "add_query_field": in_one(add_query_field),
    "copy_field": copy_field,
    "add_argument": in_one(add_argument),
    "add_argument_everywhere": add_argument_everywhere,
    "drop_argument": in_one(drop_argument),
    "change_default": in_one(change_default),
    "describe": in_one(describe),
    "deprecate": in_one(deprecate),
    "use_unknown_type": in_one(use_unknown_type),
}
