"""This module is in charge of changes to enums, input types and scalars."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from graphql import DocumentNode, EnumTypeDefinitionNode, EnumValueDefinitionNode, InputObjectTypeDefinitionNode, NameNode, ScalarTypeDefinitionNode

from tests.composition.oracle.editing import SCALARS, any_of, input_of, put, sites, type_names, with_definitions, with_directive
from tests.composition.oracle.world import Mutation, World, in_one, with_part

VALUES = ("A", "B", "C", "D")


def _some(world: World, random: Random) -> list[int]:
    return random.sample(range(len(world)), min(len(world), random.choice((1, 2, 2, 3))))


def add_enum(world: World, random: Random) -> World | None:
    """An enum with values of its own in each of some subgraphs, used as output, as input or as both."""
    output = random.random() < 0.6
    for number, index in enumerate(_some(world, random)):
        values = " ".join(random.sample(VALUES, random.choice((1, 2, 3, 3))))
        argument = f"(of: Shade{random.choice(('', '', '!', ' = A'))})" if random.random() < 0.5 or not output else ""
        type_ = "Shade" if output or random.random() < 0.3 else "Int"
        sdl = f"enum Shade {{ {values} }}\nextend type Query {{ shade{number}{argument}: {type_} }}"
        world = with_part(world, index, with_definitions(world[index].document, sdl))
    return world


def change_enum(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A value more, one less, or one renamed."""
    found = any_of(random, sites(document, EnumTypeDefinitionNode))
    if found is None:
        return None
    path, node = found
    if node.values and random.random() < 0.6:
        at = (*path, "values", random.randrange(len(node.values)))
        return put(document, at, None if random.random() < 0.6 else EnumValueDefinitionNode(name=NameNode(value="OTHER"), directives=()))
    added = EnumValueDefinitionNode(name=NameNode(value=random.choice(VALUES)), directives=())
    return put(document, path, replace(node, values=(*(node.values or ()), added)))


def add_input(world: World, random: Random) -> World | None:
    """An input type with fields of its own in each of some subgraphs."""
    for number, index in enumerate(_some(world, random)):
        fields = " ".join(_input_field(name, random) for name in random.sample(("a", "b", "c"), random.choice((1, 2, 3, 3))))
        sdl = f"input Asked {{ {fields} }}\nextend type Query {{ asked{number}(of: Asked{random.choice(('', '!', ' = {}', ' = {a: 1}'))}): Int }}"
        world = with_part(world, index, with_definitions(world[index].document, sdl))
    return world


def _input_field(name: str, random: Random) -> str:
    return f"{name}: {random.choice(('Int', 'Int', 'Int', 'String'))}{random.choice(('', '', '', '!', ' = 1', ' = 2'))}"


def change_input(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, sites(document, InputObjectTypeDefinitionNode))
    if found is None:
        return None
    path, node = found
    if node.fields and random.random() < 0.4:
        return put(document, (*path, "fields", random.randrange(len(node.fields))), None)
    if random.random() < 0.2:
        return put(document, path, with_directive(node, "@oneOf"))
    names = (*SCALARS, *type_names(document, InputObjectTypeDefinitionNode, EnumTypeDefinitionNode))
    added = input_of(f"{random.choice('abcd')}: {random.choice(names)}{random.choice(('', '', '!'))}")
    return put(document, path, replace(node, fields=(*(node.fields or ()), added)))


def add_scalar(world: World, random: Random) -> World | None:
    urls = ("", "", '@specifiedBy(url: "https://a.example")', '@specifiedBy(url: "https://b.example")')
    for number, index in enumerate(_some(world, random)):
        sdl = f"scalar Moment {random.choice(urls)}\nextend type Query {{ moment{number}(after: Moment): Moment }}"
        world = with_part(world, index, with_definitions(world[index].document, sdl))
    return world


def specify_scalar(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, sites(document, ScalarTypeDefinitionNode))
    return found and put(document, found[0], with_directive(found[1], '@specifiedBy(url: "https://c.example")'))


MUTATIONS: dict[str, Mutation] = {
    "add_enum": add_enum,
    "change_enum": in_one(change_enum),
    "add_input": add_input,
    "change_input": in_one(change_input),
    "add_scalar": add_scalar,
    "specify_scalar": in_one(specify_scalar),
}
