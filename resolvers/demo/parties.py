"""This module is in charge of who signs in to the demo: one party of every role, and battery codes that show what each may see."""

from __future__ import annotations

from collections.abc import Mapping

from resolvers.demo.blocks import tell_block
from resolvers.demo.clients import DemoParty
from resolvers.demo.options import WorldOptions
from resolvers.demo.registry import DEMO_PROVINCE, Firm, registry
from resolvers.demo.showcase import cast_of


def demo_parties(options: WorldOptions) -> Mapping[str, DemoParty]:
    """The eleven parties by client name; they depend on the seed alone. The public has no credit code; its party is called "public"."""
    everybody = registry(options.seed)
    cast, authorities = cast_of(everybody), everybody.authorities
    home = frozenset({DEMO_PROVINCE})
    return {
        "battery-maker": _party(cast.maker),
        "automaker": _party(cast.automaker),
        "swap-operator": _party(cast.swap),
        "repair-firm": _party(cast.repair),
        "dismantler": _party(cast.dismantler),
        "recycler": _party(cast.recycler),
        "province": _party(authorities[DEMO_PROVINCE], home),
        "miit": _party(authorities["MI"]),
        "mee": _party(authorities["ME"], home),
        "samr": _party(authorities["SA"]),
        "public": DemoParty("public", "The public", frozenset({"PB"}), frozenset(), "公众"),
    }


def sample_codes(options: WorldOptions) -> Mapping[str, str]:
    """Battery codes by what they are examples of (showcase.SCENES); the parties in the names are the demo's."""
    return tell_block(options, 0).codes


def _party(firm: Firm, jurisdiction: frozenset[str] = frozenset()) -> DemoParty:
    return DemoParty(firm.uscc, firm.row.name_en or firm.row.name, firm.roles, jurisdiction, firm.row.name)
