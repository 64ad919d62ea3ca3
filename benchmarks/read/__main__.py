"""This program is in charge of comparing how batteries are read with their relations: the gateway, Strawberry, and bare asyncpg.

All answer from the same tables, pinned to one core, under the same load. The gateway alone checks a token, the
caller's row policy and row-level security. Exit 1 when a figure that must hold does not.

    python -m benchmarks.read [--data FOLDER] [--packs 20000] [--rounds 3] [--seconds 6]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.harness import Contender, Figure, Load, Pace, Round, Running, answer, compare, median, require, started, table, verdict
from benchmarks.program import ended
from benchmarks.worlds import BY_REQUEST_ALONE, BenchWorld, demo_command, kept_in, world
from gateway.console import explained
from resolvers.demo.clients import fetch_demo_token

HERE: Final = Path(__file__).parent
GATEWAY, STRAWBERRY, CACHED, RAW = "cellgate", "strawberry + aiodataloader", "the same, operations cached", "raw asyncpg"
PARTY: Final = "miit"
# battery, manufacturer, vehicle, events
ROW_BEARING: Final = 4
OVER_STRAWBERRY: Final = 8.0
OF_RAW: Final = 0.4
CHECKED: Final = 5
MAKERS: Final = """
select maker from battery.pack where status = 'IN_SERVICE' group by maker having count(*) >= 50 order by maker"""
CODES: Final = "select code from battery.pack where status = 'IN_SERVICE' order by md5(code) limit 2000"
Variables = Mapping[str, Any]


async def main(data: Path | None, packs: int, pace: Pace) -> int:
    """The whole comparison."""
    require("wrk", "taskset", cores=2)
    with kept_in(data) as folder, tempfile.TemporaryDirectory() as logs:
        async with world(folder / f"world-{packs}", packs) as made:
            queries = {
                "many": [{"maker": row[0]} for row in await made.rows(MAKERS)],
                "one": [{"code": row[0]} for row in await made.rows(CODES)],
            }
            statements = {name: await statements_sent(made, name, variables[0]) for name, variables in queries.items()}
            with contextlib.ExitStack() as stack:
                running = {each.name: stack.enter_context(started(each, Path(logs))) for each in contenders(made)}
                token = await fetch_demo_token(f"http://127.0.0.1:{running[GATEWAY].port}", made.folder, PARTY)
                figures = [figure for name, all_of in queries.items() for figure in one_query(name, all_of, running, token, pace)]
    figures += [Figure(f"{name}: statements for {ROW_BEARING} row-bearing selections", sent, ROW_BEARING) for name, sent in statements.items()]
    return verdict(figures)


def contenders(made: BenchWorld) -> list[Contender]:
    """The gateway first, then its peers."""
    socket = str(made.foundation.database.target.connect["host"])
    return [
        Contender(GATEWAY, tuple(demo_command(sys.executable, made.folder, made.options.packs)), environment=BY_REQUEST_ALONE),
        Contender(STRAWBERRY, (sys.executable, "-P", "-m", "benchmarks.read.with_strawberry", socket, "{port}")),
        Contender(CACHED, (sys.executable, "-P", "-m", "benchmarks.read.with_strawberry", socket, "{port}", "cached")),
        Contender(RAW, (sys.executable, "-P", "-m", "benchmarks.read.raw", socket, "{port}")),
    ]


async def statements_sent(made: BenchWorld, query: str, variables: Variables) -> int:
    """How many statements the gateway sends to answer the query once."""
    told = await explained(HERE / f"{query}.graphql", PARTY, orjson.dumps(variables).decode(), made.settings)
    return told.count("-- statement ")


def one_query(name: str, all_of: Sequence[Variables], running: Mapping[str, Running], token: str, pace: Pace) -> list[Figure]:
    """Check the answers, measure, print the table; the figures that must hold."""
    own, peers = (HERE / f"{name}.graphql").read_text(), (HERE / f"{name}.strawberry.graphql").read_text()
    loads = {
        GATEWAY: Load(bodies(own, all_of), {"Authorization": "Bearer " + token}),
        **{each: Load(bodies(peers, all_of)) for each in running if each != GATEWAY},
    }
    size = checked(running, loads)
    found = compare(loads, running, pace)
    checked(running, loads)
    print(f"\n{name}: {size}; {len(all_of)} sets of variables in turn, 50 connections, {pace.rounds} rounds of {pace.seconds} s, medians\n")
    print(table(HEAD, [row(each, found) for each in found]) + "\n", flush=True)
    errors = sum(each.errors for rounds in found.values() for each in rounds)
    ours = median(found[GATEWAY])
    return [
        Figure(f"{name}: times the requests per second of {STRAWBERRY}", ours / median(found[STRAWBERRY]), OVER_STRAWBERRY, at_least=True),
        Figure(f"{name}: share of the requests per second of {RAW}", ours / median(found[RAW]), OF_RAW, at_least=True),
        Figure(f"{name}: failed requests", errors, 0),
    ]


def bodies(text: str, all_of: Sequence[Variables]) -> list[bytes]:
    """One request for each set of variables."""
    return [orjson.dumps({"query": text, "variables": variables}) for variables in all_of]


def checked(running: Mapping[str, Running], loads: Mapping[str, Load]) -> str:
    """Every contender gives the same batteries, makers, vehicles and events, or this raises; says how large an answer is."""
    batteries = events = 0
    for number in range(min(CHECKED, len(loads[GATEWAY].bodies))):
        plain = {name: flat(answer(running[name], load, load.bodies[number])) for name, load in loads.items()}
        for name, each in plain.items():
            if each != plain[GATEWAY]:
                raise RuntimeError(f"{name} answers request {number} otherwise than {GATEWAY}:\n{each}\n{plain[GATEWAY]}"[:4000])
        first = next(iter(plain[GATEWAY].values()))
        listed = first if isinstance(first, list) else [first]
        batteries, events = batteries + len(listed), events + sum(len(each["events"]) for each in listed)
    return f"{batteries / CHECKED:g} batteries an answer with manufacturer and vehicle, {events / batteries:.1f} events each"


def flat(value: Any) -> Any:
    """An answer without the form it came in: connections as lists, times as instants."""
    match value:
        case {"edges": list(edges)}:
            return [flat(edge["node"]) for edge in edges]
        case dict():
            return {name: flat(each) for name, each in value.items()}
        case list():
            return [flat(each) for each in value]
        case str() if len(value) > 10 and value[4:5] == "-" and value[10:11] == "T":
            return datetime.fromisoformat(value)
        case _:
            return value


HEAD: Final = ("contender", "requests/s", "min-max", "cellgate is", "p50 ms", "p95", "p99", "own CPU")


def row(name: str, found: Mapping[str, Sequence[Round]]) -> list[str]:
    """One line of the table."""
    rounds = found[name]
    rates = [each.rps for each in rounds]
    ratio = median(found[GATEWAY]) / median(rounds)
    latencies = [f"{median(rounds, each):.1f}" for each in ("p50", "p95", "p99")]
    return [name, f"{median(rounds):.0f}", f"{min(rates):.0f}-{max(rates):.0f}", f"{ratio:.2f} x", *latencies, f"{median(rounds, 'cpu'):.2f}"]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.read", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--packs", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=Pace().rounds)
    parser.add_argument("--seconds", type=int, default=Pace().seconds)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    ended(lambda: asyncio.run(main(given.data, given.packs, Pace(min(3, given.seconds), given.seconds, given.rounds))))
