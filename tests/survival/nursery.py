"""This module is in charge of gateways that are killed and started again in no time: everything is imported once, and each gateway is a fork of that.

Run as a program it reads lines: "start" forks a gateway on the one port, and prints its process id when it answers. It knows of no test.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import sys
from pathlib import Path

import uvicorn
import uvloop

from auth.entitlements import load_matrix
from auth.keys import KeyRing, load_or_make
from gateway.app import serving
from gateway.foundation import KEYS, Foundation
from gateway.settings import Limits, Server, Settings
from resolvers.database.pool import Database, Target
from resolvers.database.reading import DoorSettings
from resolvers.ledger.seed import custody_grace
from resolvers.opaque import Opaque


async def serve(listener: socket.socket, base: Path, target: Target, ready: int) -> None:
    """One gateway, until it is killed; a byte to `ready` says that it answers."""
    database = Database(target)
    keys = base / KEYS
    ring = load_or_make(keys)
    foundation = Foundation(base, database, KeyRing(keys, ring), DoorSettings(load_matrix(), await custody_grace(database)), Opaque(ring.pseudonym))
    settings = Settings(server=Server(port=listener.getsockname()[1]), limits=Limits(exact_code_misses_per_minute=0))
    async with serving(settings, foundation) as gateway:
        server = uvicorn.Server(uvicorn.Config(gateway.app, lifespan="off", log_level="critical", access_log=False))
        serving_ = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.002)
        os.write(ready, b".")
        await serving_


def main() -> None:
    """Fork a gateway for each line that is read."""
    base, connect, admin = sys.argv[1:]
    target = Target(json.loads(connect), admin)
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listener.getsockname()[1], flush=True)
    gc.freeze()
    for _ in sys.stdin:
        theirs, ours = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(theirs)
            uvloop.run(serve(listener, Path(base), target, ours))
            os._exit(0)
        os.close(ours)
        answered = os.read(theirs, 1)
        os.close(theirs)
        print(process if answered else 0, flush=True)
        # The dead are buried without being waited for.
        os.waitpid(-1, os.WNOHANG)


if __name__ == "__main__":
    main()
