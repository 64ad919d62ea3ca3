"""This module is in charge of whose pages are compared: of each kind of relation the party with the most rows, and the one with the fewest of at least 50."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from auth.client_secrets import hash_secret
from auth.clients import Client, RoleGrant, SecretHash
from auth.entitlements import scopes_for
from auth.principal import Principal
from benchmarks.worlds import BenchWorld
from resolvers.database.auth_store import AuthStore
from resolvers.demo.clients import PARTS
from resolvers.demo.parties import demo_parties

LEAST: Final = 50
MAKERS: Final = "select maker as name, count(*) as rows from battery.pack group by maker"
# What a party's list holds: each pack once, by whichever of its relations.
HELD: Final = """
select a.grantee as name, count(distinct a.code) as rows from battery.access a
where a.relation = any($1) and a.from_at <= $2 and (a.until_at is null or a.until_at > $2) group by a.grantee"""
ROLES: Final = "select uscc, array_agg(distinct role) as roles from enterprise.role group by uscc"
CUSTODIANS: Final = frozenset({"SW", "RS", "SD", "CU"})


@dataclass(frozen=True, slots=True)
class Party:
    """A party in the comparison, with a client of its own; `rows` is how many packs its list has (0: all)."""

    kind: str
    size: str
    rows: int
    uscc: str
    roles: frozenset[str]
    jurisdiction: frozenset[str] = frozenset()

    @property
    def client_id(self) -> str:
        return f"bench-{self.kind}-{self.size}"

    @property
    def purpose(self) -> str:
        return "supervision" if self.kind in ("province", "miit") else "compliance" if self.kind in ("maker", "automaker") else "recycling"

    def principal(self, matrix: Any, moment: datetime) -> Principal:
        """Whom a token of the party's client stands for."""
        scopes = scopes_for(self.roles, matrix)
        return Principal(self.uscc, self.roles, scopes, self.jurisdiction, self.purpose, self.client_id, "bench", moment + timedelta(hours=1))


async def parties(made: BenchWorld) -> list[Party]:
    """Maker, automaker, custodian and province, largest and smallest; and the national authority."""
    moment = made.options.moment
    roles = {row["uscc"]: frozenset(row["roles"]) for row in await made.rows(ROLES)}
    makers = await made.rows(MAKERS)
    automakers = await made.rows(HELD, ["automaker"], moment)
    custodians = [row for row in await made.rows(HELD, ["custodian"], moment) if roles.get(row["name"], frozenset()) & CUSTODIANS]
    provinces = await made.rows(HELD, ["jurisdiction"], moment)
    found = [
        *_ends("maker", makers, lambda _name: frozenset({"BM"})),
        *_ends("automaker", automakers, lambda _name: frozenset({"OEM"})),
        *_ends("custodian", custodians, lambda name: roles[name] & CUSTODIANS),
    ]
    authority = demo_parties(made.options)["province"].uscc
    for size, row in _largest_and_smallest(provinces):
        digits = frozenset({row["name"].partition(":")[2]})
        found.append(Party("province", size, row["rows"], authority, PARTS["province"].roles, digits))
    return [*found, Party("miit", "largest", 0, demo_parties(made.options)["miit"].uscc, PARTS["miit"].roles)]


def _ends(kind: str, rows: Iterable[Mapping[str, Any]], roles: Any) -> list[Party]:
    return [Party(kind, size, row["rows"], row["name"], roles(row["name"])) for size, row in _largest_and_smallest(rows)]


def _largest_and_smallest(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    enough = sorted((row for row in rows if row["rows"] >= LEAST), key=lambda row: (row["rows"], row["name"]))
    return [("largest", enough[-1]), ("smallest", enough[0])]


async def register(made: BenchWorld, found: Iterable[Party], secret: str) -> None:
    """A client for each party, all with the same secret; nothing else than this comparison knows it."""
    store, hashed = AuthStore(made.foundation.database), SecretHash(hash_secret(secret))
    since = datetime.now(UTC) - timedelta(days=1)
    for each in found:
        granted = tuple(RoleGrant(role, since) for role in sorted(each.roles))
        client = Client(each.client_id, each.uscc, each.client_id, each.roles, each.jurisdiction, (each.purpose,), hashed, since, granted=granted)
        await store.grant_roles(each.uscc, granted)
        await store.register(client)
