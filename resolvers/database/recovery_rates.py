"""This module is in charge of reading recovery rates: for the plant's operator, the plant's province, and the authorities that read all plants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from auth.entitlements import OPENING_BIT
from resolvers.batching import Batch, Shut, made_row
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Statement, slot, text
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


@cache
def _recovered(narrowed: bool) -> Statement:
    """What each batch gave back; a province sees the plants in its jurisdiction."""
    return (
        text("select b.operator, b.finished_at, o.element, o.input_kg, o.recovered_kg from battery.recovery_batch b")
        + text(" join battery.recovery_output o on o.batch_id = b.id where b.operator = any(")
        + slot("keys")
        + text(") and b.recorded_at <= ")
        + slot("moment")
        + (text(" and b.province = any(") + slot("jurisdiction") + text(")") if narrowed else EMPTY)
    ).compile()


async def recovery_rates(reading: Reading, batch: Batch) -> list[Sequence[Any] | Shut]:
    """By month and element, oldest first, or Shut."""
    opened = possible(reading.policy("battery")) & (_ALL | _OWN | _PLANT)
    whole = [key for key in dict.fromkeys(batch.keys) if opened & _ALL or (opened & _OWN and key == reading.principal.party)]
    plants = [key for key in dict.fromkeys(batch.keys) if opened & _PLANT and key not in whole]
    found: dict[str, list[Any]] = {key: [] for key in (*whole, *plants)}
    if found:
        recovered = []
        for narrowed, of in ((False, whole), (True, plants)):
            if of:
                rows = await reading.fetch(_recovered(narrowed), {**reading.values(), "keys": of})
                recovered += [Recovered(row[0], local_day(row[1]), *tuple(row)[2:]) for row in rows]
        table = rule_table([Rule(*row) for row in await reading.fetch(_NORMS, reading.values())])
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
