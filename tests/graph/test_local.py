"""This module is in charge of testing in-process subgraphs on the small world: answers, calls, redactions, errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.execution.context import RequestContext
from gateway.execution.local import LocalSubgraph
from gateway.execution.subgraph import Redaction, SubgraphRequest
from resolvers.database.pool import Database
from schema.graph import Graph
from tests.door.principals import MOMENT, principal, reading
from tests.graph import world
from tests.graph.asking import (
    AUTOMAKER,
    EVERYBODY,
    MAKER,
    MINISTRY,
    PROVINCE,
    PUBLIC,
    RECYCLER,
    SWAPPER,
    as_json,
    ask,
    entity_fetch,
    root_fetch,
    run,
)

Graphs = Mapping[str, Graph]


async def data(database: Database, graph: Graph, text: str, who: Any = MINISTRY, variables: Any = None) -> Any:
    found = await ask(database, graph, text, who, variables)
    assert found.errors == ()
    return as_json(found.data)


async def test_a_pack_and_what_hangs_on_it(small_world: Database, graphs: Graphs) -> None:
    text = f"""{{ battery(code: "{world.CODES[3]}") {{
        code model {{ id name manufacturer {{ uscc }} }} chemistry producedOn conditionAt stateOfHealth custodian {{ uscc }} province {{ code }}
        modules {{ nodes {{ code massKg }} totalCount }} dismantling {{ steps minutes }} composition {{ material massKg }}
        gradings {{ nodes {{ grade reporter {{ uscc }} }} }} recovery {{ id elements {{ element rate inputKg }} }} otherCode {{ value }}
    }} }}"""
    assert await data(small_world, graphs["battery"], text) == {
        "battery": {
            "code": world.CODES[3],
            "model": {"id": "M1", "name": "刀锋", "manufacturer": {"uscc": world.MAKER}},
            "chemistry": "NCM523",
            "producedOn": "2026-04-04",
            "conditionAt": "2026-06-04T12:00:00Z",
            "stateOfHealth": 87.0,
            "custodian": {"uscc": world.RECYCLER},
            "province": {"code": "430000"},
            "modules": {"nodes": [{"code": world.CODES[3][:3] + "M" + world.CODES[3][4:], "massKg": 35.5},
                                  {"code": world.CODES[3][:3] + "M" + world.CODES[3][4:-1] + "0", "massKg": 35.5}], "totalCount": 2},
            "dismantling": {"steps": ["一", "二"], "minutes": 45},
            "composition": [{"material": "LiFePO4", "massKg": 124.8}],
            "gradings": {"nodes": [{"grade": "B", "reporter": {"uscc": world.RECYCLER}}]},
            "recovery": [{"id": "B-1", "elements": [{"element": "Li", "rate": pytest.approx(11 / 12), "inputKg": 12.0}]}],
            "otherCode": None,
        }
    }  # fmt: skip


async def test_the_other_code_is_an_object_of_the_same_row(small_world: Database, graphs: Graphs) -> None:
    text = f'{{ battery(code: "{world.CODES[7]}") {{ otherCode {{ scheme v: value __typename }} reprocessed }} }}'
    other = {"scheme": "GB/T 45565-2025", "v": "X-1", "__typename": "OtherCode"}
    assert await data(small_world, graphs["battery"], text) == {"battery": {"otherCode": other, "reprocessed": True}}


async def test_named_codes_are_answered_in_their_order(small_world: Database, graphs: Graphs) -> None:
    codes = [world.CODES[1], world.UNKNOWN, world.CODES[0].lower(), world.CODES[1]]
    found = await data(small_world, graphs["battery"], "query ($codes: [BatteryCode!]!) { batteriesByCode(codes: $codes) { code } }", MAKER, {"codes": codes})
    assert found == {"batteriesByCode": [{"code": world.CODES[1]}, None, {"code": world.CODES[0]}, {"code": world.CODES[1]}]}


async def test_misses_of_named_codes_are_told(small_world: Database, graphs: Graphs) -> None:
    graph, missed = graphs["battery"], []
    text = f'{{ battery(code: "{world.UNKNOWN}") {{ code }} batteriesByCode(codes: ["{world.UNKNOWN}", "{world.CODES[0]}"]) {{ code }} }}'
    opened = reading(small_world, MAKER)
    opened.misses = missed.append
    context = RequestContext(MAKER, MOMENT, 0.0, "test", opened)
    await LocalSubgraph(graph).fetch(SubgraphRequest(root_fetch(graph, text), {}), context)
    opened.close()
    assert missed == [1, 1]


async def test_pages_walk_both_ways(small_world: Database, graphs: Graphs) -> None:
    graph = graphs["battery"]
    page = "{ nodes { code } edges { cursor node { code } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount totalCountCapped }"
    first = (await data(small_world, graph, f"{{ batteries(first: 3) {page} }}"))["batteries"]
    assert [each["code"] for each in first["nodes"]] == world.CODES[:3]
    assert [each["node"] for each in first["edges"]] == first["nodes"]
    assert first["pageInfo"] == {
        "hasNextPage": True, "hasPreviousPage": False, "startCursor": first["edges"][0]["cursor"], "endCursor": first["edges"][2]["cursor"],
    }  # fmt: skip
    assert (first["totalCount"], first["totalCountCapped"]) == (8, False)
    after = first["pageInfo"]["endCursor"]
    second = (await data(small_world, graph, f"query ($after: String) {{ batteries(first: 200, after: $after) {page} }}", MINISTRY, {"after": after}))[
        "batteries"
    ]
    assert [each["code"] for each in second["nodes"]] == world.CODES[3:]
    before = second["pageInfo"]["startCursor"]
    back = (await data(small_world, graph, f"query ($before: String) {{ batteries(last: 2, before: $before) {page} }}", MINISTRY, {"before": before}))[
        "batteries"
    ]
    assert [each["code"] for each in back["nodes"]] == world.CODES[1:3]


async def test_an_empty_page(small_world: Database, graphs: Graphs) -> None:
    text = "{ batteries { nodes { code } edges { cursor } pageInfo { startCursor endCursor hasNextPage } totalCount } }"
    assert await data(small_world, graphs["battery"], text, PUBLIC) == {
        "batteries": {"nodes": [], "edges": [], "pageInfo": {"startCursor": None, "endCursor": None, "hasNextPage": False}, "totalCount": 0}
    }


async def test_a_level_is_one_statement(small_world: Database, graphs: Graphs) -> None:
    graph = graphs["battery"]
    text = "{ batteries(first: 8) { nodes { code model { name } modules { nodes { code } } events { nodes { id vehicle { id } } } } } }"
    opened = reading(small_world, MINISTRY)
    context = RequestContext(MINISTRY, MOMENT, 0.0, "test", opened)
    found = await LocalSubgraph(graph).fetch(SubgraphRequest(root_fetch(graph, text), {}), context)
    opened.close()
    assert len(found.data["batteries"]["nodes"]) == 8
    assert opened.statements == 5


async def test_no_column_is_read_that_nobody_asked_for(databases: Any, small_world: Database, graphs: Graphs) -> None:
    seen: list[str] = []
    watched = Database(small_world.target, small_world.sizes, lambda text, _args, _rows: seen.append(text))
    await ask(watched, graphs["battery"], "{ batteries { nodes { code chemistry } } }", MINISTRY)
    await watched.close()
    assert '"chemistry"' in seen[0]
    assert '"nominal_energy_kwh"' not in seen[0]
    assert '"custodian"' not in seen[0]


async def test_aliases_fragments_and_conditions(small_world: Database, graphs: Graphs) -> None:
    text = f"""query ($yes: Boolean!, $no: Boolean!) {{
        x: battery(code: "{world.CODES[0]}") {{ ...part c: code @include(if: $no) d: code @skip(if: $no) chemistry @skip(if: $yes) }}
        x: battery(code: "{world.CODES[0]}") {{ manufacturer {{ kind: __typename }} }}
        y: battery(code: "{world.CODES[1]}") @include(if: $no) {{ code }}
    }}
    fragment part on Battery {{ manufacturer {{ uscc }} ... on Battery @include(if: $yes) {{ massKg }} }}"""
    maker = {"uscc": world.MAKER, "kind": "Enterprise"}
    wanted = {"x": {"manufacturer": maker, "massKg": 430.5, "d": world.CODES[0]}}
    assert await data(small_world, graphs["battery"], text, MINISTRY, {"yes": True, "no": False}) == wanted
    other = await data(small_world, graphs["battery"], text, MINISTRY, {"yes": False, "no": True})
    assert other == {"x": {"manufacturer": maker, "c": world.CODES[0], "chemistry": "LFP"}, "y": {"code": world.CODES[1]}}


async def test_a_fetch_is_compiled_once_for_each_set_of_conditions(graphs: Graphs) -> None:
    graph = graphs["battery"]
    fetch = root_fetch(graph, "query ($yes: Boolean!) { batteries { nodes { code chemistry @include(if: $yes) } } }")
    subgraph = LocalSubgraph(graph)
    first = subgraph.program(SubgraphRequest(fetch, {"yes": True}))
    assert subgraph.program(SubgraphRequest(fetch, {"yes": True})) is first
    assert subgraph.program(SubgraphRequest(fetch, {"yes": False})) is not first


async def test_what_is_closed_is_null_and_told(small_world: Database, graphs: Graphs) -> None:
    fields = "code stateOfHealth custodian { uscc } events { nodes { type reporter { uscc } } } gradings { nodes { grade } }"
    text = f'{{ p: battery(code: "{world.CODES[3]}") {{ {fields} }} }}'
    found = await ask(small_world, graphs["battery"], text, PUBLIC)
    assert as_json(found.data) == {
        "p": {"code": world.CODES[3], "stateOfHealth": None, "custodian": None, "events": {"nodes": [{"type": "PRODUCED", "reporter": None}]}, "gradings": None}
    }
    assert found.redactions == (
        Redaction(("p", "custodian"), "CATEGORY_CLOSED", "H:exact_code"),
        Redaction(("p", "events", "nodes", "reporter"), "CATEGORY_CLOSED", "H:exact_code"),
        Redaction(("p", "gradings"), "CATEGORY_CLOSED", "J:exact_code"),
        Redaction(("p", "stateOfHealth"), "CATEGORY_CLOSED", "F:exact_code"),
    )


async def test_a_redaction_is_there_where_the_value_is_null(small_world: Database, graphs: Graphs) -> None:
    """Pack 4 has no state of health; the maker is told the same of it as of any other."""
    text = "query ($code: BatteryCode!) { battery(code: $code) { stateOfHealth } }"
    told = {(await ask(small_world, graphs["battery"], text, MAKER, {"code": world.CODES[n]})).redactions for n in (4, 0)}
    assert {each[0].path for each in told} == {("battery", "stateOfHealth")}
    nothing = await ask(small_world, graphs["battery"], text, MINISTRY, {"code": world.CODES[4]})
    assert (nothing.data, nothing.redactions) == ({"battery": {"stateOfHealth": None}}, ())


async def test_each_row_has_its_own_redactions(small_world: Database, graphs: Graphs) -> None:
    """The recycler holds packs 3 and 7, held 2, and 5 is on offer to it."""
    found = await ask(small_world, graphs["battery"], "{ batteries { nodes { code stateOfHealth } } }", RECYCLER)
    by_code = {each["code"]: each["stateOfHealth"] for each in found.data["batteries"]["nodes"]}
    assert by_code == {world.CODES[2]: None, world.CODES[3]: 87.0, world.CODES[5]: None, world.CODES[7]: 83.0}
    assert {(each.path, each.policy_id) for each in found.redactions} == {
        (("batteries", "nodes", "stateOfHealth"), "F:past_custodian+took_part"),
        (("batteries", "nodes", "stateOfHealth"), "F:receiver+took_part"),
    }


async def test_exactness_reaches_facts_and_no_further(small_world: Database, graphs: Graphs) -> None:
    """A provincial authority sees the dismantling document of any pack it can name, and of none that it finds in a list of another province."""
    rival = world.CODES[5]
    text = f'{{ battery(code: "{rival}") {{ dismantling {{ manual }} manufacturer {{ batteries {{ nodes {{ code }} }} }} }} }}'
    found = await data(small_world, graphs["battery"], text, PROVINCE)
    assert found == {"battery": {"dismantling": {"manual": "手册"}, "manufacturer": {"batteries": {"nodes": []}}}}


async def test_entities_by_representation(small_world: Database, graphs: Graphs) -> None:
    graph = graphs["battery"]
    fetch = entity_fetch(graph, "Battery", "{ chemistry status }")
    representations = [{"__typename": "Battery", "code": code} for code in (world.CODES[1], world.UNKNOWN, world.CODES[0], world.CODES[1])]
    strange = [{"__typename": "Battery", "code": 7}, {"__typename": "Battery", "code": world.CODES[0], "asOf": "9999-12-31T23:59:59-14:00"}]
    found = await run(small_world, LocalSubgraph(graph), fetch, MAKER, {}, [*representations, *strange])
    one, two = {"chemistry": "NCM523", "status": "IN_SERVICE"}, {"chemistry": "LFP", "status": "IN_SERVICE"}
    assert found.entities == (one, None, two, one, None, None)
    assert found.entities[0] is not found.entities[3]


async def test_an_entity_is_there_by_the_list_law(small_world: Database, graphs: Graphs) -> None:
    graph = graphs["battery"]
    fetch = entity_fetch(graph, "Battery", "{ chemistry }")
    found = await run(small_world, LocalSubgraph(graph), fetch, PUBLIC, {}, [{"__typename": "Battery", "code": world.CODES[0]}])
    assert found.entities == (None,)


async def test_vehicles_and_their_packs(small_world: Database, graphs: Graphs) -> None:
    graph = graphs["vehicle"]
    text = f"""{{ vehicle(vin: "{world.VINS[1]}") {{ id vin modelName automaker {{ uscc }} province {{ code }} region {{ code }}
        batteries {{ nodes {{ code installations {{ nodes {{ position vehicle {{ vin }} }} }} }} }}
        installations {{ nodes {{ battery {{ code }} installedAt removedAt }} }} }} }}"""
    found = (await data(small_world, graph, text, AUTOMAKER))["vehicle"]
    again = await data(small_world, graph, "query ($id: ID) { vehicle(id: $id) { id vin } }", AUTOMAKER, {"id": found["id"]})
    assert again == {"vehicle": {"id": found["id"], "vin": world.VINS[1]}}
    assert found["province"] == {"code": "330000"}
    assert found["region"] == {"code": "330106"}
    assert found["batteries"] == {
        "nodes": [{"code": world.CODES[n], "installations": {"nodes": [{"position": n + 1, "vehicle": {"vin": world.VINS[1]}}]}} for n in (1, 2)]
    }
    assert found["installations"]["nodes"] == [{"battery": {"code": world.CODES[n]}, "installedAt": "2026-05-24T12:00:00Z", "removedAt": None} for n in (1, 2)]


async def test_an_id_is_its_partys_alone(small_world: Database, graphs: Graphs) -> None:
    graph = graphs["vehicle"]
    mine = (await data(small_world, graph, f'{{ vehicle(vin: "{world.VINS[2]}") {{ id }} }}', AUTOMAKER))["vehicle"]["id"]
    for text in (mine, "nonsense", "", "é"):
        found = await data(small_world, graph, "query ($id: ID) { vehicle(id: $id) { id } }", SWAPPER, {"id": text})
        assert found == {"vehicle": None}
    theirs = (await data(small_world, graph, f'{{ vehicle(vin: "{world.VINS[2]}") {{ id }} }}', SWAPPER))["vehicle"]["id"]
    assert theirs != mine
    fetch = entity_fetch(graph, "Vehicle", "{ modelName }")
    entities = await run(small_world, LocalSubgraph(graph), fetch, SWAPPER, {}, [{"__typename": "Vehicle", "id": each} for each in (theirs, mine, None)])
    assert entities.entities == ({"modelName": "C76"}, None, None)


async def test_a_binding_that_is_closed(small_world: Database, graphs: Graphs) -> None:
    graph = graphs["vehicle"]
    fetch = entity_fetch(graph, "Battery", "{ code vehicle { id } installations { totalCount } }")
    found = await run(small_world, LocalSubgraph(graph), fetch, RECYCLER, {}, [{"__typename": "Battery", "code": world.CODES[3]}])
    assert found.entities == ({"code": world.CODES[3], "vehicle": None, "installations": None},)
    assert {each.path for each in found.redactions} == {("vehicle",), ("installations",)}
    assert {each.policy_id.partition(":")[0] for each in found.redactions} == {"D"}


async def test_outlets_of_the_maker(small_world: Database, graphs: Graphs) -> None:
    graph = graphs["enterprise"]
    fetch = entity_fetch(graph, "Battery", '{ takeBackOutlets(province: "350000") { name region { name code } province { code } } }')
    representations: list[dict[str, Any]] = [
        {"__typename": "Battery", "code": world.CODES[0], "manufacturer": {"uscc": world.MAKER}},
        {"__typename": "Battery", "code": world.CODES[1], "manufacturer": None},
        {"__typename": "Battery", "code": world.CODES[6], "manufacturer": {"uscc": world.RIVAL}},
    ]
    found = await run(small_world, LocalSubgraph(graph), fetch, PUBLIC, {}, representations)
    outlets = [each["takeBackOutlets"] for each in found.entities if each]
    assert [each and [outlet["name"] for outlet in each] for each in outlets] == [["网点1", "网点3"], None, []]
    assert found.entities[0]["takeBackOutlets"][0]["province"] == {"code": "350000"}


async def test_the_public_part_of_the_registry(small_world: Database, graphs: Graphs) -> None:
    text = f'{{ enterprise(uscc: "{world.RECYCLER}") {{ name contactPhone roles {{ role }} licences {{ number capacityTPerYear }} }} }}'
    found = await ask(small_world, graphs["enterprise"], text, PUBLIC)
    assert found.data == {
        "enterprise": {"name": "戊再生", "contactPhone": None, "roles": [{"role": "CU"}], "licences": [{"number": "L-9", "capacityTPerYear": None}]}
    }
    assert [(each.path, each.policy_id) for each in found.redactions] == [
        (("enterprise", "contactPhone"), "L:all"),
        (("enterprise", "licences", "capacityTPerYear"), "L:all"),
    ]


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("{ batteries(first: 0) { totalCount } }", "INVALID_PAGE", ("batteries",)),
        ('{ b: batteries(after: "x") { totalCount } }', "INVALID_CURSOR", ("b",)),
        ("query ($code: BatteryCode!) { battery(code: $code) { code } }", "INVALID_IDENTIFIER", ("battery",)),
    ],
)
async def test_a_wrong_argument_is_an_error_at_its_place(small_world: Database, graphs: Graphs, text: str, code: str, path: tuple[str | int, ...]) -> None:
    found = await ask(small_world, graphs["battery"], text, MINISTRY, {"code": "0A1"})
    assert [(each.code, each.path) for each in found.errors] == [(code, path)]


async def test_a_wrong_argument_below_a_list_is_an_error_of_each_null(small_world: Database, graphs: Graphs) -> None:
    text = "{ batteries(first: 3) { nodes { code events(first: 1, last: 1) { totalCount } } } }"
    found = await ask(small_world, graphs["battery"], text, MINISTRY)
    assert [(each.code, each.path) for each in found.errors] == [("INVALID_PAGE", ("batteries", "nodes", n, "events")) for n in range(3)]
    assert len({each.message for each in found.errors}) == 1
    text = "{ batteries(first: 2) { edges { node { manufacturer { batteries(first: 0) { totalCount } } } } } }"
    found = await ask(small_world, graphs["battery"], text, MINISTRY)
    assert [each.path for each in found.errors] == [("batteries", "edges", n, "node", "manufacturer", "batteries") for n in range(2)]
    fetch = entity_fetch(graphs["battery"], "Battery", "{ events(first: 0) { totalCount } }")
    keys = [{"__typename": "Battery", "code": each} for each in (world.CODES[0], world.UNKNOWN, *world.CODES[1:3])]
    found = await run(small_world, LocalSubgraph(graphs["battery"]), fetch, MINISTRY, {}, keys)
    there = [n for n, each in enumerate(found.entities) if each is not None]
    assert [each.path for each in found.errors] == [(n, "events") for n in there]
    assert len(there) > 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("battery", "{{ batteries({}) {{ totalCount }} }}"),
        ("vehicle", "{{ vehicles({}) {{ totalCount }} }}"),
        ("enterprise", "{{ enterprises({}) {{ totalCount }} }}"),
    ],
)
@pytest.mark.parametrize(("arguments", "place"), [('after: "bm8"', "after"), ('before: "bm8"', "before"), ('last: 2, before: ""', "before")])
async def test_a_cursor_that_was_made_up_is_wrong_for_everybody(
    small_world: Database, graphs: Graphs, name: str, text: str, arguments: str, place: str
) -> None:
    for who in (*EVERYBODY, principal(world.RECYCLER, "CU", scopes=frozenset())):
        found = await ask(small_world, graphs[name], text.format(arguments), who)
        assert [(each.code, each.message.partition(":")[0]) for each in found.errors] == [("INVALID_CURSOR", place)]


@pytest.mark.parametrize(("type_name", "key"), [("Battery", "code"), ("Enterprise", "uscc")])
async def test_and_below_an_entity(small_world: Database, graphs: Graphs, type_name: str, key: str) -> None:
    field, name, value = ("installations", "vehicle", world.CODES[0]) if type_name == "Battery" else ("batteries", "battery", world.MAKER)
    fetch = entity_fetch(graphs[name], type_name, f'{{ {field}(after: "x") {{ totalCount }} }}')
    for who in (MAKER, PUBLIC):
        found = await run(small_world, LocalSubgraph(graphs[name]), fetch, who, {}, [{"__typename": type_name, key: value}])
        assert [each.code for each in found.errors] == ["INVALID_CURSOR"]


async def test_a_region_says_how_high_it_stands(small_world: Database, graphs: Graphs) -> None:
    fetch = entity_fetch(graphs["enterprise"], "Region", "{ level }")
    wanted = [{"__typename": "Region", "code": each} for each in ("350000", "350900", "350902")]
    found = await run(small_world, LocalSubgraph(graphs["enterprise"]), fetch, PUBLIC, {}, wanted)
    assert [each and each["level"] for each in found.entities] == ["PROVINCE", "PREFECTURE", "COUNTY"]


async def test_a_wrong_argument_harms_no_other_field(small_world: Database, graphs: Graphs) -> None:
    text = f'{{ a: batteries(first: 0) {{ totalCount }} b: batteries {{ totalCount }} c: battery(code: "{world.CODES[0]}") {{ code }} }}'
    found = await ask(small_world, graphs["battery"], text, MINISTRY)
    assert found.data == {"a": None, "b": {"totalCount": 8}, "c": {"code": world.CODES[0]}}
    assert [each.code for each in found.errors] == ["INVALID_PAGE"]


async def test_a_wrong_argument_where_there_is_no_row_says_nothing(small_world: Database, graphs: Graphs) -> None:
    found = await ask(small_world, graphs["battery"], "{ batteries { nodes { events(first: 0) { totalCount } } } }", PUBLIC)
    assert (found.data, found.errors) == ({"batteries": {"nodes": []}}, ())


async def test_variables_that_were_not_given_count_as_left_out(small_world: Database, graphs: Graphs) -> None:
    text = """query ($first: Int, $lowest: Float, $more: BatteryFilter) {
        batteries(first: $first, filter: {stateOfHealth: {gte: $lowest}, chemistry: {eq: LFP}}) { totalCount }
        all: batteries(filter: $more) { totalCount } }"""
    assert await data(small_world, graphs["battery"], text) == {"batteries": {"totalCount": 4}, "all": {"totalCount": 8}}
    given = {"lowest": 87.5, "more": {"not": {"chemistry": {"eq": "LFP"}}}}
    assert await data(small_world, graphs["battery"], text, MINISTRY, given) == {"batteries": {"totalCount": 2}, "all": {"totalCount": 4}}


async def test_a_vehicle_is_looked_up_by_one_thing(small_world: Database, graphs: Graphs) -> None:
    for arguments in ("", f'(id: "x", vin: "{world.VINS[0]}")'):
        found = await ask(small_world, graphs["vehicle"], f"{{ vehicle{arguments} {{ id }} }}", MINISTRY)
        assert [each.code for each in found.errors] == ["INVALID_LOOKUP"]


async def test_too_many_codes(small_world: Database, graphs: Graphs) -> None:
    text = "query ($codes: [BatteryCode!]!) { batteriesByCode(codes: $codes) { code } }"
    found = await ask(small_world, graphs["battery"], text, MAKER, {"codes": [world.CODES[0]] * 201})
    assert [each.code for each in found.errors] == ["TOO_MANY_CODES"]
    found = await ask(small_world, graphs["battery"], text, MAKER, {"codes": [world.CODES[0]] * 200})
    assert len(found.data["batteriesByCode"]) == 200
