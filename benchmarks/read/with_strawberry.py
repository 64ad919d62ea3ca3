"""This server is the usual way: Strawberry over the same tables, and a DataLoader for each relation.

    python -m benchmarks.read.with_strawberry SOCKET_FOLDER PORT [cached]

With `cached` Strawberry's extensions keep parsed and validated operations.
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any, Final

import asyncpg
import strawberry
import uvicorn
from aiodataloader import DataLoader
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.read import statements
from benchmarks.read.peers import connect, serve

CACHES: Final = (lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100))


@strawberry.type
class Enterprise:
    """A maker."""

    uscc: str
    name: str
    name_en: str | None


@strawberry.type
class Vehicle:
    """The vehicle that a pack is in."""

    vin: str
    model_name: str


@strawberry.type
class Event:
    """Something that happened to a pack."""

    type: str
    occurred_at: datetime
    recorded_at: datetime


@strawberry.type
class Battery:
    """A pack."""

    code: str
    chemistry: str
    nominal_energy_kwh: float
    state_of_health: float | None
    status: str
    maker: strawberry.Private[str]
    vin: strawberry.Private[str | None]

    @strawberry.field
    async def manufacturer(self, info: strawberry.Info) -> Enterprise | None:
        found: Enterprise | None = await info.context["enterprises"].load(self.maker)
        return found

    @strawberry.field
    async def vehicle(self, info: strawberry.Info) -> Vehicle | None:
        found: Vehicle | None = await info.context["vehicles"].load(self.vin) if self.vin else None
        return found

    @strawberry.field
    async def events(self, info: strawberry.Info) -> list[Event]:
        found: list[Event] = await info.context["events"].load(self.code)
        return found


@strawberry.type
class Query:
    """Packs of a maker, or one by its code."""

    @strawberry.field
    async def batteries(self, info: strawberry.Info, maker: str) -> list[Battery]:
        return [_battery(row) for row in await info.context["pool"].fetch(statements.MANY, maker)]

    @strawberry.field
    async def battery(self, info: strawberry.Info, code: str) -> Battery | None:
        row = await info.context["pool"].fetchrow(statements.ONE, code)
        return _battery(row) if row is not None else None


def _battery(row: Any) -> Battery:
    return Battery(
        code=row["code"],
        chemistry=row["chemistry"],
        nominal_energy_kwh=row["nominalEnergyKwh"],
        state_of_health=row["stateOfHealth"],
        status=row["status"],
        maker=row["maker"],
        vin=row["vin"],
    )


def loaders(pool: asyncpg.Pool) -> dict[str, Any]:
    """The context of one request."""

    async def enterprises(keys: list[str]) -> list[Enterprise | None]:
        found = {row["uscc"]: Enterprise(uscc=row["uscc"], name=row["name"], name_en=row["nameEn"]) for row in await pool.fetch(statements.ENTERPRISES, keys)}
        return [found.get(key) for key in keys]

    async def vehicles(keys: list[str]) -> list[Vehicle | None]:
        found = {row["vin"]: Vehicle(vin=row["vin"], model_name=row["modelName"]) for row in await pool.fetch(statements.VEHICLES, keys)}
        return [found.get(key) for key in keys]

    async def events(keys: list[str]) -> list[list[Event]]:
        found: dict[str, list[Event]] = {}
        for row in await pool.fetch(statements.EVENTS, keys):
            found.setdefault(row["code"], []).append(Event(type=row["type"], occurred_at=row["occurredAt"], recorded_at=row["recordedAt"]))
        return [found.get(key, []) for key in keys]

    return {"pool": pool, "enterprises": DataLoader(enterprises), "vehicles": DataLoader(vehicles), "events": DataLoader(events)}


class App(GraphQL[Any, Any]):
    """Strawberry's own ASGI view, with a pool made at the first request."""

    pool: asyncpg.Pool | None = None
    socket: str = ""

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        if self.pool is None:
            self.pool = await connect(self.socket)
        return loaders(self.pool)


if __name__ == "__main__":
    app = App(strawberry.Schema(Query, extensions=CACHES if "cached" in sys.argv[3:] else ()), graphql_ide=None)
    app.socket = sys.argv[1]
    uvicorn.run(app, **serve(sys.argv[2]))
