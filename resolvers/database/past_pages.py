"""This module is in charge of which packs one page of what a vehicle had in it at a past moment needs, so that no more of them are folded than that.

The database walks the events that put packs into the vehicle, from the cursor on and as far as the caller sees them, and gives places: where a row of the
page may be. There are more places than rows where a report was corrected, or told that a pack came out for another; never fewer. Whether there is a row,
and what is in it, the fold alone says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from auth.entitlements import Policy
from resolvers.batching import Batch, Page, PageArguments, Shut
from resolvers.database.facts import INSTALLATIONS
from resolvers.database.keys import KEYS, key_list
from resolvers.database.lists import Fingerprint, restored, unsealed
from resolvers.database.packs import BINDING, list_of_vehicle, listed
from resolvers.database.past import MOST_EVENTS, moment_of
from resolvers.database.reading import Reading
from resolvers.database.sql import EMPTY, Sql, Statement, slot, text
from resolvers.database.standing import PACKS, holds, lateral, past
from resolvers.database.vehicles import installation_list

_MORE: Final = 4
"""How many times as many places are looked at next where those of a page held too few rows."""
_AS_OF: Final = slot("as_of")
# By the index event_vehicle; corrections included.
_PUT_IN: Final = text("f.vin = v.vin and f.type = any (array['INSTALLED', 'SWAP_IN', 'REINSTALLED', 'REPLACED']) and f.recorded_at <= ") + _AS_OF
# What was recorded by then is known unless something before it was not: of two clocks one may run behind.
_CORRECTED: Final = (
    text("exists (select from battery.event c where c.code = f.code and c.corrects = f.seq and c.recorded_at <= ")
    + _AS_OF
    + text(" and not exists (select from battery.event y where y.code = c.code and y.seq < c.seq and y.recorded_at > ")
    + _AS_OF
    + text("))")
)
# It went into another vehicle afterwards, which was never corrected.
_MOVED: Final = (
    text("exists (select from battery.event x where x.code = f.code and x.seq > f.seq and x.type = any (array['INSTALLED', 'SWAP_IN', 'REINSTALLED'])")
    + text(" and x.vin <> f.vin and x.corrects is null and x.recorded_at <= ")
    + _AS_OF
    + text(" and not exists (select from battery.event c where c.code = x.code and c.corrects = x.seq)")
    + text(" and not exists (select from battery.event y where y.code = x.code and y.seq < x.seq and y.recorded_at > ")
    + _AS_OF
    + text("))")
)


class Found(NamedTuple):
    """Places of a page: (VIN, battery code) of packs, (VIN, battery code, when it was put in) of installations; and how many there are in each vehicle."""

    places: frozenset[tuple[Any, ...]]
    numbers: Mapping[str, int]

    @property
    def codes(self) -> list[str]:
        """The packs, sorted."""
        return sorted({place[1] for place in self.places})


def paged(batch: Batch) -> PageArguments:
    """The page that is asked for."""
    return batch.page or PageArguments(limit=20)


async def filled(
    batch: Batch, vins: Sequence[str], look: Callable[[int], Awaitable[Found]], pages: Callable[[Found], Awaitable[list[Page | Shut]]]
) -> list[Page | Shut]:
    """Pages that hold what there is: of so many places as are needed for that in the vehicles (VINs) whose binding is open."""
    page = paged(batch)
    # Who asks how many there are asks for all of them.
    most = MOST_EVENTS + 1 if page.count else page.reach + (page.cursor is not None)
    while True:
        found = await look(most)
        told = await pages(found)
        short = {vin for vin, each in zip(batch.keys, told, strict=True) if isinstance(each, Page) and not _is_full(each, page)}
        if page.count or not any(found.numbers.get(vin, 0) >= most for vin in short.intersection(vins)):
            return told
        most *= _MORE


def _is_full(told: Page, page: PageArguments) -> bool:
    """Whether more places could change nothing of the page."""
    return len(told.rows) >= page.limit and (not page.ahead or (told.has_previous if page.backward else told.has_next))


async def packs_that_may_be_in(reading: Reading, batch: Batch, vins: Sequence[str], most: int) -> Found:
    """The first `most` packs from the cursor on that may have been, or had been last, in each of the vehicles."""
    after = _after(reading, batch, list_of_vehicle(batch), 1)
    values = {"after_key": after[0]} if after else {}
    return await _found(reading, batch, vins, most, _packs(reading.policy("battery"), paged(batch).backward, bool(after)), values)


async def stays_that_may_be(reading: Reading, batch: Batch, vins: Sequence[str], most: int) -> Found:
    """The first `most` stays of packs from the cursor on that each of the vehicles may have had."""
    after = _after(reading, batch, installation_list(batch), 3)
    values = {"o0": restored("timestamptz", after[0]), "o1": after[1]} if after else {}
    return await _found(reading, batch, vins, most, _stays(past(reading.policy("battery")), paged(batch).backward, bool(after)), values)


def _after(reading: Reading, batch: Batch, bound_to: Fingerprint, length: int) -> tuple[Any, ...]:
    """Where the page begins; of a list whose rows are counted, at its beginning."""
    page = paged(batch)
    return unsealed(reading, bound_to, page, length) if page.cursor is not None and not page.count else ()


async def _found(reading: Reading, batch: Batch, vins: Sequence[str], most: int, statement: Statement, values: Mapping[str, Any]) -> Found:
    rows = await reading.fetch(statement, {**reading.values(), **values, "keys": key_list(vins), "as_of": moment_of(batch), "most": most})
    return Found(frozenset(map(tuple, rows)), Counter(row["vin"] for row in rows))


@lru_cache(maxsize=64)
def _packs(policy: Policy, backward: bool, after: bool) -> Statement:
    compare = text(" and f.code < ") if backward else text(" and f.code > ")
    gate = holds("s", BINDING) + text(" and ") + listed(policy, "s") + text(" and not ") + _MOVED
    beyond = compare + slot("after_key") if after else EMPTY
    return _places(policy, text("f.code"), gate + beyond, text("f.code desc") if backward else text("f.code"))


@lru_cache(maxsize=64)
def _stays(policy: Policy, backward: bool, after: bool) -> Statement:
    # The cursor's own place is looked at again: a pack may have been put in twice at one moment.
    compare = text(" <= (") if backward else text(" >= (")
    beyond = text(" and (f.occurred_at, f.code)") + compare + slot("o0") + text(", ") + slot("o1") + text(")") if after else EMPTY
    order = text("f.occurred_at desc, f.code desc") if backward else text("f.occurred_at, f.code")
    # When a stay began, and was recorded, is when its event was: one law for both.
    return _places(policy, text("f.code, f.occurred_at"), INSTALLATIONS.passes(policy) + beyond, order)


def _places(policy: Policy, names: Sql, where: Sql, order: Sql) -> Statement:
    return (
        text("select v.vin, r.* from vehicle.vehicle v cross join lateral (select distinct ")
        + names
        + text(" from battery.event f join battery.pack p on p.code = f.code")
        + lateral(PACKS, policy, "p", "s")
        + text(" where ")
        + _PUT_IN
        + text(" and ")
        + where
        + text(" and not ")
        + _CORRECTED
        + text(" order by ")
        + order
        + text(" limit ")
        + slot("most")
        + text(") r where v.vin = any(")
        + KEYS
        + text(")")
    ).compile()
