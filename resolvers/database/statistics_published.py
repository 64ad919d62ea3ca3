"""This module is in charge of reading what is published: rows that were protected when they were written, and are the same for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from auth.entitlements import OPENING_BIT
from resolvers.batching import Batch, Shut, made_row
from resolvers.database.reading import Reading
from resolvers.database.sql import Statement, slot, text
from resolvers.database.standing import possible
from resolvers.database.statistics import Outcomes
from resolvers.database.statistics_read import KEY, SHUT_OUT, WORDS, standing
from resolvers.ledger.statistics.circulation import TOTAL
from resolvers.ledger.statistics.publication import PUBLISHED

_WORDS: Final = {dimension: word for word, dimension in WORDS.items()}
_OPEN: Final = OPENING_BIT["N:published"]


@cache
def _cells(month: bool, version: bool) -> Statement:
    """A version of a table: without a month the newest there is, without a number the last version."""
    return (
        text("select p.month, p.version, p.place, p.class, p.value, p.suppressed, p.published_on from statistics.published p where p.cube = ")
        + slot("cube")
        + text(" and p.month = ")
        + (slot("month") if month else text("(select max(o.month) from statistics.published o where o.cube = ") + slot("cube") + text(")"))
        + text(" and p.version = ")
        + (slot("version") if version else text("(select max(o.version) from statistics.published o where o.cube = p.cube and o.month = p.month)"))
        + text(" order by p.place, p.class")
    ).compile()


async def published(reading: Reading, batch: Batch) -> Outcomes:
    """The cells of a published table, totals included; none where nothing is published."""
    if not possible(reading.policy("statistics")) & _OPEN:
        return [Shut(SHUT_OUT)] * len(batch.keys)
    cube: str = batch.arguments.get("cube") or "SALES"
    month, number = batch.arguments.get("month"), batch.arguments.get("version")
    values: dict[str, Any] = {"cube": cube}
    if month is not None:
        values["month"] = month.replace(day=1)
    if number is not None:
        values["version"] = number
    rows = await reading.fetch(_cells(month is not None, number is not None), {**reading.values(), **values})
    return [[made_row(batch.columns, KEY, standing(reading), _values(cube, row)) for row in rows]] * len(batch.keys)


def _values(cube: str, row: Any) -> Mapping[str, Any]:
    told = dict.fromkeys(("province", "chemistry", "role", "to_role", "kind"))
    table = PUBLISHED[cube]
    placed = ((table.rows, row["place"]), (table.columns, row["class"]))
    for dimension, name in placed:
        told[dimension] = name if name not in (TOTAL, "") else None
    # A row of what is not known, a sender where packs came out of a vehicle, is no total.
    totals = [_WORDS[dimension] for dimension, name in placed if name == TOTAL]
    names = ("month", "version", "value", "suppressed", "published_on")
    return {**told, "cube": cube, "totals": totals, **{name: row[name] for name in names}}
