"""This module is in charge of subgraphs over HTTP: one POST a fetch, under the gateway's own token, and distrust of what comes back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import aiohttp
import orjson

from gateway import settings
from gateway.execution.answer_codec import Codec, codec_of
from gateway.execution.breaker import Breaker, RetryBudget
from gateway.execution.conditions import are_met
from gateway.execution.context import RequestContext
from gateway.execution.failures import told_of
from gateway.execution.remote_address import AddressRefused
from gateway.execution.remote_answer import Expected, MalformedAnswer, Numbers, Said, expected_of, judge
from gateway.execution.remote_body import Unusable, read_body
from gateway.execution.remote_events import sse_events, websocket_events
from gateway.execution.remote_headers import HeaderRules
from gateway.execution.remote_json import judged
from gateway.execution.remote_pool import Pool, is_reachable
from gateway.execution.remote_together import body_of, parted
from gateway.execution.remote_wire import accepted
from gateway.execution.subgraph import SubgraphError, SubgraphRequest, SubgraphResult
from gateway.lru import Lru
from gateway.operation.selection import Selection
from gateway.planning.printer import print_path

LOG: Final = logging.getLogger("cellgate.remote")
Mint = Callable[[RequestContext, str], str | None]
# The request, an error's code and its seal, to the words of a subgraph of ours; None where they are nobody's of ours.
Opens = Callable[[RequestContext, str, str], str | None]

# Bytes that a reading takes, and for each character of what was asked.
_READING: Final = 2_000
_PER_CHARACTER: Final = 40
_CACHES: Final = settings.Caches()
_FIRST_WAIT_S: Final = 0.02
_LONGEST_WAIT_S: Final = 0.5
# Failures of the service, and not of the question: they count for the breaker.
_ITS_FAULT: Final = frozenset({"SUBGRAPH_TIMEOUT", "SUBGRAPH_UNREACHABLE"})


_EVENTS: Final = {"sse": sse_events, "websocket": websocket_events}


class _Failed(Exception):
    """The call came to nothing. `its_fault` where the service failed, and not only this question."""

    def __init__(self, code: str, cause: str, *, its_fault: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.cause = cause
        self.its_fault = its_fault or code in _ITS_FAULT


def elsewhere(context: RequestContext) -> AbstractContextManager[None]:
    """No database connection is held while another machine is waited for."""
    return nullcontext() if context.reading is None else context.reading.elsewhere()


@dataclass(slots=True)
class _Reading:
    """How the answer to certain requests is read: what is expected of each of them, and the decoder that follows from it, made at the second use."""

    expected: tuple[Expected, ...]
    codec: Codec | None = None
    is_typed: bool = False


class HttpSubgraph:
    """A subgraph behind a URL.

    `mint` gives the token that the gateway calls with, made for this request and this subgraph; the caller's own token is
    never passed on. `client` is its pool of connections (`gateway.execution.remote_pool`). `rules` are its settings: how long, how
    large, how often, with which headers. `opens` is for subgraphs of ours: it opens what they seal of their errors.
    """

    in_turn = False

    def __init__(
        self,
        name: str,
        url: str,
        client: Pool | aiohttp.ClientSession,
        mint: Mint,
        timeout_s: float,
        max_bytes: int,
        rules: settings.Subgraph | None = None,
        caches: settings.Caches = _CACHES,
        opens: Opens | None = None,
    ) -> None:
        rules = rules or settings.Subgraph(url=url)
        self.name = name
        self._url = url
        self._client = client.session if isinstance(client, Pool) else client
        self._wire = client.wire if isinstance(client, Pool) else None
        self._mint = mint
        self._opens = opens
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._rules = rules
        self._headers = HeaderRules(rules)
        self._packed = rules.compression == "on"
        self._retries = rules.retries
        self._budget = RetryBudget()
        self.breaker = Breaker(rules.breaker_rate, rules.breaker_open_s)
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=rules.connect_timeout_s, sock_read=rules.idle_timeout_s)
        self._readings: Lru[Hashable, _Reading] = Lru(caches.readings_kib * 1024, "readings")

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        """Ask, and judge the answer; every failure of the other side is a result with one error that says nothing of its text."""
        (result,) = await self.fetch_together((request,), context)
        return result

    async def fetch_together(self, requests: Sequence[SubgraphRequest], context: RequestContext) -> Sequence[SubgraphResult]:
        """Ask several entity fetches of one client's request in one call; to each its result. What makes the call fail makes all fail."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not self.breaker.admits(now):
            return [self._failed("SUBGRAPH_SUSPENDED", "the breaker is open", each, context) for each in requests]
        good: bool | None = None
        try:
            results = await self._answered(requests, context, now)
            good = True
        except _Failed as failed:
            good = not failed.its_fault
            return [self._failed(failed.code, failed.cause, each, context) for each in requests]
        finally:
            self.breaker.settled(good, loop.time())
        # A wrong argument is the client's affair, and in its answer.
        for each, result in zip(requests, results):
            if result.errors:
                for code, times in Counter(error.code for error in result.errors if error.code.startswith("SUBGRAPH_")).items():
                    self._log(code, f"{times} in its answer", each, context)
        return results

    async def subscribe(self, request: SubgraphRequest, context: RequestContext) -> AsyncGenerator[SubgraphResult, None]:
        """The events of a subscription, each judged like an answer; a failure is the last of them. Nothing is asked again: events may have been missed."""
        events = _EVENTS[self._rules.events]
        headers = self._headers.of(context, self._mint(context, self.name), request.span)
        (expected,) = self._reading((request,)).expected
        try:
            async with contextlib.aclosing(events(self._client, self._url, body_of((request,)), headers, self._timeout, self._max_bytes)) as found:
                async for event in found:
                    yield judged(event, lambda body, numbers: judge(body, request.fetch, expected, (), numbers=numbers))
        except TimeoutError as late:
            yield self._failed("SUBGRAPH_TIMEOUT", type(late).__name__, request, context)
        except Unusable as unusable:
            yield self._failed(unusable.code, unusable.cause, request, context)
        except (orjson.JSONDecodeError, MalformedAnswer) as wrong:
            yield self._failed("SUBGRAPH_MALFORMED", type(wrong).__name__, request, context)
        except (aiohttp.ClientError, OSError) as broken:
            yield self._failed("SUBGRAPH_UNREACHABLE", type(_root_of(broken)).__name__, request, context)

    @property
    def is_suspended(self) -> bool:
        """Whether it is not asked now, because it failed too often."""
        return self.breaker.state(asyncio.get_running_loop().time()) == "open"

    @property
    def shares(self) -> bool:
        """Whether its settings let equal calls of one principal be one."""
        return self._rules.share == "on"

    @property
    def has_events(self) -> bool:
        """Whether its settings say how it is subscribed to."""
        return self._rules.events != "off"

    async def _answered(self, requests: Sequence[SubgraphRequest], context: RequestContext, now: float) -> Sequence[SubgraphResult]:
        until = min(context.deadline, now + self._timeout_s)
        try:
            with elsewhere(context):
                if self._wire is not None:
                    # It keeps the time itself.
                    answer = await self._asked(requests, context, until)
                else:
                    async with asyncio.timeout_at(until):
                        answer = await self._asked(requests, context, until)
            return self._read_answer(answer, requests, context)
        except TimeoutError as late:
            raise _Failed("SUBGRAPH_TIMEOUT", type(late).__name__) from late
        except Unusable as unusable:
            raise _Failed(unusable.code, unusable.cause, its_fault=unusable.its_fault) from unusable
        except (orjson.JSONDecodeError, MalformedAnswer) as wrong:
            raise _Failed("SUBGRAPH_MALFORMED", type(wrong).__name__) from wrong
        except (aiohttp.ClientError, OSError) as broken:
            raise _Failed("SUBGRAPH_UNREACHABLE", type(_root_of(broken)).__name__) from broken

    def _read_answer(self, answer: bytes, requests: Sequence[SubgraphRequest], context: RequestContext) -> Sequence[SubgraphResult]:
        reading = self._reading(requests)
        results = reading.codec(answer, requests) if reading.codec is not None else None
        if results is None:
            said = None if self._opens is None else partial(self._opens, context)
            results = judged(answer, lambda body, numbers: _judged(body, numbers, requests, reading.expected, said))
        return results

    async def _asked(self, requests: Sequence[SubgraphRequest], context: RequestContext, until: float) -> bytes:
        """The body of its answer, asked again where that is harmless, of use, and within the budget."""
        body = body_of(requests)
        headers = self._headers.of(context, self._mint(context, self.name), requests[0].span)
        left = self._retries if requests[0].fetch.operation.kind == "query" else 0
        self._budget.earn()
        attempt = 0
        while True:
            try:
                return await (self._post(body, headers) if self._wire is None else self._wire.post(headers, body, until))
            except (aiohttp.ClientConnectionError, ConnectionError, Unusable) as failed:
                wait_s = max(_wait_asked(failed), random.uniform(0, min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**attempt)))
                too_late = asyncio.get_running_loop().time() + wait_s >= until
                if attempt >= left or not _may_help(failed) or too_late or not self._budget.spend():
                    raise
            attempt += 1
            await asyncio.sleep(wait_s)

    async def is_well(self) -> bool:
        """Whether calls would be made now, and somebody listens where they would go; for readiness."""
        return self.breaker.state(asyncio.get_running_loop().time()) == "closed" and await is_reachable(self._rules)

    def _failed(self, code: str, cause: str, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        self._log(code, cause, request, context)
        return SubgraphResult(errors=(SubgraphError(told_of(self.name, code), code),))

    def _log(self, code: str, cause: str, request: SubgraphRequest, context: RequestContext) -> None:
        """One line, without a word of the other side's: its texts could forge lines, or hold what a log must not."""
        LOG.warning("subgraph %s failed: %s (%s), fetch at %r, request %s", self.name, code, cause, print_path(request.fetch.path), context.request_id)

    def _reading(self, requests: Sequence[SubgraphRequest]) -> _Reading:
        key: Hashable = tuple([(each.fetch.document, each.repeats) for each in requests])
        reading = self._readings.get(key)
        if reading is None:
            # Fields that a condition has taken out are not asked for.
            decided = tuple(each for request in requests for each in _decided(request.fetch.operation.selections, request.variables))
            if decided:
                key = (key, decided)
                reading = self._readings.get(key)
        if reading is None:
            reading = _Reading(tuple(expected_of(each.fetch, each.variables) for each in requests))
            self._readings.put(key, reading, _READING + _PER_CHARACTER * sum(len(each.fetch.document) for each in requests))
        elif not reading.is_typed:
            # What is asked once is not worth a decoder.
            reading.codec, reading.is_typed = codec_of(requests, reading.expected), True
        return reading

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        async with self._client.post(
            self._url, data=body, headers=headers, allow_redirects=False, auto_decompress=False, timeout=self._timeout, raise_for_status=False
        ) as response:
            try:
                return await self._read(response)
            except BaseException:
                # What is left unread must not come back as the next answer on this connection.
                response.close()
                raise

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        accepted(response.status, response.content_type, encoding, response.headers.get("Retry-After", ""), packed=self._packed)
        return await read_body(response, encoding, self._max_bytes)


def _may_help(failed: Exception) -> bool:
    """Whether another attempt could fare better: a timeout has taken its time, and an address that is not allowed stays so."""
    if isinstance(failed, Unusable):
        return failed.again
    return not isinstance(failed, TimeoutError) and not isinstance(_root_of(failed), AddressRefused)


def _wait_asked(failed: Exception) -> float:
    return failed.wait_s if isinstance(failed, Unusable) else 0.0


def _root_of(broken: BaseException) -> BaseException:
    return broken.__cause__ if isinstance(broken.__cause__, AddressRefused) else broken


def _judged(body: Any, numbers: Numbers, requests: Sequence[SubgraphRequest], expected: Sequence[Expected], said: Said | None) -> list[SubgraphResult]:
    parts = zip(parted(body, len(requests)), requests, expected)
    return [judge(part, each.fetch, known, each.representations, numbers=numbers, said=said) for part, each, known in parts]


def _decided(selections: tuple[Selection, ...], variables: Mapping[str, Any]) -> Iterator[bool]:
    for each in selections:
        if each.conditions:
            yield are_met(each.conditions, variables)
        yield from _decided(each.selections, variables)
