"""This module is in charge of changes to the head of a document: links and what they bind, and definitions of what is not the subgraph's to define."""

from __future__ import annotations

from random import Random

from graphql import DocumentNode

from tests.composition.oracle.dialect import enabled, federation_link, imports_of, link_text, relinked, url_of
from tests.composition.oracle.editing import type_names, with_definitions
from tests.composition.oracle.world import Mutation, in_one

ALIASES = ("", "", "federation", "link", "foo", "bar", "x__y", "_x", "x_", "1x", "a b", "key", "tag", "shareable", "Query")
PLACES = (
    "https://specs.example/foo",
    "https://specs.example/foo",
    "https://other.example/foo",
    "https://specs.example/federation",
    "https://specs.example/link",
)
PLACES += ("http://specs.apollo.dev/federation", "https://specs.example/tag", "https://SPECS.example/foo", "https://me@specs.example/foo")
ENDS = ("v1.0", "v1.0", "v1.0", "v1.1", "v1.0/", "v1.0?x=1", "v1.0#x", "v1", "v01.0", "v1.0.0", "")
IMPORTS: tuple[str, ...] = ('"@one"', '"@one", {name: "@one", as: "@two"}', '"@one", "@one"', '"@shareable"')
IMPORTS += ('{name: "@one", as: "@key"}', '{name: "@one", as: "@foo"}', '"Thing"')
IMPORTS += ('{name: "@one", as: "@federation__one"}', '{name: "@one", as: "@foo__one"}', '{name: "@one", as: "@foo__two"}')
IMPORTS += ('{name: "@one", as: "@"}', '{name: "@one", as: null}')
IMPORTS += ('{name: "@one", as: "two"}', '{as: "@one"}', '{name: "@one", for: "@two"}')
IMPORTS += ('{name: "@foo", as: "@bar"}', '"@foo"', '{name: "@one", as: "@link"}', "1", '["@one"]')
MORE = ("", "", "", "", ", for: SECURITY", ", for: EXECUTION", ", for: null", ", for: ZORK", ", zork: 1")

SCALARS = ("Int", "Float", "String", "ID", "Boolean")
MACHINERY = (
    "type federation__FieldSet { a: Int }",
    "scalar federation__FieldSet",
    "enum link__Purpose { A }",
    "enum link__Purpose { SECURITY EXECUTION }",
    "scalar link__Import",
    "type link__Import { a: Int }",
    "directive @link(url: String!, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA"
    "\nscalar link__Import\nenum link__Purpose { SECURITY EXECUTION }",
    "directive @link(url: Int!) repeatable on SCHEMA",
    "directive @shareable(x: Int) on OBJECT",
    "directive @shareable on OBJECT | FIELD_DEFINITION",
    "directive @override(from: ID!) on FIELD_DEFINITION",
    "directive @override(from: String!, label: String) on FIELD_DEFINITION",
    "directive @inaccessible(x: Int) on OBJECT",
    "directive @tag(name: String!) repeatable on SCHEMA | OBJECT | FIELD_DEFINITION",
    "directive @tag(name: String!) repeatable on OBJECT | FIELD_DEFINITION | ENUM_VALUE | INTERFACE",
    "directive @fromContext(field: String!) on ARGUMENT_DEFINITION",
    "directive @forOperations(x: Int! @inaccessible) on FIELD",
    "directive @forOperations(x: Int @inaccessible) on FIELD",
)
BASELESS = (
    "extend enum Gone { A }",
    "extend input Gone { a: Int }",
    'extend scalar Gone @specifiedBy(url: "https://a.example")',
    "extend union Gone = Query",
    "extend type Gone { a: Int }",
)


def add_link(document: DocumentNode, random: Random) -> DocumentNode:
    """A link to somebody's specification, and sometimes another, with whatever may stand in one."""
    for _count in range(random.choice((1, 1, 2))):
        alias = random.choice(ALIASES) if random.random() < 0.4 else ""
        imports = f", import: [{random.choice(IMPORTS)}]" if random.random() < 0.5 else ""
        end = random.choice(ENDS) if random.random() < 0.3 else "v1.0"
        written = f'@link(url: "{random.choice(PLACES)}/{end}"{f", as: {chr(34)}{alias}{chr(34)}" if alias else ""}{imports}{random.choice(MORE)})'
        document = with_definitions(document, f"extend schema {written}")
    return document


def rename_federation(document: DocumentNode, random: Random) -> DocumentNode | None:
    """The link to federation gets an alias, whatever it imports."""
    link = federation_link(document)
    return link and relinked(document, link[0], url_of(link[1]), imports_of(link[1]), random.choice(ALIASES[2:]))


def vary_federation_url(document: DocumentNode, random: Random) -> DocumentNode | None:
    link = federation_link(document)
    if link is None:
        return None
    url = url_of(link[1])
    other = random.choice((f"{url}/", f"{url}?x=1", f"{url}#x", url.replace("https", "http"), url.replace("specs", "Specs")))
    return relinked(document, link[0], other, imports_of(link[1]))


def import_once_more(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A name stands for two things, or a thing has two names; or a name has another's prefix."""
    link = federation_link(document)
    if link is None:
        return None
    imports = {**imports_of(link[1])}
    others = ("@key", "@federation", "@federation__key", "@link", "@other__tag", "Int", "Thing")
    imports[random.choice(("@tag", "@shareable", "FieldSet"))] = random.choice(others)
    document = relinked(document, link[0], url_of(link[1]), imports)
    return document


def link_itself(document: DocumentNode, random: Random) -> DocumentNode:
    """The link specification is linked, in a version that there is or is not, and sometimes twice."""
    version = random.choice(("v1.0", "v1.0", "v1.1", "v2.0"))
    links = link_text(f"https://specs.apollo.dev/link/{version}", {}) * random.choice((1, 1, 1, 2))
    return with_definitions(document, f"extend schema {links}")


def redefine_scalar(document: DocumentNode, random: Random) -> DocumentNode:
    """A scalar of GraphQL's own is defined, or something else under its name."""
    name = random.choice(SCALARS)
    specified = f'scalar {name} @specifiedBy(url: "https://a.example")'
    forms = (f"scalar {name}", f"scalar {name}", f'"Text." scalar {name}', specified, f"extend scalar {name} @unknown", f"enum {name} {{ A }}")
    return with_definitions(document, random.choice(forms))


def redefine_machinery(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A type or directive of federation or of `@link` is defined, rightly or wrongly."""
    sdl = random.choice(MACHINERY)
    names = {node.name.value for node in document.definitions if getattr(node, "name", None) is not None}
    return None if any(f"@{name}(" in sdl or f"@{name} " in sdl or f" {name} " in sdl for name in names) else with_definitions(document, sdl)


def extend_nothing(document: DocumentNode, random: Random) -> DocumentNode | None:
    return None if "Gone" in type_names(document) else with_definitions(document, random.choice(BASELESS))


def add_operation(document: DocumentNode, random: Random) -> DocumentNode:
    return with_definitions(document, random.choice(("{ __typename }", "query Q { __typename }", "fragment F on Query { __typename }")))


def compose_under_a_name(document: DocumentNode, random: Random) -> DocumentNode | None:
    """A directive is composed that is called as one of federation's elsewhere, of a specification that is called as another."""
    name = random.choice(("mark", "tag", "inaccessible", "cost", "policy", "authenticated", "requiresScopes", "join__field", "cost__mark", "shareable"))
    specification = random.choice(("mark", "mark", "cost", "join", "tag", "my-mark", "mark_"))
    document, written = enabled(document, "composeDirective", random)
    link = federation_link(document)
    if link is not None and f"@{name}" in imports_of(link[1]).values():
        return None
    imported = link_text(f"https://taken.example/{specification}/v1.0", {"@mark": f"@{name}"})
    document = with_definitions(document, f'directive @{name} on FIELD_DEFINITION\nextend schema {imported} {written}(name: "@{name}")')
    return with_definitions(document, f"extend type Query {{ composed: Int @{name} }}") if random.random() < 0.5 else document


def exchange_names(document: DocumentNode, random: Random) -> DocumentNode | None:
    """Directives of federation are imported by the names of others."""
    link = federation_link(document)
    if link is None:
        return None
    imports = imports_of(link[1])
    names = [name for name in ("@tag", "@inaccessible", "@authenticated", "@policy", "@cost", "@listSize") if name not in imports]
    for name, here in zip(names, random.sample(names, len(names)), strict=True):
        imports[name] = here
    document = relinked(document, link[0], "https://specs.apollo.dev/federation/v2.9", imports)
    given = {"@tag": '(name: "a")', "@policy": '(policies: [["a"]])', "@cost": "(weight: 2)", "@listSize": "(assumedSize: 2)"}
    uses = [f"{imports[name]}{given.get(name, '')}" for name in random.sample(names, min(2, len(names)))]
    return with_definitions(document, f"extend type Query {{ exchanged: [Int] {' '.join(uses)} }}")


MUTATIONS: dict[str, Mutation] = {
    "add_link": in_one(add_link),
    "rename_federation": in_one(rename_federation),
    "vary_federation_url": in_one(vary_federation_url),
    "import_once_more": in_one(import_once_more),
    "link_itself": in_one(link_itself),
    "redefine_scalar": in_one(redefine_scalar),
    "redefine_machinery": in_one(redefine_machinery),
    "extend_nothing": in_one(extend_nothing),
    "compose_under_a_name": in_one(compose_under_a_name),
    "exchange_names": in_one(exchange_names),
    "add_operation": in_one(add_operation),
}
