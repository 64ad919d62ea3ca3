"""This module is in charge of testing the coercion of variables: right values through, wrong ones refused by place, nothing hidden told."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import Undefined, build_schema, coerce_input_value, parse, parse_type, type_from_ast
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Refused
from gateway.operation.normalise import normalise
from gateway.operation.variables import MAX_VALUE_DEPTH, InputTypes, Variables
from tests.operation.world import LIMITS

SCHEMA = build_schema("""
type Query { x(i: Int, f: Float, s: String, b: Boolean, id: ID, e: Colour, o: Filter, l: [[Int!]], j: Json, h: Holder, one: One, p: Int): Int }
enum Colour { RED GREEN HIDDEN }
input Filter { code: ID!, colour: Colour, inner: Filter, many: [Filter!], hidden: Int, size: Int! = 3 }
input One @oneOf { a: Int, b: String }
input Holder { json: Json, colour: Colour }
scalar Json
""")
CLOSED = frozenset({"Colour.HIDDEN", "Filter.hidden"})
TYPES = InputTypes(SCHEMA, CLOSED, LIMITS)


def coerce(declared: str, given_values: dict[str, Any], pages: dict[str, str] | None = None) -> dict[str, Any]:
    operation = normalise(parse(f"query ({declared}) {{ x }}"), SCHEMA)
    return Variables(operation.variables, pages or {}, TYPES, LIMITS).coerce(given_values)


def refusal(declared: str, given_values: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(Refused) as found:
        coerce(declared, given_values)
    return found.value.errors[0].code, found.value.errors[0].message


@pytest.mark.parametrize(
    ("type_", "value", "coerced"),
    [
        ("Int", 1, 1),
        ("Int", 1.0, 1),
        ("Int", None, None),
        ("Float", 1, 1.0),
        ("ID", 7, "7"),
        # JSON does not tell 1.0 from 1, and the reference implementation does not either.
        ("ID", 0.0, "0"),
        ("ID!", 1e21, "1000000000000000000000"),
        ("ID", "x", "x"),
        ("String", "ü", "ü"),
        ("Boolean", False, False),
        ("Colour", "RED", "RED"),
        ("[[Int!]]", 1, [[1]]),
        ("[[Int!]]", [1, None, [2]], [[1], None, [2]]),
        ("Filter", {"code": 1, "inner": {"code": "b", "colour": "GREEN"}}, {"code": "1", "inner": {"code": "b", "colour": "GREEN"}}),
        ("Json", {"any": [1, "x", None]}, {"any": [1, "x", None]}),
        ("One", {"a": 1}, {"a": 1}),
    ],
)
def test_values_that_fit_come_out_as_json(type_: str, value: Any, coerced: Any) -> None:
    assert coerce(f"$v: {type_}", {"v": value}) == {"v": coerced}


def test_defaults_absence_and_surplus() -> None:
    declared = "$a: Int = 4, $b: Int, $c: [Colour] = RED, $d: Filter = {code: 1}, $e: Int = null"
    assert coerce(declared, {"unknown": 1}) == {"a": 4, "c": ["RED"], "d": {"code": "1"}, "e": None}
    assert coerce("$a: Int! = 4", {"a": 5}) == {"a": 5}


@pytest.mark.parametrize(
    ("declared", "place"),
    [
        ("$v: Json = RED", "$v"),
        ("$v: Json! = {any: [1, {more: RED}]}", "$v"),
        ("$v: [Json] = [1, RED]", "$v[1]"),
        ("$v: Holder = {json: RED}", "$v.json"),
    ],
)
def test_a_name_without_quotes_is_no_default_of_a_custom_scalar(declared: str, place: str) -> None:
    """Its subgraph reads literals; a variable's value is JSON, in which the name would be a text: another value (GraphQL spec, sections 3.5 and 6.1.2)."""
    for given_values in ({}, {"v": {"json": 1}}):
        code, message = refusal(declared, given_values)
        assert (code, message) == (
            "VARIABLE_INVALID",
            f"Variable {place} has a default with a name without quotes, which is no JSON and so no value of scalar Json; "
            "write it as a string, or as an argument.",
        )


def test_what_json_can_write_is_a_default_of_a_custom_scalar() -> None:
    assert coerce('$v: Json = {any: ["RED", 1.5, true, null]}, $c: Holder = {colour: RED}', {}) == {
        "v": {"any": ["RED", 1.5, True, None]},
        "c": {"colour": "RED"},
    }


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("Int!", None, "Variable $v has to be of type Int!, not null."),
        ("Int", 2**31, "Variable $v has to be a whole number of 32 bits, not a number out of range."),
        ("Int", True, "Variable $v has to be a whole number of 32 bits, not a boolean."),
        ("Int", "1", "Variable $v has to be a whole number of 32 bits, not a string."),
        ("String", 1, "Variable $v has to be a string, not a number."),
        ("ID", 1.5, "Variable $v has to be a string or a whole number (ID), not a number."),
        ("Boolean", 1, "Variable $v has to be a boolean, not a number."),
        ("Colour", "BLUE", "Variable $v has to be a value of enum Colour."),
        ("Colour", ["RED"], "Variable $v has to be a value of enum Colour, not an array."),
        ("[[Int!]]", [[1], [2, None]], "Variable $v[1][1] has to be of type Int!, not null."),
        ("Filter", {"code": 1, "many": [{"code": []}]}, "Variable $v.many[0].code has to be a string or a whole number (ID), not an array."),
        ("Filter", {}, "Variable $v needs field code of type Filter."),
        ("Filter", {"code": 1, "cod": 1}, "Variable $v has a field 'cod', which type Filter does not have."),
        ("Filter", "x", "Variable $v has to be an object of type Filter, not a string."),
        ("One", {"a": 1, "b": "x"}, "Variable $v has to give exactly one field of type One, and not null."),
        ("One", {"a": None}, "Variable $v has to give exactly one field of type One, and not null."),
    ],
)
def test_values_that_do_not_fit_are_refused_by_their_place(type_: str, value: Any, message: str) -> None:
    assert refusal(f"$v: {type_}", {"v": value}) == ("VARIABLE_INVALID", message)


def test_of_a_list_each_item_that_does_not_fit_is_told() -> None:
    """So who sends a thousand reports at once sees all of its mistakes, each at its place."""
    items = [{"code": "a"}, {"size": "x", "code": "b"}, 7, {"code": "c", "many": [{"code": "d"}, {"colour": "BLUE", "code": "e"}, {}]}, None]
    with pytest.raises(Refused) as found:
        coerce("$l: [Filter!]!", {"l": items})
    assert [each.message for each in found.value.errors] == [
        "Variable $l[1].size has to be a whole number of 32 bits, not a string.",
        "Variable $l[2] has to be an object of type Filter, not a number.",
        "Variable $l[3].many[1].colour has to be a value of enum Colour.",
        "Variable $l[3].many[2] needs field code of type Filter.",
        "Variable $l[4] has to be of type Filter!, not null.",
    ]
    with pytest.raises(Refused) as found:
        coerce("$l: [[Int!]]", {"l": [["x"] * 10] * 3})
    assert len(found.value.errors) == 20


def test_a_required_variable_that_is_not_given_is_refused() -> None:
    assert refusal("$v: Int!", {})[0] == "VARIABLE_INVALID"


def test_closed_fields_and_values_refuse_and_never_are_dropped() -> None:
    assert refusal("$v: Colour", {"v": "HIDDEN"})[0] == "UNAUTHORIZED_INPUT"
    assert refusal("$v: Filter", {"v": {"code": 1, "many": [{"code": 1, "hidden": None}]}})[0] == "UNAUTHORIZED_INPUT"


def test_what_only_closed_fields_use_has_to_fit_and_may_be_closed() -> None:
    def idle(declared: str, value: Any) -> dict[str, Any]:
        operation = normalise(parse(f"query ({declared}) {{ x }}"), SCHEMA)
        return Variables(operation.variables, {}, TYPES, LIMITS, frozenset({"v"})).coerce({} if value is None else {"v": value})

    assert idle("$v: Colour", "HIDDEN") == {"v": "HIDDEN"}
    assert idle("$v: Colour = HIDDEN", None) == {"v": "HIDDEN"}
    assert idle("$v: Filter", {"code": 1, "hidden": 2}) == {"v": {"code": "1", "hidden": 2}}
    with pytest.raises(Refused) as found:
        idle("$v: Colour", "BLUE")
    assert found.value.errors[0].code == "VARIABLE_INVALID"


def test_a_condition_that_has_a_default_is_not_null_where_it_is_given() -> None:
    """It may be nullable, for its default is not null; what is given instead has to be a boolean (GraphQL spec, section 5.8.5)."""
    schema = build_schema("type Query { x: Int }")
    operation = normalise(parse("query ($v: Boolean = true) { x @skip(if: $v) }"), schema)
    variables = Variables(operation.variables, {}, InputTypes(schema, frozenset(), LIMITS), LIMITS, conditions=frozenset({"v"}))
    assert (variables.coerce({}), variables.coerce({"v": False})) == ({"v": True}, {"v": False})
    with pytest.raises(Refused) as found:
        variables.coerce({"v": None})
    assert (found.value.errors[0].code, found.value.errors[0].message) == ("VARIABLE_INVALID", "Variable $v has to be of type Boolean!, not null.")


def test_lists_pages_and_nesting_are_bounded() -> None:
    assert refusal("$v: [[Int!]]", {"v": [[1], [1] * 11]}) == ("LIMIT_LIST_SIZE", "Variable $v[1] has 11 items; limits.list_size is 10.")
    with pytest.raises(Refused) as found:
        coerce("$v: Int", {"v": 11}, pages={"v": "first"})
    assert (found.value.errors[0].code, found.value.errors[0].message[:26]) == ("LIMIT_PAGE_SIZE", "Variable $v: first is more")
    deep: dict[str, Any] = {"code": 1}
    for _ in range(900):
        deep = {"code": 1, "inner": deep}
    assert refusal("$v: Filter", {"v": deep}) == (
        "VARIABLE_INVALID",
        f"Variable $v is nested more than {MAX_VALUE_DEPTH} levels deep.",
    )
    json: Any = 1
    for _ in range(900):
        json = [json]
    assert refusal("$v: Json", {"v": json})[0] == "VARIABLE_INVALID"


def test_no_message_holds_a_value() -> None:
    for type_ in ("Int", "Colour", "Filter", "[Int]"):
        assert "tell-tale" not in refusal(f"$v: {type_}", {"v": "tell-tale" * 1000})[1]
    assert len(refusal("$v: Filter", {"v": {"code": 1, "k" * 5000: 1}})[1]) < 300


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**33), 2**33) | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["RED", "x", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "colour", "inner", "many", "a", "b", "z"]), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(["Int", "Float!", "String", "Boolean", "ID!", "Colour", "[[Int!]]", "[Filter!]", "Filter", "One"]), json_values)
def test_the_reference_implementation_takes_and_refuses_the_same(type_: str, value: Any) -> None:
    expected = coerce_input_value(value, type_from_ast(SCHEMA, parse_type(type_)))
    try:
        found = coerce(f"$v: {type_}", {"v": value})["v"]
    except Refused:
        found = Undefined
    # What is left to the subgraphs: defaults of input fields.
    assert found == without_defaults(expected, value)


def without_defaults(coerced: Any, value: Any) -> Any:
    if isinstance(coerced, list):
        return [without_defaults(each, item) for each, item in zip(coerced, value if isinstance(value, list) else [value], strict=True)]
    if isinstance(coerced, dict):
        return {name: without_defaults(each, value[name]) for name, each in coerced.items() if name in value}
    return coerced
