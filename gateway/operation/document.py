"""This module is in charge of the document: bytes to a request, text to a parsed document, a document to one valid operation."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

from graphql import (
    DocumentNode,
    FloatValueNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    IntValueNode,
    Lexer,
    Node,
    OperationDefinitionNode,
    Source,
    Token,
    Visitor,
    parse,
    validate,
    visit,
)
from graphql.language.parser import Parser
from msgspec import Struct

from gateway.errors import ClientError, Location, Refused, refused
from gateway.lru import Lru
from gateway.operation.plainly_valid import is_plainly_valid
from gateway.settings import Limits
from resolvers.strict_json import BadJson, read_json

# A message may quote the document: no more of it than helps to find the place.
MAX_MESSAGE: Final = 300
_MOST_PARAMETERS: Final = 50
MAX_ERRORS: Final = 10
NOT_REPRESENTABLE: Final = "A number in the document is too large to be represented."
_MOST_DIGITS: Final = 400
_MAYBE_TOO_LARGE: Final = re.compile(r"\d[eE]|\d{300}")
# Bytes that a parsed document takes for each character of its text.
_PER_CHARACTER: Final = 60
_PARAMETERS: Final = ("query", "variables", "operationName", "extensions", "documentId")
_JSON_KINDS: Final = {bool: "a boolean", int: "a number", float: "a number", list: "an array", dict: "an object", type(None): "null"}


class GraphQLRequest(Struct, frozen=True):
    """The parameters of GraphQL over HTTP, section 5: types checked, nothing else.

    `query` is empty where the document is named and not sent: in `document_id` or in `extensions.persistedQuery`.
    """

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None = None
    extensions: Mapping[str, Any] | None = None
    document_id: str | None = None


def read_body(body: bytes) -> GraphQLRequest:
    """The request in a JSON body; refuses anything but one object with a `query` (MALFORMED_JSON, DUPLICATE_KEY, NUMBER_OUT_OF_RANGE, MALFORMED_REQUEST)."""
    try:
        parameters = read_json(body)
    except BadJson as bad:
        raise refused(bad.code, f"The body {bad.rule}." if bad.rule else str(bad)) from None
    if isinstance(parameters, list):
        raise refused("BATCHING_NOT_SUPPORTED", "The body is an array; send one operation per request.")
    if not isinstance(parameters, dict):
        raise refused("MALFORMED_REQUEST", f"The body has to be a JSON object, not {json_kind(parameters)}.")
    return request_of(parameters)


def read_query_string(query_string: bytes) -> GraphQLRequest:
    """The request in the URL of a GET; `variables` and `extensions` are JSON. A parameter given twice is refused, not chosen from."""
    pairs = _pairs(query_string)
    parameters: dict[str, Any] = {}
    for name, value in pairs:
        if name in parameters and name in _PARAMETERS:
            raise refused("MALFORMED_REQUEST", f"Parameter {name} is given more than once.")
        parameters[name] = _decoded(name, value) if name in ("variables", "extensions") else value
    return request_of(parameters)


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    if query_string.count(b"&") >= _MOST_PARAMETERS:
        raise refused("MALFORMED_REQUEST", f"The query string has more than {_MOST_PARAMETERS} parameters.")
    try:
        return parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        parts = query_string.split(b"&")
        place = next((n for n, part in enumerate(parts, 1) if not _is_utf_8(part)), len(parts))
        raise refused("MALFORMED_REQUEST", f"Parameter {place} of the query string is not form-encoded UTF-8.") from None


def _is_utf_8(part: bytes) -> bool:
    try:
        unquote_to_bytes(part.decode("ascii")).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decoded(name: str, value: str) -> Any:
    try:
        return read_json(value) if value else None
    except BadJson as bad:
        raise refused(bad.code, f"Parameter {name} {bad.rule}." if bad.rule else f"Parameter {name}: {bad}") from None


def request_of(parameters: Mapping[str, Any]) -> GraphQLRequest:
    """The request of parameters that were JSON; refuses wrong types (MALFORMED_REQUEST)."""
    query, variables = parameters.get("query"), parameters.get("variables")
    name, extensions = parameters.get("operationName"), parameters.get("extensions")
    document_id = parameters.get("documentId")
    if document_id is not None and type(document_id) is not str:
        raise _ill_typed("documentId", "a string or null", document_id)
    if query is None and (document_id or (type(extensions) is dict and extensions.get("persistedQuery") is not None)):
        query = ""
    elif type(query) is not str or not query:
        raise _ill_typed("query", "a string that is not empty", query)
    if variables is not None and type(variables) is not dict:
        raise _ill_typed("variables", "an object or null", variables)
    if name is not None and type(name) is not str:
        raise _ill_typed("operationName", "a string or null", name)
    if extensions is not None and type(extensions) is not dict:
        raise _ill_typed("extensions", "an object or null", extensions)
    # An empty name is how several clients write that they give none.
    return GraphQLRequest(query, variables or {}, name or None, extensions, document_id or None)


def _ill_typed(name: str, rule: str, found: object) -> Refused:
    return refused("MALFORMED_REQUEST", f"Parameter {name} has to be {rule}, not {json_kind(found)}.")


def json_kind(value: object) -> str:
    """What a JSON value is, in words, without quoting it."""
    if isinstance(value, str):
        return "a string" if value else "an empty string"
    return _JSON_KINDS[type(value)]


class Documents:
    """Parsed documents by their text. `budget` is in bytes."""

    def __init__(self, limits: Limits, budget: int) -> None:
        self._limits = limits
        self._parsed: Lru[str, DocumentNode] = Lru(budget, "documents")

    def parse(self, text: str) -> DocumentNode:
        """The document; refuses what is not GraphQL, and what has too many tokens before it is read to its end."""
        known = self._parsed.get(text)
        if known is not None:
            return known
        tokens = self._limits.tokens
        try:
            document = _parsed(text, tokens)
        except GraphQLSyntaxError as error:
            raise _not_parsed(error, self._limits) from None
        self._parsed.put(text, document, _PER_CHARACTER * len(text))
        return document


class _ForgetfulLexer(Lexer):
    """Tokens that know the one before are a ring of objects that only the collector frees, a hundred of them for each document; no parser looks back."""

    def advance(self) -> Token:
        token = super().advance()
        token.prev = None
        return token


def _parsed(text: str, tokens: int) -> DocumentNode:
    # Places are for errors alone, and nodes with places hold their tokens.
    source = Source(text)
    lexer = _ForgetfulLexer(source)
    parser = Parser(source, no_location=True, lexer=lexer, allow_empty_selection_sets=False, max_lexical_tokens=tokens, max_comments=tokens)
    try:
        document: DocumentNode = parser.parse_document()
    except RecursionError:
        # Said in the words that graphql-core has for it.
        document = parse(text, no_location=True, allow_empty_selection_sets=False, max_lexical_tokens=tokens, max_comments=tokens)
    return document


def _not_parsed(error: GraphQLSyntaxError, limits: Limits) -> Refused:
    # graphql-core has no class of its own for its budgets; a test pins these words.
    tokens = limits.tokens
    if error.message.endswith((f"more than {tokens} tokens. Parsing aborted.", f"more than {tokens} comments. Parsing aborted.")):
        return refused("LIMIT_TOKENS", f"The document has more than {tokens} tokens or comments (limits.tokens).")
    if error.message.endswith("nested too deeply. Parsing aborted."):
        return refused("LIMIT_DEPTH", f"The document is nested more deeply than can be read; limits.depth is {limits.depth}.")
    return Refused(client_error("GRAPHQL_PARSE_FAILED", error))


def valid(document: DocumentNode, text: str, schema: GraphQLSchema, *, suggest: bool) -> DocumentNode:
    """The document; refuses one that breaks a rule of the GraphQL spec, section 5.

    `text` is what it was parsed of. `suggest` may be true only where `schema` holds nothing that is hidden from the client: suggestions name what is near.
    """
    if is_plainly_valid(document, schema):
        return document
    # What was parsed once, within the limits, is parsed again to know where things stand.
    placed = parse(text)
    errors = validate(schema, placed, max_errors=MAX_ERRORS, hide_suggestions=not suggest)
    if not errors and _MAYBE_TOO_LARGE.search(text):
        visit(placed, _Numbers(errors))
    if errors:
        raise Refused(*(client_error("GRAPHQL_VALIDATION_FAILED", error) for error in errors[:MAX_ERRORS]))
    return document


class _Numbers(Visitor):
    """Only a custom scalar lets a number through validation that no double holds; it could not be written down again."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__()
        self._errors = errors

    def enter(self, node: Node, *_: Any) -> None:
        if isinstance(node, IntValueNode | FloatValueNode) and not is_representable(node.value):
            self._errors.append(GraphQLError(NOT_REPRESENTABLE, node))


def is_representable(number: str) -> bool:
    """Whether a double holds the number of a literal, and it is no longer than Python reads."""
    return len(number) <= _MOST_DIGITS and math.isfinite(float(number))


def client_error(code: str, error: GraphQLError) -> ClientError:
    """A finding of graphql-core about the document, bounded in length."""
    # graphql-core says null in Python's words.
    said = error.message.replace(" not to be None.", " not to be null.")
    message = said if len(said) <= MAX_MESSAGE else said[: MAX_MESSAGE - 1] + "…"
    return ClientError(code, message, locations=tuple(Location(*place) for place in error.locations or ()))


def choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation to run (GraphQL spec, GetOperation); refuses a name that is not there, and no name where there are several."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is None:
        if len(operations) == 1:
            return operations[0]
        raise refused("OPERATION_NOT_FOUND", f"The document has {len(operations)} operations; operationName has to say which.")
    for node in operations:
        if node.name is not None and node.name.value == name:
            return node
    raise refused("OPERATION_NOT_FOUND", "The document has no operation of the name in operationName.")
