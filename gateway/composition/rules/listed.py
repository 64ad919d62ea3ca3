"""This module is in charge of the order of the rules, phase by phase; a phase runs whole, and the first with errors is the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from gateway.composition.errors import CompositionError, CompositionHint
from gateway.composition.hints.composing import composing
from gateway.composition.hints.features import features
from gateway.composition.hints.overrides import overrides
from gateway.composition.hints.presence import presence
from gateway.composition.merged import Merged
from gateway.composition.rules.abstract_types import abstract_types
from gateway.composition.rules.categories import categories
from gateway.composition.rules.context_usage import context_usage
from gateway.composition.rules.demand_control import demand_control, interface_object_costs
from gateway.composition.rules.directive_arguments import directive_arguments
from gateway.composition.rules.extensions import extensions
from gateway.composition.rules.external_annotations import external_annotations
from gateway.composition.rules.external_fields import external_fields
from gateway.composition.rules.federation_1 import federation_1
from gateway.composition.rules.field_sharing import field_sharing
from gateway.composition.rules.import_names import import_names
from gateway.composition.rules.inaccessible import inaccessible
from gateway.composition.rules.interface_auth import interface_auth
from gateway.composition.rules.interface_implementations import interface_implementations
from gateway.composition.rules.interface_key_coverage import interface_key_coverage
from gateway.composition.rules.interface_keys import interface_keys
from gateway.composition.rules.interface_objects import interface_object_keys, interface_objects
from gateway.composition.rules.key_fields import interface_keys_known, key_fields
from gateway.composition.rules.override_usage import override_usage
from gateway.composition.rules.provides_fields import provides_fields
from gateway.composition.rules.provides_target import provides_target
from gateway.composition.rules.queries import queries
from gateway.composition.rules.requires_arguments import requires_arguments
from gateway.composition.rules.requires_fields import requires_fields
from gateway.composition.rules.reserved_names import reserved_names
from gateway.composition.rules.scopes import scopes
from gateway.composition.rules.shareable_usage import shareable_usage
from gateway.composition.rules.transitive_auth import transitive_auth
from gateway.composition.rules.type_kinds import type_kinds
from gateway.composition.subgraph import Subgraph

SubgraphRule = Callable[[Subgraph], Iterator[CompositionError]]
HintRule = Callable[[Sequence[Subgraph]], Iterator[CompositionHint]]
MergeRule = Callable[[Sequence[Subgraph]], Iterator[CompositionError]]
SupergraphRule = Callable[[Merged, Sequence[Subgraph]], Iterator[CompositionError]]

SUBGRAPH_RULES: Final[tuple[SubgraphRule, ...]] = (
    key_fields,
    interface_keys,
    requires_fields,
    provides_fields,
    external_fields,
    shareable_usage,
    interface_auth,
    scopes,
    interface_object_keys,
    context_usage,
    demand_control,
    categories,
)
"""What one subgraph must keep by itself; directive definitions are judged before it is read."""

FIRST_SUBGRAPH_RULES: Final[tuple[SubgraphRule, ...]] = (directive_arguments, provides_target, interface_keys_known)
"""What a subgraph must keep before the other rules make sense of it."""

DIRECTIVE_RULES: Final[tuple[MergeRule, ...]] = (import_names,)
"""What the subgraphs must agree on before anything else is merged: the directives of the supergraph."""

FIRST_MERGE_RULES: Final[tuple[MergeRule, ...]] = (abstract_types,)
"""What they must agree on before merging has a meaning."""

UPGRADE_RULES: Final[tuple[MergeRule, ...]] = (federation_1,)
"""What subgraphs of Federation 1 must keep before they are taken for what they mean."""

MERGE_RULES: Final[tuple[MergeRule, ...]] = (
    queries,
    type_kinds,
    interface_objects,
    extensions,
    override_usage,
    field_sharing,
    external_annotations,
    interface_object_costs,
)
"""What the subgraphs must keep together; merging itself finds what concerns types, arguments, values and defaults."""

SUPERGRAPH_RULES: Final[tuple[SupergraphRule, ...]] = (reserved_names, interface_implementations, interface_key_coverage, transitive_auth, requires_arguments)
"""What the merged types must keep."""

API_RULES: Final[tuple[SupergraphRule, ...]] = (inaccessible,)
"""What the API schema must keep."""

HINT_RULES: Final[tuple[HintRule, ...]] = (composing, features, presence, overrides)
"""What composes and is still worth telling; merging itself tells what concerns types, values, descriptions and directives."""
