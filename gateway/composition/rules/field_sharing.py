"""This rule is in charge of shared fields: every subgraph that resolves one has to say that it may be asked elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gateway.composition.document import ROOTS
from gateway.composition.errors import CompositionError, in_words
from gateway.composition.merging import abstracted, memberships
from gateway.composition.overrides import Declared, take_overs
from gateway.composition.subgraph import Subgraph, SubgraphField


class _Resolver(NamedTuple):
    """A subgraph that resolves a field: by itself, or through the interface object of that name."""

    subgraph: Subgraph
    field: SubgraphField
    shared: bool
    through: str | None = None

    def __str__(self) -> str:
        through = f', through its @interfaceObject "{self.through}"' if self.through else ""
        return f'"{self.subgraph.name}"{through}'


def field_sharing(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """INVALID_FIELD_SHARING."""
    for subgraph in subgraphs:
        subscription = subgraph.types.get(ROOTS["subscription"])
        for field in subscription.fields.values() if subscription is not None else ():
            if field.shareable:
                yield _of_subscription(subgraph, field)
    for (type_name, field_name), resolvers in _resolvers(subgraphs).items():
        if len(resolvers) > 1 and not all(resolver.shared for resolver in resolvers):
            yield _unshared(f"{type_name}.{field_name}", resolvers)


def _resolvers(subgraphs: Sequence[Subgraph]) -> dict[tuple[str, str], list[_Resolver]]:
    declared: dict[tuple[str, str], list[Declared]] = {}
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            for field in type_.fields.values() if type_.kind == "OBJECT" and not type_.interface_object else ():
                declared.setdefault((type_.name, field.name), []).append(Declared(subgraph, field))
    in_keys = {subgraph.name: subgraph.key_fields() for subgraph in subgraphs}
    provided = {subgraph.name: subgraph.provided_fields() for subgraph in subgraphs}
    members = memberships(subgraphs)
    found: dict[tuple[str, str], list[_Resolver]] = {}
    for at, sources in {**_of_interface_objects(subgraphs, members), **declared}.items():
        taken = take_overs(sources)
        found[at] = [
            _Resolver(subgraph, field, field.shareable or field.external or at in in_keys[subgraph.name])
            for subgraph, field in sources
            if subgraph.name not in taken and (not field.external or at in provided[subgraph.name])
        ]
        found[at] += [_through(at, source, in_keys) for source in abstracted(subgraphs, members, *at, provided)]
    return found


def _of_interface_objects(subgraphs: Sequence[Subgraph], members: Mapping[str, frozenset[str]]) -> dict[tuple[str, str], list[Declared]]:
    """The fields that types have at most through interface objects; declared by none of their own subgraphs."""
    return {
        (member, field): []
        for subgraph in subgraphs
        for type_ in subgraph.types.values()
        if type_.interface_object
        for member in members.get(type_.name, ())
        for field in type_.fields
    }


def _through(
    at: tuple[str, str],
    source: Declared,
    in_keys: Mapping[str, frozenset[tuple[str, str]]],
) -> _Resolver:
    subgraph, field = source
    above = next(t.name for t in subgraph.types.values() if t.interface_object and t.fields.get(at[1]) is field)
    return _Resolver(subgraph, field, field.shareable or (above, field.name) in in_keys[subgraph.name], above)


def _unshared(coordinate: str, resolvers: Sequence[_Resolver]) -> CompositionError:
    unshared = [resolver for resolver in resolvers if not resolver.shared]
    where = in_words(r.subgraph.name for r in unshared)
    message = f'Field "{coordinate}" is resolved by subgraphs {" and ".join(map(str, resolvers))}, but not @shareable in {where}.'
    return CompositionError("INVALID_FIELD_SHARING", message, coordinate, tuple(r.subgraph.place(r.field.node) for r in resolvers))


def _of_subscription(subgraph: Subgraph, field: SubgraphField) -> CompositionError:
    message = f'Subscription field "{field.name}" is @shareable in subgraph "{subgraph.name}"; one stream has one source.'
    return CompositionError("INVALID_FIELD_SHARING", message, f"Subscription.{field.name}", (subgraph.place(field.node),))
