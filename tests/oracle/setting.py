"""This module is in charge of what a world and a party are: plain values, of which the oracle knows nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Rows = list[dict[str, Any]]

MOMENT: Final = datetime(2026, 11, 20, 8, tzinfo=UTC)
GRACE: Final = timedelta(days=90)
# What the databases of the tests mix into the order of vehicles; in others it is drawn by chance.
RANK_SALT: Final = "tests"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody with a token: what the token says of them. `categories` are those open to the token."""

    uscc: str
    roles: tuple[str, ...]
    provinces: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset("ABCDFGHJKLM")


@dataclass(frozen=True, slots=True)
class World:
    """Rows by table, and everybody who may ask."""

    seed: int
    tables: dict[str, Rows]
    parties: tuple[Party, ...]
