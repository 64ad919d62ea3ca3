"""This module is in charge of what tests of reports share: the small demonstration, served with the example reports and some of their own."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.foundation import Foundation
from resolvers.demo.clients import fetch_demo_token
from tests.web.conftest import small_demo as small_demo
from tests.web.pages import Page, Pages, pages_over

KEPT_S = 120
EXAMPLES = Path(__file__).parents[2] / "examples" / "reports"
# Read by the maker's rivals and by nobody else.
SECRET = """query Secret($first: Int, $after: String, $status: BatteryStatus, $in: [Chemistry!]) {
  batteries(first: $first, after: $after, filter: {status: {eq: $status}, chemistry: {in: $in}}) {
    edges { node { ...Known id: code } }
    pageInfo { hasNextPage endCursor }
  }
}
fragment Known on Battery { kind: __typename maker: manufacturer { nameEn } }
"""


def entry(text: str, **more: Any) -> str:
    """A report's table in reports.toml."""
    values = {"version": 1, "sha256": hashlib.sha256(text.encode()).hexdigest(), **more}
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples, and SECRET for recyclers; the ministry and the automaker may come with HTTP Basic, the one only."""
    made = tmp_path_factory.mktemp("reports")
    for each in ("packs", "events"):
        (made / f"{each}.graphql").write_bytes((EXAMPLES / f"{each}.graphql").read_bytes())
    (made / "secret.graphql").write_text(SECRET)
    manifest = (EXAMPLES / "reports.toml").read_text(encoding="utf-8")
    (made / "reports.toml").write_text('basic = ["miit"]\n' + manifest + "\n[reports.secret]\n" + entry(SECRET, clients=["recycler"]), encoding="utf-8")
    return made


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody who reads reports: the gateway, and each party's token."""

    pages: Pages
    base: Path
    tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    async def read(self, party: str, file: str, **headers: str) -> Page:
        """One report's file."""
        return await self.pages.get("/reports" + file, authorization="Bearer " + await self.token(party), **headers)

    async def token(self, party: str) -> str:
        """The party's token; a new one long before it ends, as a whole run of tests may take longer than one is good for."""
        since, token = self.tokens.get(party, (-math.inf, ""))
        if time.monotonic() - since > KEPT_S:
            token = await fetch_demo_token(self.pages.url, self.base, party)
            self.tokens[party] = (time.monotonic(), token)
        return token

    async def ask(self, party: str, query: str, variables: Mapping[str, Any]) -> Any:
        """The graph's own answer."""
        headers = {"authorization": "Bearer " + await self.token(party)}
        async with self.pages.client.post(self.pages.url + "/graphql", json={"query": query, "variables": dict(variables)}, headers=headers) as response:
            return await response.json()


@pytest.fixture(scope="session")
async def desk(small_demo: Foundation, folder: Path) -> AsyncIterator[Desk]:
    async with pages_over(small_demo, reports=str(folder)) as pages:
        yield Desk(pages, small_demo.base)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small world has to be more than one page."""
    monkeypatch.setattr("gateway.reports.reading.PAGE_ROWS", 23)
