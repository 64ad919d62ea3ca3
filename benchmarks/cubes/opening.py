"""This module is in charge of opening the gateway's pages in headless Chromium, and of telling when they are there and what they asked."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
from typing import Any, Final, NamedTuple

from benchmarks.harness import Missing, Running

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage")
# The moment, since the page was asked for, at which somebody asks and nothing is waited for any more; what comes later moves it on.
WATCH: Final = """(() => {
  const look = () => {
    const there = document.querySelector('#party') && !document.querySelector('[aria-busy]')
    window.thereAt = there ? window.thereAt ?? performance.now() : null
  }
  new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ['aria-busy']})
})()"""
SETTLED_MS: Final = 150


class Asked(NamedTuple):
    """The questions that a page put to the graph, as they were sent, and its token."""

    bodies: tuple[bytes, ...]
    token: str


class Opener:
    """A browser that opens pages, each in a context of its own, with nothing cached."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser

    async def open(self, running: Running, page_name: str, party: str) -> tuple[float, Asked]:
        """Seconds until the page is there, and what it asked. RuntimeError where a part of it failed."""
        context = await self._browser.new_context(base_url=f"http://127.0.0.1:{running.port}", locale="en-GB")
        try:
            page = await context.new_page()
            bodies: list[bytes] = []
            tokens: set[str] = set()

            def note(request: Any) -> None:
                if request.url.endswith("/graphql"):
                    bodies.append(request.post_data_buffer)
                    tokens.add(request.headers["authorization"].removeprefix("Bearer "))

            page.on("request", note)
            await page.add_init_script(WATCH)
            await page.goto(f"/{page_name}#as={party}")
            at = None
            while at is None or await page.evaluate("window.thereAt") != at:
                at = await page.evaluate("window.thereAt")
                await page.wait_for_timeout(SETTLED_MS)
            if failed := await page.locator(".failure").all_inner_texts():
                raise RuntimeError(f"/{page_name} as {party}: {failed}")
            return at / 1000, Asked(tuple(bodies), tokens.pop())
        finally:
            await context.close()


@contextlib.asynccontextmanager
async def opener() -> AsyncIterator[Opener]:
    """The machine's Chromium; Missing where it has none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    try:
        from playwright.async_api import async_playwright  # noqa: PLC0415
    except ImportError:
        path = None
    if path is None:
        raise Missing("Chromium and Playwright are needed. Install them: apt-get install chromium (Debian, Ubuntu), pip install playwright")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield Opener(browser)
        finally:
            await browser.close()
