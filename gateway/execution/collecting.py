"""This module is in charge of collecting entities quickly: one generated function for a fetch's path and what it requires.

It does what `representations.entities_of` does, in straight loops, for representations of one type whose fields are plain values. Anything else, and
what is asked for the first time, goes the general way. The source holds names of GraphQL (letters, digits, underscores) only through `repr`.

Objects at one path that are the same, byte for byte, become one object: whatever is fetched for them, or for what is below them, is the same as well, and
is looked for, merged and projected once. While a fetch is on its way that was collected there, or below, nothing is replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from gateway.execution.repeats import is_alike, is_written_later
from gateway.execution.representations import Entities, entities_of, identity
from gateway.lru import CODE_BYTES, Lru
from gateway.planning.plan import Fetch, Path, PathStep, Plan, Requires

Json = Any
# The tree, and whether objects that are the same may become one.
Collect = Callable[[dict[str, Json], bool], Entities]

# Bytes that a function takes, with its code.
_FUNCTION: Final = 6_000


@dataclass(slots=True)
class _Known:
    """Of a fetch: the fetches at its path and below, whether objects there may become one, how often it was collected for, and its function."""

    below: tuple[int, ...]
    alike: bool
    uses: int = 0
    collect: Collect | None = None


_functions: Final[Lru[tuple[Path, tuple[Requires, ...], frozenset[int]], Collect]] = Lru(CODE_BYTES, "collectors")


def collected(fetch: Fetch, plan: Plan, data: dict[str, Json], under_way: set[int] | frozenset[int], kept: dict[Collect, Entities] | None = None) -> Entities:
    """The representations of all objects at the fetch's path that have one. `under_way` are the fetches that were collected for, and have not been merged.

    `kept` is what was collected since the tree was last changed: fetches that need the same of the same objects share it, and none of them changes it.
    """
    known: _Known | None = fetch.made.get("collected")
    if known is None:
        keys = tuple([step.key for step in fetch.path])
        known = fetch.made["collected"] = _Known(plan.below[keys], is_alike(plan, keys) and not is_written_later(plan, fetch))
    if known.collect is not None:
        found = None if kept is None else kept.get(known.collect)
        if found is None:
            found = known.collect(data, known.alike and under_way.isdisjoint(known.below))
            if kept is not None:
                kept[known.collect] = found
        return found
    known.uses += 1
    if known.uses > 1:
        # What runs once is not worth compiling.
        keys = tuple([step.key for step in fetch.path])
        known.collect = collector_of(fetch.path, fetch.requires, frozenset(length for length in range(1, len(keys)) if keys[:length] in plan.entered))
    return entities_of(data, fetch.path, fetch.requires)


def collector_of(path: Path, requires: tuple[Requires, ...], entered: frozenset[int] = frozenset()) -> Collect:
    """The function for that path and those requirements; `entered` are the lengths of the path at which objects may be the same."""
    key = (path, requires, entered)
    collect = _functions.get(key)
    if collect is None:
        plain = bool(path) and len(requires) == 1 and all(not each.children and not each.types for each in requires[0].fields)
        collect = _generated(path, requires[0], entered) if plain else lambda data, _intern: entities_of(data, path, requires)
        _functions.put(key, collect, _FUNCTION)
    return collect


def _generated(path: Path, wanted: Requires, entered: frozenset[int]) -> Collect:
    if not any(step.lists for step in path):
        return _compiled(_straight(path, wanted), path, wanted)
    lines = ["def collect(o, intern):", " representations, objects, texts, index = [], [], [], {}", " at = index.get"]
    lines += [f" s{length} = set()" for length in sorted(entered)]
    depth = 1
    for length, step in enumerate(path, 1):
        lines += [" " * depth + line for line in _step(step, length, length in entered)]
        depth += step.lists + 1
    # Guards end with `continue`.
    lines += [" " * depth + line for line in _entity(wanted, path[-1])]
    lines.append(" return Entities(representations, objects)")
    return _compiled(lines, path, wanted)


def _compiled(lines: list[str], path: Path, wanted: Requires) -> Collect:
    namespace: dict[str, Any] = {"Entities": Entities, "identity": identity, "dumps": orjson.dumps, "answers": wanted.answers}
    namespace.update({f"t{length}": step.type_conditions for length, step in enumerate(path, 1)})
    exec(compile("\n".join(lines), "<collecting>", "exec"), namespace)
    collect: Collect = namespace["collect"]
    return collect


def _straight(path: Path, wanted: Requires) -> list[str]:
    """Where no list is on the way there is one object at most: nothing has to be told apart from anything."""
    lines, nobody = ["def collect(o, intern):"], "return Entities([], [])"
    for length, step in enumerate(path, 1):
        lines += [f" o = o.get({step.key!r})", " if o.__class__ is not dict: " + nobody]
        if step.type_conditions:
            lines.append(f" if o.get('__typename') not in t{length} and '__typename' in o: " + nobody)
    values, names = _values(wanted, nobody)
    return [*lines, *(" " + line for line in values), f" return Entities([{_representation(wanted, names)}], [[o]])"]


def _step(step: PathStep, length: int, is_entered: bool) -> list[str]:
    """Go one step down: `o` is the object above, and then the one below. Each level is a loop, of one turn where there is no list;
    `h` is what holds the object below, under the key or index `j`."""
    lines = ["h = o", f"for o in (o.get({step.key!r}),):"]
    for level in range(1, step.lists + 1):
        lines += [" " * level + "if o.__class__ is not list: continue", " " * level + "h = o", " " * level + "for j, o in enumerate(o):"]
    inner = " " * (step.lists + 1)
    lines.append(inner + "if o.__class__ is not dict: continue")
    if step.type_conditions:
        lines.append(inner + f"if o.get('__typename') not in t{length} and '__typename' in o: continue")
    if is_entered:
        lines += [inner + "i = id(o)", inner + f"if i in s{length}: continue", inner + f"s{length}.add(i)"]
    return lines


def _entity(wanted: Requires, last: PathStep) -> list[str]:
    """Represent object `o`, and put it with those that are represented so already."""
    lines, names = _values(wanted, "continue")
    representation = _representation(wanted, names)
    if len(names) == 1 and not wanted.fields[0].nullable:
        lines += ["k = v0 if v0.__class__ is str else identity(" + representation + ")"]
    else:
        # Values of these kinds are equal where their JSON is.
        kinds = " and ".join(f"({value}.__class__ is str or {value}.__class__ is int or {value} is None)" for _, value in names) or "True"
        lines += [f"k = ({''.join(value + ', ' for _, value in names)}) if {kinds} else identity({representation})"]
    return [
        *lines,
        "i = at(k)",
        "if i is None:",
        " index[k] = len(objects)",
        f" representations.append({representation})",
        " objects.append([o])",
        " texts.append(None)",
        "elif (first := objects[i][0]) is not o:",
        " if intern:",
        "  text = texts[i]",
        "  if text is None: text = texts[i] = dumps(first)",
        "  if dumps(o) == text:",
        f"   h[{'j' if last.lists else repr(last.key)}] = first",
        "   continue",
        " objects[i].append(o)",
    ]


def _values(wanted: Requires, other: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Read what represents object `o`; `other` is what is done with an object that cannot be represented. With the variable of each field."""
    lines = [f"n = o.get('__typename', {wanted.type!r})", f"if n.__class__ is not str or n not in answers: {other}"]
    names = []
    for number, each in enumerate(wanted.fields):
        value = f"v{number}"
        names.append((each.name, value))
        if each.nullable:
            lines += [f"if {each.key!r} not in o: {other}", f"{value} = o[{each.key!r}]"]
        else:
            lines += [f"{value} = o.get({each.key!r})", f"if {value} is None: {other}"]
    return lines, names


def _representation(wanted: Requires, names: list[tuple[str, str]]) -> str:
    return f"{{'__typename': {wanted.type!r}{''.join(f', {name!r}: {value}' for name, value in names)}}}"
