"""This module is in charge of testing views: what is closed to whom, and that a view's schema is one that never had it."""

from __future__ import annotations

import re

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_introspection_query,
    get_named_type,
    graphql_sync,
    is_required_argument,
    parse,
    print_ast,
    print_schema,
    validate_schema,
)
from hypothesis import given
from hypothesis import strategies as st

from gateway.composition.supergraph import Requirement, Supergraph
from gateway.operation.pruning import prune
from gateway.operation.views import ViewKey, Views, closed_coordinates, is_met
from tests.operation.world import EVERYTHING, READER, principal, supergraph

WORLD = supergraph()
VIEWS = Views(WORLD)
F = Requirement(categories=frozenset({"F"}))


def coordinates(schema: GraphQLSchema) -> set[str]:
    """Every coordinate of a schema, read from its types and not from its SDL."""
    found: set[str] = set()
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):
            continue
        found.add(name)
        match type_:
            case GraphQLObjectType() | GraphQLInterfaceType():
                found |= {f"{name}.{field}" for field in type_.fields}
                found |= {f"{name}.{field}({argument}:)" for field, item in type_.fields.items() for argument in item.args}
            case GraphQLInputObjectType():
                found |= {f"{name}.{field}" for field in type_.fields}
            case GraphQLEnumType():
                found |= {f"{name}.{value}" for value in type_.values}
    return found


def closed_of(sdl: str, requirements: dict[str, Requirement]) -> frozenset[str]:
    return closed_coordinates(build_schema(sdl), requirements, ViewKey(frozenset(), frozenset()))


def pruned(sdl: str, *closed: str) -> str:
    schema = build_schema(sdl)
    view = closed_coordinates(schema, dict.fromkeys(closed, F), ViewKey(frozenset(), frozenset()))
    return print_schema(build_schema(parse_and_prune(sdl, view)))


def parse_and_prune(sdl: str, closed: frozenset[str]) -> str:
    return print_ast(prune(parse(print_schema(build_schema(sdl))), closed))


def same(sdl: str) -> str:
    return print_schema(build_schema(sdl))


@pytest.mark.parametrize(
    ("scopes", "met"),
    [
        (None, True),
        ([["a"]], True),
        ([["a", "x"]], False),
        ([["x"], ["a", "b"]], True),
        ([[]], True),
        # No alternative at all: nobody satisfies it (composition refuses it; here it must not open either).
        ([], False),
    ],
)
def test_scopes_are_alternatives_of_conjunctions(scopes: list[list[str]] | None, met: bool) -> None:
    form = None if scopes is None else frozenset(map(frozenset, scopes))
    assert is_met(Requirement(scopes=form), ViewKey(frozenset({"a", "b"}), frozenset())) is met


def test_every_category_has_to_be_open() -> None:
    both = Requirement(categories=frozenset({"A", "F"}))
    assert is_met(both, ViewKey(frozenset(), frozenset({"A", "F", "B"})))
    assert not is_met(both, ViewKey(frozenset(), frozenset({"A"})))


def test_a_category_that_nobody_knows_is_closed_to_everybody() -> None:
    assert not is_met(Requirement(categories=frozenset({"Z"})), VIEWS.of(principal(EVERYTHING)).key)


def test_the_view_of_a_reader() -> None:
    assert coordinates(VIEWS.of(principal()).schema) & set(WORLD.requirements) == set()
    assert VIEWS.of(principal()).sdl == VIEWS.of(principal(party="other")).sdl


def test_principals_share_a_view_by_what_it_depends_on() -> None:
    base = VIEWS.of(principal())
    assert VIEWS.of(principal(READER | {"of:no:matter"}, party="other", mode="hide")) is base
    # compliance and recycling open the same categories; public information opens fewer.
    assert VIEWS.of(principal(purpose="recycling")) is base
    assert VIEWS.of(principal(EVERYTHING)) is not VIEWS.of(principal(EVERYTHING, purpose="public_information"))
    assert VIEWS.of(principal(EVERYTHING)) is not VIEWS.of(principal(EVERYTHING - {"extra:read"}))


def test_where_nothing_is_closed_the_view_is_the_api_schema() -> None:
    assert VIEWS.of(principal(EVERYTHING)).schema is WORLD.api_schema


def test_a_view_of_nothing_still_answers() -> None:
    sdl = "type Query { a: Int } type Mutation { b: Int }"
    schema = build_schema(sdl)
    requirements = {"Query.a": F, "Mutation.b": F}
    empty = Supergraph({}, {}, schema, schema, requirements, {"query": "Query"}, sdl, "")
    view = Views(empty).of(principal())
    assert coordinates(view.schema) & {"Query.a", "Mutation", "Mutation.b"} == set()
    assert graphql_sync(view.schema, get_introspection_query()).errors is None


def test_a_closed_type_closes_its_members_and_what_is_of_it() -> None:
    sdl = "type Query { h: H, l: [H!]!, a(e: E, i: I): Int } type H { x: Int } enum E { V } input I { e: E, n: I }"
    assert closed_of(sdl, {"H": F}) == {"H", "H.x", "Query.h", "Query.l"}
    assert closed_of(sdl, {"E": F}) == {"E", "E.V", "Query.a(e:)", "I.e"}
    assert closed_of(sdl, {"I": F}) == {"I", "I.e", "I.n", "Query.a(i:)"}


def test_an_interface_is_closed_by_any_implementer() -> None:
    members = "{ x(a: Int): Int, y: Int }"
    sdl = f"type Query {{ n: N }} interface N {members} type T implements N {members} type U implements N {members}"
    assert closed_of(sdl, {"T.x": F}) == {"T.x", "N.x"}
    assert closed_of(sdl, {"T.x(a:)": F}) == {"T.x(a:)", "N.x(a:)"}
    assert closed_of(sdl, {"T": F}) == {"T", "T.x", "T.y", "N", "N.x", "N.y", "Query.n"}


@pytest.mark.parametrize(
    ("sdl", "closed", "left"),
    [
        ("type Query { a: Int, b: Int }", ["Query.b"], "type Query { a: Int }"),
        ("type Query { a: Int, b(x: Int, y: Int): Int }", ["Query.b(y:)"], "type Query { a: Int, b(x: Int): Int }"),
        # A field cannot do without an argument that has to be given; it can without one that has a default.
        ("type Query { a: Int, b(x: Int!): Int }", ["Query.b(x:)"], "type Query { a: Int }"),
        ("type Query { a: Int, b(x: Int! = 1): Int }", ["Query.b(x:)"], "type Query { a: Int, b: Int }"),
        ("type Query { a(i: I): Int } input I { x: Int!, y: Int }", ["I.x"], "type Query { a: Int }"),
        ("type Query { a(i: I!): Int, b: Int } input I { x: Int }", ["I.x"], "type Query { b: Int }"),
        # A default that names what is closed.
        ("type Query { a(e: E = V, f: E): Int } enum E { V W }", ["E.V"], "type Query { a(f: E): Int } enum E { W }"),
        (
            "type Query { a(i: I = {l: [{e: V}]}, j: I): Int } input I { l: [I], e: E } enum E { V W }",
            ["E.V"],
            "type Query { a(j: I): Int } input I { l: [I], e: E } enum E { W }",
        ),
        ("type Query { a(i: I): Int } input I { e: E = V, f: Int } enum E { V W }", ["E.V"], "type Query { a(i: I): Int } input I { f: Int }"),
        # What is empty goes, and what led to it.
        ("type Query { a: Int, t: T } type T { u: U } type U { x: Int }", ["U.x"], "type Query { a: Int }"),
        ("type Query { a: Int, u: U } union U = T type T { x: Int }", ["T"], "type Query { a: Int }"),
        ("type Query { a: Int, u: U } union U = T | V type T { x: Int } type V { y: Int }", ["T"], "type Query { a: Int, u: U } union U = V type V { y: Int }"),
        ("type Query { a(e: E): Int } enum E { V }", ["E.V"], "type Query { a: Int }"),
        # What nothing leads to goes; what implements an interface that is reached stays.
        ("type Query { a: Int, t(i: I): T } type T { s: S } scalar S input I { x: E } enum E { V }", ["Query.t"], "type Query { a: Int }"),
        (
            "type Query { n: N, t: T } interface N { x: Int } type T implements N { x: Int, y: Int }",
            ["Query.t"],
            "type Query { n: N } interface N { x: Int } type T implements N { x: Int, y: Int }",
        ),
        (
            "type Query { n: N } interface N { x(a: E): Int } type T implements N { x(a: E = V): Int } enum E { V W }",
            ["E.V"],
            "type Query { n: N } interface N { x: Int } type T implements N { x: Int }",
        ),
        # An implementer that lost a field takes it from the interface, even where the interface's own type for it is left.
        (
            "type Query { n: N } interface N { x: U, y: Int } type T implements N { x: B, y: Int } union U = B | C type B { b: Int } type C { c: Int }",
            ["B.b"],
            "type Query { n: N } interface N { y: Int } type T implements N { y: Int }",
        ),
        (
            "type Query { n: N } interface N { x: E, y: Int } type T implements N { x: E, y: Int } enum E { V }",
            ["E"],
            "type Query { n: N } interface N { y: Int } type T implements N { y: Int }",
        ),
    ],
)
def test_pruning_leaves_the_schema_that_never_had_it(sdl: str, closed: list[str], left: str) -> None:
    assert pruned(sdl, *closed) == same(left)


BUILT_IN = {"Query", "ID", "String", "Int", "Float", "Boolean"}
ALL = sorted(coordinates(WORLD.api_schema) - BUILT_IN)
requirement_sets = st.sets(st.sampled_from(ALL), max_size=8)


@given(requirement_sets)
def test_every_view_is_a_valid_schema_without_anything_closed(chosen: set[str]) -> None:
    closed = closed_coordinates(WORLD.api_schema, dict.fromkeys(chosen, F), ViewKey(frozenset(), frozenset()))
    sdl = print_ast(prune(parse(print_schema(WORLD.api_schema)), closed))
    left = build_schema(sdl, assume_valid=True)
    assert not coordinates(left) & closed
    if left.query_type.fields:
        assert validate_schema(build_schema(sdl)) == []
    # Nothing that is open and can still be used is lost: every field left out is closed, of a type that is gone, or cannot be
    # called without an argument that is gone.
    for name, type_ in left.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
            for field, item in WORLD.api_schema.type_map[name].fields.items():
                place = f"{name}.{field}"
                needs = {f"{place}({argument}:)" for argument, each in item.args.items() if is_required_argument(each)}
                assert field in type_.fields or place in closed or get_named_type(item.type).name not in left.type_map or needs & closed


@given(requirement_sets, requirement_sets)
def test_more_that_is_closed_never_opens_anything(some: set[str], more: set[str]) -> None:
    def left(closed: set[str]) -> set[str]:
        view = closed_coordinates(WORLD.api_schema, dict.fromkeys(closed, F), ViewKey(frozenset(), frozenset()))
        return coordinates(build_schema(print_ast(prune(parse(print_schema(WORLD.api_schema)), view)), assume_valid=True))

    assert left(some | more) <= left(some)


def test_no_name_of_what_is_hidden_stands_in_the_sdl() -> None:
    hidden = {re.split(r"[.(:)]+", place.rstrip(":)"))[-1] for place in VIEWS.of(principal()).closed} - {"soh"}
    words = set(re.findall(r"\w+", VIEWS.of(principal()).sdl))
    assert hidden & words == set()
    assert "Trend" not in words


def test_nobody_meets_a_policy() -> None:
    policies = frozenset({frozenset({"p"})})
    assert not is_met(Requirement(policies=policies), ViewKey(frozenset({"p"}), frozenset({"A"})))
    assert not is_met(Requirement(policies=policies, scopes=frozenset({frozenset[str]()})), ViewKey(frozenset(), frozenset()))
