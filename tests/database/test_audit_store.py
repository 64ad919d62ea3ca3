"""The audit goes on behind an entry that the database does not take, and says what it lost."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from auth.audit import AuditEntry
from resolvers.database.audit_store import AuditStore
from resolvers.database.pool import Database

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def row(number: int, party: str = "party") -> AuditEntry:
    return AuditEntry(f"audited-{number}", NOW, party, "client", "token", "purpose", "", frozenset(), "answered")


async def test_an_entry_that_is_not_taken_holds_up_no_other(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    store = AuditStore(database)
    with caplog.at_level(logging.ERROR, "cellgate.audit"):
        async with store.running():
            for number in range(7):
                store.record(row(number, {3: "\0", 5: "\ud800"}.get(number, "party")))
    async with database.transaction("admin") as connection:
        written = await connection.fetch("select request_id from audit.access where request_id like 'audited-%' order by 1")
    assert [each["request_id"] for each in written] == [f"audited-{number}" for number in range(7) if number not in (3, 5)]
    assert [each.getMessage().split("'")[1] for each in caplog.records] == ["audited-3", "audited-5"]


async def test_what_is_lost_is_said_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    class Gone:
        def transaction(self, _role: str) -> None:
            raise OSError

    store = AuditStore(Gone())  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR, "cellgate.audit"):
        async with store.running():
            store.record(row(1))
    assert "lost 1 entries" in caplog.records[-1].getMessage()


AWKWARD = ("a\\tb", "tab\tand\nline\rfeed", "\\.", "\\N", "", "back\\slash", "电池")


async def test_no_text_is_read_as_anything_but_itself(database: Database) -> None:
    store = AuditStore(database)
    kinds = frozenset({"A", "D:pseudonym", 'quo"te', "back\\slash", "com,ma", "tab\t", "{}"})
    given = [AuditEntry(f"awkward-{n}", NOW, text, text, text, text, text, kinds, text) for n, text in enumerate(AWKWARD)]
    async with store.running():
        for each in given:
            store.record(each)
    async with database.transaction("admin") as connection:
        written = await connection.fetch("select * from audit.access where request_id like 'awkward-%' order by request_id")
    told = [
        AuditEntry(moment=at, categories=frozenset(kinds), **texts)
        for texts in map(dict, written)
        for at, kinds in [(texts.pop("at"), texts.pop("categories"))]
    ]
    assert told == given
