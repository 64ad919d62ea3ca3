"""This module is in charge of subgraphs that others run: what of their fields may be shown at all.

A field of ours says what it is about by its category, and so who may know it. A field that says nothing is shown to nobody, and so is a
field at the root: rows are opened by a relation to an entity, and there is none. What is shown of an entity, row by row, is
`gateway/execution/remote_rows.py`'s affair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from gateway.composition.supergraph import Requirement, Supergraph

_NOBODY: Final = frozenset[frozenset[str]]()


class ForeignRefused(Exception):
    """A foreign subgraph wants what it may not have; the message names the place. For the operator."""

    code = "SUBGRAPH_REFUSED"


def guarded(supergraph: Supergraph, own: Collection[str]) -> Supergraph:
    """The supergraph with every field closed that only foreign subgraphs answer and that has no category or stands at the root; `own` are the
    other subgraphs by name. ForeignRefused where one takes over a field of ours."""
    _check_overrides(supergraph, own)
    closed = {each: replace(supergraph.requirements.get(each, Requirement()), scopes=_NOBODY) for each in _silent(supergraph, own)}
    return replace(supergraph, requirements={**supergraph.requirements, **closed}) if closed else supergraph


def _check_overrides(supergraph: Supergraph, own: Collection[str]) -> None:
    for type_ in supergraph.types.values():
        for field in type_.fields.values():
            for name, join in field.joins.items():
                if name not in own and join.override in own:
                    raise ForeignRefused(f"subgraph {name} takes {type_.name}.{field.name} over from {join.override}, which is ours")


def _silent(supergraph: Supergraph, own: Collection[str]) -> Iterator[str]:
    roots = set(supergraph.root_types.values())
    for type_ in supergraph.types.values():
        if type_.kind not in ("OBJECT", "INTERFACE"):
            continue
        for field in type_.fields.values():
            coordinate = f"{type_.name}.{field.name}"
            said = supergraph.requirements.get(coordinate)
            if not any(name in own for name in field.joins) and (type_.name in roots or said is None or not said.categories):
                yield coordinate
