"""This module is in charge of testing the demonstration's clients: eleven parties that get tokens, from files that only their owner reads."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from auth.entitlements import PURPOSES, load_matrix, scopes_for
from auth.keys import KeyRing, KeysUnusable, load_or_make
from auth.revocations import Denylist
from auth.server import Stores, make_server
from auth.settings import OAuthSettings
from gateway.edge.oauth import oauth_routes
from resolvers.demo.clients import PARTS, DemoParty, DemoTokenRefused, fetch_demo_token, register_demo_clients

NOW = datetime.now(UTC)
NAMES = ["battery-maker", "automaker", "swap-operator", "repair-firm", "dismantler", "recycler", "province", "miit", "mee", "samr", "public"]
PARTIES = {
    name: DemoParty(f"9135090{number:011}", f"Synthetic {name}", part.roles, frozenset({"44"}) if name in {"province", "mee"} else frozenset())
    for number, (name, part) in enumerate(PARTS.items())
}


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the test run's own business."""
        yield


class Running:
    def __init__(self, base: str, data: Path, store, verifier) -> None:
        self.base, self.data, self.store, self.verifier = base, data, store, verifier


@pytest.fixture
async def running(tmp_path: Path, tools) -> AsyncIterator[Running]:
    """The OAuth part of a demonstration, on a free port of this machine."""
    store = tools.memory_store()
    keys_dir = tmp_path / "keys"
    ring = KeyRing(keys_dir, load_or_make(keys_dir))
    await register_demo_clients(store, keys_dir, PARTIES, NOW)
    sock = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{sock.getsockname()[1]}"
    matrix = load_matrix()
    oauth = make_server(OAuthSettings.of(base), Stores(store, store, Denylist(), tools.events()), ring, lambda roles: scopes_for(roles, matrix))
    app = Starlette(routes=oauth_routes(oauth, lambda: datetime.now(UTC)))
    server = Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve([sock]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield Running(base, tmp_path, store, oauth.verifier)
    server.should_exit = True
    await serving


def test_there_are_the_eleven_parties_with_known_purposes() -> None:
    assert list(PARTS) == NAMES
    assert {purpose for part in PARTS.values() for purpose in part.purposes} <= set(PURPOSES)
    roles = [role for part in PARTS.values() for role in part.roles]
    assert sorted(roles) == sorted({entry.role for entry in load_matrix()} & set(roles))


async def test_every_party_gets_a_token_of_its_roles(running) -> None:
    for name, party in PARTIES.items():
        principal = running.verifier.verify(await fetch_demo_token(running.base, running.data, name), datetime.now(UTC))
        assert (principal.party, principal.roles, principal.jurisdiction) == (party.uscc, party.roles, party.jurisdiction)
        assert principal.purpose == PARTS[name].purposes[0]
        assert principal.scopes - {"gateway:plan"} == scopes_for(party.roles, load_matrix())


async def test_scope_and_purpose_can_be_chosen_and_refusals_are_said(running) -> None:
    token = await fetch_demo_token(running.base, running.data, "recycler", scope="battery:identity", purpose="safety")
    principal = running.verifier.verify(token, datetime.now(UTC))
    assert (principal.scopes, principal.purpose) == ({"battery:identity"}, "safety")
    with pytest.raises(DemoTokenRefused, match=r"TOKEN_REFUSED: invalid_request: purpose may be only: recycling safety"):
        await fetch_demo_token(running.base, running.data, "recycler", purpose="supervision")


async def test_credentials_are_in_files_that_only_their_owner_reads(running) -> None:
    files = [path for path in (running.data / "keys").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (running.data / "keys").rglob("*") if path.is_dir()} == {0o700}
    entries = json.loads((running.data / "keys" / "clients.json").read_text())
    assert sorted(path.name for path in files if path.parent.name == "clients") == ["automaker.pem", "battery-maker.pem"]
    assert {name for name, entry in entries.items() if "secret" not in entry} == {"battery-maker", "automaker"}
    stored = repr(running.store.clients)
    assert not any(entry["secret"] in stored for entry in entries.values() if "secret" in entry)


async def test_a_second_start_keeps_all_credentials(running) -> None:
    before = {path: path.read_bytes() for path in (running.data / "keys").rglob("*") if path.is_file()}
    clients = dict(running.store.clients)
    await register_demo_clients(running.store, running.data / "keys", PARTIES, NOW)
    assert running.store.clients == clients
    assert {path: path.read_bytes() for path in (running.data / "keys").rglob("*") if path.is_file()} == before
    await fetch_demo_token(running.base, running.data, "automaker")


async def test_a_party_that_lost_a_role_does_not_keep_it_by_being_a_demo(running) -> None:
    poor = PARTIES["recycler"]._replace(roles=frozenset({"RS"}))
    await register_demo_clients(running.store, running.data / "keys", {"recycler": poor}, NOW + timedelta(seconds=1))
    with pytest.raises(DemoTokenRefused, match="unauthorized_client"):
        await fetch_demo_token(running.base, running.data, "recycler")


@pytest.mark.parametrize(
    ("base", "data", "party", "code"),
    [
        (None, None, "nobody", "DEMO_PARTY_UNKNOWN"),
        (None, "elsewhere", "recycler", "DEMO_NOT_STARTED"),
        ("http://127.0.0.1:1", None, "recycler", "DEMO_UNREACHABLE"),
        ("http://127.0.0.1:1", None, "automaker", "DEMO_UNREACHABLE"),
        ("nonsense", None, "recycler", "DEMO_UNREACHABLE"),
    ],
)
async def test_what_goes_wrong_is_said_plainly(running, base, data, party, code) -> None:
    with pytest.raises(DemoTokenRefused) as refused:
        await fetch_demo_token(base or running.base, running.data / data if data else running.data, party)
    assert refused.value.code == code
    assert running.base not in str(refused.value) or base is None


async def test_something_else_on_that_port_is_not_taken_for_the_demonstration(running, tmp_path) -> None:
    with pytest.raises(DemoTokenRefused) as refused:
        await fetch_demo_token(running.base + "/other", running.data, "recycler")
    assert refused.value.code in {"DEMO_UNREACHABLE", "TOKEN_REFUSED"}


@pytest.mark.parametrize(
    ("name", "content", "party"),
    [
        ("clients.json", "{", "recycler"),
        ("clients.json", "[]", "recycler"),
        ("clients.json", '{"recycler": {}}', "recycler"),
        ("clients/automaker.pem", "x", "automaker"),
    ],
)
async def test_broken_credentials_are_said_by_their_file(running, name, content, party) -> None:
    path = running.data / "keys" / name
    before = path.read_bytes()
    path.write_text(content)
    try:
        with pytest.raises(KeysUnusable) as refused:
            await fetch_demo_token(running.base, running.data, party)
    finally:
        path.write_bytes(before)
    assert refused.value.code == "KEYS_BROKEN"
    assert str(path) in refused.value.message
