"""Battery identifiers of other schemes are kept as they came, within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.identifiers import GB_T_34014, BatteryCode, IdentifierError, OpaqueCode, parse_battery_identifier


def test_own_scheme_is_read() -> None:
    code = parse_battery_identifier(GB_T_34014, "0b7pb3kg510000042rm")
    assert isinstance(code, BatteryCode)
    assert code.value == "0B7PB3KG510000042RM"


def test_other_scheme_is_opaque_and_keeps_its_case() -> None:
    assert parse_battery_identifier("GB_T_45565", " aB-12/x \n") == OpaqueCode("GB_T_45565", "aB-12/x")


@pytest.mark.parametrize(
    ("scheme", "value", "code"),
    [
        ("gb_t_45565", "A", "SCHEME"),
        ("", "A", "SCHEME"),
        ("X" * 33, "A", "SCHEME"),
        ("X\n", "A", "SCHEME"),
        ("X", "", "LENGTH"),
        ("X", "a" * 65, "LENGTH"),
        ("X", "a" * 1_000_000, "LENGTH"),
        ("X", "a b", "CHARSET"),
        ("X", "a\x00b", "CHARSET"),
        ("X", "\u7535\u6c60", "CHARSET"),
        (GB_T_34014, "A", "LENGTH"),
    ],
)
def test_refused(scheme: str, value: str, code: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        parse_battery_identifier(scheme, value)
    assert caught.value.code == code
    assert len(str(caught.value)) < 200


@given(st.text(max_size=40), st.text(max_size=80))
def test_any_text_gives_an_identifier_or_an_identifier_error(scheme: str, value: str) -> None:
    try:
        parse_battery_identifier(scheme, value)
    except IdentifierError as error:
        assert str(error).isprintable()
