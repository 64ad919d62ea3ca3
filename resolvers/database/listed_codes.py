"""This module is in charge of the codes of modules and cells in the database: which of them are told to be in a battery, or are one of their own.

Who gives codes to new modules or cells shares locks with whom else gives some of the same manufacturer: so of two that give the same, one is the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, Protocol
from zlib import crc32

from resolvers.ledger.cell_codes import heads, unpacked

MODULES: Final = "select module_code, code from battery.module where module_code = any($1::text[])"
CELLS: Final = "select code, cells from battery.cell_list where heads && $1::text[]"
ITEMS: Final = "select code from battery.pack where product_type <> 'PACK' and left(code, 21) = any($1::text[])"
TAKEN: Final = "select code from battery.pack where code = any($1::text[])"
_LOCKS: Final = 64
"""Locks at most in a transaction, however many manufacturers made what is in its batteries: the server's room for locks is small."""


class Fetches(Protocol):
    """What is used of a connection."""

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]:
        """The rows of a statement."""
        ...


def locks_of(codes: Iterable[str]) -> set[str]:
    """The names of the locks under which codes are given (notice_store.lock_entities)."""
    return {f"given:{crc32(maker.encode()) % _LOCKS}" for maker in {code[:3] for code in codes}}


async def read_listed(connection: Fetches, codes: Collection[str]) -> dict[str, str]:
    """Of these codes of modules and cells those that a battery has inside, or that are one: the code of that battery. Nobody gives one of them meanwhile,
    where their locks are held."""
    if not codes:
        return {}
    wanted, found = frozenset(codes), dict[str, str]()
    beginnings = list(heads(wanted))
    for row in await connection.fetch(ITEMS, beginnings):
        found[row["code"]] = row["code"]
    for row in await connection.fetch(CELLS, beginnings):
        found |= dict.fromkeys(wanted.intersection(unpacked(row["cells"])), row["code"])
    for row in await connection.fetch(MODULES, sorted(wanted)):
        found[row["module_code"]] = row["code"]
    return {code: found[code] for code in found if code in wanted}


async def read_items(connection: Fetches, codes: Collection[str]) -> dict[str, str]:
    """Of these codes those of batteries, modules and cells of their own, each with itself."""
    return {row["code"]: row["code"] for row in await connection.fetch(TAKEN, sorted(codes))} if codes else {}
