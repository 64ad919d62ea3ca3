"""This module is in charge of testing canonical texts: what they leave out, what they rename, and that graphql-core reads both texts alike."""

from __future__ import annotations

import random

import pytest
from graphql import DocumentNode, FieldNode, GraphQLError, Lexer, Source, TokenKind, Visitor, parse, validate, visit
from hypothesis import given
from hypothesis import strategies as st

from gateway.operation.canonical import Aliases, Places, canonical, places_of
from gateway.operation.normalise import normalise
from tests.execution.operations import CONDITIONS, VALUES, Style, written
from tests.operation.world import supergraph

SCHEMA = supergraph().api_schema
OWN = {
    "id": ('"1"', "$code"),
    "tuned": ("1",),
    "filter": ("{labels: []}", '{any: [{labels: ["a:b"]}]}'),
    "order": ("CODE",),
    "codes": ('["1", 2]',),
    "note": ("{x: 1}",),
    "text": ('"p: #"', "$text"),
}
INTROSPECTION = {"includeDeprecated": ("true",)}
STYLE = Style(3, CONDITIONS, {**VALUES, **OWN, **INTROSPECTION})


def text_of(text: str) -> str:
    found = canonical(text, 100)
    assert found is not None
    return found.text


def names_of(text: str) -> dict[str, str]:
    found = canonical(text, 100)
    assert found is not None
    return dict(found.names)


def test_comments_commas_and_blanks_say_nothing() -> None:
    assert text_of("{ a, b(x: 1) }") == text_of("\ufeff#one\n{a\r\n b( x : 1 ,),# two\n}#three")
    assert text_of('{ a(x: "# , \\" ") }') != text_of('{ a(x: "") }')
    assert text_of("{ a b }") != text_of("{ ab }")


def test_aliases_are_numbered_each_once() -> None:
    assert names_of("{ one: a two: b { one: c } ... F } fragment F on T { three: d }") == {"one": "_0", "two": "_1", "three": "_2"}
    assert text_of("{ one: a two: b { one: c } }") == text_of("{ x: a y: b { x: c } }")
    assert text_of("{ one: a two: b { one: c } }") != text_of("{ x: a y: b { y: c } }")


def test_names_of_arguments_variables_and_input_fields_are_no_aliases() -> None:
    assert names_of('query Q($v: Int = 1) { x: a(b: {c: $v}, d: [{e: ":"}]) @include(if: true) { y: z } }') == {"x": "_0", "y": "_1"}
    assert names_of("query Q($v: Int) { a(b: $v) }") == {}


def test_an_alias_that_is_another_name_of_the_document_stays() -> None:
    assert names_of("{ a: b b: a c: d }") == {"c": "_0"}
    assert text_of("{ a: b a }") != text_of("{ c: b a }")
    assert names_of("{ __typename: b __schema: c }") == {}


def test_a_name_that_is_there_already_is_given_to_nobody() -> None:
    assert names_of("{ x: a _0 y: _1 z: b }") == {"x": "_2", "y": "_3", "z": "_4"}
    assert names_of("{ _1: a _0: b }") == {"_1": "_0", "_0": "_1"}


def test_texts_that_have_to_be_read_as_they_are() -> None:
    assert canonical("{ a }" + " " * 50_000, 100) is None
    assert canonical('{ a(x: """one\ntwo""") }', 100) is None
    assert canonical("{ a }" + "#\n" * 3, 2) is None
    assert canonical("{ a }" + "#\n" * 2, 2) is not None


@pytest.mark.parametrize(
    ("wrong", "right"), [("{a(b: [1c])}", "{a(b: [1 c])}"), ('{a(b: "\n c \n")}', '{a(b: " c ")}'), ("{.. . a}", "{...a}"), ("{a(b: - 1)}", "{a(b: -1)}")]
)
def test_what_is_no_graphql_is_not_taken_for_what_is(wrong: str, right: str) -> None:
    parse(right)
    with pytest.raises(GraphQLError):
        parse(wrong)
    assert text_of(wrong) != text_of(right)


def tokens_of(text: str) -> list[tuple[TokenKind, str | None]] | None:
    lexer = Lexer(Source(text))
    found = []
    try:
        while (token := lexer.advance()).kind != TokenKind.EOF:
            found.append((token.kind, token.value))
    except GraphQLError:
        return None
    return found


NAMES = [
    "a",
    "bc",
    "_0",
    "on",
    "1",
    "01",
    "-",
    "-2",
    "1.5",
    "1.",
    "1e9",
    "+",
    "{",
    "}",
    "(",
    ")",
    ":",
    "...",
    "..",
    ".",
    "$",
    "@",
    "!",
    "=",
    "|",
    "&",
    "[",
    "]",
]
QUOTED = ['"', '"x"', '"\\""', '"#"', '""', "\\"]
BETWEEN = ["#c\n", "#", " ", "\t", "\n", "\r\n", ",", "\ufeff", "\u00a0", "é", "'", "?", "~", "\x00", "\x0b", "\u2028"]
PIECES = st.sampled_from([*NAMES, *QUOTED, *BETWEEN])


@given(st.lists(PIECES, max_size=12).map("".join))
def test_both_texts_have_the_same_tokens_or_neither_has_any(text: str) -> None:
    found = canonical(text, 100)
    if found is None:
        return
    own, theirs = tokens_of(found.text), tokens_of(text)
    if theirs is None or own is None:
        assert own == theirs
        return
    assert [kind for kind, _ in own] == [kind for kind, _ in theirs]
    assert all(value == before or found.names[before or ""] == value for (_, value), (_, before) in zip(own, theirs))


def aliases_of(document: DocumentNode) -> list[FieldNode]:
    found: list[FieldNode] = []

    class Looking(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            if node.alias:
                found.append(node)

    visit(document, Looking())
    return found


def renamed(text: str, chance: random.Random) -> str:
    """The text with other aliases, each its own, at the same places: of names that are nowhere else in it, and of some that are."""
    nodes = [node.alias for node in aliases_of(parse(text)) if node.alias is not None]
    others = {each: f"new{chance.randrange(10**6)}_{number}" for number, each in enumerate(sorted({node.value for node in nodes}))}
    for node in sorted(nodes, key=lambda node: node.loc.start if node.loc else 0, reverse=True):
        assert node.loc is not None
        text = text[: node.loc.start] + others[node.value] + text[node.loc.end :]
    return text


@given(st.integers(0, 2**32))
def test_a_text_and_its_canonical_text_are_valid_alike_and_select_alike(seed: int) -> None:
    chance = random.Random(seed)
    text = written(SCHEMA, "query", 4, chance, STYLE)
    other = renamed(text, chance)
    found, same = canonical(text, 100), canonical(other, 100)
    assert found is not None
    assert same is not None
    if len(found.names) == len({node.alias.value for node in aliases_of(parse(text)) if node.alias}):
        # No alias was another name: then both texts are one.
        assert found.text == same.text
    errors = validate(SCHEMA, parse(text))
    assert bool(errors) == bool(validate(SCHEMA, parse(found.text)))
    if not errors:
        assert normalise(parse(found.text), SCHEMA) == normalise(parse(text), SCHEMA, names=found.names)


def test_an_answer_gets_its_names_where_they_stand_and_in_its_order() -> None:
    operation = normalise(parse("{ _0: batteries { id _1: maker { name } } found { ... on Vehicle { _1: label } } thing(id: 1) { id } }"), SCHEMA)
    places = places_of(operation.selections, ["_0", "_1"])
    assert places == Places({"_0": Places({}), "found": Places({})})
    aliases = Aliases({"_0": "all", "_1": "id2"}, places, 1)
    shared = {"id": 1, "_1": {"name": {"_1": "a scalar is left alone"}}}
    data = {"_0": [shared, shared, None], "found": [{"_1": "x"}, {}], "thing": {"_1": "nothing of ours"}}
    answer = aliases.answer(data)
    own = {"id": 1, "id2": {"name": {"_1": "a scalar is left alone"}}}
    assert answer == {"all": [own, own, None], "found": [{"id2": "x"}, {}], "thing": {"_1": "nothing of ours"}}
    assert list(answer["all"][0]) == ["id", "id2"]
    assert answer["all"][0] is answer["all"][1]
    assert {"_0", "found", "thing"} == set(data)
    assert "_1" in shared
    assert aliases.path(("_0", 3, "_1", "name")) == ("all", 3, "id2", "name")
