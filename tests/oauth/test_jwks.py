"""This module is in charge of testing JWK Sets of others: what is refused in them, and that a remote one cannot be used against us."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwk as jose_jwk

from auth.jwks import JwksRefused, RemoteKeys, fetch_jwks, read_jwks
from auth.keys import load_or_make
from auth.revocations import NothingRevoked
from auth.tokens import Granted, TokenError, TokenIssuer, TokenVerifier, verify_with_refresh

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
URL = "https://gateway.example/oauth/jwks.json"


def jwks(*keys: dict) -> str:
    return json.dumps({"keys": list(keys)})


@pytest.fixture(scope="session")
def good(tools) -> dict:
    return tools.jwk(ec.generate_private_key(ec.SECP256R1()), kid="k1")


def test_each_key_is_bound_to_one_algorithm(tools, good) -> None:
    keys = read_jwks(jwks(good, tools.jwk(rsa.generate_private_key(65537, 2048)), tools.jwk(ed25519.Ed25519PrivateKey.generate(), kid="e")))
    assert [key.alg for key in keys] == ["ES256", "PS256", "Ed25519"]
    assert keys[0].kid == "k1"
    assert len(keys[1].kid) == 43, "named by its thumbprint"


def test_what_must_not_be_in_a_set_refuses_the_whole_set(tools, good) -> None:
    other = {**good, "kid": "k2"}
    assert len(read_jwks(jwks(good, other))) == 2
    bad = [
        {"kty": "oct", "k": "AAAA"},
        jose_jwk.ECKey.generate_key("P-256").as_dict(private=True),
        {**other, "k": "AA"},
        {**other, "d": "AA"},
        {**other, "alg": "HS256"},
        {**other, "alg": "RS256"},
        {**other, "alg": "none"},
        {**other, "alg": 5},
        {**other, "use": "enc"},
        {**other, "use": ["sig"]},
        {**other, "key_ops": ["encrypt"]},
        {**other, "x": "AA"},
        {**other, "x": 5},
        {**other, "y": good["x"]},  # no point of the curve
        {**other, "kid": 5},
        {**other, "kid": "x" * 129},
        {**other, "crv": "P-384"},
        {**other, "kty": "EC2"},
        {**other, "kty": ["EC"]},
        {"kty": "EC"},
        {},
        5,
        "x",
        tools.jwk(ec.generate_private_key(ec.SECP384R1())),
        tools.jwk(ec.generate_private_key(ec.SECP256K1())),
        good,  # the same kid twice
    ]
    taken = []
    for key in bad:
        try:
            taken.append((key, read_jwks(jwks(good, key))))
        except JwksRefused:
            continue
    assert taken == []


@pytest.mark.filterwarnings("ignore:Key size")
def test_short_rsa_keys_are_refused(tools) -> None:
    with pytest.raises(JwksRefused):
        read_jwks(jwks(tools.jwk(rsa.generate_private_key(65537, 1024))))


@pytest.mark.parametrize(
    "document",
    ["", "x", "[]", "{}", '{"keys": {}}', '{"keys": []}', "[" * 60_000, '{"keys": [' + "{}," * 16 + "{}]}", " " * 70_000, b"\xff\xfe", "null"],
)
def test_what_is_no_set_is_refused(document) -> None:
    with pytest.raises(JwksRefused):
        read_jwks(document)


@pytest.mark.parametrize(
    "url",
    ["http://gateway.example/x", "ftp://x/", "file:///etc/passwd", "https://u:p@x/", "x", "", "https://x/?a=b", "http://127.0.0.1.evil.example/"],
)
def test_only_secure_urls_are_asked(url: str) -> None:
    with pytest.raises(JwksRefused):
        RemoteKeys(url, None)


class Source:
    """A JWKS URL in the hands of the test."""

    def __init__(self, document: str) -> None:
        self.document: str | Exception = document
        self.asked = 0

    async def __call__(self, url: str) -> bytes:
        assert url == URL
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.document, Exception):
            raise self.document
        return self.document.encode()


async def test_an_unknown_key_is_asked_for_once_a_minute_however_many_ask(good, tools) -> None:
    source = Source(jwks(good))
    keys = RemoteKeys(URL, source)
    assert keys.find("k1", NOW) is None
    assert sorted(await asyncio.gather(*(keys.refresh(NOW) for _ in range(20)))) == [False] * 19 + [True]
    assert keys.find("k1", NOW) is not None
    source.document = jwks(tools.jwk(ec.generate_private_key(ec.SECP256R1()), kid="k2"))
    assert not await keys.refresh(NOW + timedelta(seconds=59))
    assert await keys.refresh(NOW + timedelta(seconds=60))
    assert keys.find("k1", NOW + timedelta(seconds=60)) is None, "a withdrawn key is gone"
    assert keys.find("k2", NOW + timedelta(seconds=60)) is not None
    assert source.asked == 2


@pytest.mark.parametrize("failure", [OSError(), TimeoutError(), aiohttp.ClientError(), JwksRefused(), '{"keys": []}', '{"keys": [{"kty": "oct", "k": "AA"}]}'])
async def test_the_last_good_set_is_kept_for_a_time_and_poison_is_not_taken(good, failure) -> None:
    source = Source(jwks(good))
    keys = RemoteKeys(URL, source)
    await keys.refresh(NOW)
    source.document = failure
    assert not await keys.refresh(NOW + timedelta(minutes=2))
    assert keys.find("k1", NOW + timedelta(hours=1)) is not None
    assert keys.find("k1", NOW + timedelta(hours=1, seconds=1)) is None


async def test_a_standalone_subgraph_verifies_by_url_through_a_rotation(tmp_path, clients) -> None:
    first, second = load_or_make(tmp_path / "first"), load_or_make(tmp_path / "second")
    source = Source(json.dumps(first.jwks()))
    keys = RemoteKeys(URL, source)
    verifier = TokenVerifier(keys, "https://gateway.example", "battery", NothingRevoked())
    granted = Granted(clients[0], "battery", frozenset({"BM"}), frozenset({"a"}), "compliance")

    def issued(by, at: datetime) -> str:
        return TokenIssuer("https://gateway.example", by, timedelta(minutes=10)).access_token(granted, at)[0]

    assert (await verify_with_refresh(verifier, keys, issued(first, NOW), NOW)).client_id == "maker"
    later = NOW + timedelta(minutes=2)
    with pytest.raises(TokenError):
        await verify_with_refresh(verifier, keys, issued(second, later), later)
    source.document = json.dumps({"keys": [*first.jwks()["keys"], *second.jwks()["keys"]]})
    much_later = later + timedelta(minutes=2)
    assert (await verify_with_refresh(verifier, keys, issued(second, much_later), much_later)).client_id == "maker"
    asked = source.asked
    with pytest.raises(TokenError):
        await verify_with_refresh(verifier, keys, "e30.e30.e30", much_later + timedelta(minutes=5))
    assert source.asked == asked, "only an unknown key is a reason to ask"


async def test_fetching_follows_no_redirect_and_reads_no_more_than_it_must(good) -> None:
    async def serve(request: web.Request) -> web.StreamResponse:
        match request.path:
            case "/good":
                return web.Response(text=jwks(good))
            case "/away":
                raise web.HTTPFound("/good")
            case _:
                response = web.StreamResponse()
                await response.prepare(request)
                for _ in range(100):
                    await response.write(b" " * 65536)
                return response

    application = web.Application()
    application.router.add_get("/{name}", serve)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession() as session:
            assert len(read_jwks(await fetch_jwks(session, base + "/good"))) == 1
            with pytest.raises(JwksRefused):
                await fetch_jwks(session, base + "/away")
            endless = await fetch_jwks(session, base + "/endless")
            assert len(endless) < 200_000
            with pytest.raises(JwksRefused):
                read_jwks(endless)
    finally:
        await runner.cleanup()
