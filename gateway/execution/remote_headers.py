"""This module is in charge of the headers of a call: the gateway's own, and those that a subgraph's rules pass on, set or leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.execution.context import RequestContext
from gateway.execution.remote_body import ACCEPTED
from gateway.settings import Subgraph

_OWN: Final = {
    "Content-Type": "application/json",
    "Accept": "application/graphql-response+json, application/json;q=0.9",
}


class HeaderRules:
    """The rules of one subgraph's settings, which have refused what must not be sent (`gateway.settings.KEPT_HEADERS`)."""

    def __init__(self, rules: Subgraph) -> None:
        removed = {name.lower() for name in rules.remove}
        own = {**_OWN, "Accept-Encoding": ACCEPTED if rules.compression == "on" else "identity", **_given(rules.set)}
        self._fixed: Mapping[str, str] = {name: value for name, value in own.items() if name.lower() not in removed}
        self._forward = tuple((name.lower().encode("ascii"), name) for name in rules.forward)
        self._bearer = "authorization" not in removed
        self._traced = rules.traceparent == "on"

    def of(self, context: RequestContext, token: str | None, span: int) -> Mapping[str, str]:
        """The headers of one call; `token` is the gateway's own for it."""
        headers = self._fixed
        if token is not None and self._bearer:
            headers = {**headers, "Authorization": f"Bearer {token}"}
        if self._forward:
            headers = {**{name: context.headers[key] for key, name in self._forward if key in context.headers}, **headers}
        if self._traced and context.trace is not None:
            headers = {**headers, "traceparent": context.trace.traceparent(span)}
        return headers


def forwarded_names(subgraphs: Iterable[Subgraph]) -> frozenset[bytes]:
    """The client's headers that any subgraph is passed."""
    return frozenset(name.lower().encode("ascii") for each in subgraphs for name in each.forward)


def _given(lines: Iterable[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}
