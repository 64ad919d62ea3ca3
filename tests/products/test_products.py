"""What a product of used batteries is refused for: its field, its standard, its buyer, its sources."""

from __future__ import annotations

from datetime import date, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.products.checks import Source, refused_field, refused_sale, refused_sources
from resolvers.ledger.products.standards import Standard, load_standards, register
from resolvers.ledger.rules import load_rules
from resolvers.ledger.states import Status

TABLE, STANDARDS = rule_table(load_rules()), load_standards()
DAY = date(2026, 9, 1)


def code_of(field: str | None, standard: str | None, day: date = DAY) -> str | None:
    refused = refused_field(field, standard, day, STANDARDS, TABLE.on(day))
    return refused.code if refused else None


@pytest.mark.parametrize(
    ("field", "standard", "day", "code"),
    [
        ("STATIONARY_STORAGE", "GB/T 36276-2023", DAY, None),
        ("STATIONARY_STORAGE", "GB/T 36276-2018", DAY, "STANDARD_NOT_IN_FORCE"),
        ("STATIONARY_STORAGE", "GB/T 36276-2018", date(2024, 6, 30), None),
        ("STATIONARY_STORAGE", "GB/T 36276-2018", date(2024, 7, 1), "STANDARD_NOT_IN_FORCE"),
        ("STATIONARY_STORAGE", None, DAY, "STANDARD_NOT_IN_FORCE"),
        ("STATIONARY_STORAGE", "YD/T 2344.1-2011", DAY, "STANDARD_NOT_IN_FORCE"),
        ("STATIONARY_STORAGE", "GB/T 36276-2018", date(2018, 12, 31), "NO_STANDARD_IN_FORCE"),
        ("SUBMARINE", "GB/T 36276-2023", DAY, "NO_STANDARD_IN_FORCE"),
        ("E_BICYCLE", "GB/T 36276-2023", DAY, "FIELD_OF_USE_PROHIBITED"),
        # A draft of the list prohibits nothing; that there is no standard does.
        ("POWER_BANK", "GB/T 36276-2023", DAY, "NO_STANDARD_IN_FORCE"),
        (None, "GB/T 36276-2023", DAY, "FIELD_OF_USE_MISSING"),
        ("", "GB/T 36276-2023", DAY, "FIELD_OF_USE_MISSING"),
    ],
)
def test_field_and_standard(field: str | None, standard: str | None, day: date, code: str | None) -> None:
    assert code_of(field, standard, day) == code


def test_a_sale_names_its_buyer() -> None:
    refused = refused_sale("STATIONARY_STORAGE", "GB/T 36276-2023", None, DAY, STANDARDS, TABLE.on(DAY))
    assert refused is not None
    assert (refused.code, refused.field) == ("BUYER_MISSING", "buyer")
    assert refused_sale("STATIONARY_STORAGE", "GB/T 36276-2023", "buyer", DAY, STANDARDS, TABLE.on(DAY)) is None


MINE = Source(Status.GRADED, "me")


@pytest.mark.parametrize(
    ("named", "sources", "code"),
    [
        (["a", "b"], {"a": MINE, "b": MINE}, None),
        ([], {}, "SOURCES_MISSING"),
        (["a", "a"], {"a": MINE}, "SOURCES_REPEATED"),
        (["new"], {"new": MINE}, "SOURCE_ITSELF"),
        (["a", "x"], {"a": MINE}, "SOURCE_UNKNOWN"),
        (["a", "b"], {"a": MINE, "b": Source(Status.GRADED, "you")}, "SOURCE_UNKNOWN"),
        (["a"], {"a": Source(Status.STORED, "me")}, "SOURCE_NOT_GRADED"),
        (["a"], {"a": Source(Status.REPROCESSED, "me", "other")}, "SOURCE_USED"),
    ],
)
def test_sources(named: list[str], sources: dict[str, Source], code: str | None) -> None:
    refused = refused_sources("me", "new", sources, named)
    assert (refused.code if refused else None) == code


def test_a_hidden_source_and_a_missing_one_give_the_same_answer() -> None:
    hidden = refused_sources("me", "new", {"a": Source(Status.RECYCLED, "you", "other")}, ["a"])
    assert hidden == refused_sources("me", "new", {}, ["a"])


def test_every_shipped_row_says_what_it_rests_on() -> None:
    assert all(each.basis and each.confidence == "UNCONFIRMED" for each in STANDARDS.rows)
    assert STANDARDS.cited("GB/T 36276-2018")[0].valid_to == STANDARDS.cited("GB/T 36276-2023")[0].valid_from


def test_two_editions_at_once_are_refused() -> None:
    first = Standard("X", "1", "t", "F", date(2020, 1, 1), None, "b", "UNCONFIRMED")
    with pytest.raises(ValueError, match="in force at once"):
        register([first, first._replace(edition="2", valid_from=date(2024, 1, 1))])
    register([first._replace(valid_to=date(2024, 1, 1)), first._replace(edition="2", valid_from=date(2024, 1, 1))])


@given(st.dates(date(2017, 1, 1), date(2030, 1, 1)), st.sampled_from(sorted({each.field_of_use for each in STANDARDS.rows})))
def test_a_product_passes_on_exactly_the_days_of_the_edition_it_names(day: date, field: str) -> None:
    for each in STANDARDS.rows:
        if each.field_of_use == field:
            inside = each.valid_from <= day and (each.valid_to is None or day <= each.valid_to - timedelta(days=1))
            assert (code_of(field, each.designation, day) is None) == inside
