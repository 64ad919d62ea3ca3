"""This module is in charge of compiling: the selection tree of a fetch, by the bindings of a graph, into a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Any, Final, assert_never

from gateway.execution.local_maker import Fixed, Item, KeyOnly, Leaf, compile_maker
from gateway.execution.local_program import (
    Call,
    EdgeOutput,
    EntityProgram,
    Get,
    Guard,
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
from gateway.execution.local_values import compile_arguments, merged
from gateway.operation.selection import Field
from gateway.planning.plan import Fetch
from resolvers.database.tables import Column
from schema.bindings import (
    AS_OF,
    Binding,
    FromAnswer,
    FromColumn,
    FromKey,
    FromMoment,
    Lookup,
    Made,
    Nested,
    Rows,
    Shape,
    Stub,
    guard_letter,
    guard_of,
)
from schema.graph import Graph, GraphField

ENTITY: Final = "_Entity"
TYPENAME: Final = "__typename"
_PAGE_INFO: Final = {
    "hasNextPage": "has_next",
    "hasPreviousPage": "has_previous",
    "startCursor": "start",
    "endCursor": "end",
}


def compile_fetch(graph: Graph, fetch: Fetch, flags: Mapping[str, bool]) -> Program:
    """The program of a fetch under these values of its condition variables."""
    compiler = _Compiler(graph, flags)
    operation = fetch.operation
    if not fetch.is_entity:
        fields = merged(operation.selections, frozenset({operation.root_type}), flags)
        level = compiler.level(operation.root_type, fields, (), _Columns(), exact=False)
        # What is asked as of past moments comes first: it may have to wait, and all else is read in the snapshot that it waited for.
        calls = tuple(sorted(level.calls, key=lambda call: AS_OF not in dict(fields[call.key].arguments)))
        return Program(replace(level, calls=calls), {}, serial=operation.kind == "mutation")
    programs = {}
    for type_name, entity in graph.entities.items():
        columns = _Columns()
        fields = merged(operation.selections, frozenset({type_name, ENTITY}), flags)
        level = compiler.level(type_name, fields, (), columns, exact=False)
        programs[type_name] = EntityProgram(entity, columns.names, level)
    return Program(None, programs, only=_only(fetch, programs))


def _only(fetch: Fetch, programs: Mapping[str, EntityProgram]) -> EntityProgram | None:
    """The program of all representations of the fetch, where they are of one type and say nothing of a past moment."""
    if len(fetch.requires) != 1 or any(each.name == AS_OF for each in fetch.requires[0].fields):
        return None
    return programs.get(fetch.requires[0].type)


class _Columns:
    """The columns that one batch is asked for; each gets its position when it is first needed."""

    def __init__(self) -> None:
        self._positions: dict[str, int] = {}

    def position(self, column: Column) -> int:
        return self._positions.setdefault(column.name, len(self._positions))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._positions)


class _Compiler:
    """Compiles the selections of one fetch."""

    def __init__(self, graph: Graph, flags: Mapping[str, bool]) -> None:
        self._graph = graph
        self._flags = flags

    def level(self, type_name: str, fields: Mapping[str, Field], path: Path, columns: _Columns, *, exact: bool) -> Level:
        """The level of rows of that type. `exact`: the rows were found by codes that the caller named."""
        draft = _Draft()
        for key, selected in fields.items():
            if selected.name == TYPENAME:
                draft.items[key] = Fixed(type_name)
                continue
            draft.items[key] = Fixed(None)
            field = self._graph.field(type_name, selected.name)
            here = (*path, key)
            guard = guard_of(field.binding) if field.binding is not None else None
            if guard is not None:
                draft.guards.append(Guard(key, here, guard.mask, guard_letter(guard)))
            self._add(draft, key, field, selected, here, columns, exact=exact)
        return draft.level()

    def _add(self, draft: _Draft, key: str, field: GraphField, selected: Field, path: Path, columns: _Columns, *, exact: bool) -> None:
        match field.binding:
            case FromColumn(column):
                draft.items[key] = Leaf(columns.position(column))
            case FromKey():
                draft.items[key] = Leaf("key")
            case FromMoment():
                draft.parts.append(MomentPart(key))
            case FromAnswer(name):
                draft.items[key] = Leaf(name)
            case Made(make, needs):
                for each in needs:
                    columns.position(each)
                draft.parts.append(MadePart(key, make, needs[0].mask if needs else 0))
            case Stub(column, form):
                place = columns.position(column)
                only = self._key_only(field, selected, place, form)
                if only is not None:
                    draft.items[key] = only
                else:
                    level = self._below(field, selected, path, _Columns(), exact=False)
                    draft.parts.append(StubPart(key, itemgetter(place), form, column.mask, level))
            case Nested(present):
                level = self._below(field, selected, path, columns, exact=exact)
                draft.parts.append(NestedPart(key, itemgetter(columns.position(present)), level))
            case Rows() | Lookup():
                draft.calls.append(self._call(key, field, field.binding, selected, path, columns, exact=exact))
            case None:
                raise KeyError(f"{selected.parent_type}.{selected.name} is answered by another subgraph")
            case _:
                assert_never(field.binding)

    def _key_only(self, field: GraphField, selected: Field, place: int, form: Callable[[Any], Any] | None) -> KeyOnly | None:
        """The stub as part of the row's own object, where only its key is asked for: the usual case, as the rest of it
        is another subgraph's."""
        fields = merged(selected.selections, frozenset({field.type_name}), self._flags)
        names = tuple((key, field.type_name) for key, each in fields.items() if each.name == TYPENAME)
        others = [(key, self._graph.field(field.type_name, each.name)) for key, each in fields.items() if each.name != TYPENAME]
        if not all(isinstance(each.binding, FromKey) for _, each in others):
            return None
        return KeyOnly(place, form, tuple(key for key, _ in others), names)

    def _below(self, field: GraphField, selected: Field, path: Path, columns: _Columns, *, exact: bool) -> Level:
        fields = merged(selected.selections, frozenset({field.type_name}), self._flags)
        return self.level(field.type_name, fields, path, columns, exact=exact)

    def _call(self, key: str, field: GraphField, binding: Rows | Lookup, selected: Field, path: Path, columns: _Columns, *, exact: bool) -> Call:
        own = _Columns()
        # What the caller found by naming its code is exact for facts below it, and no further than the next entity.
        below = binding.exact if isinstance(binding, Lookup) else exact and not binding.entity
        output: Level | PageOutput
        count, ahead = False, True
        if binding.shape is Shape.PAGE:
            output = self._page(field.type_name, selected, path, own, exact=below)
            count, ahead = bool(output.totals or output.capped), bool(output.infos)
        else:
            output = self._below(field, selected, path, own, exact=below)
        return Call(
            key,
            field.name,
            path,
            binding,
            _key_of(binding, columns),
            compile_arguments(field.arguments, selected, count=count, ahead=ahead),
            own.names,
            binding.exact if isinstance(binding, Lookup) else exact,
            output,
        )

    def _page(self, type_name: str, selected: Field, path: Path, columns: _Columns, *, exact: bool) -> PageOutput:
        template: dict[str, Any] = {}
        draft: dict[str, list[Any]] = {name: [] for name in ("nodes", "edges", "pageInfo", "totalCount", "totalCountCapped")}
        for key, each in merged(selected.selections, frozenset({type_name}), self._flags).items():
            template[key] = type_name if each.name == TYPENAME else None
            field = self._graph.fields[type_name].get(each.name)
            if each.name == "nodes" and field is not None:
                draft["nodes"].append((key, self._below(field, each, (*path, key), columns, exact=exact)))
            elif each.name == "edges" and field is not None:
                draft["edges"].append((key, self._edges(field.type_name, each, (*path, key), columns, exact=exact)))
            elif each.name == "pageInfo" and field is not None:
                draft["pageInfo"].append((key, self._info(field.type_name, each)))
            elif field is not None:
                draft[each.name].append(key)
        return PageOutput(template, *(tuple(found) for found in draft.values()))

    def _edges(self, type_name: str, selected: Field, path: Path, columns: _Columns, *, exact: bool) -> EdgeOutput:
        template: dict[str, Any] = {}
        cursors, nodes = [], []
        for key, each in merged(selected.selections, frozenset({type_name}), self._flags).items():
            template[key] = type_name if each.name == TYPENAME else None
            if each.name == "cursor":
                cursors.append(key)
            elif each.name == "node":
                field = self._graph.field(type_name, "node")
                nodes.append((key, self._below(field, each, (*path, key), columns, exact=exact)))
        return EdgeOutput(template, tuple(cursors), tuple(nodes))

    def _info(self, type_name: str, selected: Field) -> tuple[tuple[str, str], ...]:
        fields = merged(selected.selections, frozenset({type_name}), self._flags)
        return tuple((key, TYPENAME if each.name == TYPENAME else _PAGE_INFO[each.name]) for key, each in fields.items())


class _Draft:
    """A level being compiled."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.parts: list[Part] = []
        self.calls: list[Call] = []
        self.guards: list[Guard] = []

    def level(self) -> Level:
        masks = tuple(dict.fromkeys(guard.mask for guard in self.guards))
        plain = None if self.parts or self.calls else self.items
        return Level(compile_maker(self.items), tuple(self.parts), tuple(self.calls), tuple(self.guards), masks, plain)


def _key_of(binding: Binding, columns: _Columns) -> Get:
    if not isinstance(binding, Rows):
        return lambda _row: None
    named: Iterable[tuple[str, Column]] = ((each.name, each) for each in binding.needs)
    needed = dict(named)
    places = [columns.position(needed[name]) if name in needed else name for name in binding.key]
    return itemgetter(*places)
