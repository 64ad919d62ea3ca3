"""This module is in charge of one pass: conditions that all fields of a fetch share decide whether it is made at all."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.planning.draft import Branch, Draft, Entry


def hoist_conditions(draft: Draft) -> None:
    """Move shared `@skip`/`@include` conditions from the fields to the fetch, so that a skipped field's chain does not run."""
    for fetch in draft.fetches:
        entries = list(_entries(fetch.root))
        if not entries:
            continue
        shared = set(entries[0].conditions).intersection(*(entry.conditions for entry in entries))
        if shared:
            fetch.conditions = tuple(sorted(shared, key=lambda each: (each.variable, each.negated)))
            for entry in entries:
                entry.conditions = tuple(each for each in entry.conditions if each not in shared)


def _entries(root: Branch) -> Iterator[Entry]:
    for branch in root.every_branch():
        yield from branch.fields.values()
