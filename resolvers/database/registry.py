"""This module is in charge of reading the enterprise registry and the regions: category L, open but for a few columns."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from auth.entitlements import OPENING_BIT, Policy
from resolvers.batching import COUNT_CAP, Batch, Page, PageArguments
from resolvers.database.filters import TRUE, Filter, Predicate, compile_predicate, parse
from resolvers.database.keys import KEYS, key_list
from resolvers.database.lists import Fingerprint, nothing, one_page, unsealed
from resolvers.database.pages import Order
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, ident, integer, join, slot, text
from resolvers.database.standing import bits
from resolvers.database.tables import ENTERPRISE, LICENCE, OUTLET, ROLE, Column, Table

_REGISTRY: Final = OPENING_BIT["L"] | OPENING_BIT["L:public"]
_REGION_COLUMNS: Final = ("code", "name_zh", "name_en", "level", "valid_from", "valid_to")
_DESCENDING: Final = {False: text(" asc"), True: text(" desc")}


def _standing(policy: Policy) -> int:
    return policy.standing("all")


def _column(column: Column, alias: str, policy: Policy) -> Sql:
    return ident(alias, column.name) if column.mask & policy.openings("all") else text("null")


def _columns(table: Table, policy: Policy, wanted: tuple[str, ...], key: str) -> Sql:
    columns = [_column(table.column(each), "t", policy) for each in wanted]
    return join(", ", [*columns, ident("t", key) + text(" as key"), bits(_standing(policy)) + text(" as standing")])


def _reference(policy: Policy, name: str) -> Sql:
    return _column(ENTERPRISE.column(name), "t", policy) if name != "role" else text("null")


@lru_cache(maxsize=64)
def _by_key(table: Table, policy: Policy, wanted: tuple[str, ...], order: tuple[str, ...], province: bool) -> Statement:
    return (
        text("select ")
        + _columns(table, policy, wanted, "uscc")
        + text(" from ")
        + ident(table.schema, table.name)
        + text(" t where t.uscc = any(")
        + KEYS
        + text(")")
        + (text(" and t.province = ") + slot("province") if province else EMPTY)
        + text(" order by ")
        + join(", ", [ident("t", each) for each in ("uscc", *order)])
    ).compile()


async def _rows(reading: Reading, batch: Batch, table: Table, order: tuple[str, ...]) -> list[list[Any]]:
    policy = reading.policy("enterprise")
    if not policy.openings("all") & _REGISTRY:
        return [[] for _ in batch.keys]
    province = batch.arguments.get("province")
    values = {**reading.values(), "keys": key_list(batch.keys), "province": province}
    rows = await reading.fetch(_by_key(table, policy, batch.columns, order, province is not None), values)
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row["key"], []).append(row)
    return [found.get(key, []) for key in batch.keys]


async def enterprise_by_uscc(reading: Reading, batch: Batch) -> list[Any]:
    """A row or None per credit code."""
    return [next(iter(rows), None) for rows in await _rows(reading, batch, ENTERPRISE, ())]


async def roles(reading: Reading, batch: Batch) -> list[list[Any]]:
    """The roles of each enterprise, with validity."""
    return await _rows(reading, batch, ROLE, ("role", "valid_from"))


async def licences(reading: Reading, batch: Batch) -> list[list[Any]]:
    """The licences of each enterprise."""
    return await _rows(reading, batch, LICENCE, ("number",))


async def outlets(reading: Reading, batch: Batch) -> list[list[Any]]:
    """The recovery outlets of each enterprise; argument `province` (two digits) narrows them."""
    return await _rows(reading, batch, OUTLET, ("number",))


@lru_cache(maxsize=256)
def _page(policy: Policy, predicate: Predicate, order: Order, walk: tuple[int, bool, bool, bool], wanted: tuple[str, ...]) -> Statement:
    limit, backward, after, role = walk
    direction = _DESCENDING[order.descending != backward]
    sort = [ident("t", each) for each in ((order.column, "uscc") if order.column else ("uscc",))]
    compare = text(" < ") if order.descending != backward else text(" > ")
    slots = join(", ", [slot(f"o{n}") for n in range(len(sort))])
    beyond = text(" and (") + join(", ", sort) + text(")") + compare + text("(") + slots + text(")") if after else EMPTY
    return (
        text("select ")
        + _columns(ENTERPRISE, policy, wanted, "uscc")
        + text(", ")
        + sort[0]
        + text(" as o0")
        + _matching(policy, predicate, role)
        + beyond
        + text(" order by ")
        + join(", ", [each + direction for each in sort])
        + text(" limit ")
        + integer(limit)
    ).compile(custom=True)


def _matching(policy: Policy, predicate: Predicate, role: bool) -> Sql:
    held = text(" and exists (select 1 from enterprise.role h where h.uscc = t.uscc and h.role = any(") + slot("role") + text("))") if role else EMPTY
    return text(" from enterprise.enterprise t where ") + compile_predicate(predicate, lambda name: _reference(policy, name)) + held


@lru_cache(maxsize=64)
def _count(policy: Policy, predicate: Predicate, role: bool) -> Statement:
    return (
        text("select count(*) as total from (select 1") + _matching(policy, predicate, role) + text(" limit ") + integer(COUNT_CAP + 1) + text(") c")
    ).compile(custom=True)


async def enterprises(reading: Reading, batch: Batch) -> list[Page]:
    """The registry, page by page. Filter field `role` ({"eq"} or {"in"}) asks for a role ever held."""
    policy, page = reading.policy("enterprise"), batch.page or PageArguments(limit=20)
    given = dict(batch.arguments.get("filter") or {})
    role = given.pop("role", None)
    found = parse(given, ENTERPRISE) if given else Filter(TRUE, {})
    asked = batch.arguments.get("orderBy")
    order = Order(None if asked["field"] == "uscc" else asked["field"], asked.get("direction") == "DESC") if asked else Order()
    bound_to = Fingerprint(
        lambda: (
            "enterprises",
            order,
            found.predicate,
            sorted(found.values.items()),
            role,
        )
    )
    values = {**reading.values(), **found.values}
    if role is not None:
        values["role"] = list(role["in"]) if "in" in role else [role["eq"]]
    if page.cursor is not None:
        position = unsealed(reading, bound_to, page, 2 if order.column else 1)
        values.update({f"o{n}": each for n, each in enumerate(position)})
    # After the arguments: a wrong one is wrong for everybody, rows or none.
    if not policy.openings("all") & _REGISTRY:
        return [nothing(page)] * len(batch.keys)
    walk = (page.reach, page.backward, page.cursor is not None, role is not None)
    rows = await reading.fetch(_page(policy, found.predicate, order, walk, batch.columns), values)
    total = (await reading.fetch(_count(policy, found.predicate, role is not None), values))[0]["total"] if page.count else None

    def seal(row: Any) -> str:
        position = (row["o0"], row["key"]) if order.column else (row["key"],)
        return reading.opaque.cursor(reading.principal.party, bound_to.text, position)

    return [one_page(rows, page, seal, total)] * len(batch.keys)


@lru_cache(maxsize=64)
def _regions(wanted: tuple[str, ...]) -> Statement:
    columns = [ident("t", each) for each in wanted]
    return (
        text("select distinct on (t.code) ")
        + join(", ", [*columns, text("t.code as key"), bits(_REGISTRY) + text(" as standing")])
        + text(" from enterprise.region t where t.code = any(")
        + KEYS
        + text(") order by t.code, t.valid_from desc")
    ).compile()


async def regions(reading: Reading, batch: Batch) -> list[Any]:
    """The latest row of each region code (six digits), or None."""
    if not set(batch.columns) <= set(_REGION_COLUMNS):
        raise KeyError("no such column of a region")
    rows = await reading.fetch(_regions(batch.columns), {**reading.values(), "keys": key_list(batch.keys)})
    found = {row["key"]: row for row in rows}
    return [found.get(key) for key in batch.keys]
