"""This module is in charge of writing the shipped rules into a database that lacks them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from resolvers.database.pool import Database
from resolvers.identifiers import load_regions
from resolvers.ledger.rows import Rule
from resolvers.ledger.rules import load_rules

# A figure that an operator confirmed or replaced stays: only rows that are not there yet are written.
SEED: Final = """
insert into rule.rule (rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from, valid_to)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing"""


async def seed_rules(database: Database, rules: Iterable[Rule] | None = None) -> None:
    """Write the shipped rules that the database lacks, as the ledger; harmless when repeated."""
    async with database.transaction("ledger") as connection:
        await connection.executemany(SEED, list(load_rules() if rules is None else rules))


# The oldest edition of GB/T 2260 is of 1980: what stood in it has no recorded beginning.
OLDEST_REGION: Final = date(1980, 1, 1)
SEED_REGION: Final = """
insert into enterprise.region (code, name_zh, name_en, level, valid_from, valid_to) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing"""
GRACE: Final = """
select value from rule.rule where name = 'custody.grace' and valid_to is null order by valid_from desc limit 1"""


async def seed_regions(database: Database) -> None:
    """Write the shipped regions that the database lacks, as the ledger; harmless when repeated."""
    found = (each for several in load_regions().rows.values() for each in several)
    rows = [(r.code, r.name_zh, r.name_en, r.level.value, r.valid_from or OLDEST_REGION, r.valid_to) for r in found]
    async with database.transaction("ledger") as connection:
        await connection.executemany(SEED_REGION, rows)


async def custody_grace(database: Database) -> timedelta:
    """How long a past custodian keeps its window: rule `custody.grace`, in days."""
    async with database.transaction("ledger") as connection:
        return timedelta(days=int(await connection.fetchval(GRACE)))
