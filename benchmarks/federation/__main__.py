"""This program is in charge of comparing federation gateways: Cellgate, @apollo/gateway, a Rust gateway, and a program written by hand for two queries.

All stand before the same four subgraphs, one core each, in one run; answers are checked against one schema over the same data, before and after the load.
Equal requests in flight are shared by nobody. Exit 1 when a figure that must hold does not, 2 when the comparison could not be made.

    python -m benchmarks.federation [--only heavy small ...] [--rounds 3] [--seconds 4]
"""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.federation import guarded
from benchmarks.federation.peers import APOLLO, CEILING, GUARDED, OWN, apollo, grafbase, own
from benchmarks.harness import Contender, Figure, Load, Missing, Pace, Round, Running, answer, compare, median, post, require, started, table, verdict
from benchmarks.program import ended

HERE: Final = Path(__file__).parent
MEMORY_MIB: Final = 120
# The load and the subgraphs share a core, which has to have time left: it is the gateways that are measured.
LOAD_CORE: Final = "1"


@dataclass(frozen=True, slots=True)
class Trial:
    """One query in one form, and what must hold: (contender, of which other one, at least so many times as fast)."""

    name: str
    file: str
    told_apart_by: str = ""
    left_out: tuple[str, ...] = ()
    bounds: tuple[tuple[str, str, float], ...] = ()


TRIALS: Final = (
    Trial("heavy", "heavy.graphql", bounds=((OWN, APOLLO, 8.0), (GUARDED, OWN, 0.85))),
    Trial("small", "small.graphql", bounds=((OWN, APOLLO, 4.5),)),
    Trial("a new text each time", "heavy.graphql", "\n# @@", (CEILING, GUARDED), ((OWN, APOLLO, 1.0),)),
    Trial("a new operation each time", "heavy.graphql", "alias", (CEILING, GUARDED), ((OWN, APOLLO, 1.0),)),
)


def main(only: Sequence[str], pace: Pace, kept: Path) -> int:
    """The whole comparison."""
    require("wrk", "taskset", cores=2)
    trials = [each for each in TRIALS if not only or each.name.split()[-1] in only or each.name in only]
    with tempfile.TemporaryDirectory(prefix="cellgate-bench-") as folder, contextlib.ExitStack() as stack:
        there = Path(folder)
        subgraphs = stack.enter_context(started(subgraph_server(), there, core=LOAD_CORE))
        running = {each.name: stack.enter_context(started(each, there)) for each in _contenders(there, subgraphs, kept)}
        token = {"Authorization": "Bearer " + (there / guarded.TOKEN).read_text()}
        figures = [figure for trial in trials for figure in _tried(trial, running, subgraphs, token, pace)]
    return verdict(figures)


def subgraph_server() -> Contender:
    """What all gateways stand before."""
    return Contender("subgraphs", (sys.executable, "-P", "-m", "benchmarks.federation.subgraphs", "{port}"), path="/monolith")


def _contenders(folder: Path, subgraphs: Running, kept: Path) -> Iterator[Contender]:
    url = f"http://127.0.0.1:{subgraphs.port}"
    supergraph = folder / "supergraph.graphql"
    supergraph.write_text((HERE / "supergraph.graphql").read_text().replace("{url}", url))
    yield from own(supergraph, sys.executable).values()
    for made in (partial(apollo, supergraph, kept), partial(grafbase, url, folder, kept)):
        try:
            yield made()
        except Missing as missing:
            print(f"left out: {missing}", file=sys.stderr)


def body_of(trial: Trial) -> bytes:
    """The request; `@@` in it stands for what is new each time: a comment, or a field's alias, by which no operation is like another."""
    text = (HERE / trial.file).read_text()
    if trial.told_apart_by == "alias":
        return orjson.dumps({"query": text.replace("  topProducts {", "  topProducts {\n    new@@: upc", 1)})
    return orjson.dumps({"query": text + trial.told_apart_by})


def _tried(trial: Trial, running: Mapping[str, Running], subgraphs: Running, token: Mapping[str, str], pace: Pace) -> list[Figure]:
    body = body_of(trial)
    taking = {name: each for name, each in running.items() if name not in trial.left_out}
    loads = {name: Load((body,), token if name == GUARDED else {}) for name in taking}
    size = _checked(taking, loads, subgraphs)
    fetches = {name: _fetches(taking[name], load, subgraphs) for name, load in loads.items()}
    found = compare(loads, taking, pace)
    _checked(taking, loads, subgraphs)
    print(f"\n{trial.name}: answers of {size:,} bytes; 50 connections, {pace.rounds} rounds of {pace.seconds} s, medians\n")
    print(table(HEAD, [_row(name, found, fetches[name]) for name in found]) + "\n", flush=True)
    figures = [
        Figure(f"{trial.name}: {name}, times {other}", median(found[name]) / median(found[other]), bound, at_least=True)
        for name, other, bound in trial.bounds
        if name in found and other in found
    ]
    if len(figures) < len(trial.bounds):
        raise Missing("a gateway that the figures are told by could not be started")
    memory = max(each.memory for name in (OWN, GUARDED) for each in found.get(name, ()))
    errors = sum(each.errors for rounds in found.values() for each in rounds)
    return [*figures, Figure(f"{trial.name}: MiB of memory", memory, MEMORY_MIB), Figure(f"{trial.name}: failed requests", errors, 0)]


def _checked(running: Mapping[str, Running], loads: Mapping[str, Load], subgraphs: Running) -> int:
    """Every contender answers as one schema over the same data does, key for key in its order, or this raises; gives the size of an answer."""
    body = next(iter(loads.values())).bodies[0].replace(b"@@", b"0")
    right = orjson.loads(post(subgraphs, body)[1])["data"]
    for name, load in loads.items():
        told = answer(running[name], load, body)
        if orjson.dumps(told) != orjson.dumps(right):
            raise RuntimeError(f"{name} answers wrongly: {str(told)[:2000]}")
    return len(orjson.dumps({"data": right}))


def _fetches(running: Running, load: Load, subgraphs: Running) -> int:
    """How many calls of subgraphs one request makes."""
    before = _asked(subgraphs)
    answer(running, load, load.bodies[0].replace(b"@@", b"1"))
    return _asked(subgraphs) - before


def _asked(subgraphs: Running) -> int:
    counting = replace(subgraphs, contender=replace(subgraphs.contender, path="/requests"))
    counts: dict[str, Any] = orjson.loads(post(counting, b"")[1])
    return sum(times for path, times in counts.items() if path != "/monolith")


HEAD: Final = ("gateway", "requests/s", "min-max", "times apollo", "p50 ms", "p95", "p99", "own CPU", "µs CPU each", "MiB", "fetches")


def _row(name: str, found: Mapping[str, Sequence[Round]], fetches: int) -> list[str]:
    rounds = found[name]
    rates = [each.rps for each in rounds]
    ratio = f"{median(rounds) / median(found[APOLLO]):.2f}" if APOLLO in found else ""
    latencies = [f"{median(rounds, each):.1f}" for each in ("p50", "p95", "p99")]
    each_us = median([replace(each, cpu=each.cpu / each.rps * 1e6 if each.rps else math.nan) for each in rounds], "cpu")
    figures = [f"{median(rounds, 'cpu'):.2f}", f"{each_us:.0f}", f"{max(each.memory for each in rounds):.0f}", str(fetches)]
    return [name, f"{median(rounds):.0f}", f"{min(rates):.0f}-{max(rates):.0f}", ratio, *latencies, *figures]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="benchmarks.federation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that keeps the other gateways' packages (default: in the temporary folder)")
    parser.add_argument("--only", nargs="*", default=(), help="trials: " + ", ".join(each.name for each in TRIALS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    given = parser.parse_args()
    ended(lambda: main(given.only, Pace(2, given.seconds, given.rounds), given.data or Path(tempfile.gettempdir())))
