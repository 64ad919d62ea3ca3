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


def test_a_field_that_fails_on_two_ways_is_told_once() -> None:
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


def test_what_is_required_has_to_come_back_by_a_key() -> None:
    outcome = codes(
        'type Query { a: A } type A { id: ID! @shareable x: Int @external y: Int @requires(fields: "x") }',
        'type A @key(fields: "id") { id: ID! @shareable x: Int @shareable }',
    )
    assert "SATISFIABILITY_ERROR A.y" in outcome


def test_a_key_that_may_not_be_entered_by_still_brings_back_what_is_required() -> None:
    composed(
        'type Query { a: A } type A @key(fields: "id", resolvable: false) { id: ID! x: Int @external y: Int @requires(fields: "x") }',
        'type A @key(fields: "id") { id: ID! x: Int }',
    )


def test_on_the_way_to_a_subgraph_no_key_leads_into_it() -> None:
    """It could be fetched in two calls to that subgraph; Apollo's composition says it cannot, and a graph has to compose the same in both."""
    assert codes(
        'type Query { a: A } type A { owner: O @shareable } type O @key(fields: "id") { id: ID! }',
        'type A @key(fields: "owner { name }") { owner: O @shareable z: Int } type O @key(fields: "id") { id: ID! name: String }',
    ) == ["SATISFIABILITY_ERROR A.z"]


def test_a_field_under_a_label_is_no_requirement() -> None:
    assert codes(
        'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }',
        'type A @key(fields: "id") { id: ID! x: Int }',
        'type A @key(fields: "id") { id: ID! x: Int @override(from: "b", label: "percent(5)") }',
    ) == ["SATISFIABILITY_ERROR A.y"]


def test_a_field_under_a_label_is_followed_on_both_sides() -> None:
    composed(
        'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int }',
        'type A @key(fields: "id") { id: ID! x: Int @override(from: "a", label: "percent(5)") }',
    )
    assert codes(
        'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int }',
        'type Query { b: A } type A @key(fields: "id", resolvable: false) { id: ID! x: Int @override(from: "a", label: "percent(5)") }',
    ) == ["SATISFIABILITY_ERROR A.x"]


def test_a_shared_mutation_goes_on_from_one_subgraph_alone() -> None:
    """A query may ask both subgraphs; a mutation may not run twice."""
    parts = "type T {{ {} }} type {} {{ m: T @shareable }}"
    composed(parts.format("x: Int", "Query"), parts.format("y: Int", "Query"))
    outcome = codes("type Query { q: Int } " + parts.format("x: Int", "Mutation"), parts.format("y: Int", "Mutation"))
    assert outcome == ["SATISFIABILITY_ERROR Mutation.m"]


def test_a_type_that_one_subgraph_never_gives_needs_no_way() -> None:
    members = "type Query { u: U @shareable } union U = A | B type A { a: Int @shareable } type B { b: Int @shareable }"
    elsewhere = "type B { c: Int b: Int @shareable }"
    assert codes(members, elsewhere) == ["SATISFIABILITY_ERROR B.c"]
    composed(members, "type Query { u: U @shareable } union U = A type A { a: Int @shareable }", elsewhere)


def test_what_one_field_provides_another_does_not() -> None:
    """Whatever their order: Apollo's composition misses the second of two such fields."""
    fields = ['provided: A @provides(fields: "x")', "plain: A"]
    for ordered in (fields, fields[::-1]):
        entry = f"type Query {{ {' '.join(ordered)} }} type A {{ id: ID @shareable x: Int @external }}"
        assert codes(entry, "type A { id: ID @shareable x: Int @shareable }") == ["SATISFIABILITY_ERROR A.x"]


def test_somebody_has_to_know_the_type_behind_an_interface_object() -> None:
    known = 'type Query {{ a: I }} interface I @key(fields: "id"{}) {{ id: ID! }} type T implements I @key(fields: "id") {{ id: ID! x: Int }}'
    other = 'type Query { b: I } type I @key(fields: "id") @interfaceObject { id: ID! y: Int }'
    composed(known.format(""), other)
    assert codes(known.format(", resolvable: false"), other) == ["SATISFIABILITY_ERROR I"]


def test_a_context_is_set_by_the_nearest_value_above() -> None:
    setter = 'type S @key(fields: "id") @context(name: "c") { id: ID! p: String t: T }'
    user = 'type U @key(fields: "id") { id: ID! f(a: String @fromContext(field: "$c { p }")): Int }'
    composed(f"type Query {{ s: S }} {setter} type T {{ u: U }} {user}")
    assert codes(f"type Query {{ s: S u: U }} {setter} type T {{ u: U }} {user}") == ["SATISFIABILITY_ERROR U.f"]
    nearer = 'type T @context(name: "c") { p: String @external u: U }'
    outcome = codes(f"type Query {{ s: S }} {setter} {nearer} {user}", "type T @shareable { p: String }")
    assert outcome == ["SATISFIABILITY_ERROR T.p", "SATISFIABILITY_ERROR U.f"]


def test_a_value_sets_no_context_for_its_own_fields() -> None:
    own = 'type S @key(fields: "id") @context(name: "c") { id: ID! p: String f(a: String @fromContext(field: "$c { p }")): Int }'
    assert codes(f"type Query {{ s: S }} {own}") == ["SATISFIABILITY_ERROR S.f"]


def test_a_shared_field_that_may_give_what_not_all_know_is_hinted_at() -> None:
    supergraph = composed(
        "type Query { u: U @shareable } union U = A | B type A { a: Int @shareable } type B { b: Int }",
        "type Query { u: U @shareable } union U = A type A { a: Int @shareable }",
    )
    found = [(hint.coordinate, hint.message) for hint in supergraph.hints if hint.code == "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN"]
    assert found == [("Query.u", 'The shared field "Query.u" must give only what all know behind "U": A, B in subgraph "a"; A in subgraph "b".')]
