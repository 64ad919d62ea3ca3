"""This module is in charge of counting the packs in the caller's lists by status, at a cost that does not depend on how many they are.

The cube VIEW counts them for each party and province as events are recorded. Past custody ends by the calendar, without an event: whole days are
cells, and of the one day that the grace ends on, packs are looked at one by one. A caller with several provinces has packs in more than one of their
lists; they are counted one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache, reduce
from operator import and_
from typing import Any, Final
from zoneinfo import ZoneInfo

from auth.entitlements import Policy
from resolvers.batching import Batch, made_row
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, slot, text
from resolvers.database.standing import PACKS, holds, lateral, listing_mask
from resolvers.ledger.deadlines import local_day

_KEY: Final = "packs"
_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
# Each battery has one maker, for good: what is open to all makers is everything there is.
_ALL: Final = text("""select status, sum(n)::int8 as packs from (
select split_part(kind, ':', 1) as status, kind, n from statistics.cell where cube = 'view' and month = date '1900-01-01'
union all select split_part(kind, ':', 1), kind, n from statistics.change where cube = 'view' and month = date '1900-01-01') u
where 'maker' = any(string_to_array(split_part(kind, ':', 2), '+')) group by status having sum(n) > 0 order by status""").compile(custom=True)
# Of the day on which the grace ends, what is still within it: by who held it then, and neither since nor by any other relation.
_EDGE: Final = (
    text(" union all select p.status, count(*) from (select distinct a.code from battery.access a where a.relation = 'custodian' and a.grantee = ")
    + slot("of")
    + text(" and a.until_at > ")
    + slot("grace_from")
    + text(" and a.until_at < ")
    + slot("edge")
    + text(") e join battery.pack p on p.code = e.code where not ('maker' = any(")
    + slot("listing")
    + text(") and p.maker = ")
    + slot("of")
    + text(") and not exists (select from battery.access x where x.code = e.code and x.grantee = ")
    + slot("of")
    + text(" and (x.relation = 'custodian' and (x.until_at is null or x.until_at >= ")
    + slot("edge")
    + text(") or x.until_at is null and x.relation = any(")
    + slot("listing")
    + text("))) group by p.status")
)


def _cells(table: Sql, *, past: bool) -> Sql:
    opened = text("string_to_array(split_part(kind, ':', 2), '+') && ") + slot("listing") + text("::text[]")
    ended = text(" or month >= ") + slot("edge_day") + text(" and not ") + opened if past else EMPTY
    return (
        text("select split_part(kind, ':', 1) as status, n from ")
        + table
        + text(" where cube = 'view' and party = ")
        + slot("of")
        + text(" and (month = date '1900-01-01' and ")
        + opened
        + ended
        + text(")")
    )


@lru_cache(maxsize=2)
def _kept(past: bool) -> Statement:
    return (
        text("select status, sum(n)::int8 as packs from (")
        + _cells(text("statistics.cell"), past=past)
        + text(" union all ")
        + _cells(text("statistics.change"), past=past)
        + (_EDGE if past else EMPTY)
        + text(") u group by status having sum(n) > 0 order by status")
    ).compile(custom=True)


@lru_cache(maxsize=64)
def one_by_one(policy: Policy) -> Statement:
    """The same of any caller, from the packs themselves; tests hold the cells against it."""
    return (
        text("select p.status, count(*) as packs from battery.pack p")
        + lateral(PACKS, policy, "p", "s")
        + text(" where ")
        + holds("s", listing_mask(policy))
        + text(" group by p.status order by p.status")
    ).compile(custom=True)


async def view_counts(reading: Reading, batch: Batch) -> list[Sequence[Any]]:
    """By status, in the order of their names: how many packs the caller's lists have; none where it has no lists."""
    policy = reading.policy(PACKS.name)
    rows = await reading.fetch(*_asked(reading, policy)) if policy.listing else []
    seen = listing_mask(policy) | open_of_all(policy)
    return [[made_row(batch.columns, _KEY, seen, dict(row)) for row in rows]] * len(batch.keys)


@lru_cache(maxsize=64)
def open_of_all(policy: Policy) -> int:
    """What is open of every pack in the caller's lists, as openings: of who lists all packs what that opens, whatever some of them are open by
    besides; of others what each relation opens by which they list, for a figure stands for packs that any one of them holds alone."""
    holding = ("all",) if "all" in policy.listing else policy.listing
    return reduce(and_, [policy.openings(each) for each in holding]) if holding else 0


def _asked(reading: Reading, policy: Policy) -> tuple[Statement, dict[str, Any]]:
    values = dict(reading.values())
    listing, provinces = set(policy.listing), reading.provinces
    if "all" in listing:
        return _ALL, values
    own = listing - {"jurisdiction"}
    if "jurisdiction" in listing and provinces and (own or len(provinces) > 1):
        return one_by_one(policy), values
    past = "past_custodian" in own
    # From the day after the grace's last one on, whole days are in the list.
    after = local_day(values["grace_from"]) + timedelta(days=1)
    edge = datetime.combine(after, time(), _SHANGHAI).astimezone(UTC)
    of = reading.principal.party if own else next(iter(provinces), reading.principal.party)
    kept = {"of": of, "listing": sorted(own or listing)}
    return _kept(past), values | kept | ({"edge_day": after, "edge": edge} if past else {})
