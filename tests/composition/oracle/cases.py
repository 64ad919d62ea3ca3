"""This module is in charge of making cases: a world, changed by what a seed draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from graphql import GraphQLError, parse

from gateway.composition.supergraph import SubgraphSource
from tests.composition.oracle.mutations import directives, entities, features, fields, headers, schemas, types, uses, values
from tests.composition.oracle.world import Mutation, World, own_worlds, suite_worlds

MUTATIONS: Mapping[str, Mutation] = {
    **fields.MUTATIONS,
    **types.MUTATIONS,
    **values.MUTATIONS,
    **directives.MUTATIONS,
    **entities.MUTATIONS,
    **schemas.MUTATIONS,
    **features.MUTATIONS,
    **uses.MUTATIONS,
}
# Changes to links and to what is not a subgraph's to define: where both composers refuse such heads, they do not always name the same codes.
OF_HEADS: Mapping[str, Mutation] = {**MUTATIONS, **headers.MUTATIONS}
_HEADS = "heads/"
HOW_MANY = (1, 1, 1, 1, 2, 2, 2, 3, 4)


@dataclass(frozen=True)
class Case:
    """Subgraphs to compose, and how they were made; `name` is enough to make them again."""

    name: str
    story: tuple[str, ...]
    sources: tuple[SubgraphSource, ...]


@cache
def worlds() -> Mapping[str, World]:
    """The worlds to start from: ours first, then those of the suites where they are at hand."""
    return {f"own/{name}": world for name, world in own_worlds().items()} | {f"suite/{name}": world for name, world in suite_worlds().items()}


def unchanged() -> Iterator[Case]:
    for name, world in worlds().items():
        yield case_of(name, (name,), world)


def mutated(seed: int, numbers: Sequence[int], *, heads: bool = False) -> Iterator[Case]:
    """The cases of a seed, with changes to heads of documents among them or without; each depends on its number and the seed alone."""
    for number in numbers:
        yield mutated_case(f"{_HEADS if heads else ''}{seed}/{number}")


def mutated_case(name: str) -> Case:
    random = Random(f"composition {name}")
    start = random.choice(list(worlds()))
    world, story = worlds()[start], [start]
    changes = OF_HEADS if name.startswith(_HEADS) else MUTATIONS
    wanted = random.choice(HOW_MANY)
    while len(story) <= wanted:
        chosen = random.choice(list(changes))
        changed = changes[chosen](world, random)
        if changed is not None and changed != world and _can_be_printed(changed):
            world = changed
            story.append(chosen)
    return case_of(name, tuple(story), world)


def _can_be_printed(world: World) -> bool:
    """Not every tree has a text that can be read again: a type with its last field gone has."""
    try:
        return all(parse(part.sdl) for part in world)
    except GraphQLError:
        return False


def case_of(name: str, story: tuple[str, ...], world: World) -> Case:
    return Case(name, story, tuple(part.source() for part in world))
