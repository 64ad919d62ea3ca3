"""This module is in charge of testing the filter: what is asked for, what is shown, what is said, and what refuses."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import pytest
from graphql import parse, validate
from hypothesis import given
from hypothesis import strategies as st

from gateway.composition.supergraph import Supergraph
from gateway.errors import Refused
from gateway.operation.authorise import AuthorisedOperation, asks_for, authorise, categories_of, page_variables
from gateway.operation.normalise import normalise
from gateway.operation.selection import Field, Selection
from gateway.operation.views import Views
from gateway.planning.printer import print_document
from tests.operation.world import EVERYTHING, READER, principal, supergraph

WORLD = supergraph()
CLOSED = Views(WORLD).of(principal()).closed


def judged(text: str, world: Supergraph = WORLD, scopes: frozenset[str] = READER, **options: bool) -> AuthorisedOperation:
    document = parse(text)
    assert validate(world.api_schema, document) == []
    closed = Views(world).of(principal(scopes)).closed
    return authorise(normalise(document, world.api_schema), closed, world.api_schema, **options)


def printed(selections: tuple[Selection, ...]) -> str:
    return print_document("query", (), selections, is_entity=False).removeprefix("query")


def paths(authorised: AuthorisedOperation, **values: bool) -> list[str]:
    return [".".join(path) for path in authorised.redacted(values)]


def refusal(text: str) -> tuple[str, tuple[str | int, ...]]:
    with pytest.raises(Refused) as refused:
        judged(text)
    [error] = refused.value.errors
    return error.code, error.path


@pytest.mark.parametrize(
    ("text", "allowed", "redacted"),
    [
        ("{battery(code: 1) {id}}", "{battery(code: 1) {id}}", []),
        ("{battery(code: 1) {id soh label}}", "{battery(code: 1) {id label}}", ["battery.soh"]),
        ("{b: battery(code: 1) {x: soh, y: soh}}", "{b: battery(code: 1) {__typename}}", ["b.x", "b.y"]),
        ("{battery(code: 1) {health {score trend {slope}} id}}", "{battery(code: 1) {id}}", ["battery.health"]),
        ("{battery(code: 1) {maker {phone}}}", "{battery(code: 1) {maker {__typename}}}", ["battery.maker.phone"]),
        ("{battery(code: 1) {secret}}", "{battery(code: 1) {__typename}}", ["battery.secret"]),
        ("{counted}", "", ["counted"]),
        ("{counted __typename}", "{__typename}", ["counted"]),
        # An interface gives no more than each type behind it.
        ("{thing(id: 1) {soh id}}", "{thing(id: 1) {id}}", ["thing.soh"]),
        ("{thing(id: 1) {... on Battery {soh} id}}", "{thing(id: 1) {id}}", ["thing.soh"]),
        ("{thing(id: 1) {... on Vehicle {soh}}}", "{thing(id: 1) {... on Vehicle {soh}}}", []),
        # A union does not say that something is of a type outside the view.
        ("{found {__typename}}", "{found {... on Vehicle {__typename} ... on Enterprise {__typename}}}", []),
        ("{found {... on Health {score} ... on Vehicle {id}}}", "{found {... on Vehicle {id}}}", ["found.score"]),
        ("{found {... on Health {__typename}}}", "{found {__typename}}", ["found.__typename"]),
    ],
)
def test_closed_fields_are_not_asked_for_and_are_told_of(text: str, allowed: str, redacted: list[str]) -> None:
    authorised = judged(text)
    assert printed(authorised.allowed.selections).replace(" ", "") == (allowed or "{}").replace(" ", "")
    assert paths(authorised) == redacted


def test_closed_fields_stay_in_what_is_shown_in_their_place() -> None:
    authorised = judged("{a: battery(code: 1) {soh id} counted z: battery(code: 1) {id}}")
    assert [field.response_key for field in authorised.shown.selections if isinstance(field, Field)] == ["a", "counted", "z"]
    assert authorised.root_keys == ("a", "counted", "z")


def test_a_fragment_on_a_closed_type_is_not_shown() -> None:
    authorised = judged("{found {... on Health {score} ... on Vehicle {id}}}")
    assert "Health" not in printed(authorised.shown.selections)


def test_there_is_no_error_for_what_conditions_leave_out() -> None:
    text = """query ($a: Boolean!, $b: Boolean!) {
      battery(code: 1) @include(if: $a) { soh @skip(if: $b) ... on Battery @include(if: $b) { soc } }
    }"""
    authorised = judged(text)
    assert {(a, b): paths(authorised, a=a, b=b) for a, b in itertools.product((True, False), repeat=2)} == {
        (True, False): ["battery.soh"],
        (True, True): ["battery.soc"],
        (False, True): [],
        (False, False): [],
    }


def test_a_path_is_told_of_once() -> None:
    text = "query ($a: Boolean!) {battery(code: 1) {soh @include(if: $a)} battery(code: 1) {soh @skip(if: $a) soh}}"
    assert paths(judged(text), a=True) == ["battery.soh"]


def test_reject_refuses_with_every_path_whatever_the_conditions() -> None:
    with pytest.raises(Refused) as refused:
        judged("query ($a: Boolean!) {battery(code: 1) {soh @include(if: $a) maker {phone}} counted}", reject=True)
    assert [(error.code, error.path) for error in refused.value.errors] == [
        ("UNAUTHORIZED_FIELD_OR_TYPE", path) for path in [("battery", "soh"), ("battery", "maker", "phone"), ("counted",)]
    ]
    assert refused.value.status(legacy=False) == 403


@pytest.mark.parametrize("reject", [True, False])
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{battery(code: 1, tuned: 2) {id}}", ("battery",)),
        ("{batteries(order: SOH) {id}}", ("batteries",)),
        ("{batteries(filter: {soh: {least: 1}}) {id}}", ("batteries",)),
        ("{batteries(filter: {soh: null}) {id}}", ("batteries",)),
        ("{batteries(filter: {any: [{any: {chemistry: SODIUM}}]}) {id}}", ("batteries",)),
        ("query ($v: Int) {battery(code: 1, tuned: $v) {id}}", ("battery",)),
        ("query ($v: RangeFilter) {batteries(filter: {soh: $v}) {id}}", ("batteries",)),
        ("query ($v: BatteryOrder = SOH) {batteries(order: $v) {id}}", ()),
        ("query ($v: [BatteryFilter!] = [{soh: {}}]) {batteries(filter: {any: $v}) {id}}", ()),
        ("query ($v: Boolean!) {x: battery(code: 1, tuned: 2) @include(if: $v) {id}}", ("x",)),
    ],
)
def test_closed_inputs_refuse_and_never_are_dropped(text: str, path: tuple[str, ...], reject: bool) -> None:
    with pytest.raises(Refused) as refused:
        judged(text, reject=reject)
    assert [(error.code, error.path) for error in refused.value.errors] == [("UNAUTHORIZED_INPUT", path)]


HALF_CLOSED = supergraph("""
  type Query { a(x: Int @category(names: ["F"]), o: I, e: E): T @category(names: ["F"]), b(o: I, e: E): Int, c: T }
  type T { d(x: Int @category(names: ["F"]), e: E): Int @category(names: ["F"]) }
  input I { open: Int, shut: Int @category(names: ["F"]) }
  enum E { OPEN SHUT @category(names: ["F"]) }
""")


@pytest.mark.parametrize(
    ("text", "redacted", "idle"),
    [
        ("{b a(x: 1) {d}}", ["a"], set()),
        ("{b a(e: SHUT, o: {shut: 1}) {d(x: 1)}}", ["a"], set()),
        ("{b c {d(x: 1, e: SHUT)}}", ["c.d"], set()),
        ("query ($x: Int, $e: E = SHUT) {b a(x: $x) {d} c {d(e: $e)}}", ["a", "c.d"], {"x", "e"}),
        ("query ($o: I = {shut: 1}) {b a(o: $o) {d}}", ["a"], {"o"}),
        ("query ($e: E) {b(e: $e) a(e: $e) {d}}", ["a"], set()),
    ],
)
def test_a_field_is_judged_before_its_inputs(text: str, redacted: list[str], idle: set[str]) -> None:
    authorised = judged(text, HALF_CLOSED)
    assert (paths(authorised), authorised.idle) == (redacted, idle)
    with pytest.raises(Refused) as refused:
        judged(text, HALF_CLOSED, reject=True)
    assert {error.code for error in refused.value.errors} == {"UNAUTHORIZED_FIELD_OR_TYPE"}


@pytest.mark.parametrize("text", ["{b(e: SHUT) a {d}}", "query ($e: E = SHUT) {b(e: $e) a(e: $e) {d}}", "query ($o: I) {b(o: {shut: 1}) a(o: $o) {d}}"])
def test_a_closed_input_of_an_open_field_refuses_beside_a_closed_field(text: str) -> None:
    with pytest.raises(Refused) as refused:
        judged(text, HALF_CLOSED)
    assert refused.value.errors[0].code == "UNAUTHORIZED_INPUT"


def test_a_variable_of_a_closed_type_refuses() -> None:
    world = supergraph("""
      type Query { a(s: Secret): Int, b: Int }
      enum Secret @category(names: ["F"]) { X }
    """)
    with pytest.raises(Refused) as refused:
        judged("query ($v: [Secret]) {b ... on Query @skip(if: true) {a(s: X)} c: a(s: $w)}".replace("[Secret]", "Secret").replace("$w", "$v"), world)
    assert refused.value.errors[0].code == "UNAUTHORIZED_INPUT"


def test_introspection_is_taken_out_with_its_conditions() -> None:
    authorised = judged('query ($a: Boolean!) {x: __schema @include(if: $a) {queryType {name}} battery(code: 1) {id} __type(name: "Battery") {name}}')
    assert [(field.response_key, bool(field.conditions)) for field in authorised.introspection] == [("x", True), ("__type", False)]
    assert authorised.root_keys == ("x", "battery", "__type")
    assert "__" not in printed(authorised.allowed.selections) + printed(authorised.shown.selections)


def test_categories_pages_and_look_ups_of_an_operation() -> None:
    operation = judged("query ($n: Int) {batteries(first: $n) {soh peers(first: $n) {id}}}", scopes=EVERYTHING).allowed
    assert categories_of(operation, WORLD.requirements) == {"F"}
    assert page_variables(operation) == {"n": "first"}
    assert asks_for(operation, frozenset({"Battery.peers"}))
    assert not asks_for(operation, frozenset({"Query.battery"}))


# GHSA-x33c-7c2v-mrj9 and GHSA-mx7m-j9xf-62hw: implementers with different scopes, one of them free.
POLYMORPHIC = supergraph("""
  type Query { node: Node, nodes: [Node], pair: Pair }
  interface Node { id: ID, value: Int }
  interface Sub implements Node { id: ID, value: Int }
  type Free implements Node & Sub { id: ID, value: Int }
  type One implements Node & Sub { id: ID, value: Int @requiresScopes(scopes: [["one"]]) }
  type Other implements Node { id: ID, value: Int @requiresScopes(scopes: [["other"]]) }
  union Pair = One | Other
""")


@pytest.mark.parametrize("scopes", [frozenset(), frozenset({"one"}), frozenset({"other"})])
@pytest.mark.parametrize(
    "text",
    [
        "{node {value}}",
        "{node {... {value}}}",
        "{node {... on Node {value}}}",
        "{node {...F}} fragment F on Node {value}",
        "{node {...F}} fragment F on Node {...G} fragment G on Node {... on Node {value}}",
        "{node {value: value}}",
        "{... on Query {node {...F}}} fragment F on Node {... @include(if: true) {value}}",
    ],
)
def test_through_an_interface_a_field_needs_what_every_implementer_asks(text: str, scopes: frozenset[str]) -> None:
    authorised = judged(text, POLYMORPHIC, scopes)
    assert paths(authorised) == ["node.value"]
    assert printed(authorised.allowed.selections) == printed(judged("{node {__typename}}", POLYMORPHIC, scopes).allowed.selections)


@pytest.mark.parametrize(
    "text",
    [
        "{node {... on One {value}}}",
        "{node {...F}} fragment F on One {value}",
        "{node {... on Sub {... on One {value}}}}",
        "{node {...F}} fragment F on Sub {...G} fragment G on One {value}",
        "{node {... on Sub {value}}}",
        "{pair {... on One {value}}}",
        "{pair {... on Node {... on One {value}}}}",
    ],
)
def test_through_a_fragment_a_field_needs_what_its_type_asks(text: str) -> None:
    root = text[1:5]
    assert paths(judged(text, POLYMORPHIC, frozenset({"other"}))) == [f"{root}.value"]
    assert paths(judged(text, POLYMORPHIC, frozenset({"one"}))) == []


def test_through_an_interface_everything_is_open_to_who_has_all_scopes() -> None:
    assert paths(judged("{node {value ... on One {value} ... on Other {value}}}", POLYMORPHIC, frozenset({"one", "other"}))) == []


def fields(world: Supergraph, type_name: str, depth: int) -> st.SearchStrategy[str]:
    """Selections on a type of the world, with aliases, fragments and conditions."""
    type_ = world.api_schema.type_map[type_name]
    choices: list[st.SearchStrategy[str]] = [st.just("__typename")]
    for name, field in getattr(type_, "fields", {}).items():
        below = str(field.type).strip("[]!")
        argument = {"battery": "(code: 1)", "thing": "(id: 1)"}.get(name, "")
        if not hasattr(world.api_schema.type_map[below], "fields") and not hasattr(world.api_schema.type_map[below], "types"):
            choices.append(st.just(name))
        elif depth:
            choices.append(fields(world, below, depth - 1).map(lambda inner, name=name, argument=argument: f"{name}{argument} {inner}"))
    possible = world.api_schema.get_possible_types(type_) if not hasattr(type_, "is_one_of") and type_.ast_node is None and hasattr(type_, "types") else ()
    for each in possible:
        if depth:
            choices.append(fields(world, each.name, depth - 1).map(lambda inner, each=each: f"... on {each.name} {inner}"))
    condition = st.sampled_from(["", "", " @include(if: $a)", " @skip(if: $a)"])
    item = st.tuples(st.one_of(choices), condition).map(lambda pair: f"... {pair[1]} {{ {pair[0]} }}" if pair[1] else pair[0])
    return st.lists(item, min_size=1, max_size=4).map(lambda items: "{" + " ".join(items) + "}")


def flat(selections: Iterable[Selection], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for item in selections:
        if isinstance(item, Field):
            here = (*path, item.response_key)
            yield here, f"{item.parent_type}.{item.name}"
            yield from flat(item.selections, here)
        else:
            yield from flat(item.selections, path)


@given(fields(WORLD, "Query", 3))
def test_what_is_asked_for_is_what_was_selected_without_what_is_closed(selection: str) -> None:
    document = parse(f"query ($a: Boolean!) {selection}")
    if validate(WORLD.api_schema, document):
        return
    operation = normalise(document, WORLD.api_schema)
    authorised = authorise(operation, CLOSED, WORLD.api_schema)
    selected, asked = list(flat(operation.selections)), list(flat(authorised.allowed.selections))
    assert not {place for _, place in asked} & CLOSED
    # An independent reading: a field is left when neither it nor anything above it is closed.
    shut = {path for path, place in selected if place in CLOSED or (place.endswith(".__typename") and place.removesuffix(".__typename") in CLOSED)}
    left = {(path, place) for path, place in selected if not any(path[:length] in shut for length in range(1, len(path) + 1))}
    assert {each for each in left if not each[1].endswith("__typename")} == {each for each in asked if not each[1].endswith("__typename")}
    told = {redaction.path for redaction in authorised.redactions}
    assert told == {path for path in shut if not any(path[:length] in shut for length in range(1, len(path)))}


@given(fields(WORLD, "Query", 3), st.sets(st.sampled_from(sorted(EVERYTHING))), st.sets(st.sampled_from(sorted(EVERYTHING))))
def test_more_scopes_never_show_less(selection: str, some: set[str], more: set[str]) -> None:
    document = parse(f"query ($a: Boolean!) {selection}")
    if validate(WORLD.api_schema, document):
        return

    def told(scopes: set[str]) -> set[tuple[str, ...]]:
        closed = Views(WORLD).of(principal(READER | scopes)).closed
        found = authorise(normalise(document, WORLD.api_schema), closed, WORLD.api_schema).redactions
        return {redaction.path for redaction in found}

    fewer, all_ = told(some), told(some | more)
    assert all(any(path[:length] in fewer for length in range(1, len(path) + 1)) for path in all_)
