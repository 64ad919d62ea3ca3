"""This module is in charge of making a case small that shows a difference: what can go without the difference going, goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from graphql import DocumentNode, GraphQLError, Node, parse, print_ast

from gateway.composition.supergraph import SubgraphSource
from tests.composition.oracle.cases import Case
from tests.composition.oracle.comparison import Comparison, compared
from tests.composition.oracle.editing import Path, put
from tests.composition.oracle.judge import Judge

Sources = tuple[SubgraphSource, ...]


def shrunk(judge: Judge, comparison: Comparison, kind: str) -> Comparison:
    """A smaller case with a difference of this kind and signature; a local minimum."""
    signature = comparison.differences()[kind]
    smaller = True
    while smaller:
        smaller = False
        for sources in _smaller(comparison.case.sources):
            [found] = compared(judge, [replace(comparison.case, sources=sources)])
            if found.differences().get(kind) == signature:
                comparison, smaller = found, True
                break
    return comparison


def _smaller(sources: Sources) -> Iterator[Sources]:
    """The same with one thing less, large things first."""
    for at in range(len(sources)):
        yield (*sources[:at], *sources[at + 1 :])
    documents = [parse(source.sdl, no_location=True) for source in sources]
    for depth in (1, 2, 3, 4):
        for at, document in enumerate(documents):
            for path in _removable(document, depth):
                sdl = _printed(put(document, path, None))
                if sdl is not None:
                    yield (*sources[:at], replace(sources[at], sdl=sdl), *sources[at + 1 :])


def _printed(document: DocumentNode) -> str | None:
    text = print_ast(document)
    try:
        parse(text)
    except GraphQLError:
        return None
    return text


def _removable(root: Any, depth: int, path: Path = ()) -> Iterator[Path]:
    """The items of lists this many lists deep, the last first."""
    for part in fields(root):
        value = getattr(root, part.name)
        if isinstance(value, tuple):
            for index in reversed(range(len(value))):
                if depth == 1:
                    yield (*path, part.name, index)
                elif isinstance(value[index], Node):
                    yield from _removable(value[index], depth - 1, (*path, part.name, index))
        elif part.name == "description" and value is not None and depth == 1:
            yield (*path, part.name)


def case_text(case: Case) -> str:
    return "\n".join(f"# {source.name}\n{source.sdl.strip()}" for source in case.sources)
