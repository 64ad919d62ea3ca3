"""This module is in charge of what reports of several packs are made of: the packs of a vehicle, and what was said under a reference before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import asyncpg

from resolvers.ledger.recording.together import Bound
from resolvers.ledger.states import TERMINAL

INSIDE: Final = "select distinct code from battery.installation where vin = $1 and removed_at is null order by code"
# Of a vehicle without packs the one that was in it last, whose life goes on.
LAST: Final = """
select i.code from battery.installation i join battery.pack p on p.code = i.code
where i.vin = $1 and not p.status = any($2::text[]) order by i.removed_at desc, i.code limit 1"""
VEHICLE: Final = "select swap_model, scrapped_on is not null as scrapped from vehicle.vehicle where vin = $1"
SCRAPPED_BY: Final = """
select exists (select from (select distinct code from battery.installation where vin = $1) i join battery.event e on e.code = i.code
  where e.type = 'VEHICLE_SCRAPPED' and e.vin = $1 and e.reporter = $2)"""
REPLACEMENTS: Final = """
select code, details->>'newCode' as new, details->>'oldCode' as old from battery.event where code = any($1::text[]) and type = 'REPLACED'"""
# Everything that begins with the reference and a colon; ';' comes next after ':'.
SAID: Final = """
select reference, digest, code from enterprise.client_reference where reporter = $1 and reference > $2 || ':' and reference < $2 || ';' order by reference"""
KNOWN: Final = "select reference from enterprise.client_reference where reporter = $1 and reference = any($2::text[])"

# What was found of each pack when it was recorded, whatever became of the event.
MATCHES: Final = """
select r.reference, e.details->>'match' as match from enterprise.client_reference r join battery.event e on e.code = r.code and e.seq = r.seq
where r.reporter = $1 and r.reference > $2 || ':' and r.reference < $2 || ';'"""


class Looked(NamedTuple):
    """What there is of a vehicle: its packs by code, or the one that was in it last; whether it is declared a swap model, and was scrapped already."""

    bound: list[Bound]
    swap_model: bool
    scrapped: bool


async def read_bound(connection: asyncpg.Connection, vin: str) -> Looked:
    """The vehicle; without packs where nobody knows it."""
    inside = [row["code"] for row in await connection.fetch(INSIDE, vin)]
    codes = inside or [row["code"] for row in await connection.fetch(LAST, vin, sorted(TERMINAL))]
    named: defaultdict[str, set[str]] = defaultdict(set)
    for row in await connection.fetch(REPLACEMENTS, codes) if codes else ():
        named[row["code"]] |= {each for each in (row["new"], row["old"]) if each is not None}
    vehicle = await connection.fetchrow(VEHICLE, vin)
    bound = [Bound(code, bool(inside), frozenset(named[code])) for code in codes]
    return Looked(bound, vehicle is not None and vehicle["swap_model"], vehicle is not None and vehicle["scrapped"])


async def has_scrapped(connection: asyncpg.Connection, vin: str, reporter: str) -> bool:
    """Whether it was this party that took the vehicle in."""
    return bool(await connection.fetchval(SCRAPPED_BY, vin, reporter))


async def read_said(connection: asyncpg.Connection, reporter: str, reference: str) -> Mapping[str, tuple[bytes, str]]:
    """What the reporter said under references that begin with this one and a colon: (digest, battery code) by reference."""
    return {row["reference"]: (row["digest"], row["code"]) for row in await connection.fetch(SAID, reporter, reference)}


async def read_known(connection: asyncpg.Connection, reporter: str, references: Sequence[str]) -> frozenset[str]:
    """Which of these references the reporter used for a report of one battery that stands."""
    return frozenset(row["reference"] for row in await connection.fetch(KNOWN, reporter, references))


async def read_matches(connection: asyncpg.Connection, reporter: str, reference: str) -> Mapping[str, str | None]:
    """What the first answer said of each pack of a scrapped vehicle, by reference as of `read_said`."""
    return {row["reference"]: row["match"] for row in await connection.fetch(MATCHES, reporter, reference)}
