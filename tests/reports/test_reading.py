"""This module is in charge of testing how many pages of the graph a report reads at once: more and more, and never more than there is room for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.execution.by_column import ColumnPage
from gateway.pipeline import GraphQLResponse
from gateway.reports.catalogue import read_reports
from gateway.reports.reading import MOST_PAGES, MOST_PAGES_BY_COLUMN, pages
from tests.reports.test_catalogue import SCHEMA

EXAMPLES = Path(__file__).parents[2] / "examples" / "reports"


@pytest.mark.parametrize(("by_column", "most"), [(True, MOST_PAGES_BY_COLUMN), (False, MOST_PAGES)])
@pytest.mark.parametrize("limit", [None, 2_300])
async def test_as_many_pages_as_there_is_room_for_and_as_many_rows_as_were_asked_for(by_column: bool, most: int, limit: int | None) -> None:
    report = read_reports(EXAMPLES, SCHEMA).reports["events"]
    asked: list[tuple[int, int]] = []

    async def ask(variables: Mapping[str, Any], together: int) -> GraphQLResponse:
        asked.append((variables["first"], together))
        size = variables["first"] * together
        rows: Any = ColumnPage(("lifecycleEvents", "nodes"), {("type",): ["SOLD"] * size}, size) if by_column else [{"type": "SOLD"}] * size
        info = {"hasNextPage": len(asked) < 20, "endCursor": "c"}
        return GraphQLResponse(200, b"", values={"data": {report.root: {"nodes": rows, "pageInfo": info}}})

    read = [page.table async for page in pages(ask, report, {}, None, limit)]
    assert max(together for _, together in asked) == most
    assert [first * together for first, together in asked] == [table.size for table in read]
    assert {column[0] for column in read[0].columns} == {"SOLD", None}
    if limit is not None:
        assert sum(table.size for table in read) == limit
