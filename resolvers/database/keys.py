"""This module is in charge of what a look-up is about: its keys, sent as one text.

The driver asks five abstract classes about each array, and again about each of its elements: for one key that takes longer than all else it does for
the value. Nothing that is kept holds a control character (ledger/recording/values.py, importing/cells.py), so one of them can stand between keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from resolvers.database.sql import Sql, slot, text
from resolvers.database.texts import BETWEEN

KEYS: Final[Sql] = text("string_to_array(") + slot("keys") + text(", e'\\x1f')")
"""The keys as an array of texts."""


def key_list(keys: Iterable[str | None]) -> str:
    """The value of the slot `keys`, each in its place. What no row can have for its key, nothing is found for."""
    return BETWEEN.join(["" if key is None or BETWEEN in key else key for key in keys])
