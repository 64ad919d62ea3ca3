"""This module is in charge of the repository's three subgraphs: as parts of the gateway's process, and as servers of their own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from functools import cache

import aiohttp

from auth.jwks import RemoteKeys, fetch_jwks
from auth.principal import Principal
from auth.revocations import Denylist
from auth.settings import JWKS_PATH
from auth.tokens import TokenVerifier, verify_with_refresh
from gateway.execution.context import RequestContext
from gateway.execution.local import LocalSubgraph
from gateway.execution.local_events import Feed, TellingSubgraph
from gateway.execution.remote import Opens
from gateway.foundation import Foundation
from gateway.operation.document import MAX_MESSAGE
from gateway.rations import MissRation
from gateway.subgraph_server import Ports, SubgraphServer
from resolvers.database.reading import Reading
from resolvers.opaque import NotOurs, Opaque
from schema.graph import Graph, load_graphs


@cache
def graphs() -> Mapping[str, Graph]:
    """The three subgraphs by name; made once, they never change."""
    return load_graphs()


def audience_of(name: str) -> str:
    """What a token for that subgraph is made for, wherever it is served."""
    return "urn:cellgate:subgraph:" + name


def in_process(name: str, feed: Feed) -> LocalSubgraph:
    """The subgraph in this process."""
    return TellingSubgraph(graphs()[name], feed)


def said_by(name: str, opaque: Opaque) -> Opens:
    """What opens the words of that subgraph wherever it is served: they are sealed by the deployment's key for the party that asked, and who
    has not that key says nothing to a client."""

    def opens(context: RequestContext, code: str, sealed: str) -> str | None:
        try:
            words = opaque.said(context.principal.party, name, code, sealed)
        except NotOurs:
            return None
        return words if len(words) <= MAX_MESSAGE and words.isprintable() else None

    return opens


@contextlib.asynccontextmanager
async def standalone(
    name: str, gateway_url: str, foundation: Foundation, as_of: Callable[[datetime], datetime], misses: MissRation
) -> AsyncIterator[SubgraphServer]:
    """The subgraph as a server of its own, which takes tokens that the gateway at that URL mints for it and no others.

    It needs the gateway's `pseudonym.key`, or the two would not mean the same vehicle by the same id, and what it says of a wrong argument
    would be told in general words.
    """
    async with aiohttp.ClientSession() as session:
        keys = RemoteKeys(gateway_url + JWKS_PATH, lambda url: fetch_jwks(session, url))
        verifier = TokenVerifier(keys, gateway_url, audience_of(name), Denylist())

        async def verify(token: str, now: datetime) -> Principal:
            return await verify_with_refresh(verifier, keys, token, now)

        def open_reading(principal: Principal, moment: datetime) -> Reading:
            return Reading(foundation.database, foundation.door, foundation.opaque, principal, moment)

        yield SubgraphServer(graphs()[name], Ports(verify, open_reading, lambda: datetime.now(UTC), as_of, misses=misses))
