"""This module is in charge of slices in processes of their own: one for each core, and one over each copy of the project with a seeded bug.

    python -m tests.oracle.apart <host> <port> <name of a new database> <seed> <worlds> <operations each> [kind of operation …]

prints one JSON object: what was measured; or the difference that was found, and of which kind it is.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from resolvers.database import embedded
from resolvers.database.migrate import migrate
from resolvers.database.pool import Database, Sizes, Target
from resolvers.database.sql import ident, text
from tests.oracle.harness import Broken, Difference, Gateway
from tests.oracle.past_slices import PastSlice
from tests.oracle.setting import RANK_SALT
from tests.oracle.slices import Measured, Slice

PAST: Final = "past"
"""In the place of kinds of operations: questions about the past of worlds that the ledger made."""
ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a slice came to: everything it measured, or the first difference (`kind` is the exception's name)."""

    measured: Measured | None
    kind: str = ""
    text: str = ""


async def slice_apart(server: embedded.Server, name: str, seed: int, worlds: int, each: int, root: Path = ROOT, kinds: tuple[str, ...] = ()) -> Finding:
    """A slice in a process of its own, of the project at `root`, over a new database of that name on the same server."""
    at = server.dsn(embedded.ADMIN)
    words = ["-m", "tests.oracle.apart", at.host, str(at.port), name, str(seed), str(worlds), str(each), *kinds]
    # The same seed gives the same slice in each run: sets of texts come in an order of the process's own otherwise.
    ordered = {**os.environ, "PYTHONHASHSEED": "0"}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *words, cwd=root, env=ordered, stdout=pipe, stderr=pipe)
    out, err = await process.communicate()
    if process.returncode != 0:
        raise AssertionError(f"the slice did not run: {err.decode()[-3000:]}")
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    if "measured" in found:
        return Finding(Measured.from_json(found["measured"]))
    return Finding(None, found["kind"], found["text"])


async def _main(host: str, port: int, name: str, seed: int, worlds: int, each: int, kinds: tuple[str, ...]) -> dict[str, Any]:
    target = Target({"host": host, "port": port, "database": name, "ssl": False}, embedded.ADMIN)
    admin = await asyncpg.connect(host=host, port=port, database="postgres", user=embedded.ADMIN, ssl=False)
    await admin.execute((text("create database ") + ident(name)).compile().text)
    free = await asyncpg.connect(**target.login("admin"))
    try:
        await free.execute("select set_config($1, $2, false)", "cellgate.rank_salt", RANK_SALT)
        await migrate(free)
        gateway = Gateway(Database(target, Sizes(maximum=3)))
        try:
            if PAST in kinds:
                await PastSlice(gateway).run(seed, worlds, each)
                return {"measured": Measured().as_json()}
            return {"measured": (await Slice(gateway, free, kinds).run(seed, worlds, each)).as_json()}
        except (Difference, Broken) as difference:
            return {"kind": type(difference).__name__, "text": str(difference)}
        finally:
            await gateway.database.close()
    finally:
        await free.close()
        await admin.execute((text("drop database ") + ident(name) + text(" with (force)")).compile().text)
        await admin.close()


if __name__ == "__main__":
    # A seeded bug may make the gateway fail at every turn; the difference says enough.
    logging.disable(logging.CRITICAL)
    host_, port_, name_, seed_, worlds_, each_, *kinds_ = sys.argv[1:]
    print(json.dumps(asyncio.run(_main(host_, int(port_), name_, int(seed_), int(worlds_), int(each_), tuple(kinds_)))))
