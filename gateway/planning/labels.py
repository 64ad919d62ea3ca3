"""This module is in charge of the labels of progressive overrides (`@override(label:)`): which of a supergraph's hold for one request.

`percent(N)` holds for N of a hundred requests. One number is drawn for a request, and every percentage above it holds: so that
what moves at 5 % has moved for all for whom something moves at 50 %, and there are few sets of labels to plan for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from gateway.composition.supergraph import Supergraph

_PERCENT: Final = re.compile(r"percent\((\d{1,2}(?:\.\d{1,8})?|100)\)")


def share_of(label: str) -> float | None:
    """The part of requests for which the label holds, of 1; None where it is a name."""
    match = _PERCENT.fullmatch(label)
    return float(match[1]) / 100 if match else None


def drawn(seed: str) -> float:
    """A number from 0 up to 1, the same for the same seed in every process."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:7], "big") / (1 << 56)


class Labels:
    """The labels of one supergraph. `always` are those that hold for every request, of whatever kind."""

    def __init__(self, supergraph: Supergraph, always: frozenset[str]) -> None:
        joins = (join for info in supergraph.types.values() for field in info.fields.values() for join in field.joins.values())
        known = frozenset(join.override_label for join in joins if join.override_label is not None)
        shares = {label: share for label in known if (share := share_of(label)) is not None}
        self.known = known
        self.always = (always & known) | {label for label, share in shares.items() if share >= 1}
        self._drawn = tuple(sorted((share, label) for label, share in shares.items() if label not in self.always and share > 0))

    @property
    def are_drawn(self) -> bool:
        """True when some label holds for a part of the requests."""
        return bool(self._drawn)

    def of(self, seed: str, named: Iterable[str] = ()) -> frozenset[str]:
        """Those that hold for the request of that seed; `named` hold beside, those of them that the supergraph has."""
        number = drawn(seed) if self._drawn else 1.0
        return self.always.union((label for share, label in self._drawn if number < share), self.known.intersection(named))
