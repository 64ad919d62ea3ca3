"""This module is in charge of what a client is told when something goes wrong: two roots, one registry of codes, one shape.

ClientError     the request is at fault, or may not have what it asks: code, safe message, place; sent as it is
InternalError   this program or what stands behind it is at fault: logged whole, sent as a request id alone
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson


class CodeInfo(NamedTuple):
    """One code: HTTP status, status where the client only accepts `application/json`, and what it means.

    GraphQL over HTTP, legacy media type: a well-formed request is answered with 200 whatever becomes of its document.
    `status` 200 marks codes that stand beside data. `advice` is what a client is told of a wrong argument where the words
    of whoever found it are not passed on: a subgraph on another machine that is none of ours.
    """

    status: int
    legacy_status: int
    meaning: str
    advice: str = ""


CODES: Final[Mapping[str, CodeInfo]] = MappingProxyType(
    {
        "MALFORMED_JSON": CodeInfo(
            400, 400, "The body, or a parameter of the address, is not JSON in UTF-8, or is nested too deeply; the message says where it breaks off."
        ),
        "DUPLICATE_KEY": CodeInfo(400, 400, "An object of the JSON has a key twice; which of both is meant is not guessed."),
        "NUMBER_OUT_OF_RANGE": CodeInfo(400, 400, "A number of the JSON is beyond what a double can hold."),
        "MALFORMED_REQUEST": CodeInfo(400, 400, "A parameter of the request is missing, given twice, or of the wrong type."),
        "BATCHING_NOT_SUPPORTED": CodeInfo(400, 400, "The body is an array of operations; one request carries one operation."),
        "UNAUTHENTICATED": CodeInfo(401, 401, "No access token was sent."),
        "INVALID_TOKEN": CodeInfo(401, 401, "The token is malformed, expired, revoked, or not made for this gateway."),
        "INVALID_REQUEST": CodeInfo(400, 400, "The token was sent twice, or in the URL, or its header holds none (RFC 6750)."),
        "INSUFFICIENT_SCOPE": CodeInfo(403, 403, "The token is good, but lacks a scope that this endpoint needs."),
        "NOT_FOUND": CodeInfo(404, 404, "There is nothing at this address."),
        "METHOD_NOT_ALLOWED": CodeInfo(405, 405, "The address does not know this HTTP method; mutations are sent by POST."),
        "NOT_ACCEPTABLE": CodeInfo(
            406,
            406,
            "The Accept header leaves neither application/graphql-response+json nor application/json, and the operation gives no rows in the format it "
            "names; or a report's format is not installed.",
        ),
        "MALFORMED_HTTP": CodeInfo(
            400, 400, "What came is not a request of HTTP/1.1 or 1.0, or names no host, several or none that can be; the connection is closed."
        ),
        "MALFORMED_HANDSHAKE": CodeInfo(400, 400, "What asks for a WebSocket is no handshake (RFC 6455), of HTTP/1.1; the message names the header."),
        "WEBSOCKET_VERSION": CodeInfo(426, 426, "A WebSocket is asked for in another version of its protocol than 13."),
        "HEAD_TOO_LARGE": CodeInfo(
            431,
            431,
            "The address and the headers have more than 64 KiB together, or those of a WebSocket handshake more lines, or longer ones, than are read; "
            "the connection is closed.",
        ),
        "BODY_TOO_LARGE": CodeInfo(413, 413, "The body has more bytes than `limits.body_bytes`."),
        "UNSUPPORTED_MEDIA_TYPE": CodeInfo(415, 415, "The Content-Type is not application/json in UTF-8."),
        "TOO_MANY_REQUESTS": CodeInfo(
            429,
            429,
            "A ration is used up; `Retry-After` says when it is filled again. Where a request itself uses it up, it stands at the field put off.",
            "Look-ups by code are put off; wait a minute, and name fewer codes that do not exist.",
        ),
        "GRAPHQL_PARSE_FAILED": CodeInfo(400, 200, "The document is not GraphQL."),
        "GRAPHQL_VALIDATION_FAILED": CodeInfo(400, 200, "The document does not fit the schema."),
        "PERSISTED_QUERY_NOT_FOUND": CodeInfo(400, 200, "No document is known by this hash; send it once with its text."),
        "PERSISTED_QUERY_NOT_SUPPORTED": CodeInfo(400, 200, "Documents cannot be registered here; send the text."),
        "PERSISTED_QUERY_HASH_MISMATCH": CodeInfo(400, 200, "The hash that came with a document is not that of its text."),
        "DOCUMENT_NOT_TRUSTED": CodeInfo(403, 200, "Only trusted documents are answered (`documents.accept`), and this is none of them."),
        "OPERATION_NOT_FOUND": CodeInfo(400, 200, "The document has no operation of that name, or several and no name was given."),
        "OPERATION_NOT_SUPPORTED": CodeInfo(400, 200, "A subscription was sent as a single request, or its subgraph cannot be subscribed to."),
        "VARIABLE_INVALID": CodeInfo(
            400, 200, "The value of a variable does not fit its type; the message names the place in the value, `locations` the variable's definition."
        ),
        "LIMIT_TOKENS": CodeInfo(400, 200, "The document has more lexical tokens or comments than `limits.tokens`."),
        "LIMIT_DEPTH": CodeInfo(400, 200, "Selections are nested more deeply than `limits.depth`, or the document than can be read at all."),
        "LIMIT_FIELDS": CodeInfo(400, 200, "The operation selects more fields than `limits.fields`, fragments followed."),
        "LIMIT_ROOT_FIELDS": CodeInfo(400, 200, "The operation has more root fields than `limits.root_fields`."),
        "LIMIT_ALIASES": CodeInfo(400, 200, "The operation has more aliases than `limits.aliases`, fragments followed."),
        "LIMIT_DIRECTIVES": CodeInfo(400, 200, "The operation has more directives than `limits.directives`, fragments followed."),
        "LIMIT_LIST_SIZE": CodeInfo(
            400,
            200,
            "A list in the document or in a variable has more items than `limits.list_size`, one of reports more than `limits.reports`, "
            "one of a single report (`cells`, `moves`) more than its form takes.",
        ),
        "LIMIT_PAGE_SIZE": CodeInfo(
            400,
            200,
            "A `first` or `last` is more than 200, or than `limits.list_size` where that is less.",
            "The first or last of this field asks for more rows at once than it gives; ask for fewer, and walk on with its cursors.",
        ),
        "COST_EXCEEDED": CodeInfo(400, 200, "The operation costs more than the client may spend on one (`cost.per_request`, `budgets.CLIENT`)."),
        "COST_SLICING_ARGUMENT": CodeInfo(400, 200, "A field has to be given exactly one of the arguments that say how long its list is (`@listSize`)."),
        "UNAUTHORIZED_FIELD_OR_TYPE": CodeInfo(403, 200, "A field is outside the caller's view: it is null, or the operation is refused."),
        "UNAUTHORIZED_INPUT": CodeInfo(403, 200, "An argument, input field or enum value is outside the caller's view."),
        "FIELD_UNREACHABLE": CodeInfo(400, 200, "No way leads to a field of the operation: no subgraph that has it can be entered from where it is selected."),
        "PLAN_BUDGET_EXCEEDED": CodeInfo(400, 200, "The operation is too intricate to be planned."),
        "SUBGRAPH_ERROR": CodeInfo(200, 200, "A subgraph reported an error at this place; its text is not passed on."),
        "SUBGRAPH_UNREACHABLE": CodeInfo(200, 200, "A subgraph could not be reached, or broke off its answer."),
        "SUBGRAPH_TIMEOUT": CodeInfo(200, 200, "A subgraph did not answer in time."),
        "SUBGRAPH_SUSPENDED": CodeInfo(200, 200, "A subgraph failed too often of late, and is not asked for a moment."),
        "SUBGRAPH_STATUS": CodeInfo(200, 200, "A subgraph answered with an HTTP status that means failure."),
        "SUBGRAPH_MALFORMED": CodeInfo(200, 200, "A subgraph's answer is not what was asked for: not JSON, not an object, or of the wrong shape."),
        "SUBGRAPH_TOO_LARGE": CodeInfo(200, 200, "A subgraph's answer is larger than is read."),
        "NON_NULL_VIOLATION": CodeInfo(200, 200, "A field that cannot be null has no value, so what holds it is null."),
        "INVALID_VALUE": CodeInfo(200, 200, "A subgraph gave a value that the field's type does not have; it is null."),
        "INVALID_ARGUMENT": CodeInfo(
            200,
            200,
            "An argument does not fit its type; the message names it and the rule.",
            "An argument of this field does not fit its type; compare its value with the type's description in the schema.",
        ),
        "INVALID_IDENTIFIER": CodeInfo(
            200,
            200,
            "A battery code, VIN, credit code or region code is malformed; the message names position and rule.",
            "An identifier among this field's arguments is malformed. A battery code has 24 characters, or 19 for a reprocessed product (GB/T 34014); "
            "a VIN 17, the ninth a check digit (GB 16735); a credit code 18 with two check digits (GB 32100); a region code six digits (GB/T 2260).",
        ),
        "INVALID_PROVINCE": CodeInfo(
            200,
            200,
            "A region code is not that of a province, which ends in 0000.",
            "A region code among this field's arguments is not that of a province; give one that ends in 0000.",
        ),
        "INVALID_PAGE": CodeInfo(
            200,
            200,
            "`first`, `after`, `last` and `before` do not name one page of a size that is given.",
            "The page arguments of this field do not name one page: give first, with after if need be, or last, with before, "
            "and a size from 1 to the largest that the field's description allows.",
        ),
        "CURSOR_EXPIRED": CodeInfo(200, 200, "What came after the cursor is no longer kept; the client has to read anew."),
        "INVALID_CURSOR": CodeInfo(
            200,
            200,
            "A cursor does not belong to this list, order, filter and party.",
            "A cursor among this field's arguments does not belong to this list, order, filter and party; begin again without a cursor, "
            "and walk on with the same arguments.",
        ),
        "INVALID_FILTER": CodeInfo(
            200,
            200,
            "A filter breaks a rule, or is too large; the message names the field.",
            "The filter of this field breaks a rule or is too large: leave nulls out, give lists without nulls, use the operators that the schema describes, "
            "and name fewer values and comparisons.",
        ),
        "INVALID_LOOKUP": CodeInfo(
            200,
            200,
            "A look-up was not given exactly one thing to look up by.",
            "This look-up takes exactly one thing to look up by; give one of its arguments and leave the others out.",
        ),
        "AS_OF_OUT_OF_RANGE": CodeInfo(
            200,
            200,
            "`asOf` is a moment that has not come yet, or lies before the first day that the rule table knows of.",
            "asOf has not come yet, or lies before the ledger's beginning; leave it out for the present.",
        ),
        "AS_OF_TOO_MUCH": CodeInfo(
            200,
            200,
            "The batteries on a page of what a vehicle had in it at a past moment, or with `totalCount` all of them, have more events than are gone "
            "over for one page. The vehicle itself is told.",
            "This page takes too much of what happened to its batteries. Ask for fewer with first or last, and without totalCount.",
        ),
        "AS_OF_UNSETTLED": CodeInfo(
            200,
            200,
            "What was reported by the moment `asOf` is still being recorded, and was waited for in vain; nothing is told that another answer would contradict.",
            "asOf is a moment as of which something is still being recorded. Ask again, or as of an earlier one.",
        ),
        "AS_OF_UNSUPPORTED": CodeInfo(
            200,
            200,
            "A field below a battery of a past moment has no past that could be told; the message names it. The rest of the battery is told.",
            "This field cannot be told as of a past moment; ask for it without asOf.",
        ),
        "TOO_MANY_CODES": CodeInfo(
            200,
            200,
            "More codes were named in one look-up than are answered.",
            "This look-up was given more codes than it answers at once; ask for them in several requests.",
        ),
        "TOO_MANY_CELLS": CodeInfo(
            200,
            200,
            "A figure of the statistics was told apart by so much that it has more cells than are answered.",
            "This figure has more cells than are answered at once; ask for fewer dimensions or fewer months.",
        ),
        "REQUEST_TIMEOUT": CodeInfo(504, 504, "The request took longer than `limits.timeout_s`; nothing is known of its effects."),
        "NOT_READY": CodeInfo(
            503,
            503,
            "The gateway cannot serve requests now: a probe fails, or the database cannot be reached. The same may be sent again in a moment; a report is "
            "recorded once, however often it comes under its `clientReference`.",
            "What answers this field cannot serve now; send the same again in a moment. A report is recorded once, however often it comes under its "
            "clientReference.",
        ),
        "INTERNAL": CodeInfo(500, 500, "The gateway failed; `requestId` finds the failure in its log."),
    }
)


class Location(NamedTuple):
    """A place in the client's document; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ClientError:
    """One error that may be sent as it is. `path` holds response keys (and indices where rows are meant)."""

    code: str
    message: str
    path: tuple[str | int, ...] = ()
    locations: tuple[Location, ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The one shape of errors (GraphQL spec, section 7.1.2), the code in `extensions.code`."""
        shape: dict[str, Any] = {"message": self.message}
        if self.locations:
            shape["locations"] = [{"line": line, "column": column} for line, column in self.locations]
        if self.path:
            shape["path"] = list(self.path)
        shape["extensions"] = {"code": self.code, **self.extensions}
        return shape


class Refused(Exception):
    """The request is answered with these errors and no data."""

    def __init__(self, *errors: ClientError, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__("; ".join(f"{error.code}: {error.message}" for error in errors))
        self.errors = errors
        self.headers = headers

    def status(self, *, legacy: bool) -> int:
        """The HTTP status of the first error; `legacy` is true where the answer goes out as `application/json`."""
        info = CODES[self.errors[0].code]
        return info.legacy_status if legacy else info.status


class InternalError(Exception):
    """Something of ours broke a law of ours; the message is for the log alone."""


def refused(code: str, message: str, *, path: tuple[str | int, ...] = (), headers: tuple[tuple[str, str], ...] = ()) -> Refused:
    """A refusal for one reason. `headers` go out with it: ASCII, and constants or numbers of ours."""
    return Refused(ClientError(code, message, path), headers=headers)


def internal_error(request_id: str) -> ClientError:
    """What a client is told of an internal error."""
    return ClientError("INTERNAL", "The gateway failed to answer; its operator can find the cause by the request id.", extensions={"requestId": request_id})


def error_body(errors: Iterable[ClientError]) -> bytes:
    """A response that has errors and no data; the shape of errors on every endpoint."""
    return orjson.dumps({"errors": [error.as_json() for error in errors]})
