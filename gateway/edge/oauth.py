"""This module is in charge of the OAuth server's HTTP: five paths, requests to forms, answers to bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.credentials import FormRequest, RequestRefused, read_form
from auth.oauth_core import NO_STORE, Answer
from auth.server import OAuthServer
from auth.settings import (
    JWKS_PATH,
    RESOURCE_METADATA_PATH,
    REVOCATION_PATH,
    SERVER_METADATA_PATH,
    TOKEN_PATH,
)

MAX_BODY: Final = 16 * 1024
FORM: Final = "application/x-www-form-urlencoded"
# Keys and metadata change once in months, but a rotated key has to be seen within its hour of lead.
PUBLISHED: Final = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}

Clock = Callable[[], datetime]
Decide = Callable[[FormRequest, datetime], Awaitable[Answer]]
Endpoint = Callable[[Request], Awaitable[Response]]


def oauth_routes(server: OAuthServer, clock: Clock) -> list[Route]:
    """The token and revocation endpoints (POST), the JWK Set and both metadata documents (GET).

    RFC 9728 puts the resource's path behind the well-known part; the bare path answers alike, for clients that guess.
    """
    metadata, resource = server.server_metadata(), server.resource_metadata()
    resource_path = RESOURCE_METADATA_PATH + urlsplit(server.settings.resource).path
    return [
        Route(TOKEN_PATH, _form_endpoint(server.token, clock), methods=["POST"]),
        Route(REVOCATION_PATH, _form_endpoint(server.revoke, clock), methods=["POST"]),
        Route(JWKS_PATH, _published(server.jwks), methods=["GET"]),
        Route(SERVER_METADATA_PATH, _published(lambda: metadata), methods=["GET"]),
        *(Route(path, _published(lambda: resource), methods=["GET"]) for path in dict.fromkeys((RESOURCE_METADATA_PATH, resource_path))),
    ]


def _form_endpoint(decide: Decide, clock: Clock) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            form_request = await _form_request(request)
        except RequestRefused as refused:
            return _response(Answer(400, {"error": "invalid_request", "error_description": refused.description}))
        return _response(await decide(form_request, clock()))

    return endpoint


async def _form_request(request: Request) -> FormRequest:
    """The form and its credentials. A query is refused: what is in a URL is in every log on the way."""
    if request.scope.get("query_string"):
        raise RequestRefused("parameters belong in the body")
    media_types = request.headers.getlist("content-type")
    if len(media_types) != 1 or not _is_form(media_types[0]) or "content-encoding" in request.headers:
        raise RequestRefused("the body has to be application/x-www-form-urlencoded")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise RequestRefused("the body is larger than 16 KiB")
    return FormRequest(tuple(request.headers.getlist("authorization")), read_form(bytes(body)))


def _is_form(media_type: str) -> bool:
    essence, _, parameter = (part.strip() for part in media_type.lower().partition(";"))
    return essence == FORM and parameter in {"", "charset=utf-8", 'charset="utf-8"'}


def _response(answer: Answer) -> Response:
    headers = {**dict(NO_STORE), **dict(answer.headers), "X-Content-Type-Options": "nosniff"}
    return JSONResponse(dict(answer.body), answer.status, headers)


def _published(document: Callable[[], dict[str, Any]]) -> Endpoint:
    async def endpoint(_request: Request) -> Response:
        return JSONResponse(document(), headers=PUBLISHED)

    return endpoint
