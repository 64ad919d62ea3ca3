"""This module is in charge of comparing one battery by its code between a small world and a large one, at the door and over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

from benchmarks.harness import Figure, Running, table
from benchmarks.scale.parties import Party
from benchmarks.scale.timing import Call, Client, medians
from benchmarks.worlds import BenchWorld
from resolvers.batching import Batch, PageArguments
from resolvers.database import door
from resolvers.database.reading import Reading

RATIO: Final = 1.3
QUERY: Final = Path(__file__).with_name("one.graphql")
CODES: Final = "select code from battery.pack where maker = $1 and status = 'IN_SERVICE' order by md5(code) limit 500"
PACK: Final = ("code", "chemistry", "nominal_energy_kwh", "status", "maker")
HEAD: Final = ("packs", "door ms", "ratio", "HTTP ms", "ratio")


async def compared(worlds: Mapping[int, BenchWorld], running: Mapping[int, Running], tokens: Mapping[int, str], party: Party, times: int) -> list[Figure]:
    """Print a table of the worlds by size; what the largest takes of the smallest's time must hold."""
    codes = {packs: [row[0] for row in await made.rows(CODES, party.uscc)] for packs, made in worlds.items()}
    at_door = await medians({str(packs): _door_call(made, party, codes[packs]) for packs, made in worlds.items()}, times)
    calls: dict[str, Call] = {}
    text = QUERY.read_text(encoding="utf-8")
    for packs, server in running.items():
        bodies = [orjson.dumps({"query": text, "variables": {"code": code}}) for code in codes[packs]]
        calls[str(packs)] = Client(server, tokens[packs]).calling(bodies)
    over_http = await medians(calls, times)
    small, large = str(min(worlds)), str(max(worlds))
    lines: list[list[str]] = []
    for each in at_door:
        ratios = (found[each] / found[small] for found in (at_door, over_http))
        lines.append([f"{int(each):,}", f"{at_door[each]:.3f}", f"{next(ratios):.2f}", f"{over_http[each]:.3f}", f"{next(ratios):.2f}"])
    print(f"\none battery by code with manufacturer, vehicle and five events, as its maker, median of {times}\n\n" + table(HEAD, lines), flush=True)
    return [
        Figure(f"one battery by code at the door: {large} packs over {small}", at_door[large] / at_door[small], RATIO),
        Figure(f"one battery by code over HTTP: {large} packs over {small}", over_http[large] / over_http[small], RATIO),
    ]


def _door_call(made: BenchWorld, party: Party, codes: list[str]) -> Call:
    foundation, moment = made.foundation, made.options.moment
    principal = party.principal(foundation.door.matrix, moment)

    async def call(number: int) -> None:
        code = [codes[number % len(codes)]]
        reading = Reading(foundation.database, foundation.door, foundation.opaque, principal, moment)
        try:
            (row,) = await door.pack_by_code(reading, Batch(code, PACK, exact=True))
            await door.enterprise_by_uscc(reading, Batch([row["maker"]], ("uscc", "name")))
            await door.vehicle_of_pack(reading, Batch(code, ("model_name",)))
            await door.events(reading, Batch(code, ("type", "occurred_at"), page=PageArguments(5), exact=True))
        finally:
            reading.close()

    return call
