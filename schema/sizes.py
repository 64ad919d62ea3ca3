"""This module is in charge of sizes: how much one argument may ask for or hold, for whoever judges it, the gateway or the subgraph behind.

It knows nothing of Strawberry: serving the supergraph of somebody else needs it, and none of our own graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DEFAULT_PAGE: Final = 20
LARGEST_PAGE: Final = 200
BATCHES: Final = frozenset({"LifecycleEventInput"})
"""Input types of which clients send long lists (`limits.reports`)."""
LONG_LISTS: Final[Mapping[str, int]] = MappingProxyType({
    "ProducedInput.cells": 5_000, "ImportedInput.cells": 5_000, "ReprocessedInput.cells": 5_000, "ReprocessedInput.sourceCodes": 1_000,
    "DismantledInput.released": 5_000, "RecycledInput.inputs": 1_000, "SwapDayInput.moves": 5_000,
})  # fmt: skip
"""Lists that belong to one thing and are sent whole: the cells of a pack, the moves of a day. As many items as their reports take may be sent, where
`limits.list_size` is less."""


def page_too_large(argument: str, most: int) -> str:
    """What is said of a page that is too large, whoever notices it."""
    return f"{argument} is more than {most}, the most rows of one page"
