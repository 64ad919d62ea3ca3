"""This program is in charge of what operations cost that were not asked for before: the gateway's application in this process, one request at a time.

Four kinds of requests for the heavy query: the same text each time; another comment; another alias; another choice of fields (a shape of its own, sixteen
lines in or out by the bits of a counter). CPU of the whole request, then of the stages that prepare it, and the memory that the process holds after so
many of them, one kind after the other. The subgraphs are another process.

    python -m benchmarks.federation.novel [--requests 400] [--kinds known text alias shape]
"""

from __future__ import annotations

import argparse
import logging
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import orjson
import uvloop

from benchmarks.federation.__main__ import HERE, LOAD_CORE, subgraph_server
from benchmarks.harness import started, table
from benchmarks.read.stages import Meter, Metered, asked, booked
from gateway import generation, pipeline
from gateway.generation import Generation
from gateway.open_serving import opened_for_all, supergraph_in
from gateway.operation.cost import CostModel
from gateway.operation.document import Documents
from gateway.settings import Settings

STAGES: Final[dict[str, tuple[tuple[Any, str], ...]]] = {
    "prepare, the rest": ((pipeline, "prepare"), (Generation, "_prepare")),
    "parse": ((Documents, "parse"),),
    "limits": ((generation, "within_limits"),),
    "validate": ((generation, "valid"),),
    "normalise": ((generation, "normalise"),),
    "authorise": ((generation, "authorise"),),
    "plan": ((Generation, "_plan"),),
    "projection": ((Generation, "_projection"),),
    "cost": ((CostModel, "of"),),
    "execute": ((pipeline, "execute"),),
    "respond": ((pipeline, "respond"),),
}
WARM: Final = 30
ROUNDS: Final = 5
EDGE: Final = "edge"
TEXT: Final = (HERE / "heavy.graphql").read_text()


def known(_number: int) -> str:
    """The same text."""
    return TEXT


def text(number: int) -> str:
    """Another comment."""
    return f"{TEXT}\n# {number}"


def alias(number: int) -> str:
    """Another alias."""
    return TEXT.replace("  topProducts {", f"  topProducts {{\n    new{number}: upc", 1)


def shape(number: int) -> str:
    """Another choice of fields: the bits of the number say which of sixteen lines ask for `__typename` instead."""
    lines = TEXT.splitlines()
    for bit, at in enumerate(CHOSEN):
        # Numbers that follow each other should not differ in one line alone.
        if (number * 40503 >> bit) & 1:
            lines[at] = " __typename"
    return "\n".join(lines)


def _chosen() -> list[int]:
    """Sixteen of the lines that select one field or fragment, all fragments still used."""
    seen: set[str] = set()
    found = []
    for at, line in enumerate(TEXT.splitlines()):
        selected = line.strip()
        if selected and selected[-1] not in "{}" and (not selected.startswith("...") or selected in seen):
            found.append(at)
        seen.add(selected)
    return found[:16]


CHOSEN: Final = _chosen()
KINDS: Final[dict[str, Callable[[int], str]]] = {"known": known, "text": text, "alias": alias, "shape": shape}


def memory_mib() -> float:
    """What the process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


async def main(kinds: list[str], requests: int) -> int:
    """All kinds, as one table."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="cellgate-bench-") as folder, started(subgraph_server(), Path(folder), core=LOAD_CORE) as subgraphs:
        file = Path(folder) / "supergraph.graphql"
        file.write_text((HERE / "supergraph.graphql").read_text().replace("{url}", f"http://127.0.0.1:{subgraphs.port}"))
        for kind in kinds:
            found[kind] = {**await whole(file, KINDS[kind], requests), **await staged(file, KINDS[kind], requests // 2)}
    rows = [[stage, *(f"{found[kind].get(stage, 0):.0f}" for kind in kinds)] for stage in ("the whole", EDGE, *STAGES, "MiB held after")]
    print(table(("µs of CPU a request", *kinds), rows))
    return 0


async def whole(file: Path, kind: Callable[[int], str], requests: int) -> dict[str, float]:
    """Microseconds of CPU of one request, the least of some rounds, and what the process holds after them."""
    async with opened_for_all(supergraph_in(file), Settings()) as gateway:
        for number in range(WARM):
            await asked(gateway.app, "none", body_of(kind(number)))
        rounds = []
        for start in range(WARM, WARM + requests, requests // ROUNDS):
            bodies = [body_of(kind(number)) for number in range(start, start + requests // ROUNDS)]
            began = time.process_time_ns()
            for body in bodies:
                await asked(gateway.app, "none", body)
            rounds.append((time.process_time_ns() - began) / len(bodies) / 1000)
        return {"the whole": min(rounds), "MiB held after": held_mib()}


async def staged(file: Path, kind: Callable[[int], str], requests: int) -> dict[str, float]:
    """The medians of the stages, without the stages inside them."""
    meter, spent = Meter(), dict[str, list[int]]()
    with booked(meter, STAGES):
        async with opened_for_all(supergraph_in(file), Settings()) as gateway:
            for number in range(WARM + requests):
                meter.spent = {}
                await Metered(asked(gateway.app, "none", body_of(kind(number))), EDGE, meter)
                for stage, nanoseconds in meter.spent.items() if number >= WARM else ():
                    spent.setdefault(stage, []).append(nanoseconds)
    return {stage: statistics.median(each) / 1000 for stage, each in spent.items()}


def body_of(query: str) -> bytes:
    """The request."""
    return orjson.dumps({"query": query})


def held_mib() -> float:
    """What the process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.federation.novel")
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=KINDS)
    given = parser.parse_args()
    sys.exit(uvloop.run(main(given.kinds, given.requests)))
