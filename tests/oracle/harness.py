"""This module is in charge of asking the real gateway in process, and of comparing what it says with the oracle, and each
statement's rows with those of a role that no lock holds back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import asyncpg
import orjson
from graphql import parse

from auth.entitlements import CATEGORY_RULES, load_matrix, open_categories
from auth.principal import Principal
from gateway.composition.compose import compose
from gateway.composition.supergraph import SubgraphSource, Supergraph
from gateway.edge.bearer import BearerDoor
from gateway.edge.graphql import GraphQLEndpoint, Served
from gateway.execution.context import RequestContext
from gateway.execution.local import LocalSubgraph
from gateway.execution.subgraph import SubgraphRequest
from gateway.generation import DATED, Generation
from gateway.operation.normalise import normalise
from gateway.pipeline import Ports
from gateway.planning.graph import PlanningGraph
from gateway.planning.plan import Fetch, Requires
from gateway.planning.planner import make_plan
from gateway.rations import MissRation
from gateway.settings import Limits
from resolvers.database.pool import Database
from resolvers.database.reading import DoorSettings, Reading
from resolvers.opaque import Opaque
from schema.graph import load_graphs
from tests.oracle.asking import Field, Token, Written, written
from tests.oracle.setting import GRACE, MOMENT, Party

AUTHORITIES: Final = {"PR", "MI", "ME", "SA"}


class Difference(AssertionError):
    """The gateway and the law disagree."""


class Broken(AssertionError):
    """The gateway did not answer at all: the operation was not understood, or something failed inside."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found


class _Door:
    """Stands where the token is verified; the principal is set before each request."""

    principal: Principal

    def authenticate(self, _headers: object, _query: object, _moment: object) -> Principal:
        return self.principal


class _Audit:
    def record(self, _entry: object) -> None:
        """The trail is tested elsewhere."""


@dataclass(slots=True)
class _Seen:
    """The statements of one request."""

    statements: list[tuple[str, tuple[object, ...], Sequence[asyncpg.Record]]]

    def __call__(self, statement: str, args: tuple[object, ...], rows: Sequence[asyncpg.Record]) -> None:
        self.statements.append((statement, args, rows))


class Gateway:
    """The gateway over one database, without HTTP and tokens."""

    def __init__(self, database: Database) -> None:
        self.seen = _Seen([])
        self.database = replace(database, observer=self.seen)
        self.opaque = Opaque(bytes(range(64)))
        self.subgraphs = {name: LocalSubgraph(graph) for name, graph in load_graphs().items()}
        self.door = _Door()
        self.settings = DoorSettings(load_matrix(), GRACE)
        supergraph = self._supergraph()
        planning = PlanningGraph(supergraph, dated=DATED)
        limits = Limits(depth=40, fields=100_000, tokens=100_000, aliases=10_000, timeout_s=60.0, exact_code_misses_per_minute=0)
        generation = Generation(supergraph, limits, lambda operation: make_plan(planning, operation))
        ports = Ports(self.subgraphs, self.reading, _Audit(), lambda _call, _outcome, _timings: None, MissRation(0))
        served = Served(cast("BearerDoor", self.door), lambda: generation, ports, limits, lambda: datetime.now(UTC), lambda _now: MOMENT)
        self.endpoint = GraphQLEndpoint(served)
        self._entity_fetches: dict[tuple[str, str], Fetch] = {}

    def _supergraph(self) -> Supergraph:
        composed = compose([SubgraphSource(name, "in-process", each.graph.sdl) for name, each in self.subgraphs.items()])
        assert isinstance(composed, Supergraph), composed
        return composed

    def reading(self, principal: Principal, moment: datetime) -> Reading:
        """The door, for one request."""
        return Reading(self.database, self.settings, self.opaque, principal, moment)

    def principal(self, party: Party) -> Principal:
        """The party's token."""
        roles = frozenset(party.roles)
        purpose = "supervision" if roles & AUTHORITIES else "public_information" if roles == {"PB"} else "recycling"
        scopes = frozenset(CATEGORY_RULES[each].scope for each in party.categories)
        return Principal(party.uscc, roles, scopes, frozenset(party.provinces), purpose, "client", "token", MOMENT + timedelta(hours=1))

    def as_seen(self, party: Party) -> Party:
        """The party with what scopes and purpose together leave open."""
        return replace(party, categories=open_categories(self.principal(party)))

    def text_of(self, token: Token) -> str:
        """The vehicle id that a party was given. Cursors are not made but found (`Compared`)."""
        owner, vin = token.inner
        return self.opaque.vehicle_id(owner, vin)

    async def ask(self, party: Party, asked: Written) -> Reply:
        """One request, through the edge."""
        self.seen.statements.clear()
        self.door.principal = self.principal(party)
        body = orjson.dumps({"query": asked.text, "variables": asked.variables})
        headers = [(b"content-type", b"application/json"), (b"accept", b"application/graphql-response+json")]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers, "state": {"request_id": "test"}}
        sent: list[MutableMapping[str, Any]] = []
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not messages:
                await asyncio.get_running_loop().create_future()  # the client stays
            return messages.pop()

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.endpoint(scope, receive, send)
        return Reply(sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:]))

    async def ask_entities(self, party: Party, subgraph: str, keys: list[dict[str, Any]], fields: tuple[Field, ...]) -> Reply:
        """Representations, straight to one subgraph: what a request forged inside the network could bring."""
        self.seen.statements.clear()
        asked = written(fields, self.text_of)
        fetch = self._entity_fetch(subgraph, keys[0]["__typename"], asked)
        reading = self.reading(self.principal(party), MOMENT)
        try:
            context = RequestContext(reading.principal, MOMENT, asyncio.get_running_loop().time() + 60, "test", reading)
            result = await self.subgraphs[subgraph].fetch(SubgraphRequest(fetch, asked.variables, tuple(keys)), context)
        finally:
            reading.close()
        redactions = [{"path": ["_entities", *each.path], "reason": each.reason, "policyId": each.policy_id} for each in result.redactions]
        told: dict[str, Any] = {"data": {"_entities": result.entities}, "errors": [each.message for each in result.errors]}
        told["extensions"] = {"redactions": redactions}
        return Reply(200, orjson.dumps(told, option=orjson.OPT_UTC_Z))

    def _entity_fetch(self, subgraph: str, type_name: str, asked: Written) -> Fetch:
        declared, _, selection = asked.text.partition("{")
        head = "($representations: [_Any!]!" + (", " + declared.removeprefix("query(").rstrip(") ") if asked.variables else "") + ")"
        text = f"query {head} {{ _entities(representations: $representations) {{ ... on {type_name} {{ {selection} }} }}"
        document = normalise(parse(text), self.subgraphs[subgraph].graph.schema)
        inner = replace(document, selections=document.selections[0].selections)
        return Fetch(0, subgraph, (), (Requires(type_name, ()),), text, inner, tuple(asked.variables), ())

    async def check_lock(self, free: asyncpg.Connection) -> int:
        """Every statement of the last request again, without row-level security: the same rows. How many there were."""
        for statement, args, rows in self.seen.statements:
            again = await free.fetch(statement, *args)
            if sorted(map(repr, again)) != sorted(map(repr, rows)):
                raise Difference(f"the lock: reader {len(rows)} rows, bypassing role {len(again)} rows, of\n{statement}\nwith {args!r}")
        return len(self.seen.statements)


def leaves(data: Any) -> Iterator[Any]:
    """Every value in an answer that is no container."""
    if isinstance(data, dict):
        for each in data.values():
            yield from leaves(each)
    elif isinstance(data, list):
        for each in data:
            yield from leaves(each)
    else:
        yield data
