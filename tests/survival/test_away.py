"""While the database is away, whoever asks is told to send the same again, and the log has a line for it and no trace."""

from __future__ import annotations

import json
import logging
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from resolvers.database import embedded
from resolvers.database.pool import Database, Target
from tests.recording.least import MADE
from tests.recording.world import MODEL, code
from tests.reporting.serving import Parties, parties_of
from tests.survival.test_kill import ONE, OPTIONS

QUERY = "{ batteries(first: 2) { nodes { code status events(first: 1) { nodes { type } } } } }"
FEED = "subscription { changes { edges { cursor } } }"
MADE_ONE = {**MADE, "code": code(1), "modelId": MODEL, "occurredAt": "2026-11-20T08:00:00Z", "clientReference": "1"}


async def streamed(parties: Parties, event: dict[str, Any]) -> list[dict[str, Any]]:
    headers = {"Authorization": "Bearer " + await parties.token("maker"), "Content-Type": "application/x-ndjson"}
    async with parties.http.post(parties.url + "/ingest", data=json.dumps(event).encode(), headers=headers) as response:
        return [json.loads(each) for each in (await response.read()).splitlines()]


async def subscribed(parties: Parties) -> str:
    headers = {"Authorization": "Bearer " + await parties.token("maker"), "Accept": "text/event-stream"}
    async with parties.http.post(parties.url + "/graphql", json={"query": FEED}, headers=headers) as response:
        return (await response.content.readuntil(b"\n\n")).decode()


def codes(answer: Any) -> set[str]:
    return {each["extensions"]["code"] for each in answer["errors"]}


async def test_who_asks_while_the_database_is_away_is_told_to_send_it_again(base: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = Database(Target.embedded(await embedded.ensure(base, options=OPTIONS)))
    async with parties_of(database) as parties:
        reported = await parties.ask("maker", ONE, {"input": MADE_ONE})
        assert reported["data"]["told"]["outcome"] == "RECORDED"
        assert "errors" not in await parties.ask("maker", QUERY)
        os.kill(int((base / "data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        caplog.clear()
        with caplog.at_level(logging.INFO):
            for _ in range(3):
                assert codes(await parties.ask("maker", QUERY)) == {"NOT_READY"}
                assert codes(await parties.ask("maker", ONE, {"input": MADE_ONE})) == {"NOT_READY"}
                ended, summary = await streamed(parties, {**MADE_ONE, "type": "PRODUCED"})
                assert (ended["status"], ended["error"]["code"], summary["outcome"]) == ("ABORTED", "NOT_READY", "NOT_READY")
                assert "NOT_READY" in await subscribed(parties)
                async with parties.http.get(parties.url + "/ready") as response:
                    assert response.status == 503
            async with parties.http.post(parties.url + "/oauth/token", data={"grant_type": "client_credentials", "client_id": "maker"}) as response:
                refused = (response.status, response.headers.get("retry-after"))
        assert [(each.name, each.getMessage()) for each in caplog.records if each.exc_info] == []
        assert refused in ((503, "1"), (401, None))
        await embedded.ensure(base, options=OPTIONS)
        again = await parties.ask("maker", ONE, {"input": MADE_ONE})
        assert again["data"]["told"]["outcome"] in ("REPLAYED", "DUPLICATE")
        assert "errors" not in await parties.ask("maker", QUERY)
    await database.close()
