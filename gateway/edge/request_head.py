"""This module is in charge of what the head of a request has to hold before anybody reads on: a version, one host (RFC 9112), a whole handshake (RFC 6455).

The libraries below let the first pass, and answer the second in texts without a code.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from ipaddress import AddressValueError, IPv6Address
from typing import Any, Final, NamedTuple

from websockets.exceptions import InvalidHandshake
from websockets.headers import parse_connection, parse_extension, parse_subprotocol

# RFC 3986, section 3.2.2: an address in brackets, of the sixth version or a later one, or a name. No http address is without one (RFC 9110, 4.2.1).
_HOST: Final = re.compile(
    rb"(?:\[(?:([0-9A-Fa-f:.]+)|[vV][0-9A-Fa-f]+\.[0-9A-Za-z:.\-_~!$&'()*+,;=]+)\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::([0-9]*))?"
)
_MOST_PORT: Final = 65535
_BLANK: Final = b" \t"
_VERSIONS: Final = ("1.1", "1.0")
# The WebSocket library reads a little more, and breaks beyond it without an answer.
_MOST_LINE_BYTES: Final = 8000
_MOST_LINES: Final = 128
_KEY_BYTES: Final = 16
VERSION: Final = b"13"
# Lists that the library reads after us, each by its own grammar; it would quote the whole header.
_LISTS: Final[tuple[tuple[bytes, str, Callable[[str], list[Any]]], ...]] = (
    (b"connection", "Connection", parse_connection),
    (b"sec-websocket-protocol", "Sec-WebSocket-Protocol", parse_subprotocol),
    (b"sec-websocket-extensions", "Sec-WebSocket-Extensions", parse_extension),
)

_OF_UPGRADES: Final = (b"upgrade", b"http2-settings")

Headers = Sequence[tuple[bytes, bytes]]
"""As they came, names in lower case."""


class Fault(NamedTuple):
    """What is wrong with a head, as it is told; `headers` go out with it, each line with its end."""

    status: int
    code: str
    message: str
    headers: bytes = b""


def version_fault(version: str) -> Fault | None:
    """The parser takes versions that nobody speaks in text."""
    return None if version in _VERSIONS else _malformed("The request is of a version of HTTP that is not spoken here: 1.1 and 1.0 are.")


def host_fault(headers: Headers) -> Fault | None:
    """What is wrong with the host of an HTTP/1.1 request (RFC 9112, section 3.2)."""
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) != 1:
        return _malformed("The request has no Host header." if not hosts else "The request has more than one Host header.")
    host = hosts[0].strip(_BLANK)
    if not host:
        return _malformed("The Host header is empty.")
    read = _HOST.fullmatch(host)
    if read is None or not _is_address(read[1]):
        return _malformed("The Host header is not a host's name or address, with or without a port.")
    # So many digits are no port, and more of them no number that is made.
    if read[2] and (len(read[2].lstrip(b"0")) > len(str(_MOST_PORT)) or int(read[2][-8:]) > _MOST_PORT):
        return _malformed(f"The port in the Host header is more than {_MOST_PORT}.")
    return None


def coding_fault(headers: Headers) -> Fault | None:
    """A body under another coding than chunked would be read as it comes (RFC 9112, section 6.1)."""
    codings = [value.strip(_BLANK).lower() for name, value in headers if name == b"transfer-encoding"]
    return None if codings in ([], [b"chunked"]) else _malformed("The Transfer-Encoding of a body may be chunked, once, and nothing else.")


def _is_address(inner: bytes | None) -> bool:
    if inner is None:
        return True
    try:
        IPv6Address(inner.decode("ascii"))
    except AddressValueError:
        return False
    return True


def head_without_upgrade(method: bytes, target: bytes, version: str, headers: Headers) -> bytes:
    """The head as it were if it did not ask for another protocol."""
    lines = [b"%b %b HTTP/%b" % (method, target, version.encode("ascii"))]
    for name, value in headers:
        if name == b"connection":
            value = b",".join(each for each in value.split(b",") if each.strip(_BLANK).lower() not in _OF_UPGRADES)
        if name not in _OF_UPGRADES and (value or name != b"connection"):
            lines.append(name + b": " + value)
    return b"\r\n".join((*lines, b"", b""))


def handshake_fault(method: bytes, target: bytes, headers: Headers, *, version: str, is_upgrade: bool) -> Fault | None:
    """What is wrong with the handshake of a WebSocket (RFC 6455, section 4.2.1). `is_upgrade`: the connection is asked to change to it."""
    if method != b"GET":
        # A header of handshakes alone, on another request, is nothing that is asked for.
        return None if not is_upgrade else Fault(405, "METHOD_NOT_ALLOWED", "A WebSocket is asked for by GET.", b"allow: GET\r\n")
    if version != "1.1":
        return _no_handshake("A WebSocket handshake is a request of HTTP/1.1.")
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
    return _websocket_version_fault(headers) or _key_fault(headers) or _list_fault(headers)


def _websocket_version_fault(headers: Headers) -> Fault | None:
    versions = [value for name, value in headers if name == b"sec-websocket-version"]
    if len(versions) != 1:
        return _no_handshake("A WebSocket handshake has one header Sec-WebSocket-Version, which is 13.")
    if versions[0].strip(_BLANK) != VERSION:
        wanted = b"sec-websocket-version: %b\r\nupgrade: websocket\r\nconnection: upgrade\r\n" % VERSION
        return Fault(426, "WEBSOCKET_VERSION", "The version of the WebSocket protocol (Sec-WebSocket-Version) has to be 13.", wanted)
    return None


def _key_fault(headers: Headers) -> Fault | None:
    keys = [value for name, value in headers if name == b"sec-websocket-key"]
    if len(keys) != 1:
        return _no_handshake("A WebSocket handshake has one header Sec-WebSocket-Key.")
    try:
        is_key = len(base64.b64decode(keys[0].strip(_BLANK), validate=True)) == _KEY_BYTES
    except binascii.Error:
        is_key = False
    return None if is_key else _no_handshake(f"Sec-WebSocket-Key has to be {_KEY_BYTES} bytes in base64.")


def _list_fault(headers: Headers) -> Fault | None:
    if sum(name == b"origin" for name, _ in headers) > 1:
        return _no_handshake("A WebSocket handshake has at most one header Origin.")
    for wanted, told, parse in _LISTS:
        try:
            for name, value in headers:
                if name == wanted:
                    parse(value.strip(_BLANK).decode("latin-1"))
        except InvalidHandshake:
            return _no_handshake(f"The header {told} of the handshake is no list of tokens, as RFC 6455 writes it.")
    return None


def _malformed(message: str) -> Fault:
    return Fault(400, "MALFORMED_HTTP", message)


def _no_handshake(message: str) -> Fault:
    return Fault(400, "MALFORMED_HANDSHAKE", message)
