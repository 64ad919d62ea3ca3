"""This module is in charge of the list of the sweep's rules, and of what cannot be decided yet, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from resolvers.ledger.findings.sweep.r02_scans_apart import SCANS_APART
from resolvers.ledger.findings.sweep.r02_two_holders import TWO_HOLDERS
from resolvers.ledger.findings.sweep.r03_cloned_reuse import MADE_TWICE, STILL_IN_USE
from resolvers.ledger.findings.sweep.r05_not_on_norm_list import NOT_ON_NORM_LIST
from resolvers.ledger.findings.sweep.r06_mass_gain import ELEMENT_GAIN, MASS_GAIN
from resolvers.ledger.findings.sweep.r07_mass_loss import ELEMENT_LOSS, INPUT_LOSS, MASS_LOSS
from resolvers.ledger.findings.sweep.r08_low_recovery import LOW_RECOVERY
from resolvers.ledger.findings.sweep.r09_too_good import COPIED_WEIGHTS, TOO_GOOD
from resolvers.ledger.findings.sweep.r10_late import LATE_MONTH
from resolvers.ledger.findings.sweep.r11_silent_custody import MASS_DIFFERENCE, SILENT_CUSTODY
from resolvers.ledger.findings.sweep.r12_dwell import DWELL
from resolvers.ledger.findings.sweep.r15_swap_flag_abuse import NOT_ANNOUNCED, NOT_SWAPPED
from resolvers.ledger.findings.sweep.r17_unfiled_code import UNFILED_CODE
from resolvers.ledger.findings.sweep.r18_quota import QUOTA
from resolvers.ledger.findings.sweep.r20_capacity import OVER_CAPACITY, TOO_MUCH_ENERGY
from resolvers.ledger.findings.sweep.r21_ring import BACK_AND_FORTH, HAND_TO_HAND
from resolvers.ledger.findings.sweep.r23_soh_jump import SOH_JUMP
from resolvers.ledger.findings.sweep.r24_outlet_gap import NO_OUTLET_IN_PREFECTURE, NO_OUTLET_IN_PROVINCE
from resolvers.ledger.findings.sweep.rule import SweepRule

SWEPT: Final[tuple[SweepRule, ...]] = (
    SCANS_APART, TWO_HOLDERS, MADE_TWICE, STILL_IN_USE, NOT_ON_NORM_LIST, MASS_GAIN, ELEMENT_GAIN, MASS_LOSS, ELEMENT_LOSS, INPUT_LOSS, LOW_RECOVERY, TOO_GOOD,
    COPIED_WEIGHTS, LATE_MONTH, SILENT_CUSTODY, MASS_DIFFERENCE, DWELL, NOT_ANNOUNCED, NOT_SWAPPED, UNFILED_CODE, QUOTA, OVER_CAPACITY, TOO_MUCH_ENERGY,
    BACK_AND_FORTH, HAND_TO_HAND, SOH_JUMP, NO_OUTLET_IN_PREFECTURE, NO_OUTLET_IN_PROVINCE,
)  # fmt: skip
# Parts of rules that nothing recorded can feed, and what they wait for.
WAITING: Final[Mapping[str, str]] = MappingProxyType({
    "R21": "a pack that is sold three times: a sale of a used pack is no event of its own; hand-overs stand for it",
    "R23": "a code that was put on another pack: no report says so; it shows as a rise in health",
})  # fmt: skip
