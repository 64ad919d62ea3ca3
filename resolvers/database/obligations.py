"""This module is in charge of reading what enterprises still have to do: for themselves, and for authorities with jurisdiction over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from auth.entitlements import OPENING_BIT, RELATION_BIT
from resolvers.batching import Batch, Shut, made_row
from resolvers.database.keys import KEYS, key_list
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Statement, slot, text
from resolvers.database.standing import possible
from resolvers.ledger.deadlines import WorkingDays, local_day, working_days
from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.obligations import Duty, Obligation, Open, obligations
from resolvers.ledger.rows import Rule
from resolvers.ledger.rules import announced_years, load_calendar

_M: Final = OPENING_BIT["M"]
_REGION: Final = OPENING_BIT["M:region"]
_OWN: Final = OPENING_BIT["M:own"]
_PROVINCES: Final = (text("select uscc, province from enterprise.enterprise where uscc = any(") + KEYS + text(")")).compile()
_RULES: Final = text("""select rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from, valid_to from rule.rule
where name in ('deadline', 'deadline.dismantling_information')""").compile()
_MODELS: Final = (
    text("select maker as uscc, id as subject, certified_on as since from battery.model where dismantling_reported_on is null and maker = any(")
    + KEYS
    + text(")")
).compile()

_PENDING: Final = {
    Duty.ANSWER_HAND_OVER: text(
        "select c.holder as uscc, c.code as subject, c.offered_at as since from battery.custody c where c.outcome = 'PENDING' and c.holder = any("
    ),
    Duty.ANSWER_TAKE_BACK: text(
        "select c.obliged as uscc, c.code as subject, c.requested_at as since from battery.take_back c where c.outcome = 'PENDING' and c.obliged = any("
    ),
}


@cache
def _asked(duty: Duty, narrowed: bool) -> Statement:
    """Pending hand-overs by receiver, or pending requests to take back by who is obliged; a province sees those of packs in its jurisdiction, as everywhere."""
    return (
        _PENDING[duty]
        + KEYS
        + text(")")
        + (
            text(" and exists (select 1 from battery.access a where a.code = c.code and a.relation = 'jurisdiction' and a.grantee = any(")
            + slot("provinces")
            + text(") and a.from_at <= ")
            + slot("moment")
            + text(")")
            if narrowed
            else EMPTY
        )
    ).compile()


@cache
def _working_days() -> WorkingDays:
    return working_days(load_calendar())


async def enterprise_obligations(reading: Reading, batch: Batch) -> list[Sequence[Any] | Shut]:
    """The obligations of each enterprise, the most urgent first, or Shut."""
    opened = possible(reading.policy("battery"))
    keys = [key for key in dict.fromkeys(batch.keys) if opened & _M or (opened & _OWN and key == reading.principal.party)]
    supervised: list[str] = []
    if opened & _REGION and not opened & _M:
        rows = await reading.fetch(_PROVINCES, {**reading.values(), "keys": key_list(batch.keys)})
        supervised = [row["uscc"] for row in rows if row["province"] in reading.principal.jurisdiction and row["uscc"] not in keys]
    found: dict[str, list[Any]] = {key: [] for key in (*keys, *supervised)}
    if found:
        for each in await _due(reading, keys, supervised):
            found[each.uscc].append(_row(each, opened, batch.columns))
    relation = RELATION_BIT["jurisdiction"] if opened & _REGION else 0
    return [found[key] if key in found else Shut(relation) for key in batch.keys]


async def _due(reading: Reading, keys: list[str], supervised: list[str]) -> tuple[Obligation, ...]:
    opened = []
    for narrowed, of in ((False, keys), (True, supervised)):
        if of:
            for duty in _PENDING:
                rows = await reading.fetch(_asked(duty, narrowed), {**reading.values(), "keys": key_list(of)})
                opened += [Open(row["uscc"], duty, row["subject"], local_day(row["since"])) for row in rows]
    rows = await reading.fetch(_MODELS, {**reading.values(), "keys": key_list([*keys, *supervised])})
    opened += [Open(row["uscc"], Duty.REPORT_DISMANTLING, row["subject"], row["since"]) for row in rows]
    table = rule_table([Rule(*row) for row in await reading.fetch(_RULES, reading.values())])
    return obligations(opened, local_day(reading.moment), table, _working_days(), announced_years())


def _row(each: Obligation, opened: int, columns: tuple[str, ...]) -> Mapping[Any, Any]:
    pack = each.subject if each.duty in _PENDING else None
    values = {
        "duty": str(each.duty), "code": pack, "model_id": None if pack else each.subject, "since": each.since,
        "due_on": each.due_on, "basis": each.basis, "confidence": each.confidence, "overdue": each.overdue,
    }  # fmt: skip
    return made_row(columns, each.uscc, opened, values)
