"""This module is in charge of where the SDL of subgraphs comes from: this program, a file, a URL, or the subgraph itself, and of reading it again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

import aiohttp
import orjson

from gateway.composition.supergraph import SubgraphSource
from gateway.execution.remote_body import Unusable, read_body
from gateway.execution.remote_pool import pool_of
from gateway.settings import Settings, Subgraph, covered_url

LOG: Final = logging.getLogger("cellgate.sources")
SERVICE: Final = "service"
MAX_BYTES: Final = 10_000_000
_ASKED: Final = orjson.dumps({"query": "{_service{sdl}}"})


class SourceUnreadable(Exception):
    """The SDL of a subgraph cannot be had; the message names the subgraph and why. For the operator."""

    code = "SOURCE_UNREADABLE"


class Source(Protocol):
    """One subgraph's SDL, wherever it is."""

    async def read(self) -> str:
        """The text as it is now; SourceUnreadable where there is none."""
        ...


class OwnSource:
    """A subgraph that comes with the program."""

    def __init__(self, sdl: str) -> None:
        self._sdl = sdl

    async def read(self) -> str:
        return self._sdl


class FileSource:
    """A file, looked at each time: a stamp of its time is not enough where it is written twice within a tick."""

    def __init__(self, name: str, path: Path) -> None:
        self._name = name
        self._path = path

    async def read(self) -> str:
        try:
            with self._path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            text = content.decode()
        except (OSError, UnicodeDecodeError) as unreadable:
            raise SourceUnreadable(f"the SDL of subgraph {self._name} cannot be read from {self._path}: {unreadable}") from unreadable
        if not text.strip() or len(content) > MAX_BYTES:
            raise SourceUnreadable(f"the SDL of subgraph {self._name} in {self._path} is empty, or more than {MAX_BYTES} bytes")
        return text


class HttpSource:
    """A URL that gives SDL as text, or the subgraph's own `_service { sdl }`; asked every `poll_s` seconds, between which the last text stands."""

    def __init__(self, name: str, rules: Subgraph, client: aiohttp.ClientSession, poll_s: float) -> None:
        self._name = name
        self._client = client
        self._asks = rules.sdl in ("", SERVICE)
        self._url = rules.url if self._asks else rules.sdl
        self._timeout = aiohttp.ClientTimeout(total=rules.timeout_s, sock_connect=rules.connect_timeout_s)
        self._poll_s = poll_s
        self._due = 0.0
        self._text = ""

    async def read(self) -> str:
        now = asyncio.get_running_loop().time()
        if now >= self._due or not self._text:
            self._due = now + self._poll_s
            self._text = await self._fetched()
        return self._text

    async def _fetched(self) -> str:
        try:
            body = await (self._posted() if self._asks else self._got())
            text = orjson.loads(body)["data"]["_service"]["sdl"] if self._asks else body.decode()
        except (aiohttp.ClientError, OSError, Unusable, UnicodeDecodeError, orjson.JSONDecodeError, KeyError, TypeError) as failed:
            raise SourceUnreadable(f"subgraph {self._name} does not give its SDL at {covered_url(self._url)}: {type(failed).__name__}") from failed
        if not isinstance(text, str) or not text.strip():
            raise SourceUnreadable(f"subgraph {self._name} gives no SDL at {covered_url(self._url)}")
        return text

    async def _got(self) -> bytes:
        async with self._client.get(self._url, allow_redirects=False, timeout=self._timeout, headers={"Accept-Encoding": "identity"}) as response:
            return await self._body(response)

    async def _posted(self) -> bytes:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        async with self._client.post(self._url, data=_ASKED, allow_redirects=False, timeout=self._timeout, headers=headers) as response:
            return await self._body(response)

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        if response.status != 200:
            response.close()
            raise Unusable("SUBGRAPH_STATUS", f"status {response.status}")
        return await read_body(response, "identity", MAX_BYTES)


class Sources:
    """The subgraphs of the settings with their SDL as it is now."""

    def __init__(self, rules: Mapping[str, Subgraph], sources: Mapping[str, Source]) -> None:
        self._rules = rules
        self._sources = sources
        self._last: dict[str, str] = {}
        self._failing: set[str] = set()

    async def read(self) -> tuple[SubgraphSource, ...]:
        """All of them. SourceUnreadable for one that could never be read; of one that cannot be read now, the last text stands."""
        # Its URL is for whoever reads the supergraph, which may be anybody: where the gateway asks stands in its settings.
        return tuple([SubgraphSource(name, covered_url(self._rules[name].url), await self._read(name)) for name in sorted(self._sources)])

    async def _read(self, name: str) -> str:
        try:
            self._last[name] = await self._sources[name].read()
            self._failing.discard(name)
        except SourceUnreadable as unreadable:
            if name not in self._last:
                raise
            # Said once, and not every second.
            if name not in self._failing:
                LOG.warning("%s; the last one stands", unreadable)
            self._failing.add(name)
        return self._last[name]


@contextlib.asynccontextmanager
async def sources_of(settings: Settings, own: Mapping[str, str]) -> AsyncIterator[Sources]:
    """The sources that the settings name; `own` is the SDL of what comes with the program."""
    async with contextlib.AsyncExitStack() as stack:
        found: dict[str, Source] = {}
        for name, rules in settings.subgraphs.items():
            found[name] = await _source(name, rules, own, settings.reload.poll_s, stack)
        yield Sources(settings.subgraphs, found)


async def _source(name: str, rules: Subgraph, own: Mapping[str, str], poll_s: float, stack: contextlib.AsyncExitStack) -> Source:
    if not rules.sdl and name in own:
        return OwnSource(own[name])
    asks = rules.sdl in ("", SERVICE)
    if asks or rules.sdl.startswith(("http://", "https://")):
        url = rules.url if asks else rules.sdl
        client = (await stack.enter_async_context(pool_of(replace(rules, url=url)))).session
        return HttpSource(name, rules, client, poll_s)
    return FileSource(name, Path(rules.sdl))
