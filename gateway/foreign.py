"""This module is in charge of subgraphs that others run: what of their fields may be shown at all.

A field of ours says what it is about by its category, and so who may know it. A field that says nothing is shown to nobody, and so is a
field at the root: rows are opened by a relation to an entity, and there is none. What is shown of an entity, row by row, is
`gateway/execution/remote_rows.py`'s affair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from auth.entitlements import load_matrix
from gateway.composition.supergraph import Requirement, Supergraph

# Those of our entities whose rows relations open (auth/entitlements.csv).
ENTITIES: Final = ("Battery", "Vehicle", "Enterprise")
_NOBODY: Final = frozenset[frozenset[str]]()


class ForeignRefused(Exception):
    """A foreign subgraph wants what it may not have; the message names the place. For the operator."""

    code = "SUBGRAPH_REFUSED"


def guarded(supergraph: Supergraph, own: Collection[str]) -> Supergraph:
    """The supergraph with every field closed that only foreign subgraphs answer and that has no category or stands at the root; `own` are the
    other subgraphs by name. ForeignRefused where one takes over a field of ours, or gives an entity of ours a field that no relation could ever open."""
    _check_overrides(supergraph, own)
    _check_categories(supergraph, own)
    closed = {each: replace(supergraph.requirements.get(each, Requirement()), scopes=_NOBODY) for each in _silent(supergraph, own)}
    return replace(supergraph, requirements={**supergraph.requirements, **closed}) if closed else supergraph


def _check_overrides(supergraph: Supergraph, own: Collection[str]) -> None:
    for type_ in supergraph.types.values():
        for field in type_.fields.values():
            for name, join in field.joins.items():
                if name not in own and join.override in own:
                    raise ForeignRefused(f"subgraph {name} takes {type_.name}.{field.name} over from {join.override}, which is ours")


def _check_categories(supergraph: Supergraph, own: Collection[str]) -> None:
    """A category that the matrix opens of no row of the entity would close the field to everybody, whoever has a relation: that is told, not found out."""
    opening = _openings()
    for type_ in supergraph.types.values():
        if type_.kind != "OBJECT" or type_.name in supergraph.root_types.values() or type_.subgraphs.isdisjoint(own):
            continue
        open_ = opening.get(type_.name, frozenset())
        for field in type_.fields.values():
            said = supergraph.requirements.get(f"{type_.name}.{field.name}")
            if said is None or any(name in own for name in field.joins):
                continue
            for category in sorted(said.categories - open_):
                may = f"it may be of {', '.join(sorted(open_))}" if open_ else f"nobody has a relation to a {type_.name}"
                raise ForeignRefused(f"subgraph {'/'.join(sorted(field.joins))} gives {type_.name}.{field.name} the category {category}: {may}")


def _openings() -> dict[str, frozenset[str]]:
    """By the entities that the matrix knows: the categories that some relation opens of their rows, in full."""
    matrix = load_matrix()
    return {name: frozenset(each.category for each in matrix if each.entity == name.lower() and each.opening == each.category) for name in ENTITIES}


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
