"""This module is in charge of publishing in the database: closed months get their first version, and a revised one when a round is due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from resolvers.database.pool import Database
from resolvers.database.sql import ident, integer, join, text
from resolvers.database.statistics import later
from resolvers.database.statistics_write import FOLDING, fold
from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.rows import Rule
from resolvers.ledger.statistics.circulation import Place
from resolvers.ledger.statistics.publication import PUBLISHED, Published, Share, Terms, Version, closed_on, contribution, terms, version

MONTHS: Final = 24
_RULES: Final = """
select rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from, valid_to from rule.rule where name like 'disclosure.%'"""
_MINE: Final = "select pg_advisory_xact_lock($1)"
_LAST: Final = """
select version, place, class, value, published_on from statistics.published p
where cube = $1 and month = $2 and version = (select max(version) from statistics.published o where o.cube = $1 and o.month = $2)"""
_SHARES: Final = "select place, class, party, records, amount from statistics.published_share where cube = $1 and month = $2 and version = $3"
_PUBLISH: Final = """
insert into statistics.published (cube, month, version, place, class, value, suppressed, published_on)
select $1, $2, $3, place, class, value, value is null, $4 from unnest($5::text[], $6::text[], $7::float8[]) as t (place, class, value)"""
_KEEP: Final = """
insert into statistics.published_share (cube, month, version, place, class, party, records, amount)
select $1, $2, $3, * from unnest($4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])"""


async def publish(database: Database, today: date, months: int = MONTHS) -> int:
    """Publish what is due on that day (Shanghai) of the last so many months; the number of versions made. Each is a transaction of its own."""
    made = 0
    given = await published_terms(database, today)
    for name, table in PUBLISHED.items():
        for back in range(months, 0, -1):
            month = later(today.replace(day=1), -back)
            if closed_on(month, given, 0) <= today.toordinal():
                async with database.transaction("ledger") as connection:
                    made += await _one(connection, name, table, month, today, given)
    return made


async def published_terms(database: Database, today: date) -> Terms:
    """The figures of the rule table as of that day."""
    async with database.transaction("ledger") as connection:
        return terms(rule_table([Rule(*row) for row in await connection.fetch(_RULES)]).on(today))


async def _one(connection: Any, name: str, table: Published, month: date, today: date, given: Terms) -> bool:
    # One at a time: two that publish at once would each not know of the other's version.
    await connection.execute(_MINE, FOLDING)
    rows = await connection.fetch(_LAST, name, month)
    if rows and not _round_due(month, rows[0]["published_on"], today, given):
        return False
    await fold(connection)
    number = rows[0]["version"] if rows else 0
    before = Version({(row["place"], row["class"]): row["value"] for row in rows}, await _kept(connection, name, month, number)) if rows else None
    new = version(await _shares(connection, table, month), before, given, mass=table.measure != "n", authorities=table.authorities)
    if new is None or not new.values:
        return False
    places, classes = zip(*new.values, strict=True)
    await connection.execute(_PUBLISH, name, month, number + 1, today, places, classes, list(new.values.values()))
    kept = [(*place, party, *share) for place, parts in new.shares.items() for party, share in parts.items()]
    if kept:
        await connection.execute(_KEEP, name, month, number + 1, *(list(column) for column in zip(*kept, strict=True)))
    return True


def _round_due(month: date, published: date, today: date, given: Terms) -> bool:
    """Whether one of the rounds of revision has come since it was last published."""
    return any(published.toordinal() < closed_on(month, given, age) <= today.toordinal() for age in given.rounds)


async def _kept(connection: Any, name: str, month: date, number: int) -> Mapping[Place, Mapping[str, Share]]:
    found: defaultdict[Place, dict[str, Share]] = defaultdict(dict)
    for row in await connection.fetch(_SHARES, name, month, number):
        found[row["place"], row["class"]][row["party"]] = Share(row["records"], row["amount"])
    return found


async def _shares(connection: Any, table: Published, month: date) -> Mapping[Place, Mapping[str, Share]]:
    summed = (
        text("select ")
        + ident(table.rows)
        + text(" as place, ")
        + ident(table.columns)
        + text(" as class, party, array[")
        + join(", ", [ident(each) for each in table.seen])
        + text("]::text[] as seen, sum(n)::bigint as records, sum(")
        + ident(table.measure)
        + text(")::bigint as amount from statistics.cell where cube = $1 and month = $2 and level = ")
        + integer(0)
        + text(" and (cardinality($3::text[]) = 0 or kind = any($3)) group by 1, 2, 3, 4 having sum(n) <> 0 order by 1, 2, 3, 4")
    )
    found: defaultdict[Place, dict[str, Share]] = defaultdict(dict)
    for row in await connection.fetch(summed.compile().text, str(table.cube), month, list(table.kinds)):
        found[row["place"], row["class"]][contribution(row["party"], row["seen"])] = Share(row["records"], row["amount"])
    return found
