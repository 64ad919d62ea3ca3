"""This module is in charge of the demonstration's clients: one for each kind of party, with credentials that only its data folder holds.

KEYS/clients.json           per party: client id and secret, or client id and the name of its private key; mode 0600
KEYS/clients/PARTY.pem      the private key of a client that signs assertions; mode 0600
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from auth.client_secrets import hash_secret, new_secret
from auth.clients import Client, Credential, PublicKeys, RoleGrant, SecretHash
from auth.credentials import ASSERTION_TYPE
from auth.keys import KeysUnusable, private_directory, read_private, write_once
from auth.ports import ClientRegistry
from auth.settings import SERVER_METADATA_PATH, TOKEN_PATH

FILE: Final = "clients.json"
KEY_FOLDER: Final = "clients"
SIGNING: Final = frozenset({"battery-maker", "automaker"})


class DemoParty(NamedTuple):
    """An enterprise or authority of the demonstration: credit code, name, matrix roles, two-digit province codes, and its Chinese name."""

    uscc: str
    name: str
    roles: frozenset[str]
    jurisdiction: frozenset[str]
    name_zh: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What a kind of party plays: its roles, and what its client may state as purpose, the default first."""

    roles: frozenset[str]
    purposes: tuple[str, ...]
    may_see_plan: bool = False


PARTS: Final[Mapping[str, Part]] = {
    "battery-maker": Part(frozenset({"BM"}), ("compliance", "safety"), may_see_plan=True),
    "automaker": Part(frozenset({"OEM"}), ("compliance", "safety")),
    "swap-operator": Part(frozenset({"SW"}), ("compliance", "safety")),
    "repair-firm": Part(frozenset({"RS"}), ("compliance", "safety")),
    "dismantler": Part(frozenset({"SD"}), ("recycling", "safety")),
    "recycler": Part(frozenset({"CU"}), ("recycling", "safety")),
    "province": Part(frozenset({"PR"}), ("supervision",)),
    "miit": Part(frozenset({"MI"}), ("supervision",), may_see_plan=True),
    "mee": Part(frozenset({"ME"}), ("supervision", "safety")),
    "samr": Part(frozenset({"SA"}), ("supervision", "safety")),
    "public": Part(frozenset({"PB"}), ("public_information",)),
}


class DemoTokenRefused(Exception):
    """No token for a party of the demonstration; `code` is stable, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code + ": " + message)
        self.code = code
        self.message = message


async def register_demo_clients(store: ClientRegistry, keys_dir: Path, parties: Mapping[str, DemoParty], now: datetime) -> None:
    """Register a client for each of the parties, by the names of PARTS. A second start keeps all credentials.

    A party's roles are those that are both in its part and its own; roles hold from a day before `now`, without end.
    """
    private_directory(keys_dir)
    private_directory(keys_dir / KEY_FOLDER)
    if not (keys_dir / FILE).exists():
        entries = await asyncio.to_thread(_new_entries)
        write_once(keys_dir / FILE, json.dumps(entries, indent=2).encode("ascii"))
    known = _read_entries(keys_dir)

    async def registered(name: str, party: DemoParty) -> None:
        client = _client(name, party, known[name], keys_dir, now - timedelta(days=1))
        await store.grant_roles(party.uscc, client.granted)
        await store.register(client)

    # One after the other they wait for the disk two and twenty times.
    await asyncio.gather(*(registered(name, party) for name, party in parties.items()))


def _new_entries() -> dict[str, dict[str, str]]:
    secrets_of = {name: new_secret() for name in PARTS if name not in SIGNING}
    basic = {name: {"client_id": name, "secret": secret, "secret_hash": hash_secret(secret)} for name, secret in secrets_of.items()}
    return {name: basic.get(name) or {"client_id": name, "key": name + ".pem"} for name in PARTS}


def _client(name: str, party: DemoParty, entry: Mapping[str, str], keys_dir: Path, since: datetime) -> Client:
    part = PARTS[name]
    return Client(
        client_id=entry["client_id"],
        party=party.uscc,
        party_name=party.name,
        roles=part.roles & party.roles,
        jurisdiction=party.jurisdiction,
        purposes=part.purposes,
        credential=_credential(entry, keys_dir),
        valid_from=since,
        may_see_plan=part.may_see_plan,
        granted=tuple(RoleGrant(role, since) for role in sorted(party.roles)),
    )


def _credential(entry: Mapping[str, str], keys_dir: Path) -> Credential:
    if "secret" in entry:
        return SecretHash(entry["secret_hash"])
    path = keys_dir / KEY_FOLDER / entry["key"]
    write_once(path, ECKey.generate_key("P-256").as_pem(private=True))
    public = {**_private_key(path).as_dict(private=False), "use": "sig", "alg": "ES256"}
    return PublicKeys(json.dumps({"keys": [public]}))


def _read_entries(keys_dir: Path) -> dict[str, dict[str, str]]:
    content = read_private(keys_dir / FILE)
    try:
        entries: dict[str, dict[str, str]] = json.loads(content)
        whole = all("client_id" in entries[name] and ("key" in entries[name] or {"secret", "secret_hash"} <= entries[name].keys()) for name in PARTS)
    except (ValueError, TypeError, KeyError, AttributeError):
        whole = False
    if not whole:
        raise KeysUnusable("KEYS_BROKEN", f"{keys_dir / FILE} does not hold the demonstration's clients")
    return entries


def _private_key(path: Path) -> ECKey:
    content = read_private(path)
    try:
        return ECKey.import_key(content)
    except (JoseError, ValueError) as broken:
        raise KeysUnusable("KEYS_BROKEN", str(path) + " is not an EC private key in PEM") from broken


async def fetch_demo_token(
    base_url: str, data_dir: Path, party: str, scope: str | None = None, purpose: str | None = None, *, now: datetime | None = None
) -> str:
    """An access token for one of the demonstration's parties, from the token endpoint of the demonstration at `base_url`.

    Raises DemoTokenRefused: DEMO_PARTY_UNKNOWN, DEMO_NOT_STARTED (no credentials in the folder), DEMO_UNREACHABLE, TOKEN_REFUSED.
    """
    if party not in PARTS:
        raise DemoTokenRefused("DEMO_PARTY_UNKNOWN", "no such party; there are " + ", ".join(PARTS))
    keys_dir = data_dir / "keys"
    try:
        entry = _read_entries(keys_dir)[party]
    except KeysUnusable as missing:
        if (keys_dir / FILE).exists():
            raise
        message = missing.message + "; start the demonstration with this data folder first"
        raise DemoTokenRefused("DEMO_NOT_STARTED", message) from missing
    asked = {"scope": scope, "purpose": purpose}
    form = {"grant_type": "client_credentials", **{name: value for name, value in asked.items() if value is not None}}
    try:
        async with aiohttp.ClientSession(base_url, timeout=aiohttp.ClientTimeout(total=10)) as session:
            return await _ask(session, entry, keys_dir, form, now or datetime.now(UTC))
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as failed:
        message = base_url + " does not answer as the demonstration does; is it running there?"
        raise DemoTokenRefused("DEMO_UNREACHABLE", message) from failed


async def _ask(session: aiohttp.ClientSession, entry: Mapping[str, str], keys_dir: Path, form: dict[str, str], now: datetime) -> str:
    headers: dict[str, str] = {}
    if "secret" in entry:
        headers["Authorization"] = aiohttp.encode_basic_auth(entry["client_id"], entry["secret"])
    else:
        async with session.get(SERVER_METADATA_PATH, raise_for_status=True) as response:
            issuer = (await response.json())["issuer"]
        form = {**form, "client_assertion_type": ASSERTION_TYPE, "client_assertion": _assertion(entry, keys_dir, issuer, now)}
    async with session.post(TOKEN_PATH, data=form, headers=headers, allow_redirects=False) as response:
        answer: dict[str, Any] = await response.json()
    if response.status != 200 or not isinstance(answer.get("access_token"), str):
        raise DemoTokenRefused("TOKEN_REFUSED", f"{answer.get('error')}: {answer.get('error_description')}")
    return str(answer["access_token"])


def _assertion(entry: Mapping[str, str], keys_dir: Path, issuer: str, now: datetime) -> str:
    key = _private_key(keys_dir / KEY_FOLDER / entry["key"])
    claims = {
        "iss": entry["client_id"],
        "sub": entry["client_id"],
        "aud": issuer,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(minutes=1)).timestamp()),
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode({"alg": "ES256", "kid": key.thumbprint()}, claims, key, algorithms=["ES256"])
