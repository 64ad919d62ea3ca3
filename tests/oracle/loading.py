"""This module is in charge of putting a world into a database: emptied, and filled by COPY, in some milliseconds."""

from __future__ import annotations

from typing import Final

from resolvers.database.pool import Database
from resolvers.database.sql import ident, text
from tests.oracle.setting import World
from tests.oracle.world import TABLES

# Children before parents. Such small tables are emptied faster by DELETE than by TRUNCATE, which makes new files.
EMPTY: Final = ";".join((text("delete from ") + ident(*name.split("."))).compile().text for name in reversed(TABLES))
# What the database makes of other columns.
GENERATED: Final = {"battery.pack.product_type"}


async def load(database: Database, world: World) -> None:
    """Make the database hold this world and nothing else. As administrator: COPY does not go with row-level security."""
    async with database.transaction("admin") as connection:
        await connection.execute(EMPTY)
        for name in TABLES:
            rows = world.tables[name]
            if rows:
                schema, table = name.split(".")
                columns = [each for each in rows[0] if f"{name}.{each}" not in GENERATED]
                records = [[row[column] for column in columns] for row in rows]
                await connection.copy_records_to_table(table, schema_name=schema, columns=columns, records=records)
