"""This module is in charge of sizes: how much one argument may ask for or hold, for whoever judges it, the gateway or the subgraph behind.

It knows nothing of Strawberry: serving the supergraph of somebody else needs it, and none of our own graph.
"""

from __future__ import annotations

from typing import Final

DEFAULT_PAGE: Final = 20
LARGEST_PAGE: Final = 200
BATCHES: Final = frozenset({"LifecycleEventInput"})
"""Input types of which clients send long lists (`limits.reports`)."""


def page_too_large(argument: str, most: int) -> str:
    """What is said of a page that is too large, whoever notices it."""
    return f"{argument} is more than {most}, the most rows of one page"
