"""This module is in charge of what the head of a request has to hold before anybody reads on: one host (RFC 9112), and a whole handshake (RFC 6455).

The libraries below let the first pass, and answer the second in texts without a code.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

# RFC 3986, section 3.2.2: an address in brackets, or a name; none at all is a name, too.
_HOST: Final = re.compile(rb"(?:\[[0-9A-Za-z:.\-_~!$&'()*+,;=]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?")
# The WebSocket library reads a little more, and breaks beyond it without an answer.
_MOST_LINE_BYTES: Final = 8000
_MOST_LINES: Final = 128
_KEY_BYTES: Final = 16
VERSION: Final = b"13"

Headers = Sequence[tuple[bytes, bytes]]
"""As they came, names in lower case."""


class Fault(NamedTuple):
    """What is wrong with a head, as it is told; `headers` go out with it, each line with its end."""

    status: int
    code: str
    message: str
    headers: bytes = b""


def host_fault(headers: Headers) -> Fault | None:
    """What is wrong with the host of an HTTP/1.1 request (RFC 9112, section 3.2)."""
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) != 1:
        return _malformed("The request has no Host header." if not hosts else "The request has more than one Host header.")
    if not _HOST.fullmatch(hosts[0]):
        return _malformed("The Host header is not a host's name or address, with or without a port.")
    return None


def handshake_fault(method: bytes, target: bytes, headers: Headers, *, is_upgrade: bool) -> Fault | None:
    """What is wrong with the handshake of a WebSocket (RFC 6455, section 4.2.1). `is_upgrade`: the connection is asked to change to it."""
    if method != b"GET":
        # A header of handshakes alone, on another request, is nothing that is asked for.
        return None if not is_upgrade else Fault(405, "METHOD_NOT_ALLOWED", "A WebSocket is asked for by GET.", b"allow: GET\r\n")
    upgrades = [value for name, value in headers if name == b"upgrade"]
    if not is_upgrade or len(upgrades) != 1:
        return _no_handshake("A WebSocket handshake has the headers Connection, with Upgrade in it, and Upgrade, once, which is websocket.")
    if not target.isascii():
        return _malformed("The address of the request has a byte that is not ASCII.")
    if any(name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in headers):
        return _no_handshake("A WebSocket handshake has no body.")
    if max(len(target), *(len(name) + len(value) for name, value in headers)) > _MOST_LINE_BYTES or len(headers) > _MOST_LINES:
        told = f"A WebSocket handshake has at most {_MOST_LINES} headers, and no line of more than {_MOST_LINE_BYTES} bytes."
        return Fault(431, "HEAD_TOO_LARGE", told)
    return _version_fault(headers) or _key_fault(headers)


def _version_fault(headers: Headers) -> Fault | None:
    versions = [value for name, value in headers if name == b"sec-websocket-version"]
    if len(versions) != 1:
        return _no_handshake("A WebSocket handshake has one header Sec-WebSocket-Version, which is 13.")
    if versions[0] != VERSION:
        wanted = b"sec-websocket-version: %b\r\nupgrade: websocket\r\nconnection: upgrade\r\n" % VERSION
        return Fault(426, "WEBSOCKET_VERSION", "The version of the WebSocket protocol (Sec-WebSocket-Version) has to be 13.", wanted)
    return None


def _key_fault(headers: Headers) -> Fault | None:
    keys = [value for name, value in headers if name == b"sec-websocket-key"]
    if len(keys) != 1:
        return _no_handshake("A WebSocket handshake has one header Sec-WebSocket-Key.")
    try:
        is_key = len(base64.b64decode(keys[0], validate=True)) == _KEY_BYTES
    except binascii.Error:
        is_key = False
    return None if is_key else _no_handshake(f"Sec-WebSocket-Key has to be {_KEY_BYTES} bytes in base64.")


def _malformed(message: str) -> Fault:
    return Fault(400, "MALFORMED_HTTP", message)


def _no_handshake(message: str) -> Fault:
    return Fault(400, "MALFORMED_HANDSHAKE", message)
