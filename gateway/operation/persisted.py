"""This module is in charge of documents that are not sent with every request: trusted ones from a folder, and those that clients registered.

A request names a document by its SHA-256: in `extensions.persistedQuery` (Apollo's protocol of automatic persisted queries) or in
`documentId`. What a client registers is found by that client alone: nobody may learn by guessing what another one asks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson
from graphql import GraphQLSyntaxError, parse
from msgspec import structs

from gateway.errors import Refused, refused
from gateway.lru import Lru
from gateway.operation.document import GraphQLRequest

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_MANIFEST: Final = "apollo-persisted-query-manifest"
# Ids are the manifest's own: hashes mostly, numbers or names where a build tool gives them.
_ID: Final = re.compile(r"[A-Za-z0-9:._/-]{1,200}")


class DocumentsRefused(Exception):
    """The folder of trusted documents cannot be used; the message names the file and why. For the operator."""

    code = "DOCUMENTS_REFUSED"


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """Documents by id; `texts` are the same as a set, for clients that send the text itself."""

    by_id: Mapping[str, str] = field(default_factory=dict)
    texts: frozenset[str] = frozenset()


def read_trusted(folder: Path) -> TrustedDocuments:
    """All documents of the folder: each `*.graphql` by the SHA-256 of its bytes, and what `*.json` manifests list, by the ids they give.

    A manifest is Apollo's (`apollo-persisted-query-manifest`) or an object of id to text. DocumentsRefused for a file that is
    neither, for a document that is not GraphQL, and for one id with two texts.
    """
    found: dict[str, str] = {}
    try:
        paths = sorted(path for path in folder.rglob("*") if path.suffix in (".graphql", ".json"))
        for path in paths:
            for name, text in _documents_in(path):
                if found.setdefault(name, text) != text:
                    raise DocumentsRefused(f"{path} gives the id {name[:80]} to another text than a file before it")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise DocumentsRefused(f"trusted documents cannot be read from {folder}: {unreadable}") from unreadable
    if not paths:
        raise DocumentsRefused(f"there is neither a .graphql file nor a .json manifest in {folder}")
    return TrustedDocuments(MappingProxyType(found), frozenset(found.values()))


def _documents_in(path: Path) -> Iterator[tuple[str, str]]:
    text = path.read_text(encoding="utf-8")
    listed = _listed(path, text) if path.suffix == ".json" else [(hash_of(text), text)]
    for name, body in listed:
        if not isinstance(body, str) or not isinstance(name, str) or not _ID.fullmatch(name):
            raise DocumentsRefused(f"{path} is no manifest of document texts by id")
        try:
            parse(body, no_location=True)
        except GraphQLSyntaxError as wrong:
            raise DocumentsRefused(f"{path} holds a document that is not GraphQL (id {name[:80]}): {wrong.message}") from wrong
        yield name, body


def _listed(path: Path, text: str) -> list[tuple[Any, Any]]:
    try:
        manifest = orjson.loads(text)
        if isinstance(manifest, dict) and manifest.get("format") == _MANIFEST:
            return [(each["id"], each["body"]) for each in manifest["operations"]]
        return list(manifest.items())
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError) as wrong:
        raise DocumentsRefused(f"{path} is no manifest of document texts by id") from wrong


def hash_of(text: str) -> str:
    """The SHA-256 of a document's text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


class PersistedDocuments:
    """Puts the text into requests that name it. One per process: an id means the same text whatever the schema is.

    `budget` is in characters of the texts that clients register; 0 takes none. With `trusted_only` no other document is answered.
    """

    def __init__(self, budget: int = 0, trusted: TrustedDocuments = TrustedDocuments(), *, trusted_only: bool = False) -> None:
        self.trusted = trusted
        self._trusted_only = trusted_only
        self._registers = budget > 0 and not trusted_only
        self._registered: Lru[tuple[str, str], str] = Lru(budget)

    def resolve(self, request: GraphQLRequest, client: str) -> GraphQLRequest:
        """The request with its text. Refuses ids that are not known and texts that are not taken (docs/errors.md, `PERSISTED_QUERY_*`,
        `DOCUMENT_NOT_TRUSTED`)."""
        if request.document_id is None and not request.extensions:
            return self._taken(request) if self._trusted_only else request
        named = _named(request)
        if named is None:
            return self._taken(request)
        known = self.trusted.by_id.get(named) or self._registered.get((client, named))
        if not request.query:
            return structs.replace(request, query=known or self._unknown(named))
        return self._taken(self._checked(request, named, client, known))

    def _checked(self, request: GraphQLRequest, named: str, client: str, known: str | None) -> GraphQLRequest:
        """A request with a text and its hash, registered where it is right."""
        if known != request.query:
            if hash_of(request.query) != named:
                raise refused("PERSISTED_QUERY_HASH_MISMATCH", "The hash in the request is not the SHA-256 of its query.")
            if self._registers:
                self._registered.put((client, named), request.query, len(request.query))
        return request

    def _taken(self, request: GraphQLRequest) -> GraphQLRequest:
        if self._trusted_only and request.query not in self.trusted.texts:
            raise _not_trusted()
        return request

    def _unknown(self, named: str) -> str:
        if self._trusted_only:
            raise _not_trusted()
        if not _HASH.fullmatch(named):
            raise refused("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        # Clients of the protocol look for these very words.
        if not self._registers:
            raise refused("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
        raise refused("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")


def _not_trusted() -> Refused:
    return refused("DOCUMENT_NOT_TRUSTED", "Only documents that this gateway was given beforehand are answered, and this is none of them.")


def _named(request: GraphQLRequest) -> str | None:
    """The id in the request, None where there is none."""
    persisted = (request.extensions or {}).get("persistedQuery")
    if persisted is None:
        return request.document_id.removeprefix("sha256:") if request.document_id is not None else None
    named = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(named, str) or type(persisted.get("version")) is not int or persisted["version"] != 1 or not _ID.fullmatch(named):
        raise refused("MALFORMED_REQUEST", "extensions.persistedQuery has to be an object of version 1 with a sha256Hash.")
    if request.document_id not in (None, named, "sha256:" + named):
        raise refused("MALFORMED_REQUEST", "documentId and extensions.persistedQuery name two documents.")
    return named
