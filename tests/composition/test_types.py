"""Type references: printing, and merging against the meaning of types as sets of values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.composition.types import ListOf, Named, NonNull, TypeRef, is_subtype, merge_types

NULLABLE = st.recursive(
    st.sampled_from([Named("Node"), Named("A"), Named("B")]),
    lambda inner: st.builds(ListOf, inner | st.builds(NonNull, inner)),
    max_leaves=3,
)
REFS: st.SearchStrategy[TypeRef] = NULLABLE | st.builds(NonNull, NULLABLE)


def is_member(abstract: str, name: str) -> bool:
    return abstract == "Node" and name == "A"


def values(ref: TypeRef) -> frozenset[object]:
    """The values of a type in a world of one A, one B and lists of at most one item: the oracle."""
    match ref:
        case NonNull():
            return values(ref.of) - {None}
        case ListOf():
            return frozenset({None, (), *((item,) for item in values(ref.of))})
        case Named():
            return frozenset({None, *({"Node": {"a"}, "A": {"a"}, "B": {"b"}}[ref.name])})


@given(REFS, REFS)
def test_a_subtype_has_no_value_of_its_own(sub: TypeRef, sup: TypeRef) -> None:
    if is_subtype(sub, sup, is_member):
        assert values(sub) <= values(sup)


@given(st.lists(REFS, min_size=1, max_size=4))
def test_output_takes_every_answer_and_input_is_taken_by_every_subgraph(refs: list[TypeRef]) -> None:
    output = merge_types(refs, is_member, output=True)
    if output is not None:
        assert output in refs
        assert all(values(ref) <= values(output) for ref in refs)
    given_in = merge_types(refs, is_member, output=False)
    if given_in is not None:
        assert given_in in refs
        assert all(values(given_in) <= values(ref) for ref in refs)


@given(st.lists(REFS, min_size=1, max_size=4))
def test_merging_does_not_depend_on_order(refs: list[TypeRef]) -> None:
    for output in (True, False):
        assert merge_types(refs, is_member, output=output) == merge_types(refs[::-1], is_member, output=output)


def test_types_print_as_they_are_written() -> None:
    assert str(NonNull(ListOf(NonNull(Named("A"))))) == "[A!]!"
