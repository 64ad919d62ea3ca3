"""This module is in charge of `cellgate ledger`: proving that what is stored follows from the events, and publishing what is counted of them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.foundation import founded
from gateway.settings import Settings
from resolvers.database.statistics_publish import publish
from resolvers.demo.kept import standing_clock
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.recording.rebuild import Rebuilt, rebuild

MOST_NAMED: Final = 100


class LedgerDiffers(Exception):
    """Stored rows are not what the events make of them; the message names them. For the operator."""

    code = "LEDGER_DIFFERS"


async def rebuilt(settings: Settings, *, write: bool) -> list[str]:
    """What a rebuild found, as lines. Raises LedgerDiffers where something differs, whether it was put right or not."""
    async with founded(settings, lambda _line: None, create=False) as foundation:
        found = await rebuild(foundation.database, lambda _stage, _done: None, write=write)
    if found.differences:
        raise LedgerDiffers(_named(found, write=write))
    return [f"{found.packs:,} packs and {found.vehicles:,} vehicles are what their events make of them"]


async def published(settings: Settings, now: datetime) -> list[str]:
    """Publish what is due of the statistics at that moment; how many versions were made, as a line."""
    async with founded(settings, lambda _line: None, create=False) as foundation:
        standing = await standing_clock(foundation.database)
        made = await publish(foundation.database, local_day(standing(now) if standing else now))
    return [f"{made:,} versions of tables were published"]


def _named(found: Rebuilt, *, write: bool) -> str:
    count = len(found.differences)
    lines = [f"{count:,} rows differed and are put right" if write else f"{count:,} rows differ", *map(str, found.differences[:MOST_NAMED])]
    if count > MOST_NAMED:
        lines.append(f"and {count - MOST_NAMED:,} more")
    return "\n".join(lines)
