"""What coordinates ask of a caller, from directive to `Supergraph.requirements`."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.composition.requirements import Scopes, both_scopes, implies, implies_scopes, minimal
from gateway.composition.supergraph import Requirement
from tests.composition.sdl import codes, composed

SCOPES = "abcd"
CALLERS = [frozenset(held) for held in chain.from_iterable(combinations(SCOPES, size) for size in range(len(SCOPES) + 1))]
FORMS = st.frozensets(st.frozensets(st.sampled_from(SCOPES), min_size=1), min_size=1)


def admits(form: Scopes | None, held: frozenset[str]) -> bool:
    """The meaning of scopes, said another way: the oracle."""
    return form is None or any(clause <= held for clause in form)


@given(FORMS)
def test_minimal_admits_the_same_callers_with_no_clause_to_spare(form: Scopes) -> None:
    small = minimal(form)
    assert all(admits(small, held) == admits(form, held) for held in CALLERS)
    for clause in small:
        assert any(admits(small, held) != admits(small - {clause}, held) for held in CALLERS)


@given(FORMS | st.none(), FORMS | st.none())
def test_both_admits_who_satisfies_both(left: Scopes | None, right: Scopes | None) -> None:
    assert all(admits(both_scopes(left, right), held) == (admits(left, held) and admits(right, held)) for held in CALLERS)


@given(FORMS | st.none(), FORMS | st.none())
def test_implication_is_inclusion_of_callers(left: Scopes | None, right: Scopes | None) -> None:
    assert implies_scopes(left, right) == all(admits(right, held) for held in CALLERS if admits(left, held))


def test_implication_needs_every_part() -> None:
    full = Requirement(True, frozenset({frozenset({"a"})}), frozenset("AB"))
    assert implies(full, Requirement(True, None, frozenset("A")))
    assert not implies(Requirement(False, full.scopes, full.categories), full)
    assert not implies(Requirement(True, None, full.categories), full)
    assert not implies(Requirement(True, full.scopes, frozenset("A")), full)


def test_categories_are_known_at_every_kind_of_coordinate() -> None:
    graph = composed("""
        type Query { a(code: ID! @category(names: ["A"]), by: By): Int @category(names: ["B"]) @category(names: ["C"]) }
        input By { region: String @category(names: ["D"]) state: State }
        enum State { NEW @category(names: "E") OLD }
    """)
    assert {at: sorted(asked.categories) for at, asked in graph.requirements.items()} == {
        "Query.a": ["B", "C"],
        "Query.a(code:)": ["A"],
        "By.region": ["D"],
        "State.NEW": ["E"],
    }


def test_requirements_of_several_subgraphs_all_hold() -> None:
    graph = composed(
        """
        type Query { a: A @requiresScopes(scopes: [["x"]]) }
        type A @authenticated @shareable { b: Int @requiresScopes(scopes: [["x", "y"], ["z"]]) @category(names: ["A"]) }
        """,
        'type A @shareable { b: Int @requiresScopes(scopes: [["z"], ["w"]]) @category(names: ["B"]) }',
        "type A @shareable { b: Int @authenticated }",
    )
    z, xyw = frozenset({"z"}), frozenset({"x", "y", "w"})
    assert graph.requirements == {
        "Query.a": Requirement(scopes=frozenset({frozenset({"x"})})),
        "A": Requirement(authenticated=True),
        "A.b": Requirement(True, frozenset({z, xyw}), frozenset("AB")),
    }


def test_an_interface_asks_what_its_implementers_ask_together() -> None:
    graph = composed(
        """
        type Query { node: Node }
        interface Node { id: ID! }
        type A implements Node @key(fields: "id") @authenticated { id: ID! @requiresScopes(scopes: [["x"]]) }
        """,
        """
        interface Node { id: ID! }
        type B implements Node { id: ID! @requiresScopes(scopes: [["y"], ["z"]]) @category(names: ["D"]) }
        """,
    )
    assert graph.requirements["Node"] == Requirement(authenticated=True)
    assert graph.requirements["Node.id"] == Requirement(scopes=frozenset({frozenset({"x", "y"}), frozenset({"x", "z"})}), categories=frozenset("D"))
    assert "interface Node\n  @join__type(graph: A)\n  @join__type(graph: B)\n  @authenticated\n{\n  id: ID! @requiresScopes" in graph.sdl


@pytest.mark.parametrize("scopes", ["[]", "[[]]", '[["a"], []]', '[[""]]', '""'])
def test_empty_scopes_never_compose(scopes: str) -> None:
    assert codes(f"type Query {{ a: Int @requiresScopes(scopes: {scopes}) }}") == ["EMPTY_SCOPES Query.a"]
    assert codes(f"type Query {{ a: A }} type A @requiresScopes(scopes: {scopes}) {{ a: Int }}") == ["EMPTY_SCOPES A"]


@pytest.mark.parametrize("scopes", ["3", "[3]", "[[3]]", "{a: 1}", "null"])
def test_scopes_that_are_no_strings_never_compose(scopes: str) -> None:
    assert codes(f"type Query {{ a: Int @requiresScopes(scopes: {scopes}) }}") == ["INVALID_GRAPHQL Query.a"]


def test_a_category_cannot_be_forged_out_of_its_quotes() -> None:
    assert codes('type Query { a: Int @category(names: ["A\\"]) @inaccessible #"]) }') == ["INVALID_CATEGORY Query.a"]


DEPENDENT = 'type A @key(fields: "id") {{ id: ID! b: B @external c: Int @requires(fields: "{fields}") {asks} }} {more}'
BASE = """
    type Query {{ a: A }}
    type A @key(fields: "id") {{ id: ID! b: B {on_field} }}
    type B @shareable {on_type} {{ x: Int y: Int {on_leaf} }}
"""
VALUE = "type B @shareable { x: Int y: Int }"


@pytest.mark.parametrize(
    ("where", "asks"),
    [
        ("on_field", '@requiresScopes(scopes: [["x"]])'),
        ("on_type", "@authenticated"),
        ("on_leaf", '@requiresScopes(scopes: [["x", "y"], ["z"]])'),
        ("on_field", '@category(names: ["N"])'),
        ("on_leaf", '@category(names: ["N"])'),
    ],
)
def test_what_a_field_requires_it_asks_for_too(where: str, asks: str) -> None:
    base = BASE.format(**{"on_field": "", "on_type": "", "on_leaf": ""} | {where: asks})
    lax = DEPENDENT.format(fields="b { y }", asks="", more=VALUE)
    assert codes(base, lax) == ["MISSING_TRANSITIVE_AUTH_REQUIREMENTS A.c"]
    assert "A.c" in composed(base, DEPENDENT.format(fields="b { y }", asks=asks, more=VALUE)).requirements


def test_what_is_asked_of_the_whole_type_counts_for_its_dependent_fields() -> None:
    base = BASE.format(on_field="@authenticated", on_type="", on_leaf="")
    dependent = DEPENDENT.format(fields="b { y }", asks="", more=VALUE).replace('type A @key(fields: "id")', 'type A @key(fields: "id") @authenticated')
    assert "A.c" not in composed(base, dependent).requirements


def test_type_conditions_count_in_requirements() -> None:
    base = """
        type Query { a: A }
        type A @key(fields: "id") { id: ID! found: Found }
        union Found = Open | Closed
        type Open @shareable { x: Int }
        type Closed @shareable @requiresScopes(scopes: [["secret"]]) { y: Int }
    """
    more = "union Found = Open | Closed type Open @shareable { x: Int } type Closed @shareable { y: Int }"
    dependent = 'type A @key(fields: "id") {{ id: ID! found: Found @external c: Int @requires(fields: "found {{ {pick} }}") }} {more}'
    assert codes(base, dependent.format(pick="... on Closed { y }", more=more)) == ["MISSING_TRANSITIVE_AUTH_REQUIREMENTS A.c"]
    assert (
        composed(base, dependent.format(pick="... on Open { x }", more=more)).types["A"].fields["c"].joins["b"].requires_text == "found { ... on Open { x } }"
    )
