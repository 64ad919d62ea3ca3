"""This module is in charge of slices of the past: worlds that the ledger made, moments in them, and every answer as of a moment held against the law."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.oracle import ledger_world, past
from tests.oracle.asking import Field, written
from tests.oracle.comparing import Tokens, compare
from tests.oracle.harness import Broken, Difference, Gateway, leaves
from tests.oracle.ledger_corrections import told_otherwise
from tests.oracle.past_operations import PastAsker
from tests.oracle.setting import Party, World
from tests.oracle.slices import WEIGHTS

MOMENTS = 3
TOGETHER = 5


@dataclass(slots=True)
class MeasuredPast:
    """What a slice has been through: `full` answers told a row, `mixed` ones had open and closed values, `other` ones were not those of the present; `found`
    answers told findings, and `since` others than are told of the present, or in another state; `otherwise` are the corrections that came after a moment."""

    worlds: int = 0
    moments: int = 0
    triples: int = 0
    full: int = 0
    mixed: int = 0
    other: int = 0
    found: int = 0
    since: int = 0
    rules: set[str] = field(default_factory=set)
    otherwise: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        asked = max(1, self.triples)
        return (
            f"{self.triples} triples as of {self.moments} moments of {self.worlds} worlds; {self.full / asked:.0%} not empty, "
            f"{self.mixed / asked:.0%} with masked and open values, {self.other / asked:.0%} not as of now, "
            f"{self.found} with findings, {self.since} of them others than now; {' '.join(sorted(self.rules))}; "
            f"told otherwise since {dict(self.otherwise)}"
        )


class PastSlice:
    """Runs over one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.measured = MeasuredPast()

    async def run(self, seed: int, worlds: int, each: int) -> MeasuredPast:
        """`worlds` worlds from that seed, `each` operations as of each of their moments. Difference at the first that is answered otherwise."""
        for number in range(worlds):
            now, then = await ledger_world.make_with_past(self.gateway.database, seed + number, MOMENTS)
            self.measured.worlds += 1
            self.measured.rules.update(row["rule"] for row in now.tables["battery.finding"])
            rng = random.Random(seed + number)
            for as_of, world in then.items():
                self.measured.moments += 1
                self.measured.otherwise += told_otherwise(now) - told_otherwise(world)
                await self.moment(now, world, as_of, rng, each)
        return self.measured

    async def moment(self, now: World, then: World, as_of: datetime, rng: random.Random, each: int) -> None:
        """Questions by several parties as of one moment."""
        for _ in range(0, each, TOGETHER):
            party = self.gateway.as_seen(rng.choices(now.parties, [WEIGHTS[one.roles[0]] for one in now.parties])[0])
            asker, tokens = PastAsker(rng, now, as_of, party), Tokens()
            for operation in [asker.operation() for _ in range(TOGETHER)]:
                await self.one(now, then, as_of, party, operation, tokens)

    async def one(self, now: World, then: World, as_of: datetime, party: Party, operation: tuple[Field, ...], tokens: Tokens) -> None:
        """One triple of world, party and question."""
        expected = past.answer(now, then, as_of, party, operation)
        asked = written(operation, self.gateway.text_of)
        reply = await self.gateway.ask(party, asked)
        try:
            compare(reply, expected, tokens)
        except (Difference, Broken) as difference:
            told = f"world {now.seed}, {party.uscc} {party.roles} {sorted(party.categories)} as of {as_of}: {difference}\n{asked.text}\n{asked.variables}"
            raise type(difference)(told) from None
        measured = self.measured
        measured.triples += 1
        measured.full += bool(expected.rows)
        measured.mixed += bool(expected.redactions) and any(each is not None for each in leaves(reply.json["data"]))
        present = past.answer(now, now, as_of, party, operation)
        measured.other += present.data != expected.data
        found = findings(expected.data)
        measured.found += any(found)
        measured.since += any(found) and found != findings(present.data)


def findings(data: Any) -> list[Any]:
    """Those of the batteries of an answer."""
    return [each["findings"]["nodes"] for each in data.values() if isinstance(each, dict) and each.get("findings")]
