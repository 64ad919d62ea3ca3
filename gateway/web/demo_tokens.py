"""This module is in charge of the demonstration's tokens, one click away: two addresses that only `cellgate demo` has, and only on loopback.

The tokens are those that `cellgate token` prints, of the same clients by the same token endpoint, and open synthetic data alone.
Still no other page may fetch them: what a browser is told to send from elsewhere comes without our header, and a name that
was bound to this host behind the browser's back (DNS rebinding) is not one of the host's own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.edge.proxied import is_proxied
from resolvers.demo.clients import DemoParty, DemoTokenRefused

HEADER: Final = "x-cellgate-demo"
NO_STORE: Final = {"cache-control": "no-store"}

Fetch = Callable[[str], Awaitable[str]]
"""A party's name in the demonstration to an access token of it; raises DemoTokenRefused."""


def on_loopback(host: str) -> bool:
    """Whether that name or address of ours is reached from this host alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def demo_routes(parties: Mapping[str, DemoParty], fetch: Fetch) -> list[BaseRoute]:
    """GET /demo/parties and POST /demo/tokens/{party}; not found for whoever is not a page of this host."""

    async def listed(request: Request) -> Response:
        _admit(request)
        return JSONResponse({"parties": [{"id": name, "name": party.name, "nameZh": party.name_zh} for name, party in parties.items()]}, headers=NO_STORE)

    async def token(request: Request) -> Response:
        _admit(request)
        party = request.path_params["party"]
        if party not in parties:
            raise HTTPException(404)
        try:
            return JSONResponse({"access_token": await fetch(party)}, headers=NO_STORE)
        except DemoTokenRefused as refused:
            error = {"message": refused.message, "extensions": {"code": refused.code}}
            return JSONResponse({"errors": [error]}, 502, headers=NO_STORE)

    return [Route("/demo/parties", listed, methods=["GET"]), Route("/demo/tokens/{party}", token, methods=["POST"])]


def _admit(request: Request) -> None:
    try:
        asked = urlsplit("//" + request.headers.get("host", "")).hostname or ""
    except ValueError:
        asked = ""
    client = request.client.host if request.client else ""
    is_ours = on_loopback(client) and on_loopback(asked) and not is_proxied(request.scope["headers"])
    if not (is_ours and request.headers.get(HEADER) == "1"):
        raise HTTPException(404)
