"""This module is in charge of `@override`: which subgraph's field is taken over by which, for all requests or where a label is on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from gateway.composition.subgraph import OverrideUse, Subgraph, SubgraphField

LABEL: Final = re.compile(r"percent\((\d{1,2}(\.\d{1,8})?|100)\)|[A-Za-z][A-Za-z0-9_\-:./]*")
"""What a label may be: a percentage of requests, or a name."""


class Declared(NamedTuple):
    """One subgraph's declaration of a field."""

    subgraph: Subgraph
    field: SubgraphField


class TakeOver(NamedTuple):
    """That `source`'s field is taken over by `target`, where `label` is on if there is one."""

    source: str
    target: str
    label: str | None


def take_overs(sources: Sequence[Declared]) -> dict[str, TakeOver]:
    """The take-overs of one field that hold, by the subgraph that is taken from; what keeps another from holding is the rule `overrides`' to tell."""
    fields = {subgraph.name: field for subgraph, field in sources}
    found: dict[str, TakeOver] = {}
    for subgraph, field in sources:
        use = field.override
        if use is not None and _holds(subgraph.name, field, use, fields):
            found[use.source] = TakeOver(use.source, subgraph.name, use.label or None)
    return found


def _holds(target: str, field: SubgraphField, use: OverrideUse, fields: Mapping[str, SubgraphField]) -> bool:
    source = fields.get(use.source)
    if source is None or use.source == target or source.external or source.override is not None:
        return False
    return collision(target, field, use.source, source) is None


def collision(target: str, field: SubgraphField, source: str, taken: SubgraphField) -> tuple[str, str] | None:
    """The directive that forbids the take-over and the subgraph where it stands, None where there is none."""
    clashes: Iterable[tuple[bool, str, str]] = (
        (field.external, "external", target),
        (taken.requires is not None, "requires", source),
        (taken.provides is not None, "provides", source),
    )
    return next(((directive, subgraph) for found, directive, subgraph in clashes if found), None)
