"""This module is in charge of `@fromContext(field:)`: reading "$name { selection }" and finding where a context's values are set."""

from __future__ import annotations

import re
from typing import Final

from graphql import StringValueNode

from gateway.composition.fieldset import Fault, parse_selection
from gateway.composition.subgraph import Applied, ContextUse

_FORM: Final = re.compile(r"\s*\$\s*(?P<name>[A-Za-z_]\w*)(?P<selection>[\s\S]*)", flags=re.ASCII)


def read_context(use: Applied) -> ContextUse:
    """The context that an argument is filled from, and what of it."""
    value = use.arguments.get("field")
    text = value.value if isinstance(value, StringValueNode) else ""
    match = _FORM.fullmatch(text)
    if match is None or not match["selection"].strip():
        return ContextUse(use, text, "", "", None, Fault("NO_CONTEXT_IN_SELECTION", "it must name a context and a selection: $name { field }"))
    outcome = parse_selection(match["selection"])
    if isinstance(outcome, Fault):
        return ContextUse(use, text, match["name"], match["selection"], None, Fault("CONTEXT_INVALID_SELECTION", outcome.message))
    return ContextUse(use, text, match["name"], match["selection"], outcome, None)


def context_name(subgraph: str, name: str) -> str:
    """What the supergraph calls a context: names are each subgraph's own."""
    return f"{subgraph}__{name}"
