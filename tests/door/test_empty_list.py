"""An empty list holds nothing, and of a value that is masked nothing is known: `not` of `in: []` must not find it."""

from __future__ import annotations

import pytest

from resolvers.database.filters import compile_predicate, parse
from resolvers.database.pool import Database
from resolvers.database.sql import text
from resolvers.database.tables import PACK


@pytest.mark.parametrize(("value", "holds"), [(text("'BEV'::text"), True), (text("null::text"), None)])
async def test_not_in_nothing(database: Database, value: object, holds: bool | None) -> None:
    found = parse({"not": {"powertrain": {"in": []}}}, PACK)
    predicate = compile_predicate(found.predicate, lambda _name: value)  # type: ignore[arg-type, return-value]
    statement = (text("select ") + predicate + text(" as holds")).compile()
    async with database.reading(role="system") as session:
        rows = await session.fetch(statement.text, statement.bind(found.values))
    assert rows[0]["holds"] is holds
