"""This module is in charge of what the rules find in the demo's lives: the findings that arrival would have given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from resolvers.demo.lives import Block
from resolvers.demo.registry import registry
from resolvers.ledger.facts import Known as FoldKnown
from resolvers.ledger.facts import PackFacts
from resolvers.ledger.findings.case import Known, LicenceSeen, Party, RoleSeen, VehicleSeen
from resolvers.ledger.findings.examine import follow
from resolvers.ledger.findings.finding import Finding
from resolvers.ledger.findings.parameters import RuleTable, rule_table
from resolvers.ledger.fold import Fold
from resolvers.ledger.rows import Event
from resolvers.ledger.rules import load_rules


class Examiner:
    """The rules over one block: what they look up is made once."""

    def __init__(self, block: Block, fold_known: FoldKnown) -> None:
        self._fold_known = fold_known
        self._known = Known(_parties(block.options.seed), {vin: VehicleSeen(facts) for vin, facts in fold_known.vehicles.items()})

    def follow(self, facts: PackFacts, events: list[Event]) -> tuple[Fold, tuple[Finding, ...]]:
        """One pack's fold after its last event, and the findings on it."""
        return follow(facts, events, self._fold_known, self._known, shipped_table())


@lru_cache(maxsize=1)
def shipped_table() -> RuleTable:
    """The shipped rules."""
    return rule_table(load_rules())


@lru_cache(maxsize=4)
def _parties(seed: int) -> Mapping[str, Party]:
    everybody = registry(seed)
    licences: defaultdict[str, list[LicenceSeen]] = defaultdict(list)
    for row in everybody.licences:
        licences[row.uscc].append(LicenceSeen(row.activity, row.valid_from, row.valid_to))
    roles: defaultdict[str, list[RoleSeen]] = defaultdict(list)
    for each in everybody.roles:
        roles[each.uscc].append(RoleSeen(each.role, each.valid_from, each.valid_to))
    return {row.uscc: Party(row.province, row.status, tuple(licences[row.uscc]), tuple(roles[row.uscc])) for row in everybody.enterprises}
