"""This module is in charge of the rows of foreign subgraphs: a field of theirs is shown of an entity only where a relation of the caller opens its category.

The same law and the same door as for rows of ours (docs/row-policy.md, section 8 for what is told): the entity is looked up under the caller's
policy by the list law, and what its standing does not open is null. Of entities that nothing is open of, the subgraph is not even asked:
whom a party asks about is the party's affair. What is no entity of ours has no relation, and is closed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from msgspec import structs

from auth.entitlements import OPENING_BIT
from gateway.composition.supergraph import Supergraph
from gateway.execution.conditions import are_met
from gateway.execution.context import RequestContext
from gateway.execution.local_run import CLOSED, policy_id
from gateway.execution.subgraph import Redaction, Subgraph, SubgraphError, SubgraphRequest, SubgraphResult
from gateway.operation.selection import Field, Selection
from gateway.settings import BUILT_IN
from resolvers import battery as battery_rows
from resolvers import enterprise as enterprise_rows
from resolvers import vehicle as vehicle_rows
from resolvers.batching import Batch
from resolvers.database.door import pack_by_code
from resolvers.database.reading import Reading
from schema.bindings import AS_OF

Json = Any


class _Rows(NamedTuple):
    """Where the rows of an entity are: the key that a representation names (a vehicle's id is of one party, and is no key of others'), and rows by key."""

    key: Callable[[Reading, Mapping[str, Json]], str | None]
    look: Callable[[Reading, Batch], Awaitable[Sequence[Json]]]


_ROWS: Final[Mapping[str, _Rows]] = {
    "Battery": _Rows(battery_rows.representation_code, pack_by_code),
    "Vehicle": _Rows(vehicle_rows.representation_vin, vehicle_rows.vehicle_by_vin),
    "Enterprise": _Rows(enterprise_rows.representation_uscc, enterprise_rows.enterprise_by_uscc),
}
_KEYS: Final = frozenset({"Battery.code", "Vehicle.id", "Enterprise.uscc"})
_SHUT: Final = 0


class GuardedSubgraph:
    """A foreign subgraph behind the row policy. `supergraph` gives the one in force, `own` are the names of the subgraphs that are ours."""

    in_turn = False

    def __init__(self, inner: Subgraph, supergraph: Callable[[], Supergraph], own: Collection[str] = BUILT_IN) -> None:
        self._inner = inner
        self._supergraph = supergraph
        self._own = own

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """The inner subgraph's answer, as far as the caller's relations open it."""
        masking = _Masking(self._supergraph(), self._own, request.variables)
        if not request.fetch.is_entity:
            # There is no entity to have a relation to; nobody is asked, and everything is null.
            return SubgraphResult(data=masking.nothing(request.fetch.operation.selections), redactions=masking.told())
        standings = await _standings(request.representations, context.reading)
        selections, types = request.fetch.operation.selections, [str(each["__typename"]) for each in request.representations]
        past = {n for n, each in enumerate(request.representations) if each.get(AS_OF) is not None}
        asked = [n for n, each in enumerate(standings) if n not in past and masking.opens(selections, types[n], each)]
        result = await self._asked(request, context, asked)
        entities: list[Mapping[str, Json] | None] = [None] * len(standings)
        for number, found in zip(asked, result.entities):
            entities[number] = found
        shown = tuple(None if each is None or n in past else masking.entity(entities[n], selections, types[n], each) for n, each in enumerate(standings))
        errors = (*(_located(error, asked) for error in result.errors), *(error for n in sorted(past) for error in masking.untold(selections, types[n], n)))
        return SubgraphResult(entities=shown, errors=errors, redactions=(*result.redactions, *masking.told()))

    async def _asked(self, request: SubgraphRequest, context: RequestContext, numbers: Sequence[int]) -> SubgraphResult:
        if not numbers:
            return SubgraphResult()
        return await self._inner.fetch(structs.replace(request, representations=tuple(_of_now(request.representations[n]) for n in numbers)), context)


def _of_now(representation: Mapping[str, Json]) -> Mapping[str, Json]:
    """As others know it: for them there is the present alone, and nothing that says so."""
    return {name: value for name, value in representation.items() if name != AS_OF} if AS_OF in representation else representation


async def _standings(representations: Sequence[Mapping[str, Json]], reading: Reading | None) -> list[int | None]:
    """What the caller may see of each entity; None where there is none for him, and of what nobody has a relation to."""
    standings: list[int | None] = [None] * len(representations)
    if reading is None:
        return standings
    reading.begin_use()
    try:
        for type_name, rows in _ROWS.items():
            keys = {n: rows.key(reading, each) for n, each in enumerate(representations) if each["__typename"] == type_name}
            known = {n: key for n, key in keys.items() if key is not None}
            if known:
                found = await rows.look(reading, Batch(keys=list(known.values()), columns=()))
                for n, row in zip(known, found, strict=True):
                    standings[n] = None if row is None else row["standing"]
    finally:
        reading.end_use()
    return standings


def _located(error: SubgraphError, asked: Sequence[int]) -> SubgraphError:
    """The error with the index that the representation had before others were left out."""
    path = error.path
    if not path or not isinstance(path[0], int):
        return error
    return replace(error, path=(asked[path[0]], *path[1:]) if path[0] < len(asked) else ())


class _Masking:
    """Nulls what a standing does not open, and keeps what has to be said of it."""

    def __init__(self, supergraph: Supergraph, own: Collection[str], variables: Mapping[str, Json]) -> None:
        self._requirements = supergraph.requirements
        self._types = supergraph.types
        self._own = own
        self._variables = variables
        self._redactions: dict[tuple[tuple[str, ...], str], Redaction] = {}

    def told(self) -> tuple[Redaction, ...]:
        """The redactions, each once."""
        return tuple(self._redactions.values())

    def opens(self, selections: Sequence[Selection], type_name: str, standing: int | None) -> bool:
        """Whether any field of the entity would be shown."""
        return standing is not None and any(self._closed(each, standing) is None for each in self._on(selections, type_name) if each.name != "__typename")

    def untold(self, selections: Sequence[Selection], type_name: str, place: int) -> list[SubgraphError]:
        """What is said of the fields of an entity of a past moment, of which another subgraph knows nothing."""
        names = [(each.response_key, each.name) for each in self._on(selections, type_name) if each.name != "__typename"]
        told = "cannot be told as of a past moment: another subgraph tells it as it is now"
        return [SubgraphError(f"{name} {told}", "AS_OF_UNSUPPORTED", (place, key)) for key, name in names]

    def entity(self, found: Mapping[str, Json] | None, selections: Sequence[Selection], type_name: str, standing: int) -> dict[str, Json] | None:
        """The entity with nulls, and the redactions that are told whether there is a value or not."""
        shown: dict[str, Json] = {}
        for each in self._on(selections, type_name):
            closed = self._closed(each, standing)
            if closed is not None:
                self._redact((each.response_key,), closed, standing)
                shown[each.response_key] = None
            elif found is not None and each.response_key in found:
                shown[each.response_key] = self._value(found[each.response_key], each, (each.response_key,), standing)
        return shown if found is not None or shown else None

    def nothing(self, selections: Sequence[Selection]) -> dict[str, Json]:
        """A root answer without values."""
        shown: dict[str, Json] = {}
        for each in self._on(selections, None):
            self._redact((each.response_key,), self._closed(each, _SHUT) or "A", _SHUT)
            shown[each.response_key] = None
        return shown

    def _value(self, value: Json, field: Field, path: tuple[str, ...], standing: int) -> Json:
        if isinstance(value, list):
            return [self._value(item, field, path, standing) for item in value]
        if not isinstance(value, dict) or not field.selections:
            return value
        shown: dict[str, Json] = {}
        for each in self._on(field.selections, value.get("__typename")):
            key = each.response_key
            # An entity below the entity has relations of its own, which nobody looked at.
            closed = None if f"{each.parent_type}.{each.name}" in _KEYS else self._closed(each, _SHUT if self._is_ours(each.parent_type) else standing)
            if closed is not None:
                self._redact((*path, key), closed, standing)
                shown[key] = None
            elif key in value:
                shown[key] = self._value(value[key], each, (*path, key), standing)
        return shown

    def _is_ours(self, type_name: str) -> bool:
        return type_name in self._types and not self._types[type_name].subgraphs.isdisjoint(self._own)

    def _closed(self, field: Field, standing: int) -> str | None:
        """The first category of the field that the standing does not open, None where it opens them all; no category is none that is open."""
        if field.name == "__typename":
            return None
        said = self._requirements.get(f"{field.parent_type}.{field.name}")
        categories = sorted(said.categories) if said is not None else []
        if not categories:
            return "none"
        return next((each for each in categories if not standing & OPENING_BIT.get(each, 0)), None)

    def _on(self, selections: Sequence[Selection], type_name: object) -> list[Field]:
        """The fields that apply to an object of the type (None: whatever it is) and that conditions let through."""
        found: list[Field] = []
        for each in selections:
            if not are_met(each.conditions, self._variables):
                continue
            if isinstance(each, Field):
                found.append(each)
            elif type_name is None or each.type_condition == type_name:
                found += self._on(each.selections, type_name)
        return found

    def _redact(self, path: tuple[str, ...], category: str, standing: int) -> None:
        policy = policy_id(category, standing)
        self._redactions.setdefault((path, policy), Redaction(path, CLOSED, policy))
