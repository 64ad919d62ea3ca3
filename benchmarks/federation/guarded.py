"""This program is in charge of the gateway over any supergraph with tokens, for measuring: a token of its own making, verified, and a view that closes a field.

The supergraph is the given one, where `Product.price` asks for a scope that the token has and `User.birthday` for one that it lacks. The token is written
beside the supergraph, as token.txt.

    python -m benchmarks.federation.guarded SUPERGRAPH PORT
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import uvloop

from auth.clients import Client, PublicKeys
from auth.keys import KeyRing, load_or_make
from auth.revocations import Denylist
from auth.tokens import Granted, TokenIssuer, TokenVerifier
from gateway.composition.supergraph import Requirement, Supergraph
from gateway.edge.bearer import BearerDoor
from gateway.listening import serve, taken
from gateway.open_serving import opened_for_all, supergraph_in
from gateway.settings import Settings

ISSUER: Final = "https://gateway.example"
AUDIENCE: Final = ISSUER + "/graphql"
HELD, LACKED = "catalogue", "registry"
TOKEN: Final = "token.txt"


def closed_in_part(supergraph: Supergraph) -> Supergraph:
    """The supergraph with a requirement that the token meets, and one that it does not."""
    met, unmet = (Requirement(authenticated=False, scopes=frozenset({frozenset({scope})})) for scope in (HELD, LACKED))
    return replace(supergraph, requirements={**supergraph.requirements, "Product.price": met, "User.birthday": unmet})


def token_of(issuer: TokenIssuer, now: datetime) -> str:
    """A token for an hour with the one scope."""
    client = Client("bench", "bench", "bench", frozenset(), frozenset(), ("supervision",), PublicKeys("{}"), now)
    return issuer.access_token(Granted(client, AUDIENCE, frozenset(), frozenset({HELD}), "supervision"), now)[0]


async def main(supergraph: Path, port: int) -> None:
    """Serve until stopped."""
    with tempfile.TemporaryDirectory() as folder:
        keys = KeyRing(Path(folder), load_or_make(Path(folder)))
        issuer = TokenIssuer(ISSUER, keys, timedelta(hours=1))
        (supergraph.parent / TOKEN).write_text(token_of(issuer, datetime.now(UTC)))
        door = BearerDoor(TokenVerifier(keys, ISSUER, AUDIENCE, Denylist()), ISSUER)
        settings = Settings()
        listener = taken("127.0.0.1", port)
        async with opened_for_all(closed_in_part(supergraph_in(supergraph)), settings, door) as gateway:
            await serve(gateway.app, listener, settings)


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2])))
