"""This module is in charge of telling a platform over HTTP: a POST of NDJSON, answered with a result per message."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

import aiohttp

from gateway.platform.adapter import Batch, BatchRefused, PlatformUnreachable
from gateway.platform.message import AnswerRefused, lines, read_body
from resolvers.database.outbox import Answer, Message

MOST_BYTES: Final = 4_000_000
# What is wrong is us, the moment or the way, not what is in the batch.
OF_THE_MOMENT: Final = frozenset({401, 403, 404, 405, 407, 408, 421, 425, 429})


class HttpAdapter:
    """One URL. The credential is read anew for each batch, so that it can be changed while the gateway runs."""

    answers_later = False

    def __init__(self, url: str, client: aiohttp.ClientSession, timeout_s: float, credential: Path | None) -> None:
        self._url = url
        self._client = client
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._credential = credential

    async def deliver(self, messages: Sequence[Message]) -> tuple[Answer, ...]:
        """One request; answers to other messages than these are dropped. Raises PlatformUnreachable, BatchRefused."""
        status, raw = await self._post(lines(messages), {**self._authorization(), "Idempotency-Key": _digest(messages)})
        if 400 <= status < 500 and status not in OF_THE_MOMENT:
            raise BatchRefused(f"the platform answered {status}")
        if status != 200:
            raise PlatformUnreachable(f"the platform answered {status}")
        try:
            answers = read_body(raw)
        except AnswerRefused as refused:
            raise PlatformUnreachable(f"the platform's answer cannot be understood: {refused}") from refused
        sent = {each.key for each in messages}
        return tuple([each for each in answers if each.key in sent])

    async def answered(self) -> AsyncIterator[AbstractAsyncContextManager[Batch]]:
        """Nothing: all answers come at once."""
        for _ in ():
            yield _

    async def _post(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        headers["Content-Type"] = "application/x-ndjson"
        try:
            # A redirect would carry the events somewhere nobody configured.
            async with self._client.post(self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False) as response:
                return response.status, await _limited(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as failed:
            raise PlatformUnreachable(f"the platform cannot be reached: {type(failed).__name__}") from failed

    def _authorization(self) -> dict[str, str]:
        if self._credential is None:
            return {}
        try:
            return {"Authorization": "Bearer " + self._credential.read_text(encoding="ascii").strip()}
        except (OSError, UnicodeDecodeError) as failed:
            raise PlatformUnreachable(f"the credential {self._credential} cannot be read: {type(failed).__name__}") from failed


async def _limited(response: aiohttp.ClientResponse) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(65_536):
        size += len(chunk)
        if size > MOST_BYTES:
            raise PlatformUnreachable(f"the platform's answer has more than {MOST_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _digest(messages: Sequence[Message]) -> str:
    return hashlib.sha256("\n".join(str(each.key) for each in messages).encode()).hexdigest()
