"""This module is in charge of the explorer as it is served: its files, its policy, and the tokens that only a demonstration gives."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.web.demo_tokens import on_loopback
from gateway.web.explorer import FOLDER
from resolvers.demo.clients import PARTS
from tests.node import cannot
from tests.web.pages import Pages

SOURCE = FOLDER.parents[1] / "explorer"
OURS = {"x_cellgate_demo": "1"}
# What makes a browser fetch something, with an address that is not of this gateway.
FOREIGN = re.compile(rb"""(?:src|href)\s*=\s*["']?(?:https?:)?//|@import\s+(?:url\()?["']?(?:https?:)?//|url\(["']?(?:https?:)?//|importScripts\(["']https?:""")


async def test_the_page_and_all_of_its_files_are_served_from_here(served_pages: Pages) -> None:
    page = await served_pages.get("/")
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert named
    assert all(each.startswith("/") for each in named)
    for address in named:
        assert (await served_pages.get(address)).status == 200, address
    assert not re.search(r"<script(?![^>]*\bsrc=)|<[^>]+\son\w+=", page.text)


async def test_no_script_but_the_gateway_s_own_may_run(served_pages: Pages) -> None:
    directives = dict(each.strip().split(" ", 1) for each in (await served_pages.get("/")).headers["content-security-policy"].split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["worker-src"] == directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"


@pytest.mark.parametrize("path", sorted(path for path in FOLDER.rglob("*") if path.suffix in {".html", ".css"}), ids=lambda path: path.name)
def test_no_style_or_page_names_another_host(path: Path) -> None:
    assert not FOREIGN.search(path.read_bytes())


async def test_a_file_that_did_not_change_is_not_sent_again(served_pages: Pages) -> None:
    first = await served_pages.get("/explorer/assets/index.css")
    assert first.headers["cache-control"] == "no-cache"
    again = await served_pages.get("/explorer/assets/index.css", if_none_match=first.headers["etag"])
    assert (again.status, again.text) == (304, "")


@pytest.mark.parametrize(
    "path", ["/explorer/../explorer.py", "/explorer/%2e%2e/%2e%2e/explorer.py", "/explorer/", "/explorer/nothing.js", "/label/..%2f..%2flabel.py"]
)
async def test_nothing_else_is_served(served_pages: Pages, path: str) -> None:
    page = await served_pages.get(path)
    assert page.status == 404
    assert json.loads(page.text)["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_what_is_committed_was_built_from_these_sources() -> None:
    top = [SOURCE / name for name in ("package-lock.json", "vite.config.js", "index.html", "finish.mjs")]
    digest = hashlib.sha256()
    for path in [*top, *sorted((SOURCE / "public").iterdir()), *sorted((SOURCE / "src").iterdir())]:
        digest.update(path.relative_to(SOURCE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    assert (FOLDER / "sources.sha256").read_text().strip() == digest.hexdigest(), "run `npm ci && npm run build` in gateway/web/explorer"


@pytest.mark.long
def test_building_again_gives_the_committed_files(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        cannot("node and npm are needed")
    copy = tmp_path / "web" / "explorer"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("node_modules"))
    for command in (["npm", "ci", "--no-audit", "--no-fund"], ["npm", "run", "build"]):
        subprocess.run(command, cwd=copy, check=True, capture_output=True, timeout=300)
    built = tmp_path / "web" / "static" / "explorer"
    assert contents(built) == contents(FOLDER)


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_the_licences_of_what_was_built_in_stand_beside_it() -> None:
    text = (FOLDER / "licences.txt").read_text(encoding="utf-8")
    for name in ("graphiql", "react", "graphql", "monaco-editor"):
        assert re.search(rf"^{name} [\d.]+ \(MIT\)$", text, re.MULTILINE), name


async def test_a_demonstration_offers_its_parties(demo_pages: Pages) -> None:
    page = await demo_pages.get("/demo/parties", **OURS)
    assert [each["id"] for each in json.loads(page.text)["parties"]] == list(PARTS)
    assert 'content="demo"' in (await demo_pages.get("/")).text
    for party in ("recycler", "battery-maker"):
        given = await demo_pages.get("/demo/tokens/" + party, "POST", **OURS)
        assert given.headers["cache-control"] == "no-store"
        token = json.loads(given.text)["access_token"]
        answer = await demo_pages.get("/graphql/schema", authorization="Bearer " + token)
        assert answer.status == 200


async def test_nobody_else_does(served_pages: Pages) -> None:
    for method, path in (("GET", "/demo/parties"), ("POST", "/demo/tokens/recycler")):
        assert (await served_pages.get(path, method, **OURS)).status == 404
    assert 'content="serve"' in (await served_pages.get("/")).text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_cellgate_demo": "0"},
        {**OURS, "host": "rebound.example"},
        {**OURS, "host": "127.0.0.1.rebound.example:80"},
        {**OURS, "host": "192.168.1.7"},
        {**OURS, "host": "[::ffff"},
        {**OURS, "x_forwarded_for": "203.0.113.9"},
        {**OURS, "forwarded": "for=203.0.113.9"},
    ],
)
async def test_pages_of_other_sites_get_no_token(demo_pages: Pages, headers: dict[str, str]) -> None:
    answers = [await demo_pages.get(path, method, **headers) for method, path in (("GET", "/demo/parties"), ("POST", "/demo/tokens/recycler"))]
    assert {each.status for each in answers} <= {400, 404}
    assert not [each for each in answers if "access_token" in each.text or "recycler" in each.text]


async def test_tokens_are_posted_for_and_parties_known(demo_pages: Pages) -> None:
    assert (await demo_pages.get("/demo/tokens/recycler", **OURS)).status == 405
    assert (await demo_pages.get("/demo/tokens/nobody", "POST", **OURS)).status == 404
    preflight = await demo_pages.get("/demo/tokens/recycler", "OPTIONS", origin="https://other.example", access_control_request_method="POST")
    assert not [name for name in preflight.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("", False),
        ("local", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert on_loopback(host) is expected
