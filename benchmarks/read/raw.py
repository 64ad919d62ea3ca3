"""This server is the ceiling: asyncpg and four batched statements behind bare ASGI; no GraphQL, no token, no row policy.

python -m benchmarks.read.raw SOCKET_FOLDER PORT
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg
import orjson
import uvicorn

from benchmarks.read import statements
from benchmarks.read.peers import connect, serve

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

HEADERS: Final = (b"content-type", b"application/json")


class Raw:
    """The application; `variables` of a GraphQL body are all it looks at."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._pool: asyncpg.Pool | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if self._pool is None:
            self._pool = await connect(self._socket)
        chunks: list[bytes] = []
        more = True
        while more:
            message = await receive()
            chunks.append(message.get("body", b""))
            more = message.get("more_body", False)
        body = orjson.dumps({"data": await self._data(orjson.loads(b"".join(chunks)).get("variables") or {})})
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [HEADERS, length]})
        await send({"type": "http.response.body", "body": body})

    async def _data(self, variables: dict[str, Any]) -> dict[str, Any]:
        if self._pool is None or not variables:
            return {}
        async with self._pool.acquire() as connection:
            if "maker" in variables:
                found = await connection.fetch(statements.MANY, variables["maker"])
                return {"batteries": await _whole(connection, found)}
            found = await connection.fetch(statements.ONE, variables["code"])
            return {"battery": next(iter(await _whole(connection, found)), None)}


async def _whole(connection: asyncpg.Connection, packs: list[Any]) -> list[dict[str, Any]]:
    makers = {row["uscc"]: dict(row) for row in await connection.fetch(statements.ENTERPRISES, list({row["maker"] for row in packs}))}
    vehicles = {row["vin"]: dict(row) for row in await connection.fetch(statements.VEHICLES, [row["vin"] for row in packs])}
    events: dict[str, list[dict[str, Any]]] = {}
    for row in await connection.fetch(statements.EVENTS, [row["code"] for row in packs]):
        events.setdefault(row["code"], []).append({"type": row["type"], "occurredAt": row["occurredAt"], "recordedAt": row["recordedAt"]})
    return [
        {
            "code": row["code"],
            "chemistry": row["chemistry"],
            "nominalEnergyKwh": row["nominalEnergyKwh"],
            "stateOfHealth": row["stateOfHealth"],
            "status": row["status"],
            "manufacturer": makers.get(row["maker"]),
            "vehicle": vehicles.get(row["vin"]),
            "events": events.get(row["code"], []),
        }
        for row in packs
    ]


if __name__ == "__main__":
    uvicorn.run(Raw(sys.argv[1]), **serve(sys.argv[2]))
