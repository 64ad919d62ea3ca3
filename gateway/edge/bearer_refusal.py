"""This module is in charge of what is told where a token is missing or not good (RFC 6750), as a value: those who take no tokens need no more of them."""

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
