"""Which supergraphs can be planned whatever a client asks."""

from __future__ import annotations

from tests.composition.sdl import codes, composed

ENTRY = 'type Query { a: A } type A @key(fields: "id") { id: ID! }'


def test_a_key_may_need_two_subgraphs() -> None:
    composed(
        'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int @shareable }',
        'type A @key(fields: "id") { id: ID! y: Int @shareable }',
        'type A @key(fields: "x y") { x: Int y: Int z: Int }',
    )


def test_a_key_that_no_way_gives_is_no_way() -> None:
    assert codes(ENTRY, 'type A @key(fields: "other") { other: ID! z: Int }') == ["SATISFIABILITY_ERROR A.other", "SATISFIABILITY_ERROR A.z"]


def test_a_chain_of_requirements_is_followed() -> None:
    composed(
        'type Query { a: A } type A @key(fields: "id") { id: ID! one: Int }',
        'type A @key(fields: "id") { id: ID! one: Int @external two: Int @requires(fields: "one") }',
        'type A @key(fields: "id") { id: ID! two: Int @external three: Int @requires(fields: "two") }',
    )


def test_requirements_in_a_circle_fail() -> None:
    assert codes(
        'type Query { a: A } type A @key(fields: "id") { id: ID! }',
        'type A @key(fields: "id") { id: ID! two: Int @external one: Int @requires(fields: "two") }',
        'type A @key(fields: "id") { id: ID! one: Int @external two: Int @requires(fields: "one") }',
    ) == ["SATISFIABILITY_ERROR A.two", "SATISFIABILITY_ERROR A.one"]


def test_the_shortest_way_that_fails_is_shown() -> None:
    outcome = codes(
        "type Query { far: Far v: V } type Far { near: Near } type Near { v: V } type V @shareable { x: Int }",
        "type V @shareable { x: Int y: Int }",
    )
    assert outcome == ["SATISFIABILITY_ERROR V.y"]


def test_a_value_type_may_be_reached_by_the_key_of_its_parent() -> None:
    composed(
        'type Query { a: A } type A @key(fields: "id") { id: ID! v: V @shareable } type V @shareable { x: Int }',
        'type A @key(fields: "id") { id: ID! v: V @shareable } type V @shareable { x: Int y: Int }',
    )


def test_a_runtime_type_matters_only_where_it_can_come_from() -> None:
    composed(
        "type Query { found: [Found] } union Found = A type A { x: Int }",
        "union Found = A | B type B { y: Int } type A { x: Int @external z: Int @inaccessible }".replace("x: Int @external ", ""),
    )


def test_an_inaccessible_field_needs_no_way() -> None:
    composed("type Query { a: A } type A { x: Int @shareable }", "type A { x: Int @shareable y: Int @inaccessible }")


def test_the_query_root_is_reached_from_everywhere() -> None:
    composed("type Query { a: A } type A { again: Query }", "type Query { b: Int }")


def test_mutations_and_subscriptions_are_roots_too() -> None:
    base = "type Query { ok: Int } type A { x: Int @shareable } "
    other = "type A { x: Int @shareable y: Int }"
    for operation in ("Mutation", "Subscription"):
        assert codes(f"{base} type {operation} {{ a: A }}", other) == ["SATISFIABILITY_ERROR A.y"]


def test_a_field_of_an_interface_is_followed_through_each_implementer() -> None:
    assert codes(
        "type Query { node: Node } interface Node { v: V } type A implements Node { v: V } type V { x: Int @shareable }",
        "type V { x: Int @shareable y: Int }",
    ) == ["SATISFIABILITY_ERROR V.y"]


def test_a_narrower_type_elsewhere_still_has_a_runtime_type() -> None:
    composed(
        "type Query { party: Party @shareable } interface Party { name: String } type Maker implements Party @shareable { name: String }",
        "type Query { party: Maker @shareable } type Maker @shareable { name: String }",
    )
