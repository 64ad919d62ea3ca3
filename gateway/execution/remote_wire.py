"""This module is in charge of plain HTTP/1.1 calls: connections that are kept, found or waited for, and the bytes of a request.

It is for `http` URLs; what goes over TLS is aiohttp's affair. A call costs an eighth of aiohttp's (`cellgate bench federation`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

from yarl import URL

from gateway.execution.remote_address import AddressPolicy, GuardedResolver
from gateway.execution.remote_body import Unpacker, Unusable, unpacker_of
from gateway.execution.remote_connection import Connection, Disconnected, Late
from gateway.settings import Subgraph
from resolvers.waiting import Waiting

_NAMES_KEPT_S = 10.0
_JSON_TYPES = frozenset({"application/json", "application/graphql-response+json"})
# What says that a call did not reach the service behind, or is to be made later.
_AGAIN = frozenset({502, 503, 504})
_MAX_HEADS = 1024


def accepted(status: int, content_type: str, encoding: str, retry_after: str, *, packed: bool) -> None:
    """Unusable where an answer with this head is not to be read. `packed` says that packed answers are wanted."""
    if not 200 <= status < 300:
        wait_s = float(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else 0.0
        raise Unusable("SUBGRAPH_STATUS", f"status {status}", again=status in _AGAIN, wait_s=wait_s, its_fault=status >= 500)
    known = encoding == "identity" or (packed and encoding in ("gzip", "x-gzip", "deflate"))
    if content_type not in _JSON_TYPES or not known:
        raise Unusable("SUBGRAPH_MALFORMED", "neither JSON nor packed as was asked")


class Wire:
    """The connections to one subgraph. Every address that is connected to has passed the guard."""

    def __init__(self, rules: Subgraph) -> None:
        url = URL(rules.url)
        self._rules = rules
        self._host, self._port = url.raw_host or "", url.port or 80
        place = f"[{self._host}]" if ":" in self._host else self._host
        place += "" if self._port == 80 else f":{self._port}"
        self._line = f"POST {url.raw_path_qs} HTTP/1.1\r\nHost: {place}\r\nUser-Agent: cellgate\r\n"
        self._resolver = GuardedResolver(AddressPolicy(rules.url, rules.addresses))
        self._addresses: tuple[str, ...] = ()
        self._looked_up = 0.0
        self._heads: dict[tuple[tuple[str, str], ...], bytes] = {}
        self._last: tuple[Mapping[str, str], bytes] | None = None
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._opening = 0
        self._is_closed = False
        # None is leave to make a connection.
        self._waiting: Waiting[Connection | None] = Waiting()

    async def post(self, headers: Mapping[str, str], body: bytes, until: float) -> bytes:
        """The body of the answer. Raises Unusable, TimeoutError, ConnectionError where another attempt may help, and OSError where not."""
        message = b"%b%d\r\n\r\n%b" % (self._head(headers), len(body), body)
        connection = self._found() or await self._made(until)
        try:
            return await connection.start(message, until)
        except BaseException:
            connection.abandon()
            raise

    def close(self) -> None:
        """End all connections, whatever is under way; no more are made."""
        self._is_closed = True
        for each in list(self._all):
            each.close()

    # What connections say.

    def free(self, connection: Connection) -> None:
        """The next one that waits has it."""
        if not self._waiting.give(connection):
            self._idle.append(connection)

    def lost(self, connection: Connection) -> None:
        """The next one that waits may make another."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._waiting.give(None)

    def _found(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
        return None

    async def _made(self, until: float) -> Connection:
        try:
            async with asyncio.timeout_at(until):
                while not self._is_closed:
                    if len(self._all) + self._opening < self._rules.connections:
                        return await self._opened()
                    found = await self._waiting.turn(self._given_on)
                    if found is not None and found.is_usable:
                        return found
                    if (idle := self._found()) is not None:
                        return idle
                raise Disconnected("closed")
        except TimeoutError as late:
            raise late if isinstance(late, Late) else Late("no connection in time") from late

    def _given_on(self, given: Connection | None) -> None:
        if given is None:
            self._waiting.give(None)
        else:
            self.free(given)

    async def _opened(self) -> Connection:
        self._opening += 1
        try:
            async with asyncio.timeout(self._rules.connect_timeout_s):
                connection = await self._connected()
            if self._is_closed:
                connection.close()
                raise Disconnected("closed")
            self._all.add(connection)
            return connection
        except TimeoutError as late:
            raise Late("no connection in time") from late
        finally:
            self._opening -= 1
            if len(self._all) + self._opening < self._rules.connections:
                self._waiting.give(None)

    async def _connected(self) -> Connection:
        failed: OSError | None = None
        loop = asyncio.get_running_loop()
        for address in await self._resolved():
            try:
                _, connection = await loop.create_connection(self._connection, address, self._port)
                return connection
            except TimeoutError:
                raise
            except OSError as refused:
                failed = refused
        raise Disconnected("not connected") from failed

    def _connection(self) -> Connection:
        return Connection(self, self._accepted, self._rules.idle_timeout_s, self._rules.max_bytes)

    async def _resolved(self) -> tuple[str, ...]:
        now = asyncio.get_running_loop().time()
        if not self._addresses or now >= self._looked_up + _NAMES_KEPT_S:
            try:
                found = await self._resolver.resolve(self._host, self._port, socket.AddressFamily.AF_UNSPEC)
            except socket.gaierror as unknown:
                raise Disconnected("no such name") from unknown
            self._addresses = tuple(each["host"] for each in found)
            self._looked_up = now
        return self._addresses

    def _accepted(self, status: int, headers: dict[bytes, bytes]) -> Unpacker | None:
        if status == 200 and headers.get(b"content-type") == b"application/json" and b"content-encoding" not in headers:
            return None
        content_type = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
        encoding = headers.get(b"content-encoding", b"identity").decode("latin-1").strip().lower()
        packed = self._rules.compression == "on"
        accepted(status, content_type, encoding, headers.get(b"retry-after", b"").decode("latin-1"), packed=packed)
        return None if encoding == "identity" else unpacker_of(encoding)

    def _head(self, headers: Mapping[str, str]) -> bytes:
        """Everything before the length of the body. The same headers are the usual thing."""
        if self._last is not None and self._last[0] is headers:
            return self._last[1]
        key = tuple(headers.items())
        head = self._heads.get(key)
        if head is None:
            if any(character in text for pair in key for text in pair for character in "\r\n\0"):
                raise ValueError("a header cannot have line breaks")
            lines = "".join(f"{name}: {value}\r\n" for name, value in key)
            head = (self._line + lines + "Content-Length: ").encode()
            if len(self._heads) >= _MAX_HEADS:
                self._heads.clear()
            self._heads[key] = head
        self._last = headers, head
        return head
