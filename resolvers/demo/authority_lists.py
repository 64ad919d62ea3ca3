"""This module is in charge of the lists that authorities keep of the demo's firms, and of the gaps in them that rules find."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from resolvers.demo import names
from resolvers.demo.options import WorldOptions, stream
from resolvers.demo.registry import ON_PLATFORM, Firm, registry
from resolvers.ledger.enterprise_rows import Outlet
from resolvers.ledger.register_rows import NormListing, SwapModel

LISTED_ON: Final = date(2020, 1, 1)
# Where the law asks for an outlet and there is none (R24), and of the recyclers those that are on no list (R05).
MISSING_OUTLETS: Final = 0.01
UNLISTED_RANKS: Final = frozenset({9, 23, 37})
# The automaker whose swap model nobody announced (R15).
UNANNOUNCED_RANK: Final = 6


class Lists(NamedTuple):
    """Outlets that there are, recyclers on the norm list, announced swap models."""

    outlets: Sequence[Outlet]
    listings: Sequence[NormListing]
    swap_models: Sequence[SwapModel]


def lists_of(options: WorldOptions) -> Lists:
    """The lists of a world: complete where it has no anomalies."""
    everybody, rng = registry(options.seed), stream(options.seed, "gaps")
    gaps = options.anomalies
    made = {firm.uscc for firm in everybody.firms if firm.roles & {"BM", "OEM"}}
    outlets = [each for each in everybody.outlets if not (each.uscc in made and rng.random() < MISSING_OUTLETS and gaps)]
    recyclers = [firm for firm in everybody.firms if "CU" in firm.roles and not (gaps and firm.role == "CU" and firm.rank in UNLISTED_RANKS)]
    listings = [NormListing(firm.uscc, f"DEMO-{1 + n % 5}", LISTED_ON, None, ON_PLATFORM) for n, firm in enumerate(recyclers)]
    makers = [firm for firm in everybody.firms if firm.role == "OEM" and not (gaps and firm.rank == UNANNOUNCED_RANK)]
    return Lists(outlets, listings, [SwapModel(firm.uscc, swap_name(firm), LISTED_ON, None, ON_PLATFORM) for firm in makers])


def swap_name(firm: Firm) -> str:
    """The name of the swap model of an automaker."""
    return f"Demo {names.BRANDS[firm.rank]} {names.SERIES['swap'][0]}"
