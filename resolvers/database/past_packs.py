"""This module is in charge of reading packs as the ledger knew them at a past moment, and the vehicles that they were bound to then."""

from __future__ import annotations

from typing import Any, Final

from resolvers.batching import Batch
from resolvers.database.facts import visible_events
from resolvers.database.keys import key_list
from resolvers.database.packs import by_code
from resolvers.database.past import THEN, moment_of, pasts, record_set, written
from resolvers.database.reading import Reading
from resolvers.database.standing import past
from resolvers.database.vehicles import bound, of_pack
from resolvers.ledger.past import shown

_SHOWN: Final = frozenset({"status", "status_since"})
_PACKS: Final = record_set("battery", "pack")


async def past_pack_by_code(reading: Reading, batch: Batch) -> list[Any]:
    """A row or None per code: None also where the ledger did not know the pack then. With `exact` the caller named the codes."""
    policy = past(reading.policy("battery"))
    if not policy.relations:
        return [None] * len(batch.keys)
    values = {**reading.values(), "keys": key_list(batch.keys), THEN: await _packs(reading, batch)}
    rows = await reading.fetch(by_code(policy, batch.exact, batch.columns, _PACKS), values, batch.keys if batch.exact else ())
    found = {row["key"]: row for row in rows}
    return [found.get(key) for key in batch.keys]


async def past_vehicle_of_pack(reading: Reading, batch: Batch) -> list[Any]:
    """The vehicle that each pack was, or had been last, bound to, as the vehicle is now; None; or Shut where the pack's binding is closed."""
    policy = past(reading.policy("battery"))
    found = await pasts(reading, batch.keys, moment_of(batch))
    values = {**reading.values(), "keys": key_list(batch.keys), THEN: written(each.rows.pack._asdict() for each in found.values())}
    return bound(batch, await reading.fetch(of_pack(policy, reading.policy("vehicle"), batch.columns, _PACKS), values))


def _product_type(code: str) -> str:
    """As battery.pack has it (GB/T 34014: position 4; of a reprocessed product's 19 characters the last)."""
    return {"M": "MODULE", "C": "CELL"}.get(code[18] if len(code) == 19 else code[3], "PACK")


async def _packs(reading: Reading, batch: Batch) -> str:
    """The rows of the packs; their status is where they stood by the events that the caller may see."""
    found = await pasts(reading, batch.keys, moment_of(batch))
    # The table makes one column itself: what the code is on.
    packs = {code: {**each.rows.pack._asdict(), "product_type": _product_type(code)} for code, each in found.items()}
    if found and not _SHOWN.isdisjoint(batch.columns):
        seen = await visible_events(reading, batch)
        for code, each in found.items():
            # That it is there is open to all, and so where it began.
            told = shown([event for event in each.events if event is each.events[0] or (code, event.seq) in seen], each.events)
            packs[code].update({"status": None, "status_since": None} if told is None else {"status": told.status, "status_since": told.since})
    return written(packs.values())
