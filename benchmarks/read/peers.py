"""This module is in charge of what both peers share: a pool as asyncpg's documentation teaches it, and uvicorn at its fastest."""

from __future__ import annotations

from typing import Any

import asyncpg

from resolvers.database.embedded import ADMIN, DATABASE, PORT

# As many as the gateway has for its reader.
CONNECTIONS = 10


async def connect(socket: str) -> asyncpg.Pool:
    """Connections of the superuser: no row-level security stands in the peers' way."""
    return await asyncpg.create_pool(host=socket, port=PORT, user=ADMIN, database=DATABASE, min_size=CONNECTIONS, max_size=CONNECTIONS)


def serve(port: str) -> dict[str, Any]:
    """Arguments of uvicorn.run."""
    return {"host": "127.0.0.1", "port": int(port), "loop": "uvloop", "http": "httptools", "access_log": False, "log_level": "warning", "lifespan": "off"}
