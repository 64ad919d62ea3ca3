"""This module is in charge of reading lineage: what an item was made of and what it went into, each end by the list law of its own row."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from auth.entitlements import Policy
from resolvers.batching import COUNT_CAP, Batch, Page, PageArguments, Shut
from resolvers.database.facts import visible_events
from resolvers.database.keys import KEYS, key_list
from resolvers.database.lists import Fingerprint, unsealed
from resolvers.database.packs import IDENTITY, listed, pages_below
from resolvers.database.past import THEN, past_rows, record_set
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Statement, ident, integer, join, slot, text
from resolvers.database.standing import PACKS, holds, lateral, masked, past
from resolvers.ledger.fold import PRODUCT


@lru_cache(maxsize=256)
def _statement(policy: Policy, own: Policy, exact: bool, page: tuple[int, bool, bool, bool], wanted: tuple[str, ...], then: bool) -> Statement:
    limit, backward, after, count = page
    columns = [masked(PACKS.table.column(each), "p", "s", policy) + text(" as ") + ident(each) for each in wanted]
    direction = text(" desc") if backward else text(" asc")
    here = (
        text(" from ")
        + (record_set("battery", "lineage") if then else ident("battery", "lineage"))
        + text(" l join battery.pack p on p.code = l.other")
        + lateral(PACKS, policy, "p", "s")
        + text(" where l.code = q.code and l.relation = ")
        + slot("relation")
        + text(" and ")
        + listed(policy, "s")
    )
    beyond = text(" and p.code") + (text(" < ") if backward else text(" > ")) + slot("after_key") if after else EMPTY
    total = text(", (select count(*) from (select 1") + here + text(" limit ") + integer(COUNT_CAP + 1) + text(") c) as total") if count else EMPTY
    return (
        text("select ")
        + join(", ", [*(ident("r", each) for each in wanted), text("r.key as key"), text("r.standing as standing")])
        + text(", q.code as parent, w.standing as parent_standing")
        + total
        + text(" from battery.pack q")
        + lateral(PACKS, own, "q", "w", exact=exact)
        + text(" left join lateral (select ")
        + join(", ", [*columns, text("p.code as key, s.standing")])
        + here
        + beyond
        + text(" order by p.code")
        + direction
        + text(" limit ")
        + integer(limit)
        + text(") r on true where q.code = any(")
        + KEYS
        + text(") and ")
        + (holds("w", IDENTITY) if exact else listed(own, "w"))
        + text(" order by q.code, r.key")
        + direction
    ).compile()


async def lineage(reading: Reading, batch: Batch, relation: str) -> list[Page | Shut]:
    """The items that stand in the relation to each item (battery codes), by code; those that the caller has in no list are not there."""
    policy, page = reading.policy("battery"), batch.page or PageArguments(limit=20)
    values = {**reading.values(), "keys": key_list(batch.keys), "relation": relation}
    then = batch.as_of is not None
    bound_to = Fingerprint(lambda: ("lineage", relation, *((batch.as_of,) if then else ())))
    if page.cursor is not None:
        (values["after_key"],) = unsealed(reading, bound_to, page, 1)
    if not policy.relations:
        return [Shut(0)] * len(batch.keys)
    shape = (page.reach, page.backward, page.cursor is not None, page.count)
    if then:
        # What it was made of was told with its first event, which is open to all that it is there.
        values[THEN] = await past_rows(reading, batch, "lineage", await visible_events(reading, batch) if relation == PRODUCT else None)
    # The items are others, which are told as they are now.
    statement = _statement(policy, past(policy) if then else policy, batch.exact, shape, batch.columns, then)
    rows = await reading.fetch(statement, values, batch.keys if batch.exact else ())

    def seal(row: Any) -> str:
        return reading.opaque.cursor(reading.principal.party, bound_to.text, (row["key"],))

    return pages_below(batch.keys, rows, page, seal, IDENTITY)
