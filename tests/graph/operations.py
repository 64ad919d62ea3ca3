"""This module is in charge of random operations: valid by construction, over every field of a graph, with aliases, fragments and conditions."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLEnumType, GraphQLList, GraphQLObjectType, GraphQLOutputType, get_named_type, get_nullable_type
from hypothesis import strategies as st

from schema.graph import Graph
from tests.graph import world

DEPTH = 6
DECLARED = "$yes: Boolean = true, $no: Boolean = false"
# In every selection, so that it is never empty and both variables are used.
ALWAYS = "__typename yes: __typename @include(if: $yes) no: __typename @skip(if: $no)"
PAGES = ("", "first: 1", "first: 3", "last: 2", "first: 200", "last: 1")
FILTERS = {
    "BatteryFilter": (
        "{}",
        '{code: {startsWith: "0A1"}}',
        "{chemistry: {in: [LFP, NCM523]}, not: {status: {eq: IN_SERVICE}}}",
        "{or: [{stateOfHealth: {lt: 88.5}}, {cycleCount: {isNull: true}}]}",
        '{producedOn: {gte: "2026-04-02"}, reprocessed: {eq: false}}',
        '{province: {in: ["350000", "430000"]}}',
        f'{{custodian: {{eq: "{world.RECYCLER}"}}, and: [{{nominalEnergyKwh: {{gte: 60}}}}, {{}}]}}',
        "{safetyClass: {ne: NORMAL}}",
        "{swapModel: {eq: true}}",
        "{or: []}",
        "{productType: {eq: PACK}, not: {productType: {in: [MODULE, CELL]}}}",
    ),
    "LifecycleEventFilter": (
        "{}",
        "{type: {in: [PRODUCED, SOLD]}, not: {late: {eq: true}}}",
        '{or: [{recordedAt: {gte: "2026-04-02T00:00:00Z"}}, {reporter: {isNull: true}}]}',
        '{province: {eq: "350000"}, category: {ne: A}}',
    ),
    "VehicleFilter": ("{}", "{swapModel: {eq: true}}", '{province: {eq: "330000"}}', '{producedOn: {lte: "2026-04-20"}, powertrain: {in: [BEV]}}'),
    "EnterpriseFilter": ("{}", "{role: {eq: BM}}", '{name: {startsWith: "甲"}}', '{or: [{province: {eq: "350000"}}, {status: {eq: REVOKED}}]}'),
}
# What a client gets wrong, now and then: the same codes on every way.
WRONG = {"first": ("first: 0", "first: 201", "first: 1, last: 1"), "filter": ("filter: {and: null}",)}


def value(draw: Any, name: str, argument: Any) -> str | None:
    """An argument as text, or None to leave it out."""
    named = get_named_type(argument.type)
    if named.name in FILTERS:
        given = draw(st.sampled_from((None, *FILTERS[named.name])))
        return None if given is None else f"filter: {given}"
    if named.name.endswith("Order"):
        field: Any = argument.type.fields["field"].type
        chosen = draw(st.sampled_from((None, *get_named_type(field).values)))
        return None if chosen is None else f"orderBy: {{field: {chosen}, direction: {draw(st.sampled_from(('ASC', 'DESC')))}}}"
    if isinstance(named, GraphQLEnumType):
        several = ["PRODUCED", "SOLD"] if named.name == "EventType" else [*named.values][:2]
        if not isinstance(get_nullable_type(argument.type), GraphQLList):
            return f"{name}: {draw(st.sampled_from(sorted(named.values)))}"
        chosen = draw(st.sampled_from((None, several[:1], several, [])))
        return None if chosen is None else f"{name}: [{', '.join(chosen)}]"
    return _identifier(draw, name)


def _identifier(draw: Any, name: str) -> str | None:
    match name:
        case "code":
            return f'code: "{draw(st.sampled_from((*world.CODES, world.UNKNOWN)))}"'
        case "codes":
            return "codes: [" + ", ".join(f'"{each}"' for each in draw(st.lists(st.sampled_from((*world.CODES, world.UNKNOWN)), max_size=4))) + "]"
        case "uscc":
            return f'uscc: "{draw(st.sampled_from((world.MAKER, world.RIVAL, world.RECYCLER, world.MINISTRY)))}"'
        case "vin":
            return f'vin: "{draw(st.sampled_from(world.VINS))}"'
        case "province":
            return f'province: "{draw(st.sampled_from(("350000", "440000", "350000", "350902")))}"'
        case "id":
            return 'id: "1"'
        case _:
            return None


@st.composite
def operation(draw: Any, graph: Graph) -> str:
    """A query, with variables `$yes` and `$no`."""
    root = graph.schema.query_type
    assert root is not None
    return f"query ({DECLARED}) {draw(selections(graph, root, DEPTH))}"


@st.composite
def selections(draw: Any, graph: Graph, type_: GraphQLObjectType, depth: int) -> str:
    """A selection set on the type."""
    names = [name for name in type_.fields if not name.startswith("_") and graph.fields[type_.name][name].name == name]
    names = [name for name in names if depth > 0 or not _composite(type_.fields[name].type)]
    external = {"manufacturer"} if graph.name == "enterprise" and type_.name == "Battery" else set()
    chosen = draw(st.lists(st.sampled_from([*[name for name in names if name not in external], "__typename"]), min_size=1, max_size=5))
    parts = [draw(_field(graph, type_, name, n, depth)) for n, name in enumerate(chosen)]
    return "{ " + " ".join([ALWAYS, *parts]) + " }"


@st.composite
def _field(draw: Any, graph: Graph, type_: GraphQLObjectType, name: str, number: int, depth: int) -> str:
    if name == "__typename":
        return f"a{number}: __typename"
    field = type_.fields[name]
    named = get_named_type(field.type)
    below = draw(selections(graph, named, depth - 1)) if isinstance(named, GraphQLObjectType) else ""
    given = [text for each, argument in field.args.items() if each not in _PAGED and (text := value(draw, each, argument)) is not None]
    if "first" in field.args:
        given.append(draw(st.sampled_from((*PAGES, *PAGES, *WRONG["first"]))))
    inside = ", ".join(each for each in given if each)
    condition = draw(st.sampled_from(("", "", "", " @include(if: $yes)", " @include(if: $no)", " @skip(if: $yes)", " @skip(if: $no)")))
    text = f"a{number}: {name}{f'({inside})' if inside else ''}{condition} {below}"
    return draw(st.sampled_from((text, f"... on {type_.name} {{ {text} }}", f"... {{ {text} }}")))


_PAGED = ("first", "after", "last", "before")


def _composite(type_: GraphQLOutputType) -> bool:
    return isinstance(get_named_type(type_), GraphQLObjectType)
