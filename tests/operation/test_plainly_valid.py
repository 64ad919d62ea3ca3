"""This module is in charge of testing that what is taken for valid is valid: graphql-core is the oracle, over examples and random documents."""

from __future__ import annotations

import random
import re

import pytest
from graphql import GraphQLError, GraphQLSchema, parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.operation.plainly_valid import is_plainly_valid
from tests.execution.operations import CONDITIONS, VALUES, Style, written
from tests.execution.wide_world import wide
from tests.operation.test_canonical import STYLE
from tests.operation.world import supergraph

SCHEMA = supergraph().api_schema
WIDE = wide().api_schema
CODES = {"code": ('"Alpha-1"', "$code")}
STYLES: list[tuple[GraphQLSchema, Style]] = [(SCHEMA, STYLE), (WIDE, Style(4, (*CONDITIONS, *[""] * 10), {**VALUES, **CODES}))]


@pytest.mark.parametrize(
    "text",
    [
        '{ battery(code: "1") { id } }',
        "{ battery(code: 1) { id id } }",
        '{ battery(code: "1") { id } ...F } fragment F on Query { battery(code: "1") { label } }',
        "query Q($a: Boolean!, $b: Boolean = true) { counted @skip(if: $a) @include(if: $b) }",
        "query Q($c: ID!) { thing(id: $c) { ... on Battery { soh } ... on Vehicle { soh } } }",
        'query Q($c: [ID!] = ["1", 2]) { batteries(codes: $c, order: CODE, first: 3, filter: {any: {labels: "x"}}) { id } }',
        "query Q($c: ID!) { batteries(codes: [$c]) { __typename } }",
        "query Q($f: BatteryFilter) { batteries(filter: $f) { id } }",
        'mutation { rename(code: 1, name: "n") { id } }',
    ],
)
def test_what_is_usual_is_told_to_be_valid(text: str) -> None:
    assert not validate(SCHEMA, parse(text))
    assert is_plainly_valid(parse(text), SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "{ nothing }",
        "{ battery { id } }",
        "{ battery(code: null) { id } }",
        "{ battery(code: 1, code: 1) { id } }",
        "{ battery(code: 1, other: 1) { id } }",
        "{ battery(code: 1) }",
        "{ counted { id } }",
        "{ batteries(first: 3000000000) { id } }",
        "{ batteries(first: 1.5) { id } }",
        '{ batteries(order: "CODE") { id } }',
        "{ batteries(order: OTHER) { id } }",
        "{ batteries(filter: {any: {nothing: 1}}) { id } }",
        "{ batteries(filter: {soh: {least: 1, least: 1}}) { id } }",
        "query Q($c: ID) { thing(id: $c) { id } }",
        "query Q($c: ID = null) { thing(id: $c) { id } }",
        "query Q($c: ID!, $c: ID!) { thing(id: $c) { id } }",
        "query Q($c: ID!) { counted }",
        "query Q($c: Battery) { battery(code: $c) { id } }",
        "query Q($c: ID!) { batteries(codes: $c) { id } }",
        'query Q($c: Int = "x") { batteries(first: $c) { id } }',
        "{ thing(id: $c) { id } }",
        "{ thing(id: 1) { ... on Enterprise { name } } }",
        "{ thing(id: 1) { ... on Note { name } } }",
        "{ thing(id: 1) { ...F } }",
        "{ counted } fragment F on Query { counted }",
        "{ ...F } fragment F on Query { ...F }",
        "{ ...F } fragment F on Query { counted ...G } fragment G on Query { ...F }",
        "{ ...F } fragment F on Query { counted } fragment F on Query { counted }",
        "{ counted } { counted }",
        "{ counted } type T { a: Int }",
        "{ counted @skip }",
        "{ counted @skip(if: null) }",
        "{ counted @skip(if: true) @skip(if: true) }",
        "{ counted @other }",
        "query @skip(if: true) { counted }",
        "subscription { counted }",
        "{ a: counted a: health { score } }",
        "{ battery(code: 1) { id } battery(code: 2) { id } }",
        "{ battery(code: 1) { id } battery(code: 1, tuned: 1) { id } }",
        "{ battery(code: 1) { x: id } ...F } fragment F on Query { battery(code: 1) { x: label } }",
        "{ found { ... on Vehicle { x: wheels } ... on Enterprise { x: name } } }",
    ],
)
def test_what_is_wrong_is_left_to_graphql_core(text: str) -> None:
    document = parse(text)
    assert validate(SCHEMA, document)
    assert not is_plainly_valid(document, SCHEMA)


TOKENS = re.compile(r'"[^"]*"|\.\.\.|[_A-Za-z0-9]+|[^\s]')
MORE = (
    "id",
    "label",
    "name",
    "Battery",
    "Thing",
    "Query",
    "$a",
    "$n",
    "1",
    "null",
    '"x"',
    "{",
    "}",
    "x:",
    "@skip(if: $a)",
    "...F0",
    "[1]",
    "{x: 1}",
    "true",
    "Int",
    "!",
)


def with_a_defect(text: str, chance: random.Random) -> str:
    """The text with some tokens changed: taken from elsewhere in it, or from a list, left out, or doubled."""
    tokens = TOKENS.findall(text)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(tokens))
        form = chance.randrange(4)
        other = chance.choice(tokens) if form == 0 else chance.choice(MORE)
        tokens[at : at + 1] = [[other], [other], [], [tokens[at], other]][form]
    return " ".join(tokens)


@settings(max_examples=300)
@given(st.integers(0, 2**32), st.booleans())
def test_what_is_taken_for_valid_is_valid(seed: int, is_whole: bool) -> None:
    chance = random.Random(seed)
    schema, style = chance.choice(STYLES)
    text = written(schema, chance.choice(("query", "query", "mutation")), 4, chance, style)
    if not is_whole:
        text = with_a_defect(text, chance)
    try:
        document = parse(text)
    except GraphQLError:
        return
    if is_plainly_valid(document, schema):
        assert validate(schema, document) == []


def test_much_of_what_is_valid_is_told_at_once() -> None:
    found = 0
    for number in range(100):
        chance = random.Random(number)
        schema, style = STYLES[number % 2]
        found += is_plainly_valid(parse(written(schema, "query", 4, chance, style)), schema)
    # The rest has fields of one key that are not the same field, or literals for custom scalars.
    assert found > 30
