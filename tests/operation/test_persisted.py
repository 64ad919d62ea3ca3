"""This module is in charge of testing documents that are named by their hash: Apollo's protocol, trusted folders, and attempts on both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from gateway.errors import Refused
from gateway.operation.document import GraphQLRequest, read_body
from gateway.operation.persisted import DocumentsRefused, PersistedDocuments, TrustedDocuments, hash_of, read_trusted

TEXT = '{ battery(code: "1") { id } }'
HASH = hash_of(TEXT)
OTHER = "{ found { __typename } }"
TRUSTED = TrustedDocuments({HASH: TEXT, "42": OTHER}, frozenset({TEXT, OTHER}))


def named(hash_: Any = HASH, text: str = "", **more: Any) -> GraphQLRequest:
    return GraphQLRequest(text, {}, None, {"persistedQuery": {"version": 1, "sha256Hash": hash_, **more}})


def refusal(documents: PersistedDocuments, request: GraphQLRequest, client: str = "one") -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        documents.resolve(request, client)
    return refused.value.errors[0].code, refused.value.errors[0].message


def test_a_document_is_registered_once_and_named_from_then_on() -> None:
    documents = PersistedDocuments(1000)
    # Clients of the protocol compare the message, too.
    assert refusal(documents, named()) == ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    assert documents.resolve(named(text=TEXT), "one").query == TEXT
    assert documents.resolve(named(), "one").query == TEXT
    assert documents.resolve(GraphQLRequest("", {}, document_id=HASH), "one").query == TEXT
    assert documents.resolve(GraphQLRequest("", {}, document_id="sha256:" + HASH), "one").query == TEXT


def test_a_wrong_hash_registers_nothing() -> None:
    documents = PersistedDocuments(1000)
    assert refusal(documents, named(text=OTHER))[0] == "PERSISTED_QUERY_HASH_MISMATCH"
    assert refusal(documents, named())[0] == "PERSISTED_QUERY_NOT_FOUND"
    documents.resolve(named(text=TEXT), "one")
    assert refusal(documents, named(text=OTHER))[0] == "PERSISTED_QUERY_HASH_MISMATCH"
    assert documents.resolve(named(), "one").query == TEXT


def test_one_client_does_not_learn_what_another_registered() -> None:
    documents = PersistedDocuments(1000)
    documents.resolve(named(text=TEXT), "one")
    assert refusal(documents, named(), "two") == refusal(documents, named("0" * 64), "two")


def test_memory_is_bounded() -> None:
    documents = PersistedDocuments(200)
    texts = ["{ a" + "a" * index + " }" for index in range(100)]
    for text in texts:
        documents.resolve(named(hash_of(text), text), "one")
    kept = [text for text in texts if known(documents, hash_of(text))]
    assert sum(map(len, kept)) <= 200
    assert kept[-1] == texts[-1]
    giant = "{ " + "b" * 500 + " }"
    assert documents.resolve(named(hash_of(giant), giant), "one").query == giant
    assert known(documents, hash_of(texts[-1]))
    assert not known(documents, hash_of(giant))


def known(documents: PersistedDocuments, hash_: str) -> bool:
    try:
        return bool(documents.resolve(named(hash_), "one").query)
    except Refused:
        return False


def test_where_nothing_is_registered_it_says_so() -> None:
    documents = PersistedDocuments()
    assert refusal(documents, named()) == ("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
    assert documents.resolve(named(text=TEXT), "one").query == TEXT
    assert refusal(documents, named())[0] == "PERSISTED_QUERY_NOT_SUPPORTED"


@pytest.mark.parametrize(
    "persisted", [7, [], {}, {"version": 1}, {"sha256Hash": HASH}, {"version": 2, "sha256Hash": HASH}, {"version": True, "sha256Hash": HASH},
                  {"version": 1, "sha256Hash": 7}, {"version": 1, "sha256Hash": "a b"}, {"version": 1, "sha256Hash": "x" * 201}],
)  # fmt: skip
def test_what_is_not_the_protocol_is_refused(persisted: Any) -> None:
    assert refusal(PersistedDocuments(1000), GraphQLRequest("", {}, None, {"persistedQuery": persisted}))[0] == "MALFORMED_REQUEST"


def test_two_names_for_one_request_are_refused() -> None:
    request = structs.replace(named(text=TEXT), document_id="0" * 64)
    assert refusal(PersistedDocuments(1000), request)[0] == "MALFORMED_REQUEST"


def test_other_extensions_are_none_of_ours() -> None:
    request = GraphQLRequest(TEXT, {}, None, {"tracing": {}})
    assert PersistedDocuments(1000).resolve(request, "one") is request


def test_trusted_documents_are_known_to_everybody() -> None:
    documents = PersistedDocuments(1000, TRUSTED)
    assert documents.resolve(named(), "anybody").query == TEXT
    assert documents.resolve(GraphQLRequest("", {}, document_id="42"), "anybody").query == OTHER
    assert documents.resolve(GraphQLRequest("{ free }", {}), "anybody").query == "{ free }"


def test_only_trusted_documents_where_that_is_wanted() -> None:
    documents = PersistedDocuments(1000, TRUSTED, trusted_only=True)
    assert documents.resolve(named(), "one").query == TEXT
    assert documents.resolve(GraphQLRequest(TEXT, {}), "one").query == TEXT
    assert documents.resolve(named(text=TEXT), "one").query == TEXT
    free = "{ battery { id } }"
    for request in (GraphQLRequest(free, {}), GraphQLRequest(TEXT + " ", {}), named(hash_of(free), free), named(hash_of(free)), named("7"),
                    GraphQLRequest(free, {}, document_id=HASH), GraphQLRequest(free, {}, None, {"a": 1})):  # fmt: skip
        assert refusal(documents, request)[0] in ("DOCUMENT_NOT_TRUSTED", "PERSISTED_QUERY_HASH_MISMATCH")


def test_a_folder_of_files_and_manifests(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.graphql").write_text(TEXT)
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "42", "name": "F", "type": "query", "body": OTHER}]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "generated.json").write_text(json.dumps({"7": "query Q { x }"}))
    (tmp_path / "README.md").write_text("not a document")
    found = read_trusted(tmp_path)
    assert found.by_id == {HASH: TEXT, "42": OTHER, "7": "query Q { x }"}
    assert found.texts == set(found.by_id.values())


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.graphql", "{ battery", "not GraphQL"),
        ("a.json", "{", "no manifest"),
        ("a.json", "[]", "no manifest"),
        ("a.json", '{"1": 2}', "no manifest"),
        ("a.json", '{"a b": "{ x }"}', "no manifest"),
        ("a.json", '{"format": "apollo-persisted-query-manifest"}', "no manifest"),
        ("a.json", '{"format": "apollo-persisted-query-manifest", "operations": [{"id": "1"}]}', "no manifest"),
        ("a.txt", "{ x }", "neither"),
    ],
)
def test_a_folder_that_is_not_right_is_refused_by_file(tmp_path: Path, name: str, content: str, told: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DocumentsRefused) as refused:
        read_trusted(tmp_path)
    assert told in str(refused.value)
    assert str(tmp_path) in str(refused.value)


def test_one_id_has_one_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"1": "{ a }"}')
    (tmp_path / "b.json").write_text('{"1": "{ b }"}')
    with pytest.raises(DocumentsRefused, match=r"gives the id 1 to another text"):
        read_trusted(tmp_path)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"documentId": 7}, "documentId"),
        ({"documentId": ""}, "query"),
        ({"extensions": {}}, "query"),
        ({"query": "", "documentId": "1"}, "query"),
        ({"query": 7, "documentId": "1"}, "query"),
    ],
)
def test_a_request_names_a_document_or_sends_it(body: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused) as refused:
        read_body(json.dumps(body).encode())
    assert told in refused.value.errors[0].message


def test_a_request_may_leave_the_text_out() -> None:
    assert read_body(b'{"documentId": "1", "query": null}') == GraphQLRequest("", {}, None, None, "1")
