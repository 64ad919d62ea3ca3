"""Whatever text comes as a subgraph's SDL, the outcome is a supergraph or coded errors: no exception, and not the last resort either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.composition import compose as composition
from gateway.composition.compose import compose
from gateway.composition.errors import CompositionError, CompositionFailure
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph import SubgraphSource
from tests.composition.sdl import FEDERATION

NAMES: tuple[str, ...] = (
    "Int",
    "String",
    "ID",
    "Boolean",
    "Query",
    "T",
    "I",
    "U",
    "__Type",
    "__typename",
    "_Any",
    "_Entity",
    "_Service",
    "_FieldSet",
    "link",
    "key",
    "a",
    "id",
)
NAMES += ("federation__FieldSet", "link__Purpose", "link__Import", "join__Graph", "Missing", "true", "null", "extend", "_entities", "_service", "__", "_")
WORDS: tuple[str, ...] = (
    *"{}()[]:!=|&@$,",
    "...",
    "extend",
    "schema",
    "type",
    "interface",
    "union",
    "enum",
    "input",
    "scalar",
    "directive",
    "on",
    "implements",
    "repeatable",
)
WORDS += ("query", "fragment", "subscription", '""', '"id"', '"""d"""', '"@"', "0")
WORDS += ("1.5e400", "null", "# x\n", "\\", "OBJECT", "SCHEMA", "FIELD", "@key", "@link")
KINDS: tuple[str, ...] = (
    "type {0} {{ a: Int }}",
    "scalar {0}",
    "enum {0} {{ A }}",
    "union {0} = T",
    "input {0} {{ a: Int = 1 }}",
    "interface {0} {{ a: Int }}",
    "directive @{0} on FIELD | OBJECT",
)
KINDS += (
    "extend type {0} {{ b: [Int!]! }}",
    "extend scalar {0} @tag(name: 1)",
    "schema {{ query: {0} }}",
    "extend schema @{0}",
    "type X{0} @{0} {{ {0}({0}: {0}): {0} }}",
    "type {0}",
)
KINDS += (
    'extend schema @link(url: "https://specs.apollo.dev/{0}/v1.0")',
    'extend schema @link(url: "https://a.example/{0}/v1.0", as: "{0}", import: ["@{0}", "{0}"])',
)
KINDS += (
    'type Y{0} @key(fields: "{0} {{ {0} }}") {{ {0}: Int }}',
    "union {0}",
    "enum {0}",
    "input {0} {{ {0}: {0}! = {0} }}",
    "type {0} implements {0} & T {{ a: Int }}",
)
START: tuple[str, ...] = (FEDERATION, "", 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9")\n')

SOUP = st.lists(st.sampled_from((*NAMES, *WORDS)), max_size=30).map(" ".join)
DECLARATION = st.builds(lambda form, name: form.format(name), st.sampled_from(KINDS), st.sampled_from(NAMES))
DECLARATIONS = st.lists(DECLARATION, min_size=1, max_size=4).map("\n".join)


@st.composite
def broken(draw: st.DrawFn) -> str:
    """Declarations of which words are lost, doubled or put in the place of others."""
    words = (draw(DECLARATIONS) + "\ntype Query { t: T } type T { id: ID a: Int }").split(" ")
    for _change in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(words) - 1))
        words[at : at + draw(st.integers(0, 2))] = draw(st.lists(st.sampled_from((*NAMES, *WORDS)), max_size=2))
        words = words or ["{"]
    return " ".join(words)


GARBAGE = st.builds(lambda start, text: start + text, st.sampled_from(START), st.text(max_size=40) | SOUP | broken())


def held(sdls: Sequence[str]) -> None:
    outcome = compose([SubgraphSource(name, f"http://{name}.example", sdl) for name, sdl in zip("ab", sdls, strict=False)])
    for error in outcome.errors if isinstance(outcome, CompositionFailure) else ():
        assert error.code != "COMPOSITION_DEFECT", error
        assert error.code
        assert error.message


@settings(max_examples=400)
@given(st.lists(GARBAGE, min_size=1, max_size=2))
@example(["scalar Int type Query { a: Int }"])
@example(["type Int { a: Int } type Query { b: Int }"])
@example(["enum __TypeKind { A } type Query { b: Int }"])
@example(['extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: [{name: "@key", as: "@"}]) type Query { a: Int }'])
def test_no_text_breaks_composition(sdls: list[str]) -> None:
    held(sdls)


def test_what_breaks_all_the_same_is_told_with_the_subgraph(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken_rule(subgraph: Subgraph) -> Iterator[CompositionError]:
        if "Trap" in subgraph.types:
            raise TypeError("secret text")
        yield from ()

    monkeypatch.setattr(composition, "SUBGRAPH_RULES", (broken_rule,))
    sources = [SubgraphSource("good", "", "type Query { a: Int }"), SubgraphSource("bad", "", "type Trap { a: Int }")]
    outcome = compose(sources)
    assert isinstance(outcome, CompositionFailure)
    [error] = outcome.errors
    assert (error.code, [place.subgraph for place in error.subgraphs]) == ("COMPOSITION_DEFECT", ["bad"])
    assert 'subgraph "bad"' in error.message
    assert "secret" not in error.message
    assert "secret text" in caplog.text
