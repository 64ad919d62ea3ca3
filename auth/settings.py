"""This module is in charge of what the OAuth server has to be told: its URLs, lifetimes and limits."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

TOKEN_PATH = "/oauth/token"
REVOCATION_PATH = "/oauth/revoke"
JWKS_PATH = "/oauth/jwks.json"
SERVER_METADATA_PATH = "/.well-known/oauth-authorization-server"
RESOURCE_METADATA_PATH = "/.well-known/oauth-protected-resource"


class OAuthSettingsRefused(Exception):
    """A setting that would make the OAuth server unsafe; for the operator."""

    code = "OAUTH_SETTINGS_REFUSED"


@dataclass(frozen=True, slots=True)
class OAuthSettings:
    """`issuer` is the server's base URL without a final slash (RFC 8414 section 2); `resource` the URL of the graph, which
    is the audience of every access token (RFC 8707). Times are in seconds.

    `assertion_max_s` is how far ahead a client's assertion may expire: common clients write an hour.
    """

    issuer: str
    resource: str
    token_lifetime_s: int = 600
    assertion_max_s: int = 3600
    leeway_s: int = 30

    def __post_init__(self) -> None:
        if not secure_url(self.issuer) or self.issuer.endswith("/") or urlsplit(self.issuer).path:
            raise OAuthSettingsRefused("the issuer has to be https://host[:port], or http:// on the loopback address")
        if not secure_url(self.resource):
            raise OAuthSettingsRefused("the resource has to be an https:// URL, or http:// on the loopback address")

    @classmethod
    def of(cls, issuer: str, *, token_lifetime_s: int = 600, leeway_s: int = 30) -> OAuthSettings:
        """The usual form: the resource is the issuer's /graphql."""
        return cls(issuer, issuer + "/graphql", token_lifetime_s=token_lifetime_s, leeway_s=leeway_s)

    @property
    def token_endpoint(self) -> str:
        return self.issuer + TOKEN_PATH

    @property
    def resource_metadata(self) -> str:
        """RFC 9728 section 3.1: the well-known part goes between the host and the resource's path."""
        parts = urlsplit(self.resource)
        return f"{parts.scheme}://{parts.netloc}{RESOURCE_METADATA_PATH}{parts.path}"


def secure_url(url: str) -> bool:
    """An absolute URL without user, query or fragment, in printable ASCII, over TLS or to this very machine."""
    if not url.isascii() or not url.isprintable() or any(c in url for c in ' "\\'):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or "?" in url or "#" in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _loopback(host))


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
