"""This module is in charge of testing arguments: what a client writes, into what a batch resolver takes, or a refusal that says why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from graphql import GraphQLArgument, GraphQLNonNull, GraphQLObjectType
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Refused
from gateway.operation.limits import check_page
from gateway.settings import Limits
from resolvers.batching import BadArgument, PageArguments
from schema.arguments import ArgumentTypes
from schema.connections import LARGEST_PAGE, page_arguments
from schema.graph import Graph
from schema.scalars import read_date, read_datetime, write_date, write_datetime
from tests.graph import world
from tests.graph.asking import as_json


def types(graphs: Mapping[str, Graph], coordinate: str) -> ArgumentTypes:
    graph, type_name, field = coordinate.split(".")
    return graphs[graph].field(type_name, field).arguments


def refusal(work: Any) -> tuple[str, str]:
    with pytest.raises(BadArgument) as caught:
        work()
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ({}, PageArguments(20)),
        ({"first": 5}, PageArguments(5)),
        ({"first": LARGEST_PAGE, "after": "c"}, PageArguments(LARGEST_PAGE, False, "c")),
        ({"after": "c"}, PageArguments(20, False, "c")),
        ({"last": 5}, PageArguments(5, True)),
        ({"before": "c"}, PageArguments(20, True, "c")),
        ({"last": 5, "before": "c"}, PageArguments(5, True, "c")),
        ({"first": None, "last": None}, PageArguments(20)),
    ],
)
def test_one_page_is_named(asked: dict[str, Any], page: PageArguments) -> None:
    assert page_arguments(asked, count=False) == page


@pytest.mark.parametrize(
    "asked",
    [
        {"first": 1, "last": 1}, {"first": 0}, {"last": 0}, {"first": -1}, {"last": -5},
        {"first": 1, "before": "c"}, {"last": 1, "after": "c"}, {"after": "c", "before": "d"}, {"first": 1, "after": "c", "before": "d"},
    ],
)  # fmt: skip
def test_anything_else_is_no_page(asked: dict[str, Any]) -> None:
    assert refusal(lambda: page_arguments(asked, count=False))[0] == "INVALID_PAGE"


@pytest.mark.parametrize("name", ["first", "last"])
def test_a_page_that_is_too_large_is_refused_in_the_gateways_words(name: str) -> None:
    code, message = refusal(lambda: page_arguments({name: LARGEST_PAGE + 1}, count=False))
    with pytest.raises(Refused) as noticed:
        check_page(name, LARGEST_PAGE + 1, Limits())
    error = noticed.value.errors[0]
    assert (code, message) == (error.code, error.message)
    assert (code, message) == ("LIMIT_PAGE_SIZE", f"{name} is more than {LARGEST_PAGE}, the most rows of one page")
    check_page(name, LARGEST_PAGE, Limits())


def test_the_largest_page_is_described(graphs: Mapping[str, Graph]) -> None:
    for graph in graphs.values():
        for type_ in graph.schema.type_map.values():
            for field in getattr(type_, "fields", {}).values() if isinstance(type_, GraphQLObjectType) else ():
                for name in field.args.keys() & {"first", "last"}:
                    assert f"1 to {LARGEST_PAGE}" in (field.args[name].description or "")


def test_a_filter_becomes_columns_and_python_values(graphs: Mapping[str, Graph]) -> None:
    given = types(graphs, "battery.Query.batteries").read(
        {
            "filter": {
                "code": {"startsWith": " 0a1", "in": [world.CODES[0].lower() + " "]},
                "manufacturer": {"eq": world.MAKER},
                "producedOn": {"gte": "2026-04-01"},
                "nominalEnergyKwh": {"lt": 80},
                "province": {"in": ["350000"]},
                "or": [{"reprocessed": {"eq": True}}, {"not": {"stateOfHealth": {"isNull": True}, "status": {"ne": "SOLD"}}}],
            },
            "orderBy": {"field": "STATE_OF_HEALTH"},
            "first": 3,
        },
        count=True,
    )
    assert given.values == {
        "filter": {
            "code": {"startsWith": "0A1", "in": [world.CODES[0]]},
            "maker": {"eq": world.MAKER},
            "produced_on": {"gte": date(2026, 4, 1)},
            "nominal_energy_kwh": {"lt": 80.0},
            "province": {"in": ["35"]},
            "or": [{"is_product": {"eq": True}}, {"not": {"state_of_health": {"isNull": True}, "status": {"ne": "SOLD"}}}],
        },
        "orderBy": {"field": "state_of_health", "direction": "ASC"},
    }
    assert type(given.values["filter"]["nominal_energy_kwh"]["lt"]) is float
    assert given.page == PageArguments(3, count=True)


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        ({"filter": {"stateOfHealth": {"gte": None}}}, "INVALID_FILTER", "filter.stateOfHealth.gte"),
        ({"filter": {"stateOfHealth": None}}, "INVALID_FILTER", "filter.stateOfHealth"),
        ({"filter": {"code": {"startsWith": "0A%"}}}, "INVALID_IDENTIFIER", "filter.code.startsWith: battery code, position 3: only digits"),
        ({"filter": {"or": [{"code": {"startsWith": "0" * 25}}]}}, "INVALID_IDENTIFIER", "filter.or[0].code.startsWith: battery code: the beginning"),
        ({"filter": {"or": [{"chemistry": {"eq": None}}]}}, "INVALID_FILTER", "filter.or[0].chemistry.eq"),
        ({"filter": {"code": {"eq": world.CODES[0][:-1] + "O"}}}, "INVALID_IDENTIFIER", "filter.code.eq: battery code, position 24"),
        ({"filter": {"province": {"eq": "350902"}}}, "INVALID_PROVINCE", "filter.province.eq: the code of a province ends in 0000"),
        ({"filter": {"or": [{"province": {"in": ["350000", "350902"]}}]}}, "INVALID_PROVINCE", "filter.or[0].province.in[1]: "),
        ({"filter": {"not": {"stateOfHealth": {"gte": 1}, "model": {"in": ["x"] * 201}}}}, "INVALID_FILTER", "filter.not.model.in has 201 values; 200 are"),
        ({"filter": {"manufacturer": {"in": [world.MAKER] * 201}}}, "INVALID_FILTER", "filter.manufacturer.in has 201 values"),
        ({"filter": {"producedOn": {"eq": "2026-02-30"}}}, "INVALID_ARGUMENT", "filter.producedOn.eq: a Date"),
        ({"filter": {"chemistry": {"eq": "LEAD"}}}, "INVALID_ARGUMENT", "enum Chemistry"),
        ({"filter": {"cycleCount": {"eq": 1.5}}}, "INVALID_ARGUMENT", "filter.cycleCount.eq"),
        ({"filter": {"unheard": {"eq": 1}}}, "INVALID_ARGUMENT", "filter has a field"),
        ({"filter": {"model": {"eq": "a\x00b"}}}, "INVALID_ARGUMENT", "without NUL"),
        ({"orderBy": {"field": "VIN"}}, "INVALID_ARGUMENT", "orderBy.field"),
        ({"orderBy": {}}, "INVALID_ARGUMENT", "orderBy.field is required"),
        ({"first": True}, "INVALID_ARGUMENT", "first"),
        ({"first": 0}, "INVALID_PAGE", "not 0"),
    ],
)
def test_what_does_not_fit_is_refused(graphs: Mapping[str, Graph], wrong: dict[str, Any], code: str, said: str) -> None:
    found, message = refusal(lambda: types(graphs, "battery.Query.batteries").read(wrong))
    assert found == code
    assert said in message


def test_a_province_that_is_none_is_named_by_its_argument(graphs: Mapping[str, Graph]) -> None:
    for place in ("enterprise.Enterprise.outlets", "enterprise.Battery.takeBackOutlets"):
        code, message = refusal(lambda place=place: types(graphs, place).read({"province": "350902"}))
        assert (code, message.partition(":")[0]) == ("INVALID_PROVINCE", "province")


def test_a_whole_number_is_an_id_however_json_wrote_it(graphs: Mapping[str, Graph]) -> None:
    read = types(graphs, "vehicle.Query.vehicle").read
    assert [read({"id": each}).values for each in (7, 7.0, "7")] == [{"id": "7"}] * 3
    assert refusal(lambda: read({"id": 7.5}))[0] == "INVALID_ARGUMENT"
    assert refusal(lambda: read({"id": True}))[0] == "INVALID_ARGUMENT"


def test_a_role_is_asked_for_at_the_top_alone(graphs: Mapping[str, Graph]) -> None:
    read = types(graphs, "enterprise.Query.enterprises").read
    assert read({"filter": {"role": {"in": ["BM"]}, "name": {"startsWith": "甲"}}}).values == {"filter": {"role": {"in": ["BM"]}, "name": {"startsWith": "甲"}}}
    assert refusal(lambda: read({"filter": {"not": {"role": {"eq": "BM"}}}}))[0] == "INVALID_FILTER"
    assert refusal(lambda: read({"filter": {"role": {"eq": "BM", "in": ["OEM"]}}}))[0] == "INVALID_FILTER"


def test_arguments_that_are_needed(graphs: Mapping[str, Graph]) -> None:
    assert refusal(lambda: types(graphs, "battery.Query.battery").read({}))[0] == "INVALID_ARGUMENT"
    assert refusal(lambda: types(graphs, "battery.Query.battery").read({"code": None}))[0] == "INVALID_ARGUMENT"
    assert types(graphs, "battery.Query.batteriesByCode").read({"codes": world.CODES[0]}).values == {"codes": [world.CODES[0]]}


def test_every_argument_of_every_field_takes_its_own_result_again(graphs: Mapping[str, Graph]) -> None:
    """A subgraph served alone hands over what graphql-core coerced already."""
    read = types(graphs, "battery.Query.batteries").read
    once = read({"filter": {"producedOn": {"eq": date(2026, 4, 1)}, "code": {"eq": world.CODES[0]}}})
    assert once.values == {"filter": {"produced_on": {"eq": date(2026, 4, 1)}, "code": {"eq": world.CODES[0]}}}


def test_paging_is_all_or_nothing(graphs: Mapping[str, Graph]) -> None:
    """A field that leads to a connection takes all four arguments, the two that walk forward where it is subscribed to, and no other field takes any; none of
    them is required."""
    for graph in graphs.values():
        for type_ in graph.schema.type_map.values():
            for field in type_.fields.values() if isinstance(type_, GraphQLObjectType) else ():
                paging: dict[str, GraphQLArgument] = {n: a for n, a in field.args.items() if n in ("first", "after", "last", "before")}
                whole = 2 if type_.name == "Subscription" else 4
                assert len(paging) == (whole if str(field.type).rstrip("!").endswith("Connection") else 0)
                assert not any(isinstance(each.type, GraphQLNonNull) for each in paging.values())


@given(st.datetimes(timezones=st.just(UTC)))
def test_moments_are_spelled_as_the_edge_spells_them(moment: datetime) -> None:
    assert write_datetime(moment) == as_json(moment)
    assert read_datetime(write_datetime(moment)) == moment


@given(st.dates())
def test_days_are_spelled_as_the_edge_spells_them(day: date) -> None:
    assert write_date(day) == as_json(day)
    assert read_date(write_date(day)) == day


@pytest.mark.parametrize("text", ["2026-W01-1", "20260101", "2026-1-1", "2026-13-01", "", 20260101, None])
def test_no_other_spelling_is_a_day(text: Any) -> None:
    with pytest.raises(ValueError, match="Date"):
        read_date(text)


@pytest.mark.parametrize("text", ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "now", 0])
def test_no_other_spelling_is_a_moment(text: Any) -> None:
    with pytest.raises(ValueError, match="DateTime"):
        read_datetime(text)
