"""This module is in charge of changes to what binds subgraphs together: keys, requirements, provisions, overrides, interface objects, contexts."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from graphql import DocumentNode, FieldDefinitionNode, InterfaceTypeDefinitionNode, ObjectTypeDefinitionNode, print_ast

from tests.composition.oracle.dialect import called, enabled
from tests.composition.oracle.editing import (
    COMPOSITES,
    OBJECTS,
    Path,
    any_of,
    field_of,
    input_of,
    named,
    owned_fields,
    put,
    sites,
    type_names,
    with_definitions,
    with_directive,
)
from tests.composition.oracle.world import Mutation, World, in_one, with_part

Fields = dict[str, dict[str, FieldDefinitionNode]]
"""Type name -> field name -> field, over all subgraphs."""


def fields_of(world: World) -> Fields:
    found: Fields = {}
    for part in world:
        for _path, field, owner in owned_fields(part.document):
            found.setdefault(owner.name.value, {})[field.name.value] = field
    return found


def selection(fields: Fields, type_: str, random: Random, depth: int = 2) -> str:
    """A selection on that type, mostly of what is there."""
    names = list(fields.get(type_, {}))
    if not names or random.random() < 0.03:
        return random.choice(("__typename", "unknown", "id"))
    chosen = random.sample(names, min(len(names), random.choice((1, 1, 1, 2, 3))))
    return " ".join(_selected(fields, fields[type_][name], random, depth) for name in chosen)


def _selected(fields: Fields, field: FieldDefinitionNode, random: Random, depth: int) -> str:
    inner = named(field.type)
    arguments = "(of: 1)" if random.random() < 0.02 else ""
    if arguments == "" and field.arguments and random.random() < 0.5:
        arguments = f"({field.arguments[0].name.value}: {random.choice(('1', 'null', 'true'))})"
    if inner not in fields or (random.random() < 0.03):
        return f"{field.name.value}{arguments}"
    if depth == 0:
        return f"{field.name.value}{arguments} {{ __typename }}"
    condition = random.random() < 0.1
    nested = selection(fields, inner, random, depth - 1)
    return f"{field.name.value}{arguments} {{ {f'... on {inner} {{ {nested} }}' if condition else nested} }}"


def _entities(document: DocumentNode) -> list[tuple[Path, ObjectTypeDefinitionNode]]:
    return [(path, node) for path, node in sites(document, *COMPOSITES) if any(called(document, use.name.value) == "key" for use in node.directives or ())]


def _in_random_part(world: World, random: Random) -> list[int]:
    return random.sample(range(len(world)), len(world))


def add_key(world: World, random: Random) -> World | None:
    """A key of any fields, on any object or interface, resolvable or not."""
    for index in _in_random_part(world, random):
        found = any_of(random, [site for site in sites(world[index].document, *COMPOSITES) if site[1].name.value != "Query" or random.random() < 0.05])
        if found is None:
            continue
        path, node = found
        document, written = enabled(world[index].document, "key", random)
        fields = selection(fields_of((world[index],) if random.random() < 0.8 else world), node.name.value, random)
        resolvable = random.choice(("", "", "", ", resolvable: false", ", resolvable: true"))
        return with_part(world, index, put(document, path, with_directive(node, f'{written}(fields: "{fields}"{resolvable})')))
    return None


def drop_key(document: DocumentNode, random: Random) -> DocumentNode | None:
    found = any_of(random, _keys(document))
    return found and put(document, found, None)


def _keys(document: DocumentNode) -> list[Path]:
    return [
        (*path, "directives", at)
        for path, node in sites(document, *COMPOSITES)
        for at, use in enumerate(node.directives or ())
        if called(document, use.name.value) == "key"
    ]


def unresolvable_key(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A key becomes one that nobody may enter by."""
    found = any_of(random, _keys(document))
    if found is None:
        return None
    owner_path = found[:-2]
    owner = next(node for path, node in sites(document, *COMPOSITES) if path == owner_path)
    use = owner.directives[found[-1]]
    made = with_directive(owner, f"@{use.name.value}(fields: {print_ast(use.arguments[0].value)}, resolvable: false)").directives[-1] if use.arguments else use
    return put(document, found, made)


def _foreign_fields(world: World, index: int, type_: str) -> list[FieldDefinitionNode]:
    """Fields that other subgraphs have on that type and this one has not."""
    own = {field.name.value for _path, field, owner in owned_fields(world[index].document) if owner.name.value == type_}
    return [
        field
        for at, part in enumerate(world)
        if at != index
        for _path, field, owner in owned_fields(part.document)
        if owner.name.value == type_ and field.name.value not in own
    ]


def add_requires(world: World, random: Random) -> World | None:
    """A new field that requires one or two fields of other subgraphs, declared external mostly."""
    for index in _in_random_part(world, random):
        for path, node in random.sample(_entities(world[index].document), len(_entities(world[index].document))):
            foreign = _foreign_fields(world, index, node.name.value)
            if not foreign:
                continue
            document, external = enabled(world[index].document, "external", random)
            document, requires = enabled(document, "requires", random)
            chosen = {field.name.value: field for field in random.sample(foreign, min(len(foreign), random.choice((1, 1, 2))))}
            fields = fields_of(world)
            text = " ".join(_selected(fields, field, random, 1) for field in chosen.values())
            bare = [replace(field, directives=(), description=None) for field in chosen.values()]
            declared = [with_directive(field, external) if random.random() < 0.95 else field for field in bare]
            added = field_of(f'needing{random.randrange(3)}: String {requires}(fields: "{text}")')
            return with_part(world, index, put(document, path, replace(node, fields=(*(node.fields or ()), *declared, added))))
    return None


def add_provides(world: World, random: Random) -> World | None:
    """A field that gives a composite type provides some of what other subgraphs have there, declared external mostly."""
    for index in _in_random_part(world, random):
        composites = set(type_names(world[index].document, *COMPOSITES))
        places = [(path, field) for path, field, _owner in owned_fields(world[index].document) if named(field.type) in composites]
        for path, field in random.sample(places, len(places)):
            foreign = _foreign_fields(world, index, named(field.type)) or [
                node for _p, node, owner in owned_fields(world[index].document) if owner.name.value == named(field.type)
            ]
            if not foreign:
                continue
            document, external = enabled(world[index].document, "external", random)
            document, provides = enabled(document, "provides", random)
            chosen = random.choice(foreign)
            document = put(document, path, with_directive(field, f'{provides}(fields: "{_selected(fields_of(world), chosen, random, 1)}")'))
            where, owner = next((where, node) for where, node in sites(document, *COMPOSITES) if node.name.value == named(field.type))
            if chosen.name.value not in {own.name.value for own in owner.fields or ()}:
                bare = replace(chosen, directives=(), description=None)
                document = put(document, where, replace(owner, fields=(*(owner.fields or ()), with_directive(bare, external))))
            return with_part(world, index, document)
    return None


def add_override(world: World, random: Random) -> World | None:
    """A field overrides another subgraph's, at once or by and by; sometimes one that is not there."""
    for index in _in_random_part(world, random):
        owned = random.sample(owned_fields(world[index].document), len(owned_fields(world[index].document)))
        for path, field, owner in owned:
            others = [
                part.name
                for at, part in enumerate(world)
                if at != index and any(o.name.value == owner.name.value and f.name.value == field.name.value for _p, f, o in owned_fields(part.document))
            ]
            if not others and random.random() < 0.95:
                continue
            return _overridden(world, index, path, field, others, random)
    return None


def _overridden(world: World, index: int, path: Path, field: FieldDefinitionNode, others: list[str], random: Random) -> World:
    document, override = enabled(world[index].document, "override", random)
    origin = random.choice(others) if others and random.random() < 0.9 else random.choice(("nowhere", world[index].name, *(part.name for part in world)))
    labels = (
        "",
        "",
        "",
        ', label: "percent(50)"',
        ', label: "percent(101)"',
        ', label: "flag"',
        ', label: "percent(12.345678)"',
        ', label: "9bad"',
        ', label: ""',
    )
    label = random.choice(labels if random.random() < 0.5 else labels[:4])
    return with_part(world, index, put(document, path, with_directive(field, f'{override}(from: "{origin}"{label})')))


def take_over(world: World, random: Random) -> World | None:
    """A field of another subgraph is declared here too, and overrides the one there."""
    for index in _in_random_part(world, random):
        for path, node in random.sample(_entities(world[index].document), len(_entities(world[index].document))):
            foreign = _foreign_fields(world, index, node.name.value)
            if not foreign:
                continue
            field = replace(random.choice(foreign), directives=())
            document = put(world[index].document, path, replace(node, fields=(*(node.fields or ()), field)))
            owners = [
                p.name for p in world if any(o.name.value == node.name.value and f.name.value == field.name.value for _p, f, o in owned_fields(p.document))
            ]
            return _overridden(with_part(world, index, document), index, (*path, "fields", len(node.fields or ())), field, owners, random)
    return None


def add_interface_object(world: World, random: Random) -> World | None:
    """An interface of one subgraph gets a key, and another subgraph an object of its name with a field more."""
    if len(world) < 2:
        return None
    for index in _in_random_part(world, random):
        document = world[index].document
        found = any_of(random, [(path, node) for path, node in sites(document, InterfaceTypeDefinitionNode) if node.fields])
        if found is None:
            continue
        path, node = found
        key = random.choice([field.name.value for field in node.fields])
        if not any(called(document, use.name.value) == "key" for use in node.directives or ()) and random.random() < 0.95:
            document, written = enabled(document, "key", random)
            document = put(document, path, with_directive(node, f'{written}(fields: "{key}")'))
            for where, owner in list(sites(document, *OBJECTS)) if random.random() < 0.9 else ():
                if node.name.value in {interface.name.value for interface in owner.interfaces or ()}:
                    document = put(document, where, with_directive(owner, f'{written}(fields: "{key}")'))
        world = with_part(world, index, document)
        target = random.choice([at for at in range(len(world)) if at != index])
        other, written = enabled(world[target].document, "interfaceObject", random)
        other, key_name = enabled(other, "key", random)
        field = next(field for field in node.fields if field.name.value == key)
        sdl = f'type {node.name.value} {key_name}(fields: "{key}") {written} {{ {key}: {print_ast(field.type)} added: Int }}'
        return with_part(world, target, with_definitions(other, sdl))
    return None


def add_context(world: World, random: Random) -> World | None:
    """A type sets a context, and a field below it takes an argument from it."""
    for index in _in_random_part(world, random):
        objects = [(path, node) for path, node in sites(world[index].document, ObjectTypeDefinitionNode) if node.name.value != "Query" and node.fields]
        pairs = [(one, other) for one in objects for other in objects if any(named(field.type) == other[1].name.value for field in one[1].fields)]
        found = any_of(random, pairs) if random.random() < 0.9 else any_of(random, [(one, other) for one in objects for other in objects])
        if found is None:
            continue
        (path, setter), (where, user) = found
        document, context = enabled(world[index].document, "context", random)
        document, from_context = enabled(document, "fromContext", random)
        document = put(document, path, with_directive(setter, f'{context}(name: "{random.choice(("ctx", "ctx", "ctx", "other", "_bad"))}")'))
        user = next(node for at, node in sites(document, ObjectTypeDefinitionNode) if at == where)
        field = random.choice(user.fields)
        source = random.choice(setter.fields)
        text = random.choice(
            (
                f"$ctx {{ {source.name.value} }}",
                f"$ctx {{ {source.name.value} }}",
                f"$ctx ... on {setter.name.value} {{ {source.name.value} }}",
                "$ctx { unknown }",
                "ctx { id }",
                "$ctx",
            )
        )
        type_ = print_ast(source.type).rstrip("!") if random.random() < 0.8 else "String"
        argument = input_of(f'given: {type_} {from_context}(field: "{text}")')
        changed = replace(field, arguments=(*(field.arguments or ()), argument))
        document = put(document, where, replace(user, fields=tuple(changed if one is field else one for one in user.fields)))
        return with_part(world, index, document)
    return None


MUTATIONS: dict[str, Mutation] = {
    "add_key": add_key,
    "drop_key": in_one(drop_key),
    "unresolvable_key": in_one(unresolvable_key),
    "add_requires": add_requires,
    "add_provides": add_provides,
    "add_override": add_override,
    "take_over": take_over,
    "add_interface_object": add_interface_object,
    "add_context": add_context,
}
