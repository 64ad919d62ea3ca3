"""This module is in charge of what a report leaves in memory while it is read: one page and the next, and none that waits for the collector."""

from __future__ import annotations

import gc

import pytest

from gateway.execution.by_column import ColumnPage
from gateway.reports.columns_compiled import Table
from resolvers.database.bundles import Bundle
from tests.reports.conftest import Desk


@pytest.mark.parametrize("format_", ["csv", "ndjson", "json", "arrow", "parquet"])
async def test_no_page_waits_for_the_collector(desk: Desk, format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.reports.reading.PAGE_ROWS", 2)
    await desk.read("miit", f"/events.{format_}?limit=10")
    gc.collect()
    gc.disable()
    try:
        page = await desk.read("miit", f"/events.{format_}?limit=1000")
        left = [each for each in gc.get_objects() if isinstance(each, (ColumnPage, Bundle, Table))]
    finally:
        gc.enable()
    assert page.status == 200
    # The last page may still be on its way.
    assert len(left) <= 3
