"""This module is in charge of the order of the rules, phase by phase; a phase runs whole, and the first with errors is the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from gateway.composition.errors import CompositionError
from gateway.composition.merged import Merged
from gateway.composition.rules.categories import categories
from gateway.composition.rules.extensions import extensions
from gateway.composition.rules.external_annotations import external_annotations
from gateway.composition.rules.external_fields import external_fields
from gateway.composition.rules.field_sharing import field_sharing
from gateway.composition.rules.import_names import import_names
from gateway.composition.rules.inaccessible import inaccessible
from gateway.composition.rules.interface_auth import interface_auth
from gateway.composition.rules.interface_implementations import interface_implementations
from gateway.composition.rules.interface_keys import interface_keys
from gateway.composition.rules.key_fields import key_fields
from gateway.composition.rules.queries import queries
from gateway.composition.rules.requires_fields import requires_fields
from gateway.composition.rules.scopes import scopes
from gateway.composition.rules.shareable_usage import shareable_usage
from gateway.composition.rules.transitive_auth import transitive_auth
from gateway.composition.rules.type_kinds import type_kinds
from gateway.composition.subgraph import Subgraph

SubgraphRule = Callable[[Subgraph], Iterator[CompositionError]]
MergeRule = Callable[[Sequence[Subgraph]], Iterator[CompositionError]]
SupergraphRule = Callable[[Merged, Sequence[Subgraph]], Iterator[CompositionError]]

SUBGRAPH_RULES: Final[tuple[SubgraphRule, ...]] = (
    key_fields,
    interface_keys,
    requires_fields,
    external_fields,
    shareable_usage,
    interface_auth,
    scopes,
    categories,
)
"""What one subgraph must keep by itself; directive definitions and unsupported directives are judged before it is read."""

MERGE_RULES: Final[tuple[MergeRule, ...]] = (import_names, queries, type_kinds, extensions, field_sharing, external_annotations)
"""What the subgraphs must keep together; merging itself finds what concerns types, arguments, values and defaults."""

SUPERGRAPH_RULES: Final[tuple[SupergraphRule, ...]] = (interface_implementations, inaccessible, transitive_auth)
"""What the merged types must keep."""
