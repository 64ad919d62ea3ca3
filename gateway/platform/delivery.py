"""This module is in charge of delivering: it takes what is due from the outbox, hands it to the adapter, and writes down what came of it."""

from __future__ import annotations

import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.platform.adapter import Adapter, BatchRefused, PlatformUnreachable
from resolvers.background import in_background
from resolvers.database.bell import Bell
from resolvers.database.failures import UNREACHABLE
from resolvers.database.outbox import CHANNEL, Answer, Message, Outbox

LOG: Final = logging.getLogger("cellgate.platform")
FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(hours=1)
UNSPOKEN: Final = "the platform's answer does not speak of it"


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once, how often to look, how long to wait for an answer before sending again, and how long one call may take."""

    batch: int
    poll: timedelta
    answer_within: timedelta
    call: timedelta

    @property
    def lease(self) -> timedelta:
        """Long enough for a call and what is written after it."""
        return self.call * 2 + timedelta(seconds=30)


class Delivery:
    """Delivers for as long as it runs; of several processes one does, and another goes on when that one is gone."""

    def __init__(self, outbox: Outbox, adapter: Adapter, pace: Pace, clock: Callable[[], datetime]) -> None:
        self._outbox = outbox
        self._adapter = adapter
        self._pace = pace
        self._clock = clock
        self._bell = Bell(outbox.database, "ledger", CHANNEL)
        self._failing = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver in the background until this is left; what is being sent then is sent again by the next process."""
        try:
            async with in_background("platform delivery", self._run):
                yield
        finally:
            self._bell.close()
            with contextlib.suppress(*UNREACHABLE):
                await self._outbox.give_up_lease()

    async def _run(self) -> None:
        while True:
            more = False
            try:
                # Before anything that may fail: what rang is no reason to try at once again.
                self._bell.clear()
                await self._bell.listen()
                more = await self.round()
                self._failing = False
            except UNREACHABLE as lost:
                # Said once, not every time that it is tried again.
                if not self._failing:
                    LOG.warning("the outbox cannot be read or written: %s", type(lost).__name__)
                self._failing = True
            if not more:
                await self._bell.wait(self._pace.poll)

    async def round(self) -> bool:
        """Take the answers that came, and send one batch; whether there may be more to send."""
        now = self._clock()
        if not await self._outbox.lease(now, self._pace.lease):
            return False
        await self._hear()
        await self._outbox.expire(now - self._pace.answer_within, now)
        messages = await self._outbox.take(now, self._pace.batch)
        if not messages:
            return False
        return await self._send(messages) and len(messages) == self._pace.batch

    async def _hear(self) -> None:
        async for batch in self._adapter.answered():
            async with batch as (source, answers):
                known = await self._outbox.answer(answers, self._clock())
            if known < len(answers):
                LOG.info("%s answers in %s are of messages that were not waiting for one", len(answers) - known, source)

    async def _send(self, messages: Sequence[Message]) -> bool:
        """Whether the platform took or refused them; halves are tried where it refuses the whole."""
        try:
            answers = await self._adapter.deliver(messages)
        except PlatformUnreachable as failed:
            LOG.warning("%s messages wait: %s", len(messages), failed)
            await self._put_off(messages, str(failed))
            return False
        except BatchRefused as refused:
            return await self._halved(messages, str(refused))
        await self._outbox.answer(answers, self._clock())
        if not self._adapter.answers_later:
            told = {each.key for each in answers}
            await self._put_off([each for each in messages if each.key not in told], UNSPOKEN)
        return True

    async def _halved(self, messages: Sequence[Message], reason: str) -> bool:
        if len(messages) == 1:
            await self._outbox.answer([Answer(messages[0].key, "REFUSED", None, reason)], self._clock())
            return True
        await self._outbox.lease(self._clock(), self._pace.lease)
        middle = len(messages) // 2
        if await self._send(messages[:middle]):
            return await self._send(messages[middle:])
        # The second half must not overtake the first.
        await self._put_off(messages[middle:], reason)
        return False

    async def _put_off(self, messages: Sequence[Message], reason: str) -> None:
        if messages:
            until = self._clock() + wait(max(each.attempts for each in messages))
            await self._outbox.put_off([each.key for each in messages], until, reason)


def wait(attempts: int) -> timedelta:
    """How long to wait after so many attempts that failed: twice as long each time, up to an hour, with a fifth of chance."""
    doubled: timedelta = min(FIRST_WAIT * 2 ** min(attempts, 20), LONGEST_WAIT)
    return doubled * random.uniform(0.9, 1.1)
