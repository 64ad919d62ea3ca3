"""This module is in charge of reading a report page by page: each page is a request like any other, by the pipeline, of who asks at that moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import orjson

from gateway.pipeline import GraphQLResponse
from gateway.reports.catalogue import Report

# As many as a page of the graph may have.
PAGE_ROWS: Final = 200
UNAUTHORIZED: Final = "UNAUTHORIZED_FIELD_OR_TYPE"

Ask = Callable[[Mapping[str, Any]], Awaitable[GraphQLResponse]]
"""One page: the document's variables to the pipeline's answer; raises Refused where the caller is no longer who he was."""


class Unanswered(Exception):
    """There is no page; `response` says why, `code` in a word."""

    def __init__(self, code: str, response: GraphQLResponse) -> None:
        super().__init__(code)
        self.code = code
        self.response = response


class Rows(NamedTuple):
    """One page: its rows as the graph answered them, the columns that are closed to the caller, and where to go on, None at the end."""

    rows: list[dict[str, Any]]
    closed: tuple[str, ...]
    after: str | None


async def pages(ask: Ask, report: Report, variables: Mapping[str, Any], after: str | None, limit: int | None) -> AsyncIterator[Rows]:
    """The report from a cursor on, at most `limit` rows of it; raises Unanswered."""
    left = limit
    while True:
        first = PAGE_ROWS if left is None else min(PAGE_ROWS, left)
        page = _read(await ask({**variables, "first": first, "after": after}), report)
        yield page
        if left is not None:
            left -= first
        if page.after is None or left == 0:
            return
        after = page.after


def _read(response: GraphQLResponse, report: Report) -> Rows:
    answer = orjson.loads(response.body)
    errors = answer.get("errors", [])
    # What is outside of the view is an empty column; anything else leaves a page that is not whole.
    wrong = [each["extensions"]["code"] for each in errors if each["extensions"]["code"] != UNAUTHORIZED]
    connection = (answer.get("data") or {}).get(report.root)
    if response.status != 200 or wrong or connection is None:
        raise Unanswered(wrong[0] if wrong else UNAUTHORIZED, response)
    start = (report.root, *report.rows)
    paths = (tuple(key for key in each.get("path", ()) if isinstance(key, str)) for each in errors)
    closed = tuple(dict.fromkeys(".".join(path[len(start) :]) for path in paths if path[: len(start)] == start))
    rows = [each if len(report.rows) == 1 else (each or {}).get("node") for each in connection[report.rows[0]]]
    info = connection["pageInfo"]
    return Rows([each for each in rows if each is not None], closed, info["endCursor"] if info["hasNextPage"] else None)
