"""This module is in charge of testing the spool: all that is written is read, in order, whoever is faster."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.spool import IN_MEMORY, Spool

PIECES = st.lists(st.one_of(st.binary(min_size=1, max_size=50), st.just(b"y" * (IN_MEMORY + 7))), max_size=12)


@given(pieces=PIECES, turns=st.lists(st.integers(0, 3), max_size=12))
async def test_all_that_is_written_is_read_in_order(pieces: list[bytes], turns: list[int]) -> None:
    spool, read = Spool(), list[bytes]()

    async def reader() -> None:
        while piece := await spool.read():
            read.append(piece)
            await asyncio.sleep(0)

    task = asyncio.ensure_future(reader())
    for place, piece in enumerate(pieces):
        spool.write(piece)
        for _ in range(turns[place] if place < len(turns) else 0):
            await asyncio.sleep(0)
    spool.finish()
    await task
    spool.close()
    assert b"".join(read) == b"".join(pieces)


async def test_who_keeps_up_needs_no_more_than_a_piece() -> None:
    spool = Spool()
    for _ in range(1000):
        spool.write(b"z" * 1000)
        assert await spool.read() == b"z" * 1000
    assert spool._written <= 1000
    spool.close()
