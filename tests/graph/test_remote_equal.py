"""This module is in charge of testing that a subgraph served alone tells the gateway what it tells in process: redactions, and errors with their place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import pytest

from gateway.errors import CODES
from gateway.execution.context import RequestContext
from gateway.execution.local import LocalSubgraph
from gateway.execution.remote import Opens
from gateway.execution.remote_answer import expected_of, judge
from gateway.execution.subgraph import SEALED, SubgraphResult
from gateway.operation.document import GraphQLRequest
from gateway.subgraphs import said_by
from resolvers.database.pool import Database
from resolvers.opaque import Opaque
from schema.graph import Graph
from tests.door.principals import MOMENT
from tests.graph import world
from tests.graph.asking import EVERYBODY, MAKER, MINISTRY, as_json, root_fetch, run
from tests.graph.test_server import served

KEY = bytes(range(64))
# As an enum value would be written: the code of a battery, but for its first character.
NAME = "A" + world.CODES[0][1:]


def opens_as(subgraph: str, key: bytes = KEY) -> Opens:
    return said_by(subgraph, Opaque(key))


async def both(
    database: Database, graph: Graph, text: str, who: Any = MAKER, opens: Opens | Literal["of ours"] | None = "of ours", **variables: Any
) -> tuple[SubgraphResult, SubgraphResult]:
    """What the gateway makes of the answer in process, and of the answer from elsewhere."""
    # First the server: it leaves malformed identifiers to the fields, as the gateway's schema does.
    server = served(database, graph)
    fetch = root_fetch(graph, text)
    here = await run(database, LocalSubgraph(graph), fetch, who, variables)
    body = await server.answer(GraphQLRequest(text, variables, None, None), who, MOMENT)
    opens = opens_as(graph.name) if opens == "of ours" else opens
    said = None if opens is None else partial(opens, RequestContext(who, MOMENT, 0.0, "test"))
    return here, judge(as_json(body), fetch, expected_of(fetch, variables), (), said=said)


@pytest.mark.parametrize("who", EVERYBODY)
async def test_redactions_are_equal(small_world: Database, graphs: Mapping[str, Graph], who: Any) -> None:
    codes = json.dumps(world.CODES)
    text = f"{{ all: batteriesByCode(codes: {codes}) {{ code stateOfHealth custodian {{ uscc }} events {{ nodes {{ reporter {{ uscc }} }} }} }} }}"
    here, there = await both(small_world, graphs["battery"], text, who)
    assert (there.redactions, as_json(here.data), there.errors) == (here.redactions, there.data, ())


async def test_a_redaction_of_several_relations_is_among_them(small_world: Database, graphs: Mapping[str, Graph]) -> None:
    text = f'{{ battery(code: "{world.CODES[0]}") {{ stateOfHealth }} }}'
    here, there = await both(small_world, graphs["battery"], text)
    assert [each.policy_id for each in there.redactions] == ["F:maker+took_part+exact_code"]
    assert there.redactions == here.redactions


@pytest.mark.parametrize(
    ("graph", "declared", "field", "value", "code"),
    [
        ("vehicle", "Vin", "vehicle(vin: %s) { id }", "x", "INVALID_IDENTIFIER"),
        ("vehicle", "Vin", "vehicle(vin: %s) { id }", 7, "INVALID_ARGUMENT"),
        ("vehicle", "ID", "vehicle(id: %s, vin: null) { id }", None, "INVALID_LOOKUP"),
        ("vehicle", "Int", "vehicles(first: %s) { totalCount }", 500, "LIMIT_PAGE_SIZE"),
        ("vehicle", "Int", "vehicles(first: %s) { totalCount }", 0, "INVALID_PAGE"),
        ("vehicle", "String", "vehicles(first: 1, after: %s) { totalCount }", "x", "INVALID_CURSOR"),
        ("battery", "BatteryCode!", "battery(code: %s) { code }", "0A1", "INVALID_IDENTIFIER"),
        ("battery", "[BatteryCode!]!", "batteriesByCode(codes: %s) { code }", [world.CODES[0], "0A1"], "INVALID_IDENTIFIER"),
        ("battery", "[BatteryCode!]!", "batteriesByCode(codes: %s) { code }", [world.CODES[0]] * 201, "TOO_MANY_CODES"),
        ("battery", "DateTime", f'battery(code: "{world.CODES[0]}", asOf: %s) {{ code }}', "2999-01-01T00:00:00Z", "AS_OF_OUT_OF_RANGE"),
        ("battery", "DateTime", f'battery(code: "{world.CODES[0]}", asOf: %s) {{ code }}', "yesterday", "INVALID_ARGUMENT"),
        ("battery", "BatteryCode", "batteries(first: 1, filter: {code: {eq: %s}}) { totalCount }", "0A1", "INVALID_IDENTIFIER"),
        ("battery", "BatteryCode", "batteries(first: 1, filter: {code: {eq: %s}}) { totalCount }", None, "INVALID_FILTER"),
        ("enterprise", "CreditCode!", "enterprise(uscc: %s) { uscc }", "91350100M000100Y4", "INVALID_IDENTIFIER"),
    ],
)
async def test_a_wrong_argument_is_told_alike(
    small_world: Database, graphs: Mapping[str, Graph], graph: str, declared: str, field: str, value: Any, code: str
) -> None:
    text = "{ wrong: " + field % json.dumps(value) + " __typename }"
    with_variable = f"query ($given: {declared}) {{ wrong: {field % '$given'} __typename }}"
    literal = await both(small_world, graphs[graph], text)
    variable = await both(small_world, graphs[graph], with_variable, given=value)
    for here, there in (literal, variable):
        assert [(error.code, error.path) for error in here.errors] == [(code, ("wrong",))]
        assert there.errors == here.errors
        assert (there.data or {}).get("wrong") is None


@pytest.mark.parametrize("opens", [None, opens_as("vehicle"), opens_as("battery", bytes(64))])
async def test_who_cannot_be_told_to_be_ours_is_told_of_in_the_gateway_s_words(small_world: Database, graphs: Mapping[str, Graph], opens: Opens | None) -> None:
    """Where the gateway takes the subgraph for somebody else's, for another one of ours, or has another key."""
    here, there = await both(small_world, graphs["battery"], '{ wrong: battery(code: "0A1") { code } }', opens=opens)
    assert [(error.code, error.path) for error in there.errors] == [(error.code, error.path) for error in here.errors]
    # Behind the arguments that it knows the field to have.
    assert there.errors[0].message == "code: " + CODES["INVALID_IDENTIFIER"].advice


@pytest.mark.parametrize(
    ("party", "code", "words"),
    [
        (world.AUTOMAKER, "INVALID_IDENTIFIER", "said to another party"),
        (world.MAKER, "INVALID_CURSOR", "said of another code"),
        (world.MAKER, "INVALID_IDENTIFIER", "line\nbreak"),
        (world.MAKER, "INVALID_IDENTIFIER", "x" * 301),
    ],
)
async def test_a_seal_opens_what_it_was_set_on_and_no_other(graphs: Mapping[str, Graph], party: str, code: str, words: str) -> None:
    fetch = root_fetch(graphs["battery"], '{ battery(code: "0A1") { code } }')
    said = partial(opens_as("battery"), RequestContext(MAKER, MOMENT, 0.0, "test"))
    for sealed in (Opaque(KEY).words(party, "battery", code, words), words, "", 7, None):
        told = {"message": words, "path": ["battery"], "extensions": {"code": "INVALID_IDENTIFIER", SEALED: sealed}}
        result = judge({"data": {"battery": None}, "errors": [told]}, fetch, expected_of(fetch, {}), (), said=said)
        assert [each.message for each in result.errors] == ["code: " + CODES["INVALID_IDENTIFIER"].advice]


@pytest.mark.parametrize(
    ("graph", "field"),
    [
        ("battery", f"battery(code: {NAME}) {{ code }}"),
        ("battery", f"batteriesByCode(codes: [{NAME}]) {{ code }}"),
        ("vehicle", f"vehicle(vin: {NAME}) {{ id }}"),
    ],
)
async def test_a_name_without_quotes_is_no_identifier(small_world: Database, graphs: Mapping[str, Graph], graph: str, field: str) -> None:
    here, there = await both(small_world, graphs[graph], "{ wrong: " + field + " }")
    for each in (here, there):
        assert [(error.code, error.path) for error in each.errors] == [("INVALID_ARGUMENT", ("wrong",))]
    assert here.errors[0].message.endswith(" is a string")
    assert there.errors == here.errors


async def test_the_fields_beside_a_malformed_identifier_are_answered(small_world: Database, graphs: Mapping[str, Graph]) -> None:
    text = f'{{ wrong: battery(code: "0A1") {{ code }} right: battery(code: "{world.CODES[0]}") {{ code }} }}'
    here, there = await both(small_world, graphs["battery"], text, MINISTRY)
    assert there.data == here.data == {"wrong": None, "right": {"code": world.CODES[0]}}
