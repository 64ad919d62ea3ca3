"""This module is in charge of reading recovery rates: for the plant's operator, the plant's province, and the authorities that read all plants.

They are read from the cells of the statistics, so that they cost the same however many batches there were. A batch is judged by the norm of its day, so
the few months in which a norm changed are read batch by batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from auth.entitlements import OPENING_BIT
from resolvers.batching import Batch, Shut, made_row
from resolvers.database.keys import KEYS, key_list
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, integer, slot, text
from resolvers.database.standing import possible
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.recovery.rates import Rate, Recovered, rates
from resolvers.ledger.rows import Rule

_ALL: Final = OPENING_BIT["K"]
_OWN: Final = OPENING_BIT["K:own"]
_PLANT: Final = OPENING_BIT["K:plant"]
_NORMS: Final = text("""select rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from, valid_to from rule.rule
where name = 'recovery.norm'""").compile()


def _plants(narrowed: bool) -> Sql:
    """A province sees the plants in its jurisdiction."""
    return text(" and province = any(") + slot("jurisdiction") + text(")") if narrowed else EMPTY


@cache
def _by_month(narrowed: bool) -> Statement:
    """What was recovered in the other months."""
    of = text(" where cube = 'recovery' and party = any(") + KEYS + text(") and month <> all(") + slot("changing") + text("::date[])")
    of += _plants(narrowed)
    return (
        text("select party as operator, month, kind as element, sum(mass_g)::float8 / 1000, sum(part)::float8 / 1000 from (")
        + text("select party, month, kind, mass_g, part from statistics.cell")
        + of
        + text(" and level = ")
        + integer(0)
        + text(" union all select party, month, kind, mass_g, part from statistics.change")
        + of
        + text(") u group by 1, 2, 3 having sum(mass_g) <> 0 or sum(part) <> 0")
    ).compile(custom=True)


@cache
def _by_batch(narrowed: bool) -> Statement:
    """What each batch gave back in months in which a norm changed."""
    return (
        text("select b.operator, b.finished_at, o.element, o.input_kg, o.recovered_kg from battery.recovery_batch b")
        + text(" join battery.recovery_output o on o.batch_id = b.id where b.operator = any(")
        + KEYS
        + text(") and date_trunc('month', b.finished_at at time zone 'Asia/Shanghai')::date = any(")
        + slot("changing")
        + text("::date[]) and b.superseded_at is null")
        + _plants(narrowed)
    ).compile(custom=True)


async def recovery_rates(reading: Reading, batch: Batch) -> list[Sequence[Any] | Shut]:
    """By month and element, oldest first, or Shut."""
    opened = possible(reading.policy("battery")) & (_ALL | _OWN | _PLANT)
    whole = [key for key in dict.fromkeys(batch.keys) if opened & _ALL or (opened & _OWN and key == reading.principal.party)]
    plants = [key for key in dict.fromkeys(batch.keys) if opened & _PLANT and key not in whole]
    found: dict[str, list[Any]] = {key: [] for key in (*whole, *plants)}
    if found:
        norms = [Rule(*row) for row in await reading.fetch(_NORMS, reading.values())]
        # By the first days of months in which a norm begins or ends on another day.
        changing = {day.replace(day=1) for norm in norms for day in (norm.valid_from, norm.valid_to) if day is not None and day.day > 1}
        recovered = []
        for narrowed, of in ((False, whole), (True, plants)):
            if of:
                values = {**reading.values(), "keys": key_list(of), "changing": sorted(changing)}
                recovered += [Recovered(*row) for row in await reading.fetch(_by_month(narrowed), values)]
                if changing:
                    rows = await reading.fetch(_by_batch(narrowed), values)
                    recovered += [Recovered(row[0], local_day(row[1]), *tuple(row)[2:]) for row in rows]
        table = rule_table(norms)
        for each in rates(recovered, table):
            found[each.operator].append(_row(each, opened, batch.columns))
    return [found[key] if key in found else Shut(0) for key in batch.keys]


def _row(each: Rate, opened: int, columns: tuple[str, ...]) -> Mapping[Any, Any]:
    values = {
        "month": each.month, "element": each.element, "input_kg": each.input_kg,
        "recovered_kg": each.recovered_kg, "rate": each.rate, "rule_set": each.rule_set, "norm": each.norm, "meets": each.meets,
        "basis": each.norm_basis, "confidence": each.confidence,
    }  # fmt: skip
    return made_row(columns, each.operator, opened, values)
