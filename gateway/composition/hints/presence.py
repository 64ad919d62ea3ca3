"""This hint is in charge of parts of a type that some of its subgraphs have and others have not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.document import ROOTS
from gateway.composition.errors import CompositionHint, in_words
from gateway.composition.subgraph import Subgraph


def presence(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionHint]:
    """INCONSISTENT_ENTITY, INCONSISTENT_UNION_MEMBER, INCONSISTENT_OBJECT_ and INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD."""
    for name in dict.fromkeys(name for subgraph in subgraphs for name in subgraph.types):
        holders = [subgraph for subgraph in subgraphs if name in subgraph.types]
        kind = holders[0].types[name].merged_kind
        if kind == "OBJECT" and any(subgraph.types[name].keys for subgraph in holders):
            # Every subgraph has a root of queries: it answers what it is.
            yield from _of_entity(name, subgraphs if name == ROOTS["query"] else holders)
        elif len(holders) < 2 or name in ROOTS.values():
            continue
        elif kind == "UNION":
            yield from _of_union(name, holders)
        elif kind in {"OBJECT", "INTERFACE"}:
            yield from _of_value(name, kind, holders)


def _of_union(name: str, holders: Sequence[Subgraph]) -> Iterator[CompositionHint]:
    for member in dict.fromkeys(member for s in holders for member in s.types[name].members):
        missing = [s for s in holders if member not in s.types[name].members]
        if missing:
            message = f'Union "{name}" has the member "{member}", but not in {in_words(s.name for s in missing)}.'
            yield CompositionHint("INCONSISTENT_UNION_MEMBER", message, name, tuple(s.place(s.types[name].node) for s in missing))


def _of_entity(name: str, holders: Sequence[Subgraph]) -> Iterator[CompositionHint]:
    unkeyed = [s for s in holders if name not in s.types or not s.types[name].keys]
    if unkeyed:
        keyed = in_words(s.name for s in holders if s not in unkeyed)
        message = f'Type "{name}" has a @key in {keyed}, but not in {in_words(s.name for s in unkeyed)}.'
        yield CompositionHint("INCONSISTENT_ENTITY", message, name, tuple(s.place(s.types[name].node) for s in unkeyed if name in s.types))


def _of_value(name: str, kind: str, holders: Sequence[Subgraph]) -> Iterator[CompositionHint]:
    if any(s.types[name].interface_object for s in holders):
        return
    for field in dict.fromkeys(field for s in holders for field in s.types[name].fields):
        missing = [s for s in holders if field not in s.types[name].fields]
        if missing:
            words = in_words(s.name for s in missing)
            message = f'Field "{name}.{field}" does not exist in {words}, where the type has no @key by which it could be fetched.'
            places = tuple(s.place(s.types[name].node) for s in missing)
            yield CompositionHint(f"INCONSISTENT_{kind}_VALUE_TYPE_FIELD", message, f"{name}.{field}", places)
