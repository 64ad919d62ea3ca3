"""This module is in charge of which scopes and which purpose a token gets: what was asked for, held against what the client may have."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from auth.clients import PLAN_SCOPE, Client

# RFC 6749 section 3.3: scope-token characters, one space between tokens.
SCOPE_TOKEN: Final = r"[\x21\x23-\x5b\x5d-\x7e]{1,128}"
SCOPE: Final = re.compile(SCOPE_TOKEN + "(?: " + SCOPE_TOKEN + ")*")

# The scopes that roles allow; `entitlements.scopes_for` bound to a matrix.
ScopesOfRoles = Callable[[frozenset[str]], frozenset[str]]


class GrantRefused(Exception):
    """What was asked for is more than the client may have. `error` is a code of RFC 6749 section 5.2 or RFC 8707 section 2;
    the description holds the client's own registration and nothing that was sent."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


def allowed_scopes(client: Client, moment: datetime, of_roles: ScopesOfRoles) -> frozenset[str]:
    """What the roles that hold at that moment allow, cut down to the client's own scopes."""
    allowed = of_roles(client.roles_at(moment)) | ({PLAN_SCOPE} if client.may_see_plan else frozenset())
    return allowed if client.scopes is None else allowed & client.scopes


def grant_scopes(asked: str | None, allowed: frozenset[str]) -> frozenset[str]:
    """The scopes of the token: those asked for, all allowed ones if none was. Comparison is exact and case-sensitive."""
    if not allowed:
        raise GrantRefused("unauthorized_client", "no role of this client is valid today")
    if asked is None:
        return allowed
    wanted = frozenset(asked.split(" ")) if SCOPE.fullmatch(asked) else frozenset()
    if not wanted or not wanted <= allowed:
        raise GrantRefused("invalid_scope", "scope may name only: " + " ".join(sorted(allowed)))
    return wanted


def grant_purpose(asked: str | None, registered: tuple[str, ...]) -> str:
    """The one purpose of the token: the one asked for, the first registered one if none was."""
    if asked is None:
        return registered[0]
    if asked not in registered:
        raise GrantRefused("invalid_request", "purpose may be only: " + " ".join(registered))
    return asked


def grant_audience(asked: str | None, resource: str) -> str:
    """The audience of the token: the graph's URL, whether the client named it or not (RFC 8707)."""
    if asked is not None and asked != resource:
        raise GrantRefused("invalid_target", "resource may be only: " + resource)
    return resource
