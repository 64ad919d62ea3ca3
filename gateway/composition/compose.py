"""This module is in charge of composing: the phases in their order, from subgraph SDL to a supergraph or to the errors."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from graphql import GraphQLSchema

from gateway.composition.api_schema import build_schema
from gateway.composition.authorization import requirements_of
from gateway.composition.composed_uses import misfits
from gateway.composition.demand import costs_of, list_sizes_of
from gateway.composition.document import schema_errors
from gateway.composition.errors import CompositionError, CompositionFailure, CompositionHint, CompositionProblem, Place, in_words
from gateway.composition.merge import merge
from gateway.composition.merge_directives import composed_directives, hidden_arguments
from gateway.composition.merged import Merged, MergedType
from gateway.composition.places import located
from gateway.composition.printer import print_supergraph
from gateway.composition.reading import read_subgraph
from gateway.composition.rules.listed import (
    API_RULES,
    DIRECTIVE_RULES,
    FIRST_MERGE_RULES,
    FIRST_SUBGRAPH_RULES,
    HINT_RULES,
    MERGE_RULES,
    SUBGRAPH_RULES,
    SUPERGRAPH_RULES,
    UPGRADE_RULES,
)
from gateway.composition.rules.unused_externals import unused_externals
from gateway.composition.satisfiability import examined
from gateway.composition.subgraph import Subgraph
from gateway.composition.supergraph import FieldInfo, FieldJoin, SubgraphSource, Supergraph, TypeInfo
from gateway.composition.supergraph_links import link_clashes
from gateway.composition.upgrade import upgraded

Composed = Supergraph | CompositionFailure

_LOG: Final = logging.getLogger(__name__)


def compose(sources: Sequence[SubgraphSource]) -> Composed:
    """The supergraph of these subgraphs, or why there is none; the order of the sources does not matter.

    Laws and error codes are those of Apollo's composition (Federation 2); the codes of our own are listed at
    `CompositionError`.
    """
    try:
        return _compose(sorted(sources, key=lambda source: source.name))
    except CompositionProblem as problem:
        return CompositionFailure(problem.errors)
    except RecursionError:
        message = "Some type reference, value or selection is nested too deeply to be composed."
        return CompositionFailure((CompositionError("INVALID_GRAPHQL", message),))
    except Exception as defect:
        # The last resort: whatever SDL comes, from a file or over the wire, who serves goes on serving, and is told.
        _LOG.exception("composition failed for a reason of its own")
        return CompositionFailure((_defect(sources, defect),))


def _defect(sources: Sequence[SubgraphSource], defect: Exception) -> CompositionError:
    """COMPOSITION_DEFECT, at the subgraphs that bring it about by themselves, or else at all of them."""
    culprits = [source for source in sources if _is_broken_by(source)] or sources
    names = in_words(source.name for source in culprits)
    message = f"Composing {names} failed for a reason that no rule knows ({type(defect).__name__}). This is a defect of the composition: please report it."
    return CompositionError("COMPOSITION_DEFECT", message, "", tuple(Place(source.name, 0, 0) for source in culprits))


def _is_broken_by(source: SubgraphSource) -> bool:
    try:
        _compose((source,))
    except (CompositionProblem, RecursionError):
        return False
    except Exception:
        return True
    return False


def _compose(sources: Sequence[SubgraphSource]) -> Supergraph:
    _stop_at(_misnamed(sources))
    as_written = _read(sources)
    subgraphs = upgraded(as_written)
    refused = [error for rule in UPGRADE_RULES for error in rule(as_written)]
    refused += [error for before, after in zip(as_written, subgraphs, strict=True) for error in unused_externals(before, after)]
    as_meant = {subgraph.name for subgraph in subgraphs if subgraph.links.federation_1} - {place.subgraph for error in refused for place in error.subgraphs}
    _stop_at([*refused, *(error for subgraph in subgraphs if subgraph.name in as_meant for error in _judged(subgraph))])
    composed = composed_directives(subgraphs)
    _stop_at([*(error for rule in DIRECTIVE_RULES for error in rule(subgraphs)), *composed.errors])
    _stop_at(link_clashes(subgraphs, composed.directives))
    _stop_at(error for rule in FIRST_MERGE_RULES for error in rule(subgraphs))
    outcome = merge(subgraphs, composed.directives)
    _stop_at([*(error for rule in MERGE_RULES for error in rule(subgraphs)), *outcome.errors])
    merged = outcome.merged
    _stop_at([*hidden_arguments(composed.directives, subgraphs), *misfits(outcome.kept, merged.types)])
    _stop_at(located((error for rule in SUPERGRAPH_RULES for error in rule(merged, subgraphs)), subgraphs))
    schema = build_schema(merged, inaccessible=True)
    _stop_at(_invalid(schema))
    _stop_at(located((error for rule in API_RULES for error in rule(merged, subgraphs)), subgraphs))
    api_schema = build_schema(merged, inaccessible=False)
    _stop_at(_invalid(api_schema))
    paths = examined(merged.types, {subgraph.name: subgraph for subgraph in subgraphs})
    _stop_at(located(paths.errors, subgraphs))
    hints = (*outcome.hints, *(hint for rule in HINT_RULES for hint in rule(subgraphs)), *paths.hints)
    return _supergraph(sources, subgraphs, merged, (schema, api_schema), hints)


def _stop_at(errors: Iterable[CompositionError]) -> None:
    found = tuple(dict.fromkeys(errors))
    if found:
        raise CompositionProblem(found)


def _misnamed(sources: Sequence[SubgraphSource]) -> Iterator[CompositionError]:
    if not sources:
        yield CompositionError("NO_QUERIES", "There is no subgraph to compose.", "Query")
    for source in sources:
        if not re.fullmatch(r"[\w.-]*[A-Za-z0-9][\w.-]*", source.name, flags=re.ASCII):
            message = "A subgraph's name needs a letter or digit, and beside those only underscores, dots and hyphens."
            yield CompositionError("INVALID_SUBGRAPH_NAME", message)
        elif source.name.startswith("__"):
            message = f'The supergraph has a value by the name of subgraph "{source.name}", and names that begin with two underscores are GraphQL\'s own.'
            yield CompositionError("INVALID_GRAPHQL", message, "", (Place(source.name, 0, 0),))
    for one, other in pairwise(sources):
        if one.name == other.name:
            message = f'Two subgraphs are named "{one.name}".'
            yield CompositionError("DUPLICATE_SUBGRAPH_NAME", message, "", (Place(one.name, 0, 0),))


def _read(sources: Sequence[SubgraphSource]) -> tuple[Subgraph, ...]:
    """Every subgraph, or the errors of all of them: each has to be right by itself before they are held together."""
    subgraphs: list[Subgraph] = []
    errors: list[CompositionError] = []
    for source in sources:
        try:
            subgraph, clashes = read_subgraph(source)
        except CompositionProblem as problem:
            errors.extend(problem.errors)
            continue
        subgraphs.append(subgraph)
        errors.extend(clashes)
        if not subgraph.links.federation_1:
            errors.extend(_judged(subgraph))
    _stop_at(errors)
    return tuple(subgraphs)


def _judged(subgraph: Subgraph) -> list[CompositionError]:
    """What is wrong with one subgraph by itself."""
    first = [error for rule in FIRST_SUBGRAPH_RULES for error in rule(subgraph)]
    return first or [error for rule in SUBGRAPH_RULES for error in rule(subgraph)]


def _invalid(schema: GraphQLSchema) -> Iterator[CompositionError]:
    for error in schema_errors(schema):
        yield CompositionError("INVALID_GRAPHQL", f"The merged schema is not valid: {error.message}")


def _supergraph(
    sources: Sequence[SubgraphSource],
    subgraphs: Sequence[Subgraph],
    merged: Merged,
    schemas: tuple[GraphQLSchema, GraphQLSchema],
    hints: tuple[CompositionHint, ...],
) -> Supergraph:
    schema, api_schema = schemas
    sdl = print_supergraph(merged, subgraphs)
    runtime = {subgraph.name: subgraph.runtime for subgraph in subgraphs}
    return Supergraph(
        subgraphs={source.name: source for source in sources},
        types={name: _type_info(type_, runtime) for name, type_ in merged.types.items()},
        schema=schema,
        api_schema=api_schema,
        requirements=requirements_of(merged.types),
        root_types=merged.roots,
        sdl=sdl,
        fingerprint=hashlib.sha256(sdl.encode()).hexdigest(),
        costs=costs_of(merged.types),
        list_sizes=list_sizes_of(merged.types),
        hints=hints,
    )


def _type_info(type_: MergedType, runtime: Mapping[str, Mapping[str, frozenset[str]]]) -> TypeInfo:
    abstract = type_.kind in {"INTERFACE", "UNION"}
    return TypeInfo(
        name=type_.name,
        kind=type_.kind,
        subgraphs=frozenset(type_.subgraphs),
        keys={subgraph: tuple(dict.fromkeys(keys)) for subgraph, keys in type_.keys.items()},
        fields={field.name: field for field in _field_infos(type_)},
        interfaces=frozenset(type_.all_interfaces),
        members={name: runtime[name].get(type_.name, frozenset()) for name in type_.subgraphs} if abstract else {},
        inaccessible=type_.annotations.inaccessible,
        interface_objects=type_.interface_objects,
        contexts=type_.contexts,
        implements={subgraph: frozenset(names) for subgraph, names in type_.interfaces.items()},
        values=_values_by_subgraph(type_),
    )


def _values_by_subgraph(type_: MergedType) -> dict[str, frozenset[str]]:
    if type_.kind != "ENUM":
        return {}
    return {name: frozenset(value.name for value in type_.values.values() if name in value.subgraphs) for name in type_.subgraphs}


def _field_infos(type_: MergedType) -> Iterator[FieldInfo]:
    for field in type_.fields.values():
        yield FieldInfo(field.name, str(field.type), field.joins, field.annotations.inaccessible)
    for item in type_.inputs.values():
        joins = {subgraph: FieldJoin(subgraph, str(ref)) for subgraph, ref in item.types.items()}
        yield FieldInfo(item.name, str(item.type), joins, item.annotations.inaccessible)
