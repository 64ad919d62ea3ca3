"""This module is in charge of GET /metrics: told to this machine, or to who has its token, and not there for anybody else."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from ipaddress import ip_address

from starlette.types import Receive, Scope, Send

from gateway.edge.proxied import is_proxied
from gateway.errors import ClientError, error_body


class MetricsEndpoint:
    """The text of `read` for a caller who may have it; for others the answer is that of an address where nothing is.

    Without a `token` that is a direct connection from a loopback address; with one it is a bearer of it, from wherever he comes.
    """

    def __init__(self, read: Callable[[], bytes], content_type: str, token: str = "") -> None:
        self._read = read
        self._content_type = content_type.encode("ascii")
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET" or not self._allowed(scope):
            body, status, content_type = error_body([ClientError("NOT_FOUND", "There is nothing at this address.")]), 404, b"application/json"
        else:
            body, status, content_type = self._read(), 200, self._content_type
        headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _allowed(self, scope: Scope) -> bool:
        if self._token:
            given = [value for name, value in scope["headers"] if name == b"authorization"]
            return len(given) == 1 and hmac.compare_digest(given[0], b"Bearer " + self._token)
        return not is_proxied(scope["headers"]) and _is_loopback(scope)


def _is_loopback(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        address = ip_address(client[0]) if client else None
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address is not None and (mapped or address).is_loopback
