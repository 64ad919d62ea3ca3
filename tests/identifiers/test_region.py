"""Region codes: the published examples, the shipped register against an independent one, validity by day."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import numdb

from resolvers.identifiers import (
    PROVINCES,
    IdentifierError,
    RegionLevel,
    RegionStanding,
    confirm_region_code,
    load_regions,
    parse_region_code,
    read_regions,
)

REGISTER = load_regions()
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("code", ["350000", "350900", "350902", "440306", "429004", "441900", " 350902\n"])
def test_valid_example(code: str) -> None:
    assert confirm_region_code(code, REGISTER, TODAY) == code.strip()


@pytest.mark.parametrize(
    ("code", "expected", "position"),
    [
        ("990000", "PROVINCE", 1),
        ("350999", "UNKNOWN", None),
        ("35090", "LENGTH", None),
        ("110103", "RETIRED", None),
        ("330113", "OK", None),
        ("3509\uff102", "CHARSET", 5),
        ("35\x000902", "CHARSET", 3),
        ("", "LENGTH", None),
        ("350000" * 1000, "LENGTH", None),
        ("350099", "UNKNOWN", None),
        ("359900", "UNKNOWN", None),
        ("359901", "UNKNOWN", None),
    ],
)
def test_invalid_example(code: str, expected: str, position: int | None) -> None:
    if expected == "OK":
        assert confirm_region_code(code, REGISTER, TODAY) == code
        return
    with pytest.raises(IdentifierError) as caught:
        confirm_region_code(code, REGISTER, TODAY)
    assert (caught.value.code, caught.value.position) == (expected, position)


def test_a_withdrawn_code_is_valid_for_old_records() -> None:
    assert confirm_region_code("110103", REGISTER, date(2010, 6, 30)) == "110103"
    assert REGISTER.standing("110103", date(2010, 7, 1)) is RegionStanding.RETIRED
    assert REGISTER.find("110103", date(2010, 7, 1)) is None


def test_a_new_code_is_not_valid_before_its_time() -> None:
    with pytest.raises(IdentifierError) as caught:
        confirm_region_code("460300", REGISTER, date(2011, 12, 31))
    assert caught.value.code == "NOT_YET"


def test_a_county_whose_parent_is_not_listed_is_neither_confirmed_nor_refused() -> None:
    assert REGISTER.standing("510104", TODAY) is RegionStanding.UNLISTED
    assert REGISTER.find("510104", TODAY) is None


def test_a_county_without_a_prefecture_of_its_own() -> None:
    region = REGISTER.find("429004", TODAY)
    assert region is not None
    assert (region.name_zh, region.name_en, region.level) == ("仙桃市", "Xiantao", RegionLevel.COUNTY)


def test_every_row_has_its_province_and_its_level() -> None:
    for code, regions in REGISTER.rows.items():
        expected = RegionLevel.PROVINCE if code.endswith("0000") else RegionLevel.PREFECTURE if code.endswith("00") else RegionLevel.COUNTY
        assert code == "100000" or ({region.level for region in regions} == {expected} and code[:2] + "0000" in REGISTER.rows)
        assert all(region.name_en.strip() and region.name_zh for region in regions)
    assert {code[:2] for code in REGISTER.rows} - {"10"} == PROVINCES


def test_every_row_agrees_with_an_independent_register() -> None:
    newer = {"330113", "330114"}  # the other register ends before 2021
    for code in REGISTER.rows.keys() - newer - {"100000"}:
        named = {key: value for _, found in numdb.get("cn/loc").info(code) for key, value in found.items()}["county"]
        names = {re.sub(r"\[.*?\]", "", part) for part in named.split(",")}
        assert {region.name_zh for region in REGISTER.rows[code]} <= names


def test_a_code_given_out_twice_is_two_rows() -> None:
    register = read_regions(
        [
            "# a remark",
            "code,name_zh,name_en,level,valid_from,valid_to",
            "500000,重庆市,Chongqing,province,,",
            "500110,万盛区,Wansheng,county,,2011-10-27",
            "500110,綦江区,Qijiang,county,2011-10-27,",
        ]
    )
    found = [register.find("500110", day) for day in (date(2011, 10, 26), date(2011, 10, 27))]
    assert [region and region.name_en for region in found] == ["Wansheng", "Qijiang"]


@given(st.text(max_size=12), st.dates())
def test_any_text_gives_a_code_or_an_identifier_error(text: str, day: date) -> None:
    try:
        code = parse_region_code(text)
        confirm_region_code(text, REGISTER, day)
    except IdentifierError as error:
        assert str(error).isprintable()
    else:
        assert re.fullmatch("[0-9]{6}", code)


@given(st.sampled_from(sorted(REGISTER.rows)), st.dates(date(2009, 1, 1), date(2030, 1, 1)))
def test_standing_and_find_agree(code: str, day: date) -> None:
    assert (REGISTER.standing(code, day) is RegionStanding.VALID) == (REGISTER.find(code, day) is not None)
