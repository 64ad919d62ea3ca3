"""This module is in charge of merging: what two fetches say of the same place."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.execution.merge import merge_into, undo_rename


@pytest.mark.parametrize(
    ("target", "source", "expected"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 2}, {"a": 1}),
        ({"a": None}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": None}, {"a": 1}),
        ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": [{"x": 1}, {"x": 2}]}, {"a": [{"y": 1}, {"y": 2}]}, {"a": [{"x": 1, "y": 1}, {"x": 2, "y": 2}]}),
        ({"a": [None, {"x": 2}]}, {"a": [{"y": 1}, None]}, {"a": [{"y": 1}, {"x": 2}]}),
        ({"a": [[{"x": 1}], []]}, {"a": [[{"y": 1}], []]}, {"a": [[{"x": 1, "y": 1}], []]}),
        ({"a": [{"x": 1}]}, {"a": [{"y": 1}, {"y": 2}]}, {"a": [{"x": 1}]}),
        ({"a": {"x": 1}}, {"a": [1]}, {"a": {"x": 1}}),
    ],
)
def test_what_both_have_is_merged_and_the_first_word_stands(target: Any, source: Any, expected: Any) -> None:
    merge_into(target, source)
    assert target == expected


def test_one_entity_at_two_places_is_merged_into_both() -> None:
    entity = {"maker": {"id": "m"}}
    first: dict[str, Any] = {}
    second: dict[str, Any] = {"maker": {"name": "n"}}
    for target in (first, second):
        merge_into(target, entity)
    merge_into(first["maker"], {"title": "t"})
    assert (first["maker"]["title"], second) == ("t", {"maker": {"name": "n", "id": "m"}})


def test_a_rename_is_undone_wherever_it_was_made() -> None:
    data = {"found": [[{"_id_as_1": 1, "x": 2}, None], [{"id": 3}]], "other": {"_id_as_1": 4}}
    undo_rename(data, ("found", "_id_as_1"), "id")
    assert data == {"found": [[{"x": 2, "id": 1}, None], [{"id": 3}]], "other": {"_id_as_1": 4}}
