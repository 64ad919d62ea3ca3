"""This module is in charge of pages by column: for whatever rows and standings, a column holds what the objects would have held, or the objects are made."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.by_column import ColumnPage, columns_of
from gateway.execution.local_compile import compile_fetch
from gateway.execution.local_program import Level, PageOutput
from gateway.execution.local_run import Run
from gateway.execution.project import compile_projection
from gateway.execution.run import Executed
from gateway.operation.normalise import normalise
from gateway.planning.plan import Fetch, Plan
from schema.graph import Graph, load_graphs
from tests.door.principals import MOMENT

GRAPH: Final[Graph] = load_graphs()["battery"]
FIELDS: Final = (
    "batteryCode", "type", "category", "recordedAt", "dueOn", "late", "reporter { uscc }", "counterparty { kind: __typename code: uscc }",
    "province { code }", "__typename", "was: type",
)  # fmt: skip
VALUES: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "code": st.sampled_from(["C1", "C2"]) | st.none(),
    # No type has this value, and nothing that cannot be null may be.
    "type": st.sampled_from(["PRODUCED", "SOLD"]) | st.sampled_from(["GOLD", None]),
    "category": st.sampled_from(["A", "H"]),
    "recorded_at": st.just(datetime(2026, 1, 1, tzinfo=UTC)) | st.just("2026-01-01T00:00:00Z"),
    "due_on": st.none() | st.just(MOMENT.date()),
    "late": st.booleans() | st.sampled_from([1, None]),
    "reporter": st.none() | st.sampled_from(["U1", "U2"]),
    "counterparty": st.none() | st.just("U3"),
    "province": st.none() | st.sampled_from(["35", "44"]),
}


class Record:
    """What a row of the driver's is: values by place and by name, in order."""

    def __init__(self, names: tuple[str, ...], values: tuple[Any, ...]) -> None:
        self._names, self._values = names, values

    def __getitem__(self, place: int | str) -> Any:
        return self._values[place if isinstance(place, int) else self._names.index(place)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def keys(self) -> tuple[str, ...]:
        """The names, in order."""
        return self._names


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, list[tuple[dict[str, Any], int]]]:
    """A document, and rows of every column, each with a standing. Few rows are wrong, so that most pages stay columns."""
    chosen = draw(st.lists(st.sampled_from(FIELDS), min_size=1, unique=True))
    rows = draw(st.lists(st.tuples(st.fixed_dictionaries(dict(VALUES)), st.sampled_from([-1, -1, -1, 1, 0])), min_size=1, max_size=4))
    return f"{{ lifecycleEvents {{ nodes {{ {' '.join(chosen)} }} }} }}", rows


def compiled(text: str) -> tuple[Level, tuple[str, ...], Any]:
    operation = normalise(parse(text), GRAPH.schema)
    program = compile_fetch(GRAPH, Fetch(0, "battery", (), (), text, operation, (), ()), {})
    assert program.root is not None
    (call,) = program.root.calls
    assert isinstance(call.output, PageOutput)
    return call.output.nodes[0][1], call.columns, compile_projection(Plan((), operation), GRAPH.schema)


@given(pages())
def test_a_column_holds_what_the_objects_would_have_held(page: tuple[str, list[tuple[dict[str, Any], int]]]) -> None:
    text, drawn = page
    level, wanted, project = compiled(text)
    rows = [Record((*wanted, "key", "standing"), (*(values[each] for each in wanted), values["code"], standing)) for values, standing in drawn]
    objects = Run(None, {})._build(level, rows, None)  # type: ignore[arg-type]
    expected = project(Executed({"lifecycleEvents": {"nodes": copy.deepcopy(objects)}}), {}, ())
    columns = columns_of(level, rows)
    left = ColumnPage(("lifecycleEvents", "nodes"), columns, len(rows))
    found = project(Executed({"lifecycleEvents": {"nodes": []}}, page=left), {}, ())
    assert found.errors == expected.errors
    if expected.errors or found.data["lifecycleEvents"]["nodes"] is not left:
        assert found == expected
        return
    assert [_row(columns, at) for at in range(len(rows))] == [_leaves(each) for each in expected.data["lifecycleEvents"]["nodes"]]


def _row(columns: Mapping[tuple[str, ...], Any], at: int) -> dict[tuple[str, ...], Any]:
    """What is there of a row; a null on the way to it makes it null."""
    return {path: values[at] for path, values in columns.items() if values[at] is not None}


def _leaves(value: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    told: dict[tuple[str, ...], Any] = {}
    for key, each in value.items():
        told |= _leaves(each, (*path, key)) if isinstance(each, dict) else {} if each is None else {(*path, key): each}
    return told


def test_rows_of_which_the_first_one_s_cursor_is_asked_for_are_objects() -> None:
    for asked, stay in (("endCursor", True), ("startCursor", False)):
        text = f"{{ lifecycleEvents {{ pageInfo {{ {asked} }} nodes {{ type }} }} }}"
        program = compile_fetch(GRAPH, Fetch(0, "battery", (), (), text, normalise(parse(text), GRAPH.schema), (), ()), {})
        assert program.root is not None
        (call,) = program.root.calls
        assert isinstance(call.output, PageOutput)
        assert (call.output.only is not None) is stay


def test_rows_with_something_below_them_are_objects() -> None:
    for below in ("battery { code }", "vehicle { id }", "id"):
        level, _, _ = compiled(f"{{ lifecycleEvents {{ nodes {{ type {below} }} }} }}")
        assert level.items is None
