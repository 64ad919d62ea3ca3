"""The unified social credit code: examples, python-stdnum as the oracle of its check digit, hostile text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from resolvers.identifiers import PROVINCES, IdentifierError, make_credit_code, organisation_check_digit, parse_credit_code

EXAMPLES = {
    "91110000600037341L": "OK",
    "91350902MA2XYB1C0U": "OK",
    "91440306MA5FKE2H9Y": "OK",
    "91330106MA27WJ0T07": "OK",
    "11100000000013039Y": "OK",
    "91350902MA2XYB1C0W": "CHECK",
    "91350902IA2XYB1C0U": "CHARSET",
    "91350902MA2XYB1C0": "LENGTH",
    "91990902MA2XYB1C0U": "REGION",
    "91350902M2AXYB1C0U": "CHECK",
    "01350902MA2XYB1C0U": "AUTHORITY",
}
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def outcome(text: str) -> str:
    try:
        parse_credit_code(text, normalise=False)
    except IdentifierError as error:
        return error.code
    return "OK"


@pytest.mark.parametrize(("text", "expected"), EXAMPLES.items())
def test_example_by_the_strict_rule(text: str, expected: str) -> None:
    assert outcome(text) == expected


def test_all_parts() -> None:
    code = parse_credit_code("\t91350902ma2xyb1c0u ")
    assert (code.value, code.authority, code.entity_class) == ("91350902MA2XYB1C0U", "9", "1")
    assert (code.region_code, code.organisation_code) == ("350902", "MA2XYB1C0")


def test_second_check_digit_is_checked_where_the_first_holds() -> None:
    # 0 at position 17 replaced by 1, and position 18 made to agree: only the organisation code's own digit gives it away.
    body = "91350902MA2XYB1C1"
    code = body + uscc.calc_check_digit(body + "0")
    assert uscc.is_valid(code)
    with pytest.raises(IdentifierError) as caught:
        parse_credit_code(code)
    assert (caught.value.code, caught.value.position) == ("ORG_CHECK", 17)


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("91350902IA2XYB1C0U", "CHARSET", 9),
        ("9135A902MA2XYB1C0U", "REGION", 5),
        ("91990902MA2XYB1C0U", "REGION", 3),
        ("01350902MA2XYB1C0U", "AUTHORITY", 1),
        ("91350902MA2XYB1C0W", "CHECK", 18),
        ("913509", "LENGTH", None),
        ("9135\uff10902MA2XYB1C0U", "CHARSET", 5),
        ("91350902MA2XYB1C0\n", "LENGTH", None),
        ("91350902MA2XYB\x00C0U", "CHARSET", 15),
        ("9" * 1_000_000, "LENGTH", None),
    ],
)
def test_error_names_the_place(text: str, code: str, position: int | None) -> None:
    with pytest.raises(IdentifierError) as caught:
        parse_credit_code(text)
    assert (caught.value.code, caught.value.position) == (code, position)
    assert len(str(caught.value)) < 200


regions = st.builds("{}{:04}".format, st.sampled_from([*sorted(PROVINCES), "10"]), st.integers(0, 9999))
codes = st.builds(
    lambda region, organisation, authority, entity: make_credit_code(region, organisation, authority=authority, entity_class=entity),
    regions,
    st.text(ALPHABET, min_size=8, max_size=8),
    st.sampled_from("123456789ANY"),
    st.sampled_from(ALPHABET),
)


@given(codes)
def test_parsing_gives_back_what_was_made(text: str) -> None:
    code = parse_credit_code(text, normalise=False)
    organisation = code.organisation_code[:8]
    assert make_credit_code(code.region_code, organisation, authority=code.authority, entity_class=code.entity_class) == code.value == text


@given(codes)
def test_check_character_against_the_library(text: str) -> None:
    assert uscc.calc_check_digit(text) == text[17]


@given(codes, st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_every_changed_character_is_noticed(valid: str, place: int, character: str) -> None:
    # The law: 31 is prime, the 31 characters have 31 values, and no weight is a multiple of 31. There are no classes of equal characters.
    changed = valid[:place] + character + valid[place + 1 :]
    assert (outcome(changed) == "OK") == (changed == valid)


@given(codes, st.integers(0, 15))
def test_a_swap_of_unlike_neighbours_is_noticed(valid: str, place: int) -> None:
    # w(i) - w(i+1) is never 0 modulo 31, so two different neighbours may not change places unseen.
    swapped = valid[:place] + valid[place + 1] + valid[place] + valid[place + 2 :]
    assert (outcome(swapped) == "OK") == (swapped == valid)


@pytest.mark.parametrize(("organisation", "check"), [("60003734", "1"), ("MA2XYB1C", "0"), ("D2143569", "X")])
def test_organisation_check_digit(organisation: str, check: str) -> None:
    assert organisation_check_digit(organisation) == check


@pytest.mark.parametrize("wrong", [("35090", "MA2XYB1C"), ("350902", "MA2XYB1"), ("350902", "MA2XYB1I"), ("35090", "MA2XYB1C0")])
def test_impossible_parts_are_not_made(wrong: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="part"):
        make_credit_code(*wrong)


@given(st.text(max_size=40))
def test_any_text_gives_a_code_or_an_identifier_error(text: str) -> None:
    try:
        code = parse_credit_code(text)
    except IdentifierError as error:
        assert str(error).isprintable()
    else:
        assert parse_credit_code(code.value, normalise=False) == code
