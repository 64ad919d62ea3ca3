"""This module is in charge of reading packs by code, and the lists of packs below makers and vehicles."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from auth.entitlements import OPENING_BIT, RELATION_BIT, Policy
from resolvers.batching import COUNT_CAP, Batch, Page, PageArguments, Shut
from resolvers.database.keys import KEYS, key_list
from resolvers.database.lists import Fingerprint, entity_pages, one_page, unsealed
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, ident, integer, join, slot, text
from resolvers.database.standing import PACKS, VEHICLES, bits, holds, lateral, listing_mask, masked
from resolvers.database.tables import MODEL

IDENTITY: Final = OPENING_BIT["A"]
BINDING: Final = OPENING_BIT["D"] | OPENING_BIT["D:pseudonym"]


async def packs(reading: Reading, batch: Batch) -> list[Page]:
    """The caller's packs: those that a relation other than the exact code opens."""
    return await entity_pages(reading, batch, PACKS)


async def packs_of_maker(reading: Reading, batch: Batch) -> list[Page]:
    """The same, of each maker (credit codes)."""
    return await entity_pages(reading, batch, PACKS, parent="maker")


def listed(policy: Policy, name: str) -> Sql:
    """The row is there by the list law."""
    return text("(") + holds(name, listing_mask(policy)) + text(" and ") + holds(name, IDENTITY) + text(")")


def followed(policy: Policy, name: str) -> Sql:
    """The row is there for who follows what becomes of it: by the list law, or because the caller took part, however long ago."""
    return text("(") + listed(policy, name) + text(" or ") + holds(name, RELATION_BIT["took_part"]) + text(")")


@lru_cache(maxsize=512)
def by_code(policy: Policy, exact: bool, wanted: tuple[str, ...], then: Sql = EMPTY) -> Statement:
    """The look-up by code; `then` is where the packs of a past moment are, the columns of which stand for those of now."""
    columns = [masked(PACKS.table.column(each), "q" if then.parts else "p", "s", policy) for each in wanted]
    there = holds("s", IDENTITY) if exact else listed(policy, "s")
    return (
        text("select ")
        + join(", ", [*columns, text("p.code as key"), text("s.standing as standing")])
        + text(" from battery.pack p")
        + lateral(PACKS, policy, "p", "s", exact=exact)
        + (text(" join ") + then + text(" q on q.code = p.code") if then.parts else EMPTY)
        + text(" where p.code = any(")
        + KEYS
        + text(") and ")
        + there
    ).compile()


async def pack_by_code(reading: Reading, batch: Batch) -> list[Any]:
    """A row or None per code. With `exact` the caller named the codes, and relation exact_code holds."""
    policy = reading.policy("battery")
    if not policy.relations:
        return [None] * len(batch.keys)
    statement = by_code(policy, batch.exact, batch.columns)
    rows = await reading.fetch(statement, {**reading.values(), "keys": key_list(batch.keys)}, batch.keys if batch.exact else ())
    found = {row["key"]: row for row in rows}
    return [found.get(key) for key in batch.keys]


@lru_cache(maxsize=64)
def _models(wanted: tuple[str, ...]) -> Statement:
    columns = [ident("m", each) for each in wanted]
    return (
        text("select ")
        + join(", ", [*columns, text("m.id as key"), bits(IDENTITY) + text(" as standing")])
        + text(" from battery.model m where m.id = any(")
        + KEYS
        + text(")")
    ).compile()


async def models(reading: Reading, batch: Batch) -> list[Any]:
    """A model row or None per id. Models are category A and open to all who may read A: a pack leads to them."""
    if not reading.policy("battery").relations:
        return [None] * len(batch.keys)
    for each in batch.columns:
        MODEL.column(each)
    rows = await reading.fetch(_models(batch.columns), {**reading.values(), "keys": key_list(batch.keys)})
    found = {row["key"]: row for row in rows}
    return [found.get(key) for key in batch.keys]


@lru_cache(maxsize=256)
def _of_vehicle(packs: Policy, vehicles: Policy, page: tuple[int, bool, bool, bool], wanted: tuple[str, ...], then: Sql = EMPTY) -> Statement:
    limit, backward, after, count = page
    columns = [masked(PACKS.table.column(each), "p", "s", packs) + text(" as ") + ident(each) for each in wanted]
    direction = text(" desc") if backward else text(" asc")
    here = text(" from battery.pack p") + lateral(PACKS, packs, "p", "s")
    if then.parts:
        # Whoever sees the pack without its bindings is not told by two moments when it was put in.
        here += text(" join ") + then + text(" q on q.code = p.code where q.vin = v.vin and ") + holds("s", BINDING) + text(" and ") + listed(packs, "s")
    else:
        here += text(" where p.vin = v.vin and ") + listed(packs, "s")
    beyond = text(" and p.code") + (text(" < ") if backward else text(" > ")) + slot("after_key") if after else EMPTY
    total = text(", (select count(*) from (select 1") + here + text(" limit ") + integer(COUNT_CAP + 1) + text(") c) as total") if count else EMPTY
    return (
        text("select ")
        + join(", ", [*(ident("r", each) for each in wanted), text("r.code as key"), text("r.standing as standing")])
        + text(", v.vin as parent, w.standing as parent_standing")
        + total
        + text(" from vehicle.vehicle v")
        + lateral(VEHICLES, vehicles, "v", "w")
        + text(" left join lateral (select ")
        + join(", ", [*columns, text("p.code"), text("s.standing")] if "code" not in wanted else [*columns, text("s.standing")])
        + here
        + beyond
        + text(" order by p.code")
        + direction
        + text(" limit ")
        + integer(limit)
        + text(") r on true where v.vin = any(")
        + KEYS
        + text(") and ")
        + listed(vehicles, "w")
        + text(" order by v.vin, r.code")
        + direction
    ).compile()


def list_of_vehicle(batch: Batch) -> Fingerprint:
    """What the cursors of the packs of vehicles are bound to."""
    return Fingerprint(lambda: ("packs_of_vehicle", *(() if batch.as_of is None else (batch.as_of,))))


async def packs_of_vehicle(reading: Reading, batch: Batch, then: Sql = EMPTY, rows_then: str | None = None) -> list[Page | Shut]:
    """The packs bound to each vehicle (VINs), by the list law; Shut where the vehicle's binding is closed. `then` and `rows_then` are where the packs of a
    past moment are, and what they were: their binding stands for that of now."""
    vehicles, page = reading.policy("vehicle"), batch.page or PageArguments(limit=20)
    values = {**reading.values(), "keys": key_list(batch.keys), **({} if rows_then is None else {"then": rows_then})}
    bound_to = list_of_vehicle(batch)
    if page.cursor is not None:
        (values["after_key"],) = unsealed(reading, bound_to, page, 1)
    if not vehicles.relations or not reading.policy("battery").relations:
        return [Shut(0)] * len(batch.keys)
    shape = (page.reach, page.backward, page.cursor is not None, page.count)
    rows = await reading.fetch(_of_vehicle(reading.policy("battery"), vehicles, shape, batch.columns, then), values)

    def seal(row: Any) -> str:
        return reading.opaque.cursor(reading.principal.party, bound_to.text, (row["key"],))

    return pages_below(batch.keys, rows, page, seal, BINDING)


def pages_below(keys: Any, rows: list[Any], page: PageArguments, seal: Any, gate: int) -> list[Page | Shut]:
    """One page per parent, from rows that carry `parent`, `parent_standing` and, where asked, `total`."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row["parent"], []).append(row)
    pages: list[Page | Shut] = []
    for key in keys:
        group = found.get(key)
        standing = group[0]["parent_standing"] if group else 0
        if group is None or not standing & gate:
            pages.append(Shut(standing))
            continue
        total = group[0]["total"] if page.count else None
        pages.append(one_page(group if group[0]["key"] is not None else [], page, seal, total))
    return pages
