"""The keys of a look-up: the database has them one by one and each in its place, and finds nothing for what no row can have."""

from __future__ import annotations

import pytest

from resolvers.database import embedded
from resolvers.database.keys import KEYS, key_list
from resolvers.database.pool import Database, Sizes, Target
from resolvers.database.sql import text

READ = (text("select coalesce(array_agg(k.key order by k.n), array[]::text[]) as keys from unnest(") + KEYS + text(") with ordinality k(key, n)")).compile()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([], []),
        (["001A"], ["001A"]),
        (["001A", "002B", "001A"], ["001A", "002B", "001A"]),
        (['{"a",b}', "null", "\\", "电池", "NULL", " "], ['{"a",b}', "null", "\\", "电池", "NULL", " "]),
        # Two codes in one key would be two look-ups.
        (["001A\x1f002B", "003C"], ["", "003C"]),
        (["001A", None, "\x1f"], ["001A", "", ""]),
        # Nothing is known by it, alone or beside others.
        (["001A\x1f002B"], []),
        ([None], []),
    ],
)
async def test_the_database_has_each_key_in_its_place(with_roles: embedded.Server, given: list[str | None], found: list[str]) -> None:
    database = Database(Target.embedded(with_roles), Sizes(minimum=0, maximum=1))
    async with database.reading() as session:
        (row,) = await session.fetch(READ.text, READ.bind({"keys": key_list(given)}))
    await database.close()
    assert row["keys"] == found
