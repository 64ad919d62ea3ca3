"""Laws that hold for whatever subgraphs there are."""

from __future__ import annotations

from itertools import permutations

from graphql import build_schema, lexicographic_sort_schema, print_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.composition.compose import compose
from gateway.composition.errors import CompositionFailure
from gateway.composition.supergraph import SubgraphSource, Supergraph
from tests.composition.sdl import FEDERATION

OBJECTS, ENUMS, INPUTS = ("A", "B", "C"), ("E", "F"), ("I", "J")
LEAVES = ("Int", "String", "ID", "Moment", *ENUMS)
FIELDS = ("a", "b", "c")


def wrapped(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    forms = ("{}", "{}!", "[{}]", "[{}!]!")
    return st.builds(lambda name, form: form.format(name), st.sampled_from(names), st.sampled_from(forms))


ARGUMENT = st.builds(lambda name, type_: f"{name}: {type_}", st.sampled_from(FIELDS), wrapped(("Int", "ID", *ENUMS, *INPUTS)))
FIELD = st.builds(lambda argument, type_: f"{f'({argument})' if argument else ''}: {type_}", st.none() | ARGUMENT, wrapped((*LEAVES, *OBJECTS)))
DESCRIPTION = st.sampled_from(("", '"one" ', '"""two\n lines""" '))
OBJECT = st.dictionaries(st.sampled_from(FIELDS), FIELD, min_size=1)
INPUT = st.dictionaries(st.sampled_from(FIELDS), wrapped(("Int", "String", *ENUMS)), min_size=1)
ENUM = st.lists(st.sampled_from(("X", "Y", "Z")), min_size=1, unique=True)


@st.composite
def bodies(draw: st.DrawFn, directive: str = "") -> str:
    """A subgraph of value types: everything that any of its types names exists."""
    parts = ["scalar Moment"]
    for name in ("Query", *OBJECTS):
        fields = " ".join(f"{field}{rest}" for field, rest in draw(OBJECT).items())
        parts.append(f"{draw(DESCRIPTION)}type {name} {directive} {{ {fields} }}")
    parts += [f"enum {name} {{ {' '.join(draw(ENUM))} }}" for name in ENUMS]
    for name in INPUTS:
        fields = " ".join(f"{field}: {type_}" for field, type_ in draw(INPUT).items())
        parts.append(f"input {name} {{ {fields} }}")
    return "\n".join(parts)


@settings(max_examples=25)
@given(bodies())
def test_one_subgraph_alone_is_its_own_api(body: str) -> None:
    graph = compose([SubgraphSource("a", "http://a.example", FEDERATION + body)])
    assert isinstance(graph, Supergraph), str(graph)
    expected = print_schema(lexicographic_sort_schema(build_schema(body)))
    assert print_schema(lexicographic_sort_schema(graph.api_schema)) == expected
    assert print_schema(lexicographic_sort_schema(graph.schema)) == expected


@settings(max_examples=25)
@given(st.lists(bodies("@shareable"), min_size=2, max_size=3))
def test_the_order_of_subgraphs_does_not_matter(given_bodies: list[str]) -> None:
    sources = [SubgraphSource(name, f"http://{name}.example", FEDERATION + body) for name, body in zip("abc", given_bodies, strict=False)]
    outcomes = [compose(list(order)) for order in permutations(sources)]
    seen = {outcome.sdl if isinstance(outcome, Supergraph) else outcome.errors for outcome in outcomes}
    assert len(seen) == 1


@settings(max_examples=25)
@given(bodies("@shareable"))
def test_a_subgraph_composes_with_its_twin_to_the_same_api(body: str) -> None:
    twins = compose([SubgraphSource(name, f"http://{name}.example", FEDERATION + body) for name in "ab"])
    assert isinstance(twins, Supergraph), str(twins)
    assert print_schema(lexicographic_sort_schema(twins.api_schema)) == print_schema(lexicographic_sort_schema(build_schema(body.replace("@shareable", ""))))


@settings(max_examples=25)
@given(bodies("@shareable"), bodies("@shareable"))
def test_every_answer_of_a_subgraph_is_allowed_by_the_supergraph(one: str, other: str) -> None:
    """No merged output type is narrower, and no merged input wider, than what a subgraph says: else composition refuses."""
    graph = compose([SubgraphSource(name, f"http://{name}.example", FEDERATION + body) for name, body in (("a", one), ("b", other))])
    if isinstance(graph, CompositionFailure):
        assert all(error.code.isupper() for error in graph.errors)
        return
    for type_ in graph.types.values():
        for field in type_.fields.values():
            strict = {join.type.count("!") for join in field.joins.values()}
            bound = max(strict) if type_.kind == "INPUT_OBJECT" else min(strict)
            assert field.type.count("!") == bound
