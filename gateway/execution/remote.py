"""This module is in charge of subgraphs over HTTP: one POST a fetch, under the gateway's own token, and distrust of what comes back."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import orjson

from gateway.execution.conditions import are_met
from gateway.execution.context import RequestContext
from gateway.execution.failures import told_of
from gateway.execution.remote_answer import Expected, MalformedAnswer, expected_of, judge
from gateway.execution.subgraph import SubgraphError, SubgraphRequest, SubgraphResult
from gateway.lru import Lru
from gateway.operation.selection import Selection
from gateway.planning.printer import print_path, representations_variable

LOG: Final = logging.getLogger("cellgate.remote")
Mint = Callable[[RequestContext, str], str | None]

_JSON_TYPES: Final = frozenset({"application/json", "application/graphql-response+json"})
_HEADERS: Final = {
    "Content-Type": "application/json",
    "Accept": "application/graphql-response+json, application/json;q=0.9",
    # A compressed answer is a size that nobody knows until it is too late.
    "Accept-Encoding": "identity",
}
_CHUNK: Final = 65_536
_MAX_EXPECTED: Final = 1024


class _Unusable(Exception):
    """The answer is refused, for the reason of one code; `cause` is for the log."""

    def __init__(self, code: str, cause: str) -> None:
        super().__init__(code)
        self.code = code
        self.cause = cause


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How long one answer may take, in seconds, and how long it may be, in bytes."""

    timeout_s: float
    max_bytes: int


def _elsewhere(context: RequestContext) -> AbstractContextManager[None]:
    """No database connection is held while another machine is waited for."""
    return nullcontext() if context.reading is None else context.reading.elsewhere()


class HttpSubgraph:
    """A subgraph behind a URL.

    `mint` gives the token that the gateway calls with, made for this request and this subgraph; the caller's own token is
    never passed on. `client` is the process's session; it should keep no cookies (`aiohttp.DummyCookieJar`).
    """

    def __init__(self, name: str, url: str, client: aiohttp.ClientSession, mint: Mint, timeout_s: float, max_bytes: int) -> None:
        self.name = name
        self._url = url
        self._client = client
        self._mint = mint
        self._limits = HttpLimits(timeout_s, max_bytes)
        self._expected: Lru[tuple[str, tuple[bool, ...]], Expected] = Lru(_MAX_EXPECTED)

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """Ask, and judge the answer; every failure of the other side is a result with one error that says nothing of its text."""
        until = min(context.deadline, asyncio.get_running_loop().time() + self._limits.timeout_s)
        try:
            with _elsewhere(context):
                async with asyncio.timeout_at(until):
                    answer = await self._post(_body(request), context)
            result = judge(orjson.loads(answer), request.fetch, self._expectation(request), request.representations)
        except TimeoutError as late:
            return self._failed("SUBGRAPH_TIMEOUT", type(late).__name__, request, context)
        except _Unusable as unusable:
            return self._failed(unusable.code, unusable.cause, request, context)
        except (orjson.JSONDecodeError, MalformedAnswer) as wrong:
            return self._failed("SUBGRAPH_MALFORMED", type(wrong).__name__, request, context)
        except (aiohttp.ClientError, OSError) as broken:
            return self._failed("SUBGRAPH_UNREACHABLE", type(broken).__name__, request, context)
        # A wrong argument is the client's affair, and in its answer.
        for code, times in Counter(error.code for error in result.errors if error.code.startswith("SUBGRAPH_")).items():
            self._log(code, f"{times} in its answer", request, context)
        return result

    def _failed(self, code: str, cause: str, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        self._log(code, cause, request, context)
        return SubgraphResult(errors=(SubgraphError(told_of(self.name, code), code),))

    def _log(self, code: str, cause: str, request: SubgraphRequest, context: RequestContext) -> None:
        """One line, without a word of the other side's: its texts could forge lines, or hold what a log must not."""
        LOG.warning("subgraph %s failed: %s (%s), fetch at %r, request %s", self.name, code, cause, print_path(request.fetch.path), context.request_id)

    def _expectation(self, request: SubgraphRequest) -> Expected:
        # Fields that a condition has taken out are not asked for.
        key = (request.fetch.document, tuple(_decided(request.fetch.operation.selections, request.variables)))
        expected = self._expected.get(key)
        if expected is None:
            expected = expected_of(request.fetch, request.variables)
            self._expected.put(key, expected)
        return expected

    async def _post(self, body: bytes, context: RequestContext) -> bytes:
        token = self._mint(context, self.name)
        headers = {**_HEADERS, "Authorization": f"Bearer {token}"} if token is not None else _HEADERS
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._client.post(
            self._url, data=body, headers=headers, allow_redirects=False, auto_decompress=False, timeout=timeout, raise_for_status=False
        ) as response:
            try:
                return await self._read(response)
            except BaseException:
                # What is left unread must not come back as the next answer on this connection.
                response.close()
                raise

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if not 200 <= response.status < 300:
            raise _Unusable("SUBGRAPH_STATUS", f"status {response.status}")
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if response.content_type not in _JSON_TYPES or encoding != "identity":
            raise _Unusable("SUBGRAPH_MALFORMED", "neither JSON nor plain")
        if (response.content_length or 0) > self._limits.max_bytes:
            raise _Unusable("SUBGRAPH_TOO_LARGE", "Content-Length")
        answer = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            answer += chunk
            if len(answer) > self._limits.max_bytes:
                raise _Unusable("SUBGRAPH_TOO_LARGE", f"more than {self._limits.max_bytes} bytes")
        return bytes(answer)


def _body(request: SubgraphRequest) -> bytes:
    fetch = request.fetch
    variables: dict[str, Any] = dict(request.variables)
    if fetch.is_entity:
        variables[representations_variable(fetch.variables)] = request.representations
    return orjson.dumps({"query": fetch.document, "variables": variables})


def _decided(selections: tuple[Selection, ...], variables: Mapping[str, Any]) -> Iterator[bool]:
    for each in selections:
        if each.conditions:
            yield are_met(each.conditions, variables)
        yield from _decided(each.selections, variables)
