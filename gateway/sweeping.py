"""This module is in charge of sweeps beside the serving, one process at a time, and of `cellgate sweep`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson

from gateway.foundation import founded
from gateway.settings import Settings, Sweep
from resolvers.background import in_background
from resolvers.database.failures import UNREACHABLE
from resolvers.database.leases import take_turn
from resolvers.database.pool import Database
from resolvers.demo.kept import standing_clock
from resolvers.ledger.findings.parameters import MissingParameter
from resolvers.ledger.findings.sweep.kept_findings import KeptFindings
from resolvers.ledger.findings.sweep.run import SETTLED, replay, sweep

LOG: Final = logging.getLogger("cellgate.sweep")
LEASE: Final = "sweep"
# How often it is looked whether a turn is due, at most.
LOOK_S: Final = 60.0


class SweepRefused(Exception):
    """A sweep cannot be made; the message says why. For the operator."""

    code = "SWEEP_REFUSED"


@contextlib.asynccontextmanager
async def sweeping(settings: Sweep, database: Database, clock: Callable[[], datetime], as_of: Callable[[datetime], datetime]) -> AsyncIterator[None]:
    """Sweep in the background as often as the settings say, never where they say 0. `as_of` is the moment that the world is read at."""
    if not settings.every_s:
        yield
        return
    async with in_background("sweep", lambda: _run(settings.every_s, database, clock, as_of)):
        yield


async def _run(every_s: float, database: Database, clock: Callable[[], datetime], as_of: Callable[[datetime], datetime]) -> None:
    holder = f"{socket.gethostname()}:{os.getpid()}"
    while True:
        try:
            now = clock()
            if await take_turn(database, LEASE, holder, now, now + timedelta(seconds=every_s)):
                written = await sweep(database, settled(as_of(now), now))
                if written.new or written.gone or written.back:
                    LOG.info("a sweep found %s, %s are gone, %s are back", written.new, written.gone, written.back)
        except UNREACHABLE as lost:
            LOG.warning("a sweep was put off: %s", type(lost).__name__)
        except MissingParameter as missing:
            LOG.error("a sweep was put off: %s", missing)
        await asyncio.sleep(min(every_s, LOOK_S))


def settled(moment: datetime, now: datetime) -> datetime:
    """What is being recorded now is not there yet and will have a moment before now; a world that stands still is whole."""
    return moment - SETTLED if moment == now else moment


async def swept(settings: Settings, moment: datetime | None, clock: Callable[[], datetime]) -> Iterable[str]:
    """Sweep now and write, as lines; with a moment, what a sweep found then, and write nothing. Raises SweepRefused.

    However many lines there are, few of them are held: they are to be read once.
    """
    async with founded(settings, lambda _line: None, create=False) as foundation:
        database, now = foundation.database, clock()
        if moment is not None and (moment := moment.replace(tzinfo=moment.tzinfo or UTC)) > now:
            raise SweepRefused("--as-of: is not in the past")
        try:
            if moment is not None:
                kept = KeptFindings()
                await replay(database, moment, kept)
                return _told(kept)
            standing = await standing_clock(database)
            written = await sweep(database, settled(standing(now) if standing else now, now))
        except MissingParameter as missing:
            raise SweepRefused(str(missing)) from missing
    return [f"{written.new:,} new findings, {written.gone:,} whose cause is gone, {written.back:,} whose cause is back"]


def _told(findings: KeptFindings) -> Iterator[str]:
    """A count for each rule, then each finding as a line of JSON."""
    with findings:
        for rule, count in sorted(findings.counts.items()):
            yield f"{rule} {count:>8,}"
        for each in findings:
            yield orjson.dumps(each._asdict()).decode()
