"""This module is in charge of reading vehicles, and of the binding between vehicles and packs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from auth.entitlements import OPENING_BIT, Policy
from resolvers.batching import COUNT_CAP, Batch, Page, PageArguments, Shut
from resolvers.database.facts import INSTALLATIONS, fact_column, facts_standing
from resolvers.database.keys import KEYS, key_list
from resolvers.database.lists import Fingerprint, entity_pages, restored, unsealed
from resolvers.database.packs import BINDING, listed, pages_below
from resolvers.database.past import THEN
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, ident, integer, join, slot, text
from resolvers.database.standing import PACKS, VEHICLES, holds, lateral, masked
from resolvers.database.tables import VEHICLE, Column

IN_FULL: Final = OPENING_BIT["D"]
ANYTHING: Final = -1


async def vehicles(reading: Reading, batch: Batch) -> list[Page]:
    """The caller's vehicles."""
    return await entity_pages(reading, batch, VEHICLES)


async def vehicles_of_maker(reading: Reading, batch: Batch) -> list[Page]:
    """The same, of each automaker (credit codes)."""
    return await entity_pages(reading, batch, VEHICLES, parent="automaker")


@lru_cache(maxsize=256)
def by_vin(policy: Policy, wanted: tuple[str, ...], then: Sql = EMPTY) -> Statement:
    """The look-up by VIN; `then` is where the vehicles of a past moment are, the columns of which stand for those of now."""
    columns = [(_then(each, policy) if then.parts else masked(VEHICLE.column(each), "v", "w", policy)) for each in wanted]
    return (
        text("select ")
        + join(", ", [*columns, text("v.vin as key"), text("w.standing as standing")])
        + text(" from vehicle.vehicle v")
        + lateral(VEHICLES, policy, "v", "w")
        + (text(" join ") + then + text(" q on q.vin = v.vin") if then.parts else EMPTY)
        + text(" where v.vin = any(")
        + KEYS
        + text(") and ")
        + listed(policy, "w")
    ).compile()


def _then(name: str, policy: Policy) -> Sql:
    """The column of a vehicle of the past. That it was scrapped is open to all who see the vehicle, and the day is not: who may not read that is told by
    the events that it may see, which is what the row has; else two moments would tell between them when it was reported."""
    if name == "scrapped":
        return text("case when ") + holds("w", IN_FULL) + text(" then q.scrapped_on is not null else q.scrapped end as scrapped")
    return masked(VEHICLE.column(name), "q", "w", policy)


async def vehicle_by_vin(reading: Reading, batch: Batch) -> list[Any]:
    """A row or None per VIN; a hidden vehicle is a missing one. A VIN that the caller named finds only what it may read the VIN of:
    VINs can be enumerated, and whoever has a pseudonym must not find out by guessing whose it is."""
    policy = reading.policy("vehicle")
    if not policy.relations:
        return [None] * len(batch.keys)
    return named(batch, await reading.fetch(by_vin(policy, batch.columns), {**reading.values(), "keys": key_list(batch.keys)}))


def named(batch: Batch, rows: Sequence[Any]) -> list[Any]:
    """The outcome for each VIN, from the rows of `by_vin`."""
    needed = IN_FULL if batch.arguments.get("vin") is not None else ANYTHING
    found = {row["key"]: row for row in rows if row["standing"] & needed}
    return [found.get(key) for key in batch.keys]


@lru_cache(maxsize=256)
def of_pack(packs: Policy, vehicles: Policy, wanted: tuple[str, ...], then: Sql = EMPTY) -> Statement:
    """The vehicle that each pack is bound to; `then` is where the packs of a past moment are, whose binding stands for that of now."""
    columns = [_masked(VEHICLE.column(each), vehicles) + text(" as ") + ident(each) for each in wanted]
    found = (
        text("select ")
        + join(", ", [*columns, text("v.vin as vin_key"), text("w.standing")])
        + text(" from vehicle.vehicle v")
        + lateral(VEHICLES, vehicles, "v", "w")
        + (text(" where v.vin = q.vin and ") if then.parts else text(" where v.vin = p.vin and "))
        + holds("s", BINDING)
        + text(" and ")
        + listed(vehicles, "w")
    )
    return (
        text("select ")
        + join(", ", [*(ident("r", each) for each in wanted), text("r.vin_key as key"), text("r.standing as standing")])
        + text(", p.code as parent, s.standing as parent_standing from battery.pack p")
        + lateral(PACKS, packs, "p", "s")
        + (text(" join ") + then + text(" q on q.code = p.code") if then.parts else EMPTY)
        + text(" left join lateral (")
        + found
        + text(") r on true where p.code = any(")
        + KEYS
        + text(") and ")
        + listed(packs, "s")
    ).compile()


def _masked(column: Column, policy: Policy) -> Sql:
    return masked(column, "v", "w", policy)


async def vehicle_of_pack(reading: Reading, batch: Batch) -> list[Any]:
    """The vehicle that each pack (codes) is, or was last, bound to; None; or Shut where the pack's binding is closed."""
    statement = of_pack(reading.policy("battery"), reading.policy("vehicle"), batch.columns)
    return bound(batch, await reading.fetch(statement, {**reading.values(), "keys": key_list(batch.keys)}))


def bound(batch: Batch, found: Sequence[Any]) -> list[Any]:
    """The outcome for each pack, from the rows of `of_pack`."""
    rows = {row["parent"]: row for row in found}
    outcomes: list[Any] = []
    for key in batch.keys:
        row = rows.get(key)
        standing = row["parent_standing"] if row else 0
        if row is None or not standing & BINDING:
            outcomes.append(Shut(standing))
        else:
            outcomes.append(row if row["key"] is not None else None)
    return outcomes


@lru_cache(maxsize=256)
def _installations(packs: Policy, vehicles: Policy, page: tuple[int, bool, bool, bool], wanted: tuple[str, ...], then: Sql = EMPTY) -> Statement:
    limit, backward, after, count = page
    columns = [fact_column(INSTALLATIONS, INSTALLATIONS.table.column(each), packs) + text(" as ") + ident(each) for each in wanted]
    direction = text(" desc") if backward else text(" asc")
    here = (
        text(" from ")
        + (then if then.parts else text("battery.installation"))
        + text(" f join battery.pack p on p.code = f.code")
        + lateral(PACKS, packs, "p", "s")
        + text(" where f.vin = v.vin and ")
        + INSTALLATIONS.passes(packs)
    )
    compare = text(" < ") if backward else text(" > ")
    beyond = text(" and (f.occurred_at, f.code, f.seq)") + compare + text("(") + slot("o0") + text(", ") + slot("o1") + text(", ") + slot("o2") + text(")")
    total = text(", (select count(*) from (select 1") + here + text(" limit ") + integer(COUNT_CAP + 1) + text(") c) as total") if count else EMPTY
    order = text(" order by f.occurred_at") + direction + text(", f.code") + direction + text(", f.seq") + direction
    return (
        text("select ")
        + join(", ", [*(ident("r", each) for each in wanted), text("r.o1 as key, r.standing as standing, r.o0, r.o2, r.o2 as seq")])
        + text(", v.vin as parent, w.standing as parent_standing")
        + total
        + text(" from vehicle.vehicle v")
        + lateral(VEHICLES, vehicles, "v", "w")
        + text(" left join lateral (select ")
        + join(", ", [*columns, text("f.occurred_at as o0, f.code as o1, f.seq as o2"), facts_standing(packs) + text(" as standing")])
        + here
        + (beyond if after else EMPTY)
        + order
        + text(" limit ")
        + integer(limit)
        + text(") r on true where v.vin = any(")
        + KEYS
        + text(") and ")
        + listed(vehicles, "w")
        + text(" order by v.vin, r.o0")
        + direction
        + text(", r.o1")
        + direction
        + text(", r.o2")
        + direction
    ).compile()


async def installations_of_vehicle(reading: Reading, batch: Batch) -> list[Page | Shut]:
    """Which packs were in each vehicle (VINs), from when to when; Shut where the vehicle's binding is closed."""
    return await installation_pages(reading, batch, reading.policy("battery"))


def installation_list(batch: Batch) -> Fingerprint:
    """What the cursors of the installations of vehicles are bound to."""
    return Fingerprint(lambda: ("installations_of_vehicle", *(() if batch.as_of is None else (batch.as_of,))))


async def installation_pages(reading: Reading, batch: Batch, packs: Policy, then: Sql = EMPTY, rows_then: str | None = None) -> list[Page | Shut]:
    """One page per vehicle; `then` and `rows_then` are where the installations of a past moment are, and what they were."""
    policy = reading.policy("vehicle")
    page = batch.page or PageArguments(limit=20)
    values = {**reading.values(), "keys": key_list(batch.keys), **({} if rows_then is None else {THEN: rows_then})}
    bound_to = installation_list(batch)
    if page.cursor is not None:
        occurred, values["o1"], values["o2"] = unsealed(reading, bound_to, page, 3)
        values["o0"] = restored("timestamptz", occurred)
    if not packs.relations or not policy.relations:
        return [Shut(0)] * len(batch.keys)
    shape = (page.reach, page.backward, page.cursor is not None, page.count)
    rows = await reading.fetch(_installations(packs, policy, shape, batch.columns, then), values)

    def seal(row: Any) -> str:
        return reading.opaque.cursor(reading.principal.party, bound_to.text, (row["o0"].isoformat(), row["key"], row["o2"]))

    return pages_below(batch.keys, rows, page, seal, BINDING)
