"""This module is in charge of telling a request that came through a proxy: whoever comes through one on this machine is not this machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_HEADERS: Final = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"})


def is_proxied(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a proxy says of itself that the request passed it; headers as in the ASGI scope."""
    return any(name in _HEADERS for name, _ in headers)
