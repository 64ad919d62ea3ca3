"""This module is in charge of reading a report page by page: each page is a request like any other, by the pipeline, of who asks at that moment."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import orjson
from msgspec import structs

from gateway.execution.by_column import ColumnPage
from gateway.pipeline import GraphQLResponse
from gateway.reports.catalogue import Report
from gateway.reports.columns_compiled import Table, transposed

# As many as a page of the graph may have, and the most such pages that are read as one: more would make other requests wait for their turn of
# the event loop. Reports begin with one, so that a short one costs no more than a query, and double.
PAGE_ROWS: Final = 200
MOST_PAGES: Final = 10
# Rows that stay columns take a tenth of the time.
MOST_PAGES_BY_COLUMN: Final = 20
# Lists below rows are many rows themselves.
MOST_PAGES_WITH_LISTS: Final = 2
UNAUTHORIZED: Final = "UNAUTHORIZED_FIELD_OR_TYPE"

Ask = Callable[[Mapping[str, Any], int], Awaitable[GraphQLResponse]]
"""So many pages as one: the document's variables to the pipeline's answer as values; raises Refused where the caller is no longer who he was."""


class Unanswered(Exception):
    """There is no page; `response` says why, `code` in a word."""

    def __init__(self, code: str, response: GraphQLResponse) -> None:
        super().__init__(code)
        self.code = code
        self.response = response


class Rows(NamedTuple):
    """One page: its columns, dates as dates where the graph has them so, the columns that are closed to the caller, and where to go on, None at the end;
    `by_column` where they never were anything else."""

    table: Table
    closed: tuple[str, ...]
    after: str | None
    by_column: bool


async def pages(ask: Ask, report: Report, variables: Mapping[str, Any], after: str | None, limit: int | None) -> AsyncGenerator[Rows, None]:
    """The report from a cursor on, at most `limit` rows of it; raises Unanswered."""
    left, together = limit, 1
    most = MOST_PAGES_WITH_LISTS if report.has_lists else MOST_PAGES
    while True:
        first = PAGE_ROWS if left is None else min(PAGE_ROWS, left)
        together = min(together, most) if left is None else min(together, most, max(1, left // first))
        try:
            page = _read(await ask({**variables, "first": first, "after": after}, together), report)
        except Unanswered as failed:
            if failed.code != "TOO_MANY_REQUESTS" or together == 1:
                raise
            # What is left of the budget may still pay for one.
            together = most = 1
            continue
        yield page
        if page.by_column and most == MOST_PAGES:
            most = MOST_PAGES_BY_COLUMN
        if left is not None:
            left -= first * together
        together *= 2
        if page.after is None or left == 0:
            return
        after = page.after


def _read(response: GraphQLResponse, report: Report) -> Rows:
    answer = response.values if response.values is not None else orjson.loads(response.body)
    errors = answer.get("errors", [])
    # What is outside of the view is an empty column; anything else leaves a page that is not whole.
    wrong = [each["extensions"]["code"] for each in errors if each["extensions"]["code"] != UNAUTHORIZED]
    connection = (answer.get("data") or {}).get(report.root)
    if response.status != 200 or wrong or connection is None:
        body = response.body or orjson.dumps(answer, option=orjson.OPT_UTC_Z)
        raise Unanswered(wrong[0] if wrong else UNAUTHORIZED, structs.replace(response, body=body))
    start = (report.root, *report.rows)
    paths = (tuple(key for key in each.get("path", ()) if isinstance(key, str)) for each in errors)
    closed = tuple(dict.fromkeys(".".join(path[len(start) :]) for path in paths if path[: len(start)] == start))
    info = connection["pageInfo"]
    goes_on = info["endCursor"] if info["hasNextPage"] else None
    page = connection[report.rows[0]]
    if isinstance(page, ColumnPage):
        nothing = (None,) * page.size
        return Rows(Table([page.columns.get(each.path, nothing) for each in report.columns], page.size), closed, goes_on, by_column=True)
    rows = page if len(report.rows) == 1 else [each and each["node"] for each in page]
    table = transposed(report.flatten([each for each in rows if each is not None]), len(report.columns))
    return Rows(table, closed, goes_on, by_column=False)
