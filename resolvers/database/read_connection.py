"""This module is in charge of connections that only read: a statement is prepared once, and then sent with nothing in between.

`asyncpg.Connection.fetch` looks a statement up, builds a closure and awaits four coroutines of its own for each execution, for
time limits, query loggers and retries that a snapshot has no use for: a statement that fails ends its transaction anyway
(`ReadSession.fetch`). That is a tenth of what a small request costs (docs/performance.md).
"""

from __future__ import annotations

from typing import Any

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement


class ReadConnection(asyncpg.Connection):  # type: ignore[misc]
    """One at a time may use it, as with every connection of the driver's."""

    __slots__ = ("_prepared",)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._prepared: dict[str, PreparedStatement] = {}

    async def rows(self, text: str, values: tuple[object, ...]) -> list[asyncpg.Record]:
        """The rows of one statement. What was prepared is forgotten when it fails: a changed table may be why."""
        most: int = self._config.statement_cache_size
        if not most:
            # Behind a pooler that gives each transaction another server connection nothing stays prepared.
            return list(await self.fetch(text, *values))
        statement = self._prepared.get(text)
        if statement is None:
            if len(self._prepared) >= most:
                self._prepared.clear()
            statement = self._prepared[text] = await self.prepare(text)
        try:
            found: list[asyncpg.Record] = await self._protocol.bind_execute(statement._state, values, "", 0, False, None)
        except BaseException:
            self._prepared.clear()
            raise
        return found
