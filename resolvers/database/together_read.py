"""This module is in charge of what reports of several packs are made of: the packs of a vehicle, and what was said under a reference before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import asyncpg

from resolvers.ledger.recording.together import Bound
from resolvers.ledger.states import TERMINAL

INSIDE: Final = "select distinct code from battery.installation where vin = $1 and removed_at is null order by code"
# Of a vehicle without packs the one that was in it last, whose life goes on.
LAST: Final = """
select i.code from battery.installation i join battery.pack p on p.code = i.code
where i.vin = $1 and not p.status = any($2::text[]) order by i.removed_at desc, i.code limit 1"""
SWAP_MODEL: Final = "select swap_model from vehicle.vehicle where vin = $1"
REPLACEMENTS: Final = """
select code, details->>'newCode' as new, details->>'oldCode' as old from battery.event where code = any($1::text[]) and type = 'REPLACED'"""
# Everything that begins with the reference and a colon; ';' comes next after ':'.
SAID: Final = """
select reference, digest, code from enterprise.client_reference where reporter = $1 and reference > $2 || ':' and reference < $2 || ';' order by reference"""


async def read_bound(connection: asyncpg.Connection, vin: str) -> tuple[list[Bound], bool]:
    """The packs in the vehicle, by code, or the one that was in it last; and whether it is declared a swap model."""
    inside = [row["code"] for row in await connection.fetch(INSIDE, vin)]
    codes = inside or [row["code"] for row in await connection.fetch(LAST, vin, sorted(TERMINAL))]
    named: defaultdict[str, set[str]] = defaultdict(set)
    for row in await connection.fetch(REPLACEMENTS, codes) if codes else ():
        named[row["code"]] |= {each for each in (row["new"], row["old"]) if each is not None}
    swap_model = await connection.fetchval(SWAP_MODEL, vin)
    return [Bound(code, bool(inside), frozenset(named[code])) for code in codes], bool(swap_model)


async def read_said(connection: asyncpg.Connection, reporter: str, reference: str) -> Mapping[str, tuple[bytes, str]]:
    """What the reporter said under references that begin with this one and a colon: (digest, battery code) by reference."""
    return {row["reference"]: (row["digest"], row["code"]) for row in await connection.fetch(SAID, reporter, reference)}
