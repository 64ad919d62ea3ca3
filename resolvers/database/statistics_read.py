"""This module is in charge of reading the cubes of the statistics: one statement for one question, at the coarsest level that can answer it.

Exact and live: the cells and what waits to be added to them, in one snapshot. An authority over the whole country reads every level, a province
only levels that have provinces, and of these its own cells; everybody else is shut out (docs/row-policy.md, section 17).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from auth.entitlements import OPENING_BIT, RELATION_BIT
from resolvers.batching import BadArgument
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, ident, integer, join, slot, text
from resolvers.database.standing import bits, possible
from resolvers.ledger.statistics.cubes import LEVELS, MEASURES, Cube, level_for

ALL: Final = OPENING_BIT["N"]
REGION: Final = OPENING_BIT["N:region"]
SHUT_OUT: Final = RELATION_BIT["all"]
MOST_CELLS: Final = 20_000
KEY: Final = "statistics"

_DWELL: Final = text("""case when u.months < 1 then 'UNDER_1_MONTH' when u.months < 6 then 'UP_TO_6_MONTHS'
  when u.months < 12 then 'UP_TO_12_MONTHS' else 'OVER_12_MONTHS' end""")
_MONTHS: Final = text("((date_part('year', ") + slot("now") + text("::date) - date_part('year', month)) * 12 + date_part('month', ") + (
    slot("now") + text("::date) - date_part('month', month)) as months")
)  # fmt: skip
# The words of the graph, and the dimensions of the cubes. The dwell time is made of the month in which a state began.
WORDS: Final = {
    "MONTH": "month", "PROVINCE": "province", "CHEMISTRY": "chemistry", "ENTERPRISE": "party", "ROLE": "role", "KIND": "kind",
    "TO_PROVINCE": "to_province", "TO_ROLE": "to_role", "DWELL": "dwell", "STATE": "state",
}  # fmt: skip
_SOURCE: Final = {"dwell": "month", "state": "kind"}
# The kinds of the cubes of findings have three parts, the last of which is a dimension of its own.
_PARTED: Final = {"kind": text("split_part(kind, ':', 1) || ':' || split_part(kind, ':', 2) as kind"), "state": text("split_part(kind, ':', 3) as state")}
# Columns that are not called as the dimension or the measure that they show.
_SHOWN: Final = {
    "status": ("kind", ident("g", "kind")),
    "outcome": ("kind", ident("g", "kind")),
    "element": ("kind", ident("g", "kind")),
    "event_type": ("kind", ident("g", "kind")),
    "rule": ("kind", text("split_part(g.kind, ':', 1)")),
    "severity": ("kind", text("split_part(g.kind, ':', 2)")),
}
_MEASURED: Final = {
    "packs": text("g.n::int4"),
    "reports": text("g.n::int4"),
    "findings": text("g.n::int4"),
    "requests": text("g.n::int4"),
    "late": text("g.part::int4"),
    "late_rate": text("g.part::float8 / nullif(g.n, 0)"),
    "energy_kwh": text("g.energy_wh / 1000::float8"),
    "mass_kg": text("g.mass_g / 1000::float8"),
    "input_kg": text("g.mass_g / 1000::float8"),
    "recovered_kg": text("g.part / 1000::float8"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a cube: grouped by these dimensions, narrowed by values for `narrowed` (kind: a list); `own`: to the caller's provinces."""

    cube: Cube
    by: tuple[str, ...]
    narrowed: tuple[str, ...]
    months: bool
    own: bool

    @property
    def level(self) -> int:
        """The level that answers it."""
        own = {"province", "to_province"} if self.own else set()
        flow = {"to_province"} if "province" in self.narrowed else set()
        has = LEVELS[self.cube][0]
        wanted = {_SOURCE.get(each, each) for each in (*self.by, *self.narrowed)} | ((own | flow) & has)
        return level_for(self.cube, wanted | ({"month"} if self.months else set()))


def opened(reading: Reading) -> tuple[bool, bool]:
    """Whether the caller reads exact statistics at all, and whether only those of its provinces."""
    found = possible(reading.policy("statistics"))
    return bool(found & (ALL | REGION)), not found & ALL


def standing(reading: Reading) -> int:
    """The standing of every row of the statistics."""
    return possible(reading.policy("statistics"))


@lru_cache(maxsize=512)
def _statement(question: Question, columns: tuple[str, ...], seen: int) -> Statement:
    groups = [ident("g", each) for each in question.by]
    shown = [_shown(each, question.by) + text(" as ") + ident(each) for each in columns]
    ordered = text(" order by ") + join(", ", groups) if groups else EMPTY
    return (
        text("select ")
        + join(", ", [*shown, text("'statistics' as key"), bits(seen) + text(" as standing")])
        + text(" from (")
        + _grouped(question)
        + text(") g")
        + ordered
        + text(" limit ")
        + integer(MOST_CELLS + 1)
    ).compile(custom=True)


def _shown(column: str, by: tuple[str, ...]) -> Sql:
    if column in _MEASURED:
        return _MEASURED[column]
    dimension, value = _SHOWN.get(column, (column, ident("g", column)))
    if dimension not in by:
        return text("null::date") if column == "month" else text("null::text")
    return value if column == "month" else text("nullif(") + value + text(", '')")


def _grouped(question: Question) -> Sql:
    dimensions = [(_DWELL if each == "dwell" else ident("u", each)) + text(" as ") + ident(each) for each in question.by]
    sums = [text("sum(") + ident("u", each) + text(")::bigint as ") + ident(each) for each in MEASURES]
    places = join(", ", [integer(n) for n in range(1, len(dimensions) + 1)])
    level = text(" and level = ") + integer(question.level)
    cells = [_source(question, text("statistics.cell"), level), _source(question, text("statistics.change"), EMPTY)]
    return (
        text("select ")
        + join(", ", [*dimensions, *sums])
        + text(" from (")
        + join(" union all ", cells)
        + text(") u")
        + (text(" group by ") + places if dimensions else EMPTY)
        + text(" having sum(u.n) <> 0 or sum(u.part) <> 0 or sum(u.mass_g) <> 0")
    )


def _source(question: Question, table: Sql, level: Sql) -> Sql:
    parted = _PARTED if question.cube in (Cube.FINDING, Cube.FINDING_PROVINCE) else {}
    names = [_MONTHS if each == "dwell" else parted.get(each) or ident(each) for each in question.by]
    # At the level asked for, cells that the change would add to have nothing in the dimensions that are not grouped by.
    return (
        text("select ")
        + join(", ", [*names, *map(ident, MEASURES)])
        + text(" from ")
        + table
        + text(" where cube = ")
        + slot("cube")
        + level
        + join("", [_narrowed(question, each) for each in question.narrowed])
        + (text(" and month between ") + slot("from") + text(" and ") + slot("to") if question.months else EMPTY)
        + (_places(question, text(" = any(") + slot("jurisdiction") + text(")")) if question.own else EMPTY)
    )


def _narrowed(question: Question, dimension: str) -> Sql:
    if dimension == "province":
        return _places(question, text(" = ") + slot("province"))
    if dimension == "kind":
        return text(" and kind = any(") + slot("kind") + text(")")
    return text(" and ") + ident(dimension) + text(" = ") + slot(dimension)


def _places(question: Question, condition: Sql) -> Sql:
    """A flow is of the province it begins in, and of the one it ends in."""
    if question.cube is not Cube.FLOW:
        return text(" and province") + condition
    return text(" and (province") + condition + text(" or to_province") + condition + text(")")


async def cells(reading: Reading, question: Question, columns: tuple[str, ...], values: Mapping[str, Any]) -> list[Any]:
    """The rows, sorted by the dimensions. BadArgument TOO_MANY_CELLS beyond 20,000."""
    given = {**reading.values(), **values, "cube": str(question.cube)}
    rows = await reading.fetch(_statement(question, columns, standing(reading)), given)
    if len(rows) > MOST_CELLS:
        raise BadArgument("TOO_MANY_CELLS", "by", f"by: the answer has more than {MOST_CELLS:,} cells; ask for fewer dimensions or fewer months")
    return rows
