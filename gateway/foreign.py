"""This module is in charge of subgraphs that others run: what of their fields may be shown at all.

A field of ours says what it is about by its category, and so who may know it. A field that says nothing is shown to nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from gateway.composition.supergraph import Requirement, Supergraph

_NOBODY: Final = frozenset[frozenset[str]]()


def guarded(supergraph: Supergraph, own: Collection[str]) -> Supergraph:
    """The supergraph with every field closed that only foreign subgraphs answer and that has no category; `own` are the others by name."""
    closed = {each: replace(supergraph.requirements.get(each, Requirement()), scopes=_NOBODY) for each in _silent(supergraph, own)}
    return replace(supergraph, requirements={**supergraph.requirements, **closed}) if closed else supergraph


def _silent(supergraph: Supergraph, own: Collection[str]) -> Iterator[str]:
    for type_ in supergraph.types.values():
        if type_.kind not in ("OBJECT", "INTERFACE"):
            continue
        for field in type_.fields.values():
            coordinate = f"{type_.name}.{field.name}"
            said = supergraph.requirements.get(coordinate)
            if not any(name in own for name in field.joins) and (said is None or not said.categories):
                yield coordinate
