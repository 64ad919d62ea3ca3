"""This module is in charge of the closed lists that fields of reports take their words from. What a rule asks about has no word of a party's own: a word
that no rule knows would be one that no rule finds."""

from __future__ import annotations

from typing import Final

from resolvers.ledger.acceptance import Purpose

PURPOSES: Final = tuple(str(each) for each in Purpose)
# Those that the standards register has, those that the prohibited list has or may come to have, and what is neither.
FIELDS_OF_USE: Final = (
    "STATIONARY_STORAGE", "TELECOM_BACKUP", "STREET_LIGHTING", "LOW_SPEED_LOGISTICS", "E_BICYCLE", "LOW_SPEED_TWO_OR_THREE_WHEELER", "POWER_BANK",
    "EMERGENCY_LIGHTING_CROWDED_PLACES", "OTHER",
)  # fmt: skip
BUSINESSES: Final = (
    "ENERGY_STORAGE", "TELECOMMUNICATION", "LIGHTING", "LOGISTICS", "E_BICYCLE_MANUFACTURE", "E_BICYCLE_RENTAL", "MANUFACTURE", "TRADE", "RECYCLING", "OTHER",
)  # fmt: skip
GRADES: Final = ("A", "B", "C", "D")
ROUTES: Final = ("REUSE", "REPROCESS_INTO_PRODUCT", "RECYCLE_INTO_MATERIAL", "DISPOSE")
MECHANICAL: Final = "MECHANICAL"
PROCESSES: Final = (MECHANICAL, "HYDROMETALLURGICAL", "PYROMETALLURGICAL", "DIRECT_REGENERATION")
