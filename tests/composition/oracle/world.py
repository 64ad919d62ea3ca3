"""This module is in charge of worlds: sets of subgraphs to start from and to change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random

from graphql import DocumentNode, parse, print_ast

from gateway.composition.supergraph import SubgraphSource

SUITES = Path(__file__).parents[4] / "shared" / "federation" / "suites"
OWN = Path(__file__).with_name("worlds")


@dataclass(frozen=True)
class Part:
    """One subgraph of a world."""

    name: str
    document: DocumentNode

    @cached_property
    def sdl(self) -> str:
        return print_ast(self.document)

    def source(self) -> SubgraphSource:
        return SubgraphSource(self.name, f"http://{self.name}.example/graphql", self.sdl)


World = tuple[Part, ...]

Mutation = Callable[[World, Random], World | None]
"""A change to one world; None where there is nothing in it to change in this way."""


def world_of(sources: Iterator[tuple[str, str]]) -> World:
    return tuple(Part(name, parse(sdl, no_location=True)) for name, sdl in sources)


def own_worlds() -> dict[str, World]:
    """The worlds beside this module: one folder each, one file a subgraph."""
    return {folder.name: world_of((path.stem, path.read_text()) for path in sorted(folder.glob("*.graphql"))) for folder in sorted(OWN.iterdir())}


def suite_worlds() -> dict[str, World]:
    """The worlds of the federation suites, none where they are not beside this repository."""
    suites = sorted(SUITES.iterdir()) if SUITES.is_dir() else []
    return {suite.name: world_of((item["name"], item["sdl"]) for item in json.loads((suite / "subgraphs.json").read_text())) for suite in suites}


def in_one(change: Callable[[DocumentNode, Random], DocumentNode | None]) -> Mutation:
    """A change to one document, as a change to one subgraph of a world: the first, in random order, in which it can be made."""

    def mutation(world: World, random: Random) -> World | None:
        for index in random.sample(range(len(world)), len(world)):
            document = change(world[index].document, random)
            if document is not None:
                return with_part(world, index, document)
        return None

    return mutation


def with_part(world: World, index: int, document: DocumentNode) -> World:
    return (*world[:index], replace(world[index], document=document), *world[index + 1 :])
