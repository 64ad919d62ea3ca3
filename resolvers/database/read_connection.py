"""This module is in charge of connections that only read: a statement is prepared once, and then sent with nothing in between.

`asyncpg.Connection.fetch` looks a statement up, builds a closure and awaits four coroutines of its own for each execution, for
time limits, query loggers and retries that a snapshot has no use for: a statement that fails ends its transaction anyway
(`ReadSession.fetch`). That is a tenth of what a small request costs (docs/performance.md).

What has to come before it, BEGIN and the settings of the lock, goes ahead of it on the same way: messages without a Sync of
their own (PostgreSQL's documentation, section "Pipelining"), whose completion the driver takes in as it takes that of the
statement. A request has one round trip less so. If one of them fails, the server skips all until the statement's Sync, and
the driver raises its error: no statement runs without its lock.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any, Final

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement
from msgspec import Struct

# Bind the unnamed statement to the unnamed portal without parameters, and execute it (section "Message Formats").
_BIND_AND_EXECUTE: Final = b"B" + struct.pack(">i", 12) + bytes(8) + b"E" + struct.pack(">i", 9) + bytes(5)


class Ahead(Struct, frozen=True):
    """What goes ahead of a statement: statements without parameters and rows, and the same as messages in the extended protocol without a Sync."""

    texts: tuple[str, ...] = ()
    messages: bytes = b""

    def __add__(self, other: Ahead) -> Ahead:
        return Ahead(self.texts + other.texts, self.messages + other.messages)


def ahead(*texts: str) -> Ahead:
    """These statements, in this order."""
    return Ahead(texts, b"".join([_message(each) for each in texts]))


NOTHING_AHEAD: Final = Ahead()


class ReadConnection(asyncpg.Connection):  # type: ignore[misc]
    """One at a time may use it, as with every connection of the driver's."""

    __slots__ = ("_prepared",)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._prepared: dict[str, PreparedStatement] = {}

    async def rows(self, text: str, values: tuple[object, ...], ahead: Ahead = NOTHING_AHEAD) -> list[asyncpg.Record]:
        """The rows of one statement, after those `ahead` of it. What was prepared is forgotten when it fails: a changed table may be why."""
        most: int = self._config.statement_cache_size
        statement = self._prepared.get(text)
        if statement is None or not most:
            if ahead.texts:
                await self.execute(";".join(ahead.texts))
                ahead = NOTHING_AHEAD
            if not most:
                # Behind a pooler that gives each transaction another server connection nothing stays prepared.
                return list(await self.fetch(text, *values))
            if len(self._prepared) >= most:
                self._prepared.clear()
            statement = self._prepared[text] = await self.prepare(text)
        try:
            if ahead.texts:
                self._transport.write(ahead.messages)
            found: list[asyncpg.Record] = await self._protocol.bind_execute(statement._state, values, "", 0, False, None)
        except BaseException as failed:
            self._prepared.clear()
            if ahead.texts and not isinstance(failed, asyncpg.PostgresError | asyncio.CancelledError):
                # What went ahead waits at the server for a statement that was not sent.
                self.terminate()
            raise
        return found


def _message(text: str) -> bytes:
    query = text.encode()
    return b"P" + struct.pack(">i", len(query) + 8) + b"\0" + query + bytes(3) + _BIND_AND_EXECUTE
