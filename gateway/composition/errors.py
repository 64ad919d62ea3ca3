"""This module is in charge of what composition says when subgraphs do not fit together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from graphql import Node


class Place(NamedTuple):
    """Where in a subgraph's SDL an error arises; line and column count from 1, and are 0 where unknown."""

    subgraph: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class CompositionError:
    """One reason why there is no supergraph.

    `code` is one of Apollo's published composition codes, or one of ours where Apollo has none (CATEGORY_NOT_COMPOSED,
    COMPOSITION_DEFECT, DUPLICATE_SUBGRAPH_NAME, EMPTY_POLICIES, EMPTY_SCOPES, INVALID_CATEGORY, ONE_OF_MISMATCH). `coordinate` is a schema
    coordinate, or "" for the whole schema.
    """

    code: str
    message: str
    coordinate: str = ""
    subgraphs: tuple[Place, ...] = ()

    def __str__(self) -> str:
        return f"{self.code} {self.coordinate or '-'} [{_places(self.subgraphs)}] {self.message}"


def _places(places: Iterable[Place]) -> str:
    return ", ".join(f"{p.subgraph}:{p.line}:{p.column}" for p in places)


@dataclass(frozen=True, slots=True)
class CompositionHint:
    """Something that composes, and that the owners of the subgraphs may want to know; `code` is one of Apollo's hint codes."""

    code: str
    message: str
    coordinate: str = ""
    subgraphs: tuple[Place, ...] = ()

    def __str__(self) -> str:
        return f"{self.code} {self.coordinate or '-'} [{_places(self.subgraphs)}] {self.message}"


@dataclass(frozen=True, slots=True)
class CompositionFailure:
    """All errors of the first phase of composition that found any."""

    errors: tuple[CompositionError, ...]

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class CompositionProblem(Exception):
    """Carries the errors of one phase up to the driver of composition; never leaves this package."""

    def __init__(self, errors: Iterable[CompositionError]) -> None:
        super().__init__()
        self.errors = tuple(errors)


def place(subgraph: str, node: Node | None) -> Place:
    """The place of an AST node in the SDL of that subgraph."""
    if node is None or node.loc is None:
        return Place(subgraph, 0, 0)
    token = node.loc.start_token
    return Place(subgraph, token.line, token.column)


def in_words(names: Iterable[str]) -> str:
    """Subgraph names as prose: 'subgraph "a"', 'subgraphs "a" and "b"'."""
    quoted = [f'"{name}"' for name in names]
    if len(quoted) == 1:
        return f"subgraph {quoted[0]}"
    return f"subgraphs {', '.join(quoted[:-1])} and {quoted[-1]}"
