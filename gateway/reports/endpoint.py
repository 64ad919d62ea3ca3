"""This module is in charge of reports over HTTP: GET /reports, and GET /reports/{name}.{format}.

A report is no door of its own. Each of its pages is a request through the pipeline, of the token that came with the request,
verified again for each: a token that ends or is revoked midway ends the report, with a mark.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.credentials import FormRequest
from auth.principal import Principal
from auth.secret_checks import WAIT_S
from auth.server import OAuthServer
from gateway.edge.bearer_refusal import BearerRefusal
from gateway.edge.graphql import GRACE_S, Served
from gateway.edge.middleware import request_id_of
from gateway.edge.streams import Places
from gateway.errors import Refused, error_body, refused
from gateway.operation.document import GraphQLRequest
from gateway.operation.persisted import PersistedDocuments
from gateway.pipeline import Call, GraphQLResponse, run
from gateway.reports import columnar
from gateway.reports.catalogue import RESERVED, Catalogue, Parameter, Report
from gateway.reports.memory import give_back
from gateway.reports.reading import Rows, Unanswered, pages
from gateway.reports.sending import ReportResponse
from gateway.reports.writers import LIMIT, Csv, Cut, Json, Ndjson, Writer
from gateway.settings import Reports

MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "json": "application/json",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
BINARY: Final = frozenset({"arrow", "parquet"})
BASIC: Final = ("www-authenticate", 'Basic realm="cellgate reports", charset="UTF-8"')
MOST_PARAMETERS: Final = 1_000
# Rows that are written in one go.
WRITTEN_ROWS: Final = 4_000
# A report from so many rows on gives back what memory it took: a small one took little.
LARGE_ROWS: Final = 50_000
Headers = Sequence[tuple[bytes, bytes]]


def report_routes(served: Served, oauth: OAuthServer, catalogue: Catalogue, limits: Reports) -> list[BaseRoute]:
    """The list of what a caller may read, and each report in each format."""
    endpoint = _Reports(served, oauth, catalogue, limits)
    return [Route("/reports", endpoint.listed, methods=["GET"]), Route("/reports/{file}", endpoint.report, methods=["GET"])]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request for a report wants."""

    report: Report
    format: str
    variables: Mapping[str, Any]
    after: str | None
    limit: int | None
    bom: bool


class _Reports:
    def __init__(self, served: Served, oauth: OAuthServer, catalogue: Catalogue, limits: Reports) -> None:
        self._served = served
        self._limits = limits
        self._places = Places(limits.per_client, limits.total, "reports being read")
        # A report is a trusted document: the folder it is from has said so.
        self._ports = replace(served.ports, documents=PersistedDocuments())
        self._oauth = oauth
        self._catalogue = catalogue

    async def listed(self, request: Request) -> Response:
        """GET /reports: those that the caller may read."""
        try:
            _, principal = await self._who(request)
        except Refused as refusal:
            return _refused(refusal)
        if isinstance(principal, BearerRefusal):
            return self._refusal(principal)
        told = [_told(each) for each in self._catalogue.reports.values() if each.is_for(principal)]
        return Response(orjson.dumps({"reports": told}), headers={"cache-control": "no-store"}, media_type="application/json")

    async def report(self, request: Request) -> Response:
        """GET /reports/{name}.{format}: rows, from the first page on as they are read."""
        state = request.scope["state"]
        with contextlib.ExitStack() as place:
            try:
                headers, principal = await self._who(request)
                if isinstance(principal, BearerRefusal):
                    return self._refusal(principal)
                state["client_id"] = principal.client_id
                asked = _asked(request, principal, self._catalogue)
                place.enter_context(self._places.taken_by(principal.client_id))

                async def ask(variables: Mapping[str, Any], together: int) -> GraphQLResponse:
                    return await self._page(asked, variables, together, headers, request)

                read = pages(ask, asked.report, asked.variables, asked.after, asked.limit)
                first = await anext(read)
            except Refused as refusal:
                state["outcome"] = refusal.errors[0].code
                return _refused(refusal)
            except Unanswered as failed:
                state["outcome"] = failed.code
                answer = failed.response
                # 200 is for answers that hold data; here there are none.
                return Response(answer.body, 422 if answer.status == 200 else answer.status, dict(answer.headers), media_type="application/json")
            state["outcome"] = "answered"
            parts = _body(_writer(asked), first, read, asked.after, state)
            return ReportResponse(parts, _headers(asked, first), MEDIA[asked.format], place.pop_all(), self._limits.send_timeout_s, state)

    async def _page(self, asked: _Asked, variables: Mapping[str, Any], together: int, headers: Headers, request: Request) -> GraphQLResponse:
        served, now = self._served, self._served.now()
        principal = served.door.authenticate(headers, b"", now)
        if isinstance(principal, BearerRefusal):
            raise refused(principal.code, principal.message)
        deadline = asyncio.get_running_loop().time() + served.limits.timeout_s
        call = Call(
            request_id=request_id_of(request.scope),
            moment=served.as_of(now),
            deadline=deadline,
            read_only=True,
            address=request.client.host if request.client else "",
            asked_at=now,
            pages=together,
            as_values=True,
            by_column=True,
            written=asked.format not in BINARY,
        )
        try:
            async with asyncio.timeout_at(deadline + GRACE_S):
                return await run(GraphQLRequest(asked.report.text, dict(variables)), principal, served.generation(), self._ports, call)
        except TimeoutError:
            raise refused("REQUEST_TIMEOUT", f"A page took longer than limits.timeout_s, which is {served.limits.timeout_s:g}.") from None

    async def _who(self, request: Request) -> tuple[Headers, Principal | BearerRefusal]:
        """The headers that stand for the caller from now on, and who that is. Raises Refused while too many secrets wait to be compared."""
        now = self._served.now()
        headers: Headers = [(name, value) for name, value in request.scope["headers"] if name == b"authorization"]
        basic = self._catalogue.basic
        if not basic or len(headers) != 1 or headers[0][1][:6].lower() != b"basic ":
            return headers, self._served.door.authenticate(headers, request.scope["query_string"], now)
        given = FormRequest((headers[0][1].decode("latin-1"),), {"grant_type": "client_credentials"})
        # A client that no report is named for is refused before a token is made for it.
        answer = await self._oauth.token(given, now, basic)
        if answer.status == 503:
            raise refused("TOO_MANY_REQUESTS", "Too many secrets wait to be compared.", headers=(("retry-after", str(WAIT_S)),))
        token = answer.body.get("access_token")
        if isinstance(token, str):
            exchanged: Headers = [(b"authorization", b"Bearer " + token.encode("ascii"))]
            principal = self._served.door.authenticate(exchanged, b"", now)
            if isinstance(principal, Principal) and principal.client_id in basic:
                return exchanged, principal
        return headers, self._served.door.authenticate([], b"", now)

    def _refusal(self, refusal: BearerRefusal) -> Response:
        response = Response(refusal.body, refusal.status)
        for name, value in refusal.headers:
            response.headers.append(name.decode("ascii"), value.decode("ascii"))
        if refusal.status == 401 and self._catalogue.basic:
            response.headers.append(*BASIC)
        return response


def _refused(refusal: Refused) -> Response:
    return Response(error_body(refusal.errors), refusal.status(legacy=False), dict(refusal.headers), media_type="application/json")


def _told(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "version": report.version,
        "title": report.title,
        "formats": [each for each in MEDIA if columnar.INSTALLED or each not in BINARY],
        "variables": {name: each.type for name, each in report.variables.items()},
        "columns": [{"name": each.name, "kind": each.kind} for each in report.columns],
    }


def _asked(request: Request, principal: Principal, catalogue: Catalogue) -> _Asked:
    name, _, format_ = request.path_params["file"].rpartition(".")
    report = catalogue.reports.get(name)
    # What is not for the caller is not there.
    if report is None or not report.is_for(principal) or format_ not in MEDIA:
        raise refused("NOT_FOUND", "There is nothing at this address.")
    if format_ in BINARY and not columnar.INSTALLED:
        raise refused("NOT_ACCEPTABLE", f"This gateway writes no {format_}; it is installed without the extra bi.")
    given: dict[str, list[str]] = {}
    try:
        for key, value in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS):
            given.setdefault(key, []).append(value)
    except ValueError:
        raise refused("MALFORMED_REQUEST", f"The address has more than {MOST_PARAMETERS} parameters.") from None
    known = {*report.variables, "after", "limit", "bom"}
    if unknown := sorted(set(given) - known):
        raise refused("MALFORMED_REQUEST", f"The report has no parameter {unknown[0][:80]!r}; it has {', '.join(sorted(known))}.")
    for key, values in given.items():
        if len(values) > 1 and (key in RESERVED or not report.variables[key].many):
            raise refused("MALFORMED_REQUEST", f"The parameter {key} is given twice.")
    limit = given.get("limit", [None])[0]
    if limit is not None and not (limit.isascii() and limit.isdigit() and 0 < len(limit) < 13 and int(limit) > 0):
        raise refused("MALFORMED_REQUEST", "limit is a whole number of rows, from 1 on.")
    if (bom := given.get("bom", ["0"])[0]) not in ("0", "1"):
        raise refused("MALFORMED_REQUEST", "bom is 0 or 1.")
    variables = {key: _value(each, given[key]) for key, each in report.variables.items() if key in given}
    return _Asked(report, format_, variables, given.get("after", [None])[0], int(limit) if limit else None, bom == "1")


def _value(parameter: Parameter, texts: list[str]) -> Any:
    """A variable's value; whether it fits its type is for the pipeline to say."""
    values = [_json(each) if parameter.json else each for each in texts]
    return values if parameter.many else values[0]


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _writer(asked: _Asked) -> Writer:
    match asked.format:
        case "csv":
            return Csv(asked.report, bom=asked.bom)
        case "ndjson":
            return Ndjson(asked.report)
        case "json":
            return Json(asked.report)
        case "arrow":
            return columnar.Arrow(asked.report)
        case _:
            return columnar.Parquet(asked.report)


def _headers(asked: _Asked, first: Rows) -> dict[str, str]:
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{asked.report.name}.{asked.format}"',
        "x-cellgate-report": f"{asked.report.name}; version={asked.report.version}",
    }
    return headers | ({"x-cellgate-closed": ", ".join(first.closed)} if first.closed else {})


async def _next(read: AsyncGenerator[Rows, None]) -> Rows | None:
    return await anext(read, None)


async def _body(writer: Writer, first: Rows, read: AsyncGenerator[Rows, None], after: str | None, state: dict[str, Any]) -> AsyncGenerator[bytes, None]:
    """The whole report: while a page is written the database looks for the next one. Errors after the beginning are told by a mark, and end it."""
    page: Rows | None = first
    cut: Cut | None = None
    written = 0
    async with contextlib.aclosing(read):
        yield writer.begin()
        while page is not None:
            after = page.after
            ahead = asyncio.ensure_future(_next(read))
            try:
                for rows in page.table.parts(WRITTEN_ROWS):
                    # So that the next page is asked for before this one is written, and others have their turn.
                    await asyncio.sleep(0)
                    if part := writer.rows(rows):
                        yield part
                written += page.table.size
                page = await ahead
            except Unanswered as failed:
                page, cut = None, Cut(failed.code, after)
            except Refused as refusal:
                page, cut = None, Cut(refusal.errors[0].code, after)
            finally:
                # Whoever is gone hears nothing of what went wrong with the page that comes next.
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)
    if cut is not None:
        state["outcome"] = cut.code
    elif after is not None:
        cut = Cut(LIMIT, after)
    if part := writer.end(cut):
        yield part
    if written >= LARGE_ROWS:
        give_back()
