"""The selection tree keeps the order of CollectFields (GraphQL spec, section 6.3.2), for every type and every value of the conditions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from graphql import build_schema, execute, parse, validate
from hypothesis import given, reject
from hypothesis import strategies as st

from gateway.operation.normalise import normalise
from gateway.operation.selection import Field, Operation, Selection

SCHEMA = build_schema(
    """
    interface I { a: I b: Int c: Int }
    interface J { a: I b: Int c: Int }
    type T implements I & J { a: I b: Int c: Int }
    type U implements I { a: I b: Int c: Int }
    type V implements I & J { a: I b: Int c: Int }
    type Query { a: I b: Int c: Int }
    """
)
TYPES = {"Query": {"Query"}, "I": {"T", "U", "V"}, "J": {"T", "V"}, "T": {"T"}, "U": {"U"}, "V": {"V"}}


class Thing:
    """An object of one type, all the way down."""

    b = c = 1

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    @property
    def a(self) -> Thing:
        return self


def by_the_tree(operation: Operation, type_name: str, variables: dict[str, bool]) -> dict[str, Any]:
    """An answer whose keys are in the order of the tree."""

    def below(kind: str, sources: Iterable[tuple[Selection, ...]]) -> dict[str, Any]:
        found: dict[str, list[Field]] = {}

        def take(selections: Iterable[Selection]) -> None:
            for each in selections:
                if any(variables[condition.variable] is condition.negated for condition in each.conditions):
                    continue
                if isinstance(each, Field):
                    found.setdefault(each.response_key, []).append(each)
                elif kind in TYPES[each.type_condition]:
                    take(each.selections)

        for source in sources:
            take(source)
        return {key: below(type_name, [each.selections for each in fields]) if fields[0].type == "I" else 1 for key, fields in found.items()}

    return below("Query", [operation.selections])


def hold(text: str) -> None:
    document = parse(text)
    if validate(SCHEMA, document):
        reject()
    operation = normalise(document, SCHEMA)
    for type_name in ("T", "U", "V"):
        for p in (True, False):
            for q in (True, False):
                given_ = {"p": p, "q": q}
                expected = execute(SCHEMA, document, Thing(type_name), variable_values=given_, type_resolver=lambda value, *_: value.type_name)
                assert expected.errors is None
                assert repr(by_the_tree(operation, type_name, given_)) == repr(expected.data), f"{text}\n{type_name} {given_}"


HEAD = "query ($p: Boolean! = true, $q: Boolean! = true) "


@pytest.mark.parametrize(
    "selections",
    [
        "{ a { b } a @include(if: $p) { c } a { x: b c } }",
        "{ a { a { b } ... on T { a { c } } a { x: b } } }",
        "{ a { ... on T { b } ... on J { c } ... on T { x: b c } } }",
        "{ a { ... on T { a { b } } ... on J { a { c } } ... on T { a { x: b } } } }",
        "{ a { ... on T { b } ... on U { c } ... on T { x: b } } }",
        "{ a { b } ...F a { x: b } } fragment F on Query { a @skip(if: $q) { c } }",
    ],
)
def test_a_selection_between_two_of_the_same_field_keeps_its_place(selections: str) -> None:
    hold(_used(HEAD + selections))


def _used(text: str) -> str:
    """The same with every variable used, as validation wants it; at the end, where it changes no order."""
    head, _, rest = text.partition(") ")
    cut = _end(rest)
    return f"{head}) {rest[:cut]} u: b @include(if: $p) v: b @skip(if: $q) {rest[cut:]}"


def _end(text: str) -> int:
    """Where the first selection set of a text closes."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if not depth:
            return at
    raise AssertionError(text)


CONDITION = st.sampled_from(["", "", "", "@include(if: $p)", "@skip(if: $p)", "@include(if: $q)"])
LEAF = st.builds(lambda name, condition: f"{name} {condition}", st.sampled_from(["b", "c", "x: b", "y: b", "z: c"]), CONDITION)


def _within(below: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    many = st.lists(below, min_size=1, max_size=4).map(" ".join)
    fields = st.builds(lambda alias, condition, inner: f"{alias}a {condition} {{ {inner} }}", st.sampled_from(["", "", "d: "]), CONDITION, many)
    fragments = st.builds(lambda name, condition, inner: f"... on {name} {condition} {{ {inner} }}", st.sampled_from("IJTU"), CONDITION, many)
    return fields | fragments


@given(st.lists(st.recursive(LEAF, _within, max_leaves=14), min_size=1, max_size=5))
def test_any_order_is_kept(inner: list[str]) -> None:
    hold(_used(HEAD + "{ a { " + " ".join(inner) + " } }"))
