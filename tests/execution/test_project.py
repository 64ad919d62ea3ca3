"""This module is in charge of projection: examples, and graphql-core's own completion of values as the oracle."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping
from typing import Any, Final

import pytest
from graphql import ExecutionResult, GraphQLSchema, build_schema, execute_sync, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ClientError
from gateway.execution.project import Projected, compile_projection
from gateway.execution.run import Executed
from gateway.execution.subgraph import Redaction
from gateway.operation.normalise import normalise
from gateway.planning.plan import Plan

SCHEMA: Final = build_schema(
    """
type Query { a: A b: A! list: [A!] lists: [[A]!] strict: [[A!]!]! found: [Found] named: Named! scalars: Scalars any: Any __dummy: Int }
interface Named { name: String! }
union Found = A | B
enum Colour { RED GREEN }
scalar Any
type A implements Named { id: ID! name: String! note: String a: A must: A! colour: Colour! colours: [Colour!] }
type B implements Named { name: String! size: Int! ids: [ID] }
type Scalars { int: Int float: Float string: String boolean: Boolean id: ID colour: Colour any: Any must: Int! matrix: [[Int!]] ids: [ID!] }
""".replace(" __dummy: Int", "")
)


def projected(
    text: str, data: Any, variables: Mapping[str, Any] | None = None, *, schema: GraphQLSchema = SCHEMA, errors: tuple[ClientError, ...] = (), **more: Any
) -> Projected:
    operation = normalise(parse(text), schema)
    explained = more.pop("explained", ())
    return compile_projection(Plan((), operation), schema)(Executed(data, errors, **more), variables or {}, explained)


def told(answer: Projected) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(error.code, error.path) for error in answer.errors]


def test_the_answer_has_the_order_and_the_keys_of_the_selection() -> None:
    data = {"a": {"_id_1": "9", "note": "n", "id": "1", "extra": 1, "__proto__": {}, "__class__": "x"}}
    answer = projected("{ a { x: note ... { id } note __typename } }", {"a": {**data["a"], "x": "n"}})
    assert json.dumps(answer.data) == '{"a": {"x": "n", "id": "1", "note": "n", "__typename": "A"}}'


def test_conditions_choose_a_projection() -> None:
    text = "query ($v: Boolean!, $w: Boolean!) { a { id @include(if: $v) ... @skip(if: $w) { note } a { id } a @include(if: $v) { note } } }"
    data = {"a": {"id": "1", "note": "n", "a": {"id": "2", "note": "m"}}}
    operation = normalise(parse(text), SCHEMA)
    projection = compile_projection(Plan((), operation), SCHEMA)
    for v, w, expected in (
        (True, True, {"id": "1", "a": {"id": "2", "note": "m"}}),
        (False, True, {"a": {"id": "2"}}),
        (False, False, {"note": "n", "a": {"id": "2"}}),
        (True, True, {"id": "1", "a": {"id": "2", "note": "m"}}),
    ):
        assert projection(Executed(data), {"v": v, "w": w}, ()).data == {"a": expected}


@pytest.mark.parametrize(
    ("text", "data", "expected", "paths"),
    [
        ("{ a { id } }", {"a": {"id": None}}, {"a": None}, [("a", "id")]),
        ("{ b { id } }", {"b": {"id": None}}, None, [("b", "id")]),
        ("{ a { note } }", {}, {"a": None}, []),
        ("{ b { note } }", {}, None, [("b",)]),
        ("{ list { id } }", {"list": [{"id": "1"}, None]}, {"list": None}, [("list", 1)]),
        ("{ lists { id } }", {"lists": [[None, {"id": "1"}], [{}]]}, {"lists": [[None, {"id": "1"}], [None]]}, [("lists", 1, 0, "id")]),
        ("{ lists { id } }", {"lists": [[], None]}, {"lists": None}, [("lists", 1)]),
        ("{ strict { id } a { note } }", {"strict": [[{"id": "1"}], [{}]], "a": {}}, None, [("strict", 1, 0, "id")]),
        ("{ a { must { must { id } } } }", {"a": {"must": {"must": {"id": None}}}}, {"a": None}, [("a", "must", "must", "id")]),
        ("{ found { ... on A { id } } }", {"found": [{"__typename": "A"}, {"__typename": "B"}]}, {"found": [None, {}]}, [("found", 0, "id")]),
    ],
)
def test_a_null_travels_up_to_where_it_may_be(text: str, data: Any, expected: Any, paths: list[tuple[str | int, ...]]) -> None:
    answer = projected(text, data)
    assert answer.data == expected
    assert told(answer) == [("NON_NULL_VIOLATION", path) for path in paths]


@pytest.mark.parametrize("value", ["PURPLE", "", 1, ["RED"], {}, True])
def test_a_value_outside_the_enum_is_null_whatever_it_is(value: Any) -> None:
    answer = projected("{ scalars { colour } }", {"scalars": {"colour": value}})
    assert answer.data == {"scalars": {"colour": None}}
    assert told(answer) == [("INVALID_VALUE", ("scalars", "colour"))]
    assert str(value) not in answer.errors[0].message or value in ("", 1)


def test_a_type_outside_the_schema_is_null_and_not_named() -> None:
    answer = projected("{ found { __typename } named { name } }", {"found": [{"__typename": "Hidden"}, {}, 7], "named": {"__typename": "B", "name": "n"}})
    assert answer.data == {"found": [None, None, None], "named": {"name": "n"}}
    assert told(answer) == [("INVALID_VALUE", ("found", index)) for index in range(3)]
    assert all("Hidden" not in error.message for error in answer.errors)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("int", 2**31 - 1, 2**31 - 1),
        ("int", 2**31, None),
        ("int", 3.0, 3),
        ("int", 3.5, None),
        ("int", True, None),
        ("int", "3", None),
        ("float", 3, 3),
        ("float", math.inf, None),
        ("float", math.nan, None),
        ("float", True, None),
        ("string", 3, None),
        ("boolean", 1, None),
        ("id", 7, "7"),
        ("id", 7.5, None),
        ("id", True, None),
        ("any", {"x": [1]}, {"x": [1]}),
        ("matrix", [[1, 2], None], [[1, 2], None]),
        ("matrix", [[1, None]], [None]),
        ("matrix", [1], [None]),
        ("matrix", 3, None),
        ("ids", [1, "2"], ["1", "2"]),
    ],
)
def test_leaves_are_written_as_their_type_writes_them(field: str, value: Any, expected: Any) -> None:
    answer = projected(f"{{ scalars {{ {field} }} }}", {"scalars": {field: value}})
    assert answer.data == {"scalars": {field: expected}}
    assert bool(answer.errors) == (expected is None or expected == [None])


def test_a_null_that_an_error_explains_is_told_once() -> None:
    known = ClientError("SUBGRAPH_ERROR", "x", path=("b", "must", "id"))
    above = ClientError("SUBGRAPH_ERROR", "x", path=("b",))
    for error in (known, above):
        answer = projected("{ b { must { id } } }", {"b": {"must": {}}}, errors=(error,))
        assert (answer.data, answer.errors) == (None, (error,))
    elsewhere = ClientError("SUBGRAPH_ERROR", "x", path=("b", "note"))
    assert len(projected("{ b { must { id } note } }", {"b": {"must": {}}}, errors=(elsewhere,)).errors) == 2


def test_a_null_that_authorisation_explains_is_not_told() -> None:
    answer = projected("{ list { id } }", {"list": [{}, {"id": "1"}]}, explained=[("list", "id")])
    assert (answer.data, answer.errors) == ({"list": None}, ())


def test_errors_and_redactions_of_the_planners_own_fields_are_cut() -> None:
    errors = (ClientError("SUBGRAPH_ERROR", "x", path=("list", 1, "_secret_1", "y")), ClientError("SUBGRAPH_ERROR", "x", path=("list", 1)))
    redactions = (Redaction(("list", "_secret_1"), "A", "p"), Redaction(("list", "note"), "A", "p"))
    answer = projected("{ list { note } }", {"list": [{}, {"_secret_1": 1}]}, errors=errors, redactions=redactions)
    assert told(answer) == [("SUBGRAPH_ERROR", ("list", 1))]
    assert answer.redactions == (redactions[1],)


def test_errors_come_in_the_order_of_their_places() -> None:
    paths: list[tuple[str | int, ...]] = [("list", 10, "note"), ("list", 9, "note"), ("a",), ("list", 9)]
    errors = tuple(ClientError("SUBGRAPH_ERROR", "x", path=path) for path in paths)
    answer = projected("{ a { id } list { note } }", {}, errors=errors)
    assert [error.path for error in answer.errors] == [("a",), ("list", 9), ("list", 9, "note"), ("list", 10, "note")]


def test_what_authorisation_took_out_is_null_in_its_place() -> None:
    shown = normalise(parse("{ a { id note name } }"), SCHEMA)
    allowed = normalise(parse("{ a { id name } }"), SCHEMA)
    answer = compile_projection(Plan((), allowed), SCHEMA, shown)(Executed({"a": {"id": "1", "name": "n"}}), {}, ())
    assert json.dumps(answer.data) == '{"a": {"id": "1", "note": null, "name": "n"}}'


def test_introspection_is_taken_as_it_is_given() -> None:
    data = {"__schema": {"anything": [1]}, "t": None}
    answer = projected('{ __schema { queryType { name } } t: __type(name: "X") { name } __typename }', data)
    assert answer.data == {**data, "__typename": "Query"}


def test_a_deep_selection_is_projected() -> None:
    data: dict[str, Any] = {"id": "0", "extra": 1}
    expected: dict[str, Any] = {"id": "0"}
    for number in range(60):
        data = {"extra": 1, "a": data, "id": str(number)}
        expected = {"id": str(number), "a": expected}
    text = "{ a " + "{ id a " * 60 + "{ id }" + " }" * 60 + "}"
    assert json.dumps(projected(text, {"a": data}).data) == json.dumps({"a": expected})


# Against graphql-core: the same selection over the same wrong data.

FULL: Final = """{
  a { id note a { name id } must { id a { note } } colour colours }
  b { id name }
  list { id note must { colour } }
  lists { id }
  found { __typename ... on A { id a { id } } ... on B { size name ids } ... on Named { name } }
  named { name ... on B { size } }
  scalars { int float boolean colour must matrix ids }
}"""


def whole(depth: int = 3) -> dict[str, Any]:
    node: dict[str, Any] = {"__typename": "A", "id": "1", "name": "n", "note": None, "colour": "RED", "colours": ["GREEN"], "a": None, "must": {"id": "0"}}
    for _ in range(depth):
        node = {**node, "a": copy.deepcopy(node), "must": copy.deepcopy(node)}
    return node


def root() -> dict[str, Any]:
    b = {"__typename": "B", "name": "b", "size": 3, "ids": ["1", None]}
    scalars = {"int": 1, "float": 1.5, "boolean": False, "colour": "RED", "must": 3, "matrix": [[1], None], "ids": ["x"]}
    return {
        "a": whole(),
        "b": whole(),
        "list": [whole(1), whole(1)],
        "lists": [[whole(1), None], []],
        "found": [whole(1), None, b],
        "named": b,
        "scalars": scalars,
    }


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, each in items for place in ((*path, key), *places(each, (*path, key))) if key != "__typename"]


PLACES: Final = places(root())


def damaged(place: tuple[Any, ...], value: Any, data: Any) -> None:
    for step in place[:-1]:
        if not isinstance(data, dict | list) or (isinstance(data, dict) and step not in data):
            return
        data = data[step]
    if isinstance(data, dict) and value == "absent":
        data.pop(place[-1], None)
    elif isinstance(data, dict) or (isinstance(data, list) and place[-1] < len(data)):
        data[place[-1]] = None if value == "absent" else value


def oracle(data: Any) -> ExecutionResult:
    result = execute_sync(SCHEMA, parse(FULL), root_value=data, type_resolver=lambda value, _info, _type: value["__typename"])
    assert isinstance(result, ExecutionResult)
    return result


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from([None, None, "absent"])), max_size=4))
def test_nulls_travel_as_in_graphql_core(damage: list[tuple[tuple[Any, ...], Any]]) -> None:
    data = root()
    for place, value in damage:
        damaged(place, value, data)
    expected = oracle(copy.deepcopy(data))
    answer = projected(FULL, data)
    assert json.dumps(answer.data) == json.dumps(expected.data)
    # graphql-core leaves off siblings of a null that has travelled up; each of its errors is among ours.
    assert {tuple(error.path or ()) for error in expected.errors or ()} <= {error.path for error in answer.errors}
    assert bool(answer.errors) == bool(expected.errors)


LEAVES: Final = [place for place in PLACES if place[-1] in ("int", "size", "colour") or place == ("scalars", "must")]


@given(st.lists(st.tuples(st.sampled_from(LEAVES), st.sampled_from([2**31, {}, [], "PURPLE"])), max_size=3))
def test_wrong_leaves_are_wrong_in_graphql_core_too(damage: list[tuple[tuple[Any, ...], Any]]) -> None:
    data = root()
    for place, value in damage:
        damaged(place, value, data)
    expected = oracle(copy.deepcopy(data))
    answer = projected(FULL, data)
    assert json.dumps(answer.data) == json.dumps(expected.data)
    assert {tuple(error.path or ()) for error in expected.errors or ()} <= {error.path for error in answer.errors}
