"""This module is in charge of changes to directives where they stand: put on, taken off, doubled, moved, their arguments altered."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from graphql import (
    BooleanValueNode,
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    ListValueNode,
    NameNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
)

from tests.composition.oracle.dialect import called, enabled
from tests.composition.oracle.editing import COMPOSITES, OBJECTS, TYPES, Path, Site, any_of, put, sites, type_names, with_directive
from tests.composition.oracle.world import Mutation, World, in_one, with_part

ELEMENTS = (*TYPES, FieldDefinitionNode, InputValueDefinitionNode, EnumValueDefinitionNode)
SCOPES = ('[["a"]]', '[["a", "b"]]', '[["a"], ["b"]]', '[["b", "a"], ["c"]]', "[[]]", "[]", '[["a"], ["a"]]')
SIMPLE = {
    "shareable": ("",),
    "external": ("", '(reason: "because")'),
    "inaccessible": ("",),
    "authenticated": ("",),
    "tag": ('(name: "a")', '(name: "b")', '(name: "b/c-d_e")', '(name: "no space")', '(name: "")', "(name: 1)", ""),
    "requiresScopes": tuple(f"(scopes: {scopes})" for scopes in SCOPES),
    "policy": tuple(f"(policies: {scopes})" for scopes in SCOPES),
    "cost": ("(weight: 5)", "(weight: 0)", "(weight: -1)", '(weight: "5")', ""),
    "listSize": (
        "(assumedSize: 10)",
        '(slicingArguments: ["first"])',
        '(sizedFields: ["nodes"])',
        "(assumedSize: -1)",
        "",
        "(requireOneSlicingArgument: false, assumedSize: 5)",
    ),
    "interfaceObject": ("",),
    "extends": ("",),
    "cacheTag": ('(format: "a")', '(format: "a-{$args.id}")', '(format: "a-{$key.id}")'),
}
PLACES = {
    "shareable": (*OBJECTS, FieldDefinitionNode),
    "external": (*OBJECTS, FieldDefinitionNode),
    "interfaceObject": OBJECTS,
    "extends": OBJECTS,
    "listSize": (FieldDefinitionNode,),
}
RARELY_INVALID = 0.15


def elements(document: DocumentNode) -> list[Site]:
    """Everything a directive can stand on, from the outside in."""
    return [found for kind in ((*TYPES,), (FieldDefinitionNode,), (InputValueDefinitionNode,), (EnumValueDefinitionNode,)) for found in sites(document, *kind)]


def put_on(name: str) -> Mutation:
    """Puts federation's directive of that name on something, the right kind of thing mostly, with valid arguments mostly."""

    def change(document: DocumentNode, random: Random) -> DocumentNode | None:
        allowed = PLACES.get(name)
        places = [site for site in elements(document) if allowed is None or isinstance(site[1], allowed) or random.random() < 0.03]
        found = any_of(random, places)
        if found is None:
            return None
        path, node = found
        arguments = SIMPLE[name]
        chosen = random.choice(arguments) if random.random() < RARELY_INVALID else random.choice(arguments[:3])
        changed, written = enabled(document, name, random)
        return put(changed, path, with_directive(node, f"{written}{chosen}"))

    return in_one(change)


def put_on_everywhere(name: str) -> Mutation:
    """The same, on one field wherever it is declared, each time with arguments of its own."""

    def mutation(world: World, random: Random) -> World | None:
        coordinates = [(owner.name.value, field.name.value) for part in world for _path, field, owner in _fields(part.document)]
        found = any_of(random, coordinates)
        if found is None:
            return None
        for index, part in enumerate(world):
            for path, field, owner in _fields(part.document):
                if (owner.name.value, field.name.value) == found and random.random() < 0.8:
                    document, written = enabled(world[index].document, name, random)
                    world = with_part(world, index, put(document, path, with_directive(field, f"{written}{random.choice(SIMPLE[name][:4])}")))
        return world

    return mutation


def _fields(document: DocumentNode) -> list[tuple[Path, FieldDefinitionNode, ObjectTypeDefinitionNode]]:
    return [((*path, "fields", at), field, owner) for path, owner in sites(document, *COMPOSITES) for at, field in enumerate(owner.fields or ())]


def _uses(document: DocumentNode) -> list[tuple[Path, ConstDirectiveNode]]:
    return [((*path, "directives", at), use) for path, node in elements(document) for at, use in enumerate(node.directives or ())]


def take_off(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, _uses(document))
    return found and put(document, found[0], None)


def take_off_everywhere(world: World, random: Random) -> World | None:
    """Every use of one directive in the whole world."""
    name = any_of(random, sorted({called(part.document, use.name.value) for part in world for _path, use in _uses(part.document)}))
    if name is None:
        return None
    for index, part in enumerate(world):
        document = part.document
        # From the back, so that the paths in front stay right.
        for path, use in reversed(_uses(document)):
            if called(part.document, use.name.value) == name:
                document = put(document, path, None)
        world = with_part(world, index, document)
    return world


def double(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, _uses(document))
    if found is None:
        return None
    path, use = found
    owner = next(node for where, node in elements(document) if where == path[:-2])
    return put(document, path[:-2], replace(owner, directives=(*owner.directives, use)))


def move(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A directive stands on another element of the same kind."""
    found = any_of(random, _uses(document))
    if found is None:
        return None
    path, use = found
    taken = put(document, path, None)
    kind = type(next(node for where, node in elements(document) if where == path[:-2]))
    where, node = random.choice([site for site in elements(taken) if isinstance(site[1], kind)])
    return put(taken, where, replace(node, directives=(*(node.directives or ()), use)))


def misspell(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, _uses(document))
    return found and put(document, (*found[0], "name"), NameNode(value=random.choice(("unknown", "key", "federation__key", "shareable", "Key", "deprecated"))))


def alter_argument(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A string argument gets a word more, one less, or another one; a boolean is turned; others become a string."""
    uses = [(path, use) for path, use in _uses(document) if use.arguments]
    found = any_of(random, uses)
    if found is None:
        return None
    path, use = found
    at = random.randrange(len(use.arguments))
    value = use.arguments[at].value
    if random.random() < 0.08:
        return put(document, (*path, "arguments", at), None)
    names = [field.name.value for _path, field, _owner in _fields(document)] or ["id"]
    return put(document, (*path, "arguments", at, "value"), _altered(value, names, random))


def _altered(value: object, names: list[str], random: Random) -> object:
    if isinstance(value, BooleanValueNode):
        return BooleanValueNode(value=not value.value)
    if not isinstance(value, StringValueNode):
        return StringValueNode(value="x") if not isinstance(value, ListValueNode) or random.random() < 0.3 else ListValueNode(values=())
    words = value.value.split()
    match random.randrange(6):
        case 0 if words:
            words.pop(random.randrange(len(words)))
        case 1 if words:
            words[random.randrange(len(words))] = random.choice(names)
        case 2:
            words.append(f"{random.choice(names)} {{ {random.choice(names)} }}")
        case 3:
            words.append(random.choice(("__typename", "unknown", "{", "a: id", "... on Query { id }", "$x", "id @skip(if: true)", "id(of: 1)")))
        case _:
            words.append(random.choice(names))
    return StringValueNode(value=" ".join(words))


def hide_value(document: DocumentNode, random: Random) -> DocumentNode | None:
    """Hides one value of an enum."""
    found = any_of(random, [(path, node) for path, node in sites(document, EnumTypeDefinitionNode) if node.values])
    if found is None:
        return None
    path, node = found
    at = random.randrange(len(node.values))
    changed, written = enabled(document, "inaccessible", random)
    return put(changed, (*path, "values", at), with_directive(node.values[at], written))


def hide_type(document: DocumentNode, random: Random) -> DocumentNode | None:
    name = any_of(random, [name for name in type_names(document) if name != "Query"])
    if name is None:
        return None
    changed, written = enabled(document, "inaccessible", random)
    path, node = next((path, node) for path, node in sites(changed, *TYPES) if node.name.value == name)
    return put(changed, path, with_directive(node, written))


MUTATIONS: dict[str, Mutation] = {
    **{f"put_on_{name}": put_on(name) for name in SIMPLE},
    **{
        f"put_on_everywhere_{name}": put_on_everywhere(name)
        for name in ("tag", "inaccessible", "shareable", "authenticated", "requiresScopes", "policy", "cost", "listSize")
    },
    "take_off": in_one(take_off),
    "take_off_everywhere": take_off_everywhere,
    "double": in_one(double),
    "move": in_one(move),
    "misspell": in_one(misspell),
    "alter_argument": in_one(alter_argument),
    "hide_value": in_one(hide_value),
    "hide_type": in_one(hide_type),
}
