"""This module is in charge of what a client shows to prove itself: reading a token request's form and its credentials, judging nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from joserfc.util import urlsafe_b64decode

from auth.clients import CLIENT_ID
from auth.jose import MAX_TOKEN

MAX_FIELDS: Final = 32
MAX_SECRET: Final = 256
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class RequestRefused(Exception):
    """The request is not one to the OAuth server at all (`invalid_request`); the message is constant."""

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description


@dataclass(frozen=True, slots=True)
class FormRequest:
    """A POST to the OAuth server: every Authorization header that came, and the form's fields."""

    authorization: tuple[str, ...]
    form: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Basic:
    """client_secret_basic. `client_id` is what is claimed."""

    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Assertion:
    """private_key_jwt. `client_id` is the unproved `sub`."""

    client_id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Nothing:
    """No credentials, or none that can be read."""

    client_id: str = ""


Presented = Basic | Assertion | Nothing

# Others are not named: a description goes into logs, and what is no parameter of ours may be anything.
_NAMED: Final = (
    "grant_type",
    "scope",
    "resource",
    "purpose",
    "client_id",
    "client_secret",
    "client_assertion_type",
    "client_assertion",
    "token",
    "token_type_hint",
)


def read_form(body: bytes) -> Mapping[str, str]:
    """The fields of an application/x-www-form-urlencoded body in UTF-8. A field without a value counts as left out; one that
    comes twice is refused (RFC 6749 section 3.2). Raises RequestRefused."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise RequestRefused("the body is not a form in UTF-8, or has too many fields") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next((name for name in _NAMED if names.count(name) > 1), None)
        raise RequestRefused(f"the parameter {twice} is repeated" if twice is not None else "a parameter is repeated")
    return {name: value for name, value in fields.items() if value}


def presented(request: FormRequest) -> Presented:
    """The credentials in the request. Raises RequestRefused when there are two kinds (RFC 6749 section 2.3)."""
    form = request.form
    assertion = "client_assertion" in form or "client_assertion_type" in form
    if len(request.authorization) + assertion + ("client_secret" in form) > 1:
        raise RequestRefused("one way of client authentication at a time")
    found: Presented = Nothing()
    if request.authorization:
        found = _basic(request.authorization[0])
    elif assertion and form.get("client_assertion_type") == ASSERTION_TYPE:
        found = _assertion(form.get("client_assertion", ""))
    # RFC 7521 section 4.2: a client_id beside other credentials has to name the same client.
    return found if form.get("client_id", found.client_id) == found.client_id else Nothing()


def _basic(header: str) -> Presented:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return Nothing()
    try:
        user, colon, secret = base64.b64decode(encoded.strip(" "), validate=True).decode("utf-8").partition(":")
        # RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
        client_id, secret = unquote_plus(user, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        return Nothing()
    if not colon or not CLIENT_ID.fullmatch(client_id) or len(secret) > MAX_SECRET:
        return Nothing()
    return Basic(client_id, secret)


def _assertion(text: str) -> Presented:
    segments = text.split(".", 3) if text.isascii() and len(text) <= MAX_TOKEN else []
    if len(segments) != 3:
        return Nothing()
    try:
        claims = json.loads(urlsafe_b64decode(segments[1].encode("ascii")))
    except (ValueError, RecursionError):
        return Nothing()
    subject = claims.get("sub") if isinstance(claims, dict) else None
    if not isinstance(subject, str) or not CLIENT_ID.fullmatch(subject):
        return Nothing()
    return Assertion(subject, text)
