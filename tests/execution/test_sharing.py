"""This module is in charge of sharing: equal queries of one principal that are on their way at once are one call, and of nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Final

import pytest
from msgspec import structs

from gateway.execution.context import RequestContext
from gateway.execution.sharing import SharingSubgraph
from gateway.execution.subgraph import SubgraphRequest, SubgraphResult
from gateway.planning.plan import Fetch
from tests.execution.world import context
from tests.planning.composing import plan_of, supergraph_of

SUPERGRAPH: Final = supergraph_of(shop="type Query { item(id: ID): Item other: Item } type Mutation { make: Item } type Item { id: ID }")
FAR: Final = 1e12


@dataclass(slots=True)
class Slow:
    """A subgraph that answers when it is let, and counts."""

    in_turn = False
    calls: int = 0
    cancelled: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch(self, _request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        self.calls += 1
        assert context.reading is None
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return SubgraphResult(data={"item": {"id": "1"}})


def fetch_of(text: str) -> Fetch:
    return plan_of(SUPERGRAPH, text).fetches[0]


ITEM: Final = SubgraphRequest(fetch_of("{ item { id } }"), {})


async def asked(slow: Slow, *calls: tuple[SubgraphRequest, RequestContext]) -> list[SubgraphResult]:
    sharing = SharingSubgraph(slow)
    waiting = [asyncio.ensure_future(sharing.fetch(*each)) for each in calls]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    slow.gate.set()
    return await asyncio.gather(*waiting)


async def test_equal_queries_are_one_call_with_an_answer_for_each() -> None:
    slow = Slow()
    one, other = await asked(slow, (ITEM, context(FAR)), (ITEM, context(FAR)))
    assert slow.calls == 1
    assert one == other
    assert one.data is not other.data


def other_headers() -> RequestContext:
    return structs.replace(context(FAR), headers={b"x-tenant": "b"})


def other_token() -> RequestContext:
    mine = context(FAR)
    return structs.replace(mine, principal=replace(mine.principal, token_id="another"))


@pytest.mark.parametrize(
    ("request_", "client"),
    [
        (SubgraphRequest(fetch_of("{ other { id } }"), {}), context(FAR)),
        (structs.replace(ITEM, variables={"a": 1}), context(FAR)),
        (structs.replace(ITEM, representations=({"__typename": "Item"},)), context(FAR)),
        (ITEM, other_headers()),
        (ITEM, other_token()),
    ],
)
async def test_whoever_differs_has_a_call_of_his_own(request_: SubgraphRequest, client: RequestContext) -> None:
    slow = Slow()
    await asked(slow, (ITEM, context(FAR)), (request_, client))
    assert slow.calls == 2


async def test_mutations_are_never_shared() -> None:
    slow = Slow()
    make = SubgraphRequest(fetch_of("mutation { make { id } }"), {})
    await asked(slow, (make, context(FAR)), (make, context(FAR)))
    assert slow.calls == 2


async def test_nothing_is_kept() -> None:
    slow = Slow()
    sharing = SharingSubgraph(slow)
    slow.gate.set()
    for _ in range(2):
        await sharing.fetch(ITEM, context(FAR))
    assert slow.calls == 2


async def test_a_client_that_goes_away_takes_nothing_from_the_others() -> None:
    slow = Slow()
    sharing = SharingSubgraph(slow)
    waiting = [asyncio.ensure_future(sharing.fetch(ITEM, context(FAR))) for _ in range(3)]
    await asyncio.sleep(0.01)
    waiting[0].cancel()
    await asyncio.sleep(0.01)
    assert slow.cancelled == 0
    slow.gate.set()
    assert [each.data for each in await asyncio.gather(*waiting[1:])] == [{"item": {"id": "1"}}] * 2


async def test_a_call_that_nobody_waits_for_is_called_off() -> None:
    slow = Slow()
    sharing = SharingSubgraph(slow)
    waiting = [asyncio.ensure_future(sharing.fetch(ITEM, context(FAR))) for _ in range(2)]
    await asyncio.sleep(0.01)
    for each in waiting:
        each.cancel()
    await asyncio.sleep(0.01)
    assert slow.cancelled == 1


async def test_one_that_is_out_of_time_does_not_end_the_call_of_the_others() -> None:
    slow = Slow()
    sharing = SharingSubgraph(slow)
    soon = asyncio.get_running_loop().time() + 0.01
    with pytest.raises(TimeoutError):
        async with asyncio.timeout_at(soon):
            hurried, patient = sharing.fetch(ITEM, context(soon)), asyncio.ensure_future(sharing.fetch(ITEM, context(FAR)))
            await hurried
    slow.gate.set()
    assert (await patient).data == {"item": {"id": "1"}}
    assert (slow.calls, slow.cancelled) == (1, 0)
