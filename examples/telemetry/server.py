"""This module is in charge of an automaker's own subgraph: what its vehicles report of their batteries, joined to the graph by the battery's code.

    python server.py --gateway http://127.0.0.1:4000 --port 4100

It stands for a service of somebody else's: it knows nothing of Cellgate but its public keys. The values are made up from the code, so that the same
battery has the same ones; a service of a real automaker would read them from where its vehicles send them.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from graphql import ExecutionResult, build_schema, graphql
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SDL = Path(__file__).with_name("schema.graphql").read_text(encoding="utf-8")
# What every subgraph has beside its own schema (Apollo Federation, subgraph specification).
MACHINERY = """
scalar _Any
scalar FieldSet
union _Entity = Battery
type _Service { sdl: String! }
type Query { _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }
directive @key(fields: String!) repeatable on OBJECT
directive @link(url: String!, import: [String!]) repeatable on SCHEMA
directive @composeDirective(name: String!) repeatable on SCHEMA
"""
SCHEMA = build_schema(SDL + MACHINERY)
AUDIENCE = "urn:cellgate:subgraph:telemetry"
SILENT = 8  # one pack in so many never reported
Verify = Callable[[str], Awaitable[bool]]


class Root:
    """The two fields of Query."""

    def _service(self, _info: Any) -> dict[str, str]:
        return {"sdl": SDL}

    def _entities(self, _info: Any, representations: list[dict[str, str]]) -> list[dict[str, Any]]:
        return [battery(each["code"]) for each in representations]


def battery(code: str) -> dict[str, Any]:
    """The battery of that code, with its last report."""
    seed = hashlib.sha256(code.encode()).digest()
    measured = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=int.from_bytes(seed[2:4], "big") % 20_000)
    report = {"stateOfCharge": round(5 + seed[0] / 255 * 95, 1), "temperature": round(-5 + seed[1] / 255 * 50, 1), "measuredAt": measured.isoformat()}
    return {"__typename": "Battery", "code": code, "telemetry": None if seed[4] % SILENT == 0 else report}


def application(verify: Verify) -> Starlette:
    """The service; `verify` says whether a bearer token is the gateway's, made for this subgraph."""

    async def answer(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        body = await request.json()
        # Anybody may read the schema; of data only the gateway asks.
        if body.get("query") != "{_service{sdl}}" and not (scheme == "Bearer" and await verify(token)):
            return JSONResponse({"errors": [{"message": "The gateway's token is needed."}]}, 401)
        result: ExecutionResult = await graphql(SCHEMA, body["query"], Root(), variable_values=body.get("variables"))
        return JSONResponse(result.formatted)

    return Starlette(routes=[Route("/graphql", answer, methods=["POST"])])


class GatewayKeys:
    """Verifies tokens with the gateway's public keys, fetched when a token is of a key that is not known."""

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self._keys: KeySet | None = None

    async def verify(self, token: str) -> bool:
        """Whether the token is the gateway's, for this subgraph, and still good."""
        for fetch in (self._keys is None, True):
            if fetch:
                async with aiohttp.ClientSession() as client, client.get(self._gateway + "/oauth/jwks.json") as response:
                    self._keys = KeySet.import_key_set(await response.json())
            try:
                claims = jwt.decode(token, self._keys, algorithms=["ES256"]).claims
                rules = jwt.JWTClaimsRegistry(
                    iss={"essential": True, "value": self._gateway}, aud={"essential": True, "value": AUDIENCE}, exp={"essential": True}
                )
                rules.validate(claims)
            except (JoseError, ValueError):
                continue
            return True
        return False


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gateway", required=True, help="issuer of the gateway, as http://127.0.0.1:4000")
    parser.add_argument("--port", type=int, default=4100)
    given = parser.parse_args()
    uvicorn.run(application(GatewayKeys(given.gateway).verify), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
