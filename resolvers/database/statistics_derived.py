"""This module is in charge of the statistics that are made of several sources: retirements to be expected, and where outlets are."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from resolvers.batching import Batch, Shut, made_row
from resolvers.database.reading import Reading
from resolvers.database.sql import slot, text
from resolvers.database.statistics import SALES, Field, Outcomes, grouping, later, months
from resolvers.database.statistics_read import KEY, SHUT_OUT, Question, cells, opened, standing
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.rows import Rule
from resolvers.ledger.statistics.cubes import Cube
from resolvers.ledger.statistics.survival import Cohort, expected

_FIRST: Final = date(2000, 1, 1)
_AHEAD: Final = 12
_EXPECTED: Final = Field(Cube.LIFE, frozenset({"MONTH", "PROVINCE", "CHEMISTRY"}), always=("MONTH",))
_CURVES: Final = text("""select rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from, valid_to from rule.rule
where name in ('survival.scale', 'survival.shape')""").compile()
_OUTLETS: Final = (
    text("select uscc, province, count(*)::int4 as outlets from enterprise.outlet where opened_on <= ")
    + slot("today")
    + text(" and (closed_on is null or closed_on > ")
    + slot("today")
    + text(") group by uscc, province")
).compile()


async def expected_retirements(reading: Reading, batch: Batch) -> Outcomes:
    """Packs that the cohorts sold so far are expected to lose by month: sales by month against the survival curve of their chemistry."""
    exact, own = opened(reading)
    if not exact:
        return [Shut(SHUT_OUT)] * len(batch.keys)
    words = grouping(_EXPECTED, batch.arguments)
    first, last = months(reading, batch.arguments, ahead=_AHEAD)
    wanted = []
    while first <= last:
        wanted.append(first)
        first = later(first, 1)
    by = ("month", "province", "chemistry") if "PROVINCE" in words else ("month", "chemistry")
    values: dict[str, Any] = {"from": _FIRST, "to": local_day(reading.moment), "kind": list(SALES.kinds)}
    narrowed = ["kind"]
    for name in ("province", "chemistry"):
        if batch.arguments.get(name) is not None:
            values[name] = batch.arguments[name]
            narrowed.append(name)
    found = await cells(reading, Question(Cube.LIFE, by, tuple(narrowed), True, own), ("month", "province", "chemistry", "packs"), values)
    cohorts = [Cohort(row["month"], row["province"] or "", row["chemistry"] or "", row["packs"]) for row in found]
    table = rule_table([Rule(*row) for row in await reading.fetch(_CURVES, reading.values())])
    told = expected(cohorts, wanted, table.on(local_day(reading.moment)), ("PROVINCE" in words, "CHEMISTRY" in words))
    rows = [
        made_row(batch.columns, KEY, standing(reading), {"month": month, "province": province or None, "chemistry": chemistry or None, "packs": packs})
        for (month, province, chemistry), packs in sorted(told.items())
    ]
    return [rows] * len(batch.keys)


async def outlet_coverage(reading: Reading, batch: Batch) -> Outcomes:
    """By province and capacity (maker, automaker): enterprises whose packs were sold there in vehicles, and of them those with an open outlet there."""
    exact, own = opened(reading)
    if not exact:
        return [Shut(SHUT_OUT)] * len(batch.keys)
    values: dict[str, Any] = {"today": local_day(reading.moment)}
    narrowed: tuple[str, ...] = ()
    if batch.arguments.get("province") is not None:
        values["province"], narrowed = batch.arguments["province"], ("province",)
    sold = await cells(reading, Question(Cube.MARKET, ("province", "party", "kind"), narrowed, False, own), ("province", "party", "status", "packs"), values)
    open_there = {(row["uscc"], row["province"]): row["outlets"] for row in await reading.fetch(_OUTLETS, {**reading.values(), **values})}
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in sold:
        told = found.setdefault((row["province"] or "", row["status"] or ""), {"enterprises": 0, "covered": 0, "outlets": 0, "packs": 0})
        outlets = open_there.get((row["party"], row["province"]), 0)
        told["enterprises"] += 1
        told["covered"] += bool(outlets)
        told["outlets"] += outlets
        told["packs"] += row["packs"]
    seen = standing(reading)
    rows = [made_row(batch.columns, KEY, seen, {"province": province or None, "role": role, **told}) for (province, role), told in sorted(found.items())]
    return [rows] * len(batch.keys)
