"""This module is in charge of reading what decides whether the caller may take a pack: the pack by the door, and the caller's own entry in the registry."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from resolvers.batching import Batch
from resolvers.database.keys import KEYS, key_list
from resolvers.database.packs import pack_by_code
from resolvers.database.reading import Reading
from resolvers.database.sql import slot, text
from resolvers.ledger.acceptance import LICENCE, RECEIVER, PackSeen, Purpose, reasons
from resolvers.ledger.deadlines import local_day
from resolvers.ledger.findings.case import LicenceSeen, Party, RoleSeen
from resolvers.ledger.findings.parameters import rule_table
from resolvers.ledger.rows import Rule
from resolvers.ledger.states import Status

_OWN: Final = (text("select province, status from enterprise.enterprise where uscc = ") + slot("party")).compile()
_LICENCES: Final = (text("select activity, valid_from, valid_to from enterprise.licence where uscc = ") + slot("party")).compile()
_ROLES: Final = (text("select role, valid_from, valid_to from enterprise.role where uscc = ") + slot("party")).compile()
_RULES: Final = (
    text("select rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from, valid_to from rule.rule where name = any(")
    + slot("names")
    + text(")")
).compile()
# What the caller has, and what is on its way to it, is its own to know, whatever else of a pack its role reads (a maker's reads nothing by custody).
_OWN_LEGS: Final = (
    text("select a.code, a.relation from battery.access a where a.grantee = ")
    + slot("party")
    + text(" and a.relation in ('custodian', 'receiver') and a.code = any(")
    + KEYS
    + text(") and a.from_at <= ")
    + slot("moment")
    + text(" and (a.until_at is null or a.until_at > ")
    + slot("moment")
    + text(")")
).compile()
_NEEDED: Final = ("status", "recalled")
OPEN: Final = -1


async def acceptance(reading: Reading, batch: Batch) -> list[Mapping[str, Any]]:
    """The answer for each code that the caller named. A code that nobody coded, and one of which it may know nothing, are answered alike."""
    purpose = Purpose(batch.arguments["purpose"])
    packs = await pack_by_code(reading, Batch(batch.keys, _NEEDED, exact=True))
    values = reading.values()
    own = await reading.fetch(_OWN, values)
    licences = tuple([LicenceSeen(*row) for row in await reading.fetch(_LICENCES, values)])
    roles = tuple([RoleSeen(*row) for row in await reading.fetch(_ROLES, values)])
    party = Party(own[0]["province"], own[0]["status"], licences, roles) if own else None
    rules = await reading.fetch(_RULES, {**values, "names": [LICENCE, RECEIVER]})
    parameters = rule_table([Rule(*row) for row in rules]).on(local_day(reading.moment))
    legs = {(row[0], row[1]) for row in await reading.fetch(_OWN_LEGS, {**values, "keys": key_list(batch.keys)})}
    seen = [_seen(row, code, legs) for row, code in zip(packs, batch.keys, strict=True)]
    found = [reasons(each, party, purpose, parameters) for each in seen]
    return [_row(code, purpose, each) for code, each in zip(batch.keys, found, strict=True)]


def _seen(row: Any, code: str, legs: Collection[tuple[str, str]]) -> PackSeen | None:
    return None if row is None else PackSeen(Status(row[0]), row[1], (code, "custodian") in legs, (code, "receiver") in legs)


def _row(code: str, purpose: Purpose, found: Sequence[str]) -> Mapping[str, Any]:
    return {"standing": OPEN, "key": code, "code": code, "purpose": str(purpose), "mayAccept": not found, "reasons": [str(each) for each in found]}
