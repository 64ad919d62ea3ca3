"""Signal 9 to the gateway or to the database at random moments of mutations, batches and streams: what was acknowledged is there, once, and what was not can
be sent again.

The seed of a run is printed; CELLGATE_SEED repeats it. Committed seeds go with it, so that a run never tests less than the one before.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import pytest

from auth.client_secrets import hash_secret
from auth.clients import Client, RoleGrant, SecretHash
from resolvers.database import embedded
from resolvers.database.auth_store import AuthStore
from resolvers.database.migrate import migrate
from resolvers.database.pool import Database, Target
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.seed import seed_regions
from tests.recording.least import MADE
from tests.recording.world import FIRMS, MODEL, code, registered, rows
from tests.reporting.serving import LONG_AGO, SECRET

ROOT: Final = Path(__file__).resolve().parents[2]
# What is acknowledged has to outlive the server's processes, though not a power cut.
OPTIONS: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "on", "shared_buffers": "32MB", "max_connections": "60"}
MOMENTS: Final = 25
COMMITTED_SEED: Final = 20261125
# Events of a round, and about how long they take: the kill comes somewhere within.
WORK: Final = {"mutations": (4, 0.06), "batch": (80, 0.12), "ingest": (400, 0.3)}
ONE: Final = "mutation ($input: ProducedInput!) { told: reportProduced(input: $input) { outcome } }"
MANY: Final = "mutation ($events: [LifecycleEventInput!]!) { told: reportLifecycleEvents(events: $events) { outcome clientReference } }"
STANDS: Final = {"RECORDED": "new", "REPLAYED": "known", "DUPLICATE": "known"}


@dataclass
class Victims:
    """A database server and a gateway, each of which can be killed and started again."""

    base: Path
    target: Target
    nursery: asyncio.subprocess.Process
    url: str = ""
    gateway: int = 0
    token: str = ""
    acknowledged: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)

    async def start_gateway(self) -> None:
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write(b"start\n")
        self.gateway = int(await self.nursery.stdout.readline())
        assert self.gateway, "the gateway did not start"

    async def kill_gateway(self) -> None:
        os.kill(self.gateway, signal.SIGKILL)
        await self.start_gateway()

    async def kill_database(self) -> None:
        os.kill(int((self.base / "data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        await embedded.ensure(self.base, options=OPTIONS)

    async def take(self, kind: str, events: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Send the events; what became of each that was answered, by reference. Whatever goes wrong on the way ends it."""
        told: dict[str, str] = {}
        headers = {"Authorization": "Bearer " + self.token}
        with contextlib.suppress(aiohttp.ClientError, OSError, ValueError, KeyError, TypeError, asyncio.TimeoutError):
            async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(20)) as http:
                await SENDERS[kind](self, http, events, told)
        return told


async def _mutations(victims: Victims, http: aiohttp.ClientSession, events: Sequence[Mapping[str, Any]], told: dict[str, str]) -> None:
    for each in events:
        given = {name: value for name, value in each.items() if name != "type"}
        async with http.post(victims.url + "/graphql", json={"query": ONE, "variables": {"input": given}}) as response:
            told[each["clientReference"]] = (await response.json())["data"]["told"]["outcome"]


async def _batch(victims: Victims, http: aiohttp.ClientSession, events: Sequence[Mapping[str, Any]], told: dict[str, str]) -> None:
    given = [{"produced": {name: value for name, value in each.items() if name != "type"}} for each in events]
    async with http.post(victims.url + "/graphql", json={"query": MANY, "variables": {"events": given}}) as response:
        told.update({each["clientReference"]: each["outcome"] for each in (await response.json())["data"]["told"]})


async def _ingest(victims: Victims, http: aiohttp.ClientSession, events: Sequence[Mapping[str, Any]], told: dict[str, str]) -> None:
    async def lines() -> AsyncIterator[bytes]:
        for start in range(0, len(events), 40):
            yield b"".join(json.dumps(each).encode() + b"\n" for each in events[start : start + 40])
            await asyncio.sleep(0.005)

    async with http.post(victims.url + "/ingest", data=lines(), headers={"Content-Type": "application/x-ndjson"}) as response:
        async for line in response.content:
            result = json.loads(line)
            if "line" in result:
                told[events[result["line"] - 1]["clientReference"]] = result["status"]


SENDERS: Final = {"mutations": _mutations, "batch": _batch, "ingest": _ingest}


@pytest.fixture(scope="module")
async def victims() -> AsyncIterator[Victims]:
    base = Path(tempfile.mkdtemp(prefix="cellgate-survival-", dir="/tmp"))
    base.chmod(0o755)
    server = await embedded.ensure(base, options=OPTIONS)
    connection = await asyncpg.connect(**server.dsn(embedded.ADMIN)._asdict())
    await migrate(connection)
    await connection.close()
    target = Target.embedded(server)
    database = Database(target)
    await registered(database)
    await seed_regions(database)
    store, granted = AuthStore(database), (RoleGrant("BM", LONG_AGO),)
    await store.grant_roles(FIRMS["maker"], granted)
    secret = SecretHash(hash_secret(SECRET))
    await store.register(Client("maker", FIRMS["maker"], "maker", frozenset({"BM"}), frozenset(), ("compliance",), secret, LONG_AGO, granted=granted))
    await database.close()
    nursery = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.survival.nursery", str(base / "gateway"), json.dumps(dict(target.connect)), str(target.admin),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    (base / "gateway").mkdir()
    assert nursery.stdout is not None
    made = Victims(base, target, nursery, f"http://127.0.0.1:{int(await nursery.stdout.readline())}")
    await made.start_gateway()
    async with aiohttp.ClientSession() as http:
        credentials = {"Authorization": aiohttp.encode_basic_auth("maker", SECRET)}
        async with http.post(made.url + "/oauth/token", data={"grant_type": "client_credentials"}, headers=credentials) as response:
            made.token = (await response.json())["access_token"]
    yield made
    os.kill(made.gateway, signal.SIGKILL)
    nursery.kill()
    await nursery.wait()
    await embedded.stop(server)
    shutil.rmtree(base)


def events_of(start: int, count: int) -> list[dict[str, Any]]:
    made = {"type": "PRODUCED", "occurredAt": "2026-05-06T08:00:00Z", "modelId": MODEL, **MADE}
    return [{**made, "code": code(number), "clientReference": f"r{number}"} for number in range(start, start + count)]


@pytest.mark.parametrize("seed", [COMMITTED_SEED, None], ids=["committed", "fresh"])
async def test_what_was_acknowledged_is_there_once_and_the_rest_can_be_sent_again(victims: Victims, seed: int | None) -> None:
    seed = int(os.environ.get("CELLGATE_SEED") or random.SystemRandom().randrange(1 << 32)) if seed is None else seed
    print(f"seed {seed}: CELLGATE_SEED={seed}")
    draw = random.Random(seed)
    kinds = [*WORK] * MOMENTS
    torn = 0
    for moment in range(MOMENTS):
        kind = kinds[moment]
        count, lasts = WORK[kind]
        events = events_of(len(victims.sent) + 1, count)
        victims.sent |= {each["clientReference"] for each in events}
        sending = asyncio.create_task(victims.take(kind, events))
        await asyncio.sleep(draw.uniform(0, lasts))
        await (victims.kill_database() if draw.random() < 0.3 else victims.kill_gateway())
        before = await sending
        assert set(before.values()) <= STANDS.keys(), (kind, before)
        torn += len(before) < count
        after = await victims.take(kind, events)
        assert after.keys() == {each["clientReference"] for each in events}, (kind, moment)
        assert set(after.values()) <= STANDS.keys()
        assert all(STANDS[after[each]] == "known" for each in before), (kind, moment)
    # A test of kills that all came too late would test nothing.
    assert torn >= MOMENTS // 4
    database = Database(victims.target)
    try:
        found = await rows(database, "select count(*)::int as n, count(distinct code)::int as packs from battery.event")
        assert found == [{"n": len(victims.sent), "packs": len(victims.sent)}]
        for table in ("enterprise.client_reference", "platform.outbox", "battery.pack"):
            assert await rows(database, f"select count(*)::int as n from {table}") == [{"n": len(victims.sent)}], table
        assert [str(each) for each in (await rebuild(database, lambda _stage, _done: None)).differences] == []
    finally:
        await database.close()
