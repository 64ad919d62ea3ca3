"""This module is in charge of execution's laws: what starts when, what fails alone, and what the client is told of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from gateway.errors import ClientError
from gateway.execution.context import RequestContext
from gateway.execution.run import Executed, execute
from gateway.execution.subgraph import MAX_PLACES, Redaction, SubgraphError, SubgraphRequest, SubgraphResult
from gateway.planning.plan import Plan
from tests.execution.answering import answer
from tests.execution.world import FakeSubgraph, context, subgraphs, world
from tests.planning.composing import plan_of, supergraph_of

SHOP: Final = 'type Query { products: [Product]! one: Product }\ntype Product @key(fields: "id") { id: ID! name: String parts: [Product!] }\n'
STORE: Final = 'type Product @key(fields: "id") { id: ID! stock: Int shelf: String maker: Maker }\ntype Maker @key(fields: "id") { id: ID! }\n'
BANK: Final = 'type Product @key(fields: "id") { id: ID! price: Float stock: Int @external rebate: Float @requires(fields: "stock") }\n'
TRADE: Final = 'type Maker @key(fields: "id") { id: ID! title: String }\n'
SUPERGRAPH: Final = supergraph_of(shop=SHOP, store=STORE, bank=BANK, trade=TRADE)
FAR: Final = 1e12

Answers = Callable[[SubgraphRequest], Awaitable[SubgraphResult]]


@dataclass(slots=True)
class Scripted:
    """A subgraph that does what the test says."""

    in_turn = False

    answers: Answers
    requests: list[SubgraphRequest] = field(default_factory=list)

    async def fetch(self, request: SubgraphRequest, _context: RequestContext) -> SubgraphResult:
        self.requests.append(request)
        return await self.answers(request)


def gives(**data: Any) -> Scripted:
    """Root fields with these values."""

    async def answers(_request: SubgraphRequest) -> SubgraphResult:
        return SubgraphResult(data=data)

    return Scripted(answers)


def knows(*errors: SubgraphError, redactions: tuple[Redaction, ...] = (), **entities: Mapping[str, Any] | None) -> Scripted:
    """Entities by id ("p1"), with errors and redactions beside them."""

    async def answers(request: SubgraphRequest) -> SubgraphResult:
        found = (entities.get(each["id"]) for each in request.representations)
        return SubgraphResult(entities=tuple(dict(each) if each else None for each in found), errors=errors, redactions=redactions)

    return Scripted(answers)


def raises(error: BaseException) -> Scripted:
    async def answers(_request: SubgraphRequest) -> SubgraphResult:
        raise error

    return Scripted(answers)


def hangs() -> Scripted:
    async def answers(_request: SubgraphRequest) -> SubgraphResult:
        await asyncio.Event().wait()
        raise AssertionError

    return Scripted(answers)


async def run(text: str, variables: Mapping[str, Any] | None = None, *, within_s: float = 60, **services: Scripted) -> Executed:
    deadline = asyncio.get_running_loop().time() + within_s
    return await execute(plan(text), variables or {}, services, context(deadline))


def plan(text: str) -> Plan:
    return plan_of(SUPERGRAPH, text)


def told(executed: Executed) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(error.code, error.path) for error in executed.errors]


async def test_each_entity_is_asked_about_once_and_lands_everywhere() -> None:
    store = knows(p1={"stock": 3})
    executed = await run("{ products { stock } }", shop=gives(products=[{"id": "p1"}, None, {"id": "p1"}]), store=store)
    assert executed.data == {"products": [{"id": "p1", "stock": 3}, None, {"id": "p1", "stock": 3}]}
    assert [request.representations for request in store.requests] == [({"__typename": "Product", "id": "p1"},)]


async def test_ids_of_different_json_types_are_different() -> None:
    store = knows()
    await run("{ products { stock } }", shop=gives(products=[{"id": 1}, {"id": "1"}, {"id": True}]), store=store)
    assert [each["id"] for each in store.requests[0].representations] == [1, "1", True]


async def test_a_null_or_missing_key_is_passed_over_and_positions_stay() -> None:
    executed = await run("{ products { stock } }", shop=gives(products=[{"id": None}, {}, {"id": "p1"}]), store=knows(p1={"stock": 3}))
    assert executed.data["products"] == [{"id": None}, {}, {"id": "p1", "stock": 3}]
    assert executed.errors == ()


async def test_nobody_to_ask_about_is_no_request() -> None:
    store, trade = knows(), knows()
    executed = await run("{ products { maker { title } } }", shop=gives(products=[]), store=store, trade=trade)
    assert (executed.data, store.requests, trade.requests) == ({"products": []}, [], [])


async def test_a_required_null_is_said_and_a_missing_one_is_not_guessed() -> None:
    shop = gives(products=[{"id": "p1"}, {"id": "p2"}])
    bank = knows(p1={"rebate": 1.5})
    await run("{ products { rebate } }", shop=shop, store=knows(p1={"stock": None}), bank=bank)
    assert [request.representations for request in bank.requests] == [({"__typename": "Product", "id": "p1", "stock": None},)]


async def test_an_error_of_an_entity_is_told_at_every_place_of_it() -> None:
    store = knows(SubgraphError("No.", "SUBGRAPH_ERROR", (0, "stock")), p1={"stock": None}, p2={"stock": 1})
    shop = gives(products=[{"id": "p1"}, {"id": "p2"}, {"id": "p1"}])
    executed = await run("{ products { stock } }", shop=shop, store=store)
    assert told(executed) == [("SUBGRAPH_ERROR", ("products", 0, "stock")), ("SUBGRAPH_ERROR", ("products", 2, "stock"))]


async def test_one_thing_that_is_wrong_with_many_entities_is_told_of_the_first_hundred() -> None:
    names = [f"p{n}" for n in range(MAX_PLACES + 20)]
    errors = [SubgraphError("No.", "INVALID_ARGUMENT", (n, "stock")) for n in range(len(names))]
    store = knows(*errors, SubgraphError("No.", "INVALID_ARGUMENT", (0, "shelf")), **{each: {"stock": None, "shelf": None} for each in names})
    executed = await run("{ products { stock shelf } }", shop=gives(products=[{"id": each} for each in names]), store=store)
    places = [("products", n, "stock") for n in range(MAX_PLACES)]
    assert told(executed) == [("INVALID_ARGUMENT", each) for each in [("products", 0, "shelf"), *places]]


async def test_what_two_subgraphs_could_not_give_at_one_place_is_told_once() -> None:
    day = "type Query {{ today: Day @shareable }}\ntype Day @shareable {{ {field}: Int }}\n"
    both = plan_of(supergraph_of(high=day.format(field="high"), low=day.format(field="low")), "{ today { high low } }")

    async def away(_request: SubgraphRequest) -> SubgraphResult:
        return SubgraphResult(errors=(SubgraphError("Away.", "SUBGRAPH_UNREACHABLE"),))

    async def late(_request: SubgraphRequest) -> SubgraphResult:
        return SubgraphResult(errors=(SubgraphError("Late.", "SUBGRAPH_TIMEOUT"),))

    services = {"high": Scripted(away), "low": Scripted(late)}
    executed = await execute(both, {}, services, context(asyncio.get_running_loop().time() + 60))
    assert [len(each.requests) for each in services.values()] == [1, 1]
    assert told(executed) == [("SUBGRAPH_TIMEOUT", ("today",))]


async def test_an_error_of_a_whole_fetch_is_told_where_its_answer_would_be() -> None:
    failed = SubgraphError("Away.", "SUBGRAPH_UNREACHABLE")

    async def unreachable(_request: SubgraphRequest) -> SubgraphResult:
        return SubgraphResult(errors=(failed,))

    executed = await run(
        "{ products { stock } one { price } }",
        shop=gives(products=[{"id": "p1"}], one={"id": "p2"}),
        store=Scripted(unreachable),
        bank=knows(p2={"price": 2.5}),
    )
    assert told(executed) == [("SUBGRAPH_UNREACHABLE", ("products", 0, "stock"))]
    assert executed.data["one"] == {"id": "p2", "price": 2.5}
    assert told(await run("{ products { name } one { name } }", shop=Scripted(unreachable))) == [
        ("SUBGRAPH_UNREACHABLE", ("one",)),
        ("SUBGRAPH_UNREACHABLE", ("products",)),
    ]


async def test_an_index_that_nobody_asked_about_is_not_believed() -> None:
    store = knows(SubgraphError("No.", "SUBGRAPH_ERROR", (7, "stock")), p1={"stock": 1})
    executed = await run("{ products { stock } }", shop=gives(products=[{"id": "p1"}]), store=store)
    assert told(executed) == [("SUBGRAPH_ERROR", ("products", 0))]


async def test_an_exception_is_logged_and_told_by_the_request_id_alone(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        executed = await run(
            "{ products { stock price } }", shop=gives(products=[{"id": "p1"}]), store=raises(ValueError("secret")), bank=knows(p1={"price": 2.5})
        )
    (error,) = executed.errors
    assert (error.code, error.path, error.extensions) == ("INTERNAL", ("products", 0, "stock"), {"requestId": "request-1"})
    assert "secret" not in error.message
    assert "secret" in caplog.text
    assert executed.data["products"] == [{"id": "p1", "price": 2.5}]


async def test_too_few_entities_are_a_defect_and_not_a_shift() -> None:
    async def short(_request: SubgraphRequest) -> SubgraphResult:
        return SubgraphResult(entities=({"stock": 1},))

    executed = await run("{ products { stock } }", shop=gives(products=[{"id": "p1"}, {"id": "p2"}]), store=Scripted(short))
    assert [error.code for error in executed.errors] == ["INTERNAL"]
    assert executed.data["products"] == [{"id": "p1"}, {"id": "p2"}]


async def test_at_the_deadline_what_is_there_is_answered() -> None:
    cancelled: list[str] = []

    async def waits(_request: SubgraphRequest) -> SubgraphResult:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append("store")
            raise
        raise AssertionError

    shop = gives(products=[{"id": "p1"}, {"id": "p2"}])
    executed = await run("{ products { name stock rebate price } }", within_s=0.05, shop=shop, store=Scripted(waits), bank=knows(p1={"price": 1.5}))
    assert executed.data["products"][0] == {"id": "p1", "price": 1.5}
    assert told(executed) == [("SUBGRAPH_TIMEOUT", ("products", place, field)) for place in (0, 1) for field in ("rebate", "stock")]
    assert cancelled == ["store"]


async def test_a_root_fetch_that_hangs_is_told_at_its_fields() -> None:
    executed = await run("{ one { name } }", within_s=0.02, shop=hangs())
    assert told(executed) == [("SUBGRAPH_TIMEOUT", ("one",))]


async def test_a_client_that_goes_away_takes_the_fetches_with_it() -> None:
    store = hangs()
    running = asyncio.create_task(run("{ products { stock price } }", shop=gives(products=[{"id": "p1"}]), store=store, bank=knows()))
    while not store.requests:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not [task for task in asyncio.all_tasks() if "_chain" in str(task.get_coro())]


async def test_a_fetch_starts_when_its_own_inputs_are_there() -> None:
    gate = asyncio.Event()

    async def slow(request: SubgraphRequest) -> SubgraphResult:
        await gate.wait()
        return SubgraphResult(entities=({"price": 2.5},))

    async def opens_the_gate(request: SubgraphRequest) -> SubgraphResult:
        gate.set()
        return SubgraphResult(entities=({"title": "Maker"},))

    store = knows(p1={"maker": {"id": "m1"}})
    # The slow one ends only after the last of the other chain has run: waves would never end.
    executed = await run(
        "{ products { price maker { title } } }",
        within_s=5,
        shop=gives(products=[{"id": "p1"}]),
        store=store,
        bank=Scripted(slow),
        trade=Scripted(opens_the_gate),
    )
    assert executed.errors == ()
    assert executed.data["products"] == [{"id": "p1", "price": 2.5, "maker": {"id": "m1", "title": "Maker"}}]


async def test_a_chain_makes_no_tasks() -> None:
    seen: set[asyncio.Task[Any] | None] = set()

    async def looks(request: SubgraphRequest) -> SubgraphResult:
        seen.add(asyncio.current_task())
        if request.fetch.subgraph == "shop":
            return SubgraphResult(data={"one": {"id": "p1"}})
        return SubgraphResult(entities=({"maker": {"id": "m1"}, "title": "T"},))

    await run("{ one { maker { title } } }", shop=Scripted(looks), store=Scripted(looks), trade=Scripted(looks))
    assert seen == {asyncio.current_task()}


async def test_a_skipped_field_starts_no_chain() -> None:
    text = "query ($cheap: Boolean!) { products { name rebate @skip(if: $cheap) } }"
    for cheap in (True, False):
        store, bank = knows(p1={"stock": 4}), knows(p1={"rebate": 1.0})
        await run(text, {"cheap": cheap}, shop=gives(products=[{"id": "p1", "name": "n"}]), store=store, bank=bank)
        assert (len(store.requests), len(bank.requests)) == ((0, 0) if cheap else (1, 1))


async def test_a_condition_on_a_neighbour_does_not_keep_a_fetch_from_running() -> None:
    text = "query ($more: Boolean!) { products { stock shelf @include(if: $more) } }"
    store = knows(p1={"stock": 4})
    executed = await run(text, {"more": False}, shop=gives(products=[{"id": "p1"}]), store=store)
    assert executed.data["products"] == [{"id": "p1", "stock": 4}]


async def test_a_conditional_requirement_does_not_take_its_neighbours_along() -> None:
    shop = 'type Query { one: Item }\ntype Item @key(fields: "id") { id: ID! weight: Int }\n'
    post = 'type Item @key(fields: "id") { id: ID! weight: Int @external depot: String fee: Int @requires(fields: "weight") }\n'
    text = "query ($fee: Boolean!) { one { depot fee @include(if: $fee) } }"
    supergraph = supergraph_of(shop=shop, post=post)
    for fee in (True, False):
        there = knows(i1={"depot": "d", "fee": 3})
        answered = await answer(supergraph, {"shop": gives(one={"id": "i1"} | ({"weight": 2} if fee else {})), "post": there}, text, {"fee": fee})
        assert answered.data == {"one": {"depot": "d"} | ({"fee": 3} if fee else {})}


async def test_redactions_are_told_once_from_the_root() -> None:
    here = (Redaction(("stock",), "NOT_CUSTODIAN", "rows-2"), Redaction(("stock",), "NOT_CUSTODIAN", "rows-2"), Redaction(("maker", "id"), "A", "rows-1"))
    executed = await run("{ products { stock maker { id } } }", shop=gives(products=[{"id": "p1"}]), store=knows(redactions=here, p1={"stock": None}))
    assert executed.redactions == (Redaction(("products", "maker", "id"), "A", "rows-1"), Redaction(("products", "stock"), "NOT_CUSTODIAN", "rows-2"))


async def test_redactions_of_one_place_by_different_policies_are_all_told() -> None:
    here = (Redaction(("stock",), "CLOSED", "F:maker"), Redaction(("stock",), "CLOSED", "F:all"))
    executed = await run("{ products { stock } }", shop=gives(products=[{"id": "p1"}]), store=knows(redactions=here, p1={"stock": None}))
    assert [each.policy_id for each in executed.redactions] == ["F:all", "F:maker"]


async def test_an_answer_cannot_take_away_what_another_gave() -> None:
    executed = await run(
        "{ products { name stock } }", shop=gives(products=[{"id": "p1", "name": "n"}]), store=knows(p1={"stock": 1, "name": "other", "id": "p9"})
    )
    assert executed.data["products"] == [{"id": "p1", "name": "n", "stock": 1}]


async def test_the_planners_aliases_do_not_show() -> None:
    answered = await answer(
        world(), subgraphs(), "{ batteries { weight: code heavy code: name } things { ... on Battery { x: code } ... on Vehicle { x: vin } } }"
    )
    assert answered.data is not None
    assert answered.data["batteries"] == [{"weight": "b1", "heavy": True, "code": "pack b1"}, {"weight": "b3", "heavy": False, "code": "pack b3"}]
    assert answered.data["things"] == [{"x": "b1"}, {"x": "v1"}, {"x": "b3"}]


async def test_mutations_run_in_order_and_once() -> None:
    parts = subgraphs()
    order: list[str] = []
    for name, part in parts.items():
        part.service.mutations.clear()
        parts[name] = Noting(part.service, order=order, name=name)
    text = 'mutation { a: rename(code: "b1", name: "x") { heavy } recall(vin: "v1") { owner { __typename } } b: rename(code: "b3", name: "y") { name } }'
    answered = await answer(world(), parts, text)
    assert answered.errors == ()
    assert [name for name in order if not name.endswith("entities")] == ["battery", "vehicle", "battery"]
    # What is below a mutation is read before the next one runs.
    assert order == ["battery", "vehicle entities", "vehicle", "enterprise entities", "battery"]
    assert [len(part.service.mutations) for part in parts.values()] == [2, 1, 0]


@dataclass(slots=True)
class Noting(FakeSubgraph):
    """Notes the order in which subgraphs are asked."""

    order: list[str] = field(default_factory=list)
    name: str = ""

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResult:
        self.order.append(f"{self.name} entities" if request.fetch.is_entity else self.name)
        return await FakeSubgraph.fetch(self, request, context)


async def test_an_unknown_subgraph_is_our_defect() -> None:
    executed = await run("{ one { name } }")
    assert [type(error) for error in executed.errors] == [ClientError]
    assert told(executed) == [("INTERNAL", ("one",))]


async def test_fetches_that_share_a_connection_are_no_tasks_and_keep_nothing_remote_waiting() -> None:
    """Of what is ready at once, the remote fetch is under way while those in turn run one after the other, in the request's own task."""
    seen: list[str] = []
    own = asyncio.current_task()

    def notes(name: str, inner: Scripted, *, in_turn: bool) -> Scripted:
        async def answers(request: SubgraphRequest) -> SubgraphResult:
            seen.append(name + (" begins" if asyncio.current_task() is own else " begins elsewhere"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            seen.append(name + " ends")
            return await inner.answers(request)

        noting = InTurn if in_turn else Scripted
        return noting(answers)

    shop = notes("shop", gives(one={"__typename": "Product", "id": "p1", "name": "n"}), in_turn=True)
    store = notes("store", knows(p1={"shelf": "s"}), in_turn=True)
    bank = notes("bank", knows(p1={"price": 1.5}), in_turn=False)
    executed = await run("{ one { name shelf price } }", shop=shop, store=store, bank=bank)
    assert executed.data["one"]["shelf"] == "s"
    assert executed.data["one"]["price"] == 1.5
    assert seen[:3] == ["shop begins", "shop ends", "store begins"]
    assert sorted(seen[3:]) == ["bank begins elsewhere", "bank ends", "store ends"]
    assert seen.index("bank begins elsewhere") < seen.index("store ends")


@dataclass(slots=True)
class InTurn(Scripted):
    """One of those that share the request's connection."""

    in_turn = True
