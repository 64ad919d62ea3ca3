"""This rule is in charge of shared fields: every subgraph that resolves one has to say that it may be asked elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.document import ROOTS
from gateway.composition.errors import CompositionError, in_words
from gateway.composition.fieldset import selected
from gateway.composition.subgraph import Subgraph, SubgraphField, having


def field_sharing(subgraphs: Sequence[Subgraph]) -> Iterator[CompositionError]:
    """INVALID_FIELD_SHARING."""
    in_keys = {subgraph.name: _key_fields(subgraph) for subgraph in subgraphs}
    resolvers: dict[tuple[str, str], list[Subgraph]] = {}
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            for field in type_.fields.values():
                if type_.name == ROOTS["subscription"] and having(field.applied, "shareable"):
                    yield _of_subscription(subgraph, field)
                if type_.kind == "OBJECT" and not field.external:
                    resolvers.setdefault((type_.name, field.name), []).append(subgraph)
    for (type_name, field_name), holders in resolvers.items():
        if len(holders) > 1:
            yield from _of_field(type_name, field_name, holders, in_keys)


def _of_field(type_name: str, field_name: str, holders: Sequence[Subgraph], in_keys: dict[str, frozenset[tuple[str, str]]]) -> Iterator[CompositionError]:
    fields = {subgraph.name: subgraph.types[type_name].fields[field_name] for subgraph in holders}
    unshared = [s for s in holders if not fields[s.name].shareable and (type_name, field_name) not in in_keys[s.name]]
    if unshared:
        coordinate = f"{type_name}.{field_name}"
        message = f'Field "{coordinate}" is resolved by {in_words(s.name for s in holders)}, but not @shareable in {in_words(s.name for s in unshared)}.'
        places = tuple(s.place(fields[s.name].node) for s in holders)
        yield CompositionError("INVALID_FIELD_SHARING", message, coordinate, places)


def _of_subscription(subgraph: Subgraph, field: SubgraphField) -> CompositionError:
    message = f'Subscription field "{field.name}" is @shareable in subgraph "{subgraph.name}"; one stream has one source.'
    return CompositionError("INVALID_FIELD_SHARING", message, f"Subscription.{field.name}", (subgraph.place(field.node),))


def _key_fields(subgraph: Subgraph) -> frozenset[tuple[str, str]]:
    """Key fields are shared by their nature: every subgraph that has the key knows them."""
    picks = (pick for type_ in subgraph.types.values() for key in type_.keys for pick in selected(subgraph.types, type_.name, key.items))
    return frozenset((pick.type, pick.field) for pick in picks)
