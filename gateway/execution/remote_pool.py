"""This module is in charge of the connections to one subgraph: how many, to where, and what is kept of them."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from gateway.execution.remote_address import AddressPolicy, AddressRefused, GuardedResolver
from gateway.execution.remote_wire import Wire
from gateway.settings import Subgraph

_KEPT_S = 30.0
# Short, so that a subgraph that moved is found; each look-up is held to the policy again.
_NAMES_KEPT_S = 10


class Pool:
    """The connections of one subgraph: `wire` for plain calls, None where its URL is not for that; `session` for everything else. `async with` closes them."""

    def __init__(self, session: aiohttp.ClientSession, wire: Wire | None) -> None:
        self.session = session
        self.wire = wire

    async def __aenter__(self) -> Pool:
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        if self.wire is not None:
            self.wire.close()
        await self.session.close()


def pool_of(rules: Subgraph) -> Pool:
    """Connections for the subgraph of these settings; to be closed by whoever asked for them. No cookies are kept, and no environment is read."""
    url = URL(rules.url)
    return Pool(_session_of(rules), Wire(rules) if url.scheme == "http" and url.user is None and url.password is None else None)


def _session_of(rules: Subgraph) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=rules.connections,
        resolver=GuardedResolver(AddressPolicy(rules.url, rules.addresses)),
        ttl_dns_cache=_NAMES_KEPT_S,
        keepalive_timeout=_KEPT_S,
    )
    place = _place(URL(rules.url))

    async def there_alone(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        # A redirect of a socket's handshake is followed by the library; an address that is written in it would not be looked up.
        if _place(request.url) != place:
            raise AddressRefused(None, "a redirect leads elsewhere")
        return await handler(request)

    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, middlewares=(there_alone,))


def _place(url: URL) -> tuple[str | None, int | None]:
    return url.host, url.port


async def is_reachable(rules: Subgraph) -> bool:
    """Whether anything listens at the subgraph's address; what it would answer is not asked."""
    parts = urlsplit(rules.url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    resolver = GuardedResolver(AddressPolicy(rules.url, rules.addresses))
    try:
        async with asyncio.timeout(rules.connect_timeout_s):
            found = await resolver.resolve(host, port, socket.AddressFamily.AF_UNSPEC)
            _, writer = await asyncio.open_connection(found[0]["host"], port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
