"""This module is in charge of loading a demo world into a database: whole or not at all, with several processes for a large one."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any, Final

from resolvers.database.bulk import Bulk, Counted, Progress, loading
from resolvers.database.pool import Database
from resolvers.database.statistics_recompute import fill
from resolvers.demo.blocks import block_count
from resolvers.demo.chunks import Chunk, encode, make_chunk, prepare_worker
from resolvers.demo.options import WorldOptions
from resolvers.demo.world import document_rows, registry_rows
from resolvers.ledger.rows import TABLES
from resolvers.ledger.seed import seed_rules

# Below this, starting processes costs more than they save.
ALONE: Final = 40
BLOCKS_PER_CHUNK: Final = 10
BLOCKS_PER_CHUNK_ALONE: Final = 2
AHEAD: Final = 2
STATISTICS: Final = Counted((("statistics", "cell"), ("statistics", "change")), fill)
# One of the tables that are filled: so the note of a world goes with its rows.
NOTE: Final = ("rule", "demo_world")
KEEP: Final = "insert into rule.demo_world (packs, seed, moment) values ($1, $2, $3)"


async def load(options: WorldOptions, database: Database, progress: Progress | None = None) -> int:
    """Load the world and the shipped rules; gives the number of packs. The database is migrated and empty.

    A load that is cut short has not happened, nor is there a note of which world it is (rule.demo_world). `progress` is called
    with (stage, done, total) for the stages packs, statistics and indexes. Raises DatabaseUnusable with DATA_PRESENT.
    """
    tell = progress or _silent
    await seed_rules(database)
    by_model: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    packs = 0
    async with _begun(_chunks(options)) as chunks, loading(database, [*TABLES.values(), NOTE], tell, STATISTICS) as bulk:
        await _copy_rows(bulk, registry_rows(options))
        async for chunk in chunks:
            for kind, lines in chunk.lines.items():
                await bulk.copy(TABLES[kind], kind._fields, lines)
            for model, some in chunk.readers.items():
                by_model[model] |= some
            packs += chunk.packs
            tell("packs", packs, options.packs)
        await _copy_rows(bulk, document_rows(options, by_model))
        await bulk.connection.execute(KEEP, options.packs, options.seed, options.moment)
    return packs


async def _copy_rows(bulk: Bulk, rows: Mapping[type[Any], Sequence[Any]]) -> None:
    for kind, some in rows.items():
        await bulk.copy(TABLES[kind], kind._fields, encode(kind, some))


@contextlib.asynccontextmanager
async def _begun(chunks: AsyncGenerator[Chunk, None]) -> AsyncIterator[AsyncIterator[Chunk]]:
    """The chunks, of which the first are made from now on: processes take a second to start, in which the tables are emptied and the registry is written."""
    first = asyncio.ensure_future(anext(chunks))

    async def whole() -> AsyncIterator[Chunk]:
        yield await first
        async for chunk in chunks:
            yield chunk

    try:
        yield whole()
    finally:
        first.cancel()
        await asyncio.wait([first])
        await chunks.aclose()


async def _chunks(options: WorldOptions) -> AsyncGenerator[Chunk, None]:
    """The chunks in order, whoever makes them; while one is written, the next ones are made."""
    blocks = block_count(options)
    alone = blocks <= ALONE
    workers, size = (1, BLOCKS_PER_CHUNK_ALONE) if alone else (_processors(), BLOCKS_PER_CHUNK)
    shares = deque((first, min(size, blocks - first)) for first in range(0, blocks, size))
    with ThreadPoolExecutor(1) if alone else _processes(workers) as pool:
        under_way: deque[asyncio.Future[Chunk]] = deque()
        loop = asyncio.get_running_loop()
        try:
            while shares or under_way:
                while shares and len(under_way) < workers + AHEAD:
                    under_way.append(loop.run_in_executor(pool, make_chunk, options, *shares.popleft()))
                yield await under_way.popleft()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _processes(workers: int) -> Executor:
    # Not forked: this process may have threads and an event loop.
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=prepare_worker)


def _processors() -> int:
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _silent(_stage: str, _done: int, _total: int) -> None:
    pass
