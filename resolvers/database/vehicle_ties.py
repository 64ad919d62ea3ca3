"""This module is in charge of which vehicles a reporter had to do with before: of others it is not told that they are there by what it may put into them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from resolvers.ledger.events import EventType
from resolvers.ledger.recording.report import Report
from resolvers.ledger.recording.seen import Ties

# A pack of its was in the vehicle, or it took one out; or it told of the vehicle what was taken.
TIED: Final = """
select t.vin from unnest($1::text[]) t (vin)
where exists (select from vehicle.access a where a.vin = t.vin and a.grantee = $2 and a.relation = 'custodian')
  or exists (select from battery.event e where e.vin = t.vin and e.reporter = $2)"""
# Of the pack that a new one takes the place of.
WERE_IN: Final = "select distinct vin, code from battery.installation where vin = any($1::text[]) and code = any($2::text[])"
# Vehicles that an import told of alone: no battery was ever told to be in them.
EMPTY: Final = """
select t.vin from unnest($1::text[]) t (vin) where not exists (select from battery.installation i where i.vin = t.vin)"""
_ASKING: Final = frozenset({EventType.SWAP_IN, EventType.REPLACED, EventType.REINSTALLED})


class Reads(Protocol):
    """What is asked here needs no more of a connection than this."""

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]:
        """The rows of a statement."""
        ...


async def read_ties(connection: Reads, party: str, reports: Sequence[Report]) -> Ties:
    """What ties the party to the vehicles that it puts something into; an automaker's own are known by their maker."""
    asking = [each for each in reports if each.type in _ASKING and each.vin is not None]
    if not asking:
        return Ties()
    vins = sorted({each.vin for each in asking if each.vin is not None})
    old = sorted({each.details["oldCode"] for each in asking if "oldCode" in each.details})
    tied = await connection.fetch(TIED, vins, party)
    found = frozenset(row["vin"] for row in tied)
    were_in = await connection.fetch(WERE_IN, vins, old) if old else ()
    others = sorted({each.vin for each in asking if each.vin is not None and each.type is EventType.SWAP_IN} - found)
    empty = await connection.fetch(EMPTY, others) if others else ()
    return Ties(found, frozenset((row["vin"], row["code"]) for row in were_in), frozenset(row["vin"] for row in empty))
