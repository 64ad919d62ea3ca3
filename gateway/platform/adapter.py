"""This module is in charge of what an adapter to a platform is: messages out, answers in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from resolvers.database.outbox import Answer, Message


class PlatformUnreachable(Exception):
    """Nothing is known of what was sent: it is sent again later. The message is for the log."""


class BatchRefused(Exception):
    """The platform takes the batch as a whole not, for what is in it: its parts are tried alone. The message is for the log."""


class Batch(NamedTuple):
    """Answers that came by themselves, and what they were read from."""

    source: str
    answers: tuple[Answer, ...]


class Adapter(Protocol):
    """A way to a platform."""

    # Whether a message that `deliver` gave no answer for is answered later (by file), or was passed over.
    answers_later: bool

    async def deliver(self, messages: Sequence[Message]) -> tuple[Answer, ...]:
        """Hand over the messages, in this order; the answers that came at once. Raises PlatformUnreachable, BatchRefused."""
        ...

    def answered(self) -> AsyncIterator[AbstractAsyncContextManager[Batch]]:
        """Batches of later answers; each is put away when its context is left without an exception."""
        ...
