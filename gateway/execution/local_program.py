"""This module is in charge of programs: what an in-process fetch does, level by level, compiled once from its selection.

A `Level` turns rows of one type into objects; a `Call` is one batch resolver call for all rows of a level. Conditions
on variables are decided before compiling, so a program has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from gateway.execution.local_maker import Item, Make
from schema.bindings import Entity, Lookup, Row, Rows

if TYPE_CHECKING:
    from resolvers.database.reading import Reading
    from schema.arguments import Given

Path = tuple[str, ...]
Get = Callable[[Row], Any]
ReadArguments: TypeAlias = "Callable[[Mapping[str, Any]], Given]"
"""Variables in, arguments out; raises BadArgument."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A field that is closed on rows whose standing has no bit of the mask; `letter` is the category a redaction names."""

    key: str
    path: Path
    mask: int
    letter: str


@dataclass(frozen=True, slots=True)
class MadePart:
    """A value made of the row for the party that reads."""

    key: str
    make: Callable[[Reading, Row], Any]
    mask: int


@dataclass(frozen=True, slots=True)
class MomentPart:
    """The past moment that the rows are told as of."""

    key: str


@dataclass(frozen=True, slots=True)
class StubPart:
    """An entity known by a key that the row holds."""

    key: str
    get: Get
    form: Callable[[Any], Any] | None
    mask: int
    level: Level


@dataclass(frozen=True, slots=True)
class NestedPart:
    """An object of the same row, null where `present` is."""

    key: str
    present: Get
    level: Level


Part = MadePart | MomentPart | StubPart | NestedPart


@dataclass(frozen=True, slots=True)
class Level:
    """Rows of one type into objects: `make` gives them with every response key in order, parts and calls fill what it
    leaves null. `items` is what `make` was made of, where there is nothing to fill: such rows may stay columns."""

    make: Make
    parts: tuple[Part, ...]
    calls: tuple[Call, ...]
    guards: tuple[Guard, ...]
    masks: tuple[int, ...]  # the guards' masks, each once
    items: Mapping[str, Item] | None = None


@dataclass(frozen=True, slots=True)
class EdgeOutput:
    """One selection of `edges`: response keys of cursors, and of nodes with their levels."""

    template: Mapping[str, Any]
    cursors: tuple[str, ...]
    nodes: tuple[tuple[str, Level], ...]


@dataclass(frozen=True, slots=True)
class PageOutput:
    """How a page becomes a connection. Each tuple pairs a response key with what stands there."""

    template: Mapping[str, Any]
    nodes: tuple[tuple[str, Level], ...]
    edges: tuple[tuple[str, EdgeOutput], ...]
    infos: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    totals: tuple[str, ...]
    capped: tuple[str, ...]

    @property
    def only(self) -> tuple[Path, Level] | None:
        """The keys of the rows and their level where they are asked for once, and nothing below them: they may stay columns. Rows are nodes, or what
        alone is asked of edges; the one cursor then is the last row's."""
        if len(self.nodes) + len(self.edges) != 1 or any(part == "start" for _, names in self.infos for _, part in names):
            return None
        if self.nodes:
            ((key, level),) = self.nodes
            return None if level.items is None else ((key,), level)
        ((key, edge),) = self.edges
        if len(edge.template) != 1 or len(edge.nodes) != 1:
            return None
        ((below, level),) = edge.nodes
        return None if level.items is None else ((key, below), level)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a batch resolver. `output` is a level for single rows and lists, a page's output for connections;
    `key_of` takes the parent's row; `name` is what the field is called."""

    key: str
    name: str
    path: Path
    binding: Rows | Lookup
    key_of: Get
    arguments: ReadArguments
    columns: tuple[str, ...]
    exact: bool
    output: Level | PageOutput


@dataclass(frozen=True, slots=True)
class EntityProgram:
    """How the representations of one type are answered."""

    entity: Entity
    columns: tuple[str, ...]
    level: Level


@dataclass(frozen=True, slots=True)
class Program:
    """A whole fetch: a root level, or one program for each type of representation. `serial`: what is below a field of the
    root is read before the next field is begun (GraphQL spec, section 6.2.2). `only`: all representations are of this one, and of the present."""

    root: Level | None
    entities: Mapping[str, EntityProgram]
    serial: bool = False
    only: EntityProgram | None = None
