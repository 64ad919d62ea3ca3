"""This module is in charge of the generation in force: it looks for new SDL, makes the next generation beside the one that runs, and swaps them.

Nothing waits for a reload. Requests and streams that began with a generation end with it; what it held is freed when they have ended.
SDL that does not compose changes nothing, and is told in the log once.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Generic, Literal, TypeVar

from gateway.composition.compose import compose
from gateway.composition.errors import CompositionFailure
from gateway.composition.supergraph import SubgraphSource, Supergraph
from gateway.composition.supergraph_joins import SupergraphRefused
from gateway.errors import Refused
from gateway.foreign import ForeignRefused
from gateway.generation import Generation
from gateway.timings import Timings
from resolvers.background import in_background

LOG: Final = logging.getLogger("cellgate.reload")
# Operations of the old generation that are prepared in the new one before it takes over.
WARMED: Final = 50

Outcome = Literal["unchanged", "swapped", "refused"]
# Garbage is collected rarely.
GC_THRESHOLD: Final = 50_000

Given = TypeVar("Given")
Make = Callable[[Supergraph], Generation]


class CompositionRefused(Exception):
    """The subgraphs do not compose; the message lists every error with its code and place. For the operator."""

    code = "COMPOSITION_FAILED"


def composed(sources: tuple[SubgraphSource, ...]) -> Supergraph:
    """The supergraph of these subgraphs; CompositionRefused where there is none."""
    result = compose(sources)
    if isinstance(result, CompositionFailure):
        raise CompositionRefused("; ".join(f"{each.code}: {each.message}" for each in result.errors))
    return result


class Reloader(Generic[Given]):
    """The generation in force. `build` makes a supergraph of what `read` gives, `make` a generation of that; `observe` hears of each outcome
    but "unchanged", and `drained` is called when no request of an old generation is left."""

    def __init__(
        self,
        given: Given,
        read: Callable[[], Awaitable[Given]],
        build: Callable[[Given], Supergraph],
        make: Make,
        observe: Callable[[str], None],
        drained: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._read = read
        self._build = build
        self._make = make
        self._observe = observe
        self._drained = drained
        self._given = self._looked_at = given
        self._generation = make(build(given))
        # Why what was looked at last could not be read.
        self._said = ""
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def generation(self) -> Generation:
        """The one that a request begins with now."""
        return self._generation

    async def reload(self) -> Outcome:
        """Look once, and take over what is new."""
        try:
            given = await self._read()
        except SupergraphRefused as refusal:
            return self._unread(str(refusal))
        self._said = ""
        if given == self._looked_at:
            return "unchanged"
        self._looked_at = given
        outcome: Outcome = "unchanged" if given == self._given else await self._taken(given)
        if outcome != "unchanged":
            self._observe(outcome)
        return outcome

    def _unread(self, why: str) -> Outcome:
        """A file that is being written, or was written wrongly, is told of once: it is looked at every few seconds."""
        if why == self._said:
            return "unchanged"
        self._said = why
        LOG.error("the new SDL cannot be served, and the supergraph stays: %s", why)
        self._observe("refused")
        return "refused"

    async def _taken(self, given: Given) -> Outcome:
        try:
            # Composing takes a second for large graphs: in a thread, the loop goes on in between.
            made = await asyncio.to_thread(lambda: self._make(self._build(given)))
        except (CompositionRefused, ForeignRefused, SupergraphRefused) as refusal:
            LOG.error("the new SDL cannot be served, and the supergraph stays: %s", refusal)
            return "refused"
        await _warm(made, self._generation)
        LOG.info("supergraph %s takes over from %s", made.supergraph.fingerprint[:12], self._generation.supergraph.fingerprint[:12])
        self._generation, self._given = made, given
        return "swapped"

    @contextlib.asynccontextmanager
    async def watching(self, every_s: float, drained_s: float) -> AsyncIterator[None]:
        """Look every so many seconds, until the end; 0 never looks. After `drained_s` no request of an old generation is left."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._swept)
            if every_s:
                await stack.enter_async_context(in_background("watching for new SDL", lambda: self._watch(every_s, drained_s)))
            yield

    async def _swept(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)

    async def _watch(self, every_s: float, drained_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                swapped = await self.reload() == "swapped"
            except Exception:
                # A defect here must not end the watch: what is served stays right.
                LOG.exception("looking for new SDL failed")
                continue
            if swapped and self._sweeping is None:
                self._sweeping = asyncio.create_task(self._sweep(drained_s))

    async def _sweep(self, drained_s: float) -> None:
        """Free old generations: soon what nobody uses any more, and the rest when all its requests must have ended."""
        for wait_s in (1.0, drained_s):
            await asyncio.sleep(wait_s)
            free()
        self._sweeping = None
        if self._drained is not None:
            await self._drained()


async def _warm(new: Generation, old: Generation) -> None:
    """Prepare what was asked lately, so that the first requests of the new generation do not all plan at once."""
    for text, name, view, mode in old.recent(WARMED):
        # An operation that is refused now is refused again when it is asked.
        with contextlib.suppress(Refused):
            await new.prepare((text, name, new.views.of_key(view.key), mode), Timings())


def settle() -> None:
    """Everything has been made that stays: the collector need not look at it, and has little to look for. A request makes no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 10, 4)


def free() -> None:
    """Collect garbage, that of frozen generations too: a schema is full of cycles, and what lives long was taken out of the collector's sight."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
