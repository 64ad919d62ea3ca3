"""This module is in charge of the table in docs/ingest.md: it is what the register of fields says."""

from __future__ import annotations

from pathlib import Path

from resolvers.ledger.events import EventType
from resolvers.ledger.recording.forms import FIELDS
from resolvers.ledger.recording.page import BEGIN, END, table

PAGE = Path(__file__).parents[2] / "docs" / "ingest.md"


def test_the_table_is_the_program_s() -> None:
    """To mend: put what `table()` returns in the place of the lines between the two marks."""
    page = PAGE.read_text(encoding="utf-8")
    assert page[page.index(BEGIN) : page.index(END) + len(END)] == table()


def test_every_event_is_reported() -> None:
    # What dismantling released is told with it.
    assert set(EventType) - set(FIELDS) == {EventType.RELEASED}
