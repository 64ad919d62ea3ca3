"""This module is in charge of judging what a remote subgraph answered: nothing that was not asked for, and no text of its own, gets past.

A hostile answer must not be able to give fields that other subgraphs own, name paths that nobody asked for, or end the request:
whatever is of the wrong shape becomes null and an error at its place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from gateway.errors import CODES
from gateway.execution.conditions import are_met
from gateway.execution.failures import told_of, told_of_argument
from gateway.execution.subgraph import SEALED, Redaction, SubgraphError, SubgraphResult
from gateway.operation.selection import Field, Selection
from gateway.planning.plan import Fetch

Json = Any
Place = tuple[str | int, ...]
# The message that a subgraph of ours has sealed for an error of this code; None where none of ours did.
Said = Callable[[str, str], str | None]

MAX_ERRORS: Final = 100
MAX_VALUE_DEPTH: Final = 100
MAX_REDACTIONS: Final = 1000
_REASON: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
_POLICY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}", re.ASCII)
# Codes that speak of a part of an answer. Others would let a subgraph say things in the gateway's name.
_PASSED_ON: Final = frozenset({code for code, info in CODES.items() if info.status == 200 or info.advice} | {"UNAUTHORIZED_FIELD_OR_TYPE"})
_HALF: Final = re.compile("[\ud800-\udfff]")
# From here on, a reader that knows no larger integers has made doubles of them.
_LARGE: Final = 2.0**63
_MALFORMED: Final = "SUBGRAPH_MALFORMED"


# Types of an object on which something is selected; None: all.
_Types = frozenset[str] | None


# How numbers were read: as they were written, or as something that says that they are not; or by a reader that makes doubles of integers beyond
# 64 bits, and then whether another reading may be asked for (`Inexact`), or what may be one of these is lost.
Numbers = Literal["exact", "unsure", "lost"]


class Inexact(Exception):
    """A number may be another than was written: it has to be read by a reader that tells."""


class Beyond(float):
    """A number that was written as no double and no integer of 64 bits is. This is the nearest double, or what is beyond all of them."""


class MalformedAnswer(Exception):
    """The answer as a whole is not what a GraphQL service may send."""


def is_text(value: str) -> bool:
    """Whether it can be written: a half of a surrogate cannot."""
    return value.isascii() or _HALF.search(value) is None


def _is_int(value: Json) -> bool:
    return value.__class__ is int or (value.__class__ is float and value.is_integer())


_LEAVES: Final[Mapping[str, Callable[[Json], bool]]] = {
    "String": lambda value: value.__class__ is str and is_text(value),
    "ID": lambda value: value.__class__ is int or (value.__class__ is str and is_text(value)),
    "Boolean": lambda value: value.__class__ is bool,
    "Int": _is_int,
    "Float": lambda value: value.__class__ in (int, float) or (value.__class__ is Beyond and math.isfinite(value)),
}


@dataclass(slots=True)
class Expected:
    """What is expected under one response key: so many lists, and then an object with these keys, or a leaf that `fits` (None: any JSON that is not too deep).

    `types`: the key has to be there on objects of these types alone (None: on every object). `named` is the type below the lists.
    """

    lists: int
    fits: Callable[[Json], bool] | None = None
    keys: dict[str, Expected] = field(default_factory=dict)
    is_leaf: bool = False
    types: frozenset[str] | None = None
    named: str = ""


def expected_of(fetch: Fetch, variables: Mapping[str, Json]) -> Expected:
    """What the fetch expects below its root, or of each entity, under these values of the variables in its conditions."""
    root = Expected(0)
    _expect(root, fetch.operation.selections, "_Entity" if fetch.is_entity else fetch.operation.root_type, variables, None)
    return root


def _expect(parent: Expected, selections: tuple[Selection, ...], declared: str, variables: Mapping[str, Json], types: frozenset[str] | None) -> None:
    for each in selections:
        if not are_met(each.conditions, variables):
            continue
        if isinstance(each, Field):
            earlier = parent.keys.get(each.response_key)
            met = frozenset[str]() if earlier is None else earlier.types
            named = each.type.strip("[]!")
            known = parent.keys.get(each.response_key)
            if known is None:
                known = Expected(each.type.count("["), _LEAVES.get(named), is_leaf=not each.selections, types=types, named=named)
                parent.keys[each.response_key] = known
            known.types = None if known.types is None or types is None else known.types | types
            below = Expected(0)
            _expect(below, each.selections, named, variables, None)
            known.keys = below.keys if earlier is None else _together(known.keys, below.keys, met, types)
        else:
            own = frozenset({each.type_condition})
            narrowed = types if each.type_condition == declared else own if types is None else own & types
            _expect(parent, each.selections, declared, variables, narrowed)


def _together(one: Mapping[str, Expected], other: Mapping[str, Expected], met: _Types, types: _Types) -> dict[str, Expected]:
    """The keys below a field that is selected once more: `one` on objects of the types `met`, now `other` on these `types`.

    What is not selected on all of them has to be there on none: which object it was is not known any more further down.
    """
    made: dict[str, Expected] = {}
    for key in dict.fromkeys((*one, *other)):
        a, b = one.get(key), other.get(key)
        if a is not None and b is not None:
            made[key] = replace(a, types=_required(a.types, b.types, met, types), keys=_together(a.keys, b.keys, met, types))
        elif a is not None:
            made[key] = a if met is None or met == types else replace(a, types=frozenset())
        elif b is not None:
            made[key] = b if types is None or met == types else replace(b, types=frozenset())
    return made


def _required(one: _Types, other: _Types, met: _Types, types: _Types) -> _Types:
    """The types below on which a key has to be there that both selections have."""
    if met == types:
        return None if one is None or other is None else one | other
    if met is None or types is None:
        return one if met is None else other
    return other if one is None else one if other is None else one & other


def judge(
    body: Json,
    fetch: Fetch,
    expected: Expected,
    representations: Sequence[Mapping[str, Json]],
    *,
    numbers: Numbers = "exact",
    said: Said | None = None,
) -> SubgraphResult:
    """The result that an answer amounts to; raises `MalformedAnswer` where it amounts to nothing, and `Inexact` for what `numbers` says.

    `said` opens what a subgraph of ours has sealed; the words of all others are the gateway's."""
    if body.__class__ is not dict:
        raise MalformedAnswer
    errors = _errors(body.get("errors"), fetch, expected, said)
    data = body.get("data")
    if data is None and errors:
        return SubgraphResult(errors=errors)
    if data.__class__ is not dict:
        raise MalformedAnswer
    judging = _Judging(fetch.subgraph, numbers=numbers)
    redactions = _redactions(body.get("extensions"), fetch, expected)
    if not fetch.is_entity:
        root = judging.object(data, expected, (), fetch.operation.root_type)
        return SubgraphResult(data=root, errors=(*errors, *judging.errors), redactions=redactions)
    entities = data.get("_entities")
    if entities is None and errors:
        return SubgraphResult(errors=errors)
    if entities.__class__ is not list or len(entities) != len(representations):
        raise MalformedAnswer
    answers = {each.type: each.answers for each in fetch.requires}
    judged = tuple(judging.entity(each, expected, index, asked["__typename"], answers) for index, (each, asked) in enumerate(zip(entities, representations)))
    return SubgraphResult(entities=judged, errors=(*errors, *judging.errors), redactions=redactions)


class _Judging:
    """Copies what was asked for, and nulls what is of the wrong shape."""

    def __init__(self, subgraph: str, *, numbers: Numbers) -> None:
        self.errors: list[SubgraphError] = []
        self._numbers = numbers
        self._message = told_of(subgraph, _MALFORMED)

    def object(self, value: dict[str, Json], expected: Expected, path: Place, type_name: Json) -> dict[str, Json]:
        """The keys that were asked for. One that has to be there and is not is no null of the subgraph's."""
        judged: dict[str, Json] = {}
        for key, below in expected.keys.items():
            if key in value:
                judged[key] = self._value(value[key], below, below.lists, (*path, key))
            elif below.types is None or (type_name.__class__ is str and type_name in below.types):
                self._wrong((*path, key))
        return judged

    def entity(self, value: Json, expected: Expected, index: int, type_name: str, answers: Mapping[str, frozenset[str]]) -> dict[str, Json] | None:
        """One of `_entities`, which has to be of the type that was asked about, or of one that it stands for."""
        if value is None:
            return None
        if value.__class__ is not dict or not _is_one_of(value.get("__typename", type_name), answers.get(type_name, frozenset({type_name}))):
            self._wrong((index,))
            return None
        return self.object(value, expected, (index,), type_name)

    def _value(self, value: Json, expected: Expected, lists: int, path: Place) -> Json:
        if value is None:
            return None
        if lists:
            if value.__class__ is not list:
                return self._wrong(path)
            return [self._value(item, expected, lists - 1, (*path, index)) for index, item in enumerate(value)]
        if expected.is_leaf:
            return self._leaf(value, expected, path)
        return self.object(value, expected, path, value.get("__typename")) if value.__class__ is dict else self._wrong(path)

    def _leaf(self, value: Json, expected: Expected, path: Place) -> Json:
        if expected.fits is None:
            if not _is_writable(value, self._numbers):
                return self._wrong(path)
        elif not expected.fits(value):
            return self._wrong(path)
        return value if value.__class__ is not Beyond else float(value)

    def _wrong(self, path: Place) -> None:
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(SubgraphError(self._message, _MALFORMED, path))


def _is_one_of(name: Json, names: frozenset[str]) -> bool:
    return name.__class__ is str and name in names


def _errors(errors: Json, fetch: Fetch, expected: Expected, said: Said | None) -> tuple[SubgraphError, ...]:
    if errors is None or errors == []:
        return ()
    if errors.__class__ is not list:
        raise MalformedAnswer
    return tuple(_error(each, fetch, expected, said) for each in errors[:MAX_ERRORS])


def _error(error: Json, fetch: Fetch, expected: Expected, said: Said | None) -> SubgraphError:
    if error.__class__ is not dict:
        raise MalformedAnswer
    extensions = error.get("extensions")
    code = extensions.get("code") if extensions.__class__ is dict else None
    if code.__class__ is not str or code not in _PASSED_ON:
        code = "SUBGRAPH_ERROR"
    path = _path(error.get("path"), fetch, expected)
    sealed = extensions.get(SEALED) if extensions.__class__ is dict else None
    words = said(code, sealed) if said is not None and sealed.__class__ is str else None
    return SubgraphError(words or told_of_argument(fetch, code, path), code, path)


def _path(path: Json, fetch: Fetch, expected: Expected) -> Place:
    """As much of the path as leads somewhere in what was asked for."""
    if path.__class__ is not list:
        return ()
    if fetch.is_entity:
        if len(path) < 2 or path[0] != "_entities" or path[1].__class__ is not int or path[1] < 0:
            return ()
        return (path[1], *_known(path[2:], expected))
    return _known(path, expected)


def _known(path: list[Json], expected: Expected) -> Place:
    kept: list[str | int] = []
    level, lists = expected, 0
    for step in path:
        if lists and step.__class__ is int and 0 <= step < 2**31:
            lists -= 1
        elif not lists and step.__class__ is str and step in level.keys:
            level = level.keys[step]
            lists = level.lists
        else:
            break
        kept.append(step)
    return tuple(kept)


def _redactions(extensions: Json, fetch: Fetch, expected: Expected) -> tuple[Redaction, ...]:
    listed = extensions.get("redactions") if extensions.__class__ is dict else None
    if listed.__class__ is not list:
        return ()
    read = (_redaction(each, fetch, expected) for each in listed[:MAX_REDACTIONS])
    return tuple(each for each in read if each is not None)


def _redaction(value: Json, fetch: Fetch, expected: Expected) -> Redaction | None:
    if value.__class__ is not dict:
        return None
    path, reason, policy = value.get("path"), _matching(_REASON, value.get("reason")), _matching(_POLICY, value.get("policyId"))
    if path.__class__ is not list or reason is None or policy is None:
        return None
    if fetch.is_entity:
        if not path or path[0] != "_entities":
            return None
        path = path[1:]
    level = expected
    for step in path:
        if step.__class__ is not str or step not in level.keys:
            return None
        level = level.keys[step]
    return Redaction(tuple(path), reason, policy) if path else None


def _is_writable(value: Json, numbers: Numbers) -> bool:
    """Whether a value of a scalar that GraphQL does not know can be written again as it is, with what stands around it: writers of JSON follow 254 levels."""
    if value.__class__ is not dict and value.__class__ is not list:
        return _is_plain(value, numbers)
    level = [value]
    for _ in range(MAX_VALUE_DEPTH):
        below = [item for each in level for item in (each.values() if each.__class__ is dict else each)]
        if not all(_is_plain(key, numbers) for each in level if each.__class__ is dict for key in each):
            return False
        if not all(_is_plain(each, numbers) for each in below):
            return False
        level = [each for each in below if each.__class__ is dict or each.__class__ is list]
        if not level:
            return True
    return False


def _is_plain(value: Json, numbers: Numbers) -> bool:
    """Whether it is no number and no text that could not be written; Inexact where that cannot be told."""
    if value.__class__ is str:
        return is_text(value)
    if value.__class__ is float and numbers != "exact" and not -_LARGE < value < _LARGE:
        if numbers == "unsure":
            raise Inexact
        return False
    return value.__class__ is not Beyond


def _matching(pattern: re.Pattern[str], value: Json) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
