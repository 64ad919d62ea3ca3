"""This module is in charge of a slice: so many worlds, so many operations in each, every answer compared, every floor measured."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import asyncpg

from tests.oracle import oracle, world
from tests.oracle.asking import Arg, Field, Token, Written, written
from tests.oracle.comparing import Tokens, compare, compare_refusal
from tests.oracle.harness import Broken, Difference, Gateway, Reply, leaves
from tests.oracle.interference import other_world
from tests.oracle.law import RIGHTS, Right
from tests.oracle.loading import load
from tests.oracle.locking import check_rows
from tests.oracle.operations import Asker, Operation, turned
from tests.oracle.setting import Party, World
from tests.oracle.telling import Answer

HITS: Final = 5
TOGETHER: Final = 5
PAGES: Final = 6
# How often a party of that first role is asked for, against each other: those to whom most is partly open come most.
WEIGHTS: Final[dict[str, float]] = {"BM": 3, "OEM": 3, "SW": 4, "RS": 3, "SD": 3, "CU": 5, "PR": 2.5, "MI": 2, "ME": 3.5, "SA": 2.5, "PB": 2}


class Interference(Difference):
    """Two worlds that a party may not tell apart give it different answers."""


@dataclass(slots=True)
class Measured:
    """What a slice has been through. `uses` counts answers in which a right stood behind a row."""

    worlds: int = 0
    triples: int = 0
    pages: int = 0
    pairs: int = 0
    statements: int = 0
    full: int = 0
    mixed: int = 0
    refused: int = 0
    uses: Counter[Right] = field(default_factory=Counter)

    def __add__(self, other: Measured) -> Measured:
        numbers = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        return Measured(**numbers)

    def as_json(self) -> dict[str, Any]:
        """To be read by `from_json` in another process."""
        numbers = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**numbers, "uses": [[*right, count] for right, count in self.uses.items()]}

    @staticmethod
    def from_json(given: dict[str, Any]) -> Measured:
        """What `as_json` told."""
        return Measured(**{**given, "uses": Counter({Right(*each[:-1]): each[-1] for each in given["uses"]})})

    def rare(self, least: int = HITS) -> list[str]:
        """Rights of the matrix that were hit less often than that."""
        return [f"{'/'.join(each)}: {self.uses[each]}" for each in RIGHTS if self.uses[each] < least]

    def __str__(self) -> str:
        asked = max(1, self.triples)
        least = min((self.uses[each] for each in RIGHTS), default=0)
        return (
            f"{self.triples} triples over {self.worlds} worlds ({self.pages} further pages, {self.refused} refusals), {self.pairs} pairs of worlds' answers; "
            f"{self.full / asked:.0%} not empty, {self.mixed / asked:.0%} with masked and open values; each of {len(RIGHTS)} rights hit {least} times or more; "
            f"{self.statements} statements read the same without the lock"
        )


class Slice:
    """Runs over one gateway; `free` is a connection that no lock holds back. `kinds` narrows a slice to operations of those kinds, and
    to parties of the roles among them."""

    def __init__(self, gateway: Gateway, free: asyncpg.Connection, kinds: tuple[str, ...] = ()) -> None:
        self.gateway = gateway
        self.free = free
        self.kinds = tuple(each for each in kinds if each not in WEIGHTS)
        self.roles = {each for each in kinds if each in WEIGHTS}
        self.measured = Measured()

    async def run(self, seed: int, worlds: int, each: int) -> Measured:
        """`worlds` worlds from that seed, `each` operations in each. Difference, with everything to repeat it, at the first."""
        for number in range(worlds):
            await self.world(seed + number, each)
        return self.measured

    async def world(self, seed: int, each: int) -> None:
        """One world, by several parties, and for each of them again as a world that it cannot tell from the first."""
        rng = random.Random(seed)
        made = await self.made(seed)
        asking = [each for each in made.parties if not self.roles or self.roles & set(each.roles)]
        self.measured.worlds += 1
        for turn in range(0, each, TOGETHER):
            party = self.gateway.as_seen(rng.choices(asking, [WEIGHTS[each.roles[0]] for each in asking])[0])
            await load(self.gateway.database, made)
            asker = Asker(rng, made, party, self.kinds)
            operations = [asker.operation() for _ in range(TOGETHER)]
            if turn == 0:
                await check_rows(self.gateway, made, party)
            tokens = Tokens()
            replies = [await self.one(made, party, operation, tokens, rng) for operation in operations]
            await self.pair(made, party, operations, replies, rng)

    async def made(self, seed: int) -> World:
        """The world of that seed."""
        return world.make(seed)

    async def one(self, made: World, party: Party, operation: Operation, tokens: Tokens, rng: random.Random) -> Reply:
        """One triple; a walk goes on through its pages."""
        try:
            reply, expected = await self.compared(made, party, operation, tokens)
            self.measure(reply, expected, operation)
            if operation.walk:
                await self.walk(made, party, operation, expected, tokens, rng)
        except (Difference, Broken) as difference:
            raise type(difference)(told(made, party, operation, difference)) from None
        return reply

    async def compared(self, made: World, party: Party, operation: Operation, tokens: Tokens) -> tuple[Reply, Answer]:
        if operation.keys:
            expected = oracle.entities(made, party, list(operation.keys), operation.fields, subgraph=operation.subgraph)
        else:
            expected = Answer() if operation.refused else oracle.answer(made, party, operation.fields)
        reply = await self.asked(party, operation, tokens)
        self.measured.statements += await self.gateway.check_lock(self.free)
        if operation.refused:
            compare_refusal(reply, operation.refused)
            self.measured.refused += 1
        else:
            compare(reply, expected, tokens, hidden=operation.hidden)
        return reply, expected

    async def asked(self, party: Party, operation: Operation, tokens: Tokens) -> Reply:
        if operation.keys:
            keys = [{name: self.text_of(each, tokens) for name, each in key.items()} for key in operation.keys]
            return await self.gateway.ask_entities(party, operation.subgraph, keys, operation.fields)
        return await self.gateway.ask(party, self.written(operation, tokens))

    def written(self, operation: Operation, tokens: Tokens) -> Written:
        return written(operation.fields, lambda token: self.text_of(token, tokens))

    def text_of(self, value: Any, tokens: Tokens) -> Any:
        """The text that a token stands for: a cursor was given before, a vehicle's id can be made for anybody."""
        if not isinstance(value, Token):
            return value
        return tokens.texts[value] if value.kind == "cursor" else self.gateway.text_of(value)

    def measure(self, reply: Reply, expected: Answer, operation: Operation) -> None:
        measured = self.measured
        measured.triples += 1
        measured.uses.update(set(expected.uses))
        if expected.rows:
            measured.full += 1
            is_open = any(each is not None for each in leaves(reply.json.get("data")))
            measured.mixed += bool(is_open and (expected.redactions or operation.hidden))

    # Cursors

    async def walk(self, made: World, party: Party, operation: Operation, expected: Answer, tokens: Tokens, rng: random.Random) -> None:
        """The pages that follow, in the direction of the first, and one step back; and the cursor where it does not belong."""
        before = operation
        for number in range(PAGES):
            asked = next(arg for arg in _field(before, operation.walk).args if arg.name in ("first", "last"))
            info = _info(expected, operation.walk)
            more = info.get("hasNextPage" if asked.name == "first" else "hasPreviousPage")
            onward = bool(more) and number < PAGES - 1
            turn = asked.name if onward else {"first": "last", "last": "first"}[asked.name]
            cursor = info.get("endCursor" if turn == "first" else "startCursor")
            if cursor is None:
                return
            args = (Arg(turn, "Int", asked.value), Arg("after" if turn == "first" else "before", "String", cursor))
            if number == 0:
                await self.misuse(made, party, operation, args, tokens, rng)
            before = Operation(turned(operation.fields, operation.walk, args), operation.walk)
            _, expected = await self.compared(made, party, before, tokens)
            self.measured.pages += 1
            if not onward:
                return

    async def misuse(self, made: World, party: Party, operation: Operation, args: tuple[Arg, ...], tokens: Tokens, rng: random.Random) -> None:
        """A cursor of another party, and of another list, says no more than one that was made up."""
        using = turned(operation.fields, operation.walk, args)
        made_up = turned(operation.fields, operation.walk, (args[0], Arg(args[1].name, "String", "bm8tc3VjaC1jdXJzb3I")))
        stranger = self.gateway.as_seen(rng.choice([each for each in made.parties if each.uscc != party.uscc]))
        if stranger.categories >= party.categories:
            await self.like(stranger, Operation(using), Operation(made_up), tokens)
        if operation.walk[-1] == "batteries":
            other = _otherwise(using, operation.walk)
            await self.like(party, Operation(other), Operation(_otherwise(made_up, operation.walk)), tokens)

    async def like(self, party: Party, one: Operation, other: Operation, tokens: Tokens) -> None:
        first, second = await self.asked(party, one, tokens), await self.asked(party, other, tokens)
        if first != second or (b"INVALID_CURSOR" not in first.body and self.reaches(first)):
            raise Difference(f"a cursor where it does not belong: {first} and, for one that was made up, {second}")

    def reaches(self, reply: Reply) -> bool:
        """The list was there to be asked for: nothing above it was null or shut."""
        told = reply.json
        return "redactions" not in told.get("extensions", {}) and None not in leaves(told.get("data"))

    # Non-interference

    async def pair(self, made: World, party: Party, operations: list[Operation], replies: list[Reply], rng: random.Random) -> None:
        """The same operations in a world that the party may not tell apart: the same status, the same bytes."""
        other = other_world(made, party, operations, rng)
        await load(self.gateway.database, other)
        for operation, reply in zip(operations, replies, strict=True):
            again = await self.asked(party, operation, Tokens())
            self.measured.statements += await self.gateway.check_lock(self.free)
            self.measured.pairs += 1
            if again != reply:
                shown = not operation.keys and not operation.refused and _differ(made, other, party, operation)
                kind = Broken if shown or again.status != 200 else Interference
                text = f"interference: {reply.status} {reply.body.decode()[:3000]}\nand {again.status} {again.body.decode()[:3000]}"
                raise kind(told(made, party, operation, text))


def told(made: World, party: Party, operation: Operation, what: object) -> str:
    """A difference with what is needed to see it again."""
    asked = written(operation.fields, repr)
    return f"{what}\nworld {made.seed}, {party}\n{operation.subgraph} {operation.keys or ''} {asked.text}\n{asked.variables}"


def _differ(made: World, other: World, party: Party, operation: Operation) -> bool:
    """The law itself tells the worlds apart: then the pair was made wrongly."""
    one, two = oracle.answer(made, party, operation.fields), oracle.answer(other, party, operation.fields)
    return (one.data, one.redactions) != (two.data, two.redactions)


def _field(operation: Operation, way: tuple[str, ...]) -> Field:
    found = next(each for each in operation.fields if each.key == way[0])
    for key in way[1:]:
        found = next(each for each in found.children if each.key == key)
    return found


def _info(expected: Answer, way: tuple[str, ...]) -> dict[str, Any]:
    """The page info at the end of the way; empty where something on it is null."""
    found: Any = expected.data
    for key in (*way, "pageInfo"):
        found = found[key] if found is not None else None
    return dict(found or {})


def _otherwise(fields: tuple[Field, ...], way: tuple[str, ...]) -> tuple[Field, ...]:
    """The same page of the same list with another filter."""
    told = []
    for each in fields:
        if each.key == way[0] and len(way) > 1:
            told.append(replace(each, children=_otherwise(each.children, way[1:])))
        elif each.key == way[0]:
            kept = tuple(arg for arg in each.args if arg.name != "filter")
            told.append(replace(each, args=(*kept, Arg("filter", "BatteryFilter", {"nominalEnergyKwh": {"gt": 1.0, "lt": 4321.0}}))))
        else:
            told.append(each)
    return tuple(told)
