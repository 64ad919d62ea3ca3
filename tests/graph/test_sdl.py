"""This module is in charge of testing the printed graph: what is in git, what is described, and what names a category."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DirectiveNode,
    EnumTypeDefinitionNode,
    GraphQLNonNull,
    GraphQLObjectType,
    InputObjectTypeDefinitionNode,
    ListValueNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    parse,
)

from auth.entitlements import CATEGORIES, CATEGORY_RULES, REPORTING_ROLES
from gateway.composition.compose import compose
from gateway.composition.supergraph import SubgraphSource, Supergraph
from resolvers.identifiers.region import RegionLevel
from resolvers.ledger.events import EVENTS, NOTICES
from resolvers.ledger.events import EventType as LedgerEvent
from resolvers.ledger.recording.forms import FIELDS
from resolvers.ledger.states import Status
from schema.bindings import Lookup, Nested, Rows, Stub
from schema.graph import Graph

SCHEMA = Path(__file__).parents[2] / "schema"
NAMES = ("battery", "vehicle", "enterprise")

# Containers and paging: they hold no data of their own.
PLAIN_ARGUMENTS = {"validateOnly", "filter", "orderBy", "first", "after", "last", "before"}
PLAIN_INPUTS = {"and", "or", "not"}
ORDER_INPUTS = {"field", "direction"}
# What an operator compares stands behind the field of the filter that the operator is used on.
OPERATORS = {"eq", "ne", "in", "gt", "gte", "lt", "lte", "startsWith", "isNull"}
PLAIN_TYPES = {"PageInfo"}
# Words, which fields of a category use; what can be sorted by is not one of them.
VOCABULARIES = {
    "AcceptancePurpose", "AcceptanceReason", "BuyerBusiness", "FieldOfUse", "Grade", "GradingRoute", "RecyclingProcess",
    "BatteryStatus", "CaseAuthority", "CaseEventKind", "CaseState",
    "CellFormat", "Chemistry", "Discrepancy", "EnterpriseStatus", "EventCategory", "EventType", "FindingSeverity", "FindingState",
    "FindingSubject", "HandOverOutcome", "ObligationDuty", "OrderDirection", "OwnerKind", "PartyRole", "Powertrain", "ProductType", "RegionLevel",
    "ReportOutcome", "SafetyClass", "SafetySeverity", "DwellClass", "PublishedCube", "StatisticDimension",
    "PackMatch", "SiteActivity", "SwapDirection",
    "TakeBackBasis", "TakeBackOutcome",
    "ProcessKind", "RecoveredKind",
}  # fmt: skip


def categories(node: Any) -> tuple[str, ...]:
    for directive in node.directives or ():
        if directive.name.value == "category":
            return strings(directive, "names")
    return ()


def strings(directive: DirectiveNode, argument: str) -> tuple[str, ...]:
    value = next(each.value for each in directive.arguments or () if each.name.value == argument)
    assert isinstance(value, ListValueNode)
    return tuple(each.value for each in flat(value))


def flat(value: ListValueNode) -> Iterator[StringValueNode]:
    for each in value.values:
        if isinstance(each, ListValueNode):
            yield from flat(each)
        else:
            assert isinstance(each, StringValueNode)
            yield each


def definitions(graphs: Mapping[str, Graph]) -> Iterator[Any]:
    for graph in graphs.values():
        for node in parse(graph.sdl).definitions:
            if isinstance(node, ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode | EnumTypeDefinitionNode) and not node.name.value.startswith("_"):
                yield node


def elements(graphs: Mapping[str, Graph]) -> Iterator[tuple[str, Any]]:
    """Every output field, argument, input field and enum value, with its coordinate."""
    for node in definitions(graphs):
        name = node.name.value
        if isinstance(node, EnumTypeDefinitionNode):
            yield from ((f"{name}.{each.name.value}", each) for each in node.values or ())
            continue
        for field in node.fields or ():
            if field.name.value in {"_service", "_entities"}:
                continue
            yield f"{name}.{field.name.value}", field
            if isinstance(node, ObjectTypeDefinitionNode):
                yield from ((f"{name}.{field.name.value}({each.name.value}:)", each) for each in field.arguments or ())


def needs_category(coordinate: str) -> bool:
    type_name, _, member = coordinate.partition(".")
    if member.endswith(":)"):
        return member.partition("(")[2][:-2] not in PLAIN_ARGUMENTS
    if type_name.endswith("Filter"):
        return member not in PLAIN_INPUTS
    if type_name.endswith("Condition"):
        return member not in OPERATORS
    if type_name in {"BatteryOrder", "LifecycleEventOrder", "VehicleOrder", "EnterpriseOrder"}:
        return member not in ORDER_INPUTS
    return type_name not in PLAIN_TYPES | VOCABULARIES and member != "pageInfo"


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_sdl_is_the_one_in_git(graphs: Mapping[str, Graph], name: str) -> None:
    printed = (SCHEMA / f"{name}.graphql").read_text(encoding="utf-8")
    assert printed == graphs[name].sdl, "write it anew: python -m schema"


def test_everything_is_described(graphs: Mapping[str, Graph]) -> None:
    bare = [coordinate for coordinate, node in elements(graphs) if node.description is None]
    bare += [node.name.value for node in definitions(graphs) if node.description is None]
    assert bare == []


def test_quantities_name_their_unit(graphs: Mapping[str, Graph]) -> None:
    units = ("kWh", "Ah", " V", "kg", "percent", "milliohm", "megaohm", "Celsius", "tonnes", "0 to 1", "minutes", "Packs")
    bare = [
        coordinate
        for coordinate, node in elements(graphs)
        if getattr(getattr(node, "type", None), "name", None) is not None
        and node.type.name.value == "Float"
        and not coordinate.partition(".")[0].endswith("Condition")
        and not any(unit in node.description.value for unit in units)
    ]
    assert bare == []


def test_a_unit_in_a_name_is_one_unit(graphs: Mapping[str, Graph]) -> None:
    """Milli and mega are one letter apart in symbols, and names have no capital to tell them by."""
    assert [coordinate for coordinate, _ in elements(graphs) if coordinate.endswith("Mohm")] == []
    for coordinate, node in elements(graphs):
        for unit in ("milliohm", "megaohm"):
            assert coordinate.lower().endswith(unit) == (unit in node.description.value), coordinate


def test_everything_with_data_behind_it_has_a_category(graphs: Mapping[str, Graph]) -> None:
    bare = [coordinate for coordinate, node in elements(graphs) if needs_category(coordinate) and not categories(node)]
    assert bare == []
    assert all(set(categories(node)) <= CATEGORIES.keys() for _, node in elements(graphs))


def test_scopes_follow_from_the_category(graphs: Mapping[str, Graph]) -> None:
    for coordinate, node in elements(graphs):
        scoped = [each for each in node.directives or () if each.name.value == "requiresScopes"]
        external = any(each.name.value == "external" for each in node.directives or ())
        if ":" in coordinate or not categories(node) or external or coordinate.partition(".")[0].endswith(("Filter", "OrderField", "Input")):
            assert scoped == [], coordinate
        elif not coordinate.startswith("Mutation."):
            assert strings(scoped[0], "scopes") == tuple(CATEGORY_RULES[each].scope for each in categories(node)), coordinate


def test_who_may_send_a_mutation_follows_from_the_register_of_events(graphs: Mapping[str, Graph]) -> None:
    """Whoever reports reads category A, and has the scope of a role that may report the event; each event has its mutation."""
    deeds = {f"TAKE_BACK_{done}": f"Mutation.{do}TakeBack" for do, done in (("request", "REQUESTED"), ("accept", "ACCEPTED"), ("refuse", "REFUSED"))}
    mutations = {coordinate: node for coordinate, node in elements(graphs) if coordinate.startswith("Mutation.") and ":" not in coordinate}
    found = {coordinate: node for coordinate, node in mutations.items() if "Case" not in coordinate}
    for event in FIELDS:
        name = deeds.get(event) or "Mutation.report" + "".join(each.capitalize() for each in event.split("_"))
        scoped = next(each for each in found[name].directives or () if each.name.value == "requiresScopes")
        assert strings(scoped, "scopes") == tuple(each for role in sorted(EVENTS[event].reporters) for each in ("battery:identity", "report:" + role)), event
    assert len(found) == len(FIELDS) + 4
    # What dismantling released is told with it.
    assert set(FIELDS) | {LedgerEvent.RELEASED} == set(LedgerEvent)


def test_who_may_act_in_a_case_is_an_authority_or_answers(graphs: Mapping[str, Graph]) -> None:
    """Whoever acts reads category M, and has the scope of a role: an authority's, or any to answer with."""
    found = {coordinate: node for coordinate, node in elements(graphs) if coordinate.startswith("Mutation.") and ":" not in coordinate}
    acts = {each: node for each, node in found.items() if "Case" in each}
    assert set(acts) == {"Mutation.openCase", "Mutation.askInCase", "Mutation.answerInCase", "Mutation.decideCase", "Mutation.handOverCase"}
    for coordinate, node in acts.items():
        scoped = next(each for each in node.directives or () if each.name.value == "requiresScopes")
        roles = REPORTING_ROLES if coordinate == "Mutation.answerInCase" else {"PR", "MI", "ME", "SA"}
        assert strings(scoped, "scopes") == tuple(each for role in sorted(roles) for each in ("findings:read", "report:" + role)), coordinate


def test_what_may_be_hidden_may_be_null(graphs: Mapping[str, Graph]) -> None:
    """A field outside categories A and L is nullable, unless it is the inside of a list that is."""
    inside = ("Connection", "Edge")
    wrong = [
        coordinate
        for coordinate, node in elements(graphs)
        if set(categories(node)) - {"A", "L"} and isinstance(getattr(node, "type", None), NonNullTypeNode) and not coordinate.partition(".")[0].endswith(inside)
    ]
    assert wrong == []


def test_what_leads_to_rows_may_fail_by_itself(graphs: Mapping[str, Graph]) -> None:
    """A null that may not be takes with it what stands beside it, which other rows or subgraphs gave."""
    wrong = [
        f"{graph.name}.{type_name}.{name}"
        for graph in graphs.values()
        for type_name, fields in graph.fields.items()
        for name, field in fields.items()
        if isinstance(field.binding, Rows | Lookup | Stub | Nested) and isinstance(_object_type(graph, type_name).fields[name].type, GraphQLNonNull)
    ]
    assert wrong == []


def _object_type(graph: Graph, name: str) -> GraphQLObjectType:
    found = graph.schema.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def test_the_three_compose(graphs: Mapping[str, Graph]) -> None:
    composed = compose([SubgraphSource(name, "in-process", graph.sdl) for name, graph in graphs.items()])
    assert isinstance(composed, Supergraph), str(composed)
    assert composed.requirements["Battery.stateOfHealth"].categories == {"F"}
    assert composed.requirements["BatteryFilter.stateOfHealth"].categories == {"F"}
    assert composed.requirements["BatteryOrderField.STATE_OF_HEALTH"].categories == {"F"}
    assert composed.requirements["Query.vehicle(vin:)"].categories == {"D"}
    assert composed.requirements["Query.vehicle"].categories == {"A", "D"}


def test_words_are_the_ledgers(graphs: Mapping[str, Graph]) -> None:
    """An enum's names are what the database stores."""
    types: Any = graphs["battery"].schema.type_map
    assert set(types["BatteryStatus"].values) == {each.value for each in Status}
    assert set(types["EventType"].values) == {each.value for each in LedgerEvent}
    # Those of facts below a pack as well: the door shows events of F and G by their own category.
    assert set(types["EventCategory"].values) == {rule.category for event, rule in EVENTS.items() if event not in NOTICES} | {"F", "G"}
    levels: Any = graphs["enterprise"].schema.type_map["RegionLevel"]
    assert set(levels.values) == {each.value.upper() for each in RegionLevel}
