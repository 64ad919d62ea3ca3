"""This module is in charge of testing lines in a stream: however it is cut, the same lines come out, in bounded memory."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.ledger.recording.event_lines import CsvEvents, HeaderRefused
from resolvers.ledger.recording.lines import MAX_LINE, Line, LineSplitter

MOST = 65_536
ODD = [b"", b" ", b"\r", b"x" * MOST, b"x" * (MOST + 1), b"\xef\xbb\xbf{}"]
BODY = st.lists(st.one_of(st.binary(max_size=12), st.sampled_from(ODD))).map(b"\n".join)


def expected(body: bytes) -> list[Line]:
    """By the definition: split at line ends, number, drop what is blank."""
    found = []
    for number, raw in enumerate(body.split(b"\n"), start=1):
        text = raw[3:] if number == 1 and raw.startswith(b"\xef\xbb\xbf") else raw
        if len(text) > MOST:
            found.append(Line(number, None))
        elif text.strip():
            found.append(Line(number, text.rstrip(b"\r")))
    return found


@given(body=BODY, cuts=st.lists(st.integers(0, 200_000), max_size=8))
def test_however_a_stream_is_cut_the_same_lines_come_out(body: bytes, cuts: list[int]) -> None:
    splitter = LineSplitter(MOST)
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    found = [line for start, end in itertools.pairwise(places) for line in splitter.feed(body[start:end])]
    assert found + splitter.end() == expected(body)


def test_a_line_without_an_end_costs_no_memory() -> None:
    splitter = LineSplitter()
    for _ in range(100):
        assert splitter.feed(b"x" * 500_000) == []
        assert len(splitter._rest) <= MAX_LINE
    assert splitter.feed(b"x\n{}\n") == [Line(1, None), Line(2, b"{}")]


def test_a_line_given_up_at_the_end_is_told() -> None:
    splitter = LineSplitter()
    splitter.feed(b"x" * (MAX_LINE + 1))
    assert splitter.end() == [Line(1, None)]


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("type,code,type", "The first line names one column twice: its columns 1 and 3 are the same field."),
        ("type;code", "The first line has to name the columns, and one of them type; parted by ',' it names one column, none so."),
        ("code,vin", "The first line has to name the columns, and one of them type; parted by ',' it names 2 columns, none so."),
        (",".join(f"c{n}" for n in range(101)), "The first line names 101 columns; 100 are the most."),
    ],
)
def test_what_is_wrong_with_the_first_line_is_told(head: str, told: str) -> None:
    with pytest.raises(HeaderRefused) as refusal:
        CsvEvents().event(Line(1, head.encode()))
    assert str(refusal.value) == told
