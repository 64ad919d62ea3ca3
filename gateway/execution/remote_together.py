"""This module is in charge of several entity fetches in one call: the document that asks them beside each other, and the answer taken apart again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from gateway.execution.subgraph import SubgraphRequest
from gateway.lru import CODE_BYTES, Lru
from gateway.planning.printer import print_together, representations_variable, together_key

Json = Any
# Bytes beside the characters.
_ENTRY: Final = 500
_DOCUMENTS: Final[Lru[tuple[str, ...], str]] = Lru(CODE_BYTES, "joint documents")


def body_of(requests: Sequence[SubgraphRequest]) -> bytes:
    """The body of the call."""
    variables: dict[str, Json] = {}
    for each in requests:
        variables |= each.variables
    if len(requests) == 1:
        fetch = requests[0].fetch
        if fetch.is_entity:
            variables[representations_variable(fetch.variables)] = requests[0].representations
        return orjson.dumps({"query": fetch.document, "variables": variables})
    given = representations_variable(variables)
    variables |= {f"{given}{number}": each.representations for number, each in enumerate(requests)}
    return orjson.dumps({"query": _document(requests, given), "variables": variables})


def _document(requests: Sequence[SubgraphRequest], given: str) -> str:
    key = (given, *(each.fetch.document for each in requests))
    document = _DOCUMENTS.get(key)
    if document is None:
        document = print_together([each.fetch for each in requests], given)
        _DOCUMENTS.put(key, document, _ENTRY + len(document) + sum(map(len, key)))
    return document


def parted(answer: Json, count: int) -> list[Json]:
    """The answer as each of the fetches would have got it alone. What speaks of no single one is told to all."""
    if count == 1 or answer.__class__ is not dict:
        return [answer] * count
    return [_part(answer, together_key(number)) for number in range(count)]


def _part(answer: Mapping[str, Json], key: str) -> Json:
    data, errors = answer.get("data"), answer.get("errors")
    own = {"_entities": data.get(key)} if data.__class__ is dict else data
    said = [_own_error(each, key) for each in errors if _is_about(each, key)] if errors.__class__ is list else errors
    return {"data": own, "errors": said, "extensions": {"redactions": _redactions(answer.get("extensions"), key)}}


def _is_about(error: Json, key: str) -> bool:
    path = error.get("path") if error.__class__ is dict else None
    return path.__class__ is not list or not path or path[0] == key


def _own_error(error: Json, key: str) -> Json:
    path = error.get("path") if error.__class__ is dict else None
    return {**error, "path": ["_entities", *path[1:]]} if path.__class__ is list and path and path[0] == key else error


def _redactions(extensions: Json, key: str) -> list[Json]:
    listed = extensions.get("redactions") if extensions.__class__ is dict else None
    if listed.__class__ is not list:
        return []
    return [_own_error(each, key) for each in listed if each.__class__ is dict and _is_about(each, key)]
