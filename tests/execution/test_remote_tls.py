"""This module is in charge of remote subgraphs behind https: answers and events of both protocols come over TLS, from those alone whose certificate holds."""

from __future__ import annotations

import asyncio
import ssl
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import aiohttp.connector
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.execution.remote import HttpSubgraph
from gateway.execution.remote_pool import pool_of
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from gateway.settings import Subgraph
from tests.execution.test_remote import codes
from tests.execution.test_remote_events import MOST, WORLD, Server, events, item, playing, serving, sse
from tests.execution.world import context
from tests.planning.composing import plan_of

PLAIN = SubgraphRequest(plan_of(WORLD, "{ a }").fetches[0], {})


def certificate(folder: Path, address: str, days: int = 30) -> Path:
    """A certificate for that address that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a subgraph of a test")])
    end = datetime.now().astimezone() + timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=60))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{address}-{days}.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def serving_as(pem: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pem)
    return made


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that the machine trusts, as it would one of a company's own authority."""
    pem = certificate(tmp_path, "127.0.0.1")
    trust(monkeypatch, pem)
    return pem


def trust(monkeypatch: pytest.MonkeyPatch, pem: Path) -> None:
    # What aiohttp verifies by was made when it was imported, of what the machine trusted then.
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", ssl.create_default_context(cafile=str(pem)))


async def asked(server: Server) -> SubgraphResult:
    rules = Subgraph(url=server.url, max_bytes=MOST, retries=0)
    async with pool_of(rules) as client, asyncio.timeout(15):
        source = HttpSubgraph("all", server.url, client, lambda _context, _name: "minted", 2.0, MOST, rules)
        return await source.fetch(PLAIN, context(asyncio.get_running_loop().time() + 5))


def answering(server: Server, body: Any) -> None:
    server.content_type, server.chunks = "application/json", [orjson.dumps(body)]


async def test_an_answer_over_tls(trusted: Path) -> None:
    async with serving(serving_as(trusted)) as server:
        answering(server, {"data": {"a": 1}})
        found = await asked(server)
    assert (found.data, found.errors) == ({"a": 1}, ())
    assert server.heads[0]["Authorization"] == "Bearer minted"


@pytest.mark.parametrize("kind", ["sse", "websocket"])
async def test_events_over_tls(trusted: Path, kind: str) -> None:
    async with serving(serving_as(trusted)) as server:
        server.chunks = [sse(item("1"), item("2"))]
        server.play = playing(item("1"), item("2"), last={"type": "complete"})
        found = await events(server, kind)
    assert [each.data for each in found] == [{"item": {"id": "1"}}, {"item": {"id": "2"}}]
    assert server.heads[0]["Authorization"] == "Bearer minted"


@pytest.mark.parametrize(("address", "days", "known"), [("127.0.0.1", 30, False), ("127.0.0.2", 30, True), ("127.0.0.1", -1, True)])
async def test_nobody_else_is_told_anything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str, days: int, known: bool) -> None:
    """A certificate that nobody vouches for, of another address, or of the past: no token, no question, no event."""
    pem = certificate(tmp_path, address, days)
    if known:
        trust(monkeypatch, pem)
    async with serving(serving_as(pem)) as server:
        answering(server, {"data": {"a": 1}})
        assert codes(await asked(server)) == ["SUBGRAPH_UNREACHABLE"]
        for kind in ("sse", "websocket"):
            assert [codes(each) for each in await events(server, kind)] == [["SUBGRAPH_UNREACHABLE"]]
    assert (server.heads, server.heard) == ([], [])
