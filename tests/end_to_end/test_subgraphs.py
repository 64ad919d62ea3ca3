"""This module is in charge of subgraphs as servers of their own: the same answers as in one process, and little harm when one of them behaves badly."""

from __future__ import annotations

import asyncio
import json
import socket
import urllib.error
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from resolvers.demo.clients import PARTS, fetch_demo_token
from resolvers.demo.options import WorldOptions
from resolvers.demo.parties import sample_codes
from tests.end_to_end.processes import ROOT, Reply, Running, ask, running
from tests.end_to_end.relay import SECRET, Relay, relaying

NAMES = ("battery", "enterprise", "vehicle")
CODES = sample_codes(WorldOptions(200))
WHOLE = (ROOT / "tests/cases/eleven-shares/operation.graphql").read_text(encoding="utf-8")
PAGES = """query($before: String) {
  batteries(last: 3, before: $before, orderBy: {field: STATE_OF_HEALTH}) {
    totalCount pageInfo { hasPreviousPage } edges { cursor node { code stateOfHealth manufacturer { name } } }
  }
  vehicles(first: 2) {
    totalCount
    edges { node { id vin automaker { name vehicles(first: 1) { totalCount } } batteries(first: 2) { edges { node { code status } } } } }
  }
}"""
ACROSS = "query($code: BatteryCode!) { battery(code: $code) { status manufacturer { name } vehicle { vin automaker { name } } } }"


@dataclass(frozen=True, slots=True)
class Apart:
    """A gateway all of whose subgraphs are other processes, each behind a relay."""

    url: str
    relays: dict[str, Relay]
    data: Path

    def ask(self, party: str, query: str, variables: dict[str, Any]) -> Reply:
        """One request as that party."""
        return ask(self.url, token_of(self.url, party, self.data), query, variables)


def token_of(url: str, party: str, data: Path) -> str:
    return asyncio.run(fetch_demo_token(url, data, party))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def apart(demo: Running, demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    assert demo.url
    folder, port = tmp_path_factory.mktemp("gateway"), free_port()
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        relays = {name: stack.enter_context(relaying()) for name in NAMES}
        sections = [f'[subgraphs.{name}]\nurl = "{relay.url}"\ntimeout_s = 3.0\n' for name, relay in relays.items()]
        (folder / "cellgate.toml").write_text("\n".join(sections))
        for name, relay in relays.items():
            served = running("subgraph", name, "--port", "0", "--gateway", url, "--data", demo_data, ready="/graphql")
            relay.target = stack.enter_context(served).url + "/graphql"
        stack.enter_context(running("serve", "--port", str(port), "--data", demo_data, folder=folder, ready="serving "))
        yield Apart(url, relays, demo_data)


@pytest.fixture
def vehicles(apart: Apart) -> Iterator[Relay]:
    """The relay before the vehicle subgraph, well-behaved again afterwards."""
    yield apart.relays["vehicle"]
    apart.relays["vehicle"].manner = "pass"


@pytest.mark.parametrize("party", PARTS)
def test_the_same_answers_as_in_one_process(demo: Running, apart: Apart, party: str) -> None:
    for pack in ("left_repair_firm_25_days_ago", "in_swap_vehicle"):
        variables = {"code": CODES[pack], "province": "230000"}
        assert apart.ask(party, WHOLE, variables) == ask(demo.url, token_of(demo.url, party, apart.data), WHOLE, variables)


@pytest.mark.parametrize("party", ["recycler", "automaker", "province"])
def test_the_same_pages_as_in_one_process(demo: Running, apart: Apart, party: str) -> None:
    token = token_of(demo.url, party, apart.data)
    last = ask(demo.url, token, PAGES, {})
    assert apart.ask(party, PAGES, {}) == last
    before = {"before": last.body["data"]["batteries"]["edges"][0]["cursor"]}
    assert apart.ask(party, PAGES, before) == ask(demo.url, token, PAGES, before)


@pytest.mark.parametrize(
    ("query", "variables", "told"),
    [
        ('{ battery(code: "0A1") { code } }', {}, "code: "),
        ("query($v: Vin) { vehicle(vin: $v) { id } }", {"v": "LSVAA00000000000I"}, "vin: "),
        ('{ vehicles(first: 2, after: "x") { totalCount } }', {}, "after: "),
        ("query($n: Int) { enterprises(first: 2) { nodes { vehicles(first: $n) { totalCount } } } }", {"n": 0}, "first has to be"),
    ],
)
def test_a_wrong_argument_is_told_as_in_one_process(demo: Running, apart: Apart, query: str, variables: dict[str, Any], told: str) -> None:
    here = ask(demo.url, token_of(demo.url, "automaker", apart.data), query, variables)
    there = apart.ask("automaker", query, variables)
    assert there.body["errors"][0]["message"].startswith(told)
    assert there == here


def test_the_caller_s_token_goes_nowhere(apart: Apart) -> None:
    token = token_of(apart.url, "automaker", apart.data)
    for relay in apart.relays.values():
        relay.seen.clear()
    assert ask(apart.url, token, ACROSS, {"code": CODES["in_swap_vehicle"]}).status == 200
    for name, relay in apart.relays.items():
        assert relay.seen
        assert not [each for each in relay.seen if not each.startswith("Bearer ") or token in each]
        assert {claims["aud"] for claims in relay.claims()} == {"urn:cellgate:subgraph:" + name}
        assert all(claims["exp"] - claims["iat"] <= 300 for claims in relay.claims())


def test_a_subgraph_takes_no_caller_s_token(apart: Apart) -> None:
    base = apart.relays["vehicle"].target.removesuffix("/graphql")
    for token in (None, token_of(apart.url, "miit", apart.data)):
        assert ask(base, token, "{ vehicles(first: 1) { totalCount } }").status == 401


@pytest.mark.parametrize(
    ("manner", "code"),
    [("hang", "SUBGRAPH_TIMEOUT"), ("500", "SUBGRAPH_STATUS"), ("garbage", "SUBGRAPH_MALFORMED"), ("dies", "SUBGRAPH_UNREACHABLE"), ("errors", None)],
)
def test_one_that_behaves_badly_costs_its_own_part(apart: Apart, vehicles: Relay, manner: str, code: str | None) -> None:
    variables = {"code": CODES["in_swap_vehicle"]}
    whole = apart.ask("automaker", ACROSS, variables)
    assert whole.body["data"]["battery"]["vehicle"]["vin"]
    vehicles.manner = manner
    answer = apart.ask("automaker", ACROSS, variables)
    assert answer.status == 200
    assert answer.body["data"]["battery"] == {**whole.body["data"]["battery"], "vehicle": None}
    (error,) = answer.body["errors"]
    # The field that is null because of it.
    assert error["path"] == ["battery", "vehicle"]
    assert code is None or error["extensions"]["code"] == code
    assert SECRET not in json.dumps(answer.body)
    vehicles.manner = "pass"
    assert apart.ask("automaker", ACROSS, variables) == whole


def test_one_that_is_not_there_costs_its_own_part(apart: Apart, vehicles: Relay) -> None:
    target, vehicles.target = vehicles.target, f"http://127.0.0.1:{free_port()}/graphql"
    with pytest.raises(urllib.error.URLError):
        ask(vehicles.target.removesuffix("/graphql"), None, "{ __typename }")
    answer = apart.ask("automaker", ACROSS, {"code": CODES["in_swap_vehicle"]})
    vehicles.target = target
    assert answer.body["data"]["battery"]["status"]
    assert answer.body["data"]["battery"]["vehicle"] is None
    assert [each["path"] for each in answer.body["errors"]] == [["battery", "vehicle"]]
