"""This module is in charge of findings in the database: what the rules look up for a batch, and the rows they give, each by the set."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from resolvers.ledger.acceptance import LICENCE, RECEIVER
from resolvers.ledger.finding_rows import Claim, FindingReader, FindingRow
from resolvers.ledger.findings.case import LicenceSeen, Party, RoleSeen
from resolvers.ledger.findings.finding import State
from resolvers.ledger.findings.parameters import RuleTable, rule_table
from resolvers.ledger.findings.rejudging import Stored
from resolvers.ledger.recording.plausible import LIMITS
from resolvers.ledger.recovery.rates import NORM
from resolvers.ledger.rows import Rule

PARAMETERS: Final = (
    "anomaly.code_date_difference", "anomaly.hand_over_mass_difference", "balance.gain", "balance.loss", "business.prohibited", "field.prohibited",
    "hand_over.interprovincial", LICENCE, NORM, RECEIVER, *LIMITS,
)  # fmt: skip
RULES: Final = """
select rule_set, name, node_type, role, value, unit, basis, confidence, status, valid_from, valid_to from rule.rule where name = any($1::text[])"""
PARTIES: Final = "select uscc, province, status from enterprise.enterprise where uscc = any($1::text[])"
LICENCES: Final = "select uscc, activity, valid_from, valid_to from enterprise.licence where uscc = any($1::text[])"
ROLES: Final = "select uscc, role, valid_from, valid_to from enterprise.role where uscc = any($1::text[])"
# What is found is counted where it is written: of a finding that was there before, nothing is.
FINDINGS: Final = """
with added as (
insert into battery.finding (code, id, rule, version, severity, state, owners, provinces, party, evidence, attempt, message, figures, first_seen, recorded_at,
  subject, evidence_codes, found)
select code, id, rule, version, severity, state, owners, provinces, party, evidence, attempt, message, figures, first_seen, recorded_at, subject,
  evidence_codes, found
from jsonb_to_recordset($1::jsonb) as t (code text, id text, rule text, version int, severity text, state text, owners text[], provinces text[], party text,
  evidence int[], attempt jsonb, message text, figures jsonb, first_seen timestamptz, recorded_at timestamptz, subject text, evidence_codes text[], found text)
on conflict do nothing returning rule, severity, state, provinces, party, first_seen
)
insert into statistics.change (cube, month, province, chemistry, party, role, to_province, to_role, kind, n, energy_wh, mass_g, part)
select v.cube, date_trunc('month', a.first_seen at time zone 'Asia/Shanghai')::date, v.province, '', a.party, coalesce(m.role, ''), '', '',
  concat_ws(':', a.rule, a.severity, a.state), 1, 0, 0, 0
from added a cross join lateral (select 'finding', '' union all select distinct 'finding_province', unnest(a.provinces)) v (cube, province)
left join lateral (select r.role from enterprise.role r where r.uscc = a.party
  order by array_position(array['BM', 'OEM', 'SW', 'RS', 'SD', 'CU', 'PR', 'MI', 'ME', 'SA'], r.role), r.role limit 1) m on true"""
# In the order in which authorities lock what they decide on.
STANDING: Final = """
select f.code, f.id, f.rule, f.party, f.provinces, f.evidence, f.figures, f.first_seen, f.state, coalesce((select s.actor from battery.finding_state s
  where s.code = f.code and s.id = f.id order by s.number desc limit 1), '') <> '' as decided
from battery.finding f where f.code = any($1::text[]) and f.found = 'ARRIVAL' and f.attempt is null order by f.code, f.id"""
LOCK_STANDING: Final = """
select 1 from battery.finding f where f.code = any($1::text[]) and f.found = 'ARRIVAL' and f.attempt is null order by f.code, f.id for no key update of f"""
READERS: Final = """
insert into battery.finding_reader (code, id, grantee, first_seen)
select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) on conflict do nothing"""

# Whoever says so often enough that it has a battery is known to say so: moments can be thought up without end, and each would be a row.
MOST_CLAIMS: Final = 100
"""Of an enterprise about one battery. Those that came first are kept."""
CLAIMS: Final = """
insert into battery.claim (code, reporter, type, occurred_at, recorded_at, vin, province, refused)
select t.code, t.reporter, t.type, t.occurred_at, t.recorded_at, t.vin, t.province, t.refused
from (
  select n.*, row_number() over (partition by n.code, n.reporter order by n.place) as next
  from (
    select distinct on (u.code, u.reporter, u.type, u.occurred_at) u.*
    from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[], $8::text[]) with ordinality
      as u (code, reporter, type, occurred_at, recorded_at, vin, province, refused, place)
    where not exists (select from battery.claim c where c.code = u.code and c.reporter = u.reporter and c.type = u.type and c.occurred_at = u.occurred_at)
    order by u.code, u.reporter, u.type, u.occurred_at, u.place) n) t
where t.next + (select count(*) from battery.claim c where c.code = t.code and c.reporter = t.reporter) <= $9
on conflict do nothing"""


async def read_parameters(connection: asyncpg.Connection) -> RuleTable:
    """The rows of the rule table that rules on arrival ask for, as they are now; each has the days it holds for."""
    return rule_table([Rule(*row) for row in await connection.fetch(RULES, list(PARAMETERS))])


async def read_parties(connection: asyncpg.Connection, codes: Iterable[str]) -> Mapping[str, Party]:
    """What the registry says of these enterprises; those it does not have are left out."""
    wanted = sorted(set(codes))
    licences: defaultdict[str, list[LicenceSeen]] = defaultdict(list)
    for row in await connection.fetch(LICENCES, wanted):
        licences[row["uscc"]].append(LicenceSeen(*row[1:]))
    roles: defaultdict[str, list[RoleSeen]] = defaultdict(list)
    for row in await connection.fetch(ROLES, wanted):
        roles[row["uscc"]].append(RoleSeen(*row[1:]))
    found = await connection.fetch(PARTIES, wanted)
    return {uscc: Party(province, status, tuple(licences[uscc]), tuple(roles[uscc])) for uscc, province, status in found}


async def read_standing(connection: asyncpg.Connection, codes: Sequence[str]) -> Mapping[str, Sequence[Stored]]:
    """What arrival found on events of these packs that stand; locked, so that what is decided on it at the same time is decided before or afterwards."""
    await connection.execute(LOCK_STANDING, codes)
    found: defaultdict[str, list[Stored]] = defaultdict(list)
    for row in await connection.fetch(STANDING, codes):
        told = {**row, "provinces": tuple(row["provinces"]), "evidence": tuple(row["evidence"]), "figures": json.loads(row["figures"])}
        found[row["code"]].append(Stored(**{**told, "state": State(row["state"])}))
    return found


async def insert_findings(connection: asyncpg.Connection, findings: Sequence[FindingRow], readers: Sequence[FindingReader]) -> None:
    """Add findings and whose work they are; what was found before stays as it is."""
    if findings:
        await connection.execute(FINDINGS, json.dumps([{name: _plain(value) for name, value in row._asdict().items()} for row in findings]))
        await connection.execute(READERS, *(list(column) for column in zip(*readers)))


async def insert_claims(connection: asyncpg.Connection, claims: Sequence[Claim]) -> None:
    """Keep claims, MOST_CLAIMS of each enterprise about each battery; what was claimed before, of the same moment, stays as it is."""
    if claims:
        await connection.execute(CLAIMS, *(list(column) for column in zip(*claims)), MOST_CLAIMS)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value
