"""This module is in charge of planning: an allowed operation to a plan, by routes, fetches and passes.

It reads the supergraph and the operation and nothing else: the same operation has the same plan, whoever asks and with
whatever variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.errors import refused
from gateway.operation.normalise import variables_in
from gateway.operation.selection import Field, Operation, Selection, VariableDefinition
from gateway.planning.budget import MAX_STEPS, Budget
from gateway.planning.conditional import with_conditions_on_fields
from gateway.planning.context_variables import named_apart, with_variables
from gateway.planning.draft import DraftFetch
from gateway.planning.fetches import FetchBuilder
from gateway.planning.graph import PlanningGraph, Selections
from gateway.planning.passes import PASSES
from gateway.planning.paths import PathSearch
from gateway.planning.plan import Fetch, Plan, Requires
from gateway.planning.printer import print_document
from gateway.planning.routes import FETCH_COST, Jump, Route, Stand


def make_plan(graph: PlanningGraph, operation: Operation, *, max_steps: int = MAX_STEPS) -> Plan:
    """The plan of a query or mutation, or of the source event of a subscription.

    Refuses (PLAN_BUDGET_EXCEEDED) when the search takes too many steps, and (FIELD_UNREACHABLE) when no way leads to a field.
    """
    budget = Budget(max_steps)
    search = PathSearch(graph, budget)
    selections = with_conditions_on_fields(operation.selections)
    builder = FetchBuilder(graph, budget, selections)
    stand = Stand(operation.root_type, None)
    serial = operation.kind == "mutation"
    if serial:
        _add_serially(search, builder, stand, selections)
    else:
        builder.add_root(_complete(search.route(stand, selections)))
    draft = builder.draft
    for each in PASSES:
        each(draft)
    numbers = {fetch.id: number for number, fetch in enumerate(draft.fetches)}
    return Plan(tuple(_frozen(fetch, numbers, operation) for fetch in draft.fetches), operation, serial, graph.untold)


def _add_serially(search: PathSearch, builder: FetchBuilder, stand: Stand, selections: Selections) -> None:
    """One root field after the other (GraphQL spec, section 6.2.2); neighbours share a request where nothing has to be fetched between them."""
    after: frozenset[int] = frozenset()
    previous: Route | None = None
    for field in search.collect(stand.type, selections):
        route = _complete(search.route(stand, (field,)))
        if previous is None or previous.cost >= 2 * FETCH_COST or _subgraphs(previous) != _subgraphs(route):
            after = frozenset(fetch.id for fetch in builder.draft.fetches)
        builder.add_root(route, after)
        previous = route


def _subgraphs(route: Route) -> list[str]:
    return [move.subgraph for move in route.moves if isinstance(move, Jump)]


def _complete(route: Route) -> Route:
    for field in _leaves(route.missing):
        raise refused("FIELD_UNREACHABLE", f"No subgraph that has {field.parent_type}.{field.name} can be entered from where it is selected.")
    return route


def _leaves(selections: Iterable[Selection]) -> Iterator[Field]:
    for each in selections:
        if isinstance(each, Field) and not each.selections:
            yield each
        else:
            yield from _leaves(each.selections)


def _frozen(fetch: DraftFetch, numbers: dict[int, int], operation: Operation) -> Fetch:
    selections = fetch.root.selections()
    is_entity = bool(fetch.needs)
    kind = "query" if fetch.path else operation.kind
    used = frozenset(_variables(selections))
    variables = tuple(each for each in operation.variables if each.name in used)
    contexts = named_apart(fetch.contexts, numbers[fetch.id], (each.name for each in operation.variables))
    if contexts:
        selections = with_variables(selections, {own.name: each.name for own, each in zip(fetch.contexts, contexts)})
        variables += tuple(VariableDefinition(each.name, each.type, False, None) for each in contexts)
    return Fetch(
        id=numbers[fetch.id],
        subgraph=fetch.subgraph,
        path=fetch.path,
        requires=tuple(Requires(type_name, tuple(fields.values()), fetch.objects[type_name]) for type_name, fields in fetch.needs.items()),
        document=print_document(kind, variables, selections, is_entity),
        operation=Operation(kind, None, "Query" if fetch.path else operation.root_type, variables, selections),
        variables=tuple(each.name for each in variables),
        depends_on=tuple(sorted(numbers[each] for each in fetch.waits_for)),
        conditions=fetch.conditions,
        renames=tuple(fetch.renames),
        contexts=contexts,
    )


def _variables(selections: Iterable[Selection]) -> Iterator[str]:
    for each in selections:
        yield from (condition.variable for condition in each.conditions)
        if isinstance(each, Field):
            for _, value in each.arguments:
                yield from variables_in(value)
        yield from _variables(each.selections)
