"""This module is in charge of events of no pack in the database, for the ledger: what reports of them are judged by, under locks, and their rows.

The locks are advisory ones, by history and by manufacturer code; they come after those of packs and vehicles (recording_read.py), and in order of their
numbers. Who makes a battery shares the lock of its manufacturer code with others that do: what is filed under it stands still meanwhile.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import asyncpg

from resolvers.database.listed_codes import locks_of
from resolvers.database.recording_write import insert, put
from resolvers.ledger.chemistries import CHEMISTRY_LETTERS
from resolvers.ledger.events import NOTICES
from resolvers.ledger.notices.notice import FILINGS, entity_of_report, filed_by, readers_of
from resolvers.ledger.notices.rows import Notice
from resolvers.ledger.recording.differences import KEYS
from resolvers.ledger.recording.listing import codes_of
from resolvers.ledger.recording.report import Report
from resolvers.ledger.recording.seen import NOTHING_NOTICED, Noticed
from resolvers.ledger.rows import Model, Specification, Traceability

LOCK: Final = """
select case when alone then pg_advisory_xact_lock(number) else pg_advisory_xact_lock_shared(number) end
from (select hashtextextended(entity, 0) as number, bool_or(alone) as alone from unnest($1::text[], $2::bool[]) t (entity, alone) group by 1) l
order by number"""
HISTORIES: Final = """
select entity, seq, type, occurred_at, recorded_at, reporter, province, late, corrects, manufacturer_code, specification_code, traceability_code, meaning,
  model_id, model, region_code, place, activity, circumstances, operator, operator_name
from enterprise.notice where entity = any($1::text[]) order by entity, seq"""
TRACED: Final = "select manufacturer_code || code from battery.traceability where manufacturer_code = any($1::text[])"
# '~' comes after every character of a battery code.
USED: Final = """
select p.code from unnest($1::text[], $2::text[]) p (code, prefix)
where exists (select from battery.pack b where b.code > p.prefix and b.code < p.prefix || '~')"""
# A traceability code stands behind type, chemistry and specification: of each maker the beginnings that its packs have are stepped through. The form of
# products of used batteries has none.
USED_TRACES: Final = """
with recursive heads as (
  select m.maker, (select left(b.code, 7) from battery.pack b where b.code > m.maker || 'P' and b.code < m.maker || 'P~' order by b.code limit 1) as head
  from (select distinct maker from unnest($1::text[]) t (maker)) m
  union all
  select h.maker, (select left(b.code, 7) from battery.pack b where b.code > h.head || '~' and b.code < h.maker || 'P~' order by b.code limit 1)
  from heads h where h.head is not null
)
select distinct t.maker || t.trace from unnest($1::text[], $2::text[]) t (maker, trace) join heads h on h.maker = t.maker and h.head is not null
where exists (select from battery.pack b where b.code > h.head || t.trace and b.code < h.head || t.trace || '~' and length(b.code) = 24)"""
ENTITIES: Final = "select distinct entity from enterprise.notice where entity > $1 order by entity limit $2"


async def lock_histories(connection: asyncpg.Connection, party: str, reports: Sequence[Report]) -> None:
    """Keep everybody else from reporting of these histories, from filing under the manufacturer codes of new packs, and from giving the same codes to
    modules and cells, until the transaction ends."""
    alone = {entity_of_report(each, party) for each in reports if each.type in NOTICES}
    alone |= locks_of(code for each in reports for _field, code in codes_of(each))
    shared = {FILINGS + each.code[:3] for each in reports if each.pack is not None} - alone
    await lock_entities(connection, alone, shared)


async def lock_entities(connection: asyncpg.Connection, alone: Iterable[str], shared: Iterable[str] = ()) -> None:
    """The locks themselves, in the one order that everybody takes them in."""
    if wanted := [*((each, True) for each in alone), *((each, False) for each in shared)]:
        await connection.execute(LOCK, *map(list, zip(*wanted, strict=True)))


async def read_noticed(connection: asyncpg.Connection, party: str, reports: Sequence[Report], models: Iterable[Model]) -> Noticed:
    """What reports of no pack are judged by; their histories are locked already."""
    told = [each for each in reports if each.type in NOTICES]
    if not told:
        return NOTHING_NOTICED
    found = await read_histories(connection, sorted({entity_of_report(each, party) for each in told}))
    makers = sorted({each.details["manufacturerCode"] for each in told if "manufacturerCode" in each.details})
    traced = await connection.fetch(TRACED, makers) if makers else []
    chemistries = {each.id: each.chemistry for each in models}
    prefixes = sorted({pair for each in told for pair in _prefixes(each, chemistries)})
    used = await connection.fetch(USED, *map(list, zip(*prefixes, strict=True))) if prefixes else []
    traces = sorted({(each.details["manufacturerCode"], each.details["traceabilityCode"]) for each in told if "traceabilityCode" in each.details})
    used += await connection.fetch(USED_TRACES, *map(list, zip(*traces, strict=True))) if traces else []
    return Noticed(found, frozenset(row[0] for row in traced), frozenset(row[0] for row in used))


def _prefixes(report: Report, chemistries: dict[str, str]) -> Iterable[tuple[str, str]]:
    """How codes of packs begin that use the specification: (manufacturer and specification code, beginning)."""
    told = report.details
    if (specification := told.get("specificationCode")) is not None:
        chemistry = chemistries.get(told.get("modelId", "")) or told.get("model", {}).get("chemistry", "")
        for letter in CHEMISTRY_LETTERS.get(chemistry, ()):
            yield told["manufacturerCode"] + specification, f"{told['manufacturerCode']}P{letter}{specification}"


async def read_histories(connection: asyncpg.Connection, entities: Sequence[str]) -> dict[str, tuple[Notice, ...]]:
    """The events of each history, by seq."""
    found = defaultdict[str, list[Notice]](list)
    for row in await connection.fetch(HISTORIES, entities):
        found[row["entity"]].append(Notice(**{**dict(row), "model": None if row["model"] is None else json.loads(row["model"])}))
    return {entity: tuple(notices) for entity, notices in found.items()}


async def next_entities(connection: asyncpg.Connection, after: str, limit: int) -> list[str]:
    """The next histories, in order."""
    return [row["entity"] for row in await connection.fetch(ENTITIES, after, limit)]


async def write_notices(connection: asyncpg.Connection, new: Sequence[Notice]) -> None:
    """New events, who reads them, and what is filed by them."""
    if not new:
        return
    await insert(connection, new)
    await insert(connection, [reader for each in new for reader in readers_of(each)])
    histories = await read_histories(connection, sorted({each.entity for each in new if each.entity.startswith(FILINGS)}))
    fresh = {(each.entity, each.seq) for each in new}
    for history in histories.values():
        filed = filed_by(history)
        await insert(connection, filed_by([each for each in history if (each.entity, each.seq) in fresh]).models)
        await put(connection, filed.specifications, KEYS[Specification])
        await put(connection, filed.traceability, KEYS[Traceability])
