"""This module is in charge of what tests of the pages share: a small demonstration, served as `demo` and as `serve` do, and a browser."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from auth.entitlements import load_matrix
from auth.keys import KeyRing, load_or_make
from gateway.app import clock
from gateway.foundation import KEYS, Foundation
from resolvers.database.auth_store import AuthStore
from resolvers.database.reading import DoorSettings
from resolvers.demo.clients import register_demo_clients
from resolvers.demo.load import load
from resolvers.demo.parties import demo_parties
from resolvers.ledger.seed import custody_grace, seed_regions
from resolvers.opaque import Opaque
from tests.node import cannot
from tests.web.pages import WORLD, Pages, pages_over

# Chromium's own sandbox needs rights that a build machine seldom gives; the pages are ours.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage"]


@pytest.fixture(scope="session")
async def small_demo(databases: Any) -> AsyncIterator[Foundation]:
    """The demonstration's world, a small one, and its clients."""
    database = await databases.make()
    await load(WORLD, database)
    await seed_regions(database)
    with tempfile.TemporaryDirectory(prefix="cellgate-web-") as folder:
        keys = Path(folder) / KEYS
        ring = KeyRing(keys, load_or_make(keys))
        door = DoorSettings(load_matrix(), await custody_grace(database))
        await register_demo_clients(AuthStore(database), keys, demo_parties(WORLD), clock())
        yield Foundation(Path(folder), database, ring, door, Opaque(bytes(range(64))))
    await databases.drop(database)


@pytest.fixture(scope="session")
async def demo_pages(small_demo: Foundation) -> AsyncIterator[Pages]:
    async with pages_over(small_demo, demo=True) as pages:
        yield pages


@pytest.fixture(scope="session")
async def served_pages(small_demo: Foundation) -> AsyncIterator[Pages]:
    async with pages_over(small_demo) as pages:
        yield pages


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium without a window; under CI it has to be there."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        cannot("no Chromium on this host; .ci/chromium installs Debian's")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield launched
        await launched.close()
