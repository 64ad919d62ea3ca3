"""This module is in charge of the connections to one subgraph: how many, to where, and what is kept of them."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from gateway.execution.remote_address import AddressPolicy, AddressRefused, GuardedResolver
from gateway.settings import Subgraph

_KEPT_S = 30.0
# Short, so that a subgraph that moved is found; each look-up is held to the policy again.
_NAMES_KEPT_S = 10


def pool_of(rules: Subgraph) -> aiohttp.ClientSession:
    """A session for the subgraph of these settings; to be closed by whoever asked for it. It keeps no cookies and reads no environment."""
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
