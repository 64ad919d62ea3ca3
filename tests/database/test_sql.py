"""This module is in charge of testing that SQL text holds syntax, quoted names and numbers, never a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.database.sql import EMPTY, Constant, Sql, Statement, ident, join, opening, param, quoted, slot, text

printable = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


def test_parameters_are_numbered_in_order_of_use() -> None:
    built = text("select ") + ident("battery", "unit", "code") + text(" where code = ") + slot("code") + text(" limit ") + param(10)
    statement = built.compile()
    assert statement.text == 'select "battery"."unit"."code" where code = $1 limit $2'
    assert statement.bind({"code": "A", "unused": 1}) == ("A", 10)


def test_a_slot_used_twice_is_sent_once() -> None:
    statement = join(" or ", [text("a = ") + slot("x"), text("b = ") + slot("y"), text("c = ") + slot("x")]).compile()
    assert statement.text == "a = $1 or b = $2 or c = $1"
    assert statement.bind({"x": 1, "y": 2}) == (1, 2)


def test_a_constant_is_shared_by_identity_not_by_value() -> None:
    one = param(1)
    statement = join(", ", [one, one, param(1), param(True)]).compile()
    assert statement.text == "$1, $1, $2, $3"
    assert statement.bind({}) == (1, 1, True)


def test_a_slot_without_a_value_is_named() -> None:
    with pytest.raises(KeyError, match="code"):
        slot("code").compile().bind({})


def test_join_of_nothing_and_of_one() -> None:
    assert join(", ", []) == EMPTY
    assert join(", ", [text("a")]) == text("a")
    assert EMPTY.compile() == Statement("", ())


def test_constants_hold_what_cannot_be_hashed() -> None:
    assert param(["A", "B"]).compile().bind({}) == (["A", "B"],)


@pytest.mark.parametrize("names", [(), ("",), ("a", ""), ("a\x00b",)])
def test_empty_names_and_nul_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="SQL name"):
        ident(*names)


def test_literals_with_nul_are_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        quoted("a\x00")


@given(name=printable.filter(bool))
def test_a_quoted_name_ends_where_it_should(name: str) -> None:
    """Oracle: SQL's own rule, read character by character: inside quotes a doubled quote is one quote."""
    whole = ident(name).compile().text
    assert whole[0] == whole[-1] == '"'
    assert whole[1:-1].replace('""', "").count('"') == 0
    assert whole[1:-1].replace('""', '"') == name


@given(value=printable)
def test_a_literal_reads_back_under_both_readings_of_backslash(value: str) -> None:
    literal = quoted(value)
    escapes = literal.startswith("E")
    inside = literal[2:-1] if escapes else literal[1:-1]
    assert inside.replace("''", "").count("'") == 0
    # Without the E the text must not depend on the setting: it has no backslash.
    assert escapes or "\\" not in literal
    read = inside.replace("''", "'")
    assert (read.replace("\\\\", "\\") if escapes else read) == value


@given(values=st.lists(st.one_of(st.integers(), printable), max_size=8))
def test_no_value_is_ever_in_the_text(values: list[int | str]) -> None:
    statement = join(",", [param(value) for value in values]).compile()
    assert statement.text == ",".join(f"${n}" for n in range(1, len(values) + 1))
    assert statement.bind({}) == tuple(values)


@given(parts=st.lists(st.sampled_from([text("a"), text(" "), slot("s"), slot("t"), param(1)]), max_size=12), cut=st.integers(0, 12))
def test_adding_is_associative(parts: list[Sql], cut: int) -> None:
    def total(some: list[Sql]) -> Sql:
        made = EMPTY
        for part in some:
            made += part
        return made

    assert total(parts) == total(parts[:cut]) + total(parts[cut:])
    assert join("", parts).compile() == total(parts).compile()


def test_opening_is_one_message() -> None:
    assert opening("BEGIN", {}) == ("BEGIN",)
    assert opening("BEGIN", {"a.b": "it's", "role": "x"}) == ("BEGIN", "SET LOCAL a.b = 'it''s'", "SET LOCAL role = 'x'")


def test_constants_compare_by_identity() -> None:
    assert Constant(1) != Constant(1)
