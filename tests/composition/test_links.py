"""Directives are what their feature's URL says they are, whatever they are called."""

from __future__ import annotations

import pytest
from graphql import parse

from gateway.composition.compose import compose
from gateway.composition.definitions import FEDERATION
from gateway.composition.errors import CompositionFailure
from gateway.composition.links import Element, read_links
from gateway.composition.supergraph import SubgraphSource, Supergraph

BODY = """
type Query { a: A }
type A @%(key)s(fields: "id") { id: ID! hidden: Int @%(inaccessible)s closed: Int @%(requiresScopes)s(scopes: [["x"]]) }
"""
NAMES = ("key", "inaccessible", "requiresScopes")


def alone(sdl: str) -> Supergraph | CompositionFailure:
    return compose([SubgraphSource("a", "http://a.example", sdl)])


@pytest.mark.parametrize(
    ("link", "names"),
    [
        ('import: ["@key", "@inaccessible", "@requiresScopes"]', {}),
        ("import: []", {name: f"federation__{name}" for name in NAMES}),
        ('as: "fed"', {name: f"fed__{name}" for name in NAMES}),
        ('as: "fed", import: ["@key", {name: "@inaccessible", as: "@key2"}]', {"inaccessible": "key2", "requiresScopes": "fed__requiresScopes"}),
        (
            'import: [{name: "@key", as: "@inaccessible"}, {name: "@inaccessible", as: "@key"}, {name: "@requiresScopes", as: "@shareable"}]',
            {"key": "inaccessible", "inaccessible": "key", "requiresScopes": "shareable"},
        ),
    ],
)
def test_every_way_of_naming_binds(link: str, names: dict[str, str]) -> None:
    body = BODY % {name: names.get(name, name) for name in NAMES}
    graph = alone(f'extend schema @link(url: "{FEDERATION}/v2.9", {link})\n{body}')
    assert isinstance(graph, Supergraph), str(graph)
    assert graph.types["A"].keys["a"][0].text == "id"
    assert graph.types["A"].fields["hidden"].inaccessible
    assert graph.requirements["A.closed"].scopes == frozenset({frozenset({"x"})})
    assert set(graph.api_schema.type_map["A"].fields) == {"id", "closed"}


def test_an_imported_directive_has_no_other_name() -> None:
    sdl = f'extend schema @link(url: "{FEDERATION}/v2.9", import: ["@inaccessible"]) type Query {{ a: Int b: Int @federation__inaccessible }}'
    outcome = alone(sdl)
    assert isinstance(outcome, CompositionFailure)
    assert [error.code for error in outcome.errors] == ["INVALID_GRAPHQL"]


def test_a_directive_of_another_feature_under_a_known_name_is_not_federations() -> None:
    sdl = f"""
        extend schema
          @link(url: "{FEDERATION}/v2.9", import: ["@shareable"])
          @link(url: "https://other.example/hiding/v1.0", import: ["@inaccessible"])
        directive @inaccessible on FIELD_DEFINITION
        type Query {{ a: Int @inaccessible }}
    """
    graph = alone(sdl)
    assert isinstance(graph, Supergraph), str(graph)
    assert not graph.types["Query"].fields["a"].inaccessible


def test_a_feature_may_be_linked_by_itself() -> None:
    sdl = f"""
        extend schema
          @link(url: "{FEDERATION}/v2.9", import: ["@shareable"])
          @link(url: "https://specs.apollo.dev/inaccessible/v0.2", as: "unseen")
        type Query {{ a: Int @unseen b: Int }}
    """
    graph = alone(sdl)
    assert isinstance(graph, Supergraph), str(graph)
    assert graph.types["Query"].fields["a"].inaccessible


def test_link_may_be_called_otherwise() -> None:
    document = parse(f"""
        schema
          @uses(url: "https://specs.apollo.dev/link/v1.0", as: "uses")
          @uses(url: "{FEDERATION}/v2.3", import: ["@key"])
        {{ query: Query }}
        directive @uses(url: String, as: String, import: [String]) repeatable on SCHEMA
    """)
    links = read_links("a", document)
    assert links.element("key") == Element(FEDERATION, "key")
    assert links.element("federation__tag") == Element(FEDERATION, "tag")
    assert links.element("link") is None


@pytest.mark.parametrize(
    ("link", "code"),
    [
        (f'url: "{FEDERATION}/v2.9") @link(import: ["@key"]', "INVALID_LINK_DIRECTIVE_USAGE"),
        ('url: "nowhere"', "INVALID_LINK_IDENTIFIER"),
        (f'url: "{FEDERATION}"', "INVALID_LINK_IDENTIFIER"),
        (f'url: "{FEDERATION}/v2.99"', "UNKNOWN_FEDERATION_LINK_VERSION"),
        (f'url: "{FEDERATION}/v2.0", import: ["@authenticated"]', "INVALID_LINK_DIRECTIVE_USAGE"),
        (f'url: "{FEDERATION}/v2.9", import: ["@unheard"]', "INVALID_LINK_DIRECTIVE_USAGE"),
        (f'url: "{FEDERATION}/v2.9", import: [{{name: "@key", as: "key"}}]', "INVALID_LINK_DIRECTIVE_USAGE"),
        (f'url: "{FEDERATION}/v2.9", import: [3]', "INVALID_LINK_DIRECTIVE_USAGE"),
    ],
)
def test_an_unusable_link_is_refused(link: str, code: str) -> None:
    outcome = alone(f"extend schema @link({link}) type Query {{ a: Int }}")
    assert isinstance(outcome, CompositionFailure)
    assert [error.code for error in outcome.errors] == [code]
    assert outcome.errors[0].subgraphs[0][:2] == ("a", 1)


@pytest.mark.parametrize("directive", ["tag", "inaccessible"])
@pytest.mark.parametrize(("version", "fits"), [(1, False), (2, True)])
def test_the_first_version_of_a_specification_by_itself_has_fewer_places(directive: str, version: int, fits: bool) -> None:
    """https://specs.apollo.dev/tag/v0.1 and inaccessible/v0.1: on fields, objects, interfaces and unions."""
    use = f"@{directive}" + ('(name: "x")' if directive == "tag" else "")
    head = f'extend schema @link(url: "{FEDERATION}/v2.3") @link(url: "https://specs.apollo.dev/{directive}/v0.{version}")'
    assert isinstance(alone(f"{head} type Query {{ a: Int b: Int {use} }}"), Supergraph)
    found = alone(f"{head} type Query {{ a(x: Int {use}): Int }}")
    assert isinstance(found, Supergraph) is fits
    if isinstance(found, CompositionFailure):
        assert [error.code for error in found.errors] == ["INVALID_GRAPHQL"]


def test_directives_of_the_machinery_have_to_be_known_too() -> None:
    found = alone("type Query { a: Int } scalar _FieldSet @inaccessible")
    assert isinstance(found, CompositionFailure)
    assert [(error.code, error.subgraphs[0][:2]) for error in found.errors] == [("INVALID_GRAPHQL", ("a", 1))]
    own = alone("directive @inaccessible on SCALAR type Query { a: Int } scalar _FieldSet @inaccessible")
    assert isinstance(own, Supergraph)
    second = alone(f'extend schema @link(url: "{FEDERATION}/v2.3", import: ["@inaccessible"]) type Query {{ a: Int }} scalar _FieldSet @inaccessible')
    assert isinstance(second, Supergraph)
