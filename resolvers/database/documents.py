"""This module is in charge of what hangs on a pack without dates: composition, dismantling information, recovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from auth.entitlements import OPENING_BIT, Policy
from resolvers.batching import Batch, Shut
from resolvers.database.facts import all_of, any_of, facts_standing, opens
from resolvers.database.keys import KEYS, key_list
from resolvers.database.past import THEN, inputs_then, record_set
from resolvers.database.reading import Reading
from resolvers.database.sql import Sql, Statement, ident, join, slot, text
from resolvers.database.standing import PACKS, bits, lateral, past
from resolvers.database.tables import DISMANTLING, MATERIAL, RECOVERY, RECOVERY_ASSAY, RECOVERY_MATERIAL, RECOVERY_STEP, Table

_B: Final = OPENING_BIT["B"]
_C: Final = OPENING_BIT["C"]
_K: Final = sum(OPENING_BIT[each] for each in ("K", "K:own", "K:plant", "K:share"))
_PLANT_DETAIL: Final = sum(OPENING_BIT[each] for each in ("K", "K:own", "K:plant"))


@lru_cache(maxsize=256)
def _model_statement(table: Table, policy: Policy, exact: bool, gate: str, wanted: tuple[str, ...]) -> Statement:
    columns = [ident("m", each) for each in wanted]
    order = text(", m.component, m.material") if table is MATERIAL else text("")
    return (
        text("select ")
        + join(", ", [*columns, text("p.code as key"), text("s.standing as standing"), text("m.model_id as present")])
        + text(" from battery.pack p")
        + lateral(PACKS, policy, "p", "s", exact=exact)
        + text(" left join ")
        + ident(table.schema, table.name)
        + text(" m on m.model_id = p.model_id and ")
        + opens(policy, gate)
        + text(" where p.code = any(")
        + KEYS
        + text(") order by p.code")
        + order
    ).compile()


async def composition(reading: Reading, batch: Batch) -> list[Sequence[Any] | Shut]:
    """The materials of each pack's model, or Shut."""
    groups = await _of_model(reading, batch, MATERIAL, "B")
    return [_rows_or_shut(group, _B) for group in groups]


async def dismantling(reading: Reading, batch: Batch) -> list[Any]:
    """The dismantling and safety document of each pack's model, None, or Shut."""
    groups = await _of_model(reading, batch, DISMANTLING, "C")
    outcomes: list[Any] = []
    for group in groups:
        rows = _rows_or_shut(group, _C)
        outcomes.append(rows if isinstance(rows, Shut) else next(iter(rows), None))
    return outcomes


async def _of_model(reading: Reading, batch: Batch, table: Table, gate: str) -> list[list[Any]]:
    statement = _model_statement(table, _policy(reading, batch), batch.exact, gate, batch.columns)
    rows = await reading.fetch(statement, {**reading.values(), "keys": key_list(batch.keys)}, batch.keys if batch.exact else ())
    return _by_key(rows, batch.keys)


def _policy(reading: Reading, batch: Batch) -> Policy:
    """Who may see what: of a past moment nothing that is open of the present alone, though a model keeps no former documents."""
    policy = reading.policy("battery")
    return policy if batch.as_of is None else past(policy)


def _by_key(rows: Sequence[Any], keys: Sequence[Any]) -> list[list[Any]]:
    found: dict[Any, list[Any]] = {}
    for row in rows:
        found.setdefault(row["key"], []).append(row)
    return [found.get(key, []) for key in keys]


def _rows_or_shut(group: list[Any], gate: int) -> list[Any] | Shut:
    standing = group[0]["standing"] if group else 0
    if not standing & gate:
        return Shut(standing)
    return [row for row in group if row["present"] is not None]


def _passes(policy: Policy) -> Sql:
    """Which recovery batches of a pack the caller sees: docs/row-policy.md section 5, last line."""
    return any_of(
        [
            opens(policy, "K", "K:share"),
            all_of([opens(policy, "K:own"), text("b.operator = ") + slot("party")]),
            all_of([opens(policy, "K:plant"), text("b.province = any(") + slot("jurisdiction") + text(")")]),
        ]
    )


def _taken(policy: Policy, then: bool) -> Sql:
    """` from … where …`: the batches that took the pack in, as far as the caller sees them and as corrected; of a past moment those that it was known then to
    have gone into, as they were known then."""
    rows = text(" from battery.recovery_input i join battery.recovery_batch b on b.id = i.batch_id where i.code = p.code and ") + _passes(policy)
    if not then:
        return rows + text(" and b.superseded_at is null")
    known = text(" and (i.code, i.batch_id) in (select k.code, k.batch_id from ") + record_set("battery", "recovery_input") + text(" k)")
    stood = text(" and (b.superseded_at is null or b.superseded_at > ") + slot("as_of") + text(")")
    return rows + text(" and b.recorded_at <= ") + slot("as_of") + stood + known


async def _values(reading: Reading, batch: Batch, codes: Sequence[str]) -> Mapping[str, Any]:
    values = reading.values()
    return values if batch.as_of is None else {**values, "as_of": batch.as_of, THEN: await inputs_then(reading, codes, batch.as_of)}


def _row_standing(policy: Policy) -> Sql:
    """The batch's own standing: what is the operator's or the plant's province's goes for every other batch."""
    own, plant = OPENING_BIT["K:own"], OPENING_BIT["K:plant"]
    return (
        text("(")
        + facts_standing(policy)
        + text(") & ~(case when b.operator = ")
        + slot("party")
        + text(" then 0 else ")
        + bits(own)
        + text(" end | case when b.province = any(")
        + slot("jurisdiction")
        + text(") then 0 else ")
        + bits(plant)
        + text(" end)")
    )


@lru_cache(maxsize=128)
def _recovery_statement(policy: Policy, exact: bool, then: bool, wanted: tuple[str, ...]) -> Statement:
    columns = [
        text("case when t.standing & ") + bits(_PLANT_DETAIL) + text(" <> 0 then ") + _recovery_column(each) + text(" end as ") + ident(each) for each in wanted
    ]
    return (
        text("select ")
        + join(", ", [*columns, text("p.code as key"), text("coalesce(t.standing, ") + facts_standing(policy) + text(") as standing")])
        + text(", s.standing as pack_standing, t.id as version, t.id as present from battery.pack p")
        + lateral(PACKS, policy, "p", "s", exact=exact)
        + text(" left join lateral (select b.*, i.mass_kg as pack_mass_kg, ")
        + _row_standing(policy)
        + text(" as standing")
        + _taken(policy, then)
        + text(") t on true where p.code = any(")
        + KEYS
        + text(") order by p.code, t.finished_at, t.name")
    ).compile()


def _recovery_column(name: str) -> Sql:
    """A batch is told by its name; each version of it has an id of its own (resolvers/ledger/recovery/batches.py)."""
    RECOVERY.column(name)
    return ident("t", "name" if name == "id" else name)


async def recovery(reading: Reading, batch: Batch) -> list[Sequence[Any] | Shut]:
    """The recovery batches that took each pack in, or Shut. What hangs on one is asked by the pack's code and the row's `version`, which is told to nobody."""
    statement = _recovery_statement(_policy(reading, batch), batch.exact, batch.as_of is not None, batch.columns)
    values = {**await _values(reading, batch, batch.keys), "keys": key_list(batch.keys)}
    rows = await reading.fetch(statement, values, batch.keys if batch.exact else ())
    outcomes: list[Sequence[Any] | Shut] = []
    for group in _by_key(rows, batch.keys):
        standing = group[0]["pack_standing"] if group else 0
        outcomes.append([row for row in group if row["present"] is not None] if standing & _K else Shut(standing))
    return outcomes


_ELEMENT: Final = {
    "element": text("o.element"),
    "rate": text("o.recovered_kg / nullif(o.input_kg, 0)"),
    "input_kg": text("case when t.standing & ") + bits(_PLANT_DETAIL) + text(" <> 0 then o.input_kg end"),
    "recovered_kg": text("case when t.standing & ") + bits(_PLANT_DETAIL) + text(" <> 0 then o.recovered_kg end"),
}


@lru_cache(maxsize=128)
def _elements_statement(policy: Policy, exact: bool, then: bool, wanted: tuple[str, ...]) -> Statement:
    return (
        text("select ")
        + join(", ", [*(_ELEMENT[each] + text(" as ") + ident(each) for each in wanted), text("p.code as key, t.id as batch_id, t.standing as standing")])
        + text(" from battery.pack p")
        + lateral(PACKS, policy, "p", "s", exact=exact)
        + text(" cross join lateral (select b.id, ")
        + _row_standing(policy)
        + text(" as standing")
        + _taken(policy, then)
        + text(") t join battery.recovery_output o on o.batch_id = t.id where p.code = any(")
        + slot("codes")
        + text(") and t.id = any(")
        + slot("batches")
        + text(") order by p.code, t.id, o.element")
    ).compile()


async def recovery_elements(reading: Reading, batch: Batch) -> list[list[Any]]:
    """What was recovered of each element, as a rate and (for who sees the plant) in kg; keys are (code, version)."""
    codes = sorted({code for code, _ in batch.keys})
    batches = sorted({each for _, each in batch.keys})
    statement = _elements_statement(_policy(reading, batch), batch.exact, batch.as_of is not None, batch.columns)
    values = {**await _values(reading, batch, codes), "codes": codes, "batches": batches}
    found: dict[tuple[str, str], list[Any]] = {}
    for row in await reading.fetch(statement, values, codes if batch.exact else ()):
        found.setdefault((row["key"], row["batch_id"]), []).append(row)
    return [found.get(tuple(key), []) for key in batch.keys]


_ORDER: Final = {RECOVERY_STEP: ("number",), RECOVERY_ASSAY: ("step", "element"), RECOVERY_MATERIAL: ("kind", "material")}


@lru_cache(maxsize=128)
def _plant_statement(table: Table, policy: Policy, exact: bool, then: bool, wanted: tuple[str, ...]) -> Statement:
    columns = [ident("o", table.column(each).name) + text(" as ") + ident(each) for each in wanted]
    return (
        text("select ")
        + join(", ", [*columns, text("p.code as key, t.id as batch_id, t.standing as standing, o.batch_id as present from battery.pack p")])
        + lateral(PACKS, policy, "p", "s", exact=exact)
        + text(" cross join lateral (select b.id, ")
        + _row_standing(policy)
        + text(" as standing")
        + _taken(policy, then)
        + text(") t left join ")
        + ident(table.schema, table.name)
        + text(" o on o.batch_id = t.id and t.standing & ")
        + bits(_PLANT_DETAIL)
        + text(" <> 0 where p.code = any(")
        + slot("codes")
        + text(") and t.id = any(")
        + slot("batches")
        + text(") order by p.code, t.id, ")
        + join(", ", [ident("o", each) for each in _ORDER[table]])
    ).compile()


async def _of_plant(reading: Reading, batch: Batch, table: Table) -> list[Sequence[Any] | Shut]:
    """What only who sees the plant sees of each batch; keys are (code, version). Shut for who has but a share of what came out."""
    codes = sorted({code for code, _ in batch.keys})
    batches = sorted({each for _, each in batch.keys})
    statement = _plant_statement(table, _policy(reading, batch), batch.exact, batch.as_of is not None, batch.columns)
    values = {**await _values(reading, batch, codes), "codes": codes, "batches": batches}
    found: dict[tuple[str, str], list[Any]] = {}
    for row in await reading.fetch(statement, values, codes if batch.exact else ()):
        found.setdefault((row["key"], row["batch_id"]), []).append(row)
    return [_rows_or_shut(found.get(tuple(key), []), _PLANT_DETAIL) for key in batch.keys]


async def recovery_steps(reading: Reading, batch: Batch) -> list[Sequence[Any] | Shut]:
    """The process steps of each batch, in order."""
    return await _of_plant(reading, batch, RECOVERY_STEP)


async def recovery_assays(reading: Reading, batch: Batch) -> list[Sequence[Any] | Shut]:
    """The assays of each batch, by step and element."""
    return await _of_plant(reading, batch, RECOVERY_ASSAY)


async def recovery_materials(reading: Reading, batch: Batch) -> list[Sequence[Any] | Shut]:
    """What came of each batch: products, then residues."""
    return await _of_plant(reading, batch, RECOVERY_MATERIAL)
