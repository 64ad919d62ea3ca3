"""This module is in charge of counting the whole ledger at once: for a database that was filled by COPY, and to prove the cells.

It says in SQL what resolvers/ledger/statistics/contributions.py says of one pack; a test holds the two to the same cells.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from resolvers.database.sql import text
from resolvers.database.statistics_finest import REPLACED, finest
from resolvers.database.statistics_write import FOLDING, fold, levels, summed
from resolvers.ledger.statistics.contributions import EVERY_MONTH

_FILL: Final = (
    (
        text("insert into statistics.cell (cube, level, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part) ")
        + summed(finest())
    )
    .compile()
    .text
)
_DIFFERING: Final = (
    (
        text("select cube, level, month, province, chemistry, party, role, to_province, to_role, kind, m.n as made, s.n as stored from (")
        + summed(finest())
        + text(""") m full join (select * from statistics.cell where n <> 0 or energy_wh <> 0 or mass_g <> 0 or part <> 0) s
  using (cube, level, month, province, chemistry, party, role, to_province, to_role, kind)
where s.n is null or m.n is null or (s.n, s.energy_wh, s.mass_g, s.part) <> (m.n, m.energy_wh, m.mass_g, m.part)
order by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10""")
    )
    .compile()
    .text
)
_EMPTY: Final = "delete from statistics.cell"
# Whoever records waits meanwhile: the cells and the events have to be of one moment.
_ALONE: Final = "lock table statistics.change in exclusive mode"
_MINE: Final = "select pg_advisory_xact_lock($1)"


class CellFault(NamedTuple):
    """A cell that is not what the ledger makes of it."""

    key: tuple[Any, ...]
    fault: str


async def fill(connection: Any) -> None:
    """Write all cells of a ledger that is loaded and has none."""
    await connection.execute(_FILL, levels(), *await _replaced(connection))


async def prove(connection: Any, *, write: bool) -> list[CellFault]:
    """Hold the cells against the ledger, in a transaction of their own; with `write` they are made anew where they differ."""
    await connection.execute(_ALONE)
    await connection.execute(_MINE, FOLDING)
    await fold(connection)
    rows = await connection.fetch(_DIFFERING, levels(), *await _replaced(connection))
    if rows and write:
        await connection.execute(_EMPTY)
        await fill(connection)
    return [CellFault(_named(row), _fault(row)) for row in rows]


async def _replaced(connection: Any) -> tuple[list[str], list[int]]:
    rows = await connection.fetch(REPLACED)
    return [row["code"] for row in rows], [row["seq"] for row in rows]


def _named(row: Any) -> tuple[Any, ...]:
    return (row["cube"], *(each for each in tuple(row)[2:10] if each not in ("", EVERY_MONTH)))


def _fault(row: Any) -> str:
    if row["stored"] is None:
        return "is missing"
    return "follows from no event" if row["made"] is None else "differs"
