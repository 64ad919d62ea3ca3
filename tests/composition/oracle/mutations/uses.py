"""This module is in charge of changes to how types are used and told: enums and inputs by position, contexts by type, interfaces above interfaces, protections
on interfaces, descriptions and deprecations everywhere, take-overs in both directions."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    NameNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    print_ast,
)

from tests.composition.oracle.dialect import enabled
from tests.composition.oracle.editing import (
    COMPOSITES,
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
from tests.composition.oracle.mutations.directives import SIMPLE
from tests.composition.oracle.mutations.entities import fields_of
from tests.composition.oracle.world import Mutation, World, in_one, with_part


def take_as_input(document: DocumentNode, random: Random) -> DocumentNode | None:
    """An enum or input type that is there becomes the type of an argument, nullable or not, with a default or without."""
    inputs = list(sites(document, EnumTypeDefinitionNode, InputObjectTypeDefinitionNode))
    found, field = any_of(random, inputs), any_of(random, owned_fields(document, ObjectTypeDefinitionNode))
    if found is None or field is None:
        return None
    node = found[1]
    default = ""
    if isinstance(node, EnumTypeDefinitionNode) and node.values and random.random() < 0.4:
        default = f" = {random.choice(node.values).name.value}"
    elif isinstance(node, InputObjectTypeDefinitionNode) and random.random() < 0.3:
        default = " = {}"
    type_ = random.choice(("{}", "{}", "{}!", "[{}!]")).format(node.name.value)
    path, owned, _owner = field
    return put(document, path, replace(owned, arguments=(*(owned.arguments or ()), input_of(f"taken: {type_}{default}"))))


def give_enum(document: DocumentNode, random: Random) -> DocumentNode | None:
    """An enum that is there is given by a new field."""
    name, owner = any_of(random, type_names(document, EnumTypeDefinitionNode)), any_of(random, list(sites(document, ObjectTypeDefinitionNode)))
    if name is None or owner is None:
        return None
    path, node = owner
    return put(document, path, replace(node, fields=(*(node.fields or ()), field_of(f"given{name}: {random.choice((name, f'[{name}!]!'))}"))))


def add_input_field_everywhere(world: World, random: Random) -> World | None:
    """One input field in some of the subgraphs that have the type, required in some."""
    name = any_of(random, sorted({name for part in world for name in type_names(part.document, InputObjectTypeDefinitionNode)}))
    if name is None:
        return None
    for index, part in enumerate(world):
        for path, node in sites(part.document, InputObjectTypeDefinitionNode):
            if node.name.value == name and random.random() < 0.7:
                item = input_of(f"more: {random.choice(('Int', 'Int', '[Int]', '[Int!]'))}{random.choice(('', '', '!', ' = 1', ' = null', '! = 2'))}")
                world = with_part(world, index, put(part.document, path, replace(node, fields=(*(node.fields or ()), item))))
    return world


def set_context_by_type(world: World, random: Random) -> World | None:
    """Several types, an interface or a union set one context, of which a field below takes something by type or of all alike."""
    for index in random.sample(range(len(world)), len(world)):
        document = world[index].document
        objects = [node for _path, node in sites(document, ObjectTypeDefinitionNode) if node.name.value != "Query" and node.fields]
        below = any_of(random, objects)
        above = [node for node in objects if below is not None and any(named(field.type) == below.name.value for field in node.fields or ())]
        if below is None or not above:
            continue
        chosen = random.sample(above, min(len(above), 2))
        document, context = enabled(document, "context", random)
        document, from_context = enabled(document, "fromContext", random)
        names = {node.name.value for node in chosen}
        for path, node in [(path, node) for path, node in sites(document, *COMPOSITES) if node.name.value in names]:
            context_name = random.choice(("place", "place", "place", "far"))
            document = put(document, path, with_directive(node, f'{context}(name: "{context_name}")'))
        leaf = random.choice(chosen[0].fields or ()).name.value
        conditions = " ".join(f"... on {node.name.value} {{ {random.choice(node.fields or ()).name.value} }}" for node in chosen)
        text = random.choice(
            (f"$place {{ {leaf} }}", f"$place {conditions}", f"$place {{ {conditions} }}", f"  $place\\n {{ {leaf} }}", f"$place {{ x: {leaf} }}")
        )
        type_ = random.choice(("String", "ID", "Int", "String!"))
        argument = input_of(f'given: {type_}{random.choice(("", "", " = null"))} {from_context}(field: "{text}")')
        path, node = next((path, node) for path, node in sites(document, ObjectTypeDefinitionNode) if node.name.value == below.name.value)
        field = random.choice(node.fields or ())
        changed = replace(field, arguments=(*(field.arguments or ()), argument))
        fields = tuple(changed if one is field else one for one in node.fields or ())
        return with_part(world, index, put(document, path, replace(node, fields=fields)))
    return None


def interface_above(world: World, random: Random) -> World | None:
    """An interface implements another, new one, and so do its implementations, mostly; in each subgraph that has it, mostly."""
    name = any_of(random, sorted({name for part in world for name in type_names(part.document, InterfaceTypeDefinitionNode)}))
    if name is None:
        return None
    for index, part in enumerate(world):
        document = part.document
        found = next(((path, node) for path, node in sites(document, InterfaceTypeDefinitionNode) if node.name.value == name), None)
        if found is None or not found[1].fields or random.random() < 0.2:
            continue
        field = replace(random.choice(found[1].fields), directives=())
        above = NamedTypeNode(name=NameNode(value="Above"))
        for path, node in list(sites(document, *COMPOSITES)):
            if (node.name.value == name or name in {each.name.value for each in node.interfaces or ()}) and random.random() < 0.95:
                document = put(document, path, replace(node, interfaces=(*(node.interfaces or ()), above)))
        given = f"\nextend type Query {{ above{index}: [Above] }}" if random.random() < 0.5 else ""
        world = with_part(world, index, with_definitions(document, f"interface Above {{ {print_ast(field)} }}{given}"))
    return world


def protect_interface(name: str) -> Mutation:
    """Federation's directive of that name on an interface, on its fields, or on what implements it."""

    def change(document: DocumentNode, random: Random) -> DocumentNode | None:
        interfaces = list(sites(document, InterfaceTypeDefinitionNode))
        found = any_of(random, interfaces)
        if found is None:
            return None
        document, written = enabled(document, name, random)
        use = f"{written}{random.choice(SIMPLE[name][:4])}"
        implementing = [(path, node) for path, node in sites(document, ObjectTypeDefinitionNode) if found[1].name.value in _interfaces(node)]
        places: list[Path] = [found[0], *(path for path, _node in implementing)]
        path = random.choice(places)
        node = next(node for where, node in sites(document, *COMPOSITES) if where == path)
        if node.fields and random.random() < 0.6:
            at = random.randrange(len(node.fields))
            return put(document, (*path, "fields", at), with_directive(node.fields[at], use))
        return put(document, path, with_directive(node, use))

    return in_one(change)


def _interfaces(node: ObjectTypeDefinitionNode) -> set[str]:
    return {each.name.value for each in node.interfaces or ()}


def say_everywhere(world: World, random: Random) -> World | None:
    """One field is described, deprecated, or both, in all subgraphs that declare it, each in words of its own."""
    found = any_of(random, [(owner.name.value, field.name.value) for part in world for _path, field, owner in owned_fields(part.document)])
    if found is None:
        return None
    deprecated, described = random.random() < 0.6, random.random() < 0.7
    for index, part in enumerate(world):
        document = part.document
        for path, field, owner in owned_fields(document):
            if (owner.name.value, field.name.value) != found or random.random() < 0.2:
                continue
            node: FieldDefinitionNode = field
            if described:
                node = replace(node, description=StringValueNode(value=random.choice(("One.", "One.", "Two.", "")), block=random.random() < 0.5))
            if deprecated:
                node = with_directive(node, "@deprecated" + random.choice(("", '(reason: "a")', '(reason: "b")', "(reason: null)")))
            document = put(document, path, node)
        world = with_part(world, index, document)
    return world


def override_each_other(world: World, random: Random) -> World | None:
    """A field that several subgraphs declare is taken over by one, two or all of them, at once or where labels are on."""
    fields = [(owner.name.value, field.name.value) for part in world for _path, field, owner in owned_fields(part.document, ObjectTypeDefinitionNode)]
    found = any_of(random, sorted({each for each in fields if fields.count(each) > 1}))
    if found is None:
        return None
    holders = [part.name for part in world if any((o.name.value, f.name.value) == found for _p, f, o in owned_fields(part.document))]
    for index in random.sample(range(len(world)), random.choice((1, 1, 2, len(world)))):
        others = [name for name in holders if name != world[index].name]
        if world[index].name not in holders or not others:
            continue
        document, override = enabled(world[index].document, "override", random)
        label = random.choice(("", "", ', label: "percent(10)"', ', label: "moved"', ', label: "moved"'))
        for path, field, owner in owned_fields(document, ObjectTypeDefinitionNode):
            if (owner.name.value, field.name.value) == found:
                document = put(document, path, with_directive(field, f'{override}(from: "{random.choice(others)}"{label})'))
        world = with_part(world, index, document)
    return world


def size_list(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A list field, or one of a connection's kind, gets arguments that slice it, and says so, rightly mostly."""
    found = any_of(random, [(path, field) for path, field, _owner in owned_fields(document) if print_ast(field.type).startswith("[") or random.random() < 0.2])
    if found is None:
        return None
    path, field = found
    document, written = enabled(document, "listSize", random)
    argument = input_of(random.choice(("first: Int", "first: Int!", "first: Int = 10", "first: [Int]", "page: Page", "first: ID")))
    sdl = "input Page { first: Int size: Int! }" if "page" in print_ast(argument) and "Page" not in type_names(document) else ""
    slicing = random.choice(('slicingArguments: ["first"]', 'slicingArguments: ["first", "last"]', 'slicingArguments: ["page.first"]', "assumedSize: 5"))
    leaves = [each.name.value for each in fields_of_type(document, named(field.type))] or ["nodes"]
    sized = random.choice(("", "", f', sizedFields: ["{random.choice(leaves)}"]', ", requireOneSlicingArgument: false"))
    changed = with_directive(replace(field, arguments=(*(field.arguments or ()), argument)), f"{written}({slicing}{sized})")
    document = put(document, path, changed)
    return with_definitions(document, sdl) if sdl else document


def fields_of_type(document: DocumentNode, name: str) -> list[FieldDefinitionNode]:
    """The fields of the type of that name, none where it has none."""
    return [field for _path, field, owner in owned_fields(document) if owner.name.value == name]


def add_interface_object_field(world: World, random: Random) -> World | None:
    """An interface object gets another field, which requires, is external, overrides, is shared or is protected."""
    for index in random.sample(range(len(world)), len(world)):
        marked = [
            (path, node)
            for path, node in sites(world[index].document, ObjectTypeDefinitionNode)
            if any("nterfaceObject" in use.name.value for use in node.directives or ())
        ]
        found = any_of(random, marked)
        if found is None:
            continue
        path, node = found
        foreign = sorted(set(fields_of(world).get(node.name.value, {})) - {field.name.value for field in node.fields or ()})
        name = random.choice(("requires", "shareable", "authenticated", "requiresScopes", "inaccessible", "tag", "override", "cost"))
        document, written = enabled(world[index].document, name, random)
        needed = random.choice(foreign or ["id"])
        arguments = {"requires": f'(fields: "{needed}")', "override": f'(from: "{random.choice(world).name}")'}.get(name)
        fields = [field_of(f"more: Int {written}{arguments if arguments is not None else random.choice(SIMPLE[name][:2])}")]
        if name == "requires" and foreign:
            document, external = enabled(document, "external", random)
            required = replace(fields_of(world)[node.name.value][needed], directives=(), description=None)
            fields.append(with_directive(required, external))
        return with_part(world, index, put(document, path, replace(node, fields=(*(node.fields or ()), *fields))))
    return None


MUTATIONS: dict[str, Mutation] = {
    "take_as_input": in_one(take_as_input),
    "give_enum": in_one(give_enum),
    "add_input_field_everywhere": add_input_field_everywhere,
    "set_context_by_type": set_context_by_type,
    "interface_above": interface_above,
    **{f"protect_interface_{name}": protect_interface(name) for name in ("authenticated", "requiresScopes", "policy")},
    "say_everywhere": say_everywhere,
    "override_each_other": override_each_other,
    "size_list": in_one(size_list),
    "add_interface_object_field": add_interface_object_field,
}
