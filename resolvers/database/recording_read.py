"""This module is in charge of reading what a batch of reports is judged by, under locks that are taken in one order by everybody.

The order: packs by code, vehicles by VIN, histories of events of no pack (notice_store.py), then what is written: references, new vehicles, new packs, each
sorted. Whoever waits for a lock therefore holds only earlier ones, and two batches never wait for each other.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Protocol

import asyncpg

from resolvers.database.finding_write import read_parameters
from resolvers.database.listed_codes import read_items, read_listed
from resolvers.database.notice_store import lock_histories, read_noticed
from resolvers.database.recording_write import Raced
from resolvers.database.sql import ident, join, text
from resolvers.database.vehicle_ties import read_ties
from resolvers.identifiers import IdentifierError, ProductType, parse_battery_code
from resolvers.ledger.cell_codes import unpacked
from resolvers.ledger.deadlines import DEADLINE, SHANGHAI, Deadlines, WorkingDays, grouped, working_days
from resolvers.ledger.events import EventType
from resolvers.ledger.facts import Known, PackFacts, VehicleFacts
from resolvers.ledger.findings.parameters import NO_RULES
from resolvers.ledger.kept import LAW, Base, folded, parties, reaches, vins_of
from resolvers.ledger.recording.inheriting import is_passed_on
from resolvers.ledger.recording.listing import codes_of
from resolvers.ledger.recording.plausible import HANDED, WEIGHED
from resolvers.ledger.recording.report import Recorded, Report, Reporter
from resolvers.ledger.recording.seen import ON_DEMAND, Children, EnterpriseSeen, PackSeen, ReferenceSeen, Seen, Stay, VehicleSeen, Whole
from resolvers.ledger.recovery.batches import batch_id
from resolvers.ledger.rows import TABLES, Event, Health, Model, Module, Pack, Rule, SafetyEvent, Vehicle, VehicleAccess
from resolvers.ledger.rules import load_calendar

_FACTS: Final = text("""select code, model_id, maker, chemistry, nominal_energy_kwh, nominal_capacity_ah, nominal_voltage_v, mass_kg, cell_count,
  produced_on, is_product, other_scheme, other_value, vin from battery.pack where code = any($1::text[])""")
PACKS: Final = _FACTS.compile().text
LOCK_PACKS: Final = (_FACTS + text(" order by code for no key update")).compile().text
_VEHICLE: Final = text("""select vin, automaker, model_name, powertrain, swap_model, produced_on, sold_on, scrapped_on, province, region_code, owner_kind,
  readers, recorded_at from vehicle.vehicle where vin = any($1::text[])""")
VEHICLES: Final = _VEHICLE.compile().text
LOCK_VEHICLES: Final = (_VEHICLE + text(" order by vin for no key update")).compile().text
EVENTS: Final = """
select code, seq, type, category, occurred_at, recorded_at, reporter, counterparty, vin, province, due_on, late, corrects, details
from battery.event where code = any($1::text[]) order by code, seq"""
_AFTER: Final = """
select e.code, e.seq, e.type, e.category, e.occurred_at, e.recorded_at, e.reporter, e.counterparty, e.vin, e.province, e.due_on, e.late, e.corrects, e.details
from unnest($1::text[], $2::int[]) t (code, seq) join battery.event e on e.code = t.code and e.seq > t.seq order by e.code, e.seq"""
_KEPT: Final = "select code, seq, law, state from battery.kept_state where code = any($1::text[])"
# Rows from resolvers/ledger/observations.py's FROM_EVENTS on follow from events.
HEALTH: Final = """
select code, seq, occurred_at, recorded_at, reporter, state_of_health, cycle_count, remaining_energy_kwh, internal_resistance_mohm, temperature_max_c, method
from battery.health where code = any($1::text[]) and seq < 1000000 order by code, seq"""
SAFETY: Final = """
select code, seq, occurred_at, recorded_at, reporter, kind, severity, description from battery.safety_event
where code = any($1::text[]) and seq < 1000000 order by code, seq"""
BESIDE: Final = "select distinct vin, code from battery.installation where vin = any($1::text[])"
EVER_IN: Final = "select distinct vin from battery.installation where code = any($1::text[])"
_GRANTS: Final = """
select a.* from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) t (vin, grantee, relation, since) cross join lateral (
  (select vin, grantee, relation, from_at, until_at, produced_on from vehicle.access g
   where g.vin = t.vin and g.grantee = t.grantee and g.relation = t.relation and g.from_at <= t.since order by g.from_at desc limit 1)
  union all select vin, grantee, relation, from_at, until_at, produced_on from vehicle.access g
  where g.vin = t.vin and g.grantee = t.grantee and g.relation = t.relation and g.from_at > t.since) a"""
# What is in the vehicles; who came next into these places, and who came next and stayed, which is who left first of those that left since: what is told there
# of a moment meets it, or who left after that moment. Each walks the index on (vin, removed_at).
STAYS: Final = """
with t as (select * from unnest($1::text[], $2::timestamptz[]) t (vin, since)),
  i as (select i.* from t join battery.installation i on i.vin = t.vin and i.removed_at is null)
select code, seq, vin, position, occurred_at, removed_at from i
union select l.* from i cross join lateral (
  select j.code, j.seq, j.vin, j.position, j.occurred_at, j.removed_at from battery.installation j
  where j.vin = i.vin and j.removed_at > i.occurred_at and j.position = i.position order by j.removed_at limit 1) l
union select l.* from i cross join lateral (
  select j.code, j.seq, j.vin, j.position, j.occurred_at, j.removed_at from battery.installation j
  where j.vin = i.vin and j.removed_at > i.occurred_at and j.position = i.position and j.removed_at > j.occurred_at order by j.removed_at limit 1) l
union select j.code, j.seq, j.vin, j.position, j.occurred_at, j.removed_at from t join battery.installation j on j.vin = t.vin and j.removed_at > t.since
order by vin, code, seq"""
# One branch for each walk of the index on (vin, removed_at).
SINCE: Final = """
with t as (select * from unnest($1::text[], $2::timestamptz[]) t (vin, since))
select i.vin, i.code from t join battery.installation i on i.vin = t.vin and i.removed_at >= t.since
union select i.vin, i.code from t join battery.installation i on i.vin = t.vin and i.removed_at is null"""
SOLD_AT: Final = """
select e.vin, min(e.occurred_at) as sold_at from battery.event e
where e.vin = any($1::text[]) and e.type = 'VEHICLE_SOLD' and exists (select from battery.installation i where i.code = e.code and i.vin = e.vin)
group by e.vin"""
# As of a moment; a sale that was reported later is there without a day.
SOLD_BY: Final = """
select e.vin, min(e.occurred_at) filter (where e.recorded_at <= $2) as sold_at
from battery.event e
where e.vin = any($1::text[]) and e.type = 'VEHICLE_SOLD' and exists (select from battery.installation i where i.code = e.code and i.vin = e.vin)
group by e.vin"""
ENTERPRISES: Final = """
select e.uscc, e.province, e.status,
  exists (select 1 from enterprise.role r where r.uscc = e.uscc and r.role in ('PR', 'MI', 'ME', 'SA') and r.valid_to is null) as authority
from enterprise.enterprise e where e.uscc = any($1::text[])"""
REFERENCES: Final = """
select r.reference, r.digest, r.code, r.seq, coalesce(e.type, n.type), coalesce(e.occurred_at, n.occurred_at), coalesce(e.recorded_at, n.recorded_at), e.due_on,
  coalesce(e.late, n.late)
from enterprise.client_reference r left join battery.event e on e.code = r.code and e.seq = r.seq
left join enterprise.notice n on n.entity = r.code and n.seq = r.seq
where r.reporter = $1 and r.reference = any($2::text[]) and (e.code is not null or n.entity is not null)"""
MODELS: Final = """
select id, maker, name, chemistry, cell_format, nominal_energy_kwh, nominal_capacity_ah, nominal_voltage_v, mass_kg, module_count, cell_count, certified_on,
  dismantling_reported_on, recorded_at from battery.model where id = any($1::text[])"""
MODULES: Final = """
select code, module_code, position, cell_count, mass_kg from battery.module where code = any($1::text[]) order by code, position, module_code"""
CELLS: Final = "select code, cells from battery.cell_list where code = any($1::text[])"
BATCHES: Final = "select id from battery.recovery_batch where id = any($1::text[])"
PARENTS: Final = """
select parent from battery.pack where code = any($1::text[]) and parent is not null
union select other from battery.lineage where code = any($2::text[]) and relation = 'SOURCE'"""
CAME_OUT: Final = """
with recursive t as (
  select l.code, l.other from battery.lineage l where l.relation = 'PRODUCT' and l.code = any($1::text[])
  union select l.code, l.other from t join battery.lineage l on l.code = t.other and l.relation = 'PRODUCT')
select code, other from t order by code, other"""
ALLOTTED: Final = "select code, uscc from battery.manufacturer_code where code = any($1::text[])"
FILED: Final = "select manufacturer_code, code, model_id from battery.specification where manufacturer_code = any($1::text[])"
RULES: Final = """
select rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from, valid_to from rule.rule where name = $1"""
# Judged by more of the rule table than deadlines.
RULED: Final = frozenset({
    EventType.PRODUCED, EventType.IMPORTED, EventType.PRODUCT_SOLD, EventType.REPROCESSED,
    EventType.RECYCLED, EventType.TAKE_BACK_ACCEPTED, EventType.CODE_FILED, *WEIGHED, *HANDED,
})  # fmt: skip


class Reads(Protocol):
    """What is asked here needs no more of a connection than this."""

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]:
        """The rows of a statement."""
        ...


_EVER: Final = datetime(1, 1, 2, tzinfo=SHANGHAI)
KEY: Final[Mapping[type[Any], str]] = MappingProxyType({Pack: "code", Vehicle: "vin"})


@cache
def calendar() -> WorkingDays:
    """The shipped calendar, which a process reads once."""
    return working_days(load_calendar())


async def read_deadlines(connection: asyncpg.Connection) -> Deadlines:
    """The deadlines as the rule table has them now."""
    return Deadlines(grouped([Rule(*row) for row in await connection.fetch(RULES, DEADLINE)]), calendar())


async def read_seen(connection: asyncpg.Connection, reporter: Reporter, reports: Sequence[Report], whole: Whole = ON_DEMAND) -> Seen:
    """Everything that these reports are judged by; locks their packs and vehicles until the transaction ends. What is not asked for as `whole`, nor corrected,
    is read from the kept states on."""
    came_out = await _came_out(connection, reports)
    codes = sorted({code for each in reports for code in each.codes}.union(*came_out.values()))
    packs = await connection.fetch(LOCK_PACKS, codes)
    if came_out != await _came_out(connection, reports):
        raise Raced
    vins = {each.vin for each in reports} | {row["vin"] for row in packs}
    corrected = {each.code for each in reports if each.is_correction}
    taken_apart = {each.vin for each in reports if each.is_correction} | {row["vin"] for row in packs if row["code"] in corrected}
    if corrected:
        taken_apart |= {row["vin"] for row in await connection.fetch(EVER_IN, sorted(corrected))}
        vins |= taken_apart
    locked = sorted(vin for vin in vins if vin is not None)
    vehicles = await connection.fetch(LOCK_VEHICLES, locked) if locked else []
    await lock_histories(connection, reporter.party, reports)
    beside = await _beside(connection, [row["vin"] for row in vehicles if whole.everything or row["vin"] in taken_apart or row["vin"] in whole.vins])
    listed = await read_listed(connection, {code for each in reports for _field, code in codes_of(each)})
    others = sorted(set(listed.values()).union(*beside.values(), await _parents(connection, reports)).difference(codes))
    if others:
        packs = [*packs, *await connection.fetch(PACKS, others)]
    # Of a batch that is corrected all items are.
    entire = {*corrected, *whole.codes, *(code for each in reports if each.is_correction for code in each.sources)}
    from_kept = [row["code"] for row in packs if not (whole.everything or row["code"] in entire)]
    seen = await _packs(connection, packs, from_kept)
    vehicles = [*vehicles, *await _further(connection, seen, {*locked})]
    models, allotted, filed = await _beginnings(connection, reports)
    inside = await _children(connection, reports)
    unnamed = [inside[each.code] for each in reports if each.type is EventType.DISMANTLED and not each.released and each.code in inside]
    return Seen(
        packs=seen,
        enterprises=await _enterprises(connection, reporter, reports, seen),
        vehicles=await _vehicles(connection, vehicles),
        beside=beside,
        stays=await _stays(connection, locked, reports, taken_apart),
        references=await _references(connection, reporter, reports),
        models=models,
        allotted=allotted,
        filed=filed,
        deadlines=await read_deadlines(connection),
        batches=await _batches(connection, reporter, reports),
        children=inside,
        rules=await read_parameters(connection) if any(each.type in RULED for each in reports) else NO_RULES,
        noticed=await read_noticed(connection, reporter.party, reports, models.values()),
        listed=listed | await read_items(connection, {code for each in unnamed for code in each.codes}),
        came_out=came_out,
        ties=await read_ties(connection, reporter.party, reports),
    )


async def _parents(connection: asyncpg.Connection, reports: Sequence[Report]) -> set[str]:
    """What those came out of that are to be released, and were before; or of which a remedy is corrected."""
    released = {each.code for report in reports for each in report.released}
    remedied = {each.code for each in reports if each.type is EventType.RECALL_REMEDIED and each.is_correction}
    return {row["parent"] for row in await connection.fetch(PARENTS, sorted(released), sorted(remedied))} if released or remedied else set()


async def _came_out(connection: asyncpg.Connection, reports: Iterable[Report]) -> dict[str, tuple[str, ...]]:
    """What came out of batteries, or was made of them, of which something is told that holds for that, too; and what came of that in turn."""
    codes = sorted({each.code for each in reports if is_passed_on(each)})
    found = defaultdict[str, list[str]](list)
    for row in await connection.fetch(CAME_OUT, codes) if codes else ():
        found[row["code"]].append(row["other"])
    return {code: tuple(others) for code, others in found.items()}


async def _batches(connection: asyncpg.Connection, reporter: Reporter, reports: Iterable[Report]) -> frozenset[str]:
    ids = {batch_id(reporter.party, each.details["batch"]) for each in reports if each.type is EventType.RECYCLED and "batch" in each.details}
    return frozenset(row["id"] for row in await connection.fetch(BATCHES, sorted(ids))) if ids else frozenset()


async def _children(connection: asyncpg.Connection, reports: Iterable[Report]) -> dict[str, Children]:
    """What is in the packs and modules that are taken apart, or whose first report is corrected."""
    codes = sorted({each.code for each in reports if each.type is EventType.DISMANTLED or (each.pack is not None and each.is_correction)})
    if not codes:
        return {}
    modules = defaultdict[str, list[Module]](list)
    for row in await connection.fetch(MODULES, codes):
        modules[row["code"]].append(Module(*row))
    cells = {row["code"]: unpacked(row["cells"]) for row in await connection.fetch(CELLS, codes)}
    return {code: Children(tuple(filter(_is_coded, modules[code])), cells.get(code, ())) for code in codes if code in cells or code in modules}


def _is_coded(module: Module) -> bool:
    """Whether the module has a code of its own; what was reported or imported early could hold any text."""
    try:
        return parse_battery_code(module.module_code).product_type is ProductType.MODULE
    except IdentifierError:
        return False


async def _beside(connection: asyncpg.Connection, vins: list[str]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {vin: set() for vin in vins}
    for row in await connection.fetch(BESIDE, vins) if vins else ():
        found[row["vin"]].add(row["code"])
    return {vin: frozenset(codes) for vin, codes in found.items()}


async def _stays(connection: Reads, vins: list[str], reports: Iterable[Report], corrected: Collection[str | None]) -> Mapping[str, tuple[Stay, ...]]:
    """Of vehicles in which something is corrected all stays; of others those that times which are told now may meet."""
    since = dict.fromkeys(corrected, _EVER)
    for each in reports:
        since[each.vin] = min(since.get(each.vin, each.occurred_at), each.occurred_at)
    found = defaultdict[str, list[Stay]](list)
    for row in await connection.fetch(STAYS, vins, [since.get(vin) for vin in vins]) if vins else ():
        found[row["vin"]].append(Stay(*row))
    return {vin: tuple(stays) for vin, stays in found.items()}


async def _kept(connection: Reads, codes: list[str]) -> dict[str, tuple[int, Base | None]]:
    """After which event a state was kept, and the state, unless it is of another law."""
    rows = await connection.fetch(_KEPT, codes)
    return {row["code"]: (row["seq"], Base(row["seq"], json.loads(row["state"])) if row["law"] == LAW else None) for row in rows}


async def _packs(connection: Reads, packs: Sequence[Any], from_kept: Sequence[str] = ()) -> dict[str, PackSeen]:
    """The packs as the ledger has them; of those that may be read from their kept state on, that and what came after."""
    codes = [row["code"] for row in packs]
    if not codes:
        return {}
    kept = await _kept(connection, codes)
    may = frozenset(from_kept)
    bases = {code: base for code, (_seq, base) in kept.items() if base is not None and code in may}
    events, health, safety = defaultdict[str, list[Event]](list), defaultdict[str, list[Health]](list), defaultdict[str, list[SafetyEvent]](list)
    rows = list(await connection.fetch(EVENTS, [code for code in codes if code not in bases] if bases else codes))
    if bases:
        rows += await connection.fetch(_AFTER, list(bases), [base.seq for base in bases.values()])
    for row in rows:
        events[row[0]].append(Event._make([*tuple(row)[:-1], json.loads(row["details"])]))
    for row in await connection.fetch(HEALTH, codes):
        health[row[0]].append(Health(*row))
    for row in await connection.fetch(SAFETY, codes):
        safety[row[0]].append(SafetyEvent(*row))
    return {
        code: PackSeen(
            PackFacts(*tuple(row)[:-1]), tuple(events[code]), tuple(health[code]), tuple(safety[code]), bases.get(code), kept.get(code, (0, None))[0]
        )
        for code, row in zip(codes, packs, strict=True)
    }


async def _further(connection: Reads, packs: Mapping[str, PackSeen], known: set[str]) -> list[Any]:
    """Vehicles that the packs' earlier events name: looked up by the fold, and not changed."""
    named = {event.vin for pack in packs.values() for event in pack.events if event.vin is not None}
    named.update(vin for pack in packs.values() if pack.base is not None for vin in vins_of(pack.base.state))
    missing = sorted(named - known)
    return list(await connection.fetch(VEHICLES, missing)) if missing else []


async def _vehicles(connection: Reads, rows: Sequence[Any], as_of: datetime | None = None) -> dict[str, VehicleSeen]:
    if not rows:
        return {}
    vins = [row["vin"] for row in rows]
    told = await connection.fetch(SOLD_AT, vins) if as_of is None else await connection.fetch(SOLD_BY, vins, as_of)
    sold_at: dict[str, datetime | None] = {row["vin"]: row["sold_at"] for row in told}
    return {row["vin"]: _vehicle(row, sold_at.get(row["vin"]), reported=row["vin"] in sold_at) for row in rows}


def _vehicle(row: Any, sold_at: datetime | None, *, reported: bool) -> VehicleSeen:
    vehicle = Vehicle(**{**dict(row), "readers": tuple(row["readers"])})
    if not reported and vehicle.sold_on is not None:
        # A sale that was imported has a day, which begins in Shanghai.
        sold_at = datetime.combine(vehicle.sold_on, time(), SHANGHAI)
    facts = VehicleFacts(vehicle.automaker, vehicle.powertrain, vehicle.swap_model, vehicle.produced_on, vehicle.province, sold_at)
    return VehicleSeen(vehicle, facts, reported)


async def _enterprises(
    connection: asyncpg.Connection, reporter: Reporter, reports: Iterable[Report], packs: Mapping[str, PackSeen]
) -> dict[str, EnterpriseSeen]:
    return await _provinces(connection, packs, {reporter.party, *(each.counterparty or each.details.get("receiver") for each in reports)})


async def _provinces(connection: Reads, packs: Mapping[str, PackSeen], also: set[str | None]) -> dict[str, EnterpriseSeen]:
    named = set(also)
    for pack in packs.values():
        named.add(pack.facts.maker)
        named.update(parties(pack.base.state) if pack.base is not None else ())
        for event in pack.events:
            named.add(event.reporter)
            named.add(event.counterparty)
    rows = await connection.fetch(ENTERPRISES, sorted(each for each in named if each is not None))
    return {row["uscc"]: EnterpriseSeen(row["province"], row["status"] == "ACTIVE", row["authority"]) for row in rows}


async def _references(connection: asyncpg.Connection, reporter: Reporter, reports: Iterable[Report]) -> dict[str, ReferenceSeen]:
    named = {name for each in reports for name in (each.client_reference, each.corrected) if name is not None}
    rows = await connection.fetch(REFERENCES, reporter.party, sorted(named))
    return {row["reference"]: ReferenceSeen(row["digest"], Recorded(*tuple(row)[2:])) for row in rows}


async def _beginnings(connection: asyncpg.Connection, reports: Iterable[Report]) -> tuple[dict[str, Model], dict[str, str], dict[str, str]]:
    reports = list(reports)
    named = {each.pack.model_id for each in reports if each.pack is not None} | {each.details["modelId"] for each in reports if _files(each, "modelId")}
    makers = sorted({each.code[:3] for each in reports if each.pack is not None}
                    | {each.details["manufacturerCode"] for each in reports if _files(each, "manufacturerCode")})  # fmt: skip
    if not makers:
        return {}, {}, {}
    models = await connection.fetch(MODELS, sorted(named))
    # Of what is in a battery, too: whose code it was to give.
    allotted = await connection.fetch(ALLOTTED, sorted({*makers, *(code[:3] for each in reports for _field, code in codes_of(each))}))
    filed = await connection.fetch(FILED, makers)
    return (
        {row["id"]: Model(*row) for row in models},
        {row["code"]: row["uscc"] for row in allotted},
        {row["manufacturer_code"] + row["code"]: row["model_id"] for row in filed},
    )


def _files(report: Report, name: str) -> bool:
    return report.type is EventType.CODE_FILED and name in report.details


async def read_grants(connection: asyncpg.Connection, places: Sequence[tuple[str, str, str, datetime]]) -> dict[str, tuple[VehicleAccess, ...]]:
    """The stored grants of vehicles (VIN, grantee, relation) from a moment on, and of each the last that began before it; by VIN."""
    found = defaultdict[str, list[VehicleAccess]](list)
    for row in await connection.fetch(_GRANTS, *(list(column) for column in zip(*places, strict=True))) if places else ():
        found[row["vin"]].append(VehicleAccess(*row))
    return {vin: tuple(grants) for vin, grants in found.items()}


async def read_contributions(connection: asyncpg.Connection, since: Mapping[str, datetime], told: Collection[str]) -> dict[str, tuple[VehicleAccess, ...]]:
    """What packs contribute to the grants of these vehicles, that have been in them since those moments and of which nothing is told."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in await connection.fetch(SINCE, list(since), list(since.values())) if since else ():
        if row["code"] not in told:
            found[row["code"]].append(row["vin"])
    if not found:
        return {}
    packs = await connection.fetch(PACKS, sorted(found))
    first = min(since.values())
    seen = await _packs(connection, packs, [*found])
    early = [row for row in packs if (base := seen[row["code"]].base) is not None and not reaches(base.state, first)]
    seen |= await _packs(connection, early)
    known, made = await read_known(connection, seen), defaultdict[str, list[VehicleAccess]](list)
    for code, pack in seen.items():
        fold = folded(pack.facts, pack.events, known, pack.base)
        for grant in fold.finish(pack.health, pack.safety).vehicle_access:
            if grant.vin in found[code]:
                made[grant.vin].append(grant)
    return {vin: tuple(grants) for vin, grants in made.items()}


async def read_packs(connection: Reads, codes: Sequence[str]) -> dict[str, PackSeen]:
    """These packs as the ledger has them, without locks."""
    return await _packs(connection, await connection.fetch(PACKS, codes))


async def lock(connection: asyncpg.Connection, row: type[Any], keys: Sequence[str]) -> None:
    """Keep everybody else from changing these packs or vehicles, and what hangs on them, until the transaction ends."""
    await connection.fetch(LOCK_PACKS if row is Pack else LOCK_VEHICLES, keys)


async def read_known(connection: Reads, packs: Mapping[str, PackSeen], as_of: datetime | None = None) -> Known:
    """What the folds of these packs look up; with `as_of`, of the sales of vehicles what was reported by then."""
    vehicles = await _vehicles(connection, await _further(connection, packs, set()), as_of)
    enterprises = await _provinces(connection, packs, set())
    return Known({uscc: each.province for uscc, each in enterprises.items()}, {vin: each.facts for vin, each in vehicles.items()})


async def read_beside(connection: asyncpg.Connection, vins: list[str]) -> Mapping[str, frozenset[str]]:
    """The packs that were ever in these vehicles."""
    return await _beside(connection, vins)


async def read_keys(connection: asyncpg.Connection, row: type[Any], after: str, limit: int) -> list[str]:
    """The next keys of packs or vehicles, in order."""
    key = ident(KEY[row])
    statement = text("select ") + key + text(" from ") + ident(*TABLES[row]) + text(" where ") + key + text(" > $1 order by ") + key + text(" limit $2")
    return [each[0] for each in await connection.fetch(statement.compile().text, after, limit)]


async def read_rows(connection: asyncpg.Connection, row: type[Any], keys: Sequence[str]) -> list[Any]:
    """The stored rows of one table that belong to these packs or vehicles."""
    names = join(", ", map(ident, row._fields))
    statement = text("select ") + names + text(" from ") + ident(*TABLES[row]) + text(" where ") + ident(row._fields[0]) + text(" = any($1::text[])")
    found = await connection.fetch(statement.compile().text, keys)
    return [row(*(tuple(value) if isinstance(value, list) else value for value in each)) for each in found]
