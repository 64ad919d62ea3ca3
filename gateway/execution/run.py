"""This module is in charge of running a plan: each fetch starts when its inputs are there, and what it brings is merged.

A fetch that fails takes nothing else with it. Tasks are made for what can be waited for at the same time; fetches in this process
share one connection, so they are plain awaits, one after the other.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from msgspec import Struct

from gateway.alarms import Alarms, Until
from gateway.errors import ClientError, InternalError
from gateway.execution.by_column import ColumnPage
from gateway.execution.collecting import Collect, collected
from gateway.execution.conditions import are_met
from gateway.execution.context import RequestContext
from gateway.execution.contextual import Group, groups_of
from gateway.execution.failures import Failures, keys_as_merged, told_of
from gateway.execution.merge import copy_of, merge_into, undo_rename
from gateway.execution.repeats import repeats_of
from gateway.execution.representations import Entities, objects_at
from gateway.execution.subgraph import GatheringSubgraph, Keys, Redaction, Subgraph, SubgraphError, SubgraphRequest, SubgraphResult
from gateway.failing import failure
from gateway.planning.plan import Fetch, Plan
from gateway.planning.printer import print_path

Json = Any

# A fetch that was cancelled gets this long to put its connection away.
_CANCEL_GRACE_S: Final = 1.0
_NOWHERE: Final[frozenset[Keys]] = frozenset()
_NOTHING: Final[frozenset[int]] = frozenset()
# So many turns of the loop the first fetch that is ready waits for others of its subgraph.
TURNS: Final = 3
_log = logging.getLogger(__name__)


class Executed(Struct, frozen=True):
    """What the fetches brought, before projection: planner's keys are still in `data`, errors and redactions may speak of them.
    The rows of `page` are not in `data`."""

    data: dict[str, Json]
    errors: tuple[ClientError, ...] = ()
    redactions: tuple[Redaction, ...] = ()
    page: ColumnPage | None = None


async def execute(
    plan: Plan, variables: Mapping[str, Json], subgraphs: Mapping[str, Subgraph], context: RequestContext, log: logging.Logger = _log
) -> Executed:
    """Run the plan with coerced variables, until the context's deadline; never raises for what a subgraph does."""
    run = _Run(plan, variables, subgraphs, context, log)
    try:
        with Until(context.alarms or Alarms(), context.deadline):
            await run.walk()
    except TimeoutError:
        run.report_unfinished()
    return run.executed()


@dataclass(slots=True, eq=False)
class _Job:
    """Fetches that are one call; with `gathering` others may join until it is made."""

    fetches: list[Fetch]
    gathering: GatheringSubgraph | None = None


class _Asked(Struct, frozen=True):
    """A fetch, what is asked for it, and the entities that it is about."""

    fetch: Fetch
    request: SubgraphRequest
    entities: Entities | None


class _Run:
    __slots__ = (
        "_context",
        "_data",
        "_done",
        "_errors",
        "_failed",
        "_is_in_turn",
        "_kept",
        "_log",
        "_open",
        "_page",
        "_plan",
        "_redactions",
        "_subgraphs",
        "_tasks",
        "_under_way",
        "_variables",
        "_waits",
    )

    def __init__(self, plan: Plan, variables: Mapping[str, Json], subgraphs: Mapping[str, Subgraph], context: RequestContext, log: logging.Logger) -> None:
        self._plan = plan
        self._variables = variables
        self._subgraphs = subgraphs
        self._context = context
        self._log = log
        self._data: dict[str, Json] = {}
        self._page: ColumnPage | None = None
        self._errors: list[ClientError] = []
        # Which fields are null because of a failure is known when everything is done.
        self._failed: list[tuple[SubgraphError, Fetch, Entities | None]] = []
        self._redactions: set[Redaction] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: set[int] = set()
        # Calls that are about to be made, by subgraph.
        self._open: dict[str, _Job] = {}
        # What was collected since the tree was last changed.
        self._kept: dict[Collect, Entities] = {}
        self._waits: list[int] = []
        self._done = [False] * len(plan.fetches)
        self._is_in_turn = False

    async def walk(self) -> None:
        """Run everything; returns when all fetches are done."""
        if self._is_all_in_turn():
            self._is_in_turn = True
            await self._in_turn()
            return
        self._waits = [len(fetch.depends_on) for fetch in self._plan.fetches]
        try:
            await self._chain(self._jobs(self._plan.roots))
            while self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            if self._tasks:
                for task in self._tasks:
                    task.cancel()
                await asyncio.wait(self._tasks, timeout=_CANCEL_GRACE_S)

    def _is_all_in_turn(self) -> bool:
        for name in self._plan.subgraphs:
            subgraph = self._subgraphs.get(name)
            if subgraph is not None and not subgraph.in_turn:
                return False
        return True

    async def _in_turn(self) -> None:
        """Do one after the other: all share one connection, and nothing can be waited for at the same time. Each comes after what it depends on."""
        for fetch in self._plan.in_turn:
            if fetch.requires and not fetch.contexts:
                await self._entities_in_turn(fetch)
            else:
                await self._alone(fetch)
            self._done[fetch.id] = True

    async def _entities_in_turn(self, fetch: Fetch) -> None:
        """Most fetches: nothing is under way beside it, and the tree has changed since the one before."""
        try:
            if fetch.conditions and not are_met(fetch.conditions, self._variables):
                return
            entities = collected(fetch, self._plan, self._data, _NOTHING)
            if not entities.representations:
                return
            given = self._given(fetch) if fetch.variables else {}
            result = await self._subgraphs[fetch.subgraph].fetch(SubgraphRequest(fetch, given, tuple(entities.representations)), self._context)
            self._take_entities(fetch, entities, result)
            if result.errors or result.redactions:
                self._note(fetch, entities, result)
        except Exception:
            self._broken(fetch)

    def _jobs(self, ready: Iterable[Fetch]) -> list[_Job]:
        """What is to be done for fetches that have become ready: one each, but those that join what is about to be asked of the same subgraph."""
        jobs: list[_Job] = []
        for fetch in ready:
            subgraph = self._subgraphs.get(fetch.subgraph)
            if fetch.requires and isinstance(subgraph, GatheringSubgraph):
                open_call = self._open.get(fetch.subgraph)
                if open_call is not None:
                    open_call.fetches.append(fetch)
                    continue
                job = self._open[fetch.subgraph] = _Job([fetch], subgraph)
            else:
                job = _Job([fetch])
            jobs.append(job)
        return jobs

    async def _chain(self, jobs: list[_Job]) -> None:
        """Do these, and whatever becomes ready by them. All that go over the network are under way before anything is awaited."""
        while jobs:
            own = jobs if len(jobs) == 1 else [each for each in jobs if self._subgraphs[each.fetches[0].subgraph].in_turn] or jobs[:1]
            for other in jobs if len(own) < len(jobs) else ():
                if other not in own:
                    self._start(other)
            first, *later = own
            if first.gathering is None:
                await self._alone(first.fetches[0])
            else:
                await self._together(first, first.gathering)
            jobs = [*later, *self._jobs(self._completed(first.fetches))]

    def _start(self, job: _Job) -> None:
        task = asyncio.create_task(self._chain([job]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _completed(self, fetches: Iterable[Fetch]) -> list[Fetch]:
        """The fetches that had only been waiting for these."""
        ready: list[Fetch] = []
        for fetch in fetches:
            self._done[fetch.id] = True
            for each in self._plan.dependents[fetch.id]:
                self._waits[each.id] -= 1
                if self._waits[each.id] == 0:
                    ready.append(each)
        return ready

    async def _alone(self, fetch: Fetch) -> None:
        try:
            subgraph = self._subgraphs[fetch.subgraph]
            if not fetch.contexts:
                asked = self._asked_once(fetch)
                if asked is not None:
                    self._take(asked, await subgraph.fetch(asked.request, self._context))
                return
            groups = self._asked(fetch)
            calls = [subgraph.fetch(each.request, self._context) for each in groups]
            results = [await call for call in calls] if subgraph.in_turn else await asyncio.gather(*calls)
            for each, result in zip(groups, results):
                self._take(each, result)
        except Exception:
            self._broken(fetch)

    async def _together(self, job: _Job, subgraph: GatheringSubgraph) -> None:
        """Ask in one call what has become ready within some turns of the loop: in these it takes what the network brought. Where nothing else is to be
        done that takes no time, and where much is, what belongs together is found together."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        del self._open[job.fetches[0].subgraph]
        asked: list[_Asked] = []
        for fetch in job.fetches:
            try:
                asked += self._asked(fetch)
            except Exception:
                self._broken(fetch)
        if not asked:
            return
        try:
            results = await subgraph.fetch_together([each.request for each in asked], self._context)
            answered = list(zip(asked, results, strict=True))
        except Exception:
            for fetch in job.fetches:
                self._broken(fetch)
            return
        for each, result in answered:
            try:
                self._take(each, result)
            except Exception:
                self._broken(each.fetch)

    def _asked(self, fetch: Fetch) -> list[_Asked]:
        """What is asked for a fetch, mostly one thing."""
        if not fetch.contexts:
            once = self._asked_once(fetch)
            return [] if once is None else [once]
        if fetch.conditions and not are_met(fetch.conditions, self._variables):
            return []
        return [self._asked_by_context(each) for each in groups_of(fetch, self._data)]

    def _asked_once(self, fetch: Fetch) -> _Asked | None:
        """What is asked for a fetch that takes nothing from contexts; None where nothing is."""
        if fetch.conditions and not are_met(fetch.conditions, self._variables):
            return None
        given = self._given(fetch) if fetch.variables else {}
        # What comes as bytes may be read once where it is repeated.
        repeats = _NOWHERE if self._is_in_turn else repeats_of(fetch, self._plan)
        if not fetch.requires:
            # Nobody to ask about is no reason to ask.
            if fetch.path and not objects_at(self._data, fetch.path):
                return None
            return _Asked(fetch, SubgraphRequest(fetch, given, repeats=repeats), None)
        entities = collected(fetch, self._plan, self._data, self._under_way, self._kept)
        if not entities.representations:
            return None
        self._under_way.add(fetch.id)
        return _Asked(fetch, SubgraphRequest(fetch, given, tuple(entities.representations), repeats=repeats), entities)

    def _asked_by_context(self, group: Group) -> _Asked:
        """What is asked about the entities of one set of values."""
        given = {**self._given(group.fetch), **group.values}
        return _Asked(group.fetch, SubgraphRequest(group.fetch, given, tuple(group.entities.representations)), group.entities)

    def _take(self, asked: _Asked, result: SubgraphResult) -> None:
        fetch, entities = asked.fetch, asked.entities
        if entities is not None:
            self._under_way.discard(fetch.id)
            self._take_entities(fetch, entities, result)
        elif result.data is not None:
            self._take_data(fetch, result.data)
            self._page = result.page
        if result.errors or result.redactions:
            self._note(fetch, entities, result)

    def _given(self, fetch: Fetch) -> dict[str, Json]:
        given = self._variables
        return {name: given[name] for name in fetch.variables if name in given}

    def _note(self, fetch: Fetch, entities: Entities | None, result: SubgraphResult) -> None:
        self._failed.extend((error, fetch, entities) for error in result.errors)
        for redaction in result.redactions:
            path = keys_as_merged(redaction.path, fetch)
            self._redactions.add(Redaction(path, redaction.reason, redaction.policy_id))

    def _take_data(self, fetch: Fetch, data: Mapping[str, Json]) -> None:
        self._kept.clear()
        # A subgraph gives its answer away: it becomes part of the tree, and is changed there.
        answer = cast("dict[str, Json]", data)
        if fetch.renames:
            _undo_renames(fetch, answer)
        for target in objects_at(self._data, fetch.path):
            merge_into(target, answer)

    def _take_entities(self, fetch: Fetch, entities: Entities, result: SubgraphResult) -> None:
        if not result.entities and result.errors:
            return
        if len(result.entities) != len(entities.objects):
            raise InternalError(f"{fetch.subgraph} answered {len(result.entities)} of {len(entities.objects)} representations")
        self._kept.clear()
        for objects, found in zip(entities.objects, result.entities):
            if found is None:
                continue
            answer = cast("dict[str, Json]", found)
            if fetch.renames:
                _undo_renames(fetch, answer)
            is_apart = answer.keys().isdisjoint
            if self._plan.is_contextual and len(objects) > 1:
                # What is below may come to differ by what is above.
                for target in objects:
                    merge_into(target, copy_of(answer))
                continue
            for target in objects:
                # Mostly nothing of it is there yet.
                if is_apart(target):
                    target.update(answer)
                else:
                    merge_into(target, answer)

    def _broken(self, fetch: Fetch) -> None:
        """An exception is being handled: a defect of ours, or the database is away."""
        failed, request_id = sys.exc_info()[1], self._context.request_id
        assert failed is not None
        told = failure(failed, request_id, self._log, f"a fetch of subgraph {fetch.subgraph} at {print_path(fetch.path)!r} failed, request {request_id}")
        at = next(self._failures().places_of(fetch), ())
        self._errors.append(ClientError(told.code, told.message, path=at, extensions=told.extensions))

    def report_unfinished(self) -> None:
        """The deadline has passed: say so of every fetch that was under way."""
        for fetch in self._plan.fetches:
            under_way = not self._done[fetch.id] and all(self._done[each] for each in fetch.depends_on)
            if under_way and are_met(fetch.conditions, self._variables):
                self._log.warning(
                    "subgraph %s failed: SUBGRAPH_TIMEOUT (the request's deadline), fetch at %r, request %s",
                    fetch.subgraph,
                    print_path(fetch.path),
                    self._context.request_id,
                )
                error = SubgraphError(told_of(fetch.subgraph, "SUBGRAPH_TIMEOUT"), "SUBGRAPH_TIMEOUT")
                self._failed.append((error, fetch, None))

    def _failures(self) -> Failures:
        return Failures(self._plan, self._variables, self._data)

    def executed(self) -> Executed:
        """All that was brought, in an order that does not depend on who answered first."""
        if not (self._errors or self._failed or self._redactions):
            return Executed(self._data, page=self._page)
        located = self._failures().all_located(self._failed)
        errors = {(error.path, error.code, error.message): error for error in (*self._errors, *located)}
        in_order = sorted(errors.values(), key=lambda error: (path_order(error.path), error.code, error.message))
        # What two subgraphs could not give at one place is missing once (GraphQL specification, section 6.4.4: one error for each field).
        in_order = [each for above, each in zip((None, *in_order), in_order) if not each.path or above is None or above.path != each.path]
        redactions = sorted(self._redactions, key=lambda each: (each.path, each.reason, each.policy_id))
        return Executed(self._data, tuple(in_order), tuple(redactions), self._page)


def _undo_renames(fetch: Fetch, answer: dict[str, Json]) -> None:
    # Deepest first: a path is written in the keys that were asked for.
    for path, key in reversed(fetch.renames):
        undo_rename(answer, path, key)


def path_order(path: tuple[str | int, ...]) -> tuple[tuple[int, int, str], ...]:
    """A sort key for paths: indices by number, keys by letter."""
    return tuple((0, step, "") if isinstance(step, int) else (1, 0, step) for step in path)
