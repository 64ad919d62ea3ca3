"""An answer is one write: its head waits for its body, but never longer than a turn of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.edge.one_write import Gathering

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Socket:
    """What was written to it: a tuple for each write."""

    def __init__(self) -> None:
        self.writes: list[tuple[bytes, ...] | str] = []

    def write(self, data: bytes) -> None:
        self.writes.append((data,))

    def writelines(self, data: Sequence[bytes]) -> None:
        self.writes.append(tuple(data))

    def close(self) -> None:
        self.writes.append("closed")

    def write_eof(self) -> None:
        self.writes.append("ended")

    def is_closing(self) -> bool:
        return bool(self.writes) and self.writes[-1] == "closed"

    def get_extra_info(self, name: str) -> str:
        return f"extra {name}"


def gathering() -> tuple[Socket, Gathering]:
    socket = Socket()
    return socket, Gathering(socket, asyncio.get_running_loop())


async def test_head_and_body_are_one_write_and_the_next_answer_another() -> None:
    socket, transport = gathering()
    for _ in range(2):
        transport.write(HEAD)
        transport.write(b"{}")
    await asyncio.sleep(0)
    assert socket.writes == [(HEAD, b"{}"), (HEAD, b"{}")]


async def test_a_head_without_a_body_goes_out_in_the_next_turn() -> None:
    socket, transport = gathering()
    transport.write(HEAD)
    assert socket.writes == []
    await asyncio.sleep(0)
    assert socket.writes == [(HEAD, b"")]
    transport.write(b"data: later\n\n")
    assert socket.writes[1:] == [(b"data: later\n\n",)]


async def test_two_heads_in_a_row_stay_in_their_order() -> None:
    socket, transport = gathering()
    transport.write(HEAD)
    transport.write(HEAD)
    await asyncio.sleep(0)
    assert b"".join(part for write in socket.writes for part in write if isinstance(part, bytes)) == HEAD + HEAD


async def test_closing_writes_what_is_held_first() -> None:
    socket, transport = gathering()
    transport.write(HEAD)
    transport.close()
    await asyncio.sleep(0)
    assert socket.writes == [(HEAD, b""), "closed"]
    assert transport.is_closing()
    assert transport.get_extra_info("peername") == "extra peername"


async def test_what_comes_after_the_end_is_lost_without_a_word() -> None:
    socket, transport = gathering()
    transport.write(HEAD)
    transport.write_eof()
    for data in (HEAD, b"{}"):
        transport.write(data)
    transport.write_whole((HEAD, b"{}"))
    await asyncio.sleep(0)
    assert socket.writes == [(HEAD, b""), "ended"]
