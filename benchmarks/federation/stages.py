"""This program is in charge of where the time of one federated request goes: the gateway's application in this process, one request at a time, and beside it
the program written by hand for the same two queries.

Each stage is measured while it runs, without what it waits for and without the stages inside it; medians over requests. The subgraphs are another process.

    python -m benchmarks.federation.stages [--requests 1500]
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
import uvloop

from benchmarks.federation.__main__ import HERE, LOAD_CORE, subgraph_server
from benchmarks.federation.ceiling import client
from benchmarks.federation.ceiling_plans import Send, heavy, small
from benchmarks.harness import started, table
from benchmarks.read.stages import Meter, Metered, asked, booked
from gateway import pipeline
from gateway.edge import graphql
from gateway.execution import remote, run
from gateway.execution.batching import BatchingSubgraph
from gateway.execution.remote import HttpSubgraph
from gateway.execution.remote_connection import Connection
from gateway.execution.remote_wire import Wire
from gateway.open_serving import OpenDoor, opened_for_all, supergraph_in
from gateway.operation.variables import Variables
from gateway.settings import Settings

WARM: Final = 200
ROUNDS: Final = 5
PLANS: Final[dict[str, Callable[[Send], Awaitable[bytes]]]] = {"heavy": heavy, "small": small}
# Stage: where it is (owner, name), outermost first.
STAGES: Final[dict[str, tuple[tuple[Any, str], ...]]] = {
    "authenticate (nobody)": ((OpenDoor, "authenticate"),),
    "pipeline": ((graphql, "run"),),
    "prepare (known operation)": ((pipeline, "prepare"),),
    "variables": ((Variables, "coerce"),),
    "execute: walk the plan": ((pipeline, "execute"), (run._Run, "_chain")),
    "execute: collect entities": ((run, "collected"),),
    "execute: merge": ((run._Run, "_take_entities"), (run._Run, "_take_data")),
    "call: find what says the same": ((BatchingSubgraph, "fetch_together"),),
    "call: breaker, deadline, retries": ((HttpSubgraph, "fetch"), (HttpSubgraph, "fetch_together")),
    "call: body": ((remote, "body_of"),),
    "call: head and connection": ((Wire, "post"),),
    "call: write": ((Connection, "start"),),
    "call: parse HTTP": ((Connection, "data_received"),),
    "call: read by type": ((HttpSubgraph, "_read_answer"),),
    "respond: project and encode": ((pipeline, "respond"),),
}
EDGE: Final = "edge"
# Booking takes time itself, mostly where a stage has many steps.
REST: Final = "event loop, sockets, less the booking"


def body_of(name: str) -> bytes:
    """The request."""
    return orjson.dumps({"query": (HERE / f"{name}.graphql").read_text()})


async def whole(ask: Callable[[], Awaitable[object]], requests: int) -> float:
    """Microseconds of CPU of one request, the least of some rounds."""
    for _ in range(WARM):
        await ask()
    found = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        for _ in range(requests // ROUNDS):
            await ask()
        found.append((time.process_time_ns() - began) / (requests // ROUNDS))
    return min(found) / 1000


async def staged(supergraph: Path, name: str, requests: int) -> list[tuple[str, float]]:
    """(stage, microseconds), the whole first."""
    body = body_of(name)
    async with opened_for_all(supergraph_in(supergraph), Settings()) as gateway:
        total = await whole(lambda: asked(gateway.app, "none", body), requests)
    meter = Meter()
    spent: dict[str, list[int]] = {}
    # The loop keeps what it calls when a connection is made: the booked gateway is another one.
    with booked(meter, STAGES):
        async with opened_for_all(supergraph_in(supergraph), Settings()) as gateway:
            for number in range(WARM + requests):
                meter.spent = {}
                await Metered(asked(gateway.app, "none", body), EDGE, meter)
                for stage, nanoseconds in meter.spent.items() if number >= WARM else ():
                    spent.setdefault(stage, []).append(nanoseconds)
    found = [(stage, statistics.median(spent.get(stage, [0])) / 1000) for stage in (EDGE, *STAGES)]
    return [("the whole", total), *found, (REST, total - sum(each for _, each in found))]


async def main(requests: int) -> int:
    """Both queries, as one table."""
    with tempfile.TemporaryDirectory(prefix="cellgate-bench-") as folder, started(subgraph_server(), Path(folder), core=LOAD_CORE) as subgraphs:
        url = f"http://127.0.0.1:{subgraphs.port}"
        supergraph = Path(folder) / "supergraph.graphql"
        supergraph.write_text((HERE / "supergraph.graphql").read_text().replace("{url}", url))
        found = [await staged(supergraph, name, requests) for name in PLANS]
        send = client(url)
        by_hand = [await whole(partial(plan, send), requests) for plan in PLANS.values()]
    rows = [[stage, f"{first:.0f}", f"{second:.0f}"] for (stage, first), (_, second) in zip(*found, strict=True)]
    print(table(("stage, µs of CPU a request", *PLANS), [*rows, ["written by hand, the whole, without edge", *(f"{each:.0f}" for each in by_hand)]]))
    return 0


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.federation.stages")
    parser.add_argument("--requests", type=int, default=1_500)
    sys.exit(uvloop.run(main(parser.parse_args().requests)))
