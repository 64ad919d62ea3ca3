"""This module is in charge of testing media types: what the answer goes out as, and which bodies are taken for JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.negotiation import GRAPHQL_RESPONSE, JSON, is_json, negotiate


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("Application/JSON; charset=UTF-8", JSON),
        ("application/graphql-response+json", GRAPHQL_RESPONSE),
        ('application/graphql-response+json; charset="utf-8"', GRAPHQL_RESPONSE),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL_RESPONSE),
        ("application/json, application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/graphql-response+json;q=0.5, application/json", JSON),
        ("application/graphql-response+json, */*", GRAPHQL_RESPONSE),
        ("text/html, */*;q=0.1", JSON),
        ("application/json;q=0, */*", GRAPHQL_RESPONSE),
        ("application/json;q=0, application/graphql-response+json;q=0", None),
        ("*/*;q=0", None),
        ("text/html", None),
        ("application/json; charset=latin-1", None),
        ("application/graphql", None),
        ("multipart/mixed", None),
        (",,,", None),
        ("application/json;q=wrong", None),
        ("application/json;q=1.00000000", None),
    ],
)
def test_the_answer_goes_out_as_what_the_client_prefers(accept: str | None, media: str | None) -> None:
    assert negotiate(accept) == media


@pytest.mark.parametrize(
    ("content_type", "taken"),
    [
        ("application/json", True),
        ("application/json;charset=utf-8", True),
        ('APPLICATION/JSON ; charset="UTF-8"', True),
        ("application/json; profile=x", True),
        ("application/json; charset=utf-16", False),
        ("text/plain", False),
        ("text/plain; application/json", False),
        ("application/json, text/plain", False),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data; boundary=x", False),
        ("application/graphql-response+json", False),
        ("application/graphql", False),
        ("", False),
    ],
)
def test_only_json_in_utf_8_is_taken(content_type: str, taken: bool) -> None:
    assert is_json(content_type) is taken


@given(st.text(st.characters(max_codepoint=255)))
def test_any_header_is_understood_or_not(header: str) -> None:
    assert negotiate(header) in (JSON, GRAPHQL_RESPONSE, None)
    assert is_json(header) in (True, False)
