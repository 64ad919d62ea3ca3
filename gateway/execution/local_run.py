"""This module is in charge of running a program: batch resolver calls one after the other on the request's connection, rows into objects.

Every call answers for all rows of its level. Objects are made and put in their place before what hangs below them is
asked for, so that a place is known when something goes wrong there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from msgspec import structs

from auth.entitlements import relations_of
from gateway.execution.by_column import ColumnPage, columns_of
from gateway.execution.local_program import (
    Call,
    EdgeOutput,
    EntityProgram,
    Level,
    MadePart,
    MomentPart,
    NestedPart,
    PageOutput,
    Part,
    Path,
    Program,
    StubPart,
)
from gateway.execution.subgraph import MAX_PLACES, Redaction, SubgraphError, SubgraphResult
from resolvers.batching import BadArgument, Batch, Page, Shut
from resolvers.database.reading import Reading
from schema.arguments import Given
from schema.bindings import AS_OF, Lookup, Row, Rows, Shape, shut_letter, stub_row, told_as_of

Object = dict[str, Any]

CLOSED: Final = "CATEGORY_CLOSED"
_UNPLACED: Final = frozenset({type(None), Shut})


class Run:
    """One execution of a program: its reading, its variables, and what it has found so far."""

    __slots__ = ("_errors", "_page", "_pending", "_reading", "_redactions", "_root", "_variables")

    def __init__(self, reading: Reading, variables: Mapping[str, Any]) -> None:
        self._reading = reading
        self._variables = variables
        # Each with the past moment that its rows are told as of, None for the present.
        self._pending: deque[tuple[Call, Sequence[Row], list[Object], datetime | None]] = deque()
        self._errors: list[SubgraphError] = []
        self._redactions: set[Redaction] = set()
        self._root: Any = None
        self._page: ColumnPage | None = None

    async def root(self, program: Program) -> SubgraphResult:
        """The answer of a root fetch."""
        assert program.root is not None
        (data,) = self._build(program.root, [stub_row(None)], None)
        self._root = data
        if program.serial:
            for first in [self._pending.popleft() for _ in range(len(self._pending))]:
                self._pending.append(first)
                await self._drain()
        await self._drain()
        return SubgraphResult(data, (), tuple(self._errors), self._sorted_redactions(), self._page)

    async def entities(self, program: Program, representations: Sequence[Mapping[str, Any]]) -> SubgraphResult:
        """The answer of an entity fetch, aligned with the representations."""
        found: list[Object | None] = [None] * len(representations)
        self._root = found
        if program.only is not None:
            await self._of_type(program.only, representations, range(len(found)), found, None)
        else:
            for type_name, places in _by_type(representations).items():
                if (entity := program.entities.get(type_name)) is None:
                    continue
                for as_of, own in _by_moment(entity, representations, places):
                    await self._of_type(entity, representations if len(own) == len(found) else [representations[n] for n in own], own, found, as_of)
        if self._pending:
            await self._drain()
        return SubgraphResult(None, tuple(found), tuple(self._errors), self._sorted_redactions())

    async def _of_type(
        self,
        program: EntityProgram,
        representations: Sequence[Mapping[str, Any]],
        places: Sequence[int],
        found: list[Object | None],
        as_of: datetime | None,
    ) -> None:
        entity, reading = program.entity, self._reading
        key_of = entity.key
        keys = [key_of(reading, each) for each in representations]
        if entity.resolve is None:
            extra = entity.extra or _nothing
            rows = [None if key is None else stub_row(key, extra(each)) for each, key in zip(representations, keys, strict=True)]
        else:
            wanted = _unique(keys)
            rows = await entity.resolve(reading, Batch(wanted, program.columns, as_of=as_of)) if wanted else []
            if len(wanted) < len(keys):
                by_key = dict(zip(wanted, rows, strict=True))
                rows = [by_key.get(key) for key in keys]
        if None in rows:
            places = [n for n, row in zip(places, rows, strict=True) if row is not None]
            rows = [row for row in rows if row is not None]
        built = self._build(program.level, rows, as_of)
        if len(built) == len(found):
            found[:] = built
        else:
            for n, each in zip(places, built, strict=True):
                found[n] = each

    async def _drain(self) -> None:
        pending = self._pending
        while pending:
            call, rows, objects, as_of = pending.popleft()
            try:
                if isinstance(call.binding, Lookup):
                    await self._look_up(call, call.binding, call.arguments(self._variables), objects[0])
                else:
                    await self._call(call, call.binding, rows, objects, as_of)
            except BadArgument as wrong:
                for each in objects:
                    each[call.key] = None
                # Each null has an error of its own (GraphQL specification, section 6.4.4).
                nulls = places(self._root, call.path, frozenset(map(id, objects)))
                self._errors += [SubgraphError(str(wrong), wrong.code, path) for path in islice(nulls, MAX_PLACES)]

    async def _call(self, call: Call, binding: Rows, rows: Sequence[Row], objects: list[Object], as_of: datetime | None) -> None:
        given = call.arguments(self._variables)
        if as_of is not None:
            as_of = told_as_of(binding, call.name, as_of)
        keys = _keys(call, binding, rows)
        wanted = _unique(keys)
        found = await binding.resolve(self._reading, Batch(wanted, call.columns, given.values, given.page, call.exact, as_of)) if wanted else []
        if len(wanted) < len(keys):
            by_key = dict(zip(wanted, found, strict=True))
            found = [by_key.get(key) for key in keys]
        if not _UNPLACED.isdisjoint(map(type, found)):
            found, objects = self._placed(call, binding, found, objects)
        self._place(call, binding.shape, found, objects, None if binding.entity else as_of)

    def _placed(self, call: Call, binding: Rows, found: Sequence[Any], objects: Sequence[Object]) -> tuple[list[Any], list[Object]]:
        """What was found, and where it goes; null stands where nothing was, or where it is shut."""
        answers, targets = [], []
        for answer, target in zip(found, objects, strict=True):
            if answer is None:
                target[call.key] = None
            elif type(answer) is Shut:
                target[call.key] = None
                self._redact(call.path, shut_letter(binding.gate), answer.standing)
            else:
                answers.append(answer)
                targets.append(target)
        return answers, targets

    async def _look_up(self, call: Call, binding: Lookup, given: Given, target: Object) -> None:
        keys = list(binding.keys(self._reading, given.values)) if binding.keys is not None else [None]
        # Without `keys` the list is the caller's, and its one key is None; else None is a key that cannot be.
        wanted = _unique(keys) if binding.keys is not None else keys
        page = given.page
        if page is not None and self._reading.pages > 1:
            page = replace(page, limit=page.limit * self._reading.pages)
        as_of = given.values.get(AS_OF)
        only = call.output.only if self._reading.by_column and isinstance(call.output, PageOutput) else None
        batch = Batch(wanted, call.columns, given.values, page, call.exact, as_of, only is not None, self._reading.written)
        answers = await binding.resolve(self._reading, batch) if wanted else []
        if len(wanted) < len(keys):
            by_key = dict(zip(wanted, answers, strict=True))
            answers = [by_key.get(key) for key in keys]
        if binding.shape is Shape.EACH:
            assert isinstance(call.output, Level)
            objects = iter(self._build(call.output, [row for row in answers if row is not None], as_of))
            target[call.key] = [None if row is None else next(objects) for row in answers]
        elif answers[0] is None:
            target[call.key] = None
        elif only is not None and isinstance(call.output, PageOutput) and answers[0].rows:
            (rows, *above), level = only
            self._page = ColumnPage((call.key, rows), columns_of(level, answers[0].rows), len(answers[0].rows), tuple(above))
            self._place(call, binding.shape, [structs.replace(answers[0], rows=(), cursors=())], [target], as_of)
            target[call.key] |= {key: {name: _info(answers[0], part) for name, part in names} for key, names in call.output.infos}
        else:
            self._place(call, binding.shape, answers, [target], as_of)

    def _place(self, call: Call, shape: Shape, answers: list[Any], targets: list[Object], as_of: datetime | None) -> None:
        key, output = call.key, call.output
        if isinstance(output, PageOutput):
            values: list[Any] = self._pages(output, answers, as_of)
        elif shape is Shape.ONE:
            values = self._build(output, answers, as_of)
        else:
            values = _split(self._build(output, [row for rows in answers for row in rows], as_of), [len(rows) for rows in answers])
        for target, value in zip(targets, values, strict=True):
            target[key] = value

    def _pages(self, output: PageOutput, pages: Sequence[Page], as_of: datetime | None) -> list[Object]:
        connections = [dict(output.template) for _ in pages]
        sizes = [len(page.rows) for page in pages]
        rows = pages[0].rows if len(pages) == 1 else [row for page in pages for row in page.rows]
        for key, level in output.nodes:
            for each, nodes in zip(connections, _split(self._build(level, rows, as_of), sizes), strict=True):
                each[key] = nodes
        for key, edges in output.edges:
            for each, made in zip(connections, _split(self._edges(edges, pages, rows, as_of), sizes), strict=True):
                each[key] = made
        for page, each in zip(pages, connections, strict=True):
            for key, names in output.infos:
                each[key] = {name: _info(page, part) for name, part in names}
            each.update((key, page.total) for key in output.totals)
            each.update((key, None if page.total is None else page.total_capped) for key in output.capped)
        return connections

    def _edges(self, output: EdgeOutput, pages: Sequence[Page], rows: Sequence[Row], as_of: datetime | None) -> list[Object]:
        if len(output.template) == len(output.nodes) == 1:
            ((key, level),) = output.nodes
            return [{key: node} for node in self._build(level, rows, as_of)]
        edges = [dict(output.template) for _ in rows]
        for key, level in output.nodes:
            for edge, node in zip(edges, self._build(level, rows, as_of), strict=True):
                edge[key] = node
        if output.cursors:
            cursors = (cursor for page in pages for cursor in page.cursors)
            for edge, cursor in zip(edges, cursors, strict=True):
                edge.update((key, cursor) for key in output.cursors)
        return edges

    def _build(self, level: Level, rows: Sequence[Row], as_of: datetime | None) -> list[Object]:
        objects = level.make(rows)
        for part in level.parts:
            self._fill(part, rows, objects, as_of)
        if level.guards and rows:
            self._close(level, rows, objects)
        if rows:
            for call in level.calls:
                self._pending.append((call, rows, objects, as_of))
        return objects

    def _fill(self, part: Part, rows: Sequence[Row], objects: list[Object], as_of: datetime | None) -> None:
        match part:
            case MadePart(key, make, mask):
                teller = self._reading if as_of is None else self._reading.at(as_of)
                for row, each in zip(rows, objects, strict=True):
                    if not mask or row["standing"] & mask:
                        each[key] = make(teller, row)
            case MomentPart(key):
                for each in objects:
                    each[key] = as_of
            case StubPart(key, get, form, mask, level):
                known = [(get(row), each) for row, each in zip(rows, objects, strict=True) if row["standing"] & mask]
                there = [(value if form is None else form(value), each) for value, each in known if value is not None]
                stubs = self._build(level, [stub_row(value) for value, _ in there], None)
                for (_, each), stub in zip(there, stubs, strict=True):
                    each[key] = stub
            case NestedPart(key, present, level):
                there = [(row, each) for row, each in zip(rows, objects, strict=True) if present(row) is not None]
                for (_, each), nested in zip(there, self._build(level, [row for row, _ in there], as_of), strict=True):
                    each[key] = nested

    def _close(self, level: Level, rows: Sequence[Row], objects: list[Object]) -> None:
        """Redactions for what is closed on some row: most levels find in one pass that nothing is."""
        common = -1
        for row in rows:
            common &= row["standing"]
        for mask in level.masks:
            if not common & mask:
                break
        else:
            return
        for row, each in zip(rows, objects, strict=True):
            standing = row["standing"]
            for guard in level.guards:
                if not standing & guard.mask:
                    each[guard.key] = None
                    self._redact(guard.path, guard.letter, standing)

    def _redact(self, path: Path, letter: str, standing: int) -> None:
        self._redactions.add(Redaction(path, CLOSED, policy_id(letter, standing)))

    def _sorted_redactions(self) -> tuple[Redaction, ...]:
        return tuple(sorted(self._redactions, key=lambda each: (each.path, each.policy_id))) if self._redactions else ()


def _by_type(representations: Sequence[Mapping[str, Any]]) -> dict[str, Sequence[int]]:
    """The places of each type's representations."""
    types = {each["__typename"] for each in representations}
    if len(types) == 1:
        return dict.fromkeys(types, range(len(representations)))
    return {each: [n for n, representation in enumerate(representations) if representation["__typename"] == each] for each in sorted(types)}


def _by_moment(program: EntityProgram, representations: Sequence[Mapping[str, Any]], places: Sequence[int]) -> list[tuple[datetime | None, Sequence[int]]]:
    """The places by the past moment of what stands there: what is known by one key at two moments is two."""
    moment_of = program.entity.as_of
    if moment_of is None or not any(representations[n].get(AS_OF) is not None for n in places):
        return [(None, places)]
    found: dict[datetime | None, list[int]] = {}
    for n in places:
        # What is no moment is known by no key.
        try:
            moment = moment_of(representations[n])
        except ValueError:
            moment = None
        found.setdefault(moment, []).append(n)
    return [*found.items()]


def policy_id(letter: str, standing: int) -> str:
    """What a redaction names (docs/row-policy.md section 8): the category, then the relations that hold."""
    return f"{letter}:{'+'.join(relations_of(standing)) or 'none'}"


def places(root: Any, path: Path, meant: frozenset[int]) -> Iterator[tuple[str | int, ...]]:
    """The places in the answer that the response keys lead to, list indices included, in the objects of these ids."""
    if isinstance(root, list):
        for n, each in enumerate(root):
            yield from ((n, *rest) for rest in places(each, path, meant))
    elif isinstance(root, dict):
        if len(path) > 1:
            yield from ((path[0], *rest) for rest in places(root.get(path[0]), path[1:], meant))
        elif id(root) in meant:
            yield (path[0],)


def _nothing(_representation: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


def _keys(call: Call, binding: Rows, rows: Sequence[Row]) -> list[Any]:
    keys = [call.key_of(row) for row in rows]
    if len(binding.key) > 1:
        return [None if None in key else key for key in keys]
    if binding.form is None:
        return keys
    form = binding.form
    return [None if key is None else form(key) for key in keys]


def _unique(keys: Sequence[Any]) -> list[Any]:
    if len(keys) == 1:
        return [] if keys[0] is None else [*keys]
    found = dict.fromkeys(keys)
    found.pop(None, None)
    return list(found)


def _split(values: list[Any], sizes: list[int]) -> list[list[Any]]:
    if len(sizes) == 1:
        return [values]
    parts, start = [], 0
    for size in sizes:
        parts.append(values[start : start + size])
        start += size
    return parts


def _info(page: Page, part: str) -> Any:
    match part:
        case "has_next":
            return page.has_next
        case "has_previous":
            return page.has_previous
        case "start":
            return page.cursors[0] if page.rows else None
        case "end":
            return page.cursors[len(page.rows) - 1] if page.rows else None
        case _:
            return "PageInfo"
