"""This module is in charge of comparing a page of 50 for the largest and the smallest party of each kind, at the door and over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from auth.entitlements import scopes_for
from benchmarks.harness import Figure, Running, table
from benchmarks.scale.parties import Party
from benchmarks.scale.timing import Call, Client, medians
from benchmarks.worlds import BenchWorld
from resolvers.batching import Batch, PageArguments
from resolvers.database import door
from resolvers.database.reading import Reading

FACTOR: Final = 3.0
PAGE: Final = 50
COLUMNS: Final = ("code", "chemistry", "nominal_energy_kwh", "status", "produced_on", "maker")
QUERY: Final = Path(__file__).with_name("page.graphql")


@dataclass(frozen=True, slots=True)
class Case:
    """One way to ask for a page: the door's arguments, the same as variables, and the scope that asking so takes."""

    name: str
    arguments: Mapping[str, Any]
    variables: Mapping[str, Any]
    scope: str | None = None


CASES: Final = (
    Case("default order", {}, {}),
    Case(
        "by state of health",
        {"orderBy": {"field": "state_of_health", "direction": "ASC"}},
        {"orderBy": {"field": "STATE_OF_HEALTH", "direction": "ASC"}},
        "battery:condition",
    ),
    Case("chemistry is LFP", {"filter": {"chemistry": {"eq": "LFP"}}}, {"filter": {"chemistry": {"eq": "LFP"}}}),
)
HEAD: Final = ("party", "rows", "page", "door ms", "factor", "HTTP ms", "factor")


async def compared(made: BenchWorld, found: Sequence[Party], running: Running, tokens: Mapping[str, str], times: int) -> list[Figure]:
    """Print one table; the factors of all kinds of parties must hold."""
    figures: list[Figure] = []
    lines: list[Sequence[str]] = []
    for case in CASES:
        for kind in dict.fromkeys(each.kind for each in found):
            of_kind = [each for each in found if each.kind == kind and case.scope in {None, *scopes_for(each.roles, made.foundation.door.matrix)}]
            if not of_kind:
                continue
            at_door = await medians({each.size: _door_call(made, each, case) for each in of_kind}, times)
            over_http = await medians({each.size: _http_call(running, tokens[each.client_id], case) for each in of_kind}, times)
            for each in of_kind:
                lines.append(_line(each, case, at_door, over_http))
            if len(of_kind) > 1:
                figures.append(Figure(f"{kind}, {case.name}: largest over smallest at the door", _factor(at_door), FACTOR))
                figures.append(Figure(f"{kind}, {case.name}: largest over smallest over HTTP", _factor(over_http), FACTOR))
    print(f"\na page of {PAGE} of {made.options.packs:,} packs, median of {times}\n\n" + table(HEAD, lines), flush=True)
    return figures


def _factor(found: Mapping[str, float]) -> float:
    return found["largest"] / found["smallest"]


def _line(party: Party, case: Case, at_door: Mapping[str, float], over_http: Mapping[str, float]) -> list[str]:
    rows = f"{party.rows:,}" if party.rows else "all"
    line = [f"{party.kind}, {party.size}", rows, case.name]
    for each in (at_door, over_http):
        line += [f"{each[party.size]:.2f}", f"{_factor(each):.2f}" if party.size == "largest" and "smallest" in each else ""]
    return line


def _door_call(made: BenchWorld, party: Party, case: Case) -> Call:
    foundation, moment = made.foundation, made.options.moment
    principal = party.principal(foundation.door.matrix, moment)
    batch = Batch([None], COLUMNS, case.arguments, PageArguments(PAGE))

    async def call(_number: int) -> None:
        reading = Reading(foundation.database, foundation.door, foundation.opaque, principal, moment)
        try:
            page = (await door.packs(reading, batch))[0]
        finally:
            reading.close()
        if not page.rows:
            raise RuntimeError(f"{party.client_id} has no page for {case.name}")

    return call


def _http_call(running: Running, token: str, case: Case) -> Call:
    body = orjson.dumps({"query": QUERY.read_text(encoding="utf-8"), "variables": case.variables})
    return Client(running, token).calling([body])
