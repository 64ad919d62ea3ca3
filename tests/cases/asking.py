"""This module is in charge of asking a gateway that is served in the tests' own process, as any of the demonstration's parties."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import orjson
import uvicorn

from auth.principal import Principal
from gateway.app import Gateway, clock
from gateway.errors import Refused
from gateway.generation import key_of
from gateway.operation.document import GraphQLRequest
from gateway.planning.printer import print_plan
from gateway.timings import Timings
from resolvers.demo.clients import DemoParty, fetch_demo_token

# A client of the dismantler's that is registered to be shown a schema without what is closed to it.
HIDING: Final = "dismantler-hide"
HIDING_SECRET: Final = "only for tests, of no use elsewhere"


class QuietServer(uvicorn.Server):
    """A server in the tests' own process, whose signals are not its business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client got."""

    status: int
    body: Any


@dataclass(slots=True)
class Asking:
    """A running gateway over the demonstration's world, and the statements it has sent."""

    gateway: Gateway
    url: str
    client: aiohttp.ClientSession
    codes: Mapping[str, str]
    parties: Mapping[str, DemoParty]
    statements: list[str]
    tokens: dict[str, str] = field(default_factory=dict)

    async def token(self, party: str) -> str:
        """The party's token, from the token endpoint; of "party:purpose" one for that purpose."""
        if party not in self.tokens:
            name, _, purpose = party.partition(":")
            base = self.gateway.foundation.base
            fetched = self._hiding() if party == HIDING else fetch_demo_token(self.url, base, name, purpose=purpose or None)
            self.tokens[party] = await fetched
        return self.tokens[party]

    async def _hiding(self) -> str:
        headers = {"Authorization": aiohttp.encode_basic_auth(HIDING, HIDING_SECRET)}
        async with self.client.post(self.url + "/oauth/token", data={"grant_type": "client_credentials"}, headers=headers) as response:
            return str((await response.json())["access_token"])

    async def principal(self, party: str) -> Principal:
        """Whom the party's token stands for."""
        return self.gateway.oauth.verifier.verify(await self.token(party), clock())

    async def ask(self, party: str | None, query: str, variables: Mapping[str, Any] | None = None) -> Answer:
        """One request as that party, or without a token."""
        headers = {"Accept": "application/graphql-response+json"}
        if party is not None:
            headers["Authorization"] = "Bearer " + await self.token(party)
        body = {"query": query, "variables": dict(variables or {})}
        async with self.client.post(self.url + "/graphql", json=body, headers=headers) as response:
            return Answer(response.status, orjson.loads(await response.read()))

    async def plan(self, party: str, query: str) -> str:
        """The plan of an operation through the party's view, in its printed form; the codes of its errors where it is refused."""
        principal = await self.principal(party)
        generation = self.gateway.generation
        key = key_of(GraphQLRequest(query, {}), generation.views.of(principal), principal.view_mode)
        try:
            return print_plan((await generation.prepare_as_written(key, Timings())).plan)
        except Refused as refusal:
            return "no plan: " + ", ".join(each.code for each in refusal.errors)
