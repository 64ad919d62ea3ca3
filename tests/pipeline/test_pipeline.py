"""This module is in charge of testing the request from stage to stage: what is asked of subgraphs, what comes back, what is told."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from gateway.errors import InternalError
from gateway.execution.subgraph import Redaction, SubgraphError
from tests.operation.world import supergraph
from tests.pipeline.gateway_of import TestGateway

OUTSIDE = "The field is outside your view."


def outside(*path: str) -> dict[str, Any]:
    return {"message": OUTSIDE, "path": list(path), "extensions": {"code": "UNAUTHORIZED_FIELD_OR_TYPE"}}


@pytest.fixture
def gateway() -> TestGateway:
    return TestGateway()


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


async def test_an_answer_has_the_order_of_its_selection_and_nothing_else(gateway: TestGateway) -> None:
    response = await gateway.response('{z: battery(code: "x") {label id} __typename a: batteries {maker {name}}}')
    assert response.status == 200
    assert response.body == (b'{"data":{"z":{"label":"text","id":"1"},"__typename":"Query","a":[{"maker":{"name":"text"}},{"maker":{"name":"text"}}]}}')


async def test_a_closed_field_is_null_with_an_error_and_is_never_asked_for(gateway: TestGateway) -> None:
    answer = await gateway.ask("{battery(code: 1) {id soh label} counted2: battery(code: 2) {soh}}")
    assert answer == {
        "data": {"battery": {"id": "1", "soh": None, "label": "text"}, "counted2": {"soh": None}},
        "errors": [outside("battery", "soh"), outside("counted2", "soh")],
    }
    assert not any("soh" in document for document in gateway.asked)


async def test_the_null_of_a_closed_field_travels_up_and_is_told_of_once(gateway: TestGateway) -> None:
    answer = await gateway.ask("{battery(code: 1) {id soc} thing(id: 1) {id}}")
    assert answer == {"data": {"battery": None, "thing": {"id": "1"}}, "errors": [outside("battery", "soc")]}
    assert await gateway.ask("{counted thing(id: 1) {id}}") == {"data": None, "errors": [outside("counted")]}
    assert (await gateway.ask("{batteries {id peers {soc}}}"))["data"] is None


async def test_where_nothing_is_left_nobody_is_asked(gateway: TestGateway) -> None:
    assert (await gateway.ask("{health {score}}")) == {"data": {"health": None}, "errors": [outside("health")]}
    assert gateway.asked == []


async def test_an_object_without_its_fields_still_exists_or_does_not(gateway: TestGateway) -> None:
    assert (await gateway.ask("{battery(code: 1) {soh}}"))["data"] == {"battery": {"soh": None}}
    gateway.subgraph.override["battery"] = None
    assert (await gateway.ask("{battery(code: 1) {soh}}"))["data"] == {"battery": None}


async def test_a_field_that_is_skipped_gives_no_error(gateway: TestGateway) -> None:
    text = "query ($a: Boolean! = false) {battery(code: 1) {id soh @include(if: $a)}}"
    assert await gateway.ask(text) == {"data": {"battery": {"id": "1"}}}
    assert (await gateway.ask(text, variables={"a": True}))["errors"] == [outside("battery", "soh")]


async def test_an_unauthorised_operation_is_refused_whole_in_mode_reject(gateway: TestGateway) -> None:
    response = await gateway.response("{battery(code: 1) {id soh}}", "reader-reject")
    assert (response.status, json.loads(response.body)) == (403, {"errors": [outside("battery", "soh")]})
    assert (await gateway.response("{battery(code: 1) {id soh}}", "reader-reject", legacy=True)).status == 200
    assert gateway.asked == []


@pytest.mark.parametrize("token", ["reader", "reader-reject"])
@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{batteries(order: SOH) {id}}", {}),
        ("query ($v: BatteryOrder) {batteries(order: $v) {id}}", {"v": "SOH"}),
        ("query ($v: BatteryFilter) {batteries(filter: $v) {id}}", {"v": {"any": [{"soh": {"least": 1}}]}}),
        ("query ($v: [BatteryFilter!]) {batteries(filter: {any: $v}) {id}}", {"v": {"chemistry": "SODIUM"}}),
    ],
)
async def test_a_closed_input_is_refused_and_nobody_is_asked(gateway: TestGateway, token: str, text: str, variables: dict[str, Any]) -> None:
    assert codes(await gateway.ask(text, token, variables)) == ["UNAUTHORIZED_INPUT"]
    assert gateway.asked == []
    assert "errors" not in await gateway.ask(text, "all", variables)


NEVER = """
type Query {
  battery(code: ID!): Battery
  batteries(filter: BatteryFilter, order: BatteryOrder, first: Int, codes: [ID!], note: Note): [Battery!]!
  thing(id: ID!): Thing
  found(text: String = "x"): [Found!]!
}
type Mutation { rename(code: ID!, name: String!): Battery }
interface Thing { id: ID! label: String }
type Battery implements Thing @key(fields: "id") { id: ID! label: String maker: Enterprise! peers(first: Int): [Battery!]! }
type Vehicle implements Thing @key(fields: "id") { id: ID! label: String soh: Float wheels: Int }
type Enterprise { name: String! }
union Found = Vehicle | Enterprise
enum Chemistry { LFP NMC }
enum BatteryOrder { CODE }
input BatteryFilter { chemistry: Chemistry any: [BatteryFilter!] labels: [String!] }
scalar Note
"""
CORPUS: list[tuple[str, dict[str, Any]]] = [
    ("{battery(code: 1) {soh}}", {}),
    ("{battery(code: 1) {secret health {score}}}", {}),
    ("{battery(code: 1, tuned: 2) {id}}", {}),
    ("{health {score} counted}", {}),
    ("{thing(id: 1) {soh ... on Battery {soc} ... on Vehicle {soh}}}", {}),
    ("{found {... on Health {score}}}", {}),
    ("fragment F on Trend {slope} {...F}", {}),
    ("query ($v: RangeFilter) {batteries(filter: {soh: $v}) {id}}", {"v": {"least": 1}}),
    ("query ($v: Trend) {battery(code: $v) {id}}", {}),
    ("{batteries(order: SOH) {id}}", {}),
    ("{batteries(order: CODES) {id}}", {}),
    ("{batteries(filter: {soh: {least: 1}}) {id}}", {}),
    ("{batteries(filter: {any: {chemistry: SODIUM}}) {id}}", {}),
    ("query ($v: BatteryOrder) {batteries(order: $v) {id}}", {"v": "SOH"}),
    ("query ($v: BatteryFilter) {batteries(filter: $v) {id}}", {"v": {"soh": {"least": 1}}}),
    ("query ($v: BatteryFilter) {batteries(filter: $v) {id}}", {"v": {"any": [{"chemistry": "SODIUM"}]}}),
    ("query ($v: BatteryFilter = {chemistry: SODIUM}) {batteries(filter: $v) {id}}", {}),
    ("mutation {calibrate(code: 1)}", {}),
    ("{batery {id}}", {}),
    ("{battery(code: 1) {so}}", {}),
    ("{battery(code: 1) {peer {id}}}", {}),
    ("{batteries(filter: {so: 1}) {id}}", {}),
    ("fragment F on Healt {score} {...F}", {}),
    ("{found {__typename ... on Vehicle {wheels}}}", {}),
    ("{battery(code: 1) {id maker {name}} thing(id: 1) {label}}", {}),
    ('{__type(name: "Health") {name} __schema {types {name fields {name args {name}} inputFields {name} enumValues {name} possibleTypes {name}}}}', {}),
]


@pytest.mark.parametrize(("text", "variables"), CORPUS)
async def test_in_mode_hide_what_is_hidden_has_the_bytes_of_what_never_was(text: str, variables: dict[str, Any]) -> None:
    hiding, never = TestGateway(), TestGateway(supergraph(NEVER))
    for legacy in (True, False):
        seen = await hiding.response(text, "reader-hide", variables, legacy=legacy)
        assert seen == await never.response(text, "all-hide", variables, legacy=legacy)
    assert bool(hiding.asked) == bool(never.asked)


async def test_in_mode_hide_suggestions_come_from_the_view_alone(gateway: TestGateway) -> None:
    assert "Did you mean 'label'" in (await gateway.ask("{battery(code: 1) {lable}}", "reader-hide"))["errors"][0]["message"]
    for text in ("{battery(code: 1) {so}}", "{battery(code: 1) {sohh}}", "fragment F on Healt {score} {...F}", "{batteries(order: SO) {id}}"):
        for token in ("reader-hide", "reader"):
            for error in (await gateway.ask(text, token))["errors"]:
                assert "Did you mean" not in error["message"]


@pytest.mark.parametrize("token", ["reader", "reader-reject", "reader-hide"])
async def test_introspection_is_of_the_view_in_every_mode(gateway: TestGateway, token: str) -> None:
    answer = await gateway.ask('{a: __type(name: "Health") {name} b: __type(name: "Battery") {fields {name}} __schema {queryType {name}}}', token)
    assert answer == {
        "data": {"a": None, "b": {"fields": [{"name": n} for n in ("id", "label", "maker", "peers")]}, "__schema": {"queryType": {"name": "Query"}}}
    }
    assert "score" in json.dumps(await gateway.ask('{__type(name: "Health") {fields {name}}}', "all"))
    assert gateway.asked == []


async def test_introspection_stands_in_its_place_and_follows_variables(gateway: TestGateway) -> None:
    text = """query ($name: String!, $old: Boolean, $on: Boolean!) {
      a: battery(code: 1) {id}
      t: __type(name: $name) {enumValues(includeDeprecated: $old) {name}}
      s: __schema @include(if: $on) {queryType {name}}
      z: __typename
    }"""
    first = await gateway.ask(text, variables={"name": "Chemistry", "on": True})
    assert list(first["data"]) == ["a", "t", "s", "z"]
    assert first["data"]["t"] == {"enumValues": [{"name": "LFP"}, {"name": "NMC"}]}
    second = await gateway.ask(text, variables={"name": "Battery", "on": False, "old": None})
    assert second["data"] == {"a": {"id": "1"}, "t": {"enumValues": None}, "z": "Query"}


async def test_a_closed_enum_value_does_not_come_out(gateway: TestGateway) -> None:
    world = supergraph('type Query { c: Colour, l: [Colour] } enum Colour { RED GREEN @category(names: ["F"]) }')
    one = TestGateway(world)
    one.subgraph.override = {"c": "GREEN", "l": ["RED", "GREEN"]}
    assert (await one.ask("{c l}"))["data"] == {"c": None, "l": ["RED", None]}
    assert (await one.ask("{c l}", "all"))["data"] == {"c": "GREEN", "l": ["RED", "GREEN"]}


async def test_an_object_of_a_closed_type_does_not_say_its_name(gateway: TestGateway) -> None:
    gateway.subgraph.override["found"] = [{"__typename": "Health", "score": 1}, {"__typename": "Vehicle", "wheels": 4}]
    text = "{found {__typename ... on Health {score} ... on Vehicle {wheels}}}"
    assert (await gateway.ask(text))["data"] == {"found": [{}, {"__typename": "Vehicle", "wheels": 4}]}


async def test_row_level_redactions_are_one_entry_for_each_path_and_reason(gateway: TestGateway) -> None:
    closed = Redaction(("battery", "label"), "CATEGORY_CLOSED", "A:maker")
    gateway.subgraph.redactions = (closed, closed)
    answer = await gateway.ask("{battery(code: 1) {label soh}}")
    assert answer["extensions"] == {"redactions": [{"path": ["battery", "label"], "reason": "CATEGORY_CLOSED", "policyId": "A:maker"}]}
    # The two kinds are never mixed.
    assert codes(answer) == ["UNAUTHORIZED_FIELD_OR_TYPE"]


async def test_an_error_of_a_subgraph_stands_beside_data(gateway: TestGateway) -> None:
    gateway.subgraph.errors = (SubgraphError("The subgraph reported an error.", "SUBGRAPH_ERROR", ("battery", "label")),)
    gateway.subgraph.override["label"] = None
    response = await gateway.response("{battery(code: 1) {id label}}")
    answer = json.loads(response.body)
    assert (response.status, answer["data"]) == (200, {"battery": {"id": "1", "label": None}})
    assert answer["errors"] == [{"message": "The subgraph reported an error.", "path": ["battery", "label"], "extensions": {"code": "SUBGRAPH_ERROR"}}]


async def test_a_failure_of_ours_is_logged_whole_and_told_by_its_id(gateway: TestGateway, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_operation: object) -> object:
        raise InternalError("the secret reason")

    gateway.generation._planner = broken  # type: ignore[assignment]
    with caplog.at_level(logging.ERROR):
        response = await gateway.response("{battery(code: 1) {id}}")
    assert response.status == 500
    answer = json.loads(response.body)
    assert codes(answer) == ["INTERNAL"]
    assert answer["errors"][0]["extensions"]["requestId"] == "request-1"
    assert b"secret" not in response.body
    assert "the secret reason" in caplog.text


async def test_a_defect_in_a_subgraph_of_this_process_is_told_by_its_id(gateway: TestGateway) -> None:
    gateway.subgraph.failure = RuntimeError("the secret reason")
    response = await gateway.response("{battery(code: 1) {id}}")
    assert b"secret" not in response.body
    assert codes(json.loads(response.body)) == ["INTERNAL"]


async def test_the_door_is_opened_once_and_closed_whatever_happens(gateway: TestGateway) -> None:
    await gateway.ask("{battery(code: 1) {id}}")
    gateway.subgraph.failure = RuntimeError()
    await gateway.ask("{battery(code: 1) {id}}")
    gateway.subgraph.failure, gateway.subgraph.delay_s = None, 60
    task = asyncio.ensure_future(gateway.ask("{battery(code: 1) {id}}"))
    while gateway.door.opened < 3:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (gateway.door.opened, gateway.door.closed) == (3, 3)
    assert gateway.recording.entries[-1].outcome == "cancelled"


async def test_an_operation_is_prepared_once_however_many_wait(gateway: TestGateway) -> None:
    text = "{battery(code: 1) {id label}}"
    answers = await asyncio.gather(*(gateway.ask(text) for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    await gateway.ask(text)
    assert gateway.planned == 1


async def test_a_client_that_goes_away_does_not_take_the_plan_of_others_with_it(gateway: TestGateway) -> None:
    text = "{battery(code: 1) {id label}}"
    first = asyncio.ensure_future(gateway.ask(text))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(gateway.ask(text))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)["data"]["battery"]["id"] == "1"
    assert gateway.planned == 1


async def test_views_do_not_share_what_was_prepared_and_share_plans_of_the_same_operation(gateway: TestGateway) -> None:
    text = "{battery(code: 1) {id soh}}"
    assert (await gateway.ask(text, "all"))["data"]["battery"]["soh"] == 1.5
    assert (await gateway.ask(text, "reader"))["data"]["battery"]["soh"] is None
    assert (await gateway.ask(text, "all"))["data"]["battery"]["soh"] == 1.5
    assert gateway.planned == 2
    await gateway.ask("{battery(code: 1) {id}}", "reader")
    assert gateway.planned == 2


async def test_two_operations_of_one_document_are_not_confused(gateway: TestGateway) -> None:
    text = "query A {battery(code: 1) {id}} query B {thing(id: 1) {id}}"
    assert list((await gateway.ask(text, operation_name="A"))["data"]) == ["battery"]
    assert list((await gateway.ask(text, operation_name="B"))["data"]) == ["thing"]
    assert codes(await gateway.ask(text)) == ["OPERATION_NOT_FOUND"]
    assert codes(await gateway.ask(text, operation_name="C")) == ["OPERATION_NOT_FOUND"]


async def test_a_mutation_is_not_answered_where_nothing_may_change(gateway: TestGateway) -> None:
    response = await gateway.response('mutation {rename(code: 1, name: "x") {id}}', read_only=True)
    assert (response.status, response.headers) == (405, (("allow", "POST"),))
    assert gateway.asked == []
    assert (await gateway.ask('mutation {rename(code: 1, name: "x") {id}}'))["data"] == {"rename": {"id": "1"}}


async def test_a_subscription_is_not_answered_by_a_single_request() -> None:
    one = TestGateway(supergraph("type Query { a: Int } type Subscription { b: Int }"))
    assert codes(await one.ask("subscription {b}")) == ["OPERATION_NOT_SUPPORTED"]


async def test_look_ups_by_code_are_put_off_when_the_ration_of_misses_is_used_up(gateway: TestGateway) -> None:
    async def missing(query: str, misses: int) -> dict[str, Any]:
        fetch = gateway.subgraph.fetch

        async def counting(request: Any, context: Any) -> Any:
            context.reading.misses(misses)
            return await fetch(request, context)

        gateway.ports.subgraphs["battery"].fetch = counting  # type: ignore[method-assign]
        try:
            return await gateway.ask(query, address="192.0.2.1")
        finally:
            gateway.ports.subgraphs["battery"].fetch = fetch  # type: ignore[method-assign]

    assert "errors" not in await missing("{battery(code: 1) {id}}", 3)
    response = await gateway.response("{battery(code: 1) {id}}", address="192.0.2.1")
    assert (response.status, response.headers[0][0]) == (429, "retry-after")
    # What names no code goes on, and so does introspection.
    assert "errors" not in await gateway.ask("{thing(id: 1) {id}}", address="192.0.2.1")


async def test_every_request_leaves_an_entry_without_values(gateway: TestGateway) -> None:
    await gateway.ask('{battery(code: "tell-tale") {id soh}}', "all")
    await gateway.ask('{battery(code: "tell-tale") {id soh}}', "reader")
    await gateway.ask("{", "reader")
    entries = gateway.recording.entries
    assert [(entry.outcome, sorted(entry.categories), bool(entry.operation)) for entry in entries] == [
        ("answered", ["F"], True),
        ("answered", [], True),
        ("GRAPHQL_PARSE_FAILED", [], False),
    ]
    assert entries[0].operation == entries[1].operation
    assert (entries[0].client_id, entries[0].token_id, entries[0].purpose, entries[0].request_id) == ("client-1", "token-1", "compliance", "request-1")
    assert "tell-tale" not in repr(entries)


async def test_the_stages_are_timed(gateway: TestGateway) -> None:
    await gateway.ask("{battery(code: 1) {id}}")
    await gateway.ask("{battery(code: 1) {id}}")
    (_, cold), (_, hot) = gateway.recording.observed
    assert list(cold.seconds) == ["parse", "limits", "validate", "normalise", "authorise", "plan", "prepare", "variables", "execute", "respond"]
    assert list(hot.seconds) == ["prepare", "variables", "execute", "respond"]
    assert all(seconds >= 0 for seconds in hot.seconds.values())


@pytest.mark.parametrize("key", ["__proto__", "constructor", "__class__", "__dict__", "toString", "hasOwnProperty"])
async def test_keys_that_mean_something_elsewhere_are_only_keys(gateway: TestGateway, key: str) -> None:
    answer = await gateway.ask(f"query (${key}: ID!) {{{key}: battery(code: ${key}) {{{key}: label}}}}", variables={"__proto__": {"a": 1}, key: "x"})
    assert answer == {"data": {key: {key: "text"}}}


# The rest of the attack list: each is refused before anybody is asked.
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{" + " ".join(f"a{i}: __typename" for i in range(200)) + "}", "LIMIT_ROOT_FIELDS"),
        ("{battery(code: 1) {" + " ".join(f"a{i}: label" for i in range(200)) + "}}", "LIMIT_ALIASES"),
        ("{battery(code: 1) {" + "label " * 3000 + "}}", "LIMIT_FIELDS"),
        ("{battery(code: 1) {label " + "@include(if: true) " * 200 + "}}", "LIMIT_DIRECTIVES"),
        ("{battery(code: 1) {label " + "@skip(if: false) @skip(if: false)" + "}}", "GRAPHQL_VALIDATION_FAILED"),
        ("{battery(code: 1) {label @aa @bb @cc}}", "GRAPHQL_VALIDATION_FAILED"),
        ("{batteries {" + "peers {" * 30 + "id" + "}" * 32, "LIMIT_DEPTH"),
        ("{battery(code: 1) {...A}} fragment A on Battery {...B} fragment B on Battery {...A}", "GRAPHQL_VALIDATION_FAILED"),
        (
            "{batteries {...F0}}"
            + "".join(f" fragment F{i} on Battery {{" + f" a{i}: peers {{...F{i + 1}}} b{i}: peers {{...F{i + 1}}}" + "}" for i in range(12))
            + " fragment F12 on Battery {id}",
            "LIMIT_FIELDS",
        ),
        ("{batteries(codes: [" + "1 " * 2000 + "]) {id}}", "LIMIT_LIST_SIZE"),
        ("{batteries(first: 100000) {id}}", "LIMIT_PAGE_SIZE"),
        ("{__schema {types {fields {type {fields {type {fields {type {name}}}}}}}}}", "GRAPHQL_VALIDATION_FAILED"),
        ("{" + "a " * 6000 + "}", "LIMIT_TOKENS"),
        ("{batteries {...@defer {id}}}", "GRAPHQL_VALIDATION_FAILED"),
        ("{batteries @stream {id}}", "GRAPHQL_VALIDATION_FAILED"),
        ("{battery(code: 1) {id} _entities(representations: []) {__typename}}", "GRAPHQL_VALIDATION_FAILED"),
        ("{_service {sdl}}", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_attacks_on_the_document_are_refused(gateway: TestGateway, text: str, code: str) -> None:
    assert codes(await gateway.ask(text))[0] == code
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("type_", "value", "code"),
    [
        ("[ID!]", ["x"] * 2000, "LIMIT_LIST_SIZE"),
        ("[ID!]", [["x"]], "VARIABLE_INVALID"),
        ("[ID!]", {"__proto__": 1}, "VARIABLE_INVALID"),
    ],
)
async def test_attacks_on_variables_are_refused(gateway: TestGateway, type_: str, value: Any, code: str) -> None:
    assert codes(await gateway.ask(f"query ($v: {type_}) {{batteries(codes: $v) {{id}}}}", variables={"v": value})) == [code]
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("text", "variables", "code", "path", "place"),
    [
        ("query ($n: Int) {batteries(first: $n) {id}}", {"n": 100_000}, "LIMIT_PAGE_SIZE", ["batteries"], (1, 28)),
        ("query ($n: Int = 5000) {\n  batteries(first: $n) {id}}", {}, "LIMIT_PAGE_SIZE", ["batteries"], (2, 13)),
        # Under the client's own aliases, which look like those that the gateway gives.
        ("query ($n: Int) {_1: __typename _0: batteries(first: $n) {id}}", {"n": 5000}, "LIMIT_PAGE_SIZE", ["_0"], (1, 47)),
        ("query ($n: Int) {...F} fragment F on Query {x: batteries(first: $n) {id}}", {"n": 5000}, "LIMIT_PAGE_SIZE", ["x"], (1, 58)),
        ("query A {__typename} query B($n: Int) {y: batteries(first: $n) {id}}", {"n": 5000}, "LIMIT_PAGE_SIZE", ["y"], (1, 53)),
        ("query ($n: Int,\n $m: ID!) {batteries(first: $n, codes: [$m]) {id}}", {"m": [1]}, "VARIABLE_INVALID", None, (2, 2)),
        ("query ($v: [ID!]!) {batteries(codes: $v) {id}}", {}, "VARIABLE_INVALID", None, (1, 8)),
    ],
)
async def test_what_is_wrong_with_a_variable_is_told_with_its_place(
    gateway: TestGateway, text: str, variables: dict[str, Any], code: str, path: list[str] | None, place: tuple[int, int]
) -> None:
    for spaces in ("", "# Asked again, as another text.\n"):
        name = "B" if "query B" in text else None
        (error,) = (await gateway.ask(spaces + text, variables=variables, operation_name=name))["errors"]
        line, column = place
        assert (error["extensions"]["code"], error.get("path")) == (code, path)
        assert error["locations"] == [{"line": line + bool(spaces), "column": column}]


async def test_a_page_in_a_variable_is_bounded_too(gateway: TestGateway) -> None:
    text = "query ($n: Int = 5000) {batteries(first: $n) {id}}"
    assert codes(await gateway.ask(text)) == ["LIMIT_PAGE_SIZE"]
    assert codes(await gateway.ask(text, variables={"n": 100_000})) == ["LIMIT_PAGE_SIZE"]
    assert "errors" not in await gateway.ask(text, variables={"n": 10})


async def test_the_deadline_ends_what_is_not_there_and_keeps_what_is(gateway: TestGateway) -> None:
    gateway.subgraph.delay_s = 60
    answer = await gateway.ask("{battery(code: 1) {id} __typename}", seconds=0.05)
    assert answer["data"] == {"battery": None, "__typename": "Query"}
    assert codes(answer) == ["SUBGRAPH_TIMEOUT"]
