"""This module is in charge of what OAuth tests share: a deployment in memory, clients that use other libraries than ours, bare ASGI calls."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from starlette.applications import Starlette

from auth import client_secrets
from auth.clients import Client, PublicKeys, RoleGrant, SecretHash
from auth.entitlements import load_matrix, scopes_for
from auth.keys import KeyRing, load_or_make
from auth.ports import AuthEvent, IssuedToken, Revocation, Writes
from auth.revocations import Denylist
from auth.server import OAuthServer, Stores, make_server
from auth.settings import OAuthSettings
from gateway.edge.bearer import BearerDoor
from gateway.edge.oauth import oauth_routes

ISSUER = "https://gateway.example"
NOW = datetime(2026, 11, 22, 10, 0, 0, 250_000, tzinfo=UTC)
SECRET = "s3cret with:colon, 100% & 汉字"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.content)


async def call(app: Any, method: str, path: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"", query: bytes = b"") -> Response:
    """One request to an ASGI application, as a server would make it; what the application raises comes out here."""
    sent: list[dict[str, Any]] = []
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "https", "path": path}
    scope |= {"raw_path": path.encode(), "query_string": query, "root_path": "", "headers": raw, "server": ("evil.example", 1), "client": None}
    chunks = [body[i : i + 5000] for i in range(0, len(body), 5000)] or [b""]
    messages = [{"type": "http.request", "body": c, "more_body": i + 1 < len(chunks)} for i, c in enumerate(chunks)]

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    got = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Response(start["status"], got, b"".join(message.get("body", b"") for message in sent[1:]))


class MemoryStore:
    """The ports in memory: what AuthStore does in PostgreSQL."""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.roles: dict[str, tuple[RoleGrant, ...]] = {}
        self.tokens: dict[str, IssuedToken] = {}
        self.burnt: set[tuple[str, str]] = set()
        self.revoked: dict[tuple[str, str], Revocation] = {}
        self.asked: list[str] = []

    async def client(self, client_id: str) -> Client | None:
        self.asked.append(client_id)
        found = self.clients.get(client_id)
        return None if found is None else replace(found, granted=self.roles.get(found.party, ()))

    async def register(self, client: Client) -> None:
        self.clients[client.client_id] = client

    async def grant_roles(self, party: str, grants: Iterable[RoleGrant]) -> None:
        self.roles[party] = tuple(grants)

    async def token(self, token_id: str) -> IssuedToken | None:
        return self.tokens.get(token_id)

    async def commit(self, writes: Writes) -> bool:
        if writes.burnt is not None:
            used = (writes.burnt.client_id, writes.burnt.assertion_id)
            if used in self.burnt:
                return False
            self.burnt.add(used)
        if writes.issued is not None:
            self.tokens[writes.issued.token_id] = writes.issued
        if writes.revoked is not None:
            self.revoked[writes.revoked.kind, writes.revoked.subject] = writes.revoked
        return True

    async def revocations(self, moment: datetime) -> list[Revocation]:
        return [each for each in self.revoked.values() if each.expires_at > moment]

    async def purge(self, moment: datetime) -> None:
        self.revoked = {key: each for key, each in self.revoked.items() if each.expires_at > moment}


@dataclass
class Events:
    seen: list[AuthEvent] = field(default_factory=list)

    def record(self, event: AuthEvent) -> None:
        self.seen.append(event)


@dataclass
class Deployment:
    """A whole OAuth server at `now`, and the two clients `maker` (assertions, BM) and `recycler` (secret, CU)."""

    server: OAuthServer
    app: Starlette
    ring: KeyRing
    store: Any
    events: Events
    maker_key: ec.EllipticCurvePrivateKey
    now: datetime = NOW
    secret: str = SECRET

    async def post(self, form: dict[str, str], headers: Iterable[tuple[str, str]] = (), path: str = "/oauth/token", raw: bytes | None = None) -> Response:
        body = urlencode(form).encode() if raw is None else raw
        return await call(self.app, "POST", path, [("content-type", "application/x-www-form-urlencoded"), *headers], body)

    async def get(self, path: str) -> Response:
        return await call(self.app, "GET", path)

    def basic(self, client_id: str = "recycler", secret: str | None = None) -> tuple[str, str]:
        pair = quote_plus(client_id) + ":" + quote_plus(self.secret if secret is None else secret)
        return "authorization", "Basic " + base64.b64encode(pair.encode()).decode()

    def assertion_claims(self, **changes: Any) -> dict[str, Any]:
        at = int(self.now.timestamp())
        claims = {"iss": "maker", "sub": "maker", "aud": ISSUER, "iat": at, "exp": at + 60, "jti": uuid.uuid4().hex, **changes}
        return {name: value for name, value in claims.items() if value is not ...}

    def assertion(self, key: Any = None, alg: str = "ES256", headers: dict[str, Any] | None = None, **changes: Any) -> str:
        """Made with PyJWT, so that two libraries have to agree on what a JWT is."""
        return pyjwt.encode(self.assertion_claims(**changes), key or self.maker_key, alg, headers=headers)

    async def token(self, *, client: str = "maker", **form: str) -> str:
        answer = await self.ask(client=client, **form)
        assert answer.status == 200, answer.content
        return str(answer.json["access_token"])

    async def ask(self, *, client: str = "maker", path: str = "/oauth/token", **form: str) -> Response:
        """A request of one of the two clients with good credentials."""
        fields = {"grant_type": "client_credentials", **form}
        if client == "recycler":
            return await self.post(fields, [self.basic()], path)
        return await self.post({**fields, "client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}, path=path)

    async def with_assertion(self, assertion: str, **form: str) -> Response:
        fields = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return await self.post({**fields, **form})


def jwk(key: Any, **more: Any) -> dict[str, Any]:
    """The public JWK of a private key of the cryptography library, by PyJWT."""
    match key:
        case ec.EllipticCurvePrivateKey():
            writer: Any = ECAlgorithm
        case rsa.RSAPrivateKey():
            writer = RSAAlgorithm
        case _:
            writer = OKPAlgorithm
    public = {name: value for name, value in writer.to_jwk(key.public_key(), as_dict=True).items() if name not in {"key_ops", "alg", "use"}}
    return {**public, **more}


def public_pem(key: Any) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True)
class Tools:
    """The functions above, for tests, which cannot import this file."""

    call: Callable[..., Any] = call
    jwk: Callable[..., dict[str, Any]] = jwk
    public_pem: Callable[..., bytes] = public_pem
    memory_store: Callable[[], MemoryStore] = MemoryStore
    events: Callable[[], Events] = Events


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools()


@pytest.fixture(scope="session")
def maker_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def secret_hash() -> str:
    return client_secrets.hash_secret(SECRET)


@pytest.fixture
def clients(maker_key: ec.EllipticCurvePrivateKey, secret_hash: str) -> list[Client]:
    since = NOW - timedelta(days=30)
    maker = Client(
        "maker",
        "91350902MA2XYB1C0U",
        "Ningde Synthetic Cell Co.",
        frozenset({"BM"}),
        frozenset(),
        ("compliance", "safety"),
        PublicKeys(json.dumps({"keys": [jwk(maker_key, kid="maker-1", alg="ES256")]})),
        since,
    )
    recycler = Client(
        "recycler",
        "91440306MA5FKE2H9Y",
        "Shenzhen Synthetic Recovery Co.",
        frozenset({"CU", "SD"}),
        frozenset({"44"}),
        ("recycling",),
        SecretHash(secret_hash),
        since,
        view_mode="hide",
        may_see_plan=True,
    )
    return [maker, recycler]


@pytest.fixture
def make_deployment(tmp_path: Path, maker_key: ec.EllipticCurvePrivateKey) -> Callable[[Any], Deployment]:
    """A deployment over any store."""

    def make(store: Any, denylist: Denylist | None = None) -> Deployment:
        keys_dir = tmp_path / "keys"
        ring = KeyRing(keys_dir, load_or_make(keys_dir))
        events = Events()
        matrix = load_matrix()
        stores = Stores(store, store, denylist or Denylist(), events)
        server = make_server(OAuthSettings.of(ISSUER), stores, ring, lambda roles: scopes_for(roles, matrix))
        made = Deployment(server, Starlette(), ring, store, events, maker_key)
        made.app = Starlette(routes=oauth_routes(server, lambda: made.now))
        return made

    return make


@pytest.fixture
async def deployment(make_deployment: Callable[[Any], Deployment], clients: list[Client]) -> Deployment:
    made = make_deployment(MemoryStore())
    for client in clients:
        await made.store.register(client)
        await made.store.grant_roles(client.party, [RoleGrant(role, client.valid_from) for role in ("BM", "CU", "SD") if role in client.roles])
    return made


@pytest.fixture
def door(deployment: Deployment) -> BearerDoor:
    return BearerDoor(deployment.server.verifier, deployment.server.settings.resource_metadata)


@pytest.fixture
def fast_secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """scrypt at a thousandth of its cost, and the list of hashes that secrets were compared with."""
    compared: list[str] = []
    real = client_secrets.secret_matches

    def counted(secret: str, stored: str) -> bool:
        compared.append(stored)
        return real(secret, stored)

    monkeypatch.setattr("auth.server.secret_matches", counted)
    return compared
