"""This module is in charge of where a subgraph's URL may lead: names are looked up here, and what they stand for is checked before it is connected to.

A name that comes to stand for an address inside (the metadata service of a cloud, a database, this machine) would make
the gateway a way in. The addresses that passed are the ones that are connected to; there is no second look-up.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

_LOOPBACK_NAME: Final = "localhost"
_NAT64: Final = ip_network("64:ff9b::/96")


class AddressRefused(OSError):
    """The name stands for no address that its policy allows."""


class AddressPolicy:
    """Which addresses one URL may stand for: public ones, those in `networks`, the one that the URL is written with, and
    loopback for `localhost`."""

    def __init__(self, url: str, networks: Iterable[str]) -> None:
        self._networks = tuple(ip_network(each) for each in networks)
        host = (urlsplit(url).hostname or "").rstrip(".")
        self._written = _plain(host)
        self._is_localhost = host == _LOOPBACK_NAME

    def allows(self, address: str) -> bool:
        """Whether the address may be connected to."""
        found = _plain(address)
        if found is None:
            return False
        if found == self._written or any(found.version == network.version and found in network for network in self._networks):
            return True
        if self._is_localhost and found.is_loopback:
            return True
        return found.is_global and not found.is_multicast


def _plain(address: str) -> IPv4Address | IPv6Address | None:
    """The address without its zone; an IPv4 address that is written as IPv6 is that IPv4 address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        if found.sixtofour is not None:
            return found.sixtofour
        if found in _NAT64:
            return IPv4Address(int(found) & 0xFFFFFFFF)
    return found


class GuardedResolver(AbstractResolver):
    """Looks names up, and gives only what the policy allows; AddressRefused where that is nothing."""

    def __init__(self, policy: AddressPolicy, inner: AbstractResolver | None = None) -> None:
        self._policy = policy
        self._inner = inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """The addresses of the host that may be connected to."""
        found = await self._inner.resolve(host, port, family)
        allowed = [each for each in found if self._policy.allows(each["host"])]
        if found and not allowed:
            raise AddressRefused(None, "the name stands for addresses that the subgraph's settings do not allow (addresses)")
        return allowed

    async def close(self) -> None:
        """Close the resolver behind."""
        await self._inner.close()
