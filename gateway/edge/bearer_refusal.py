"""This module is in charge of what a request without a token that is taken is told (RFC 6750): a value, all that is needed of tokens by whoever takes none."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BearerRefusal:
    """A response in the one error shape of every endpoint. All texts are constants or scopes of ours."""

    status: int
    code: str
    message: str
    challenge: str

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        return (
            (b"content-type", b"application/json"),
            (b"www-authenticate", self.challenge.encode("ascii")),
            (b"cache-control", b"no-store"),
        )

    @property
    def body(self) -> bytes:
        return json.dumps({"errors": [{"message": self.message, "extensions": {"code": self.code}}]}).encode("ascii")
