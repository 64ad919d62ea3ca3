"""This module is in charge of testing the deployment's own keys: first start, many starts at once, rotation, and who may read them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auth import keys as keys_module
from auth.keys import KeyRing, KeysUnusable, load, load_or_make, rotate, write_once
from auth.revocations import NothingRevoked
from auth.tokens import Granted, TokenError, TokenIssuer, TokenVerifier

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROOT = Path(keys_module.__file__).parent.parent


def test_the_first_start_makes_them_and_the_second_finds_them(tmp_path: Path) -> None:
    made, found = load_or_make(tmp_path / "keys"), load_or_make(tmp_path / "keys")
    assert made.jwks() == found.jwks()
    assert (made.pseudonym, made.cursor) == (found.pseudonym, found.cursor)
    assert (len(made.pseudonym), len(made.cursor)) == (64, 32)
    assert made.pseudonym != load_or_make(tmp_path / "other").pseudonym


def test_nobody_else_can_read_them_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_or_make(tmp_path / "keys")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    files = sorted(tmp_path.glob("keys/*"))
    assert [path.name for path in files] == ["cursor.key", "pseudonym.key", "signing-0.pem"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert list(tmp_path.glob("keys/.*")) == []


@pytest.mark.parametrize("name", ["", "signing-0.pem", "pseudonym.key", "cursor.key"])
def test_keys_that_others_may_read_are_refused(tmp_path: Path, name: str) -> None:
    load_or_make(tmp_path / "keys")
    (tmp_path / "keys" / name).chmod(0o755 if not name else 0o640)
    with pytest.raises(KeysUnusable) as refused:
        load(tmp_path / "keys")
    assert refused.value.code == "KEYS_OPEN"


@pytest.mark.parametrize(("name", "content"), [("signing-0.pem", b"x"), ("pseudonym.key", b"short"), ("cursor.key", b""), ("signing-0.pem", None)])
def test_broken_and_missing_keys_are_said_and_not_made_anew(tmp_path: Path, name: str, content: bytes | None) -> None:
    load_or_make(tmp_path / "keys")
    path = tmp_path / "keys" / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(KeysUnusable) as refused:
        load(tmp_path / "keys")
    assert refused.value.code == "KEYS_BROKEN"
    assert "BEGIN" not in str(refused.value)


@pytest.mark.parametrize("name", ["pseudonym.key", "cursor.key"])
def test_a_key_that_was_lost_is_not_made_anew_by_a_start(tmp_path: Path, name: str) -> None:
    """Every vehicle would have another id."""
    load_or_make(tmp_path / "keys")
    (tmp_path / "keys" / name).unlink()
    with pytest.raises(KeysUnusable) as refused:
        load_or_make(tmp_path / "keys")
    assert refused.value.code == "KEYS_BROKEN"
    assert not (tmp_path / "keys" / name).exists()


def test_no_key_material_is_in_any_representation(tmp_path: Path) -> None:
    keys = load_or_make(tmp_path / "keys")
    shown = repr(keys) + str(keys.jwks())
    private = keys.signing[0].private.as_dict(private=True)
    assert str(private["d"]) not in shown
    assert repr(keys.pseudonym) not in shown
    assert "'d'" not in shown
    assert not keys.public[keys.signing[0].kid].key.is_private


def test_many_threads_and_processes_starting_at_once_share_one_set(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from auth.keys import load_or_make; print(load_or_make(Path(sys.argv[1])).signing[0].kid)"
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "keys")], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    with ThreadPoolExecutor(8) as pool:
        kids = {keys.signing[0].kid for keys in pool.map(lambda _: load_or_make(tmp_path / "keys"), range(8))}
    kids |= {process.communicate(timeout=60)[0].strip() for process in started}
    assert len(kids) == 1
    assert len(list((tmp_path / "keys").iterdir())) == 3


def test_a_file_is_written_once(tmp_path: Path) -> None:
    assert write_once(tmp_path / "x", b"first")
    assert not write_once(tmp_path / "x", b"second")
    assert (tmp_path / "x").read_bytes() == b"first"


def test_a_process_that_was_overtaken_between_looking_and_writing_overwrites_nothing(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "x").write_bytes(b"first")
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    assert not write_once(tmp_path / "x", b"second")
    assert (tmp_path / "x").read_bytes() == b"first"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_new_key_is_published_an_hour_before_it_signs(tmp_path: Path) -> None:
    old = load_or_make(tmp_path).signing[0].kid
    new = rotate(tmp_path, NOW)
    keys = load(tmp_path)
    assert [key["kid"] for key in keys.jwks()["keys"]] == [old, new]
    assert keys.signer(NOW + HOUR - timedelta(seconds=1)).kid == old
    assert keys.signer(NOW + HOUR).kid == new
    assert rotate(tmp_path, NOW + HOUR / 2) == new, "a key that waits stays the next one"


def test_an_old_key_goes_when_no_token_of_it_can_be_alive(tmp_path: Path) -> None:
    first = load_or_make(tmp_path).signing[0].kid
    second = rotate(tmp_path, NOW)
    third = rotate(tmp_path, NOW + 3 * HOUR)
    assert set(load(tmp_path).public) == {first, second, third}
    fourth = rotate(tmp_path, NOW + 27 * HOUR)
    assert set(load(tmp_path).public) == {second, third, fourth}
    fifth = rotate(tmp_path, NOW + 90 * HOUR)
    assert set(load(tmp_path).public) == {fourth, fifth}


def test_tokens_live_through_a_rotation_in_a_process_that_was_not_told(tmp_path: Path, clients) -> None:
    ring = KeyRing(tmp_path, load_or_make(tmp_path))
    verifier = TokenVerifier(ring, "https://g.example", "https://g.example/graphql", NothingRevoked())
    granted = Granted(clients[0], "https://g.example/graphql", frozenset({"BM"}), frozenset({"a"}), "compliance")

    def issued(at: datetime) -> str:
        return TokenIssuer("https://g.example", load(tmp_path), timedelta(minutes=10)).access_token(granted, at)[0]

    old = issued(NOW + HOUR - timedelta(seconds=1))
    rotate(tmp_path, NOW)
    new = issued(NOW + HOUR)
    assert verifier.verify(old, NOW + HOUR)
    assert verifier.verify(new, NOW + HOUR)
    assert verifier.verify(old, NOW + HOUR)


def test_made_up_key_names_do_not_make_the_directory_be_read_over_and_over(tmp_path: Path, monkeypatch) -> None:
    ring = KeyRing(tmp_path, load_or_make(tmp_path))
    reads: list[Path] = []
    real = keys_module.load
    monkeypatch.setattr(keys_module, "load", lambda directory: (reads.append(directory), real(directory))[1])
    for n in range(100):
        assert ring.find(f"made-up-{n}", NOW + timedelta(milliseconds=n)) is None
    assert len(reads) == 1
    assert ring.find("made-up", NOW + timedelta(minutes=1)) is None
    assert len(reads) == 2


def test_the_clock_before_all_keys_still_signs(tmp_path: Path) -> None:
    rotate(tmp_path, NOW)
    (tmp_path / "signing-0.pem").unlink()
    keys = load(tmp_path)
    assert keys.signer(NOW - 10 * HOUR).kid == keys.signing[0].kid


def test_a_key_of_another_curve_is_refused(tmp_path: Path) -> None:
    load_or_make(tmp_path)
    (tmp_path / "signing-5.pem").touch(mode=0o600)
    (tmp_path / "signing-5.pem").write_bytes(keys_module.ECKey.generate_key("P-384").as_pem(private=True))
    with pytest.raises(KeysUnusable):
        load(tmp_path)


def test_a_subgraph_with_a_copy_of_the_keys_refuses_what_the_gateway_did_not_sign(tmp_path: Path, clients) -> None:
    there, here = load_or_make(tmp_path / "there"), load_or_make(tmp_path / "here")
    granted = Granted(clients[0], "s", frozenset({"BM"}), frozenset({"a"}), "compliance")
    token, _ = TokenIssuer("https://g.example", there, timedelta(minutes=10)).access_token(granted, NOW)
    with pytest.raises(TokenError):
        TokenVerifier(here, "https://g.example", "s", NothingRevoked()).verify(token, NOW)
