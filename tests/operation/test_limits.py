"""This module is in charge of testing that the size of an operation is measured right, whatever its fragments do."""

from __future__ import annotations

from dataclasses import replace
from time import process_time

import pytest
from graphql import FieldNode, FragmentSpreadNode, OperationDefinitionNode, SelectionSetNode, get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Refused
from gateway.operation.limits import within_limits
from gateway.settings import Limits
from tests.operation.world import LIMITS


def code_of(text: str, limits: Limits = LIMITS) -> str | None:
    try:
        within_limits(parse(text), limits)
    except Refused as refusal:
        return refusal.errors[0].code
    return None


def nested(levels: int) -> str:
    return "{a" * levels + "}" * levels


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (nested(6), None),
        (nested(7), "LIMIT_DEPTH"),
        ("{...F} fragment F on Q {a{...G}} fragment G on Q {b{c{d{e}}}}", None),
        ("{...F} fragment F on Q {a{...G}} fragment G on Q {b{c{d{e{f{g}}}}}}", "LIMIT_DEPTH"),
        ("{a{... on Q{... {b}}}}", None),
        ("{a b c d e}", None),
        ("{a b c d e f}", "LIMIT_ROOT_FIELDS"),
        ("{a ...F ...F} fragment F on Q {b c ...G} fragment G on Q {d}", "LIMIT_ROOT_FIELDS"),
        ("{a{" + "b:c " * 9 + "}}", "LIMIT_ALIASES"),
        ("{a{...F} b{...F} c{...F}} fragment F on Q {x:y z:y w:y}", "LIMIT_ALIASES"),
        ("{a{" + "b " * 60 + "}}", "LIMIT_FIELDS"),
        ("{a " + "@x " * 7 + "}", "LIMIT_DIRECTIVES"),
        ("query " + "@x " * 7 + "{a}", "LIMIT_DIRECTIVES"),
        ("{...F} fragment F on Q " + "@x " * 7 + "{a}", "LIMIT_DIRECTIVES"),
        ("{a{... @x{b} ...F @x @x @x} b{...F @x @x}} fragment F on Q {c @x}", "LIMIT_DIRECTIVES"),
        ("{a(b: [" + "1 " * 10 + "])}", None),
        ("{a(b: [" + "1 " * 11 + "])}", "LIMIT_LIST_SIZE"),
        ("{a(b: {c: [{d: [" + "1 " * 11 + "]}]})}", "LIMIT_LIST_SIZE"),
        ("query ($x: [Int] = [" + "1 " * 11 + "]) {a(b: $x)}", "LIMIT_LIST_SIZE"),
        # A list that a form says is longer (schema/sizes.py), by the name of its field.
        ("{a(b: {cells: [" + "1 " * 5_000 + "]})}", None),
        ("{a(b: [{c: {moves: [" + "{d: 1} " * 5_000 + "]}}])}", None),
        ("{a(b: {cells: [" + "1 " * 5_001 + "]})}", "LIMIT_LIST_SIZE"),
        ("{a(b: {cells: [[" + "1 " * 11 + "]]})}", "LIMIT_LIST_SIZE"),
        ("{a(cells: [" + "1 " * 11 + "])}", "LIMIT_LIST_SIZE"),
        ("{a(first: 10)}", None),
        ("{a(first: 11)}", "LIMIT_PAGE_SIZE"),
        ("{a{b{c(last: " + "9" * 5000 + ")}}}", "LIMIT_PAGE_SIZE"),
        ("query A {a} query B " + nested(7), "LIMIT_DEPTH"),
        # Cycles add nothing here; validation refuses them.
        ("{...F} fragment F on Q {a{...F}}", None),
        ("{...F} fragment F on Q {a{...G}} fragment G on Q {b{...F}}", None),
        ("{...Missing}", None),
    ],
)
def test_what_is_too_much_is_refused(text: str, code: str | None) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("text", "code", "path", "place"),
    [
        ("{a b {x: c(first: 11)}}", "LIMIT_PAGE_SIZE", ("b", "x"), (1, 12)),
        ("{a {...F}}\nfragment F on Q {y: c(last: 11)}", "LIMIT_PAGE_SIZE", ("a", "y"), (2, 23)),
        ("{a}\nfragment F on Q {y: c(last: 11)}", "LIMIT_PAGE_SIZE", (), (2, 23)),
        ("{a(b: {c: [" + "1 " * 11 + "]})}", "LIMIT_LIST_SIZE", ("a",), (1, 4)),
        (nested(7) + "query B {a(first: 10)}", "LIMIT_DEPTH", (), None),
    ],
)
def test_an_argument_that_is_too_large_is_told_with_its_place(text: str, code: str, path: tuple[str, ...], place: tuple[int, int] | None) -> None:
    with pytest.raises(Refused) as refusal:
        within_limits(parse(text, no_location=True), LIMITS, text)
    error = refusal.value.errors[0]
    assert (error.code, error.path, error.locations) == (code, path, () if place is None else (place,))


def test_introspection_does_not_count_as_nesting() -> None:
    assert code_of(get_introspection_query(), replace(LIMITS, fields=400, depth=3)) is None


@pytest.mark.parametrize("width", [2, 30])
def test_fragments_that_double_are_measured_in_linear_time(width: int) -> None:
    bomb = "{...F0}" + "".join(f"fragment F{i} on Q {{" + f"a{{...F{i + 1}}}" * width + "}" for i in range(300)) + "fragment F300 on Q {a}"
    document = parse(bomb)
    started = process_time()
    with pytest.raises(Refused) as refusal:
        within_limits(document, replace(LIMITS, depth=1000))
    assert refusal.value.errors[0].code == "LIMIT_FIELDS"
    assert process_time() - started < 5


def test_a_long_chain_of_fragments_does_not_exhaust_the_stack() -> None:
    chain = "{...F0}" + "".join(f"fragment F{i} on Q {{...F{i + 1}}}" for i in range(20_000)) + "fragment F20000 on Q {a}"
    assert code_of(chain) is None


NAMES = st.sampled_from(["a", "b", "__typename"])
FRAGMENTS = 3


def selections(depth: int, spreads: int) -> st.SearchStrategy[str]:
    leaf = st.tuples(st.sampled_from(["", "x: "]), NAMES, st.sampled_from(["", " @d", " @d @d"])).map("".join)
    choices = [leaf]
    if spreads < FRAGMENTS:
        choices.append(st.integers(spreads, FRAGMENTS - 1).map(lambda number: f"...F{number}"))
    if depth:
        below = selections(depth - 1, spreads)
        choices += [below.map(lambda inner: f"a {inner}"), below.map(lambda inner: f"... on Q @d {inner}")]
    return st.lists(st.one_of(choices), min_size=1, max_size=3).map(lambda items: "{" + " ".join(items) + "}")


# Fragment n spreads only later ones: no cycles, which the oracle could not follow.
documents = st.tuples(selections(2, 0), *(selections(2, number + 1) for number in range(FRAGMENTS))).map(
    lambda parts: parts[0] + "".join(f" fragment F{number} on Q {body}" for number, body in enumerate(parts[1:]))
)


def expanded(document, selection_set: SelectionSetNode, level: int):
    """Every field and directive, fragments written out: ("field", level, aliased) and ("directive",)."""
    fragments = {node.name.value: node for node in document.definitions if not isinstance(node, OperationDefinitionNode)}
    for node in selection_set.selections:
        yield from (("directive",) for _ in node.directives or ())
        if isinstance(node, FragmentSpreadNode):
            yield from expanded(document, fragments[node.name.value].selection_set, level)
            continue
        if isinstance(node, FieldNode):
            yield ("field", level, node.alias is not None)
        if node.selection_set:
            yield from expanded(document, node.selection_set, level + isinstance(node, FieldNode))


@given(documents)
def test_the_measure_equals_that_of_the_written_out_document(text: str) -> None:
    document = parse(text)
    everything = list(expanded(document, document.definitions[0].selection_set, 1))
    fields = [each for each in everything if each[0] == "field"]
    exact = Limits(
        tokens=10**6,
        depth=max(level for _, level, _ in fields),
        fields=len(fields),
        root_fields=sum(level == 1 for _, level, _ in fields),
        aliases=sum(aliased for *_, aliased in fields),
        directives=len(everything) - len(fields),
    )
    assert code_of(text, exact) is None
    for name in ("depth", "fields", "root_fields", "aliases", "directives"):
        least = getattr(exact, name) - 1
        if least >= 0:
            assert code_of(text, replace(exact, **{name: least})) == f"LIMIT_{name.upper()}"
