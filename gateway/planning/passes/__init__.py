"""This module is in charge of the order of the passes: what is done to a draft before it becomes a plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.planning.draft import Draft
from gateway.planning.passes.hoist_conditions import hoist_conditions
from gateway.planning.passes.merge_conditional_twins import merge_conditional_twins
from gateway.planning.passes.merge_parallel_fetches import merge_parallel_fetches
from gateway.planning.passes.merge_type_conditions import merge_type_conditions
from gateway.planning.passes.part_conflicting_fields import part_conflicting_fields

PASSES: Final[tuple[Callable[[Draft], None], ...]] = (
    merge_conditional_twins,
    merge_type_conditions,
    merge_parallel_fetches,
    merge_type_conditions,
    hoist_conditions,
    part_conflicting_fields,
)
