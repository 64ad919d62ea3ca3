"""This module is in charge of testing how bytes become a request and text becomes one valid operation."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import orjson
import pytest
from graphql import build_schema, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CODES, Refused
from gateway.operation.document import MAX_MESSAGE, Documents, choose, read_body, read_query_string, valid
from gateway.settings import Limits
from tests.operation.world import LIMITS

SCHEMA = build_schema("type Query { battery(code: ID!): Battery } type Battery { stateOfHealth: Float }")
DOCUMENTS = Documents(LIMITS, 10_000)


def code_of(function, *arguments, **options) -> str:
    with pytest.raises(Refused) as refusal:
        function(*arguments, **options)
    return refusal.value.errors[0].code


def test_a_body_is_read_to_its_parameters() -> None:
    request = read_body(b'{"query": "{a}", "variables": {"x": 1}, "operationName": "N", "extensions": {"y": 2}, "more": 3}')
    assert (request.query, request.variables, request.operation_name, request.extensions) == ("{a}", {"x": 1}, "N", {"y": 2})


@pytest.mark.parametrize("depth", [50, 253, 254, 255, 900])
def test_what_is_nested_more_deeply_than_it_could_be_written_is_read(depth: int) -> None:
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    assert read_body(b'{"query":"{a}","variables":' + nested + b"}").variables.keys() == {"a"}
    twice = b'{"a":' * depth + b'{"b":1,"b":2}' + b"}" * depth
    assert code_of(read_body, b'{"query":"{a}","variables":' + twice + b"}") == "DUPLICATE_KEY"


def test_null_and_empty_parameters_are_as_if_not_given() -> None:
    request = read_body(b'{"query": "{a}", "variables": null, "operationName": "", "extensions": null}')
    assert (request.variables, request.operation_name, request.extensions) == ({}, None, None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "MALFORMED_JSON"),
        (b"{", "MALFORMED_JSON"),
        (b"\xff", "MALFORMED_JSON"),
        (b"NaN", "MALFORMED_JSON"),
        (b'{"query": "\\ud800"}', "MALFORMED_JSON"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, "MALFORMED_JSON"),
        (b'{"query": "{a}", "query": "{b}"}', "DUPLICATE_KEY"),
        (b'{"query": "{a}", "\\u0071uery": "{b}"}', "DUPLICATE_KEY"),
        (b'{"query": "{a}", "variables": {"x": [{"y": {"z": 1, "z": 1}}]}}', "DUPLICATE_KEY"),
        (b'{"query": "{a}", "variables": {"x": 1e400}}', "NUMBER_OUT_OF_RANGE"),
        (b'{"query": "{a}", "variables": {"x": ' + b"9" * 5000 + b"}}", "NUMBER_OUT_OF_RANGE"),
        (b"[]", "BATCHING_NOT_SUPPORTED"),
        (b'[{"query": "{a}"}, {"query": "{a}"}]', "BATCHING_NOT_SUPPORTED"),
        (b"1", "MALFORMED_REQUEST"),
        (b"null", "MALFORMED_REQUEST"),
        (b"{}", "MALFORMED_REQUEST"),
        (b'{"query": ""}', "MALFORMED_REQUEST"),
        (b'{"query": 1}', "MALFORMED_REQUEST"),
        (b'{"query": "{a}", "variables": "{}"}', "MALFORMED_REQUEST"),
        (b'{"query": "{a}", "variables": [1]}', "MALFORMED_REQUEST"),
        (b'{"query": "{a}", "operationName": false}', "MALFORMED_REQUEST"),
        (b'{"query": "{a}", "extensions": 0}', "MALFORMED_REQUEST"),
        (b'{"extensions": {"persistedQuery": null}}', "MALFORMED_REQUEST"),
    ],
)
def test_what_is_not_one_request_is_refused(body: bytes, code: str) -> None:
    assert code_of(read_body, body) == code


@given(st.binary() | st.recursive(st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)))
def test_any_body_is_read_or_refused(body: object) -> None:
    try:
        read_body(body if isinstance(body, bytes) else orjson.dumps(body))
    except Refused as refusal:
        assert all(error.code in CODES for error in refusal.errors)


def test_a_query_string_is_read_to_the_same_parameters_as_a_body() -> None:
    pairs = {"query": '{ a(b: "ü🏃") }', "variables": '{"x": [1]}', "operationName": "N", "extensions": "{}"}
    assert read_query_string(urlencode(pairs).encode()) == read_body(orjson.dumps({**pairs, "variables": {"x": [1]}, "extensions": {}}))


@pytest.mark.parametrize(
    ("query_string", "code"),
    [
        (b"", "MALFORMED_REQUEST"),
        (b"query=%FF", "MALFORMED_REQUEST"),
        (b"query=\xc3\xbc", "MALFORMED_REQUEST"),
        (b"query={a}&query={b}", "MALFORMED_REQUEST"),
        (b"query={a}&variables={}&variables={}", "MALFORMED_REQUEST"),
        (b"query={a}&operationName=A&operationName=B", "MALFORMED_REQUEST"),
        (b"query={a}&variables=1", "MALFORMED_REQUEST"),
        (b"query={a}&variables=x", "MALFORMED_JSON"),
        (b"&".join(b"x=1" for _ in range(60)), "MALFORMED_REQUEST"),
    ],
)
def test_a_query_string_that_is_not_one_request_is_refused(query_string: bytes, code: str) -> None:
    assert code_of(read_query_string, query_string) == code


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "is empty, which is not JSON"),
        (b'{"query": }', "is not JSON: it breaks off at line 1, column 11"),
        (b'{\n "\xc3\xa4\xc3\xa4": x}', "is not JSON: it breaks off at line 2, column 8"),
        (b'{"query": "{a}"', "is not JSON: it ends too early at line 1, column 16"),
        (b'{"query": "{a}"} {}', "is not JSON: it breaks off at line 1, column 18"),
        (b'{"query": "\xff"}', "is not UTF-8 at byte 12"),
        (b" ", "is empty, which is not JSON"),
        (b"[" * 5000, "is nested too deeply, at line 1, column 1026"),
        (b'{"a": 1.0,\n"b": ' + b"[" * 1020 + b"]" * 1020 + b"}", "is nested too deeply, at line 2, column 1025"),
    ],
)
def test_what_is_no_json_is_told_where_it_breaks_off(body: bytes, rule: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_body(body)
    assert refusal.value.errors[0].message == f"The body {rule}."
    if body and rule.startswith("is not JSON"):
        with pytest.raises(Refused) as refusal:
            read_query_string(b"query={a}&variables=" + quote(body).encode())
        assert refusal.value.errors[0].message == f"Parameter variables {rule}."


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"a": [{"b": "\\"}", "c": {"b": 1}}, {"b": 2}],\n "a": 1}', 'An object has the key "a" twice, the second time at line 2, column 2.'),
        (b'{"\xc3\xa4": {"x":{}, "x": [1, {}]}}', 'An object has the key "x" twice, the second time at line 1, column 16.'),
        (b'{"a":\n [1, -1e400]}', "A number is beyond what a double can hold, at line 2, column 6."),
    ],
)
def test_what_could_be_read_in_two_ways_is_told_where_it_stands(body: bytes, told: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_body(body)
    assert refusal.value.errors[0].message == told


def test_a_number_that_no_double_holds_is_told_where_it_stands() -> None:
    schema = build_schema("scalar Any type Query { a(b: Any): Int }")
    for number in ("1e400", "-" + "9" * 500):
        text = "{\n a(b: {c: [1, " + number + "]})}"
        with pytest.raises(Refused) as refusal:
            valid(parse(text, no_location=True), text, schema, suggest=False)
        error = refusal.value.errors[0]
        assert (error.code, error.locations) == ("GRAPHQL_VALIDATION_FAILED", ((2, 15),))
    valid(parse("{a(b: 1e300)}", no_location=True), "{a(b: 1e300)}", schema, suggest=False)


@given(st.binary())
def test_any_query_string_is_read_or_refused(query_string: bytes) -> None:
    try:
        read_query_string(query_string)
    except Refused as refusal:
        assert refusal.status(legacy=True) == 400


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ }", "GRAPHQL_PARSE_FAILED"),
        ("{ a { } }", "GRAPHQL_PARSE_FAILED"),
        ("{a" * 300 + "}" * 300, "LIMIT_TOKENS"),
        ("{" + " a" * 500 + "}", "LIMIT_TOKENS"),
        ("#\n" * 500 + "{a}", "LIMIT_TOKENS"),
        ("{a(b:" + "[" * 198 + "]" * 198 + ")}", "LIMIT_TOKENS"),
        ("query ($a: " + "[" * 60 + "Int" + "]" * 60 + ") {a" + "{b" * 50 + "}" * 51, "GRAPHQL_VALIDATION_FAILED"),
        ("{ a \x00 }", "GRAPHQL_PARSE_FAILED"),
        ("type Query { a: Int }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment F on Query { ...F } { ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment F on Query { ...G } fragment G on Query { ...F } { ...F }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_documents_that_are_not_valid_are_refused(text: str, code: str) -> None:
    assert code_of(lambda: valid(DOCUMENTS.parse(text), text, SCHEMA, suggest=False)) == code


def test_nesting_beyond_the_parser_is_refused_and_does_not_exhaust_the_stack() -> None:
    deep = Documents(Limits(tokens=100_000), 10)
    assert code_of(deep.parse, "{a" * 20_000 + "}" * 20_000) == "LIMIT_DEPTH"


def test_the_place_of_an_error_is_given_and_the_message_is_bounded() -> None:
    with pytest.raises(Refused) as refusal:
        valid(DOCUMENTS.parse("{\n  " + "a" * 2000 + "\n}"), "{\n  " + "a" * 2000 + "\n}", SCHEMA, suggest=False)
    [error] = refusal.value.errors
    assert (error.locations, len(error.message)) == (((2, 3),), MAX_MESSAGE)


@pytest.mark.parametrize("text", ["{ battery(code: null) { stateOfHealth } }", "query ($a: ID! = null) { battery(code: $a) { stateOfHealth } }"])
def test_null_is_said_in_the_words_of_graphql(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        valid(DOCUMENTS.parse(text), text, SCHEMA, suggest=False)
    assert [error.message for error in refusal.value.errors] == ["Expected value of non-null type 'ID!' not to be null."]


def test_the_number_of_errors_is_bounded() -> None:
    with pytest.raises(Refused) as refusal:
        valid(DOCUMENTS.parse("{" + " x" * 300 + "}"), "{" + " x" * 300 + "}", SCHEMA, suggest=False)
    assert len(refusal.value.errors) <= 11


@pytest.mark.parametrize(
    "text", ["{ batery }", "{ battery(cod: 1) { stateOfHealth } }", "fragment F on Batery { x } { ...F }", "{ battery(code: 1) { stateOfHealt } }"]
)
def test_nothing_is_suggested_unless_that_is_asked_for(text: str) -> None:
    def messages(suggest: bool) -> str:
        with pytest.raises(Refused) as refusal:
            valid(DOCUMENTS.parse(text), text, SCHEMA, suggest=suggest)
        return str(refusal.value)

    assert "Did you mean" not in messages(suggest=False)
    assert "Did you mean" in messages(suggest=True)


def test_a_known_text_is_not_parsed_again() -> None:
    assert DOCUMENTS.parse("{ known }") is DOCUMENTS.parse("{ known }")


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [("{a}", None, True), ("query A {a} query B {a}", "B", True), ("query A {a} query B {a}", None, False), ("{a}", "A", False), ("query A {a}", "a", False)],
)
def test_the_operation_is_the_one_that_is_named(text: str, name: str | None, found: bool) -> None:
    if found:
        node = choose(DOCUMENTS.parse(text), name)
        assert name is None or (node.name is not None and node.name.value == name)
    else:
        assert code_of(choose, DOCUMENTS.parse(text), name) == "OPERATION_NOT_FOUND"


@pytest.mark.parametrize(
    ("query_string", "told"),
    [
        (b"query={a}&variables=%ff", "Parameter 2 of the query string is not form-encoded UTF-8."),
        (b"query=\xc3\xa9", "Parameter 1 of the query string is not form-encoded UTF-8."),
        (b"&".join([b"a=1"] * 51), "The query string has more than 50 parameters."),
    ],
)
def test_what_is_no_query_string_is_told_by_its_place(query_string: bytes, told: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_query_string(query_string)
    assert (refusal.value.errors[0].code, refusal.value.errors[0].message) == ("MALFORMED_REQUEST", told)
