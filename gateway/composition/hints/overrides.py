"""This hint is in charge of take-overs that are done, under way, or of nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.errors import CompositionHint
from gateway.composition.overrides import Declared, take_overs
from gateway.composition.subgraph import OverrideUse, Subgraph


def overrides(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionHint]:
    """FROM_SUBGRAPH_DOES_NOT_EXIST, OVERRIDE_DIRECTIVE_CAN_BE_REMOVED, OVERRIDDEN_FIELD_CAN_BE_REMOVED, OVERRIDE_MIGRATION_IN_PROGRESS."""
    declared: dict[tuple[str, str], list[Declared]] = {}
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            for field in type_.fields.values():
                declared.setdefault((type_.name, field.name), []).append(Declared(subgraph, field))
    names = {subgraph.name for subgraph in subgraphs}
    for (type_name, _), sources in declared.items():
        yield from _done(type_name, sources)
        for source in sources:
            if source.field.override is not None:
                yield from _idle(f"{type_name}.{source.field.name}", source, source.field.override, sources, names)


def _done(type_name: str, sources: Sequence[Declared]) -> Iterator[CompositionHint]:
    taken = take_overs(sources)
    for subgraph, field in sources:
        over = taken.get(subgraph.name)
        if over is None:
            continue
        coordinate = f"{type_name}.{field.name}"
        place = (subgraph.place(field.node),)
        if over.label is not None:
            message = f'Field "{coordinate}" moves from subgraph "{subgraph.name}" to "{over.target}" by label "{over.label}"; once it has, remove it.'
            yield CompositionHint("OVERRIDE_MIGRATION_IN_PROGRESS", message, coordinate, place)
            continue
        used = (type_name, field.name) in subgraph.used
        advice = "mark it @external, since it is still used there" if used else "it can be removed there"
        message = f'Field "{coordinate}" of subgraph "{subgraph.name}" is taken over by "{over.target}": {advice}.'
        yield CompositionHint("OVERRIDDEN_FIELD_CAN_BE_REMOVED", message, coordinate, place)


def _idle(coordinate: str, source: Declared, use: OverrideUse, sources: Sequence[Declared], names: set[str]) -> Iterator[CompositionHint]:
    place = (source.subgraph.place(use.applied.node),)
    fields = {subgraph.name: field for subgraph, field in sources}
    if use.source not in names:
        message = f'The @override of "{coordinate}" in subgraph "{source.subgraph.name}" names "{use.source}", which is no subgraph.'
        yield CompositionHint("FROM_SUBGRAPH_DOES_NOT_EXIST", message, coordinate, place)
    elif use.source not in fields or fields[use.source].external:
        message = f'The @override of "{coordinate}" in subgraph "{source.subgraph.name}" can be removed: "{use.source}" does not resolve the field.'
        yield CompositionHint("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", message, coordinate, place)
